import hashlib
import json

import numpy as np
import pytest

from cnn_utils.data import data_source
from cnn_utils.errors import KitError, SubmissionError
from cnn_utils.submission import export_submission, validate_submission

LABELS = np.arange(6) % 4


def export(predictions, tmp_path, n_rows=6):
    return export_submission(predictions, tmp_path / "submission.csv", n_rows=n_rows)


def test_the_file_is_what_the_leaderboard_reads(tmp_path):
    path = export(LABELS, tmp_path)
    assert path.read_bytes() == b"ID,Prediction\n0,0\n1,1\n2,2\n3,3\n4,0\n5,1\n"


@pytest.mark.parametrize(
    "predictions",
    [
        list(LABELS),
        LABELS[:, np.newaxis],
        LABELS.astype(np.uint8),
        np.eye(10)[LABELS],
        np.eye(10)[LABELS] * 5 - 2,
    ],
    ids=["list", "column", "uint8", "probabilities", "logits"],
)
def test_labels_and_class_scores_give_the_same_file(predictions, tmp_path):
    path = export(predictions, tmp_path)
    assert list(validate_submission(path, n_rows=6)["Prediction"]) == list(LABELS)


def test_ten_thousand_rows_are_the_default(tmp_path):
    labels = np.arange(10_000) % 10
    path = export_submission(labels, tmp_path / "submission.csv")
    assert (validate_submission(path)["Prediction"] == labels).all()


def test_the_record_names_the_bytes_and_the_data(tmp_path):
    data_source.record("CIFAR-10", "official")
    path = export(LABELS, tmp_path)
    record = json.loads((tmp_path / "submission.csv.json").read_text())
    assert record["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert record["data_source"] == "official"


def test_only_the_source_of_cifar10_is_recorded(tmp_path):
    data_source.record("MNIST", "official")
    data_source.record("CIFAR-10", "sample")
    export(LABELS, tmp_path)
    record = json.loads((tmp_path / "submission.csv.json").read_text())
    assert record["data_source"] == "sample"


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        (np.linspace(0, 9, 6), r"integer labels or one score per class.*argmax"),
        (np.full((6, 1), 0.7), r"integer labels or one score per class.*argmax"),
        (np.zeros((6, 4)), r"10 columns.*received an array of shape \(6, 4\)"),
        (np.zeros((6, 2, 2)), r"integer labels.*\(6, 2, 2\)"),
        (np.full((6, 10), np.nan), r"finite scores; received 6 rows.*loss become NaN"),
        (["cat"] * 6, r"integer labels.*Class names"),
        (LABELS[:5], r"hold 6 predictions, one per test image; received 5\. .*all the test images"),
        ([0, 1, 2, 3, 4, 10], r"0\.\.9; received 10 at position 5"),
        ([0, 1, -1, 3, 4, 5], r"0\.\.9; received -1 at position 2"),
        ([3] * 6, r"differ from image to image; received class 3 for all 6.*not learned"),
        ([], r"received"),
        ([[1, 2], [3]], r"rows of unequal length"),
    ],
)
def test_bad_predictions_are_refused_with_the_cure_and_nothing_is_written(
    predictions, message, tmp_path
):
    with pytest.raises(KitError, match=message):
        export(predictions, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_leaves_the_earlier_submission(tmp_path):
    before = export(LABELS, tmp_path).read_bytes()
    with pytest.raises(SubmissionError):
        export([3] * 6, tmp_path)
    assert (tmp_path / "submission.csv").read_bytes() == before


def test_a_folder_or_a_file_in_a_missing_folder(tmp_path):
    with pytest.raises(KitError, match=r"must be a file to write to; received Is a directory"):
        export_submission(LABELS, tmp_path, n_rows=6)
    with pytest.raises(KitError, match=r"must be a file to write to; received No such file"):
        export_submission(LABELS, tmp_path / "missing" / "submission.csv", n_rows=6)


def test_another_file_of_the_same_stem_is_left_alone(tmp_path):
    (tmp_path / "submission.json").write_text("mine")
    export(LABELS, tmp_path)
    assert (tmp_path / "submission.json").read_text() == "mine"


def test_a_link_is_written_through(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "submission.csv").symlink_to(tmp_path / "shared" / "group7.csv")
    export(LABELS, tmp_path)
    assert (tmp_path / "submission.csv").is_symlink()
    assert len(validate_submission(tmp_path / "shared" / "group7.csv", n_rows=6)) == 6


def test_if_the_record_cannot_be_written_the_earlier_submission_stays(tmp_path):
    before = export(LABELS, tmp_path).read_bytes()
    (tmp_path / "submission.csv.json").unlink()
    (tmp_path / "submission.csv.json").mkdir()
    with pytest.raises(KitError, match="be a file to write to"):
        export(LABELS[::-1], tmp_path)
    assert (tmp_path / "submission.csv").read_bytes() == before
