import shutil
import subprocess
import sys

import pytest

from cnn_utils.grading.sandbox.prepare import QUICK_KERAS


@pytest.fixture
def python(tmp_path):
    shutil.copy(QUICK_KERAS, tmp_path / "sitecustomize.py")

    def run(code):
        command = [sys.executable, "-c", f"import sys\n{code}"]
        environment = {"PYTHONPATH": str(tmp_path), "TF_CPP_MIN_LOG_LEVEL": "3", "PATH": ""}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


def test_they_are_there_afterwards_and_before(python):
    code = "import pandas, keras, sklearn, scipy, matplotlib; print(keras.__version__ > '3')"
    assert python(code) == "True"


def test_keras_trains_and_predicts_without_what_it_can_do_without(python):
    code = "import keras, numpy as np; m = keras.Sequential([keras.layers.Dense(1)]); "
    code += "print([n for n in ('sklearn', 'scipy', 'pandas', 'matplotlib') if n in sys.modules]); "
    code += "m.compile('adam', 'mse'); m.fit(np.ones((4, 2)), np.ones(4), verbose=0); "
    code += "print(m.predict(np.ones((4, 2)), verbose=0).shape)"
    assert python(code) == "[]\n(4, 1)"
