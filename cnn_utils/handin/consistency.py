"""Whether a notebook, its evidence and its submission come from one and the same run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.files import is_own, sha256
from cnn_utils.handin.artifacts import FOLDER, PREDICTIONS, RECORD, WEIGHTS, fingerprint, hashes
from cnn_utils.handin.finding import Finding, output_texts
from cnn_utils.handin.kernel_history import digest
from cnn_utils.notebook.tasks import is_hand_in
from cnn_utils.submission import validate_submission

SUBMISSION = "submission.csv"
AGAIN = "Restart the kernel, run all cells, and save."
MOST_BYTES = 200_000_000


def check_evidence(notebook, folder: Path, networks) -> Iterator[Finding]:
    """Yield what is missing of the evidence, or is of another run.

    Parameters
    ----------
    notebook : NotebookNode
        As it was saved, with its outputs.
    folder : Path
        The notebook's folder.
    networks : iterable of str
        Names under which `save_for_grading` should have saved.
    """
    said = "\n".join(output_texts(notebook))
    for network in networks:
        place, name = folder / FOLDER / network, f"{FOLDER}/{network}"
        record = _read_record(place / RECORD)
        if not is_own(place / WEIGHTS, folder):
            told = f"{name} is missing beside the notebook, in '{folder.resolve()}': "
            yield Finding(None, told + "run the cell with `save_for_grading`.")
        elif (size := (place / WEIGHTS).stat().st_size) > MOST_BYTES:
            told = f"{name}/{WEIGHTS} has {size / 1e6:,.0f} MB; at most {MOST_BYTES / 1e6:,.0f} "
            yield Finding(None, told + "can be handed in. Make the network smaller.")
        elif record.get("sha256") != hashes(place) or record.get("fingerprint") != _mark(place):
            yield Finding(None, f"The files in {name} do not belong together. {AGAIN}")
        elif str(record["fingerprint"]) not in said:
            told = f"{name} was saved by another run than this notebook shows. {AGAIN}"
            yield Finding(None, told)


def changed_since(
    notebook, folder: Path, networks, ran: dict[int, str] | None
) -> Iterator[Finding]:
    """Yield the cells whose source is not what was run.

    Parameters
    ----------
    notebook : NotebookNode
    folder : Path
        Its evidence knows what was run until it was saved.
    networks : iterable of str
    ran : dict of int to str or None
        What the notebook's kernel knows, if it is running; see `session.inputs_run`.
    """
    known = {str(count): digest(source) for count, source in (ran or {}).items()}
    for network in networks:
        cells = _read_record(folder / FOLDER / network / RECORD).get("cells")
        known = {**(cells if isinstance(cells, dict) else {}), **known}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    on_disk = {(str(cell.execution_count), digest(cell.source)) for cell in code}
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code" or is_hand_in(cell):
            continue
        count = str(cell.execution_count)
        # A kernel that was started again counts from 1 once more: another cell may be meant.
        if count in known and (count, known[count]) not in on_disk:
            told = (
                f"It was changed after it was run: what stands below it is not its output. {AGAIN}"
            )
            yield Finding(number, told)


def check_submission(folder: Path, networks) -> Iterator[Finding]:
    """Yield what is wrong with ``submission.csv``, and whether it is not a saved network's."""
    path = folder / SUBMISSION
    try:
        validate_submission(path)
    except KitError as error:
        yield Finding(None, str(error))
        return
    if _read_record(folder / f"{SUBMISSION}.json").get("sha256") != sha256(path):
        told = (
            f"{SUBMISSION} is not the file that export_submission wrote: run task 'submit' again."
        )
        yield Finding(None, told)
        return
    saved = [folder / FOLDER / network / PREDICTIONS for network in networks]
    saved = [sha256(file) for file in saved if is_own(file, folder)]
    if saved and sha256(path) not in saved:
        told = f"{SUBMISSION} holds other answers than the network that was saved for grading."
        yield Finding(None, f"{told} {AGAIN}")


def is_unsaved(notebook, path: Path, ran: dict[int, str], networks) -> bool:
    """Say whether a notebook's file seems older than what its running kernel has done.

    Parameters
    ----------
    notebook : NotebookNode
        As it is in the file.
    path : Path
        The file.
    ran : dict of int to str
        See `cnn_utils.handin.kernel_history.inputs_run`; the cell that asks is not among them.
    networks : iterable of str
        Names under which `save_for_grading` saves.
    """
    last = max(ran, default=None)
    if last is not None:
        on_disk = ((cell.get("execution_count"), digest(cell.source)) for cell in notebook.cells)
        if (last, digest(ran[last])) not in on_disk:
            return True
    records = [path.parent / FOLDER / network / RECORD for network in networks]
    times = [record.stat().st_mtime for record in records if record.is_file()]
    return max(times, default=0) > path.stat().st_mtime


def _mark(place: Path) -> str | None:
    """Return the fingerprint of the weights that are there; None if they can't be read."""
    try:
        with np.load(place / WEIGHTS, allow_pickle=False) as arrays:
            return fingerprint([arrays[name] for name in arrays.files])
    except (OSError, ValueError, TypeError, BadZipFile, AttributeError, EOFError, MemoryError):
        return None


def _read_record(path: Path) -> dict:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}
