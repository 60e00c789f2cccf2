"""The comparison as a Markdown table, with the cases that went wrong by name."""

from __future__ import annotations

GRADERS = ("kit", "nbgrader", "otter")
# Points that another grader may well give, though the kit gives others: wrong by the letter.
ARGUABLE = {
    "out swapped for a link": (20, "its attack is aimed at the kit's own folder"),
    "out without permissions": (20, "its attack is aimed at the kit's own folder"),
    "report is a FIFO": (20, "its attack is aimed at the kit's own report"),
    "sees nothing of the machine": (20, "it asks for a sandbox, which the others leave to others"),
    "bad kernel name": (None, "in its container, Otter would put the name right and give 30"),
}


def as_markdown(found: dict) -> str:
    """Return the table.

    Parameters
    ----------
    found : dict
        What `compare.main` writes to ``table.json``.
    """
    cases = found["cases"]
    sorted_ = {grader: _sorted(cases, grader) for grader in GRADERS}
    titles = {
        "right": "right points",
        "more": "more points than deserved",
        "fewer": "fewer points than deserved",
        "no row": "no row (counted as wrong)",
        "nothing": "... of these, worth 0 points",
        "arguable": "wrong, but arguable",
    }
    lines = [f"| {len(cases)} hand-ins | kit | nbgrader | Otter |", "|---|--:|--:|--:|"]
    for key, title in titles.items():
        counts = [str(len(sorted_[grader][key])) for grader in GRADERS]
        lines.append(f"| {title} | {' | '.join(counts)} |")
    lines += [*_speed(found["speed"]), ""]
    for grader in GRADERS:
        for key in list(titles)[1:]:
            if names := sorted_[grader][key]:
                lines += [f"{grader}, {titles[key]}: {'; '.join(names)}.", ""]
    for name in sorted({name for grader in GRADERS for name in sorted_[grader]["arguable"]}):
        points, why = ARGUABLE[name]
        lines.append(f"Arguable: {name}: {'no row' if points is None else points}, {why}.")
    told = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    lines += ["", f"{told}; {found['cores']} cores; {found['minutes']:.0f} minutes in all."]
    return "\n".join(lines) + "\n"


def _sorted(cases: dict, grader: str) -> dict[str, list[str]]:
    """Return the names of the cases by what became of them."""
    found: dict[str, list[str]] = {
        key: [] for key in ("right", "more", "fewer", "no row", "nothing", "arguable")
    }
    for name, case in cases.items():
        points, deserved = case["points"][grader], case["deserved"]
        if points == deserved:
            found["right"].append(name)
            continue
        if points is None:
            found["no row"].append(name)
            found["fewer" if deserved else "nothing"].append(name)
        else:
            found["more" if points > deserved else "fewer"].append(f"{name} ({points:g})")
        if name in ARGUABLE and points == ARGUABLE[name][0]:
            found["arguable"].append(name)
    return found


def _speed(speed: dict) -> list[str]:
    """Return the rows of hand-ins per minute, the slowest to the fastest round, and the import."""
    if not speed["import_seconds"]:
        return []

    def told(name: str) -> str:
        rates = sorted(speed["count"] * 60 / s for s in speed["seconds"][name])
        return f"{rates[0]:.1f} to {rates[-1]:.1f}"

    alone = min(speed["seconds"]["kit, jobs=1"]) / speed["count"]
    loading = min(speed["import_seconds"])
    loading = f"TensorFlow's import, share of {alone:.1f} s a hand-in | {loading / alone:.0%}"
    return [
        f"| honest hand-ins per minute, jobs=2 | {told('kit')} | | |",
        f"| ..., one at a time | {told('kit, jobs=1')} | {told('nbgrader')} | {told('otter')} |",
        f"| {loading} | | |",
    ]
