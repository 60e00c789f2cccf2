"""Compare the claims of a hand-in with results computed outside the sandbox."""

import base64
import io
import re

import numpy as np

from cnn_utils.checks.lenet_by_hand import LENET_SHAPES
from cnn_utils.errors import KitError
from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.sandbox.run_part import Claims
from cnn_utils.grading.verify.hidden_tests import CALLS, agrees, has_lenet_layers
from cnn_utils.grading.verify.reference_data import ReferenceData, rate_lenet
from cnn_utils.grading.verify.score import Comparison
from cnn_utils.grading.verify.weights_file import BadWeights, OtherShapes, read_weights
from cnn_utils.handin.artifacts import WEIGHTS, fingerprint

# Claims are printed with four digits, and machines may differ in one or two of 10,000 images.
CLAIM_TOLERANCE = 1e-3
# Of numbers that were rounded to two digits, such as 0.98.
COARSEST = 0.005
# Such as "test accuracy 0.9876", "f1: 0.9876", "Accuracy = 98.76 %"; a progress bar has many.
CLAIMS = {
    "accuracy": re.compile(r"(?i)acc(?:uracy)?\b[^\d\n]{0,30}(\d{0,3}\.\d{1,20})(\s?%)?"),
    "F1": re.compile(r"(?i)f1(?![\d.])[^\d\n]{0,30}(\d{0,3}\.\d{1,20})(\s?%)?"),
}
# Where neither is named so, as in another language: all numbers with decimals.
NUMBER = re.compile(r"(?<![\d.])(\d{0,3}\.\d{1,20})(\s?%)?")
# Of several numbers the last one is the result; of a few, such as validation and test, any.
N_CLAIMS, MAX_SHOWN = 10, 3
FIGURE_TASKS = ("plot-history", "look")
MIN_FIGURE, MAX_PIXELS, MIN_SVG_SHAPES = (100, 60), 20_000_000, 5
MIN_PDF = 2_000  # Matplotlib's empty page has 1,200 bytes, and axes without a curve 5,500
SVG_SHAPE = re.compile(r"<(?:\w{1,20}:)?(?:path|polyline|line|rect|circle|image|use|text)\b")
MAX_FIGURES, MAX_FIGURE_LETTERS = 6, 3_000_000


def functions(inputs: dict, claims: Claims, comparison: Comparison) -> None:
    """Compare the outputs of the hidden tests."""
    for name in CALLS:
        if name not in claims.outputs:
            comparison.agrees[name] = (None, "the hidden test gave no output")
            continue
        found = claims.outputs[name]
        is_right = agrees(name, found, inputs)
        comparison.agrees[name] = (is_right, "the answer is wrong for other inputs")
        if name == "lenet" and is_right and not has_lenet_layers(found):
            reason = "its outputs are LeNet's, but it is not built of Keras' layers"
            comparison.agrees[name] = (None, reason)


def figures(answers: dict, comparison: Comparison) -> None:
    """Look for the figures that must be in the handed-in notebook."""
    for name in FIGURE_TASKS:
        answer = answers.get(f"code:{name}")
        if answer is None:
            continue
        if not answer["has_figure"]:
            reason = "the handed-in notebook shows no figure below it"
            comparison.agrees[name] = (None, reason)
            continue
        comparison.handed_in.add(name)
        # Figures that are too large to be looked at here are left out.
        found = {is_figure(mime, text) for mime, text in answer["figures"]} or {None}
        reason = "the figure in the handed-in notebook is empty, or too small to show anything"
        comparison.agrees[name] = (found != {False}, reason)
        if found != {False} and True not in found:
            comparison.doubts[name] = "its figure is too large to be looked at here"


def shown_figures(answer: dict) -> list[list[str]]:
    """Return the first figures of an answer as lists of type and base64."""
    found = []
    for mime, text in answer["figures"][:MAX_FIGURES]:
        if "svg" in mime and text.lstrip().startswith("<"):
            text = base64.b64encode(text.encode("utf-8", "replace")).decode()
        if sum(len(pair[1]) for pair in found) + len(text) <= MAX_FIGURE_LETTERS:
            found.append([mime, text])
    return found


def is_figure(mime: str, text: str) -> bool | None:
    """Tell whether a picture shows something: large enough, and not of one colour.

    Parameters
    ----------
    mime : str
    text : str
        Untrusted: base64, or the source of an SVG.

    Returns
    -------
    shows : bool or None
        None for a picture that is too large to be looked at.
    """
    from PIL import Image

    try:
        if "svg" in mime:
            if not text.lstrip().startswith("<"):
                text = base64.b64decode(text).decode("utf-8", "replace")
            # Entities could expand without end in a browser.
            return len(SVG_SHAPE.findall(text)) >= MIN_SVG_SHAPES and "<!ENTITY" not in text
        data = base64.b64decode(text)
        if "pdf" in mime:
            return data.startswith(b"%PDF-") and len(data) >= MIN_PDF
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
            if image.width < MIN_FIGURE[0] or image.height < MIN_FIGURE[1]:
                return False
            if image.width * image.height > MAX_PIXELS:
                return None
            return image.convert("RGB").getcolors(1) is None
    except Image.DecompressionBombError:
        return None
    except Exception:  # of any kind: the bytes are untrusted
        return False


def lenet(
    files: dict[str, bytes],
    answers: dict,
    source_notebook: SourceNotebook,
    reference: ReferenceData,
    comparison: Comparison,
) -> dict:
    """Rate LeNet by its handed-in weights; return accuracy, F1 and fingerprint."""
    names = ("train-lenet", "evaluate-lenet")
    try:
        weights = read_network(files, "lenet", names, comparison, LENET_SHAPES)
    except BadWeights:
        return {}
    facts = {"fingerprint": fingerprint(weights)}
    rated = rate_lenet(weights, reference)
    if rated is None:
        reason = "it was graded without the test digits"
        comparison.agrees.update(dict.fromkeys(names, (None, reason)))
        return facts
    accuracy, f1 = rated
    facts.update(part1_accuracy=round(accuracy, 4), part1_f1=round(f1, 4))
    what = "the handed-in network recognises {:.1%} of the test digits; {:.1%} are required"
    compare_accuracy("train-lenet", accuracy, source_notebook, what, comparison)
    claimed = _claimed(answers.get("code:evaluate-lenet", {}).get("output_text", ""))
    if not all(claimed.values()):
        reason = "the handed-in notebook shows no test accuracy and F1"
        comparison.agrees["evaluate-lenet"] = (None, reason)
        return facts
    fits = [
        [abs(x - value) <= tolerance for x, tolerance in numbers]
        for numbers, value in zip(claimed.values(), rated, strict=True)
    ]
    is_right, n_shown = all(map(any, fits)), max(len(set(x)) for x in claimed.values())
    if is_right and n_shown > MAX_SHOWN and not all(of_one[-1] for of_one in fits):
        doubt = f"it shows {n_shown} numbers, and the last one is not the network's"
        comparison.doubts["evaluate-lenet"] = doubt
    shown = " and ".join(f"{numbers[-1][0]:.4f}" for numbers in claimed.values())
    reason = f"it shows {shown}, but the handed-in network has {accuracy:.4f} and {f1:.4f}"
    comparison.agrees["evaluate-lenet"] = (is_right, reason)
    return facts


def _claimed(text: str) -> dict[str, list[tuple[float, float]]]:
    """Return the last numbers that an output calls accuracy and F1, and their tolerances."""
    others = NUMBER.findall(text)[-N_CLAIMS:]
    others = others if len(others) > 1 else []
    return {
        name: [_number(*found) for found in pattern.findall(text)[-N_CLAIMS:] or others]
        for name, pattern in CLAIMS.items()
    }


def _number(digits: str, percent: str) -> tuple[float, float]:
    """Return a number as a share, and the tolerance that its last digit leaves."""
    scale = 100 if percent or float(digits) > 1 else 1
    half = 0.5 * 10.0 ** -len(digits.partition(".")[2]) / scale
    return float(digits) / scale, max(CLAIM_TOLERANCE, half if half <= COARSEST else 0)


def read_network(
    files: dict[str, bytes],
    network: str,
    names: tuple[str, ...],
    comparison: Comparison,
    shapes: list | None = None,
) -> list[np.ndarray]:
    """Read a network's weights; if they are missing or invalid, that is the tasks' evidence.

    Raises
    ------
    BadWeights
        If they are missing or invalid.
    """
    data = files.get(f"{network}/{WEIGHTS}")
    try:
        if data is None:
            raise BadWeights("The network's weights were not handed in.")
        comparison.handed_in.update(names)
        return read_weights(data, shapes)
    except BadWeights as error:
        is_other = False if isinstance(error, OtherShapes) else None
        comparison.agrees.update(dict.fromkeys(names, (is_other, _lower(error))))
        raise


def compare_accuracy(
    name: str, accuracy: float, source_notebook: SourceNotebook, what: str, comparison: Comparison
) -> None:
    """Compare a network's accuracy with the threshold of its task."""
    task = source_notebook.task(name) or source_notebook.tasks[0]
    threshold = task.threshold or 0.0
    comparison.agrees[name] = (accuracy >= threshold, what.format(accuracy, threshold))
    if accuracy < threshold:
        comparison.below_threshold.add(name)


def _lower(error: KitError) -> str:
    text = str(error).rstrip(".")
    return text[:1].lower() + text[1:]
