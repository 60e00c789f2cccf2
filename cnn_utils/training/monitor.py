"""Watch a training while it runs: live curves, the time left, and a Stop button."""

import signal
import threading
import time

import ipywidgets as widgets
import numpy as np
import pandas as pd
from IPython import get_ipython
from IPython.display import display

from cnn_utils.plots.figure import WARNING_INK
from cnn_utils.plots.history import draw_history
from cnn_utils.training.progress import EpochProgress

HINT = (
    "ends after this batch and a validation, and keeps the weights; interrupting the kernel "
    "does the same"
)


class TrainingMonitor(EpochProgress):
    """Curves that grow with every epoch, a progress bar, and a Stop button.

    Use it with ``model.fit(..., verbose=0, callbacks=[TrainingMonitor()])``. The button, or
    interrupting the kernel, stops the training without an error: `fit` returns its history, in
    which the epoch that was cut short counts as one. A second interrupt stops at once, as usual.
    After the training the last figure stays. Outside a notebook there is only the bar.

    The button needs JupyterLab 4.4 or Notebook 7.4; elsewhere interrupt the kernel.

    Parameters
    ----------
    title : str, default="Training"
    loss_only : bool, default=False
        Draw no other curves.

    Attributes
    ----------
    display_ : Display or None
        The last figure; None before the end of the first epoch, and outside a notebook.
    stopped_ : bool
        Whether `stop` ended the training early.
    """

    def __init__(self, title: str = "Training", loss_only: bool = False):
        super().__init__()
        self.title, self.loss_only = title, loss_only
        self.display_, self.stopped_ = None, False
        self._stop_asked = self._running = False

    def stop(self) -> None:
        """End the training after the current batch; may be called from another thread."""
        self._stop_asked = True

    def on_train_begin(self, logs=None):
        """Show the button, a place for the curves, and the bar."""
        if self._running:  # the last training ended in an error
            self._close()
        self.display_, self.stopped_, self._stop_asked = None, False, False
        self._rows, self._epoch_numbers = [], []
        # Epochs within a second, such as those of a loaded training, are drawn once, at the end.
        self._n_drawn, self._drawn_at, self._draw_seconds = 0, time.monotonic(), 0.0
        self._handler, self._said_at = None, time.monotonic()
        self._running, self._live = True, getattr(get_ipython(), "kernel", None) is not None
        if self._live:
            self._open()
        # Last: what is displayed after the bar's first line would cut it in two.
        super().on_train_begin(logs)

    def on_train_batch_end(self, batch, logs=None):
        """Move the bar, and stop if asked to."""
        super().on_train_batch_end(batch, logs)
        self._stop_if_asked()
        if self._handler is not None and time.monotonic() - self._said_at > 1:
            self._say_busy()

    def on_epoch_end(self, epoch, logs=None):
        """Add the epoch to the curves, and draw them if that takes little time."""
        super().on_epoch_end(epoch, logs)
        # Some metrics return one value per class, which is no curve.
        arrays = {name: np.asarray(value) for name, value in (logs or {}).items()}
        numbers = {name: a for name, a in arrays.items() if a.ndim == 0 and a.dtype.kind in "fiub"}
        self._rows.append({name: float(number) for name, number in numbers.items()})
        self._epoch_numbers.append(epoch + 1)
        self._stop_if_asked()  # asked during validation
        pause = max(1.0, 10 * self._draw_seconds)  # draw for at most a tenth of the time
        if self._live and time.monotonic() - self._drawn_at >= pause:
            self._draw()

    def on_train_end(self, logs=None):
        """Close the bar, remove the button and leave the final figure."""
        super().on_train_end(logs)
        self._close()

    def __repr__(self) -> str:
        return f"TrainingMonitor({self.title!r})"

    def _open(self) -> None:
        colours = {"button_color": WARNING_INK, "text_color": "#ffffff"}
        button = widgets.Button(description="■ Stop training", style=colours)
        button.on_click(self._pressed)
        self._controls = display(widgets.HBox([button, widgets.Label(HINT)]), display_id=True)
        waiting = {"text/plain": "The curves appear after the first epoch."}
        self._figure = display(waiting, raw=True, display_id=True)
        if threading.current_thread() is threading.main_thread():
            # An exception in `fit` skips on_train_end; the end of the cell does not.
            get_ipython().events.register("post_run_cell", self._close)
            self._handler = signal.signal(signal.SIGINT, self._interrupted)
            # The first batch may take many seconds, in which Keras compiles.
            threading.Timer(1, self._say_busy).start()

    def _say_busy(self) -> None:
        """Repeat the kernel's status: JupyterLab shows "idle" once it got a thread for widgets."""
        self._said_at = time.monotonic()
        if self._running:
            kernel = get_ipython().kernel
            kernel.session.send(kernel.iopub_socket, "status", {"execution_state": "busy"})

    def _pressed(self, button) -> None:
        button.disabled, button.description = True, "stopping …"
        self.stop()

    def _interrupted(self, number, frame) -> None:
        if self._stop_asked or not self._running:
            raise KeyboardInterrupt
        self.stop()

    def _stop_if_asked(self) -> None:
        if self._stop_asked:
            self.model.stop_training = self.stopped_ = True

    def _draw(self) -> None:
        """Draw the curves; a figure that fails does not end the training."""
        start = time.monotonic()
        table = pd.DataFrame(self._rows, index=pd.Index(self._epoch_numbers, name="epoch"))
        if self.loss_only:
            table = table.filter(["loss", "val_loss"])
        try:
            display_ = draw_history(table, title=self.title)
            if self._running:  # the axes stay the same from epoch to epoch
                for panel in display_.panels:
                    panel.set_xlim(right=self._epochs + 0.5)
            self._figure.update(display_)
            self.display_ = display_
        except Exception as error:  # of many kinds: others write into the logs, too
            message = f"The curves can't be drawn ({type(error).__name__}: {error})."
            self._figure.update({"text/plain": message}, raw=True)
        self._n_drawn, self._drawn_at = len(self._rows), time.monotonic()
        self._draw_seconds = self._drawn_at - start

    def _close(self, result=None) -> None:
        """Leave a line, the figure and the bar in the notebook."""
        if not self._running:
            return
        self._running = False
        self.bar_.close()
        if not self._live:
            return
        if self._handler is not None:
            get_ipython().events.unregister("post_run_cell", self._close)
            # Another monitor of the same training may have replaced it.
            if signal.getsignal(signal.SIGINT) == self._interrupted:
                signal.signal(signal.SIGINT, self._handler)
        end = f"Epochs trained: {len(self._rows)}"
        if self.stopped_:
            end = f"Stopped in epoch {self._epoch} of {self._epochs}"
        self._controls.update({"text/plain": f"{end}."}, raw=True)
        if self._n_drawn < len(self._rows) or self._epoch < self._epochs:
            self._draw()
