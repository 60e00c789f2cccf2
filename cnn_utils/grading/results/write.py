"""Write everything that a graded batch produces."""

from pathlib import Path
from typing import NamedTuple

from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.results.adjustments import FILE as ADJUSTMENTS
from cnn_utils.grading.results.adjustments import adjusted, read_adjustments
from cnn_utils.grading.results.changes import write_changes
from cnn_utils.grading.results.class_report import write_class_report, write_figures
from cnn_utils.grading.results.course import Course
from cnn_utils.grading.results.gradebook import as_rows, columns, write_gradebook
from cnn_utils.grading.results.manual_grading import merge_marks
from cnn_utils.grading.results.marking_page import write_marking_page
from cnn_utils.grading.results.report import write_reports
from cnn_utils.grading.results.similarity import find_similar

BOOK, SHEET, CLASS, REPORTS = "gradebook.csv", "to_mark.csv", "class.html", "reports"
FIGURES = "figures"
NO_COURSE = Course()


class Written(NamedTuple):
    """What was written: adjusted results, the gradebook's rows, and the number of changes."""

    results: list[dict]
    rows: list[dict]
    n_changes: int


def write_results(
    results: list[dict],
    source_notebooks: dict[str, SourceNotebook],
    out: Path,
    course: Course = NO_COURSE,
) -> Written:
    """Write the gradebook, the pages and the sheet of texts to mark.

    Parameters
    ----------
    results : list of dict
        From `grade_one`.
    source_notebooks : dict of str to SourceNotebook
    out : Path
        The folder to write to. Its sheet and its ``adjustments.csv`` are read first.
    course : Course
        From `read_course`.

    Returns
    -------
    written : Written

    Raises
    ------
    KitError
        If the sheet or the adjustments are invalid; then gradebook and pages stay as they are.
    """
    adjustments = read_adjustments(out / ADJUSTMENTS, source_notebooks)
    results, texts = merge_marks(results, source_notebooks, out / SHEET)
    write_marking_page(texts, source_notebooks, out / SHEET, course.title)
    results = adjusted(results, adjustments, course, out / ADJUSTMENTS)
    pairs = find_similar(results, source_notebooks)
    rows = as_rows(results, source_notebooks, pairs)
    n_changes = write_changes(out / BOOK, results, rows, columns(source_notebooks))
    write_gradebook(rows, source_notebooks, out / BOOK)
    write_reports(results, source_notebooks, out / REPORTS, course.title)
    figures = write_figures(results, source_notebooks, out / FIGURES)
    write_class_report(rows, source_notebooks, pairs, out / CLASS, figures, course.title)
    return Written(results, rows, n_changes)
