import ast
import json
import time
from pathlib import Path

import nbformat
import nbformat.v4 as v4
import pytest

from cnn_utils.errors import KitError
from cnn_utils.notebook.reader import (
    MAX_CELLS,
    Unreadable,
    from_content,
    read,
    read_file,
)

KIT = Path(__file__).parents[2] / "cnn_utils"
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {
            "cell_type": "code",
            "source": ["# task: lenet\n", "x = 1"],
            "metadata": {"task": "lenet"},
            "outputs": [
                {"output_type": "stream", "text": ["test ", "accuracy"]},
                {"output_type": "display_data", "data": {"image/png": ["AA", "AA"]}},
            ],
        },
        {"cell_type": "markdown", "source": "Because.", "metadata": {"kind": "answer"}},
    ],
}


def as_bytes(content, encoding="utf-8"):
    return json.dumps(content).encode(encoding)


def sources(data, name="notebook.ipynb"):
    return [(cell.kind, cell.source) for cell in read(data, name).cells]


def test_only_this_package_parses_notebooks():
    """One reader: what it reads, PDF, hand-in, release and grading read."""
    allowed = {"grading/sandbox/nbval_grade.py"}  # in the sandbox, where only nbval reads
    for path in KIT.rglob("*.py"):
        name = path.relative_to(KIT).as_posix()
        if name in allowed or name.startswith("notebook/"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
        modules |= {alias.name for node in imports for alias in node.names}
        packages = {module.split(".")[0] for module in modules if module}
        assert packages.isdisjoint({"nbformat", "jupytext"}), name
        texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        assert not {"worksheets", "nbformat_minor"} & {
            text for text in texts if isinstance(text, str)
        }


def test_what_a_notebook_holds():
    notebook = read(as_bytes(NOTEBOOK), "lab.ipynb")
    code, text = notebook.cells
    assert (notebook.name, code.kind, code.source) == ("lab.ipynb", "code", "# task: lenet\nx = 1")
    assert (code.number, text.number, text.source) == (1, 2, "Because.")
    assert code.figures == [("image/png", "AAAA")]
    assert code.output_text == notebook.output_text == "test accuracy"
    assert (code.metadata, text.metadata) == ({"task": "lenet"}, {"kind": "answer"})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding):
    assert len(read(as_bytes(NOTEBOOK, encoding)).cells) == 2


def test_windows_line_ends_and_latin_letters():
    content = json.dumps(NOTEBOOK, ensure_ascii=False).replace("x = 1", "x = 1\\r\\n# \u00e6")
    code, _ = read(content.replace(", ", ",\r\n").encode("latin-1")).cells
    assert code.source == "# task: lenet\nx = 1\n# \u00e6"


def test_the_old_format():
    old = nbformat.convert(v4.new_notebook(cells=[v4.new_code_cell("x = 1")]), 3)
    assert sources(nbformat.writes(old, version=3).encode()) == [("code", "x = 1")]


def test_types_that_should_not_be_there_count_as_absent():
    cells = [None, 3, {}, {"cell_type": "code"}, {"cell_type": "code", "source": {"a": 1}}]
    cells += [{"cell_type": "code", "source": ["x", 3, None], "metadata": [], "outputs": 7}]
    cells += [{"cell_type": "code", "source": "y", "outputs": [None, {"data": []}, {"text": 3}]}]
    found = read(as_bytes({"nbformat": 4, "cells": cells}))
    assert [cell.source for cell in found.cells] == ["", "", "x", "y"]
    nbformat.validate(found.node())


@pytest.mark.parametrize(
    "change",
    [
        {"surplus": 1},
        {"id": "not valid!"},
        {"id": "a", "attachments": {"a.png": 3}, "outputs": [{"output_type": "error"}]},
        {"execution_count": "3", "outputs": [{"output_type": "stream", "text": "no name"}]},
        {"execution_count": True, "outputs": [{"output_type": "execute_result", "data": {}}]},
        {"outputs": [{"output_type": "pyout", "text": "x", "transient": {}}]},
        {"metadata": {"tags": [1, 1], "name": "", "collapsed": 3}},
        {"source": "\ud83d half a letter"},
    ],
)
def test_whatever_was_read_makes_a_valid_notebook(change):
    code, text = NOTEBOOK["cells"]
    content = {
        "metadata": {"kernelspec": {}},
        "cells": [code | change, code | change, text | change],
    }
    node = from_content(content).node()
    nbformat.validate(node)
    assert node.cells[0].source.encode()
    assert node.cells[2].metadata.get("kind", "answer") == "answer"


def test_what_is_valid_stays_as_it_is():
    cells = [v4.new_code_cell("x", metadata={"tags": ["a"]}, execution_count=2, id="mine")]
    cells[0].outputs = [v4.new_output("execute_result", {"text/plain": "1"}, execution_count=2)]
    cells += [
        v4.new_markdown_cell("![](attachment:a.png)", attachments={"a.png": {"image/png": "A"}})
    ]
    notebook = v4.new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "a", "display_name": "b"}}
    )
    assert from_content(notebook).node() == notebook


@pytest.mark.parametrize(
    "mime",
    ["image/png", "image/jpeg", "image/svg+xml", "image/gif", "image/webp", "application/pdf"],
)
def test_pictures_of_all_kinds_are_figures(mime):
    outputs = [v4.new_output("display_data", {mime: "AA", "text/plain": "x"})]
    outputs += [v4.new_output("display_data", {"text/plain": "y"})]
    (cell,) = from_content(v4.new_notebook(cells=[v4.new_code_cell("", outputs=outputs)])).cells
    assert cell.figures == [(mime, "AA")]


def test_large_notebooks_are_read():
    picture = {
        "output_type": "display_data",
        "data": {"image/png": "A" * 35_000_000},
        "metadata": {},
    }
    cells = [{"cell_type": "code", "source": "plot()", "outputs": [picture]}]
    cells += [{"cell_type": "code", "source": f"x = {i}"} for i in range(1_202)]
    found = read(as_bytes({"nbformat": 4, "cells": cells}))
    assert len(found.cells) == 1_203
    assert len(found.cells[0].figures[0][1]) == 35_000_000


def test_texts_come_from_streams_and_displays_but_not_from_handing_in():
    data = {"text/plain": "b", "text/html": ["c", "d"]}
    outputs = [v4.new_output("stream", text="a"), v4.new_output("display_data", data)]
    cells = [
        v4.new_code_cell("x", outputs=outputs),
        v4.new_markdown_cell("no output"),
        v4.new_code_cell("hand_in()", outputs=[v4.new_output("stream", text="e")]),
    ]
    assert from_content(v4.new_notebook(cells=cells)).output_text.split() == ["a", "b", "cd"]


def group(table, **metadata):
    cells = [v4.new_markdown_cell("# Lab"), v4.new_markdown_cell(table, metadata=metadata)]
    return from_content(v4.new_notebook(cells=cells)).group


@pytest.mark.parametrize(
    "table",
    [
        "|||\n|-|-|\n| **Group number** | 7 |\n| **Members** | Ada, Grace |\n"
        "| **Group name** (optional) | G |",
        "| | |\n|-|-|\n| **Group number** | 7 |\n  **Members** | Ada, Grace\n| group name: | G |",
        "|||\n|:--|--:|\n|Group number|7|\n|Members|Ada|\n||Grace|\n|Group name|G|",
        "|||\n|-|-|\n| **Gruppennummer** | 7 |\n| **Mitglieder** | Ada | Grace |\n| **Name** | G |",
        "|||\n|-|-|\n| **Gruppenr.** | Gruppe 7 |\n| **Medlemmer** | Ada, Grace |\n| Navn | G |",
    ],
)
def test_the_group_is_read_from_the_table(table):
    found = group(table)
    assert found == {
        "group number": found["group number"],
        "members": "Ada, Grace",
        "group name": "G",
    }
    assert found["group number"].endswith("7")


TABLE = "| | |\n|---|---|\n| **Group number** | {} |\n| **Members** | {}\n| **Group name** | |"


@pytest.mark.parametrize(
    "text",
    [
        TABLE.format("Gruppe 7", "Ada |\n| | Grace |"),
        TABLE.format("Group number 07", "Ada |\n| **Members** | Grace |"),
        TABLE.format("nr. 7", "Ada |\n| Grace | |"),
        TABLE.format("7", "Ada |\n| Grace |"),
        TABLE.format("Team 7", "Ada\nGrace |"),
        TABLE.format("7", "Ada<br>Grace |"),
        TABLE.format("7 | |", "Ada | Grace |"),
        TABLE.format("7", "Ada, Grace |\n\n*To fill in the table: double-click it.*"),
        "| | |\n|-|-|\n| **Group number** | 7 |\n| **Member 1** | Ada |\n| **Member 2** | Grace |",
        "| **Group number** | **Members** |\n|---|---|\n| 7 | Ada, Grace |",
        "| | |\n|-|-|\n| Group | Group 7 |\n| Names | Ada, Grace |",
        "| | |\n|-|-|\n| **Group number 7** | |\n| **Members: Ada, Grace** | |",
        "Group 7: Ada, Grace",
        "Gruppe 7\n\nAda, Grace",
        "Group 7, Ada, Grace",
        "Group number 7\nMembers Ada, Grace\n\n*To fill in the table: double-click it.*",
        "- Group number: 7\n- Members: Ada\n- Grace",
        "**Group number:** 7\n\n**Members:** Ada, Grace",
        "# Lab\n\n7\nAda\nGrace",
        "# Group 7\n## Members\n- Ada\n- Grace",
    ],
)
def test_however_the_header_is_filled_in(text):
    found = group(text, kind="header")
    assert {k: found[k] for k in ("group number", "members")} == {
        "group number": "7",
        "members": "Ada, Grace",
    }


@pytest.mark.parametrize(("typed", "read"), [("A12", "A12"), ("12 (Tuesday)", "12 (Tuesday)")])
def test_other_numbers_stay_as_they_are_typed(typed, read):
    assert group(TABLE.format(typed, "Ada |"))["group number"] == read


def test_a_hostile_header_takes_no_time():
    for text in ("(" * 10**6 + ": 7", "a\n" * 10**6, "grup" * 10**6, "<br" * 10**6):
        start = time.perf_counter()
        group(text, kind="header")
        group(f"|{text}|\n|7|", kind="header")
        assert time.perf_counter() - start < 1


def test_the_header_s_own_metadata_name_it_too():
    assert group("Nummer: 7\n\nWir: Ada", kind="header") == {"group number": "7", "members": "Ada"}
    assert group("| layer | size |\n|---|---|\n| dense | 100 |\n") == {}
    assert group("| model | F1 |\n|---|---|\n| LeNet | 98 |\n| dense | 95 |\n") == {}
    assert group("| | |\n|---|---|\n| Nummer | 98 |\n| Wir | Ada |\n")["members"] == "Ada"
    assert from_content(v4.new_notebook()).group == {}
    assert group("|" * 100_000 + "\n") == {}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (bytes(2000), "empty"),
        (b"[]", "holds no cells"),
        (b"3", "other text, or no text|holds no cells"),
        (b'{"cells": 3}', "holds no cells"),
        (b'{"cells": [null]}', "holds no cells"),
        (b"<!DOCTYPE html><html>", "it is a web page"),
        (b'{"cells": [\n1,\n', "Its JSON is damaged in line 3"),
        (
            b'{\n"cells": [\n<<<<<<< HEAD\n1,\n=======\n2\n>>>>>>> x\n]}',
            "conflict markers in line 3",
        ),
        (b"\x89PNG\r\n\x1a\n\x00", "it is a picture"),
        (b"PK\x03\x04", "it is a zip"),
        (b"Rar!\x1a\x07", "it is a RAR archive"),
        (b"%PDF-1.7", "it is a PDF"),
        (b"dear teacher", "other text"),
        (b"[" * 100_000, "nested too deeply|damaged in line 1"),
        (b'{"nbformat": 3, "worksheets": 5}', "old format could not be converted"),
        (b"x" * 100_000_001, "has 100 MB"),
        (as_bytes({"cells": [{"cell_type": "code"}] * (MAX_CELLS + 1)}), "10001 cells"),
    ],
)
def test_what_is_no_notebook_gets_one_sentence(data, message):
    with pytest.raises(Unreadable, match=message):
        read(data)


def test_a_file_is_named_in_the_message(tmp_path):
    (tmp_path / "bad.ipynb").write_text("{}")
    with pytest.raises(KitError, match=r"bad\.ipynb' can't be read\. The file is not a notebook"):
        read_file(tmp_path / "bad.ipynb")
    with pytest.raises(KitError, match="be a readable file; received No such file"):
        read_file(tmp_path / "none.ipynb")


@pytest.mark.parametrize(
    "labels",
    [
        ("Gruppennummer", "Mitglieder", "Gruppenname (freiwillig)"),
        ("Gruppenummer", "Medlemmer", "Gruppenavn"),
        ("Numéro de groupe", "Membres", "Nom du groupe"),
        ("Numero del gruppo", "Componenti", "Nome del gruppo"),
        ("Groepsnummer", "Leden", "Groepsnaam"),
        ("组号", "成员", "组名"),
        ("№", "Участники", "Название"),
    ],
)
@pytest.mark.parametrize("head", ["| | |\n|---|---|\n", ""])
def test_a_translated_header_table_is_read_by_its_order(labels, head):
    rows = [f"| **{label}** | {{}} |" for label in labels]
    if not head:
        rows.insert(1, "|---|---|")
    table = head + "\n".join(rows)
    found = {"group number": "7", "members": "Ada, Grace", "group name": "Wir"}
    assert group(table.format("7", "Ada, Grace", "Wir"), kind="header") == found
    found = group(table.format("7", "Ada, Grace", ""), kind="header")
    assert found == {"group number": "7", "members": "Ada, Grace", "group name": ""}
    found = group(table.format("", "Ada, Grace", ""), kind="header")
    assert (found["group number"], found["members"]) == ("", "Ada, Grace")
