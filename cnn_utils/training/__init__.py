"""Training: in less time, from a recipe, on several devices.

profile.py       full or quick, and the seed
progress.py      a progress bar for a whole training
acceleration.py  fast_training: what the processor supports
in_memory.py     fit_in_memory: small networks, many steps at a time
augmentation.py  images mirrored, shifted, with a square cut out
optimizers.py    ConvMuon, and the learning rate in one cycle
prediction.py    answers averaged over variants of an image
recipe.py        the fast recipe: made of all this
ablation.py      what each of its ingredients is worth
search.py        better numbers, found with KerasTuner
distribution.py  several GPUs, several hosts
"""
