"""Check that a notebook, its artifacts and its submission come from the same run."""

import json
from collections.abc import Iterator
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.files import is_own
from cnn_utils.handin.artifacts import PREDICTIONS, RECORD, WEIGHTS, hashes, place_of, source_hash
from cnn_utils.submission import as_csv, validate_submission

SUBMISSION = "submission.csv"
AGAIN = "Restart the kernel, run all cells (`fit_cached` trains nothing twice), and save."
MAX_BYTES = 200_000_000


def check_artifacts(notebook, folder: Path, networks) -> Iterator[str]:
    """Yield which artifacts are missing from a notebook's folder, or are of another run."""
    printed = notebook.output_text
    for network in networks:
        place = place_of(folder, network)
        name, record = place.relative_to(folder).as_posix(), _record(place / RECORD)
        if not is_own(place / WEIGHTS, folder):
            where = f"{name} is missing beside the notebook, in '{folder.resolve()}'"
            yield f"{where}: run the cell with `save_for_grading`."
        elif (size := (place / WEIGHTS).stat().st_size) > MAX_BYTES:
            what = f"{name}/{WEIGHTS} has {size / 1e6:,.0f} MB; the limit is {MAX_BYTES / 1e6:,.0f}"
            yield f"{what} MB. Make the network smaller."
        elif record.get("sha256") != hashes(place):
            yield f"The files in {name} do not belong together. {AGAIN}"
        elif str(record.get("fingerprint")) not in printed:
            yield f"{name} was saved by another run than this notebook shows. {AGAIN}"


def changed_cells(notebook, folder: Path, networks, ran: dict[int, str] | None) -> Iterator[int]:
    """Yield the numbers of the cells whose source is not what was run.

    The artifacts record the cells that ran before they were saved; `ran` holds those that the
    notebook's running kernel has executed.
    """
    known = {}
    for network in networks:
        cells = _record(place_of(folder, network) / RECORD).get("cells")
        known |= cells if isinstance(cells, dict) else {}
    known |= {str(count): source_hash(source) for count, source in (ran or {}).items()}
    on_disk = _executions(notebook)
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.kind != "code" or cell.is_hand_in:
            continue
        count = str(cell.execution_count)
        # A restarted kernel counts from 1 again: another cell may be meant.
        if count in known and (count, known[count]) not in on_disk:
            yield number


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
        yield f"{SUBMISSION} differs from the predictions that were saved for grading. {AGAIN}"


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
