import io
import json
from dataclasses import replace

import numpy as np
import pytest

from cnn_utils.grading.sandbox.prepare import Settings, prepared
from cnn_utils.grading.sandbox.run_part import Limits, run_parts
from cnn_utils.grading.verify.network import (
    N_CHANGED,
    N_COMPARED,
    as_npy,
    make_trial,
    own_layers_only,
    read_answer,
    request_for,
)
from cnn_utils.grading.verify.reference_data import ReferenceData
from cnn_utils.notebook.reader import Cell, Notebook
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


CONV = with_layer("keras.layers", "Conv2D").encode()


def details(request):
    return json.loads(request.files["request.json"])


def test_some_images_in_three_scalings_are_asked_for_first():
    request = request_for(b"weights", CONV, LABELS, REFERENCE)
    assert set(request.files) == {
        "architecture.json",
        "weights.npz",
        "images.npy",
        "request.json",
    }
    assert list(details(request)["scalings"]) == ["divided by 255", "as they are", "-1 to 1"]
    order = REFERENCE.order()[:N_COMPARED]
    assert details(request)["submission"] == LABELS[order].tolist()
    images = np.load(io.BytesIO(request.files["images.npy"]), allow_pickle=False)
    np.testing.assert_array_equal(images, REFERENCE.photos[order])


OTHERS = np.full((200, 32, 32, 3), 7, np.uint8), np.arange(200) % 10


def test_images_that_are_not_in_the_test_set_come_first():
    reference = replace(REFERENCE, other_photos=OTHERS)
    request = request_for(b"", CONV, LABELS, reference)
    images = np.load(io.BytesIO(request.files["images.npy"]))
    assert (images.shape[0], details(request)["n_others"]) == (N_COMPARED + 200, 200)
    assert (images[:200] == 7).all()
    order = reference.order()
    labels = [*np.where(np.arange(200) < 50, OTHERS[1], 10 - OTHERS[1] % 9 - 1), *LABELS[order]]
    line = json.dumps({"as they are": [int(label) for label in labels[:700]]})
    found = read_answer(line.encode(), reference)["as they are"]
    assert (len(found.labels), found.accuracy(reference)) == (500, 1)
    assert found.elsewhere == np.mean(np.array(labels[:200]) == OTHERS[1])
    assert read_answer(json.dumps({"as they are": [1] * 200}).encode(), reference) == {}


def test_all_images_are_asked_for_in_one_scaling():
    request = request_for(b"", CONV, None, REFERENCE, "-1 to 1")
    assert (details(request)["scalings"], details(request)["submission"]) == (
        {"-1 to 1": [2 / 255, -1.0]},
        [],
    )
    assert len(np.load(io.BytesIO(request.files["images.npy"]))) == 10_000


def test_a_network_that_needs_code_is_not_asked_for():
    assert request_for(b"", b"{}", None, REFERENCE) is None
    assert request_for(b"", CONV, None, ReferenceData()) is None


def test_an_answer_holds_labels_by_scaling():
    order = REFERENCE.order()
    line = json.dumps({"divided by 255": LABELS[order[:300]].tolist(), "other": [1]})
    found = read_answer(line.encode(), REFERENCE)
    assert list(found) == ["divided by 255"]
    one = found["divided by 255"]
    assert one.how == "rebuilt from its architecture, pixels divided by 255, 300 images"
    assert (one.agreement(LABELS), one.accuracy(REFERENCE)) == (1, 1)
    assert one.is_right(LABELS, REFERENCE, 0.6)
    assert not one.is_right((LABELS + 3) % 10, REFERENCE, 0.6)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b"\xff",
        b'{"as they are": []}',
        b'{"as they are": [10]}',
        b'{"as they are": [true]}',
        b'{"as they are": 7}',
        b'{"as they are": [%s0]}' % (b"0," * 10_000),
    ],
)
def test_an_invalid_answer_holds_none(answer):
    assert read_answer(answer, REFERENCE) == {}


WEIGHTS = [np.arange(12, dtype=np.float32).reshape(3, 4)]


@pytest.fixture
def trial():
    return make_trial(WEIGHTS, REFERENCE, np.random.default_rng(2))


def arrays_of(data):
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return list(file.values())


def test_a_trial_mixes_images_and_changed_copies(trial):
    assert len(trial.images) == N_COMPARED + N_CHANGED
    assert trial.is_changed.sum() == N_CHANGED
    assert set(trial.images) == set(REFERENCE.order()[:N_COMPARED])
    own, other = (arrays_of(trial.files[f"{name}.npz"])[0] for name in ("outputs", "changed"))
    np.testing.assert_allclose(own, WEIGHTS[0], rtol=0.01)
    assert (own != WEIGHTS[0])[WEIGHTS[0] > 0].all()
    np.testing.assert_array_equal(np.sort(other.ravel()), WEIGHTS[0].ravel())


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
def test_a_network_is_rebuilt_in_the_sandbox_before_any_code_of_the_student_s(lab, tmp_path):
    import keras

    model = keras.Sequential(
        [keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(10)]
    )
    images = REFERENCE.photos[:300]
    labels = model.predict(images / np.float32(255), verbose=0).argmax(axis=1)
    reference = ReferenceData(photos=images, photo_labels=labels)
    buffer = io.BytesIO()
    np.savez(buffer, *model.get_weights())
    data, text = buffer.getvalue(), model.to_json().encode()
    # The student's code finds neither the images nor a way to answer for the network.
    code = """
import os, pathlib, glob
seen = [path for path in ("request", "request/images.npy") if os.path.exists(path)]
for number in glob.glob("/proc/[0-9]*/fd/*"):
    try:
        if "pipe" in os.readlink(number):
            with open(number, "wb", buffering=0) as pipe:
                os.set_blocking(pipe.fileno(), False)
                pipe.write(b'{"divided by 255": [0]}\\n')
    except OSError:
        pass
pathlib.Path("out/output_cnn.json").write_text(str(len(seen)))
"""
    cells = {"task:cnn": code, "hidden:cnn": ""}
    made = [Cell("code", source, {"grade_id": name}) for name, source in cells.items()]
    notebook = Notebook("a.ipynb", made, {}).node()
    with prepared(Settings(lab, sandbox="bwrap", limits=Limits(images=500)), tmp_path) as context:
        request = request_for(data, text, labels, reference)
        claims = run_parts({"a.ipynb": notebook}, {}, context.run_config, {}, request)
        broken = request_for(data[:-100], text, labels, reference)
        run_parts({}, {}, context.run_config, {}, broken)
    found = read_answer(request.answer, reference)
    assert list(found) == ["divided by 255"]
    assert len(found["divided by 255"].labels) == 300
    assert found["divided by 255"].accuracy(reference) > 0.99
    assert claims["a.ipynb"].outputs == {"cnn": 0}
    assert read_answer(broken.answer, reference) == {}


def test_arrays_travel_without_pickle():
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    np.testing.assert_array_equal(np.load(io.BytesIO(as_npy(array)), allow_pickle=False), array)
