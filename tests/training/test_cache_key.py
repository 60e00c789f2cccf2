"""cnn_utils.training.cache_key: equal for the same training; different, or refused, for others."""

import collections
import dataclasses
import enum
import functools
import random
import sys
import types

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from keras import layers
from sklearn.decomposition import PCA

from cnn_utils.fast.augmentation import Augmentation
from cnn_utils.keras_metrics import F1Score
from cnn_utils.training import cache_key
from cnn_utils.training.batches import ImageBatches
from cnn_utils.training.cache_key import NotComparableError, digest, training_key

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 4, 4, 1)).astype("float32")
Y = RNG.integers(0, 3, 12)


def network(*more, units=3, rate=0.1, **options):
    first = layers.Conv2D(2, 2, kernel_initializer="zeros", **options)
    body = [first, *more, layers.Dropout(rate, seed=1), layers.Flatten()]
    head = layers.Dense(units, kernel_initializer="zeros")
    return keras.Sequential([keras.Input((4, 4, 1)), *body, head])


def compiled(model=None, optimizer=None, loss="mse", metrics=("accuracy",), **options):
    model = network() if model is None else model
    model.compile(optimizer or keras.optimizers.SGD(0.1), loss, metrics=list(metrics), **options)
    return model


def key(model=None, x=X, y=Y, callbacks=(), seed=1, **arguments):
    return training_key(model or compiled(), x, y, arguments, list(callbacks), seed)


def changed(one, other):
    return [name for name in one if one[name] != other[name]]


def cell(source, **names):
    """Run a notebook's cell: its functions and classes have no file."""
    namespace = {"__name__": "__main__", "keras": keras, "np": np, "layers": layers, **names}
    exec(source, namespace)
    return types.SimpleNamespace(**{k: v for k, v in namespace.items() if k[:2] != "__"})


# What decides on a training, and how the key names its change.

OTHER_X, OTHER_Y = X.copy(), Y.copy()
OTHER_X[5, 1, 2, 0] += 1
OTHER_Y[7] = (OTHER_Y[7] + 1) % 3


def one_other_weight():
    model = compiled()
    kernel = model.layers[0].get_weights()
    kernel[0][1, 1, 0, 1] += 1e-6
    model.layers[0].set_weights(kernel)
    return model


def own_loss(y_true, y_pred):
    return keras.ops.mean((y_true - y_pred) ** 2)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("the images", lambda: key(x=OTHER_X)),
        ("the images", lambda: key(x=X.astype("float64"))),
        ("the images", lambda: key(x=X[::-1])),
        ("the images", lambda: key(x=X.reshape(12, 2, 8, 1))),
        ("the labels", lambda: key(y=OTHER_Y)),
        ("the labels", lambda: key(y=Y.astype("int32"))),
        ("the seed", lambda: key(seed=2)),
        ("the arguments of fit", lambda: key(epochs=2)),
        ("the arguments of fit", lambda: key(class_weight={0: 2.0})),
        ("the arguments of fit", lambda: key(sample_weight=np.ones(12))),
        ("the arguments of fit", lambda: key(shuffle=False)),
        ("the validation data", lambda: key(validation_data=(X, Y))),
        ("the network or its first weights", lambda: key(compiled(network(activation="elu")))),
        ("the network or its first weights", lambda: key(compiled(network(rate=0.2)))),
        ("the network or its first weights", lambda: key(one_other_weight())),
        ("the arguments of compile", lambda: key(compiled(loss="mae"))),
        ("the arguments of compile", lambda: key(compiled(loss=own_loss))),
        ("the arguments of compile", lambda: key(compiled(metrics=["mae"]))),
        ("the arguments of compile", lambda: key(compiled(optimizer=keras.optimizers.SGD(0.2)))),
        (
            "the arguments of compile",
            lambda: key(compiled(optimizer=keras.optimizers.SGD(0.1, momentum=0.5))),
        ),
        ("the arguments of compile", lambda: key(compiled(steps_per_execution=2))),
        ("the callbacks", lambda: key(callbacks=[keras.callbacks.EarlyStopping("loss")])),
        ("the callbacks", lambda: key(callbacks=[keras.callbacks.TerminateOnNaN()])),
    ],
)
def test_each_change_is_named(name, change):
    assert changed(key(), change()) == [name]


def test_settings_of_a_callback_count():
    def with_patience(patience):
        return key(callbacks=[keras.callbacks.EarlyStopping("loss", patience=patience)])

    assert with_patience(1) == with_patience(1)
    assert changed(with_patience(1), with_patience(2)) == ["the callbacks"]


def test_a_trained_optimizer_is_a_change():
    model = compiled()
    model.optimizer.build(model.trainable_variables)
    model.optimizer.iterations.assign(5)
    assert changed(key(), key(model)) == ["the arguments of compile"]


def test_other_versions_are_a_change(monkeypatch):
    before = key()
    monkeypatch.setattr(keras, "__version__", "9.0")
    assert changed(before, key()) == ["the installed versions"]


# What must train: either the key differs, or it is refused.

LOSS = """
class Own(keras.losses.Loss):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def call(self, y_true, y_pred):
        return keras.ops.mean((y_true - y_pred) ** 2) * keras.ops.sum(self.value)
"""
LAYER = """
class Own(layers.Layer):
    def __init__(self, value):
        super().__init__()
        self._value = value

    def call(self, inputs):
        return inputs * keras.ops.sum(self._value)
"""
REGULARIZER = """
class Own(keras.regularizers.Regularizer):
    def __init__(self, value):
        self.value = value

    def __call__(self, weights):
        return self.value * keras.ops.sum(weights**2)

    def get_config(self):
        return {}
"""
CONSTRAINT = REGULARIZER.replace("regularizers.Regularizer", "constraints.Constraint")
INITIALIZER = """
class Own(keras.Initializer):
    def __init__(self, value):
        self.value = value

    def __call__(self, shape, dtype=None):
        return 0 * self.value * keras.ops.ones(shape)

    def get_config(self):
        return {}
"""
SCHEDULE = """
class Own(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, value):
        self.value = value

    def __call__(self, step):
        return self.value / (1 + step)
"""
MODEL = """
class Own(keras.Model):
    def __init__(self, value):
        super().__init__()
        self.value = value
        self.flatten, self.dense = layers.Flatten(), layers.Dense(3, kernel_initializer="zeros")

    def call(self, inputs):
        return keras.ops.sum(self.value) * self.dense(self.flatten(inputs))
"""
DENSE = """
class Own(layers.Dense):
    def __init__(self, value):
        super().__init__(3, kernel_initializer="zeros")
        self.value = value

    def call(self, inputs):
        return super().call(inputs) * self.value
"""
CALLABLE = """
class Own:
    def __init__(self, value):
        self.value = value

    def __call__(self, images):
        return images * self.value
"""
READS = """
def loss(y_true, y_pred):
    return keras.ops.mean((y_true - y_pred) ** 2) * {}
"""


def own(source, value):
    return cell(source).Own(value)


def own_model(value):
    model = own(MODEL, value)
    model(X)
    return compiled(model)


def with_layer(source, value):
    return compiled(network(own(source, value)))


def with_loss(loss):
    return compiled(loss=loss)


def reading(expression, **names):
    """Return a network whose loss function reads something of the notebook."""
    return compiled(loss=cell(READS.format(expression), **names).loss)


def preprocessing(function):
    return {"x": ImageBatches(X, Y, function, 4), "y": None}


def class_attribute(value):
    source = LOSS.replace("    def __init__", "    table = TABLE\n\n    def __init__", 1)
    return with_loss(cell(source, TABLE=value).Own(1.0))


def of_base_class(value):
    source = f"class Base:\n    rate = {value}\n" + CALLABLE.replace("Own:", "Own(Base):")
    return preprocessing(cell(source).Own(1))


def own_module(value):
    module = types.ModuleType("settings")
    module.rate = value
    return reading("settings.rate", settings=module)


def own_dataset(path):
    source = f"""
class Own(keras.utils.PyDataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        return np.load({path!r})
"""
    return {"x": cell(source).Own(), "y": None}


def closure(value):
    source = "def outer(value):\n    def inner(images):\n        return images * value[0]\n"
    return preprocessing(cell(source + "    return inner\n").outer([value]))


def mutable_default(value):
    function = cell("def function(images, rates=[1]):\n    return images * rates[0]\n").function
    function.__defaults__[0][0] = value
    return preprocessing(function)


def counted(value):
    source = """
def decorated(function):
    def inner(images):
        inner.calls += 1
        return images * inner.calls
    inner.calls = START
    return inner

@decorated
def function(images):
    return images
"""
    return preprocessing(cell(source, START=value).function)


def slots(value):
    source = "class Own:\n    __slots__ = ['value']\n" + CALLABLE.split("Own:\n")[1]
    return preprocessing(cell(source).Own(value))


def with_property(value):
    source = CALLABLE.replace("self.value = value", "self._hidden = value")
    source += "\n    @property\n    def value(self):\n        return self._hidden\n"
    return preprocessing(own(source, value))


class Shade(enum.Enum):
    """A setting that is one of two."""

    LIGHT, DARK = 1, 2


@dataclasses.dataclass
class Settings:
    """A settings object."""

    rate: float


# The twelve of a student's afternoon, and others of their kind: name, and what a value makes.
STALE = {
    "number in an object of an own loss": lambda v: with_loss(own(LOSS, float(v))),
    "array in an object of an own loss": lambda v: with_loss(own(LOSS, np.full(2, v))),
    "tuple in an object of an own loss": lambda v: with_loss(own(LOSS, (1, v))),
    "number in an own layer": lambda v: with_layer(LAYER, float(v)),
    "array in an own layer": lambda v: with_layer(LAYER, np.full(3, v, "float32")),
    "own regularizer": lambda v: compiled(network(kernel_regularizer=own(REGULARIZER, v))),
    "own constraint": lambda v: compiled(network(kernel_constraint=own(CONSTRAINT, v))),
    "number in an own model": lambda v: own_model(float(v)),
    "array in an own model": lambda v: own_model(np.full(3, v, "float32")),
    "own callable class": lambda v: preprocessing(own(CALLABLE, v)),
    "array among class attributes": lambda v: class_attribute(np.full(3, v)),
    "list in a settings class": lambda v: reading("C.RATES[0]", C=type("C", (), {"RATES": [v]})),
    "attribute of a module": own_module,
    "file read by an own PyDataset": lambda v: own_dataset("images.npy"),
    # More of the kind.
    "mutable default": mutable_default,
    "default of a lambda": lambda v: preprocessing(cell(f"f = lambda i, r={v}: i * r").f),
    "keyword default": lambda v: preprocessing(cell(f"def f(i, *, r={v}):\n  return i * r\n").f),
    "list in a closure": closure,
    "attribute of a base class": of_base_class,
    "object in a dict": lambda v: reading("D['own'](1)", D={"own": own(CALLABLE, v)}),
    "dataclass": lambda v: reading("S.rate", S=Settings(v)),
    "enum": lambda v: reading("S.value", S=Shade(v)),
    "NumPy number": lambda v: reading("R", R=np.float32(v)),
    "property": with_property,
    "slots": slots,
    "decorator with a state": counted,
    "layer that extends Dense": lambda v: with_layer(DENSE, v),
    "own initializer": lambda v: compiled(network(bias_initializer=own(INITIALIZER, v))),
    "partial of an own function": lambda v: preprocessing(
        functools.partial(cell("def f(rate, images):\n    return rate * images\n").f, v)
    ),
    "bound method": lambda v: preprocessing(own(CALLABLE, v).__call__),
    "module by another name": lambda v: reading(
        "s.rate", s=sys.modules.setdefault("own_settings", types.ModuleType("own_settings"))
    ),
    "own layer within a network": lambda v: compiled(
        network(keras.Sequential([keras.Input((3, 3, 2)), own(LAYER, float(v))]))
    ),
    "global list": lambda v: reading("RATES[0]", RATES=[v]),
    "global dict": lambda v: reading("RATES['a']", RATES={"a": v}),
    "nested dict": lambda v: reading("C['a'][0]['b']", C={"a": [{"b": v}]}),
    "namespace": lambda v: reading("s.rate", s=types.SimpleNamespace(rate=v)),
    "named tuple": lambda v: reading("s.rate", s=collections.namedtuple("S", "rate")(v)),
    "ordered dict": lambda v: reading("s['a']", s=collections.OrderedDict(a=v)),
    "list of one's own kind": lambda v: reading("s[0]", s=type("S", (list,), {})([v])),
    "schedule without get_config": lambda v: compiled(
        optimizer=keras.optimizers.SGD(own(SCHEDULE, v))
    ),
    "activation of one's own": lambda v: compiled(
        network(activation=cell(f"def a(x):\n    return x * {v}\n").a)
    ),
    "function in place of a layer's": lambda v: with_call(v),
    "attribute set on Keras' layer": lambda v: reading("layer.rate", layer=with_rate(v)),
    "weights of a layer that a function uses": lambda v: preprocessing(
        cell("def f(images):\n    return flip(images)\n", flip=constant_layer(v)).f
    ),
    "schedule of an own callback": lambda v: {"callbacks": [own_callback(v)]},
    "function of a callback": lambda v: {
        "callbacks": [keras.callbacks.LearningRateScheduler(cell(f"s = lambda e: 0.1 / {v}").s)]
    },
    "global generator of numbers": lambda v: preprocessing(
        cell("def f(i):\n    return i + rng.normal()\n", rng=np.random.default_rng(v)).f
    ),
    "Python's generator": lambda v: preprocessing(
        cell("def f(i):\n    return i + rng.random()\n", rng=random.Random(v)).f
    ),
    "seed of an augmentation": lambda v: {
        "x": ImageBatches(X, Y, augment=Augmentation(shift=1, seed=v)),
        "y": None,
    },
    "iterator": lambda v: reading("next(numbers)", numbers=iter([v])),
    "data frame": lambda v: reading("float(t['a'][0])", t=pd.DataFrame({"a": [v]})),
    "variable of TensorFlow": lambda v: reading("v", v=tf.Variable(float(v))),
    "loss in a list": lambda v: compiled(loss=[own(LOSS, v)]),
    "own loss that extends Keras'": lambda v: with_loss(
        own(LOSS.replace("losses.Loss", "losses.MeanSquaredError"), v)
    ),
    "loss that counts": lambda v: with_loss(own(LOSS + "\n    count = [0]\n", v)),
    "attribute of a function": lambda v: reading("f.rate", f=with_attribute(v)),
    "a function that a function calls": lambda v: reading(
        "f()", f=cell(f"def f():\n    return {v}\n").f
    ),
    "variables that an optimizer leaves out": lambda v: compiled(optimizer=excluding(v)),
    "seed generator": lambda v: preprocessing(own(CALLABLE, seed_generator(v))),
    "regularizer of an own layer's output": lambda v: compiled(network(regularized(v))),
    "reduction of an own loss": lambda v: with_loss(reduced(v)),
    "order of inputs": lambda v: compiled(two_inputs(v)),
    "type of an input": lambda v: compiled(
        keras.Sequential([keras.Input((4,), dtype=("float32", "int32")[v - 1]), layers.Dense(3)])
    ),
    "names of outputs": lambda v: two_outputs(v),
    "private sublayers of an own layer": lambda v: with_layer(
        LAYER.replace(
            "self._value = value", "self._value, self._layers = 1.0, [layers.Dropout(value / 10)]"
        ),
        v,
    ),
    "private name that begins as TensorFlow's": lambda v: with_layer(
        LAYER.replace("self._value = value", "self._value, self._self_rate = 1.0, value"), v
    ),
    "regularizer of an own model's output": lambda v: regularized_model(v),
    "variable of an own metric": lambda v: compiled(metrics=[weighted_metric(v)]),
    "arguments of a function": lambda v: reading(
        "f", f=cell(f"def f(a, {'*' * (v - 1)}b):\n    pass\n").f
    ),
    "number of epochs in Keras' settings": lambda v: with_config("max_epochs", v),
    "format in Keras' settings": lambda v: with_config(
        "image_data_format", ("channels_first", "channels_last")[v - 1]
    ),
    "fields that are not pickled": lambda v: preprocessing(own(UNPICKLED, v)),
    "recursive structure": lambda v: reading("len(s)", s=recursive(v)),
}


def with_call(value):
    model = network()
    model.layers[0].call = cell(f"def call(inputs):\n    return inputs * {value}\n").call
    return compiled(model)


def with_rate(value):
    layer = layers.Flatten()
    layer.rate = value
    return layer


def constant_layer(value):
    layer = layers.Dense(1)
    layer.build((None, 1))
    layer.set_weights([np.full((1, 1), value), np.zeros(1)])
    return layer


def own_callback(value):
    callback = type("Own", (keras.callbacks.Callback,), {})()
    callback.value = value
    return callback


def with_attribute(value):
    function = cell("def f():\n    pass\n").f
    function.rate = value
    return function


def excluding(value):
    optimizer = keras.optimizers.AdamW(0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias", "kernel"][:value])
    return optimizer


def regularized(value):
    layer = own(LAYER, 1.0)
    layer.activity_regularizer = keras.regularizers.L2(value)
    return layer


def reduced(value):
    loss = own(LOSS, 1.0)
    loss.reduction = ("sum", "none")[value - 1]
    return loss


def seed_generator(value):
    generator = keras.random.SeedGenerator(1)
    generator.state.assign([1, value])
    return generator


UNPICKLED = CALLABLE + "\n    def __getstate__(self):\n        return {}\n"


def two_inputs(value):
    a, b = keras.Input((4,)), keras.Input((4,))
    x = layers.Subtract()([layers.Dense(3, kernel_initializer="zeros")(i) for i in (a, b)])
    return keras.Model([a, b] if value == 1 else [b, a], x)


def two_outputs(value):
    inputs = keras.Input((4,))
    names = ("head_1", "head_2")[:: 1 if value == 1 else -1]
    head = type("Head", (layers.Dense,), {"__module__": "__main__"})
    outputs = [head(3, kernel_initializer="zeros", name=name)(inputs) for name in names]
    model = keras.Model(inputs, outputs)
    model.compile("sgd", {"head_1": "mse", "head_2": "mae"})
    return model


def regularized_model(value):
    model = own(MODEL, 1.0)
    model(X)
    model.activity_regularizer = keras.regularizers.L2(value)
    return compiled(model)


def weighted_metric(value):
    metric = cell(F1).F1Score()
    metric.beta = metric.add_weight(initializer=keras.initializers.Constant(value))
    metric.reset_state = lambda: None
    return metric


def with_config(name, value):
    before = getattr(keras.config, name)()
    getattr(keras.config, f"set_{name}")(value)
    try:
        return {"x": X, "y": [digest(1)]}
    finally:
        getattr(keras.config, f"set_{name}")(before)


def recursive(value):
    found = [value]
    found.append(found)
    return found


def key_of(made):
    return key(made) if isinstance(made, keras.Model) else key(**made)


@pytest.mark.parametrize("name", STALE)
def test_it_trains(name):
    """With another value the key differs, or it is refused."""
    sys.modules.pop("own_settings", None)
    try:
        one, other = (key_of(STALE[name](value)) for value in (1, 2))
    except NotComparableError:
        return
    assert one != other


@pytest.mark.parametrize(
    "name",
    [
        "number in an object of an own loss",
        "array in an object of an own loss",
        "tuple in an object of an own loss",
        "number in an own layer",
        "array in an own layer",
        "array in an own model",
        "own callable class",
        "array among class attributes",
        "list in a settings class",
        "list in a closure",
        "property",
        "bound method",
        "global dict",
        "decorator with a state",
    ],
)
def test_what_is_complete_and_plain_is_loaded(name):
    assert key_of(STALE[name](1)) == key_of(STALE[name](1))


# What can't be proven, and the reason.

USES = "def preprocess(images):\n    return {}\n"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: {"x": tf.data.Dataset.range(3)}, "a `_RangeDataset` can't be compared"),
        (lambda: {"x": (i for i in [X])}, "a `generator` can't be compared"),
        (lambda: {"x": np.array([None, 1])}, "an array holds objects instead of numbers"),
        (lambda: {"x": pd.DataFrame(Y)}, "`DataFrame` can't be compared"),
        (lambda: own_dataset("x.npy"), "`Own` is your own, and may do anything"),
        (lambda: {"callbacks": [own_callback(1)]}, "the callback `Own` may do anything"),
        (
            lambda: {"callbacks": [keras.callbacks.LambdaCallback()]},
            "the callback `LambdaCallback` may do anything",
        ),
        (lambda: compiled(keras.Sequential([layers.Dense(1)])), "begin with a keras.Input"),
        (lambda: network(), "the network isn't compiled"),
        (
            lambda: preprocessing(functools.cache(cell("def f(i):\n    return i\n").f)),
            "`f` can't be compared",
        ),
        (lambda: own_module(1), "`settings` can't be compared"),
    ],
)
def test_what_can_not_be_proven_is_refused(make, reason):
    with pytest.raises(NotComparableError, match=reason):
        key_of(make())


@pytest.mark.parametrize(
    ("expression", "uncertain"),
    [
        ("np.load('a.npy')", "load"),
        ("np.random.rand(3)", "random"),
        ("np.fromfile('a')", "fromfile"),
        ("np.genfromtxt('a')", "genfromtxt"),
        ("keras.utils.load_img('a')", "load_img"),
        ("keras.random.normal((3,))", "random"),
        ("path.read_bytes()", "read_bytes"),
        ("images.__class__.__subclasses__()", "__subclasses__"),
    ],
)
def test_a_function_that_depends_on_more_than_its_values_is_refused(expression, uncertain):
    function = cell(USES.format(expression), path=None).preprocess
    with pytest.raises(NotComparableError, match=f"what `{uncertain}` in `preprocess` does"):
        digest(function)


@pytest.mark.parametrize(
    "body",
    [
        "open('a').readline",
        "getattr(images, 'me' + 'an')()",
        "eval('images')",
        "os.environ['RATE']",
        "time.time()",
        "random.random()",
        "datetime.date.today()",
        "pathlib.Path('a').stat()",
        "globals()['rate']",
        "requests.get('a')",
        "rand(3)",
        "__import__('os')",
        "id(images)",
        "hash('a')",
        "numbers.random",
        "load('a')",
    ],
)
def test_files_chance_time_and_the_like_are_refused(body):
    import datetime
    import os
    import pathlib
    import time

    names = {"os": os, "time": time, "random": random, "datetime": datetime, "pathlib": pathlib}
    names |= {
        "load": np.load,
        "rand": np.random.rand,
        "requests": types.ModuleType("requests"),
        "numbers": np,
    }
    with pytest.raises(NotComparableError):
        digest(cell(USES.format(body), **names).preprocess)


def test_an_import_within_a_function():
    def using(name):
        return cell(f"def f(images):\n    import {name}\n    return images\n").f

    assert digest(using("math")) == digest(using("math"))
    with pytest.raises(NotComparableError, match="what `socket` in `f` does is unknown"):
        digest(using("socket"))


# What must be loaded.

F1 = """
class F1Score(keras.metrics.Metric):
    def __init__(self, name="f1", **options):
        super().__init__(name=name, **options)
        self.n_classes = 3
        self.tp = self.add_weight(name="tp", shape=(3,), initializer="zeros")
        self.counts = self.add_weight(shape=(3, 3), initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        true = keras.ops.one_hot(keras.ops.cast(y_true, "int32"), self.n_classes)
        pred = keras.ops.one_hot(keras.ops.argmax(y_pred, axis=-1), self.n_classes)
        self.counts.assign_add(keras.ops.matmul(keras.ops.transpose(true), pred))

    def result(self):
        hits = keras.ops.diagonal(self.counts)
        total = keras.ops.sum(self.counts, axis=0) + keras.ops.sum(self.counts, axis=1)
        return keras.ops.mean(keras.ops.divide_no_nan(2 * hits, total))

    def reset_state(self):
        for variable in self.variables:
            variable.assign(keras.ops.zeros(variable.shape))
"""
SCALE = "def preprocess(images):\n    return images.astype('float32') / 255\n"


def functional():
    inputs = keras.Input((4, 4, 1))
    x = layers.Conv2D(2, 2, kernel_initializer="zeros")(inputs)
    x = layers.Flatten()(layers.Add()([x, layers.ReLU()(x)]) * 2.0)
    return keras.Model(inputs, layers.Dense(3, kernel_initializer="zeros")(x))


def deep(n):
    inputs = x = keras.Input((4,))
    for _ in range(n):
        x = layers.Add()([layers.ReLU()(x), x])
    return keras.Model(inputs, layers.Dense(1, kernel_initializer="zeros")(x))


BASE = keras.Sequential([keras.Input((4,)), layers.Dense(2, kernel_initializer="zeros")])


def on_base():
    inputs = keras.Input((4,))
    outputs = layers.Dense(3, kernel_initializer="zeros")(BASE(inputs, training=False))
    return keras.Model(inputs, outputs)


def with_part():
    model = functional()
    keras.Model(model.inputs, model.layers[1].output)
    return model


def part_one():
    return key(compiled(optimizer="adam", metrics=["accuracy", cell(F1).F1Score()]))


def part_two():
    model = network(layers.BatchNormalization(), activation="relu")
    f1 = keras.metrics.F1Score(average="macro", name="f1")
    model = compiled(model, "adam", "categorical_crossentropy", ["accuracy", f1])
    scale = cell(SCALE).preprocess
    hot = np.eye(3)[Y]
    train = ImageBatches(X, hot, scale, 4, shuffle=True, augment=Augmentation(shift=1))
    return key(model, train, None, validation_data=ImageBatches(X, hot, scale), epochs=2)


def fast():
    import cnn_utils

    model = network(layers.BatchNormalization(), activation="relu")
    cnn_utils.fast_training(model)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.2)
    return key(compiled(model, cnn_utils.ConvMuon(0.1), loss, [F1Score()]))


LOADED = {
    "part 1 with a metric of one's own": part_one,
    "part 2 with preprocessing and augmentation": part_two,
    "the fast network": fast,
    "functional network": lambda: key(compiled(functional())),
    "schedule of Keras": lambda: key(
        compiled(optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 9)))
    ),
    "early stopping": lambda: key(callbacks=[keras.callbacks.EarlyStopping("loss", patience=3)]),
    "schedule by epoch": lambda: key(
        callbacks=[keras.callbacks.LearningRateScheduler(cell("s = lambda e, r: r / (1 + e)").s)]
    ),
    "plain loss function": lambda: key(compiled(loss=own_loss)),
    "weights of images": lambda: key(sample_weight=np.linspace(0, 1, 12)),
    "weights of classes": lambda: key(class_weight={0: 1.0, 1: 2.5, 2: 1}),
    "pair of arrays to validate": lambda: key(validation_data=(X, Y)),
    "share to validate": lambda: key(validation_split=0.25, batch_size=4, epochs=3),
    "smoothed labels": lambda: key(
        compiled(loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1))
    ),
    "names as texts": lambda: key(compiled(optimizer="sgd", loss="mae", metrics=["mse"])),
    "regularizer of Keras": lambda: key(compiled(network(kernel_regularizer="l2"))),
    "network of one's own": lambda: key(own_model(2.0)),
    "regularizer of one's own": lambda: key(
        compiled(network(kernel_regularizer=own(REGULARIZER, 2.0)))
    ),
    "activation of one's own": lambda: key(compiled(network(activation=own(CALLABLE, 2.0)))),
    "schedule of one's own": lambda: key(
        compiled(optimizer=keras.optimizers.SGD(own(SCHEDULE, 0.1)))
    ),
    "function in place of a layer's": lambda: key(with_call(2)),
    "functional network in another": lambda: key(
        compiled(keras.Sequential([keras.Input((4, 4, 1)), functional()]), metrics=())
    ),
    "network of 150 layers": lambda: key(compiled(deep(150), metrics=())),
    "network of which a part was taken": lambda: key(compiled(with_part())),
    "class with an underscore": lambda: key(
        with_layer(LAYER.replace("Own", "Own_Layer") + "\nOwn = Own_Layer\n", 2.0)
    ),
    "settings in a namespace": lambda: key(reading("s.a", s=types.SimpleNamespace(a=1))),
    "head on another network": lambda: key(compiled(on_base(), metrics=())),
    "layer of one's own": lambda: key(with_layer(LAYER, 2.0)),
    "partial": lambda: key(**preprocessing(functools.partial(np.multiply, 2.0))),
    "augmenting layer": lambda: key(
        **preprocessing(cell("def f(i):\n    return flip(i)\n", flip=layers.RandomFlip(seed=1)).f)
    ),
    "dict of arrays": lambda: key(x={"a": X, "b": Y}),
    "list of numbers": lambda: key(y=Y.tolist()),
}


@pytest.mark.parametrize("name", LOADED)
def test_the_same_is_loaded(name):
    first = LOADED[name]()
    keras.Sequential([layers.Conv2D(1, 1), layers.Dense(1), layers.Flatten(), layers.Add()])
    assert LOADED[name]() == first


def test_the_verbosity_does_not_count():
    assert key(verbose=0) == key(verbose=2)


def test_connections_count_although_keras_names_are_left_out():
    def connected(twice):
        inputs = keras.Input((4, 4, 1))
        flat = layers.Flatten()(inputs)
        a, b = [layers.Dense(3, kernel_initializer="zeros")(flat) for _ in range(2)]
        return keras.Model(inputs, [a, b, layers.Add()([a, a if twice else b])])

    one = key(compiled(connected(False), metrics=()))
    assert one == key(compiled(connected(False), metrics=()))
    assert one != key(compiled(connected(True), metrics=()))


@pytest.mark.parametrize(
    ("metric", "labels"),
    [(lambda: keras.metrics.F1Score(name="f1"), np.eye(3)[Y]), (lambda: cell(F1).F1Score(), Y)],
)
def test_evaluating_first_changes_nothing(metric, labels):
    loss = "mse" if labels.ndim == 2 else "sparse_categorical_crossentropy"
    model = compiled(loss=loss, metrics=[metric()])
    before = key(model)
    model.evaluate(X, labels, verbose=0)
    assert key(model) == before


# Values of all kinds.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (0, None),
        ("1", 1),
        (b"a", "a"),
        ([1, 2], (1, 2)),
        ([1, [2]], [1, 2]),
        ({"a": 1}, {"a": 2}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),  # a program may depend on the order
        ({1, 2}, {1, 3}),
        (np.zeros(2), np.zeros((2, 1))),
        (np.zeros(0), np.zeros((0, 3))),
        (np.float32(1), np.float64(1)),
        (keras.initializers.HeNormal(1), keras.initializers.HeNormal(2)),
        (keras.regularizers.L2(0.1), keras.regularizers.L2(0.2)),
        (np.random.default_rng(1), np.random.default_rng(2)),
        (tf.constant([1]), tf.constant([2])),
        (PCA(2).fit_transform, PCA(3).fit_transform),
        (PCA(2).fit(X.reshape(12, 16)).transform, PCA(2).fit(X.reshape(12, 16) + 1).transform),
        (np.abs, np.sqrt),
        (F1Score(10), F1Score(9)),
    ],
)
def test_different_values_have_different_hashes(one, other):
    assert digest(one) != digest(other)
    assert digest(one) == digest(one)


def test_only_the_place_in_the_file_does_not_count():
    source = "def f(images):\n    return images * 2\n"
    assert digest(cell(source).f) == digest(cell("\n\n# a comment\n" + source).f)
    assert digest(cell(source).f) != digest(cell(source.replace("2", "3")).f)


def test_batches_in_another_order_are_others():
    batches = ImageBatches(X, Y, shuffle=True)
    before = digest(batches)
    batches.on_epoch_end()
    assert digest(batches) != before


def test_the_kit_itself_counts(monkeypatch, tmp_path):
    before = digest(1)
    monkeypatch.setattr(cache_key, "KIT", tmp_path)
    assert digest(1) != before
