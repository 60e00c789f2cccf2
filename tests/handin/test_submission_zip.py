import os
import sys
import zipfile

import nbformat
import nbformat.v4 as v4
import numpy as np
import pytest

from cnn_utils.__main__ import main
from cnn_utils.errors import KitError
from cnn_utils.grading.release.pairing import as_json
from cnn_utils.handin import submission_zip
from cnn_utils.handin.artifacts import save_for_grading
from cnn_utils.handin.submission_zip import hand_in
from cnn_utils.notebook.assignment import FILE, Part, Task
from cnn_utils.submission import export_submission

TABLE = "# Lab\n\n| | |\n|---|---|\n| **Group number** | {} |\n| **Members** | Ada |"


@pytest.fixture
def masters(tmp_path):
    folder = tmp_path / "masters"
    folder.mkdir()
    part = Part((Task("lenet"), Task("why", "answer")), ("lenet",))
    (folder / FILE).write_text(as_json({"lab.ipynb": part}))
    return folder


@pytest.fixture
def folder(tmp_path, capsys):
    folder = tmp_path / "mine"
    folder.mkdir()
    save_for_grading("lenet", Network(), {"loss": [1]}, [1, 2], folder / "artifacts")
    write(folder / "lab.ipynb", group="7", printed=capsys.readouterr().out)
    export_submission(np.arange(10_000) % 10, folder / "submission.csv")
    return folder


class Network:
    def get_weights(self):
        return [np.ones(3, np.float32)]

    def to_json(self):
        return "{}"


def write(path, group, printed=""):
    output = v4.new_output("stream", text=printed)
    cells = [
        v4.new_markdown_cell(TABLE.format(group), metadata={"kind": "header"}),
        v4.new_code_cell("# task: lenet\nmodel = 1", execution_count=1, outputs=[output]),
        v4.new_markdown_cell("It does.", metadata={"task": "why", "kind": "answer"}),
        v4.new_code_cell("cnn_utils.hand_in()", execution_count=2),
    ]
    nbformat.write(v4.new_notebook(cells=cells), path)


def test_artifacts_of_a_saving_that_was_killed_are_a_finding(folder, masters):
    (folder / "artifacts" / "lenet" / "history.json").write_text("of the run before")
    (finding,) = hand_in(folder, masters).findings["lab.ipynb"]
    assert "do not belong together: run the cell with" in str(finding)


def test_the_zip_holds_notebook_pdf_artifacts_and_submission(folder, masters):
    handed_in = hand_in(folder, masters)
    assert handed_in.is_complete
    assert handed_in.path == folder / "group7.zip"
    assert handed_in.findings == {"lab.ipynb": []}
    assert handed_in.contents == "9 files, 1 pages"
    with zipfile.ZipFile(handed_in.path) as archive:
        names = archive.namelist()
    assert names == [
        "lab.ipynb",
        "lab.pdf",
        "artifacts/lenet/weights.npz",
        "artifacts/lenet/architecture.json",
        "artifacts/lenet/history.json",
        "artifacts/lenet/predictions.csv",
        "artifacts/lenet/record.json",
        "submission.csv",
        "submission.csv.json",
    ]


def test_what_is_missing_is_said_and_the_zip_written_all_the_same(folder, masters, capsys):
    group = (folder / "lab.ipynb").read_text().replace("** | 7", "** | ")
    (folder / "lab.ipynb").write_text(group)
    assert main(["handin", str(folder), "--notebooks", str(masters)]) == 1
    said = capsys.readouterr().out
    assert "lab.ipynb:\n  - group number: fill in the table at the top (double-click it)." in said
    assert "group_unknown.zip written and read back: 9 files" in said
    assert "You can submit this, but fix the points above first." in said


def test_a_good_folder_has_nothing_to_mend(folder, masters, capsys):
    assert main(["handin", str(folder), "--notebooks", str(masters)]) == 0
    assert "lab.ipynb: nothing to mend" in capsys.readouterr().out


def test_a_folder_without_notebooks_is_said(tmp_path, masters):
    with pytest.raises(
        KitError, match=r"must hold executed notebooks \(lab.ipynb\); received none"
    ):
        hand_in(tmp_path, masters)


def test_a_zip_that_is_damaged_on_the_way_is_noticed(folder, masters, monkeypatch):
    monkeypatch.setattr(zipfile.ZipFile, "testzip", lambda self: "lab.ipynb")
    with pytest.raises(KitError, match=r"does not hold lab\.ipynb as it was written: try again"):
        hand_in(folder, masters)
    assert not (folder / "group7.zip").exists()


@pytest.fixture
def ran(monkeypatch):
    """Let the test say what the running kernel has executed."""
    sources = {}
    monkeypatch.setattr(submission_zip, "executed_cells", lambda: sources)
    return sources


def test_in_a_notebook_that_was_saved_it_is_the_same(folder, masters, ran):
    ran.update({1: "# task: lenet\nmodel = 1", 2: "cnn_utils.hand_in()", 3: "hand_in()"})
    assert hand_in(folder, masters).is_complete


def test_an_unsaved_notebook_is_not_handed_in(folder, masters, ran):
    ran.update({1: "# task: lenet\nmodel = 1", 2: "model = 2", 3: "cnn_utils.hand_in()"})
    handed_in = hand_in(folder, masters)
    assert handed_in.path is None
    assert not handed_in.is_complete
    save = "Not yet: save the notebook (Ctrl+S or ⌘S). Then run this cell again."
    assert repr(handed_in) == save
    assert not (folder / "group7.zip").exists()


def test_once_it_was_saved_in_between_it_is_handed_in(folder, masters, ran):
    """A cell that was run last, and then deleted or edited, is on no disk."""
    ran.update({1: "# task: lenet\nmodel = 1", 3: "1 + 1  # deleted since"})
    assert hand_in(folder, masters).path is None
    assert hand_in(folder, masters).path is None
    os.utime(folder / "lab.ipynb", (2e9, 2e9))
    handed_in = hand_in(folder, masters)
    assert handed_in.is_complete
    assert "lab.ipynb as saved at" in repr(handed_in)


def test_from_another_notebook_it_is_as_from_outside(folder, masters, ran):
    ran[1] = "import this"
    assert hand_in(folder, masters).is_complete


def test_a_missing_notebook_is_named(folder, masters):
    part = Part((Task("lenet"), Task("why", "answer")), ("lenet",))
    (masters / FILE).write_text(as_json({"lab.ipynb": part, "two.ipynb": part}))
    handed_in = hand_in(folder, masters)
    assert "two.ipynb:\n  - It is not in this folder under this name." in repr(handed_in)
    assert handed_in.path.exists()


def test_groups_that_differ_are_named(folder, masters):
    part = Part((Task("lenet"), Task("why", "answer")), ("lenet",))
    (masters / FILE).write_text(as_json({"lab.ipynb": part, "two.ipynb": part}))
    text = (folder / "lab.ipynb").read_text()
    (folder / "two.ipynb").write_text(text.replace("** | 7", "** | Group 8"))
    told = "The group numbers differ: '7' in lab.ipynb, '8' in two.ipynb."
    assert told in repr(hand_in(folder, masters))
    # A table that is not filled in yet has a finding of its own.
    (folder / "two.ipynb").write_text(text.replace("** | 7", "** | "))
    assert "numbers differ" not in repr(hand_in(folder, masters))


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("Group 12", "12"),
        ("Gruppe 07b", "7b"),
        ("1-2", "1-2"),
        ("../../x", "x"),
        ("9" * 300, "9" * 40),
    ],
)
def test_a_group_number_becomes_part_of_a_file_name(folder, masters, number, name):
    text = (folder / "lab.ipynb").read_text()
    (folder / "lab.ipynb").write_text(text.replace("** | 7", f"** | {number}"))
    assert hand_in(folder, masters).path == folder / f"group{name}.zip"


def test_a_task_without_an_answer_is_named(folder, masters):
    text = (folder / "lab.ipynb").read_text()
    (folder / "lab.ipynb").write_text(text.replace("It does.", "*YOUR ANSWER HERE*"))
    assert "  - cell 3 (text of 'why'): no answer yet.\n" in repr(hand_in(folder, masters))


def test_links_to_elsewhere_and_old_files_do_no_harm(folder, masters):
    (folder / "submission.csv").unlink()
    (folder / "submission.csv").symlink_to("/etc/passwd")
    os.utime(folder / "lab.ipynb", (0, 0))
    with zipfile.ZipFile(hand_in(folder, masters).path) as archive:
        assert "submission.csv" not in archive.namelist()
        assert "lab.ipynb" in archive.namelist()


def test_a_notebook_without_a_file_is_unsaved(tmp_path, masters, ran):
    ran[1] = "x = 1"
    assert hand_in(tmp_path, masters).path is None


def test_the_folder_s_own_assignment_comes_first(folder, masters):
    (folder / FILE).write_bytes((masters / FILE).read_bytes())
    assert hand_in(folder).is_complete


def test_a_missing_pdf_is_a_finding_and_its_page_is_zipped(folder, masters, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    handed_in = hand_in(folder, masters)
    (sentence,) = handed_in.findings["lab.ipynb"]
    assert "Open lab.html in a browser and print it to lab.pdf" in str(sentence)
    assert handed_in.contents == "9 files, 0 pages"
    with zipfile.ZipFile(handed_in.path) as archive:
        assert "lab.html" in archive.namelist()
