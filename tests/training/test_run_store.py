"""cnn_utils.training.run_store: states that come back as they were, room that is kept."""

import os

import numpy as np
import pytest

from cnn_utils.training import run_store
from cnn_utils.training.run_store import RunStore
from cnn_utils.training.state import State

GENERATOR = np.random.default_rng(1)
PARTS = {"the images": "a" * 64, "the labels": "b" * 64}


def state(size=3, epochs=2):
    return State(
        [np.arange(size, dtype="float32"), np.array(7, "int64")],
        [np.ones((2, 2), "float16")],
        [{"loss": 1 / 3 - epoch, "f1": [0.1, 0.2]} for epoch in range(epochs)],
        {"epochs": 5, "steps": None},
        first_epoch=1,
        callbacks=[{"wait": 2, "best": float("inf"), "best_weights": [np.ones(2), np.zeros(1)]}],
        batches=[
            {"generators": [np.random.default_rng(1).bit_generator.state], "order": np.arange(4)}
        ],
    )


def store(folder, parts=PARTS):
    made = RunStore(folder / "net", parts)
    made.prepare()
    return made


def read(path):
    return store(path).finished()


@pytest.mark.parametrize("finished", [True, False])
def test_what_is_kept_comes_back_as_it_was(tmp_path, finished):
    store(tmp_path).keep(state(), finished)
    found = store(tmp_path).finished() if finished else store(tmp_path).unfinished()
    expected = state()
    for kind in ("variables", "optimizer"):
        for a, b in zip(getattr(found, kind), getattr(expected, kind), strict=True):
            np.testing.assert_array_equal(a, b)
            assert a.dtype == b.dtype
    assert [row["loss"] for row in found.logs] == [1 / 3, 1 / 3 - 1]
    assert found.logs[0]["f1"].tolist() == [0.1, 0.2]
    assert found.params == {"epochs": 5, "steps": None}
    assert (found.first_epoch, found.epochs, found.stopped) == (1, 3, False)
    known = found.callbacks[0]
    assert (known["wait"], known["best"]) == (2, float("inf"))
    assert [array.tolist() for array in known["best_weights"]] == [[1, 1], [0]]
    assert found.batches[0]["order"].tolist() == [0, 1, 2, 3]
    assert found.batches[0]["generators"] == expected.batches[0]["generators"]


def test_the_finished_takes_the_place_of_the_unfinished(tmp_path):
    store(tmp_path).keep(state(), finished=False)
    assert store(tmp_path).finished() is None
    store(tmp_path).keep(state(), finished=True)
    assert store(tmp_path).unfinished() is None
    assert len(list((tmp_path / "net").glob("*.npz"))) == 1


def test_another_training_is_another_file_and_the_change_is_named(tmp_path):
    store(tmp_path).keep(state(), finished=True)
    other = store(tmp_path, {**PARTS, "the labels": "c" * 64})
    assert other.finished() is None
    assert other.changed() == ["the labels"]
    assert store(tmp_path).changed() == []
    assert RunStore(tmp_path / "new", PARTS).changed() == []


def test_changes_are_to_the_last_one_that_was_used(tmp_path):
    one, two = PARTS, {"the images": "d" * 64, "the labels": "e" * 64}
    for parts in (one, two):
        store(tmp_path, parts).keep(state(), finished=True)
    store(tmp_path, one).finished()
    assert store(tmp_path, {**one, "the labels": "c" * 64}).changed() == ["the labels"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"no archive", None])
def test_a_damaged_file_is_none_and_goes(tmp_path, damage):
    store(tmp_path).keep(state(size=1000), finished=True)
    (file,) = (tmp_path / "net").glob("*.npz")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1  # within an array: only the checksum tells
    file.write_bytes(content if damage is None else damage)
    assert store(tmp_path).finished() is None
    assert not file.exists()
    assert store(tmp_path).changed() == []


def test_a_file_that_does_not_answer_stays(tmp_path, monkeypatch, capsys):
    store(tmp_path).keep(state(), finished=True)

    def far(*arguments, **options):
        raise OSError(116, "Stale file handle")

    with monkeypatch.context() as patch:
        patch.setattr(np, "load", far)
        assert store(tmp_path).finished() is None
    assert "net: what was kept of it can't be read: Stale file h" in capsys.readouterr().out
    assert store(tmp_path).finished() is not None


def test_there_is_room_for_so_much_and_the_one_used_longest_ago_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(run_store, "MOST_BYTES", 10_000)
    stores = [store(tmp_path, {"the images": str(i) * 64}) for i in range(3)]
    for i, one in enumerate(stores):
        one.keep(state(size=1000), finished=True)  # some 6,000 bytes
        os.utime(one._path(True), (1000 + i, 1000 + i))
    assert [one.finished() is not None for one in stores] == [False, False, True]
    monkeypatch.setattr(run_store, "MOST_BYTES", 0)
    stores[0].keep(state(), finished=True)
    assert stores[0].finished() is not None  # never the one at work


def test_a_full_disk_is_told_once(tmp_path, monkeypatch, capsys):
    one = store(tmp_path)
    one.keep(state(epochs=1), finished=False)

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    for _ in range(3):
        one.keep(state(epochs=4), finished=False)
    assert capsys.readouterr().out.count("No space left on device") == 1
    assert one.unfinished().epochs == 2  # the earlier state stays: epochs 1, then 2


def test_another_process_waits_for_its_turn(tmp_path, capsys):
    import threading
    import time

    told = []

    def second():
        with store(tmp_path).alone():
            told.append(time.monotonic())

    with store(tmp_path).alone():
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(1)
        ended = time.monotonic()
    thread.join(10)
    assert told[0] >= ended
    assert "Another program is training this very network" in capsys.readouterr().out
