"""Is it LeNet? Told by its weights and by what it computes, not by how it was written."""

from __future__ import annotations

import numpy as np

from cnn_utils.checks import lenet_by_hand
from cnn_utils.checks.network import (
    answers,
    build,
    changed_weights,
    check_ten_outputs,
    kind_of,
    layers_of,
)
from cnn_utils.checks.outcome import Mistake, checking

IMAGE = (28, 28, 1)
SHAPES = lenet_by_hand.LENET_SHAPES
CONVOLUTIONS = [shape for shape in SHAPES if len(shape) == 4]
DENSE = [shape for shape in SHAPES if len(shape) == 2]
NOT_IN_THE_TABLE = ("Dropout", "BatchNormalization", "LayerNormalization", "GaussianNoise")
NOT_IN_THE_TABLE += ("Rescaling", "RandomFlip", "RandomRotation", "RandomTranslation")
NOT_IN_THE_TABLE += ("SpatialDropout2D", "AlphaDropout", "GaussianDropout")


def check_lenet(build_lenet, hint: int = 1) -> None:
    """Check the network of task 1.1.1, layer by layer.

    Parameters
    ----------
    build_lenet : callable
        The student's function: no arguments, returns the model. It may be built in any way.
    hint : {1, 2, 3}
        How much to give away.

    Raises
    ------
    CheckFailed
        If it is not LeNet; the text says where it begins to differ, and gives a hint.
    """
    with checking("lenet", hint) as well:
        model = build("build_lenet", build_lenet, IMAGE)
        check_ten_outputs(model, IMAGE)
        _check_layers(model)
        _check_weights([w.shape for w in model.get_weights()], _first_side(model))
        _check_trainable(model)
        _check_computation(model)
        well("61,706 parameters, and each layer computes what the table says.")


def _check_layers(model) -> None:
    for layer in layers_of(model):
        if kind_of(layer) in NOT_IN_THE_TABLE:
            raise Mistake(
                "extra-layer",
                f"There is a {kind_of(layer)} layer, which the table does not have.",
                "It may help a network, but here LeNet is wanted as it stands in the table.",
            )


def _check_trainable(model) -> None:
    trainable = getattr(model, "trainable_weights", None)
    if trainable is not None and len(trainable) < len(SHAPES):
        raise Mistake(
            "frozen",
            f"Of {len(SHAPES)} arrays of weights, {len(trainable)} can be trained.",
            "Is `trainable` switched off for a layer?",
        )


def _check_weights(shapes: list[tuple], first_side: int | None) -> None:
    kernels = [shape for shape in shapes if len(shape) == 4]
    dense = [shape for shape in shapes if len(shape) == 2]
    for name, found, expected in (
        ("convolutions", kernels, CONVOLUTIONS),
        ("dense layers", dense, DENSE),
    ):
        if len(found) != len(expected):
            raise Mistake(
                f"count-{name.split()[0]}",
                f"There are {len(found)} {name}; the table has {len(expected)}.",
                f"Go down the table, and count the {name}, the last row included.",
            )
    kernels.sort(key=lambda shape: shape[2])
    for place, shape, expected in zip(("first", "second"), kernels, CONVOLUTIONS, strict=True):
        _check_kernel(place, shape, expected)
    _check_flattened(_flattened(dense), first_side)
    if sorted(dense) != sorted(DENSE):
        units = [shape[1] for shape in dense]
        raise Mistake(
            "units",
            f"The dense layers have {', '.join(map(str, units))} units; expected 120, 84, 10.",
            "Compare the last three rows of the table with your dense layers.",
        )
    if sorted(shapes) != sorted(SHAPES):
        vectors = sum(len(shape) == 1 for shape in shapes)
        fewer = vectors < 5
        raise Mistake(
            "no-bias" if fewer else "extra-weights",
            f"There are {sum(int(np.prod(s)) for s in shapes):,} parameters; expected 61,706.",
            "The table counts one more parameter per filter and unit than it has weights: which?"
            if fewer
            else "Which layer has parameters, though the table says 0, or does not have it?",
        )


def _check_kernel(place: str, shape: tuple, expected: tuple) -> None:
    if shape[:2] != expected[:2]:
        raise Mistake(
            "kernel-size",
            f"The {place} convolution has {shape[0]} x {shape[1]} kernels; expected 5 x 5.",
            "Keras takes the number of filters first, then the size of the kernel.",
        )
    if shape[3] != expected[3]:
        raise Mistake(
            "filters",
            f"The {place} convolution has {shape[3]} filters; expected {expected[3]}.",
            "The number of filters stands in the second column of the table.",
        )


def _flattened(dense: list[tuple]) -> int:
    """Return the inputs of the dense layer that does not follow another one."""
    outputs = {shape[1] for shape in dense}
    return next((shape[0] for shape in dense if shape[0] not in outputs), 0)


def _check_flattened(n_inputs: int, first_side: int | None) -> None:
    """Explain a wrong number of flattened features by the layer that made it so."""
    if n_inputs == 400:
        return
    if first_side not in (None, 28) or (first_side is None and n_inputs in (256, 576)):
        side = first_side or 24
        raise Mistake(
            "padding-first",
            f"Your first feature maps are {side} x {side}; expected 28 x 28.",
            "Which padding keeps 28, so that the kernel also sees the border of the image?",
            "Without padding, a 5 x 5 kernel fits 24 times into a row of 28. Look at the "
            "`padding` argument of `Conv2D`.",
        )
    if n_inputs == 784:
        raise Mistake(
            "padding-second",
            "784 numbers are flattened; expected 400: the second feature maps are 14 x 14, "
            "not 10 x 10.",
            "The two convolutions in the table differ in their padding.",
        )
    if n_inputs < 100:
        raise Mistake(
            "no-flatten",
            f"The first dense layer sees {n_inputs} numbers; expected 400.",
            "What lies between the last pooling and the first dense layer?",
        )
    raise Mistake(
        "pooling-size",
        f"{n_inputs:,} numbers are flattened; expected 5 x 5 x 16 = 400.",
        "Each pooling should halve height and width: is there one after each convolution?",
        "Print `model.summary()`, and find the first row whose shape is not the table's.",
    )


def _first_side(model) -> int | None:
    """Return the height of the first convolution's feature maps, if the model tells it."""
    for layer in layers_of(model):
        if kind_of(layer) == "Conv2D":
            shape = getattr(getattr(layer, "output", None), "shape", None)
            return int(shape[1]) if shape is not None and len(shape) == 4 else None
    return None


def _check_computation(model) -> None:
    rng = np.random.default_rng(458)
    shapes = [w.shape for w in model.get_weights()]
    # Biases as well: a new network has none but zeros.
    weights = [rng.normal(0, 0.4 if len(s) > 1 else 0.1, s).astype(np.float32) for s in shapes]
    weights = [w / np.sqrt(max(np.prod(w.shape[:-1]) / 6, 1)) for w in weights]
    images = rng.random((4, *IMAGE)).astype(np.float32)
    with changed_weights(model, weights):
        output = answers(model, images)
    by_shape = dict(zip(shapes, weights, strict=True))
    mistake = lenet_by_hand.diagnose(images, by_shape, output)
    if mistake is not None:
        raise mistake
