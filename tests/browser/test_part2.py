"""Part 2 in a real JupyterLab: stop the training, choose a cell of the matrix, turn pages."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

import cnn_utils

pytestmark = pytest.mark.browser

IMAGE = re.compile(r"image (\d+): . (.+)")
# The classes named in a button's text: "✗ dog 93% (cat)" or "✓ cat 99%".
CAPTION = re.compile(r"[✗✓] (?P<pred>\w+) \d+%(?: \((?P<true>\w+)\))?")

TOOLTIP = re.compile(r"true (\w+), predicted (\w+): (\d+)")


def press(page, button):
    """Press a button by the keyboard alone."""
    button.focus()
    page.keyboard.press("Enter")


def shown(area):
    """Return index and caption of each image that an area shows, once none changes any more."""
    titles, before = _titles(area), None
    while titles != before:
        area.page.wait_for_timeout(300)
        titles, before = _titles(area), titles
    return [(int(IMAGE.match(title)[1]), title.split(": ", 1)[1]) for title in titles]


def _titles(area):
    buttons = area.locator("button[title^='image ']:visible")
    return buttons.evaluate_all("buttons => buttons.map(button => button.title)")


def pixels(area, place):
    """Return the pixels of the image at `place`, as the browser has got it."""
    source = area.locator("img[alt^='image ']:visible").nth(place).get_attribute("src")
    image = Image.open(io.BytesIO(base64.b64decode(source.removeprefix("data:image/png;base64,"))))
    return np.asarray(image)[:: image.height // 32, :: image.width // 32]


@pytest.fixture(scope="module")
def part2(open_notebook, run_all, output_of):
    """Part 2, run from top to bottom, its training stopped by the button in the second epoch."""
    page = open_notebook("part2_cnn_cifar10.ipynb")
    run_all(page)
    training = output_of(page, "TrainingMonitor(")
    training.locator("img").wait_for(state="attached", timeout=600_000)
    press(page, page.get_by_role("button", name="Stop training"))
    training.get_by_text("Stopped in epoch 2 of 3.").wait_for(state="attached", timeout=60_000)
    output_of(page, "best_epoch(").locator("table").wait_for(state="attached", timeout=600_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=600_000)
    return page


@pytest.fixture(scope="module")
def scenes():
    """Return the validation images and labels that the notebook sees in the quick profile."""
    data = cnn_utils.load_cifar10()
    return data["X_train"][3_000:3_750], data["y_train"][3_000:3_750]


def test_no_cell_failed_and_the_stopped_network_is_used(part2, output_of):
    assert part2.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert part2.locator(".jp-OutputArea-output", has_text="Error").count() == 0
    training = output_of(part2, "TrainingMonitor(")
    assert training.locator("img").count() == 1
    assert training.get_by_role("button", name="Stop training").count() == 0
    # Two epochs, the second cut short, are in the history.
    assert output_of(part2, "best_epoch(").locator("tbody tr").count() == 2


def test_a_cell_of_the_matrix_shows_its_images(part2, output_of, scenes):
    images, labels = scenes
    area = output_of(part2, "ConfusionMatrixExplorer(")
    area.scroll_into_view_if_needed()
    cells = area.locator("button[title^='true ']")
    assert cells.count() == 100
    # The diagonal, and two mistakes.
    for place in (33, 77, *_mistakes(cells)):
        cell = cells.nth(place)
        true, pred, n = re.match(
            r"true (\w+), predicted (\w+): (\d+)", cell.get_attribute("title")
        ).groups()
        press(part2, cell)
        area.get_by_text(f"true {true}, predicted {pred}: {n} images").wait_for()
        area.get_by_text(re.compile(rf"page 1 of \d+, {n} of 750 images")).wait_for()
        found = shown(area)
        assert len(found) == min(20, int(n))
        confidences = [int(re.search(r"(\d+)%", caption)[1]) for _, caption in found]
        assert confidences == sorted(confidences, reverse=True)
        for place_on_page, (index, caption) in enumerate(found):
            named = CAPTION.fullmatch(caption)
            assert (named["pred"], named["true"] or named["pred"]) == (pred, true)
            assert cnn_utils.CIFAR10_CLASSES[labels[index]] == true
            if place_on_page < 3:
                assert (pixels(area, place_on_page) == images[index]).all()


def _mistakes(cells):
    counts = [int(TOOLTIP.match(cell.get_attribute("title"))[3]) for cell in cells.all()]
    wrong = [place for place in range(100) if place % 11]
    return sorted(wrong, key=lambda place: -counts[place])[:2]


def test_percentages_can_be_chosen_by_the_keyboard(part2, output_of):
    area = output_of(part2, "ConfusionMatrixExplorer(")
    cells = area.locator("button[title^='true ']")
    count = cells.first.inner_text()
    area.locator("select").first.focus()
    for key in ("Space", "ArrowDown", "Enter"):
        part2.keyboard.press(key)
    part2.wait_for_function(
        "([cell, count]) => cell.innerText !== count",
        arg=[cells.first.element_handle(), count],
    )
    shares = [float(cell.inner_text()) for cell in cells.all()]
    assert np.reshape(shares, (10, 10)).sum(axis=1) == pytest.approx(100, abs=3)


def test_a_confused_pair_leads_to_its_images(part2, output_of):
    area = output_of(part2, "ConfusionMatrixExplorer(")
    pairs = area.locator("select", has_text="taken for")
    told = pairs.locator("option").nth(2).text_content().replace("\xa0", " ")
    true, pred, n = re.fullmatch(r"(\w+) taken for (\w+): (\d+)", told).groups()
    pairs.select_option(index=2)
    area.get_by_text(f"true {true}, predicted {pred}: {n} images").wait_for()


def test_pages_are_turned_by_the_keyboard(part2, output_of, scenes):
    images, _ = scenes
    area = output_of(part2, "highest loss first")
    area.scroll_into_view_if_needed()
    first = shown(area)
    press(part2, area.get_by_role("button", name="next"))
    area.get_by_text("page 2 of 38, 750 of 750 images").wait_for()
    second = shown(area)
    assert len(first) == len(second) == 20
    assert not {index for index, _ in first} & {index for index, _ in second}
    assert (pixels(area, 0) == images[second[0][0]]).all()
    # The tab key leads back to the other button.
    part2.keyboard.press("Shift+Tab")
    part2.keyboard.press("Space")
    area.get_by_text("page 1 of 38, 750 of 750 images").wait_for()
    assert shown(area) == first


def test_an_image_is_enlarged_by_the_keyboard(part2, output_of):
    area = output_of(part2, "highest loss first")
    index, caption = shown(area)[4]
    press(part2, area.locator("button[title^='image ']:visible").nth(4))
    large = area.locator(f"img[alt^='image {index}: {caption}; most probable']")
    large.wait_for()
    assert large.bounding_box()["width"] > 400


@pytest.mark.parametrize(("width", "place"), [(1280, 0), (800, 1)])
def test_the_answer_to_a_click_is_in_view(part2, output_of, width, place):
    part2.set_viewport_size({"width": width, "height": 900})
    area = output_of(part2, "ConfusionMatrixExplorer(")
    area.evaluate("area => area.closest('.jp-Cell').scrollIntoView()")
    cells = area.locator("button[title^='true ']")
    cell = cells.nth(_mistakes(cells)[place])
    cell.click()
    true, pred, n = TOOLTIP.match(cell.get_attribute("title")).groups()
    answer = area.get_by_text(f"true {true}, predicted {pred}: {n} images")
    answer.wait_for()
    tiles = area.locator("button[title^='image ']:visible")
    seen = [answer.bounding_box(), tiles.first.bounding_box()]
    assert all(box["y"] > 0 and box["y"] + box["height"] < 870 for box in seen), seen
    tiles.first.click(position={"x": 40, "y": 40})  # on the picture
    large = area.locator("img[alt*='most probable']")
    large.wait_for()
    box = large.bounding_box()
    assert box["y"] > 0
    assert box["y"] + box["height"] < 870
    assert box["x"] + box["width"] < width
    part2.set_viewport_size({"width": 1280, "height": 720})


def test_few_tab_stops_lead_to_the_first_picture(part2, output_of):
    area = output_of(part2, "ConfusionMatrixExplorer(")
    area.locator("select").first.focus()
    n_stops = 0
    while n_stops < 20 and not part2.locator("button:focus[title^='image ']").count():
        part2.keyboard.press("Tab")
        n_stops += 1
    assert n_stops <= 8


def test_the_focus_is_visible(part2, output_of):
    area = output_of(part2, "ConfusionMatrixExplorer(")
    area.locator("select:visible").nth(2).focus()
    part2.keyboard.press("Shift+Tab")
    focused = part2.locator("select:focus")
    style = focused.evaluate("element => getComputedStyle(element).outline")
    assert "2px" in style
    assert "rgb(0, 0, 0)" in style
