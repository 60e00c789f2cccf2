"""What students get: the notebooks with gaps, and the package without its answers."""
