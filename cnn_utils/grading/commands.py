"""Add the authors' and instructors' commands, from `run` and `pair` to `grade`."""

import argparse
import os
from collections import Counter
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.files import KIT

NOTEBOOKS = KIT / "notebooks"


def add_commands(commands) -> None:
    """Add the commands that students do not get."""
    run_parser = commands.add_parser("run", help="execute the notebooks, write them to build/")
    run_parser.add_argument(
        "parts", nargs="*", help="how their names begin, such as part1 (default: all)"
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

    pair_parser = commands.add_parser("pair", help="bring the .py and .ipynb notebooks in line")
    pair_parser.add_argument("--check", action="store_true", help="only compare, write nothing")
    pair_parser.set_defaults(command=pair)

    file_parser = commands.add_parser(
        "student-file",
        help="write the CIFAR-10 file to hand out, and the labels of its test images",
    )
    file_parser.add_argument("--archive", type=Path, help="your own cifar-10-python.tar.gz")
    file_parser.add_argument("--out", type=Path, default=Path(), help="folder for the files")
    file_parser.add_argument("--seed", type=int, help="for the test images' order")
    file_parser.set_defaults(command=student_file)

    release_parser = commands.add_parser("release", help="write the student release")
    release_parser.add_argument("--out", type=Path, required=True, help="a new folder")
    release_parser.add_argument(
        "--data", type=Path, help="the course's student_dataset_CIFAR10.h5, for --data-url"
    )
    release_parser.add_argument(
        "--data-url",
        action="append",
        metavar="URL",
        help="where students' kits download this file; may be given several times",
    )
    release_parser.add_argument("--py", action="store_true", help="write the notebooks as .py, too")
    release_parser.set_defaults(command=release)

    grade_parser = commands.add_parser("grade", help="grade hand-ins, each in a sandbox")
    grade_parser.add_argument("handins", type=Path, help="folder of zips, folders or notebooks")
    grade_parser.add_argument(
        "--labels",
        type=Path,
        help="your folder of mnist.npz, the .h5 file and labels_CIFAR10.csv; or: sample",
    )
    grade_parser.add_argument(
        "--out", type=Path, default=Path("graded"), help="folder for the results"
    )
    grade_parser.add_argument(
        "--jobs", type=_count, help="hand-ins at a time (default: one per core)"
    )
    grade_parser.add_argument(
        "--sandbox", choices=("auto", "container", "bwrap", "rlimits"), default="auto"
    )
    grade_parser.add_argument("--image", help="container image with the kit's requirements")
    grade_parser.add_argument(
        "--dask", metavar="tls://HOST:PORT", help="grade on the workers of this Dask scheduler"
    )
    grade_parser.add_argument(
        "--lms", type=Path, metavar="CSV", help="export of Canvas or Moodle to fill in"
    )
    grade_parser.add_argument(
        "--roster", type=Path, metavar="CSV", help="students and groups, if the export lacks groups"
    )
    grade_parser.add_argument("--column", help="Canvas' assignment, if the export has several")
    grade_parser.add_argument(
        "--only", action="append", metavar="NAME", help="grade this one again; several times"
    )
    grade_parser.set_defaults(command=grade)

    autograder_parser = commands.add_parser("autograder", help="write the zip for Gradescope")
    autograder_parser.add_argument("--gradescope", action="store_true", required=True)
    autograder_parser.add_argument("--out", type=Path, default=Path("autograder.zip"))
    autograder_parser.add_argument("--labels", type=Path, help="as for grade; goes into the zip")
    autograder_parser.set_defaults(command=autograder)

    score_parser = commands.add_parser("score", help="score one submission.csv")
    score_parser.add_argument("submission", type=Path)
    score_parser.set_defaults(command=score)

    board_parser = commands.add_parser("leaderboard", help="rank the submissions of a folder")
    board_parser.add_argument("handins", type=Path, help="folder of hand-ins")
    board_parser.add_argument("--out", type=Path, default=Path("leaderboard.html"))
    board_parser.add_argument("--title", help="default: that of course.toml")
    board_parser.set_defaults(command=leaderboard)
    for parser in (score_parser, board_parser):
        parser.add_argument(
            "--labels", type=Path, required=True, help="as for grade, or the file of labels alone"
        )
        parser.add_argument(
            "--baseline",
            type=_baseline,
            action="append",
            metavar="NAME=ACCURACY",
            help="such as 'BEAT ME=0.7'; may be given several times",
        )
    with_notebooks = (run_parser, pair_parser, release_parser, grade_parser, board_parser)
    for parser in (*with_notebooks, autograder_parser):
        parser.add_argument(
            "--notebooks", type=Path, default=NOTEBOOKS, help="folder of the worked notebooks"
        )
    # Its name in earlier releases. A default would overwrite that of --notebooks.
    grade_parser.add_argument(
        "--master", dest="notebooks", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS
    )


def run(options: argparse.Namespace) -> int:
    """Execute the notebooks; print where the results are."""
    from cnn_utils.grading.release.pairing import worked_notebooks
    from cnn_utils.grading.release.run import run_notebook

    worked = worked_notebooks(options.notebooks)
    stems = {name.removesuffix(".ipynb"): one for name, one in worked.items()}
    chosen = stems
    if options.parts not in ([], ["both"]):
        chosen = {s: x for s, x in stems.items() if any(_begins(s, p) for p in options.parts)}
        for part in options.parts:
            if not any(_begins(stem, part) for stem in stems):
                found = f"only {', '.join(stems)}"
                raise KitError.about(f"'{options.notebooks}'", f"hold a notebook '{part}'", found)
    parts = [stem.partition("_")[0] for stem in chosen]
    if options.data is not None:
        _check_data(options.data, parts)
    failed = False
    for part, one in zip(parts, chosen.values(), strict=True):
        result = run_notebook(one.path, options.out, options.profile, options.data)
        failed |= result.error is not None
        print(f"{part} {'FAILED: ' + result.error if result.error else 'done'}")
        print(f"  notebook    {result.notebook}\n  web page    {result.html}")
    if "part2" in parts and not failed:
        print(f"  submission  {options.out / 'submission.csv'}")
    return int(failed)


def _begins(stem: str, part: str) -> bool:
    return stem == part or stem.startswith(f"{part}_")


def _check_data(folder: Path, parts: list[str]) -> None:
    """Refuse a folder without the files: falling back to the sample would surprise."""
    from cnn_utils.data.formats import CIFAR10_FILE, MNIST_FILE

    for part, name in (("part1", MNIST_FILE), ("part2", CIFAR10_FILE)):
        if part in parts and not (folder / name).is_file():
            expected = f"be a folder that holds {name} (for {part})"
            received = "a folder without it" if folder.is_dir() else "no such folder"
            next_step = "Leave --data out to run on the drawn sample."
            raise KitError.about(f"--data '{folder}'", expected, received, next_step)


def pair(options: argparse.Namespace) -> int:
    """Write the stale form of each worked notebook, or check that they agree."""
    from cnn_utils.grading.release.pairing import pair as pair_folder

    changed = pair_folder(options.notebooks, check=options.check)
    for path in changed:
        print(f"{path} {'is out of date: run `make pair`' if options.check else 'written'}")
    if not changed:
        print("The .ipynb and .py notebooks agree.")
    return int(options.check and bool(changed))


def student_file(options: argparse.Namespace) -> int:
    """Write the file that students get, and the labels that they don't get."""
    from cnn_utils.data.download import download
    from cnn_utils.data.locations import downloads_folder
    from cnn_utils.data.originals import CIFAR10
    from cnn_utils.grading.release.student_file import make_student_file

    if options.archive and options.archive.suffix in (".h5", ".hdf5"):
        expected = f"be the original {CIFAR10.name}"
        advice = "Labels of an .h5 file's test images can be read only if it holds y_test."
        raise KitError.about("--archive", expected, f"'{options.archive}'", advice)
    archive = options.archive or download(CIFAR10, downloads_folder())
    handed_out, labels = make_student_file(archive, options.out, options.seed)
    print(
        f"{handed_out} written: hand it out.\n{labels} written: keep it to yourself, for grading."
    )
    return 0


def release(options: argparse.Namespace) -> int:
    """Write the student release; print its files."""
    from cnn_utils.grading.intake.assignment import read_source_notebooks
    from cnn_utils.grading.release.student_file import describe_file
    from cnn_utils.grading.release.student_release import release as write_release

    if bool(options.data) != bool(options.data_url):
        expected = "be given together"
        next_step = "The file's size and SHA-256 are stored to verify downloads."
        raise KitError.about("--data and --data-url", expected, "only one of them", next_step)
    data = describe_file(options.data, options.data_url) if options.data else None
    files = write_release(options.out, options.notebooks, options.py, data)
    notebooks = [str(options.out / file) for file in files if file.suffix == ".ipynb"]
    print(f"{options.out} written: {len(files)} files, without tests, grading and answers")
    print("\n".join(f"  {notebook}" for notebook in notebooks))
    books = read_source_notebooks(options.notebooks).values()
    points = [sum(task.points for task in book.tasks) for book in books]
    print(f"Points: {sum(points):g} ({' + '.join(f'{n:g}' for n in points)})")
    return 0


def grade(options: argparse.Namespace) -> int:
    """Grade a folder of hand-ins; print a summary."""
    from cnn_utils.grading.batch import grade as grade_folder
    from cnn_utils.grading.intake.assignment import read_source_notebooks
    from cnn_utils.grading.results import adjustments, changes
    from cnn_utils.grading.results.course import read_course
    from cnn_utils.grading.results.give_back import feedback_text, write_feedback_zips
    from cnn_utils.grading.results.lms import check_export
    from cnn_utils.grading.results.marking_page import FILE as MARKING
    from cnn_utils.grading.results.report import student_report
    from cnn_utils.grading.results.write import BOOK, CLASS, FIGURES, REPORTS, SHEET, write_results
    from cnn_utils.grading.sandbox.prepare import Settings

    if options.roster and not options.lms:
        raise KitError.about("--roster", "be given with --lms", "no --lms")
    if options.lms:
        check_export(options.lms, options.column)
    course, books = read_course(options.notebooks), read_source_notebooks(options.notebooks)
    if options.out.is_dir():  # before the grading starts
        adjustments.read_adjustments(options.out / adjustments.FILE, books)
    settings = Settings(options.notebooks, options.labels, options.sandbox, options.image)
    found = grade_folder(
        options.handins,
        settings,
        options.out,
        jobs=options.jobs,
        dask=options.dask,
        only=options.only or (),
    )
    written = write_results(found, books, options.out, course)
    rows = written.rows
    counts = Counter(row["status"] for row in rows)
    statuses = ", ".join(f"{n} {status}" for status, n in counts.most_common())
    n_review = sum(bool(row["review"]) for row in rows)
    n = f"{len(rows)} hand-in{'s' * (len(rows) != 1)}"
    print(f"{n}: {statuses}; {n_review} for a person to look at")
    print(f"{options.out / BOOK}: the points; {options.out / CLASS}: the class")
    print(
        f"{options.out / REPORTS}: a page for each student; {options.out / FIGURES}: their figures"
    )
    print(f"{options.out / MARKING}: mark the texts there, or in {SHEET}; then run this again")
    print(f"{options.out / adjustments.FILE}: your decisions; write them, then run this again")
    if written.n_changes:
        print(f"{options.out / changes.FILE}: whose points changed, and why ({written.n_changes})")
    numbers = {}
    if options.lms:
        texts = {
            result["name"]: feedback_text(student_report(result, books))
            for result in written.results
        }
        numbers = _fill_in(options, rows, texts)
    zips = write_feedback_zips(written.results, options.out / REPORTS, options.out, numbers)
    for path in zips:
        print(f"{path}: the reports, for the platform to give back")
    return 0


def _fill_in(options: argparse.Namespace, rows: list[dict], texts: dict) -> dict[str, str]:
    from cnn_utils.grading.intake.submissions import printable
    from cnn_utils.grading.results.lms import fill_in

    target = options.out / f"filled_in_{options.lms.name}"
    filled = fill_in(options.lms, rows, target, options.column, options.roster, texts)
    print(f"{target}: points for {filled.n_filled} of its students")
    for names, why in (
        (filled.not_marked, "waiting for their texts to be marked"),
        (filled.not_found, "no matching row, or several hand-ins match it"),
    ):
        if names:
            print(f"  {why}: {', '.join(map(printable, names))}")
    for question in filled.questions:
        print(f"  {printable(question)}")
    return filled.numbers


def autograder(options: argparse.Namespace) -> int:
    """Write the zip for Gradescope; say what parts a hand-in from the rest there."""
    from cnn_utils.grading.release.gradescope import write_autograder

    names = write_autograder(options.out, options.notebooks, options.labels)
    if options.labels is None:
        print("NOTE: without --labels, networks are not rated: their tasks get 0 points there.")
    size = options.out.stat().st_size / 1e6
    print(f"{options.out} written: {len(names)} files, {size:.1f} MB")
    print("Gradescope's container usually forbids bubblewrap. Then a hand-in runs as another user,")
    print("with limits: it can't read worked answers and labels, but it can use the network.")
    return 0


def score(options: argparse.Namespace) -> int:
    """Score one submission; print which baselines it beats."""
    from cnn_utils.grading.results.leaderboard import BASELINES
    from cnn_utils.grading.results.leaderboard import score as score_one
    from cnn_utils.submission import validate_submission

    predictions = validate_submission(options.submission)["Prediction"].to_numpy()
    entry = score_one(predictions, _photo_labels(options.labels))
    print(f"accuracy  {entry.accuracy:.4f} (95 % interval {entry.low:.4f} to {entry.high:.4f})")
    print(f"macro F1  {entry.f1:.4f}")
    for name, accuracy in (dict(options.baseline or ()) or BASELINES).items():
        verdict = "beaten" if entry.accuracy > accuracy else "not beaten"
        print(f"{name} ({accuracy:.4f}): {verdict}")
    return 0


def _photo_labels(path: Path):
    from cnn_utils.grading.verify.reference_data import LABELS_FILE, read_photo_labels

    labels = read_photo_labels(path)
    if labels is None:
        expected = f"be {LABELS_FILE}, an .h5 file with y_test, a folder of one, or: sample"
        raise KitError.about("--labels", expected, f"'{path}', which holds no labels")
    return labels


def leaderboard(options: argparse.Namespace) -> int:
    """Rank the submissions of a folder on a web page."""
    from cnn_utils.grading.intake.assignment import read_source_notebooks
    from cnn_utils.grading.intake.submissions import printable
    from cnn_utils.grading.results.course import read_course
    from cnn_utils.grading.results.leaderboard import (
        BASELINES,
        ranked,
        score_handins,
        write_page,
    )

    source_notebooks = read_source_notebooks(options.notebooks)
    labels = _photo_labels(options.labels)
    title = options.title or read_course(options.notebooks).title or "Leaderboard"
    entries, refused = score_handins(options.handins, labels, source_notebooks)
    lines = ranked(entries, dict(options.baseline or ()) or BASELINES)
    write_page(lines, refused, options.out, title)
    for line in lines:
        rank = "-" if line.is_baseline else line.rank
        whose = f" ({line.name})" if line.group != line.name else ""
        print(f"{rank:>4}  {line.accuracy:.4f}  {printable(line.group + whose)}")
    for name, reason in refused.items():
        print(f"   ?  not scored: {printable(name)}: {printable(reason)}")
    print(f"{options.out} written")
    return 0


def _baseline(text: str) -> tuple[str, float]:
    """Read "BEAT ME=0.7" as ("BEAT ME", 0.7)."""
    name, _, value = text.rpartition("=")
    try:
        accuracy = float(value)
    except ValueError:
        accuracy = -1.0
    if not name or not 0 <= accuracy <= 1:
        raise argparse.ArgumentTypeError(f"expected NAME=ACCURACY with 0 to 1, not {text}")
    return name, accuracy


def _count(text: str) -> int:
    """Read a number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, not {text}")
    return int(text)
