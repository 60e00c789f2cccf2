"""Data sets: `loaders` finds and reads them, `sample` draws a stand-in when there is no file.

loaders.py    load_mnist, load_cifar10, cifar10_path
locate.py     where a file comes from: a folder, the course, the mirrors
dataset.py    the dict of arrays they return, and the class names
formats.py    the two file formats, checked
mirrors.py    where the original files lie, and their SHA-256
download.py   one of them, from whichever mirror gives it
fetch.py      mnist.npz and CIFAR-10's archive, made of what was downloaded
student_file.py  the file that students get, and the labels that they don't
upkeep.py     the command `data` (commands.py): fetch, make, check
stand_in.py   the sample's cached files
sample/       digits and scenes drawn by a program
"""
