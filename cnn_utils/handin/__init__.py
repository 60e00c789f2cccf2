"""Notebooks as files: pair, run, lay out, check and zip them.

pairing.py     the .ipynb built from the .py
assignment.py  what each notebook must hold: tasks, networks
run.py         execute a notebook, with a progress bar
web_page.py    a notebook as HTML
pdf/           a notebook on paper
for_grading.py weights, history and predictions as plain files, for the grader
session.py     what the running kernel has executed
tasks.py       find the tasks of a notebook, and what was made of each
claims.py      numbers in a discussion, compared with those of the run
same_run.py    notebook, evidence and submission, compared with each other
doctor.py      what is missing, in plain words (finding.py)
bundle.py      the zip that is handed in
"""
