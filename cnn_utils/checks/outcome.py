"""How a check answers: one line if all is right, else what is wrong and a hint."""

import random
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cnn_utils.errors import KitError, describe

PASS, FAIL, OPEN = "✓", "✗", "·"
# What Python and NumPy say, and what to do: {0} is the group that matched.
ADVICE = {
    "name 'self'|too many positional": "Each method has `self` as its first parameter.",
    "name '(tf|K)'": "`keras.ops` has the functions of {0}, too: `from keras import ops`.",
    r"name '(Conv2D|Max\w+|Flatten|Dense|Dropout)'": "Write `layers.{0}`.",
    "name '(same|valid|relu|softmax|sigmoid|zeros|adam|mse)'": "A word needs quotes: '{0}'.",
    "^name '|no attribute": "Is the name spelt as in its definition, and was that cell run?",
    "No module named": "What the notebook imports is enough here: keras and numpy.",
    r"\) for \^": "A power is written `**`.",
    r"output from dtype\('float": "`/=` keeps whole numbers whole: `x.astype('float32')` first.",
    "argument": "Compare the arguments of the call with those that the function takes.",
}


class Mistake(Exception):
    """A mistake: its name, what was found and expected, and hints from a nudge to the answer."""

    def __init__(self, name: str, found: str, *hints: str):
        super().__init__(found)
        self.name, self.found, self.hints = name, found, hints


class CheckFailed(KitError):
    """A check's answer to a wrong solution; `mistake` is the name of what is wrong."""

    def __init__(self, text: str, mistake: str):
        super().__init__(text)
        self.mistake = mistake

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@contextmanager
def checking(task: str, hint: int) -> Iterator[Callable[[str], None]]:
    """Raise as `CheckFailed` what the block raises, with a hint, counted from 1.

    Yields a function; the text it receives is printed if the block raises nothing.
    """
    texts: list[str] = []
    # Building a network draws random numbers; a check must not change later trainings.
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield texts.append
    except Mistake as mistake:
        raise CheckFailed(_message(task, mistake, hint), mistake.name) from None
    except NotImplementedError as error:
        reason = f": {error}" if str(error).startswith("task ") else ""
        raise CheckFailed(f"{OPEN} {task}: not attempted yet{reason}.", "not-attempted") from None
    except KitError as error:
        raise CheckFailed(f"{FAIL} {task}: {error}", "wrong-argument") from None
    except Exception as error:  # a student's code may raise anything
        message = f"{FAIL} {task}: This could not be checked: {_where(error)}"
        raise CheckFailed(message, "cannot-be-checked") from None
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
    print(f"{PASS} {task}: {' '.join(texts)}")


def call(name: str, function, *arguments):
    """Call a student's function; turn what it raises into a `Mistake` that names the line."""
    if function is None or function is Ellipsis:
        raise NotImplementedError
    # Keras' models and metrics can be called, but what builds them is wanted.
    is_result = not arguments and hasattr(function, "get_config") and not isinstance(function, type)
    if is_result or not callable(function):
        found = f"`{name}` must be a function or class; received {describe(function)}."
        kind = f"class {name}(keras.metrics.Metric)" if name[0].isupper() else f"def {name}(...)"
        raise Mistake("not-a-function", found, f"Write `{kind}:`, and pass its name alone.")
    try:
        return function(*arguments)
    except Exception as error:  # a student's code may raise anything
        if isinstance(error, NotImplementedError) and re.match("task |$", str(error)):
            raise  # not Keras' own
        found = f"`{name}` stopped: {_where(error).rstrip('.')}."
        raise Mistake("stopped", found, _advice(error, len(arguments))) from None


def result_of(name: str, function, *arguments):
    """Call a student's function, as `call` does; it must return something."""
    result = call(name, function, *arguments)
    if result is None:
        hint = "End it with `return` and the result; `print()`, `summary()`, `compile()` give None."
        raise Mistake("no-return", f"`{name}` returns None.", hint)
    return result


def number_of(name: str, value, hint: str) -> float:
    """Return a student's value, by the name it has in a message; it must be a single number."""
    try:
        return float((np.asarray(value) + 0.0).item())  # a text can't be added to
    except (TypeError, ValueError):
        found = f"{name} is {describe(value)}; expected a single number."
        raise Mistake("not-a-number", found, hint) from None


def recognise(suspects: dict[str, tuple], matches: Callable, found: str) -> None:
    """Raise the `Mistake` whose numbers match; each suspect has a name, numbers and hints."""
    for name, (numbers, *hints) in suspects.items():
        if matches(numbers):
            raise Mistake(name, found, *hints)


def _message(task: str, mistake: Mistake, hint: int) -> str:
    lines = [f"{FAIL} {task}: {mistake.found}"]
    if mistake.hints:
        number = min(max(hint, 1), len(mistake.hints))
        lines.append(f"  Hint {number} of {len(mistake.hints)}: {mistake.hints[number - 1]}")
        if number < len(mistake.hints):
            lines.append(f"  For the next hint, run the check with hint={number + 1}.")
    return "\n".join(lines)


def _where(error: Exception) -> str:
    """Return the error (of Keras' own, only the kind) and the line of the student's cells."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = re.search(r"\x1b\[1m(.*?)\x1b\[0m", str(error), re.DOTALL)  # a network's `call`
    text = " ".join(f"{type(error).__name__}: {inside[1] if inside else error}".split())
    place = Path(frames[-1].filename).parts if frames else ()
    if {"keras", "tensorflow"} & {*place} or (inside and isinstance(error, ValueError)):
        text = type(error).__name__
    text = text if len(text) <= 200 else text[:197] + "..."
    lines = [frame.line for frame in frames if "ipykernel_" in frame.filename]
    return f"in the line `{lines[-1]}`, {text}" if lines and lines[-1] else text


def _advice(error: Exception, n_given: int) -> str:
    from cnn_utils.keras_errors import advice

    if step := advice(error):
        return step
    if isinstance(error, TypeError) and error.__traceback__.tb_next is None:
        return f"The check calls it with {n_given} argument(s): any others need a default value."
    for pattern, step in ADVICE.items():
        if not isinstance(error, ValueError) and (found := re.search(pattern, str(error))):
            return step.format(*found.groups())
    return "Run it by itself, in a new cell, to see where it stops."
