"""The picture that stands for a widget where nothing is live: exported pages, PDF, nbval."""

from __future__ import annotations

import base64
import io
from html import escape

import ipywidgets as widgets
import numpy as np
from PIL import Image

from cnn_utils.data import data_source
from cnn_utils.plots.figure import BLUE, DescribedFigure, tidy, titled
from cnn_utils.plots.images import pixel_style

LOOK, MOST_BARS = "cnn-utils", 10
# Front ends mark the focus by a thin blue line, which is lost on a dark blue button. Black within
# white stands out on any colour.
FOCUS = f"""<style>.{LOOK} :is(button, select, input):focus-visible {{
outline: 2px solid #000 !important; outline-offset: 1px !important;
box-shadow: 0 0 0 5px #fff !important; z-index: 1; }}</style>"""


class StaticPicture(widgets.VBox):
    """A box of widgets that shows a PNG with alternative text where nothing is live.

    The subclass gives `figure()`, a Matplotlib figure, and `alt_text()`. Front ends that know
    widgets show the live one; all others find the picture.
    """

    def __init__(self, children):
        focus = widgets.HTML(FOCUS, layout=widgets.Layout(display="none"))
        super().__init__([*children, focus])
        self.add_class(LOOK)

    def _repr_mimebundle_(self, **kwargs):
        data = super()._repr_mimebundle_(**kwargs) or {}
        data, metadata = data if isinstance(data, tuple) else (data, {})
        figure, note = self.figure(), data_source.sample_note()
        figure.alt_text = f"{self.alt_text()} ({note})" if note else self.alt_text()
        picture, described = figure._repr_mimebundle_()
        data = {**data, "image/png": picture["image/png"], "text/plain": figure.alt_text}
        return data, {**metadata, **described}


def with_note(text: str) -> str:
    """Return a line of a widget with a word on stand-in data, if there is any."""
    note = data_source.sample_note()
    return f"{text} [{note}]" if note else text


def to_png(image, height: int) -> bytes:
    """Encode one image, enlarged to about `height` pixels without smoothing, as PNG.

    Images of more than twice that height or width are reduced.

    Parameters
    ----------
    image : array of shape (rows, columns) or (rows, columns, 3)
        uint8 0-255, or float 0-1.
    height : int
        Pixels of the larger side; rounded to a whole multiple of the image's.
    """
    if image.dtype != np.uint8:
        image = (image * 255).round().astype(np.uint8)
    step = max(1, max(image.shape[:2]) // (2 * height))
    picture = Image.fromarray(np.ascontiguousarray(image[::step, ::step]))
    factor = max(1, round(height / max(picture.size)))
    size = (picture.width * factor, picture.height * factor)
    buffer = io.BytesIO()
    picture.resize(size, Image.Resampling.NEAREST).save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def img_tag(png: bytes, alt: str, width: str) -> str:
    """Return HTML that shows a picture with alternative text, which widgets.Image can't have."""
    source = base64.b64encode(png).decode("ascii")
    style = f"display:block;width:{width};max-width:100%"
    return f'<img src="data:image/png;base64,{source}" alt="{escape(alt)}" style="{style}">'


def detail_figure(image, probabilities, class_names, title: str) -> DescribedFigure:
    """Draw one image large and, if there are any, its class probabilities as bars.

    Of more than ten classes, the ten most probable ones are drawn.
    """
    figure = DescribedFigure(figsize=(6.4, 2.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.3))
    left.imshow(image, **pixel_style(image))
    left.set_axis_off()
    if probabilities is None:
        right.set_visible(False)
    else:
        shown = np.arange(len(probabilities))
        if len(shown) > MOST_BARS:
            shown = np.argsort(-probabilities, kind="stable")[:MOST_BARS]
        names = [class_names[i] for i in shown]
        bars = right.barh(names, probabilities[shown], color=BLUE)
        right.bar_label(bars, fmt="{:.1%}", padding=3, fontsize=8)
        right.set(xlim=(0, 1.2), xticks=[0, 0.5, 1], xlabel="probability")
        right.invert_yaxis()
        tidy(right)
    figure.suptitle(titled(title), fontsize="medium")
    figure.alt_text = with_note(title)
    if probabilities is not None:
        best = np.argsort(-probabilities, kind="stable")[:3]
        surest = ", ".join(f"{class_names[i]} {probabilities[i]:.1%}" for i in best)
        figure.alt_text = with_note(f"{title}; most probable: {surest}")
    return figure


def words_figure(text: str) -> DescribedFigure:
    """Return a figure that holds nothing but a sentence."""
    figure = DescribedFigure(figsize=(6, 1))
    figure.text(0.5, 0.5, text, ha="center", va="center")
    return figure
