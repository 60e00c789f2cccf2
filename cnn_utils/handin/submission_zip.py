"""Check a folder's notebooks, and zip them with their PDFs and artifacts."""

import os
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pypdfium2

from cnn_utils.errors import KitError, cannot_write
from cnn_utils.files import KIT, atomic_path, is_own
from cnn_utils.handin.artifacts import executed_cells, files_of
from cnn_utils.handin.checklist import Finding, examine
from cnn_utils.handin.consistency import SUBMISSION, is_unsaved
from cnn_utils.notebook.answers import find_answers
from cnn_utils.notebook.assignment import FILE, Part, read_assignment
from cnn_utils.notebook.names import calls_only
from cnn_utils.notebook.reader import read_file
from cnn_utils.pdf.exporter import export_pdf_or_page

# Weights and PDFs: nearly all of the bytes, and compressing makes them no smaller.
DENSE = (".npz", ".pdf")
# When each notebook that was refused as unsaved had been saved.
_seen_unsaved: dict[Path, float] = {}


@dataclass(frozen=True)
class HandIn:
    """What `hand_in` found and wrote; its text is for the student.

    `path` is the zip, None if a notebook has to be saved first; `contents` describes the zip, or
    what to do first.
    """

    path: Path | None
    findings: dict[str, list[Finding]]
    contents: str

    @property
    def is_complete(self) -> bool:
        """Whether the zip is written and nothing was found to mend."""
        return self.path is not None and not any(self.findings.values())

    def __repr__(self) -> str:
        if self.path is None:
            return self.contents
        lines = []
        for name, found in self.findings.items():
            lines.append(f"{name}: {'' if found else 'nothing to mend'}".rstrip())
            lines += [f"  - {finding}" for finding in found]
        lines += ["", f"{self.path} written and read back: {self.contents}"]
        if not self.is_complete:
            lines.append("You can submit this, but fix the points above first.")
        return "\n".join(lines)


def hand_in(folder=".", assignment=None) -> HandIn:
    """Check the notebooks in a folder, write their PDFs, and zip both with their artifacts.

    Findings do not stop it: the zip holds what exists, and the result lists what is missing. In a
    notebook that was not saved since its cells were run, nothing is written.

    Parameters
    ----------
    folder : str or Path, default="."
        Holds executed notebooks of the assignment.
    assignment : str or Path, optional
        Folder of ``assignment.json``; by default `folder`, else the kit's notebooks.

    Returns
    -------
    result : HandIn
        The zip is ``group<number>.zip`` in `folder`; it appears whole or not at all.

    Raises
    ------
    KitError
        If no notebook of the assignment exists, one is damaged, or the zip can't be written.
    """
    folder = Path(os.path.expanduser(folder))
    place = folder if (folder / FILE).is_file() else KIT / "notebooks"
    parts = read_assignment(Path(assignment) if assignment else place)
    notebooks = {name: read_file(folder / name) for name in parts if is_own(folder / name, folder)}
    ran = {n: source for n, source in executed_cells().items() if not calls_only(source, "hand_in")}
    if not notebooks and not ran:
        raise KitError.about(f"'{folder}'", f"hold executed notebooks ({', '.join(parts)})", "none")
    own = _this_notebook(notebooks, ran)
    if not notebooks or (own and _has_to_be_saved(folder / own, notebooks[own], parts[own], ran)):
        wanted = own or " or ".join(parts)
        first = f"Not yet: save the notebook as {wanted} in '{folder.resolve()}' (Ctrl+S or ⌘S), "
        return HandIn(None, {}, first + "then run this cell again.")
    findings, papers, files = {}, {}, []
    for name, part in parts.items():
        if name not in notebooks:
            findings[name] = [Finding(None, "It is not in this folder under this name.")]
            continue
        findings[name] = examine(notebooks[name], folder, part, ran if name == own else None)
        papers[name], note = export_pdf_or_page(folder / name)
        findings[name] += [Finding(None, note)] if note else []
        files += [folder / name, papers[name]]
        files += [file for network in part.networks for file in files_of(folder, network)]
    groups = {name: _group_number(notebook) for name, notebook in notebooks.items()}
    if len(set(groups.values())) > 1:
        numbers = ", ".join(f"'{number}' in {name}" for name, number in groups.items())
        findings[max(groups)].append(Finding(None, f"The group numbers differ: {numbers}."))
    also = (folder / SUBMISSION, folder / f"{SUBMISSION}.json")
    files += [file for file in also if is_own(file, folder)]
    target = folder / f"group{next(filter(None, groups.values()), '_unknown')}.zip"
    try:
        with atomic_path(target) as new:
            _write(new, files, folder)
    except OSError as error:
        raise cannot_write(target, error) from None
    contents = f"{len(files)} files, {_contents(notebooks, papers, parts)}"
    if own is not None:
        saved = datetime.fromtimestamp((folder / own).stat().st_mtime)
        contents += f"; {own} as it was saved at {saved:%H:%M:%S}, so save first what you change"
    return HandIn(target, findings, contents)


def _this_notebook(notebooks: dict, ran: dict[int, str]) -> str | None:
    """Return the name of the notebook that shares most cells with what this kernel has run."""
    sources = set(ran.values())
    shared = {
        name: sum(cell.source in sources for cell in notebook.cells)
        for name, notebook in notebooks.items()
    }
    name = max(shared, key=shared.get, default=None)
    return name if name is not None and shared[name] else None


def _has_to_be_saved(path: Path, notebook, part: Part, ran: dict[int, str]) -> bool:
    """Return whether to refuse an unsaved notebook: once for each state of its file.

    A last cell that was deleted after its run is in no file, however often it is saved.
    """
    if not is_unsaved(notebook, path, ran, part.networks):
        return False
    before, now = _seen_unsaved.get(path.resolve()), path.stat().st_mtime
    _seen_unsaved[path.resolve()] = now
    return before in (None, now)


def _group_number(notebook) -> str:
    """Return the group's number, fit for a file name."""
    number = re.search(r"\w[\w-]*", notebook.group.get("group number", ""))
    return number[0][:40] if number else ""


def _write(path: Path, files: list[Path], folder: Path) -> None:
    """Write the zip, and read it back: a network drive may have lost something."""
    with zipfile.ZipFile(path, "w", compresslevel=1, strict_timestamps=False) as archive:
        for file in dict.fromkeys(files):  # two notebooks may save the same network
            method = zipfile.ZIP_STORED if file.suffix in DENSE else zipfile.ZIP_DEFLATED
            archive.write(file, file.relative_to(folder).as_posix(), method)
    with zipfile.ZipFile(path) as archive:
        if damaged := archive.testzip():
            raise KitError(f"'{path.name}' does not hold {damaged} as it was written: try again.")


def _contents(notebooks: dict, papers: dict[str, Path], parts: dict[str, Part]) -> str:
    """Count pages, figures and answers, and name the tasks without an answer."""
    n_pages = sum(map(_n_pages, papers.values()))
    n_figures = sum(len(cell.figures) for name in papers for cell in notebooks[name].cells)
    states = []
    for name in papers:
        answers = find_answers(notebooks[name], parts[name].tasks, parts[name].outline)
        states += [(key.partition(":")[2], answer.state) for key, answer in answers.items()]
    missing = [task for task, state in states if state != "answered"]
    found = f"all {len(states)} answers found"
    if missing:
        n_found = len(states) - len(missing)
        found = f"{n_found} of {len(states)} answers found (not: {', '.join(missing)})"
    return f"{n_pages} pages, {n_figures} figures, {found}"


def _n_pages(paper: Path) -> int:
    """Return the number of a PDF's pages; 0 for the HTML page in its place."""
    if paper.suffix == ".html":
        return 0
    with pypdfium2.PdfDocument(paper) as pages:
        return len(pages)
