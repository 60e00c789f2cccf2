"""Check a folder's notebooks, and put all that is handed in into one zip."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import nbformat
import pypdfium2
from bs4 import BeautifulSoup

from cnn_utils import __version__
from cnn_utils.errors import KitError, cannot_write
from cnn_utils.files import KIT, atomic_path, is_own, sha256
from cnn_utils.handin.artifacts import files_of, finish_saving
from cnn_utils.handin.checklist import examine
from cnn_utils.handin.consistency import SUBMISSION, is_unsaved
from cnn_utils.handin.finding import Finding
from cnn_utils.handin.kernel_history import inputs_run
from cnn_utils.notebook.assignment import FILE, Part, read_assignment
from cnn_utils.notebook.run import read_notebook
from cnn_utils.notebook.tasks import calls_hand_in, group_of, tasks_in, without_comments
from cnn_utils.pdf.exporter import export_pdf_or_page
from cnn_utils.pdf.markdown import to_html

ALSO = (SUBMISSION, f"{SUBMISSION}.json")
MANIFEST = "manifest.json"
# Weights and PDFs: nearly all of the bytes, and no smaller for being compressed.
DENSE = (".npz", ".pdf")
NOTEBOOKS = KIT / "notebooks"
# Letters that the PDF shows as they are; others may be spelled out.
PLAIN = r"[\x20-\u024f]*"
_seen_unsaved: dict[Path, float] = {}


@dataclass(frozen=True)
class HandIn:
    """What became of handing in; its text is meant for the student.

    Attributes
    ----------
    path : Path or None
        The zip; None if a notebook has to be saved first.
    findings : dict of str to list of Finding
        By the notebook's name.
    contents : str
        What the zip holds, counted after it was read back; or what has to be done first.
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
            lines.append("You can hand it in like this; better mend the points above first.")
        return "\n".join(lines)


def hand_in(folder=".", assignment=None) -> HandIn:
    """Examine the notebooks in a folder, write their PDFs, and zip both with what they made.

    What is missing does not stop it: the findings say so, and the zip holds what there is. In a
    notebook that was not saved since its cells were run, nothing is written.

    Parameters
    ----------
    folder : str or Path, default="."
        Holds executed notebooks of the assignment.
    assignment : str or Path, optional
        Folder of ``assignment.json``; by default `folder`, else the kit's notebooks.

    Returns
    -------
    handed_in : HandIn
        The zip is ``group<number>.zip`` in `folder`; it appears whole or not at all.

    Raises
    ------
    KitError
        If there is none of the notebooks, one is damaged, or the zip can't be written.
    """
    if not isinstance(folder, (str, os.PathLike)):
        raise KitError.about("`folder`", "be the name of a folder", folder)
    folder = Path(os.path.expanduser(folder))
    place = folder if (folder / FILE).is_file() else NOTEBOOKS
    parts = read_assignment(Path(assignment) if assignment else place)
    notebooks = {
        name: read_notebook(folder / name) for name in parts if is_own(folder / name, folder)
    }
    ran = {n: source for n, source in inputs_run().items() if not calls_hand_in(source)}
    if not notebooks and not ran:
        raise KitError.about(f"'{folder}'", f"hold executed notebooks ({', '.join(parts)})", "none")
    own = _this_notebook(notebooks, ran)
    if not notebooks or (own and _has_to_be_saved(folder / own, notebooks[own], parts[own], ran)):
        wanted = own or " or ".join(parts)
        told = f"Not yet: save the notebook as {wanted} in '{folder.resolve()}' (Ctrl+S or ⌘S), "
        return HandIn(None, {}, told + "then run this cell again.")
    findings, files, groups = {}, [], {}
    for name, part in parts.items():
        if name not in notebooks:
            findings[name] = [Finding(None, "It is not in this folder, at least not of this name.")]
            continue
        finish_saving(folder, part.networks)
        findings[name] = examine(notebooks[name], folder, part, ran if name == own else None)
        groups[name] = _group_number(notebooks[name])
        paper, note = export_pdf_or_page(folder / name)
        findings[name] += [Finding(None, note)] if note else []
        files += [folder / name, paper]
        files += [file for network in part.networks for file in files_of(folder, network)]
    if len(set(groups.values())) > 1:
        told = ", ".join(f"'{number}' in {name}" for name, number in groups.items())
        findings[max(groups)].append(Finding(None, f"The group numbers differ: {told}."))
    files += [folder / name for name in ALSO if is_own(folder / name, folder)]
    target = folder / f"group{next(filter(None, groups.values()), '_unknown')}.zip"
    try:
        with atomic_path(target) as part:
            _write(part, {file.relative_to(folder).as_posix(): file for file in files})
            contents = _read_back(part)
    except OSError as error:
        raise cannot_write(target, error) from None
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
    """Say so once for each state of the file: a second time, it has been saved in between."""
    if not is_unsaved(notebook, path, ran, part.networks):
        return False
    before, now = _seen_unsaved.get(path.resolve()), path.stat().st_mtime
    _seen_unsaved[path.resolve()] = now
    return before in (None, now)


def _group_number(notebook) -> str:
    """Return the group's number, fit for a file name; the digits of "Group 7"."""
    told = group_of(notebook).get("group number", "")
    digits = re.search(r"\d+", told)
    return (digits[0] if digits else re.sub(r"\W", "", told))[:40]


def _write(path: Path, files: dict[str, Path]) -> None:
    hashes = {name: sha256(file) for name, file in files.items()}
    manifest = {"kit": __version__, "sha256": hashes}
    options = {"compresslevel": 1, "strict_timestamps": False}
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, file in files.items():
            method = zipfile.ZIP_STORED if file.suffix in DENSE else zipfile.ZIP_DEFLATED
            archive.write(file, name, method)
        archive.writestr(MANIFEST, json.dumps(manifest, indent=2) + "\n")


def _read_back(path: Path) -> str:
    """Compare the zip with its manifest, and its PDFs with the notebooks; say what it holds."""
    with zipfile.ZipFile(path) as archive:
        hashes = json.loads(archive.read(MANIFEST))["sha256"]
        data = {name: archive.read(name) for name in hashes}
    for name, content in data.items():
        if hashlib.sha256(content).hexdigest() != hashes[name]:
            raise KitError(f"'{path.name}' does not hold {name} as it was written: try again.")
    pages = figures = answers = 0
    missing = []
    for name in data:
        if not name.endswith(".ipynb"):
            continue
        notebook = nbformat.reads(data[name].decode("utf-8"), as_version=4)
        n_pages, text = _paper(data, name.removesuffix(".ipynb"))
        pages += n_pages
        figures += sum("image/png" in bundle for bundle in _bundles(notebook))
        for task in tasks_in(notebook).values():
            answers += not task.is_stub
            if not task.is_stub and _bare(_first_words(task)) not in text:
                missing.append(task.name)
    told = f"all {answers} answers found"
    if missing:
        told = f"{answers - len(missing)} of {answers} answers found (not: {', '.join(missing)})"
    return f"{len(data)} files, {pages} pages, {figures} figures, {told}"


def _paper(data: dict[str, bytes], stem: str) -> tuple[int, str]:
    """Return number of pages and the letters of a notebook's PDF, or HTML where there is none."""
    if f"{stem}.pdf" not in data:
        return 0, _bare(BeautifulSoup(data[f"{stem}.html"], "html.parser").get_text())
    with pypdfium2.PdfDocument(data[f"{stem}.pdf"]) as pages:
        return len(pages), _bare(" ".join(page.get_textpage().get_text_bounded() for page in pages))


def _bundles(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield output.get("data", {})


def _first_words(task) -> str:
    """Return how an answer begins, as far as it has neither markup nor a formula."""
    if task.kind == "code":
        return task.source.strip().split("\n")[0][:60]
    page = BeautifulSoup(to_html(without_comments(task.source)), "html.parser")
    for tag in page.find_all(["kit-formula", "img", "svg", "style", "script"]):
        tag.replace_with("\n")
    lines = (re.match(PLAIN, line.strip()) for line in page.get_text().split("\n"))
    return next((line[0][:60] for line in lines if line and _bare(line[0])), "")


def _bare(text: str) -> str:
    """Leave nothing but letters and digits: line ends and ligatures are the layout's."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKD", text))
