"""A class of attacks on the real assignment, graded in one batch in a real sandbox."""

import csv
import re
import time

import pytest

from cnn_utils.errors import KitError
from cnn_utils.files import KIT
from cnn_utils.grading.batch import grade
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.results.gradebook import as_rows
from cnn_utils.grading.results.lms import fill_in
from cnn_utils.grading.results.similarity import find_similar
from cnn_utils.grading.results.spreadsheets import read_table
from cnn_utils.grading.results.write import BOOK, SHEET, write_results
from cnn_utils.grading.sandbox.prepare import Settings
from cnn_utils.grading.sandbox.sandbox import choose
from cnn_utils.grading.verify.network import own_layers_only
from cnn_utils.grading.verify.reference_data import SAMPLE
from tests.honest.hand_in import ANY, HandIn, write
from tests.hostile.real_cases import (
    ARCHITECTURES,
    ATTACKS,
    DOTTED,
    VICTIM,
    VICTIMS_GROUP,
    Sparse,
)

pytestmark = pytest.mark.hostile
NOTEBOOKS = KIT / "notebooks"
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
    try:
        choose("bwrap")
    except KitError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("attacks")
    groups = {}
    for number, (name, (change, _)) in enumerate(ATTACKS.items(), start=VICTIMS_GROUP):
        hand_in = HandIn(number)
        members = change(hand_in) or hand_in.zipped()
        write(folder / "handins", members)
        for path, data in members.items():
            if isinstance(data, Sparse):
                with (folder / "handins" / path).open("r+b") as file:
                    file.truncate(data.size)
        groups[number] = name
    start = time.monotonic()
    settings = Settings(NOTEBOOKS, SAMPLE, sandbox="bwrap")
    results = grade(folder / "handins", settings, folder / "out", jobs=2)
    seconds = [time.monotonic() - start]
    source_notebooks = read_source_notebooks(NOTEBOOKS)
    for _ in range(2):  # the second time, the first one's sheet is read
        start = time.monotonic()
        write_results(results, source_notebooks, folder / "out")
        seconds.append(time.monotonic() - start)
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{len(results)} hand-ins in {seconds[0]:.0f} s, results in {seconds[1]:.0f} s")
    rows = {row["name"]: row for row in as_rows(results, source_notebooks)}
    found = {}
    for result in results:
        name = next(n for g, n in groups.items() if str(g) in result["name"])
        assert name not in found, result["name"]
        found[name] = (result, rows[result["name"]])
    pairs = find_similar(results, source_notebooks)
    return found, pairs, folder / "out", seconds


@pytest.mark.parametrize("name", ATTACKS)
def test_each_attack_gets_its_row(graded, name):
    result, row = graded[0][name]
    expected = ATTACKS[name][1]
    points = {key: row[key] for key, value in expected.points.items() if value is not ANY}
    wanted = {key: value for key, value in expected.points.items() if value is not ANY}
    about = {key: row[key] for key in ("status", "review", "notes")} | {
        mark["task"]: mark["reason"] for mark in result["marks"] if mark["points"] == 0
    }
    assert points == wanted, about
    assert row["status"] == expected.status, about
    assert expected.review in (None, bool(row["review"])), about
    assert all(words in f"{row['notes']}; {row['review']}" for words in expected.notes), about
    for task, reason in (expected.reasons or {}).items():
        assert reason in about[task], about


def test_everybody_has_a_row_and_the_batch_ends_in_time(graded):
    found, _, out, seconds = graded
    assert found.keys() == ATTACKS.keys()
    assert max(result["seconds"] for result, _ in found.values()) < 120
    assert max(seconds[1:]) < 20
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
        assert path.suffix == ".csv" or not re.search(r"<(script|img src=x)", text), path.name
    for name in (BOOK, SHEET):
        with (out / name).open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for line in csv.reader(file) for cell in line]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("name", [*ARCHITECTURES, *DOTTED])
def test_an_architecture_is_not_rebuilt(name):
    assert own_layers_only((ARCHITECTURES | DOTTED)[name]) == ""
