"""A hash of any value: numbers, arrays, settings, functions with all that they look up."""

from __future__ import annotations

import dis
import functools
import hashlib
import sys
import sysconfig
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType

import keras
import numpy as np

PLAIN = (type(None), bool, int, float, complex, str, bytes)
LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))


class CannotTellError(Exception):
    """Something decides on a result that no hash can be made of; the text says what."""


def digest(*values) -> str:
    """Return a SHA-256, in hexadecimal digits, that changes with any part of the values.

    Raises
    ------
    CannotTellError
        If one is of a kind that can't be looked into.
    """
    state = hashlib.sha256()
    _feed(state, values, {})
    return state.hexdigest()


def _feed(state, value, seen: dict) -> None:
    """Hash a value of any kind; what was met before is told by its number."""
    if isinstance(value, PLAIN):
        # 1, 1.0 and True are different settings.
        state.update(f"{type(value).__name__} {value!r};".encode())
        return
    if not isinstance(value, tuple):
        if id(value) in seen:
            state.update(f"again {seen[id(value)][0]};".encode())
            return
        seen[id(value)] = len(seen), value  # kept alive, so that no other object gets its id
    state.update(f"{type(value).__qualname__}(".encode())
    for part in _parts(value):
        if isinstance(part, memoryview):
            state.update(part)
        else:
            _feed(state, part, seen)
    state.update(b");")


def _parts(value):
    """Yield what a value consists of."""
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise CannotTellError("an array holds objects instead of numbers")
        bytes_ = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        yield from (str(value.dtype), value.shape, memoryview(bytes_))
    elif isinstance(value, dict):
        yield from sorted(value.items(), key=lambda item: repr(item[0]))
    elif isinstance(value, (list, tuple)):
        yield from value
    elif isinstance(value, (set, frozenset)):
        yield from sorted(value, key=repr)
    elif isinstance(value, (Path, range, slice, np.dtype)):
        yield repr(value)
    elif isinstance(value, np.random.Generator):
        yield value.bit_generator.state
    elif isinstance(value, functools.partial):
        yield from (value.func, value.args, value.keywords)
    elif isinstance(value, MethodType):
        yield from (value.__func__, value.__self__)
    elif isinstance(value, (FunctionType, BuiltinFunctionType, np.ufunc, type, ModuleType)):
        yield from _code(value)
    elif _is_of_keras(value):
        yield from _keras_object(value)
    elif hasattr(value, "__array__"):
        yield np.asarray(value)
    elif hasattr(value, "__dict__") and (_is_kits(value) or not _in_library(type(value))):
        yield from (type(value), vars(value))
    else:
        raise CannotTellError(f"a {type(value).__name__} can't be looked into")


def _code(value):
    """Yield the program that stands in a function, a class or a module; of libraries, the name."""
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", repr(value))
    yield f"{getattr(value, '__module__', '')}.{name}"
    if isinstance(value, (BuiltinFunctionType, np.ufunc)) or _in_library(value):
        return
    if isinstance(value, ModuleType):
        yield Path(value.__file__).read_bytes() if getattr(value, "__file__", None) else ""
    elif isinstance(value, type):
        members = {name: _unwrapped(member) for name, member in vars(value).items()}
        program = {k: v for k, v in members.items() if isinstance(v, (FunctionType, *PLAIN))}
        yield from (value.__bases__, program)
    else:
        yield from (value.__defaults__, value.__kwdefaults__, _instructions(value.__code__))
        yield from (cell.cell_contents for cell in value.__closure__ or ())
        for name in sorted(_globals(value.__code__)):
            if name in value.__globals__:
                yield from (name, value.__globals__[name])


def _unwrapped(member):
    """Return the function in a static method, class method or property."""
    return getattr(member, "__func__", None) or getattr(member, "fget", None) or member


def _instructions(code: CodeType) -> list:
    """Return a function's compiled program without its line numbers."""
    constants = [_instructions(c) if isinstance(c, CodeType) else c for c in code.co_consts]
    return [code.co_code, code.co_names, code.co_varnames, constants]


def _globals(code: CodeType) -> set[str]:
    """Return the global names that a function, or one defined in it, looks up."""
    own = {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return own.union(*(_globals(c) for c in code.co_consts if isinstance(c, CodeType)))


def _in_library(value) -> bool:
    """Say whether code comes with Python or a package: then its version tells which it is."""
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    root = (name or "builtins").split(".")[0]
    if root in sys.stdlib_module_names and root != "__main__":
        return True
    if root == "cnn_utils":
        return True  # `kit_sources` of the fingerprint tells
    file = getattr(sys.modules.get(root), "__file__", None) or ""
    return file.startswith(LIBRARIES)


def _is_kits(value) -> bool:
    return type(value).__module__.split(".")[0] == "cnn_utils"


def _is_of_keras(value) -> bool:
    kinds = (keras.Layer, keras.optimizers.Optimizer, keras.losses.Loss, keras.metrics.Metric)
    kinds += (keras.optimizers.schedules.LearningRateSchedule, keras.Initializer)
    return isinstance(value, (*kinds, keras.Regularizer, keras.constraints.Constraint))


def _keras_object(value):
    """Yield class, settings and variables, and what is not Keras' own among its attributes."""
    config = value.get_config()
    if isinstance(value, keras.optimizers.Optimizer):
        config.pop("name", None)  # numbered by Keras: sgd, sgd_1
    yield from (type(value), config)
    if not isinstance(value, keras.metrics.Metric):  # which begins each epoch anew
        yield [np.asarray(v) for v in getattr(value, "variables", [])]
    yield [v for v in vars(value).values() if is_users_own(v)]


def is_users_own(value) -> bool:
    """Say whether a function, or an object of Keras' kinds, was not written by a library."""
    if isinstance(value, FunctionType):
        return not _in_library(value)
    return _is_of_keras(value) and not _in_library(type(value))
