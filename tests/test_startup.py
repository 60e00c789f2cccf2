import gc
import logging
import os
import subprocess
import sys

import pytest

from cnn_utils.startup import import_quietly

LOUD = "import os\nos.write(2, b'start-up note\\n')\n"


def test_versions_are_printed_and_tensorflow_is_silent():
    code = "import cnn_utils; cnn_utils.show_versions()"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    for word in ("Python", "Keras", "tensorflow", "cnn_utils"):
        assert word in run.stdout


def test_notes_are_dropped_when_all_goes_well(tmp_path, monkeypatch, capfd):
    (tmp_path / "loud_module.py").write_text(LOUD + "value = 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert import_quietly("loud_module").value == 7
    assert capfd.readouterr().err == ""
    os.write(2, b"afterwards")
    assert capfd.readouterr().err == "afterwards"


def test_the_note_on_retracing_is_dropped_and_others_are_not(caplog):
    import_quietly("os")
    logger = logging.getLogger("tensorflow")
    with caplog.at_level("WARNING", logger="tensorflow"):
        logger.warning("5 out of the last 5 calls to %s triggered tf.function retracing.", "f")
        logger.warning("No space left.")
    assert "retracing" not in caplog.text
    assert "No space left." in caplog.text


def test_what_an_import_brings_is_not_looked_through_for_garbage(tmp_path, monkeypatch):
    (tmp_path / "large_module.py").write_text(
        "import gc\nvalues = [[i] for i in range(1000)]\nwas_on = gc.isenabled()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    frozen = gc.get_freeze_count()
    assert not import_quietly("large_module").was_on
    assert gc.get_freeze_count() >= frozen + 1000
    assert gc.isenabled()


def test_reading_notebooks_needs_no_grammar_of_addresses():
    code = "import cnn_utils, nbformat, sys; print('lark' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_notes_are_shown_when_the_import_fails(tmp_path, monkeypatch, capfd):
    (tmp_path / "broken_module.py").write_text(LOUD + "1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ZeroDivisionError):
        import_quietly("broken_module")
    assert "start-up note" in capfd.readouterr().err
