"""Handing in from a notebook: the kernel knows what was run, and whether it was saved."""

import re
import zipfile

import nbformat
import nbformat.v4 as v4
import pytest

from cnn_utils.grading.release.pairing import as_json, part_of
from cnn_utils.notebook.assignment import FILE

pytestmark = pytest.mark.browser

HEADER = "# Lab\n\n| | |\n|---|---|\n| **Group number** | 7 |\n| **Members** | Ada |"
NETWORK = "class Network:\n    def get_weights(self):\n        return [np.ones(3)]"
SAVE = 'cnn_utils.save_for_grading("lenet", Network(), {"loss": [1.0]}, [7, 2, 1])'
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


@pytest.fixture
def page(open_notebook, lab):
    _, folder = lab
    cells = [
        v4.new_markdown_cell(HEADER, metadata={"kind": "header"}),
        v4.new_code_cell("# task: lenet\nimport cnn_utils\nimport numpy as np\n\n" + NETWORK),
        v4.new_code_cell(SAVE, metadata={"saves": "lenet"}),
        v4.new_code_cell("cnn_utils.hand_in()"),
    ]
    notebook = v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    (folder / "mine").mkdir()
    nbformat.write(notebook, folder / "mine" / "lab.ipynb")
    (folder / "mine" / FILE).write_text(as_json({"lab.ipynb": part_of(notebook)}))
    return open_notebook("mine/lab.ipynb")


def run_last(page):
    page.locator(".jp-CodeCell .cm-content").last.click()
    page.keyboard.press("Control+s")
    page.get_by_text("Saving completed").first.wait_for()
    page.keyboard.press("Control+Enter")


def test_saved_then_handed_in_and_an_edit_is_noticed(page, lab, run_all, output_of):
    mine = lab[1] / "mine"
    answer = output_of(page, "hand_in()")
    run_all(page)
    answer.get_by_text("Not yet: save the notebook").wait_for()
    assert not (mine / "group7.zip").exists()

    run_last(page)
    answer.get_by_text("lab.ipynb: nothing to mend").wait_for()
    with zipfile.ZipFile(mine / "group7.zip") as archive:
        assert {"lab.ipynb", "lab.pdf", "artifacts/lenet/weights.npz"} <= set(archive.namelist())

    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("  # changed")
    run_last(page)
    answer.get_by_text(
        re.compile(r"cell 2 \(# task: lenet\).*: not run, or out of date")
    ).wait_for()
