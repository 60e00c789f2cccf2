import asyncio
import itertools
import signal
import threading
import time
from types import SimpleNamespace

import keras
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from cnn_utils.training import monitor
from cnn_utils.training.monitor import TrainingMonitor

STEPS = 4
X, Y = np.linspace(0, 1, STEPS, dtype="float32")[:, None], np.zeros(STEPS, dtype="float32")


class Output:
    """What was displayed in one place, one after the other."""

    def __init__(self, first):
        self.shown = [first]

    def update(self, new, **_):
        self.shown.append(new)


@pytest.fixture
def notebook(monkeypatch):
    """Pretend to be a notebook's kernel; return what is displayed, and its cell's hooks."""
    hooks = []
    events = SimpleNamespace(
        register=lambda _, hook: hooks.append(hook), unregister=lambda _, hook: hooks.remove(hook)
    )
    outputs, sent = [], []
    session = SimpleNamespace(send=lambda *message: sent.append(message))
    kernel = SimpleNamespace(session=session, iopub_socket="to the page")
    shell = SimpleNamespace(kernel=kernel, events=events)

    def display(first, **_):
        outputs.append(Output(first))
        return outputs[-1]

    monkeypatch.setattr(monitor, "get_ipython", lambda: shell)
    monkeypatch.setattr(monitor, "display", display)
    return SimpleNamespace(outputs=outputs, hooks=hooks, sent=sent)


def fit(callback, epochs=2, more=(), **options):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse", metrics=["mae"])
    return model, model.fit(
        X, Y, batch_size=1, epochs=epochs, verbose=0, callbacks=[callback, *more], **options
    )


class At(keras.callbacks.Callback):
    """Do something before a batch, counted from 0, of the first epoch."""

    def __init__(self, batch, action):
        super().__init__()
        self.batch, self.action = batch, action

    def on_train_batch_begin(self, batch, logs=None):
        if batch == self.batch:
            self.action()


def test_the_final_figure_holds_every_epoch(notebook):
    watch = TrainingMonitor("LeNet")
    _, history = fit(watch, epochs=3, validation_data=(X, Y))
    lines = watch.display_.lines_
    assert set(lines) == {"loss", "val_loss", "mae", "val_mae"}
    assert lines["loss"].get_ydata().tolist() == history.history["loss"]
    shown = notebook.outputs[1].shown[-1]
    assert shown.alt_text_.startswith("LeNet over 3 epochs.")


def test_the_loss_can_be_drawn_alone(notebook):
    watch = TrainingMonitor(loss_only=True)
    fit(watch, validation_data=(X, Y))
    assert set(watch.display_.lines_) == {"loss", "val_loss"}


def test_the_button_makes_way_for_a_line(notebook):
    fit(TrainingMonitor())
    controls, figure = notebook.outputs
    assert controls.shown[0].children[0].description == "■ Stop training"
    assert controls.shown[1] == {"text/plain": "Epochs trained: 2."}
    assert figure.shown[0] == {"text/plain": "The curves appear after the first epoch."}


def test_no_figure_is_left_in_pyplot_s_hands(notebook):
    import matplotlib.pyplot as plt

    fit(TrainingMonitor())
    assert plt.get_fignums() == []


BUSY = ("to the page", "status", {"execution_state": "busy"})


def test_once_a_second_the_page_hears_that_the_kernel_is_busy(notebook, monkeypatch):
    seconds = itertools.count(step=2)
    monkeypatch.setattr(monitor, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    fit(TrainingMonitor(), epochs=3)
    assert len(notebook.sent) >= 3 * STEPS  # the clock is two seconds later at each look
    assert set(map(str, notebook.sent)) == {str(BUSY)}


def test_it_is_said_in_the_first_batch_too_but_not_after_the_training(notebook):
    slow = At(0, lambda: time.sleep(1.5))
    counts = []
    count = At(1, lambda: counts.append(len(notebook.sent)))
    fit(TrainingMonitor(), epochs=1, more=[slow, count])
    assert counts[0] >= 1
    assert str(notebook.sent[0]) == str(BUSY)
    n = len(notebook.sent)
    fit(TrainingMonitor(), epochs=1)
    time.sleep(1.2)
    assert len(notebook.sent) == n


def test_from_another_thread_nothing_is_said_of_the_main_one(notebook, monkeypatch):
    seconds = itertools.count(step=2)
    monkeypatch.setattr(monitor, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    thread = threading.Thread(target=fit, args=[TrainingMonitor()])
    thread.start()
    thread.join()
    assert len(notebook.outputs) == 2
    assert notebook.sent == []


def test_the_axes_hold_all_epochs_while_it_trains(notebook):
    limits = []
    watch = TrainingMonitor()

    def look(*_):
        watch._draw()
        limits.append([ax.get_xlim() for ax in watch.display_.panels])

    fit(watch, epochs=3, more=[keras.callbacks.LambdaCallback(on_epoch_end=look)])
    assert limits == [[(0.5, 3.5)] * 2] * 3


def test_after_a_stop_the_axes_hold_the_trained_epochs(notebook):
    watch = TrainingMonitor()

    def end(epoch, logs):
        watch._draw()
        watch.model.stop_training = epoch == 2  # as EarlyStopping does

    fit(watch, epochs=40, more=[keras.callbacks.LambdaCallback(on_epoch_end=end)])
    assert watch.display_.panels[0].get_xlim() == (0.5, 3.5)
    assert notebook.outputs[0].shown[-1] == {"text/plain": "Epochs trained: 3."}


def test_quick_epochs_are_not_all_drawn(notebook, monkeypatch):
    # Each look at the clock is a fiftieth of a second after the last; an epoch takes about six.
    ticks = (i / 50 for i in range(10**6))
    monkeypatch.setattr(monitor, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    fit(TrainingMonitor(), epochs=30)
    # The placeholder, one of about eight epochs (a second must pass), and the last.
    assert 4 <= len(notebook.outputs[1].shown) <= 6


@pytest.mark.parametrize("batch", [0, 2])
def test_the_button_ends_the_training_after_the_batch(notebook, batch):
    watch = TrainingMonitor()
    press = At(batch, lambda: notebook.outputs[0].shown[0].children[0].click())
    model, history = fit(watch, epochs=5, more=[press])
    assert watch.stopped_
    assert watch.bar_.n == batch + 1
    assert len(history.history["loss"]) == 1
    assert np.isfinite(model.predict(X, verbose=0)).all()
    assert notebook.outputs[0].shown[-1] == {"text/plain": "Stopped in epoch 1 of 5."}


def test_the_button_works_from_another_thread(notebook):
    def press():
        thread = threading.Thread(target=notebook.outputs[0].shown[0].children[0].click)
        thread.start()
        thread.join()

    watch = TrainingMonitor()
    _, history = fit(watch, epochs=5, more=[At(1, press)])
    assert len(history.epoch) == 1


def test_pressed_during_validation_no_further_epoch_begins(notebook):
    watch = TrainingMonitor()
    stop = keras.callbacks.LambdaCallback(on_test_begin=lambda logs: watch.stop())
    _, history = fit(watch, epochs=5, more=[stop], validation_data=(X, Y))
    assert watch.bar_.n == STEPS
    assert len(history.history["val_loss"]) == 1


def test_an_interrupt_ends_the_training_and_is_no_error(notebook):
    before = signal.getsignal(signal.SIGINT)
    watch = TrainingMonitor()
    interrupt = At(1, lambda: signal.raise_signal(signal.SIGINT))
    _, history = fit(watch, epochs=5, more=[interrupt])
    assert watch.stopped_
    assert len(history.epoch) == 1
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_interrupt_is_an_interrupt(notebook):
    def twice():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    watch = TrainingMonitor()
    with pytest.raises(KeyboardInterrupt):
        fit(watch, epochs=5, more=[At(1, twice)])
    (end_of_cell,) = notebook.hooks
    end_of_cell(None)
    assert signal.getsignal(signal.SIGINT) is before


def test_after_an_error_the_end_of_the_cell_cleans_up(notebook):
    class Broken(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise RuntimeError

    watch = TrainingMonitor()
    with pytest.raises(RuntimeError):
        fit(watch, epochs=5, more=[Broken()])
    (end_of_cell,) = notebook.hooks
    end_of_cell(None)
    end_of_cell(None)
    assert notebook.hooks == []
    assert len(watch.display_.table) == 2
    assert notebook.outputs[0].shown[-1] == {"text/plain": "Epochs trained: 2."}


def test_a_stop_holds_for_one_training_only(notebook):
    watch = TrainingMonitor()
    fit(watch, more=[At(1, watch.stop)])
    _, history = fit(watch, epochs=3)
    assert not watch.stopped_
    assert len(history.epoch) == 3


def test_epochs_that_were_not_validated_leave_gaps(notebook):
    watch = TrainingMonitor()
    fit(watch, epochs=4, validation_data=(X, Y), validation_freq=2)
    assert np.isnan(watch.display_.table["val_loss"]).tolist() == [True, False, True, False]


def test_a_loss_that_is_no_number_is_no_accident(notebook):
    watch = TrainingMonitor()
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    model.fit(X * np.nan, Y, verbose=0, callbacks=[watch], validation_data=(X * np.nan, Y))
    assert np.isnan(watch.display_.table.to_numpy()).all()


def test_metrics_without_a_curve_are_left_out(notebook):
    watch = TrainingMonitor()
    words = keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: logs.update(note="x"))
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, activation="softmax")])
    model.compile(loss="categorical_crossentropy", metrics=[keras.metrics.F1Score()])
    model.fit(X, np.eye(2)[[0, 1, 0, 1]], verbose=0, callbacks=[words, watch])
    assert list(watch.display_.lines_) == ["loss"]


def test_curves_that_cannot_be_drawn_do_not_end_the_training(notebook):
    class NoLoss(keras.Sequential):
        def train_step(self, data):
            return {"other": 1.0}

    watch = TrainingMonitor()
    model = NoLoss([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[watch])
    message = notebook.outputs[1].shown[-1]["text/plain"]
    assert message.startswith("The curves can't be drawn (KeyError")
    assert notebook.outputs[0].shown[-1] == {"text/plain": "Epochs trained: 2."}


def test_a_caught_error_is_cleaned_up_by_the_next_training(notebook):
    before = signal.getsignal(signal.SIGINT)
    watch = TrainingMonitor()

    def fail():
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fit(watch, more=[At(1, fail)])
    first_bar = watch.bar_
    fit(watch)
    assert first_bar.disable
    assert signal.getsignal(signal.SIGINT) is before
    assert notebook.hooks == []
    assert [out.shown[-1]["text/plain"] for out in notebook.outputs[::2]] == [
        "Epochs trained: 0.",
        "Epochs trained: 2.",
    ]


def test_after_two_monitors_of_one_training_an_interrupt_is_one(notebook, monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    watches = [TrainingMonitor(title) for title in "AB"]
    fit(watches[0], more=[watches[1]])
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def test_continued_training_counts_on(notebook):
    watch = TrainingMonitor()
    fit(watch, epochs=6, initial_epoch=4)
    assert watch.display_.lines_["loss"].get_xdata().tolist() == [5, 6]
    assert watch.bar_.initial == 4 * STEPS


def test_outside_a_notebook_there_is_only_the_bar(capsys):
    watch = TrainingMonitor()
    before = signal.getsignal(signal.SIGINT)
    check = At(1, lambda: seen.append(signal.getsignal(signal.SIGINT)))
    seen = []
    fit(watch, more=[check])
    assert seen == [before] * 2
    assert watch.display_ is None
    assert "epoch 2/2 100%" in capsys.readouterr().out


def test_its_text_is_always_the_same():
    assert repr(TrainingMonitor("LeNet")) == "TrainingMonitor('LeNet')"


FIT = """
import keras, numpy as np
from cnn_utils import TrainingMonitor
x, y = np.zeros((N, 1), "float32"), np.zeros(N, "float32")
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile(loss="mse", metrics=["mae"])
history = model.fit(x, y, batch_size=1, epochs=EPOCHS, validation_split=0.1, verbose=0,
                    callbacks=[TrainingMonitor()])
"""


class Counting(NotebookClient):
    """Count the messages; interrupt the kernel once the bar shows `interrupt_at`."""

    interrupt_at = None
    n_messages = 0

    def process_message(self, msg, cell, cell_index):
        self.n_messages += 1
        if self.interrupt_at and self.interrupt_at in str(msg["content"].get("text")):
            self.interrupt_at = None
            self.interrupting = asyncio.ensure_future(self.km.interrupt_kernel())
        return super().process_message(msg, cell, cell_index)


def execute(*source, n, epochs, interrupt_at=None):
    first = f"N, EPOCHS = {n}, {epochs}"
    cells = [nbformat.v4.new_code_cell(text) for text in (first + FIT, *source)]
    notebook, options = nbformat.v4.new_notebook(cells=cells), {"coalesce_streams": True}
    client = Counting(notebook, timeout=300, kernel_name="python3", **options)
    client.interrupt_at = interrupt_at
    client.execute()
    return client


@pytest.mark.parametrize("n", [30, pytest.param(3000, marks=pytest.mark.slow)])
def test_forty_epochs_send_few_messages_and_leave_one_figure(n):
    client = execute(n=n, epochs=40)
    print(f"{client.n_messages} messages")
    assert client.n_messages < 400
    outputs = client.nb.cells[0].outputs
    kinds = [sorted(set(output.get("data", {"bar": 0})) - {"text/plain"}) for output in outputs]
    assert kinds == [[], ["image/png"], ["bar"]]
    assert outputs[0]["data"]["text/plain"] == "Epochs trained: 40."
    assert outputs[1]["metadata"]["image/png"]["alt"].startswith("Training over 40 epochs.")


def test_interrupting_the_kernel_keeps_model_and_history():
    after = "print(len(history.epoch), np.isfinite(model.predict(x[:2], verbose=0)).all())"
    client = execute(after, n=800, epochs=20, interrupt_at="epoch 2/")
    n_epochs, is_finite = client.nb.cells[1].outputs[0]["text"].split()
    assert 2 <= int(n_epochs) < 20
    assert is_finite == "True"
