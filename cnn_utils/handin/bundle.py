"""Check a folder's notebooks, and put all that is handed in into one zip."""

from __future__ import annotations

import hashlib
import io
import json
import re
import unicodedata
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pypdf
from bs4 import BeautifulSoup

from cnn_utils import __version__
from cnn_utils.errors import KitError
from cnn_utils.files import atomic_path
from cnn_utils.handin.assignment import FILE, Part, read_assignment
from cnn_utils.handin.doctor import examine
from cnn_utils.handin.finding import Finding
from cnn_utils.handin.for_grading import files_of
from cnn_utils.handin.pdf.exporter import export_pdf_or_page
from cnn_utils.handin.run import read_notebook
from cnn_utils.handin.same_run import SUBMISSION, is_unsaved
from cnn_utils.handin.session import inputs_run
from cnn_utils.handin.tasks import group_of, tasks_in

ALSO = (SUBMISSION, f"{SUBMISSION}.json")
MANIFEST = "manifest.json"
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


@dataclass(frozen=True)
class HandIn:
    """What became of handing in; its text is meant for the student.

    Attributes
    ----------
    path : Path or None
        The zip; None if the notebook has to be saved first.
    findings : dict of str to list of Finding
        By the notebook's name.
    contents : str
        What the zip holds, counted after it was read back.
    """

    path: Path | None
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    contents: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether the zip is written and nothing was found to mend."""
        return self.path is not None and not any(self.findings.values())

    def __repr__(self) -> str:
        if self.path is None:
            return "Not yet: save the notebook (Ctrl+S or ⌘S), then run this cell again."
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
    folder = Path(folder)
    place = folder if (folder / FILE).is_file() else NOTEBOOKS
    parts = read_assignment(Path(assignment) if assignment else place)
    notebooks = {name: read_notebook(folder / name) for name in parts if (folder / name).is_file()}
    ran = {n: source for n, source in inputs_run().items() if "hand_in(" not in source}
    if ran and _is_unsaved(folder, notebooks, parts, ran):
        return HandIn(None)
    if not notebooks:
        raise KitError.about(f"'{folder}'", f"hold executed notebooks ({', '.join(parts)})", "none")
    findings, files, group = {}, [], ""
    for name, notebook in notebooks.items():
        findings[name] = examine(notebook, folder, parts[name])
        group = group or re.sub(r"\W", "", group_of(notebook).get("group number", ""))
        paper, note = export_pdf_or_page(folder / name)
        findings[name] += [Finding(None, note)] if note else []
        files += [folder / name, paper]
        files += [file for network in parts[name].networks for file in files_of(folder, network)]
    files += [folder / name for name in ALSO if (folder / name).is_file()]
    target = folder / f"group{group or '_unknown'}.zip"
    try:
        with atomic_path(target) as part:
            _write(part, {file.relative_to(folder).as_posix(): file for file in files})
            contents = _read_back(part)
    except OSError as error:
        raise KitError.about(f"'{target}'", "be a file to write to", f"{error.strerror}") from None
    return HandIn(target, findings, contents)


def _is_unsaved(folder: Path, notebooks: dict, parts: dict[str, Part], ran: dict[int, str]) -> bool:
    """Say whether this kernel's notebook, which shares most cells with it, has to be saved."""
    sources = set(ran.values())
    shared = {
        name: sum(cell.source in sources for cell in notebook.cells)
        for name, notebook in notebooks.items()
    }
    name = max(shared, key=shared.get, default=None)
    if name is None:
        return True
    return is_unsaved(notebooks[name], folder / name, ran, parts[name].networks)


def _write(path: Path, files: dict[str, Path]) -> None:
    hashes = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()}
    manifest = {"kit": __version__, "sha256": hashes}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in files.items():
            archive.write(file, name)
        archive.writestr(MANIFEST, json.dumps(manifest, indent=2) + "\n")


def _read_back(path: Path) -> str:
    """Compare the zip with its manifest, and its PDFs with the notebooks; say what it holds."""
    with zipfile.ZipFile(path) as archive:
        hashes = json.loads(archive.read(MANIFEST))["sha256"]
        data = {name: archive.read(name) for name in hashes}
    for name, content in data.items():
        if hashlib.sha256(content).hexdigest() != hashes[name]:
            raise KitError(f"'{path.name}' does not hold {name} as it was written: try again.")
    pages = figures = answers = found = 0
    for name in data:
        if not name.endswith(".ipynb"):
            continue
        notebook = nbformat.reads(data[name].decode("utf-8"), as_version=4)
        n_pages, text = _paper(data, name.removesuffix(".ipynb"))
        pages += n_pages
        figures += sum("image/png" in bundle for bundle in _bundles(notebook))
        for task in tasks_in(notebook).values():
            answers += not task.is_stub
            found += not task.is_stub and _bare(_first_words(task)) in text
    told = f"all {answers} answers" if found == answers else f"{found} of {answers} answers"
    return f"{len(data)} files, {pages} pages, {figures} figures, {told} found"


def _paper(data: dict[str, bytes], stem: str) -> tuple[int, str]:
    """Return number of pages and the letters of a notebook's PDF, or HTML where there is none."""
    if f"{stem}.pdf" not in data:
        return 0, _bare(BeautifulSoup(data[f"{stem}.html"], "html.parser").get_text())
    pages = pypdf.PdfReader(io.BytesIO(data[f"{stem}.pdf"])).pages
    return len(pages), _bare(" ".join(page.extract_text() for page in pages))


def _bundles(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield output.get("data", {})


def _first_words(task) -> str:
    """Return how an answer begins, as far as it has neither markup nor a formula."""
    text = re.sub(r"<!--.*?-->", "", task.source, flags=re.DOTALL)
    return re.split(r"[|$`<\n]", text.strip(" |\n"))[0][:60]


def _bare(text: str) -> str:
    """Leave nothing but letters and digits: line ends and ligatures are the layout's."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKD", text))
