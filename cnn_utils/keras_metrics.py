"""F1 as a Keras metric: counts are summed over the epoch, never averaged over batches."""

import keras
from keras import ops

from cnn_utils.errors import KitError, check_choice, check_count
from cnn_utils.metrics import AVERAGES


@keras.saving.register_keras_serializable(package="cnn_utils")
class F1Score(keras.metrics.Metric):
    """F1 score of a classifier, from one confusion matrix per epoch.

    F1 is not linear in its counts: the mean of the batches' F1 scores is not the F1 score of the
    epoch (and depends on the batch size). So `update_state` only adds to the counts, and
    `result` computes F1 from them.

    Parameters
    ----------
    n_classes : int, default=10
        Number of classes, at least 2.
    average : {"macro", "micro", "weighted", None}, default="macro"
        Mean over classes, from summed counts, weighted by true images, or one value per class.
    name : str, default="f1"
    dtype : ignored
        The counts are always float32: half precision cannot count beyond 2048 (or 256).

    Attributes
    ----------
    counts : variable of shape (n_classes, n_classes), float32
        Rows are true classes, columns predicted ones; exact up to 2**24 images a cell.
    """

    def __init__(self, n_classes=10, average="macro", name="f1", dtype=None):
        check_choice("average", average, AVERAGES)
        super().__init__(name=name, dtype="float32")
        check_count("n_classes", n_classes, least=2)
        self.n_classes, self.average = int(n_classes), average
        # dtype again, because the metric's own dtype does not reach its weights.
        self.counts = self.add_weight(
            shape=(n_classes, n_classes), initializer="zeros", dtype="float32", name="counts"
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add one batch to the counts.

        Parameters
        ----------
        y_true : tensor of shape (batch, n_classes), (batch, 1) or (batch,)
            One-hot rows or integer labels; a label outside 0..n_classes-1 is not counted.
        y_pred : tensor of shape (batch, n_classes)
            Probabilities or logits: only the largest entry of a row matters.
        sample_weight : tensor of shape (batch,), optional
        """
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        if len(y_pred.shape) != 2 or y_pred.shape[1] not in (None, self.n_classes):
            expected = f"have shape (batch, {self.n_classes})"
            next_step = "Give the network's output, before any argmax; set n_classes to its width."
            raise KitError.about("`y_pred`", expected, f"shape {tuple(y_pred.shape)}", next_step)
        if len(y_true.shape) == 2 and y_true.shape[1] not in (None, 1, self.n_classes):
            expected = f"be labels (batch,) or one-hot rows (batch, {self.n_classes})"
            raise KitError.about("`y_true`", expected, f"shape {tuple(y_true.shape)}")
        ### BEGIN SOLUTION
        if len(y_true.shape) == 2 and y_true.shape[1] == self.n_classes:
            y_true = ops.argmax(y_true, axis=1)
        true = ops.one_hot(
            ops.cast(ops.reshape(y_true, (-1,)), "int32"), self.n_classes, dtype="float32"
        )
        pred = ops.one_hot(ops.argmax(y_pred, axis=1), self.n_classes, dtype="float32")
        if sample_weight is not None:
            pred = pred * ops.reshape(ops.cast(sample_weight, pred.dtype), (-1, 1))
        self.counts.assign_add(ops.matmul(ops.transpose(true), pred))
        ### END SOLUTION

    def result(self):
        """Compute F1 from the counts so far; 0 for a class that was neither true nor predicted."""
        ### BEGIN SOLUTION
        hits = ops.diagonal(self.counts)
        actual = ops.sum(self.counts, axis=1)
        total = actual + ops.sum(self.counts, axis=0)
        if self.average == "micro":
            return ops.divide_no_nan(ops.sum(hits), ops.sum(actual))
        f1 = ops.divide_no_nan(2 * hits, total)
        if self.average == "macro":
            return ops.mean(f1)
        if self.average == "weighted":
            return ops.divide_no_nan(ops.sum(f1 * actual), ops.sum(actual))
        return f1
        ### END SOLUTION

    def get_config(self):
        """Return what `from_config` needs to build the metric again."""
        return {"name": self.name, "n_classes": self.n_classes, "average": self.average}
