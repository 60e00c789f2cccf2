"""Data sets: `loaders` reads MNIST and CIFAR-10, or the drawn sample where a file is missing."""
