import csv

import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.results.write import write_results
from tests.grading.results.test_gradebook import result


def test_all_of_it_is_written_and_marks_are_taken_over(source_notebook, tmp_path):
    source_notebooks = {"lab.ipynb": source_notebook}
    found = [result("ann", file="ann", answers={"lab.ipynb/why (text)": "So."}, helpers={})]
    (row,) = write_results(found, source_notebooks, tmp_path)
    assert (row["score"], row["to_mark"]) == (10, 5)
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith(".")) == [
        "class.html",
        "gradebook.csv",
        "reports",
        "to_mark.csv",
        "to_mark.key",
    ]
    sheet = tmp_path / "to_mark.csv"
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        (line,) = csv.DictReader(file)
    sheet.write_text(f"{','.join(line)}\n{line['id']},why,So.,5,4,\n")
    (row,) = write_results(found, source_notebooks, tmp_path)
    assert (row["score"], row["to_mark"]) == (14, 0)
    assert "14" in (tmp_path / "reports" / "ann.html").read_text()


def test_invalid_points_change_nothing(source_notebook, tmp_path):
    (tmp_path / "to_mark.csv").write_text("id,task,answer,most,points,comment\n")
    found = [result("ann", file="ann", answers={}, helpers={})]
    write_results(found, {"lab.ipynb": source_notebook}, tmp_path)
    sheet = tmp_path / "to_mark.csv"
    sheet.write_text(sheet.read_text("utf-8-sig").replace(",5,,", ",5,9,"))
    before = (tmp_path / "gradebook.csv").read_bytes()
    with pytest.raises(KitError, match="a number from 0 to 5; received 9"):
        write_results(found, {"lab.ipynb": source_notebook}, tmp_path)
    assert (tmp_path / "gradebook.csv").read_bytes() == before
