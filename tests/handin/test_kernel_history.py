import hashlib
from types import SimpleNamespace

import IPython

from cnn_utils.handin.kernel_history import executed_cells, source_hash


def test_outside_a_notebook_nothing_was_run():
    assert executed_cells() == {}


def test_sources_are_counted_from_one(monkeypatch):
    history = SimpleNamespace(input_hist_raw=["", "%load_ext cnn_utils\nx = 1", "%time x"])
    shell = SimpleNamespace(history_manager=history, kernel=None)
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    assert executed_cells() == {1: "%load_ext cnn_utils\nx = 1", 2: "%time x"}


def test_a_terminal_is_no_notebook(monkeypatch):
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(history_manager=None))
    assert executed_cells() == {}


def test_a_hash_ignores_the_last_line_ends_only():
    assert source_hash("x = 1\n\n") == source_hash("x = 1")
    assert source_hash("x = 1 ") != source_hash("x = 1")
    assert source_hash("\ud800") != source_hash("?")
    assert source_hash("x") == hashlib.sha256(b"x").hexdigest()[:16]
