"""Solutions of task `lenet`: wrong ones with the mistake to be named, and right ones."""

import keras
import numpy as np
from keras import layers

MAX, MEAN = layers.MaxPooling2D, layers.AveragePooling2D


def lenet(
    padding=("same", "valid"),
    filters=(6, 16),
    kernel=5,
    activations=("relu",) * 4,
    pooling=MAX,
    units=(120, 84, 10),
    last="softmax",
    bias=True,
    strides=1,
    flatten=True,
    before_dense=(),
    behind=(),
    image=(28, 28, 1),
):
    model = keras.Sequential([keras.Input(image)])
    for i in (0, 1):
        options = {"padding": padding[i], "activation": activations[i], "use_bias": bias}
        model.add(layers.Conv2D(filters[i], kernel, strides=strides, **options))
        if pooling is not None:
            model.add(pooling(2))
    if flatten:
        model.add(layers.Flatten())
    for layer in before_dense:
        model.add(layer)
    for size, activation in zip(units[:-1], activations[2:], strict=True):
        model.add(layers.Dense(size, activation=activation, use_bias=bias))
    model.add(layers.Dense(units[-1], activation=last, use_bias=bias))
    for layer in behind:
        model.add(layer)
    return model


def without_return():
    lenet()


def functional():
    image = keras.Input((28, 28, 1), name="digit")
    x = layers.Conv2D(6, (5, 5), padding="same", activation="relu", name="c1")(image)
    x = layers.MaxPool2D((2, 2), name="s2")(x)
    x = layers.Conv2D(16, (5, 5), activation="relu", name="c3")(x)
    x = layers.MaxPool2D((2, 2), name="s4")(x)
    x = layers.Dense(120, activation="relu")(layers.Reshape((400,))(x))
    x = layers.Dense(84, activation="relu")(x)
    return keras.Model(image, layers.Dense(10, activation="softmax")(x))


class Subclassed(keras.Model):
    """Its layers are made in another order than they are used in."""

    def __init__(self):
        super().__init__()
        self.out = layers.Dense(10, activation="softmax")
        self.hidden = [layers.Dense(n, activation="relu") for n in (120, 84)]
        self.second = layers.Conv2D(16, 5, activation="relu")
        self.first = layers.Conv2D(6, 5, padding="same", activation="relu")
        self.pool, self.flatten = layers.MaxPooling2D(2), layers.Flatten()

    def call(self, x):
        x = self.pool(self.second(self.pool(self.first(x))))
        x = self.flatten(x)
        for layer in self.hidden:
            x = layer(x)
        return self.out(x)


class SubclassedValid(Subclassed):
    def __init__(self):
        super().__init__()
        self.first = layers.Conv2D(6, 5, activation="relu")


def activations_apart():
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(6, 5, padding="same")])
    for layer in (
        layers.Activation("relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(16, 5),
        layers.MaxPooling2D(),
        layers.ReLU(),  # behind the pooling: the same, since both keep the order of numbers
        layers.Flatten(),
        layers.Dense(120),
        layers.ReLU(),
        layers.Dense(84),
        layers.Activation(keras.activations.relu),
        layers.Dense(10),
        layers.Softmax(),
    ):
        model.add(layer)
    return model


def padded_by_hand():
    model = lenet(padding=("valid", "valid"), image=(32, 32, 1))
    return keras.Sequential([keras.Input((28, 28, 1)), layers.ZeroPadding2D(2), *model.layers])


def nested():
    features = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
        ]
    )
    head = [layers.Dense(120, activation="relu"), layers.Dense(84, activation="relu")]
    last = layers.Dense(10, activation="softmax")
    return keras.Sequential([keras.Input((28, 28, 1)), features, *head, last])


def without_input():
    return keras.Sequential(lenet().layers)


def compiled():
    model = lenet()
    model.compile("adam", "mse")
    return model


def half_precision():
    with_policy = keras.DTypePolicy("mixed_float16")
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(with_policy)
    try:
        return lenet()
    finally:
        keras.config.set_dtype_policy(before)


def trained_a_little():
    model = compiled()
    rng = np.random.default_rng(1)
    model.fit(rng.random((64, 28, 28, 1)), np.eye(10)[rng.integers(0, 10, 64)], verbose=0)
    return model


def swapped_head():
    """Dense before pooling of the second block."""
    image = keras.Input((28, 28, 1))
    x = layers.Conv2D(6, 5, padding="same")(image)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(16, 5, activation="gelu")(x)
    x = layers.Flatten()(layers.MaxPooling2D(2)(x))
    x = layers.Dense(84, activation="relu")(layers.Dense(120, activation="relu")(x))
    return keras.Model(image, layers.Dense(10, activation="softmax")(x))


def mixed(first, second):
    model = keras.Sequential([keras.Input((28, 28, 1))])
    model.add(layers.Conv2D(6, 5, padding="same", activation="relu"))
    model.add(first(2))
    model.add(layers.Conv2D(16, 5, activation="relu"))
    model.add(second(2))
    model.add(layers.Flatten())
    for size in (120, 84):
        model.add(layers.Dense(size, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def rescaled():
    return keras.Sequential([keras.Input((28, 28, 1)), layers.Rescaling(1 / 255), *lenet().layers])


def frozen():
    model = lenet()
    model.layers[0].trainable = False
    return model


class Misspelt(Subclassed):
    def call(self, x):
        return self.output_layer(x)


class AllAsOne(Subclassed):
    def call(self, x):
        return super().call(keras.ops.reshape(x, (1, -1)))


def channels_first():
    """Works channel by channel, as PyTorch does; only the order of the 400 numbers differs."""
    model = lenet(flatten=False, before_dense=[layers.Permute((3, 1, 2)), layers.Flatten()])
    return model


def stopping():
    return keras.Sequential([keras.Input((28, 28)), layers.Conv2D(6, 5)])


def not_implemented():
    raise NotImplementedError("task lenet: write `build_lenet`, then run this cell again")


WRONG = {
    "first convolution without padding": (
        lambda: lenet(padding=("valid", "valid")),
        "padding-first",
    ),
    "padding the wrong way round": (lambda: lenet(padding=("valid", "same")), "padding-first"),
    "padding in both": (lambda: lenet(padding=("same", "same")), "padding-second"),
    "no padding, subclassed": (SubclassedValid, "padding-first"),
    "3 x 3 kernels": (lambda: lenet(kernel=3), "kernel-size"),
    "filters swapped": (lambda: lenet(filters=(16, 6)), "filters"),
    "32 and 64 filters": (lambda: lenet(filters=(32, 64)), "filters"),
    "no pooling": (lambda: lenet(pooling=None), "pooling-size"),
    "average pooling": (lambda: lenet(pooling=MEAN), "pooling-average"),
    "strides for pooling": (lambda: lenet(pooling=None, strides=2), "pooling-stride"),
    "no activation anywhere": (lambda: lenet(activations=(None,) * 4), "activation-missing"),
    "no activation in one dense layer": (
        lambda: lenet(activations=("relu", "relu", "relu", None)),
        "activation-missing",
    ),
    "tanh, as in 1998": (lambda: lenet(activations=("tanh",) * 4), "activation-tanh"),
    "sigmoid in the dense layers": (
        lambda: lenet(activations=("relu", "relu", "sigmoid", "sigmoid")),
        "activation-sigmoid",
    ),
    "GELU in one place": (swapped_head, "computes-otherwise"),
    "no softmax": (lambda: lenet(last=None), "logits"),
    "sigmoid outputs": (lambda: lenet(last="sigmoid"), "sigmoid"),
    "softmax twice": (lambda: lenet(behind=[layers.Softmax()]), "softmax-twice"),
    "no flatten": (lambda: lenet(flatten=False), "no-flatten"),
    "average over the maps": (
        lambda: lenet(flatten=False, before_dense=[layers.GlobalAveragePooling2D()]),
        "no-flatten",
    ),
    "nine classes": (lambda: lenet(units=(120, 84, 9)), "n-classes"),
    "other units": (lambda: lenet(units=(128, 64, 10)), "units"),
    "units swapped": (lambda: lenet(units=(84, 120, 10)), "units"),
    "no bias": (lambda: lenet(bias=False), "no-bias"),
    "dropout": (lambda: lenet(before_dense=[layers.Dropout(0.5)]), "extra-layer"),
    "batch normalisation": (
        lambda: lenet(before_dense=[layers.BatchNormalization()]),
        "extra-layer",
    ),
    "colour images": (lambda: lenet(image=(28, 28, 3)), "input-shape"),
    "no channel axis": (stopping, "stopped"),
    "no return": (without_return, "no-return"),
    "a list of layers": (lambda: lenet().layers, "not-a-model"),
    "the layers, not the function": (lenet().layers, "not-a-function"),
    "the model, not the function": (lenet(), "not-a-function"),
    "average, then max": (lambda: mixed(MEAN, MAX), "pooling-average"),
    "rescaled inside": (rescaled, "extra-layer"),
    "a frozen layer": (frozen, "frozen"),
    "misspelt in a subclass": (Misspelt, "stopped"),
    "all images as one": (AllAsOne, "stopped"),
    "not attempted": (not_implemented, "not-attempted"),
    "nothing": (None, "not-attempted"),
}

RIGHT = {
    "as in the table": lenet,
    "functional API, other names, Reshape": functional,
    "subclassed, layers made in another order": Subclassed,
    "activations in layers of their own": activations_apart,
    "padded by hand": padded_by_hand,
    "a network in a network": nested,
    "no input layer": without_input,
    "compiled already": compiled,
    "mixed precision": half_precision,
    "trained already": trained_a_little,
    "channels first": channels_first,
}
