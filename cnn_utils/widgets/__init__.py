"""Things to look with in a notebook, made of ipywidgets' own parts; arrays in, no models.

pages.py     pages of images, and one of them large
browser.py   ImageBrowser: pages with filters and an order
matrix.py    one confusion matrix as a grid of buttons
explorer.py  ConfusionMatrixExplorer: choose a cell of the matrix, see its images
static.py    the picture that stands for a widget where nothing is live
"""

from cnn_utils.widgets.browser import ImageBrowser
from cnn_utils.widgets.explorer import ConfusionMatrixExplorer

__all__ = ["ConfusionMatrixExplorer", "ImageBrowser"]
