"""Call a student's functions on hidden inputs, and compare their outputs outside the sandbox.

The inputs are new in each run, and only the parent process computes the expected outputs, so that a
hand-in which forges its checks can't know them.
"""

import math

import numpy as np

from cnn_utils.checks.lenet_by_hand import LENET_SHAPES, logits, softmax
from cnn_utils.metrics import f1_score

OUT = "output_{}.json"
# Students may round differently, or add a small number against 0 / 0.
TOLERANCE = {"f1": 1e-4, "ten-digits": 1e-6, "preprocess": 1e-5, "lenet": 5e-3}
N_IMAGES = 4
# A student may give names of Python's own another meaning, and go to another folder.
CALLS = {
    "f1": """\
_metric = F1Score()
_values = []
for _epoch in _inputs["f1"]:
    _metric.reset_state()
    for _true, _prob in _epoch:
        _metric.update_state(_np.array(_true, "float32"), _np.array(_prob, "float32"))
    _values.append(_py.float(_metric.result()))""",
    "ten-digits": """\
_values = [_py.float(ten_digit_error_rate(_p)) for _p in _inputs["ten-digits"]]""",
    "lenet": f"""\
_model = build_lenet()
_model(_np.zeros((1, 28, 28, 1), "float32"))
_seed = _inputs["lenet"]
_model.set_weights([
    _np.random.default_rng([_seed, *_w.shape]).normal(0, 0.1, _w.shape).astype("float32")
    for _w in _model.get_weights()
])
_images = _np.random.default_rng(_seed).random(({N_IMAGES}, 28, 28, 1), "float32")
_values = _np.asarray(_model(_images, training=False)).ravel().astype("float64").tolist()""",
    "preprocess": """\
_images = _np.array(_inputs["preprocess"], "uint8").reshape(-1, 32, 32, 3)
_images = _np.asarray(preprocess(_images))[:, ::9, ::9]
_values = _images.ravel().astype("float64").tolist()""",
}
START = """\
import builtins as _py
import json as _json
import os as _os
import numpy as _np
_folder = _os.environ["CNN_UTILS_WORKDIR"]
"""
END = """
with _py.open(f"{{_folder}}/out/{out}", "w") as _file:
    _json.dump(_values, _file)"""
CELL = f"""\
{START}with _py.open(f"{{{{_folder}}}}/in.json") as _file:
    _inputs = _json.load(_file)
{{call}}{END}"""
NETWORK = f"""\
{START}_images = _np.load(f"{{_folder}}/images.npy")
_weights = _np.load(f"{{_folder}}/artifacts/cnn/weights.npz", allow_pickle=False)
_model = build_cnn()
_model(_np.zeros((1, 32, 32, 3), "float32"))
_model.set_weights([*_weights.values()])
_values = []
for _start in _py.range(0, _py.len(_images), 250):
    _batch = preprocess(_images[_start:_start + 250])
    _values += _np.asarray(_model(_batch, training=False)).argmax(axis=1).tolist()"""
NETWORK += END.replace("{{", "{").replace("}}", "}")


def hidden_test_cells(solved: set[str]) -> dict[str, str]:
    """Return the source of the hidden test of each solved task that has one."""
    cells = {
        name: CELL.format(call=call, out=OUT.format(name))
        for name, call in CALLS.items()
        if name in solved
    }
    if {"cnn", "preprocess"} <= solved:
        cells["cnn"] = NETWORK.replace("{out}", OUT.format("cnn"))
    return cells


def make_inputs(rng: np.random.Generator) -> dict:
    """Draw new inputs for all functions, as lists."""
    epochs = [[_batch(rng) for _ in range(4)] for _ in range(2)]
    images = rng.integers(0, rng.integers(90, 256), (3, 32, 32, 3))
    return {
        "f1": epochs,
        "lenet": int(rng.integers(2**31)),
        "ten-digits": rng.uniform(0.5, 0.999, 8).round(6).tolist(),
        "preprocess": images.ravel().tolist(),
    }


def expected(name: str, inputs: dict) -> list[float]:
    """Return the expected outputs of a task's function."""
    if name == "f1":
        return [_f1(epoch) for epoch in inputs["f1"]]
    if name == "lenet":
        return _lenet(inputs["lenet"])
    if name == "ten-digits":
        return [1 - p**10 for p in inputs["ten-digits"]]
    images = np.array(inputs["preprocess"], float).reshape(-1, 32, 32, 3)
    return (images[:, ::9, ::9] / 255).ravel().tolist()


def agrees(name: str, found, inputs: dict) -> bool:
    """Tell whether outputs from the sandbox are right.

    Only lists of plain numbers of the expected length count: no booleans, strings or NaN.
    """
    accepted = [expected(name, inputs)]
    if name == "lenet":  # the maps may be flattened channel by channel
        accepted.append(_lenet(inputs["lenet"], channels_first=True))
    return is_numbers(found, len(accepted[0])) and any(
        all(
            math.isclose(a, b, abs_tol=TOLERANCE[name], rel_tol=0)
            for a, b in zip(found, right, strict=True)
        )
        for right in accepted
    )


def is_numbers(found, count: int) -> bool:
    """Tell whether an output from the sandbox is a list of `count` finite numbers."""
    return (
        isinstance(found, list)
        and len(found) == count
        and all(type(x) in (int, float) and abs(x) < 1e300 for x in found)
    )


def _lenet(seed: int, channels_first: bool = False) -> list[float]:
    """Return LeNet's outputs for the weights and images of the hidden test."""
    weights = {
        shape: np.random.default_rng([seed, *shape]).normal(0, 0.1, shape).astype(np.float32)
        for shape in LENET_SHAPES
    }
    images = np.random.default_rng(seed).random((N_IMAGES, 28, 28, 1), np.float32)
    return softmax(logits(images, weights, channels_first=channels_first)).ravel().tolist()


def _batch(rng: np.random.Generator) -> tuple[list, list]:
    """Draw one-hot labels and probabilities of a batch; some predictions are wrong."""
    y_true = np.eye(10)[rng.integers(0, 10, rng.integers(10, 60))]
    scores = rng.random(y_true.shape) + 0.6 * y_true
    return y_true.tolist(), (scores / scores.sum(axis=1, keepdims=True)).round(6).tolist()


def _f1(epoch) -> float:
    y_true = np.concatenate([np.array(true) for true, _ in epoch])
    y_prob = np.concatenate([np.array(prob) for _, prob in epoch])
    return f1_score(y_true, y_prob, n_classes=10)
