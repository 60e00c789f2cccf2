"""What all displays share: a figure outside pyplot, its alternative text, a notebook's picture."""

import base64
import io
import struct
from math import ceil

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from cnn_utils.data import data_source
from cnn_utils.errors import KitError

# Of Okabe and Ito's palette: safe for colour-blind readers, and distinct in grey print.
BLUE, VERMILION, INK = "#0072B2", "#D55E00", "#222222"
# Vermilion is too pale for small letters; this has a contrast of 6.7 to 1 on white.
WARNING_INK = "#A63603"
# Pixels of the PNG for each pixel on the page: sharp on most displays.
PIXEL_RATIO = 1.5


class Display:
    """A figure with an alternative text; the drawn artists are attributes that end in ``_``.

    A notebook shows the display as a picture with its alternative text. Outside a notebook, save
    it: ``display.figure_.savefig("name.png")``. pyplot does not manage the figure, so that
    ``plt.show()`` and ``plt.gcf()`` don't find it. A display on given axes shows no picture of its
    own: whoever made the axes shows their figure.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
    ax_ : matplotlib.axes.Axes, or an array of them
    alt_text_ : str
        What the figure shows, in a sentence or two, for people who can't see it.
    """

    def __init__(self, ax=None, n: int | None = None, columns: int = 1, *, figsize, **options):
        """Use the given axes, or those of a new figure.

        Without `n`, it is one axes. With `n`, panels with titles of their own share the figure's
        title; a new figure has `columns` of them in a row.
        """
        self._owns_figure, self._shares_title = ax is None, n is not None
        n = n or 1
        if ax is None:
            rows = ceil(n / columns)
            figure = Figure(figsize, layout="constrained")
            ax = figure.subplots(rows, columns, squeeze=rows * columns == 1, **options)
            for unused in np.ravel(ax)[n:]:
                unused.set_visible(False)
        elif np.size(ax) < n:
            raise KitError.about("`ax`", f"hold {n} axes, one per panel", f"{np.size(ax)} axes")
        self.panels = list(np.ravel(ax)[:n])
        self.ax_, self.figure_ = ax, self.panels[0].figure

    def finish(self, title: str, alt_text: str):
        """Draw the title, store the alternative text, and return the display."""
        if self._shares_title:
            self.figure_.suptitle(with_note(title, "\n"), fontsize="large")
        else:
            self.panels[0].set_title(with_note(title, "\n"))
        self.alt_text_ = with_note(alt_text)
        return self

    def __repr__(self) -> str:
        return f"<Display: {self.alt_text_}>"

    def _repr_mimebundle_(self, include=None, exclude=None):
        if not self._owns_figure:
            return {"text/plain": repr(self)}
        return picture_bundle(self.figure_, self.alt_text_)


def picture_bundle(figure, alt_text: str) -> tuple[dict, dict]:
    """Return a figure's PNG and alternative text as data and metadata of IPython's display."""
    png = figure_png(figure)
    # Bytes 16 to 24 of a PNG hold its width and height.
    width, height = (round(n / PIXEL_RATIO) for n in struct.unpack(">II", png[16:24]))
    data = {"image/png": base64.b64encode(png).decode("ascii"), "text/plain": alt_text}
    return data, {"image/png": {"alt": alt_text, "width": width, "height": height}}


def figure_png(figure) -> bytes:
    """Return a figure as PNG; titles wider than the figure are not cut."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=PIXEL_RATIO * figure.dpi, bbox_inches="tight")
    return buffer.getvalue()


def with_note(text: str, gap: str = " ") -> str:
    """Return a title or a description; sample data is named at its end."""
    note = data_source.sample_note()
    return f"{text}{gap}[{note}]" if note else text


def name_log_ticks(axis, low: float, high: float) -> None:
    """Set three to six readable ticks on a logarithmic axis; powers of ten alone are too few."""
    if high < 8 * low:
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], min_n_ticks=3))
    else:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 50 * low else (1, 3)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())


def tidy(ax) -> None:
    """Remove the frame's upper and right side, and draw a light grid behind the data."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.3)
    ax.set_axisbelow(True)
