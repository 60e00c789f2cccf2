"""Let the student's own network classify the instructor's images, if possible without its code.

A network of Keras' own layers is rebuilt from its saved architecture in the sandbox, before any of
the student's code runs there: its predictions follow from its weights and nothing else. Other
networks are rebuilt by the student's code in its notebook. That code could look answers up, so it
gets changed copies of some images among the others, and once other weights: see `Trial`.
"""

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cnn_utils.grading.sandbox.run_part import Request
from cnn_utils.grading.verify.reference_data import ReferenceData

# As the check asks: averaging over mirrored images changes some predictions.
MIN_AGREEMENT = 0.88
SCALINGS = {"divided by 255": (1 / 255, 0.0), "as they are": (1.0, 0.0), "-1 to 1": (2 / 255, -1.0)}
N_COMPARED = 700
# Multiplications: of the assignment's network, 40 million an image. Larger networks classify fewer
# images, so that one core is enough.
MAX_WORK, MAX_WORK_IN_FULL, MIN_IMAGES = 1e11, 2e12, 300
MAX_ARCHITECTURE = 2_000_000
# Keras' layers that run code from elsewhere, or could look up answers.
REFUSED = {"Lambda", "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper", "FeatureSpace"}
REFUSED |= {"StringLookup", "IntegerLookup", "Hashing", "HashedCrossing", "TextVectorization"}
REFUSED |= {"__lambda__", "__numpy__", "__tensor__", "function"}
N_CHANGED, MIN_PREDICTED, NOISE = 200, 50, 2e-3  # bfloat16 rounds as much
MIN_STABLE, MAX_UNMOVED = 0.6, 0.7


@dataclass(frozen=True)
class Predictions:
    """What a network answered.

    Attributes
    ----------
    images : ndarray
        Numbers of the test images.
    labels : ndarray
    how : str
        How they were obtained, for the instructor.
    doubt : str
        Why they are not the work of its weights, or "".
    elsewhere : float or None
        Its accuracy on images that are not in the test set.
    """

    images: np.ndarray
    labels: np.ndarray
    how: str
    doubt: str = ""
    elsewhere: float | None = None

    def agreement(self, submission: np.ndarray) -> float:
        """Return the share of images for which a submission has the same answers."""
        return float(np.mean(submission[self.images] == self.labels))

    def accuracy(self, reference: ReferenceData) -> float:
        """Return the accuracy, or 0 without labels."""
        labels = reference.photo_labels
        return 0.0 if labels is None else float(np.mean(labels[self.images] == self.labels))

    def is_right(
        self, submission: np.ndarray | None, reference: ReferenceData, threshold: float
    ) -> bool:
        """Return whether they agree with the submission, or without one reach the threshold."""
        if submission is not None:
            return self.agreement(submission) >= MIN_AGREEMENT
        return reference.photo_labels is None or self.accuracy(reference) >= threshold


def own_layers_only(architecture: bytes | None) -> str:
    """Return an architecture without its training settings if all its layers are Keras' own.

    Parameters
    ----------
    architecture : bytes or None
        Untrusted content of ``architecture.json``.

    Returns
    -------
    text : str
        "" if the network needs code that is not Keras'.
    """
    try:
        config = json.loads((architecture or b"")[: MAX_ARCHITECTURE + 1])
        config.pop("compile_config", None)  # it may name metrics of the student's own
        is_plain = all(map(_is_of_keras, _objects(config)))
        return json.dumps(config) if is_plain and "class_name" in config else ""
    except (ValueError, RecursionError, AttributeError, TypeError):
        return ""


def _objects(config) -> Iterable[dict]:
    stack = [config]
    while stack:
        found = stack.pop()
        if isinstance(found, dict):
            stack += found.values()
            if "class_name" in found:
                yield found
        elif isinstance(found, list):
            stack += found


def _is_of_keras(config: dict) -> bool:
    name, module = config["class_name"], config.get("module")
    if name == "__keras_tensor__":
        return True
    if not name.isidentifier():  # Keras joins module and name by a dot
        return False
    is_keras = isinstance(module, str) and f"{module}.".startswith("keras.")
    return name not in REFUSED and is_keras and ">" not in str(config.get("registered_name"))


def request_for(
    weights: bytes,
    architecture: bytes | None,
    submission: np.ndarray | None,
    reference: ReferenceData,
    scaling: str = "",
) -> Request | None:
    """Return what the classifier needs to rebuild a network without the student's code.

    The pixels are divided by 255, as the assignment asks; other scalings are tried as well if the
    answers for some of the images do not agree with the submission.

    Parameters
    ----------
    weights, architecture : bytes
        Content of the handed-in files; `read_weights` must have taken the first.
    submission : ndarray of shape (10000,), optional
    reference : ReferenceData
    scaling : str, optional
        Name of the only scaling; all images are classified with it.

    Returns
    -------
    request : Request or None
        None if the network needs code that is not Keras', or there are no images.
    """
    text, order = own_layers_only(architecture), reference.order()
    if not text or order is None:
        return None
    order = order if scaling else order[:N_COMPARED]
    others = () if reference.other_photos is None else reference.other_photos[0]
    details = {
        "n_others": len(others),
        "scalings": {scaling: SCALINGS[scaling]} if scaling else SCALINGS,
        "submission": [] if submission is None else submission[order].tolist(),
        "min_agreement": MIN_AGREEMENT,
        "max_work": MAX_WORK_IN_FULL if scaling else MAX_WORK,
        "min_images": len(others) + MIN_IMAGES,
    }
    images = reference.photos[order]
    images = np.concatenate([others, images]) if len(others) else images
    files = {
        "architecture.json": text.encode(),
        "weights.npz": weights,
        "images.npy": as_npy(images),
        "request.json": json.dumps(details).encode(),
    }
    return Request(files)


def read_answer(answer: bytes, reference: ReferenceData) -> dict[str, Predictions]:
    """Return the predictions in the classifier's answer, by the names of the scalings."""
    try:
        found = json.loads(answer or b"{}")
    except (ValueError, RecursionError):
        return {}
    order, predictions = reference.order(), {}
    expected = [] if reference.other_photos is None else reference.other_photos[1]
    n_others, found = len(expected), found if isinstance(found, dict) else {}
    for scaling, labels in found.items():
        if scaling not in SCALINGS or not _are_labels(labels):
            continue
        n_tested = len(labels) - n_others
        if 0 < n_tested <= len(order):
            labels = np.array(labels)
            elsewhere = float(np.mean(labels[:n_others] == expected)) if n_others else None
            how = f"rebuilt from its architecture, pixels {scaling}, {n_tested:,} images"
            tested = order[:n_tested], labels[n_others:]
            predictions[scaling] = Predictions(*tested, how, elsewhere=elsewhere)
    return predictions


@dataclass(frozen=True)
class Trial:
    """Images and weights for a network that the student's code rebuilds.

    Attributes
    ----------
    images : ndarray
        Numbers of the images in the order in which they are shown.
    is_changed : ndarray of bool
        Which of them are copies, moved by a pixel, with a little noise.
    files : dict of str to bytes
        The images, the handed-in weights with a little noise, by which code can't recognise them,
        and the same numbers in another order.
    """

    images: np.ndarray
    is_changed: np.ndarray
    files: dict[str, bytes]

    def predictions(self, found) -> Predictions | None:
        """Return the predictions from the output of the hidden test, or None if it is invalid."""
        labels, changed = (
            found.get(name) if isinstance(found, dict) else None for name in ("outputs", "changed")
        )
        if not (_are_labels(labels) and _are_labels(changed)):
            return None
        n, n_changed = len(labels), len(changed)
        if not MIN_PREDICTED <= n_changed <= n <= len(self.images):
            return None
        labels, is_changed = np.array(labels), self.is_changed[:n]
        answers = dict(zip(self.images[:n][~is_changed], labels[~is_changed], strict=True))
        pairs = [
            (answers[image], label)
            for image, label in zip(self.images[:n][is_changed], labels[is_changed], strict=True)
            if image in answers
        ]
        doubt, unmoved = "", np.mean(labels[:n_changed] == changed)
        if pairs and np.mean([a == b for a, b in pairs]) < MIN_STABLE:
            doubt = "its answers for images moved by a pixel are others"
        if unmoved > MAX_UNMOVED:
            doubt = "its answers stay the same with other weights"
        how = f"rebuilt by the student's code, {len(answers):,} images"
        return Predictions(np.array([*answers]), np.array([*answers.values()]), how, doubt)


def make_trial(
    weights: list[np.ndarray], reference: ReferenceData, rng: np.random.Generator
) -> Trial:
    """Draw the images and weights for the student's code.

    Parameters
    ----------
    weights : list of ndarray
    reference : ReferenceData
    rng : Generator
        Without a seed: the code must not know which images are changed.
    """
    shown = reference.order()[:N_COMPARED]
    copies = rng.choice(shown, min(N_CHANGED, len(shown)), replace=False)
    moved = np.roll(reference.photos[copies], (1, 1), axis=(1, 2)).astype(int)
    noise = rng.integers(-3, 4, moved.shape)
    moved = np.clip(moved + noise, 0, 255).astype(np.uint8)
    order = rng.permutation(len(shown) + len(copies))
    images = np.concatenate([reference.photos[shown], moved])[order]
    own = [(x * (1 + NOISE * rng.standard_normal(x.shape))).astype(x.dtype) for x in weights]
    other = [rng.permutation(array.ravel()).reshape(array.shape) for array in weights]
    files = {"images.npy": as_npy(images), "outputs.npz": _as_npz(own)}
    files["changed.npz"] = _as_npz(other)
    return Trial(np.concatenate([shown, copies])[order], order >= len(shown), files)


def as_npy(images: np.ndarray) -> bytes:
    """Return an array as the bytes of a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, images, allow_pickle=False)
    return buffer.getvalue()


def _as_npz(arrays: list[np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, *arrays)
    return buffer.getvalue()


def _are_labels(found) -> bool:
    return isinstance(found, list) and all(type(x) is int and 0 <= x < 10 for x in found)
