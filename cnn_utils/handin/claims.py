"""Compare the numbers that a discussion names with those that the run printed."""

import re
from dataclasses import dataclass

# A share, as people write it: 98.7 %, 98,7%, 0.987.
NUMBER = (
    r"(?<![\w.,-])(\d{1,3}(?:[.,]\d+)?)\s*(%|percent|per cent|prosent)"
    r"|(?<![\w.,-])(0[.,]\d{2,})"
)
QUANTITY = r"accurac\w*|nøyaktighet\w*|F_?1\b|treffsikkerhet\w*"
# In a sentence with these words, the number is another network's, or a wish.
ELSEWHERE = re.compile(
    r"\b(baseline|BEAT ME|SandvikNet|paper|literature|would|could|should|e\.g\.|for example|if"
    r"|guess\w*|chance|random\w*)\b",
    re.IGNORECASE,
)
# After these words, a number is not an accuracy, or is the difference of two.
BEFORE = re.compile(
    r"\b(dropout|rate|momentum|decay|smoothing|epsilon|factor|threshold|probability|by|with)"
    r"(\s+(of|from|to|=|about|around|only))*\W*$",
    re.IGNORECASE,
)
AFTER = re.compile(r"^\s*(percentage|points?\b|of (the|all|its|our) )", re.IGNORECASE)


@dataclass(frozen=True)
class Claim:
    """A share that an answer names: as it is written, 0-1, and half a unit of its last digit."""

    text: str
    value: float
    precision: float


def claims_in(text: str) -> list[Claim]:
    """Return the accuracies and F1 scores that an answer names as its own results."""
    found = []
    for sentence in re.split(r"(?<=[.!?;])\s+|\n\n|\|", text):
        if not re.search(QUANTITY, sentence, re.IGNORECASE) or ELSEWHERE.search(sentence):
            continue
        for match in re.finditer(NUMBER, sentence, re.IGNORECASE):
            if BEFORE.search(sentence[: match.start()]) or AFTER.match(sentence[match.end() :]):
                continue
            digits = (match[1] or match[3]).replace(",", ".")
            unit = 100 if match[1] else 1
            decimals = len(digits.partition(".")[2])
            value = float(digits) / unit
            if value <= 1:
                found.append(Claim(match[0].strip(), value, 0.5 * 10**-decimals / unit))
    return found


def shares_in(text: str) -> list[float]:
    """Return the shares, 0-1, in an output: fractions, or numbers with a percent sign."""
    found = []
    for match in re.finditer(r"(?<![\w.])(\d+(?:\.\d+)?)(\s*%)?", text):
        value = float(match[1]) / (100 if match[2] else 1)
        if value <= 1 and ("." in match[1] or match[2]):
            found.append(value)
    return found


def unsupported(claim: Claim, shares: list[float]) -> float | None:
    """Return the nearest share of the run, if none of them rounds to what was claimed.

    None if the claim holds, or the run shows no shares at all.
    """
    if not shares:
        return None
    nearest = min(shares, key=lambda share: abs(share - claim.value))
    # Both numbers were rounded, the run's to at least four digits.
    return None if abs(nearest - claim.value) <= claim.precision + 5.1e-5 else nearest
