"""Notebooks as files: pair them, run them.

pairing.py   .py (edited) to .ipynb (built)
run.py       execute a notebook with a progress bar, and write .ipynb and HTML
"""
