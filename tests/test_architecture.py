"""Rules of the house, read from the source: who may import whom, and how long a file may be."""

import ast
from pathlib import Path

import pytest

KIT = Path(__file__).parents[1] / "cnn_utils"
MODULES = sorted(KIT.rglob("*.py"))
# A room may import only rooms on its own floor and below.
FLOORS = [
    {"errors", "files", "provenance", "processor", "startup", "metrics", "sequences", "history"}
    | {"batches", "keras_metrics", "models", "monitor", "plots", "training", "unanswered"}
    | {"faults", "explain", "frames"}
    | {"whitening"},
    {"data", "submission", "insight", "widgets", "checks"},
    {"handin"},
    {"grading"},
    {"__main__"},
]
USE_KERAS = {"batches", "models", "monitor", "keras_metrics", "training", "insight", "checks"}
# Packages that a module may need only inside functions, because loading them takes long.
LATE = {
    "metrics": {"pandas"},
    "sequences": {"pandas"},
    "history": {"pandas"},
    "submission": {"pandas"},
    "errors": {"IPython"},
    "insight": {"sklearn"},
    "checks": {"keras"},
}


def room(path: Path) -> str:
    return path.relative_to(KIT).parts[0].removesuffix(".py")


def floor(name: str) -> int:
    return next(i for i, rooms in enumerate(FLOORS) if name in rooms)


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


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(KIT)))
def test_imports_point_downwards(path):
    if path == KIT / "__init__.py":
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "cnn_utils" and parts[1] != "__version__":
            assert floor(parts[1]) <= floor(room(path)), f"{room(path)} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(KIT)))
def test_only_the_rooms_that_build_or_train_import_keras(path):
    if room(path) not in USE_KERAS:
        packages = {name.split(".")[0] for name in imports(path)}
        assert packages.isdisjoint({"keras", "tensorflow"})


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(KIT)))
def test_slow_packages_are_loaded_late(path):
    packages = {name.split(".")[0] for name in imports(path, top_level_only=True)}
    assert packages.isdisjoint(LATE.get(room(path), set()))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(KIT)))
def test_no_file_outgrows_its_idea(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 260


def test_every_module_has_a_floor():
    assert {room(path) for path in MODULES} - {"__init__"} <= set().union(*FLOORS)


def test_every_module_has_its_tests():
    tests = {path.stem for path in (KIT.parent / "tests").rglob("test_*.py")}
    missing = [
        path
        for path in MODULES
        if path.stem not in ("__init__", "__main__")
        and not {f"test_{path.stem}", f"test_plot_{path.stem}", f"test_check_{path.stem}"} & tests
        and room(path) != "data"
    ]
    assert missing == []
