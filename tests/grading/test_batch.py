import json

import pytest
from small_lab import F1, TEN, answer, needs_sandbox, notebook

from cnn_utils.__main__ import main
from cnn_utils.errors import KitError
from cnn_utils.grading import batch
from cnn_utils.grading.batch import grade

pytestmark = needs_sandbox


@pytest.fixture(scope="module")
def graded(lab, tmp_path_factory):
    """Grade three hand-ins of the small assignment, in a real sandbox."""
    folder = tmp_path_factory.mktemp("class")
    (folder / "in").mkdir()
    (folder / "in" / "ann.ipynb").write_bytes(notebook(F1, TEN, answer("It is so.")))
    (folder / "in" / "bo.ipynb").write_bytes(notebook(TEN.replace("**10", "**9")))
    (folder / "in" / "cy.ipynb").write_bytes(b"")
    options = ["grade", str(folder / "in"), "--master", str(lab), "--out", str(folder / "out")]
    assert main([*options, "--sandbox", "bwrap", "--jobs", "2"]) == 0
    return folder


def results(graded):
    files = (graded / "out" / "results").glob("*.json")
    return {path.stem: json.loads(path.read_text()) for path in files}


def test_each_hand_in_has_its_row(graded):
    points = {
        name: [mark["points"] for mark in row["marks"]] for name, row in results(graded).items()
    }
    assert points == {"ann": [10, 20, None], "bo": [0, 0, 0], "cy": [0, 0, 0]}
    assert {name: row["status"] for name, row in results(graded).items()} == {
        "ann": "complete",
        "bo": "complete",
        "cy": "unreadable",
    }
    assert len((graded / "out" / "gradebook.csv").read_text().splitlines()) == 4


def test_a_hand_in_that_did_not_change_is_not_graded_again(graded, lab, monkeypatch):
    asked = []
    monkeypatch.setattr(batch, "grade_one", lambda h, job: asked.append(h.name))
    rows = grade(graded / "in", lab, None, graded / "out", sandbox="bwrap")
    assert asked == []
    assert [row["name"] for row in rows] == ["ann", "bo", "cy"]


def test_two_at_once_are_refused_and_nothing_is_left_over(graded, lab):
    place = graded / "out" / ".work-1-of-1"
    with batch._work_folder(place), pytest.raises(KitError, match="another one at work"):
        grade(graded / "in", lab, None, graded / "out", sandbox="bwrap")
    assert not place.exists()


def test_what_a_killed_batch_left_is_removed(tmp_path):
    (tmp_path / "w" / "old" / "box").mkdir(parents=True)
    with batch._work_folder(tmp_path / "w") as work:
        assert [path.name for path in work.iterdir()] == ["lock"]


def test_two_names_never_become_one_file():
    names = ["ann", "a:b", "a;b", "x" * 200, "x" * 201]
    assert len({batch._safe(name) for name in names}) == 5
    assert batch._safe("ann") == "ann"


def test_a_result_depends_on_the_labels_as_well(lab, tmp_path):
    without = batch._hash_of(lab, tmp_path)
    assert batch._hash_of(lab, None) == without
    (tmp_path / "mnist.npz").write_text("x")
    assert batch._hash_of(lab, tmp_path) != without


def test_shards_share_a_batch(graded, lab):
    def names(i):
        rows = grade(graded / "in", lab, None, graded / "out", shard=(i, 2), sandbox="bwrap")
        return [row["name"] for row in rows]

    assert (names(1), names(2)) == (["ann", "cy"], ["bo"])


@pytest.mark.parametrize("shard", ["0/2", "3/2", "2", "a/b"])
def test_a_shard_that_is_none_is_refused(shard, capsys):
    with pytest.raises(SystemExit):
        main(["grade", "x", "--shard", shard])
    assert "expected i/n" in capsys.readouterr().err
