import hashlib
from types import SimpleNamespace

import IPython

from cnn_utils.handin.kernel_history import digest, inputs_run


def test_outside_a_notebook_nothing_was_run():
    assert inputs_run() == {}


def test_sources_are_counted_from_one(monkeypatch):
    history = SimpleNamespace(input_hist_raw=["", "x = 1", "%time x"])
    shell = SimpleNamespace(history_manager=history, kernel=None)
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    assert inputs_run() == {1: "x = 1", 2: "%time x"}


def test_a_terminal_is_no_notebook(monkeypatch):
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(history_manager=None))
    assert inputs_run() == {}


def test_a_digest_ignores_the_last_line_ends_only():
    assert digest("x = 1\n\n") == digest("x = 1")
    assert digest("x = 1 ") != digest("x = 1")
    assert digest("\ud800") != digest("?")
    assert digest("x") == hashlib.sha256(b"x").hexdigest()[:16]
