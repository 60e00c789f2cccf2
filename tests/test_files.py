import pytest

from cnn_utils.files import atomic_path


def test_the_file_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "results.csv"
    with atomic_path(target) as part:
        part.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["results.csv"]


def test_a_failure_leaves_the_old_file_and_no_rubbish(tmp_path):
    target = tmp_path / "results.csv"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_path(target) as part:  # noqa: PT012
        part.write_text("half a ro")
        1 / 0  # noqa: B018
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["results.csv"]
