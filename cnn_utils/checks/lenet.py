"""Is it LeNet? Judged by its weights and what it computes, not by how it was written."""

import re

import numpy as np

from cnn_utils.checks.lenet_by_hand import LENET_SHAPES, check_computation
from cnn_utils.checks.network import answers_with, build, check_probabilities, layers_of
from cnn_utils.checks.outcome import Mistake, checking
from cnn_utils.errors import describe

IMAGE_SHAPE = (28, 28, 1)
# Layers that the table does not have, though a network with them may have LeNet's weights.
EXTRA_LAYERS = re.compile("Dropout|Normalization|Noise|Rescaling|^Random")


def check_lenet(build_lenet, hint: int = 1) -> None:
    """Check the network of task 1.1.1; `CheckFailed` says where it begins to differ.

    Parameters
    ----------
    build_lenet : callable
        The student's function: no arguments, returns the model. It may be built in any way.
    hint : {1, 2, 3}, how much to give away
    """
    with checking("lenet", hint) as passed:
        model = build("build_lenet", build_lenet, IMAGE_SHAPE)
        _check_layers(model)
        shapes = [w.shape for w in model.get_weights()]
        _check_kernels([shape for shape in shapes if len(shape) == 4])
        _check_dense([shape for shape in shapes if len(shape) == 2], _first_side(model))
        _check_other_weights(model, shapes)
        weights, images = _drawn(shapes)
        check_probabilities(model, images)
        check_computation(images, weights, answers_with(weights, model, images))
        passed("61,706 parameters, and each layer computes what the table says.")


def _check_layers(model) -> None:
    for layer in layers_of(model):
        if EXTRA_LAYERS.search(type(layer).__name__):
            found = f"There is {describe(layer)} layer, which the table does not have."
            raise Mistake("extra-layer", found, "This task asks for LeNet as in the table.")


def _check_number(name: str, number: int, expected: int) -> None:
    if number != expected:
        found = f"There are {number} {name}; the table has {expected}."
        raise Mistake(f"count-{name.split()[0]}", found, "Count them down to the last row.")


def _check_kernels(shapes: list[tuple]) -> None:
    _check_number("convolutions", len(shapes), 2)
    shapes = sorted(shapes, key=lambda shape: shape[2])
    for place, shape, n_filters in zip(("first", "second"), shapes, (6, 16), strict=True):
        if shape[:2] != (5, 5):
            found = f"The {place} convolution has {shape[0]} x {shape[1]} kernels; expected 5 x 5."
            raise Mistake("kernel-size", found, "Keras takes the filters first, then the kernel.")
        if shape[3] != n_filters:
            found = f"The {place} convolution has {shape[3]} filters; expected {n_filters}."
            raise Mistake("filters", found, "The second column of the table has their number.")


def _check_dense(shapes: list[tuple], first_side: int | None) -> None:
    _check_number("dense layers", len(shapes), 3)
    units = [shape[1] for shape in shapes]
    # The first dense layer is the one that does not follow another.
    _check_flattened(next((shape[0] for shape in shapes if shape[0] not in units), 0), first_side)
    if sorted(shapes) != [(84, 10), (120, 84), (400, 120)]:
        found = f"The dense layers have {', '.join(map(str, units))} units; expected 120, 84, 10."
        raise Mistake("units", found, "Compare them with the last three rows of the table.")


def _check_flattened(n_inputs: int, first_side: int | None) -> None:
    """Explain a wrong number of flattened features by the layer that made it so."""
    if n_inputs == 400:
        return
    if first_side not in (None, 28) or (first_side is None and n_inputs in (256, 576)):
        side = first_side or 24
        found = f"Your first feature maps are {side} x {side}; expected 28 x 28."
        hint = "Which padding keeps 28, so that the kernel also sees the border of the image?"
        raise Mistake("padding-first", found, hint, "Unpadded, 5 fits 24 times into 28: `padding`.")
    if n_inputs == 784:
        found = "784 numbers are flattened, not 400: the second maps are 14 x 14, not 10 x 10."
        raise Mistake("padding-second", found, "The table's two convolutions differ in padding.")
    if n_inputs < 100:
        found = f"The first dense layer sees {n_inputs} numbers; expected 400."
        raise Mistake("no-flatten", found, "Is there a Flatten, and does pooling halve?")
    found = f"{n_inputs:,} numbers are flattened; expected 5 x 5 x 16 = 400."
    hint = "Each pooling should halve height and width: is there one after each convolution?"
    raise Mistake("pooling-size", found, hint, "`model.summary()` shows which shape differs first.")


def _first_side(model) -> int | None:
    """Return the height of the first convolution's feature maps, if the model knows it."""
    for layer in layers_of(model):
        if type(layer).__name__ == "Conv2D":
            shape = getattr(getattr(layer, "output", None), "shape", ())
            return int(shape[1]) if len(shape) == 4 else None
    return None


def _check_other_weights(model, shapes: list[tuple]) -> None:
    if sorted(shapes) != sorted(LENET_SHAPES):
        n_parameters = sum(w.size for w in model.get_weights())
        found = f"There are {n_parameters:,} parameters; expected 61,706."
        if sum(len(shape) == 1 for shape in shapes) < 5:
            raise Mistake("no-bias", found, "The table counts one more per filter and unit: which?")
        raise Mistake("extra-weights", found, "Which layer has parameters that the table has not?")
    n_trainable = len(getattr(model, "trainable_weights", shapes))
    if n_trainable < len(shapes):
        found = f"Of {len(shapes)} arrays of weights, {n_trainable} can be trained."
        raise Mistake("frozen", found, "Is `trainable` switched off for a layer?")


def _drawn(shapes: list[tuple]) -> tuple[list[np.ndarray], np.ndarray]:
    """Return random weights, biases as well (a new network's are 0), and images."""
    rng = np.random.default_rng(458)
    weights = []
    for shape in shapes:
        scale = 0.4 / np.sqrt(max(np.prod(shape[:-1]) / 6, 1)) if len(shape) > 1 else 0.1
        weights.append(rng.normal(0, scale, shape).astype(np.float32))
    return weights, rng.random((4, *IMAGE_SHAPE)).astype(np.float32)
