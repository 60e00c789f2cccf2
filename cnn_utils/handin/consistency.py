"""Check that a notebook, its artifacts and its submission come from the same run."""

import ast
import json
import math
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.files import is_own
from cnn_utils.handin.artifacts import PREDICTIONS, RECORD, WEIGHTS, hashes, place_of, source_hash
from cnn_utils.notebook.names import DEFINITIONS, names_left_by, parsed
from cnn_utils.submission import as_csv, validate_submission

SUBMISSION = "submission.csv"
AGAIN = "again (in a new kernel: all cells), and save."
MAX_BYTES = 200_000_000


def check_artifacts(notebook, folder: Path, networks) -> Iterator[str]:
    """Yield which artifacts are missing from a notebook's folder, or are of another run."""
    printed, save = notebook.output_text, f"run the cell with `save_for_grading` {AGAIN}"
    for network in networks:
        place = place_of(folder, network)
        name, record = place.relative_to(folder).as_posix(), _record(place / RECORD)
        if not is_own(place / WEIGHTS, folder):
            where = f"{name} is missing beside the notebook, in '{folder.resolve()}'"
            yield f"{where}: {save}"
        elif (size := (place / WEIGHTS).stat().st_size) > MAX_BYTES:
            what = f"{name}/{WEIGHTS} has {size / 1e6:,.0f} MB; the limit is {MAX_BYTES / 1e6:,.0f}"
            yield f"{what} MB. Make the network smaller."
        elif record.get("sha256") != hashes(place):
            yield f"The files in {name} do not belong together: {save}"
        elif str(record.get("fingerprint")) not in printed:
            yield f"{name} was saved by another run than this notebook shows: {save}"


def outdated_cells(notebook, folder: Path, networks, ran: dict[int, str] | None) -> Iterator[int]:
    """Yield the numbers of the cells to run again, from the top, so that all fits together.

    They were changed since they were run, or not run, or use a name that was set anew since, or by
    another cell than the one above. The artifacts record the cells that ran before they were saved;
    `ran` holds those that the notebook's running kernel has executed.
    """
    known = {}
    for network in networks:
        cells = _record(place_of(folder, network) / RECORD).get("cells")
        known |= cells if isinstance(cells, dict) else {}
    known |= {str(count): source_hash(source) for count, source in (ran or {}).items()}
    on_disk, cells, set_by = _executions(notebook), [], {}
    for number, cell in enumerate(notebook.cells, start=1):
        is_optional = cell.execution_count is None and "nbval-skip" in cell.metadata.get("tags", [])
        if cell.kind == "code" and cell.source.strip() and not (cell.is_hand_in or is_optional):
            read, left, only_defines = _names(cell.source)
            count = _first_run(cell, known, on_disk) if only_defines else cell.execution_count
            cells.append((number, cell, read, left, only_defines, count or 0))
            for name in left:
                set_by.setdefault(name, []).append(count or 0)
    since = {}  # the run that set each name; infinity where it has to be set again
    for number, cell, read, left, only_defines, count in cells:
        used = read & since.keys()
        needed = max(map(since.get, used), default=0)
        is_stale = needed > count or any(since[x] < n < count for x in used for n in set_by[x])
        executed = str(cell.execution_count)
        # A restarted kernel counts from 1 again: another cell may be meant.
        is_changed = executed in known and (executed, known[executed]) not in on_disk
        if is_changed or not count or (is_stale and not only_defines):
            yield number
            count = math.inf
        since |= dict.fromkeys(left, max(count, needed) if only_defines else count)


def _names(source: str) -> tuple[set[str], set[str], bool]:
    """Return the names that a cell takes from others and sets, and whether it only defines."""
    read, left, body = set(), set(), getattr(parsed(source), "body", [])
    for statement in body:
        is_update = isinstance(statement, ast.AugAssign)
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        loaded = {node.id for node in names if is_update or isinstance(node.ctx, ast.Load)}
        # What an assignment sets, it may read before; a loop or a function has names of its own.
        is_assignment = is_update or isinstance(statement, ast.Assign)
        inside = [*ast.walk(statement.value if is_assignment else statement)]
        own = {node.arg for node in inside if isinstance(node, ast.arg)}
        own |= {n.id for n in names if n in inside and isinstance(n.ctx, ast.Store)}
        read |= loaded - own - left
        left |= {*names_left_by(statement, imports=False)}
    only = (*DEFINITIONS, ast.Import, ast.ImportFrom)
    return read, left, all(isinstance(statement, only) for statement in body)


def _first_run(cell, known: dict[str, str], on_disk: set) -> int | None:
    """Return when a cell of definitions was first run as it is: since then, it changed nothing."""
    count, sources = cell.execution_count, {source for _, source in on_disk}
    before = takewhile(lambda n: known.get(str(n)) in sources, range(count or 0, 0, -1))
    return min((n for n in before if known[str(n)] == source_hash(cell.source)), default=count)


def check_submission(folder: Path, networks) -> Iterator[str]:
    """Yield the problems of ``submission.csv``, and whether it is not a saved network's."""
    try:
        table = validate_submission(folder / SUBMISSION)
    except KitError as error:
        yield str(error)
        return
    saved = [place_of(folder, network) / PREDICTIONS for network in networks]
    saved = [file.read_bytes() for file in saved if is_own(file, folder)]
    if saved and as_csv(table["Prediction"]) not in saved:
        how = f"run the cells from task 'submit' on {AGAIN}"
        yield f"{SUBMISSION} differs from the predictions that were saved for grading: {how}"


def is_unsaved(notebook, path: Path, ran: dict[int, str], networks) -> bool:
    """Return whether a file seems older than what its running kernel has executed before."""
    last = max(ran, default=None)
    if last is not None and (str(last), source_hash(ran[last])) not in _executions(notebook):
        return True
    records = [place_of(path.parent, network) / RECORD for network in networks]
    times = [record.stat().st_mtime for record in records if record.is_file()]
    return max(times, default=0) > path.stat().st_mtime


def _executions(notebook) -> set[tuple[str, str]]:
    """Return the execution counts of the code cells, and what identifies their sources."""
    code = [cell for cell in notebook.cells if cell.kind == "code"]
    return {(str(cell.execution_count), source_hash(cell.source)) for cell in code}


def _record(path: Path) -> dict:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}
