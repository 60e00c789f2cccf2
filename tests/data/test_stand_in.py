import h5py
import numpy as np
import pytest

from cnn_utils.data import formats, stand_in
from cnn_utils.errors import DataError
from cnn_utils.files import cache_folder


@pytest.fixture
def small_sample(tmp_path, monkeypatch):
    """Draw ten of each kind, and repeat them: the real thing takes half a minute."""
    drawn = []

    def draw(shape):
        def make(n, seed=458):
            drawn.append(n)
            return np.zeros((n, *shape), np.uint8), (np.arange(n) % 10).astype(np.uint8)

        return make

    monkeypatch.setattr(stand_in, "make_digits", draw((28, 28)))
    monkeypatch.setattr(stand_in, "make_scenes", draw((32, 32, 3)))
    monkeypatch.setenv("CNN_UTILS_CACHE", str(tmp_path / "cache"))
    return drawn


def test_digits_are_drawn_once_and_then_read(small_sample, capsys):
    first, second = stand_in.mnist_sample(), stand_in.mnist_sample()
    assert small_sample == [70_000]
    assert first["X_test"].shape == second["X_test"].shape == (10_000, 28, 28)
    assert capsys.readouterr().out.count("Drawing") == 1


def test_scenes_are_a_file_like_the_real_one_but_marked(small_sample):
    file = stand_in.cifar10_sample_path()
    arrays, is_sample = formats.read_cifar10(file)
    assert is_sample
    assert arrays["X_train"].shape == (50_000, 32, 32, 3)
    assert arrays["X_test"].shape == (10_000, 32, 32, 3)
    with h5py.File(file) as f:
        assert b"not CIFAR-10" in f.attrs["description"]
    assert "student_dataset" not in file.name


@pytest.mark.parametrize("damage", [b"", b"PK rubbish"])
def test_a_damaged_cache_is_drawn_again(small_sample, damage):
    stand_in.mnist_sample()
    (file,) = cache_folder().iterdir()
    file.write_bytes(damage)
    assert stand_in.mnist_sample()["y_test"].shape == (10_000,)
    assert small_sample == [70_000, 70_000]


def test_a_full_disk_is_said(small_sample, monkeypatch):
    def fill(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stand_in, "_write_mnist", fill)
    with pytest.raises(DataError, match=r"No space left on device\. .*CNN_UTILS_CACHE"):
        stand_in.mnist_sample()
