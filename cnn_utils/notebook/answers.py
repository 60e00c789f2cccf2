"""Find what a student made of each task, wherever it stands and whatever a front end lost.

A task's cell is known by its line ``# task: lenet``, else by its metadata; a given cell by its
whole source. All other cells are the student's own: they answer the task in whose place they
stand, or whose names they define. `hand_in` and grading both use this.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from cnn_utils.notebook.assignment import MARKER, hash_of, headings_in, without_comments
from cnn_utils.notebook.names import DEFINITIONS, calls_only, names_left_by, names_read_by, parsed
from cnn_utils.notebook.reader import Cell, Notebook

# The student release puts these in place of the worked answers.
STUB = re.compile(r"""raise NotImplementedError\(\s*["']task """)
EMPTY = re.compile(r"\W*YOUR ANSWER HERE\W*", re.IGNORECASE)
BELOW, HERE = "found below its placeholder", "found where its cell was handed out"
FENCE = re.compile(r"\A\s*```\w*[ \t]*\n|\n```\s*\Z")


@dataclass
class Answer:
    """A student's answer to one task.

    Attributes
    ----------
    state : {"answered", "unanswered", "missing"}
    source : str
        What was written in its cells, in their order.
    cells : list of int
        Their numbers, from 1; of an unanswered task those of its placeholder.
    notes : list of str
        How it was found, if not in its own cell.
    figures : list of (str, str)
        Type and data of the figures that its cells show.
    output_text : str
        Text of its outputs.
    """

    state: str = "missing"
    source: str = ""
    cells: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    figures: list[tuple[str, str]] = field(default_factory=list)
    output_text: str = ""


@dataclass(eq=False)
class Spot:
    """A cell, and what is known about it."""

    cell: Cell
    code: str  # also of a cell that was turned into Markdown; "" for a text
    names: set[str]  # that its code defines
    tasks: list[str]  # keys of the tasks that it names
    place: int | None = None  # in the outline, of a task's or a given cell
    is_own: bool = False  # neither of these, and not only a check or handing in
    above: int = -1  # places of the nearest known cells
    below: int = -1


def find_answers(notebook: Notebook, tasks: Iterable, outline: Iterable[str]) -> dict[str, Answer]:
    """Return the answers by their tasks' keys, such as "code:lenet" or "answer:overfitting".

    Parameters
    ----------
    notebook : Notebook
    tasks : iterable of Task or TaskSpec
        With `name`, `kind`, `defines` and `heading`.
    outline : iterable of str
        See `cnn_utils.notebook.assignment.Part`; empty if the given cells are unknown.
    """
    return Layout(notebook, tasks, outline).answers()


class Layout:
    """Which of a notebook's cells are tasks, given, or a student's own; see `find_answers`."""

    def __init__(self, notebook: Notebook, tasks: Iterable, outline: Iterable[str]):
        self.tasks = {f"{task.kind}:{task.name}": task for task in tasks}
        self.outline = list(outline)
        self.spots = [self._spot(cell) for cell in notebook.cells]
        self._find_places()
        self._named = {key for spot in self.spots for key in spot.tasks}
        self._taken: set[Spot] = set()

    def answers(self) -> dict[str, Answer]:
        """Return the answers by their tasks' keys."""
        return {key: self._answer(key, key.startswith("code:")) for key in self.tasks}

    def _spot(self, cell: Cell) -> Spot:
        code = code_of(cell)
        keys = dict.fromkeys(f"code:{name.lower()}" for name in MARKER.findall(code))
        name, kind = str(cell.metadata.get("task"))[:100], cell.metadata.get("kind")
        kind = "answer" if kind == "answer" else "code" if code else ""
        keys = [key for key in keys if key in self.tasks] or [f"{kind}:{name.strip().lower()}"]
        names = set(names_left_by(code, imports=False))
        return Spot(cell, code, names, [key for key in keys if key in self.tasks])

    def _find_places(self) -> None:
        places, last, nearest = defaultdict(list), -1, len(self.outline)
        for place, entry in enumerate(self.outline):
            places[entry].append(place)
        own_check = any(name.startswith("check_") for spot in self.spots for name in spot.names)
        calls = ("hand_in", "save_for_grading", *([] if own_check else ["check_"]))
        for spot in self.spots:
            source = spot.cell.source
            entry = spot.tasks[0] if spot.tasks else hash_of(source, spot.cell.kind)
            if options := places.get(entry):
                spot.place = last = next((p for p in options if p > last), options[0])
            elif not spot.tasks:
                spot.is_own = bool(source.strip()) and not calls_only(spot.code, *calls)
            spot.above = last
        for spot in reversed(self.spots):
            spot.below = nearest = nearest if spot.place is None else spot.place

    def _answer(self, key: str, is_code: bool) -> Answer:
        task, named = self.tasks[key], [spot for spot in self.spots if key in spot.tasks]
        found, near, note = (self._code if is_code else self._texts)(key, task, named)
        notes = [note] if found and note else []
        notes += [] if found or named else ["no cell found"]
        if is_code and any(spot.cell.kind != "code" for spot in found):
            notes.append("was not a code cell")
        notes += [f"{len(found)} cells joined"] if len(found) > 1 else []
        chosen, seen = set(found or named), {*found, *near} if found else ()
        mine = [spot for spot in self.spots if spot in chosen]
        shown = [spot.cell for spot in self.spots if spot in seen]
        return Answer(
            "answered" if found else "unanswered" if named else "missing",
            "\n".join(self._segment(spot, key) if is_code else spot.cell.source for spot in mine),
            [spot.cell.number for spot in mine],
            [f"task '{task.name}'{'' if is_code else ' (text)'}: {note}" for note in notes],
            [figure for cell in shown for figure in cell.figures],
            "\n".join(cell.output_text for cell in shown if cell.outputs),
        )

    def _code(self, key: str, task, named: list[Spot]) -> tuple[list[Spot], list[Spot], str]:
        """Return the cells that answer a task, the own cells beside them, and a note."""
        found = [s for s in named if not is_stub(self._segment(s, key), task.defines)]
        missing = set(task.defines) - {name for spot in found for name in spot.names}
        near = more = [spot for spot in self._near(key, named) if spot.code]
        if found and not missing:
            return found, near, ""
        if not any(spot.names & missing for spot in near):
            # With other names: cells that compute something, and do not use what is missing.
            more = [s for s in near if not self._rivals(key, s) and _computes(s)]
            more = [spot for spot in more if not names_read_by(spot.code) & missing]
        if found or more:
            note = BELOW if named else HERE
            return [*found, *more], near, "" if found else note
        others = [spot for spot in self.spots if spot.is_own or (spot.tasks and spot not in named)]
        last = {name: spot for spot in others for name in spot.names & missing}
        found = list(set(last.values())) if missing and set(last) == missing else []
        return found, [], "found by the names it defines"

    def _texts(self, key: str, task, named: list[Spot]) -> tuple[list[Spot], list[Spot], str]:
        """Return the same for a text."""

        def written(spots):
            texts = [spot for spot in spots if not is_empty(spot.cell.source)]
            return [spot for spot in texts if spot not in self._taken and _is_prose(spot.cell)]

        if found := [spot for spot in named if not is_empty(spot.cell.source)]:
            return found, [], ""
        own, note = [spot for spot in self.spots if spot.is_own], BELOW if named else HERE
        if found := written(self._near(key, named)):
            # Where several texts' cells are missing, each gets one of the texts found there.
            found = found[:1] if not named and self._rivals(key, found[0]) else found
        elif named and (found := written(s for s in own if s.below == named[0].place)):
            note = "found above its placeholder"
        elif task.heading:
            under = (spot for spot in own if task.heading in headings_in(spot.cell.source))
            found, note = written(under)[:1], "found in the cell of its heading"
        self._taken |= set(found)
        return found, [], note

    def _near(self, key: str, named: list[Spot]) -> list[Spot]:
        """Return the own cells below a task's cell, or where it is missing from."""
        if key not in self.outline:
            return []
        place, own = self.outline.index(key), [spot for spot in self.spots if spot.is_own]
        return [s for s in own if (s.above == place if named else s.above < place < s.below)]

    def _rivals(self, key: str, spot: Spot) -> bool:
        """Return whether other tasks' cells of this kind are missing from the same place."""
        missing = set(self.outline[spot.above + 1 : spot.below]) - self._named - {key}
        return any(other.startswith(key.partition(":")[0] + ":") for other in missing)

    def _segment(self, spot: Spot, key: str) -> str:
        """Return the part of a cell that answers a task: from its line to another task's."""
        if len(spot.tasks) < 2:
            return spot.code
        mine, current = [], spot.tasks[0]
        for line in spot.code.split("\n"):
            if match := MARKER.match(line):
                named = f"code:{match[1].lower()}"
                current = named if named in self.tasks else current
            mine += [line] if current == key or key not in spot.tasks else []
        return "\n".join(mine).strip("\n")


def code_of(cell: Cell) -> str:
    """Return a cell's code, also if it was turned into Markdown; "" for a text."""
    if cell.kind == "code":
        return cell.source
    source = FENCE.sub("", cell.source)
    return source if names_left_by(source) else ""


def is_empty(text: str) -> bool:
    """Return whether a text answer is still what was handed out, or nothing."""
    return not EMPTY.sub("", without_comments(text)).strip()


def is_stub(source: str, defines: Iterable[str] = ()) -> bool:
    """Return whether a task's code still runs into its placeholder, or does nothing.

    Not if it first defines all that the task asks for.
    """
    tree = parsed(source)
    try:
        if tree is not None:
            before = "\n".join(map(ast.unparse, statements_before_raise(tree)))
            if before and defines and set(defines) <= set(names_left_by(before, imports=False)):
                return is_stub(before)
            does = any(not isinstance(node, (ast.Pass, ast.Raise)) for node in tree.body)
            return not does or _runs_into(tree.body)[0]
    except RecursionError:  # of thousands of branches
        pass
    code = re.sub(r"#.*", "", source)
    return not code.strip() or bool(STUB.search(code))


def statements_before_raise(tree: ast.Module) -> list[ast.stmt]:
    """Return the statements that run before a placeholder that stands outside of functions."""
    ends = (n for n, node in enumerate(tree.body) if _is_placeholder(node))
    return tree.body[: next(ends, 0)]


def _is_placeholder(node: ast.stmt) -> bool:
    return isinstance(node, ast.Raise) and bool(STUB.match(ast.unparse(node)))


def _runs_into(body: list[ast.stmt]) -> tuple[bool, bool]:
    """Return whether statements reach a placeholder, and whether those behind them never run."""
    last = {node.name: node for node in body if isinstance(node, DEFINITIONS)}
    for node in body:
        if isinstance(node, (ast.Raise, ast.Return, ast.Continue, ast.Break)):
            return _is_placeholder(node), True
        if isinstance(node, DEFINITIONS) and last[node.name] is not node:
            continue  # defined again below
        parts = [node, *getattr(node, "handlers", []), *getattr(node, "cases", [])]
        names = ("body", "orelse", "finalbody")
        blocks = [getattr(part, name, None) for part in parts for name in names]
        results = [_runs_into(block) for block in blocks if isinstance(block, list) and block]
        if any(found for found, _ in results):
            return True, True
        is_branch = isinstance(node, ast.With) or (isinstance(node, ast.If) and node.orelse)
        if is_branch and all(ends for _, ends in results):
            return False, True
    return False, False


def _computes(spot: Spot) -> bool:
    """Return whether a cell does more than look: it defines, draws, or calls a method."""
    tree = parsed(spot.code)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)] if tree else []
    is_method = any(isinstance(call.func, ast.Attribute) for call in calls)
    return tree is None or is_method or bool(names_left_by(spot.code) or spot.cell.figures)


def _is_prose(cell: Cell) -> bool:
    """Return whether a cell holds text: Markdown, a code cell of strings, or no Python at all."""
    tree = parsed(cell.source) if cell.kind == "code" else None
    values = [getattr(node, "value", None) for node in (tree.body if tree else [])]
    return all(isinstance(getattr(value, "value", None), str) for value in values)
