"""The optimiser and the learning rate of the fast recipe."""

from __future__ import annotations

from math import prod, sqrt

import keras
from keras import ops

from cnn_utils.errors import check_count, check_number


@keras.saving.register_keras_serializable(package="cnn_utils")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that falls in a straight line from its peak to nearly nothing.

    Large steps find a good region fast, small ones at the end settle in it: in a short training
    the fall is worth more than anything else.

    Parameters
    ----------
    peak : float
        Highest learning rate, above 0.
    steps : int
        Steps of the whole training: batches per epoch times epochs.
    warmup : float, 0-1, default=0
        Share of the steps in which it first rises to the peak.

    References
    ----------
    L. N. Smith, N. Topin (2019), "Super-convergence: very fast training of neural networks using
    large learning rates", SPIE 11006.
    """

    def __init__(self, peak: float, steps: int, warmup: float = 0.0):
        check_number("peak", peak, "be a learning rate above 0", lambda value: value > 0)
        check_count("steps", steps)
        expected = "be a share of the steps, 0 to below 1"
        check_number("warmup", warmup, expected, lambda value: 0 <= value < 1)
        self.peak, self.steps, self.warmup = float(peak), int(steps), float(warmup)

    def __call__(self, step):
        """Return the learning rate at a step, counted from 0; a thousandth of the peak at least."""
        done = ops.cast(step, "float32") / self.steps
        share = (1 - done) / (1 - self.warmup)
        if self.warmup:
            share = ops.minimum(share, done / self.warmup)
        return self.peak * ops.clip(share, 1e-3, 1.0)

    def get_config(self):
        """Return what `from_config` needs to build the schedule again."""
        return {"peak": self.peak, "steps": self.steps, "warmup": self.warmup}


@keras.saving.register_keras_serializable(package="cnn_utils")
class ConvMuon(keras.optimizers.Muon):
    """Muon for convolutions: each step turns a kernel as far in all of its directions.

    The gradient of a kernel, written as a matrix with a column per filter, has a few large
    singular values and many small ones; Muon sets all of them to about 1 before it takes the
    step. Keras' Muon does so for dense layers and gives convolutions to Adam; here it is the
    other way round: convolutions that are trained get Muon, everything else gets Adam. Kernels
    are kept at length sqrt(filters), so that `learning_rate` is a share of their size; that is
    harmless only if each is followed by batch normalisation, which takes out a kernel's length.

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule, default=0.24
        Of the convolutions.
    adam_share : float, default=0.0125
        Adam's learning rate as a share of `learning_rate`.
    **options
        See `keras.optimizers.Muon`: ``momentum``, ``ns_steps``, ``adam_beta_1`` and others.

    Raises
    ------
    KitError
        If a learning rate or the share is no number, or below 0.

    References
    ----------
    K. Jordan et al. (2024), "Muon: an optimizer for hidden layers in neural networks"; the
    settings are those of K. Jordan's airbench94_muon for CIFAR-10.
    """

    def __init__(self, learning_rate=0.24, adam_share: float = 0.0125, **options):
        if not isinstance(learning_rate, keras.optimizers.schedules.LearningRateSchedule):
            expected = "be a number of at least 0, or a schedule such as OneCycle"
            check_number("learning_rate", learning_rate, expected, lambda value: value >= 0)
        check_number("adam_share", adam_share, "be a number above 0", lambda value: value > 0)
        defaults = {
            "momentum": 0.6,
            "ns_steps": 3,
            "adam_beta_2": 0.95,
            "weight_decay": None,
            "adam_weight_decay": None,
            "name": "conv_muon",
        }
        options = {**defaults, **options, "adam_lr_ratio": adam_share}
        super().__init__(learning_rate, **options)

    def _should_use_adamw(self, variable):
        return len(variable.shape) != 4

    def _muon_update_step(self, gradient, variable, lr, m):
        self.assign(m, m * self.momentum + gradient)
        direction = gradient + self.momentum * m if self.nesterov else m
        matrix = (prod(variable.shape[:3]), variable.shape[3])
        turned = self.zeropower_via_newtonschulz5(ops.reshape(direction, matrix), self.ns_steps)
        kernel = ops.reshape(variable, matrix)
        kernel = kernel * (sqrt(matrix[1]) / (ops.norm(kernel) + self.epsilon))
        self.assign(variable, ops.reshape(kernel - lr * turned, variable.shape))

    def get_config(self):
        """Return what `from_config` needs to build the optimiser again."""
        config = super().get_config()
        config["adam_share"] = config.pop("adam_lr_ratio")
        return config
