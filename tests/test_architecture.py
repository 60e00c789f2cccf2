"""Rules of the house, read from the source: who may import whom, and where tests stand."""

import ast
from pathlib import Path

import pytest

KIT = Path(__file__).parents[1] / "cnn_utils"
TESTS = Path(__file__).parent
MODULES = sorted(KIT.rglob("*.py"))
# A module may import only from its own floor and from those above it in this list.
FLOORS = [
    {"errors", "files"},
    {"data", "metrics", "history", "sequences", "notebook"},
    {"models", "keras_metrics", "keras_errors", "plots", "submission", "pdf"},
    {"training", "fast", "checks", "widgets"},
    {"jupyter"},
    {"handin"},
    {"grading"},
    {"legacy", "__main__"},
]
# Everything else works without loading TensorFlow.
USE_KERAS = {"models", "keras_metrics", "training", "fast", "checks", "jupyter", "legacy"}
USE_KERAS |= {"keras_errors", "grading/sandbox/without_training", "grading/sandbox/classifier"}
USE_KERAS |= {"plots/attributions", "plots/feature_maps", "plots/filters", "plots/embedding"}
USE_KERAS |= {"plots/augmentation", "plots/layer_io"}
# Packages that a part may need only inside functions, because loading them takes long.
LATE = {
    "metrics": {"pandas"},
    "sequences": {"pandas"},
    "history": {"pandas"},
    "submission": {"pandas"},
    "errors": {"IPython"},
    "plots": {"sklearn"},
    "checks": {"keras"},
    "jupyter": {"keras"},
}

each_module = pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: path.relative_to(KIT).as_posix()
)


def part(path: Path) -> str:
    return path.relative_to(KIT).parts[0].removesuffix(".py")


def floor(name: str) -> int:
    return next(i for i, parts in enumerate(FLOORS) if name in parts)


def imports(path: Path, top_level_only=False):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module == "cnn_utils":
                yield from (f"cnn_utils.{alias.name}" for alias in node.names)
            else:
                yield node.module


@each_module
def test_imports_point_one_way(path):
    if path == KIT / "__init__.py":
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "cnn_utils" and parts[1] != "__version__":
            assert floor(parts[1]) <= floor(part(path)), f"{part(path)} imports {name}"


@each_module
def test_only_what_builds_or_trains_networks_imports_keras(path):
    name = path.relative_to(KIT).with_suffix("").as_posix()
    if part(path) not in USE_KERAS and name not in USE_KERAS:
        packages = {name.split(".")[0] for name in imports(path)}
        assert packages.isdisjoint({"keras", "tensorflow"})


@each_module
def test_slow_packages_are_loaded_late(path):
    packages = {name.split(".")[0] for name in imports(path, top_level_only=True)}
    assert packages.isdisjoint(LATE.get(part(path), set()))


def test_every_module_has_a_floor():
    assert {part(path) for path in MODULES} - {"__init__"} <= set().union(*FLOORS)


def test_tests_mirror_the_modules():
    modules = [p.relative_to(KIT) for p in MODULES if p.name not in ("__init__.py", "__main__.py")]
    missing = [
        path.as_posix()
        for path in modules
        if path.parts[:2] != ("data", "sample")
        and not (TESTS / path.parent / f"test_{path.name}").is_file()
    ]
    assert missing == []
