"""What every test starts from: quick profile, sample data, no leftovers of the test before."""

from __future__ import annotations

import gc
import os
import random
import shutil
import sys
from pathlib import Path

import matplotlib
import numpy as np
import platformdirs
import pytest
from hypothesis import settings

gc.disable()  # until all tests are collected: imports make many objects, and hardly any garbage
# The same examples in every run: a failure then belongs to the change that made it.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
matplotlib.use("Agg")
# Inherited by the kernels in which nbval runs the notebooks.
os.environ["CNN_UTILS_PROFILE"] = "quick"
os.environ["CNN_UTILS_SOURCE"] = "sample"
os.environ["CNN_UTILS_OFFLINE"] = "1"
# Workers share the cores: with threads for all cores each, they would mostly wait for each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = "1"
os.environ.pop("CNN_UTILS_DATA", None)
os.environ.pop("CNN_UTILS_TRACEBACK", None)
# Fixed here, because some tests move the home folder: drawing the sample takes half a minute.
CACHE = platformdirs.user_cache_path("cnn_utils") / "tests"
os.environ.setdefault("CNN_UTILS_CACHE", str(CACHE))
# Files that take longest, in this order: begun last, one of them would keep a single core busy.
LONG = """
training/test_caching.py part2_cnn_cifar10.ipynb checks/test_mutations.py part1_lenet_mnist.ipynb
release/test_student_release.py training/test_monitor.py sandbox/test_nbval_grade.py
tests/test_public_api.py tests/test_jupyter.py fuzz/test_fuzz.py grading/test_batch.py
grading/test_cluster.py sandbox/test_quick_keras.py fast/test_recipe.py release/test_run.py
tests/test_assignment_cells.py data/test_originals.py release/test_student_file.py
checks/test_training.py training/test_progress.py training/test_acceleration.py
""".split()
ALLOW_BFLOAT16 = "auto_mixed_precision_onednn_bfloat16"
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure(config):
    """Let no training be loaded that an earlier run of the tests did."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(CACHE / "runs", ignore_errors=True)


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest; `make test` keeps this order."""

    def place(item):
        path = item.path.as_posix()
        return next((i for i, name in enumerate(LONG) if path.endswith(name)), len(LONG))

    items.sort(key=place)


def pytest_collection_finish(session):
    """Let the garbage collector pass over what was imported: it stays."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def fresh_state():
    """Seed the generators; afterwards forget the data sources and close all figures."""
    random.seed(458)
    np.random.seed(458)  # noqa: NPY002 - Keras layers draw from NumPy's global generator
    yield
    import matplotlib.pyplot as plt

    from cnn_utils.data import data_source

    plt.close("all")
    if "tensorflow" in sys.modules:  # `fast_training` changes the process
        import tensorflow as tf

        tf.config.optimizer.set_experimental_options({ALLOW_BFLOAT16: False})
    data_source._sources.clear()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the real data, or skip."""
    if not (SHARED_DATA / "mnist.npz").is_file():
        pytest.skip(f"the real data is missing ({SHARED_DATA})")
    return SHARED_DATA
