"""cnn_utils.training.kept: computed once, anew after any change, and never wrong."""

import numpy as np
import pytest

from cnn_utils.training import kept as module
from cnn_utils.training.kept import kept


class Work:
    """Counts how often it is done."""

    def __init__(self, result=(1.5, 2.5)):
        self.done, self.result = 0, np.array(result)

    def __call__(self):
        """Return the result."""
        self.done += 1
        return self.result


def test_what_was_computed_before_comes_from_the_file(tmp_path):
    work = Work()
    for _ in range(3):
        result = kept("table", ("a", np.arange(3)), work, tmp_path)
        assert result.tolist() == [1.5, 2.5]
    assert work.done == 1


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("other", ("a", np.arange(3))),
        ("table", ("b", np.arange(3))),
        ("table", ("a", np.array([0, 2, 1]))),
        ("table", ("a", np.arange(3, dtype="int32"))),
    ],
)
def test_any_change_computes_anew(tmp_path, kind, parts):
    work = Work()
    kept("table", ("a", np.arange(3)), work, tmp_path)
    kept(kind, parts, work, tmp_path)
    assert work.done == 2


def test_another_version_computes_anew(tmp_path, monkeypatch):
    work = Work()
    kept("table", 1, work, tmp_path)
    monkeypatch.setattr(module, "versions", lambda: ["4.0"])
    kept("table", 1, work, tmp_path)
    assert work.done == 2


def test_what_can_not_be_compared_is_computed_each_time(tmp_path):
    work = Work()
    for _ in range(2):
        assert kept("table", [iter([1])], work, tmp_path).tolist() == [1.5, 2.5]
    assert work.done == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"no archive", None])
def test_a_damaged_file_is_replaced(tmp_path, damage):
    work = Work(np.arange(1000.0))
    kept("table", 1, work, tmp_path)
    (file,) = tmp_path.glob("*/*.npz")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content if damage is None else damage)
    for _ in range(2):
        assert kept("table", 1, work, tmp_path).tolist() == list(range(1000))
    assert work.done == 2


def test_a_folder_that_can_not_be_written_to_is_no_reason_not_to_compute(tmp_path):
    (tmp_path / "file").write_text("")
    assert kept("table", 1, Work(), tmp_path / "file").tolist() == [1.5, 2.5]
