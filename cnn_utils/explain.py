"""In a notebook, tell errors whose cause is known in a line, where Python prints a traceback."""

from __future__ import annotations

import sys

from cnn_utils import faults, unanswered
from cnn_utils.errors import KitError, shown_instead
from cnn_utils.frames import line_that_called_keras


def explain_in_notebook() -> None:
    """From now on, let this notebook explain what it can.

    That is: tasks that are not solved yet, and names that they should have defined; a full disk,
    too little memory, missing or broken packages, files that are locked or not to be written to;
    images or labels that don't fit a Keras network, and what else Keras refuses.
    All other errors look as they always do, and with ``CNN_UTILS_TRACEBACK=1`` these, too. Does
    nothing outside IPython.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        shell.set_custom_exc((Exception,), _show)


def _show(shell, kind, error, traceback, tb_offset=None) -> None:
    told = unanswered.explanation(error, shell.history_manager.input_hist_raw[-1])
    if told is None and (known := faults.explanation(error) or _misfit(error)) is not None:
        told = f"{type(error).__name__}: {known}"
    if told is not None:
        # IPython asks an error for its own short form.
        error._render_traceback_ = lambda: shown_instead(error, told)
    shell.showtraceback((kind, error, traceback), tb_offset=tb_offset, running_compiled_code=True)


def _misfit(error) -> str | None:
    if "keras" not in sys.modules or isinstance(error, KitError):
        return None
    from cnn_utils.training import misfits, refusals

    told = misfits.explanation(error) or refusals.explanation(error)
    return f"{told}\n{line_that_called_keras(error)}".rstrip() if told else None
