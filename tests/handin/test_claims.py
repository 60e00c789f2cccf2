import pytest

from cnn_utils.handin.claims import claims_in, shares_in, unsupported


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("The test accuracy is 98.7 %.", [0.987]),
        ("Accuracy: 98,7% and F1 0.986.", [0.987, 0.986]),
        ("An accuracy of 99 percent.", [0.99]),
        ("It has 61,706 parameters and 98.7 % accuracy after 40 epochs.", [0.987]),
        ("The loss falls by 20 %.", []),
        ("A baseline reaches an accuracy of 70 %.", []),
        ("With augmentation, the accuracy could reach 85 %.", []),
        ("Accuracy rises by 120 %.", []),
        ("Batch normalisation with momentum 0.9.", []),
        ("accuracy: 99.9 %", [0.999]),
        ("**Accuracy**: we got 99.9 %.", [0.999]),
        ("A dropout of 0.25 raised the accuracy.", []),
        ("A learning rate of 0.001 gave the best accuracy, 0.81.", [0.81]),
        ("Guessing gives an accuracy of 10 %.", []),
        ("The accuracy rose by 3.1 % to 98.7 %.", [0.987]),
        ("We took 80 % of the images for training, and the accuracy was 98.7 %.", [0.987]),
    ],
)
def test_accuracies_and_f1_scores_are_claims(text, values):
    assert [claim.value for claim in claims_in(text)] == pytest.approx(values)


def test_shares_are_read_from_what_the_run_printed():
    text = "test accuracy 0.9870, macro F1 0.9868 on 10,000 images; 1.2% wrong, 3 epochs, 12 s"
    assert shares_in(text) == pytest.approx([0.987, 0.9868, 0.012])


@pytest.mark.parametrize("claimed", ["98.7 %", "98.70 %", "99 %", "0.987"])
def test_rounded_claims_hold(claimed):
    (claim,) = claims_in(f"accuracy {claimed}")
    assert unsupported(claim, [0.98703, 0.5]) is None


@pytest.mark.parametrize("claimed", ["99.1 %", "98.8 %", "0.991"])
def test_other_claims_are_answered_with_the_nearest_share(claimed):
    (claim,) = claims_in(f"accuracy {claimed}")
    assert unsupported(claim, [0.98703, 0.5]) == 0.98703


def test_a_run_without_numbers_says_nothing():
    (claim,) = claims_in("accuracy 98.7 %")
    assert unsupported(claim, []) is None
