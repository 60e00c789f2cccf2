"""Recognise what is wrong with the machine and not with the program, and say what to do."""

from __future__ import annotations

import errno
import os
import sys

from cnn_utils.errors import closest
from cnn_utils.frames import frames_of, is_own

FULL = (errno.ENOSPC, errno.EDQUOT)
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
FAR = (errno.ENOLCK, errno.ESTALE, errno.EIO, errno.ETIMEDOUT)
INSTALL = f'"{sys.executable}" -m pip install -r requirements.txt'
OTHER_KERNEL = (
    "Is this the kit's own Python? In a notebook choose its kernel (Kernel, Change Kernel); in a "
    f"terminal use .venv/bin/python -m cnn_utils. To install it into this one: {INSTALL}"
)
# Of packages that were built for another version of each other, or miss a system library.
BROKEN = ("numpy.dtype size changed", "compiled using NumPy", "Descriptors cannot be created")
BROKEN += ("undefined symbol", "cannot open shared object", "DLL load failed", "dlopen(")
BROKEN += ("Failed to load the native TensorFlow",)
NEWEST = (3, 13)


def explanation(error: BaseException) -> str | None:
    """Return what is wrong, and what to do about it; None if the machine seems to be well.

    Parameters
    ----------
    error : BaseException

    Examples
    --------
    >>> explanation(OSError(28, "No space left on device", "submission.csv"))
    "The disk is full, or your quota used up: 'submission.csv'. Make room, then run it again."
    """
    text = str(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _misspelt(error) or _missing(error.name.split(".")[0])
    if any(words in text for words in BROKEN):
        return _broken(error)
    # TensorFlow, too, has no more than this text for a full disk.
    if getattr(error, "errno", None) in FULL or os.strerror(errno.ENOSPC) in text:
        name = _name(error)
        return f"The disk is full, or your quota used up{name}. Make room, then run it again."
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return (
            f"There is not enough memory ({_first_line(error)}). Shut down other notebooks "
            "(Kernel, Shut Down All Kernels) and programs, take a smaller batch_size, feed images "
            "with ImageBatches; then restart the kernel."
        )
    return _file(error) if isinstance(error, OSError) else None


def _misspelt(error: ModuleNotFoundError) -> str | None:
    """Return what to say if a cell asked an installed package for a part that it has not."""
    parent, _, last = error.name.rpartition(".")
    importers = [frame for frame in frames_of(error) if "importlib" not in frame.f_code.co_filename]
    package = sys.modules.get(parent) or sys.modules.get(parent.split(".")[0])
    if package is None or not importers or not is_own(importers[-1]):
        return None
    similar = closest(last, dir(package))
    next_step = f" Do you mean {parent}.{similar}?" if similar else ""
    return f"{parent} has no module {last}.{next_step}"


def _missing(package: str) -> str:
    told = f"The package {package} is not installed in this Python ({sys.executable})"
    if package == "tensorflow" and sys.version_info[:2] > NEWEST:
        newest = ".".join(map(str, NEWEST))
        return (
            f"{told}. Make an environment with Python 3.10 to {newest}: there it can be installed."
        )
    return f"{told}, and no {package}.py lies beside the notebook. {OTHER_KERNEL}"


def _broken(error: BaseException) -> str:
    told = f"A package is installed, but does not start ({_first_line(error)}). "
    if "DLL load failed" in str(error):
        return told + "Install the newest Microsoft Visual C++ Redistributable, and restart."
    return (
        f"{told}Packages that don't fit together are best installed anew, into an empty "
        f"environment; to mend this one: {INSTALL} --force-reinstall"
    )


def _file(error: OSError) -> str | None:
    if error.errno in REFUSED:
        return (
            f"This can't be read or written ({error.strerror}){_name(error)}. Does it belong to "
            "someone else, or is another program using it? Else copy the notebook's folder to a "
            "place of your own."
        )
    if error.errno in FAR or "unable to lock file" in str(error):
        return (
            f"The file is locked, or on a drive that does not answer ({_first_line(error)}). Close "
            "other programs that use it, or copy it to a disk of this machine."
        )
    return None


def _name(error: BaseException) -> str:
    name = getattr(error, "filename", None)
    return f": '{name}'" if name else ""


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
