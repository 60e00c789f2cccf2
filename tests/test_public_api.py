import inspect
import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

import cnn_utils

HEAVY = ["tensorflow", "keras", "matplotlib", "ipywidgets", "pandas", "h5py", "seaborn", "sklearn"]


def run(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_importing_the_package_loads_nothing_heavy():
    code = (
        f"import sys, json, cnn_utils; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    )
    assert json.loads(run(code)) == []


def test_importing_the_package_takes_less_than_a_fifth_of_a_second():
    code = "import time; t = time.perf_counter(); import cnn_utils; print(time.perf_counter() - t)"
    assert min(float(run(code)) for _ in range(3)) < 0.2


@pytest.mark.parametrize("name", cnn_utils.__all__)
def test_every_public_name_exists_and_is_documented(name):
    value = getattr(cnn_utils, name)
    if callable(value):
        assert value.__doc__
        assert value.__doc__.splitlines()[0].endswith(".")


@pytest.mark.parametrize("name", cnn_utils.__all__)
def test_every_parameter_is_documented(name):
    value = getattr(cnn_utils, name)
    if not inspect.isfunction(value):
        return
    for parameter in inspect.signature(value).parameters:
        if parameter != "kwargs" and "Parameters\n" in value.__doc__:
            assert parameter in value.__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'build_resnet'"):
        cnn_utils.build_resnet  # noqa: B018


def test_a_misspelt_name_is_told_with_the_one_that_is_meant():
    with pytest.raises(AttributeError, match=r"'load_minst'\. Did you mean 'load_mnist'\?$"):
        cnn_utils.load_minst  # noqa: B018
    with pytest.raises(AttributeError, match=r"no attribute '_private_things'$"):
        cnn_utils._private_things  # noqa: B018


def test_dir_lists_the_lazy_names():
    assert set(cnn_utils.__all__) <= set(dir(cnn_utils))


STATE = """
import gc, json, logging, os, random, sys, warnings
import IPython, matplotlib, numpy
from IPython.core.interactiveshell import InteractiveShell
import h5py, nbconvert, nbformat, seaborn  # packages that add filters of warnings
shell = InteractiveShell.instance()
def state():
    loggers = [logging.getLogger(), logging.getLogger("tensorflow"), logging.getLogger("absl")]
    formatters = shell.display_formatter.formatters
    return {
        "environment": dict(os.environ),
        "missing modules": [name for name, module in sys.modules.items() if module is None],
        "import hooks": [*map(repr, sys.meta_path)],
        "loggers": [(one.level, one.filters[:], one.handlers[:]) for one in loggers],
        "garbage": (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), gc.callbacks[:]),
        "formatters": {name: dict(one.type_printers) for name, one in formatters.items()},
        "deferred": {name: dict(one.deferred_printers) for name, one in formatters.items()},
        "handler": (shell.custom_exceptions, shell.CustomTB.__func__),
        "magics": sorted(shell.magics_manager.magics["line"]),
        "events": [*map(len, shell.events.callbacks.values())],
        "random": (random.getstate(), numpy.random.get_state()[1].tolist()),
        "warnings": warnings.filters[:],
        "hooks": (sys.excepthook, sys.displayhook, sys.stdout, sys.stderr),
        "style": dict(matplotlib.rcParams),
    }
def changes(before):
    after = state()
    return [name for name in before if before[name] != after[name]]
state()  # Matplotlib chooses its backend
before = state()
import cnn_utils
"""


def test_importing_the_package_and_loading_light_names_changes_nothing():
    code = (
        f"{STATE}\n"
        "print(changes(before), len(sys.meta_path) - len(before['import hooks']))\n"
        "before = state()\n"
        "cnn_utils.f1_score, cnn_utils.plot_images, cnn_utils.load_mnist, cnn_utils.hand_in\n"
        "cnn_utils.ImageBrowser, cnn_utils.validate_submission, cnn_utils.history_table\n"
        "print(changes(before))"
    )
    # The one hook registers F1Score.
    assert run(code) == "['import hooks'] 1\n[]\n"


@pytest.mark.parametrize("order", ["import cnn_utils, keras", "import keras, cnn_utils"])
def test_keras_loads_networks_with_the_kit_s_f1(order, tmp_path):
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(10)])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=[cnn_utils.F1Score()])
    model.fit(np.zeros((32, 8)), np.arange(32) % 10, verbose=0)
    model.save(tmp_path / "m.keras")
    code = (
        f"{order}\nimport sys\n"
        f"model = keras.models.load_model({str(tmp_path / 'm.keras')!r})\n"
        "import numpy as np\n"
        "x, y = np.zeros((32, 8)), np.arange(32) % 10\n"
        "print(sorted(model.evaluate(x, y, verbose=0, return_dict=True)))\n"
        "print([hook for hook in sys.meta_path if 'AfterKeras' in repr(hook)])"
    )
    assert run(code) == "['f1', 'loss']\n[]\n"


def test_jupyter_completes_the_lazy_names():
    shell = InteractiveShell()
    shell.run_cell("import cnn_utils")
    for use_jedi in (True, False):
        shell.Completer.use_jedi = use_jedi
        with provisionalcompleter():
            found = {
                one.text.lstrip(".") for one in shell.Completer.completions("cnn_utils.load_", 15)
            }
        assert {name for name in cnn_utils.__all__ if name.startswith("load_")} <= found


def test_light_tools_stay_light():
    """Metrics, plots and submissions never pay for TensorFlow."""
    code = (
        "import sys, cnn_utils as c\n"
        "c.f1_score, c.plot_images, c.export_submission, c.load_mnist, c.history_table\n"
        "print('tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    assert run(code).split() == ["False", "False"]


def test_version_agrees_with_the_project_file():
    from pathlib import Path

    project = (Path(__file__).parents[1] / "pyproject.toml").read_text()
    assert f'version = "{cnn_utils.__version__}"' in project


def test_a_python_too_old_is_told():
    code = "import sys; sys.version_info = (3, 9, 1, 'final', 0); import cnn_utils"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    version = sys.version.split()[0]
    told = (
        f"ImportError: cnn_utils needs Python 3.10 to 3.13; this is {version} ({sys.executable})."
    )
    assert told in run.stderr


def test_versions_are_printed_quietly():
    code = "import cnn_utils; cnn_utils.show_versions()"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    for word in ("Python", "Keras", "tensorflow", "cnn_utils"):
        assert word in run.stdout


def test_the_reference_describes_every_public_name():
    """Each row of docs/reference.md is the first paragraph of the docstring."""
    reference = (Path(__file__).parents[1] / "docs" / "reference.md").read_text()
    for name in cnn_utils.__all__:
        assert f"| `{name}` | " in reference
        value = getattr(cnn_utils, name)
        if callable(value):
            summary = inspect.getdoc(value).split("\n\n")[0].replace("\n", " ")
            assert f"| `{name}` | {summary} |" in reference
