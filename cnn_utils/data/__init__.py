"""Data sets: `loaders` finds and reads them, `sample` draws a stand-in when there is no file.

loaders.py    load_mnist, load_cifar10, cifar10_path: where a file comes from
dataset.py    the dict of arrays they return, and the class names
reading.py    the two file formats, checked
stand_in.py   the sample's cached files
sample/       digits and scenes drawn by a program
"""
