import IPython.display
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_utils import ImageBrowser
from cnn_utils.data import data_source
from cnn_utils.errors import KitError
from cnn_utils.widgets.browser import ALL, ORDERS, OUTCOMES
from cnn_utils.widgets.pages import PAGE_SIZE

NAMES = ["cat", "dog", "frog"]
N = 2 * PAGE_SIZE + 5
IMAGES = np.arange(N, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8)
LABELS = np.arange(N) % 3
# Image i is taken for its own class with probability p, or for the next one; every fifth is wrong.
SURE = np.linspace(0.55, 0.95, N)
PREDICTIONS = np.where(np.arange(N) % 5 == 0, (LABELS + 1) % 3, LABELS)
PROBABILITIES = np.full((N, 3), 0.0)
PROBABILITIES[np.arange(N), PREDICTIONS] = SURE
PROBABILITIES[np.arange(N), (PREDICTIONS + 2) % 3] = 1 - SURE


@pytest.fixture
def browser():
    return ImageBrowser(IMAGES, LABELS, probabilities=PROBABILITIES, class_names=NAMES)


def cells(browser):
    return [cell for cell in browser._cells if cell.layout.display != "none"]


def test_the_first_page_shows_the_first_images(browser):
    assert browser.shown().tolist() == list(range(PAGE_SIZE))
    assert len(cells(browser)) == PAGE_SIZE
    assert browser._status.value == "page 1 of 3, 45 of 45 images"


def test_the_images_are_not_copied(browser):
    assert np.shares_memory(browser.images, IMAGES)


def test_captions_say_true_class_prediction_and_confidence(browser):
    buttons = [cell._button.description for cell in cells(browser)]
    assert buttons[0] == "✗ dog 55% (cat)"
    assert buttons[1] == "✓ dog 56%"
    assert cells(browser)[0]._button.tooltip == "image 0: ✗ dog 55% (cat)"


def test_a_short_last_page_hides_the_cells_it_does_not_need(browser):
    browser.page = 2
    assert browser.shown().tolist() == list(range(2 * PAGE_SIZE, N))
    assert len(cells(browser)) == 5


def test_the_buttons_turn_the_page_and_stop_at_the_ends(browser):
    assert browser._before.disabled
    browser._after.click()
    browser._after.click()
    assert browser.page == 2
    assert browser._after.disabled
    browser._after.click()
    assert browser.page == 2
    browser._before.click()
    assert browser.page == 1


def test_a_page_beyond_the_last_becomes_the_last(browser):
    browser.page = 99
    assert browser.page == 2
    browser.page = -3
    assert browser.page == 0


def test_a_class_is_filtered_and_the_pages_start_anew(browser):
    browser.page = 2
    browser.class_name = "dog"
    assert browser.page == 0
    assert set(LABELS[browser.shown()]) == {1}
    assert browser._status.value == "page 1 of 1, 15 of 45 images"


def test_right_and_wrong_answers_are_told_apart(browser):
    browser.outcome = "wrong"
    assert browser.shown().tolist() == list(range(0, N, 5))
    browser.outcome = "correct"
    assert not set(browser.shown()) & set(range(0, N, 5))


def test_images_are_sorted_by_confidence_and_by_loss(browser):
    browser.order = "most confident first"
    assert browser.shown()[0] == N - 1
    browser.order = "least confident first"
    assert browser.shown()[0] == 0
    # A wrong answer gives the true class no probability, if it is the one that is left out.
    browser.order = "highest loss first"
    true = PROBABILITIES[np.arange(N), LABELS]
    assert true[browser.shown()].tolist() == sorted(true)[:PAGE_SIZE]


def test_the_controls_and_the_state_follow_each_other(browser):
    by_class, by_outcome, by_order, jump, *_ = browser.children[0].children
    by_class.value = "frog"
    by_outcome.value = "wrong"
    assert (browser.class_name, browser.outcome) == ("frog", "wrong")
    browser.order = ORDERS[1]
    assert by_order.value == ORDERS[1]
    browser.chosen = 7
    assert jump.value == "7"
    jump.value = "12"
    assert browser.chosen == 12
    for text in ("", "none", "-3"):
        jump.value = text
        assert (browser.chosen, jump.value) == (-1, "")
    jump.value = "10000"
    assert (browser.chosen, jump.value) == (N - 1, f"{N - 1}")


def test_a_chosen_image_is_enlarged_with_its_probabilities(browser):
    assert browser._detail.layout.display == "none"
    cells(browser)[3]._button.click()
    assert browser.chosen == 3
    assert browser._detail.layout.display != "none"
    alt = "image 3: ✓ cat 58%; most probable: cat 57.7%, frog 42.3%, dog 0.0%"
    assert f'alt="{alt}"' in browser._detail.value
    browser.chosen = -1
    assert browser._detail.layout.display == "none"


def test_jumping_to_an_image_turns_to_its_page(browser):
    browser.chosen = N - 1
    assert browser.page == 2
    browser.chosen = 10_000
    assert browser.chosen == N - 1


def test_a_filter_without_a_match_shows_no_image():
    browser = ImageBrowser(IMAGES, LABELS, LABELS, class_names=NAMES)
    browser.outcome = "wrong"
    assert cells(browser) == []
    assert browser._status.value == "page 1 of 1, 0 of 45 images"
    assert "image/png" in browser._repr_mimebundle_()[0]


def test_without_predictions_only_classes_can_be_filtered():
    browser = ImageBrowser(IMAGES, LABELS)
    _, by_outcome, by_order, *_ = browser.children[0].children
    assert by_outcome.options == ("all",)
    assert by_order.options == ("as stored",)
    assert browser.caption(4) == "1"


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((3, 4, 4, 1), np.uint8),
        np.zeros((3, 4, 4, 3), np.uint8),
        np.ones((3, 4, 4), np.float32),
    ],
)
def test_grey_coloured_and_scaled_images_are_shown(images):
    browser = ImageBrowser(images, [0, 1, 0], class_names=NAMES)
    browser.chosen = 1
    assert '<img src="data:image/png;base64,iVBOR' in browser._cells[0]._picture.value


def test_the_static_picture_comes_with_words(browser):
    data, metadata = browser._repr_mimebundle_()
    assert set(data) == {
        "text/plain",
        "image/png",
        "application/vnd.jupyter.widget-view+json",
    }
    alt = metadata["image/png"]["alt"]
    assert alt.startswith("Image browser, page 1 of 3, 45 of 45 images: ✗ dog 55% (cat); ✓ dog 56%")
    assert data["text/plain"] == alt


def test_showing_it_leaves_no_figure_behind(browser):
    import matplotlib.pyplot as plt

    IPython.display.display(browser)
    assert plt.get_fignums() == []


@pytest.mark.parametrize("trait", ["outcome", "order"])
def test_unknown_choices_are_refused(browser, trait):
    with pytest.raises(KitError, match=rf"`{trait}` must be one of .*; received 'random'"):
        setattr(browser, trait, "random")


def test_an_unknown_class_is_refused(browser):
    with pytest.raises(KitError, match=r"`class_name` must be one of \('all classes', 'cat'"):
        browser.class_name = "horse"
    assert browser.class_name == ALL


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": None}, "`labels` must hold integer labels"),
        ({"labels": LABELS[:9]}, "`labels` must hold one label per image, 45; received 9"),
        (
            {"predictions": LABELS[:9]},
            "`predictions` must hold one label per image, 45; received 9",
        ),
        ({"images": IMAGES[:0]}, "`images` must have shape"),
        ({"images": IMAGES * 1.0}, "`images` must be uint8 in 0-255 or float in 0-1"),
        ({"probabilities": PROBABILITIES * 2}, r"sum to one; .* Give what model\.predict returns"),
        (
            {"probabilities": PROBABILITIES[:9]},
            "`probabilities` must be 45 rows of class probabilities",
        ),
        ({"probabilities": np.log(PROBABILITIES + 1)}, "sum to one"),
        ({"probabilities": PROBABILITIES * np.nan}, "sum to one"),
        (
            {"class_names": NAMES[:2]},
            "name for every label; received labels from 0 to 2 and 2",
        ),
        ({"class_names": [*NAMES, "horse"]}, "one column for each of the 4 classes; received 3"),
        ({"class_names": ["a", "b", "a"]}, "name each class differently"),
        (
            {"class_names": None, "labels": LABELS - 1},
            "labels from -1 to 2 and 3 names. Labels count",
        ),
        ({"class_names": "cats"}, "`class_names` must be a list of names"),
    ],
)
def test_what_does_not_fit_is_one_sentence(changes, message):
    arguments = {
        "images": IMAGES,
        "labels": LABELS,
        "probabilities": PROBABILITIES,
        "class_names": NAMES,
    }
    with pytest.raises(KitError, match=message):
        ImageBrowser(**{**arguments, **changes})


def test_what_cannot_be_filtered_or_sorted_is_said(browser):
    bare = ImageBrowser(IMAGES, LABELS)
    with pytest.raises(KitError, match=r"`outcome` must be one of \('all',\); .*`predictions`"):
        bare.outcome = "wrong"
    with pytest.raises(KitError, match=r"`order` must be one of \('as stored',\).*`probabilities`"):
        bare.order = "highest loss first"
    assert (bare.outcome, bare.order) == ("all", "as stored")


def test_sample_data_is_named_where_it_shows():
    data_source.record("MNIST", "sample")
    browser = ImageBrowser(IMAGES, LABELS)
    browser.chosen = 0
    note = "drawn sample, not MNIST"
    assert note in browser._status.value
    assert note in browser._detail.value
    assert note in browser._repr_mimebundle_()[1]["image/png"]["alt"]


def test_one_class_alone_is_no_problem():
    browser = ImageBrowser(IMAGES, np.zeros(N, int), class_names=["cat"])
    assert browser.caption(0) == "cat"


STATES = st.one_of(
    st.tuples(st.just("page"), st.integers(-5, 9)),
    st.tuples(st.just("chosen"), st.integers(-5, N + 5)),
    st.tuples(st.just("class_name"), st.sampled_from([ALL, *NAMES])),
    st.tuples(st.just("outcome"), st.sampled_from(OUTCOMES)),
    st.tuples(st.just("order"), st.sampled_from(ORDERS)),
)


def follow(changes):
    browser = ImageBrowser(IMAGES, LABELS, probabilities=PROBABILITIES, class_names=NAMES)
    for trait, value in changes:
        setattr(browser, trait, value)
        assert 0 <= browser.page < browser.n_pages
        assert len(cells(browser)) == len(browser.shown())
        expected = [
            i
            for i in range(N)
            if browser.class_name in (ALL, NAMES[LABELS[i]])
            and browser.outcome in ("all", "correct" if PREDICTIONS[i] == LABELS[i] else "wrong")
        ]
        keys = {
            "most confident first": lambda i: -PROBABILITIES[i].max(),
            "least confident first": lambda i: PROBABILITIES[i].max(),
            "highest loss first": lambda i: PROBABILITIES[i, LABELS[i]],
        }
        if browser.order in keys:
            key = keys[browser.order]
            assert sorted(browser.indices) == expected
            found = [key(i) for i in browser.indices]
            assert found == sorted(found)
        else:
            assert browser.indices.tolist() == expected


@settings(max_examples=40)
@given(st.lists(STATES, max_size=25))
def test_no_sequence_of_changes_breaks_it(changes):
    follow(changes)


@pytest.mark.slow
@settings(max_examples=400)
@given(st.lists(STATES, min_size=25, max_size=25))
def test_ten_thousand_changes_do_not_break_it(changes):
    follow(changes)
