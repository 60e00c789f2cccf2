"""Write a notebook as a PDF document, without TeX, pandoc or a browser."""
