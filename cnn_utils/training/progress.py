"""A progress bar for a whole training."""

import sys
from math import ceil

import keras
from tqdm import tqdm

# Few, because a notebook stores every line that it receives.
MAX_UPDATES, MIN_SECONDS = 250, 0.5


class EpochProgress(keras.callbacks.Callback):
    """One progress bar for the whole training, with time left and the last epoch's results.

    Use it with ``model.fit(..., verbose=0, callbacks=[EpochProgress()])``: unlike Keras' own bar
    it writes at most twice a second and about 250 times in all, and leaves a single line.

    Attributes
    ----------
    bar_ : tqdm.tqdm
        The bar; counts batches over all epochs.
    """

    def on_train_begin(self, logs=None):
        """Open the bar."""
        self._epochs, self._steps = self.params["epochs"], self.params.get("steps")
        total = self._epochs * self._steps if self._steps else None
        self.bar_ = tqdm(
            total=total,
            file=sys.stdout,
            mininterval=MIN_SECONDS if total else 10 * MIN_SECONDS,
            miniters=ceil(total / MAX_UPDATES) if total else None,
            smoothing=0,  # the time left from the whole time: a validation would distort it
            ncols=90,  # as many fit on a line of the PDF
            desc=f"epoch 1/{self._epochs}",
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}",
        )

    def on_epoch_begin(self, epoch, logs=None):
        """Name the epoch."""
        self._done_before = epoch * self._steps if self._steps else self.bar_.n
        if self.bar_.n == 0:  # continued training: earlier epochs took no time now
            self.bar_.initial = self.bar_.n = self._done_before
        self._epoch = epoch + 1
        self.bar_.set_description_str(f"epoch {self._epoch}/{self._epochs}", refresh=False)

    def on_train_batch_end(self, batch, logs=None):
        """Move the bar; with `steps_per_execution` Keras reports the last batch of a group."""
        # The last group of an epoch may be short, and is then reported past the epoch's end.
        done = min(batch + 1, self._steps) if self._steps else batch + 1
        self.bar_.update(self._done_before + done - self.bar_.n)

    def on_epoch_end(self, epoch, logs=None):
        """Show the epoch's loss, and its validation loss and accuracy if there are any."""
        stopped = getattr(self.model, "stop_training", False)
        if self._steps and not stopped:  # a training that is loaded has no batches
            self.bar_.update(max(0, self._done_before + self._steps - self.bar_.n))
        shown = [name for name in ("loss", "val_loss", "val_accuracy") if name in (logs or {})]
        summary = ", ".join(f"{name} {float(logs[name]):.4f}" for name in shown)
        self.bar_.set_postfix_str(summary, refresh=False)

    def on_train_end(self, logs=None):
        """Close the bar."""
        self.bar_.close()
