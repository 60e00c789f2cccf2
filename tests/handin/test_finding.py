import nbformat.v4 as v4

from cnn_utils.handin.finding import Finding, output_texts, with_first_words


def test_a_finding_names_its_cell():
    assert str(Finding(3, "x")) == "cell 3: x"
    assert str(Finding(None, "x")) == "x"


def test_a_cell_is_known_by_its_first_words():
    sources = ["<!-- note -->\n**Yes**, it does.", "x = " + "very " * 20 + "long", ""]
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell(source) for source in sources])
    said = [str(with_first_words(Finding(n, "Why?"), notebook)) for n in (1, 2, 3, None)]
    assert said == [
        "cell 1 (**Yes**, it does.): Why?",
        "cell 2 (x = very very very very very very very …): Why?",
        "cell 3: Why?",
        "Why?",
    ]


def test_texts_come_from_streams_and_displays():
    outputs = [
        v4.new_output("stream", text="a"),
        v4.new_output("display_data", data={"text/plain": "b", "text/html": ["c", "d"]}),
    ]
    notebook = v4.new_notebook(cells=[v4.new_code_cell("x", outputs=outputs)])
    notebook.cells.append(v4.new_markdown_cell("no output"))
    assert [text for text in output_texts(notebook) if text] == ["a", "b", "cd"]
