import hashlib

import pytest

from cnn_utils.errors import KitError
from cnn_utils.files import (
    KIT,
    atomic_path,
    cache_folder,
    is_own,
    replaced_together,
    sha256,
    write_whole,
)


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


def test_a_hash_is_that_of_all_the_bytes(tmp_path):
    content = bytes(range(256)) * 10_000  # more than is read at once
    (tmp_path / "file").write_bytes(content)
    assert sha256(tmp_path / "file") == hashlib.sha256(content).hexdigest()


def test_links_to_elsewhere_are_not_one_s_own(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "file").write_text("x")
    (folder / "inside").symlink_to(folder / "file")
    (folder / "outside").symlink_to("/etc/passwd")
    owned = {name: is_own(folder / name, folder) for name in ("file", "inside", "outside", "none")}
    assert owned == {"file": True, "inside": True, "outside": False, "none": False}
    assert not is_own(folder, tmp_path)


def test_texts_and_bytes_are_written_as_they_are(tmp_path):
    write_whole(tmp_path / "a", "\u00e6\r\n\ud800")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa6\r\n?"
    write_whole(tmp_path / "a", b"\x00")
    assert (tmp_path / "a").read_bytes() == b"\x00"


def test_what_can_t_be_written_is_said(tmp_path):
    with pytest.raises(KitError, match=r"must be a file to write to; received No such .* disk\.$"):
        write_whole(tmp_path / "none" / "a", "x")


def test_the_kit_lies_where_its_notebooks_are():
    assert (KIT / "notebooks").is_dir()


def test_a_home_that_cannot_be_written_to_gets_a_temporary_folder(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CNN_UTILS_CACHE", str(tmp_path / "file" / "cache"))
    folder = cache_folder()
    assert folder.is_dir()
    assert folder == cache_folder()
    told = f"'{tmp_path / 'file' / 'cache'}' can't be written to. CNN_UTILS_CACHE names another"
    assert capsys.readouterr().err.count(told) == 1


def test_files_replace_others_together_or_not_at_all(tmp_path):
    target = tmp_path / "net"
    names = ("a", "b", "c")

    def write(*contents, fails=False):
        with replaced_together(target, names) as new:
            for name, content in zip(names, contents, strict=False):
                (new / name).write_text(content)
            if fails:
                raise OSError(28, "No space left on device")

    write("1", "2", "3")
    with pytest.raises(OSError, match="No space"):
        write("4", "5", fails=True)
    assert [(target / name).read_text() for name in names] == ["1", "2", "3"]
    write("6", "7")
    assert [path.name for path in sorted(target.iterdir())] == ["a", "b"]
    assert (target / "b").read_text() == "7"
    assert [path.name for path in tmp_path.iterdir()] == ["net"]
