"""The built-in sample: right shapes, reproducible, learnable and yet not trivial."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from cnn_utils.data import formats, sample
from cnn_utils.data.sample import make_digits, make_scenes
from cnn_utils.data.sample.digits import shuffled_labels

MAKERS = pytest.mark.parametrize("make", [make_digits, make_scenes])


@pytest.fixture(scope="module")
def digits():
    return make_digits(2000, seed=1)


@pytest.fixture(scope="module")
def scenes():
    return make_scenes(2000, seed=1)


def centroid_accuracy(images, labels):
    """Test accuracy of the nearest class mean; three quarters of the images are for training."""
    pixels, cut = images.reshape(len(images), -1) / 255, len(images) * 3 // 4
    train, test = pixels[:cut], pixels[cut:]
    means = np.stack([train[labels[:cut] == label].mean(axis=0) for label in range(10)])
    nearest = (test @ means.T - (means**2).sum(axis=1) / 2).argmax(axis=1)
    return (nearest == labels[cut:]).mean()


@MAKERS
@pytest.mark.parametrize("n", [1, 37])
def test_shapes_and_dtypes(make, n):
    images, labels = make(n)
    assert images.shape == ((n, 28, 28) if make is make_digits else (n, 32, 32, 3))
    assert labels.shape == (n,)
    assert images.dtype == labels.dtype == np.uint8


@MAKERS
def test_the_ten_labels_are_balanced_and_shuffled(make):
    _, labels = make(104)
    counts = np.bincount(labels, minlength=10)
    assert len(counts) == 10
    assert sorted(counts) == [10] * 6 + [11] * 4
    assert (np.diff(labels.astype(int)) < 0).any()


@MAKERS
def test_same_seed_same_images(make):
    for first, second in zip(make(30, seed=5), make(30, seed=5), strict=True):
        np.testing.assert_array_equal(first, second)


@MAKERS
def test_other_seed_other_images(make):
    assert not np.array_equal(make(30, seed=5)[0], make(30, seed=6)[0])


@pytest.mark.parametrize(
    ("make", "means"), [(make_digits, (30.8578, 29.4986)), (make_scenes, (138.4608, 142.2272))]
)
def test_the_drawings_have_not_changed(make, means):
    """If they have, their cached files need a new version in their names."""
    images, _ = make(100)
    assert (images[:50].mean(), images[50:].mean()) == pytest.approx(means, rel=1e-4)


@pytest.mark.parametrize("kind", ["digits", "scenes"])
def test_no_two_images_are_alike(kind, request):
    images, _ = request.getfixturevalue(kind)
    assert len({image.tobytes() for image in images[:500]}) == 500


def test_digits_are_white_ink_on_black(digits):
    images, _ = digits
    assert 20 < images.mean() < 50  # MNIST: 33
    assert (images == 0).mean() > 0.6
    assert images.max(axis=(1, 2)).min() > 120  # no blank sheet


def test_digits_stand_in_the_middle(digits):
    images, _ = digits
    border = np.ones((28, 28), bool)
    border[2:-2, 2:-2] = False
    assert images[:, border].mean() < 3
    rows, columns = np.indices((28, 28))
    ink = images.sum(axis=(1, 2))
    for axis in (rows, columns):
        centre = (images * axis).sum(axis=(1, 2)) / ink
        assert abs(centre.mean() - 13.5) < 0.5
        assert centre.std() < 2


def test_scenes_use_the_range_and_none_is_flat(scenes):
    images, _ = scenes
    assert 90 < images.mean() < 165
    assert images.std(axis=(1, 2, 3)).min() > 8
    assert (images.min(), images.max()) == (0, 255)


def test_scenes_differ_in_colour(scenes):
    images, _ = scenes
    spread = images.mean(axis=(1, 2)).astype(float)
    assert (spread.max(axis=1) - spread.min(axis=1)).mean() > 10


def test_digits_are_learnable_but_not_trivial(digits):
    assert 0.5 < centroid_accuracy(*digits) < 0.9


def test_scenes_are_learnable_but_not_by_averages(scenes):
    assert 0.2 < centroid_accuracy(*scenes) < 0.55  # a small CNN: well above this


def test_labels_can_be_had_without_painting(scenes):
    np.testing.assert_array_equal(shuffled_labels(2000, seed=1), scenes[1])


@pytest.fixture
def small_sample(tmp_path, monkeypatch):
    """Draw black images: the real drawings take half a minute."""
    drawn = []

    def draw(shape):
        def make(n):
            drawn.append(n)
            return np.zeros((n, *shape), np.uint8), (np.arange(n) % 10).astype(np.uint8)

        return make

    monkeypatch.setattr(sample, "make_digits", draw((28, 28)))
    monkeypatch.setattr(sample, "make_scenes", draw((32, 32, 3)))
    monkeypatch.setenv("CNN_UTILS_CACHE", str(tmp_path / "cache"))
    return drawn


def test_digits_are_drawn_once_and_then_read(small_sample, capsys):
    assert sample.mnist_file() == sample.mnist_file()
    assert small_sample == [70_000]
    assert formats.read_mnist(sample.mnist_file())["X_test"].shape == (10_000, 28, 28)
    assert capsys.readouterr().out.count("Drawing") == 1


def test_scenes_are_a_file_like_the_real_one_but_marked(small_sample):
    file = sample.cifar10_file()
    arrays, is_sample = formats.read_cifar10(file)
    assert is_sample
    assert arrays["X_train"].shape == (50_000, 32, 32, 3)
    assert arrays["X_test"].shape == (10_000, 32, 32, 3)
    with h5py.File(file, locking=False) as f:
        assert f.attrs["source"] == b"sample"
    assert "student_dataset" not in file.name


@pytest.mark.parametrize("damage", [b"", b"PK rubbish"])
def test_a_damaged_cache_is_drawn_again(small_sample, damage):
    file = sample.mnist_file()
    file.write_bytes(damage)
    assert formats.read_mnist(sample.mnist_file())["y_test"].shape == (10_000,)
    assert small_sample == [70_000, 70_000]


def test_the_first_labels_are_those_of_the_file():
    arrays, _ = formats.read_cifar10(sample.cifar10_file())
    np.testing.assert_array_equal(arrays["y_train"], shuffled_labels(60_000)[:50_000])
