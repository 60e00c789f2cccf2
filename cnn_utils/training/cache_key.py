"""Hash all that a result depends on: equal hashes prove that nothing has changed."""

import builtins
import dis
import functools
import hashlib
import os
import re
import sys
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType

import keras
import numpy as np

# Packages that only compute, so that their versions tell what ...
COMPUTING = """builtins cmath cnn_utils collections functools itertools jax keras math numbers numpy
operator scipy sklearn tensorflow typing""".split()
# ... but for names of what depends on files, chance or time, or looks a name up.
UNCERTAIN = re.compile(
    "load|read|file|open|rand|memmap|fromtxt|fromregex|dataset|director|environ|timestamp|raw_ops"
    "|py_function|numpy_function|attrgetter|methodcaller|_getframe|^io$|^(f|cr|gi)_|^__(globals|dict"
    "|builtins|subclasses|getattribute|closure|code)__$|^builtins.(breakpoint|compile|delattr|dir"
    "|eval|exec|getattr|globals|hash|id|input|locals|setattr|vars|__import__)$"
)
KIT = Path(__file__).parents[1]
PLACES = (Path(functools.__file__).parent, Path(keras.__file__).parents[1], KIT)
LIBRARIES = tuple(f"{folder}{os.sep}" for folder in PLACES)
# Classes of Keras that one's own may extend; objects of the first four have some attributes.
BASES = (keras.Layer, keras.Model, keras.losses.Loss, keras.metrics.Metric, keras.Regularizer)
BASES += (keras.constraints.Constraint, keras.Initializer)
BASES += (keras.optimizers.schedules.LearningRateSchedule,)
OF_KERAS = (*BASES, keras.optimizers.Optimizer, keras.random.SeedGenerator)
CALLBACKS = (keras.callbacks.EarlyStopping, keras.callbacks.LearningRateScheduler)
CALLBACKS += (keras.callbacks.ReduceLROnPlateau, keras.callbacks.TerminateOnNaN)
# What `compile`, `fit` and the like set in a model, and what decides on nothing in a class.
OF_FIT = """compiled optimizer loss steps_per_execution unrolled_steps_per_execution history
stop_training stop_evaluating stop_predicting train_function test_function predict_function
_compile_config _compiled_trainable_state _eval_epoch_iterator""".split()
OF_CLASS = """__dict__ __weakref__ __doc__ __module__ __annotations__ __firstlineno__
__static_attributes__""".split()


class NotComparableError(Exception):
    """A result depends on something that can't be compared; the text says on what."""


def training_key(model: keras.Model, x, y, arguments: dict, callbacks: list, seed: int) -> dict:
    """Return a hash for each part of what a training's result depends on, by the part's name.

    `callbacks` are those among the `arguments` of `fit` that may change the result.
    """
    if not getattr(model, "compiled", False) or not model.variables:
        raise NotComparableError("the network isn't compiled, or doesn't begin with a keras.Input")
    if unknown := [type(c).__name__ for c in callbacks if type(c) not in CALLBACKS]:
        raise NotComparableError(f"the callback `{unknown[0]}` may do anything")
    # Private: the public `get_compile_config` gives a function's name, not what it computes.
    compiled = {**model._compile_config.config, "optimizer": model.optimizer}
    others = {k: v for k, v in sorted(arguments.items()) if k not in ("callbacks", "verbose")}
    learned = [{**vars(callback), "_model": None, "params": None} for callback in callbacks]
    parts = {
        "the network or its first weights": model,
        "the images": x,
        "the labels": y,
        "the validation data": others.pop("validation_data", None),
        "the arguments of compile": [compiled, model.jit_compile, model.run_eagerly],
        "the arguments of fit": others,
        "the callbacks": [[type(callback) for callback in callbacks], learned],
        "the seed": seed,
        "the installed versions": _versions(),
    }
    return {name: _hash(value) for name, value in parts.items()}


def digest(*values) -> str:
    """Return a SHA-256 that changes with any part of the values, and with the versions."""
    return _hash([values, _versions()])


def _versions() -> list:
    """Return the versions of all programs that a result depends on, and how they compute."""
    found = {name: getattr(sys.modules.get(name), "__version__", None) for name in COMPUTING}
    ways = [keras.config.floatx(), keras.config.epsilon(), os.environ.get("TF_ENABLE_ONEDNN_OPTS")]
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        ways.append(tf.config.optimizer.get_experimental_options())
    return [found, sys.version, keras.config.backend(), ways, _kit_sources()]


@functools.cache
def _kit_sources() -> str:
    content = b"".join(file.read_bytes() for file in sorted(KIT.rglob("*.py")))
    return hashlib.sha256(content).hexdigest()


def _hash(value) -> str:
    sha = hashlib.sha256()
    try:
        _add(sha, value, {})
    except NotComparableError:
        raise
    except Exception as error:  # of any kind: a student's `get_config` raises it
        raise NotComparableError(f"a part of it can't be compared ({error})") from error
    return sha.hexdigest()


def _add(sha, value, seen: dict) -> None:
    kind = type(value)
    if kind in (type(None), type(...), bool, int, float, complex, str, bytes):
        sha.update(f"{kind.__name__} {value!r};".encode())
    elif id(value) in seen and kind is not tuple:  # equal tuples may be one object, or not
        sha.update(f"again {seen[id(value)][0]};".encode())
    else:
        seen[id(value)] = len(seen), value  # with the value, so that its id stays its own
        sha.update(f"{kind.__name__}(".encode())
        for part in _parts(value):
            _add(sha, part, seen)
        sha.update(b");")


def _parts(value):
    """Return what a value consists of, if it is of a kind that can be compared."""
    kind, of_kind = type(value), _library_name(type(value))
    if kind in PARTS:
        return PARTS[kind](value)
    if isinstance(value, np.generic):
        return _parts_of_array(value)
    if isinstance(value, (list, dict)) and _root(kind) in ("keras", "tensorflow"):
        return value.items() if isinstance(value, dict) else value
    if keras.ops.is_tensor(value) or isinstance(value, keras.Variable):
        return keras.ops.convert_to_numpy(value), getattr(value, "trainable", None)
    if name := _library_name(value):
        return (name,)
    is_nested = kind is FunctionType and _root(value) in COMPUTING and "<" in value.__qualname__
    if _is_own_function(value) or is_nested:
        return _parts_of_function(value)
    if isinstance(value, type) and not _is_installed(value):
        return _parts_of_class(value)
    if isinstance(value, OF_KERAS):
        return _parts_of_keras_object(value)
    if str(of_kind).startswith(("cnn_utils.", "sklearn.")) or not _is_installed(kind):
        return kind, sorted(vars(value).items())
    name = getattr(value, "__name__", "<")
    what = f"a `{kind.__name__}`" if name[0] == "<" else f"`{name}`"
    raise NotComparableError(f"{what} can't be compared")


def _parts_of_array(array):
    if array.dtype.hasobject:
        raise NotComparableError("an array holds objects instead of numbers")
    content = hashlib.sha256(np.ascontiguousarray(array).reshape(-1).view("u1"))
    return str(array.dtype), np.shape(array), content.hexdigest()


PARTS = {
    np.ndarray: _parts_of_array,
    np.memmap: _parts_of_array,
    np.random.Generator: lambda generator: [generator.bit_generator.state],
    list: list,
    tuple: list,
    dict: dict.items,
    set: lambda values: sorted(values, key=repr),
    frozenset: lambda values: sorted(values, key=repr),
    functools.partial: lambda partial: [partial.func, partial.args, partial.keywords],
    MethodType: lambda method: [method.__func__, method.__self__],
    staticmethod: lambda method: [method.__func__],
    classmethod: lambda method: [method.__func__],
    property: lambda one: [one.fget, one.fset, one.fdel],
}


def _parts_of_keras_object(value) -> tuple:
    """Return settings, variables and all that was set from outside."""
    kind = type(value)
    base = next(base for base in kind.__mro__ if _library_name(base))
    of_fit = OF_FIT if isinstance(value, keras.Model) else ()
    values = {k: v for k, v in vars(value).items() if k not in of_fit and k[:6] != "_self_"}
    plain = (str, bool, int, float)
    if base is kind:
        if own := [v.__name__ for v in values.values() if _is_own_function(v)]:
            raise NotComparableError(f"what `{own[0]}` in a `{kind.__name__}` does is unknown")
        config = None if base is keras.Sequential else value.get_config()
        settings = _plain({"class_name": kind.__name__, "config": config}, names := {})
        kinds = (*plain, list, tuple, dict, np.ndarray)
        if "_exclude_from_weight_decay" in values:
            raise NotComparableError("what `exclude_from_weight_decay` left out is unknown")
        values = {k: v for k, v in values.items() if k[0] != "_" and isinstance(v, kinds)}
        values = {**_plain(values, names), "call": "call" in vars(value)}  # by `fast_training`
    elif base in BASES:
        names = ("trainable", "dtype", "compute_dtype", "activity_regularizer")
        settings = [getattr(value, name, None) for name in names]
        known = [k for k in (vars(base()) if base in BASES[:4] else ()) if k[0] == "_"]
        values = {k: v for k, v in values.items() if k not in (*known, "build", "quantize")}
    else:
        raise NotComparableError(f"`{kind.__name__}` is your own, and may do anything")
    values.pop("name", None)
    variables = [*getattr(value, "variables", ()), getattr(value, "state", None)]
    if isinstance(value, keras.metrics.Metric):  # `fit` resets its variables
        values = {k: v for k, v in values.items() if not isinstance(v, keras.Variable)}
        variables = value.name
    layers = getattr(value, "layers", None)
    return base is kind or kind, repr(base), settings, layers, variables, sorted(values.items())


def _plain(config, names: dict):
    """Return settings in which all is Keras' own, with numbers for the layers that Keras named."""
    if isinstance(config, dict):
        kind, settings = config.get("class_name"), config.get("config")
        owner = config.get("module", "keras") or "none"
        if kind in ("function", "__lambda__") or not owner.startswith(("keras", "cnn_utils")):
            own = settings if isinstance(settings, str) else kind
            raise NotComparableError(f"`{own}` in the settings of Keras is your own")
        name = settings.get("name") if isinstance(settings, dict) else None
        # "dense_7" depends on what was built before.
        if name and re.sub(r"_\d+$|_", "", name) == kind.lower().replace("_", ""):
            names.setdefault(name, f"layer {len(names)}")
        return {k: _plain(v, names) for k, v in config.items()}
    if isinstance(config, (list, tuple)):
        return [_plain(item, names) for item in config]
    return names.get(config, config) if isinstance(config, str) else config


def _parts_of_class(kind: type) -> list:
    if type(kind) is not type:
        raise NotComparableError(f"`{kind.__name__}` has a metaclass, which can't be compared")
    parts = []
    for base in kind.__mro__:
        if not _library_name(base):
            parts += [item for item in sorted(vars(base).items()) if item[0] not in OF_CLASS]
        elif base is object or issubclass(kind, BASES):
            parts.append(base)
        else:
            raise NotComparableError(f"`{kind.__name__}` is your own, and may do anything")
    return parts


def _parts_of_function(function: FunctionType) -> tuple:
    """Return the program of a function without its places in files, and all that it reads."""
    codes, values, attributes = _codes(function.__code__), {}, set()
    for step in [step for code in codes for step in dis.get_instructions(code)]:
        if not _is_own_function(function):
            break  # its version tells
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            builtin = getattr(builtins, step.argval, None)
            values[step.argval] = function.__globals__.get(step.argval, builtin)
        elif step.opcode in dis.hasname:
            attributes.add(step.argval)
            is_import = step.opname == "IMPORT_NAME"
            if UNCERTAIN.search(step.argval) or (is_import and step.argval not in COMPUTING):
                where = function.__name__
                raise NotComparableError(f"what `{step.argval}` in `{where}` does is unknown")
    # What others have put into a library's module.
    modules = [vars(value) for value in values.values() if isinstance(value, ModuleType)]
    found = [(k, module[k]) for module in modules for k in sorted(attributes) if k in module]
    kinds = (str, bool, int, float, list, dict, np.ndarray)
    put = [(k, v) for k, v in found if isinstance(v, kinds) or _is_own_function(v)]
    names = [(c.co_names, c.co_varnames, c.co_freevars, c.co_cellvars) for c in codes]
    constants = [[v for v in c.co_consts if not isinstance(v, CodeType)] for c in codes]
    program = function.__module__, [code.co_code for code in codes], names, constants
    closure = [cell.cell_contents for cell in function.__closure__ or ()]
    given = [function.__defaults__, function.__kwdefaults__, vars(function)]
    return program, given, closure, sorted(values.items()), put


def _codes(code: CodeType) -> list:
    """Return a program, and those of the functions defined in it."""
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return [code, *(c for one in inner for c in _codes(one))]


def _library_name(value) -> str | None:
    """Return the name of a module, class or function that a library which computes defines."""
    name, module = getattr(value, "__qualname__", None), getattr(value, "__module__", None)
    if isinstance(value, ModuleType):
        full, found = value.__name__, sys.modules.get(value.__name__)
    elif isinstance(name, str) and module in sys.modules:
        full, found = f"{module}.{name}", sys.modules[module]
        for part in name.split("."):
            found = getattr(found, part, None)
    else:
        return None
    is_certain = isinstance(value, type) or not UNCERTAIN.search(full)
    return full if found is value and _root(value) in COMPUTING and is_certain else None


def _is_installed(kind: type) -> bool:
    file = getattr(sys.modules.get(_root(kind)), "__file__", None) or ""
    return _root(kind) in sys.stdlib_module_names or file.startswith(LIBRARIES)


def _root(value) -> str:
    """Return the package of a module, class or function."""
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return str(name).split(".")[0]


def _is_own_function(value) -> bool:
    is_function = isinstance(value, FunctionType)
    return is_function and not value.__code__.co_filename.startswith(LIBRARIES)
