"""The training monitor in a real JupyterLab: what the status bar says while it trains."""

import re

import nbformat
import pytest

pytestmark = pytest.mark.browser

# The first widget of the kernel, for which JupyterLab asks it for a thread of its own.
FIT = """import time, keras, numpy as np
from cnn_utils import TrainingMonitor
slow = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: time.sleep(0.5))
x = np.linspace(0, 1, 60, dtype="float32")[:, None]
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile(loss="mse")
model.fit(x, x, batch_size=6, epochs=3, verbose=0, callbacks=[slow, TrainingMonitor("Slow")])"""


@pytest.fixture(scope="module")
def training(open_notebook, run_all, lab):
    """Return the page of a notebook that begins to train."""
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    cells = [nbformat.v4.new_code_cell(FIT)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, lab[1] / "slow.ipynb")
    page = open_notebook("slow.ipynb")
    run_all(page)
    page.get_by_role("button", name="Stop training").wait_for()
    return page


def test_the_status_bar_says_busy_until_the_training_ends(training, output_of):
    area, seen = output_of(training, "TrainingMonitor("), []
    training.wait_for_timeout(2_000)  # once a second the kernel says that it is busy
    while area.get_by_text("Epochs trained: 3.").count() == 0:
        bar = training.locator("#jp-main-statusbar").inner_text()
        seen.append(re.search(r"\| (\w+)", bar)[1])
        training.wait_for_timeout(300)
        assert len(seen) < 300
    training.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    assert len(seen) > 10
    # The cell may have ended between two looks.
    assert set(seen[:-1]) == {"Busy"}
    assert area.locator("img").count() == 1
