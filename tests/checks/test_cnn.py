import pytest

from cnn_utils import CheckFailed, check_cnn
from tests.checks.cases_cnn import cnn, rescaled


def test_a_right_network_prints_its_size(capsys):
    check_cnn(cnn)
    # 8 filters of 3 x 3 x 3 and biases: 224; 7 x 7 x 8 = 392 numbers to 10: 3,930.
    assert capsys.readouterr().out.startswith("✓ cnn: 4,154 parameters")


def test_a_second_division_is_explained():
    with pytest.raises(CheckFailed, match="which `preprocess` has already scaled"):
        check_cnn(rescaled)
