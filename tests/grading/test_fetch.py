import os

import pytest

from cnn_utils.grading.fetch import fetch, fetch_json


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.json").write_text("[1, 2.5]")
    return folder


def test_a_regular_file_is_read(out):
    assert fetch(out, "a.json") == b"[1, 2.5]"
    assert fetch_json(out, "a.json") == [1, 2.5]


def test_links_pipes_folders_and_large_files_are_none(out, tmp_path):
    (out / "link").symlink_to("/etc/passwd")
    os.mkfifo(out / "pipe")
    (out / "folder").mkdir()
    (out / "large").write_bytes(b"x" * 101)
    assert [fetch(out, name, most=100) for name in ("link", "pipe", "folder", "large", "no")] == (
        [None] * 5
    )
    assert fetch(out, "large", most=101) is not None


def test_a_folder_that_became_a_link_is_not_followed(out, tmp_path):
    (tmp_path / "elsewhere").symlink_to(out)
    assert fetch(tmp_path / "elsewhere", "a.json") is None
    assert fetch(tmp_path / "none", "a.json") is None


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00"])
def test_what_is_no_json_is_none(out, text):
    (out / "a.json").write_text(text)
    assert fetch_json(out, "a.json") is None
