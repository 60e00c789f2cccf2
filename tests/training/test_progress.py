"""cnn_utils.training.progress: one bar, few writes, one line in the end."""

import io
from contextlib import redirect_stdout

import keras
import numpy as np
import pytest

from cnn_utils.training import progress
from cnn_utils.training.progress import EpochProgress

STEPS, EPOCHS = 50, 2


class CountingStream(io.StringIO):
    """A text stream that counts how often it is written to."""

    writes = 0

    def write(self, text):
        self.writes += 1
        return super().write(text)


def train(steps=STEPS, epochs=EPOCHS, validation=False, steps_per_execution=1, **options):
    """Train a tiny model; return the stream, the callback and the history."""
    rng = np.random.default_rng(0)
    images, labels = rng.random((steps, 4), dtype="float32"), rng.integers(2, size=steps)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
    model.compile(
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=steps_per_execution,
    )
    stream = CountingStream()
    bar = EpochProgress()
    with redirect_stdout(stream):
        history = model.fit(
            images,
            labels,
            batch_size=1,
            epochs=epochs,
            validation_data=(images, labels) if validation else None,
            callbacks=[bar],
            verbose=0,
            **options,
        )
    return stream, bar, history.history


def lines(stream):
    """Return what the bar showed, one state after another."""
    return stream.getvalue().strip("\r\n").split("\r")


def test_the_last_line_shows_the_last_epoch_and_its_results():
    stream, progress, history = train(validation=True)
    last = lines(stream)[-1]
    assert last.startswith("epoch 2/2 100%")
    for name in ("loss", "val_loss", "val_accuracy"):
        assert f"{name} {history[name][-1]:.4f}" in last
    assert progress.bar_.n == progress.bar_.total == EPOCHS * STEPS
    assert stream.getvalue().endswith("\n")


def test_without_validation_the_loss_alone_is_shown():
    stream, _, history = train()
    assert lines(stream)[-1].endswith(f", loss {history['loss'][-1]:.4f}")
    assert "val_" not in stream.getvalue()


def test_every_epoch_shows_up(monkeypatch):
    monkeypatch.setattr(progress, "MIN_SECONDS", 0)
    stream, *_ = train(epochs=3)
    for epoch in (1, 2, 3):
        assert any(line.startswith(f"epoch {epoch}/3") for line in lines(stream))


def test_writes_are_few_however_many_batches():
    stream, *_ = train(steps=300)
    assert stream.writes < 60  # of 600 batches


def test_writes_are_few_however_long_it_takes(monkeypatch):
    monkeypatch.setattr(progress, "MIN_SECONDS", 0)
    stream, *_ = train(steps=300)
    assert 200 <= len(lines(stream)) <= 255  # every third of 600 batches


@pytest.mark.parametrize(
    "steps",
    [
        48,
        pytest.param(
            50,
        ),
    ],
    ids=["divisible", "with a rest"],
)
def test_groups_of_batches_count_in_full(steps):
    stream, progress, _ = train(steps=steps, steps_per_execution=4)
    assert progress.bar_.n == EPOCHS * steps
    assert lines(stream)[-1].startswith("epoch 2/2 100%")


def test_continued_training_starts_where_it_stopped():
    stream, progress, _ = train(epochs=4, initial_epoch=3)
    assert lines(stream)[-1].startswith("epoch 4/4 100%")
    assert progress.bar_.n == 4 * STEPS


def driven(params, logs):
    """Go through one epoch of three batches by hand, as Keras would."""
    progress = EpochProgress()
    progress.set_params(params)
    progress.on_train_begin()
    progress.on_epoch_begin(0)
    for batch in range(3):
        progress.on_train_batch_end(batch)
    progress.on_epoch_end(0, logs)
    progress.on_train_end()
    return progress


def test_an_unknown_number_of_batches_is_counted_all_the_same(capsys):
    progress = driven({"epochs": 1, "steps": None}, {"loss": 0.25})
    assert progress.bar_.total is None
    assert progress.bar_.n == 3
    assert capsys.readouterr().out.rstrip().endswith("loss 0.2500")


def test_an_epoch_without_results_is_no_accident():
    assert driven({"epochs": 1, "steps": 3}, None).bar_.n == 3


def test_it_writes_to_standard_output(capsys):
    progress = EpochProgress()
    progress.set_params({"epochs": 1, "steps": 1})
    progress.on_train_begin()
    progress.on_train_end()
    assert "epoch 1/1" in capsys.readouterr().out
