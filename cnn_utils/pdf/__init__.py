"""A notebook as a PDF document, without TeX, pandoc or a browser.

exporter.py       AssignmentPDF, the nbconvert exporter; export_pdf_or_page for one file
document.py       all cells in one Typst document; cells that Typst refuses become plain text
cells.py          a cell: code, outputs, Markdown
html.py           Markdown and HTML to Typst markup
tables.py         tables, pandas' as well
code.py           highlighted code in lines that fit
terminal_text.py  bars in their last state, ANSI colours
pictures.py       pictures of the notebook and its folder, formulas as SVG
typst_source.py   texts as quoted strings
page.typ, fonts/  the look
"""
