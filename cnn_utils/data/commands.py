"""The command `data`."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_commands(commands) -> None:
    """Add the command `data`."""
    parser = commands.add_parser("data", help="fetch MNIST and CIFAR-10, or make the student file")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--check", action="store_true", help="say what is at hand, and whether it is whole"
    )
    what.add_argument("--fetch", action="store_true", help="get both data sets from their mirrors")
    what.add_argument(
        "--make-student-file",
        action="store_true",
        help="write the file to hand out, and the labels of its test images",
    )
    parser.add_argument(
        "--out", type=Path, help="folder for the files (default: the cache, or this folder)"
    )
    parser.add_argument(
        "--seed", type=int, help="of the test images' order (default: one that nobody knows)"
    )
    parser.add_argument("--archive", type=Path, help="your own cifar-10-python.tar.gz")
    parser.set_defaults(command=data)


def data(options: argparse.Namespace) -> int:
    """Do one of the three; without an option, check."""
    from cnn_utils.data import locate, upkeep

    if options.fetch:
        return upkeep.fetch_both(options.out or locate.fetched_folder())
    if options.make_student_file:
        return upkeep.make(options.archive, options.out or Path(), options.seed)
    return upkeep.check()
