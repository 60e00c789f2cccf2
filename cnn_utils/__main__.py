"""The command line: `python -m cnn_utils run`, `pdf`, `handin`, `grade` ..."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from cnn_utils import __version__, jupyter
from cnn_utils.errors import KitError, traceback_wanted
from cnn_utils.files import KIT

PARTS = {"part1": "part1_lenet_mnist", "part2": "part2_cnn_cifar10"}


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


def run(options: argparse.Namespace) -> int:
    """Execute the notebooks; print where the results are."""
    from cnn_utils.notebook.run import run_notebook

    parts = list(PARTS) if "both" in options.parts else options.parts
    if options.data is not None:
        _check_data(options.data, parts)
    failed = False
    for part in parts:
        result = run_notebook(
            options.notebooks / f"{PARTS[part]}.ipynb", options.out, options.profile, options.data
        )
        failed |= result.error is not None
        print(f"{part} {'FAILED: ' + result.error if result.error else 'done'}")
        print(f"  notebook    {result.notebook}\n  web page    {result.html}")
    if "part2" in parts and not failed:
        print(f"  submission  {options.out / 'submission.csv'}")
    return int(failed)


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


def pair(options: argparse.Namespace) -> int:
    """Build the .ipynb notebooks from the .py files, or check that they agree."""
    from cnn_utils.notebook.pairing import pair as pair_folder

    changed = pair_folder(options.notebooks, check=options.check)
    for path in changed:
        print(f"{path} {'differs from its .py: run `make pair`' if options.check else 'written'}")
    if not changed:
        print("The .ipynb notebooks agree with the .py files.")
    return int(options.check and bool(changed))


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


def _check_data(folder: Path, parts: list[str]) -> None:
    """Refuse a folder without the files: falling back to the sample would surprise."""
    from cnn_utils.data.formats import CIFAR10_FILE, MNIST_FILE

    for part, name in (("part1", MNIST_FILE), ("part2", CIFAR10_FILE)):
        if part in parts and not (folder / name).is_file():
            raise KitError.about(
                f"--data '{folder}'",
                f"be a folder that holds {name} (for {part})",
                "a folder without it" if folder.is_dir() else "no such folder",
                "Leave --data out to run on the drawn sample.",
            )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cnn_utils", description="The CNN teaching kit."
    )
    parser.add_argument("--version", action="version", version=f"cnn_utils {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    run_parser = commands.add_parser("run", help="execute the notebooks, write them to build/")
    run_parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, "both"], default="both", help="default: both"
    )
    run_parser.add_argument(
        "--profile",
        choices=("quick", "full"),
        default=os.environ.get("CNN_UTILS_PROFILE") or "quick",
        help="quick: a minute or two a part; full: the assignment's epochs (default: quick)",
    )
    run_parser.add_argument("--data", type=Path, help="folder with mnist.npz and the .h5 file")
    run_parser.add_argument(
        "--out", type=Path, default=Path("build"), help="folder for the results (default: build)"
    )
    run_parser.set_defaults(command=run)

    pdf_parser = commands.add_parser("pdf", help="write executed notebooks as PDF, next to them")
    pdf_parser.add_argument("notebook", nargs="+", type=Path, help="an .ipynb")
    pdf_parser.set_defaults(command=pdf)

    handin_parser = commands.add_parser(
        "handin", help="check the executed notebooks of a folder, write PDFs and a zip"
    )
    handin_parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(), help="default: this folder"
    )
    handin_parser.set_defaults(command=handin)

    pair_parser = commands.add_parser("pair", help="build the .ipynb notebooks from the .py files")
    pair_parser.add_argument("--check", action="store_true", help="only compare, write nothing")
    pair_parser.set_defaults(command=pair)

    handin_parser.add_argument(
        "--notebooks", type=Path, help="folder of assignment.json (default: that one, or the kit's)"
    )
    data_parser = commands.add_parser("data", help="download missing data files, verify the others")
    data_parser.set_defaults(command=data)

    with_notebooks = [run_parser, pair_parser]
    if (Path(__file__).parent / "grading").is_dir():  # students have no such folder
        from cnn_utils.grading.commands import add_commands

        with_notebooks += add_commands(commands)
    for command in with_notebooks:
        command.add_argument(
            "--notebooks", type=Path, default=KIT / "notebooks", help="folder of the notebooks"
        )
    return parser


if __name__ == "__main__":
    # For this process and the kernels that it starts: TensorFlow reports only errors, and
    # jsonschema, which reads notebooks, does not build a grammar of web addresses for two seconds.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.modules.setdefault("rfc3987_syntax", None)
    sys.exit(main())
