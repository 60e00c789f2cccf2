"""Checks that say whether a task is solved, and if not, why.

Each prints one line if all is right; else it raises `CheckFailed`, which a notebook shows as a
few lines: what was found, what was expected, and a hint. ``hint=2`` and ``hint=3`` say more.

outcome.py   how a check answers
network.py   what a network is made of and computes
Part 1       lenet.py (lenet_by_hand.py), f1.py, training.py, figures.py, evaluation.py,
             ten_digits.py
Part 2       preprocess.py, figures.py, cnn.py, predictions.py
"""

from cnn_utils.checks.cnn import check_cnn
from cnn_utils.checks.evaluation import check_evaluation
from cnn_utils.checks.f1 import check_f1
from cnn_utils.checks.figures import check_history_plot, check_images_figure
from cnn_utils.checks.lenet import check_lenet
from cnn_utils.checks.outcome import CheckFailed
from cnn_utils.checks.predictions import check_submission
from cnn_utils.checks.preprocess import check_preprocess
from cnn_utils.checks.ten_digits import check_ten_digits
from cnn_utils.checks.training import check_training

__all__ = [
    "CheckFailed",
    "check_cnn",
    "check_evaluation",
    "check_f1",
    "check_history_plot",
    "check_images_figure",
    "check_lenet",
    "check_preprocess",
    "check_submission",
    "check_ten_digits",
    "check_training",
]
