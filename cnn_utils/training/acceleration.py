"""The same network, computed faster: switch on what this machine supports."""

from __future__ import annotations

import os
from dataclasses import dataclass

import keras
from keras import layers, ops

from cnn_utils.errors import KitError, check_flag
from cnn_utils.training.processor import multiplies_bfloat16, onednn_is_on

# Operations that TensorFlow is not to compute in bfloat16 although their inputs are; it reads this
# whenever it prepares a graph (AutoMixedPrecisionLists, in its source).
KEPT_OUT = "TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_INFERLIST_REMOVE"


@dataclass(frozen=True)
class FastTraining:
    """What `fast_training` switched on.

    Attributes
    ----------
    fused_layers : tuple of str
        Names of the batch normalisations that are computed by one operation.
    bfloat16 : bool
        Whether convolutions and matrix products may be computed in bfloat16.
    onednn : bool
        Whether TensorFlow was asked to use oneDNN.
    """

    fused_layers: tuple[str, ...] = ()
    bfloat16: bool = False
    onednn: bool = False

    def __repr__(self) -> str:
        switched_on = [
            f"batch normalisation fused in {len(self.fused_layers)} layers"
            if self.fused_layers
            else "",
            "bfloat16 products" if self.bfloat16 else "",
            "oneDNN" if self.onednn else "",
        ]
        return f"Fast training: {', '.join(filter(None, switched_on)) or 'nothing to switch on'}."


def fast_training(model: keras.Model, bfloat16: bool | None = None) -> FastTraining:
    """Make a model train faster on this machine's processor; it stays the same network.

    Batch normalisation is computed by TensorFlow's fused operation instead of half a dozen. On
    processors that can multiply bfloat16 numbers, convolutions and matrix products do, which moves
    probabilities by some thousandths. Weights, metrics and what is stored stay
    float32; the layers stay Keras' own, and a saved model is an ordinary one. With another
    backend, or on a GPU, there is nothing to switch on: there Keras'
    own ``keras.mixed_precision.set_dtype_policy`` is the means.

    Parameters
    ----------
    model : keras.Model
        Changed in place; before or after `compile`, but before `fit`.
    bfloat16 : bool, optional
        Whether to allow bfloat16; by default where the processor has it. It holds for all that
        this process computes from then on.

    Returns
    -------
    switched_on : FastTraining

    Raises
    ------
    KitError
        If `model` is no Keras model, or is asked for bfloat16 that the processor has not.
    """
    if not isinstance(model, keras.Model):
        raise KitError.about("`model`", "be a Keras model", model)
    if bfloat16 is not None:
        check_flag("bfloat16", bfloat16)
    if bfloat16 and not multiplies_bfloat16():
        raise KitError.about(
            "`bfloat16`",
            "be False or None on this processor",
            bfloat16,
            "It has no bfloat16 instructions; emulating them takes several times as long.",
        )
    if keras.backend.backend() != "tensorflow" or _has_gpu():
        return FastTraining()
    fused = []
    for layer in model._flatten_layers():
        if type(layer) is layers.BatchNormalization and _can_be_fused(layer):
            _fuse(layer)
            fused.append(layer.name)
    use_bfloat16 = multiplies_bfloat16() and onednn_is_on() if bfloat16 is None else bfloat16
    _allow_bfloat16(use_bfloat16)
    # Functions that were traced before would go on as they were.
    model.train_function = model.test_function = model.predict_function = None
    return FastTraining(tuple(fused), use_bfloat16, onednn_is_on())


def _has_gpu() -> bool:
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def _allow_bfloat16(allow: bool) -> None:
    """Allow it or not, but never for a softmax: probabilities of 8 bits don't sum to one."""
    import tensorflow as tf

    kept_out = os.environ.get(KEPT_OUT, "")
    if "Softmax" not in kept_out.split(","):
        os.environ[KEPT_OUT] = ",".join(filter(None, [kept_out, "Softmax"]))
    options = {"auto_mixed_precision_onednn_bfloat16": allow}
    tf.config.optimizer.set_experimental_options(options)


def _can_be_fused(layer: layers.BatchNormalization) -> bool:
    """Say whether the fused operation computes what the layer does."""
    spec = layer.input_spec
    return (
        layer.built
        and spec.ndim == 4
        and layer.axis in (-1, 3)
        and not layer.renorm
        and not layer.synchronized
        and layer.compute_dtype == "float32"
    )


def _fuse(layer: layers.BatchNormalization) -> None:
    """Replace `layer.call`, and nothing else: class, settings and weights stay Keras'.

    FusedBatchNormV3 is documented in TensorFlow's raw_ops. Its variance is the one of a sample,
    divided by n - 1; Keras' moving variance is the one of the batch, divided by n.
    """
    import tensorflow as tf

    n_channels = layer.moving_mean.shape[0]
    ones, zeros, empty = tf.ones(n_channels), tf.zeros(n_channels), tf.zeros(0)

    def call(inputs, training=None, mask=None):
        if mask is not None:
            return type(layer).call(layer, inputs, training=training, mask=mask)
        learning = bool(training) and layer.trainable
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=layer.gamma.value if layer.scale else ones,
            offset=layer.beta.value if layer.center else zeros,
            mean=empty if learning else layer.moving_mean.value,
            variance=empty if learning else layer.moving_variance.value,
            epsilon=layer.epsilon,
            is_training=learning,
        )
        if learning:
            n = tf.cast(tf.size(inputs) / n_channels, "float32")
            _move(layer.moving_mean, mean, layer.momentum)
            _move(layer.moving_variance, variance * (n - 1) / n, layer.momentum)
        return outputs

    layer.call = call


def _move(average, value, momentum: float) -> None:
    average.assign(average * momentum + ops.cast(value, average.dtype) * (1 - momentum))
