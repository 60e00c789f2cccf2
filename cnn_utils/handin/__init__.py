"""Notebooks as files: pair, run, lay out, check and zip them.

pairing.py  the .ipynb built from the .py
run.py      execute a notebook, with a progress bar
pdf/        lay it out on paper
tasks.py    find the tasks of a notebook, and what was made of each
claims.py   numbers in a discussion, compared with those of the run
doctor.py   what is missing, in plain words
bundle.py   the zip that is handed in
"""
