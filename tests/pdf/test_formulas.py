import pytest

from cnn_utils.pdf.formulas import draw


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
    formula = draw(tex, display=True)
    assert formula.svg.startswith(b"<svg")
    assert 0.3 < formula.height < 8


@pytest.mark.parametrize("tex", [r"\softmax(z)", r"\frac{1", ""])
def test_what_is_not_known_is_not_drawn(tex):
    assert draw(tex, display=False) is None


def test_an_exponent_stands_on_the_line_a_subscript_reaches_below():
    assert draw("x^2", display=False).baseline < 0.15 < draw("x_g", display=False).baseline


def test_a_sum_is_larger_when_it_stands_alone():
    tex = r"\sum_{i=1}^{n} x_i"
    assert draw(tex, display=True).height > draw(tex, display=False).height
