import json
import zipfile

import nbformat
import nbformat.v4 as v4
import numpy as np
import pytest

from cnn_utils.__main__ import main
from cnn_utils.errors import KitError
from cnn_utils.handin import bundle
from cnn_utils.handin.bundle import MANIFEST, hand_in
from cnn_utils.submission import export_submission

TABLE = "# Lab\n\n| | |\n|---|---|\n| **Group number** | {} |\n| **Members** | Ada |"


@pytest.fixture
def masters(tmp_path):
    folder = tmp_path / "masters"
    folder.mkdir()
    write(folder / "lab.ipynb", group="")
    return folder


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    write(folder / "lab.ipynb", group="7")
    export_submission(np.arange(10_000) % 10, folder / "submission.csv")
    return folder


def write(path, group):
    cells = [
        v4.new_markdown_cell(TABLE.format(group), metadata={"kind": "header"}),
        v4.new_code_cell("# task: lenet\nmodel = 1", execution_count=1),
        v4.new_markdown_cell("It does.", metadata={"task": "why", "kind": "answer"}),
    ]
    nbformat.write(v4.new_notebook(cells=cells), path)


def test_the_zip_holds_notebook_pdf_submission_and_manifest(folder, masters):
    path, findings, contents = hand_in(folder, masters)
    assert path == folder / "group7.zip"
    assert findings == {"lab.ipynb": []}
    assert contents == "4 files, 1 pages, 0 figures, all 2 answers found in the PDFs"
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read(MANIFEST))
    assert names == [
        "lab.ipynb",
        "lab.pdf",
        "submission.csv",
        "submission.csv.json",
        "manifest.json",
    ]
    assert set(manifest["sha256"]) == set(names[:-1])


def test_what_is_missing_is_said_and_the_zip_written_all_the_same(folder, masters, capsys):
    write(folder / "lab.ipynb", group="")
    assert main(["handin", str(folder), "--notebooks", str(masters)]) == 1
    said = capsys.readouterr().out
    assert "lab.ipynb:\n  - The table at the top says nothing for 'group number'" in said
    assert "group_unknown.zip written and read back: 4 files" in said
    assert "better mend the points above first" in said


def test_a_good_folder_has_nothing_to_mend(folder, masters, capsys):
    assert main(["handin", str(folder), "--notebooks", str(masters)]) == 0
    assert "lab.ipynb: nothing to mend" in capsys.readouterr().out


def test_a_group_cannot_choose_another_folder(folder, masters):
    write(folder / "lab.ipynb", group="../../x")
    assert hand_in(folder, masters)[0] == folder / "groupx.zip"


def test_a_folder_without_notebooks_is_said(tmp_path, masters):
    with pytest.raises(KitError, match=r"must hold executed notebooks \(lab.ipynb\)"):
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
