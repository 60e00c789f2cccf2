"""Widgets that show images and mistakes, made of ipywidgets' own parts, from arrays."""
