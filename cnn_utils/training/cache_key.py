"""Hash all that a result depends on: equal hashes prove that nothing has changed."""

from __future__ import annotations

import builtins
import dis
import functools
import hashlib
import inspect
import os
import pickle
import platform
import re
import sys
import warnings
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace

import keras
import numpy as np

# Packages that only compute, so that their versions say what; in them, and among the names that
# a program uses, these depend on files, chance, time or what a text names.
COMPUTING = """builtins cmath cnn_utils collections copyreg functools itertools jax keras math
numbers numpy operator scipy sklearn tensorflow typing""".split()
UNCERTAIN = re.compile(
    "load|read|file|open|rand|memmap|fromtxt|fromregex|dataset|director|environ|timestamp|raw_ops"
    "|py_function|numpy_function|attrgetter|methodcaller|_getframe|^io$|^(f|cr|gi)_|^__(globals|dict"
    "|builtins|subclasses|getattribute|closure|code)__$|^builtins.(breakpoint|compile|delattr|dir"
    "|eval|exec|getattr|globals|hash|id|input|locals|setattr|vars|__import__)$"
)
PLACES = (
    Path(functools.__file__).parent,
    Path(keras.__file__).parents[1],
    Path(__file__).parents[1],
)
LIBRARIES = tuple(f"{folder}{os.sep}" for folder in PLACES)
CALLBACKS = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ReduceLROnPlateau,
    keras.callbacks.TerminateOnNaN,
)
# Keras' settings of the first ones hold next to nothing of a class of one's own.
BASES = (keras.Layer, keras.Model, keras.losses.Loss, keras.metrics.Metric, keras.Regularizer)
BASES += (keras.Initializer, keras.constraints.Constraint)
BASES += (keras.optimizers.schedules.LearningRateSchedule,)
OF_KERAS = (*BASES, keras.optimizers.Optimizer, keras.random.SeedGenerator)
# What `compile` and `fit` set in a model, and what decides on nothing in a class.
IGNORED = """optimizer _compile_config history __dict__ __weakref__ __doc__ __module__
__annotations__ __firstlineno__ __static_attributes__""".split()


class NotComparableError(Exception):
    """A result depends on something that can't be compared; the text says on what."""


def training_key(model: keras.Model, x, y, arguments: dict, callbacks: list, seed: int) -> dict:
    """Return a hash for each part of what a training's result depends on, by the part's name.

    `callbacks` are those that may change the result. Metrics are reset, as `fit` does.
    """
    if not model.variables:
        raise NotComparableError("the network has no weights yet; begin it with a `keras.Input`")
    for callback in callbacks:
        if type(callback) not in CALLBACKS:
            raise NotComparableError(f"the callback `{type(callback).__name__}` may do anything")
    # Private: the public `get_compile_config` gives a function's name, not what it computes.
    compiled = {**model._compile_config.config, "optimizer": None}
    for metric in keras.tree.flatten([compiled.get("metrics"), compiled.get("weighted_metrics")]):
        if isinstance(metric, keras.metrics.Metric):
            metric.reset_state()
    ways = [model.optimizer, model.jit_compile, model.run_eagerly, model.steps_per_execution]
    others = {k: v for k, v in sorted(arguments.items()) if k not in ("callbacks", "verbose")}
    steering = [
        {k: v for k, v in vars(c).items() if k not in ("_model", "params")} for c in callbacks
    ]
    parts = {
        "the network or its first weights": model,
        "the images": x,
        "the labels": y,
        "the validation data": others.pop("validation_data", None),
        "the arguments of compile": [compiled, ways],
        "the arguments of fit": others,
        "the callbacks": [steering, [type(c).__name__ for c in callbacks]],
        "the seed": seed,
        "the installed versions": _versions(),
    }
    hasher = _Hasher()
    return {name: hasher.hash(value) for name, value in parts.items()}


def digest(*values) -> str:
    """Return a SHA-256 that changes with any part of the values, and with the versions."""
    return _Hasher().hash([values, _versions()])


def _versions() -> list:
    """Return the versions of all programs that a result depends on, and how they compute."""
    options = None
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        options = tf.config.optimizer.get_experimental_options()
    ways = [options, os.environ.get("TF_ENABLE_ONEDNN_OPTS"), keras.config.dtype_policy().name]
    ways += [keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format()]
    found = {name: getattr(sys.modules.get(name), "__version__", None) for name in COMPUTING}
    return [found, platform.python_version(), platform.machine(), ways, _kit_sources()]


@functools.cache
def _kit_sources() -> str:
    files = sorted(Path(__file__).parents[1].rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


class _Hasher(pickle._Pickler):  # in Python, because only that one lets `memoize` be replaced
    """Pickles a value into a hash.

    Pickling holds a value completely or fails, and holds the names of functions and classes only
    where they lead to them. `reducer_override` adds programs and Keras' objects.
    """

    def __init__(self):
        self._layer_names = {}

    def hash(self, value) -> str:
        """Return the hash of all that a value is, or raise NotComparableError."""
        sha = hashlib.sha256()
        super().__init__(SimpleNamespace(write=sha.update), protocol=4)
        self.dump(value)
        return sha.hexdigest()

    def memoize(self, obj):
        """Don't note texts and tuples: equal ones are the same object only by chance."""
        if type(obj) not in (str, bytes, tuple):
            super().memoize(obj)

    def save(self, obj, save_persistent_id=True):
        """Pickle a value, or name the part of it that can't be compared."""
        try:
            super().save(obj, save_persistent_id)
        except NotComparableError:
            raise
        except Exception as error:  # of any kind: a student's `get_config` raises it
            raise NotComparableError(f"a `{type(obj).__name__}` can't be compared") from error

    def reducer_override(self, obj):
        """Describe an object as ``object, (), parts``, or leave it to pickle."""
        kind, root, parts = type(obj), _root(obj), NotImplemented
        if kind is str:
            parts = self._layer_names.get(obj, NotImplemented)
        elif isinstance(obj, np.ndarray) and not obj.dtype.hasobject:
            content = hashlib.sha256(np.ascontiguousarray(obj).reshape(-1).view("u1"))
            parts = [str(obj.dtype), obj.shape, content.hexdigest()]
        elif kind in (set, frozenset):
            parts = sorted(obj, key=repr)
        elif kind is dict and obj.get("class_name") == "__lambda__":
            parts = []  # Keras' copy of a function that is an attribute, too
        elif isinstance(obj, keras.Variable):
            parts = [keras.ops.convert_to_numpy(obj), obj.trainable]
        elif keras.ops.is_tensor(obj):
            parts = keras.ops.convert_to_numpy(obj)
        elif kind in (np.random.Generator, np.random.RandomState):
            parts = obj.__getstate__()
        elif kind in (MethodType, staticmethod, classmethod):
            parts = [obj.__func__, getattr(obj, "__self__", None)]
        elif kind is property:
            parts = [obj.fget, obj.fset, obj.fdel]
        elif kind is FunctionType and (_is_own(obj) or "<" in obj.__qualname__):
            parts = _parts_of_function(obj)
        elif isinstance(obj, type) and _is_own(obj):
            parts = _parts_of_class(obj)
        elif isinstance(obj, OF_KERAS):
            parts = self._parts_of_keras_object(obj)
        elif kind is ModuleType or (callable(obj) and hasattr(obj, "__qualname__")):
            parts = obj.__name__ if kind is ModuleType else NotImplemented
            name = f"{obj.__module__}.{obj.__qualname__}" if parts is NotImplemented else parts
            if root not in COMPUTING or UNCERTAIN.search(name):
                raise NotComparableError(f"`{name}` can't be compared")
        elif root in ("keras", "tensorflow"):
            if not isinstance(obj, (list, dict)):
                raise NotComparableError(f"a `{kind.__name__}` can't be compared")
            parts = [*(obj.items() if isinstance(obj, dict) else obj)]
        return parts if parts is NotImplemented else (object, (), (parts,))

    def _parts_of_keras_object(self, obj) -> list:
        """Return Keras' settings, and what Keras knows nothing about."""
        kind = type(obj)
        parts = [kind if _is_own(kind) else repr(kind)]
        known, own = _stored_names(kind)
        for name, value in vars(obj).items():
            if name in own or name not in {*known, *IGNORED}:
                parts += [name, value]
            elif not isinstance(obj, keras.Model):
                parts += _objects_in(value)
        if isinstance(obj, keras.Layer):
            parts += [obj.trainable, obj.dtype_policy.name]
            for layer in (obj, *getattr(obj, "operations", ())):
                base = type(layer).__name__.lower().replace("_", "")
                # Named by Keras: "dense_7" depends on what was built before.
                if re.sub(r"_\d+$", "", layer.name).replace("_", "") == base:
                    self._layer_names.setdefault(layer.name, [len(self._layer_names)])
        if isinstance(obj, keras.Model):
            inputs = getattr(obj, "inputs", None) or ()
            parts += [obj.layers, [(tuple(tensor.shape), tensor.dtype) for tensor in inputs]]
        return [*parts, _settings(obj)]  # those last, because they hold layers' names


def _settings(obj):
    """Return Keras' settings of an object, without what a class of one's own makes of them."""
    kind = type(obj)
    base = next(base for base in kind.__mro__ if not _is_own(base))
    if base is keras.Sequential:
        return None  # its layers are all
    if isinstance(obj, keras.Model) and base not in (kind, keras.Model):
        raise NotComparableError(f"the connections in `{kind.__name__}` can't be compared")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about lambda functions
            settings = dict(base.get_config(obj))
    except NotImplementedError:
        if base in BASES:
            return None
        raise NotComparableError(f"a part of `{kind.__name__}` has no `get_config`") from None
    if not isinstance(obj, (keras.Layer, keras.metrics.Metric)):
        settings.pop("name", None)  # such as "sgd_1"
    return settings


@functools.lru_cache
def _stored_names(kind: type) -> tuple[set, set]:
    """Return the attributes that a class' programs set: the library's, and one's own."""
    names = set(), set()
    for base in kind.__mro__:
        for part in vars(base).values():
            for function in (part, *(getattr(part, n, None) for n in ("fget", "fset", "__func__"))):
                if isinstance(function, FunctionType):
                    steps = _steps(inspect.unwrap(function).__code__)
                    names[_is_own(base)].update(s.argval for s in steps if s.opname == "STORE_ATTR")
    return names


def _objects_in(value) -> list:
    """Return what Keras' settings don't hold of an attribute that Keras set."""
    if isinstance(value, (list, tuple, set, dict)):
        items = value.values() if isinstance(value, dict) else value
        return [part for item in items for part in _objects_in(item)]
    kinds = (*OF_KERAS, keras.Variable, functools.partial, MethodType)
    is_one = isinstance(value, kinds) or _is_own(value) or not _is_installed(type(value))
    return [value] if is_one else []


def _parts_of_class(kind: type) -> list:
    """Return all that a class of one's own defines, and the classes that it extends."""
    extended = [base for base in kind.__mro__ if not _is_own(base) and base is not object]
    if _is_installed(kind) or type(kind) is not type:
        raise NotComparableError(f"a `{kind.__name__}` can't be compared")
    if issubclass(kind, (keras.callbacks.Callback, keras.utils.PyDataset)) or not all(
        _root(base) in ("cnn_utils", "keras", "tensorflow") for base in extended
    ):
        raise NotComparableError(f"the class `{kind.__name__}` may do anything")
    own = [sorted(vars(base).items()) for base in kind.__mro__ if _is_own(base)]
    return [*extended, [item for items in own for item in items if item[0] not in IGNORED]]


def _parts_of_function(function: FunctionType) -> list:
    """Return the program of a function, and all values that it reads."""
    code, values = function.__code__, {}
    for step in _steps(code) if _is_own(function) else ():
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            builtin = getattr(builtins, step.argval, None)
            values[step.argval] = function.__globals__.get(step.argval, builtin)
        elif step.opcode in dis.hasname and (
            UNCERTAIN.search(step.argval)
            or (step.opname == "IMPORT_NAME" and step.argval.split(".")[0] not in COMPUTING)
        ):
            raise NotComparableError(f"what `{step.argval}` in `{code.co_name}` does is unknown")
    closure = [cell.cell_contents for cell in function.__closure__ or ()]
    defaults = [function.__defaults__, function.__kwdefaults__, vars(function)]
    return [function.__module__, _program(code), defaults, closure, sorted(values.items())]


def _steps(code: CodeType) -> list:
    """Return the instructions of a program, and of those defined in it."""
    inner = [step for c in code.co_consts if isinstance(c, CodeType) for step in _steps(c)]
    return [*dis.get_instructions(code), *inner]


def _program(code: CodeType) -> tuple:
    """Return a compiled program without its places in files."""
    constants = [_program(c) if isinstance(c, CodeType) else c for c in code.co_consts]
    names = [code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars]
    return (code.co_code, getattr(code, "co_exceptiontable", b""), names, constants)


def _root(value) -> str:
    """Return the package that a module, class, function or object belongs to."""
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return str(name).split(".")[0]


def _is_own(value) -> bool:
    """Return whether a value is a function or class that no library defines."""
    if isinstance(value, FunctionType):
        return not value.__code__.co_filename.startswith(LIBRARIES)
    return isinstance(value, type) and _root(value) not in COMPUTING


def _is_installed(kind: type) -> bool:
    """Return whether a class comes with Python or an installed package."""
    file = getattr(sys.modules.get(_root(kind)), "__file__", None) or ""
    return _root(kind) in sys.stdlib_module_names or file.startswith(LIBRARIES)
