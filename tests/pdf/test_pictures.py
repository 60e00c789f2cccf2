import base64
import io
import os

import pytest
from PIL import Image

from cnn_utils.pdf.pictures import NoPicture, checked, draw_formula, from_bundle, from_source


def picture(kind="png", mode="RGB", size=(4, 3)):
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind)
    return buffer.getvalue()


def encoded(data):
    return base64.b64encode(data).decode()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(("kind", "extension"), [("png", "png"), ("jpeg", "jpg"), ("gif", "gif")])
def test_common_pictures_are_kept_as_they_are(kind, extension):
    data = picture(kind)
    assert checked(data, "") == (data, extension)


@pytest.mark.parametrize(("kind", "mode"), [("bmp", "RGB"), ("tiff", "RGB"), ("jpeg", "CMYK")])
def test_others_become_png(kind, mode):
    data, extension = checked(picture(kind, mode), "")
    assert extension == "png"
    assert Image.open(io.BytesIO(data)).size == (4, 3)


def test_of_a_pdf_the_first_page_is_shown():
    data, extension = from_bundle({"application/pdf": encoded(picture("pdf", size=(72, 36)))})
    assert extension == "png"
    assert Image.open(io.BytesIO(data)).size == (216, 108)
    with pytest.raises(NoPicture, match="damaged"):
        checked(b"%PDF-1.7 and no more", "application/pdf")


def test_sources_may_be_data_attachments_or_files_beside_the_notebook(tmp_path):
    data = picture()
    (tmp_path / "a å.png").write_bytes(data)
    (tmp_path / "b.svg").write_bytes(SVG)
    attachments = {"c d.png": {"image/png": encoded(data)}}
    for source in (
        f"data:image/png;base64,{encoded(data)}",
        "attachment:c%20d.png",
        "a%20%C3%A5.png",
        "./a å.png",
    ):
        assert from_source(source, tmp_path, attachments) == (data, "png")
    assert from_source("b.svg", tmp_path, {}) == (SVG, "svg")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("https://example.org/a.png", "on the network are not loaded"),
        ("//example.org/a.png", "on the network are not loaded"),
        ("file:///etc/passwd", "on the network are not loaded"),
        ("../secret.png", "outside the notebook's folder"),
        ("/etc/passwd", "outside the notebook's folder"),
        ("link.png", "outside the notebook's folder"),
        ("missing.png", "no such file"),
        ("", "no such file"),
        ("a\x00b", "no such file"),
        ("attachment:none.png", "does not hold it"),
        ("data:image/png;base64,AAAA", "damaged"),
        ("data:image/png;base64,%%%", "damaged"),
    ],
)
def test_other_sources_are_not_read(tmp_path, source, reason):
    folder = tmp_path / "notebook"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(picture())
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(NoPicture, match=reason):
        from_source(source, folder, {})


def test_outputs_are_read_from_their_bundle():
    assert from_bundle({"image/svg+xml": SVG.decode()}) == (SVG, "svg")
    assert from_bundle({"image/jpeg": encoded(picture("jpeg"))})[1] == "jpg"


def test_a_photograph_is_shown_however_large():
    data = picture(mode="1", size=(5000, 5000))
    assert checked(data, "") == (data, "png")


def test_a_pipe_is_no_picture(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(NoPicture, match="no such file"):
        from_source("pipe.png", tmp_path, {})


@pytest.mark.parametrize(
    "tex",
    [
        r"F_1 = \frac{2 \cdot \text{precision}}{\text{recall}}",
        r"\begin{aligned} a &= b \\ &= d \end{aligned}",
        r"\begin{align} a &= b \\ &= d \label{eq:a} \end{align}",
        r"\begin{alignat*}{2} a &= b \quad & c &= d \\ &= e \end{alignat*}",
        r"\begin{cases} 0 & x<0 \\ x & x \ge 0 \end{cases}",
        r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
        r"\alpha \beta \Omega \sum_{i=1}^{n} \int_0^1 \prod \operatorname{argmax}",
        r"\mathbb{R}^{n \times m} \odot \mathbf{W}^\top \hat{y} \lVert x \rVert_2",
    ],
)
def test_the_mathematics_of_the_course_is_drawn(tex):
    formula = draw_formula(tex, display=True)
    assert formula.svg.startswith(b"<svg")
    assert 0.3 < formula.height < 8


@pytest.mark.parametrize(
    ("tex", "same"),
    [
        (r"\mathop{\mathrm{argmax}}_x f", r"\mathrm{argmax}_x f"),
        (r"\mathopen{(}x\mathclose{)}", "(x)"),
        (r"\big\{ x \Bigr\}", r"\{ x \}"),
        (r"a \hspace*{1em} b", r"a \hspace{1em} b"),
        (r"a \not= b \not\in c", r"a \neq b \notin c"),
    ],
)
def test_what_the_library_does_not_know_is_written_in_another_way(tex, same):
    assert draw_formula(tex, display=False).svg == draw_formula(same, display=False).svg


@pytest.mark.parametrize(
    "tex",
    [
        r"\softmax(z)",
        r"\frac{1",
        "",
        r"\text{98\%}",
        "准确率",
        r"\begin{array}{c|c} a & b \end{array}",
        r"\begin{array}{cc} a \\ \hline b \end{array}",
        r"a \not\subset b",
    ],
)
def test_what_is_not_known_is_not_drawn(tex):
    assert draw_formula(tex, display=False) is None


def test_an_exponent_stands_on_the_line_a_subscript_reaches_below():
    assert (
        draw_formula("x^2", display=False).baseline
        < 0.15
        < draw_formula("x_g", display=False).baseline
    )


def test_a_sum_is_larger_when_it_stands_alone():
    tex = r"\sum_{i=1}^{n} x_i"
    assert draw_formula(tex, display=True).height > draw_formula(tex, display=False).height
