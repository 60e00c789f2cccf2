"""The way forward: a network that learns CIFAR-10 in seconds, and what each idea in it is worth.

network.py       build_fast_cnn; its first layer is computed from the images
optimizer.py     ConvMuon: Muon for convolutions, Adam for everything else
augmentation.py  random variants of images: mirrored and shifted
recipe.py        Recipe and train_fast_cnn, which put it all together; predict_averaged
ablation.py      train without one ingredient at a time
search.py        search for better numbers with KerasTuner
"""
