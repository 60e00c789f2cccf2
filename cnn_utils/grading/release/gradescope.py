"""Write ``autograder.zip`` for Gradescope: the kit, the worked notebooks and two scripts."""

import os
import zipfile
from importlib import resources
from pathlib import Path

from cnn_utils.errors import KitError, cannot_write
from cnn_utils.files import KIT, atomic_path
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.results.course import FILE as COURSE_FILE
from cnn_utils.grading.verify.reference_data import LABEL_FILES, SAMPLE
from cnn_utils.notebook.assignment import FILE as ASSIGNMENT

SCRIPTS = resources.files("cnn_utils.grading.release") / "gradescope_files"
EXECUTABLE = 0o755 << 16


def write_autograder(out: Path, notebooks: Path, labels: Path | None = None) -> list[str]:
    """Write the zip; return the names of its files.

    Parameters
    ----------
    out : Path
    notebooks : Path
        Folder of the worked notebooks.
    labels : Path, optional
        As for `grade`: folder of the instructor's files, or ``sample``.

    Raises
    ------
    KitError
        If the notebooks or the labels are missing, or the zip can't be written.
    """
    files = {name: KIT / name for name in ("requirements.txt", "pyproject.toml")}
    package = KIT / "cnn_utils"
    read_source_notebooks(notebooks)  # names what is wrong with them
    kinds = (".py", ".typ", ".ttf", ".txt", ".json", ".j2", ".css", ".js")
    modules = [path for path in package.rglob("*") if path.suffix in kinds]
    files |= {f"cnn_utils/{path.relative_to(package)}": path for path in modules}
    kinds = ("*.py", "*.ipynb", ASSIGNMENT, COURSE_FILE)
    sources = [path for kind in kinds for path in notebooks.glob(kind)]
    files |= {f"notebooks/{path.name}": path for path in sources}
    if labels and labels != SAMPLE:
        found = {f"labels/{n}": labels / n for n in LABEL_FILES if (labels / n).is_file()}
        if not found:
            expected = f"hold {', '.join(LABEL_FILES)}"
            raise KitError.about(f"--labels '{labels}'", expected, "none of them")
        files |= found
    try:
        with atomic_path(out) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in sorted(files.items()):
                archive.write(path, name)
            if labels == SAMPLE:
                archive.writestr("labels.sample", "")
            for script in ("setup.sh", "run_autograder"):
                info = zipfile.ZipInfo(script)
                info.external_attr = EXECUTABLE
                archive.writestr(info, (SCRIPTS / script).read_text(encoding="utf-8"))
            names = archive.namelist()
    except OSError as error:
        raise cannot_write(out, error) from None
    return [name.replace(os.sep, "/") for name in names]
