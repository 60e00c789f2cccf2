"""Write everything that a graded batch produces."""

from pathlib import Path

from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.results.class_report import write_class_report, write_figures
from cnn_utils.grading.results.gradebook import as_rows, write_gradebook
from cnn_utils.grading.results.manual_grading import merge_marks
from cnn_utils.grading.results.report import write_reports
from cnn_utils.grading.results.similarity import find_similar

BOOK, SHEET, CLASS, REPORTS = "gradebook.csv", "to_mark.csv", "class.html", "reports"
FIGURES = "figures"


def write_results(
    results: list[dict], source_notebooks: dict[str, SourceNotebook], out: Path
) -> list[dict]:
    """Write the gradebook, the pages and the sheet of texts to mark; return the gradebook's rows.

    Parameters
    ----------
    results : list of dict
        From `grade_one`.
    source_notebooks : dict of str to SourceNotebook
    out : Path
        The folder to write to. Points in its sheet are read first.

    Raises
    ------
    KitError
        If the sheet holds invalid points; then nothing is written.
    """
    results = merge_marks(results, source_notebooks, out / SHEET)
    pairs = find_similar(results, source_notebooks)
    rows = as_rows(results, source_notebooks, pairs)
    write_gradebook(rows, source_notebooks, out / BOOK)
    write_reports(results, source_notebooks, out / REPORTS)
    figures = write_figures(results, source_notebooks, out / FIGURES)
    write_class_report(rows, source_notebooks, pairs, out / CLASS, figures)
    return rows
