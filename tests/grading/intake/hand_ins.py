"""One small assignment, solved in the ways in which people solve and save notebooks."""

from __future__ import annotations

import copy
from pathlib import Path

import nbformat.v4 as v4

from cnn_utils.grading.release.pairing import read_worked
from cnn_utils.grading.release.student_release import without_answers

LAB = """\
# %% [markdown]
# # Lab

# %% [markdown] task="group" kind="header"
# | | |
# |---|---|
# | **Group number** | 1 |
# | **Members** | Ada |

# %%
# %load_ext cnn_utils
import cnn_utils
import lab

# %% [markdown]
# ## Data

# %%
x = [255.0]

# %%
x = [value / 255 for value in x]
print(x)

# %% [markdown]
# ### Task 1: F1

# %% task="f1" points=10 defines=["F1Score"]
# task: f1
class F1Score:
    ### BEGIN SOLUTION
    def result(self):
        return 1.0
    ### END SOLUTION

# %%
print(F1Score().result())

# %% check="f1"
cnn_utils.check_f1(F1Score)

# %% [markdown]
# ### Task 2: ten digits

# %% task="ten-digits" points=5 defines=["ten_digits"]
# task: ten-digits
def ten_digits(accuracy):
    ### BEGIN SOLUTION
    return 1 - accuracy**10
    ### END SOLUTION

# %% check="ten-digits"
cnn_utils.check_ten_digits(ten_digits)

# %% [markdown]
# ### Task 3: train

# %% task="train" points=10 defines=["model", "history"]
# task: train
### BEGIN SOLUTION
model = lab.build()
history = model.fit(x)
### END SOLUTION

# %% check="train"
cnn_utils.check_training(model, history)

# %% [markdown]
# ### Task 4: curves

# %% task="look" points=5 defines=["figure"]
# task: look
### BEGIN SOLUTION
figure = lab.plot(history)
### END SOLUTION
print("drawn")

# %% check="look"
cnn_utils.check_figure(figure)

# %% [markdown]
# ### Task 5: Does it overfit?
#
# Say from which epoch on.

# %%
table = history.history

# %% [markdown] task="overfitting" kind="answer" points=10
# <!-- ### BEGIN SOLUTION -->
# Yes.
# <!-- ### END SOLUTION -->

# %% [markdown]
# ### Task 6: Compare

# %% [markdown] task="compare" kind="answer" points=10
# <!-- ### BEGIN SOLUTION -->
# They differ.
# <!-- ### END SOLUTION -->

# %% [markdown]
# ## Hand in

# %%
cnn_utils.hand_in()
"""
SOLVED = {
    "f1": "# task: f1\nclass F1Score:\n    def result(self):\n        return 2.0",
    "ten-digits": "# task: ten-digits\ndef ten_digits(accuracy):\n    return 1 - accuracy**10",
    "train": "# task: train\nmodel = lab.build()\nhistory = model.fit(x)",
    "look": '# task: look\nfigure = lab.plot(history)\nprint("drawn")',
    "overfitting": "From the 7th epoch on.",
    "compare": "LeNet is better.",
}
FIGURE = v4.new_output("display_data", {"image/svg+xml": "<svg/>"})


def code(source, **metadata):
    return v4.new_code_cell(source, metadata=metadata, execution_count=1)


def text(source, **metadata):
    return v4.new_markdown_cell(source, metadata=metadata)


class Book:
    """The student release, solved; cells are found by a piece of their source.

    Attributes
    ----------
    cells : list of NotebookNode
    stubs : dict of str to str
        What was handed out, by the names of the tasks.
    """

    def __init__(self, folder: Path):
        path = folder / "lab.py"
        path.write_text(LAB)
        released = without_answers(read_worked(path), "lab")
        self.cells = copy.deepcopy(released.cells)
        self.stubs = {}
        for cell in self.cells:
            name = cell.metadata.get("task")
            if name in SOLVED:
                self.stubs[name] = cell.source
                cell.source = SOLVED[name]
            if cell.cell_type == "code":
                cell.execution_count = 1
        self["# task: look"].outputs = [FIGURE]

    def __getitem__(self, piece: str):
        return next(cell for cell in self.cells if piece in cell.source)

    def at(self, piece: str) -> int:
        return self.cells.index(self[piece])

    def replace(self, piece: str, *cells):
        place = self.at(piece)
        self.cells[place : place + 1] = cells

    def below(self, piece: str, *cells):
        place = self.at(piece) + 1
        self.cells[place:place] = cells

    def unsolve(self, *names: str):
        for name in names:
            self[SOLVED[name]].source = self.stubs[name]

    def forget_metadata(self):
        for cell in self.cells:
            cell.metadata = {}


KINDS = {}


def kind(*unanswered: str):
    """Register a way to hand in, with the keys of the tasks that it leaves open."""

    def register(function):
        KINDS[function.__name__] = (function, set(unanswered))
        return function

    return register


BARE = {name: source.partition("\n")[2] for name, source in SOLVED.items()}


@kind()
def as_it_should_be(book):
    pass


@kind(
    "code:f1", "code:ten-digits", "code:train", "code:look", "answer:overfitting", "answer:compare"
)
def untouched(book):
    book.unsolve(*SOLVED)


@kind("code:f1", "answer:compare")
def deleted(book):
    book.replace("# task: f1")
    book.replace("LeNet is better")


@kind()
def metadata_lost(book):
    book.forget_metadata()


@kind()
def metadata_lost_and_own_headings(book):
    book.forget_metadata()
    book["From the 7th"].source = "## Our answer\n#1 It does\n# so"
    book["LeNet is better"].source = "# Comparison\n\nLeNet"


@kind()
def neither_line_nor_metadata(book):
    book.forget_metadata()
    for name in ("f1", "ten-digits", "train", "look"):
        book[f"# task: {name}"].source = BARE[name]


@kind()
def imports_added_to_a_given_cell(book):
    book["import lab"].source += "\nimport math\nimport statistics"
    book["# task: f1"].source = SOLVED["f1"].replace("2.0", "2.0 * math.cos(0)")


@kind()
def given_scaling_with_its_print_changed(book):
    book["value / 255"].source = "x = [value / 255 for value in x]\nprint(len(x), x)"


@kind()
def given_scaling_done_elsewhere(book):
    book.replace("value / 255")
    book["x = [255.0]"].source = "x = [255.0]\nx = [value / 255 for value in x]"


@kind()
def given_data_cell_deleted(book):
    book.replace("x = [255.0]")


@kind()
def stubs_left_and_answers_below(book):
    for name, source in SOLVED.items():
        place = book.at(source)
        book.unsolve(name)
        cell = code(BARE[name]) if BARE[name] else text(source)
        cell.update({"outputs": [FIGURE]} if name == "look" else {})
        book.cells.insert(place + 1, cell)


@kind()
def stubs_left_and_texts_of_many_cells_below(book):
    book.unsolve("overfitting", "compare")
    book.cells[book.at("Task 6") : book.at("Task 6")] = [text("# First"), text("#1 From the 7th")]
    book.cells[book.at("Hand in") : book.at("Hand in")] = [v4.new_raw_cell("LeNet is better")]


@kind()
def answers_above_their_stubs(book):
    book.unsolve("overfitting", "f1")
    book.cells.insert(book.at("### Task 6") - 1, text("From the 7th epoch on."))
    book.cells.insert(book.at("# task: f1"), code(BARE["f1"]))


@kind()
def text_written_into_the_cell_of_its_heading(book):
    book.unsolve("overfitting")
    book["### Task 5"].source += "\n\nFrom the 7th epoch on."


@kind()
def text_written_into_a_code_cell(book):
    book.replace("From the 7th", code("From the 7th epoch on.", task="overfitting", kind="answer"))
    book.replace("LeNet is better", code('"""LeNet is better."""'))


@kind()
def placeholder_commented_out_or_behind_the_return(book):
    raising = 'raise NotImplementedError("task ten-digits: write `ten_digits`")'
    book["# task: ten-digits"].source += f"\n    {raising}"
    book["# task: f1"].source += f"\n    # {raising}"
    book["# task: train"].source = f"# task: train\n# YOUR CODE HERE\n# {raising}\n{BARE['train']}"
    book["# task: look"].source = f"{SOLVED['look']}\nif not figure:\n    pass  # {raising}"


@kind("code:ten-digits")
def placeholder_still_reached(book):
    raising = 'raise NotImplementedError("task ten-digits: write `ten_digits`")'
    body = f"    if accuracy:\n        print(1)\n    {raising}\n    return 1 - accuracy**10"
    book["# task: ten-digits"].source = f"# task: ten-digits\ndef ten_digits(accuracy):\n{body}"


@kind()
def placeholder_left_behind_what_it_asks_for(book):
    raising = 'raise NotImplementedError("task train: write its code")'
    book["# task: train"].source += f"\n{raising}"


@kind()
def two_tasks_in_one_cell(book):
    book["# task: f1"].source = f"{SOLVED['f1']}\n\n{SOLVED['ten-digits']}"
    book.cells.pop(book.at("cnn_utils.check_ten_digits") - 1)


@kind()
def two_tasks_in_one_cell_without_the_second_line(book):
    book["# task: f1"].source = f"{SOLVED['f1']}\n\n{BARE['ten-digits']}"
    book.cells.pop(book.at("cnn_utils.check_ten_digits") - 1)


@kind("code:ten-digits")
def two_tasks_in_one_cell_the_second_unsolved(book):
    book["# task: f1"].source = f"{SOLVED['f1']}\n\n{book.stubs['ten-digits']}"
    book.cells.pop(book.at("cnn_utils.check_ten_digits") - 1)


@kind("code:ten-digits")
def helpers_before_an_unanswered_task(book):
    book.unsolve("ten-digits")
    book.cells.insert(book.at("# task: ten-digits"), code("def half(value):\n    return value / 2"))
    book["# task: train"].source += "\nhalf(2)"


@kind("code:ten-digits", "answer:overfitting")
def looking_at_something_is_no_answer(book):
    book.unsolve("ten-digits", "overfitting")
    looks = [code("print(x)"), code("len(x)"), code("ten_digits(0.9)")]
    book.below(book.stubs["ten-digits"][-60:], *looks)


@kind()
def renamed_model_and_history(book):
    book[
        "# task: train"
    ].source = "# task: train\nid = list = map = 3\nnet = lab.build()\nhist = net.fit(x)"
    book["cnn_utils.check_training"].source = "cnn_utils.check_training(net, hist, hint=2)"
    book["# task: look"].source = SOLVED["look"].replace("history", "hist")


@kind()
def renamed_and_split_over_unmarked_cells(book):
    book.forget_metadata()
    cells = ["net = lab.build()", "hist = net.fit(x)", "print(hist.history)"]
    book.replace("# task: train", *map(code, cells))
    book["# task: look"].source = SOLVED["look"].replace("history", "hist")


@kind()
def split_below_its_stub(book):
    book.unsolve("train")
    parts = BARE["train"].split("\n")
    book.below(book.stubs["train"][-40:], code(parts[0]), text("Now it learns."), code(parts[1]))


@kind()
def half_of_it_written_into_the_stub(book):
    parts = BARE["train"].split("\n")
    raising = 'raise NotImplementedError("task train: write its code")'
    book["# task: train"].source = f"# task: train\n{parts[0]}\n{raising}"
    book.below("# task: train", code(parts[1]))


@kind()
def behind_magics_and_titles(book):
    for name, line in (
        ("f1", "%%time"),
        ("train", "#@title Train { run: auto }\n"),
        ("look", "\n"),
    ):
        book[f"# task: {name}"].source = f"{line}\n# our own\n{SOLVED[name]}"


@kind()
def retyped(book):
    book.replace("# task: f1", text(SOLVED["f1"]))
    book.replace("# task: ten-digits", text(f"```python\n{SOLVED['ten-digits']}\n```"))
    book.replace("# task: train", v4.new_raw_cell(SOLVED["train"]))
    book.replace(
        "LeNet is better",
        v4.new_raw_cell(SOLVED["compare"], metadata=dict(task="compare", kind="answer")),
    )


@kind()
def moved_to_the_end(book):
    for name in ("f1", "ten-digits", "overfitting"):
        book.cells.append(book.cells.pop(book.at(SOLVED[name])))


@kind()
def copied(book):
    older = SOLVED["f1"].replace("2.0", "3.0")
    book.cells.insert(book.at("# task: f1"), code(older, task="f1"))
    book.cells.insert(book.at("# task: train"), code(book.stubs["train"], task="train"))
    book.cells.append(code("x = [255.0]"))


@kind()
def a_title_and_cells_of_ones_own_everywhere(book):
    book.cells.insert(0, text("# Our notebook"))
    for i in range(len(book.cells) - 1, 0, -1):
        book.cells.insert(i, code(f"own_{i} = {i}"))


@kind()
def all_given_texts_deleted(book):
    keep = [cell.cell_type == "code" or cell.metadata.get("task") for cell in book.cells]
    book.cells = [cell for cell, kept in zip(book.cells, keep, strict=True) if kept]


@kind()
def figure_drawn_in_the_cell_below(book):
    book["# task: look"].outputs = []
    book.below("# task: look", v4.new_code_cell("figure", outputs=[FIGURE], execution_count=1))
