"""Say in one line that a task is not solved yet, where Python would print a traceback."""

from __future__ import annotations

import re

from cnn_utils.notebook.names import names_left_by

MARK = re.compile(r"task ([\w-]+):")
_task_of: dict[str, str] = {}


def explanation(error: BaseException, source: str = "") -> str | None:
    """Return what to say of an error; None if it is of another kind.

    Parameters
    ----------
    error : BaseException
    source : str, default=""
        Of the cell that raised it: what this cell should have defined is missing from now on.

    Examples
    --------
    >>> explanation(NotImplementedError("task lenet: write `build_lenet`"))
    'Not solved yet, task lenet: write `build_lenet`'
    """
    if isinstance(error, NotImplementedError) and (match := MARK.match(str(error))):
        task, told = match[1], f"Not solved yet, {error}"
        _task_of.update(dict.fromkeys(re.findall(r"`(\w+)`", str(error)), task))
    elif isinstance(error, NameError) and error.name in _task_of:
        task = _task_of[error.name]
        told = f"This needs `{error.name}`, and first of all task {task}, not solved yet."
    else:
        return None
    _task_of.update(dict.fromkeys(names_left_by(source), task))
    return told
