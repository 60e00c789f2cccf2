import contextlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnn_utils.data import data_source
from cnn_utils.errors import SubmissionError
from cnn_utils.submission import export_submission, validate_submission

GOOD = "ID,Prediction\n0,3\n1,8\n2,0\n3,9\n"


def check(content, tmp_path, n_rows=4):
    path = tmp_path / "submission.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return validate_submission(path, n_rows=n_rows)


def test_a_good_file_comes_back_as_a_table(tmp_path):
    table = check(GOOD, tmp_path)
    expected = pd.DataFrame({"ID": [0, 1, 2, 3], "Prediction": [3, 8, 0, 9]})
    pd.testing.assert_frame_equal(table, expected)


def test_what_the_assignment_s_own_cell_writes_is_good(tmp_path):
    table = pd.DataFrame()
    table["ID"] = range(4)
    table["Prediction"] = np.array([3, 8, 0, 9])
    table.to_csv(tmp_path / "submission.csv", index=False, lineterminator="\n")
    assert len(validate_submission(tmp_path / "submission.csv", n_rows=4)) == 4


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_blank_lines_at_the_end_are_no_problem(end, tmp_path):
    assert len(check(GOOD.rstrip() + end, tmp_path)) == 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "it is empty"),
        ("\n\n", "it is empty"),
        (b"\xef\xbb\xbf", r"byte-order mark(.|\n)*it is empty"),
        (b"\xef\xbb\xbf\n", r"byte-order mark(.|\n)*it is empty"),
        ("\n" + GOOD, r"header is ''"),
        (GOOD.replace("1,8\n", "1,8\n\n"), "1 of its lines are blank, the first after row 2"),
        (GOOD.replace("\n", "\r"), r"lines end in CRLF \(Windows\) or CR"),
        (GOOD.replace("\n", "\u2028"), "its header is"),
        (GOOD.replace("ID,Prediction", "id,label"), r"header is 'id,label', expected 'ID,Pred"),
        ("0,3\n1,8\n2,0\n3,9\n", r"header is '0,3'"),
        (",ID,Prediction\n0,0,3\n1,1,8\n2,2,0\n3,3,9\n", r"index column.*index=False"),
        (GOOD.replace("2,0\n", ""), r"3 predictions, expected 4(.|\n)*1 IDs are missing.* 2"),
        (GOOD + "4,1\n", r"5 predictions, expected 4(.|\n)*1 IDs are outside 0\.\.3, e\.g\. 4"),
        (GOOD.replace("2,0", "1,0"), r"1 IDs occur more than once, the first is 1"),
        (GOOD.replace("2,0", "1,0"), r"1 IDs are missing, the first is 2"),
        ("ID,Prediction\n1,8\n0,3\n2,0\n3,9\n", "IDs are not in ascending order"),
        (GOOD.replace("2,0", "x,0"), r"1 IDs are not whole numbers, the first is 'x'"),
        (GOOD.replace("8", "8.0"), r"1 predictions are decimal numbers.*'8\.0'"),
        (GOOD.replace("8", "cat"), r"1 predictions are class names or text.*'cat'"),
        (GOOD.replace("1,8", "1,"), r"1 predictions are class names or text.*''"),
        (GOOD.replace("8", "10"), r"1 predictions are outside 0-9, the first is 10"),
        (GOOD.replace("8", "-1"), r"1 predictions are outside 0-9, the first is -1"),
        ("ID,Prediction\n0,3\n1,3\n2,3\n3,3\n", "every prediction is class 3"),
        (b"\xef\xbb\xbf" + GOOD.encode(), "byte-order mark"),
        (GOOD.replace(",", ";"), "separated by semicolons, expected commas"),
        (GOOD.replace("\n", "\r\n"), r"lines end in CRLF"),
        (GOOD.encode("utf-16"), r"not text \(UTF-8\)"),
        (GOOD.replace("1,8", "1,8,7"), r"row 2 has 3 values, expected 2"),
        (GOOD.replace("1,8", '1,"8'), r"not a CSV table"),
        (GOOD.replace("8", "８"), r"1 predictions are"),
        (GOOD.replace("8", "8" * 5000), r"1 predictions are"),
    ],
)
def test_every_fault_is_named(content, message, tmp_path):
    with pytest.raises(SubmissionError, match=message) as caught:
        check(content, tmp_path)
    assert "export_submission" in str(caught.value)


def test_a_submission_from_the_sample_is_known_by_its_record(tmp_path, capsys):
    data_source.record("CIFAR-10", "sample")
    path = export_submission([3, 8, 0, 9], tmp_path / "submission.csv", n_rows=4)
    validate_submission(path, n_rows=4)
    assert "made from the synthetic sample: not for the leaderboard" in capsys.readouterr().out
    # Another file in its place is not described by the old record.
    check(GOOD.replace("8", "7"), tmp_path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("record", ["{", "[]", "{}", '{"sha256": 5}'])
def test_somebody_else_s_record_does_not_matter(tmp_path, record):
    (tmp_path / "submission.csv.json").write_text(record)
    assert len(check(GOOD, tmp_path)) == 4


def test_all_faults_are_named_at_once(tmp_path):
    content = b"\xef\xbb\xbf" + b"ID;Prediction\r\n0;3\r\n2;11\r\n"
    with pytest.raises(SubmissionError) as caught:
        check(content, tmp_path)
    problems = [line for line in str(caught.value).splitlines() if line.startswith("  - ")]
    # mark, line ends, separator, two rows, IDs 1 and 3 missing, prediction 11
    assert len(problems) == 6


@pytest.mark.parametrize("n_rows", [9_999, 10_001])
def test_one_row_too_few_or_too_many(n_rows, tmp_path):
    rows = "".join(f"{i},{i % 10}\n" for i in range(n_rows))
    with pytest.raises(SubmissionError, match=rf"{n_rows:,} predictions, expected 10,000"):
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
