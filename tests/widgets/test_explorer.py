import IPython.display
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from traitlets import TraitError

from cnn_utils import ConfusionMatrixExplorer
from cnn_utils.errors import KitError
from cnn_utils.widgets.explorer import OTHER as HIDDEN
from cnn_utils.widgets.matrix import CHOSEN

NAMES = ["cat", "dog", "frog"]
Y_TRUE = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
Y_PRED = np.array([0, 1, 1, 2, 1, 1, 0, 2, 2, 2])
OTHER = np.array([0, 0, 1, 2, 1, 0, 0, 2, 2, 0])
SURE = np.array([0.9, 0.5, 0.8, 0.6, 0.7, 0.9, 0.5, 0.6, 0.9, 0.7])
PROBABILITIES = np.repeat((1 - SURE)[:, None] / 2, 3, axis=1)
PROBABILITIES[np.arange(10), Y_PRED] = SURE
IMAGES = np.arange(10, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8)


@pytest.fixture
def explorer():
    return ConfusionMatrixExplorer(Y_TRUE, PROBABILITIES, IMAGES, NAMES)


@pytest.fixture
def comparison():
    return ConfusionMatrixExplorer(Y_TRUE, {"CNN": PROBABILITIES, "dense": OTHER}, IMAGES, NAMES)


def test_the_most_frequent_mistake_comes_first(explorer):
    assert explorer.cell == ("cat", "dog")
    # Images 1 and 2, of which the network is surer of 2.
    assert explorer.indices.tolist() == [2, 1]
    assert explorer._pages.shown().tolist() == [2, 1]


def test_a_cell_shows_exactly_its_images(explorer):
    explorer._grids["model"].buttons[2, 2].click()
    assert explorer.cell == ("frog", "frog")
    assert explorer.indices.tolist() == [8, 9, 7]
    tooltips = [cell._button.tooltip for cell in explorer._pages._cells[:3]]
    assert tooltips == ["image 8: ✓ frog 90%", "image 9: ✓ frog 70%", "image 7: ✓ frog 60%"]
    assert explorer._story.value == "true frog, predicted frog: 3 images"


def test_the_cells_add_up_to_all_images(explorer):
    found = []
    for button in explorer._grids["model"].buttons.flat:
        button.click()
        found += explorer.indices.tolist()
        assert button.tooltip.endswith(f": {len(explorer.indices)}")
    assert sorted(found) == list(range(10))


def test_labels_alone_come_in_their_stored_order():
    explorer = ConfusionMatrixExplorer(Y_TRUE, Y_PRED, IMAGES, NAMES)
    assert explorer.indices.tolist() == [1, 2]


@pytest.mark.parametrize("dtype", [int, np.float32])
def test_one_hot_predictions_are_labels(dtype):
    explorer = ConfusionMatrixExplorer(Y_TRUE, np.eye(3, dtype=dtype)[Y_PRED], IMAGES, NAMES)
    assert explorer.indices.tolist() == [1, 2]
    assert explorer._pages.caption(1) == "✗ dog (cat)"


def test_the_most_confused_pairs_are_listed_and_lead_to_their_images(explorer):
    confused = explorer._lists["confused"]
    assert confused.value == ("cat", "dog")
    assert [text for text, _ in confused.options] == [
        "",
        "cat taken for dog: 2",
        "cat taken for frog: 1",
        "dog taken for cat: 1",
    ]
    confused.value = ("dog", "cat")
    assert explorer.cell == ("dog", "cat")
    assert explorer.indices.tolist() == [6]


def test_the_lists_and_the_cell_follow_each_other(explorer):
    lists = {name: explorer._lists[name] for name in ("confused", "true", "predicted")}
    lists["true"].value = "dog"
    lists["predicted"].value = "dog"
    assert explorer.cell == ("dog", "dog")
    assert [control.value for control in lists.values()] == [None, "dog", "dog"]
    lists["true"].value = None
    assert explorer.cell == ("dog", "dog")
    explorer.cell = ("cat", "frog")
    assert [control.value for control in lists.values()] == [("cat", "frog"), "cat", "frog"]
    lists["confused"].value = None
    assert explorer.cell is None
    lists["true"].value = "cat"
    assert explorer.cell is None


def test_few_tab_stops_lead_to_the_images(explorer):
    assert not any(button.tabbable for button in explorer._grids["model"].buttons.flat)
    assert explorer._lists["model"].layout.display == "none"


def test_percentages_are_chosen_by_name_or_by_trait(explorer):
    buttons = explorer._grids["model"].buttons
    assert buttons[0, 1].description == "2"
    explorer._lists["show"].value = "% of the true class"
    assert explorer.normalize == "true"
    assert buttons[0, 1].description == "50"
    explorer.normalize = None
    assert explorer._lists["show"].value == "images"


def test_no_cell_no_images(explorer):
    explorer.cell = None
    assert explorer.indices.tolist() == []
    assert explorer._pages.layout.display == "none"
    assert explorer._story.value == "Choose a cell of the matrix to see its images."


def test_a_network_without_mistakes_has_nothing_to_choose_at_first():
    explorer = ConfusionMatrixExplorer(Y_TRUE, Y_TRUE, IMAGES, NAMES)
    assert explorer.cell is None
    assert "no mistake" in explorer.alt_text()
    assert "image/png" in explorer._repr_mimebundle_()[0]


def test_an_enlarged_image_is_put_away_with_its_cell(explorer):
    explorer._pages.chosen = 2
    explorer.cell = ("frog", "frog")
    assert explorer._pages.chosen == -1


def test_two_models_stand_side_by_side(comparison):
    assert list(comparison._grids) == ["CNN", "dense"]
    assert comparison.model == "CNN"
    assert comparison.indices.tolist() == [2, 1]
    comparison._grids["dense"].buttons[1, 0].click()
    assert (comparison.model, comparison.cell) == ("dense", ("dog", "cat"))
    assert comparison.indices.tolist() == [5, 6]
    assert comparison._pages.caption(5) == "✗ cat (dog), CNN: dog"
    comparison._lists["model"].value = "CNN"
    assert (comparison.model, comparison.cell) == ("CNN", ("dog", "cat"))
    # In a narrow window there is only the current model's matrix.
    hidden = [HIDDEN in model._dom_classes for model in comparison._models.values()]
    assert hidden == [False, True]


def test_the_other_model_s_answers_are_told(comparison):
    told = "CNN: true cat, predicted dog: 2 images; of these, dense says 1 x dog, 1 x cat"
    assert comparison._story.value == told
    comparison.cell = ("frog", "dog")
    assert comparison._story.value == "true frog, predicted dog: 0 images"


def test_a_third_model_has_its_say():
    models = {"CNN": PROBABILITIES, "dense": OTHER, "LeNet": Y_TRUE}
    explorer = ConfusionMatrixExplorer(Y_TRUE, models, IMAGES, NAMES)
    told = "2 images; of these, dense says 1 x dog, 1 x cat; LeNet says 2 x cat"
    assert explorer._story.value == f"CNN: true cat, predicted dog: {told}"
    assert len(explorer.figure().findobj(match=Axes)) == 4


def test_only_the_chosen_model_s_cell_is_framed(comparison):
    framed = [
        CHOSEN in comparison._grids[name].buttons[0, 1]._dom_classes for name in ("CNN", "dense")
    ]
    assert framed == [True, False]


def test_the_images_are_not_copied(explorer):
    assert np.shares_memory(explorer._pages.images, IMAGES)


@pytest.mark.parametrize("name", ["explorer", "comparison"])
def test_the_static_picture_comes_with_words(name, request):
    explorer = request.getfixturevalue(name)
    data, metadata = explorer._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"}
    alt = metadata["image/png"]["alt"]
    # Images 0, 4, 5, 7, 8 and 9 are right.
    assert ": 6 of 10 images on the diagonal; most confused: cat taken for dog: 2" in alt
    alt = alt.replace(", dense: dog", "").replace(", dense: cat", "")
    assert alt.endswith("✗ dog 80% (cat); ✗ dog 50% (cat)")


def test_the_figure_holds_the_matrix_its_scores_and_the_images(explorer):
    figure = explorer.figure()
    matrix, *pictures = [ax for ax in figure.findobj(match=type(figure.axes[0]))]
    values = matrix.collections[0].get_array().reshape(3, 3)
    assert values.tolist() == [[1, 2, 1], [1, 2, 0], [0, 0, 3]]
    # Cat: 1 of 2 predictions, 1 of 4 images.
    texts = [text.get_text() for text in matrix.texts]
    assert {"precision", "recall", "F1", "0.50", "0.25", "0.33"} <= set(texts)
    assert sum(len(ax.images) for ax in pictures) == 2


def test_showing_it_leaves_no_figure_behind(explorer):
    import matplotlib.pyplot as plt

    IPython.display.display(explorer)
    assert plt.get_fignums() == []


def test_unknown_cells_models_and_shares_are_refused(explorer):
    with pytest.raises(KitError, match=r"`cell` must be two of \['cat', 'dog', 'frog'\]"):
        explorer.cell = ("cat", "horse")
    with pytest.raises(KitError, match=r"`model` must be one of \['model'\]; received ResNet"):
        explorer.model = "ResNet"
    with pytest.raises(TraitError, match="normalize"):
        explorer.normalize = "rows"
    with pytest.raises(TraitError, match="cell"):
        explorer.cell = (0, 1)
    assert (explorer.cell, explorer.model) == (("cat", "dog"), "model")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_true": Y_TRUE[:9]}, "`y_true` must hold one label per image, 10; received 9"),
        ({"y_true": None}, "`y_true` must hold"),
        ({"y_pred": None}, "`y_pred` must hold"),
        ({"y_pred": Y_PRED[:9]}, "`y_pred` must hold one label per image, 10; received 9"),
        ({"y_pred": {"a": Y_PRED, "b": Y_PRED[:9]}}, "one label per image, 10; received 9"),
        ({"y_pred": np.log(PROBABILITIES)}, "`y_pred` must be 10 rows .* sum to one"),
        ({"y_pred": PROBABILITIES * 2}, "sum to one"),
        ({"images": IMAGES[:0]}, "`images` must have shape"),
        ({"images": IMAGES * 1.0}, "`images` must be uint8 in 0-255 or float in 0-1"),
        ({"class_names": NAMES[:2]}, r"labels must lie in 0\.\.1; received labels from 0 to 2"),
        ({"class_names": ["cat"]}, "`class_names` must name 2 to 30 classes; received 1"),
        ({"class_names": range(31)}, "2 to 30 classes; received 31"),
        ({"class_names": None}, "`class_names` must be a list of names"),
        ({"class_names": ["cat", "dog", "cat"]}, "name each class differently"),
        ({"y_pred": [[1, 0], [1]]}, "rows of equal length"),
    ],
)
def test_what_does_not_fit_is_one_sentence(changes, message):
    arguments = {"y_true": Y_TRUE, "y_pred": Y_PRED, "images": IMAGES, "class_names": NAMES}
    with pytest.raises(KitError, match=message):
        ConfusionMatrixExplorer(**{**arguments, **changes})


STATES = st.one_of(
    st.tuples(
        st.just("cell"),
        st.none() | st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)),
    ),
    st.tuples(st.just("model"), st.sampled_from(["CNN", "dense"])),
    st.tuples(st.just("normalize"), st.sampled_from([None, "true", "pred"])),
)


def follow(changes):
    models = {"CNN": PROBABILITIES, "dense": OTHER}
    explorer = ConfusionMatrixExplorer(Y_TRUE, models, IMAGES, NAMES)
    for trait, value in changes:
        setattr(explorer, trait, value)
        pred = explorer.results[explorer.model].predictions
        expected = []
        if explorer.cell is not None:
            true, pred_name = explorer.cell
            expected = [
                i for i in range(10) if (NAMES[Y_TRUE[i]], NAMES[pred[i]]) == (true, pred_name)
            ]
            if explorer.model == "CNN":
                expected.sort(key=lambda i: -SURE[i])
        assert explorer.indices.tolist() == explorer._pages.indices.tolist() == expected


@settings(max_examples=40)
@given(st.lists(STATES, max_size=25))
def test_no_sequence_of_changes_breaks_it(changes):
    follow(changes)


@pytest.mark.slow
@settings(max_examples=400)
@given(st.lists(STATES, min_size=25, max_size=25))
def test_ten_thousand_changes_do_not_break_it(changes):
    follow(changes)
