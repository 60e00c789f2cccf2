import io
import zipfile

import numpy as np
import pytest

from cnn_utils.grading.verify.weights_file import BadWeights, OtherShapes, read_weights

WEIGHTS = [np.ones((5, 5, 1, 6), np.float32), np.arange(6, dtype=np.float32)]
SHAPES = [(5, 5, 1, 6), (6,)]


def saved(*arrays, **named):
    buffer = io.BytesIO()
    np.savez(buffer, *arrays, **named)
    return buffer.getvalue()


def packed(members, compression=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def npy(array=None, header=None):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, WEIGHTS[1] if array is None else array)
    data = buffer.getvalue()
    if header is None:
        return data
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data[128:]


def test_what_savez_wrote_comes_back():
    arrays = read_weights(saved(*WEIGHTS), SHAPES)
    for array, weight in zip(arrays, WEIGHTS, strict=True):
        np.testing.assert_array_equal(array, weight)
    assert read_weights(saved(np.float32(3)))[0].shape == ()


def test_what_the_kit_saves_can_be_read(tmp_path):
    from cnn_utils.handin.artifacts import save_for_grading

    class Network:
        def get_weights(self):
            return [np.asfortranarray(np.ones((3, 4))), np.ones(2, np.float16)]

        def to_json(self):
            return "{}"

    save_for_grading("cnn", Network(), {"loss": [1]}, [1], tmp_path)
    data = (tmp_path / "cnn" / "weights.npz").read_bytes()
    assert [array.shape for array in read_weights(data)] == [(3, 4), (2,)]


HEADER = "{'descr': '%s', 'fortran_order': False, 'shape': (%s,), }"
ATTACKS = {
    "no zip": (b"hello", "can't be read"),
    "empty": (b"", "can't be read"),
    "pickle": (saved(np.array([{"a": 1}], dtype=object)), "plain float32"),
    "float64": (saved(np.ones(3)), "plain float32"),
    "NaN": (saved(np.array([np.nan], np.float32)), "NaN or infinity"),
    "infinity": (saved(np.array([np.inf], np.float32)), "NaN or infinity"),
    "other names": (saved(a=WEIGHTS[0]), "not stored as"),
    "a path as a name": (packed([("../arr_0.npy", npy())]), "not stored as"),
    "a number missing": (packed([("arr_1.npy", npy())]), "not stored as"),
    "bomb": (packed([("arr_0.npy", npy() + b"\0" * 300_000_000)]), "more than 200 MB"),
    "a shape beyond the data": (
        packed([("arr_0.npy", npy(header=HEADER % ("<f4", "100000, 100000")))]),
        "size of the weights does not match",
    ),
    "code in the header": (
        packed([("arr_0.npy", npy(header="{'descr': __import__('os').system('x')}"))]),
        "plain float32",
    ),
    "header of version 3": (
        packed([("arr_0.npy", npy().replace(b"NUMPY\x01", b"NUMPY\x03"))]),
        "not an array",
    ),
    "no array": (packed([("arr_0.npy", b"hello")]), "not an array"),
    "more than its shape": (
        packed([("arr_0.npy", npy() + b"1234")]),
        "does not match their shapes",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_anything_else_is_refused_with_a_sentence(name):
    data, message = ATTACKS[name]
    with pytest.raises(BadWeights, match=message):
        read_weights(data)


def test_other_shapes_are_refused():
    with pytest.raises(BadWeights, match="not those of the network asked for"):
        read_weights(saved(*WEIGHTS), [*SHAPES, (6,)])
    with pytest.raises(OtherShapes):
        read_weights(saved(WEIGHTS[0], WEIGHTS[0]), SHAPES)


def test_the_required_shapes_may_come_in_any_order():
    arrays = read_weights(saved(*WEIGHTS[::-1]), SHAPES)
    assert [array.shape for array in arrays] == SHAPES[::-1]


def test_a_duplicate_is_refused():
    with pytest.warns(UserWarning, match="Duplicate"):
        data = packed([("arr_0.npy", npy()), ("arr_0.npy", npy())])
    with pytest.raises(BadWeights, match="not stored as"):
        read_weights(data)
