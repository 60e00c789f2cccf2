"""The command line of bubblewrap (Linux): a file system of its own, without network or home."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cnn_utils.grading.limits import MEMORY_DISK, limited, user_of


def command_line(box: Path, readable: list[Path], command: list[str]) -> list[str]:
    """Return a command that runs another one shut off; it dies with all that it started.

    Parameters
    ----------
    box : Path
        Seen as ``/box``, the only folder that can be written to.
    readable : list of Path
        Further folders that can be read, besides ``/usr`` and this Python.
    command : list of str
    """
    words = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    words += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    words += ["--ro-bind", "/usr", "/usr", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for name in ("bin", "lib", "lib64", "sbin"):
        words += ["--symlink", f"usr/{name}", f"/{name}"]
    words += ["--proc", "/proc", "--dev", "/dev", *_memory_disk("/tmp"), *_memory_disk("/dev/shm")]
    words += ["--tmpfs", "/home"]
    for folder in [*_python_folders(), *readable]:
        for parent in reversed(folder.parents[:-1]):  # else made for root alone
            words += ["--perms", "0755", "--dir", str(parent)]
        words += ["--ro-bind", str(folder), str(folder)]
    words += ["--bind", str(box), "/box", "--chdir", "/box"]
    # Else they are disks in memory without a bound, for all but root.
    for place in ("/home", "/dev", "/"):
        words += ["--remount-ro", place]
    return [*words, *_as_nobody(box), *limited(command)]


def _memory_disk(place: str) -> list[str]:
    return ["--perms", "1777", "--size", str(MEMORY_DISK), "--tmpfs", place]


def _as_nobody(box: Path) -> list[str]:
    user = str(user_of(box))
    if os.geteuid() != 0:
        return ["--unshare-user", "--disable-userns", "--uid", user, "--gid", user, "--"]
    # Everything is set up as root, who may read this Python; then root becomes somebody else,
    # for whom the limit on processes holds.
    words = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--", "setpriv"]
    return [*words, f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs"]


def _python_folders() -> list[Path]:
    """Return where this Python and its packages lie, beside /usr."""
    folders = {Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve()}
    return sorted(folder for folder in folders if not folder.is_relative_to("/usr"))
