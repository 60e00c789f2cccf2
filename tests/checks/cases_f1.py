"""Solutions of task `f1`: wrong ones with the mistake to be named, and right ones."""

import keras
import numpy as np
from keras import ops


class Counting(keras.metrics.Metric):
    """The right one; what follows changes one thing each."""

    def __init__(self, name="f1", **options):
        super().__init__(name=name, **options)
        self.counts = self.add_weight(shape=(10, 10), initializer="zeros")

    def decide(self, y_pred):
        return ops.one_hot(ops.argmax(y_pred, axis=1), 10)

    def update_state(self, y_true, y_pred, sample_weight=None):
        true = ops.cast(y_true, "float32")
        self.counts.assign_add(ops.transpose(true) @ ops.cast(self.decide(y_pred), "float32"))

    def result(self):
        return ops.mean(self.by_class())

    def parts(self):
        return ops.diagonal(self.counts), ops.sum(self.counts, axis=1), ops.sum(self.counts, axis=0)

    def by_class(self):
        hits, images, predictions = self.parts()
        return ops.divide_no_nan(2 * hits, images + predictions)


def batch_f1(y_true, y_pred):
    """Return F1 of a batch, as Keras' own losses and metrics can be written."""
    pred = ops.one_hot(ops.argmax(y_pred, axis=1), 10)
    counts = ops.transpose(ops.cast(y_true, "float32")) @ pred
    both = ops.sum(counts, axis=0) + ops.sum(counts, axis=1)
    return ops.mean(ops.divide_no_nan(2 * ops.diagonal(counts), both))


class BatchAveraged(keras.metrics.Metric):
    def __init__(self, name="f1", **options):
        super().__init__(name=name, **options)
        self.total = self.add_weight(shape=(), initializer="zeros", name="total")
        self.n = self.add_weight(shape=(), initializer="zeros", name="n")

    def weight(self, y_true):
        return 1.0

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(batch_f1(y_true, y_pred) * self.weight(y_true))
        self.n.assign_add(self.weight(y_true))

    def result(self):
        return self.total / self.n


class BatchAveragedBySize(BatchAveraged):
    def weight(self, y_true):
        return ops.cast(ops.shape(y_true)[0], "float32")


class LastBatch(Counting):
    def update_state(self, y_true, y_pred, sample_weight=None):
        self.counts.assign(ops.transpose(ops.cast(y_true, "float32")) @ self.decide(y_pred))


class Micro(Counting):
    def result(self):
        hits, images, _ = self.parts()
        return ops.sum(hits) / ops.sum(images)


class Weighted(Counting):
    def result(self):
        _, images, _ = self.parts()
        return ops.sum(self.by_class() * images) / ops.sum(images)


class Rounded(Counting):
    """Counts probabilities of at least one half as predictions; the others belong nowhere."""

    def __init__(self, name="f1", **options):
        super().__init__(name=name, **options)
        self.true = self.add_weight(shape=(10,), initializer="zeros")
        self.pred = self.add_weight(shape=(10,), initializer="zeros")
        self.hits = self.add_weight(shape=(10,), initializer="zeros")

    def decide(self, y_pred):
        return ops.round(y_pred)

    def update_state(self, y_true, y_pred, sample_weight=None):
        true, pred = ops.cast(y_true, "float32"), ops.cast(self.decide(y_pred), "float32")
        self.true.assign_add(ops.sum(true, axis=0))
        self.pred.assign_add(ops.sum(pred, axis=0))
        self.hits.assign_add(ops.sum(true * pred, axis=0))

    def parts(self):
        return self.hits, self.true, self.pred


class RoundedMicro(Rounded):
    def result(self):
        return 2 * ops.sum(self.hits) / ops.sum(self.true + self.pred)


class Soft(Rounded):
    def decide(self, y_pred):
        return y_pred


class Precision(Counting):
    def by_class(self):
        hits, _, predictions = self.parts()
        return ops.divide_no_nan(hits, predictions)


class Recall(Counting):
    def by_class(self):
        hits, images, _ = self.parts()
        return ops.divide_no_nan(hits, images)


class OfTheMeans(Counting):
    def result(self):
        hits, images, predictions = self.parts()
        precision = ops.mean(ops.divide_no_nan(hits, predictions))
        recall = ops.mean(ops.divide_no_nan(hits, images))
        return ops.divide_no_nan(2 * precision * recall, precision + recall)


class Vector(Counting):
    def result(self):
        return self.by_class()


class Sum(Counting):
    def result(self):
        return ops.sum(self.by_class())


class Percent(Counting):
    def result(self):
        return 100 * ops.mean(self.by_class())


class OneClass(Counting):
    def result(self):
        return self.by_class()[5]


class ArithmeticMean(Counting):
    def result(self):
        hits, images, predictions = self.parts()
        precision = ops.mean(ops.divide_no_nan(hits, predictions))
        return (precision + ops.mean(ops.divide_no_nan(hits, images))) / 2


class Idle(Counting):
    def update_state(self, y_true, y_pred, sample_weight=None):
        pass


class WithoutEpsilon(Counting):
    def by_class(self):
        hits, images, predictions = self.parts()
        precision, recall = hits / predictions, hits / images
        return 2 * precision * recall / (precision + recall)


class TwoArguments(Counting):
    def update_state(self, y_true, y_pred):
        super().update_state(y_true, y_pred)


class OtherValue(Counting):
    def result(self):
        return 0.9 * ops.mean(self.by_class())


class NotANumber(Counting):
    def by_class(self):
        hits, images, predictions = self.parts()
        return 2 * hits / (images + predictions)


class Forgetful(Counting):
    """Its result empties the counts."""

    def result(self):
        value = ops.mean(self.by_class())
        self.counts.assign(ops.zeros((10, 10)))
        return value


class PlainCounts(keras.metrics.Metric):
    """Keeps its counts in NumPy: Keras can neither compile nor reset them."""

    def __init__(self, name="f1"):
        super().__init__(name=name)
        self.table = np.zeros((10, 10))

    def update_state(self, y_true, y_pred, sample_weight=None):
        pred = np.eye(10)[np.argmax(np.asarray(y_pred), axis=1)]
        self.table += np.asarray(y_true).T @ pred

    def result(self):
        both = self.table.sum(axis=0) + self.table.sum(axis=1)
        return float(np.mean(2 * np.diag(self.table) / np.maximum(both, 1)))


class PlainCountsReset(PlainCounts):
    def reset_state(self):
        self.table = np.zeros((10, 10))


class NeverReset(Counting):
    def reset_state(self):
        pass


class NoReturn(Counting):
    def result(self):
        ops.mean(self.by_class())


class Stops(Counting):
    def update_state(self, y_true, y_pred, sample_weight=None):
        self.tabel.assign_add(y_true)


class WithArguments(Counting):
    def __init__(self, n_classes):
        super().__init__()


class ShapeSecond(keras.metrics.Metric):
    """As TensorFlow 2 took it: the name first."""

    def __init__(self):
        super().__init__()
        self.counts = self.add_weight("counts", shape=(10, 10))


def unanswered():
    raise NotImplementedError("task f1: write `F1Score`, then run this cell again")


WRONG = {
    "mean of the batches": (BatchAveraged, "batch-averaged"),
    "mean of the batches, by size": (BatchAveragedBySize, "batch-averaged"),
    "last batch only": (LastBatch, "last-batch"),
    "micro": (Micro, "micro"),
    "weighted": (Weighted, "weighted"),
    "rounded softmax": (Rounded, "rounded"),
    "rounded softmax, micro": (RoundedMicro, "rounded"),
    "no argmax": (Soft, "argmax-missing"),
    "precision": (Precision, "precision"),
    "recall": (Recall, "recall"),
    "F1 of the means": (OfTheMeans, "mean-of-both"),
    "one number per class": (Vector, "vector"),
    "sum over classes": (Sum, "sum"),
    "percent": (Percent, "percent"),
    "a single class": (OneClass, "one-class"),
    "something else": (OtherValue, "other-value"),
    "0 / 0": (NotANumber, "nan"),
    "result empties the counts": (Forgetful, "result-changes"),
    "counts in NumPy": (PlainCounts, "no-reset"),
    "counts in NumPy, reset": (PlainCountsReset, "not-in-graph"),
    "never reset": (NeverReset, "no-reset"),
    "no return": (NoReturn, "no-return"),
    "misspelt": (Stops, "stopped"),
    "asks for an argument": (WithArguments, "stopped"),
    "plain mean of both": (ArithmeticMean, "arithmetic-mean"),
    "counts nothing": (Idle, "zero"),
    "no epsilon": (WithoutEpsilon, "nan"),
    "no sample_weight": (TwoArguments, "no-sample-weight"),
    "an instance, not the class": (Counting(), "not-a-function"),
    "a number, not the class": (3.0, "not-a-function"),
    "a function": (lambda: 0.5, "not-a-metric"),
    "a metric as a function": (batch_f1, "not-a-metric"),
    "add_weight as in TensorFlow 2": (ShapeSecond, "stopped"),
    "not attempted": (unanswered, "not-attempted"),
}


class FromKeras(keras.metrics.F1Score):
    def __init__(self, name="f1", **options):
        super().__init__(average="macro", name=name, **options)


class CountsPerClass(Rounded):
    """Three vectors instead of a table, and labels counted from probabilities' largest."""

    def decide(self, y_pred):
        return ops.one_hot(ops.argmax(y_pred, axis=1), 10)


class PrecisionAndRecall(Counting):
    def by_class(self):
        hits, images, predictions = self.parts()
        precision = hits / (predictions + 1e-7)
        recall = hits / (images + 1e-7)
        return 2 * precision * recall / (precision + recall + 1e-7)


class PresentClassesOnly(Counting):
    def result(self):
        _, images, predictions = self.parts()
        seen = ops.cast(images + predictions > 0, "float32")
        return ops.divide_no_nan(ops.sum(self.by_class() * seen), ops.sum(seen))


class ComparesWithTheLargest(Counting):
    def decide(self, y_pred):
        return ops.cast(ops.equal(y_pred, ops.max(y_pred, axis=1, keepdims=True)), "float32")


class OwnReset(Counting):
    def reset_state(self):
        for variable in self.variables:
            variable.assign(ops.zeros_like(variable))


RIGHT = {
    "a table of counts": Counting,
    "derived from Keras' own": FromKeras,
    "three vectors of counts": CountsPerClass,
    "from precision and recall": PrecisionAndRecall,
    "mean over the classes present": PresentClassesOnly,
    "compared with the largest": ComparesWithTheLargest,
    "a reset of its own": OwnReset,
}
