import inspect
import json
import subprocess
import sys

import pytest

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


def test_editors_see_the_same_names_as_users():
    """The block for type checkers and the lazy table must not drift apart."""
    source = inspect.getsource(cnn_utils)
    block = source.split("if TYPE_CHECKING:")[1].split("def __getattr__")[0]
    words = set(block.replace(",", " ").replace("(", " ").replace(")", " ").split())
    assert set(cnn_utils.__all__) <= words


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
