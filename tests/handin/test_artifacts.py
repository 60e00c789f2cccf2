import hashlib
import json
from types import SimpleNamespace

import IPython
import numpy as np
import pytest

from cnn_utils.data import data_source
from cnn_utils.errors import KitError
from cnn_utils.handin import artifacts
from cnn_utils.handin.artifacts import (
    executed_cells,
    files_of,
    fingerprint,
    hashes,
    save_for_grading,
    source_hash,
)

HISTORY = {"loss": [0.5, 0.25], "val_loss": [0.5, float("nan")]}


class Network:
    """As much of a Keras model as is asked for."""

    def __init__(self, *weights):
        self.weights = weights

    def get_weights(self):
        return list(self.weights)

    def to_json(self):
        return '{"class_name": "Network"}'


class OwnClass(Network):
    def to_json(self):
        raise NotImplementedError


@pytest.fixture
def network():
    return Network(np.ones((5, 6), np.float32), np.zeros(6, np.float64))


def save(network, folder, **changed):
    """Save, and return the network's folder and the record in it."""
    arguments = {"name": "lenet", "history": HISTORY, "predictions": [7, 2, 1], **changed}
    save_for_grading(model=network, folder=folder / "artifacts", **arguments)
    place = folder / "artifacts" / "lenet"
    return place, json.loads((place / "record.json").read_text())


def test_the_files_hold_numbers_and_text_only(network, tmp_path):
    place, _ = save(network, tmp_path)
    with np.load(place / "weights.npz", allow_pickle=False) as arrays:
        assert list(arrays) == ["arr_0", "arr_1"]
        assert [array.shape for array in arrays.values()] == [(5, 6), (6,)]
        assert {array.dtype for array in arrays.values()} == {np.dtype("float32")}
    assert json.loads((place / "architecture.json").read_text()) == {"class_name": "Network"}
    assert json.loads((place / "history.json").read_text()) == {
        "loss": [0.5, 0.25],
        "val_loss": [0.5, None],
    }
    assert (place / "predictions.csv").read_text() == "ID,Prediction\n0,7\n1,2\n2,1\n"


def test_the_folder_is_artifacts_beside_the_notebook(network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_for_grading("lenet", network, HISTORY, [7])
    assert len(files_of(tmp_path, "lenet")) == 5
    assert (tmp_path / "artifacts" / "lenet" / "record.json").is_file()


def test_scores_are_saved_as_labels(network, tmp_path):
    place, _ = save(network, tmp_path, predictions=np.eye(10)[[3, 9]])
    assert (place / "predictions.csv").read_text() == "ID,Prediction\n0,3\n1,9\n"


def test_the_record_binds_the_files_the_cells_and_the_data(network, tmp_path, monkeypatch):
    data_source.record("MNIST", "official")
    monkeypatch.setattr(artifacts, "executed_cells", lambda: {1: "x = 1"})
    place, record = save(network, tmp_path)
    weights = (place / "weights.npz").read_bytes()
    assert record["network"] == "lenet"
    assert record["fingerprint"] == fingerprint(network.weights)
    assert record["data"] == {"MNIST": "official"}
    assert record["cells"] == {"1": source_hash("x = 1")}
    assert record["sha256"] == hashes(place)
    assert record["sha256"]["weights.npz"] == hashlib.sha256(weights).hexdigest()
    assert len(record["sha256"]) == 4
    assert "numpy" in record["versions"]


def test_the_notebook_shows_what_was_saved(network, tmp_path, capsys):
    place, record = save(network, tmp_path)
    assert capsys.readouterr().out.splitlines() == [
        f"Saved for grading in {place}:",
        f"  weights       36 numbers, fingerprint {record['fingerprint']}",
        "  architecture  as JSON",
        "  history       2 epochs",
        "  predictions   3",
    ]


def test_a_model_that_cannot_be_written_as_json_is_saved_without(network, tmp_path, capsys):
    save(network, tmp_path)
    place, _ = save(OwnClass(*network.weights), tmp_path)
    assert "not saved (NotImplementedError)" in capsys.readouterr().out
    assert not (place / "architecture.json").exists()
    assert [path.name for path in files_of(tmp_path, "lenet")] == [
        "weights.npz",
        "history.json",
        "predictions.csv",
        "record.json",
    ]


def test_the_folder_of_earlier_releases_is_read(network, tmp_path):
    place, _ = save(network, tmp_path)
    place.parent.rename(tmp_path / "evidence")
    assert [path.parent for path in files_of(tmp_path, "lenet")] == [
        tmp_path / "evidence" / "lenet"
    ] * 5
    save(network, tmp_path)
    assert {path.parent for path in files_of(tmp_path, "lenet")} == {place}


def test_the_fingerprint_tells_values_and_shapes_apart():
    one = fingerprint([np.arange(6.0)])
    assert one == fingerprint([np.arange(6, dtype=np.float32)])
    assert len(one) == 16
    assert len({one, fingerprint([np.arange(6.0).reshape(2, 3)]), fingerprint([np.ones(6)])}) == 3


def test_half_precision_is_saved_as_float32(tmp_path):
    import ml_dtypes

    place, _ = save(Network(np.ones(3, ml_dtypes.bfloat16)), tmp_path)
    with np.load(place / "weights.npz", allow_pickle=False) as arrays:
        assert arrays["arr_0"].tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": "../x"}, "`name` must be a short name such as \"lenet\"; received '../x' .str."),
        ({"name": Network()}, '`name` must be a short name such as "lenet"; received a Network'),
        ({"history": 3}, "`history` must be what model.fit returned"),
        ({"predictions": [[[1]]]}, "`predictions` must hold integer labels"),
    ],
)
def test_wrong_arguments_are_explained(network, tmp_path, changed, message):
    with pytest.raises(KitError, match=message):
        save(network, tmp_path, **changed)
    assert not (tmp_path / "artifacts").exists()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Network(), "`model` must be a trained Keras model; received one without weights. Train"),
        (
            Network(np.array([1, np.nan])),
            "`model` must have finite weights; received NaN or infinity among them. "
            "The training diverged: try a smaller learning rate.",
        ),
    ],
)
def test_a_model_without_usable_weights_is_refused(tmp_path, model, message):
    with pytest.raises(KitError, match=message):
        save(model, tmp_path)


def test_a_link_to_elsewhere_is_no_artifact(network, tmp_path):
    place, _ = save(network, tmp_path)
    (place / "history.json").unlink()
    (place / "history.json").symlink_to("/etc/passwd")
    assert "history.json" not in [path.name for path in files_of(tmp_path, "lenet")]


def test_a_folder_that_cannot_be_written_is_named(network, tmp_path):
    (tmp_path / "artifacts").write_text("in the way")
    with pytest.raises(KitError, match=r"record\.json' must be a file to write to; received Not a"):
        save(network, tmp_path)


def test_a_keras_model_comes_back_from_its_files(tmp_path, capsys):
    import keras

    from cnn_utils import build_lenet

    model = build_lenet()
    place, record = save(model, tmp_path)
    again = keras.models.model_from_json((place / "architecture.json").read_text())
    with np.load(place / "weights.npz", allow_pickle=False) as arrays:
        again.set_weights(list(arrays.values()))
    assert "61,706 numbers" in capsys.readouterr().out
    assert fingerprint(again.get_weights()) == record["fingerprint"]
    image = np.random.default_rng(458).random((1, 28, 28, 1), np.float32)
    np.testing.assert_array_equal(model.predict(image, verbose=0), again.predict(image, verbose=0))


def test_outside_a_notebook_nothing_was_run():
    assert executed_cells() == {}


def test_sources_are_counted_from_one(monkeypatch):
    history = SimpleNamespace(input_hist_raw=["", "%load_ext cnn_utils\nx = 1", "%time x"])
    shell = SimpleNamespace(history_manager=history, kernel=None)
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    assert executed_cells() == {1: "%load_ext cnn_utils\nx = 1", 2: "%time x"}


def test_a_terminal_is_no_notebook(monkeypatch):
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(history_manager=None))
    assert executed_cells() == {}


def test_a_hash_ignores_the_last_line_ends_only():
    assert source_hash("x = 1\n\n") == source_hash("x = 1")
    assert source_hash("x = 1 ") != source_hash("x = 1")
    assert source_hash("\ud800") != source_hash("?")
    assert source_hash("x") == hashlib.sha256(b"x").hexdigest()[:16]
