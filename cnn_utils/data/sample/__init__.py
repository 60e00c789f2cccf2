"""The built-in *sample*: synthetic stand-ins for MNIST and CIFAR-10, for work without a network.

Same shapes, types and label order as the real data sets, but drawn by a program. Numbers measured
on them must never be called MNIST or CIFAR-10 results.

- `digits`: pen strokes bent into handwriting-like digits
- `scenes`: small colour drawings of the ten CIFAR-10 classes
"""

from __future__ import annotations

from cnn_utils.data.sample.digits import make_digits
from cnn_utils.data.sample.scenes import make_scenes, scene_labels

__all__ = ["make_digits", "make_scenes", "scene_labels"]
