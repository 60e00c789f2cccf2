import pytest

from cnn_utils.checks import CheckFailed, check_evaluation
from tests.checks.cases_training import evaluated, numbers


def test_the_text_shows_what_was_worked_out_again():
    *_, loss, accuracy, _ = numbers()
    with pytest.raises(CheckFailed) as caught:
        check_evaluation(*evaluated(accuracy=loss))
    told = f"`test_accuracy` is {loss:.4f}; computed again, the accuracy is {accuracy:.4f}."
    assert str(caught.value).splitlines()[0] == f"✗ evaluate-lenet: {told} Yours is the loss."


def test_what_is_right_is_said_with_the_number_of_images(capsys):
    check_evaluation(*evaluated())
    assert "on 80 test images" in capsys.readouterr().out
