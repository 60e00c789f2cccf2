import os

import pytest

from cnn_utils.grading.sandbox.sandbox_output import read_json_output, read_output


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.json").write_text("[1, 2.5]")
    return folder


def test_a_regular_file_is_read(out):
    assert read_output(out, "a.json") == b"[1, 2.5]"
    assert read_json_output(out, "a.json") == [1, 2.5]


def test_links_pipes_folders_and_large_files_are_not_read(out, tmp_path):
    (out / "link").symlink_to("/etc/passwd")
    os.mkfifo(out / "pipe")
    (out / "folder").mkdir()
    (out / "large").write_bytes(b"x" * 101)
    assert [
        read_output(out, name, max_bytes=100) for name in ("link", "pipe", "folder", "large", "no")
    ] == ([None] * 5)
    assert read_output(out, "large", max_bytes=101) is not None


def test_a_folder_that_became_a_link_is_not_followed(out, tmp_path):
    (tmp_path / "elsewhere").symlink_to(out)
    assert read_output(tmp_path / "elsewhere", "a.json") is None
    assert read_output(tmp_path / "none", "a.json") is None


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00"])
def test_invalid_json_is_not_read(out, text):
    (out / "a.json").write_text(text)
    assert read_json_output(out, "a.json") is None
