"""The styles in which students solve, save and deliver the assignment, and the row of each.

Each function changes the base (see `make_base`) into one hand-in. It may return what lies in the
folder of hand-ins; by default that is ``group<number>.zip``.
"""

import base64
import io
import re

import numpy as np
from PIL import Image, ImageDraw

from tests.honest.hand_in import (
    ANY,
    FULL,
    PART1,
    PART2,
    TO_MARK,
    HandIn,
    base,
    dumped,
    error,
    new_cell,
    picture,
    registering,
    row,
    stream,
    zipped,
)
from tests.honest.make_base import weaker, weights

STYLES: dict[str, tuple] = {}
style = registering(STYLES)


# How the code is written ------------------------------------------------------------------------


@style("as handed out and filled in")
def _plain(h: HandIn):
    pass


@style("functional LeNet, sequential network in Part 2")
def _functional(h):
    h.solve(
        lenet="""\
def build_lenet():
    digits = keras.Input((28, 28, 1))
    x = layers.Conv2D(6, 5, padding="same")(digits)
    x = layers.ReLU()(x)
    x = layers.MaxPool2D()(x)
    x = layers.Conv2D(16, 5)(x)
    x = layers.Activation("relu")(x)
    x = layers.MaxPool2D()(x)
    x = layers.Flatten()(x)
    for units in (120, 84):
        x = layers.Dense(units)(x)
        x = layers.ReLU()(x)
    x = layers.Dense(10)(x)
    return keras.Model(digits, layers.Softmax()(x), name="LeNet-5")""",
        cnn="""\
def build_cnn(filters=(16, 32, 64), drop=0.3):
    net = keras.Sequential([layers.Input((32, 32, 3))])
    for n in filters:
        net.add(layers.Conv2D(n, 3, padding="same", activation="relu"))
        net.add(layers.BatchNormalization(momentum=0.9))
        net.add(layers.MaxPooling2D())
    net.add(layers.Flatten())
    net.add(layers.Dropout(drop))
    net.add(layers.Dense(10, activation="softmax"))
    return net""",
    )


@style("subclassed LeNet, output layer first")
def _subclassed(h):
    h.solve(
        lenet="""\
class LeNet(keras.Model):
    def __init__(self):
        super().__init__()
        self.out = layers.Dense(10, activation="softmax")
        self.conv1 = layers.Conv2D(6, 5, padding="same", activation="relu")
        self.conv2 = layers.Conv2D(16, 5, activation="relu")
        self.pool = layers.MaxPooling2D()
        self.flat = layers.Flatten()
        self.fc1 = layers.Dense(120, activation="relu")
        self.fc2 = layers.Dense(84, activation="relu")

    def call(self, x):
        x = self.pool(self.conv1(x))
        x = self.flat(self.pool(self.conv2(x)))
        return self.out(self.fc2(self.fc1(x)))


def build_lenet():
    net = LeNet()
    net.build((None, 28, 28, 1))
    return net"""
    )
    arrays = weights(h.files["artifacts/lenet/weights.npz"])
    save_weights(h, [*arrays[8:], *arrays[:8]])
    del h.files["artifacts/lenet/architecture.json"]


@style("own layer in Part 2's network", row(notes=["rebuilt by the student's code"]))
def _own_layer(h):
    h.above(
        h.task("cnn"),
        "class Block(layers.Layer):\n"
        "    def __init__(self, n, **kwargs):\n"
        "        super().__init__(**kwargs)\n"
        "        self.conv = layers.Conv2D(n, 3, padding='same', activation='relu')\n"
        "        self.norm = layers.BatchNormalization(momentum=0.9)\n"
        "        self.pool = layers.MaxPooling2D()\n"
        "    def call(self, x, training=None):\n"
        "        return self.pool(self.norm(self.conv(x), training=training))",
    )
    h.solve(
        cnn="""\
def build_cnn():
    inputs = keras.Input((32, 32, 3))
    x = Block(64)(Block(32)(Block(16)(inputs)))
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))"""
    )
    del h.files["artifacts/cnn/architecture.json"]


@style("tf.keras")
def _tf_keras(h):
    for part in (PART1, PART2):
        cell = h.given("import keras\n", part)
        cell["source"] = cell["source"].replace("import keras\n", "import tensorflow as tf\n")
        cell["source"] = re.sub(
            r"from keras import (.*)", r"from tensorflow.keras import \1", cell["source"]
        )
        cell["source"] = cell["source"].replace("layers, ops", "layers")
    h.replace("keras.metrics.F1Score", "tf.keras.metrics.F1Score")
    h.replace("keras.utils", "tf.keras.utils")
    h.replace("keras.Sequential", "tf.keras.Sequential")
    h.replace("keras.Model", "tf.keras.Model")
    h.replace("keras.Input", "tf.keras.layers.Input")
    h.solve(
        f1="""\
class F1Score(tf.keras.metrics.Metric):
    def __init__(self, name="f1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.matrix = self.add_weight(name="m", shape=(10, 10), initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        matrix = tf.math.confusion_matrix(
            tf.argmax(y_true, axis=1), tf.argmax(y_pred, axis=1), num_classes=10, dtype=tf.float32
        )
        self.matrix.assign_add(matrix)

    def result(self):
        tp = tf.linalg.diag_part(self.matrix)
        both = tf.reduce_sum(self.matrix, axis=0) + tf.reduce_sum(self.matrix, axis=1)
        return tf.reduce_mean(tf.math.divide_no_nan(2 * tp, both))

    def reset_state(self):
        self.matrix.assign(tf.zeros((10, 10)))"""
    )


@style("plain fit, everything written out; own loops in F1")
def _plain_fit(h):
    _own_words(h)
    h.solve(
        train_lenet="""\
model = build_lenet()
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=0.001),
    loss=keras.losses.MeanSquaredError(),
    metrics=["accuracy", F1Score()],
)
history = model.fit(
    x_train, y_train_hot, batch_size=128, epochs=40, validation_split=1 / 6, verbose=2
)"""
    )
    h.given("history = cnn_utils.fit_cached(\n    model,\n    train", PART2)["source"] = """\
stop = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
history = model.fit(train, epochs=10, validation_data=val, callbacks=[stop], verbose=2)"""


def _own_words(h):
    h.solve(
        f1="""\
class F1Score(keras.metrics.Metric):
    \"\"\"Macro F1, after https://keras.io/api/metrics\"\"\"

    def __init__(self, n_classes: int = 10, name: str = "f1", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.n = n_classes
        zeros = dict(shape=(self.n,), initializer="zeros")
        self.hits, self.said, self.there = [self.add_weight(**zeros) for _ in range(3)]

    def update_state(self, y_true, y_pred, sample_weight=None):
        labels = ops.argmax(y_true, axis=1)
        guess = ops.argmax(y_pred, axis=1)
        for weight, what in [(self.said, guess), (self.there, labels)]:
            weight.assign_add(ops.sum(ops.one_hot(what, self.n), axis=0))
        right = ops.one_hot(ops.where(labels == guess, labels, -1), self.n)
        self.hits.assign_add(ops.sum(right, axis=0))

    def result(self):
        p = self.hits / (self.said + keras.backend.epsilon())
        r = self.hits / (self.there + keras.backend.epsilon())
        return ops.mean(2 * p * r / (p + r + keras.backend.epsilon()))

    def reset_state(self):
        for w in (self.hits, self.said, self.there):
            w.assign(ops.zeros_like(w))""",
        ten_digits="ten_digit_error_rate = lambda p: 1 - np.prod([p for _ in range(10)], axis=0)",
        preprocess="""\
def preprocess(images: np.ndarray) -> np.ndarray:
    "Scale to [0, 1]."
    result = np.empty(np.shape(images), dtype=np.float32)
    np.multiply(images, 1 / 255, out=result, casting="unsafe")
    return result""",
        plot_history="""\
import matplotlib.pyplot as plt
ax = cnn_utils.history_table(history).plot(subplots=[("loss", "val_loss"),
    ("accuracy", "val_accuracy"), ("f1", "val_f1")], figsize=(7, 8), xlabel="epoch")
history_figure = plt.gcf()""",
    )


@style("training split over three unmarked cells")
def _split(h):
    cell = h.task("train-lenet")
    compile_, fit = "model.compile(", "history ="
    source = cell["source"].partition("\n")[2]
    parts = [source.partition(compile_)[0]]
    parts += [compile_ + source.partition(compile_)[2].partition(fit)[0]]
    parts += [fit + source.partition(fit)[2]]
    h.below(cell, *parts)
    h.remove(cell)


@style("training begun in its cell, ended below")
def _split_below(h):
    cell = h.task("train-lenet")
    begin, fit, end = cell["source"].partition("history =")
    cell["source"] = begin
    h.below(cell, "model.summary()", fit + end)


@style("model and history renamed")
def _renamed(h):
    for cell in h.notebooks[PART1]["cells"]:
        if cell["cell_type"] == "code":
            source = re.sub(r"(?<![\w.])model(?!\w)", "net", cell["source"])
            cell["source"] = re.sub(r"(?<![\w.-])history(?!\w)", "hist", source)


@style("only model and history renamed, the given cells below left as they fail")
def _renamed_only(h):
    h.solve(
        train_lenet="""\
lenet = build_lenet()
lenet.compile("adam", "mse", metrics=["accuracy", F1Score()])
hist = lenet.fit(x_train, y_train_hot, 128, 40, validation_split=1/6, verbose=0)"""
    )
    h.below(h.task("train-lenet"), "model = lenet\nhistory = hist")


def _shadowed(h):
    h.above(
        h.task("lenet"), "list = [6, 16]\nsum = 120 + 84\ntype = 'relu'\nid = 7\nlen_ = len(list)"
    )
    h.above(h.task("preprocess"), "max = 255\nlist = ['a', 'b']\nstr = 'text'\nopen = dir = 1")


@style("variables named list and sum, os.chdir and %cd into a new folder")
def _chdir(h):
    _shadowed(h)
    h.above(h.task("lenet"), 'import os\nos.makedirs("work", exist_ok=True)\nos.chdir("work")')
    h.above(h.task("preprocess"), "%mkdir -p results\n%cd results")


@style("magics, shell lines and form titles")
def _magics(h):
    h.above(
        h.given("import keras\n", PART1), "!pip install -q keras\n%matplotlib inline\n%pip list"
    )
    h.task("lenet")["source"] = "#@title LeNet\n" + h.task("lenet")["source"]
    h.task("train-lenet")["source"] = "%%time\n" + h.task("train-lenet")["source"]
    h.task("evaluate-lenet")["source"] = h.task("evaluate-lenet")["source"].replace(
        "_, test", "%time _, test"
    )
    h.above(h.task("look"), "%config InlineBackend.figure_format = 'retina'\n!ls -la\n!nvidia-smi")
    h.task("look")["source"] = (
        '#@title Some images { display-mode: "form" }\n' + h.task("look")["source"]
    )
    h.below(h.task("preprocess"), "%timeit -n 1 -r 1 preprocess(images_train[:10])", "%whos")


@style("helper functions in cells of their own")
def _helpers(h):
    h.above(
        h.task("lenet"),
        "def conv(n, **options):\n    return layers.Conv2D(n, 5, activation='relu', **options)",
        "HIDDEN = [120, 84]",
    )
    h.solve(
        lenet="""\
def build_lenet():
    parts = [keras.Input((28, 28, 1)), conv(6, padding="same"), layers.MaxPooling2D(2)]
    parts += [conv(16), layers.MaxPooling2D(2), layers.Flatten()]
    parts += [layers.Dense(n, activation="relu") for n in HIDDEN]
    return keras.Sequential([*parts, layers.Dense(10, activation="softmax")])""",
        preprocess="def preprocess(images):\n    return as_float(images) / MAXIMUM",
        cnn="""\
def build_cnn():
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for n in WIDTHS:
        x = block(x, n)
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))""",
    )
    h.above(h.given("hold out the last fifth", PART2), "unused = 1")
    h.above(
        h.given("Task 2.1", PART2),
        "MAXIMUM = 255.0\ndef as_float(x):\n    return np.asarray(x).astype('float32')",
    )
    h.above(
        h.task("cnn"),
        "WIDTHS = (16, 32, 64)\n\ndef block(x, n):\n"
        "    x = layers.Conv2D(n, 3, padding='same', activation='relu')(x)\n"
        "    x = layers.BatchNormalization(momentum=0.9)(x)\n"
        "    return layers.MaxPooling2D()(x)",
    )


@style("a module of their own beside the notebooks")
def _module(h):
    h.files["helpers.py"] = (
        b"PIXELS = 255\n\n\ndef half(x):\n    return x.astype('float32') / PIXELS\n"
    )
    h.files["tools/__init__.py"] = b""
    h.files["tools/digits.py"] = b"def all_right(p, n=10):\n    return p**n\n"
    h.above(h.task("ten-digits"), "from tools.digits import all_right")
    h.solve(
        ten_digits="def ten_digit_error_rate(accuracy):\n    return 1 - all_right(accuracy)",
        preprocess="import helpers\n\ndef preprocess(images):\n    return helpers.half(images)",
    )


def _exploration(h):
    for name in FULL:
        h.below(h.task(name), "x = 3\nprint('looks good')", "#", "# todo: ask Karl", "")
    h.above(h.task("lenet"), "images_train.mean(), images_train.std()", outputs=[stream("0.13\n")])
    h.below(
        h.given("check_lenet"),
        "tiny = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)])\n"
        "tiny.count_params()",
    )
    h.below(
        h.given("check_training"),
        "model.layers[0].get_weights()[0].shape",
        "history.history.keys()",
    )
    h.below(h.task("look"), "np.bincount(y_train)", "images_train[0].shape")


@style("failed experiments, one with a package that the sandbox lacks")
def _failed(h):
    _lacking(h)
    h.below(
        h.task("lenet"),
        "test = build_lenet()\ntest(np.zeros((1, 32, 32, 1)))",
        outputs=[error("ValueError", "Input 0 of layer dense is incompatible")],
    )
    h.below(h.task("cnn"), "buildcnn().summary()", outputs=[error("NameError", "buildcnn")])
    h.below(
        h.given("check_training"),
        "other = build_lenet()\nother.compile('sgd', 'mse', metrics=['accuracy'])\n"
        "other_history = other.fit(x_train, y_train_hot, epochs=20, batch_size=32, verbose=0)\n"
        "other.evaluate(x_test, y_test_hot)",
        "for lr in [0.1, 0.01, 0.001]:\n    m = build_lenet()\n"
        "    m.compile(keras.optimizers.Adam(lr), 'mse', metrics=['accuracy'])\n"
        "    m.fit(x_train, y_train_hot, epochs=5, batch_size=128, verbose=0)",
    )


def _lacking(h):
    h.above(
        h.task("lenet"),
        "import torchvision\nimport torch, seaborn as sns\nprint(torchvision.__version__)",
        outputs=[stream("0.27.0\n")],
    )
    h.above(h.task("cnn"), "from torchvision import models\nresnet = models.resnet18()")


@style("imports added to the given cell")
def _imports(h):
    for part in (PART1, PART2):
        cell = h.given("import keras\n", part)
        cell["source"] += (
            "\nimport matplotlib.pyplot as plt\nfrom collections import Counter\nimport os"
        )
    h.solve(
        lenet=h.task("lenet")["source"].partition("\n")[2].replace("layers.Conv2D", "Conv2D"),
        ten_digits="def ten_digit_error_rate(accuracy):\n    return 1 - power(accuracy, 10)",
        cnn=h.task("cnn")["source"].partition("\n")[2].replace("layers.Conv2D", "Conv2D"),
    )
    h.given("import keras\n", PART1)["source"] += (
        "\nfrom numpy import power\nfrom keras.layers import Conv2D"
    )
    h.given("import keras\n", PART2)["source"] += "\nfrom keras.layers import Conv2D, Dense"


@style("given cells changed, other paths to the data")
def _changed(h):
    _paths(h)
    scaling = h.given("x_train = x_train.astype", PART1)
    scaling["source"] = scaling["source"].replace("{x_train.dtype}", "type {x_train.dtype}")
    h.given("images_train = np.concatenate", PART1)["source"] += "\nprint(len(y_train))"
    h.given("SEED = 458", PART1)["source"] = (
        "SEED = 1234  # ours\nEPOCHS = 40\nDENSE_EPOCHS = 5\nBATCH_SIZE = 128\nset_seed(SEED)"
    )
    h.given("images_train, y_train = data", PART2)["source"] += (
        "\n# check\nprint(images_train.dtype)"
    )
    train = h.given("train = ImageBatches(", PART2)
    train["source"] = train["source"].replace("batch_size=256", "batch_size=512")
    cell = h.given("y_train_hot = keras.utils", PART2)
    cell["source"] = "#one hot\n" + cell["source"].replace("becomes", "->")


@style("given cells deleted")
def _deleted(h):
    for words in (
        "show_versions",
        "plot_class_examples(data",
        "plot_class_distribution(data",
        "build_lenet().summary()",
        "f1_batches",
        "ours, reference",
        "first = build_lenet()",
        "probabilities = first",
        'print("predicted"',
        "check_lenet",
        "check_f1",
        "check_training",
        "show_filters(model)",
        "show_embedding",
        "both =",
        "accuracies =",
    ):
        h.remove(h.given(words, PART1))
    for words in (
        "h5py.File",
        "ImageBrowser(images_train",
        "plot_class_means",
        "trial =",
        "trial.",
    ):
        h.remove(h.given(words, PART2))
    for part in (PART1, PART2):
        for cell in [*h.notebooks[part]["cells"]]:
            is_text = cell["cell_type"] == "markdown" and "task" not in cell["metadata"]
            if is_text and not cell["source"].startswith("#"):
                h.remove(cell)


def _paths(h):
    h.replace("cnn_utils.load_mnist()", 'cnn_utils.load_mnist("/content/drive/MyDrive/mnist.npz")')
    h.replace("cnn_utils.cifar10_path()", r'r"C:\Users\karl\Downloads\student_dataset_CIFAR10.h5"')


@style("answers in new cells below the stubs")
def _below_stubs(h):
    for cell in h.tasks():
        answer = cell["source"].partition("\n")[2]
        h.below(cell, answer, outputs=cell["outputs"])
        set_stub(cell)
        cell["outputs"] = [error("NotImplementedError", "task: write it")]


@style("marked answers and texts below the stubs")
def _marked_below_stubs(h):
    _texts_below_stubs(h)
    for cell in h.tasks():
        h.below(cell, cell["source"], outputs=cell["outputs"])
        set_stub(cell)
        cell["outputs"] = []


def _texts_below_stubs(h):
    for cell in h.tasks("answer"):
        h.below(cell, cell["source"], kind="markdown")
        cell["source"] = "*YOUR ANSWER HERE*"


@style("the raise commented out, or left behind the return")
def _commented(h):
    _behind_return(h)
    for cell in h.tasks():
        stub = stub_of(cell).splitlines()
        raised = next(line for line in stub if "raise " in line)
        first, _, rest = cell["source"].partition("\n")
        cell["source"] = f"{first}\n# YOUR CODE HERE\n# {raised.strip()}\n{rest}"


def _behind_return(h):
    for name in ("lenet", "ten-digits", "preprocess", "cnn"):
        cell = h.task(name)
        raised = next(line for line in stub_of(cell).splitlines() if "raise " in line)
        cell["source"] += f"\n{raised}"
    h.task("lenet")["source"] = h.task("lenet")["source"].replace(
        "    net =", "    # YOUR CODE HERE\n    net ="
    )


# Where the answers stand ------------------------------------------------------------------------


@style("two tasks in one cell, in Part 2 without their lines")
def _merged(h):
    pairs = (("lenet", "f1"), ("plot-history", "evaluate-lenet"), ("preprocess", "look"))
    for first, second in pairs:
        kept, moved = h.task(first), h.task(second)
        kept["source"] = f"{moved['source']}\n\n{kept['source']}"
        kept["outputs"] = moved["outputs"] + kept["outputs"]
        h.remove(moved)
    both = h.task("preprocess")
    both["source"] = re.sub(r"^# task: .*\n", "", both["source"], flags=re.M)


@style("in another order, the texts in code cells")
def _order(h):
    _texts_in_code(h)
    cells = h.notebooks[PART1]["cells"]
    ten, f1 = h.task("ten-digits"), h.task("f1")
    h.remove(ten)
    h.remove(f1)
    place = h.place(h.task("lenet"))
    cells[place:place] = [f1, ten]
    cells = h.notebooks[PART2]["cells"]
    cnn = h.task("cnn")
    h.remove(cnn)
    cells.insert(h.place(h.task("preprocess")), cnn)


@style("texts with headings and lines that begin with #, half of them in cells without metadata")
def _headings(h):
    for i, cell in enumerate(h.tasks("answer")):
        cell["source"] = (
            f"## Our answer {i}\n\n#1 the first reason\n\n{cell['source']}\n\n# Sources\nnone"
        )
        cell["metadata"] = {} if i % 2 else cell["metadata"]


def _texts_in_code(h):
    for i, cell in enumerate(h.tasks("answer")):
        text = cell["source"]
        as_comment = "\n".join(f"# {line}" for line in text.splitlines())
        cell |= new_cell([as_comment, f'"""\n{text}\n"""', f"answer = '''{text}'''"][i % 2])


def _german(h):
    h.task("overfitting", "answer")["source"] = (
        "**Antwort:** Ja, ab ungefähr Epoche 5 überanpasst sich das Netz „ein bisschen“: "
        "$L_\\text{val} > L_\\text{train}$.\n\n$$\\Delta = \\frac{1}{n}\\sum_i e_i$$"
    )
    h.task("compare", "answer")["source"] = (
        "<details><summary>Vergleich</summary>\n<b>LeNet</b> ist kleiner <br> 😀 </details>"
    )
    h.task("ten-digits", "answer")["source"] = (
        "<p style='color:red'>$1-p^{10}$, unabhängige Fehler</p>"
    )
    h.header(PART1)["source"] = (
        f"|||\n|---|---|\n|**Gruppennummer**|{h.number}|\n|**Mitglieder**|Änne Öß|"
    )
    h.task("preprocess")["source"] = (
        "# task: preprocess\n# Größe der Bilder ändert sich nicht\n"
        + ("def preprocess(images):\n    größe = 255\n    return np.float32(images) / größe")
    )


def _own_print(h):
    cell = h.task("evaluate-lenet")
    accuracy, f1 = re.search(r"accuracy ([\d.]+), macro F1 ([\d.]+)", text_of(cell)).groups()
    cell["source"] = cell["source"].partition("print")[0] + (
        'print("Genauigkeit:", round(test_accuracy * 100, 1), "%")\nprint("F1:", round(test_f1, 2))'
    )
    printed = f"Genauigkeit: {100 * float(accuracy):.1f} %\nF1: {float(f1):.2f}\n"
    cell["outputs"] = [stream(printed)]


def _bars(h):
    cell = h.task("evaluate-lenet")
    bar = (
        "\x1b[1m{n}/313\x1b[0m \x1b[32m" + "━" * 20 + "\x1b[0m \x1b[1m0s\x1b[0m 2ms/step - f1: 0.98"
    )
    printed = text_of(cell)
    bars = "\r".join(bar.format(n=n) for n in range(1, 314))
    cell["outputs"] = [stream(f"{bars}\n{printed}")]
    cell["source"] = cell["source"].replace(", verbose=0", "")
    bars = "\n".join(f"Epoch {n}/40\n{bar.format(n=n)}" for n in range(1, 41))
    h.task("train-lenet")["outputs"] = [stream(bars)]


# Who saved the notebooks ------------------------------------------------------------------------


@style("saved by Colab")
def _colab(h):
    for part, book in h.notebooks.items():
        for i, cell in enumerate(book["cells"]):
            cell["metadata"] = {"id": f"Xy{i:03}{part[4]}"}
            cell.pop("id", None)
            if cell["cell_type"] == "code" and cell["outputs"]:
                cell["metadata"] |= {
                    "colab": {"base_uri": "https://localhost:8080/"},
                    "outputId": "7e0a-1",
                }
        book["metadata"] = {
            "colab": {"provenance": [], "gpuType": "T4", "toc_visible": True},
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
            "language_info": {"name": "python"},
            "accelerator": "GPU",
        }
        book["nbformat_minor"] = 0
        first = book["cells"][0]
        h.above(
            first,
            "from google.colab import drive\ndrive.mount('/content/drive')\n%cd /content/drive",
        )


def _vscode(h):
    for book in h.notebooks.values():
        for cell in book["cells"]:
            cell["metadata"] = {"vscode": {"languageId": "python"}}
            cell.pop("id", None)
        book["metadata"] = {
            "kernelspec": {
                "display_name": ".venv (3.12.1)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python", "version": "3.12.1"},
        }
        book["nbformat_minor"] = 2


def _unmarked(h):
    _vscode(h)
    for cell in h.all_cells():
        cell["source"] = re.sub(r"\A# task: .*\n", "", cell["source"])


def _kaggle(h):
    for book in h.notebooks.values():
        for cell in book["cells"]:
            kept = {k: v for k, v in cell["metadata"].items() if k in ("task", "kind")}
            cell["metadata"] = {
                **kept,
                "_uuid": "d629ff2d2480ee46fbb7e2d37f6b5fab8052498a",
                "_cell_guid": "79c7e3d0-c299-4dcb-8224-4455121ee9b0",
                "_kg_hide-input": True,
                "trusted": True,
                "papermill": {"duration": 0.01, "status": "completed", "exception": False},
                "execution": {"iopub.execute_input": "2026-01-01T00:00:00.0Z"},
            }
            cell.pop("id", None)
        book["metadata"] |= {"papermill": {"version": "2.6.0"}, "kaggle": {"accelerator": "gpu"}}
        book["metadata"]["one_string"] = True
        book["nbformat_minor"] = 4


@style("saved on Windows: BOM, line ends, UTF-16")
def _windows(h):
    for cell in h.all_cells():
        cell["source"] = cell["source"].replace("\n", "\r\n")
    members = h.members()
    members[PART1] = b"\xef\xbb\xbf" + members[PART1].replace(b"\n", b"\r\n")
    members[PART2] = members[PART2].decode().encode("utf-16")
    members["submission.csv"] = b"\xef\xbb\xbf" + members["submission.csv"].replace(b"\n", b"\r\n")
    return {f"group{h.number}.zip": zipped(members)}


def _svg(h):
    svg = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="720" height="300">'
    svg += (
        "".join(f'<path d="M{x} {x % 97} l 9 9" stroke="red"/>' for x in range(0, 700, 7))
        + "</svg>"
    )
    image = Image.new("RGB", (600, 300), "white")
    for x in range(0, 600, 20):
        ImageDraw.Draw(image).line([(x, 20), (x + 50, 250)], fill=(x % 255, 90, 30), width=3)
    data = io.BytesIO()
    image.save(data, "JPEG")
    h.task("plot-history")["outputs"] = [picture("image/svg+xml", svg)]
    h.task("look")["outputs"] = [picture("image/jpeg", base64.b64encode(data.getvalue()).decode())]
    for name in ("plot-history", "look"):
        h.above(h.task(name), "%config InlineBackend.figure_formats = ['svg', 'jpeg']")


def _large(h):
    noise = np.random.default_rng(7).bytes(750_000)
    png = base64.b64encode(b"\x89PNG\r\n\x1a\n" + noise).decode()
    h.above(
        h.task("lenet"), "plt.imshow(images_train[0])", outputs=[picture("image/png", png)] * 10
    )
    h.below(h.task("look"), "plt.imshow(images_train[1])", outputs=[picture("image/png", png)] * 10)


# submission.csv ---------------------------------------------------------------------------------


@style("submission.csv by pandas, progress bars above the printed evaluation")
def _pandas(h):
    _bars(h)
    h.solve(
        submit="""\
import pandas as pd

probs = model.predict(ImageBatches(images_test, preprocess=preprocess, batch_size=256))
df = pd.DataFrame({"ID": range(len(probs)), "Prediction": probs.argmax(axis=1)})
df.to_csv("submission.csv", index=False)
submission_path = "submission.csv\""""
    )
    h.files.pop("submission.csv.json", None)


@style("submission.csv by csv.writer, an own print instead of the given one")
def _csv_writer(h):
    _own_print(h)
    h.solve(
        submit="""\
import csv
predictions = np.argmax(model.predict(preprocess(images_test)), axis=1)
submission_path = "submission.csv"
with open(submission_path, "w", newline="") as f:
    writer = csv.writer(f)
    writer.writerow(["ID", "Prediction"])
    for i, p in enumerate(predictions):
        writer.writerow([i, p])"""
    )
    h.files["submission.csv"] = h.files["submission.csv"].replace(b"\n", b"\r\n")


@style("submission_cifar.csv by a loop, saved by VS Code without marker lines")
def _loop(h):
    h.solve(
        submit="""\
submission_path = "submission_cifar.csv"
lines = ["ID,Prediction"]
for i in range(len(images_test)):
    batch = preprocess(images_test[i : i + 1])
    lines.append(f"{i},{np.argmax(model(batch))}")
open(submission_path, "w").write("\\n".join(lines))"""
    )
    h.files["submission_cifar.csv"] = h.files.pop("submission.csv").rstrip(b"\n")
    _unmarked(h)


@style("predictions averaged over mirrored images")
def _averaged(h):
    h.solve(
        submit="""\
x = preprocess(images_test)
both = model.predict(x, verbose=0) + model.predict(x[:, :, ::-1], verbose=0)
submission_path = cnn_utils.export_submission(both / 2)"""
    )
    h.files["submission.csv"] = base()["averaged.csv"]


@style("no submission.csv", row({"submit": 0}, review=True, reasons={"submit": "not handed in"}))
def _no_submission(h):
    del h.files["submission.csv"]


# How it is delivered ----------------------------------------------------------------------------


def _evidence(h):
    h.files = {n.replace("artifacts/", "evidence/"): x for n, x in h.files.items()}


@style("own exploration everywhere, notebooks renamed in a folder within the zip")
def _renamed_files(h):
    _exploration(h)
    h.notebooks = {
        "LeNet_final_v3.ipynb": h.notebooks[PART1],
        "Untitled1.ipynb": h.notebooks[PART2],
    }
    members = {f"Übung 1/{name}": data for name, data in h.members().items()}
    return {f"group{h.number}.zip": zipped(members)}


@style("answers in (1) and -Copy1 beside the untouched originals")
def _copies(h):
    members = h.members()
    for part, suffix in ((PART1, " (1)"), (PART2, "-Copy1")):
        members[part.replace(".", f"{suffix}.")] = members.pop(part)
        members[part] = untouched(part)
        members[f".ipynb_checkpoints/{part.replace('.', '-checkpoint.')}"] = untouched(part)
    return {f"group{h.number}.zip": zipped(members)}


@style("zip in a zip, evidence/ instead of artifacts/")
def _zip_in_zip(h):
    _evidence(h)
    return {f"group{h.number}.zip": zipped(h.zipped())}


@style("a zip for each part in one folder")
def _two_zips(h):
    members, folder = h.members(), f"group{h.number}"
    one = {n: x for n, x in members.items() if n == PART1 or "/lenet/" in n}
    two = {n: x for n, x in members.items() if n not in one}
    return {f"{folder}/part 1.zip": zipped(one), f"{folder}/part 2.zip": zipped(two)}


@style("saved by Kaggle, zipped by PowerShell")
def _backslashes(h):
    _kaggle(h)
    members = {f"abgabe\\{name}".replace("/", "\\"): data for name, data in h.members().items()}
    return {f"group{h.number}.zip": zipped(members)}


@style("figures as SVG and JPEG, zipped by a Mac")
def _mac(h):
    _svg(h)
    members = {f"Abgabe U\u0308bung/{name}": data for name, data in h.members().items()}
    members |= {
        f"__MACOSX/Abgabe U\u0308bung/._{name}": b"\0\5\x16\7Mac OS X" for name in h.notebooks
    }
    return {
        f"group{h.number}.zip": zipped({**members, "Abgabe U\u0308bung/.DS_Store": b"\0\0\0\1Bud1"})
    }


@style("loose files, as Canvas names them")
def _canvas(h):
    members, names = h.members(), {}
    loose = [PART1, PART2, "submission.csv"]
    artifacts = {n: x for n, x in members.items() if n not in loose}
    for i, name in enumerate(loose):
        names[f"canvas{h.number}_{100 + h.number}_{9000 + i}_{name}"] = members[name]
    return {**names, f"canvas{h.number}_{100 + h.number}_9009_artifacts.zip": zipped(artifacts)}


@style("loose files, as Moodle names them, and a copy of a browser")
def _moodle_loose(h):
    members, who = h.members(), f"Max Roe{h.number}_{h.number}_assignsubmission_file_"
    loose = {PART1: "part1_lenet_mnist (2).ipynb", PART2: PART2, "submission.csv": "submission.csv"}
    artifacts = {n: x for n, x in members.items() if n not in loose}
    files = {f"{who}{name}": members[known] for known, name in loose.items()}
    return {**files, f"{who}artifacts.zip": zipped(artifacts)}


@style("a team's folders, as Moodle names them")
def _moodle(h):
    made = {}
    for i, who in enumerate(("Jane Doe", "Max Roe")):
        folder = f"Group {h.number}-{who}_{10 * h.number + i}_assignsubmission_file"
        made |= {f"{folder}/{name}": data for name, data in h.zipped().items()}
    return made


@style("20 MB of further figures, a folder that is not zipped")
def _folder(h):
    _large(h)
    return {f"group{h.number}/{name}": data for name, data in h.members().items()}


@style("handed in twice, the first time untouched", row(notes=["replaces the earlier"]))
def _twice(h):
    who = f"twice{h.number}_{100 + h.number}"
    first = zipped({part: untouched(part) for part in (PART1, PART2)})
    return {f"{who}_8000_hand-in.zip": first, f"{who}_9000_hand-in-1.zip": zipped(h.members())}


@style("texts in German, with formulas and HTML, saved as .ipynb.txt")
def _txt(h):
    _german(h)
    members = {n + (".txt" if n in (PART1, PART2) else ""): x for n, x in h.members().items()}
    return {f"group{h.number}.zip": zipped(members)}


@style(
    "a script in percent format instead of Part 1's notebook",
    row({"plot-history": ANY, "evaluate-lenet": ANY}, review=True),
)
def _script(h):
    lines = []
    for cell in h.notebooks[PART1]["cells"]:
        is_code = cell["cell_type"] == "code"
        lines.append("# %%" if is_code else "# %% [markdown]")
        lines += [x if is_code else f"# {x}".rstrip() for x in cell["source"].splitlines()] + [""]
    members = h.members()
    del members[PART1]
    members[PART1.replace("ipynb", "py")] = "\n".join(lines).encode()
    return {f"group{h.number}.zip": zipped(members)}


# Not all of it ----------------------------------------------------------------------------------


def nothing(*names: str) -> dict:
    return dict.fromkeys(names, 0)


PART2_TASKS = ("preprocess", "look", "cnn", "submit", "cnn (text)", "discussion (text)")
PART1_TASKS = [name for name in (*FULL, *TO_MARK) if name not in PART2_TASKS]


@style(
    "Part 1 only",
    row(nothing(*PART2_TASKS), status="incomplete", notes=[f"{PART2}: not handed in"]),
)
def _part1(h):
    del h.notebooks[PART2], h.files["submission.csv"]
    h.files = {name: data for name, data in h.files.items() if "/cnn/" not in name}


@style(
    "Part 2 only",
    row(nothing(*PART1_TASKS), status="incomplete", notes=[f"{PART1}: not handed in"]),
)
def _part2(h):
    del h.notebooks[PART1]
    h.files = {name: data for name, data in h.files.items() if "/lenet/" not in name}


UNANSWERED = ("f1", "plot-history", "overfitting (text)", "look", "discussion (text)")


@style(
    "half of it unanswered",
    row(nothing(*UNANSWERED), reasons=dict.fromkeys(UNANSWERED, "Not answered yet")),
)
def _half(h):
    h.replace('metrics=["accuracy", F1Score()]', 'metrics=["accuracy", own_f1]')
    h.above(h.task("train-lenet"), 'own_f1 = keras.metrics.F1Score(average="macro", name="f1")')
    for name in ("f1", "plot-history", "look"):
        set_stub(h.task(name))
        h.task(name)["outputs"] = [error("NotImplementedError", f"task {name}: write it")]
    for name in ("overfitting", "discussion"):
        h.task(name, "answer")["source"] = "*YOUR ANSWER HERE*"


@style(
    "a wrong F1, evaluated by the kit's",
    row({"f1": 0}, reasons={"f1": "That is the accuracy, and micro F1"}),
)
def _wrong_f1(h):
    h.solve(
        f1="""\
class F1Score(keras.metrics.Metric):
    def __init__(self, name="f1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.right = self.add_weight(name="right", initializer="zeros")
        self.all = self.add_weight(name="all", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        same = ops.argmax(y_true, axis=1) == ops.argmax(y_pred, axis=1)
        self.right.assign_add(ops.sum(ops.cast(same, "float32")))
        self.all.assign_add(ops.cast(ops.shape(y_true)[0], "float32"))

    def result(self):
        return self.right / self.all"""
    )
    cell = h.task("evaluate-lenet")
    cell["source"] = (
        "# task: evaluate-lenet\n"
        "_, test_accuracy, _ = model.evaluate(x_test, y_test_hot, verbose=0)\n"
        "test_f1 = cnn_utils.f1_score(y_test, model.predict(x_test, verbose=0))\n"
        'print(f"test accuracy {test_accuracy:.4f}, macro F1 {test_f1:.4f}")'
    )


@style("a weak LeNet", row({"train-lenet": 0}, reasons={"train-lenet": "97.0% are required"}))
def _weak(h):
    save_weights(h, weaker(weights(h.files["artifacts/lenet/weights.npz"])))
    h.task("evaluate-lenet")["outputs"] = [stream(base()["weak.txt"].decode())]


# Parts of hand-ins ------------------------------------------------------------------------------


def untouched(part: str) -> bytes:
    """Return a notebook as it is handed out."""
    book = HandIn(0).notebooks[part]
    for cell in book["cells"]:
        if "outputs" in cell:
            cell["outputs"], cell["execution_count"] = [], None
        task, kind = cell["metadata"].get("task"), cell["metadata"].get("kind")
        if kind == "header":
            cell["source"] = re.sub(r"^(\|.*\*.*\|).*\|$", r"\1 |", cell["source"], flags=re.M)
        elif kind == "answer":
            cell["source"] = "*YOUR ANSWER HERE*"
        elif task:
            set_stub(cell)
    return dumped(book)


def stub_of(cell: dict) -> str:
    """Return the gap in which a task's answer was written."""
    name, defined = cell["metadata"]["task"], cell["metadata"]["defines"]
    first = next(
        (x for x in cell["source"].splitlines() if re.match(rf"(def|class) {defined[0]}\b", x)), ""
    )
    first = re.sub(r"=[^,)]+", "", first) if first.startswith("def") else first
    pad, what = ("    ", "write") if first else ("", "define")
    names = ", ".join(f"`{x}`" for x in defined)
    lines = [f"# task: {name}", *([first] if first else []), f"{pad}# YOUR CODE HERE"]
    message = f"task {name}: {what} {names}, then run this cell again"
    return "\n".join([*lines, f'{pad}raise NotImplementedError("{message}")'])


def set_stub(cell: dict) -> None:
    """Take a task's answer away."""
    cell["source"] = stub_of(cell)


def text_of(cell: dict) -> str:
    """Return what a cell printed."""
    return "".join("".join(output.get("text", "")) for output in cell["outputs"])


def save_weights(h: HandIn, arrays: list[np.ndarray]) -> None:
    """Replace LeNet's weights, and their fingerprint everywhere."""
    from cnn_utils.handin.artifacts import fingerprint

    data = io.BytesIO()
    np.savez(data, *arrays)
    old, new = (fingerprint(x) for x in (weights(h.files["artifacts/lenet/weights.npz"]), arrays))
    h.files["artifacts/lenet/weights.npz"] = data.getvalue()
    h.files = {n: x.replace(old.encode(), new.encode()) for n, x in h.files.items()}
    for cell in h.all_cells():
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = [line.replace(old, new) for line in output["text"]]
