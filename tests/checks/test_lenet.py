import numpy as np
import pytest

from cnn_utils import CheckFailed, check_lenet
from tests.checks.cases_lenet import lenet, trained_a_little


def message(build_lenet, hint=1):
    with pytest.raises(CheckFailed) as caught:
        check_lenet(build_lenet, hint=hint)
    return str(caught.value)


def test_the_message_names_the_finding_and_the_hints_do_not_give_it_away():
    def without_padding():
        return lenet(padding=("valid", "valid"))

    assert message(without_padding).splitlines() == [
        "✗ lenet: Your first feature maps are 24 x 24; expected 28 x 28.",
        "  Hint 1 of 2: Which padding keeps 28, so that the kernel also sees the border of the "
        "image?",
        "  For the next hint, run the check with hint=2.",
    ]
    assert "same" not in message(without_padding, hint=2)


def test_a_network_that_was_trained_keeps_its_weights():
    model = trained_a_little()
    before = model.get_weights()
    check_lenet(lambda: model)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_parameters_are_counted():
    # 61,706 less one for each filter and unit: 6 + 16 + 120 + 84 + 10 = 236.
    assert "There are 61,470 parameters; expected 61,706" in message(lambda: lenet(bias=False))


def test_outputs_are_counted():
    text = message(lambda: lenet(units=(120, 84, 9)))
    assert "For three images your network gives an array of shape (3, 9); expected (3, 10)." in text
