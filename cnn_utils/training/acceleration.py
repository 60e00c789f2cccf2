"""Compute the same network in less time, with what this machine's processor supports."""

import os
from collections.abc import Iterator
from pathlib import Path

import keras
from keras import layers

from cnn_utils.errors import KitError

CPUINFO = Path("/proc/cpuinfo")
# Instructions that multiply bfloat16 numbers.
BFLOAT16 = {"avx512_bf16", "amx_bf16"}
# Where TensorFlow uses oneDNN by default (IsMKLEnabled in its util.cc).
ONEDNN_BY_DEFAULT = {"avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16"}
# TensorFlow's options, both for the whole process: whether it may compute in bfloat16, and the
# operations for which it may not (AutoMixedPrecisionLists in its source).
ALLOW_BFLOAT16 = "auto_mixed_precision_onednn_bfloat16"
NEVER_BFLOAT16 = "TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_INFERLIST_REMOVE"


def fast_training(model: keras.Model, bfloat16: bool | None = None, *, on: bool = True) -> dict:
    """Make a model train faster on this machine's processor, or undo that.

    Two things change, and `on=False` undoes both:

    - In this model, one fused operation of TensorFlow computes each batch normalisation instead
      of half a dozen: the layers get a `call` of their own. Class, weights and settings stay
      Keras', and a saved model is an ordinary one.
    - In this process, for all models from now on, TensorFlow may compute convolutions and matrix
      products in bfloat16: by its option `auto_mixed_precision_onednn_bfloat16`, and the variable
      `TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_INFERLIST_REMOVE`, which keeps softmax exact. That
      moves probabilities by some thousandths; weights and metrics stay float32.

    Nothing changes with a GPU or another backend; use Keras' own mixed precision there.

    Parameters
    ----------
    model : keras.Model
        Changed in place; before or after `compile`.
    bfloat16 : bool, optional
        Whether to allow bfloat16; by default if the processor has instructions for it.
    on : bool, default=True
        False undoes it.

    Returns
    -------
    active : dict
        Such as ``{"fused_batch_normalisations": 6, "bfloat16": True, "onednn": True}``.

    Raises
    ------
    KitError
        If bfloat16 is requested and the processor does not have it.
    """
    if bfloat16 and not multiplies_bfloat16():
        raise KitError.about(
            "`bfloat16`",
            "be False or None on this processor",
            bfloat16,
            "It has no bfloat16 instructions; emulating them takes several times as long.",
        )
    if keras.backend.backend() != "tensorflow":
        return describe(model)
    import tensorflow as tf

    on = on and not tf.config.list_physical_devices("GPU")
    for layer in _normalisations_of(model):
        if on and _can_be_fused(layer):
            _fuse(layer)
        else:
            vars(layer).pop("call", None)
    if bfloat16 is None:
        bfloat16 = multiplies_bfloat16() and onednn_is_on()
    if on and bfloat16:  # but never for softmax: rows of 8-bit numbers don't sum to 1
        os.environ.setdefault(NEVER_BFLOAT16, "Softmax")
    elif os.environ.get(NEVER_BFLOAT16) == "Softmax":
        del os.environ[NEVER_BFLOAT16]
    tf.config.optimizer.set_experimental_options({ALLOW_BFLOAT16: on and bfloat16})
    # Functions traced before would compute as before.
    model.train_function = model.test_function = model.predict_function = None
    return describe(model)


def describe(model: keras.Model) -> dict:
    """Return how a model is computed, in plain values; a training's result depends on it.

    "fused_batch_normalisations" is their number in this model; "bfloat16" and "onednn" tell
    whether TensorFlow uses them in this process.
    """
    fused = sum("call" in vars(layer) for layer in _normalisations_of(model))
    bfloat16, onednn = False, False
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        options = tf.config.optimizer.get_experimental_options()
        bfloat16, onednn = options.get(ALLOW_BFLOAT16, False), onednn_is_on()
    return {"fused_batch_normalisations": fused, "bfloat16": bfloat16, "onednn": onednn}


def processor_flags() -> set[str]:
    """Return the words of Linux' processor list, instruction sets among them; else no words."""
    return set(CPUINFO.read_text(encoding="utf-8").split()) if CPUINFO.exists() else set()


def multiplies_bfloat16() -> bool:
    """Return whether the processor has instructions for bfloat16."""
    return bool(BFLOAT16 & processor_flags())


def onednn_is_on() -> bool:
    """Return whether TensorFlow computes with oneDNN: by request, or by default."""
    requested = os.environ.get("TF_ENABLE_ONEDNN_OPTS")
    if requested is None:
        return bool(ONEDNN_BY_DEFAULT & processor_flags())
    return requested == "1"


def _normalisations_of(model: keras.Model) -> Iterator[layers.BatchNormalization]:
    """Yield Keras' own batch normalisations in a model and in the models inside it."""
    for layer in model.layers:
        if type(layer) is layers.BatchNormalization:
            yield layer
        elif isinstance(layer, keras.Model):
            yield from _normalisations_of(layer)


def _can_be_fused(layer: layers.BatchNormalization) -> bool:
    """Return whether the fused operation computes what the layer does."""
    return (
        layer.built
        and layer.input_spec.ndim == 4
        and layer.axis in (-1, 3)
        and not getattr(layer, "renorm", False)  # since Keras 3.13
        and not layer.synchronized
        and layer.compute_dtype == "float32"
    )


def _fuse(layer: layers.BatchNormalization) -> None:
    """Give a layer its own `call`; without it, the one of its class returns.

    FusedBatchNormV3 is documented in TensorFlow's raw_ops. Its variance is that of a sample,
    divided by n - 1; Keras' moving variance is that of the batch, divided by n.
    """
    import tensorflow as tf

    n_channels = layer.moving_mean.shape[0]

    def call(inputs, training=None, mask=None):
        if mask is not None:
            return type(layer).call(layer, inputs, training=training, mask=mask)
        learning = bool(training) and layer.trainable
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=layer.gamma.value if layer.scale else tf.ones(n_channels),
            offset=layer.beta.value if layer.center else tf.zeros(n_channels),
            mean=tf.zeros(0) if learning else layer.moving_mean.value,
            variance=tf.zeros(0) if learning else layer.moving_variance.value,
            epsilon=layer.epsilon,
            is_training=learning,
        )
        if learning:
            n = tf.cast(tf.size(inputs) / n_channels, "float32")
            variance = variance * (n - 1) / n
            for average, new in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
                average.assign(average * layer.momentum + new * (1 - layer.momentum))
        return outputs

    layer.call = call
