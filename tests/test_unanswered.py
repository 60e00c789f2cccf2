import pytest

from cnn_utils import unanswered
from cnn_utils.unanswered import explanation

STUB = "task train-lenet: define `model`, `history`, then run this cell again"


@pytest.fixture(autouse=True)
def nothing_learned(monkeypatch):
    monkeypatch.setattr(unanswered, "_task_of", {})


def name_error(name):
    try:
        eval(name, {})
    except NameError as error:
        return error


def test_a_stub_explains_itself():
    assert explanation(NotImplementedError(STUB)) == f"Not solved yet, {STUB}"


def test_names_that_a_stub_should_have_defined_are_known_afterwards():
    assert explanation(name_error("history")) is None
    explanation(NotImplementedError(STUB))
    assert explanation(name_error("history")) == (
        "This needs `history`, and first of all task train-lenet, not solved yet."
    )
    assert explanation(name_error("histroy")) is None


def test_what_a_waiting_cell_should_have_defined_is_known_too():
    explanation(NotImplementedError(STUB))
    explanation(name_error("model"), "y_prob = model.predict(x)\ny_pred = y_prob.argmax()")
    assert "first of all task train-lenet" in explanation(name_error("y_pred"))


@pytest.mark.parametrize("error", [NotImplementedError(), NotImplementedError("later"), KeyError()])
def test_other_errors_are_left_alone(error):
    assert explanation(error) is None
