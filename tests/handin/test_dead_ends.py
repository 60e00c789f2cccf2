"""Follow the next step that a message names, word for word, and check that it works."""

import csv
import re
import zipfile

import nbformat
import nbformat.v4 as v4
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

from cnn_utils.checks import predictions as check
from cnn_utils.files import KIT
from cnn_utils.grading.release.pairing import as_json
from cnn_utils.handin import submission_zip
from cnn_utils.handin.artifacts import save_for_grading
from cnn_utils.handin.consistency import check_submission
from cnn_utils.handin.submission_zip import hand_in
from cnn_utils.notebook.assignment import FILE, Part, Task
from cnn_utils.notebook.reader import read_file

HEADER = "| | |\n|---|---|\n| **Group number** | Gruppe 7 |\n| **Members** | Ada |\n| | Grace |"
SETUP = "%load_ext cnn_utils\nimport cnn_utils"
PARTS = {"one.ipynb": Part((Task("lenet"),), ("lenet",)), "two.ipynb": Part((Task("cnn"),))}
LAST = "import cnn_utils\n\ncnn_utils.hand_in()"


class Network:
    def get_weights(self):
        return [np.ones(3, np.float32)]

    def to_json(self):
        return "{}"


def write(path, task, source="model = 1", count=2, printed=""):
    cells = [
        v4.new_markdown_cell(HEADER, metadata={"kind": "header"}),
        v4.new_code_cell(SETUP, execution_count=1),
        v4.new_code_cell(
            f"# task: {task}\n{source}",
            execution_count=count,
            outputs=[v4.new_output("stream", text=printed)],
        ),
        v4.new_code_cell(LAST),
    ]
    nbformat.write(v4.new_notebook(cells=cells), path)


@pytest.fixture
def folder(tmp_path, capsys):
    """The folder in which the kernel works, with both notebooks."""
    (tmp_path / FILE).write_text(as_json(PARTS))
    save_for_grading("lenet", Network(), {"loss": [1]}, [1, 2], tmp_path / "artifacts")
    write(tmp_path / "one.ipynb", "lenet", printed=capsys.readouterr().out)
    write(tmp_path / "two.ipynb", "cnn")
    return tmp_path


@pytest.fixture
def ran(monkeypatch):
    """What the running kernel has executed: the first notebook."""
    sources = {1: SETUP, 2: "# task: lenet\nmodel = 1", 3: LAST}
    monkeypatch.setattr(submission_zip, "executed_cells", lambda: sources)
    return sources


def told(folder):
    """Return why nothing was zipped."""
    handed_in = hand_in(folder)
    assert handed_in.path is None
    return repr(handed_in)


def test_the_last_cell_works_in_a_fresh_kernel(folder):
    """The next day, after a typo was mended in a text: nothing else has been run."""
    for part in ("part1_lenet_mnist", "part2_cnn_cifar10"):
        last = read_file(KIT / "notebooks" / f"{part}.ipynb").cells[-1]
        fresh = v4.new_notebook(cells=[v4.new_code_cell(last.source)])
        NotebookClient(fresh, resources={"metadata": {"path": str(folder)}}).execute()
        said = fresh.cells[0].outputs[0].data["text/plain"]
        assert "one.ipynb: nothing to mend\ntwo.ipynb: nothing to mend\ngroup7.zip written" in said
        assert "Restart" not in said


def test_a_setup_cell_in_a_fresh_kernel_changes_nothing(folder, ran):
    for count in (2, 3):
        ran.pop(count)
    assert hand_in(folder).is_complete


def test_a_renamed_notebook_gets_its_name_back(folder, ran):
    (folder / "one.ipynb").rename(folder / "lab of Ada.ipynb")
    said = told(folder)
    assert said.startswith("Not yet: 'lab of Ada.ipynb' has to be called 'one.ipynb': choose File,")
    old, new = re.findall(r"'(.*?)'", said)
    (folder / old).rename(folder / new)
    assert hand_in(folder).is_complete


def test_a_renamed_notebook_in_a_fresh_kernel(folder, ran):
    ran.clear()
    (folder / "one.ipynb").rename(folder / "mine.ipynb")
    said = repr(hand_in(folder))
    assert "It is not in this folder under this name. 'mine.ipynb' has to be called 'one" in said
    (folder / "two.ipynb").unlink()
    assert told(folder).startswith("Not yet: 'mine.ipynb' has to be called 'one.ipynb'")
    (folder / "mine.ipynb").rename(folder / "one.ipynb")
    assert hand_in(folder).findings["one.ipynb"] == []


def test_a_copy_in_which_one_works_takes_the_name_of_the_original(folder, ran, capsys):
    original, copy = folder / "one.ipynb", folder / "one-Copy1.ipynb"
    notebook = nbformat.read(original, 4)
    notebook.cells[2].update(source="# task: lenet\nmodel = 2", execution_count=5)
    nbformat.write(notebook, copy)
    ran[5] = notebook.cells[2].source
    said = told(folder)
    assert "'one-Copy1.ipynb' has to be called 'one.ipynb'" in said
    assert "if there is a file of this name, rename that one first" in said
    original.rename(folder / "old.ipynb")
    copy.rename(original)
    assert hand_in(folder).path.exists()


def test_a_later_copy_is_noticed_in_a_fresh_kernel(folder, ran):
    ran.clear()
    (folder / "one-Copy1.ipynb").write_bytes((folder / "one.ipynb").read_bytes())
    (first,) = hand_in(folder).findings["one.ipynb"]
    assert str(first).startswith("Another notebook was saved later. 'one-Copy1.ipynb' has to be")
    (folder / "one-Copy1.ipynb").unlink()
    assert hand_in(folder).is_complete


def test_a_kernel_in_another_folder_is_told_where_to_put_the_notebook(folder, ran, tmp_path):
    """As in Colab: the notebook is no file of the machine, however often it is saved."""
    elsewhere = {name: (folder / name).read_bytes() for name in PARTS}
    for name in PARTS:
        (folder / name).unlink()
    said = told(folder)
    assert "one.ipynb or two.ipynb is not up to date in" in said
    assert "Is it in another folder, as in Colab or VS Code? Save it, and put a copy into" in said
    where = re.search(r"'(.*?)', where this kernel works", said)[1]
    for name, content in elsewhere.items():
        (submission_zip.Path(where) / name).write_bytes(content)
    assert hand_in(folder).is_complete


def test_saving_that_does_not_help_is_not_asked_for_again(folder, ran):
    """The folder holds an old copy; the notebook that is saved lies elsewhere."""
    ran[4] = "# task: lenet\nmodel = 2"
    assert told(folder) == "Not yet: save the notebook (Ctrl+S or ⌘S). Then run this cell again."
    assert "Is it in another folder, as in Colab or VS Code?" in told(folder)
    write(folder / "one.ipynb", "lenet", "model = 2", count=4)
    assert hand_in(folder).path.exists()


@pytest.mark.parametrize("way", ["pandas", "CRLF", "floats", "csv", "text mode", "spaces"])
def test_a_submission_of_any_hand_and_system_is_taken_everywhere(tmp_path, way):
    labels, path = np.arange(10_000) % 10, tmp_path / "submission.csv"
    table = pd.DataFrame({"ID": range(10_000), "Prediction": labels})
    save_for_grading("cnn", Network(), {"loss": [1]}, labels, tmp_path / "artifacts")
    if way in ("pandas", "CRLF"):
        table.to_csv(path, index=False, lineterminator="\n" if way == "pandas" else "\r\n")
    elif way == "floats":
        table.astype(float).to_csv(path, index=False, encoding="utf-8-sig")
    elif way == "spaces":
        path.write_text(table.to_csv(index=False).replace(",", ", "))
    else:  # on Windows, csv's \r\n becomes \r\r\n in a file opened without newline=""
        with open(path, "w", newline="" if way == "csv" else "\r\n") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([[*table], *table.values.tolist()])
    assert check._predictions(path).tolist() == labels.tolist()
    assert list(check_submission(tmp_path, ["cnn"])) == []


def test_a_wrong_submission_is_mended_by_what_is_said(tmp_path):
    path = tmp_path / "submission.csv"
    table = pd.DataFrame({"ID": range(10_000), "Prediction": np.arange(10_000) % 10})
    table.to_csv(path)
    (said,) = check_submission(tmp_path, [])
    assert "Leave out the index column: to_csv(..., index=False)" in said
    table.to_csv(path, index=False)
    assert list(check_submission(tmp_path, [])) == []


def test_hand_in_never_says_more_than_twelve_lines(folder, ran):
    ran.clear()
    for name in PARTS:
        notebook = nbformat.read(folder / name, 4)
        error = v4.new_output("error", ename="NameError", evalue="x")
        sample = v4.new_output("stream", text="drawn sample\nquick profile: 2")
        more = [v4.new_code_cell(f"x{i}", outputs=[error, sample]) for i in range(40)]
        task, _, _ = notebook.cells[2].source.partition("\n")
        notebook.cells[2].source = f"{task}\nraise NotImplementedError"
        notebook.cells[0].source = HEADER.replace("Gruppe 7", "").replace("Ada", "")
        nbformat.write(v4.new_notebook(cells=[*notebook.cells, *more]), folder / name)
    lines = repr(hand_in(folder)).splitlines()
    assert len(lines) == 12
    assert lines[0] == "one.ipynb:"
    assert lines[1] == "  - cell 3 (# task: lenet): no answer yet."
    assert "below it: not run, or out of date: choose Run, Run Selected Cell" in lines[2]
    assert lines[4] == "  - 2 more points, shown after these."
    with zipfile.ZipFile(folder / "group_unknown.zip") as archive:
        assert "one.pdf" in archive.namelist()
