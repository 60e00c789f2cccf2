"""The pen that paints a scene; each thing has its own sheet, -100 to 100, y down."""

import math
from functools import cache

import numpy as np

SIDE = 32
CANVAS = 3 * SIDE  # reduced at the end, which smooths the edges
CIRCLE = np.array([(np.cos(a), np.sin(a)) for a in np.arange(16) * np.pi / 8])
CENTRE, SHEET = np.full(2, CANVAS / 2), np.eye(2) * CANVAS / 200


@cache
def points(text: str) -> np.ndarray:
    """Read "x,y x,y ..." into an array of shape (count, 2)."""
    return np.array([point.split(",") for point in text.split()], float)


def tone(colour, factor):
    """A darker (factor < 1) or lighter colour."""
    return tuple(min(255, int(value * factor)) for value in colour)


class Pen:
    """Paints on one sheet of an image; `at` lays a smaller, turned sheet on it."""

    def __init__(self, draw, rng, origin=CENTRE, matrix=SHEET, unit=CANVAS / 200):
        self.draw, self.rng = draw, rng
        self.origin, self.matrix, self.unit = origin, matrix, unit  # unit: pixels in a step

    def at(self, x, y, size=100, turn=0.0, wide=1.0) -> "Pen":
        """Sheet centred on (x, y), turned by `turn` radians; a negative `wide` mirrors it."""
        cos, sin = size / 100 * math.cos(turn), size / 100 * math.sin(turn)
        matrix = np.array([[wide * cos, wide * sin], [-sin, cos]]) @ self.matrix
        origin = self._place(np.array((x, y)))
        return Pen(self.draw, self.rng, origin, matrix, self.unit * size / 100)

    def _place(self, where):
        return where @ self.matrix + self.origin

    def shape(self, colour, *outlines):
        """Filled polygons, each as in `points`."""
        for outline in outlines:
            self.draw.polygon(self._place(points(outline)).ravel().tolist(), colour)

    def line(self, colour, width, *paths):
        """Open lines, `width` in steps of the sheet."""
        for path in paths:
            where = self._place(points(path)).ravel().tolist()
            self.draw.line(where, colour, max(1, round(width * self.unit)))

    def blob(self, colour, x, y, rx, ry=None, turn=0.0):
        """A filled ellipse with its centre at (x, y)."""
        oval = self.at(x, y, turn=turn) if turn else self
        rim = CIRCLE * (rx, ry or rx) + (0 if turn else (x, y))
        self.draw.polygon(oval._place(rim).ravel().tolist(), colour)

    def ball(self, colour, x, y, rx, ry=None, turn=0.0):
        """A blob with its shaded side below."""
        self.blob(tone(colour, 0.75), x, y, rx, ry, turn)
        self.blob(colour, x, y - 0.15 * (ry or rx), 0.95 * rx, 0.82 * (ry or rx), turn)

    def chance(self, p):
        return self.rng.random() < p

    def between(self, low, high):
        return low + (high - low) * self.rng.random()

    def pick(self, things):
        return things[int(self.rng.random() * len(things))]

    def colour(self, *palette):
        """One colour of the palette, never twice quite the same."""
        return tuple(int(value + self.between(-20, 20)) for value in self.pick(palette))
