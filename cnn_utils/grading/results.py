"""Everything that is written when a batch has been graded."""

from __future__ import annotations

from pathlib import Path

from cnn_utils.grading.class_report import write_class_report
from cnn_utils.grading.copies import find_copies
from cnn_utils.grading.gradebook import as_rows, write_gradebook
from cnn_utils.grading.report import write_reports
from cnn_utils.grading.spec import Master
from cnn_utils.grading.to_mark import merge_marks

BOOK, SHEET, CLASS, REPORTS = "gradebook.csv", "to_mark.csv", "class.html", "reports"


def write_results(results: list[dict], masters: dict[str, Master], out: Path) -> list[dict]:
    """Write the gradebook, the pages and the sheet of texts to mark; return the book's rows.

    Parameters
    ----------
    results : list of dict
        From `grade_one`.
    masters : dict of str to Master
    out : Path
        The folder to write to. What was filled into its sheet is taken over.

    Raises
    ------
    KitError
        If the sheet holds points that are none; nothing is written then.
    """
    results = merge_marks(results, masters, out / SHEET)
    pairs = find_copies(results, masters)
    rows = as_rows(results, masters, pairs)
    write_gradebook(rows, masters, out / BOOK)
    write_reports(results, masters, out / REPORTS)
    write_class_report(rows, masters, pairs, out / CLASS)
    return rows
