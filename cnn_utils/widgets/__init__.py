"""Widgets that show images and mistakes, made of ipywidgets' own parts, from arrays.

pages.py     pages of images, and one of them enlarged
browser.py   ImageBrowser: pages with filters and an order
matrix.py    one confusion matrix as a grid of buttons
explorer.py  ConfusionMatrixExplorer: choose a cell of the matrix, see its images
static.py    the static picture of a widget, for exported pages and PDF
"""
