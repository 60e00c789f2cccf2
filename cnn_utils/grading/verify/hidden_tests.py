"""Call a student's functions on hidden inputs, and compare their outputs outside the sandbox.

The inputs are new in each run, and only the parent process computes the expected outputs, so that a
hand-in which forges its checks can't know them.
"""

import math
import re
from collections.abc import Iterable

import numpy as np

from cnn_utils.checks.lenet_by_hand import LENET_SHAPES, logits, softmax
from cnn_utils.metrics import f1_score

OUT = "output_{}.json"
# Tasks whose evidence lies in handed-in files: networks and figures.
BY_NETWORK, BY_FIGURE = ("train-lenet", "evaluate-lenet", "cnn", "submit"), ("plot-history", "look")
# How a failed assertion, or check of the kit's, begins: other errors are no verdict.
VERDICT = re.compile(r"AssertionError(: |$)|(?:[\w.]{1,80}: )?✗ (?:[\w-]{1,80}: )?")
# Students may round differently, or add a small number against 0 / 0.
TOLERANCE = {"f1": 1e-4, "ten-digits": 1e-6, "preprocess": 1e-5, "lenet": 5e-3}
N_IMAGES = 4
# Keras' layers in LeNet, and the numbers of their weights; only the hidden test returns them.
LENET_LAYERS = [["Conv2D", 156], ["Conv2D", 2416]]
LENET_LAYERS += [["Dense", 48120], ["Dense", 10164], ["Dense", 850]]
# Names such as `list` and `open` may be the student's own variables.
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
import keras as _keras
_model = build_lenet()
_model(_np.zeros((1, 28, 28, 1), "float32"))
_seed = _inputs["lenet"]
_model.set_weights([
    _np.random.default_rng([_seed, *_w.shape]).normal(0, 0.1, _w.shape).astype("float32")
    for _w in _model.get_weights()
])
_images = _np.random.default_rng(_seed).random(({N_IMAGES}, 28, 28, 1), "float32")
_outputs = _np.asarray(_model(_images, training=False)).ravel()
_layers = [_model] if _py.isinstance(_model, _keras.Model) else []
for _layer in _layers:
    _layers += _py.getattr(_layer, "layers", [])
_values = {{
    "outputs": [_py.float(_v) for _v in _outputs],
    "layers": [
        [_kind, _layer.count_params() if _layer.built else 0]
        for _layer in _layers
        for _kind in ("Conv2D", "Dense")
        if _py.isinstance(_layer, _py.getattr(_keras.layers, _kind))
    ],
}}""",
    "preprocess": """\
_images = _np.array(_inputs["preprocess"], "uint8").reshape(-1, 32, 32, 3)
_outputs = _np.asarray(preprocess(_images))[:, ::9, ::9].ravel()
_values = [_py.float(_v) for _v in _outputs]""",
}
# The student may have changed the working folder.
BEGIN = """\
import builtins as _py, json as _json, os as _os
import numpy as _np
_folder = _os.environ.get("CNN_UTILS_WORKDIR", ".")"""
READ = """\
with _py.open(_os.path.join(_folder, "in.json")) as _file:
    _inputs = _json.load(_file)"""
WRITE = """\
with _py.open(_os.path.join(_folder, "out", "{out}"), "w") as _file:
    _json.dump(_values, _file)"""
# Runs only where the network could not be rebuilt without the student's code. Few images at a time:
# seven layers of 192 filters must fit.
NETWORK = """\
import time as _time
_values = {"outputs": [], "changed": []}
if _os.path.exists(_os.path.join(_folder, "images.npy")):
    _images = _np.load(_os.path.join(_folder, "images.npy"))
    _model = build_cnn()
    _model(_np.zeros((1, 32, 32, 3), "float32"))
    try:
        _prepared = preprocess
    except _py.NameError:
        _prepared = lambda _x: _np.asarray(_x, "float32") / 255
    _end = _time.monotonic() + 40
    for _kind, _n in ("changed", 100), ("outputs", _py.len(_images)):
        with _np.load(_os.path.join(_folder, _kind + ".npz"), allow_pickle=False) as _file:
            _model.set_weights(_py.list(_file.values()))
        for _start in _py.range(0, _n, 50):
            _batch = _prepared(_images[_start:_start + 50])
            _labels = _np.asarray(_model(_batch, training=False)).argmax(axis=1)
            _values[_kind] += [_py.int(_v) for _v in _labels]
            if _time.monotonic() > _end:
                break"""


def hidden_test_cells(solved: set[str]) -> dict[str, str]:
    """Return the source of the hidden test of each solved task that has one."""
    calls = {name: f"{READ}\n{call}" for name, call in CALLS.items()} | {"cnn": NETWORK}
    return {
        name: f"{BEGIN}\n{call}\n{WRITE.format(out=OUT.format(name))}"
        for name, call in calls.items()
        if name in solved
    }


def results_of(own_tests: Iterable[str], claims) -> dict[str, tuple[bool | None, str]]:
    """Return the evidence of the author's hidden test cells, by task, as in `Comparison.agrees`.

    Parameters
    ----------
    own_tests : iterable of str
        The tasks that have one.
    claims : Claims
    """
    found: dict[str, tuple[bool | None, str]] = {}
    for name in own_tests:
        step = f"hidden:{name}"
        passed, failure = claims.passed.get(step), claims.failures.get(step, "").strip()
        if passed is None:
            found[name] = (None, "the hidden test did not finish")
        elif passed or (verdict := VERDICT.match(failure)):
            message = "" if passed else failure[verdict.end() :].strip()
            why = f"the hidden test says: {message}" if message else "the hidden test failed"
            found[name] = (passed, why)
        else:  # it may be the test's fault, or that of a cell above
            found[name] = (None, f"the hidden test ended in: {failure}")
    return found


def make_inputs(rng: np.random.Generator) -> dict:
    """Draw new inputs for all functions, as lists.

    Some come twice, in another order: answers that follow from an input's place are wrong.
    """
    epochs = [[_batch(rng) for _ in range(4)] for _ in range(2)]
    again = [epochs[0][i] for i in rng.permutation(4)]
    images = rng.integers(0, rng.integers(90, 256), (3, 32, 32, 3))
    rates = rng.uniform(0.5, 0.999, 8).round(6)
    return {
        "f1": [*epochs, again],
        "lenet": int(rng.integers(2**31)),
        "ten-digits": rng.permutation([*rates, *rates[:4]]).tolist(),
        "preprocess": images[[0, 1, 2, *rng.permutation(3)]].ravel().tolist(),
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
        found = found.get("outputs") if isinstance(found, dict) else None
    return is_numbers(found, len(accepted[0])) and any(
        all(
            math.isclose(a, b, abs_tol=TOLERANCE[name], rel_tol=0)
            for a, b in zip(found, right, strict=True)
        )
        for right in accepted
    )


def has_lenet_layers(found) -> bool:
    """Tell whether the network from `build_lenet` was built of Keras' layers."""
    layers = found.get("layers") if isinstance(found, dict) else None
    return isinstance(layers, list) and all(layer in layers for layer in LENET_LAYERS)


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
    # Rounded, two scores could tie, and right answers treat ties in different ways.
    scores[np.arange(len(scores)), scores.argmax(axis=1)] += 1e-3
    return y_true.tolist(), (scores / scores.sum(axis=1, keepdims=True)).round(6).tolist()


def _f1(epoch) -> float:
    y_true = np.concatenate([np.array(true) for true, _ in epoch])
    y_prob = np.concatenate([np.array(prob) for _, prob in epoch])
    return f1_score(y_true, y_prob, n_classes=10)
