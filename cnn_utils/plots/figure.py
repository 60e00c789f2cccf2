"""The figure that carries its alternative text, and what all displays share."""

from __future__ import annotations

import base64
import io
import struct
import sys
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser
from matplotlib.text import Text

from cnn_utils.data import data_source
from cnn_utils.errors import KitError

# Okabe and Ito's palette: told apart by the colour-blind, and by grey level in print.
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
INK, SHADE = "#222222", "#F2E6D8"
# Vermilion is too pale for small letters; this has a contrast of 6.7 to 1 on white.
WARNING_INK = "#A63603"
PIXEL_RATIO = 1.5


class DescribedFigure(Figure):
    """A Matplotlib figure that takes its alternative text along wherever a notebook shows it.

    Attributes
    ----------
    alt_text : str
        What the figure shows, in a sentence or two, for people who can't see it.
    """

    alt_text = ""

    def set_canvas(self, canvas):
        """Take a canvas; one without a window draws only when the picture is asked for.

        IPython asks for a drawing at the end of each cell, too, but nobody would see it.
        """
        super().set_canvas(canvas)
        if type(canvas) is FigureCanvasAgg:
            canvas.draw_idle = _nothing

    def draw(self, renderer):
        """Draw the figure; a dollar sign that begins no formula is a dollar sign."""
        for text in self.findobj(Text):
            if "$" in text.get_text() and not _is_formula(text.get_text()):
                text.set_parse_math(False)
        super().draw(renderer)

    def png(self) -> bytes:
        """Return the picture as PNG, with more pixels than its size for sharp displays."""
        buffer = io.BytesIO()
        canvas, dpi, colour = self.canvas, self.dpi, self.get_facecolor()
        # `savefig` would draw everything once more, for layouts that need it.
        own = FigureCanvasAgg(self)
        try:
            self.dpi = dpi * PIXEL_RATIO
            if colour[3] < 1:  # on a page that may be dark
                self.set_facecolor("white")
            own.print_png(buffer)
            if self._is_cut(own.get_renderer()):
                buffer = io.BytesIO()
                self.savefig(buffer, format="png", dpi="figure", bbox_inches="tight")
        finally:
            self.dpi = dpi
            self.set_facecolor(colour)
            self.set_canvas(canvas)
        return buffer.getvalue()

    def _is_cut(self, renderer) -> bool:
        """Say whether a title or a key is wider than the figure."""
        words = [text for text in (*self.texts, *self.legends) if text.get_visible()]
        boxes = [part.get_window_extent(renderer) for part in words]
        return any(box.x0 < 0 or box.x1 > self.bbox.width for box in boxes)

    def _repr_mimebundle_(self, include=None, exclude=None):
        """Give IPython the picture and its alternative text (the inline backend drops the text)."""
        png = self.png()
        pixels = struct.unpack(">II", png[16:24])  # where a PNG says how large it is
        width, height = (round(n / PIXEL_RATIO) for n in pixels)
        data = {
            "image/png": base64.b64encode(png).decode("ascii"),
            "text/plain": self.alt_text or repr(self),
        }
        return data, {"image/png": {"alt": self.alt_text, "width": width, "height": height}}


class Display:
    """Base of all displays: data is stored first, `plot` draws it and returns the display.

    In a notebook it shows itself; elsewhere, save it: ``display.figure_.savefig("name.png")``.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
    ax_ : matplotlib.axes.Axes, or an array of them
    alt_text_ : str
        All three exist after `plot`.
    """

    def _axes(self, ax, rows=1, columns=1, **figure_options):
        """Store and return `ax`, or the axes of a new figure."""
        if ax is None:
            import matplotlib.pyplot as plt

            options = {"layout": "constrained", **figure_options}
            _, ax = plt.subplots(
                rows, columns, FigureClass=DescribedFigure, squeeze=rows * columns == 1, **options
            )
        elif np.size(ax) == 0 or not all(isinstance(panel, Axes) for panel in np.ravel(ax)):
            raise KitError.about("`ax`", "be Matplotlib axes, as plt.subplots() returns them", ax)
        self.ax_, self.figure_ = ax, np.ravel(ax)[0].figure
        return ax

    def _panels(self, ax, n, columns, **figure_options):
        """Return a list of `n` axes: of `ax`, or of a new figure with `columns` in a row."""
        if ax is None:
            rows = ceil(n / columns)
            axes = np.ravel(self._axes(None, rows, columns, **figure_options))
            for unused in axes[n:]:
                unused.set_visible(False)
        elif np.size(ax) < n:
            raise KitError.about("`ax`", f"hold {n} axes, one per panel", f"{np.size(ax)} axes")
        else:
            axes = np.ravel(self._axes(ax))
        return list(axes[:n])

    def _describe(self, alt_text: str) -> None:
        """Store the alternative text, with a word on stand-in data, here and on the figure."""
        note = data_source.sample_note()
        self.alt_text_ = f"{alt_text} ({note})" if note else alt_text
        if isinstance(self.figure_, DescribedFigure):
            self.figure_.alt_text = self.alt_text_

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {getattr(self, 'alt_text_', 'not drawn yet')}>"

    def _ipython_display_(self):
        """Show the figure, unless the notebook is about to show it at the end of this cell."""
        from IPython.display import display

        figure = getattr(self, "figure_", None)
        if figure is None:
            print(repr(self))
        elif not _shown_at_cell_end(figure):
            display(figure)


def titled(text: str) -> str:
    """Return a title that says when the data is a stand-in."""
    note = data_source.sample_note()
    return f"{text}\n[{note}]" if note else text


def tidy(ax) -> None:
    """Remove the frame's upper and right side, and draw a light grid behind the data."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.3)
    ax.set_axisbelow(True)


def release(figure):
    """Take a figure out of pyplot's hands, so that the notebook does not show it by itself."""
    import matplotlib.pyplot as plt

    plt.close(figure)
    return figure


def draw_no_second_picture() -> None:
    """Let `_repr_mimebundle_` alone say how a notebook shows a described figure.

    Matplotlib's inline backend draws every figure itself, too, and its picture would replace ours.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        shell.display_formatter.formatters["image/png"].for_type(DescribedFigure, _nothing)


def _nothing(*args, **kwargs) -> None:
    """Stand in for what need not be done."""


def _is_formula(text: str) -> bool:
    try:
        MathTextParser("path").parse(text)
    except ValueError:
        return False
    return True


def _shown_at_cell_end(figure) -> bool:
    import matplotlib.pyplot as plt
    from matplotlib._pylab_helpers import Gcf

    # The inline backend shows, and then closes, every figure that pyplot still manages.
    managed = any(manager.canvas.figure is figure for manager in Gcf.get_all_fig_managers())
    return "inline" in plt.get_backend() and managed


draw_no_second_picture()
