"""A class of attacks on the real assignment, graded in one batch in a real sandbox."""

import csv
import re
import time

import pytest

from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.results.lms import fill_in
from cnn_utils.grading.results.similarity import find_similar
from cnn_utils.grading.results.spreadsheets import read_table
from cnn_utils.grading.results.write import BOOK, SHEET, write_results
from cnn_utils.grading.verify.network import own_layers_only
from tests.honest.graded_class import NOTEBOOKS, check_row, grade_class
from tests.hostile.real_cases import ARCHITECTURES, ATTACKS, DOTTED, VICTIM, VICTIMS_GROUP

pytestmark = pytest.mark.hostile
# Whom a person must look at as a copy of the first hand-in, and what must be told.
COPIES = {
    "another's network, its channels in another order": "nearly the same cnn network",
    "another's network with noise": "nearly the same cnn network",
    "another's hand-in with the own group's number": "much the same program",
    "another's hand-in as it is, in a file of the own group": "much the same program",
    "another group's number in the header": "much the same program",
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, request):
    """Return the results and rows by the attacks' names, the similar pairs, and the folder."""
    folder = tmp_path_factory.mktemp("attacks")
    changes = {name: change for name, (change, _) in ATTACKS.items()}
    found, results = grade_class(changes, VICTIMS_GROUP, folder, request.config)
    source_notebooks, seconds = read_source_notebooks(NOTEBOOKS), []
    for _ in range(2):  # the second time, the first one's sheet is read
        start = time.monotonic()
        write_results(results, source_notebooks, folder / "out")
        seconds.append(time.monotonic() - start)
    pairs = find_similar(results, source_notebooks)
    return found, pairs, folder / "out", seconds


@pytest.mark.parametrize("name", ATTACKS)
def test_each_attack_gets_its_row(graded, name):
    result, row = graded[0][name]
    expected = ATTACKS[name][1]
    check_row(result, row, expected)
    reasons = {mark["task"]: mark["reason"] for mark in result["marks"]}
    for task, reason in (expected.reasons or {}).items():
        assert reason in reasons[task]


def test_everybody_has_a_row_and_the_batch_ends_in_time(graded):
    found, _, out, seconds = graded
    assert found.keys() == ATTACKS.keys()
    assert max(result["seconds"] for result, _ in found.values()) < 120
    assert max(seconds) < 20
    with (out / BOOK).open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(ATTACKS)


@pytest.mark.parametrize("name", COPIES)
def test_copies_are_told(graded, name):
    found, pairs, _, _ = graded
    names = {found[who][0]["name"] for who in (name, VICTIM)}
    told = [pair.what for pair in pairs if pair.is_sign and {pair.first, pair.second} == names]
    assert any(COPIES[name] in what for what in told), told


def test_the_export_gets_everybody_s_own_points(graded, tmp_path):
    rows = [{**row, "to_mark": 0} for _, row in graded[0].values()]
    own = {row["name"]: row["score"] for row in rows if re.fullmatch(r"group\d+", row["name"])}
    lines = ["Identifier,Full name,Group,Grade,Maximum Grade"]
    lines += [f"Participant {n},Person {n},{n},,{rows[0]['max_score']}" for n in own]
    (tmp_path / "worksheet.csv").write_text("\n".join(lines))
    fill_in(tmp_path / "worksheet.csv", rows, tmp_path / "filled.csv")
    filled = read_table(tmp_path / "filled.csv")[1]
    assert {row["Group"]: float(row["Grade"]) for row in filled} == own


def test_pages_and_tables_hold_nothing_that_runs(graded):
    out = graded[2]
    for path in [*out.glob("*.html"), *out.glob("*.csv"), *out.glob("*/*.html")]:
        text = path.read_text(encoding="utf-8-sig")
        assert not {c for c in text if not c.isprintable() and c not in "\n\r"}, path.name
        n_own = 2 if path.name == "marking.html" else 0  # its data and its program
        assert path.suffix == ".csv" or text.count("<script") == n_own, path.name
        assert path.suffix == ".csv" or "<img src=x" not in text, path.name
    for name in (BOOK, SHEET):
        with (out / name).open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for line in csv.reader(file) for cell in line]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("name", [*ARCHITECTURES, *DOTTED])
def test_an_architecture_is_not_rebuilt(name):
    assert own_layers_only((ARCHITECTURES | DOTTED)[name]) == ""
