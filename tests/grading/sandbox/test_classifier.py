import json

import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.grading.sandbox.classifier import classify, work_of

IMAGES = np.random.default_rng(0).integers(0, 256, (120, 4, 4, 3), np.uint8)
SCALINGS = {"as they are": (1, 0), "to 1": (1 / 255, 0)}


@pytest.fixture
def model():
    keras.utils.set_random_seed(1)
    start = keras.initializers.RandomNormal(stddev=0.01)
    return keras.Sequential(
        [
            keras.Input((4, 4, 3)),
            layers.Flatten(),
            layers.Dense(20, "sigmoid", kernel_initializer=start),
            layers.Dense(10, kernel_initializer="normal", bias_initializer="normal"),
        ]
    )


@pytest.fixture
def labels(model):
    return {
        name: model.predict(IMAGES * np.float32(scale), verbose=0).argmax(axis=1).tolist()
        for name, (scale, _) in SCALINGS.items()
    }


@pytest.fixture
def ask(model, tmp_path):
    def ask(**changes):
        request = {"scalings": SCALINGS, "submission": [], "min_agreement": 0.9}
        request |= {"n_others": 0, "max_work": 1e9, "min_images": 7, **changes}
        (tmp_path / "request.json").write_text(json.dumps(request))
        (tmp_path / "architecture.json").write_text(model.to_json())
        np.savez(tmp_path / "weights.npz", *model.get_weights())
        np.save(tmp_path / "images.npy", IMAGES)
        return classify(tmp_path)

    return ask


def test_all_scalings_are_tried_without_a_submission(ask, labels):
    assert labels["as they are"] != labels["to 1"]
    assert ask() == labels


def test_the_first_scaling_that_agrees_is_the_last(ask, labels):
    assert ask(submission=labels["as they are"]) == {"as they are": labels["as they are"]}
    assert ask(submission=labels["to 1"]) == labels


def test_the_first_images_have_no_place_in_the_submission(ask, labels):
    own = labels["as they are"]
    assert ask(submission=own[20:], n_others=20) == {"as they are": own}
    assert ask(submission=own, n_others=20) == labels


def test_a_large_network_classifies_fewer_images(ask, model, labels):
    work = 48 * 20 + 20 + 20 * 10 + 10
    assert work_of(model) == work + 1
    found = ask(max_work=work * 20.5)
    assert found == {name: some[:20] for name, some in labels.items()}
    assert len(ask(max_work=0)["to 1"]) == 7


def test_a_slow_network_classifies_what_it_can(ask, labels, monkeypatch):
    monkeypatch.setattr("cnn_utils.grading.sandbox.classifier.MAX_SECONDS", 0)
    assert ask() == {"as they are": labels["as they are"][:50]}


def test_convolutions_work_at_each_place():
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(2, 3)])
    assert work_of(model) == 1 + 6 * 6 * (3 * 3 * 3 * 2 + 2)
