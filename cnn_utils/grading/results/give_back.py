"""Give feedback back: texts for Moodle's worksheet, and zips for Moodle and Canvas to take in."""

import html
import io
import re
import zipfile
from pathlib import Path, PurePath

from cnn_utils.files import write_whole
from cnn_utils.grading.intake import platforms
from cnn_utils.notebook.scripts import with_text

FEEDBACK = "feedback.html"
MOODLE_ZIP, CANVAS_ZIP = "feedback_moodle.zip", "feedback_canvas.zip"
# How a text begins that an earlier run wrote.
OWN_TEXT = re.compile(r"<p>(?:Excused|[\d.]+ of [\d.]+ points)\b", re.IGNORECASE)


def feedback_text(report: dict) -> str:
    """Return a report as a short text in HTML, for a cell of a worksheet.

    Parameters
    ----------
    report : dict
        From `student_report`.
    """
    points = f"{report['score']:g} of {report['max_score']:g} points."
    parts = [f"<p>{'Excused.' if report['is_excused'] else points}</p>"]
    if report["late"]:
        parts.append(f"<p>Handed in {html.escape(report['late'])}.</p>")
    if report["whole"]:
        parts.append(f"<p>Adjusted: {html.escape(report['whole'])}.</p>")
    lines = []
    for task in report["tasks"]:
        if task["is_excused"] or task["points"] is None:
            continue
        reached = f"{task['heading']}: {task['points']:g} of {task['max_points']:g}."
        text = html.escape(f"{reached} {task['reason']}".strip())
        lines.append(f"<li>{text}</li>")
    return "".join([*parts, "<ul>", *lines, "</ul>"])


def joined(old: str, text: str) -> str:
    """Return a cell's new text: one that somebody else wrote stays in front."""
    written, *ours = OWN_TEXT.split(old, maxsplit=1)
    return text if (ours and not written.strip()) or not old.strip() else f"{written.strip()}{text}"


def write_feedback_zips(
    results: list[dict], reports: Path, out: Path, numbers: dict[str, str] | None = None
) -> list[Path]:
    """Write the report of each hand-in into the zips that Moodle and Canvas take in.

    Moodle ("Upload multiple feedback files in a zip") wants the name of a downloaded file with
    another ending. Canvas ("Re-Upload Submissions") wants the same names, and shows the files as
    attachments of a comment: a zip holds the report, a notebook its text.

    Parameters
    ----------
    results : list of dict
        From `batch.grade`.
    reports : Path
        The folder of their reports.
    out : Path
    numbers : dict of str to str, optional
        Hand-ins by the numbers of Moodle's participants, also of those who uploaded nothing.

    Returns
    -------
    paths : list of Path
        The written zips; of platforms whose names occur.
    """
    files: dict[str, dict[str, bytes]] = {MOODLE_ZIP: {}, CANVAS_ZIP: {}}
    people: dict[str, list[str]] = {}
    for number, name in (numbers or {}).items():
        people.setdefault(name, []).append(number)
    for result in results:
        if "file" not in result:
            continue
        page = (reports / f"{result['file']}.html").read_bytes()
        uploaders = [found for m in result["members"] if (found := platforms.MOODLE.match(m))]
        names = {found["id"]: found["member"].rstrip("_") for found in uploaders}
        for number in people.get(result["name"], ()):
            names.setdefault(number, f"Participant_{number}_assignsubmission_file")
        files[MOODLE_ZIP] |= {f"{name}_{FEEDBACK}": page for name in names.values()}
        for name in _canvas_names(result["uploads"]):
            files[CANVAS_ZIP][name] = _as_kind(PurePath(name).suffix.lower(), page)
    written = []
    for name, contents in files.items():
        if contents:
            write_zip(out / name, contents)
            written.append(out / name)
    return written


def write_zip(path: Path, contents: dict[str, bytes]) -> None:
    """Write a zip, completely or not at all; equal contents give equal bytes."""
    write_whole(path, _zipped(contents))


def _zipped(contents: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(contents.items()):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _canvas_names(uploads: list[str]) -> list[str]:
    """Return the last file of each person's that can hold a report, a zip rather than others."""
    chosen: dict[str, tuple[bool, int, str]] = {}
    for name in uploads:
        found, suffix = platforms.CANVAS.fullmatch(name), PurePath(name).suffix.lower()
        if found and found["when"] and suffix in (".zip", ".ipynb"):
            file = (suffix == ".zip", int(found["when"]), name)
            person = f"{found['name']}_{found['id']}"
            chosen[person] = max(file, chosen.get(person, file))
    return [name for _, _, name in chosen.values()]


def _as_kind(suffix: str, page: bytes) -> bytes:
    if suffix == ".zip":
        return _zipped({FEEDBACK: page})
    body = page.decode().partition("<body>")[2].partition("</body>")[0]
    return with_text(body.strip()).encode()
