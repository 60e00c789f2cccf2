"""Checks that say whether a task is solved, and if not, why.

Each prints one line if all is right; else it raises `CheckFailed`, which a notebook shows as a
few lines: what was found, what was expected, and a hint. ``hint=2`` and ``hint=3`` say more.

outcome.py   how a check answers
network.py   what a network is made of and computes
Part 1       lenet.py (lenet_by_hand.py), f1.py, training.py, figures.py, evaluation.py,
             ten_digits.py
Part 2       preprocess.py, figures.py, cnn.py, predictions.py
"""
