import json

import nbformat
import nbformat.v4 as v4
import pytest

from cnn_utils.grading.intake.reader import MAX_CELLS, Unreadable, read_cells

NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {
            "cell_type": "code",
            "source": ["# task: lenet\n", "x = 1"],
            "metadata": {"task": "Lenet ", "kind": 3},
            "outputs": [
                {"output_type": "stream", "text": ["test ", "accuracy"]},
                {"output_type": "display_data", "data": {"image/png": "AAAA"}},
            ],
        },
        {"cell_type": "markdown", "source": "Because.", "metadata": {"kind": "answer"}},
    ],
}


def as_bytes(content, encoding="utf-8"):
    return json.dumps(content).encode(encoding)


def test_what_grading_looks_at_is_kept():
    code, text = read_cells(as_bytes(NOTEBOOK))
    assert (code.kind, code.source, code.task, code.role) == (
        "code",
        "# task: lenet\nx = 1",
        "lenet",
        "",
    )
    assert code.has_figure
    assert code.output_text.strip() == "test accuracy"
    assert (text.kind, text.source, text.role) == ("markdown", "Because.", "answer")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings(encoding):
    assert len(read_cells(as_bytes(NOTEBOOK, encoding))) == 2


def test_windows_line_ends_and_latin_letters():
    content = json.dumps(NOTEBOOK, ensure_ascii=False).replace("x = 1", "x = 1\\r\\n# \u00e6")
    (code, _) = read_cells(content.encode("latin-1"))
    assert code.source == "# task: lenet\nx = 1\n# \u00e6"


def test_text_notebooks_and_the_old_format():
    assert [c.kind for c in read_cells(b"# %% [markdown]\n# Hi\n\n# %%\nx = 1\n", "a.py")] == [
        "markdown",
        "code",
    ]
    old = nbformat.convert(v4.new_notebook(cells=[v4.new_code_cell("x = 1")]), 3)
    assert read_cells(nbformat.writes(old, version=3).encode())[0].source == "x = 1"


def test_types_that_should_not_be_there_count_as_absent():
    cells = [None, 3, {}, {"cell_type": "code"}, {"cell_type": "code", "source": {"a": 1}}]
    cells += [{"cell_type": "code", "source": ["x", 3, None], "metadata": [], "outputs": 7}]
    cells += [{"cell_type": "code", "source": "y", "outputs": [None, {"data": []}, {"text": 3}]}]
    found = read_cells(as_bytes({"nbformat": 4, "cells": cells}))
    assert [cell.source for cell in found] == ["", "", "x", "y"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"[]", "holds no cells"),
        (b"3", "holds no cells"),
        (b'{"cells": 3}', "holds no cells"),
        (b'{"cells": []}', "holds no text"),
        (b'{"cells": [null]}', "holds no text"),
        (b"<!DOCTYPE html><html>", "it is a web page"),
        (b'{"cells": [', "no or damaged JSON"),
        (b"\x89PNG\r\n\x1a\n\x00", "no or damaged JSON"),
        (b"[" * 100_000, "nested too deeply|damaged JSON"),
        (b'{"nbformat": 3, "worksheets": 5}', "old format could not be converted"),
        (b"x" * 30_000_001, "has 30 MB"),
        (as_bytes({"cells": [{"cell_type": "code"}] * (MAX_CELLS + 1)}), "1001 cells"),
    ],
)
def test_what_is_no_notebook_gets_one_sentence(data, message):
    with pytest.raises(Unreadable, match=message):
        read_cells(data)
