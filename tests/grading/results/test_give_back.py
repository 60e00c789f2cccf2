import csv
import io
import json
import zipfile

import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.results.give_back import (
    feedback_text,
    joined,
    write_feedback_zips,
)
from cnn_utils.grading.results.lms import fill_in
from cnn_utils.grading.results.report import student_report
from tests.grading.results.test_gradebook import result
from tests.grading.results.test_lms import MOODLE, row

PLAIN = MOODLE.replace("Group,", "").replace("Group 1,", "").replace("Group 2,", "")


def report(source_notebook, **changed):
    return student_report(result(**changed), {"lab.ipynb": source_notebook})


def test_a_report_becomes_a_text_with_points_lateness_and_reasons(source_notebook):
    late = {"days": 1, "counted": 1, "percent": 10, "points": -1}
    changed = report(source_notebook, late=late, whole={"change": 2, "reason": "a <talk>"})
    assert feedback_text(changed) == (
        "<p>11 of 35 points.</p><p>Handed in 1 day late: 10 % off, -1 points.</p>"
        "<p>Adjusted: +2 points: a &lt;talk&gt;.</p><ul><li>F1: 10 of 10. All is well.</li>"
        "<li>Ten digits: 0 of 20.</li></ul>"
    )
    assert feedback_text(report(source_notebook, is_excused=True, whole={"reason": ""})).startswith(
        "<p>Excused.</p>"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "<p>9 of 35 points.</p>"),
        ("<p>8.5 of 35 points.</p><ul></ul>", "<p>9 of 35 points.</p>"),
        ("Nice. ", "Nice.<p>9 of 35 points.</p>"),
        ("Nice.<p>8 of 35 points.</p><ul></ul>", "Nice.<p>9 of 35 points.</p>"),
    ],
)
def test_what_others_wrote_stays_and_our_own_text_is_replaced(old, new):
    assert joined(old, "<p>9 of 35 points.</p>") == new


def graded(file, members, uploads):
    return {**result(file), "file": file, "members": members, "uploads": uploads}


@pytest.fixture
def reports(tmp_path):
    (tmp_path / "reports").mkdir()
    for name in "ab":
        page = f"<html><body>\n<h1>{name}</h1>\n</body></html>"
        (tmp_path / "reports" / f"{name}.html").write_text(page)
    return tmp_path / "reports"


def names_in(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_moodle_gets_the_names_that_it_gave(reports, tmp_path):
    folder = "Ann Berg_501_assignsubmission_file_"
    results = [
        graded("a", [folder], [folder]),
        graded("b", ["Gruppe B-Bo Dahl_77_assignsubmission_file"], ["Gruppe B-Bo ..."]),
    ]
    (path,) = write_feedback_zips(results, reports, tmp_path, {"502": "a", "501": "a"})
    found = names_in(path)
    assert list(found) == [
        "Ann Berg_501_assignsubmission_file_feedback.html",
        "Gruppe B-Bo Dahl_77_assignsubmission_file_feedback.html",
        "Participant_502_assignsubmission_file_feedback.html",
    ]
    assert b"<h1>a</h1>" in found["Participant_502_assignsubmission_file_feedback.html"]
    # As Moodle reads them: a number of a participant, then the plugin's two names.
    assert all(name.split("_", 4)[2:4] == ["assignsubmission", "file"] for name in found)


def test_canvas_gets_each_person_s_file_back(reports, tmp_path):
    uploads = ["bergann_1201_9001_part1-1.ipynb", "bergann_1201_9002_all.zip"]
    uploads += ["bergann_1201_8999_all.zip"]
    uploads += ["dahlbo_LATE_1202_9003_part1.ipynb", "dahlbo_LATE_1202_9004_report.pdf"]
    results = [graded("a", ["bergann_1201_9001_part1"], uploads), graded("b", ["b"], ["b.zip"])]
    (path,) = write_feedback_zips(results, reports, tmp_path)
    found = names_in(path)
    assert list(found) == ["bergann_1201_9002_all.zip", "dahlbo_LATE_1202_9003_part1.ipynb"]
    with zipfile.ZipFile(io.BytesIO(found["bergann_1201_9002_all.zip"])) as archive:
        assert archive.namelist() == ["feedback.html"]
    notebook = json.loads(found["dahlbo_LATE_1202_9003_part1.ipynb"])
    assert ["".join(cell["source"]) for cell in notebook["cells"]] == ["<h1>a</h1>"]


def test_names_of_no_platform_give_no_zip(reports, tmp_path):
    assert write_feedback_zips([graded("a", ["a"], ["a.zip"])], reports, tmp_path) == []


def filled(tmp_path, rows, roster="", export=MOODLE, texts=None):
    (tmp_path / "export.csv").write_text(export)
    place = tmp_path / "roster.csv" if roster else None
    if roster:
        place.write_text(roster)
    out = tmp_path / "out.csv"
    found = fill_in(tmp_path / "export.csv", rows, out, None, place, texts)
    with out.open(encoding="utf-8-sig", newline="") as file:
        return found, list(csv.DictReader(file))


def test_moodle_s_comments_are_filled_in_beside_those_of_others(tmp_path):
    texts = {"group1": "<p>75 of 100 points.</p>", "group2": "<p>75 of 100 points.</p>"}
    _, people = filled(tmp_path, [row("group1"), row("group2")], texts=texts)
    assert [person["Feedback comments"] for person in people] == [
        "<p>75 of 100 points.</p>",
        "<p>75 of 100 points.</p>",
        "well<p>75 of 100 points.</p>",
    ]


@pytest.mark.parametrize(
    ("members", "numbers"),
    [
        (["Ann Berg_501_assignsubmission_file_"], {"501": "group1", "502": "group1"}),
        (["Group 1-Ann Berg_501_assignsubmission_file_"], {"501": "group1", "502": "group1"}),
        # a team's number, which may be another person's
        (["Group 1-Ann Berg_502_assignsubmission_file_"], {}),
        (["Group 1_77_assignsubmission_file_"], {}),
    ],
)
def test_feedback_reaches_members_who_uploaded_nothing(tmp_path, members, numbers):
    header = {"group number": "1", "members": "Ann Berg, Bo Dahl"}
    found, _ = filled(tmp_path, [{**row("group1"), "members": members, "group": header}])
    assert found.numbers == numbers


@pytest.mark.parametrize(
    "roster",
    [
        "group,name\n1,Ann Berg\n1,Bo Dahl\n2,Cy Ek\n",
        "Gruppe;E-Mail\nGruppe 01;ann@uni.example\nGruppe 01;bo@uni.example\n2;cy@uni.example\n",
        "id,team\n501,1\n502,1\n503,2\n",
    ],
)
def test_a_roster_tells_the_groups(tmp_path, roster):
    found, people = filled(tmp_path, [row("group1"), row("group2", 50)], roster, PLAIN)
    assert [person["Grade"] for person in people] == ["75", "75", "50"]
    assert found.questions == []


def test_who_is_not_known_is_asked(tmp_path):
    roster = "group,name\n1,Ann Berg\n1,Eve\n,Bo Dahl\n"
    found, people = filled(tmp_path, [row("group1")], roster, PLAIN)
    assert [person["Grade"] for person in people] == ["75", "", ""]
    assert found.questions == [
        "The roster's Eve, group 1: nobody in the export?",
        "The roster's Bo Dahl, group (none): Bo Dahl (502)?",
    ]


def test_a_roster_without_groups_is_refused(tmp_path):
    with pytest.raises(KitError, match=r"have one column of groups.* received the columns a, b"):
        filled(tmp_path, [row("group1")], "a,b\n1,2\n", PLAIN)
