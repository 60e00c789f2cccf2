"""The assignment's own cells run as they are, with `utilities` replaced by `cnn_utils`."""

import os
import subprocess
import sys

import pytest

from cnn_utils.data import sample

# What students are given: the imports, the loading of both data sets, the plotting of the
# history and the format of the submission. Between them stand lines of our own, marked "ours".
CELLS = """
import time
from tqdm import tqdm
import numpy as np
import pandas as pd
import h5py
import matplotlib.pyplot as plt
import seaborn as sns
from keras import backend as K
import tensorflow.keras as ks
from keras.utils import to_categorical
from tensorflow.keras import layers, models

SEED = 458
RNG = np.random.default_rng(SEED)

from cnn_utils import *

datasets = load_mnist(verbose=0)
X_train, y_train = datasets['X_train'], datasets['y_train']
X_val,   y_val   = datasets['X_val'],   datasets['y_val']
X_test,  y_test  = datasets['X_test'],  datasets['y_test']
X_train = np.concatenate([X_train, X_val], axis=0)
y_train = np.concatenate([y_train, y_val], axis=0).astype('int32')
del datasets, X_val, y_val

assert X_train.shape == (60000, 28, 28) and y_train.shape == (60000,)                     # ours
model = build_dense()                                                                     # ours
model.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy', F1Score()]) # ours
history = model.fit(X_train[:500, ..., None] / 255, y_train[:500], epochs=2,              # ours
                    validation_split=1/6, verbose=0)                                      # ours
plot_training_history(history)
plt.close()

dataset_path = './student_dataset_CIFAR10.h5'
with h5py.File(dataset_path,'r') as f:
    print('Datasets in file:', list(f.keys()))
    X_train = np.asarray(f['X_train'])
    y_train = np.asarray(f['y_train'])
    X_test  = np.asarray(f['X_test'])
    print('Nr. train images: %i'%(X_train.shape[0]))
    print('Nr. test images: %i'%(X_test.shape[0]))

flat_prediction = RNG.integers(0, 10, len(X_test))                                        # ours
submissionDF = pd.DataFrame()
submissionDF['ID'] = range(len(flat_prediction))
submissionDF['Prediction'] = flat_prediction
submissionDF.to_csv('submission.csv', index=False)
validate_submission('submission.csv')                                                     # ours
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cells.py").write_text(CELLS)
    return tmp_path


def run_cells(folder, **environment):
    result = subprocess.run(
        [sys.executable, "cells.py"],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "Agg", **environment},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return result.stdout


def test_on_the_sample(folder):
    (folder / "student_dataset_CIFAR10.h5").symlink_to(sample.cifar10_file())
    said = run_cells(folder)
    assert "Nr. train images: 50000" in said
    assert "Nr. test images: 10000" in said


@pytest.mark.slow
def test_on_the_real_files(folder, shared_data):
    unpack = [sys.executable, shared_data / "unpack_cifar10.py", folder]
    subprocess.run(unpack, check=True, capture_output=True)
    environment = {"CNN_UTILS_DATA": str(shared_data), "CNN_UTILS_SOURCE": "official"}
    assert "Nr. train images: 50000" in run_cells(folder, **environment)
