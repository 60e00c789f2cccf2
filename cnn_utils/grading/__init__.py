"""The instructor's side; the student release leaves it out.

regions.py     find and replace the worked answers between their delimiters
dependents.py  which cells need an answer to run
release.py     notebooks and package for students
"""
