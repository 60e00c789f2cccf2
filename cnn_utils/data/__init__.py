"""Data sets: `loaders` reads MNIST and CIFAR-10, or the drawn sample where a file is missing.

loaders.py      load_mnist, load_cifar10, cifar10_path; class names
locations.py    where a data file is looked for, and when it is downloaded
formats.py      read and check the two file formats
originals.py    the original files: mirrors, checksums, and how the loaders' files are made
download.py     download a file from one of several mirrors
data_source.py  remember whether the data in use is the sample
sample/         digits and scenes drawn by a program
"""
