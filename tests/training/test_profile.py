"""cnn_utils.training.profile: full or quick, and a seed for everything."""

import random

import keras
import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.training.profile import pick, profile, set_seed


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "full"), ("", "full"), ("full", "full"), ("quick", "quick"), (" Quick ", "quick")],
)
def test_the_profile_comes_from_the_environment(monkeypatch, value, expected):
    if value is None:
        monkeypatch.delenv("CNN_UTILS_PROFILE", raising=False)
    else:
        monkeypatch.setenv("CNN_UTILS_PROFILE", value)
    assert profile() == expected
    assert pick(full=40, quick=2) == {"full": 40, "quick": 2}[expected]


@pytest.mark.parametrize("use", [profile, lambda: pick(full=1, quick=2)])
def test_unknown_profiles_are_named(monkeypatch, use):
    monkeypatch.setenv("CNN_UTILS_PROFILE", "slow")
    with pytest.raises(KitError, match=r'PROFILE must be "full" or "quick"; received slow'):
        use()


def draws():
    kernel = keras.layers.Dense(3)
    kernel.build((None, 2))
    return [random.random(), *np.random.random(3), *np.ravel(kernel.kernel)]  # noqa: NPY002


def test_the_same_seed_gives_the_same_numbers_everywhere():
    set_seed(458)
    first = draws()
    assert first != draws()
    set_seed(458)
    assert first == draws()
    set_seed(459)
    other = draws()
    assert all(a != b for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_the_smallest_and_the_largest_seed(seed):
    set_seed(seed)
