import csv

import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.results.manual_grading import COLUMNS, merge_marks


def result(name, text="It is so.", points=None):
    mark = {"part": "lab.ipynb", "task": "why", "kind": "answer", "max_points": 5.0, "reason": ""}
    code = {**mark, "task": "f1", "kind": "code", "points": 10.0}
    return {
        "name": name,
        "marks": [code, {**mark, "points": points}],
        "answers": {"lab.ipynb/why (text)": text},
    }


@pytest.fixture
def sheet(tmp_path):
    return tmp_path / "to_mark.csv"


def rows(sheet):
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fill(sheet, delimiter=",", encoding="utf-8-sig", **changed):
    filled = [{**row, **changed} for row in rows(sheet)]
    with sheet.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(filled)


def merged(results, source_notebook, sheet):
    marked, _ = merge_marks(results, {"lab.ipynb": source_notebook}, sheet)
    return [(r["marks"][1]["points"], r["marks"][1]["reason"]) for r in marked]


def test_the_sheet_lists_the_texts_without_names(source_notebook, sheet):
    assert merged([result("ann"), result("bo", "No.")], source_notebook, sheet) == [
        (None, ""),
        (None, ""),
    ]
    assert {row["answer"] for row in rows(sheet)} == {"It is so.", "No."}
    assert {(row["task"], row["most"], row["points"]) for row in rows(sheet)} == {
        ("why", "5.0", "")
    }
    assert "ann" not in sheet.read_text()


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(",", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-8")]
)
@pytest.mark.parametrize(("points", "value"), [("4", 4), ("2.5", 2.5), ("2,5", 2.5), (" 0 ", 0)])
def test_what_was_filled_in_is_read_however_it_was_saved(
    source_notebook, sheet, delimiter, encoding, points, value
):
    merged([result("ann")], source_notebook, sheet)
    fill(sheet, delimiter, encoding, points=points, comment="æ, well; so")
    assert merged([result("ann")], source_notebook, sheet) == [(value, "æ, well; so")]
    assert rows(sheet)[0]["comment"] == "æ, well; so"
    assert merged([result("ann")], source_notebook, sheet) == [(value, "æ, well; so")]


def test_marks_stay_when_hand_ins_come_and_go(source_notebook, sheet):
    merged([result("ann")], source_notebook, sheet)
    fill(sheet, points="3")
    assert merged([result("bo")], source_notebook, sheet) == [(None, "")]
    assert sorted(merged([result("bo"), result("ann")], source_notebook, sheet), key=str) == [
        (3, ""),
        (None, ""),
    ]


@pytest.mark.parametrize("points", ["6", "-1", "good", "nan"])
def test_invalid_points_are_an_error_and_nothing_is_lost(source_notebook, sheet, points):
    merged([result("ann")], source_notebook, sheet)
    fill(sheet, points=points)
    before = sheet.read_bytes()
    with pytest.raises(KitError, match=r"'points' of .* must be a number from 0 to 5; received"):
        merged([result("ann")], source_notebook, sheet)
    assert sheet.read_bytes() == before


def test_another_file_is_not_overwritten(source_notebook, sheet):
    sheet.write_text("name,points\nann,3\n")
    with pytest.raises(KitError, match="must have the columns id, task, answer"):
        merged([result("ann")], source_notebook, sheet)
    assert sheet.read_text() == "name,points\nann,3\n"


def test_what_was_not_answered_is_not_on_the_sheet_and_formulas_are_text(source_notebook, sheet):
    assert merged([result("ann", points=0.0), result("bo", "=1+1")], source_notebook, sheet)[0] == (
        0,
        "",
    )
    assert [row["answer"] for row in rows(sheet)] == ["'=1+1"]


def test_a_row_that_is_there_twice_loses_nothing(source_notebook, sheet):
    merged([result("ann")], source_notebook, sheet)
    lines = sheet.read_text("utf-8-sig").splitlines()
    filled = lines[1].replace("5.0,,", "5.0,3,good")
    for first, second in ((filled, lines[1]), (lines[1], filled), (filled, filled)):
        sheet.write_text("\n".join([lines[0], first, second]))
        assert merged([result("ann")], source_notebook, sheet) == [(3, "good")]
    sheet.write_text("\n".join([lines[0], filled, filled.replace(",3,", ",4,")]))
    with pytest.raises(KitError, match="be given once; received 3 in one row and 4 in another"):
        merged([result("ann")], source_notebook, sheet)


def test_points_without_a_hand_in_are_reported(source_notebook, sheet, capsys):
    merged([result("ann")], source_notebook, sheet)
    fill(sheet, points="4")
    sheet.with_name("to_mark.key").unlink()
    assert merged([result("ann")], source_notebook, sheet) == [(None, "")]
    assert "points in 1 rows that belong to no hand-in" in capsys.readouterr().out
    assert sorted(row["points"] for row in rows(sheet)) == ["", "4"]


def test_an_id_is_no_number_for_a_spreadsheet(source_notebook, sheet):
    merged([result("M\udcfcller")], source_notebook, sheet)
    assert rows(sheet)[0]["id"].startswith("h")


@pytest.mark.parametrize(
    ("changed", "review"), [("It  is\nso.", ""), ("It is not so.", "its text was changed after")]
)
def test_a_text_that_was_changed_after_marking_is_for_review(
    source_notebook, sheet, changed, review
):
    merged([result("ann")], source_notebook, sheet)
    fill(sheet, points="4")
    (row,), _ = merge_marks([result("ann", changed)], {"lab.ipynb": source_notebook}, sheet)
    assert row["marks"][1]["points"] == 4
    assert row["marks"][1].get("review", "").startswith(review)
    assert bool(row["marks"][1].get("review")) == bool(review)


PICTURE = "![x](data:image/png;base64," + "iVBORw0KGgo" * 15_000 + ")"


@pytest.mark.parametrize(
    "text", ["long " * 28_000, f"See {PICTURE}.", "💡" * 40_000, "=" * 140_000]
)
def test_a_long_text_stops_no_later_run_and_loses_no_marks(source_notebook, sheet, text):
    results = [result("ann", text), result("bo")]
    assert merged(results, source_notebook, sheet) == [(None, "")] * 2
    for points in ("2", "4"):
        fill(sheet, points=points)
        found, _ = merge_marks(results, {"lab.ipynb": source_notebook}, sheet)
        assert [r["marks"][1]["points"] for r in found] == [float(points)] * 2
        assert not any(r["marks"][1].get("review") for r in found)
    cells = [row["answer"] for row in rows(sheet)]
    assert max(len(cell.encode("utf-16-le")) for cell in cells) <= 2 * 32_767
    (long,) = (cell for cell in cells if "[The whole text: to_mark_texts/h" in cell)
    place = long.partition("[The whole text: ")[2].partition(",")[0]
    assert sheet.with_name("to_mark_texts").joinpath(place.partition("/")[2]).read_text() == text


def test_a_sheet_of_an_earlier_release_with_a_long_text_is_read(source_notebook, sheet):
    text = "long " * 28_000
    merged([result("ann", text)], source_notebook, sheet)
    fill(sheet, points="3", answer=text)
    assert merged([result("ann", text)], source_notebook, sheet) == [(3, "")]


def test_a_text_changed_behind_a_picture_is_for_review(source_notebook, sheet):
    merged([result("ann", f"{PICTURE} So.")], source_notebook, sheet)
    fill(sheet, points="4")
    changed = [result("ann", f"{PICTURE} Not so.")]
    (row,), _ = merge_marks(changed, {"lab.ipynb": source_notebook}, sheet)
    assert row["marks"][1]["review"] == "its text was changed after it was marked"
