import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.results.spreadsheets import as_cell, read_table, write_table


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3.0, 3),
        (2.5, 2.5),
        ("a\n b", "a b"),
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("", ""),
        (None, None),
    ],
)
def test_cells(value, expected):
    assert as_cell(value) == expected


@pytest.mark.parametrize(
    ("mark", "encoding"), [(";", "cp1252"), ("\t", "utf-8-sig"), (",", "utf-8")]
)
def test_a_table_is_read_however_it_was_saved(tmp_path, mark, encoding):
    path = tmp_path / "x.csv"
    path.write_bytes(f"name{mark}points\r\nÅse{mark}3\r\nBo\r\n".encode(encoding))
    rows = [{"name": "Åse", "points": "3"}, {"name": "Bo", "points": ""}]
    assert read_table(path) == (["name", "points"], rows)


def test_what_is_written_is_read(tmp_path):
    write_table(["a", "b"], [{"a": "x, y", "b": "1", "c": "z"}], tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes() == b'\xef\xbb\xbfa,b\n"x, y",1\n'
    assert read_table(tmp_path / "x.csv") == (["a", "b"], [{"a": "x, y", "b": "1"}])


def test_a_missing_file_or_an_invalid_table_is_an_error(tmp_path):
    with pytest.raises(KitError, match="must be a CSV file; received No such file"):
        read_table(tmp_path / "none.csv")
    (tmp_path / "x.csv").write_text("a\n" + "x" * 200_000)
    with pytest.raises(KitError, match="must be a CSV file; received 'field larger"):
        read_table(tmp_path / "x.csv")
