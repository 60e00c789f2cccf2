"""Hand in: check a notebook, and zip it with its artifacts.

artifacts.py       weights, history and predictions as plain files, for the grader
kernel_history.py  the cells that the running kernel has executed
consistency.py     notebook, artifacts and submission, compared with each other
claims.py          numbers in a discussion, compared with those of the run
checklist.py       what is missing, in plain words
submission_zip.py  the zip that is handed in
"""
