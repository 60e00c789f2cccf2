"""Whether a notebook, its evidence and its submission come from one and the same run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.handin.finding import Finding, output_texts
from cnn_utils.handin.for_grading import FOLDER, PREDICTIONS, RECORD, WEIGHTS, hashes
from cnn_utils.handin.session import digest
from cnn_utils.handin.tasks import is_hand_in
from cnn_utils.submission import validate_submission

SUBMISSION = "submission.csv"
AGAIN = "Restart the kernel, run all cells, and save."


def check_evidence(notebook, folder: Path, networks) -> Iterator[Finding]:
    """Yield what is missing of the evidence, and the cells that were changed after they had run.

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
        place = folder / FOLDER / network
        record = _read_record(place / RECORD)
        if not (place / WEIGHTS).is_file():
            told = f"{FOLDER}/{network} is missing: run the cell with `save_for_grading`."
            yield Finding(None, told)
        elif record.get("sha256") != hashes(place):
            told = f"The files in {FOLDER}/{network} do not belong together. {AGAIN}"
            yield Finding(None, told)
        elif str(record.get("fingerprint")) not in said:
            told = f"{FOLDER}/{network} was saved by another run than this notebook shows. {AGAIN}"
            yield Finding(None, told)
        else:
            yield from changed_since(notebook, record.get("cells") or {})


def changed_since(notebook, ran: dict[str, str]) -> Iterator[Finding]:
    """Yield the cells whose source is not what was run.

    Parameters
    ----------
    notebook : NotebookNode
    ran : dict of str to str
        `digest` of each cell's source, by its execution count as a text.
    """
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code" or is_hand_in(cell):
            continue
        if ran.get(str(cell.execution_count), digest(cell.source)) != digest(cell.source):
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
    content = path.read_bytes()
    record = _read_record(folder / f"{SUBMISSION}.json")
    if record.get("sha256") != hashlib.sha256(content).hexdigest():
        told = (
            f"{SUBMISSION} is not the file that export_submission wrote: run task 'submit' again."
        )
        yield Finding(None, told)
        return
    saved = [folder / FOLDER / network / PREDICTIONS for network in networks]
    saved = [file.read_bytes() for file in saved if file.is_file()]
    if saved and content not in saved:
        told = f"{SUBMISSION} holds other answers than the network that was saved for grading."
        yield Finding(None, f"{told} {AGAIN}")


def is_unsaved(notebook, path: Path, ran: dict[int, str], networks) -> bool:
    """Say whether a notebook's file is older than what its running kernel has done.

    Parameters
    ----------
    notebook : NotebookNode
        As it is in the file.
    path : Path
        The file.
    ran : dict of int to str
        See `cnn_utils.handin.session.inputs_run`; the cell that asks is not among them.
    networks : iterable of str
        Names under which `save_for_grading` saves.
    """
    if ran:
        last = max(ran)
        on_disk = {cell.get("execution_count"): cell.source for cell in notebook.cells}
        if digest(on_disk.get(last, "")) != digest(ran[last]):
            return True
    records = [path.parent / FOLDER / network / RECORD for network in networks]
    times = [record.stat().st_mtime for record in records if record.is_file()]
    return max(times, default=0) > path.stat().st_mtime


def _read_record(path: Path) -> dict:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
