"""The static picture of a widget, which exported pages and PDF show in its place."""

import base64
import io
from html import escape

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageOps

from cnn_utils.plots.figure import BLUE, picture_bundle, tidy, with_note
from cnn_utils.plots.images import pixel_style

CSS_CLASS = "cnn-utils"
# Black within white stands out on any colour, light or dark: it marks the focus, for which front
# ends draw a thin blue line, and the chosen cell. A tile's button lies over its picture. Where two
# matrices have no room side by side, only the current model's is shown.
LOOK = f"""<style>.{CSS_CLASS} :is(button, select, input):focus-visible {{
outline: 2px solid #000 !important; outline-offset: 1px !important;
box-shadow: 0 0 0 5px #fff !important; z-index: 1; }}
.{CSS_CLASS}-chosen {{ outline: 2px solid #000; box-shadow: 0 0 0 4px #fff; z-index: 1; }}
.{CSS_CLASS}-tile {{ position: relative; cursor: pointer; }}
.{CSS_CLASS}-tile button {{ position: absolute; inset: 0; width: auto; height: auto; margin: 0;
padding: 98px 2px 0; display: flex; align-items: flex-start; justify-content: flex-start;
line-height: 1.2; white-space: normal; text-align: left; background: transparent;
color: var(--jp-ui-font-color1, inherit); }}
@media (max-width: 1099px) {{ .{CSS_CLASS}-other {{ display: none !important; }} }}</style>"""


class StaticPicture(widgets.VBox):
    """A box of widgets with a PNG and alternative text for front ends without live widgets.

    The subclass defines `figure()`, a Matplotlib figure, and `alt_text()`.
    """

    def __init__(self, children):
        look = widgets.HTML(LOOK, layout=widgets.Layout(display="none"))
        super().__init__([*children, look])
        self.add_class(CSS_CLASS)

    def _repr_mimebundle_(self, **kwargs):
        live = super()._repr_mimebundle_(**kwargs)
        picture, metadata = picture_bundle(self.figure(), with_note(self.alt_text()))
        return {**live, **picture}, metadata

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.alt_text()}>"


def to_png(image, height: int) -> bytes:
    """Encode one image as PNG, enlarged without smoothing by a whole factor, to about `height`."""
    if image.dtype != np.uint8:
        image = (image * 255).round().astype(np.uint8)
    picture = Image.fromarray(np.ascontiguousarray(image))
    factor = max(1, round(height / max(picture.size)))
    buffer = io.BytesIO()
    ImageOps.scale(picture, factor, Image.Resampling.NEAREST).save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def img_tag(png: bytes, alt: str, width: str) -> str:
    """Return HTML that shows a picture with alternative text, which widgets.Image can't have."""
    source = base64.b64encode(png).decode("ascii")
    style = f"display:block;width:{width};max-width:100%"
    return f'<img src="data:image/png;base64,{source}" alt="{escape(alt)}" style="{style}">'


def detail_figure(image, probabilities, class_names, title: str) -> Figure:
    """Draw one image large and, if there are any, its class probabilities as bars."""
    figure = Figure(figsize=(6.4, 2.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.3))
    left.imshow(image, **pixel_style(image))
    left.set_axis_off()
    if probabilities is None:
        right.set_visible(False)
    else:
        bars = right.barh(class_names, probabilities, color=BLUE)
        right.bar_label(bars, fmt="{:.1%}", padding=3, fontsize=8)
        right.set(xlim=(0, 1.2), xticks=[0, 0.5, 1], xlabel="probability")
        right.invert_yaxis()
        tidy(right)
    figure.suptitle(with_note(title, "\n"), fontsize="medium")
    return figure
