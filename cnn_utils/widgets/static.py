"""The picture that stands for a widget where nothing is live: exported pages, PDF, nbval."""

from __future__ import annotations

import base64
import io
from html import escape

import ipywidgets as widgets
import numpy as np
from PIL import Image

from cnn_utils.plots.figure import BLUE, DescribedFigure, tidy, titled
from cnn_utils.plots.images import pixel_style

LOOK = "cnn-utils"
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
        figure = self.figure()
        figure.alt_text = self.alt_text()
        picture, described = figure._repr_mimebundle_()
        data = {**data, "image/png": picture["image/png"], "text/plain": self.alt_text()}
        return data, {**metadata, **described}


def to_png(image, height: int) -> bytes:
    """Encode one image, enlarged to about `height` pixels without smoothing, as PNG.

    Parameters
    ----------
    image : array of shape (rows, columns) or (rows, columns, 3)
        uint8 0-255, or float 0-1.
    height : int
        Pixels; rounded to a whole multiple of the image's rows.
    """
    if image.dtype != np.uint8:
        image = (image * 255).round().astype(np.uint8)
    picture = Image.fromarray(image)
    factor = max(1, round(height / picture.height))
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
    """Draw one image large and, if there are any, its class probabilities as bars."""
    figure = DescribedFigure(figsize=(6.4, 2.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.3))
    left.imshow(image, **pixel_style(image))
    left.set_axis_off()
    if probabilities is None:
        right.set_visible(False)
    else:
        bars = right.barh(class_names[: len(probabilities)], probabilities, color=BLUE)
        right.bar_label(bars, fmt="{:.1%}", padding=3, fontsize=8)
        right.set(xlim=(0, 1.2), xticks=[0, 0.5, 1], xlabel="probability")
        right.invert_yaxis()
        tidy(right)
    figure.suptitle(titled(title), fontsize="medium")
    figure.alt_text = title
    if probabilities is not None:
        best = np.argsort(-probabilities, kind="stable")[:3]
        surest = ", ".join(f"{class_names[i]} {probabilities[i]:.1%}" for i in best)
        figure.alt_text = f"{title}; most probable: {surest}"
    return figure


def words_figure(text: str) -> DescribedFigure:
    """Return a figure that holds nothing but a sentence."""
    figure = DescribedFigure(figsize=(6, 1))
    figure.text(0.5, 0.5, text, ha="center", va="center")
    return figure
