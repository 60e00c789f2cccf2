import random

import keras
import numpy as np
import pytest

from cnn_utils.checks.outcome import (
    CheckFailed,
    Mistake,
    call,
    checking,
    number_of,
    recognise,
    result_of,
)
from cnn_utils.errors import KitError

HINTS = ("Look at the padding.", "Which one keeps the size?", "`same`.")


def failing(hint, *hints):
    with checking("lenet", hint):
        raise Mistake("padding", "The maps are too small.", *hints)


def test_a_right_solution_prints_one_line(capsys):
    with checking("lenet", 1) as passed:
        passed("61,706 parameters.")
    assert capsys.readouterr().out == "✓ lenet: 61,706 parameters.\n"


@pytest.mark.parametrize("hint", [1, 2])
def test_hints_come_one_by_one(hint):
    with pytest.raises(CheckFailed) as caught:
        failing(hint, *HINTS)
    assert str(caught.value).splitlines() == [
        "✗ lenet: The maps are too small.",
        f"  Hint {hint} of 3: {HINTS[hint - 1]}",
        f"  For the next hint, run the check with hint={hint + 1}.",
    ]
    assert caught.value.mistake == "padding"


def test_the_last_hint_announces_no_other():
    with pytest.raises(CheckFailed) as caught:
        failing(9, *HINTS)
    assert str(caught.value).splitlines()[1:] == ["  Hint 3 of 3: `same`."]
    with pytest.raises(CheckFailed) as caught:
        failing(1)
    assert str(caught.value) == "✗ lenet: The maps are too small."


def test_a_notebook_shows_only_the_message():
    with pytest.raises(CheckFailed) as caught:
        failing(1, "Think.")
    assert caught.value._render_traceback_() == [str(caught.value)]


def test_a_check_restores_the_random_states():
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    expected = random.random(), np.random.rand()  # noqa: NPY002
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    with checking("lenet", 1) as passed:
        passed(str(random.random() + np.random.rand()))  # noqa: NPY002
    assert (random.random(), np.random.rand()) == expected  # noqa: NPY002


@pytest.mark.parametrize("error", [KeyError("a"), TypeError("b"), RecursionError()])
def test_any_other_error_becomes_a_sentence(error):
    message = "✗ lenet: This could not be checked: "
    with pytest.raises(CheckFailed, match=message), checking("lenet", 1):
        raise error


def test_the_kit_s_own_errors_keep_their_message():
    message = "^✗ lenet: `path` must be a text$"
    with pytest.raises(CheckFailed, match=message), checking("lenet", 1):
        raise KitError("`path` must be a text")


def test_an_unsolved_task_is_not_a_mistake():
    with pytest.raises(CheckFailed, match=r"^· lenet: not attempted yet\.$"), checking("lenet", 1):
        raise NotImplementedError
    message = r"^· lenet: not attempted yet: task lenet: write `build_lenet`\.$"
    with pytest.raises(CheckFailed, match=message) as caught, checking("lenet", 1):
        raise NotImplementedError("task lenet: write `build_lenet`")
    assert caught.value.mistake == "not-attempted"


@pytest.mark.parametrize("function", [None, ...])
def test_nothing_to_call_is_not_attempted(function):
    with pytest.raises(NotImplementedError):
        call("build_lenet", function)


def test_an_error_in_a_student_s_function_names_its_line():
    source = compile("def build():\n    return 1 / 0", "/tmp/ipykernel_1/2.py", "exec")
    names: dict = {}
    exec(source, names)
    with pytest.raises(Mistake, match=r"`build` stopped: .*ZeroDivisionError: division by zero"):
        call("build", names["build"])


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (lambda a, b: 0, "The check calls it with 0 argument(s): any others need a default"),
        (lambda: dict(shape=1, **{"shape": 2}), "Compare the arguments"),
        (lambda: name_that_is_not_there, "Is the name spelt"),  # noqa: F821
        (lambda: keras.layers.Conv2d(6, 5), "Do you mean Conv2D?"),
        (lambda: 1 / 0, "Run it by itself"),
    ],
)
def test_the_advice_fits_the_error(function, hint):
    with pytest.raises(Mistake) as caught:
        call("build", function)
    assert caught.value.hints[0].startswith(hint)


def test_of_an_error_within_keras_only_the_kind_is_named():
    with pytest.raises(Mistake, match=r"^`build` stopped: ValueError\.$") as caught:
        call("build", lambda: keras.Input(28, 28, 1))
    assert caught.value.hints == ("A shape is one tuple, such as (28, 28, 1).",)


def test_keras_own_missing_method_is_no_unsolved_task():
    with pytest.raises(Mistake, match="`network` stopped: NotImplementedError"):
        call("network", keras.Model(), np.zeros((1, 2)))
    with pytest.raises(NotImplementedError, match="task lenet: write"):
        call("build", raises, NotImplementedError("task lenet: write it"))


def raises(error):
    raise error


def test_a_result_instead_of_a_function_is_refused():
    with pytest.raises(
        Mistake, match=r"`build` must be a function or class; received 0.5 \(float\)"
    ) as e:
        call("build", 0.5)
    assert e.value.hints == ("Write `def build(...):`, and pass its name alone.",)
    with pytest.raises(Mistake) as e:
        call("F1Score", keras.metrics.F1Score())
    assert "`class F1Score(keras.metrics.Metric):`" in e.value.hints[0]


def test_none_as_a_result_is_a_missing_return():
    assert result_of("build", lambda x: 2 * x, 4) == 8
    with pytest.raises(Mistake, match="`build` returns None"):
        result_of("build", lambda: None)


def test_a_number_may_come_in_an_array_of_one():
    assert number_of("`test_f1`", np.array([0.5], np.float32), "Unpack it.") == 0.5
    with pytest.raises(
        Mistake, match=r"^`test_f1` is a list of 2; .* a single number\.$"
    ) as caught:
        number_of("`test_f1`", [0.1, 0.5], "Unpack it.")
    assert (caught.value.name, caught.value.hints) == ("not-a-number", ("Unpack it.",))
    with pytest.raises(Mistake, match=r"^`test_f1` is '0.5' \(str\); expected a single number\.$"):
        number_of("`test_f1`", "0.5", "Unpack it.")


def test_a_suspect_is_recognised_by_its_numbers():
    suspects = {"double": (8, "Not twice."), "half": (2, "Not half.", "Once.")}
    recognise(suspects, lambda x: x == 4, "It is 4.")
    with pytest.raises(Mistake, match="It is 2") as caught:
        recognise(suspects, lambda x: x == 2, "It is 2.")
    assert (caught.value.name, caught.value.hints) == ("half", ("Not half.", "Once."))
