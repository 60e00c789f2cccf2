"""Check a folder's notebooks, and put all that is handed in into one zip."""

from __future__ import annotations

import hashlib
import io
import json
import re
import unicodedata
import zipfile
from pathlib import Path

import nbformat
import pypdf

from cnn_utils import __version__
from cnn_utils.errors import KitError
from cnn_utils.files import atomic_path
from cnn_utils.handin.doctor import Finding, examine
from cnn_utils.handin.pdf.exporter import export_pdf
from cnn_utils.handin.run import read_notebook
from cnn_utils.handin.tasks import group_of, tasks_in

ALSO = ("submission.csv", "submission.csv.json")
MANIFEST = "manifest.json"


def hand_in(folder: Path, masters: Path) -> tuple[Path, dict[str, list[Finding]], str]:
    """Examine the notebooks in a folder, write their PDFs, and zip both with the submission.

    What is missing does not stop it: the findings say so, and the zip holds what there is.

    Parameters
    ----------
    folder : Path
        Holds executed notebooks of the same names as those in `masters`.
    masters : Path
        Folder of the notebooks as they were handed out.

    Returns
    -------
    zip_path : Path
        ``group<number>.zip`` in `folder`; it appears whole or not at all.
    findings : dict of str to list of Finding
        By the notebook's name.
    contents : str
        What the zip holds, counted after it was read back.

    Raises
    ------
    KitError
        If there is no such notebook, or the zip can't be written.
    """
    names = sorted(path.name for path in masters.glob("*.ipynb") if (folder / path.name).is_file())
    if not names:
        wanted = ", ".join(sorted(path.name for path in masters.glob("*.ipynb")))
        raise KitError.about(f"'{folder}'", f"hold executed notebooks ({wanted})", "none of them")
    findings, files, group = {}, [], ""
    for name in names:
        notebook, master = read_notebook(folder / name), read_notebook(masters / name)
        findings[name] = examine(notebook, folder, master)
        group = group or re.sub(r"\W", "", group_of(notebook).get("group number", ""))
        files += [folder / name, export_pdf(folder / name)]
    files += [folder / name for name in ALSO if (folder / name).is_file()]
    target = folder / f"group{group or '_unknown'}.zip"
    try:
        with atomic_path(target) as part:
            _write(part, files)
            contents = _read_back(part, files)
    except OSError as error:
        raise KitError.about(f"'{target}'", "be a file to write to", f"{error.strerror}") from None
    return target, findings, contents


def _write(path: Path, files: list[Path]) -> None:
    hashes = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    manifest = {"kit": __version__, "sha256": hashes}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
        archive.writestr(MANIFEST, json.dumps(manifest, indent=2) + "\n")


def _read_back(path: Path, files: list[Path]) -> str:
    """Compare the zip with its manifest, and its PDFs with the notebooks; say what it holds."""
    with zipfile.ZipFile(path) as archive:
        data = {file.name: archive.read(file.name) for file in files}
        hashes = json.loads(archive.read(MANIFEST))["sha256"]
    for name, content in data.items():
        if hashlib.sha256(content).hexdigest() != hashes[name]:
            raise KitError(f"'{path}' does not hold {name} as it was written: try again.")
    pages = figures = answers = found = 0
    for name in data:
        if not name.endswith(".ipynb"):
            continue
        notebook = nbformat.reads(data[name].decode("utf-8"), as_version=4)
        reader = pypdf.PdfReader(io.BytesIO(data[name.replace(".ipynb", ".pdf")]))
        text = _bare(" ".join(page.extract_text() for page in reader.pages))
        pages += len(reader.pages)
        figures += sum("image/png" in bundle for bundle in _bundles(notebook))
        for task in tasks_in(notebook).values():
            answers += not task.is_stub
            found += not task.is_stub and _bare(_first_words(task)) in text
    told = f"all {answers} answers" if found == answers else f"{found} of {answers} answers"
    return f"{len(data)} files, {pages} pages, {figures} figures, {told} found in the PDFs"


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
