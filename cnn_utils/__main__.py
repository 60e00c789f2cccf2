"""The command line: `python -m cnn_utils pdf`, `handin`, `data`, and for instructors `grade` ..."""

import argparse
import os
import sys
from pathlib import Path

from cnn_utils import __version__, jupyter
from cnn_utils.errors import KitError, traceback_wanted


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit status: 0 success, 1 a notebook failed, 2 wrong use."""
    try:
        options = _parser().parse_args(arguments)
        return options.command(options)
    except KitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader closed the pipe, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        fault = None if traceback_wanted() else jupyter.machine_fault(error)
        if fault is None:
            raise
        print(f"Error: {fault}", file=sys.stderr)
        return 2


def pdf(options: argparse.Namespace) -> int:
    """Write the PDF of each notebook next to it."""
    from cnn_utils.pdf.exporter import export_pdf_or_page

    status = 0
    for notebook in options.notebook:
        try:
            path, note = export_pdf_or_page(notebook)
        except KitError as error:  # go on with the others
            print(f"Error: {error}", file=sys.stderr)
            status = 2
            continue
        print(f"{path} written", *([note] if note else []), sep="\n")
        status = max(status, int(bool(note)))
    return status


def handin(options: argparse.Namespace) -> int:
    """Print what is missing; write the PDFs and the zip."""
    from cnn_utils.handin.submission_zip import hand_in

    handed_in = hand_in(options.folder, options.notebooks)
    print(handed_in)
    return int(not handed_in.is_complete)


def data(options: argparse.Namespace) -> int:
    """Load both data sets as the notebooks do: download missing files and verify the others."""
    from cnn_utils.data.loaders import load_cifar10, load_mnist

    status = 0
    for load in (load_mnist, load_cifar10):
        try:
            dataset = load(source="official", verbose=0)
            print(dataset)
            status = max(status, int(dataset.source != "official"))
        except KitError as error:
            print(f"Error: {error}", file=sys.stderr)
            status = 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cnn_utils", description="The CNN teaching kit."
    )
    parser.add_argument("--version", action="version", version=f"cnn_utils {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    pdf_parser = commands.add_parser("pdf", help="write executed notebooks as PDF, next to them")
    pdf_parser.add_argument("notebook", nargs="+", type=Path, help="an .ipynb")
    pdf_parser.set_defaults(command=pdf)

    handin_parser = commands.add_parser(
        "handin", help="check the executed notebooks of a folder, write PDFs and a zip"
    )
    handin_parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(), help="default: this folder"
    )
    handin_parser.add_argument(
        "--notebooks", type=Path, help="folder of assignment.json (default: that one, or the kit's)"
    )
    handin_parser.set_defaults(command=handin)

    data_parser = commands.add_parser("data", help="download missing data files, verify the others")
    data_parser.set_defaults(command=data)

    if (Path(__file__).parent / "grading").is_dir():  # students have no such folder
        from cnn_utils.grading.commands import add_commands

        add_commands(commands)
    return parser


if __name__ == "__main__":
    # For this process and the kernels that it starts: TensorFlow reports only errors, and
    # jsonschema, which reads notebooks, does not build a grammar of web addresses for two seconds.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.modules.setdefault("rfc3987_syntax", None)
    sys.exit(main())
