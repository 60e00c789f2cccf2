"""Make ``base.zip``, the hand-in from which all the others of the class are made.

It fills in the student release as a student does, with a small network in Part 2, runs both
notebooks on the drawn sample, and keeps what a hand-in needs: figures are made smaller, and times,
widgets and web pages are left out. From the top of the repository (a quarter of an hour)::

    python -m tests.honest.make_base
"""

import base64
import copy
import io
import json
import os
import re
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient
from PIL import Image

from cnn_utils.files import KIT
from cnn_utils.grading.release.student_release import release
from cnn_utils.grading.verify.reference_data import SAMPLE, rate_lenet, read_reference_data
from cnn_utils.notebook.reader import read_file

BASE = Path(__file__).with_name("base.zip")
PART1, PART2 = "part1_lenet_mnist.ipynb", "part2_cnn_cifar10.ipynb"
GROUP = {
    "**Group number** | |": "**Group number** | 7 |",
    "**Members** | |": "**Members** | Ada Byron, Karl Gauss |",
    "**Group name** (optional) | |": "**Group name** (optional) | The Pooling Layers |",
}
WIDTH, COLOURS = 360, 32
NOISE = 0.5
KEPT = ("text/plain", "image/png")
# What must not be left in the hand-in.
PLACES = re.compile(r"/(tmp|root|home|work|Users|usr|opt|var)/\w|[A-Z]:\\\\")

CODE = {
    "lenet": """\
def build_lenet():
    net = keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(6, (5, 5), padding="same", activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(16, (5, 5), padding="valid", activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    return net""",
    "f1": """\
class F1Score(keras.metrics.Metric):
    def __init__(self, name="f1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.tp = self.add_weight(name="tp", shape=(10,), initializer="zeros")
        self.fp = self.add_weight(name="fp", shape=(10,), initializer="zeros")
        self.fn = self.add_weight(name="fn", shape=(10,), initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = ops.cast(y_true, "float32")
        guess = ops.one_hot(ops.argmax(y_pred, axis=-1), 10)
        self.tp.assign_add(ops.sum(y_true * guess, axis=0))
        self.fp.assign_add(ops.sum((1 - y_true) * guess, axis=0))
        self.fn.assign_add(ops.sum(y_true * (1 - guess), axis=0))

    def result(self):
        # 2 TP / (2 TP + FP + FN), a class that never occurs counts as 0
        f1 = ops.divide_no_nan(2 * self.tp, 2 * self.tp + self.fp + self.fn)
        return ops.mean(f1)""",
    "train-lenet": """\
model = build_lenet()
model.compile(optimizer="adam", loss="mse", metrics=["accuracy", F1Score()])
history = cnn_utils.fit_cached(
    model,
    x_train,
    y_train_hot,
    name="lenet",
    batch_size=BATCH_SIZE,
    epochs=EPOCHS,
    validation_split=1 / 6,
    verbose=0,
)""",
    "plot-history": """\
import matplotlib.pyplot as plt

curves = cnn_utils.history_table(history)
history_figure, axes = plt.subplots(1, 3, figsize=(12, 3.5))
for ax, what in zip(axes, ["loss", "accuracy", "f1"]):
    ax.plot(curves.index, curves[what], label="training")
    ax.plot(curves.index, curves["val_" + what], label="validation")
    ax.set_xlabel("epoch")
    ax.set_title(what)
    ax.legend()
plt.show()""",
    "evaluate-lenet": """\
_, test_accuracy, test_f1 = model.evaluate(x_test, y_test_hot, verbose=0)
print(f"test accuracy {test_accuracy:.4f}, macro F1 {test_f1:.4f}")""",
    "ten-digits": """\
def ten_digit_error_rate(accuracy):
    all_right = accuracy**10
    return 1 - all_right""",
    "preprocess": """\
def preprocess(images):
    return images.astype("float32") / 255.0""",
    "look": """\
import matplotlib.pyplot as plt

images_figure, axes = plt.subplots(3, 10, figsize=(10, 3.4))
for c in range(10):
    first = np.flatnonzero(y_train == c)[:3]
    for r in range(3):
        axes[r, c].imshow(images_train[first[r]])
        axes[r, c].axis("off")
    axes[0, c].set_title(class_names[c], fontsize=8)
plt.show()""",
    "cnn": """\
def build_cnn():
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for n in [16, 32, 64]:
        x = layers.Conv2D(n, 3, padding="same", activation="relu")(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.3)(x)
    outputs = layers.Dense(10, activation="softmax")(x)
    return keras.Model(inputs, outputs)""",
    "submit": """\
test_batches = ImageBatches(images_test, preprocess=preprocess, batch_size=256)
y_test_prob = model.predict(test_batches, verbose=0)
submission_path = cnn_utils.export_submission(y_test_prob)""",
}
TEXTS = {
    "overfitting": """\
Yes, a little. The training loss goes down until the end, but the validation loss stops going down
after the first handful of epochs and only wobbles from then on. So from there on the network learns
the training digits by heart. It is mild because the validation accuracy does not get worse.""",
    "compare": """\
LeNet makes fewer mistakes although it has only about a quarter of the parameters of the dense
network. The reason is that the same 5 x 5 kernel is used everywhere in the picture (weight sharing)
and that pooling makes small shifts unimportant. The dense network has to learn every position for
itself. On the other hand one epoch of LeNet takes longer, since each weight is used many times.""",
    "ten-digits": """\
The chance that all ten are right is $p^{10}$, so the error is $1 - p^{10}$. This assumes that the
mistakes are independent, which is not true for one person with bad handwriting, and that every
digit is equally hard.""",
    "cnn": """\
- Three blocks of convolution, batch norm and pooling: the deeper, the more filters (idea from VGG).
- 3 x 3 kernels because they need few weights.
- Batch normalisation so that it trains faster (Ioffe and Szegedy).
- Dropout before the last layer against overfitting.
- Small on purpose, because our laptop is slow.""",
    "discussion": """\
What works: classes with a clear outline or colour. What does not: animals of similar shape, see the
confusion matrix. The training accuracy is higher than the validation accuracy, so more data would
help. Next we would try to mirror and shift the images, then a smaller learning rate at the end and
finally a wider network.""",
}


def filled(notebook):
    """Fill in the gaps of a student's notebook."""
    for cell in notebook.cells:
        task, kind = cell.metadata.get("task"), cell.metadata.get("kind")
        if kind == "header":
            for empty, full in GROUP.items():
                assert empty in cell.source, cell.source
                cell.source = cell.source.replace(empty, full)
        elif task and cell.cell_type == "code":
            cell.source = f"# task: {task}\n{CODE[task]}"
        elif task:
            cell.source = TEXTS[task]
    return notebook


def executed(notebook, folder: Path):
    """Run a notebook like a student who stops before the parts that are not graded."""
    whole = copy.deepcopy(notebook)
    for cell in notebook.cells:
        is_last = "hand_in()" in cell.source
        # The drawn sample is easy: a longer training would give an accuracy that makes suspicious.
        cell.source = cell.source.replace("EPOCHS = pick(full=10,", "EPOCHS = pick(full=1,")
        if cell.cell_type == "code" and (
            is_last or "nbval-skip" in cell.metadata.get("tags", []) or "build_fast" in cell.source
        ):
            cell.source = ""
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        timeout=None,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
    )
    client.execute()
    for cell, original in zip(notebook.cells, whole.cells, strict=True):
        cell.source = original.source
        if cell.cell_type == "code":
            cell.outputs = list(filter(None, map(kept, cell.outputs)))
    notebook.metadata.pop("widgets", None)
    return notebook


def kept(output):
    """Return an output without web pages and widgets, its figure smaller; None if nothing stays."""
    if output.output_type == "error":
        raise SystemExit("\n".join(output.traceback))
    if output.output_type == "stream":
        return output if output.name == "stdout" else None
    data = {mime: output.data[mime] for mime in KEPT if mime in output.data}
    is_widget = "application/vnd.jupyter.widget-view+json" in output.data
    if not data or (is_widget and "image/png" not in data):
        return None
    if "image/png" in data:
        data["image/png"] = smaller(data["image/png"])
    output.data, output.metadata = nbformat.from_dict(data), nbformat.from_dict({})
    return output


def smaller(png: str) -> str:
    """Return a PNG in Base64 with fewer pixels and colours."""
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    picture.thumbnail((WIDTH, 2 * WIDTH))
    made = io.BytesIO()
    picture.quantize(COLOURS).save(made, "PNG", optimize=True)
    return base64.b64encode(made.getvalue()).decode()


def main() -> None:
    """Write the base."""
    os.environ |= {"CNN_UTILS_PROFILE": "full", "CNN_UTILS_SOURCE": "sample"}
    with tempfile.TemporaryDirectory() as temporary:
        handed_out = Path(temporary) / "release"
        release(handed_out, KIT / "notebooks")
        os.environ["PYTHONPATH"] = str(handed_out)
        folder = handed_out / "notebooks"
        done = Path(os.environ.get("DONE", temporary))  # to continue with one part
        for part in sys.argv[1:] or (PART1, PART2):
            notebook = filled(read_file(folder / part).node())
            (done / part).write_text(nbformat.writes(executed(notebook, folder)) + "\n", "utf-8")
            for name in ("artifacts", "submission.csv"):
                if (folder / name).is_dir():
                    shutil.copytree(folder / name, done / name, dirs_exist_ok=True)
                elif (folder / name).is_file():
                    shutil.copy(folder / name, done / name)
        pack(done)


def averaged(done: Path) -> bytes:
    """Return a ``submission.csv`` of predictions averaged over each image and its mirror image."""
    import keras

    from cnn_utils.data.loaders import load_cifar10
    from cnn_utils.submission import as_csv

    network = keras.models.model_from_json((done / "artifacts/cnn/architecture.json").read_text())
    network.set_weights(weights((done / "artifacts/cnn/weights.npz").read_bytes()))
    images = load_cifar10(source="sample")["X_test"].astype("float32") / 255
    alone = network.predict(images, batch_size=500, verbose=0)
    both = alone + network.predict(images[:, :, ::-1], batch_size=500, verbose=0)
    agreement = (both.argmax(axis=1) == alone.argmax(axis=1)).mean()
    print(f"averaged predictions agree for {agreement:.1%} of the images")
    return as_csv(both.argmax(axis=1))


def weights(data: bytes) -> list[np.ndarray]:
    """Return saved weights, in their order."""
    with np.load(io.BytesIO(data)) as arrays:
        return [arrays[f"arr_{i}"] for i in range(len(arrays.files))]


def weaker(arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Return weights of a LeNet that recognises fewer digits than are required."""
    noise = np.random.default_rng(3)
    return [x + noise.normal(0, NOISE * x.std(), x.shape).astype("f4") for x in arrays]


def weak(done: Path) -> bytes:
    """Return what the weak LeNet's evaluation prints."""
    arrays = weaker(weights((done / "artifacts/lenet/weights.npz").read_bytes()))
    rated = rate_lenet(arrays, read_reference_data(SAMPLE, ("lenet",)))
    printed = "test accuracy {:.4f}, macro F1 {:.4f}\n".format(*rated)
    print(f"the weak LeNet: {printed}")
    return printed.encode()


def pack(done: Path) -> None:
    """Write the zip; the record's time is left out."""
    (done / "averaged.csv").write_bytes(averaged(done))
    (done / "weak.txt").write_bytes(weak(done))
    names = (PART1, PART2, "submission.csv", "averaged.csv", "weak.txt")
    places = [done / name for name in names]
    places += sorted((done / "artifacts").rglob("*.*"))
    with zipfile.ZipFile(BASE, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in places:
            data = path.read_bytes()
            if path.name == "record.json":
                record = {k: v for k, v in json.loads(data).items() if k != "written"}
                data = json.dumps(record, indent=1).encode()
            if path.suffix != ".npz" and (found := PLACES.search(data.decode())):
                raise SystemExit(f"{path.name} names a place: {found[0]}")
            name = zipfile.ZipInfo(path.relative_to(done).as_posix(), (2026, 1, 1, 0, 0, 0))
            archive.writestr(name, data, zipfile.ZIP_DEFLATED, 9)
    print(f"{BASE}: {BASE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
