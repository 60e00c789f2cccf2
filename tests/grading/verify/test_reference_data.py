from pathlib import Path

import h5py
import numpy as np
import pytest

from cnn_utils.checks.lenet_by_hand import LENET_SHAPES
from cnn_utils.data.loaders import CIFAR10_CLASSES
from cnn_utils.errors import KitError
from cnn_utils.grading.verify import reference_data as module
from cnn_utils.grading.verify.reference_data import (
    SAMPLE,
    ReferenceData,
    rate_lenet,
    read_photo_labels,
    read_reference_data,
)
from cnn_utils.submission import export_submission


def test_lenet_is_rated_as_keras_would():
    from cnn_utils import build_lenet, f1_score

    model = build_lenet()
    weights = model.get_weights()
    assert [w.shape for w in weights] == LENET_SHAPES
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (600, 28, 28), dtype=np.uint8)
    y_pred = model.predict(images[..., None] / np.float32(255), verbose=0).argmax(axis=1)
    labels = np.where(rng.random(600) < 0.8, y_pred, (y_pred + 1) % 10)
    accuracy, f1 = rate_lenet(weights, ReferenceData((images, labels)))
    assert accuracy == pytest.approx(np.mean(labels == y_pred), abs=2e-3)
    assert f1 == pytest.approx(f1_score(labels, y_pred, n_classes=10), abs=5e-3)


def test_without_labels_nothing_is_rated():
    assert rate_lenet([], ReferenceData()) is None
    assert ReferenceData().order() is None
    assert read_reference_data(None) == ReferenceData()


def test_photographs_come_in_an_order_that_only_the_labels_tell():
    photos = np.zeros((10_000, 1, 1, 1), np.uint8)
    labels = np.arange(10_000) % 10
    order = ReferenceData(photos=photos, photo_labels=labels).order()
    np.testing.assert_array_equal(
        order, ReferenceData(photos=photos, photo_labels=labels.copy()).order()
    )
    np.testing.assert_array_equal(np.sort(order), np.arange(10_000))
    other = ReferenceData(photos=photos, photo_labels=labels[::-1]).order()
    assert not np.array_equal(order, other)


def test_weights_in_another_order_are_rated_alike_and_by_one_thread():
    from threadpoolctl import threadpool_info

    rng = np.random.default_rng(1)
    weights = [rng.normal(0, 0.1, shape).astype(np.float32) for shape in LENET_SHAPES]
    images = rng.integers(0, 256, (150, 28, 28), dtype=np.uint8)
    reference = ReferenceData((images, rng.integers(0, 10, 150)))
    assert rate_lenet(weights, reference) == rate_lenet(weights[::-1], reference)
    assert {i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"} == {1}


def test_labels_are_read_as_a_submission_is(tmp_path):
    from cnn_utils import export_submission

    export_submission(np.arange(10_000) % 10, tmp_path / "labels_CIFAR10.csv")
    assert read_reference_data(tmp_path).photo_labels[:3].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("networks", "needed"),
    [
        (["lenet"], "mnist.npz"),
        (["cnn"], "student_dataset_CIFAR10.h5"),
        (["lenet", "cnn"], "mnist"),
    ],
)
def test_what_is_needed_to_rate_the_networks_must_be_there(tmp_path, networks, needed):
    with pytest.raises(KitError, match=f"--labels must name .*: {needed}.* needed; received noth"):
        read_reference_data(None, networks)
    with pytest.raises(KitError, match=r"which does not hold it\. To try it .* sample"):
        read_reference_data(tmp_path, networks)
    assert read_reference_data(tmp_path, []) == ReferenceData()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(KitError, match=r"--labels must name an existing folder; received '.*gone'"):
        read_reference_data(tmp_path / "gone")


def test_the_sample_serves_for_a_trial(capsys):
    reference = read_reference_data(SAMPLE, ["lenet", "cnn"])
    assert "not for a course" in capsys.readouterr().out
    assert reference.digits[0].shape == (10_000, 28, 28)
    assert reference.photos.shape == (10_000, 32, 32, 3)
    assert np.bincount(reference.photo_labels).sum() == 10_000


def test_without_labels_part_2_is_not_rated_by_its_accuracy(tmp_path, capsys, monkeypatch):
    h5py.File(tmp_path / "student_dataset_CIFAR10.h5", "w").close()
    arrays = {"X_test": np.zeros((10_000, 1, 1, 1), np.uint8)}
    arrays |= {"X_train": np.arange(600).reshape(300, 1, 2, 1), "y_train": np.arange(300)}
    monkeypatch.setattr(module, "read_cifar10", lambda path: (arrays, "official"))
    reference = read_reference_data(tmp_path, ["cnn"])
    assert reference.photo_labels is None
    images, labels = reference.other_photos  # mirrored
    assert len(labels) == 200
    np.testing.assert_array_equal(images[:, 0, :, 0], np.stack([2 * labels + 1, 2 * labels], 1))
    assert "NOTE: without labels_CIFAR10.csv" in capsys.readouterr().out


LABELS = np.arange(10_000) % 10


def stored(file, array):
    with h5py.File(file, "w") as f:
        f["y_test"] = array
    return file


def as_table(head, rows):
    return head + "".join(f"{number},{label}\n" for number, label in rows)


@pytest.mark.parametrize("kind", ["csv", "names", "semicolons", "h5", "column", "folder", "file"])
def test_labels_are_read_from_what_an_instructor_has(tmp_path, kind):
    numbers, path = list(enumerate(LABELS)), tmp_path / "a.csv"
    if kind == "csv":
        path.write_text(as_table("ID,Prediction\n", numbers))
    elif kind == "names":
        named = [(i, CIFAR10_CLASSES[label]) for i, label in reversed(numbers)]
        path.write_text(as_table("id,label\n", named))
    elif kind == "semicolons":
        text = as_table("ID,Prediction\n", [(i, f"{label}.0") for i, label in numbers])
        path.write_text(text.replace(",", ";"), newline="\r\n")
    elif kind in ("h5", "column"):
        path = stored(tmp_path / "a.h5", LABELS if kind == "h5" else LABELS[:, None].astype("u1"))
    elif kind == "folder":
        path = stored(tmp_path / "student_dataset_CIFAR10.h5", LABELS).parent
    else:
        path = export_submission(LABELS, tmp_path / "labels_CIFAR10.csv").parent
    labels = read_photo_labels(path)
    np.testing.assert_array_equal(labels, LABELS)
    assert labels.dtype == np.int64


def test_a_folder_without_labels_and_the_sample(tmp_path):
    assert read_photo_labels(tmp_path) is None
    labels = read_photo_labels(Path("sample"))
    assert (labels.shape, set(labels)) == ((10_000,), set(range(10)))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "ID,Prediction\n0,1\n", "received 1 different IDs below 'ID,Prediction'"),
        ("a.csv", as_table("ID,Prediction\n", [(i, 11) for i in range(10_000)]), "0-9 or names"),
        ("a.h5", "no", "be a readable HDF5 file"),
        ("b.csv", None, "be a CSV file"),
    ],
)
def test_other_files_are_refused(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(KitError, match=message):
        read_photo_labels(tmp_path / name)


@pytest.mark.parametrize("array", [LABELS[:9], LABELS + 1])
def test_other_arrays_are_refused(tmp_path, array):
    with pytest.raises(KitError, match=r"y_test in .* must hold 10,000 labels 0-9"):
        read_photo_labels(stored(tmp_path / "a.h5", array))
