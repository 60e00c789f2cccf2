"""What students write first: wrong answers with the words that cure them, and unusual right ones.

Each wrong one: the solution, the mistake's name, and words of the message.
"""

import math

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from keras import layers, ops

from cnn_utils.metrics import f1_score
from tests.checks import cases_cnn, cases_lenet, cases_predictions, cases_training
from tests.checks.cases_cnn import cnn
from tests.checks.cases_f1 import Counting
from tests.checks.cases_figures import HISTORY, PHOTOS, panels
from tests.checks.cases_lenet import lenet
from tests.checks.cases_training import EPOCHS, data, evaluated, good, numbers, trained

IMAGE = (28, 28, 1)


def stack(*parts, image=IMAGE):
    return lambda: keras.Sequential([keras.Input(image), *[part() for part in parts]])


def convolution():
    return layers.Conv2D(6, 5, padding="same", activation="relu")


def prints():
    print(lenet().count_params())


def of_images(image):
    return image


def of_size(height, width):
    return lenet(image=(height, width, 1))


def a_tensor():
    image = keras.Input(IMAGE)
    return layers.Dense(10, activation="softmax")(layers.Flatten()(convolution()(image)))


def layer_not_called():
    image = keras.Input(IMAGE)
    x = convolution()(image)
    x = layers.MaxPooling2D(2)
    return keras.Model(image, layers.Dense(10)(x))


def layer_as_output():
    return keras.Model(keras.Input(IMAGE), layers.Dense(10, activation="softmax"))


class WithoutSuper(keras.Model):
    def __init__(self):
        self.hidden = layers.Dense(10)


class CallReturnsNothing(cases_lenet.Subclassed):
    def call(self, x):
        super().call(x)


class CallWithoutSelf(cases_lenet.Subclassed):
    def call(x):
        return x


def layers_in_place_of_a_list():
    return keras.Sequential(keras.Input(IMAGE), convolution())


def a_list_added():
    keras.Sequential([keras.Input(IMAGE)]).add([convolution(), layers.MaxPooling2D(2)])


def padding_without_quotes():
    return layers.Conv2D(6, 5, padding=same)  # noqa: F821


def activation_without_quotes():
    return layers.Dense(120, activation=relu)  # noqa: F821


def layers_not_imported():
    return keras.Sequential([Conv2D(6, 5)])  # noqa: F821


def a_missing_package():
    import torch_is_not_here  # noqa: F401


GLOBAL = lenet()


def adds_to_a_global():
    GLOBAL.add(layers.Dense(10, activation="softmax"))
    return GLOBAL


LENET = {
    "returns a layer": (lambda: lenet().pop(), "not-a-model", "keras.Sequential"),
    "returns summary": (lambda: print("summary"), "no-return", "`compile()`"),
    "returns compile": (lambda: lenet().compile("adam", "mse"), "no-return", "`compile()`"),
    "prints": (prints, "no-return", "`print()`"),
    "build_lenet = model": (lenet(), "not-a-function", "def build_lenet"),
    "build_lenet = ...": (..., "not-attempted", "not attempted yet"),
    "build_lenet = None": (None, "not-attempted", "not attempted"),
    "asks for the images": (of_images, "stopped", "0 argument(s)"),
    "asks for the size": (of_size, "stopped", "default value"),
    "returns model and history": (lambda: (lenet(), None), "not-a-model", "a tuple"),
    "returns the function": (lambda: lenet, "not-a-model", "function"),
    "returns the class": (lambda: cases_lenet.Subclassed, "not-a-model", "type"),
    "returns a tensor": (a_tensor, "not-a-model", "keras.Model(inputs, outputs)"),
    "a layer not called": (layer_not_called, "stopped", "second pair of parentheses"),
    "a layer as output": (layer_as_output, "stopped", "second pair of parentheses"),
    "no super().__init__()": (WithoutSuper, "stopped", "super().__init__()"),
    "call returns nothing": (CallReturnsNothing, "no-return", "`return`"),
    "call without self": (CallWithoutSelf, "stopped", "self"),
    "no list": (layers_in_place_of_a_list, "stopped", "one list"),
    "five filters of 6 x 6": (
        lambda: lenet(filters=(5, 16), kernel=6),
        "kernel-size",
        "filters first",
    ),
    "a list added": (a_list_added, "stopped", "one layer"),
    "height and width of the kernel": (
        lambda: keras.Sequential([keras.Input(IMAGE), layers.Conv2D(6, 5, 5), *lenet().layers[1:]]),
        "stopped",
        "too few for its kernel",
    ),
    "channels, filters, kernel as in PyTorch": (
        stack(lambda: layers.Conv2D(1, 6, 5), lambda: layers.Conv2D(6, 16, 5)),
        "stopped",
        "strides=5",
    ),
    "layer without parentheses": (
        stack(convolution, lambda: layers.MaxPooling2D),
        "stopped",
        "Write MaxPooling2D(...), with parentheses.",
    ),
    "Input(28, 28, 1)": (lambda: keras.Input(28, 28, 1), "stopped", "one tuple"),
    "no channel": (stack(convolution, image=(28, 28)), "stopped", "(28, 28, 1)"),
    "channel first": (
        lambda: lenet(image=(1, 28, 28), padding=("valid", "valid")),
        "stopped",
        "channel",
    ),
    "with the number of images": (
        stack(convolution, image=(60000, 28, 28, 1)),
        "stopped",
        "the shape of one image",
    ),
    "flattened first": (stack(layers.Flatten, convolution), "stopped", "before Flatten"),
    "misspelt layer": (lambda: layers.Conv2d(6, 5), "stopped", "Do you mean Conv2D?"),
    "misspelt argument": (lambda: layers.Conv2D(6, kernel=5), "stopped", "kernel_size"),
    "misspelt activation": (lambda: layers.Dense(3, "rellu"), "stopped", "Do you mean relu?"),
    "padding without quotes": (padding_without_quotes, "stopped", "quotes"),
    "activation without quotes": (activation_without_quotes, "stopped", "quotes"),
    "layers not imported": (layers_not_imported, "stopped", "layers.Conv2D"),
    "a missing package": (a_missing_package, "stopped", "keras and numpy"),
    "softmax in every layer": (
        lambda: lenet(activations=("softmax",) * 4),
        "activation-softmax",
        "softmax",
    ),
    "layers called in Sequential": (
        lambda: keras.Sequential([convolution()(keras.Input(IMAGE))]),
        "stopped",
        "without (x)",
    ),
    "padding as a number": (
        lambda: layers.Conv2D(6, 5, padding=2),
        "stopped",
        "'same'",
    ),
    "pooled by three": (
        lambda: lenet(pooling=lambda n: layers.MaxPooling2D(3)),
        "no-flatten",
        "does pooling halve",
    ),
    "pooled with stride 1": (
        lambda: lenet(pooling=lambda n: layers.MaxPooling2D(n, strides=1)),
        "pooling-size",
        "halve",
    ),
    "no filters": (stack(lambda: layers.Conv2D(0, 5)), "stopped", "Run it by itself"),
    "one dense layer too many": (
        lambda: lenet(behind=[layers.Dense(10, "softmax")]),
        "count-dense",
        "There are 4 dense layers",
    ),
    "adds to a network outside": (adds_to_a_global, "count-dense", "dense layers"),
}


def with_input_shape():
    first = layers.Conv2D(6, 5, padding="same", activation="relu", input_shape=IMAGE)
    return keras.Sequential([first, *lenet().layers[1:]])


def from_a_plain_list(n_classes=10):
    return keras.Sequential(
        [
            layers.InputLayer(shape=IMAGE),
            layers.Conv2D(6, (5, 5), (1, 1), "SAME", activation=ops.relu),
            layers.MaxPool2D(pool_size=(2, 2), strides=(2, 2)),
            layers.Conv2D(16, (5, 5), padding="valid", activation=keras.activations.relu),
            layers.MaxPool2D(pool_size=(2, 2), strides=2, padding="same"),
            layers.Flatten(),
            layers.Dense(120, "relu", kernel_initializer="he_normal"),
            layers.Dense(84, "relu", bias_initializer="ones"),
            layers.Dense(n_classes, "softmax"),
        ]
    )


def dense_as_convolution_flattened_late():
    image = keras.Input(shape=IMAGE, batch_size=None, dtype="float32")
    x = lenet()(image)
    return keras.Model(inputs=[image], outputs=[x])


LENET_RIGHT = {
    "input_shape in the first layer": with_input_shape,
    "all arguments by place": from_a_plain_list,
    "lists of one input and output": dense_as_convolution_flattened_late,
}


class TensorFlow2(keras.metrics.Metric):
    """As most pages on the web have it."""

    def __init__(self, name="f1", **options):
        super().__init__(name=name, **options)
        self.tp = self.add_weight("tp", initializer="zeros")


class ShapeByPlace(keras.metrics.Metric):
    def __init__(self):
        super().__init__()
        self.counts = self.add_weight("counts", (10, 10))


class NoSuper(keras.metrics.Metric):
    def __init__(self):
        self.counts = self.add_weight(shape=(10, 10), initializer="zeros")


class NoSelf(Counting):
    def update_state(y_true, y_pred, sample_weight=None):
        self.counts.assign_add(y_true)  # noqa: F821


class ResultTakesLabels(Counting):
    def result(self, y_true, y_pred):
        return 0.0


class OtherNames(keras.metrics.Metric):
    def update(self, y_true, y_pred):
        pass

    def compute(self):
        return 0.0


class NoResult(keras.metrics.Metric):
    def update_state(self, y_true, y_pred, sample_weight=None):
        pass


class NotDerived:
    def update_state(self, y_true, y_pred, sample_weight=None):
        self.counts = np.transpose(y_true) @ np.eye(10)[np.argmax(y_pred, axis=1)]

    def result(self):
        both = self.counts.sum(axis=0) + self.counts.sum(axis=1)
        return np.mean(2 * np.diag(self.counts) / np.maximum(both, 1))


class WithBackend(Counting):
    """Of Keras 2."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        from keras import backend as K

        self.counts.assign_add(K.sum(K.round(K.clip(y_true * y_pred, 0, 1))))


class WithTf(Counting):
    def update_state(self, y_true, y_pred, sample_weight=None):
        self.counts.assign_add(tf.math.confusion_matrix(y_true, y_pred))  # noqa: F821


class NumPyArgmax(Counting):
    def decide(self, y_pred):
        return ops.one_hot(np.argmax(y_pred, axis=1), 10)


class WithSklearn(keras.metrics.Metric):
    def __init__(self, name="f1"):
        super().__init__(name=name)
        self.true, self.pred = [], []

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.true.append(np.asarray(y_true))
        self.pred.append(np.asarray(y_pred))

    def result(self):
        return f1_score(np.concatenate(self.true), np.concatenate(self.pred))

    def reset_state(self):
        self.true, self.pred = [], []


class FromTwoMetrics(keras.metrics.Metric):
    """The first answer of a web search: precision and recall at 0.5, of all classes together."""

    def __init__(self, name="f1"):
        super().__init__(name=name)
        self.precision, self.recall = keras.metrics.Precision(), keras.metrics.Recall()

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.precision.update_state(y_true, y_pred)
        self.recall.update_state(y_true, y_pred)

    def result(self):
        p, r = self.precision.result(), self.recall.result()
        return 2 * p * r / (p + r + 1e-7)


class IntegerCounts(Counting):
    def __init__(self, name="f1"):
        keras.metrics.Metric.__init__(self, name=name)
        self.counts = self.add_weight(shape=(10, 10), initializer="zeros", dtype="int32")


class WrongShape(Counting):
    def __init__(self, name="f1"):
        keras.metrics.Metric.__init__(self, name=name)
        self.counts = self.add_weight(shape=(10,), initializer="zeros")


class ShapeMissing(Counting):
    def __init__(self, name="f1"):
        keras.metrics.Metric.__init__(self, name=name)
        self.counts = self.add_weight(name="counts", initializer="zeros")


class ArgmaxOfAll(Counting):
    def decide(self, y_pred):
        return ops.one_hot(ops.argmax(y_pred), 10)


class ArgmaxOfImages(Counting):
    def decide(self, y_pred):
        return ops.one_hot(ops.argmax(y_pred, axis=0), 10)


class DigitsAsTrue(Counting):
    def update_state(self, y_true, y_pred, sample_weight=None):
        true = ops.one_hot(ops.cast(y_true, "int32"), 10)
        self.counts.assign_add(ops.transpose(true) @ self.decide(y_pred))


class Swapped(Counting):
    def update_state(self, y_pred, y_true, sample_weight=None):
        super().update_state(y_true, y_pred)


class AboveHalf(Counting):
    def decide(self, y_pred):
        return ops.cast(y_pred > 0.5, "float32")


class PlainFloat(Counting):
    def result(self):
        return float(super().result())


class PlainZeros(Counting):
    def __init__(self, name="f1"):
        keras.metrics.Metric.__init__(self, name=name)
        self.counts = ops.zeros((10, 10))


class ByElement(Counting):
    def update_state(self, y_true, y_pred, sample_weight=None):
        for true, pred in zip(y_true, y_pred, strict=True):
            self.counts[int(ops.argmax(true)), int(ops.argmax(pred))] += 1


class NoSuchFunction(Counting):
    def update_state(self, y_true, y_pred, sample_weight=None):
        self.counts.assign_add(ops.confusion_matrix(y_true, y_pred))


class NoInitializer(Counting):
    def __init__(self, name="f1"):
        keras.metrics.Metric.__init__(self, name=name)
        self.counts = self.add_weight(name="counts", shape=(10, 10))


class HoldsKeras(keras.metrics.Metric):
    def __init__(self, name="f1"):
        super().__init__(name=name)
        self.inner = keras.metrics.F1Score(average="macro")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.inner.update_state(y_true, y_pred)

    def result(self):
        return self.inner.result()


class Accuracy(Counting):
    def result(self):
        return ops.trace(self.counts) / ops.sum(self.counts)


class Sums(Counting):
    """+= makes a tensor of the variable."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.counts = self.counts + ops.transpose(y_true) @ self.decide(y_pred)


class Needs10(Counting):
    def __init__(self, num_classes, name="f1"):
        super().__init__(name)


def plain(y_true, y_pred):
    return f1_score(y_true, y_pred)


class AsDict(Counting):
    def result(self):
        return {"f1": super().result()}


F1 = {
    "a dict": (AsDict, "not-a-number", "gives a dict; expected a single number"),
    "add_weight of TensorFlow 2, no shape": (TensorFlow2, "stopped", "name="),
    "add_weight by place": (ShapeByPlace, "stopped", "name="),
    "no super().__init__()": (NoSuper, "stopped", "super().__init__()"),
    "no self": (NoSelf, "stopped", "`self`"),
    "result takes labels": (ResultTakesLabels, "stopped", "arguments"),
    "methods of other names": (OtherNames, "no-method", "update_state"),
    "no result": (NoResult, "no-method", "result"),
    "not derived from Metric": (NotDerived, "not-a-metric", "keras.metrics.Metric"),
    "keras.backend of Keras 2": (WithBackend, "stopped", "keras.ops"),
    "tf not imported": (WithTf, "stopped", "keras.ops"),
    "NumPy's argmax": (NumPyArgmax, "not-in-graph", "no NumPy"),
    "lists, as for scikit-learn": (WithSklearn, "not-in-graph", "no NumPy"),
    "precision and recall of Keras": (FromTwoMetrics, "rounded", "above 0.5"),
    "counts of another shape": (WrongShape, "stopped", "shape"),
    "no shape": (ShapeMissing, "stopped", "shape"),
    "argmax of all": (ArgmaxOfAll, "stopped", "axis=1"),
    "argmax over the images": (ArgmaxOfImages, "stopped", "axis=1"),
    "digits expected": (DigitsAsTrue, "stopped", "(10, 10, 10)"),
    "labels and predictions swapped": (Swapped, "argmax-missing", "probabilities"),
    "accuracy": (Accuracy, "micro", "the accuracy"),
    "above one half": (AboveHalf, "rounded", "none above 0.5"),
    "a plain float": (PlainFloat, "not-in-graph", "`float()`"),
    "zeros, no weight": (PlainZeros, "stopped", "add_weight"),
    "one image after the other": (ByElement, "stopped", "assign_add"),
    "no such function": (NoSuchFunction, "stopped", "spelt"),
    "no initializer": (NoInitializer, "stopped", 'initializer="zeros"'),
    "a tensor instead of the variable": (Sums, "no-reset", "assign_add"),
    "asks for the number of classes": (Needs10, "stopped", "default"),
    "Keras' own, all classes": (keras.metrics.F1Score, "vector", "10 numbers"),
    "Keras' own, made": (
        keras.metrics.F1Score(average="macro"),
        "not-a-function",
        "class F1Score(keras.metrics.Metric)",
    ),
    "a function": (plain, "not-a-metric", "class F1Score(keras.metrics.Metric)"),
    "a name": ("f1_score", "not-a-function", "class F1Score(keras.metrics.Metric)"),
}


class WithTensorFlow(Counting):
    def update_state(self, y_true, y_pred, sample_weight=None):
        import tensorflow as tf

        counts = tf.math.confusion_matrix(
            tf.argmax(y_true, axis=1), tf.argmax(y_pred, axis=1), num_classes=10
        )
        self.counts.assign_add(tf.cast(counts, "float32"))


class PredictedFirst(Counting):
    """Its table has the predictions in rows."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.counts.assign_add(ops.transpose(self.decide(y_pred)) @ ops.cast(y_true, "float32"))


class FalseOnes(keras.metrics.Metric):
    """True positives, false positives, false negatives, each a vector."""

    def __init__(self, num_classes=10, name="f1_macro", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.num_classes = num_classes
        self.tp = self.add_weight(name="tp", shape=(num_classes,), initializer="zeros")
        self.fp = self.add_weight(name="fp", shape=(num_classes,), initializer="zeros")
        self.fn = self.add_weight(name="fn", shape=(num_classes,), initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        true = ops.cast(y_true, "float32")
        pred = ops.one_hot(ops.argmax(y_pred, axis=-1), self.num_classes, dtype="float32")
        self.tp.assign(self.tp + ops.sum(true * pred, axis=0))
        self.fp.assign(self.fp + ops.sum((1 - true) * pred, axis=0))
        self.fn.assign(self.fn + ops.sum(true * (1 - pred), axis=0))

    def result(self):
        epsilon = keras.backend.epsilon()
        precision = self.tp / (self.tp + self.fp + epsilon)
        recall = self.tp / (self.tp + self.fn + epsilon)
        return ops.mean(2 * precision * recall / (precision + recall + epsilon))

    def reset_state(self):
        for variable in (self.tp, self.fp, self.fn):
            variable.assign([0.0] * self.num_classes)


F1_RIGHT = {
    "whole numbers as counts": IntegerCounts,
    "holds Keras' own": HoldsKeras,
    "TensorFlow's confusion matrix": WithTensorFlow,
    "predictions in rows": PredictedFirst,
    "false positives and negatives": FalseOnes,
}


def dense_history():
    history = keras.callbacks.History()
    history.history = {"loss": [0.1] * EPOCHS, "accuracy": [0.9] * EPOCHS}
    history.params = {"epochs": EPOCHS, "steps": 25}
    return history


def swapped_arguments():
    model, history, *rest = good()
    return history, model, *rest


def stopped_early():
    stop = keras.callbacks.EarlyStopping("loss", patience=0, min_delta=1.0)
    return trained(callbacks=[stop])


def history_of(training):
    model, _, *rest = good()
    return lambda: (model, training(), *rest)


TRAINING = {
    "history = ...": (
        lambda: cases_training.with_history(...),
        "no-history",
        "received `...`: write",
    ),
    "model and history swapped": (swapped_arguments, "not-a-model", "History"),
    "model = model.fit(...)": (
        lambda: (good()[1], *good()[1:]),
        "not-a-model",
        "`history = model.fit()`",
    ),
    "the function, not the network": (
        lambda: (lenet, *good()[1:]),
        "not-a-model",
        "build_lenet()",
    ),
    "model is None": (lambda: (None, *good()[1:]), "not-a-model", "build_lenet()"),
    "history is a list, of evaluate": (history_of(lambda: [0.1, 0.9]), "no-history", "model.fit"),
    "F1 of each class": (
        lambda: trained(metrics=("accuracy", keras.metrics.F1Score(name="f1"))),
        "no-history",
        "average='macro'",
    ),
    "accuracy only": (lambda: trained(metrics=("accuracy",)), "no-f1", "F1Score()"),
    "F1 only": (lambda: trained(metrics=("f1",)), "no-accuracy", "accuracy"),
    "acc": (lambda: trained(metrics=("acc", "f1")), "no-accuracy", '"accuracy" and'),
    "RMSprop": (lambda: cases_training.compiled(optimizer="rmsprop"), "optimizer", "Adam"),
    "stopped early": (stopped_early, "epochs", "EarlyStopping"),
    "batches of 48": (lambda: trained(batch_size=48), "validation-share", "16 images in a batch"),
    "test images for validation": (
        lambda: trained(validation_split=0.0, validation_data=(data()[0][:48], data()[1][:48])),
        "validation-leak",
        "all of the images",
    ),
    "no softmax": (
        lambda: trained(network=lambda: lenet(last=None)),
        "logits",
        "Which activation",
    ),
    "sigmoid at the end": (
        lambda: trained(network=lambda: lenet(last="sigmoid")),
        "sigmoid",
        "Which activation",
    ),
    "F1 without F1 in its name": (
        lambda: trained(metrics=("accuracy", Counting(name="score"))),
        "no-f1",
        '"f1"',
    ),
    "micro F1": (
        lambda: trained(metrics=("accuracy", keras.metrics.F1Score(average="micro", name="f1"))),
        "micro",
        "the accuracy",
    ),
    "AdamW": (
        lambda: cases_training.compiled(optimizer=keras.optimizers.AdamW()),
        "optimizer",
        "expected Adam",
    ),
    "mae": (lambda: cases_training.compiled(loss="mae"), "loss", "mean squared error"),
    "history without F1, from another network": (
        history_of(dense_history),
        "no-f1",
        "F1Score()",
    ),
}
TRAINING_RIGHT = {
    "a sixth, rounded": lambda: trained(validation_split=0.1667),
    "F1 before accuracy, under another name": lambda: trained(
        metrics=(keras.metrics.F1Score(average="macro", name="macro_F1"), "accuracy")
    ),
    "the long name of the loss": lambda: trained(loss="mean_squared_error"),
}


def three_figures():
    figures = []
    for name in ("loss", "accuracy", "f1"):
        figures.append(plt.figure())
        plt.plot(HISTORY[name], label="training")
        plt.plot(HISTORY[f"val_{name}"], label="validation")
        plt.xlabel("epoch")
        plt.legend()
    return figures


def shown_first():
    panels()
    plt.close("all")  # as plt.show() does in a notebook
    return plt.gcf(), HISTORY


def legend_without_names():
    figure = panels(legend=False)
    for ax in figure.axes:
        for line in ax.get_lines():
            line.set_label("_")
        ax.legend([])
    return figure, HISTORY


def labelled(*names):
    figure = panels(legend=False)
    for ax in figure.axes:
        for line in ax.get_lines():
            line.set_label("_")
        ax.legend(names)
    return figure, HISTORY


def points():
    figure, ax = plt.subplots()
    for name, values in HISTORY.items():
        ax.scatter(range(3), values, label=name)
    ax.set_xlabel("epoch")
    ax.legend()
    return figure, HISTORY


def smoothed():
    figure, ax = plt.subplots()
    for name, values in HISTORY.items():
        ax.plot(pd.Series(values).rolling(2, min_periods=1).mean(), label=name)
    ax.set_xlabel("epoch")
    ax.legend()
    return figure, HISTORY


def loss_only():
    figure = plt.figure()
    plt.plot(HISTORY["loss"])
    plt.plot(HISTORY["val_loss"])
    plt.legend(["loss", "val_loss"])
    plt.xlabel("epoch")
    return figure


def one_legend():
    figure = panels(legend=False)
    figure.legend(["training", "validation"])
    return figure, HISTORY


def logarithmic():
    figure = panels(xlabel="Number of epochs")
    for ax in figure.axes:
        ax.set_yscale("log")
    return figure, HISTORY


FIGURES = {
    "= ...": (lambda: (..., HISTORY), "not-attempted", "not attempted yet"),
    "history = ...": (lambda: (panels(), ...), "wrong-argument", "received `...`: write"),
    "plt.show()": (lambda: (None, HISTORY), "no-figure", "`plt.show()`"),
    "gcf after show": (shown_first, "empty", "then `plt.show()`"),
    "the module": (lambda: (plt, HISTORY), "not-a-figure", "plt.gcf()"),
    "the function": (lambda: (panels, HISTORY), "not-a-figure", "a function"),
    "a file's name": (lambda: ("history.png", HISTORY), "not-a-figure", "plt.gcf()"),
    "figure and history swapped": (lambda: (HISTORY, panels()), "not-a-figure", "dict"),
    "the last of three figures": (
        lambda: (three_figures()[-1], HISTORY),
        "no-loss",
        "list",
    ),
    "a legend without names": (legend_without_names, "no-legend", "label"),
    "names in the wrong order": (lambda: labelled("val", "train"), "labels-swapped", "'val'"),
    "points": (points, "no-loss", "`plot`"),
    "means of epochs": (smoothed, "no-loss", "one point per epoch"),
    "the loss alone": (lambda: (loss_only(), HISTORY), "no-accuracy", "'accuracy'"),
    "pandas, as it is": (lambda: (pd.DataFrame(HISTORY).plot(), HISTORY), "unnamed-axes", "xlabel"),
    "axes without curves": (lambda: (plt.subplots(1, 3)[1], HISTORY), "empty", "Draw"),
}
FIGURES_RIGHT = {
    "three figures in a list": lambda: (three_figures(), HISTORY),
    "the lines that plot returns": lambda: (
        [ax.get_lines()[0] for ax in panels().axes],
        HISTORY,
    ),
    "one legend for all": one_legend,
    "a logarithmic scale": logarithmic,
    "names given to the legend": lambda: labelled("train", "val"),
    "pandas' subplots": lambda: (
        pd.DataFrame(HISTORY).plot(subplots=True, xlabel="Epoche"),
        HISTORY,
    ),
}


def off_by(difference):
    model, x, y, accuracy, f1 = cases_training.well_known()
    return model, x, y, accuracy + difference, f1


def numbers_without_loss():
    model, x, y, _, accuracy, f1 = numbers()
    return model, x, y, accuracy, f1


def of_unscaled_images():
    model, (_, x, y, *_) = cases_training.trained_unscaled()[0], evaluated()
    _, accuracy, f1 = model.evaluate(255 * x, y, verbose=0)
    return model, x, y, accuracy, f1


EVALUATION = {
    "of unscaled images": (of_unscaled_images, "not-scaled", "Yours is that of images with pixels"),
    "= ...": (lambda: evaluated(accuracy=...), "not-attempted", "not attempted yet"),
    "of the training images, close by": (lambda: off_by(4.3e-4), "other-data", "test"),
    "two digits": (
        lambda: (*evaluated()[:3], round(numbers()[4], 2) + 0.004, numbers()[5]),
        "other-data",
        "test",
    ),
    "two digits kept": (lambda: rounded(2), "rounded", "print"),
    "a text": (lambda: (*evaluated()[:3], f"{numbers()[4]:.4f}", numbers()[5]), "not-a-number", ""),
    "the loss first": (lambda: evaluated(numbers()[3], numbers()[4]), "loss", "`evaluate`"),
    "F1 in percent": (lambda: evaluated(f1_value=100 * numbers()[5]), "percent", "fraction"),
    "no number": (lambda: evaluated(accuracy=float("nan")), "other-data", "test set"),
    "the method": (lambda: evaluated(accuracy=good()[0].evaluate), "not-a-number", "`evaluate`"),
    "micro F1": (lambda: evaluated(f1_value=numbers()[4]), "swapped", "micro"),
    "the metric itself": (
        lambda: (*numbers_without_loss()[:4], Counting()),
        "not-a-number",
        "single number",
    ),
    "F1 of each class": (
        lambda: (*numbers_without_loss()[:4], np.ones(10)),
        "not-a-number",
        "single number",
    ),
    "a network not built": (lambda: (lenet, *evaluated()[1:]), "not-a-model", "build_lenet()"),
    "None": (lambda: (*evaluated()[:4], None), "not-attempted", "not attempted"),
}


def rounded(n):
    model, x, y, accuracy, f1 = cases_training.well_known()
    return model, x, y, round(float(accuracy), n), f1


EVALUATION_RIGHT = {
    "a tensor": lambda: evaluated(accuracy=ops.convert_to_tensor(numbers()[4])),
    "three digits of a good network": lambda: rounded(3),
    "one image judged otherwise": lambda: off_by(1e-4),
}

TEN = {
    "^ for the power": (lambda p: 1 - p ^ 10, "stopped", "`**`"),  # binds as (1 - p) ^ 10
    "its own accuracy": (lambda p: 1 - 0.988**10, "ignores-argument", "argument"),
    "prints": (lambda p: print(1 - p**10), "no-return", "print"),
    "one minus ten times": (lambda p: 1 - 10 * p, "product", "`**`"),
    "exactly one digit": (lambda p: 10 * (1 - p) * p**9, "exactly-one", "Two wrong digits"),
    "accuracy in percent": (lambda p: 1 - (p / 100) ** 10, "ignores-argument", "from 0 to 1"),
    "at least one right": (lambda p: 1 - (1 - p) ** 10, "at-least-one", "All ten digits"),
    "no argument": (lambda: 0.114, "stopped", "1 argument(s)"),
    "formatted": (lambda p: f"{1 - p**10:.4f}", "not-a-number", "format"),
}
TEN_RIGHT = {
    "as a binomial sum": lambda p: sum(
        math.comb(10, k) * (1 - p) ** k * p ** (10 - k) for k in range(1, 11)
    ),
    "a product of ten": lambda p: 1 - np.multiply.reduce([p] * 10),
}


def divided_in_place(images):
    images /= 255
    return images


def of_all_images(images):
    return np.zeros((50, 32, 32, 3), np.float32)


PREPROCESS = {
    "a comma at the end": (lambda x: (x / 255,), "not-an-array", "returns a tuple of 1; expected"),
    "images and their shape": (lambda x: (x / 255, x.shape), "not-an-array", "alone"),
    "divides in place": (divided_in_place, "stopped", "astype"),
    "all the images": (of_all_images, "shape", "argument"),
    "the images, not the function": (np.zeros((2, 32, 32, 3)), "not-a-function", "def preprocess"),
    "back to whole numbers": (lambda x: (x / 255).astype("uint8"), "integer-division", "0 or 1"),
    "images and labels": (lambda x, y: x / 255, "stopped", "1 argument"),
    "OpenCV": (lambda x: cv2.resize(x, 32), "stopped", "cv2"),  # noqa: F821
    "standardised": (
        lambda x: (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-7),
        "mean",
        "its own values",
    ),
    "normalised rows": (
        lambda x: np.asarray(keras.utils.normalize(x)),
        "other-values",
        "255",
    ),
    "prints the shape": (lambda x: print(x.shape), "no-return", "`return`"),
    "a misspelt type": (lambda x: x.astype("flaot32") / 255, "stopped", "flaot32"),
}
PREPROCESS_RIGHT = {
    "a layer of Keras": layers.Rescaling(1 / 255),
    "a list of images": lambda x: [np.float32(image / 255) for image in x],
    "np.float32": lambda x: np.float32(x) / 255.0,
}

LOOK = {
    "= ...": (lambda: (...,), "not-attempted", "not attempted yet"),
    "plt.show()": (lambda: (None,), "no-figure", "`plt.show()`"),
    "gcf after show": (lambda: (plt.figure(),), "empty", "then `plt.show()`"),
    "a histogram": (lambda: (plt.hist([1, 2])[2][0].figure,), "no-images", "photographs"),
    "one image as an array": (lambda: (PHOTOS[0],), "not-a-figure", "Draw first"),
}
LOOK_RIGHT = {
    "what imshow returns": lambda: (plt.imshow(PHOTOS[0]),),
    "one channel": lambda: (plt.matshow(PHOTOS[0, :, :, 0]),),
    "a list of figures": lambda: ([plt.figure(), plt.imshow(PHOTOS[0]).figure],),
}


class Forward(keras.Model):
    """As in PyTorch."""

    def forward(self, x):
        return x


def of_argument(input_shape):
    return cnn(image=input_shape)


CNN = {
    "ReLU at the end": (lambda: cnn(last="relu"), "relu", "Which activation"),
    "dropout at the end": (
        lambda: cnn(behind=[layers.Dropout(0.5)]),
        "behind-softmax",
        "before the last dense layer",
    ),
    "batch normalisation at the end": (
        lambda: cnn(behind=[layers.BatchNormalization()]),
        "behind-softmax",
        "before the last dense layer",
    ),
    "dropout in percent": (lambda: cnn(layers.Dropout(25)), "stopped", "between 0 and 1"),
    "logarithms": (lambda: cnn(last="log_softmax"), "logits", "Which activation"),
    "the method, not the network": (lambda: cnn().fit, "not-a-model", "a method"),
    "one output": (lambda: cnn(behind=[layers.Dense(1, "sigmoid")]), "n-classes", "units"),
    "forward for call": (Forward, "stopped", "named `call`"),
    "asks for the shape": (of_argument, "stopped", "default value"),
    "build_cnn = model": (cases_cnn.ONE, "not-a-function", "def build_cnn"),
    "MNIST's shape": (lambda: cnn(image=(28, 28, 1)), "input-shape", "keras.Input"),
    "pooled to nothing": (cases_cnn.collapsed, "stopped", "too few for its pool of 2x2"),
    "channels first": (lambda: cnn(image=(3, 32, 32)), "stopped", "channel"),
    "the compiled network's history": (lambda: {"loss": [1.0]}, "not-a-model", "a dict"),
    "layers of one shape added": (
        lambda: cnn(layers.Dense(8), layers.Reshape((7, 7))),
        "stopped",
        "",
    ),
    "dense before convolution": (
        lambda: cnn(layers.Flatten(), layers.Dense(8), layers.Conv2D(8, 3)),
        "stopped",
        "before Flatten",
    ),
}
CNN_RIGHT = {
    "softmax as a layer": lambda: cnn(last=None, behind=[layers.Softmax()]),
    "input_shape in the first layer": lambda: keras.Sequential(
        [
            layers.Conv2D(8, 3, activation="relu", input_shape=(32, 32, 3)),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, "softmax"),
        ]
    ),
    "softmax of keras.ops": lambda: cnn(last=ops.softmax),
    "a large dropout inside": lambda: cnn(
        layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), layers.Dropout(0.9)
    ),
}


def submission(text):
    return lambda: cases_predictions.written(0, text)


def by_savetxt():
    path, *rest = cases_predictions.written(cases_predictions.answers())
    table = np.c_[np.arange(10_000), cases_predictions.answers().argmax(axis=1)]
    np.savetxt(path, table, delimiter=",", header="ID,Prediction")
    return path, *rest


def of_table(change, **options):
    def case():
        path, *rest = cases_predictions.written(cases_predictions.answers())
        labels = cases_predictions.answers().argmax(axis=1)
        table = pd.DataFrame({"ID": range(10_000), "Prediction": labels})
        change(table).to_csv(path, **{"index": False, **options})
        return path, *rest

    return case


def other_path(change):
    def case():
        path, *rest = cases_predictions.written(cases_predictions.answers())
        return change(path), *rest

    return case


def network(model):
    path, _, *rest = cases_predictions.written(cases_predictions.answers())
    return lambda: (path, model, *rest)


SUBMISSION = {
    "= ...": (other_path(lambda path: ...), "no-path", "`...`: write your answer"),
    "= to_csv(...)": (other_path(lambda path: None), "no-path", "to_csv"),
    "the table": (other_path(pd.read_csv), "no-path", "'submission.csv'"),
    "only the folder": (other_path(lambda path: path.parent), "file-name", "submission.csv"),
    "a name, and no file": (
        other_path(lambda path: path.with_name("submision.csv")),
        "no-file",
        "submision.csv",
    ),
    "savetxt": (by_savetxt, "invalid", "export_submission"),
    "with the index": (of_table(lambda t: t, index=True), "invalid", "index=False"),
    "semicolons": (of_table(lambda t: t, sep=";"), "invalid", "commas"),
    "other header": (
        of_table(lambda t: t.rename(columns={"ID": "id", "Prediction": "label"})),
        "invalid",
        "ID,Prediction",
    ),
    "decimal numbers": (of_table(lambda t: t + 0.5), "invalid", "IDs 0 to 9999"),
    "names of classes": (
        of_table(lambda t: t.assign(Prediction="cat")),
        "invalid",
        "predictions 0-9",
    ),
    "IDs from 1": (of_table(lambda t: t.assign(ID=t["ID"] + 1)), "invalid", "IDs 0 to 9999"),
    "half of the images": (of_table(lambda t: t[:5000]), "invalid", "10,000 predictions"),
    "sorted": (
        of_table(lambda t: t.assign(Prediction=np.sort(t["Prediction"]))),
        "shuffled",
        "order",
    ),
    "the function, not the network": (network(cnn), "not-a-model", "`model`"),
    "model is None": (network(None), "not-a-model", "`model`"),
}
SUBMISSION_RIGHT = {
    "columns of floats": of_table(lambda t: t.astype(float)),
    "columns of other types": of_table(lambda t: t.astype({"Prediction": "int8", "ID": str})),
    "in a folder of its own": other_path(
        lambda path: path.parent / ".." / path.parent.name / path.name
    ),
}

NAIVE = {
    "lenet": (LENET, LENET_RIGHT),
    "f1": (F1, F1_RIGHT),
    "train-lenet": (TRAINING, TRAINING_RIGHT),
    "plot-history": (FIGURES, FIGURES_RIGHT),
    "evaluate-lenet": (EVALUATION, EVALUATION_RIGHT),
    "ten-digits": (TEN, TEN_RIGHT),
    "preprocess": (PREPROCESS, PREPROCESS_RIGHT),
    "look": (LOOK, LOOK_RIGHT),
    "cnn": (CNN, CNN_RIGHT),
    "submit": (SUBMISSION, SUBMISSION_RIGHT),
}
