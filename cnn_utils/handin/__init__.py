"""Hand in: check a notebook, and zip it with its PDF and its artifacts."""
