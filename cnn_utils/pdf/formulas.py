"""TeX formulas as small vector pictures, set on the line's baseline."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

# Formulas are drawn at this size and scaled: SVG pixels per em.
EM = 24


class Formula(NamedTuple):
    """A drawn formula; sizes in em.

    Attributes
    ----------
    svg : bytes
    width, height : float
    baseline : float
        How far below the line's baseline the picture reaches.
    """

    svg: bytes
    width: float
    height: float
    baseline: float


@lru_cache(maxsize=1024)
def draw(tex: str, display: bool) -> Formula | None:
    r"""Draw a formula; None if it can't be, because TeX is larger than what the library knows.

    Parameters
    ----------
    tex : str
        Without dollar signs; may be an environment such as ``\begin{align} ... \end{align}``.
    display : bool
        Whether it stands alone, with large operators.
    """
    import ziamath

    # One numbered line of many would be the only thing in the document that has a number.
    tex = re.sub(r"\\begin\{(alignat\*?)\}\s*\{\d+\}", r"\\begin{\1}", tex)
    tex = re.sub(
        r"\\(begin|end)\{(alignat|align|equation|gather|eqnarray)\*?\}", r"\\\1{aligned}", tex
    )
    tex = re.sub(r"\\\\\[[^\]]*\]", r"\\\\", tex)  # extra space between lines
    tex = re.sub(r"\\operatorname\*", r"\\operatorname", tex)
    tex = re.sub(r"\\math(?:rel|bin|op|ord)\{([^{}]*)\}", r"\1", tex)
    tex = re.sub(r"\\(label|tag)\*?\{[^}]*\}|\\(notag|nonumber)\b", "", tex)
    try:
        formula = ziamath.Math.fromlatex(tex.strip(), size=EM, inline=not display)
        svg, (width, height), offset = formula.svg(), formula.getsize(), formula.getyofst()
    except Exception:  # of many kinds: the library parses what people type
        return None
    # An unknown command comes out as its own name.
    if height <= 0 or re.search(r"\\[A-Za-z]+", "".join(formula.mathml.itertext())):
        return None
    return Formula(svg.encode("utf-8"), width / EM, height / EM, max(-offset, 0) / EM)
