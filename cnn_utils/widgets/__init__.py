"""Things to look with in a notebook, made of ipywidgets' own parts; arrays in, no models.

browser.py   ImageBrowser: page through images, filter, sort, enlarge
static.py    the picture that stands for a widget where nothing is live
"""

from cnn_utils.widgets.browser import ImageBrowser

__all__ = ["ImageBrowser"]
