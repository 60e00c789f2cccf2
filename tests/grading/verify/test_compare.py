import base64
import io

import numpy as np
import pytest
from PIL import Image

from cnn_utils.checks.lenet_by_hand import LENET_SHAPES
from cnn_utils.grading.intake.assignment import SourceNotebook, TaskSpec
from cnn_utils.grading.sandbox.run_part import Claims
from cnn_utils.grading.verify import compare
from cnn_utils.grading.verify.hidden_tests import LENET_LAYERS, expected, make_inputs
from cnn_utils.grading.verify.reference_data import ReferenceData
from cnn_utils.grading.verify.score import Comparison

PART1 = SourceNotebook("p1", [], [TaskSpec("train-lenet", "code", 10, threshold=0.9)], ["lenet"])
DIGITS = np.zeros((100, 28, 28), np.uint8)


def saved(*arrays):
    buffer = io.BytesIO()
    np.savez(buffer, *arrays)
    return buffer.getvalue()


@pytest.fixture
def weights():
    """LeNet that always answers 3."""
    arrays = [np.zeros(shape, np.float32) for shape in LENET_SHAPES]
    arrays[-1][3] = 1
    return {"lenet/weights.npz": saved(*arrays)}


def lenet(files, labels=3, output_text=""):
    found = Comparison()
    reference = ReferenceData((DIGITS, np.full(100, labels)))
    answers = {"code:evaluate-lenet": {"output_text": output_text}}
    facts = compare.lenet(files, answers, PART1, reference, found)
    return facts, found.agrees


def test_functions_are_judged_by_their_numbers():
    inputs = make_inputs(np.random.default_rng(0))
    outputs = expected("lenet", inputs)
    claims = Claims(outputs={"f1": expected("f1", inputs), "ten-digits": [1] * 8})
    claims.outputs["lenet"] = {"outputs": outputs, "layers": LENET_LAYERS}
    found = Comparison()
    compare.functions(inputs, claims, found)
    assert {name: agrees for name, (agrees, _) in found.agrees.items()} == {
        "f1": True,
        "ten-digits": False,
        "lenet": True,
        "preprocess": None,
    }
    claims.outputs["lenet"] = {"outputs": outputs, "layers": []}
    compare.functions(inputs, claims, found)
    reason = "its outputs are LeNet's, but it is not built of Keras' layers"
    assert found.agrees["lenet"] == (None, reason)


def picture(size=(200, 100), kind="PNG", is_drawn=True):
    image = Image.new("RGB", size, "white")
    if is_drawn:
        image.paste("black", (5, 5, size[0] // 2, 20))
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return f"image/{kind.lower()}", base64.b64encode(buffer.getvalue()).decode()


SVG = "<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>"


def encoded(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "figure",
    [
        *(picture(kind=kind) for kind in ("PNG", "JPEG", "GIF", "WEBP")),
        ("image/svg+xml", SVG.format("<path d='M0 0'/>" * 9)),
        ("image/svg+xml", encoded(SVG.format("<path d='M0 0'/>" * 9))),
    ],
)
def test_pictures_of_all_kinds_are_figures(figure):
    assert compare.is_figure(*figure)


@pytest.mark.parametrize(
    "figure",
    [
        picture((1, 1)),
        picture((400, 20)),
        picture(is_drawn=False),
        ("image/png", "no base64"),
        ("image/png", encoded("no picture")),
        ("image/png", picture()[1][:60]),
        ("image/bmp", picture(kind="BMP")[1]),
        ("image/svg+xml", SVG.format("")),
        ("image/svg+xml", SVG.format("<path/>")),
        ("image/svg+xml", "<!DOCTYPE svg [<!ENTITY a 'a'>]>" + SVG.format("<path/>" * 9)),
        ("application/pdf", encoded("hello")),
        ("application/pdf", encoded("%PDF-1.7" + "." * 1_200)),
    ],
)
def test_pictures_that_show_nothing_are_none(figure):
    assert not compare.is_figure(*figure)


@pytest.mark.parametrize("figures", [[picture((5_000, 4_100))], []])
def test_a_person_looks_at_figures_that_are_not_looked_at_here(figures):
    for more, is_told in ([], True), ([picture()], False):
        found = Comparison()
        answer = {"has_figure": True, "figures": [*figures, *more]}
        compare.figures({"code:look": answer}, found)
        assert found.agrees["look"][0]
        assert ("too large" in found.doubts.get("look", "")) == is_told


def test_figures_are_those_of_the_hand_in():
    def agrees(*figures, has_figure=True):
        found, answer = Comparison(), {"has_figure": has_figure, "figures": list(figures)}
        compare.figures({"code:look": answer}, found)
        return found.agrees["look"][0]

    assert agrees(picture((1, 1)), picture())
    assert agrees(picture((1, 1))) is False
    assert agrees()  # too large to be looked at
    assert agrees(has_figure=False) is None


def test_figures_are_shown_as_base64_and_not_without_end():
    large = ("image/png", "x" * 2_000_000)
    shown = compare.shown_figures({"figures": [large, large, ("image/svg+xml", "<svg/>")]})
    assert shown == [list(large), ["image/svg+xml", encoded("<svg/>")]]


def test_lenet_s_weights_are_rated(weights):
    # Right for all images, but F1 of nine classes is 0: 1 / 10.
    facts, agrees = lenet(weights, output_text="test accuracy 1.0000, macro F1 0.1000")
    assert (facts["part1_accuracy"], facts["part1_f1"]) == (1.0, 0.1)
    assert [agrees[n][0] for n in ("train-lenet", "evaluate-lenet")] == [True] * 2
    assert len(facts["fingerprint"]) == 16


def test_a_network_below_the_threshold_gets_its_accuracy_as_reason(weights):
    _, agrees = lenet(weights, labels=4)
    assert agrees["train-lenet"] == (
        False,
        "the handed-in network recognises 0.0% of the test digits; 90.0% are required",
    )


BAR = "".join(
    f"\r{i}/313 \x1b[32m━━━\x1b[0m 1ms/step - accuracy: 0.9{i:03d} - f1: 0.0{i:03d} - loss: 0.1"
    for i in range(313)
)


@pytest.mark.parametrize(
    "output_text",
    [
        f"{BAR}\ntest accuracy 1.0000, macro F1 0.1000",
        f"{BAR}\r313/313 - accuracy: 1.0000 - f1: 0.1000 - loss: 0.04",
        "x" * 100_000 + "\nAccuracy = 100.0 %\nF1-score: 10.0 %",
        "test_acc: 0.99996\ntest_f1: .1000",
        "Genauigkeit: 99.96 % F1-Maß 0.10",
        "träffsäkerhet 1.0, balans 0.1",
    ],
)
def test_numbers_may_be_printed_in_many_ways(weights, output_text):
    _, agrees = lenet(weights, output_text=output_text)
    assert agrees["evaluate-lenet"][0]


def test_a_person_looks_at_many_numbers_of_which_one_is_right(weights):
    found, reference = Comparison(), ReferenceData((DIGITS, np.full(100, 3)))
    for last, is_told in ("accuracy 1.0, f1 0.1", False), ("accuracy 0.99, f1 0.9", True):
        printed = "".join(f"accuracy {n / 10}, f1 {n / 10}\n" for n in (1, *range(3, 11)))
        answers = {"code:evaluate-lenet": {"output_text": printed + last}}
        compare.lenet(weights, answers, PART1, reference, found)
        assert found.agrees["evaluate-lenet"][0]
        assert ("numbers" in found.doubts.get("evaluate-lenet", "")) == is_told


@pytest.mark.parametrize(
    ("output_text", "agreed", "reason"),
    [
        ("", None, "shows no test accuracy"),
        ("test accuracy 0.9", None, "shows no test accuracy"),
        (
            "test accuracy 0.9899, macro F1 0.1000",
            False,
            "it shows 0.9899 and 0.1000, but the handed-in",
        ),
        ("test accuracy 0.99, macro F1 0.11", False, "it shows 0.9900 and 0.1100"),
    ],
)
def test_claimed_numbers_must_be_the_network_s(weights, output_text, agreed, reason):
    _, agrees = lenet(weights, output_text=output_text)
    assert agrees["evaluate-lenet"][0] is agreed
    assert reason in agrees["evaluate-lenet"][1]


@pytest.mark.parametrize("files", [{}, {"lenet/weights.npz": b"hello"}])
def test_without_weights_there_is_no_evidence_of_training(files):
    facts, agrees = lenet(files)
    assert facts == {}
    assert {name: found for name, (found, _) in agrees.items()} == {
        "train-lenet": None,
        "evaluate-lenet": None,
    }


def test_weights_of_another_network_refute():
    _, agrees = lenet({"lenet/weights.npz": saved(np.ones(3, np.float32))})
    assert agrees["train-lenet"][0] is False


def test_without_digits_nothing_is_known(weights):
    found = Comparison()
    compare.lenet(weights, {}, PART1, ReferenceData(), found)
    assert found.agrees["train-lenet"] == (None, "it was graded without the test digits")
    assert found.handed_in == {"train-lenet", "evaluate-lenet"}
