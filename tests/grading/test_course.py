"""A course from the download to the upload: 300 hand-ins, decisions, late days, texts, a platform.

Only `grade_one` is replaced: running 300 hand-ins takes a quarter of an hour, and the honest class
is there for that. Everything else is the command line and the files that an instructor edits.
"""

import csv
import re
import zipfile

import nbformat.v4 as v4
import pytest

from cnn_utils.__main__ import main
from cnn_utils.grading import batch
from cnn_utils.grading.grade_one import failed_row
from cnn_utils.grading.verify.score import Mark
from tests.grading.small_lab import LAB, needs_sandbox, notebook

pytestmark = needs_sandbox

# Students on each platform.
N = {"canvas": 300, "moodle": 40}
COURSE = 'title = "Lab"\npercent_per_day = 10\nfree_days = 1\n[extensions]\n9 = 2\n'
EXCUSED, ADJUSTED, BONUS, LATE, FLAGGED, EXTENDED = 3, 5, 6, 7, 8, 9
MARKED_AGAIN = 10
RATED = "train-lenet"  # by its threshold
NAMES = [f"Student {chr(65 + i // 26 % 26)}{chr(97 + i % 26)}{i}" for i in range(300)]


def accuracy(i):
    return 0.88 + i % 10 / 100  # 0.88 to 0.97


def first_marks(i):
    return i % 6


def canvas_name(i):
    late = "_LATE" if i == FLAGGED else ""
    return f"{NAMES[i].replace(' ', '').lower()}{late}_{1000 + i}_{9000 + i}_lab.ipynb"


def moodle_name(i):
    return f"{NAMES[i]}_{500 + i}_assignsubmission_file_lab.ipynb"


def canvas_export():
    names = NAMES[: N["canvas"]]
    rows = [f'"{name.split()[1]}, Student",{1000 + i},s{i},A,\n' for i, name in enumerate(names)]
    return "Student,ID,SIS Login ID,Section,Lab (77)\n    Points Possible,,,,35\n" + "".join(rows)


def moodle_export():
    rows = [
        f"Participant {500 + i},{name},,,35.00,\n" for i, name in enumerate(NAMES[: N["moodle"]])
    ]
    head = "Identifier,Full name,Status,Grade,Maximum Grade,Feedback comments\n"
    return head + "".join(rows)


PLATFORMS = {
    "canvas": (canvas_name, canvas_export(), "Lab (77)", "feedback_canvas.zip"),
    "moodle": (moodle_name, moodle_export(), "Grade", "feedback_moodle.zip"),
}


def grade_one(submission, context):
    """Read an accuracy and a text from a hand-in, and mark it as the source notebook says."""
    row = failed_row(submission, {}, "")
    files = submission.files()
    source = files["lab.ipynb"].decode()
    book = context.source_notebooks["lab.ipynb"]
    reached = float(re.search(r"accuracy = (0\.\d+)", source)[1])
    is_enough = reached >= book.task(RATED).threshold
    marks = [
        Mark(
            RATED, "code", 10.0 * is_enough, 10.0, "" if is_enough else "Its accuracy is too low."
        ),
        Mark("ten-digits", "code", 20.0, 20.0),
        Mark("why", "answer", None, 5.0, "A person will mark this."),
    ]
    number = re.search(r"text of (\d+)", source)[1]
    return {
        **row,
        "status": "complete",
        "notes": [],
        "marks": [{"part": "lab.ipynb", **mark.as_dict()} for mark in marks],
        "answers": {"lab.ipynb/why (text)": f"text of {number}"},
        "group": {"group number": number},
        "input_hash": submission.hash_of(files),
        "master_hash": context.version,
    }


@pytest.fixture(params=PLATFORMS)
def course(request, tmp_path, monkeypatch):
    """Return the platform's name and the folder of a course with 300 hand-ins."""
    monkeypatch.setattr(batch, "grade_one", grade_one)
    name_of, export, *_ = PLATFORMS[request.param]
    for folder in ("in", "notebooks"):
        (tmp_path / folder).mkdir()
    (tmp_path / "notebooks" / "lab.py").write_text(lab_with(0.9))
    (tmp_path / "notebooks" / "course.toml").write_text(COURSE)
    (tmp_path / "export.csv").write_text(export)
    for i in range(N[request.param]):
        cells = (
            f"# task: {RATED}\naccuracy = {accuracy(i):.2f}",
            v4.new_markdown_cell(f"text of {i}"),
        )
        (tmp_path / "in" / name_of(i)).write_bytes(notebook(*cells))
    return request.param, tmp_path


def lab_with(threshold):
    lab = LAB.replace('"f1"', f'"{RATED}"').replace("# task: f1", f"# task: {RATED}")
    return lab.replace("points=10", f"points=10 threshold={threshold}")


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def mark_texts(sheet, points_of):
    rows = read(sheet)
    for row in rows:
        i = int(row["answer"].split()[-1])
        row["points"], row["comment"] = points_of(i)
    with sheet.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def changes(out):
    """Return the lines of changes.csv, and take the file away."""
    file = out / "changes.csv"
    found = {(row["name"], row["task"]): row for row in read(file)} if file.exists() else {}
    file.unlink(missing_ok=True)
    return {key: (row["before"], row["after"], row["why"]) for key, row in found.items()}


def test_a_course_from_the_download_to_the_upload(course, capsys):
    platform, folder = course
    name_of, _, column, feedback = PLATFORMS[platform]
    everybody = range(N[platform])
    out, commands = folder / "out", []

    def grade(*more):
        options = ["grade", str(folder / "in"), "--notebooks", str(folder / "notebooks")]
        commands.append(main([*options, "--out", str(out), "--sandbox", "bwrap", *more]))

    grade()
    names = {int(row["group"]): row["name"] for row in read(out / "gradebook.csv")}
    assert len(names) == len(everybody)
    assert changes(out) == {}
    if platform == "canvas":
        (flagged,) = (row for row in read(out / "gradebook.csv") if row["group"] == str(FLAGGED))
        assert "write its days_late into adjustments.csv" in flagged["review"]

    # Texts are marked, and a person decides.
    mark_texts(out / "to_mark.csv", lambda i: (first_marks(i), "well" if i == 1 else ""))
    with (out / "adjustments.csv").open("a", encoding="utf-8") as file:
        file.write(
            f"{names[EXCUSED]},,,,yes,ill\n"
            f"{ADJUSTED},ten-digits,15,,,copied from a book\n"
            f"Gruppe {BONUS},whole,+2,,,a talk\n"
            f"{LATE},,,3,,\n{names[FLAGGED]},,,1,,\n{EXTENDED},,,3,,\n"
        )
    grade()
    found = changes(out)
    assert found.pop((names[ADJUSTED], "ten-digits")) == (
        "20",
        "15",
        "changed from 20 to 15 points: copied from a book",
    )
    # 10, 20 and nothing for the text: 6 leaves no remainder.
    assert found.pop((names[BONUS], "whole")) == ("30", "32", "whole +2 points: a talk")
    # One of the three days is free: two tenths of 31 points.
    assert found.pop((names[LATE], "whole")) == ("30", "24.8", "3 days late: -6.2 points")
    assert found.pop((names[EXCUSED], "whole")) == ("30", "excused", "whole excused: ill")
    assert (names[BONUS], "why (text)") in found
    assert set(found) == {(names[i], "why (text)") for i in everybody if i != EXCUSED}
    assert found[names[1], "why (text)"] == ("", "1", "marked: well")

    # The threshold changes, and with it nobody's points but theirs.
    (folder / "notebooks" / "lab.py").write_text(lab_with(0.93))
    grade()
    below = [i for i in everybody if 0.9 <= round(accuracy(i), 2) < 0.93 and i != EXCUSED]
    found = changes(out)
    why = "the worked notebooks, labels or kit changed: Its accuracy is too low."
    assert {key: found.pop(key) for key in [(names[i], RATED) for i in below]} == {
        (names[i], RATED): ("10", "0", why) for i in below
    }
    assert found == {}

    # One text is marked again; the points go to the platform.
    mark_texts(
        out / "to_mark.csv",
        lambda i: (5 if i == MARKED_AGAIN else first_marks(i), "well" if i == 1 else ""),
    )
    grade("--lms", str(folder / "export.csv"))
    first = str(first_marks(MARKED_AGAIN))
    assert changes(out) == {(names[MARKED_AGAIN], "why (text)"): (first, "5", "marked")}
    assert commands == [0, 0, 0, 0]
    assert len(commands) <= 10

    # Read back: every number, from the definitions above.
    filled = [row for row in read(out / "filled_in_export.csv") if "Possible" not in str(row)]
    for i, row in enumerate(filled):
        points = 10 * (round(accuracy(i), 2) >= 0.93) + 20 + first_marks(i)
        points = {
            ADJUSTED: points - 5,
            BONUS: points + 2,
            LATE: points * 0.8,
            MARKED_AGAIN: points - first_marks(MARKED_AGAIN) + 5,
        }.get(i, points)
        expected = f"{points:.2f}".rstrip("0").rstrip(".")
        if i == EXCUSED:
            expected = "EX" if platform == "canvas" else ""
        assert (i, row[column]) == (i, expected)
        if platform == "moodle" and i != EXCUSED:
            assert row["Feedback comments"].startswith(f"<p>{points:g} of 35 points.</p>")
    with zipfile.ZipFile(out / feedback) as archive:
        back = archive.namelist()
    expected = [name_of(i).replace("lab.ipynb", "feedback.html") for i in everybody]
    assert sorted(back) == sorted(expected if platform == "moodle" else map(name_of, everybody))
    assert "<h1>Lab</h1>" in (out / "class.html").read_text()


@pytest.mark.parametrize("course", ["moodle"], indirect=True)
def test_who_hands_in_again_replaces_only_their_own_row(course):
    platform, folder = course
    options = ["grade", str(folder / "in"), "--notebooks", str(folder / "notebooks")]
    options += ["--out", str(folder / "out"), "--sandbox", "bwrap"]
    assert main(options) == 0
    cells = (f"# task: {RATED}\naccuracy = 0.99", v4.new_markdown_cell("text of 0"))
    (folder / "in" / moodle_name(0)).write_bytes(notebook(*cells))
    book = folder / "out" / "gradebook.csv"
    name = next(row["name"] for row in read(book) if row["group"] == "0")
    assert main([*options, "--only", name]) == 0
    assert changes(folder / "out") == {(name, RATED): ("0", "10", "handed in again")}
    assert len(read(book)) == N[platform]
