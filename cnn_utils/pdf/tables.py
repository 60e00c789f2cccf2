"""HTML tables, pandas' and hand-written ones, with spans, headers and coloured cells."""

import re

from PIL import ImageColor

from cnn_utils.pdf.typst_source import call, words

MAX_ROWS, MAX_COLUMNS = 300, 60
MAX_UNWRAPPED, MAX_NESTED = 30, 3
# As many letters fit side by side before they become too small to read.
MAX_LETTERS = 130
NUMBER = re.compile(r"[-+−]?[\d.,]+(e[-+]?\d+)?\s*%?|nan", re.IGNORECASE)


def table(node, writer) -> str:
    """Return the markup of a ``table`` tag; what does not fit a page's table is noted."""
    rows = [row for row in node.find_all("tr") if row.find_parent("table") is node]
    if len(rows) > 1 and not rows[0].get_text(strip=True) and not rows[0].find("img"):
        rows = rows[1:]  # Markdown has no table without a head, only an empty one
    cells, n_columns, n_header = _placed(rows[:MAX_ROWS])
    if not cells or len(node.find_parents("table")) >= MAX_NESTED:
        return words(" ".join(node.get_text(" ").split()))
    notes = []
    if len(rows) > MAX_ROWS:
        notes.append(f"{len(rows) - MAX_ROWS} of {len(rows)} rows are left out here.")
    if n_columns > MAX_COLUMNS:
        notes.append(f"{n_columns - MAX_COLUMNS} of {n_columns} columns are left out here.")
        cells = [cell for cell in cells if cell[1] + cell[4] <= MAX_COLUMNS]
        n_columns = MAX_COLUMNS
    # Sentences can be wrapped, numbers can't: these get smaller letters if there are too many.
    # Not in a table within a table: to measure each within each takes exponential time.
    is_outermost = node.find_parent("table") is None
    short = all(len(tag.get_text(strip=True)) <= MAX_UNWRAPPED for _, _, tag, _, _ in cells)
    if is_outermost and short:
        blocks = _blocks(cells, n_columns, n_header)
        markup = "".join(f"#sheet[{_markup(*block, n_header, writer)}];" for block in blocks)
    else:
        markup = _markup(cells, n_columns, n_header, writer)
    caption = node.find("caption")
    title = call("block", call("strong", writer.children(caption))) if caption else ""
    return title + markup + "".join(call("note", words(note)) for note in notes)


def _markup(cells, n_columns: int, n_header: int, writer) -> str:
    texts = [(x, tag.get_text(strip=True)) for y, x, tag, _, _ in cells if y >= n_header]
    filled = {x for x, text in texts if text}
    numeric = filled - {x for x, text in texts if text and not NUMBER.fullmatch(text)}
    header = [_cell(*cell, numeric, writer) for cell in cells if cell[0] < n_header]
    body = [_cell(*cell, numeric, writer) for cell in cells if cell[0] >= n_header]
    parts = [f"table.header({', '.join(header)})"] if header else []
    arguments = f"columns: {n_columns}, stroke: 0.4pt + quiet, inset: 0.36em"
    return f"#table({', '.join([arguments, *parts, *body])});"


def _blocks(cells, n_columns: int, n_header: int) -> list[tuple[list, int]]:
    """Split a table that is too wide into several, each with the columns that name its rows."""
    widths = [2] * n_columns
    names = set(range(n_columns))
    for y, x, tag, _, width in cells:
        if width > 1:  # a head over several columns can't be split
            return [(cells, n_columns)]
        widths[x] = max(widths[x], len(tag.get_text(strip=True)) + 2)
        if y >= n_header and tag.name != "th":
            names.discard(x)
    if sum(widths) <= MAX_LETTERS or len(names) == n_columns:
        return [(cells, n_columns)]
    blocks: list[list[int]] = [sorted(names)]
    for x in set(range(n_columns)) - names:
        room = MAX_LETTERS - sum(widths[i] for i in blocks[-1])
        if widths[x] > room and len(blocks[-1]) > len(names):
            blocks.append(sorted(names))
        blocks[-1].append(x)
    return [
        ([(y, block.index(x), *rest) for y, x, *rest in cells if x in block], len(block))
        for block in blocks
    ]


def _placed(rows) -> tuple[list[tuple], int, int]:
    """Return cells as (row, column, tag, rowspan, colspan), and the numbers of columns and heads.

    Rows may be shorter than others. The first rows with nothing but ``th`` are heads.
    """
    taken, cells, n_columns = set(), [], 0
    for y, row in enumerate(rows):
        x = 0
        for tag in row.find_all(["td", "th"], recursive=False):
            while (y, x) in taken:
                x += 1
            height = min(_span(tag, "rowspan"), len(rows) - y)
            width = _span(tag, "colspan")
            while any((y, x + i) in taken for i in range(width)):
                width -= 1
            taken |= {(y + i, x + j) for i in range(height) for j in range(width)}
            cells.append((y, x, tag, height, width))
            x += width
            n_columns = max(n_columns, x)
    n_header = 0
    for y, row in enumerate(rows):
        tags = row.find_all(["td", "th"], recursive=False)
        in_head = row.find_parent("thead") is not None
        reaches = any(cell[0] == y and cell[0] + cell[3] > y + 1 for cell in cells)
        if not tags or not (in_head or all(tag.name == "th" for tag in tags)) or reaches:
            break
        n_header = y + 1
    # A table must have a body.
    return cells, n_columns, n_header if n_header < len(rows) else 0


def _cell(y, x, tag, height, width, numeric, writer) -> str:
    content = writer.children(tag).strip() or words(" ")
    rules = {**writer.styles.get(str(tag.get("id") or ""), {}), **_rules(tag.get("style"))}
    bold = tag.name == "th" or rules.get("font-weight") in ("bold", "700")
    background = rules.get("background-color") or rules.get("background")
    fill = _colour(background)
    # White on a background that could not be read would be white on white.
    if (colour := _colour(rules.get("color"))) and (fill or not background):
        content = call("text", content, fill=colour)
    if bold:
        content = call("strong", content)
    arguments = [f"x: {x}, y: {y}, rowspan: {height}, colspan: {width}"]
    if fill:
        arguments.append(f"fill: {fill}")
    if x in numeric or rules.get("text-align") == "right":
        arguments.append("align: right")
    return f"table.cell({', '.join(arguments)})[{content}]"


def _span(tag, name: str) -> int:
    value = str(tag.get(name) or "1")
    return min(max(int(value), 1), 1000) if value.isdecimal() else 1


def cell_styles(soup) -> dict[str, dict[str, str]]:
    """Return what ``style`` tags say of single cells, as pandas' Styler writes them."""
    found: dict[str, dict[str, str]] = {}
    for style in soup.find_all("style"):
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", style.get_text()):
            for selector in re.findall(r"#([\w-]+)\s*(?=,|$)", selectors.strip()):
                found.setdefault(selector, {}).update(_rules(body))
    return found


def _rules(style) -> dict[str, str]:
    return dict(re.findall(r"([\w-]+)\s*:\s*([^;]+?)\s*(?:;|$)", str(style or "")))


def _colour(value: str | None) -> str | None:
    try:
        red, green, blue, *_ = ImageColor.getrgb(value.strip()) if value else ()
    except ValueError:
        return None
    return f"rgb({red}, {green}, {blue})"
