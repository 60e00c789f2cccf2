import contextlib
import csv
import hashlib
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnn_utils.data import data_source
from cnn_utils.errors import KitError, SubmissionError
from cnn_utils.submission import export_submission, is_from_sample, validate_submission

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


GOOD = "ID,Prediction\n0,3\n1,8\n2,0\n3,9\n"


def check(content, tmp_path, n_rows=4):
    path = tmp_path / "submission.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return validate_submission(path, n_rows=n_rows)


def test_a_good_file_comes_back_as_a_table(tmp_path):
    table = check(GOOD, tmp_path)
    expected = pd.DataFrame({"ID": [0, 1, 2, 3], "Prediction": [3, 8, 0, 9]})
    pd.testing.assert_frame_equal(table, expected)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_the_assignments_own_cell_writes_is_good(end, tmp_path):
    """On Windows, pandas ends lines in CRLF."""
    table = pd.DataFrame()
    table["ID"] = range(4)
    table["Prediction"] = np.array([3, 8, 0, 9])
    table.to_csv(tmp_path / "submission.csv", index=False, lineterminator=end)
    pd.testing.assert_frame_equal(validate_submission(tmp_path / "submission.csv", 4), table)


def test_what_csv_writer_writes_is_good(tmp_path):
    with open(tmp_path / "submission.csv", "w", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["ID", "Prediction"], [0, 3], [1, 8]])
    assert (tmp_path / "submission.csv").read_bytes().endswith(b'"1","8"\r\n')
    table = validate_submission(tmp_path / "submission.csv", n_rows=2)
    assert table["Prediction"].tolist() == [3, 8]


@pytest.mark.parametrize(
    "content",
    [
        GOOD.rstrip(),
        GOOD + "\n\n",
        "\n" + GOOD,
        GOOD.replace("1,8\n", "1,8\n\n"),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("1,8", '1,"8"'),
        GOOD.replace("\n", ".0\n").replace("Prediction.0", "Prediction"),
        GOOD.replace(",", ".0,").replace("ID.0", "ID"),
        GOOD.replace(",", ", "),
        GOOD.replace("\n", "\r\r\n"),
    ],
    ids="no-end at-end at-start between mark quotes floats float-ids spaces windows-csv".split(),
)
def test_what_every_csv_reader_accepts_is_accepted(content, tmp_path):
    assert check(content, tmp_path)["Prediction"].tolist() == [3, 8, 0, 9]


IDS = r"hold the IDs 0 to 3, each once and in this order; received"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"hold 4 predictions; received an empty file\."),
        (b"\xef\xbb\xbf\r\n", r"hold 4 predictions; received an empty file\."),
        (GOOD.replace("ID,Prediction", "id,label"), r"header 'ID,Prediction'; received 'id,label'"),
        ("0,3\n1,8\n2,0\n3,9\n", r"have the header 'ID,Prediction'; received '0,3'"),
        (",ID,Prediction\n0,0,3\n1,1,8\n2,2,0\n3,3,9\n", r"index column: .*index=False"),
        (f"# {GOOD}", r"np\.savetxt\(\.\.\., comments=\"\"\)"),
        (GOOD.replace(",", ";"), r"Separate the columns by commas, not semicolons"),
        (GOOD.replace("2,0\n", ""), r"hold 4 predictions; received 3\."),
        (GOOD + "4,1\n", r"hold 4 predictions; received 5\."),
        (GOOD.replace("2,0", "1,0"), rf"{IDS} '1' in row 3, expected 2"),
        ("ID,Prediction\n1,8\n0,3\n2,0\n3,9\n", rf"{IDS} '1' in row 1, expected 0"),
        (GOOD.replace("2,0", "x,0"), rf"{IDS} 'x' in row 3, expected 2"),
        (GOOD.replace("3,9", "4,9"), rf"{IDS} '4' in row 4, expected 3"),
        (GOOD.replace("8", "8.5"), r"predictions 0-9; .* in 1 rows, the first is '8\.5'.*argmax"),
        (GOOD.replace("8", "1.5e-08"), r"the first is '1\.5e-08'\. Take the most.*argmax"),
        (GOOD.replace("8", "cat"), r"predictions 0-9; .* the first is 'cat'\. Write the file"),
        (GOOD.replace("1,8", "1,"), r"predictions 0-9; .* the first is ''"),
        (GOOD.replace("1,8", "1"), r"predictions 0-9; .* the first is ''"),
        ("ID\n0\n1\n2\n3\n", r"have the header 'ID,Prediction'; received 'ID'"),
        (GOOD.replace("8", "10"), r"predictions 0-9; .* the first is '10'"),
        (GOOD.replace("8", "-1"), r"predictions 0-9; .* the first is '-1'"),
        (GOOD.replace("8", "８"), r"predictions 0-9; .* in 1 rows"),
        (GOOD.replace("8", "8" * 5000), r"the first is '8{30}'\."),
        ("ID,Prediction\n0,3\n1,3\n2,3\n3,3\n", "different predictions; received class 3 for"),
        (GOOD.encode("utf-16"), r"be a CSV file in UTF-8 .*; received 'utf-8' codec"),
        (
            GOOD.replace("1,8", "1,8,7"),
            r"two columns; received .*Expected 2 fields in line 3, saw 3",
        ),
        (GOOD.replace("1,8", '1,"8'), r"with two columns; received .*EOF inside string starting"),
    ],
)
def test_every_mistake_is_named(content, message, tmp_path):
    with pytest.raises(SubmissionError, match=rf"'submission\.csv' must .*{message}"):
        check(content, tmp_path)


def test_a_submission_from_the_sample_is_known_by_its_record(tmp_path, capsys):
    data_source.record("CIFAR-10", "sample")
    path = export_submission([3, 8, 0, 9], tmp_path / "submission.csv", n_rows=4)
    validate_submission(path, n_rows=4)
    note = "NOTE: submission.csv was made from the drawn sample, not CIFAR-10"
    assert note in capsys.readouterr().out
    # Another file in its place is not described by the old record.
    check(GOOD.replace("8", "7"), tmp_path)
    assert capsys.readouterr().out == ""


def test_last_years_record_is_read(tmp_path):
    path = tmp_path / "submission.csv"
    check(GOOD, tmp_path)
    record = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "data": "sample"}
    path.with_name("submission.csv.json").write_text(json.dumps(record))
    assert is_from_sample(path)


@pytest.mark.parametrize("record", ["{", "[]", "{}", '{"sha256": 5}'])
def test_somebody_elses_record_does_not_matter(tmp_path, record):
    (tmp_path / "submission.csv.json").write_text(record)
    assert len(check(GOOD, tmp_path)) == 4


@pytest.mark.parametrize("n_rows", [9_999, 10_001])
def test_one_row_too_few_or_too_many(n_rows, tmp_path):
    rows = "".join(f"{i},{i % 10}\n" for i in range(n_rows))
    with pytest.raises(SubmissionError, match=rf"hold 10,000 predictions; received {n_rows:,}"):
        check("ID,Prediction\n" + rows, tmp_path, n_rows=10_000)


def test_a_missing_file_or_a_folder_is_no_traceback(tmp_path):
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(SubmissionError, match="readable file"):
            validate_submission(path)


# The folder is the same for all examples: each one overwrites the file.
many = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
csv_like = st.text(alphabet='ID,Prediction;0123456789.-"\r\n\t x', max_size=80)


@settings(many, max_examples=300)
@given(st.binary(max_size=200) | csv_like)
def test_any_bytes_are_either_good_or_explained(tmp_path, content):
    try:
        table = check(content, tmp_path)
    except SubmissionError:
        return
    assert table["ID"].tolist() == [0, 1, 2, 3]
    assert table["Prediction"].between(0, 9).all()


@settings(many, max_examples=200)
@given(st.integers(0, len(GOOD) - 1), st.characters(max_codepoint=127))
def test_one_changed_character_is_no_traceback(tmp_path, position, character):
    with contextlib.suppress(SubmissionError):
        check(GOOD[:position] + character + GOOD[position + 1 :], tmp_path)
