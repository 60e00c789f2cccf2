import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.results.spreadsheets import as_cell, printable, read_table, write_table


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


def test_a_missing_file_and_a_workbook_are_errors(tmp_path):
    with pytest.raises(KitError, match="must be a CSV file; received No such file"):
        read_table(tmp_path / "none.csv")
    for start in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        (tmp_path / "x.csv").write_bytes(start)
        with pytest.raises(KitError, match=r"received an Excel .* save it as 'CSV UTF-8"):
            read_table(tmp_path / "x.csv")


def test_a_long_cell_is_read(tmp_path):
    (tmp_path / "x.csv").write_text(
        "a,b\n" + "x" * 140_000 + ",1\n" + '"' + "y\n" * 100_000 + '",2'
    )
    assert [row["b"] for row in read_table(tmp_path / "x.csv")[1]] == ["1", "2"]


@pytest.mark.parametrize("first", ["sep=;\n", '"sep=;"\r\n', "SEP=;\r", "sep=;;\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_the_first_line_may_name_the_delimiter(tmp_path, first, encoding):
    (tmp_path / "x.csv").write_bytes(f"{first}a,b;c\n1;2\n".encode(encoding))
    assert read_table(tmp_path / "x.csv") == (["a,b", "c"], [{"a,b": "1", "c": "2"}])


def test_a_delimiter_in_a_name_is_none(tmp_path):
    (tmp_path / "x.csv").write_text('"a, b, c, d";e\n1;2\n')
    assert read_table(tmp_path / "x.csv")[0] == ["a, b, c, d", "e"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Åsa Ødegård 王 💡", "Åsa Ødegård 王 💡"),
        ("a\x1b[2Jb\x07", "a?[2Jb?"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("a\u200bb\ufeff", "ab"),
        ("a\nb\xa0c\u2028d", "a b c d"),
        ("a\ud800", "a?"),
    ],
)
def test_names_control_nothing(text, shown):
    assert printable(text) == shown


def test_a_cell_is_no_longer_than_spreadsheets_take():
    for long in ("x" * 140_000, "💡" * 40_000, "\ud83d" * 40_000):
        cell = as_cell(long)
        assert len(cell.encode("utf-16-le", "surrogatepass")) <= 2 * 32_767
        assert cell.endswith(" [...]")
    assert as_cell("x" * 32_767) == "x" * 32_767
