"""Pictures for the notebooks: `plot_*` draw arrays, `show_*` draw a model or its view of images.

Each function returns a display: it holds the figure and its artists, and a notebook shows it, with
its alternative text, as the last line of a cell. Elsewhere in a cell, use ``display(...)``.
"""
