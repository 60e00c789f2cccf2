"""A student's afternoon with the release, in a real browser, from the first run to the hand-in.

The tests follow each other, as the afternoon does: each works on with the notebooks of the one before.
Run a single one by `-k`, and what it needs of the earlier ones is done first.
"""

import os
import re
import shutil
import zipfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from cnn_utils.notebook.reader import read_file
from tests.browser.conftest import KERNEL, NOTEBOOKS, closing_pages

pytestmark = pytest.mark.browser

PART1, PART2 = "part1_lenet_mnist.ipynb", "part2_cnn_cifar10.ipynb"
SIZE = (1280, 900)
SCREENSHOTS = os.environ.get("CNN_UTILS_SCREENSHOTS")
GROUP = "| | |\n|---|---|\n| **Group number** | 7 |\n| **Members** | Ada, Grace |"
# What the quick profile on the sample gives, whatever the student does.
TRIAL = [
    "  - It ran on the drawn sample, not on the real data.",
    "  - It ran in the quick profile: unset CNN_UTILS_PROFILE and run it again.",
]
LAST = "cnn_utils.hand_in()"
CELLS = "window.jupyterapp.shell.currentWidget.content.widgets"
FIND = f"marker => {CELLS}.findIndex(cell => cell.model.sharedModel.getSource().includes(marker))"
WRITE = f"([place, source]) => {CELLS}[place].model.sharedModel.setSource(source)"


class Desk:
    """An open notebook of the release, and what a student does with it."""

    def __init__(self, page, folder: Path, name: str):
        self.page, self.folder, self.name = page, folder, name
        self.solved: set[str] = set()

    def cell(self, text: str):
        """Return the first cell with a text in its source."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(self.page.evaluate(FIND, text))

    def write(self, text: str, source: str) -> None:
        """Replace the source of the cell that contains a text."""
        self.page.evaluate(WRITE, [self.page.evaluate(FIND, text), source])

    def type(self, text: str, source: str) -> None:
        """Replace the source of the cell that contains a text by the keyboard."""
        self.cell(text).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def run(self, text: str) -> str:
        """Run the cell that contains a text; return what its output area shows."""
        with self.running(text):
            self.choose(text)
            self.page.keyboard.press("Control+Enter")
        return self.cell(text).locator(".jp-Cell-outputArea").inner_text().strip()

    def choose(self, text: str) -> None:
        """Click beside the cell that contains a text."""
        self.cell(text).locator(".jp-InputPrompt").first.click()

    @contextmanager
    def running(self, text: str):
        """Wait until the block has run the cell that contains a text, and all those before it."""
        # JupyterLab calls the cells that wait "idle" as soon as one of them fails, but runs them.
        model = f"{CELLS}[{self.page.evaluate(FIND, text)}].model"
        self.page.evaluate(f"() => {{ {model}.executionCount = null }}")
        yield
        is_done = f"{model}.executionCount && {KERNEL}.status === 'idle'"
        self.page.wait_for_function(is_done, timeout=300_000)

    def reach(self, task: str) -> None:
        """Solve the tasks before this one, and run what lies between."""
        before = list(solutions(self.name))
        before = before[: before.index(f"# task: {task}")]
        missing = [line for line in before if line not in self.solved and line.startswith("#")]
        for line in missing:
            self.write(line + "\n", solutions(self.name)[line])
            self.solved.add(line)
        if missing or (task == "submit" and self.solved.isdisjoint({"run"})):
            self.choose(f"# task: {task}\n")
            self.menu("Run", "Run All Above Selected Cell")
            self.run(f"# task: {task}\n")
            self.solved.add("run")

    def solve(self, task: str) -> None:
        line = f"# task: {task}"
        self.type(line + "\n", solutions(self.name)[line])
        self.run(line + "\n")
        self.solved.add(line)

    def write_answers(self) -> None:
        for key, text in solutions(self.name).items():
            if key.startswith("answer"):
                self.write("*YOUR ANSWER HERE*", text)
        self.write("| **Group number**", GROUP)

    def menu(self, menu: str, item: str) -> None:
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        self.page.get_by_role("menuitem", name=item).first.click()

    def run_all(self) -> None:
        with self.running(LAST):
            self.menu("Run", "Run All Cells")

    def restart(self) -> None:
        """Restart the kernel and run all cells."""
        with self.running(LAST):
            self.menu("Kernel", "Restart Kernel and Run All Cells")
            self.page.get_by_role("button", name="Restart", exact=True).click()

    def save(self) -> None:
        self.page.keyboard.press("Control+s")
        self.page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")

    def hand_in(self) -> str:
        """Save, run the last cell, and return what it shows."""
        self.choose(LAST)
        self.save()
        return self.run(LAST)

    def picture(self, name: str, text: str = "") -> None:
        """Take a picture of the window, with the cell of a text at its top, if it is asked for."""
        if SCREENSHOTS:
            if text:
                self.cell(text).evaluate("cell => cell.scrollIntoView()")
                self.page.wait_for_timeout(300)
            Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{SCREENSHOTS}/{name}.png")

    def errors(self) -> list[str]:
        """Return the texts of the outputs that are errors."""
        found = self.page.locator("[data-mime-type='application/vnd.jupyter.stderr']")
        return [text.strip() for text in found.all_text_contents()]


@cache
def solutions(name: str) -> dict[str, str]:
    """Return the worked answers of a part by their first line, or by "answer: TASK" for texts."""
    found = {}
    for cell in read_file(NOTEBOOKS / name).cells:
        lines = [line for line in cell.source.splitlines() if "### " not in line or "SOLUTION" not in line]
        if "task" in cell.metadata and cell.kind == "code":
            found[lines[0]] = "\n".join(lines)
        elif cell.metadata.get("kind") == "answer":
            found[f"answer: {cell.metadata['task']}"] = "\n".join(lines)
    return found


@pytest.fixture(scope="module")
def desk(browser, student):
    """Return a function that gives a part's open notebook, the same for all tests."""
    address, folder = student
    with closing_pages(browser) as opened:
        yield cache(lambda name: Desk(opened(address, name, SIZE), folder, name))


# What a student writes first: the task, the answer, and what they then read below the cell named.
NAIVE = {
    "lenet: no return": (
        PART1,
        "lenet",
        "def build_lenet():\n    model = keras.Sequential([keras.Input((28, 28, 1))])\n"
        "    model.add(layers.Flatten())\n    model.add(layers.Dense(10))\n    model.summary()",
        "check_lenet(",
        "",
    ),
    "f1: weighted": (
        PART1,
        "f1",
        "class F1Score(keras.metrics.F1Score):\n    def __init__(self):\n"
        "        super().__init__(average=\"weighted\", name=\"f1\")",
        "check_f1(",
        "",
    ),
    "train: labels swapped": (
        PART1,
        "train-lenet",
        "model = build_lenet()\n"
        "model.compile(optimizer=\"adam\", loss=\"mse\", metrics=[\"accuracy\", F1Score()])\n"
        "history = model.fit(y_train_hot, x_train, batch_size=BATCH_SIZE, epochs=EPOCHS, "
        "validation_split=1 / 6)",
        "# task: train-lenet",
        "",
    ),
    "train: unscaled": (
        PART1,
        "train-lenet",
        "model = build_lenet()\n"
        "model.compile(optimizer=\"adam\", loss=\"mse\", metrics=[\"accuracy\", F1Score()])\n"
        "history = model.fit(images_train[..., None], y_train_hot, batch_size=BATCH_SIZE, "
        "epochs=EPOCHS, validation_split=1 / 6, verbose=0)",
        "check_training(",
        "",
    ),
    "curves: show before gcf": (
        PART1,
        "plot-history",
        "import matplotlib.pyplot as plt\nplt.plot(history.history[\"loss\"])\nplt.show()\n"
        "history_figure = plt.gcf()",
        "check_history_plot(",
        "",
    ),
    "evaluate: unscaled": (
        PART1,
        "evaluate-lenet",
        "test_loss, test_accuracy, test_f1 = model.evaluate(images_test[..., None], y_test_hot, "
        "verbose=0)",
        "check_evaluation(",
        "",
    ),
    "ten digits: times ten": (
        PART1,
        "ten-digits",
        "def ten_digit_error_rate(accuracy):\n    return 10 * (1 - accuracy)",
        "check_ten_digits(",
        "",
    ),
    "preprocess: float64": (
        PART2,
        "preprocess",
        "def preprocess(images):\n    return images / 255",
        "check_preprocess(",
        "",
    ),
    "look: = plt.show()": (
        PART2,
        "look",
        "import matplotlib.pyplot as plt\nplt.imshow(images_train[0])\nimages_figure = plt.show()",
        "check_images_figure(",
        "",
    ),
    "cnn: sigmoid": (
        PART2,
        "cnn",
        "def build_cnn():\n    return keras.Sequential([\n        keras.Input((32, 32, 3)),\n"
        "        layers.Conv2D(8, 3, activation=\"relu\"),\n        layers.Flatten(),\n"
        "        layers.Dense(10, activation=\"sigmoid\"),\n    ])",
        "check_cnn(",
        "",
    ),
    "submit: no argmax": (
        PART2,
        "submit",
        "import pandas as pd\ntest = ImageBatches(images_test, preprocess=preprocess, batch_size=256)\n"
        "pd.DataFrame(model.predict(test)).to_csv(\"submission.csv\")\n"
        "submission_path = \"submission.csv\"",
        "check_submission(",
        "",
    ),
    "submit: gruppe7.csv": (
        PART2,
        "submit",
        "test = ImageBatches(images_test, preprocess=preprocess, batch_size=256)\n"
        "test_prob = model.predict(test, verbose=0)\n"
        "submission_path = cnn_utils.export_submission(test_prob, \"gruppe7.csv\")",
        "check_submission(",
        "",
    ),
}


@pytest.mark.parametrize("part", [PART1, PART2])
def test_untouched(desk, part):
    notebook = desk(part)
    notebook.run_all()
    print(notebook.errors())
    print(notebook.hand_in())
    notebook.picture(f"untouched_{part[:5]}", LAST)


@pytest.mark.parametrize("name", NAIVE)
def test_naive(desk, name):
    part, task, answer, cell, words = NAIVE[name]
    notebook = desk(part)
    notebook.reach(task)
    notebook.type(f"# task: {task}\n", f"# task: {task}\n{answer}")
    shown = notebook.run(f"# task: {task}\n")
    if "# task" not in cell:
        shown = notebook.run(cell)
    print("=====", name); print(shown)
    notebook.picture("naive_" + name.replace(" ", "_").replace(":", "").replace("=","").replace("()",""), cell)
    notebook.solve(task)


def test_solved_cell_by_cell(desk):
    for part in (PART1, PART2):
        notebook = desk(part)
        notebook.write_answers()
        print(notebook.hand_in())
        notebook.restart()
        print(notebook.errors())
        print(notebook.hand_in())
        notebook.picture(f"solved_{part[:5]}", LAST)
