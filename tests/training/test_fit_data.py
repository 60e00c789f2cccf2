import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.training.batches import ImageBatches
from cnn_utils.training.fit_data import answer, check_data, check_images, check_validation

X = np.random.default_rng(0).random((6, 8, 8, 1), dtype="float32")
Y = np.array([0, 1, 2, 2, 1, 0])
HOT = np.eye(3, dtype="float32")[Y]
SPARSE = "sparse_categorical_crossentropy"


def network(loss="categorical_crossentropy", n=3):
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dropout(0.5)])
    model.add(layers.Dense(n, activation="softmax"))
    model.compile("adam", loss)
    return model


@pytest.mark.parametrize(
    ("loss", "x", "y"),
    [
        ("categorical_crossentropy", X, HOT),
        ("mse", X, HOT),
        (keras.losses.CategoricalCrossentropy(label_smoothing=0.1), X, HOT),
        (SPARSE, X, Y),
        (SPARSE, X, Y[:, None]),
        (SPARSE, X, Y.astype("float32")),
        (SPARSE, X, pd.Series(Y)),
        (keras.losses.SparseCategoricalCrossentropy(ignore_class=255), X, Y + 250),
        (lambda y_true, y_pred: keras.ops.mean(y_pred, axis=1), X, Y),
        (lambda y_true, y_pred: keras.ops.mean(y_pred, axis=1), X, np.where(Y, Y, np.nan)),
        ("mse", X[..., 0], HOT),  # Keras adds the channel
        ("mse", ImageBatches(X, HOT), None),
        ("circle", X, Y),
        (keras.losses.MeanSquaredError(), (batch for batch in [(X, HOT)]), None),
    ],
)
def test_what_fits_passes(loss, x, y):
    check_data(network(loss), x, y)


def test_one_output_takes_one_number_per_image():
    check_data(network("binary_crossentropy", n=1), X, Y > 1)
    check_data(network("mse", n=1), X, HOT[:, :1])


def test_a_look_changes_nothing():
    model = network()
    before = model.get_weights()
    batches = ImageBatches(X, HOT, augment=keras.layers.RandomFlip(), shuffle=True)
    order = batches._order.copy()
    check_data(model, batches)
    np.testing.assert_array_equal(batches._order, order)
    for weight, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize(
    ("loss", "x", "y", "message"),
    [
        ("mse", None, HOT, r"`x` must be the images, or ImageBatches of them; received None"),
        ("mse", "x", HOT, r"`x` must be the images, .*; received 'x'"),
        ("mse", X[:0], HOT[:0], r"`x` must be the images, .*; received an array of shape \(0, 8"),
        ("mse", X, None, r"`y` must be as many labels as there are images; received None"),
        ("mse", X, "y", r"`y` must be as many labels as there are images; received 'y' \(str\)"),
        ("mse", [], HOT, r"`x` must be an array; received a list of 0\. np\.array\(\.\.\.\)"),
        ("mse", X, [], r"`y` must be an array; received a list of 0"),
        ("mse", X.tolist(), HOT, r"`x` must be an array; received a list of 6\. np\.array\("),
        ("mse", X, Y.tolist(), r"`y` must be an array; received a list of 6\. np\.array\("),
        ("mse", X, HOT[:5], r"`x` and `y` must have the same length; received 6 and 5"),
        (
            "mse",
            X.reshape(6, 64),
            HOT,
            r"`x` must be images of shape \(8, 8, 1\), which the network takes; received images of "
            r"shape \(64,\)\. Reshape them: x\.reshape\(\(len\(x\), 8, 8, 1\)\)\.",
        ),
        (
            "mse",
            np.repeat(X, 3, axis=-1),
            HOT,
            r"received images of shape \(8, 8, 3\)\. Change the images, or .*Input\(\(8, 8, 1\)\)",
        ),
        ("mse", X.astype(str), HOT, r"`x` must be numbers; received an array"),
        ("mse", X, HOT.astype(str), r"`y` must be numbers; received an array"),
        (
            "mse",
            X,
            Y,
            r"`y` must be 3 numbers per image, as the network gives, for mean_squared_error; "
            r"received .*\(6,\), int64\. keras\.utils\.to_categorical\(y, 3\) makes one-hot rows; "
            r"or compile with the loss 'sparse_",
        ),
        ("mse", X, HOT[:, :2], r"3 numbers per image.*\(6, 2\), float32\. Let the .* have 2 units"),
        ("mse", X, Y * 2, r"3 numbers per image.* Let the last layer have 5 units, or count the"),
        ("mse", list(X), HOT, r"`x` must be an array; received a list of 6"),
        (
            "mse",
            X,
            pd.Series(Y),
            r"`y` must be 3 numbers per image, as the network gives, for mean",
        ),
        (
            "mse",
            Y,
            X,
            r"images of shape \(\)\. That is .*: have images and labels changed places\?",
        ),
        (
            "mse",
            X,
            np.where(HOT, HOT, np.nan),
            r"`y` must be finite; received \[.*\] at position 0",
        ),
        (SPARSE, X, np.where(Y == 2, np.nan, Y), r"`y` must be finite; received nan at position 2"),
        ("mse", X, list(Y), r"`y` must be an array; received a list of 6"),
        ("mse", np.moveaxis(np.repeat(X, 3, -1), -1, 1), HOT, r"shape \(3, 8, 8\)\. Change the im"),
        ("mse", X[:, :, :1].reshape(6, 1, 8, 1), HOT, r"images of shape \(1, 8, 1\)\. Change"),
        (
            SPARSE,
            X,
            HOT,
            r"`y` must be one whole number per image, for the loss sparse_.*\(6, 3\), float32\. "
            r"From one-hot rows `\.argmax\(axis=1\)` makes them; or compile with the loss 'categ",
        ),
        (
            SPARSE,
            X,
            np.where(Y == 2, 3, Y),
            r"`y` must be 0 to 2, as the network has 3 outputs; received 3 at position 2\. "
            r"Let the last layer have 4 units, or count the classes from 0\.",
        ),
        (SPARSE, X, Y % 3 + 1, r"received 3 at position 2\. Count the classes from 0: y - 1\."),
        ("mse", (X, HOT), None, r"`x` must be the images alone; received a pair of arrays\. Write"),
        (SPARSE, X, Y - 1, r"`y` must be 0 to 2.*; received -1 at position 0\. Count the classes"),
        (
            "categorical_crossentrop",
            X,
            HOT,
            r"The loss of model\.compile must be one of keras\.losses; received 'categorical_cross"
            r"entrop'\. Do you mean categorical_crossentropy\?",
        ),
        ("my own", X, HOT, r"received 'my own'\.$"),
        ("mse", ImageBatches(X, HOT), HOT, r"`y` must be left out: ImageBatches hold labels; rec"),
        ("mse", ImageBatches(X), None, r"`x` must hold labels; .* Write ImageBatches\(x, y\)\."),
        ("mse", ImageBatches(X, Y), None, r"The labels must be 3 numbers per image"),
        ("mse", ImageBatches(X[..., 0, 0], HOT), None, r"`x` must be images of .* shape \(8,\)"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(loss, x, y, message):
    with pytest.raises(KitError, match=message):
        check_data(network(loss), x, y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation_data": X}, r"`validation_data` must be a pair of arrays; received an array"),
        ({"validation_data": 0.2}, r"0\.2 .float.\. For a share of x, write validation_split=0\.2"),
        ({"validation_data": (X,)}, r"`validation_data` must be a pair of arrays; received a tup"),
        ({"validation_data": (X, Y)}, r"`y` of `validation_data` must be 3 numbers per image"),
        ({"validation_data": (X, HOT[:2])}, r"`x` and `y` of `validation_data` must have the same"),
        ({"validation_data": ImageBatches(X)}, r"`x` of `validation_data` must hold labels"),
    ],
)
def test_so_are_images_to_validate_with(options, message):
    with pytest.raises(KitError, match=message):
        check_validation(network(), X, options)


def test_images_to_validate_with_may_have_weights():
    check_validation(network(), X, {"validation_data": (X, HOT, np.ones(6))})
    check_validation(network(), X, {"validation_data": ImageBatches(X, HOT)})
    check_validation(network(), X, {"validation_split": 0.2})
    check_validation(network(), ImageBatches(X, HOT), {})


def test_batches_can_t_be_split():
    message = r"`validation_split` must be left out: ImageBatches can't be split; received 0\.2"
    with pytest.raises(KitError, match=message):
        check_validation(network(), ImageBatches(X, HOT), {"validation_split": 0.2})


class Own(keras.Sequential):
    """Learns what an image is like, without labels."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return keras.ops.mean(y_pred)


def test_a_network_may_deal_with_labels_itself():
    model = Own([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(3)])
    model.compile("sgd", SPARSE)
    check_data(model, X)
    check_data(model, (X, X))
    check_validation(model, X, {"validation_data": X})


def test_images_without_a_channel_get_one():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Reshape((32, 2))])
    assert answer(model, X[:1, ..., 0]).shape == (1, 32, 2)
    model = keras.Sequential([keras.Input((8, 8, 1)), FewerImages()])
    assert answer(model, X[:1, ..., 0]) is None


class FewerImages(layers.Layer):
    def call(self, inputs):
        return keras.ops.reshape(inputs, (7, -1))

    def compute_output_shape(self, input_shape):
        return input_shape


def test_rows_of_colours_may_be_in_any_order():
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten()])
    with pytest.raises(KitError, match=r"shape \(192,\)\. Change the images, or the network's"):
        answer(model, np.zeros((1, 192)))


def test_one_image_is_not_many():
    with pytest.raises(KitError, match=r"If x is a single image, write x\[None\]\.$"):
        answer(network(), X[0][:1])


def test_to_be_asked_about_images_come_in_one_array():
    check_images(network(), X)
    check_images(network(), ImageBatches(X))
    for x, received in [
        (None, "None"),
        (X[:0], "an array of shape"),
        ([X[0], X[1]], "a list of 2"),
    ]:
        with pytest.raises(KitError, match=f"`x` must be .*; received {received}"):
            check_images(network(), x)


def test_channels_belong_at_the_end():
    model = keras.Sequential([keras.Input((8, 6, 3)), layers.Conv2D(2, 3)])
    with pytest.raises(KitError, match=r"Move their channels to the end: np\.moveaxis\(x, 1, -1\)"):
        answer(model, np.zeros((1, 3, 8, 6)))


@pytest.mark.parametrize(("loss", "labels"), [("categorical_crossentropy", HOT), (SPARSE, Y)])
def test_a_forgotten_flatten_is_told(loss, labels):
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Dense(3, activation="softmax")])
    model.compile("adam", loss)
    message = r"The network must give a row .* maps of shape \(8, 8, 3\)\. Is a layers\.Flatten\(\)"
    with pytest.raises(KitError, match=message):
        check_data(model, X, labels)


class Breaks(layers.Layer):
    is_broken = False

    def call(self, inputs):
        if self.is_broken:
            raise RuntimeError("a mistake of the student's own")
        return inputs


def test_a_mistake_within_a_layer_is_left_to_fit():
    layer = Breaks()
    model = keras.Sequential([keras.Input((8, 8, 1)), layer, layers.Flatten(), layers.Dense(3)])
    assert answer(model, X[:1]).shape == (1, 3)
    layer.is_broken = True
    assert answer(model, X[:1]) is None


def test_networks_of_several_inputs_and_outputs_are_left_to_fit():
    one, other = keras.Input((2,), name="one"), keras.Input((2,), name="other")
    added = layers.Add()([one, other])
    outputs = [layers.Dense(3, name="class")(added), layers.Dense(1, name="size")(added)]
    model = keras.Model([one, other], outputs)
    model.compile("adam", ["mse", "mse"])
    pixels = X[:, 0, :2, 0]
    check_data(model, [pixels, pixels], [HOT, Y])
    check_data(model, {"one": pixels, "other": pixels}, {"class": HOT, "size": Y})
    with pytest.raises(KitError, match=r"`x` must be an array; received a list of 6"):
        check_data(model, pixels.tolist(), [HOT, Y])


def test_a_loss_within_the_network_needs_no_labels():
    check_data(network(loss=None), X)


def test_networks_without_a_shape_are_left_to_fit():
    model = keras.Sequential([layers.Flatten(), layers.Dense(3)])
    model.compile("adam", "mse")
    assert answer(model, X[:1]) is None
