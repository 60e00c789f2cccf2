import io
import zipfile

import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.intake import archives
from cnn_utils.grading.intake.archives import Files, what_is
from tests.grading.intake.small_submissions import zipped


def walked(path, name="in"):
    problems = []
    with Files() as files:
        found = {f.name: files.read(f.path, f.members) for f in files.walk(path, name, problems)}
    return found, problems


def test_files_are_listed_and_read_through_folders_and_zips(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.txt").write_bytes(b"b")
    (tmp_path / "a" / "c.zip").write_bytes(
        zipped({"d.txt": b"d", "e.zip": zipped({"f.txt": b"f"})})
    )
    expected = {"in/a/b.txt": b"b", "in/a/c.zip/d.txt": b"d", "in/a/c.zip/e.zip/f.txt": b"f"}
    assert walked(tmp_path) == (expected, [])


def test_two_members_of_one_name_are_two_files(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("x", b"2")
    problems = []
    with Files() as files:
        found = list(files.walk(tmp_path / "a.zip", "a.zip", problems))
        assert [files.read(f.path, f.members) for f in found] == [b"1", b"2"]


def test_no_more_than_the_limit_is_read(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped({"a": b"1" * 600, "b": b"2" * 600}))
    with Files(limit=1_000) as files:
        first, second = files.walk(tmp_path / "a.zip", "a.zip", [])
        assert files.read(first.path, first.members) == b"1" * 600
        with pytest.raises(KitError, match="larger than 200 MB"):
            files.read(second.path, second.members)


def test_a_member_larger_than_it_states_is_refused(tmp_path):
    data = bytearray(zipped({"a": b"1" * 5_000}))
    where = data.index(b"PK\1\2") + 24
    data[where : where + 4] = (100).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(bytes(data))
    with Files() as files:
        (found,) = files.walk(tmp_path / "a.zip", "a.zip", [])
        with pytest.raises(KitError, match=r"damaged|wrong size"):
            files.read(found.path, found.members)


def test_a_zip_that_lists_too_many_files_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_FILES", 10)
    (tmp_path / "a.zip").write_bytes(zipped({str(i): b"" for i in range(11)}))
    assert walked(tmp_path / "a.zip", "a.zip") == (
        {},
        ["'a.zip' can't be read. It lists more than 10 files."],
    )
    (tmp_path / "c.zip").write_bytes(zipped({f"{i}.zip": zipped({"x": b""}) for i in range(9)}))
    assert walked(tmp_path / "c.zip", "c.zip")[1][0].startswith("'c.zip/0.zip' can't be read.")
    (tmp_path / "b").mkdir()
    for i in range(11):
        (tmp_path / "b" / str(i)).touch()
    found, problems = walked(tmp_path / "b")
    assert (len(found), problems) == (10, ["The folder holds more than 10 files."])


def test_another_compression_is_told(tmp_path):
    data = bytearray(zipped({"a": b"1"}))
    for start, offset in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        data[data.index(start) + offset] = 9  # Deflate64
    (tmp_path / "a.zip").write_bytes(bytes(data))
    with Files() as files:
        (found,) = files.walk(tmp_path / "a.zip", "a.zip", [])
        with pytest.raises(KitError, match="use a plain zip"):
            files.read(found.path, found.members)


def test_a_file_that_is_gone_is_an_error_of_its_own(tmp_path):
    with Files() as files, pytest.raises(KitError, match="can't be opened: No such file"):
        files.read(str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("name", "head", "what"),
    [
        ("a.rar", b"", "a RAR archive"),
        ("a.zip", b"Rar!\x1a", "a RAR archive"),
        ("a.tar.gz", b"", "a gzip archive"),
        ("a.DOCX", b"", "a text document"),
        ("a.ipynb", b"{", ""),
        ("a.zip", b"PK\3\4", ""),
    ],
)
def test_what_a_file_is(name, head, what):
    assert what_is(name, head) == what


def test_every_file_is_closed(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped({"b.zip": zipped({"c": b""})}))
    with Files() as files:
        list(files.walk(tmp_path / "a.zip", "a", []))
        archive, _ = files.open_zip(str(tmp_path / "a.zip"))
        file = archive.fp
    assert isinstance(file, io.BufferedReader)
    assert file.closed
