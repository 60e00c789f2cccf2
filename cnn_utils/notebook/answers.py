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

from cnn_utils.notebook.assignment import hash_of, headings_in, without_comments
from cnn_utils.notebook.names import (
    DEFINITIONS,
    calls_only,
    names_left_by,
    names_read_by,
    parsed,
)
from cnn_utils.notebook.reader import MARKER, Cell, Notebook

# The student release puts these in place of the worked answers.
STUB = re.compile(r"""raise NotImplementedError\(\s*["']task """)
EMPTY = re.compile(r"\W*YOUR ANSWER HERE\W*", re.IGNORECASE)
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
    """Which of a notebook's cells are tasks, given, or a student's own.

    Attributes
    ----------
    marks : list of list of str
        For each cell the keys of the tasks that it names.
    places : list of (int or None)
        For each cell its place in the outline.
    is_own : list of bool
        Whether it is neither a task's, nor given, nor only calls a check or hands in.
    """

    def __init__(self, notebook: Notebook, tasks: Iterable, outline: Iterable[str]):
        self.cells, self.outline = notebook.cells, list(outline)
        self.tasks = {f"{task.kind}:{task.name}": task for task in tasks}
        self.code = [code_of(cell) for cell in self.cells]
        self.defined = [set(names_left_by(source, imports=False)) for source in self.code]
        self.marks = [self._marks(i) for i in range(len(self.cells))]
        self.places = self._places()
        own_checks = any(name.startswith("check_") for names in self.defined for name in names)
        calls = ("hand_in", "save_for_grading", *([] if own_checks else ["check_"]))
        self.is_own = [
            place is None
            and not marks
            and bool(cell.source.strip())
            and not calls_only(code, *calls)
            for place, marks, cell, code in zip(
                self.places, self.marks, self.cells, self.code, strict=True
            )
        ]
        # The places of the nearest known cells above and below each cell.
        self.above, self.below = self._nearest(-1), self._nearest(len(self.outline), reverse=True)
        self._taken: set[int] = set()

    def answers(self) -> dict[str, Answer]:
        """Return the answers by their tasks' keys."""
        return {
            key: self._code_answer(key) if key.startswith("code:") else self._text_answer(key)
            for key in self.tasks
        }

    def _marks(self, i: int) -> list[str]:
        keys = dict.fromkeys(f"code:{name.lower()}" for name in MARKER.findall(self.code[i]))
        if keys := [key for key in keys if key in self.tasks]:
            return keys
        name, kind = (self.cells[i].metadata.get(key) for key in ("task", "kind"))
        is_code = kind != "answer" and self.code[i]
        key = f"{'code' if is_code else kind}:{str(name)[:100].strip().lower()}"
        return [key] if key in self.tasks else []

    def _places(self) -> list[int | None]:
        known, places, last = defaultdict(list), [], -1
        for place, entry in enumerate(self.outline):
            known[entry].append(place)
        for cell, marks in zip(self.cells, self.marks, strict=True):
            options = known.get(marks[0] if marks else hash_of(cell.source, cell.kind), [None])
            later = [place for place in options if place is not None and place > last]
            places.append(later[0] if later else options[0])
            last = last if places[-1] is None else places[-1]
        return places

    def _nearest(self, nearest: int, reverse: bool = False) -> list[int]:
        found = []
        for place in self.places[::-1] if reverse else self.places:
            nearest = nearest if place is None else place
            found.append(nearest)
        return found[::-1] if reverse else found

    def _in_place_of(self, key: str, is_marked: bool) -> list[int]:
        """Return the own cells below a task's cell, or where it is missing from."""
        place = self.outline.index(key) if key in self.outline else None
        own = [i for i, is_own in enumerate(self.is_own) if is_own and place is not None]
        if is_marked:
            return [i for i in own if self.above[i] == place]
        return [i for i in own if self.above[i] < place < self.below[i]]

    def _rivals(self, key: str, i: int) -> list[str]:
        """Return the other tasks of this kind whose cells are missing from the same place."""
        kind, marked = key.partition(":")[0], {mark for marks in self.marks for mark in marks}
        missing = set(self.outline[self.above[i] + 1 : self.below[i]]) - marked - {key}
        return [other for other in missing if other.startswith(f"{kind}:")]

    def _code_answer(self, key: str) -> Answer:
        task = self.tasks[key]
        marked = [i for i, marks in enumerate(self.marks) if key in marks]
        pieces = {i: self._segment(i, key) for i in marked}
        solved = {i: text for i, text in pieces.items() if not is_stub(text, task.defines)}
        near, note = self._in_place_of(key, bool(marked)), ""
        missing = set(task.defines) - {name for i in solved for name in self.defined[i]}
        if not solved or missing:
            more = self._solving(key, near, missing)
            if more:
                note = "found below its placeholder" if marked and not solved else ""
                note = note or ("" if marked else "found where its cell was handed out")
            elif not solved and (more := self._defining(missing, marked)):
                note = "found by the names it defines"
            solved |= {i: self.code[i] for i in more}
        if not solved:
            return self._unanswered(task, pieces)
        notes = [note] if note else []
        if any(self.cells[i].kind != "code" for i in solved):
            notes.append("was not a code cell")
        if len(solved) > 1:
            notes.append(f"{len(solved)} cells joined")
        shown = sorted({*solved, *near})
        return self._answer("answered", solved, [f"task '{task.name}': {n}" for n in notes], shown)

    def _segment(self, i: int, key: str) -> str:
        """Return the part of a cell that answers a task: from its line to another task's."""
        mine, current = [], self.marks[i][0]
        for line in self.code[i].split("\n"):
            if match := MARKER.match(line):
                named = f"code:{match[1].lower()}"
                current = named if named in self.tasks else current
            mine += [line] if current == key else []
        return "\n".join(mine).strip("\n")

    def _solving(self, key: str, near: list[int], missing: set[str]) -> list[int]:
        """Return those of the cells in a task's place that may be its answer."""
        near = [i for i in near if self.code[i]]
        if any(self.defined[i] & missing for i in near):
            return near
        # With other names: cells that compute something, and do not use what they should define.
        used = set(self.tasks[key].defines)
        near = [i for i in near if not self._rivals(key, i) and _computes(self.cells[i])]
        return [i for i in near if not names_read_by(self.code[i]) & used]

    def _defining(self, names: set[str], placeholders: list[int]) -> list[int]:
        """Return the last cells that define all these names, given ones excepted."""
        found = {}
        for i, defined in enumerate(self.defined):
            if (self.is_own[i] or self.marks[i]) and i not in placeholders:
                found |= dict.fromkeys(defined & names, i)
        return sorted(set(found.values())) if set(found) == names else []

    def _text_answer(self, key: str) -> Answer:
        task = self.tasks[key]
        marked = [i for i, marks in enumerate(self.marks) if key in marks]
        solved, note = [i for i in marked if not is_empty(self.cells[i].source)], ""
        if not solved:
            solved, note = self._texts_in_place_of(key, bool(marked))
            self._taken |= set(solved)
        texts = {i: self.cells[i].source for i in solved or marked}
        if not solved:
            return self._unanswered(task, texts)
        notes = [note] if note else []
        notes += [f"{len(solved)} cells joined"] if len(solved) > 1 else []
        return self._answer("answered", texts, [f"task '{task.name}' (text): {n}" for n in notes])

    def _unanswered(self, task, texts: dict[int, str]) -> Answer:
        notes = [] if texts else [f"task '{task.name}' ({task.kind}): no cell found"]
        return self._answer("unanswered" if texts else "missing", texts, notes)

    def _texts_in_place_of(self, key: str, is_marked: bool) -> tuple[list[int], str]:
        def texts(cells):
            free = [i for i in cells if i not in self._taken and _is_prose(self.cells[i])]
            return [i for i in free if not is_empty(self.cells[i].source)]

        place = self.outline.index(key) if key in self.outline else None
        own, heading = (
            [i for i, is_own in enumerate(self.is_own) if is_own],
            self.tasks[key].heading,
        )
        if found := texts(self._in_place_of(key, is_marked)):
            where = "found below its placeholder" if is_marked else ""
            return self._under(heading, key, found), where or "found where its cell was handed out"
        if found := texts(i for i in own if is_marked and self.below[i] == place):
            return found, "found above its placeholder"
        named = [i for i in own if heading and heading in headings_in(self.cells[i].source)]
        return texts(named)[:1], "found in the cell of its heading"

    def _under(self, heading: str, key: str, found: list[int]) -> list[int]:
        """Return the texts under a heading, where several tasks' cells are missing from a place."""
        if not self._rivals(key, found[0]):
            return found
        titles = {task.heading for task in self.tasks.values() if task.heading}
        heads = [[h for h in headings_in(self.cells[i].source) if h in titles] for i in found]
        starts = [n for n, head in enumerate(heads) if heading in head]
        if not starts:
            return found[:1]
        stop = next((n for n in range(starts[0] + 1, len(found)) if heads[n]), len(found))
        return found[starts[0] : stop]

    def _answer(self, state: str, texts: dict[int, str], notes: list[str], shown=None) -> Answer:
        order = sorted(texts)
        shown = [self.cells[i] for i in (order if shown is None else shown)]
        return Answer(
            state,
            "\n".join(texts[i] for i in order),
            [i + 1 for i in order],
            notes,
            [figure for cell in shown for figure in cell.figures],
            "\n".join(cell.output_text for cell in shown if cell.outputs),
        )


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
    """Return whether a task's code still runs into its placeholder, or does nothing."""
    tree = parsed(source)
    try:
        if tree is not None:
            before = statements_before_raise(tree)
            if defines and before and set(defines) <= set(_names(before)):
                return _runs_into(before)[0]
            written = [n for n in tree.body if not isinstance(n, (ast.Pass, ast.Raise))]
            return not written or _runs_into(tree.body)[0]
    except RecursionError:
        pass
    code = re.sub(r"#.*", "", source)
    return not code.strip() or bool(STUB.search(code))


def statements_before_raise(tree: ast.Module) -> list[ast.stmt]:
    """Return the statements that run before a placeholder that stands outside of functions."""
    ends = (n for n, node in enumerate(tree.body) if _is_placeholder(node))
    return tree.body[: next(ends, 0)]


def _names(body: list[ast.stmt]) -> list[str]:
    return names_left_by(ast.unparse(ast.Module(body, [])), imports=False)


def _is_placeholder(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Raise) or node.exc is None:
        return False
    return bool(STUB.match(ast.unparse(node)))


def _runs_into(body: list[ast.stmt]) -> tuple[bool, bool]:
    """Return whether statements reach a placeholder, and whether those behind them never run."""
    last = {node.name: node for node in body if isinstance(node, DEFINITIONS)}
    for node in body:
        if isinstance(node, (ast.Raise, ast.Return, ast.Continue, ast.Break)):
            return _is_placeholder(node), True
        if isinstance(node, DEFINITIONS) and last[node.name] is not node:
            continue  # defined again below
        blocks = [getattr(node, name, None) or [] for name in ("body", "orelse", "finalbody")]
        blocks += [part.body for name in ("handlers", "cases") for part in getattr(node, name, [])]
        results = [_runs_into(block) for block in blocks]
        if any(found for found, _ in results):
            return True, True
        is_branch = isinstance(node, (ast.With, ast.AsyncWith)) or (
            isinstance(node, ast.If) and node.orelse
        )
        if is_branch and all(
            ends for (_, ends), block in zip(results, blocks, strict=True) if block
        ):
            return False, True
    return False, False


def _computes(cell: Cell) -> bool:
    """Return whether a cell does more than look at something: it defines, draws, or calls a method."""
    tree = parsed(code_of(cell))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)] if tree else []
    is_method = any(isinstance(call.func, ast.Attribute) for call in calls)
    return tree is None or bool(names_left_by(cell.source) or cell.figures or is_method)


def _is_prose(cell: Cell) -> bool:
    tree = parsed(cell.source) if cell.kind == "code" else None
    texts = [
        getattr(getattr(node, "value", None), "value", None) for node in (tree.body if tree else [])
    ]
    return all(isinstance(text, str) for text in texts)
