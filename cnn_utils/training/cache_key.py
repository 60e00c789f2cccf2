"""Hash all that a result depends on: equal hashes prove that nothing has changed."""

import builtins
import dis
import functools
import hashlib
import io
import os
import pickle
import re
import sys
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType

import keras
import numpy as np

# Packages that only compute, so that their versions tell what ...
COMPUTING = """builtins cmath cnn_utils collections functools itertools jax keras math numbers numpy
operator scipy sklearn tensorflow types typing""".split()
# ... but for names of what depends on files, chance or time, or looks a name up.
UNCERTAIN = re.compile(
    "load|read|file|open|rand|memmap|fromtxt|fromregex|dataset|director|environ|timestamp|raw_ops"
    "|py_function|numpy_function|attrgetter|methodcaller|_getframe|^io$|^(f|cr|gi)_|^__(globals|dict"
    "|builtins|subclasses|getattribute|closure|code)__$|^builtins.(breakpoint|compile|delattr|dir"
    "|eval|exec|getattr|globals|hash|id|input|locals|setattr|vars|__import__)$"
)
KIT = Path(__file__).parents[1]
LIBRARIES = tuple(map(str, (Path(functools.__file__).parent, Path(keras.__file__).parents[1], KIT)))
# Classes of Keras whose objects know more than was set, and those that one's own may extend.
BASES = (keras.Model, keras.Layer, keras.losses.Loss, keras.metrics.Metric, keras.Optimizer)
BASES += (keras.Operation,)
OWN_BASES = (*BASES[1:4], keras.Regularizer, keras.constraints.Constraint, keras.Initializer)
OWN_BASES += (keras.optimizers.schedules.LearningRateSchedule,)
CALLBACKS = (keras.callbacks.EarlyStopping, keras.callbacks.LearningRateScheduler)
CALLBACKS += (keras.callbacks.ReduceLROnPlateau, keras.callbacks.TerminateOnNaN)
# What they find out; each training begins without it.
LEARNED = {"best", "best_epoch", "best_weights", "cooldown_counter", "stopped_epoch", "wait"}
# What decides on nothing: what Keras sets in its objects, `fit` in a model, Python in a class.
OF_KERAS = "_built build built call_signature_parameters name quantize".split()
OF_FIT = """_compile_config _compiled_trainable_state _eval_epoch_iterator _functional compiled
history loss optimizer output_names predict_function steps_per_execution stop_evaluating
stop_predicting stop_training test_function train_function unrolled_steps_per_execution""".split()
OF_TRACKING = ("_self_name_based", "_self_saveable", "_self_unconditional", "_self_update")
CONFIG = "backend dtype_policy epsilon floatx image_data_format max_epochs max_steps_per_epoch"
OF_CLASS = """__dict__ __weakref__ __doc__ __module__ __annotations__ __firstlineno__
__static_attributes__""".split()
PICKLING = {"__getstate__", "__reduce__", "__reduce_ex__"}


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
    optimizers = [v for v in vars(model).values() if isinstance(v, keras.Optimizer)]
    if any(optimizer is not model.optimizer for optimizer in optimizers):
        raise NotComparableError("the network has more than one optimizer")
    model.reset_metrics()  # as `fit` does
    # Private: the public `get_compile_config` gives a function's name, not what it computes.
    compiled = {**model._compile_config.config, "optimizer": model.optimizer}
    is_by_name = any(isinstance(value, dict) for value in (y, *compiled.values()))
    names = model.output_names if is_by_name else None
    others = {k: v for k, v in sorted(arguments.items()) if k not in ("callbacks", "verbose")}
    without = {*LEARNED, "_model", "params", "monitor_op"}  # which follows from the mode
    settings = [{k: v for k, v in vars(c).items() if k not in without} for c in callbacks]
    for one in settings:
        one["min_delta"] = abs(one.get("min_delta", 0))  # `fit` turns its sign
    parts = {
        "the network or its first weights": model,
        "the images": x,
        "the labels": y,
        "the validation data": others.pop("validation_data", None),
        "the arguments of compile": [
            compiled,
            names,
            model.loss,
            model.jit_compile,
            model.run_eagerly,
        ],
        "the arguments of fit": others,
        "the callbacks": [[type(callback) for callback in callbacks], settings],
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
    kit = [file.read_bytes() for file in sorted(KIT.rglob("*.py"))]
    ways = [getattr(keras.config, name)() for name in CONFIG.split() if hasattr(keras.config, name)]
    ways.append(os.environ.get("TF_ENABLE_ONEDNN_OPTS"))
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        ways.append(tf.config.optimizer.get_experimental_options())
    return [found, sys.version, ways, kit]


def _hash(value) -> str:
    hasher = _Hasher(stream := io.BytesIO(), protocol=5)
    try:
        hasher.dump(value)
    except NotComparableError:
        raise
    except Exception as error:  # whatever an object may raise that can't be pickled
        what = f"a `{hasher.kind.__name__}` can't be compared"
        raise NotComparableError(f"{what} ({error})") from error
    return hashlib.sha256(stream.getvalue()).hexdigest()


class _Hasher(pickle._Pickler):
    """Pickles values by what they consist of; in Python, for the one in C memorises texts."""

    def memoize(self, value):
        """Remember a value, so that its second place refers to its first."""
        if type(value) not in (str, bytes, tuple):  # equal ones may be one object, or not
            super().memoize(value)

    def reducer_override(self, value):
        """Return what a value consists of, unless pickle knows it."""
        self.kind = type(value)
        parts = _parts(value)
        return NotImplemented if parts is None else (object, (), parts)


def _parts(value):
    """Return what a value consists of; None if pickle shall take it apart."""
    kind = type(value)
    if kind in PLAIN:
        return None
    if kind in PARTS:
        return kind.__name__, *PARTS[kind](value)
    if isinstance(value, (list, dict, set)) and kind.__module__.startswith(("keras", "tensorflow")):
        return next(base(value) for base in (list, dict, set) if isinstance(value, base))
    if isinstance(value, (keras.Variable, np.generic)) or keras.ops.is_tensor(value):
        parts = [getattr(value, name, None) for name in ("trainable", "regularizer", "constraint")]
        return "numbers", np.asarray(keras.ops.convert_to_numpy(value)), parts
    if isinstance(value, keras.Initializer) and kind.__module__.startswith("keras."):
        return kind, value.get_config()  # without the seed that it drew itself
    if isinstance(value, BASES):
        return _parts_of_keras_object(value)
    if isinstance(value, ModuleType) or hasattr(value, "__qualname__"):
        return _parts_of_program(value)
    if kind.__module__.startswith("tensorflow"):
        raise NotComparableError(f"a `{kind.__name__}` can't be compared")
    return None


def _parts_of_array(array):
    if array.dtype.hasobject:
        raise NotComparableError("an array holds objects instead of numbers")
    content = np.ascontiguousarray(array).reshape(-1).view("u1")
    return str(array.dtype), array.shape, hashlib.sha256(content).hexdigest()


# All but the place in a file.
OF_CODE = """co_code co_consts co_names co_varnames co_freevars co_argcount co_posonlyargcount
co_kwonlyargcount co_flags co_exceptiontable""".split()
PLAIN = (bool, bytes, complex, dict, float, int, list, str, tuple, type(None))
PARTS = {
    np.ndarray: _parts_of_array,
    np.memmap: _parts_of_array,
    np.random.Generator: lambda generator: [generator.bit_generator.state],
    set: lambda values: sorted(values, key=repr),
    frozenset: lambda values: sorted(values, key=repr),
    MethodType: lambda method: [method.__func__, method.__self__],
    staticmethod: lambda method: [method.__func__],
    classmethod: lambda method: [method.__func__],
    property: lambda one: [one.fget, one.fset, one.fdel],
    CodeType: lambda code: [getattr(code, name, None) for name in OF_CODE],
    keras.KerasTensor: lambda tensor: [tensor.shape, tensor.dtype],
    keras.random.SeedGenerator: lambda generator: [generator.state],
}


def _parts_of_keras_object(value) -> tuple:
    """Return all that was set in an object of Keras, by its class or from outside."""
    base, kind, name = next(b for b in BASES if isinstance(value, b)), type(value), value.name
    nodes = getattr(value, "_nodes_by_depth", {})  # of a functional model
    left_out = _set_by_keras(base, bool(nodes))
    values = {k: v for k, v in vars(value).items() if k not in left_out}
    values = {k: v for k, v in values.items() if not k.startswith(OF_TRACKING)}
    variables = getattr(value, "variables", None)
    if base is keras.metrics.Metric and kind.__module__.startswith(("keras.", "cnn_utils.")):
        # They make their variables when they are first used.
        values = {k: v for k, v in values.items() if not isinstance(v, keras.Variable)}
        variables = None
    # Keras calls a layer "dense_7", which depends on what was built before.
    is_counted = re.sub(r"_\d+$|_", "", name) == kind.__name__.lower().replace("_", "")
    name = None if is_counted else name
    names = ("trainable", "dtype", "compute_dtype", "_learning_rate", "layers", "_layers")
    names += ("_metrics", "inputs", "_inputs_struct", "_outputs_struct")
    settings = [getattr(value, name, None) for name in names]
    # From the inputs on: the arguments of each node are among the outputs of earlier ones.
    ordered = [node for _, some in sorted(nodes.items(), reverse=True) for node in some]
    calls = [(n.operation, n.arguments.args, n.arguments.kwargs, n.outputs) for n in ordered]
    return kind, name, calls, settings, variables, sorted(values.items())


@functools.cache
def _set_by_keras(base: type, is_functional: bool) -> set:
    """Return the names of what Keras itself sets in an object; other public ones are settings.

    The objects made here have names, so that Keras doesn't count them.
    """
    arguments = [1.0] if base is keras.Optimizer else []
    if is_functional:
        arguments = [keras.Input((1,), name="plain")] * 2
    plain = base(*arguments, name="plain")
    private = [name for name in vars(plain) if name[0] == "_"]
    return {*private, *OF_KERAS, *(OF_FIT if base is keras.Model else ())} - {"_layers", "_metrics"}


def _parts_of_program(value) -> tuple | None:
    """Return the parts of a function, class or module of one's own; None for a library's."""
    is_module, name = isinstance(value, ModuleType), value.__name__
    name = name if is_module else f"{getattr(value, '__module__', None)}.{value.__qualname__}"
    package = name.split(".")[0]
    is_class, is_function = isinstance(value, type), isinstance(value, FunctionType)
    if package in COMPUTING and "<" not in name and (is_class or not UNCERTAIN.search(name)):
        return ("module", name) if is_module else None  # by its name, if true
    file = getattr(sys.modules.get(package), "__file__", None) or ""
    is_installed = package in sys.stdlib_module_names or file.startswith(LIBRARIES)
    is_own = package == "__main__" or not is_installed
    if is_class and is_own:
        return _parts_of_class(value)
    if is_function and (is_own or (package in COMPUTING and "<" in name)):  # made by a library
        return _parts_of_function(value, is_own)
    what = f"a `{type(value).__name__}`" if "<" in value.__name__ else f"`{value.__name__}`"
    raise NotComparableError(f"{what} can't be compared")


def _parts_of_class(kind: type) -> list:
    parts = [type(kind)]
    for base in kind.__mro__:
        if base.__module__.split(".")[0] not in COMPUTING:
            if PICKLING & set(vars(base)):
                raise NotComparableError(f"`{kind.__name__}` says itself how it is pickled")
            parts += [item for item in sorted(vars(base).items()) if item[0] not in OF_CLASS]
        elif base is object or issubclass(kind, OWN_BASES):
            parts.append(base)
        else:
            raise NotComparableError(f"`{kind.__name__}` is your own, and may do anything")
    return parts


def _parts_of_function(function: FunctionType, is_own: bool) -> tuple:
    """Return the program of a function, and all that it reads if no library's version tells."""
    codes, values = [function.__code__] if is_own else [], {}
    for code in codes:
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    for step in [step for code in codes for step in dis.get_instructions(code)]:
        name = step.argval
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            values[name] = function.__globals__.get(name, getattr(builtins, name, None))
        elif step.opcode in dis.hasname:
            is_import = step.opname == "IMPORT_NAME"
            if UNCERTAIN.search(name) or (is_import and name not in COMPUTING):
                where = function.__name__
                raise NotComparableError(f"what `{name}` in `{where}` does is unknown")
    closure = [cell.cell_contents for cell in function.__closure__ or ()]
    given = [function.__defaults__, function.__kwdefaults__, vars(function)]
    return function.__module__, function.__code__, given, closure, sorted(values.items())
