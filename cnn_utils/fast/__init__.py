"""The way forward: a network that learns CIFAR-10 in seconds, and what each idea in it is worth."""
