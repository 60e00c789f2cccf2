import csv
import unicodedata

import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.results.lms import check_export, fill_in, group_number, uploader

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


# Above the students stands how grades are posted, then the points.
POSTED = """\
Student,ID,SIS User ID,SIS Login ID,Section,CNN (77),Quiz (78),Final Score
,,,,,Manual Posting,,
    Points Possible,,,,,50,10,(read only)
"Berg, Ann",1201,s1,annb,A,,7,
"Dahl, Bo",1202,s2,bod,A,EX,8,
"""
GERMAN = """\
ID,Vollständiger Name,E-Mail-Adresse,Status,Gruppe,Bewertung,Bestwertung,Bewertung änderbar
Teilnehmer/in501,Jane Doe,jane@uni.example,Zur Bewertung abgegeben,Gruppe 7,,"10,00",Ja
Teilnehmer/in502,Max Roe,max@uni.example,Zur Bewertung abgegeben,Gruppe 7,,"10,00",Ja
Teilnehmer/in503,Zoe Poe,zoe@uni.example,Keine Abgabe,Gruppe 71,,"10,00",Ja
Teilnehmer/in504,Ann Doe,ann@uni.example,Keine Abgabe,Gruppe 1-2,"5,00","10,00",Ja
Teilnehmer/in505,Bo Doe,bo@uni.example,Keine Abgabe,Gruppe 12,-,"10,00",Ja
"""


def group_row(name, number="", members="", uploaded=(), **more):
    group = {"group number": number, "members": members}
    return {**row(name, **more), "group": group, "members": list(uploaded)}


def grades(tmp_path, *rows, export=GERMAN, column="Bewertung"):
    result, people = filled(tmp_path, export, *rows)
    return [p[column] for p in people], result.questions


def test_the_row_that_says_how_grades_are_posted_is_no_maximum(tmp_path):
    _, people = filled(tmp_path, POSTED, row("annb"), column="CNN")
    assert [p["CNN (77)"] for p in people] == ["Manual Posting", "50", "37.5", "EX"]


def test_who_is_excused_stays_so(tmp_path):
    result, people = filled(tmp_path, POSTED, row("bod"), column="CNN")
    assert people[3]["CNN (77)"] == "EX"
    assert (result.n_filled, result.not_found) == (0, [])
    assert result.questions == ["Bo Dahl (1202) is excused (EX) and stays so."]


def test_who_is_excused_gets_no_points(tmp_path):
    excused = {**row("annb"), "is_excused": True}
    result, people = filled(tmp_path, POSTED, excused, column="CNN")
    assert [p["CNN (77)"] for p in people][2] == "EX"
    assert result.n_filled == 1
    result, people = filled(tmp_path, MOODLE, {**row("Ann Berg"), "is_excused": True})
    assert people[0]["Grade"] == ""
    assert result.questions == ["Ann Berg (501) is excused: the grade stays as it is."]


def test_canvas_names_in_two_columns(tmp_path):
    export = POSTED.replace("Student", "LastName,FirstName").replace('"', "")
    export = export.replace("    Points Possible", "    Points Possible,").replace("\n,", "\n,,")
    _, people = filled(tmp_path, export, row("Ann Berg"), column="CNN")
    assert [p["CNN (77)"] for p in people][2] == "37.5"
    assert (people[2]["LastName"], people[2]["FirstName"]) == ("Berg", " Ann")


@pytest.mark.parametrize(
    ("possible", "points"),
    [
        ('"1,000.00"', "750"),
        ('"1.000,00"', "750"),
        ('"1 000,00"', "750"),
        ("1000", "750"),
        ("1'000.00", "750"),
        ('"10,5"', "7.88"),
        ('"2,000,000"', "1500000"),
        ("0.500", "0.38"),
        ("", "75"),
    ],
)
def test_a_maximum_is_read_however_it_is_written(tmp_path, possible, points):
    export = POSTED.replace(",50,10,", f",{possible},10,")
    _, people = filled(tmp_path, export, row("annb"), column="CNN")
    assert people[2]["CNN (77)"] == points


@pytest.mark.parametrize("possible", ["1.000", '"1,000"', "ten 10", "1.0.0,0"])
def test_a_maximum_that_may_be_another_is_asked_about(tmp_path, possible):
    export = POSTED.replace(",50,10,", f",{possible},10,")
    with pytest.raises(KitError, match=r"must have a maximum such as 10 or 10\.00"):
        filled(tmp_path, export, row("annb"), column="CNN")


def test_a_read_only_column_is_no_assignment(tmp_path):
    export = POSTED.replace("Final Score", "Final (79)").replace("Quiz (78)", "Section 2")
    _, people = filled(tmp_path, export, row("annb"))
    assert people[2]["CNN (77)"] == "37.5"


def test_semicolons_and_names_without_comma(tmp_path):
    export = "sep=;\n" + POSTED.replace('"Berg, Ann"', "'Berg").replace(",", ";")
    export = export.replace("'Berg", '"Berg; Ann"')
    _, people = filled(tmp_path, export, row("Ann Berg"), column="CNN")
    assert people[2]["CNN (77)"] == "37.5"


@pytest.mark.parametrize(
    "identifier",
    [
        "Participant ",
        "Participant",
        "Teilnehmer/in",
        "Deltaker ",
        "参加者",
        "Osallistuja ",
        "مشارك ",
    ],
)
def test_a_worksheet_is_known_in_any_language_by_its_cells(tmp_path, identifier):
    rows = [row("Jane Doe_501_assignsubmission_file_"), row("Zoe Poe_503_assignsubmission_file_")]
    export = GERMAN.replace("Teilnehmer/in", identifier).replace("Bewertung", "Merknad")
    points, questions = grades(tmp_path, *rows, export=export, column="Merknad")
    assert (points, questions) == (["7.5", "", "7.5", "5,00", "-"], [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-le"])
def test_a_worksheet_that_excel_saved(tmp_path, encoding):
    text = GERMAN.replace(",00", ".00").replace(",", "\t")
    (tmp_path / "x.csv").write_bytes(text.encode(encoding))
    done = fill_in(tmp_path / "x.csv", [row("Max Roe")], tmp_path / "filled.csv")
    assert done.n_filled == 1


def test_a_worksheet_whose_grades_are_unclear_needs_the_column(tmp_path):
    export = "Nr,Navn,A,B,C\nDeltaker 1,Ann,,10,\nDeltaker 2,Bo,,10,10\n"
    one = "Nr,Navn,Karakter,Gruppe,Maks\nDeltaker 1,Ann,3,7,10\n"
    assert grades(tmp_path, row("Ann"), export=export, column="A")[0] == ["7.5", ""]
    with pytest.raises(KitError, match=r"--column must name the column of the grades.*Karakter"):
        filled(tmp_path, one, row("Ann"))
    _, people = filled(tmp_path, one, row("Ann"), column="Gruppe")
    assert people[0]["Gruppe"] == "7.5"


def test_a_workbook_is_named_as_such(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"PK\x03\x04...")
    with pytest.raises(KitError, match=r"an Excel .* workbook. Open it, and save it as 'CSV"):
        check_export(tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("group7", ["75", "75", "", "5,00", "-"]),
        ("group7 (1)", ["75", "75", "", "5,00", "-"]),
        ("Group 07", ["75", "75", "", "5,00", "-"]),
        ("Gruppe 7 - Kopie", ["75", "75", "", "5,00", "-"]),
        ("group71", ["", "", "75", "5,00", "-"]),
        ("group7-1", ["", "", "", "5,00", "-"]),
        ("group1-2", ["", "", "", "75", "-"]),
        ("Gruppe 1-2", ["", "", "", "75", "-"]),
        ("group12", ["", "", "", "5,00", "75"]),
        ("project7", ["", "", "", "5,00", "-"]),
        ("7", ["75", "75", "", "5,00", "-"]),
        ("", ["", "", "", "5,00", "-"]),
        ("Ja", ["", "", "", "5,00", "-"]),
    ],
)
def test_a_group_is_known_by_its_whole_number(tmp_path, name, expected):
    export = GERMAN.replace("10,00", "100,00")
    assert grades(tmp_path, row(name), export=export)[0] == expected


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKD"])
@pytest.mark.parametrize("written", ["Åsa Müller", "ÅSA MÜLLER", "Müller, Åsa"])
def test_names_are_equal_however_they_are_encoded(tmp_path, form, written):
    export = GERMAN.replace("Jane Doe", "Åsa Müller")
    name = unicodedata.normalize(form, written)
    assert grades(tmp_path, row(name), export=export)[0][0] == "7.5"
    export = unicodedata.normalize(form, export.replace("Bewertung", "Note"))
    assert filled(tmp_path, export, row("Åsa Müller"))[0].n_filled == 1


def test_vowel_signs_part_names(tmp_path):
    export = GERMAN.replace("Jane Doe", "राम").replace("Max Roe", "रमा")
    assert grades(tmp_path, row("रमा"), export=export)[0][:2] == ["", "7.5"]


def test_two_students_of_one_name_are_asked_about(tmp_path):
    export = GERMAN.replace("Max Roe", "Jane Doe")
    points, questions = grades(tmp_path, row("Jane Doe"), export=export)
    assert points[:2] == ["", ""]
    assert questions == ["Jane Doe: which one is Jane Doe, Jane Doe (501) or Jane Doe (502)?"]
    numbered = row("Jane Doe_502_assignsubmission_file_")
    assert grades(tmp_path, numbered, export=export) == (["", "7.5", "", "5,00", "-"], [])


def test_each_member_who_uploaded_gets_the_points_once(tmp_path):
    uploaded = ["Gruppe 7-Jane Doe_501_assignsubmission_file_", "Max Roe_502_assignsubmission_file"]
    result, people = filled(tmp_path, GERMAN, group_row("group7", uploaded=uploaded))
    assert [p["Bewertung"] for p in people][:3] == ["7.5", "7.5", ""]
    assert (result.n_filled, result.questions, result.not_found) == (2, [], [])


@pytest.mark.parametrize(
    "header",
    [
        {"number": "7"},
        {"number": "Group 7"},
        {"members": "Jane Doe, Max Roe"},
        {"members": "Doe, Jane; Roe, Max"},
        {"members": "Jane Doe & **Max Roe** (s2)"},
        {"members": "Jane Doe und Max Roe"},
        {"members": "Jane Doe<br>Max Roe<br>Jim No One"},
        {"number": "7", "members": "Max Roe"},
    ],
)
@pytest.mark.parametrize("uploaded", [["Jane Doe_501_assignsubmission_file_"], []])
def test_members_whom_the_header_names_get_the_points(tmp_path, header, uploaded):
    points, questions = grades(tmp_path, group_row("work", uploaded=uploaded, **header))
    assert (points, questions) == (["7.5", "7.5", "", "5,00", "-"], [])


def test_a_header_gives_no_other_group_s_points(tmp_path):
    jane = {"uploaded": ["Jane Doe_501_assignsubmission_file_"]}
    points, _ = grades(tmp_path, group_row("x", number="71", **jane))
    assert points == ["7.5", "", "", "5,00", "-"]
    points, questions = grades(tmp_path, group_row("x", members="Jane Doe, Zoe Poe", **jane))
    assert points == ["7.5", "", "", "5,00", "-"]
    assert questions == ["x names Zoe Poe: Zoe Poe (503), of another group?"]
    # "Jane" is Jane Doe's login, and another Jane's name
    points, _ = grades(tmp_path, group_row("x", members="Poe, Jane"))
    assert points[0] == ""


def test_what_the_platform_says_comes_before_the_header(tmp_path):
    rows = [
        row("Max Roe_502_assignsubmission_file_", score=100),
        group_row(
            "x", members="Jane Doe, Max Roe", uploaded=["Jane Doe_501_assignsubmission_file_"]
        ),
    ]
    points, questions = grades(tmp_path, *rows)
    assert points[:2] == ["7.5", "10"]
    fit = "Max Roe (502): Max Roe_502_assignsubmission_file_ and x fit this row; filled in from"
    assert questions == [f"{fit} Max Roe_502_assignsubmission_file_."]


def test_two_hand_ins_of_one_group_are_asked_about(tmp_path):
    points, questions = grades(tmp_path, row("group7"), row("Group 7\u202e"))
    assert points[:2] == ["", ""]
    assert questions[0] == "Jane Doe (501): group7 and Group 7 fit this row."


def test_a_hand_in_that_the_grader_failed_on_gets_no_points(tmp_path):
    points, questions = grades(tmp_path, {**row("Jane Doe", score=0), "status": "failed"})
    assert points[0] == ""
    assert questions == ["Jane Doe (501): the grader failed, so no points: run again."]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Group 07", "7"),
        ("Gruppe 7", "7"),
        ("第7组", "第7"),
        ("0", ""),
        ("", ""),
        ("?", ""),
        ("Team Alpha", "alpha"),
        ("Group 1-2", "1 2"),
    ],
)
def test_the_number_of_a_group(text, number):
    assert group_number(text) == number


@pytest.mark.parametrize(
    "name",
    [
        "doejane_7_9001_x",
        "doejane_LATE_7_9001_x",
        "doejane_7_text",
        "A-Jo_B_7_assignsubmission_file_",
    ],
)
def test_the_number_of_who_uploaded(name):
    assert uploader(name) == "7"
    assert uploader("doejane_7") == "doejane_7"


def test_whose_number_is_not_there_gets_no_other_s_points(tmp_path):
    uploaded = ["Jane Doe_999_assignsubmission_file_"]
    row = group_row("Jane Doe_999", number="7", members="Jane Doe", uploaded=uploaded)
    assert grades(tmp_path, row)[0] == ["", "", "", "5,00", "-"]
