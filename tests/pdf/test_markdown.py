import pytest

from cnn_utils.pdf.markdown import to_html


@pytest.mark.parametrize(
    ("source", "tex", "display"),
    [
        ("a $x^2$ b", "x^2", 0),
        (r"a \\(x^2\\) b", "x^2", 0),
        ("$$\nx^2\n$$", "\nx^2\n", 1),
        (r"\begin{align}x\end{align}", r"\begin{align}x\end{align}", 1),
        ("$a < b$", "a &lt; b", 0),
    ],
)
def test_formulas_are_marked(source, tex, display):
    assert f'<kit-formula data-display="{display}">{tex}</kit-formula>' in to_html(source)


def test_prices_are_not_formulas():
    assert "kit-formula" not in to_html(r"\$5, not \$10")


def test_code_keeps_its_language_and_its_letters():
    assert to_html("```python\na < b\n```") == '<pre data-language="python">a &lt; b\n</pre>\n'
    assert 'data-language="text"' in to_html("    indented")


def test_pictures_keep_their_addresses():
    assert '<img src="attachment:a.png" alt="A &quot;b&quot;">' in to_html(
        '![A "b"](attachment:a.png)'
    )
