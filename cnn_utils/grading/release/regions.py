"""Find worked answers between `### BEGIN SOLUTION` and `### END SOLUTION`."""

import re
from collections.abc import Callable

from cnn_utils.errors import KitError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
# Misspelt delimiters.
LOOKS_LIKE = re.compile(r"(BEGIN|END)[\W_]*SOLUTION|SOLUTION[\W_]*(BEGIN|END)\b", re.IGNORECASE)
MAY_SURROUND = {"", "<!-- -->"}


def replace_regions(source: str, stub: Callable[[str], list[str]], where: str) -> tuple[str, int]:
    """Replace each worked answer.

    Parameters
    ----------
    source : str
        Python or Markdown. A delimiter stands alone in its line; in Markdown it is a comment.
    stub : callable
        Takes the indentation of a region and returns the lines that replace it.
    where : str
        Name of the source in error messages.

    Returns
    -------
    source : str
    n_regions : int

    Raises
    ------
    KitError
        If a region is nested, never closed or never opened, or a delimiter is misspelt.
    """
    lines, opened, n_regions = [], None, 0
    for number, line in enumerate(source.split("\n"), start=1):
        delimiter = _delimiter(line, f"{where}, line {number}")
        if delimiter == BEGIN and opened is not None:
            raise KitError(
                f"{where}, line {number}: a solution begins inside that of line {opened}."
            )
        if delimiter == END and opened is None:
            raise KitError(f"{where}, line {number}: a solution ends that never began.")
        if delimiter == BEGIN:
            opened = number
            lines += stub(line[: len(line) - len(line.lstrip())])
        elif delimiter == END:
            opened, n_regions = None, n_regions + 1
        elif opened is None:
            lines.append(line)
    if opened is not None:
        raise KitError(f"{where}: the solution that begins in line {opened} never ends.")
    return "\n".join(lines), n_regions


def _delimiter(line: str, where: str) -> str | None:
    for delimiter in (BEGIN, END):
        before, found, after = line.partition(delimiter)
        if found and " ".join([before.strip(), after.strip()]).strip() in MAY_SURROUND:
            return delimiter
    if LOOKS_LIKE.search(line):
        raise KitError(
            f"{where}: '{line.strip()}' looks like a delimiter; it must be '{BEGIN}' or '{END}', "
            "alone in its line (in Markdown: as a comment)."
        )
    return None
