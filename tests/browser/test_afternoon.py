"""A student's afternoon with the release, in a real browser, from the first run to the hand-in.

The tests follow each other, as the afternoon does: each goes on with the notebooks as they are.
"""

import os
import re
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
        outputs = self.cell(text).locator(".jp-OutputArea-output").all_inner_texts()
        return "\n".join(outputs).strip()

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

    def reach(self, task: str | None) -> None:
        """Solve the tasks before this one, or all of them, and run what lies before it."""
        lines = [line for line in solutions(self.name) if line.startswith("# task: ")]
        before = lines[: lines.index(f"# task: {task}")] if task else lines
        missing = [line for line in before if line not in self.solved]
        for line in missing:
            self.write(f"{line}\n", solutions(self.name)[line])
        self.solved |= {*missing}
        # The predictions need the given cells that train.
        if missing or (task == "submit" and task not in self.solved):
            self.solved.add(task)
            self.choose(f"# task: {task}\n" if task else LAST)
            self.menu("Run", "Run All Above Selected Cell")
            self.run(f"# task: {task}\n" if task else LAST)

    def solve(self, task: str) -> None:
        """Write the worked answer into a task's cell, and run it."""
        line = f"# task: {task}"
        self.type(f"{line}\n", solutions(self.name)[line])
        self.run(f"{line}\n")
        self.solved.add(line)

    def write_texts(self) -> None:
        """Fill in the table at the top and the texts."""
        self.write("| **Group number**", GROUP)
        for key, text in solutions(self.name).items():
            if key.startswith("answer: ") and self.has("*YOUR ANSWER HERE*"):
                self.write("*YOUR ANSWER HERE*", text)

    def has(self, text: str) -> bool:
        return self.page.evaluate(FIND, text) >= 0

    def rename(self, name: str) -> None:
        self.menu("File", "Rename Notebook…")
        self.page.locator(".jp-Dialog input").fill(name)
        self.accept()
        self.page.get_by_role("tab", name=name).wait_for()

    def accept(self) -> None:
        """Press the button of a dialog that does what it asks about."""
        self.page.locator(".jp-Dialog .jp-mod-accept").click()

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
            self.accept()

    def save(self) -> None:
        self.page.keyboard.press("Control+s")
        self.page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")

    def hand_in(self) -> str:
        """Save, run the last cell, and return what it shows."""
        self.choose(LAST)
        self.save()
        return self.run(LAST)

    def picture(self, name: str, text: str = "", dark: bool = False) -> None:
        """Take a picture of the window, with the cell of a text at its top, if it is asked for."""
        if not SCREENSHOTS:
            return
        theme = "app => app.commands.execute('apputils:change-theme', {theme: %r})"
        app = self.page.evaluate_handle("jupyterapp")
        app.evaluate(theme % ("JupyterLab Dark" if dark else "JupyterLab Light"))
        if text:
            self.cell(text).evaluate("cell => cell.scrollIntoView()")
        self.page.wait_for_timeout(700)
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
        lines = [
            line for line in cell.source.splitlines() if not re.search("(BEGIN|END) SOLUTION", line)
        ]
        if "task" in cell.metadata and cell.kind == "code":
            found[lines[0]] = "\n".join(lines)
        elif cell.metadata.get("kind") == "answer":
            found[f"answer: {cell.metadata['task']}"] = "\n".join(lines)
    return found


def findings(shown: str, part: str) -> list[str]:
    """Return what `hand_in` finds in a part, from its text."""
    lines = shown[shown.index(f"{part}:") :].splitlines()[1:]
    return lines[: next(i for i, line in enumerate(lines) if not line.startswith("  - "))]


@pytest.fixture(scope="module")
def desk(browser, student):
    """Return a function that gives a part's open notebook, the same for all tests."""
    address, folder = student
    with closing_pages(browser) as opened:
        yield cache(lambda name: Desk(opened(address, name, SIZE), folder, name))


CHECKS = {
    "lenet": "cnn_utils.check_lenet(",
    "f1": "cnn_utils.check_f1(",
    "train-lenet": "cnn_utils.check_training(",
    "plot-history": "cnn_utils.check_history_plot(",
    "evaluate-lenet": "cnn_utils.check_evaluation(",
    "ten-digits": "cnn_utils.check_ten_digits(",
    "preprocess": "cnn_utils.check_preprocess(",
    "look": "cnn_utils.check_images_figure(",
    "cnn": "cnn_utils.check_cnn(",
    "submit": "cnn_utils.check_submission(",
}
FIT = """
model = build_lenet()
model.compile(optimizer="adam", loss="mse", metrics=["accuracy", F1Score()])
history = model.fit({}, batch_size=BATCH_SIZE, epochs=EPOCHS, validation_split=1 / 6, verbose=0)
""".strip()
TEST = "test = ImageBatches(images_test, preprocess=preprocess, batch_size=256)\n"
# What a student writes first, by part and task, and what they read: below the check, or, where
# Keras stops the cell, below the cell itself.
NAIVE = {
    "forgets return": (
        PART1,
        "lenet",
        "def build_lenet():\n    model = keras.Sequential([keras.Input((28, 28, 1))])\n"
        "    model.add(layers.Flatten())\n    model.add(layers.Dense(10))\n    model.summary()",
        "✗ lenet: `build_lenet` returns None.\n  Hint 1 of 1: End it with `return` and the result; "
        "`print()`, `summary()`, `compile()` give None.",
    ),
    "weighted F1": (
        PART1,
        "f1",
        "class F1Score(keras.metrics.F1Score):\n    def __init__(self):\n"
        '        super().__init__(average="weighted", name="f1")',
        "expected 0.3504.\n  Hint 1 of 2: That is the mean weighted by how frequent the classes "
        "are.",
    ),
    "images and labels exchanged": (
        PART1,
        "train-lenet",
        FIT.format("y_train_hot, x_train"),
        "Have images and labels changed places?\nIn cell [",
    ),
    "trained on unscaled images": (
        PART1,
        "train-lenet",
        FIT.format("images_train[..., None], y_train_hot"),
        # The first words depend on how far this short training came.
        "the scaled",
    ),
    "shows the figure first": (
        PART1,
        "plot-history",
        'import matplotlib.pyplot as plt\nplt.plot(history.history["loss"])\nplt.show()\n'
        "history_figure = plt.gcf()",
        "✗ plot-history: The figure is empty.\n  Hint 1 of 1: Draw, then `plt.gcf()`, then "
        "`plt.show()`.",
    ),
    "evaluates unscaled images": (
        PART1,
        "evaluate-lenet",
        "images = images_test[..., None]\n"
        "test_loss, test_accuracy, test_f1 = model.evaluate(images, y_test_hot, verbose=0)",
        "Yours is that of images with pixels from 0 to 255.\n"
        "  Hint 1 of 1: Give `evaluate` the scaled ones: `x_test`.",
    ),
    "ten times the error rate": (
        PART1,
        "ten-digits",
        "def ten_digit_error_rate(accuracy):\n    return 10 * (1 - accuracy)",
        "Hint 1 of 2: Ten times the error rate would be more than 100 % for a poor network: can "
        "that be?",
    ),
    "divides whole numbers": (
        PART2,
        "preprocess",
        "def preprocess(images):\n    return images / 255",
        "✗ preprocess: The numbers are right, but of type float64; expected float32.\n"
        '  Hint 1 of 1: Write `astype("float32")` before the division.',
    ),
    "keeps what show returns": (
        PART2,
        "look",
        "import matplotlib.pyplot as plt\nplt.imshow(images_train[0])\nimages_figure = plt.show()",
        "✗ look: The figure is None, which is what `plt.show()` returns.\n"
        "  Hint 1 of 1: Keep the figure before that: `plt.gcf()`.",
    ),
    "sigmoid for softmax": (
        PART2,
        "cnn",
        "def build_cnn():\n    return keras.Sequential([\n        keras.Input((32, 32, 3)),\n"
        '        layers.Conv2D(8, 3, activation="relu"),\n        layers.Flatten(),\n'
        '        layers.Dense(10, activation="sigmoid"),\n    ])',
        "probabilities add up to 1.\n"
        "  Hint 1 of 2: Which activation of the last layer turns ten numbers into probabilities?",
    ),
    "writes probabilities": (
        PART2,
        "submit",
        f"import pandas as pd\n{TEST}table = pd.DataFrame(model.predict(test, verbose=0))\n"
        'table.to_csv("submission.csv")\nsubmission_path = "submission.csv"',
        "✗ submit: 'submission.csv' must have the header 'ID,Prediction'; received "
        "',0,1,2,3,4,5,6,7,8,9'.",
    ),
    "calls the file gruppe7.csv": (
        PART2,
        "submit",
        f"{TEST}test_prob = model.predict(test, verbose=0)\n"
        'submission_path = cnn_utils.export_submission(test_prob, "gruppe7.csv")',
        "✗ submit: The file is called 'gruppe7.csv'; expected 'submission.csv'.\n"
        "  Hint 1 of 1: `hand_in` and the leaderboard look for that name.",
    ),
}


@pytest.mark.parametrize("part", [PART1, PART2])
def test_the_untouched_notebook_runs_to_its_end(desk, part):
    notebook = desk(part)
    notebook.run_all()
    notebook.picture(f"untouched_{part[:5]}_top")
    errors = notebook.errors()
    assert len(errors) > 10
    assert [error for error in errors if "\n" in error or "Traceback" in error] == []
    lines = notebook.hand_in().splitlines()
    notebook.picture(f"untouched_{part[:5]}_hand_in", LAST)
    assert len(lines) <= 12
    assert f"{part}:" in lines
    assert any(line.endswith(": no answer yet.") for line in lines)
    assert lines[-1] == "You can submit this, but fix the points above first."


@pytest.mark.parametrize("name", NAIVE)
def test_a_naive_answer_is_cured_by_a_sentence(desk, name):
    part, task, answer, words = NAIVE[name]
    notebook = desk(part)
    notebook.reach(task)
    notebook.type(f"# task: {task}\n", f"# task: {task}\n{answer}")
    shown = notebook.run(f"# task: {task}\n")
    cell = f"# task: {task}\n"
    if "Error: " not in shown:
        cell = CHECKS[task]
        shown = notebook.run(cell)
    notebook.picture(f"naive_{name.replace(' ', '_')}", cell)
    assert words in shown
    if name == [other for other in NAIVE if NAIVE[other][1] == task][-1]:
        notebook.solve(task)
        assert f"✓ {task}: " in notebook.run(CHECKS[task])


def test_the_header_is_filled_in_as_it_says(desk):
    notebook = desk(PART1)
    header = notebook.cell("| **Group number**")
    header.scroll_into_view_if_needed()
    header.get_by_text("double-click it").wait_for()
    header.locator(".jp-MarkdownOutput").dblclick()
    header.locator(".cm-content").click()
    notebook.page.keyboard.press("Control+a")
    notebook.page.keyboard.insert_text(GROUP)
    notebook.page.keyboard.press("Shift+Enter")
    header.get_by_role("cell", name="Ada, Grace").wait_for()
    notebook.picture("header", "| **Group number**")


@pytest.mark.parametrize("part", [PART1, PART2])
def test_what_was_solved_cell_by_cell_is_run_again_from_the_first_one_named(desk, part):
    notebook = desk(part)
    notebook.reach(None)
    notebook.write_texts()
    shown = notebook.hand_in()
    notebook.picture(f"cell_by_cell_{part[:5]}", LAST)
    assert "below it: not run, or out of date: choose Run, Run Selected Cell and All Below" in shown


@pytest.mark.parametrize("part", [PART1, PART2])
def test_solved_and_run_from_the_top(desk, part):
    notebook = desk(part)
    notebook.reach(None)
    notebook.write_texts()
    notebook.restart()
    assert notebook.errors() == []
    assert findings(notebook.hand_in(), part) == TRIAL
    notebook.picture(f"solved_{part[:5]}", LAST)
    for text in ("ImageBrowser(images_train", "ConfusionMatrixExplorer(", "browser.order ="):
        if notebook.has(text):
            notebook.picture(f"widget_{part[:5]}_{text[:8]}", text)
            notebook.picture(f"widget_{part[:5]}_{text[:8]}_dark", text, dark=True)
    with zipfile.ZipFile(notebook.folder / "group7.zip") as archive:
        names = set(archive.namelist())
    assert {part, part.replace("ipynb", "pdf"), "artifacts/lenet/weights.npz"} <= names
    assert part == PART1 or {"artifacts/cnn/weights.npz", "submission.csv"} <= names


def test_the_last_cell_in_a_fresh_kernel(desk):
    notebook = desk(PART1)
    notebook.menu("Kernel", "Restart Kernel…")
    notebook.accept()
    shown = notebook.run(LAST)
    notebook.picture("fresh_kernel", LAST)
    assert findings(shown, PART1) == TRIAL
    assert "Error" not in shown


def test_a_renamed_notebook_gets_its_name_back_as_it_is_told(desk):
    notebook = desk(PART1)
    notebook.rename("mine.ipynb")
    shown = notebook.hand_in()
    notebook.picture("renamed", LAST)
    assert f"'mine.ipynb' has to be called '{PART1}': choose File, Rename Notebook" in shown
    notebook.rename(PART1)
    assert findings(notebook.run(LAST), PART1) == TRIAL


def test_plain_fit_is_repeated_only_with_cause(desk):
    notebook = desk(PART1)
    train, draw = "# task: train-lenet\n", "# task: plot-history\n"
    notebook.type(train, train + FIT.format("x_train, y_train_hot"))
    notebook.restart()
    assert findings(notebook.hand_in(), PART1) == TRIAL
    # A picture that nothing else uses.
    picture = "plot_class_distribution("
    notebook.type(picture, "cnn_utils.plot_class_distribution(y_train, data.class_names)")
    notebook.run(picture)
    assert findings(notebook.hand_in(), PART1) == TRIAL
    # One that its check uses.
    notebook.type(draw, solutions(PART1)[draw.strip()].replace("LeNet", "Our LeNet"))
    notebook.run(draw)
    check = f"cell 45 ({CHECKS['plot-history'][:28]} …): not run, or out of date: run it again"
    first, *others = findings(notebook.hand_in(), PART1)
    notebook.picture("plain_fit", LAST)
    assert first == f"  - {check} (in a new kernel: all cells), and save."
    assert others == TRIAL
    notebook.run(CHECKS["plot-history"])
    assert findings(notebook.hand_in(), PART1) == TRIAL


def test_notebook_7(desk, browser, student):
    desk(PART2).page.close()
    address, folder = student
    with closing_pages(browser) as opened:
        notebook = Desk(opened(address, PART2, SIZE, "notebooks"), folder, PART2)
        notebook.run_all()
        assert notebook.errors() == []
        for text in ("ImageBrowser(images_train", "ConfusionMatrixExplorer("):
            cell = notebook.cell(text)
            cell.evaluate("cell => cell.scrollIntoView()")
            cell.locator("img[alt^='image ']:visible").first.wait_for()
            notebook.picture(f"notebook7_{text[:8]}", text)
        assert notebook.run(CHECKS["cnn"]).startswith("✓ cnn: ")
        assert findings(notebook.hand_in(), PART2) == TRIAL
        notebook.picture("notebook7_hand_in", LAST)
