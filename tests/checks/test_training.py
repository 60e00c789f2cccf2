import pytest

from cnn_utils.checks import CheckFailed, check_training
from tests.checks.cases_training import data, trained


def test_a_leak_is_told_by_the_number_of_batches():
    x, y = data()
    # 480 images: 400 to learn from are 25 batches of 16, all of them 30.
    arguments = trained(validation_split=0.0, validation_data=(x[400:], y[400:]))
    with pytest.raises(CheckFailed) as caught:
        check_training(*arguments)
    assert str(caught.value).splitlines()[0] == (
        "✗ train-lenet: An epoch had 30 batches; expected 25. That is all of the images, those "
        "for validation among them."
    )


def test_what_is_right_is_said_with_its_accuracy(capsys):
    model, history, *rest = trained()
    check_training(model, history, *rest)
    accuracy = history.history["val_accuracy"][-1]
    said = f"✓ train-lenet: 4 epochs; validation accuracy {accuracy:.4f}.\n"
    assert capsys.readouterr().out == said
