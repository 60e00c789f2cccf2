"""Solutions of task `cnn`: wrong ones with the mistake to be named, and right ones."""

import keras
from keras import layers

IMAGE = (32, 32, 3)


def cnn(*body, last="softmax", image=IMAGE, behind=()):
    inner = body or (layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(4))
    head = (layers.Flatten(), layers.Dense(10, activation=last), *behind)
    return keras.Sequential([keras.Input(image), *inner, *head])


ONE = cnn()


def dense_only():
    return keras.Sequential(
        [keras.Input(IMAGE), layers.Flatten(), layers.Dense(10, activation="softmax")]
    )


def without_flatten():
    convolution = layers.Conv2D(8, 3, activation="relu")
    return keras.Sequential([keras.Input(IMAGE), convolution, layers.Dense(10, "softmax")])


def linear():
    return cnn(layers.Conv2D(8, 3), layers.AveragePooling2D(2), layers.Conv2D(8, 3))


def huge():
    return cnn(layers.Conv2D(64, 3, activation="relu"), layers.Flatten(), layers.Dense(600))


def frozen():
    model = cnn()
    model.trainable = False
    return model


def rescaled():
    return cnn(layers.Rescaling(1 / 255), layers.Conv2D(8, 3, activation="relu"))


def collapsed():
    return cnn(*[layers.MaxPooling2D(2) for _ in range(7)])


def unanswered():
    raise NotImplementedError("task cnn: write `build_cnn`, then run this cell again")


WRONG = {
    "no convolution": (dense_only, "no-convolution"),
    "no flatten": (without_flatten, "no-flatten"),
    "no activation": (linear, "no-activation"),
    "no softmax": (lambda: cnn(last=None), "logits"),
    "sigmoid outputs": (lambda: cnn(last="sigmoid"), "sigmoid"),
    "softmax twice": (lambda: cnn(behind=[layers.Softmax()]), "softmax-twice"),
    "softmax in two dense layers": (
        lambda: cnn(behind=[layers.Dense(10, activation="softmax"), layers.Softmax()]),
        "softmax-twice",
    ),
    "a hundred classes": (lambda: cnn(behind=[layers.Dense(100, "softmax")]), "n-classes"),
    "grey images": (lambda: cnn(image=(32, 32, 1)), "input-shape"),
    "larger images": (lambda: cnn(image=(64, 64, 3)), "input-shape"),
    "pooled to nothing": (collapsed, "stopped"),
    "far too many parameters": (huge, "too-large"),
    "frozen": (frozen, "frozen"),
    "rescaled again": (rescaled, "scaled-twice"),
    "the model, not the function": (ONE, "not-a-function"),
    "always the same network": (lambda: ONE, "same-model"),
    "no return": (lambda: None, "no-return"),
    "not attempted": (unanswered, "not-attempted"),
}


def residual():
    image = keras.Input(IMAGE)
    x = layers.Conv2D(16, 3, padding="same", use_bias=False)(image)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    y = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(layers.Add()([x, y]))
    return keras.Model(image, layers.Softmax()(layers.Dense(10)(x)))


def separable():
    body = [layers.SeparableConv2D(16, 3, activation="swish"), layers.DepthwiseConv2D(3)]
    return cnn(*body, layers.GlobalMaxPooling2D())


def strided():
    body = [layers.Conv2D(16, 3, strides=2), layers.LeakyReLU(), layers.Conv2D(32, 3, strides=2)]
    return cnn(*body, layers.Activation("elu"))


def with_augmentation():
    return cnn(layers.RandomFlip("horizontal"), layers.Conv2D(8, 3, activation="relu"))


def standardised():
    """Shifts and spreads [0, 1], which is no second division by 255."""
    return cnn(layers.Rescaling(2.0, offset=-1.0), layers.Conv2D(8, 3, activation="relu"))


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.body = keras.Sequential([layers.Conv2D(8, 3, activation="relu"), layers.Flatten()])
        self.head = layers.Dense(10, activation="softmax")

    def call(self, x, training=False):
        return self.head(self.body(x))


def pooled_only_by_maximum():
    return cnn(layers.Conv2D(8, 3), layers.MaxPooling2D(2), layers.Conv2D(8, 3))


def compiled():
    model = cnn()
    model.compile("adam", "categorical_crossentropy")
    return model


def deep():
    """Ten convolutions with swish: in a new network, hardly anything comes out at the end."""
    body = []
    for i in range(10):
        body.append(layers.Conv2D(16, 3, padding="same", activation="swish"))
        if i % 3 == 2:
            body.append(layers.MaxPooling2D(2))
    return cnn(*body)


def activation_as_a_function():
    image = keras.Input(IMAGE)
    x = keras.ops.relu(layers.Conv2D(8, 3)(image))
    x = layers.Flatten()(keras.activations.relu(layers.Conv2D(8, 3)(x)))
    return keras.Model(image, layers.Dense(10, activation="softmax")(x))


def zero_at_the_end():
    zero = layers.Dense(10, activation="softmax", kernel_initializer="zeros")
    inner = [layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), zero]
    return keras.Sequential([keras.Input(IMAGE), *inner])


def rescaled_at_the_end():
    return cnn(layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), layers.Rescaling(1 / 20))


RIGHT = {
    "plain": cnn,
    "deep, swish": deep,
    "activations as functions": activation_as_a_function,
    "zeros at the end": zero_at_the_end,
    "a small factor further on": rescaled_at_the_end,
    "residual, Softmax as a layer": residual,
    "separable, depthwise, swish": separable,
    "strides instead of pooling": strided,
    "augmentation inside": with_augmentation,
    "spread to -1 to 1 inside": standardised,
    "subclassed": Own,
    "maxima as the only non-linearity": pooled_only_by_maximum,
    "compiled already": compiled,
    "flexible input size": lambda: cnn(
        layers.Conv2D(8, 3, activation="relu"),
        layers.GlobalAveragePooling2D(),
        image=(None, None, 3),
    ),
}
