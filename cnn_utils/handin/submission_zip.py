"""Check a folder's notebooks, and zip them with their PDFs and artifacts."""

import os
import re
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pypdfium2

from cnn_utils.errors import KitError, cannot_write
from cnn_utils.files import KIT, atomic_path, is_own
from cnn_utils.handin.artifacts import executed_cells, files_of
from cnn_utils.handin.checklist import Finding, examine, in_lines
from cnn_utils.handin.consistency import SUBMISSION, is_unsaved
from cnn_utils.notebook.assignment import FILE, MARKER, Part, read_assignment
from cnn_utils.notebook.names import calls_only
from cnn_utils.notebook.reader import Notebook, read_file
from cnn_utils.pdf.exporter import export_pdf_or_page

# Weights and PDFs: nearly all of the bytes, and compressing makes them no smaller.
DENSE = (".npz", ".pdf")
# Of what the last cell says.
MAX_LINES = 12
HOW_TO_MOVE = """{name} is not up to date in '{folder}', where this kernel works.
  - Not saved? Press Ctrl+S or ⌘S.
  - Has the notebook another name? Choose File, Rename; saving (Ctrl+S) keeps the name.
  - Is it in another folder, as in Colab or VS Code? Save it, and put a copy into the folder above
    (in Colab: File, Download, Download .ipynb; then upload it under Files, on the left)."""
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
        lines, n_with = [], sum(map(bool, self.findings.values()))
        for name, found in self.findings.items():
            lines.append(f"{name}: {'' if found else 'nothing to mend'}".rstrip())
            n_lines = (MAX_LINES - 2 - len(self.findings)) // max(n_with, 1)
            lines += [f"  - {line}" for line in in_lines(found, n_lines)]
        lines.append(f"{self.path} written and read back: {self.contents}")
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
    executed, renamed = executed_cells(), _renamed(folder, parts)
    ran = {n: source for n, source in executed.items() if not calls_only(source, "hand_in")}
    this = _this_notebook([*notebooks.values(), *renamed.values()], ran)
    if this is None and not notebooks:
        this = next(iter(renamed.values()), None)
    own, how = this.name if this else None, ""
    if this and own not in parts:
        how = next(_how_to_rename(name, other) for name, other in renamed.items() if other is this)
    elif this:
        how = _how_to_save(folder / own, this, parts[own], ran)
    elif not notebooks and not executed:
        raise KitError.about(f"'{folder}'", f"hold executed notebooks ({', '.join(parts)})", "none")
    elif not notebooks:
        how = HOW_TO_MOVE.format(name=" or ".join(parts), folder=folder.resolve())
    if how:
        return HandIn(None, {}, f"Not yet: {how} Then run this cell again.")
    findings, papers, files = {}, {}, []
    for name, part in parts.items():
        if name not in notebooks:
            how = _how_to_rename(name, renamed[name]) if name in renamed else ""
            text = f"It is not in this folder under this name. {how}"
            findings[name] = [Finding(text.strip())]
            continue
        findings[name] = examine(notebooks[name], folder, part, ran if name == own else None)
        if name in renamed and _saved_at(folder, renamed[name].name) > _saved_at(folder, name):
            text = f"Another notebook was saved later. {_how_to_rename(name, renamed[name])}"
            findings[name].insert(0, Finding(text))
        papers[name], note = export_pdf_or_page(folder / name)
        findings[name] += [Finding(note)] if note else []
        files += [folder / name, papers[name]]
        files += [file for network in part.networks for file in files_of(folder, network)]
    groups = {name: _group_number(notebook) for name, notebook in notebooks.items()}
    if len({*groups.values()} - {""}) > 1:
        numbers = ", ".join(f"'{number}' in {name}" for name, number in groups.items())
        findings[max(groups)].append(Finding(f"The group numbers differ: {numbers}."))
    also = (folder / SUBMISSION, folder / f"{SUBMISSION}.json")
    files += [file for file in also if is_own(file, folder)]
    target = folder / f"group{next(filter(None, groups.values()), '_unknown')}.zip"
    try:
        with atomic_path(target) as new:
            _write(new, files, folder)
    except OSError as error:
        raise cannot_write(target, error) from None
    contents = f"{len(files)} files, {sum(map(_n_pages, papers.values()))} pages"
    if own is not None:
        saved = datetime.fromtimestamp(_saved_at(folder, own))
        contents += f"; {own} as saved at {saved:%H:%M:%S}"
    return HandIn(target, findings, contents)


def _saved_at(folder: Path, name: str) -> float:
    return (folder / name).stat().st_mtime


def _renamed(folder: Path, parts: dict[str, Part]) -> dict[str, Notebook]:
    """Return, by part, the notebook of another name that holds its tasks and was saved last."""
    found = {}
    names = {path.name for path in folder.glob("*.ipynb")} - {*parts}
    for name in sorted(names, key=lambda name: _saved_at(folder, name)):
        with suppress(KitError):
            notebook = read_file(folder / name)
            tasks = {*MARKER.findall("\n".join(cell.source for cell in notebook.cells))}
            shared = {n: len(tasks & {task.name for task in parts[n].tasks}) for n in parts}
            likely = max(shared, key=shared.get)
            found |= {likely: notebook} if shared[likely] else {}
    return found


def _how_to_rename(part: str, notebook: Notebook) -> str:
    how = f"'{notebook.name}' has to be called '{part}': choose File, Rename Notebook"
    return f"{how} (if there is a file of this name, rename that one first)."


def _how_to_save(path: Path, notebook: Notebook, part: Part, ran: dict[int, str]) -> str:
    """Return what to do with an unsaved notebook, "" for a saved one.

    Each state of its file is refused once: a last cell that was deleted after its run is in no
    file, however often it is saved.
    """
    if not is_unsaved(notebook, path, ran, part.networks):
        return ""
    before, now = _seen_unsaved.get(path.resolve()), path.stat().st_mtime
    _seen_unsaved[path.resolve()] = now
    if before is None:
        return "save the notebook (Ctrl+S or ⌘S)."
    return HOW_TO_MOVE.format(name=path.name, folder=path.parent.resolve()) * (before == now)


def _this_notebook(notebooks: list[Notebook], ran: dict[int, str]) -> Notebook | None:
    """Return the notebook that holds the cell that this kernel ran last, or else most of them."""
    last, sources = max(ran.items(), default=None), set(ran.values())

    def shared(notebook) -> tuple[bool, int]:
        has_last = any((cell.execution_count, cell.source) == last for cell in notebook.cells)
        return has_last, sum(cell.source in sources for cell in notebook.cells)

    this = max(notebooks, key=shared, default=None)
    return this if this and shared(this)[1] else None


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


def _n_pages(paper: Path) -> int:
    """Return the number of a PDF's pages; 0 for the HTML page in its place."""
    if paper.suffix == ".html":
        return 0
    with pypdfium2.PdfDocument(paper) as pages:
        return len(pages)
