"""Start TensorFlow without its start-up notes, and say which versions are in use."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from cnn_utils import __version__
from cnn_utils.explain import explain_in_notebook


def show_versions() -> None:
    """Print the versions a result depends on; starts Keras and its backend.

    In a notebook, unanswered tasks and faults of the machine are explained from here on.
    """
    explain_in_notebook()
    keras = import_quietly("keras")
    backend = keras.backend.backend()
    version = importlib.import_module(backend).__version__
    print(
        f"Python {platform.python_version()}, Keras {keras.__version__} on {backend} {version}, "
        f"cnn_utils {__version__}"
    )


def import_quietly(name: str):
    """Import a module; what its C++ code writes to standard error is shown only if that fails.

    TensorFlow writes some lines before it reads ``TF_CPP_MIN_LOG_LEVEL``, past Python's
    `sys.stderr`: they can only be caught at the file descriptor.
    """
    logging.getLogger("tensorflow").addFilter(_is_of_use)
    if name in sys.modules:
        return sys.modules[name]
    with tempfile.TemporaryFile() as notes:
        try:
            with _standard_error_to(notes.fileno()), _all_of_it_stays():
                return importlib.import_module(name)
        except BaseException:
            notes.seek(0)
            print(notes.read().decode(errors="replace"), file=sys.stderr)
            raise


def _is_of_use(record: logging.LogRecord) -> bool:
    """Say False to the warning that a function was traced anew, as for each new model it is."""
    return "triggered tf.function retracing" not in record.getMessage()


@contextmanager
def _all_of_it_stays() -> Iterator[None]:
    """Look for no garbage among what an import creates, neither meanwhile nor later.

    TensorFlow brings more than half a million objects that all stay. Looking through them took a
    fifth of the import's time, and then a third of a second each time that Python looked again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


@contextmanager
def _standard_error_to(descriptor: int) -> Iterator[None]:
    try:
        saved = os.dup(2)
    except OSError:  # no standard error, as under pythonw
        yield
        return
    try:
        os.dup2(descriptor, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
