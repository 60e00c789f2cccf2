"""Compare the results of a run with what only the instructor knows, and give points."""
