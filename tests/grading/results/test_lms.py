import csv

import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.results.lms import check_export, fill_in

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,CNN (77),Quiz (78),Final Score
    Points Possible,,,,,50,10,(read only)
"Berg, Ann",1201,s1,annb,A,,7,
"Dahl, Bo",1202,s2,bod,A,3,8,
"Ek, Cy",1203,s3,cye,A,,9,
"Foss, Dan",1204,s4,danf,A,,9,
"""
MOODLE = """\
Identifier,Full name,Email address,Group,Status,Grade,Maximum Grade,Feedback comments
Participant 501,Ann Berg,ann@uni.example,Group 1,Submitted,,100.00,
Participant 502,Bo Dahl,bo@uni.example,Group 1,Submitted,,100.00,
Participant 503,Cy Ek,cy@uni.example,Group 2,Submitted,,100.00,well
"""


def row(name, score=75.0, to_mark=0.0):
    return {"name": name, "score": score, "max_score": 100.0, "to_mark": to_mark}


def filled(tmp_path, export, *rows, column=None):
    (tmp_path / "export.csv").write_text(export, encoding="utf-8")
    result = fill_in(tmp_path / "export.csv", list(rows), tmp_path / "filled.csv", column)
    with (tmp_path / "filled.csv").open(encoding="utf-8-sig", newline="") as file:
        return result, list(csv.DictReader(file))


def test_canvas_downloads_are_known_by_their_number(tmp_path):
    names = ["bergann_1201_9001_x_1203_2_", "dahlbo_LATE_1202_9002_lab", "ekcy_1299_1_1203_1_"]
    result, people = filled(tmp_path, CANVAS, *map(row, names), column="CNN")
    # of 50, and the quiz is none of our business
    assert [p["CNN (77)"] for p in people] == ["50", "37.5", "37.5", "", ""]
    assert "Quiz (78)" not in people[0]
    assert (result.n_filled, result.not_found) == (2, ["ekcy_1299_1_1203_1_"])


@pytest.mark.parametrize("name", ["annb", "s1", "Berg, Ann", "Ann Berg", "ann_berg"])
def test_names_and_logins_will_do(tmp_path, name):
    _, people = filled(tmp_path, CANVAS, row(name), column="CNN (77)")
    assert [p["CNN (77)"] for p in people] == ["50", "37.5", "3", "", ""]


def test_moodle_downloads_are_known_by_their_number(tmp_path):
    result, people = filled(tmp_path, MOODLE, row("Cy Ek_503_assignsubmission_file", 66.6))
    assert [p["Grade"] for p in people] == ["", "", "66.6"]
    assert people[2]["Feedback comments"] == "well"
    assert result.n_filled == 1


@pytest.mark.parametrize("name", ["group1", "Group 1"])
def test_a_group_s_points_are_each_member_s(tmp_path, name):
    result, people = filled(tmp_path, MOODLE, row(name))
    assert [p["Grade"] for p in people] == ["75", "75", ""]
    assert (result.n_filled, result.not_found) == (2, [])


def test_who_is_not_marked_yet_or_handed_in_twice_gets_nothing(tmp_path):
    rows = [row("annb", to_mark=5), row("bod"), row("dahlbo_1202_3_x")]
    result, people = filled(tmp_path, CANVAS, *rows, column="CNN")
    assert [p["CNN (77)"] for p in people] == ["50", "", "3", "", ""]
    assert (result.n_filled, result.not_marked) == (0, ["annb"])
    assert result.not_found == ["bod", "dahlbo_1202_3_x"]


@pytest.mark.parametrize(
    ("column", "received"), [(None, "nothing"), ("Lab", "Lab"), ("Student", "Student")]
)
def test_an_assignment_must_be_named_where_there_are_several(tmp_path, column, received):
    with pytest.raises(
        KitError, match=rf"--column must name one .*: CNN .77., Quiz .78.; received {received}"
    ):
        filled(tmp_path, CANVAS, row("annb"), column=column)


def test_the_only_assignment_need_not_be_named(tmp_path):
    export = CANVAS.replace("Quiz (78)", "Section 2")
    assert filled(tmp_path, export, row("annb"))[0].n_filled == 1


def test_another_file_is_refused(tmp_path):
    with pytest.raises(
        KitError, match=r"must be exported from Canvas .* received the columns a, b"
    ):
        filled(tmp_path, "a,b\n1,2\n", row("annb"))


def test_two_assignments_of_one_name_need_their_number(tmp_path):
    export = CANVAS.replace("Quiz", "CNN")
    with pytest.raises(KitError, match=r"CNN \(77\), CNN \(78\); received CNN"):
        filled(tmp_path, export, row("annb"), column="CNN")
    assert filled(tmp_path, export, row("annb"), column="CNN (77)")[0].n_filled == 1


def test_an_export_is_looked_at_before_grading(tmp_path):
    (tmp_path / "export.csv").write_text(CANVAS)
    assert check_export(tmp_path / "export.csv", "Quiz") is None
    with pytest.raises(KitError, match="--column must name one"):
        check_export(tmp_path / "export.csv")
    with pytest.raises(KitError, match="must be a CSV file"):
        check_export(tmp_path / "none.csv")
