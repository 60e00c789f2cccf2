"""From the bytes that were handed in to the notebook that will be run."""
