import json
import sys
import zipfile

import nbformat
import nbformat.v4 as v4
import numpy as np
import pytest

from cnn_utils.__main__ import main
from cnn_utils.errors import KitError
from cnn_utils.handin import bundle
from cnn_utils.handin.assignment import FILE, Part, as_json
from cnn_utils.handin.bundle import MANIFEST, hand_in
from cnn_utils.handin.for_grading import save_for_grading
from cnn_utils.submission import export_submission

TABLE = "# Lab\n\n| | |\n|---|---|\n| **Group number** | {} |\n| **Members** | Ada |"


@pytest.fixture
def masters(tmp_path):
    folder = tmp_path / "masters"
    folder.mkdir()
    part = Part((("lenet", "code"), ("why", "answer")), ("lenet",))
    (folder / FILE).write_text(as_json({"lab.ipynb": part}))
    return folder


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    saved = save_for_grading("lenet", Network(), {"loss": [1]}, [1, 2], folder / "evidence")
    write(folder / "lab.ipynb", group="7", said=repr(saved))
    export_submission(np.arange(10_000) % 10, folder / "submission.csv")
    return folder


class Network:
    def get_weights(self):
        return [np.ones(3, np.float32)]

    def to_json(self):
        return "{}"


def write(path, group, said=""):
    output = v4.new_output("stream", text=said)
    cells = [
        v4.new_markdown_cell(TABLE.format(group), metadata={"kind": "header"}),
        v4.new_code_cell("# task: lenet\nmodel = 1", execution_count=1, outputs=[output]),
        v4.new_markdown_cell("It does.", metadata={"task": "why", "kind": "answer"}),
        v4.new_code_cell("cnn_utils.hand_in()", execution_count=2),
    ]
    nbformat.write(v4.new_notebook(cells=cells), path)


def test_the_zip_holds_notebook_pdf_submission_and_manifest(folder, masters):
    handed_in = hand_in(folder, masters)
    assert handed_in.is_complete
    assert handed_in.path == folder / "group7.zip"
    assert handed_in.findings == {"lab.ipynb": []}
    assert handed_in.contents == "9 files, 1 pages, 0 figures, all 2 answers found"
    with zipfile.ZipFile(handed_in.path) as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read(MANIFEST))
    assert names == [
        "lab.ipynb",
        "lab.pdf",
        "evidence/lenet/weights.npz",
        "evidence/lenet/architecture.json",
        "evidence/lenet/history.json",
        "evidence/lenet/predictions.csv",
        "evidence/lenet/record.json",
        "submission.csv",
        "submission.csv.json",
        "manifest.json",
    ]
    assert set(manifest["sha256"]) == set(names[:-1])


def test_what_is_missing_is_said_and_the_zip_written_all_the_same(folder, masters, capsys):
    group = (folder / "lab.ipynb").read_text().replace("** | 7", "** | ")
    (folder / "lab.ipynb").write_text(group)
    assert main(["handin", str(folder), "--notebooks", str(masters)]) == 1
    said = capsys.readouterr().out
    assert "lab.ipynb:\n  - The table at the top says nothing for 'group number'" in said
    assert "group_unknown.zip written and read back: 9 files" in said
    assert "better mend the points above first" in said


def test_a_good_folder_has_nothing_to_mend(folder, masters, capsys):
    assert main(["handin", str(folder), "--notebooks", str(masters)]) == 0
    assert "lab.ipynb: nothing to mend" in capsys.readouterr().out


def test_a_group_cannot_choose_another_folder(folder, masters):
    write(folder / "lab.ipynb", group="../../x")
    assert hand_in(folder, masters).path == folder / "groupx.zip"


def test_a_folder_without_notebooks_is_said(tmp_path, masters):
    with pytest.raises(
        KitError, match=r"must hold executed notebooks \(lab.ipynb\); received none"
    ):
        hand_in(tmp_path, masters)


def test_a_file_that_changes_on_the_way_is_noticed(folder, masters, monkeypatch):
    write_zip = bundle._write

    def forged(path, files):
        write_zip(path, files)
        with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("lab.ipynb", "{}")

    monkeypatch.setattr(bundle, "_write", forged)
    with pytest.raises(KitError, match=r"does not hold lab.ipynb as it was written"):
        hand_in(folder, masters)
    assert not (folder / "group7.zip").exists()


@pytest.fixture
def ran(monkeypatch):
    """Let the test say what the running kernel has executed."""
    sources = {}
    monkeypatch.setattr(bundle, "inputs_run", lambda: sources)
    return sources


def test_in_a_notebook_that_was_saved_it_is_the_same(folder, masters, ran):
    ran.update({1: "# task: lenet\nmodel = 1", 2: "cnn_utils.hand_in()", 3: "hand_in()"})
    assert hand_in(folder, masters).is_complete


def test_an_unsaved_notebook_is_not_handed_in(folder, masters, ran):
    ran.update({1: "# task: lenet\nmodel = 2", 2: "cnn_utils.hand_in()"})
    handed_in = hand_in(folder, masters)
    assert handed_in.path is None
    assert not handed_in.is_complete
    assert repr(handed_in).startswith("Not yet: save the notebook")
    assert not (folder / "group7.zip").exists()


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
    assert handed_in.contents == "9 files, 0 pages, 0 figures, all 2 answers found"
    with zipfile.ZipFile(handed_in.path) as archive:
        assert "lab.html" in archive.namelist()
