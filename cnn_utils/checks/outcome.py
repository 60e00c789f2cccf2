"""How a check answers: one line when all is right, else what was found and a hint."""

from __future__ import annotations

import random
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from cnn_utils.errors import KitError

PASS, FAIL, OPEN = "✓", "✗", "·"


class Mistake(Exception):
    """What a check found to be wrong.

    Parameters
    ----------
    name : str
        Identifies the mistake, for tests and statistics, such as "lenet.padding".
    found : str
        What is the case, and what was expected: whole sentences.
    *hints : str
        From a nudge to nearly the answer.
    """

    def __init__(self, name: str, found: str, *hints: str):
        super().__init__(found)
        self.name, self.found, self.hints = name, found, hints


class CheckFailed(KitError):
    """A check's answer to a wrong solution; its text is meant for the student.

    Attributes
    ----------
    mistake : str
        Which one.
    """

    def __init__(self, text: str, mistake: str):
        super().__init__(text)
        self.mistake = mistake

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class NotAttempted(CheckFailed):
    """There is nothing to check yet."""


@contextmanager
def checking(task: str, hint: int) -> Iterator:
    """Turn what happens in the block into an answer.

    Parameters
    ----------
    task : str
    hint : int, from 1
        Which hint to show; the last one, if there are fewer.

    Yields
    ------
    well : callable
        Takes what to say if no `Mistake` is raised.
    """
    if not isinstance(hint, int) or isinstance(hint, bool) or hint < 1:
        raise KitError.about("`hint`", "be 1, 2 or 3", hint)
    said: list[str] = []
    # To build a network draws random numbers; a check must not change what is trained after it.
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield said.append
    except Mistake as mistake:
        raise CheckFailed(_text(task, mistake, hint), mistake.name) from None
    except NotImplementedError as error:
        told = f": {error}" if str(error).startswith("task ") else ""
        raise NotAttempted(f"{OPEN} {task}: not attempted yet{told}.", "not-attempted") from None
    except KitError as error:
        raise CheckFailed(f"{FAIL} {task}: {error}", "wrong-argument") from None
    except Exception as error:  # whatever a student's answer provokes
        told = f"{FAIL} {task}: This could not be checked: {_where(error)}"
        raise CheckFailed(told, "cannot-be-checked") from None
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
    print(f"{PASS} {task}: {' '.join(said)}")


def call(name: str, function, *arguments):
    """Call a student's function; what it raises becomes a `Mistake` that names the line."""
    if function is None or function is Ellipsis:
        raise NotImplementedError
    if not callable(function):
        raise Mistake(
            "not-a-function",
            f"`{name}` is no function; it is a {type(function).__name__}.",
            f"Give the function itself, without calling it: `{name}`, not `{name}()`.",
        )
    try:
        return function(*arguments)
    except NotImplementedError:
        raise
    except Exception as error:
        told = f"`{name}` stopped: {_where(error).rstrip('.')}."
        raise Mistake("stopped", told, *_advice(error)) from None


def _text(task: str, mistake: Mistake, hint: int) -> str:
    lines = [f"{FAIL} {task}: {mistake.found}"]
    if mistake.hints:
        number = min(hint, len(mistake.hints))
        lines.append(f"  Hint {number} of {len(mistake.hints)}: {mistake.hints[number - 1]}")
        if number < len(mistake.hints):
            lines.append(f"  For the next one, run the check with hint={number + 1}.")
    return "\n".join(lines)


def _where(error: Exception) -> str:
    """Return what went wrong, and in which line of the student's own cells."""
    told = " ".join(f"{type(error).__name__}: {error}".split())
    told = re.sub(r"\x1b\[[0-9;]*m", "", told)
    told = told if len(told) <= 200 else told[:197] + "..."
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "ipykernel_" in frame.filename]
    line = f"in the line `{own[-1].line}`, " if own and own[-1].line else ""
    return f"{line}{told}"


def _advice(error: Exception) -> tuple[str, ...]:
    if isinstance(error, TypeError) and "argument" in str(error):
        return ("Compare the arguments it takes with those that the task asks for.",)
    if isinstance(error, NameError):
        return ("Is the name spelt as where it was defined, and was that cell run?",)
    return ("Run it by itself, in a cell of its own, to see where it stops.",)
