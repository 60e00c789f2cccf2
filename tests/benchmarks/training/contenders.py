"""Contenders of each measure; the figures are divided by those of the first one."""

from __future__ import annotations

from dataclasses import dataclass, field

from cnn_utils.training.acceleration import multiplies_bfloat16

ONEDNN = {"TF_ENABLE_ONEDNN_OPTS": "1"}


@dataclass(frozen=True)
class Entry:
    """One contender: a function of `with_keras` or `with_torch`, and its options."""

    name: str
    module: str
    function: str
    options: dict = field(default_factory=dict)
    environment: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Measure:
    """What is compared.

    Attributes
    ----------
    title : str
    rate : str
        The figure to divide by the first contender's.
    repeats : int
    contenders : tuple of Entry
    by_default : bool
        Whether it is measured without `--only`.
    """

    title: str
    rate: str
    repeats: int
    contenders: tuple[Entry, ...]
    by_default: bool = True


def _keras(name, function, environment=ONEDNN, **options) -> Entry:
    return Entry(name, "with_keras", function, options, environment)


def _torch(name, function, **options) -> Entry:
    return Entry(name, "with_torch", function, options)


_BFLOAT16 = (
    (
        _keras("Keras, oneDNN, bfloat16", "step", bfloat16=True, fuse=True),
        _torch("PyTorch, channels last, bfloat16", "step", channels_last=True, bfloat16=True),
    )
    if multiplies_bfloat16()
    else ()
)
_ASSIGNMENT = _keras("the assignment's recipe, plain Keras", "assignment", {})
MEASURES = {
    "step": Measure(
        "train steps of the 2,397,226-parameter network, batch 128",
        "images/s",
        5,
        (
            _keras("plain Keras", "step", {}),
            _keras("Keras, oneDNN", "step"),
            _keras("Keras, oneDNN, fused batch normalisation", "step", fuse=True, bfloat16=False),
            *_BFLOAT16,
            _keras("kit: fast_training, 5 steps per execution", "step", fuse=True, at_once=5),
            _torch("PyTorch", "step"),
            _torch("PyTorch, channels last, fused Adam", "step", channels_last=True, fused=True),
            _torch("PyTorch, channels last, compiled", "step", channels_last=True, compiled=True),
        ),
    ),
    "lenet": Measure(
        "LeNet as specified, an epoch with its validation",
        "epochs/s",
        3,
        (
            _keras("plain Keras", "lenet", {}),
            _keras("Keras, oneDNN", "lenet"),
            _keras(
                "kit: 50 steps per execution, validation by 1,000",
                "lenet",
                at_once=50,
                validation_batch=1000,
            ),
            _torch("PyTorch", "lenet"),
        ),
    ),
    "recipe": Measure(
        "a whole training: the assignment's recipe (each repeat one of its 10 epochs), the kit's",
        "trainings/h",
        3,
        (_ASSIGNMENT, _keras("kit: Recipe()", "recipe")),
    ),
    "equality": Measure(
        "the same network from 3 seeds, a quarter of the images, 3 epochs",
        "accuracy",
        3,
        (
            _keras("plain Keras", "equality", {}),
            _keras("kit: fast_training", "equality", fast=True),
        ),
    ),
    "part2": Measure(
        "Part 2 run as a whole in the full profile, but for one epoch instead of ten",
        "peak memory / GB",
        1,
        (_keras("kit: Part 2", "part2"),),
        by_default=False,
    ),
    "thorough": Measure(
        "the time of the assignment's recipe, used up: kit: THOROUGH_RECIPE",
        "trainings/h",
        1,
        (_ASSIGNMENT, _keras("kit: THOROUGH_RECIPE", "recipe", thorough=True)),
        by_default=False,
    ),
}
