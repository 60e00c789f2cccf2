import numpy as np
import pytest

from cnn_utils import CheckFailed, check_preprocess


def test_dark_images_show_a_division_by_their_own_maximum():
    # Pixels up to 85 = 255 / 3 should become 1/3; divided by their own maximum they become 1.
    with pytest.raises(CheckFailed, match=r"85, becomes 1\.000; expected 0\.333"):
        check_preprocess(lambda x: x.astype("float32") / x.max())


def test_a_right_solution_is_confirmed(capsys):
    check_preprocess(lambda x: x.astype(np.float32) / 255)
    assert capsys.readouterr().out.startswith("✓ preprocess: float32 in [0, 1]")
