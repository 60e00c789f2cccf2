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
from cnn_utils.errors import SubmissionError
from cnn_utils.submission import export_submission, validate_submission
from cnn_utils.submission.validate import is_from_sample

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
    ],
    ids=["no last line end", "blank at the end", "at the start", "between", "mark", "quotes"],
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
        (GOOD.replace(",", ";"), r"Separate the columns by commas, not semicolons"),
        (GOOD.replace("2,0\n", ""), r"hold 4 predictions; received 3\."),
        (GOOD + "4,1\n", r"hold 4 predictions; received 5\."),
        (GOOD.replace("2,0", "1,0"), rf"{IDS} '1' in row 3, expected 2"),
        ("ID,Prediction\n1,8\n0,3\n2,0\n3,9\n", rf"{IDS} '1' in row 1, expected 0"),
        (GOOD.replace("2,0", "x,0"), rf"{IDS} 'x' in row 3, expected 2"),
        (GOOD.replace("3,9", "4,9"), rf"{IDS} '4' in row 4, expected 3"),
        (GOOD.replace("8", "8.0"), r"predictions 0-9; .* in 1 rows, the first is '8\.0'.*argmax"),
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
