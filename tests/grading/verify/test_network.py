import json

import numpy as np
import pytest

from cnn_utils.grading.sandbox.run_part import RunConfig
from cnn_utils.grading.sandbox.sandbox import Sandbox
from cnn_utils.grading.verify import network as module
from cnn_utils.grading.verify.network import (
    N_CHANGED,
    N_COMPARED,
    Predictions,
    classify,
    make_trial,
    own_layers_only,
)
from cnn_utils.grading.verify.reference_data import ReferenceData
from tests.grading.small_lab import needs_sandbox

LABELS = np.random.default_rng(0).integers(0, 10, 10_000)
REFERENCE = ReferenceData(
    photos=np.random.default_rng(1).integers(0, 256, (10_000, 32, 32, 3), dtype=np.uint8),
    photo_labels=LABELS,
)
SEQUENTIAL = {"module": "keras", "class_name": "Sequential", "config": {"layers": []}}


def with_layer(module_name, name, config=None, registered=None):
    layer = {"module": module_name, "class_name": name, "registered_name": registered}
    return json.dumps({**SEQUENTIAL, "config": {"layers": [{**layer, "config": config or {}}]}})


def test_layers_of_keras_need_no_code():
    for name in ("Conv2D", "Add", "BatchNormalization"):
        assert own_layers_only(with_layer("keras.layers", name).encode())
    assert own_layers_only(with_layer("keras.src.ops.nn", "Relu", registered="Relu").encode())
    mine = {"module": None, "class_name": "F1Score", "registered_name": "F1Score"}
    compiled = json.dumps({**SEQUENTIAL, "compile_config": {"metrics": [mine]}})
    assert json.loads(own_layers_only(compiled.encode())) == SEQUENTIAL


@pytest.mark.parametrize(
    "architecture",
    [
        None,
        b"",
        b"[]",
        b"{}",
        b'"Sequential"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"class_name": "Sequential", "module": "keras", "x": "' + b"y" * 2_000_000 + b'"}',
        with_layer("keras.layers", "Lambda").encode(),
        with_layer("keras.layers", "IntegerLookup").encode(),
        with_layer("keras.layers", "TFSMLayer").encode(),
        with_layer("builtins", "function").encode(),
        with_layer("kerasish.layers", "Conv2D").encode(),
        with_layer("__main__", "Mine").encode(),
        with_layer(None, "Mine", registered="mine>Mine").encode(),
        with_layer("keras.layers", "Conv2D", registered="mine>Conv2D").encode(),
        with_layer("keras.layers", "Conv2D", {"activation": {"class_name": "__lambda__"}}).encode(),
        with_layer("keras.layers", ["Conv2D"]).encode(),
    ],
)
def test_anything_else_does(architecture):
    assert own_layers_only(architecture) == ""


@pytest.fixture
def runs(monkeypatch):
    """Stand in for the sandbox: a network that needs standardised pixels is right for 80 %."""
    made = []

    def run(files, scaling, in_full, reference, run_config):
        order = reference.order() if in_full else reference.order()[:N_COMPARED]
        made.append((scaling, len(order)))
        labels = LABELS[order].copy()
        labels[:: 5 if scaling == right[0] else 1] = 0
        return Predictions(order, labels, "rebuilt")

    right = ["divided by 255"]
    monkeypatch.setattr(module, "_classify", run)
    return made, right


def answers_of(runs):
    labels = LABELS.copy()
    labels[REFERENCE.order()[::5]] = 0
    return labels


def plain(submission):
    return classify(
        b"", with_layer("keras.layers", "Conv2D").encode(), submission, 0.6, REFERENCE, None
    )


def test_some_images_are_enough_if_the_submission_agrees(runs):
    found = plain(answers_of(runs))
    assert runs[0] == [("divided by 255", N_COMPARED)]
    assert found.agreement(answers_of(runs)) == 1
    assert found.accuracy(REFERENCE) == pytest.approx(0.82, abs=0.02)
    assert np.array_equal(found.images, plain(answers_of(runs)).images)


def test_other_scalings_are_tried(runs):
    runs[1][0] = "-1 to 1"
    plain(answers_of(runs))
    assert [scaling for scaling, _ in runs[0]] == ["divided by 255", "as they are", "-1 to 1"]


def test_without_a_submission_all_images_are_classified(runs):
    assert len(plain(None).images) == 10_000
    assert runs[0] == [("divided by 255", N_COMPARED), ("divided by 255", 10_000)]


def test_another_network_s_submission_leaves_this_one_s_answers(runs):
    found = plain((LABELS + 3) % 10)
    assert (len(runs[0]), len(found.images)) == (4, 10_000)
    assert found.accuracy(REFERENCE) > 0.8


def test_a_network_that_can_t_be_rebuilt_has_no_predictions(monkeypatch):
    monkeypatch.setattr(module, "_classify", lambda *arguments: None)
    assert plain(None) is None
    assert classify(b"", b"{}", None, 0.6, REFERENCE, None) is None
    assert classify(b"", b"{}", None, 0.6, ReferenceData(), None) is None


WEIGHTS = [np.arange(12, dtype=np.float32).reshape(3, 4)]


@pytest.fixture
def trial():
    return make_trial(WEIGHTS, b"the file", REFERENCE, np.random.default_rng(2))


def test_a_trial_mixes_images_and_changed_copies(trial):
    assert len(trial.images) == N_COMPARED + N_CHANGED
    assert trial.is_changed.sum() == N_CHANGED
    assert set(trial.images) == set(REFERENCE.order()[:N_COMPARED])
    assert trial.files["outputs.npz"] == b"the file"


def outputs(trial, stable=1.0, changed=0):
    """Return labels that follow from the images, for a part of the copies only."""
    rng = np.random.default_rng(3)
    labels = LABELS[trial.images]
    other = trial.is_changed & (rng.random(len(labels)) > stable)
    labels = np.where(other, (labels + 1) % 10, labels)
    return {"outputs": labels.tolist(), "changed": [changed] * 100}


def test_a_network_that_computes_is_believed(trial):
    found = trial.predictions(outputs(trial, stable=0.8))
    assert (found.doubt, found.accuracy(REFERENCE), len(found.images)) == ("", 1.0, N_COMPARED)


def test_answers_that_are_looked_up_are_noticed(trial):
    assert "moved by a pixel" in trial.predictions(outputs(trial, stable=0.2)).doubt


def test_weights_that_do_not_matter_are_noticed(trial):
    found = outputs(trial)
    found["changed"] = found["outputs"][:100]
    assert trial.predictions(found).doubt == "its answers stay the same with other weights"


def test_a_slow_network_classifies_fewer_images(trial):
    found = outputs(trial)
    found["outputs"] = found["outputs"][:200]
    assert 100 < len(trial.predictions(found).images) < 200


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        {},
        {"outputs": [], "changed": []},
        {"outputs": [1] * 100, "changed": None},
        {"outputs": [10] * 1_200, "changed": [0] * 100},
        {"outputs": [True] * 1_200, "changed": [0] * 100},
        {"outputs": [0] * 1_201, "changed": [0] * 100},
        {"outputs": [0] * 60, "changed": [0] * 100},
    ],
)
def test_invalid_predictions_do_not_count(trial, found):
    assert trial.predictions(found) is None


@needs_sandbox
def test_a_network_is_rebuilt_in_the_sandbox(tmp_path):
    import io
    import os
    import shutil

    import keras

    kit = tmp_path / "kit"
    kit.mkdir()
    shutil.copy(
        module.__file__.replace("verify/network", "sandbox/quick_keras"), kit / "sitecustomize.py"
    )
    os.chmod(tmp_path, 0o755)
    model = keras.Sequential(
        [keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(10)]
    )
    images = REFERENCE.photos[:300]
    labels = model.predict(images / np.float32(255), verbose=0).argmax(axis=1)
    reference = ReferenceData(photos=images, photo_labels=labels)
    buffer = io.BytesIO()
    np.savez(buffer, *model.get_weights())
    config = RunConfig(Sandbox("bwrap"), kit, kit, tmp_path)
    data, text = buffer.getvalue(), model.to_json().encode()
    found = classify(data, text, labels, 0.6, reference, config)
    assert found.how == "rebuilt from its architecture, pixels divided by 255, 300 images"
    assert found.accuracy(reference) > 0.99
    assert classify(data[:-100], text, labels, 0.6, reference, config) is None
