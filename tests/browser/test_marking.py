"""Marking texts in a browser, by the keyboard alone: what is downloaded is what `grade` reads."""

import pytest

from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.results.manual_grading import merge_marks
from cnn_utils.grading.results.marking_page import write_marking_page
from tests.grading.results.test_manual_grading import result
from tests.grading.small_lab import LAB

pytestmark = pytest.mark.browser

ANSWERS = {"ann": "Because.", "bo": 'It is "so", <b>not</b> else; really', "cy": "No."}


@pytest.fixture
def batch(tmp_path):
    """Return the sheet, and a function that does what a run of `grade` does with the texts."""
    lab = LAB.replace('task="why"', 'task="why" rubric=["2: a cause", "1.5: clear"]')
    (tmp_path / "lab.py").write_text(lab)
    books, sheet = read_source_notebooks(tmp_path), tmp_path / "to_mark.csv"

    def run():
        results = [result(name, text) for name, text in ANSWERS.items()]
        marked, rows = merge_marks(results, books, sheet)
        write_marking_page(rows, books, sheet, "Lab")
        return {
            one["name"]: (one["marks"][1]["points"], one["marks"][1]["reason"]) for one in marked
        }

    run()
    return sheet, run


@pytest.fixture
def page(browser, batch):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text))
    page.goto(batch[0].with_name("marking.html").as_uri())
    yield page
    page.close()
    assert errors == []


def mark(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def whose(page):
    shown = page.locator("#answer").inner_text()
    return next(name for name, text in ANSWERS.items() if text == shown)


def download(page, sheet):
    with page.expect_download() as waiting:
        page.keyboard.press("Control+s")
    waiting.value.save_as(sheet)


def test_a_class_is_marked_without_a_mouse(page, batch):
    sheet, run = batch
    expected = {}
    expected[whose(page)] = (4.5, "- as we heard")
    mark(page, "4", ",", "5", "Tab")  # letters choose the two lines of the rubric
    page.keyboard.type("- as we heard")
    mark(page, "Control+Enter")
    expected[whose(page)] = (3.5, "- as we heard")
    mark(page, "a", "b", "Alt+1", "Enter")
    expected[whose(page)] = (0, "")
    mark(page, "0", "Enter")
    assert page.locator("#progress").inner_text() == (
        "3 of 3 marked, 3 of 3 in all; 3 not yet downloaded"
    )
    download(page, sheet)
    told = page.locator("#progress").inner_text()
    assert told == "3 of 3 marked, 3 of 3 in all"
    assert run() == expected
    assert run() == expected  # the sheet that was written anew says the same


def test_invalid_points_stay_and_are_told(page):
    mark(page, "6", "Enter")
    assert page.locator("#problem").inner_text() == "Points must be a number from 0 to 5."
    assert page.locator("#which").inner_text().startswith("Text 1 of 3")


def test_a_closed_page_forgets_nothing_and_a_changed_sheet_wins(page, batch):
    sheet, run = batch
    first = whose(page)
    mark(page, "2", "Enter")
    page.reload()
    assert "1 not yet downloaded" in page.locator("#progress").inner_text()
    assert whose(page) != first  # the next that is not marked
    rows = sheet.read_text("utf-8-sig").replace(",5.0,,", ",5.0,1,")
    sheet.write_text(rows)
    run()
    page.reload()
    assert page.locator("#progress").inner_text() == "3 of 3 marked, 3 of 3 in all"


def test_what_changed_since_the_last_download_is_counted(page, tmp_path):
    told = page.locator("#progress")
    mark(page, "2", "Enter", "3", "Enter", "PageUp")
    assert told.inner_text() == "2 of 3 marked, 2 of 3 in all; 2 not yet downloaded"
    download(page, tmp_path / "first.csv")
    page.reload()
    assert told.inner_text() == "2 of 3 marked, 2 of 3 in all"
    mark(page, "PageUp", "4", "PageDown")
    assert told.inner_text().endswith("; 1 not yet downloaded")
    mark(page, "PageUp", "3", "PageDown")
    assert "downloaded" not in told.inner_text()
    # To withdraw points is a change as well, though the sheet beside the page has none.
    mark(page, "PageUp", "Backspace", "PageDown")
    assert told.inner_text() == "1 of 3 marked, 1 of 3 in all; 1 not yet downloaded"
    download(page, tmp_path / "second.csv")
    assert "downloaded" not in told.inner_text()
    sheets = [(tmp_path / name).read_text("utf-8-sig") for name in ("first.csv", "second.csv")]
    assert [sheet.count(",5,,") for sheet in sheets] == [1, 2]  # without points


def test_the_answer_is_rendered_and_the_keys_are_told(page):
    while whose(page) != "bo":
        mark(page, "PageDown")
    assert page.locator("#answer p").count() == 1
    assert page.locator("#answer b").count() == 0
    assert "Ctrl+Enter: save, next" in page.locator("label[for=comment]").inner_text()
    assert page.locator(".keys").is_visible()


def test_the_heads_stand_on_one_line_at_1280(page):
    page.locator("h1").evaluate("heading => heading.textContent = 'A long title '.repeat(9)")
    text = "1000 of 1000 marked, 6000 of 6000 in all; 6000 not yet downloaded"
    page.locator("#progress").evaluate("(told, text) => told.textContent = text", text)
    boxes = [
        page.locator(name).bounding_box() for name in ("h1", "#task", "#progress", "#download")
    ]
    middles = [box["y"] + box["height"] / 2 for box in boxes]
    assert max(middles) - min(middles) < 4
    assert boxes[-1]["x"] + boxes[-1]["width"] <= 1280


def test_page_keys_move_and_the_question_is_there(page):
    first = whose(page)
    mark(page, "PageDown")
    assert page.locator("#which").inner_text().startswith("Text 2 of 3")
    mark(page, "PageUp")
    assert whose(page) == first
    assert page.locator("#model").inner_text() == "Because."
    assert page.locator("#question").inner_text() == "Why?"
