"""Build the command line of bubblewrap (Linux): a separate file system without network or home."""

import os
import sys
from pathlib import Path

from cnn_utils.grading.sandbox.limits import TMPFS_SIZE, as_user, limited, user_of


def command_line(workdir: Path, readable: list[Path], command: list[str]) -> list[str]:
    """Return a command that runs another one in bubblewrap; all its processes end with it.

    Parameters
    ----------
    workdir : Path
        Mounted as ``/workdir``, the only writable folder.
    readable : list of Path
        Further readable folders, besides ``/usr`` and this Python.
    command : list of str
    """
    words = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    words += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    words += ["--ro-bind", "/usr", "/usr", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for name in ("bin", "lib", "lib64", "sbin"):
        words += ["--symlink", f"usr/{name}", f"/{name}"]
    words += ["--proc", "/proc", "--dev", "/dev", *_tmpfs("/tmp"), *_tmpfs("/dev/shm")]
    words += ["--tmpfs", "/home"]
    for folder in [*_python_folders(), *readable]:
        for parent in reversed(folder.parents[:-1]):  # else only root may enter it
            words += ["--perms", "0755", "--dir", str(parent)]
        words += ["--ro-bind", str(folder), str(folder)]
    words += ["--bind", str(workdir), "/workdir", "--chdir", "/workdir"]
    # Else users other than root could fill the memory there.
    for place in ("/home", "/dev", "/"):
        words += ["--remount-ro", place]
    return [*words, *_as_nobody(workdir), *limited(command)]


def _tmpfs(place: str) -> list[str]:
    return ["--perms", "1777", "--size", str(TMPFS_SIZE), "--tmpfs", place]


def _as_nobody(workdir: Path) -> list[str]:
    if os.geteuid() != 0:
        user = str(user_of(workdir))
        return ["--unshare-user", "--disable-userns", "--uid", user, "--gid", user, "--"]
    # Only root may read this Python, so root sets up the mounts; then root becomes another user,
    # because the limit on processes does not apply to root.
    words = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--"]
    return [*words, *as_user(workdir)]


def _python_folders() -> list[Path]:
    """Return the folders of this Python and its packages outside /usr."""
    folders = {Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve()}
    return sorted(folder for folder in folders if not folder.is_relative_to("/usr"))
