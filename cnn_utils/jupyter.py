"""`%load_ext cnn_utils`: start TensorFlow quietly, and explain errors in a line."""

import errno
import gc
import importlib
import logging
import os
import pkgutil
import platform
import re
import sys
import tempfile
import traceback
from contextlib import ExitStack, contextmanager, suppress

from cnn_utils import __version__
from cnn_utils.errors import KitError, closest, shown_instead
from cnn_utils.notebook.names import names_left_by

# Explained if the cause is known. No SyntaxError is of these classes: IPython shows it itself.
EXPLAINED = (AttributeError, ImportError, IndexError, MemoryError, NameError, OSError)
EXPLAINED += (RuntimeError, TypeError, ValueError)
INSTALL = f'"{sys.executable}" -m pip install -r requirements.txt'
FULL = (errno.ENOSPC, errno.EDQUOT)
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
UNREACHABLE = (errno.ENOLCK, errno.ESTALE, errno.EIO, errno.ETIMEDOUT)
# Of packages that were built for other versions of each other, or miss a system library.
BROKEN = re.compile(
    "numpy.dtype size changed|compiled using NumPy|Descriptors cannot be created|undefined symbol"
    r"|cannot open shared object|DLL load failed|dlopen\(|Failed to load the native TensorFlow"
)

_undo = ExitStack()
_task_of: dict[str, str] = {}  # the unsolved tasks that should have defined these names


def show_versions() -> None:
    """Print the versions that results depend on: Python, Keras, its backend and the kit."""
    with _quiet_start():
        import keras
    backend = keras.backend.backend()
    version = importlib.import_module(backend).__version__
    print(
        f"Python {platform.python_version()}, Keras {keras.__version__} on {backend} {version}, "
        f"cnn_utils {__version__}"
    )


def load(shell) -> None:
    """Do what `cnn_utils.load_ipython_extension` lists."""
    unload()
    _set_default(os.environ, "TF_CPP_MIN_LOG_LEVEL", "2")
    if "tensorflow" not in sys.modules and platform.machine().lower() in ("x86_64", "amd64"):
        _set_default(os.environ, "TF_ENABLE_ONEDNN_OPTS", "1")
    _set_default(sys.modules, "rfc3987_syntax", None)
    logger = logging.getLogger("tensorflow")
    logger.addFilter(_is_not_about_retracing)
    _undo.callback(logger.removeFilter, _is_not_about_retracing)
    _undo.callback(setattr, shell, "custom_exceptions", shell.custom_exceptions)
    _undo.callback(setattr, shell, "CustomTB", shell.CustomTB)
    shell.set_custom_exc(EXPLAINED, _show)
    with _quiet_start():
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tf.config.list_physical_devices()  # it complains if there is no GPU
            shell.custom_exceptions += (tf.errors.OpError,)


def unload() -> None:
    """Undo what `load` did; TensorFlow stays loaded."""
    _undo.close()


def unsolved_task(error: BaseException, source: str = "") -> str | None:
    """Return which task is not solved yet; None if the error has another cause.

    The names that `source`, the cell that raised it, should have defined are missing from now on.
    """
    stub = isinstance(error, NotImplementedError) and re.match(r"task ([\w-]+):", str(error))
    if stub:
        task, explanation = stub[1], f"Not solved yet, {error}"
        _task_of.update(dict.fromkeys(re.findall(r"`(\w+)`", str(error)), task))
    elif isinstance(error, NameError) and error.name in _task_of:
        task = _task_of[error.name]
        explanation = f"`{error.name}` is missing: solve task {task} first."
    else:
        return None
    _task_of.update(dict.fromkeys(names_left_by(source), task))
    return explanation


def machine_fault(error: BaseException) -> str | None:
    """Return what is wrong with the machine and what to do; None if the error has another cause."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing_module(error.name)
    text = str(error).strip()
    cause = text.splitlines()[0][:200] if text else type(error).__name__
    code, name = getattr(error, "errno", None), getattr(error, "filename", None)
    file = f": '{name}'" if name else ""
    if BROKEN.search(text):
        repair = f"Make a new environment, or run: {INSTALL} --force-reinstall"
        if "DLL load failed" in text:
            repair = "Install the newest Microsoft Visual C++ Redistributable, and restart."
        return f"A package is installed, but does not start ({cause}). {repair}"
    if code in FULL or os.strerror(errno.ENOSPC) in text:  # TensorFlow gives only the text
        return f"The disk is full, or your quota is used up{file}. Make room, then run it again."
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return (
            f"There is not enough memory ({cause}). Shut down other notebooks (Kernel, Shut Down "
            "All Kernels) and programs, use a smaller batch_size, feed images with ImageBatches; "
            "then restart the kernel."
        )
    if code in REFUSED:
        return (
            f"Access denied ({error.strerror}){file}. Does it belong to someone else, or does "
            "another program use it? Otherwise copy the notebook's folder to your own disk."
        )
    if code in UNREACHABLE or "unable to lock file" in text:
        return (
            f"The file is locked, or its drive does not answer ({cause}). Close other programs "
            "that use it, or copy it to a disk of this machine."
        )
    return None


def _missing_module(name: str) -> str | None:
    parent, _, module = name.rpartition(".")
    if parent in sys.modules:
        modules = pkgutil.iter_modules(getattr(sys.modules[parent], "__path__", ()))
        similar = closest(module, [info.name for info in modules])
        return similar and f"{parent} has no module {module}. Do you mean {parent}.{similar}?"
    package = name.split(".")[0]
    return (
        f"The package {package} is not installed in this Python ({sys.executable}), and the "
        f"notebook's folder has no {package}.py. Is this the kit's own Python? In a notebook "
        "choose its kernel (Kernel, Change Kernel); in a terminal use .venv/bin/python -m "
        f"cnn_utils. To install the kit's packages into this one: {INSTALL}"
    )


def _show(shell, kind, error, tb, tb_offset=None) -> None:
    """Show an error of a cell: in a line if it can be explained, else as IPython does."""
    with suppress(Exception):  # then it stays unexplained
        if explanation := _explanation(error, shell.history_manager.input_hist_raw[-1]):
            # IPython asks an error for its own short form.
            error._render_traceback_ = lambda: shown_instead(error, explanation)
    try:
        shell.showtraceback((kind, error, tb), tb_offset=tb_offset)
    except Exception:  # Jupyter needs `str(error)`, which may fail
        traceback.print_exception(kind, error, tb)


def _explanation(error: BaseException, source: str) -> str | None:
    if isinstance(error, KitError):  # explains itself
        return None
    if explanation := unsolved_task(error, source):
        return explanation
    explanation = machine_fault(error)
    if explanation is None:
        from cnn_utils import keras_errors  # needs Keras, which may be what is missing

        explanation = keras_errors.explanation(error)
    return explanation and f"{type(error).__name__}: {explanation}"


def _set_default(mapping, key: str, value) -> None:
    if key not in mapping:
        mapping[key] = value
        _undo.callback(mapping.pop, key, None)


def _is_not_about_retracing(record: logging.LogRecord) -> bool:
    """Filter TensorFlow's retracing warning: each new model causes one."""
    return "triggered tf.function retracing" not in record.getMessage()


@contextmanager
def _quiet_start():
    """Show what TensorFlow writes to standard error only if the block fails.

    Some lines come before it reads ``TF_CPP_MIN_LOG_LEVEL``, and past Python's `sys.stderr`.
    Garbage collection is paused meanwhile: it would take a quarter of the time.
    """
    with tempfile.TemporaryFile() as notes:
        try:
            with ExitStack() as restore:
                if gc.isenabled():
                    gc.disable()
                    restore.callback(gc.enable)
                with suppress(OSError):  # a Python without standard error, as pythonw
                    standard_error = os.dup(2)
                    restore.callback(os.close, standard_error)
                    restore.callback(os.dup2, standard_error, 2)
                    os.dup2(notes.fileno(), 2)
                yield
        except BaseException:
            notes.seek(0)
            print(notes.read().decode(errors="replace"), file=sys.stderr)
            raise
