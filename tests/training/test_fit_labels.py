import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.training.fit_labels import SPARSE, check_labels

Y = np.array([0, 1, 2, 2, 1, 0])
HOT = np.eye(3)[Y]
Y_PROB = np.full((1, 3), 1 / 3)


def compiled(loss):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    model.compile("sgd", loss)
    return model


@pytest.mark.parametrize(
    ("loss", "labels", "y_prob"),
    [
        (SPARSE, Y, Y_PROB),
        (SPARSE, Y[:, None], Y_PROB),
        (SPARSE, pd.Series(Y), Y_PROB),
        ("mse", HOT, Y_PROB),
        ("mse", pd.DataFrame(HOT), Y_PROB),
        # Left to Keras: it takes whole numbers, lists, networks that can't be looked into.
        (keras.losses.CategoricalGeneralizedCrossEntropy(), Y, Y_PROB),
        ("mse", list(Y), Y_PROB),
        ("mse", Y, None),
    ],
)
def test_labels_that_fit_pass(loss, labels, y_prob):
    check_labels(compiled(loss), labels, y_prob, "`y`")


@pytest.mark.parametrize(
    ("loss", "labels", "message"),
    [
        (SPARSE, HOT, r"`y` must be one whole number per image, for the loss sparse_"),
        (SPARSE, Y + 1, r"`y` must be 0 to 2, .*; received 3 at position 2\. Count .*: y - 1\."),
        (SPARSE, Y * 2, r"received 4 at position 2\. Let the last layer have 5 units, or count"),
        (SPARSE, Y - 1, r"received -1 at position 0\. Count the classes from 0\."),
        ("mse", Y, r"`y` must be 3 numbers per image, .*to_categorical\(y, 3\) makes one-hot rows"),
        (
            "mse",
            Y / 4,
            r"`y` must be 3 numbers per image, .* have 1 unit, for one number per image",
        ),
        ("mse", HOT[:, :2], r"Let the last layer have 2 units, or look at the labels\."),
        (
            "mse",
            np.where(HOT, np.nan, HOT),
            r"`y` must be finite; received \[nan .*\] at position 0",
        ),
        ("mse", HOT.astype(str), r"`y` must be numbers; received an array"),
    ],
)
def test_others_are_told_with_what_to_do(loss, labels, message):
    with pytest.raises(KitError, match=message):
        check_labels(compiled(loss), labels, Y_PROB, "`y`")
