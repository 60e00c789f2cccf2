import subprocess
import sys

import h5py
import numpy as np
import pytest

from cnn_utils.data import formats
from cnn_utils.errors import DataError

N = 12


@pytest.fixture
def cifar_arrays():
    rng = np.random.default_rng(0)
    return {
        "X_train": rng.integers(0, 256, (N, 32, 32, 3), np.uint8),
        "y_train": np.arange(N, dtype=np.uint8) % 10,
        "X_test": rng.integers(0, 256, (5, 32, 32, 3), np.uint8),
    }


def write_h5(path, arrays, **attributes):
    with h5py.File(path, "w", locking=False) as file:
        for name, array in arrays.items():
            file[name] = array
        file.attrs.update(attributes)
    return path


@pytest.fixture(scope="module")
def mnist_arrays():
    return {
        "x_train": np.zeros((60000, 28, 28), np.uint8),
        "y_train": (np.arange(60000) % 10).astype(np.uint8),
        "x_test": np.full((10000, 28, 28), 255, np.uint8),
        "y_test": (np.arange(10000) % 10).astype(np.uint8),
    }


def write_npz(path, arrays):
    np.savez(path, **arrays)
    return path


def test_cifar10_comes_back_as_it_was_written(tmp_path, cifar_arrays):
    arrays, is_sample = formats.read_cifar10(write_h5(tmp_path / "c.h5", cifar_arrays))
    assert not is_sample
    np.testing.assert_array_equal(arrays["X_train"], cifar_arrays["X_train"])
    np.testing.assert_array_equal(arrays["y_train"], cifar_arrays["y_train"])
    assert arrays["y_train"].dtype == np.int64


def test_a_file_that_is_locked_by_another_program_is_read_all_the_same(tmp_path, cifar_arrays):
    """As on network drives, where HDF5's own locks fail."""
    fcntl = pytest.importorskip("fcntl")
    path = write_h5(tmp_path / "c.h5", cifar_arrays)
    code = (
        "import sys; from pathlib import Path\n"
        "from cnn_utils.data.formats import read_cifar10\n"
        "print(len(read_cifar10(Path(sys.argv[1]))[0]))"
    )
    with open(path, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        command = [sys.executable, "-c", code, str(path)]
        run = subprocess.run(command, capture_output=True, text=True)
    assert run.stdout == "3\n", run.stderr


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
@pytest.mark.parametrize("shape", [(N,), (N, 1)])
def test_labels_may_be_a_column_of_any_integer_type(tmp_path, cifar_arrays, shape, dtype):
    cifar_arrays["y_train"] = cifar_arrays["y_train"].reshape(shape).astype(dtype)
    arrays, _ = formats.read_cifar10(write_h5(tmp_path / "c.h5", cifar_arrays))
    assert arrays["y_train"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]


def test_the_sample_is_known_by_its_own_word(tmp_path, cifar_arrays):
    file = write_h5(tmp_path / "c.h5", cifar_arrays, source=np.bytes_("sample"))
    assert formats.read_cifar10(file)[1]


def test_compressed_files_are_read_too(tmp_path, cifar_arrays):
    with h5py.File(tmp_path / "c.h5", "w", locking=False) as file:
        for name, array in cifar_arrays.items():
            file.create_dataset(name, data=array, compression="gzip")
    assert len(formats.read_cifar10(tmp_path / "c.h5")[0]["X_train"]) == N


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("X_train", None, r"hold X_train, y_train, X_test.*missing: X_train"),
        ("X_train", np.zeros((N, 3, 32, 32), np.uint8), r"\(n, 32, 32, 3\).*\(12, 3, 32, 32\)"),
        ("X_train", np.zeros((N, 32, 32, 3), np.float32), r"uint8 0-255.*float32"),
        ("X_train", np.zeros((0, 32, 32, 3), np.uint8), r"X_train.*\(0, 32, 32, 3\)"),
        ("X_test", np.zeros((5, 28, 28), np.uint8), r"X_test.*\(5, 28, 28\)"),
        ("y_train", np.zeros((N, 10), np.uint8), r"whole-number labels, shape \(n,\).*\(12, 10\)"),
        ("y_train", np.zeros(N + 1, np.uint8), r"whole-number labels, shape \(12,\).*\(13,\)"),
        ("y_train", np.zeros(N, np.float32), r"whole-number labels.*float32"),
        (
            "y_train",
            np.full(N, 10, np.uint8),
            r"ten classes.* 1 different ones, from 10",
        ),
        ("y_train", np.full(N, -1), r"ten classes, 0-9; received 1 different ones, from -1"),
        ("y_train", np.full(N, b"cat"), r"whole-number labels"),
        ("y_train", np.arange(N) % 5, r"ten classes, 0-9; received 5 different ones, from 0 to 4"),
    ],
)
def test_a_wrong_array_in_the_hdf5_file_is_named(tmp_path, cifar_arrays, name, value, message):
    cifar_arrays[name] = value
    if value is None:
        del cifar_arrays[name]
    with pytest.raises(DataError, match=message):
        formats.read_cifar10(write_h5(tmp_path / "c.h5", cifar_arrays))


def test_a_group_in_place_of_an_array(tmp_path):
    with h5py.File(tmp_path / "c.h5", "w", locking=False) as file:
        for name in ("X_train", "y_train", "X_test"):
            file.create_group(name)
    with pytest.raises(DataError, match=r"X_train.*must be an array stored in the file"):
        formats.read_cifar10(tmp_path / "c.h5")


def test_a_link_to_another_file_is_not_read_as_zeros(tmp_path, cifar_arrays):
    layout = h5py.VirtualLayout((N, 32, 32, 3), np.uint8)
    layout[:] = h5py.VirtualSource(tmp_path / "gone.h5", "X_train", (N, 32, 32, 3))
    with h5py.File(tmp_path / "c.h5", "w", locking=False) as file:
        file.create_virtual_dataset("X_train", layout)
        file["y_train"], file["X_test"] = cifar_arrays["y_train"], cifar_arrays["X_test"]
    with pytest.raises(DataError, match=r"X_train.*received no stored values"):
        formats.read_cifar10(tmp_path / "c.h5")


def test_an_array_that_was_never_written_is_not_read_as_zeros(tmp_path, cifar_arrays):
    del cifar_arrays["X_test"]
    file = write_h5(tmp_path / "c.h5", cifar_arrays)
    with h5py.File(file, "a", locking=False) as f:
        f.create_dataset("X_test", (5, 32, 32, 3), np.uint8)
    with pytest.raises(DataError, match=r"X_test.*received no stored values"):
        formats.read_cifar10(file)


def test_an_empty_hdf5_array_is_no_traceback(tmp_path, cifar_arrays):
    cifar_arrays["y_train"] = h5py.Empty("u1")
    with pytest.raises(DataError):
        formats.read_cifar10(write_h5(tmp_path / "c.h5", cifar_arrays))


@pytest.mark.parametrize("source", ["sample", np.bytes_("x" * 300), np.zeros(3)])
def test_another_source_attribute_marks_no_sample(tmp_path, cifar_arrays, source):
    """HDF5 searches the heap for texts of variable length, in a damaged file forever."""
    file = write_h5(tmp_path / "c.h5", cifar_arrays, source=source)
    assert formats.read_cifar10(file)[1] is False


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.99])
def test_a_cut_off_hdf5_file(tmp_path, cifar_arrays, share):
    file = write_h5(tmp_path / "c.h5", cifar_arrays)
    content = file.read_bytes()
    file.write_bytes(content[: max(10, int(len(content) * share))])
    with pytest.raises(DataError, match=r"readable and complete.*Delete it and get the file again"):
        formats.read_cifar10(file)


@pytest.mark.parametrize("read", [formats.read_cifar10, formats.read_mnist])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "received an empty file"),
        (b"<!DOCTYPE html><title>404</title>", "received a web page.*log-in"),
        (b"\n <html><body>Too many requests", "received a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer.*git lfs pull"),
        (b"\x00" * 600, r"received another kind of file\. Is it the file"),
    ],
)
def test_a_file_of_another_kind(tmp_path, read, content, message):
    file = tmp_path / "data.bin"
    file.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read(file)


@pytest.mark.parametrize("read", [formats.read_cifar10, formats.read_mnist])
def test_a_folder_or_no_file(tmp_path, read):
    with pytest.raises(DataError, match=r"must be readable; received Is a directory.*the name"):
        read(tmp_path)
    with pytest.raises(DataError, match=r"must be readable; received No such file.*permissions"):
        read(tmp_path / "none")


def test_mnist_is_split_in_its_order(tmp_path, mnist_arrays):
    arrays = formats.read_mnist(write_npz(tmp_path / "mnist.npz", mnist_arrays))
    assert {name: array.shape for name, array in arrays.items()} == {
        "X_train": (50000, 28, 28),
        "y_train": (50000,),
        "X_val": (10000, 28, 28),
        "y_val": (10000,),
        "X_test": (10000, 28, 28),
        "y_test": (10000,),
    }
    np.testing.assert_array_equal(arrays["y_val"], mnist_arrays["y_train"][50000:])
    assert arrays["X_test"].min() == 255


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("y_test", None, "missing: y_test"),
        ("x_train", np.zeros((6000, 28, 28), np.uint8), r"\(60000, 28, 28\).*\(6000, 28, 28\)"),
        ("x_test", np.zeros((10000, 784), np.uint8), r"\(10000, 28, 28\).*\(10000, 784\)"),
        ("x_test", np.zeros((10000, 28, 28), np.float16), "float16"),
        ("y_train", np.zeros(9, np.uint8), r"whole-number labels, shape \(60000,\)"),
        ("y_test", np.full(10000, 11), "received 1 different ones, from 11 to 11"),
        ("y_test", np.array([{}], dtype=object), "readable and complete"),
    ],
)
def test_a_wrong_array_in_the_npz_file_is_named(tmp_path, mnist_arrays, name, value, message):
    arrays = {**mnist_arrays, name: value}
    if value is None:
        del arrays[name]
    with pytest.raises(DataError, match=message):
        formats.read_mnist(write_npz(tmp_path / "mnist.npz", arrays))


def test_a_cut_off_or_garbled_npz_file(tmp_path, mnist_arrays):
    file = write_npz(tmp_path / "mnist.npz", mnist_arrays)
    content = bytearray(file.read_bytes())
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="readable and complete"):
        formats.read_mnist(file)
    middle = len(content) // 2
    content[middle : middle + 20] = bytes(255 - byte for byte in content[middle : middle + 20])
    file.write_bytes(content)
    with pytest.raises(DataError, match="readable and complete"):
        formats.read_mnist(file)


def test_one_flipped_byte_anywhere_is_no_traceback(tmp_path):
    """Small arrays, so that headers and directory are a large part of the file."""
    arrays = {name: np.zeros(3, np.uint8) for name in ("x_train", "y_train", "x_test", "y_test")}
    file = write_npz(tmp_path / "mnist.npz", arrays)
    content = file.read_bytes()
    for position in range(0, len(content), 7):
        file.write_bytes(
            content[:position] + bytes([255 - content[position]]) + content[position + 1 :]
        )
        with pytest.raises(DataError):
            formats.read_mnist(file)
