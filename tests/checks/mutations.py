"""All cases in one table: wrong solutions with the name of their mistake, and right ones.

`make mutations` runs them all and prints the table.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections import Counter
from typing import NamedTuple

import cnn_utils as checks
from tests.checks import (
    cases_cnn,
    cases_f1,
    cases_figures,
    cases_lenet,
    cases_naive,
    cases_predictions,
    cases_small,
    cases_training,
)


class Case(NamedTuple):
    """One solution and its check's verdict: a mistake's name, or "passed".

    `words` are part of the message.
    """

    task: str
    name: str
    check: object
    solution: object
    expected: str
    words: str = ""

    def run(self) -> tuple[str, str]:
        """Return the check's verdict and its message."""
        arguments = self.solution if isinstance(self.solution, tuple) else self.solution()
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                self.check(*arguments)
        except checks.CheckFailed as failed:
            return failed.mistake, str(failed)
        return "passed", printed.getvalue()


def table() -> list[Case]:
    """Return all the cases."""
    functions = (  # the solution is what is checked
        ("lenet", checks.check_lenet, cases_lenet.WRONG, cases_lenet.RIGHT),
        ("f1", checks.check_f1, cases_f1.WRONG, cases_f1.RIGHT),
        ("ten-digits", checks.check_ten_digits, cases_small.TEN_WRONG, cases_small.TEN_RIGHT),
        (
            "preprocess",
            checks.check_preprocess,
            cases_small.PREPROCESS_WRONG,
            cases_small.PREPROCESS_RIGHT,
        ),
        ("cnn", checks.check_cnn, cases_cnn.WRONG, cases_cnn.RIGHT),
    )
    results = (  # the solution makes what is checked
        ("train-lenet", checks.check_training, cases_training.WRONG, cases_training.RIGHT),
        (
            "evaluate-lenet",
            checks.check_evaluation,
            cases_training.EVALUATION_WRONG,
            cases_training.EVALUATION_RIGHT,
        ),
        ("plot-history", checks.check_history_plot, cases_figures.WRONG, cases_figures.RIGHT),
        ("look", checks.check_images_figure, cases_figures.LOOK_WRONG, cases_figures.LOOK_RIGHT),
        ("submit", checks.check_submission, cases_predictions.WRONG, cases_predictions.RIGHT),
    )
    cases = []
    for is_checked, tasks in ((True, functions), (False, results)):
        for task, check, wrong, right in tasks:
            for name, (solution, mistake) in wrong.items():
                given = (solution,) if is_checked else solution
                cases.append(Case(task, name, check, given, mistake))
            for name, solution in right.items():
                given = (solution,) if is_checked else solution
                cases.append(Case(task, name, check, given, "passed"))
            naive, unusual = cases_naive.NAIVE[task]
            for name, (solution, mistake, words) in naive.items():
                given = (solution,) if is_checked else solution
                cases.append(Case(task, f"naive: {name}", check, given, mistake, words))
            for name, solution in unusual.items():
                given = (solution,) if is_checked else solution
                cases.append(Case(task, f"unusual: {name}", check, given, "passed"))
    return cases


def main() -> int:
    """Run all cases, print the table, and return 0 if each got its verdict."""
    found: Counter = Counter()
    print("| task | solution | expected | verdict | |\n|---|---|---|---|---|")
    for case in table():
        verdict, _ = case.run()
        kind = "right" if case.expected == "passed" else "wrong"
        is_as_expected = verdict == case.expected
        found[kind, is_as_expected] += 1
        mark = "ok" if is_as_expected else "**NOT**"
        print(f"| {case.task} | {case.name} | {case.expected} | {verdict} | {mark} |", flush=True)
    misses, alarms = found["wrong", False], found["right", False]
    print(
        f"\n{found['wrong', True] + misses} wrong solutions, {misses} missed or misnamed; "
        f"{found['right', True] + alarms} right ones, {alarms} false alarms."
    )
    return int(bool(misses or alarms))


if __name__ == "__main__":
    sys.exit(main())
