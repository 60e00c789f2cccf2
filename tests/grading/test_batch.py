import json
import shutil

import nbformat
import pytest

from cnn_utils.__main__ import main
from cnn_utils.errors import KitError
from cnn_utils.files import KIT
from cnn_utils.grading import batch
from cnn_utils.grading.batch import grade
from cnn_utils.grading.grade_one import failed_row
from cnn_utils.grading.sandbox.prepare import Settings
from cnn_utils.grading.sandbox.sandbox import Sandbox
from tests.grading.small_lab import F1, TEN, answer, needs_sandbox, notebook

pytestmark = needs_sandbox


@pytest.fixture(scope="module")
def graded(lab, tmp_path_factory):
    """Grade three hand-ins of the small assignment, in a real sandbox."""
    folder = tmp_path_factory.mktemp("class")
    (folder / "in").mkdir()
    (folder / "in" / "ann.ipynb").write_bytes(notebook(F1, TEN, answer("It is so.")))
    (folder / "in" / "bo.ipynb").write_bytes(notebook(TEN.replace("**10", "**9")))
    (folder / "in" / "cy.ipynb").write_bytes(b"")
    options = ["grade", str(folder / "in"), "--notebooks", str(lab), "--out", str(folder / "out")]
    assert main([*options, "--sandbox", "bwrap", "--jobs", "2"]) == 0
    return folder


def settings(lab):
    return Settings(lab, sandbox="bwrap")


def results(graded):
    files = (graded / "out" / "results").glob("*.json")
    return {path.stem: json.loads(path.read_text()) for path in files}


def test_each_hand_in_has_its_row(graded):
    points = {
        name: [mark["points"] for mark in row["marks"]] for name, row in results(graded).items()
    }
    assert points == {"ann": [10, 20, None], "bo": [0, 0, 0], "cy": [0, 0, 0]}
    assert {name: row["status"] for name, row in results(graded).items()} == {
        "ann": "complete",
        "bo": "complete",
        "cy": "unreadable",
    }
    assert len((graded / "out" / "gradebook.csv").read_text().splitlines()) == 4


def test_a_hand_in_that_did_not_change_is_not_graded_again(graded, lab, monkeypatch):
    asked = []
    monkeypatch.setattr(batch, "grade_one", lambda h, context: asked.append(h.name))
    rows = grade(graded / "in", settings(lab), graded / "out")
    assert asked == []
    assert [row["name"] for row in rows] == ["ann", "bo", "cy"]


def test_two_at_once_are_refused_and_nothing_is_left_over(graded, lab):
    place = graded / "out" / ".work"
    with (
        batch._work_folder(place),
        pytest.raises(KitError, match="be used by one process at a time"),
    ):
        grade(graded / "in", settings(lab), graded / "out")
    assert not place.exists()


def test_what_a_killed_batch_left_is_removed(tmp_path):
    (tmp_path / "w" / "old" / "workdir").mkdir(parents=True)
    with batch._work_folder(tmp_path / "w") as work:
        assert [path.name for path in work.iterdir()] == ["lock"]


def test_two_names_never_become_one_file():
    names = ["ann", "a:b", "a;b", "x" * 200, "x" * 201, "学" * 82, "M\udcfcller"]
    assert len({batch._safe(name) for name in names}) == len(names)
    assert batch._safe("ann") == "ann"
    assert max(len(batch._safe(name).encode()) for name in names) < 200
    assert batch._safe(batch._safe("Ann O'Brien")) != batch._safe("Ann O'Brien")


@pytest.fixture
def asked(monkeypatch):
    """Grade without running anything; return the names of those that were to be graded."""
    asked = []

    def grade_one(submission, context):
        asked.append(submission.name)
        row = failed_row(submission, {}, "")
        hashed = submission.hash_of(submission.files())
        return {**row, "status": "complete", "master_hash": context.version, "input_hash": hashed}

    monkeypatch.setattr(batch, "grade_one", grade_one)
    return asked


def class_of(folder, names):
    folder.mkdir()
    for i, name in enumerate(names):
        (folder / f"{name}.ipynb").write_bytes(notebook(F1, f"x = {i}"))
    return folder


def test_the_rows_of_the_others_stay_when_a_part_is_graded(lab, tmp_path, asked, capsys):
    out = tmp_path / "out"
    everyone = class_of(tmp_path / "all", ["ann", "bo", "cy"])
    late = class_of(tmp_path / "late", ["bo", "di"])
    grade(everyone, settings(lab), out, jobs=1)
    asked.clear()
    rows = grade(late, settings(lab), out, jobs=1)
    assert asked == ["bo", "di"]
    assert [row["name"] for row in rows] == ["ann", "bo", "cy", "di"]
    said = capsys.readouterr().out
    assert "NOTE: rows of earlier runs stay in the gradebook: ann, cy\n" in said
    assert f"delete {out}/results/NAME.json" in said
    (out / "results" / "ann.json").unlink()
    (out / "results" / "cy.json").write_text("{")
    assert [row["name"] for row in grade(late, settings(lab), out)] == ["bo", "di"]
    assert "are left out, because this version of the kit can't read them: cy" in (
        capsys.readouterr().out
    )
    earlier = json.loads((out / "results" / "bo.json").read_text())
    earlier = {**earlier, "name": "ed", "file": "ed", "members": ["ed"], "master_hash": "other"}
    (out / "results" / "ed.json").write_text(json.dumps(earlier))
    grade(late, settings(lab), out)
    assert "though worked notebooks, labels or kit have changed since: ed" in (
        capsys.readouterr().out
    )


def test_one_is_graded_again_and_the_others_stay(lab, tmp_path, asked, capsys):
    out, everyone = tmp_path / "out", class_of(tmp_path / "all", ["ann", "bo", "cy"])
    grade(everyone, settings(lab), out, jobs=1)
    asked.clear()
    capsys.readouterr()
    rows = grade(everyone, settings(lab), out, jobs=1, only=["bo"])
    assert asked == ["bo"]
    assert [row["name"] for row in rows] == ["ann", "bo", "cy"]
    assert "NOTE" not in capsys.readouterr().out
    with pytest.raises(KitError, match=r"in the gradebook; received 'bob'\. Did you mean 'bo'\?"):
        grade(everyone, settings(lab), out, jobs=1, only=["bob"])


def test_a_row_knows_its_files_and_when_they_came(lab, tmp_path, asked):
    names = ["doe_LATE_101_9001_g", "HW_roe_attempt_2026-11-20-10-00-00_lab"]
    rows = grade(class_of(tmp_path / "in", names), settings(lab), tmp_path / "out", jobs=1)
    assert [(row["uploads"], row["handed_in"], row["is_late"]) for row in rows] == [
        (["HW_roe_attempt_2026-11-20-10-00-00_lab.ipynb"], "2026-11-20T10:00:00", False),
        (["doe_LATE_101_9001_g.ipynb"], "", True),
    ]


def test_a_person_s_new_row_takes_the_place_of_that_of_an_earlier_run(lab, tmp_path, asked, capsys):
    out, names = tmp_path / "out", ["doe_101_9001_g", "roe_102_9002_g"]
    grade(class_of(tmp_path / "in", names), settings(lab), out, jobs=1)
    path = out / "results" / "doe_101.json"
    row = json.loads(path.read_text())
    # as an earlier run may have named it
    path.write_text(json.dumps({**row, "name": "old", "file": "old"}))
    path.rename(path.with_name("old.json"))
    rows = grade(tmp_path / "in", settings(lab), out, jobs=1)
    assert [row["name"] for row in rows] == ["doe_101", "roe_102"]
    assert (
        "rows of earlier runs are left out, because the same person handed in again: old"
        in capsys.readouterr().out
    )


def test_a_submission_that_can_not_be_opened_is_a_row(graded, lab, tmp_path):
    folder = class_of(tmp_path / "in", [])
    (folder / "doe_1_2_g.rar").write_bytes(b"Rar!")
    (row,) = grade(folder, settings(lab), tmp_path / "out")
    assert (row["status"], row["members"]) == ("unreadable", ["doe_1_2_g"])
    assert row["review"] == ["'g.rar' is a RAR archive, which grading does not open."]


def test_an_interrupt_ends_what_runs(graded, lab, tmp_path, monkeypatch, asked):
    stopped = []

    def interrupt(path, text):
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "write_whole", interrupt)
    monkeypatch.setattr(Sandbox, "stop", lambda self: stopped.append(self.name))
    with pytest.raises(KeyboardInterrupt):
        grade(graded / "in", settings(lab), tmp_path, jobs=1)
    assert stopped == ["bwrap"]
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_results_stay_out_of_the_hand_ins(graded, lab, tmp_path):
    for out in (graded / "in", graded / "in" / "graded"):
        with pytest.raises(KitError, match="--out must lie outside the folder of hand-ins"):
            grade(graded / "in", settings(lab), out)
    (tmp_path / "file").write_text("")
    with pytest.raises(KitError, match="file"):
        grade(graded / "in", settings(lab), tmp_path / "file")


def test_a_damaged_result_is_made_anew(graded, lab):
    whole = results(graded)["ann"]
    (graded / "out" / "results" / "ann.json").write_text('{"name": "ann"}')
    rows = grade(graded / "in", settings(lab), graded / "out")
    assert [mark["points"] for mark in rows[0]["marks"]] == [10, 20, None]
    assert results(graded)["ann"].keys() == whole.keys()


@pytest.mark.parametrize("damaged", ["[]", "{", '{"input_hash": 1}'])
def test_however_it_is_damaged(graded, lab, damaged, asked, tmp_path):
    shutil.copytree(graded / "out" / "results", tmp_path / "results")
    path = tmp_path / "results" / "ann.json"
    path.write_text(damaged)
    rows = grade(graded / "in", settings(lab), tmp_path)
    assert asked == ["ann"]
    assert [row["name"] for row in rows] == ["ann", "bo", "cy"]
    assert json.loads(path.read_text())["name"] == "ann"


@pytest.mark.parametrize("jobs", ["0", "-1", "x"])
def test_no_jobs_are_refused(jobs, capsys):
    with pytest.raises(SystemExit):
        main(["grade", "x", "--jobs", jobs])
    assert "expected a number of at least 1" in capsys.readouterr().err


def manual_s_task() -> str:
    """Return the example of a task of one's own in the manual for authors."""
    manual = (KIT / "docs" / "authoring.md").read_text()
    return manual.split("## Add a code task\n\n```python\n")[1].split("```")[0]


ANSWERS = {
    "right": "return sum(a != b for a, b in zip(y_true, y_pred)) / len(y_true)",
    "fits-the-check": "return 1 / len(y_true)",
    "wrong": "return 0.0",
    "can-not-be-called": "return y_true.mean()",
    "ends-its-kernel": "__import__('os')._exit(0)",
}


def test_the_manual_s_own_task_works_by_the_notebook_alone(lab, tmp_path):
    """Released, its hidden test is gone; graded, it is the evidence."""
    (tmp_path / "nb").mkdir()
    (tmp_path / "nb" / "own.py").write_text(f"# %%\n# %load_ext cnn_utils\n\n{manual_s_task()}")
    out, handins = tmp_path / "release", tmp_path / "in"
    assert main(["release", "--out", str(out), "--notebooks", str(tmp_path / "nb")]) == 0
    handed_out = nbformat.read(out / "notebooks" / "own.ipynb", as_version=4)
    assert "all predictions wrong" not in nbformat.writes(handed_out)
    handins.mkdir()
    for name, line in ANSWERS.items():
        solved = nbformat.writes(handed_out)
        stub = 'raise NotImplementedError(\\"task error-rate: write `error_rate`, '
        stub += 'then run this cell again\\")'
        assert stub in solved
        solved = solved.replace(stub, line)
        (handins / f"{name}.ipynb").write_text(solved)
    found = grade(handins, settings(tmp_path / "nb"), tmp_path / "out", jobs=2)
    marks = {row["name"]: row["marks"][0] for row in found}
    assert {name: (mark["points"], mark["reason"]) for name, mark in marks.items()} == {
        "right": (5, ""),
        "fits-the-check": (
            0,
            "The check passed, but the hidden test says: all predictions wrong: the rate is 1.",
        ),
        "wrong": (0, "One wrong prediction of four is 0.25."),
        "can-not-be-called": (0, "AttributeError: 'list' object has no attribute 'mean'."),
        "ends-its-kernel": (0, "The kernel died."),
    }
    assert {name: bool(mark["review"]) for name, mark in marks.items()} == {
        "right": False,
        "fits-the-check": True,
        "wrong": False,
        "can-not-be-called": True,
        "ends-its-kernel": True,
    }
