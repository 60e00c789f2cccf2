"""Task `submit`: files, wrong and right."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from cnn_utils import export_submission

N = 10_000


def preprocess(images):
    return np.asarray(images, "float32") / np.float32(255)


class Network:
    """Its answer is how bright the image is; it does what a Keras model does."""

    def predict(self, images, batch_size=None, verbose=None):
        level = np.asarray(images, float).mean(axis=(1, 2, 3)) * 10
        centres = np.arange(10) + 0.5
        return -np.abs(level[:, None] - centres)


@cache
def X_test():
    rng = np.random.default_rng(458)
    levels = rng.choice(10, N, p=np.arange(1, 11) / 55)
    pixels = np.clip((levels + 0.5) * 25.5 + rng.normal(0, 3, N), 0, 255).astype(np.uint8)
    return np.broadcast_to(pixels[:, None, None, None], (N, 4, 4, 3))


def answers(images=None):
    return Network().predict(preprocess(X_test() if images is None else images))


def written(predictions, text=None):
    path = Path(mkdtemp()) / "submission.csv"
    if text is None:
        export_submission(predictions, path)
    elif predictions is not None:
        path.write_text(text)
    return path, Network(), X_test(), preprocess


def shuffled():
    return written(answers()[np.random.default_rng(1).permutation(N)])


def raw():
    """All answers the same but one: the network saw numbers up to 255."""
    labels = Network().predict(X_test().astype(float)).argmax(axis=1)
    labels[0] = 0
    return written(labels)


def scaled_twice():
    labels = Network().predict(preprocess(X_test()) / 255).argmax(axis=1)
    labels[0] = 9
    return written(labels)


def wrong_in_the_middle(change):
    labels = answers().argmax(axis=1)
    labels[200:9800] = change(labels[200:9800])
    return written(labels)


def mostly_the_same():
    """As if the answers for an image and its mirror image had been averaged."""
    labels = answers().argmax(axis=1)
    some = np.random.default_rng(1).random(N) < 0.07
    labels[some] = (labels[some] + 1) % 10
    return written(labels)


def named_otherwise():
    path, *rest = written(answers())
    return path.rename(path.with_name("gruppe7.csv")), *rest


def stops(images):
    return images / missing  # noqa: F821


WRONG = {
    "permuted in the middle": (
        lambda: wrong_in_the_middle(np.random.default_rng(2).permutation),
        "shuffled",
    ),
    "zeros in the middle": (lambda: wrong_in_the_middle(lambda x: 0 * x), "other-network"),
    "rolled in the middle": (lambda: wrong_in_the_middle(lambda x: np.roll(x, 5)), "shuffled"),
    "no name": (lambda: (None, *written(answers())[1:]), "no-path"),
    "preprocess stops": (lambda: (*written(answers())[:3], stops), "stopped"),
    "no network": (
        lambda: (written(answers())[0], None, X_test(), preprocess),
        "not-a-model",
    ),
    "shuffled": (shuffled, "shuffled"),
    "moved by one": (lambda: written(np.roll(answers(), 1, axis=0)), "shifted"),
    "moved back by one": (lambda: written(np.roll(answers(), -1, axis=0)), "shifted"),
    "least probable": (lambda: written(answers().argmin(axis=1)), "least-probable"),
    "of other images": (lambda: written(np.arange(N) % 10), "other-network"),
    "not preprocessed": (raw, "not-preprocessed"),
    "scaled twice": (scaled_twice, "scaled-twice"),
    "named after the group": (named_otherwise, "file-name"),
    "no such file": (lambda: written(None, ""), "no-file"),
    "an empty file": (lambda: written(0, ""), "invalid"),
    "labels from 1 to 10": (
        lambda: written(0, "ID,Prediction\n" + "".join(f"{i},{i % 10 + 1}\n" for i in range(N))),
        "invalid",
    ),
}


def a_few_others():
    labels = answers().argmax(axis=1)
    labels[[5, 9, 9990]] = (labels[[5, 9, 9990]] + 1) % 10
    return written(labels)


def by_pandas():
    import pandas as pd

    path, *rest = written(0, "")
    table = pd.DataFrame({"ID": range(N), "Prediction": answers().argmax(axis=1)})
    table.to_csv(path, index=False)
    return path, *rest


RIGHT = {
    "scores": lambda: written(answers()),
    "labels": lambda: written(answers().argmax(axis=1)),
    "half precision": lambda: written(answers().astype("float16")),
    "written with pandas": by_pandas,
    "a few rounded otherwise": a_few_others,
    "averaged with mirror images": mostly_the_same,
    "the name as a text": lambda: (str(written(answers())[0]), *written(answers())[1:]),
}
