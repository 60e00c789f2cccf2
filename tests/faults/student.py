"""A student's whole work on tiny data, as a program: ``student.py FOLDER [STEP ...]``.

With a STEP (train, submit, save, hand_in) only that, over and over until it is killed.
"""

import io
import sys
from contextlib import redirect_stdout
from pathlib import Path

import nbformat.v4 as v4
import numpy as np

TABLE = "# Lab\n\n| | |\n|---|---|\n| **Group number** | 7 |\n| **Members** | Ada |"
SCORES = np.eye(10)[np.arange(10_000) % 10]


class Network:
    """What `save_for_grading` needs of one; another one each time."""

    made = 0

    def get_weights(self):
        """Return 40,000 numbers that no other network has."""
        Network.made += 1
        return [np.random.default_rng(Network.made).random((200, 200)).astype("float32")]

    def to_json(self):
        """Return no architecture."""
        return "{}"


def train(folder):
    """Train two epochs, and print the loss."""
    import keras

    import cnn_utils

    cnn_utils.set_seed(1)
    x = np.arange(400, dtype="float32").reshape(100, 4) / 400
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    batches = cnn_utils.ImageBatches(x, x.sum(1), batch_size=10, shuffle=True)
    history = cnn_utils.fit_cached(model, batches, name="lab", epochs=2, verbose=0)
    answers = cnn_utils.cached(model.predict, x, verbose=0)
    print(f"loss {history.history['loss'][-1]:.6f}, first answer {answers[0, 0]:.6f}", flush=True)


def submit(folder):
    """Write other predictions each time."""
    from cnn_utils.submission import export_submission

    Network.made += 1
    export_submission(np.roll(SCORES, Network.made, axis=1), folder / "submission.csv")


def save(folder):
    """Save the artifacts, and return what is printed."""
    from cnn_utils.handin.artifacts import save_for_grading

    answers = np.arange(10_000) % 10
    with redirect_stdout(io.StringIO()) as printed:
        save_for_grading("lab", Network(), {"loss": [1]}, answers, folder / "artifacts")
    return printed.getvalue()


def hand_in(folder):
    """Write the zip, and say what it holds."""
    from cnn_utils.handin.submission_zip import hand_in

    print(hand_in(folder, folder), flush=True)


STEPS = {"train": train, "submit": submit, "save": save, "hand_in": hand_in}


def prepare(folder):
    """Make the notebook, as if it had been run, and what it made."""
    import nbformat

    from cnn_utils.grading.release.pairing import as_json
    from cnn_utils.notebook.assignment import FILE, Part, Task

    folder.mkdir(parents=True, exist_ok=True)
    part = Part((Task("lab"),), ("lab",))
    (folder / FILE).write_text(as_json({"lab.ipynb": part}), encoding="utf-8")
    submit(folder)
    output = v4.new_output("stream", text=save(folder))
    cells = [
        v4.new_markdown_cell(TABLE, metadata={"kind": "header"}),
        v4.new_code_cell("# task: lab\nmodel = 1", execution_count=1, outputs=[output]),
    ]
    nbformat.write(v4.new_notebook(cells=cells), folder / "lab.ipynb")


if __name__ == "__main__":
    place = Path(sys.argv[1])
    if sys.argv[2:]:
        print("ready", flush=True)
        while True:
            for step in sys.argv[2:]:
                STEPS[step](place)
    prepare(place)
    train(place)
    hand_in(place)
