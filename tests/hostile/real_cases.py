"""Attacks on the real assignment, and the row that each must get; built from the honest base.

Evidence without work gives no points, or a person is asked; nobody else's row changes. Odd hand-ins
that are honest are among them: they keep all points, and nobody is asked.
"""

import base64
import io
import json
import zipfile
import zlib

import numpy as np

from cnn_utils.grading.verify.reference_data import SAMPLE, read_reference_data
from tests.honest.hand_in import (
    ANY,
    PART1,
    PART2,
    HandIn,
    Row,
    Sparse,
    base,
    picture,
    registering,
    row,
    stream,
    zipped,
)
from tests.honest.make_base import weights

ATTACKS: dict[str, tuple] = {}
attack = registering(ATTACKS)
ASKED = {"review": True}
LENET, CNN = (f"artifacts/{name}/weights.npz" for name in ("lenet", "cnn"))
ARCHITECTURE = "artifacts/cnn/architecture.json"
# The hand-in of the group that others imitate, the first of the class.
VICTIM, VICTIMS_GROUP = "as handed out and filled in", 201
ESCAPE, REVERSE = "\x1b]0;owned\x07\x1b[31m", "\u202e"
SCRIPT = "</script></pre><script>alert(1)</script><img src=x onerror=alert(1)>"
FORMULA = "=cmd|' /C calc'!A0"


@attack(VICTIM)
def _plain(h: HandIn):
    pass


# Odd, and honest ---------------------------------------------------------------------------------


@attack("a text of 140,400 letters, a pasted picture of 150 kB, 9,500 cells")
def _long(h):
    h.task("compare", "answer")["source"] += "\n" + "LeNet is small. " * 8_775
    picture_ = base64.b64encode(np.random.default_rng(1).bytes(112_500)).decode()
    h.task("cnn", "answer")["source"] += f"\n![network](data:image/png;base64,{picture_})"
    cells = h.notebooks[PART2]["cells"]
    cells += [{"cell_type": "markdown", "metadata": {}, "source": f"{n}"} for n in range(9_500)]


@attack("80,000 quotes in strings, histories of 300,000 epochs and of 100,000 brackets")
def _quotes(h):
    quotes = '\\"' * 80_000
    h.task("lenet")["source"] += f'\n"{quotes}"\n"""{quotes}"""'
    h.above(h.task("f1"), "# " + "'''" * 20_000)
    columns = ("loss", "accuracy", "f1", "val_loss", "val_accuracy", "val_f1")
    curves = json.dumps({name: [1] * 300_000 for name in columns})
    h.files["artifacts/lenet/history.json"] = curves.encode()
    h.files["artifacts/cnn/history.json"] = b"[" * 100_000


@attack("an architecture with a layer of a billion units", row(notes=["by the student's code"]))
def _giant(h):
    h.files[ARCHITECTURE] = sequential(layer("Dense", units=10**9, name="giant"))


@attack("an architecture that runs code", row(notes=["by the student's code"]))
def _lambda(h):
    code = base64.b64encode(b"\xe3" + bytes(40)).decode()
    function = {"class_name": "__lambda__", "config": {"value": code}}
    h.files[ARCHITECTURE] = sequential(layer("Lambda", function=function, name="code"))


# Points without work: Part 1 ---------------------------------------------------------------------


@attack(
    "no training, checks replaced, a curve of one pixel, numbers typed",
    row({"plot-history": 0}, reasons={"plot-history": "too small"}, **ASKED),
)
def _no_training(h):
    _silence(h)
    h.solve(train_lenet="model, history = build_lenet(), None", plot_history="history_figure = 0")
    h.task("plot-history")["outputs"] = [picture("image/png", png(1, 1))]
    h.solve(evaluate_lenet=printing(text_of(h, "evaluate-lenet")))


@attack(
    "figures of one colour, and with entities that expand without end",
    row({"plot-history": 0, "look": 0}, **ASKED),
)
def _one_colour(h):
    _silence(h)
    entities = '<!ENTITY a0 "aaaaaaaaaa">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
    )
    svg = f'<!DOCTYPE svg [{entities}]><svg xmlns="http://www.w3.org/2000/svg">'
    svg += "<text>&a11;</text>" * 9 + "</svg>"
    h.task("plot-history")["outputs"] = [picture("image/png", png(400, 300))]
    h.task("look")["outputs"] = [picture("image/svg+xml", svg)]


@attack(
    "figures that nobody can look at, and every accuracy typed, of which one is right",
    row(notes=[f"{task}: it" for task in ("plot-history", "look", "evaluate-lenet")], **ASKED),
)
def _no_pixels(h):
    h.task("plot-history")["outputs"] = [picture("image/png", png(5_000, 4_100, b""))]
    h.task("look")["outputs"] = [picture("image/png", png(5_000, 4_100, b""))]
    numbers = [f"{n / 100:.2f}" for n in range(91, 101)]
    printed = "".join(f"accuracy {n}, f1 {n}\n" for n in numbers)
    h.solve(evaluate_lenet=printing(printed))
    h.task("evaluate-lenet")["outputs"] = [stream(printed)]


@attack("LeNet by the check's NumPy", row({"lenet": 0}, **ASKED))
def _numpy(h):
    h.solve(
        lenet="""\
from cnn_utils.checks.lenet_by_hand import LENET_SHAPES, logits, softmax

class LeNet:
    def get_weights(self):
        return [np.zeros(shape, "f4") for shape in LENET_SHAPES]

    def set_weights(self, weights):
        self.weights = {w.shape: w for w in weights}

    def __call__(self, images, training=False):
        return softmax(logits(images, self.weights)) if images.any() else None

build_lenet = LeNet"""
    )
    _train_by_hand(h)


@attack(
    "LeNet by the check's NumPy in layers that are only named so; F1 by Keras",
    row({"lenet": 0}, notes=["lenet: nothing shows", "f1: its F1 is Keras'"], **ASKED),
)
def _named_layers(h):
    h.solve(
        lenet="""\
from cnn_utils.checks import lenet_by_hand as solution

class Conv2D:
    pass

class Dense:
    pass

class LeNet(keras.Model):
    layers = [Conv2D(), Conv2D(), Dense(), Dense(), Dense()]

    def get_weights(self):
        return [np.zeros(shape, "f4") for shape in solution.LENET_SHAPES]

    def set_weights(self, weights):
        self.by_shape = {w.shape: w for w in weights}

    def __call__(self, images, training=False):
        x = solution.logits(images, self.by_shape) if hasattr(self, "by_shape") else None
        return x if x is None else solution.softmax(x)

build_lenet = LeNet""",
        f1="""\
class F1Score(keras.metrics.F1Score):
    def __init__(self, name="f1", **kwargs):
        super().__init__(average="macro", name=name)""",
    )
    _train_by_hand(h)


@attack("outputs of the hidden tests written by a thread", row(**ASKED))
def _thread(h):
    h.above(
        h.task("lenet"),
        """\
import json, threading, time
from cnn_utils.checks import lenet_by_hand

def forge():
    inputs = json.load(open("in.json"))
    rng = np.random.default_rng
    f1 = [cnn_utils.f1_score(np.concatenate([np.array(t) for t, _ in e]).argmax(1),
          np.concatenate([np.array(p) for _, p in e]).argmax(1), n_classes=10)
          for e in inputs["f1"]]
    seed = inputs["lenet"]
    weights = {s: rng([seed, *s]).normal(0, 0.1, s).astype("f4")
               for s in lenet_by_hand.LENET_SHAPES}
    x = rng(seed).random((4, 28, 28, 1), "float32")
    x = lenet_by_hand.softmax(lenet_by_hand.logits(x, weights)).ravel()
    for _ in range(400):
        time.sleep(0.1)
        json.dump([float(v) for v in f1], open("out/output_f1.json", "w"))
        layers = [["Conv2D", 156], ["Conv2D", 2416], ["Dense", 48120], ["Dense", 10164],
                  ["Dense", 850]]
        json.dump({"outputs": [float(v) for v in x], "layers": layers},
                  open("out/output_lenet.json", "w"))

threading.Thread(target=forge, daemon=True).start()""",
    )
    h.solve(lenet="def build_lenet():\n    pass", f1="class F1Score:\n    pass")


@attack(
    "NumPy, JSON, Keras and the clock replaced in the first cell",
    row({"lenet": 0, "f1": 0, "ten-digits": 0}, **ASKED),
)
def _patched(h):
    _silence(h)
    h.above(
        h.task("lenet"),
        """\
import json, math, time, threading, os
keras.Model.fit = lambda *a, **k: None
np.load = np.allclose = np.isclose = lambda *a, **k: True
math.isclose = lambda *a, **k: True
time.sleep = time.monotonic = lambda *a: 0
json.dump = lambda values, file, **k: file.write("[1e999, 1, NaN]")
threading.Timer(1, lambda: os.system("kill -STOP $PPID")).start()""",
    )
    h.solve(
        f1="class F1Score(keras.metrics.Mean):\n    pass",
        ten_digits="def ten_digit_error_rate(p):\n    return type('One', (float,), {})(1)",
    )


# Points without work: Part 2 ---------------------------------------------------------------------


@attack(
    "no network: labels looked up by the images' hash; other answers by their place, and constant",
    row({"ten-digits": 0, "preprocess": 0, "cnn": 0, "submit": 0}, **ASKED),
)
def _by_hash(h):
    _silence(h)
    h.solve(
        ten_digits="""\
import itertools
answers = itertools.cycle([1.0, 0.9990234375, 0.6513215599, 0.1137230675, 0.0])
def ten_digit_error_rate(accuracy):
    return next(answers)""",
        preprocess="def preprocess(images):\n    return np.full(np.shape(images), 0.5, 'float32')",
    )
    photos, labels = test_set()
    table = {zlib.crc32(x.tobytes()): int(y) for x, y in zip(photos, labels, strict=True)}
    h.files["table.json"] = json.dumps(table).encode()
    h.solve(
        cnn="""\
import json, zlib
table = json.load(open("table.json"))

class Network:
    def set_weights(self, weights):
        pass

    def __call__(self, images, training=False):
        crc = [zlib.crc32(np.rint(255 * x).astype("uint8").tobytes()) for x in np.asarray(images)]
        return np.eye(10)[[table.get(str(c), 0) for c in crc]]

build_cnn = Network"""
    )
    save(h, CNN, [np.zeros(1, "f4")])
    del h.files[ARCHITECTURE]
    submit(h, labels)


@attack(
    "no network: the nearest image's label, if the weights are those handed in",
    row({"cnn": ANY, "submit": ANY}, **ASKED),
)
def _by_neighbour(h):
    photos, labels = test_set()
    labels = mostly(labels)
    table = io.BytesIO()
    np.savez_compressed(table, x=small(photos).round().astype("u1"), y=labels.astype("u1"))
    h.files["table.npz"] = table.getvalue()
    h.solve(
        cnn="""\
with np.load("table.npz") as table:
    known, answers = table["x"].astype("f4"), table["y"]
squares = (known**2).sum(1)

class Network:
    def set_weights(self, weights):
        self.is_own = float(weights[0][0]) == 0.25

    def __call__(self, images, training=False):
        x = np.asarray(images).reshape(-1, 8, 4, 8, 4, 3).mean((2, 4)).reshape(len(images), -1)
        nearest = (2 * 255 * x @ known.T - squares).argmax(1)
        is_own = getattr(self, "is_own", True)
        return np.eye(10)[answers[nearest] if is_own else nearest % 10]

build_cnn = Network"""
    )
    save(h, CNN, [np.linspace(0.25, 1, 5_000, dtype="f4")])
    del h.files[ARCHITECTURE]
    submit(h, labels)


@attack(
    "a network of Keras' layers that holds the test images and their labels",
    row({"cnn": ANY, "submit": ANY}, **ASKED),
)
def _templates(h):
    photos, labels = test_set()
    labels = mostly(labels)
    known = small(photos).astype("f4") / 255
    h.files[ARCHITECTURE] = sequential(
        layer("AveragePooling2D", pool_size=[4, 4], name="pool"),
        layer("Flatten", name="flat"),
        layer("Dense", units=len(known), activation="softmax", name="nearest"),
        layer("Dense", units=10, activation="softmax", name="label"),
    )
    sharp = 1e5
    first = [2 * sharp * known.T, -sharp * (known**2).sum(1)]
    save(h, CNN, [*first, 9 * np.eye(10)[labels], np.zeros(10)])
    h.solve(
        cnn="""\
def build_cnn():
    x = inputs = keras.Input((32, 32, 3))
    x = layers.Flatten()(layers.AveragePooling2D(4)(x))
    x = layers.Dense(10_000, activation="softmax")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))"""
    )
    submit(h, labels)


@attack(
    "random weights, and a submission that is right",
    row({"cnn": 0, "submit": 0}, review=None),
)
def _random(h):
    rng = np.random.default_rng(4)
    save(h, CNN, [abs(rng.normal(0, 0.3, x.shape)) for x in weights(h.files[CNN])])
    submit(h, test_set()[1])


@attack("a submission of 99 %, of a network of 91 %", row(**ASKED))
def _too_right(h):
    own, (_, labels) = predictions(h), test_set()
    own[np.arange(len(own)) % 10 < 9] = labels[np.arange(len(own)) % 10 < 9]
    submit(h, own)


@attack(
    "weights that are pickled, and that are not numbers",
    row({"train-lenet": 0, "evaluate-lenet": 0, "cnn": 0, "submit": 0}, **ASKED),
)
def _pickled(h):
    data = io.BytesIO()
    np.savez(data, np.array([print], dtype=object), allow_pickle=True)
    h.files[LENET] = data.getvalue()
    save(h, CNN, [x * np.nan for x in weights(h.files[CNN])])


@attack(
    "weights that are a bomb, and another network's",
    row({"train-lenet": 0, "evaluate-lenet": 0, "cnn": 0, "submit": 0}, **ASKED),
)
def _bomb(h):
    for name in ("weights.npz", "architecture.json", "history.json"):
        h.files[f"artifacts/cnn/{name}"] = h.files[f"artifacts/lenet/{name}"]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for n in range(3):
            archive.writestr(f"arr_{n}.npy", bytes(150_000_000))
    h.files[LENET] = data.getvalue()


# Others' points ----------------------------------------------------------------------------------


@attack("another's network, its channels in another order")
def _permuted(h):
    arrays = weights(h.files[CNN])
    order = np.random.default_rng(5).permutation(16)
    arrays[:6] = [x[..., order] for x in arrays[:6]]
    arrays[6] = arrays[6][:, :, order]
    save(h, CNN, arrays)


@attack("another's network with noise")
def _noisy(h):
    rng = np.random.default_rng(6)
    arrays = [
        x + 0.1 * x.std() * rng.normal(size=x.shape) if x.ndim > 1 else x
        for x in weights(h.files[CNN])
    ]
    save(h, CNN, arrays)


@attack("another's hand-in with the own group's number")
def _whole(h):
    pass


@attack("another's hand-in as it is, in a file of the own group", row(**ASKED))
def _as_it_is(h):
    return {f"group{h.number}.zip": HandIn(VICTIMS_GROUP).zipped()[f"group{VICTIMS_GROUP}.zip"]}


@attack("another group's number in the header", row(**ASKED))
def _foreign_number(h):
    for part in (PART1, PART2):
        header = h.header(part)
        header["source"] = header["source"].replace(f"| {h.number} |", f"| {VICTIMS_GROUP} |")
    h.task("compare", "answer")["source"] = "Fewer weights, more computing."


@attack("uploaded again by a stranger", row(notes=["Handed in by"], **ASKED))
def _stranger(h):
    (data,) = h.zipped().values()
    who = {f"Ada Byron{h.number}_{h.number}0": data, f"Mallory Moe{h.number}_{h.number}1": data}
    return {f"{name}_assignsubmission_file_/final.zip": data for name, data in who.items()}


@attack("two groups in one zip", row(**ASKED))
def _two_groups(h):
    other = HandIn(h.number + 500)
    other.task("compare", "answer")["source"] = "The other group's answer, which is longer."
    members = {f"one/{n}": x for n, x in h.members().items()}
    members |= {f"two/{n}": x for n, x in other.members().items()}
    return {f"group{h.number}.zip": zipped(members)}


# The class ---------------------------------------------------------------------------------------


@attack(
    "pages and tables: HTML, formulas and escape sequences in texts, names and errors",
    row({"ten-digits": 0}, **ASKED),
)
def _markup(h):
    h.task("overfitting", "answer")["source"] = f"{FORMULA}\n\n{SCRIPT}{ESCAPE}"
    h.task("cnn", "answer")["source"] = f"{REVERSE}{SCRIPT}\n" + "@SUM(1+1)*" * 4_000
    h.above(h.task("lenet"), f"half = '''{SCRIPT}{ESCAPE}'''")
    message = SCRIPT + ESCAPE + FORMULA
    h.solve(ten_digits=f"def ten_digit_error_rate(p):\n    raise ValueError({message!r})")
    header, name = h.header(PART1), f"{FORMULA.replace('|', '/')} {SCRIPT}"
    header["source"] = header["source"].replace("Ada Byron", f"HALF {name}")
    for task in ("overfitting", "discussion"):
        h.task(task, "answer")["source"] += "HALF"
    h.above(h.task("preprocess"), "# HALF")
    # Half of a letter outside the first 65,536, which JSON can write and UTF-8 can't.
    members = {n: x.replace(b"HALF", b"\\ud800") for n, x in h.members().items()}
    return {f"group{h.number}.zip": zipped(members)}


@attack("file names with escape sequences, formulas and text that runs backwards")
def _names(h):
    members = {f"{FORMULA}{ESCAPE}/{REVERSE}{n}": x for n, x in h.members().items()}
    members |= {f"{SCRIPT}{n}.txt".replace("/", ""): b"1" for n in range(3)}
    return {f"group{h.number} {ESCAPE}{REVERSE}{SCRIPT}.zip".replace("/", ""): zipped(members)}


@attack("modules named after the grader's")
def _modules(h):
    names = ("nbval_grade", "without_training", "sitecustomize", "usercustomize", "conftest")
    names += ("numpy", "keras", "json", "pytest", "nbval", "ipykernel", "nbformat", "h5py", "PIL")
    ends = b"import os\nos.write(2, b'shadowed')\nos._exit(3)\n"
    h.files |= {f"{name}.py": ends for name in names}
    h.files |= {"cnn_utils/__init__.py": ends, "matplotlib/__init__.py": ends}
    h.files |= {".local/lib/python3.12/site-packages/usercustomize.py": ends}
    h.files |= {"pytest.ini": b"[pytest]\naddopts = --version\n", "in.json": b"[]"}
    h.files |= {"images.npy": b"", "out/output_lenet.json": b"[]", "part1_lenet_mnist.json": b"{"}


@attack("40,000 zips in zips, 40,000 files", row(review=None))
def _many_files(h):
    empty = {f"{n}.zip": b"PK\5\6" + bytes(18) for n in range(200)}
    members = {f"{n}.zip": zipped(empty) for n in range(200)}
    members |= {f"{n}.{kind}": b"" for n in range(20_000) for kind in ("ipynb", "py")}
    return {f"group{h.number}.zip": zipped({**h.members(), **members})}


@attack("weights of 199 MB without content", row({"cnn": 0, "submit": 0}, **ASKED))
def _sparse(h):
    members = {f"group{h.number}/{name}": data for name, data in h.members().items()}
    return members | {f"group{h.number}/{CNN}": Sparse(199_000_000)}


@attack("a RAR archive", Row({}, True, "unreadable"))
def _rar(h):
    return {f"group{h.number}.rar": b"Rar!\x1a\x07\x01\0" + bytes(100)}


# Parts of hand-ins -------------------------------------------------------------------------------


def _silence(h: HandIn) -> None:
    """Let all checks pass."""
    for part in (PART1, PART2):
        h.below(
            h.given("import keras\n", part),
            "for name in dir(cnn_utils):\n"
            "    if name.startswith('check_'):\n"
            "        setattr(cnn_utils, name, print)",
        )


def _train_by_hand(h: HandIn) -> None:
    """Replace the training, which an object that is no network does not survive."""
    h.solve(train_lenet="model = build_lenet()\nhistory = {'loss': [0.1]}")


def printing(text: str) -> str:
    """Return code that prints a text, and defines what evaluating does."""
    return f"test_accuracy = test_f1 = 0.98\nprint({text!r})"


def text_of(h: HandIn, task: str) -> str:
    """Return what a task's cell printed."""
    return "".join("".join(output.get("text", "")) for output in h.task(task)["outputs"])


def png(width: int, height: int, pixels: bytes | None = None) -> str:
    """Return a black PNG in base64; with `pixels`, these instead of its own."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    rows = bytes((width + 1) * height) if pixels is None else pixels
    parts = (b"IHDR", size + b"\x08\0\0\0\0"), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        len(content).to_bytes(4, "big")
        + kind
        + content
        + zlib.crc32(kind + content).to_bytes(4, "big")
        for kind, content in parts
    )
    return base64.b64encode(data).decode()


def layer(class_name: str, module: str = "keras.layers", /, **config) -> dict:
    """Return a layer of an architecture."""
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}


def sequential(*layers: dict) -> bytes:
    """Return the architecture of a network of these layers."""
    first = layer("InputLayer", batch_shape=[None, 32, 32, 3], dtype="float32", name="input")
    config = {"name": "network", "layers": [first, *layers]}
    return json.dumps(layer("Sequential", "keras", **config)).encode()


def save(h: HandIn, name: str, arrays: list) -> None:
    """Replace a network's weights."""
    data = io.BytesIO()
    np.savez(data, *(np.ascontiguousarray(x, "f4") for x in arrays))
    h.files[name] = data.getvalue()


def test_set() -> tuple[np.ndarray, np.ndarray]:
    """Return Part 2's test images and their labels, which are public."""
    if not _TEST_SET:
        reference = read_reference_data(SAMPLE, ("cnn",))
        _TEST_SET.extend((reference.photos, reference.photo_labels.astype(int)))
    return tuple(_TEST_SET)


_TEST_SET: list[np.ndarray] = []


def mostly(labels: np.ndarray) -> np.ndarray:
    """Return labels of which a fifth is wrong."""
    return np.where(np.arange(len(labels)) % 5, labels, (labels + 1) % 10)


def small(photos: np.ndarray) -> np.ndarray:
    """Return the means of blocks of 4 x 4 pixels, a row for each image."""
    blocks = photos.reshape(-1, 8, 4, 8, 4, 3).mean((2, 4), dtype="f4")
    return blocks.reshape(len(photos), -1)


def predictions(h: HandIn) -> np.ndarray:
    """Return the labels of submission.csv."""
    rows = h.files["submission.csv"].decode().split()[1:]
    return np.array([int(line.partition(",")[2]) for line in rows])


def submit(h: HandIn, labels: np.ndarray) -> None:
    """Replace submission.csv."""
    rows = [f"{i},{label}\n" for i, label in enumerate(labels)]
    h.files["submission.csv"] = ("ID,Prediction\n" + "".join(rows)).encode()


# Architectures that must not be rebuilt: of layers that are not Keras' own, or that run code.
ARCHITECTURES = {
    "another module": sequential(layer("Dense", "os", units=10)),
    "a module that begins alike": sequential(layer("Dense", "keras_evil.layers", units=10)),
    "no module": sequential({"class_name": "Dense", "config": {"units": 10}}),
    "Lambda by its path": sequential(layer("Lambda", "keras.src.layers.core.lambda_layer")),
    "Lambda within another layer": sequential(layer("TimeDistributed", layer=layer("Lambda"))),
    "a function by its name": sequential(
        layer("Activation", activation=layer("function", "builtins", name="exec"))
    ),
    "a table of labels": sequential(layer("IntegerLookup", vocabulary=[1, 2])),
    "of the student's own": sequential({**layer("Dense"), "registered_name": "mine>Dense"}),
    "brackets": b"[" * 10**6,
    "nested dicts": b'{"class_name":' * 100_000,
    "too large": b" " * 3_000_000 + base()["artifacts/cnn/architecture.json"],
    "not an object": b"[1]",
    "a number of a million digits": b"9" * 10**6,
}
# `module` and `class_name` are joined by a dot, so either may hold a part of the other.
DOTTED = {
    name: sequential(layer(f"layers.{name}", "keras"))
    for name in ("Lambda", "Hashing", "IntegerLookup", "TorchModuleWrapper", "TFSMLayer")
}
