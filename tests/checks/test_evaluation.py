import pytest

from cnn_utils import CheckFailed, check_evaluation
from tests.checks.cases_training import evaluated, numbers


def test_the_message_shows_the_computed_accuracy():
    *_, loss, accuracy, _ = numbers()
    with pytest.raises(CheckFailed) as caught:
        check_evaluation(*evaluated(accuracy=loss))
    message = f"`test_accuracy` is {loss:.4f}; computed again, the accuracy is {accuracy:.4f}."
    assert str(caught.value).splitlines()[0] == f"✗ evaluate-lenet: {message} Yours is the loss."


def test_right_numbers_print_the_number_of_images(capsys):
    check_evaluation(*evaluated())
    assert "on 80 test images" in capsys.readouterr().out
