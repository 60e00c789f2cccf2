"""The pen that paints a scene, its colours, and the parts that several subjects share.

Each thing is drawn on a sheet of its own: -100 to 100, x to the right, y down.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from PIL import ImageDraw

SIDE = 32
CANVAS = 3 * SIDE  # reduced at the end, which smooths the edges
CIRCLE = np.array([(np.cos(a), np.sin(a)) for a in np.arange(16) * np.pi / 8])

BLACK, WHITE, GLASS, LAMP = (28, 25, 27), (238, 238, 232), (130, 165, 190), (250, 240, 185)
BROWN, TAN, INK, CREAM = (105, 70, 46), (182, 142, 96), (48, 46, 48), (222, 216, 206)
GREY, GINGER, PINK, HORN = (128, 126, 124), (196, 122, 66), (200, 120, 120), (160, 125, 85)
RED, BLUE, GOLD, GREEN = (190, 40, 40), (40, 70, 170), (220, 180, 50), (50, 130, 80)
ORANGE, OLIVE, LIME, MOSS = (215, 110, 40), (100, 95, 50), (90, 155, 60), (55, 100, 50)
COATS = (BROWN, TAN, INK, CREAM, GREY, GINGER)
PAINTS = (RED, BLUE, WHITE, INK, GOLD, GREEN, GREY, ORANGE)
LEAVES = (MOSS, OLIVE, MOSS, BROWN)


@cache
def points(text: str) -> np.ndarray:
    """Read "x,y x,y ..." into an array of shape (count, 2)."""
    return np.array([point.split(",") for point in text.split()], float)


def tone(colour, factor):
    """A darker (factor < 1) or lighter colour."""
    return tuple(min(255, int(value * factor)) for value in colour)


class Pen:
    """Paints on one sheet of an image; `at` lays a smaller, turned sheet on it."""

    def __init__(self, image, rng):
        self.draw, self.rng = ImageDraw.Draw(image), rng
        self.origin, self.matrix = np.full(2, CANVAS / 2), np.eye(2) * CANVAS / 200
        self.unit = CANVAS / 200  # pixels in one step of the sheet

    def at(self, x, y, size=100, turn=0.0, wide=1.0) -> Pen:
        """Sheet centred on (x, y), turned by `turn` radians; a negative `wide` mirrors it."""
        pen = object.__new__(Pen)
        pen.draw, pen.rng = self.draw, self.rng
        cos, sin = size / 100 * math.cos(turn), size / 100 * math.sin(turn)
        pen.origin = self._place(np.array((x, y)))
        pen.matrix = np.array([[wide * cos, wide * sin], [-sin, cos]]) @ self.matrix
        pen.unit = self.unit * size / 100
        return pen

    def _place(self, where):
        return where @ self.matrix + self.origin

    def shape(self, colour, text):
        """A filled polygon; `text` as in `points`."""
        self.draw.polygon(self._place(points(text)).ravel().tolist(), colour)

    def line(self, colour, width, text):
        """An open line, `width` in steps of the sheet."""
        where = self._place(points(text)).ravel().tolist()
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


# ---- parts that several subjects share; the sheet of a head is as large as the head


def wheels(pen, y, radius, *places):
    for x in places:
        pen.blob(BLACK, x, y, radius)
        pen.blob(GREY, x, y, 0.5 * radius)


def eyes(pen, x, y, apart, radius, iris=BLACK):
    for side in (-apart, apart):
        pen.blob(iris, x + side, y, radius)
        pen.blob(BLACK, x + side, y, 0.55 * radius)


def legs(pen, coat, length, width):
    """Four legs, the far pair in shade."""
    for x, colour in ((28, tone(coat, 0.6)), (-30, tone(coat, 0.6)), (42, coat), (-44, coat)):
        leg = pen.at(x, 5, length, turn=pen.between(-0.2, 0.2))
        leg.line(colour, 100 * width / length, pen.pick(("0,0 0,110", "0,0 10,50 0,110")))


def pointed_ears(head, coat):
    for side in (-1, 1):
        ear = head.at(0, 0, wide=side)
        ear.shape(coat, "22,-65 72,-122 88,-45")
        ear.shape(PINK, "42,-65 70,-100 76,-55")


def hanging_ears(head, coat):
    for side in (-1, 1):
        head.blob(tone(coat, 0.6), 85 * side, -12, 27, 62, -0.3 * side)


def antlers(head):
    for side in (-1, 1):
        branch = head.at(0, 0, wide=side)
        branch.line(HORN, 11, "8,-20 50,-70 45,-130")
        branch.line(HORN, 10, "50,-70 95,-115")


def cat_head(head, coat):
    pointed_ears(head, coat)
    head.ball(coat, 0, 0, 100, 88)
    eyes(head, 0, -12, 40, 20, head.colour(GOLD, LIME))
    head.blob(tone(coat, 1.3), 0, 42, 36, 24)
    head.blob(PINK, 0, 28, 11)
    for whiskers in ("-30,40 -125,28", "30,40 125,28"):
        head.line(WHITE, 4, whiskers)


def dog_head(head, coat):
    hanging = head.chance(0.75)
    if not hanging:
        pointed_ears(head, coat)
    head.ball(coat, 0, 0, 88, 100)
    if hanging:
        hanging_ears(head, coat)
    eyes(head, 0, -20, 36, 14)
    head.ball(tone(coat, 1.3), 0, 45, 48, 50)
    head.blob(BLACK, 0, 25, 22, 16)
    if head.chance(0.4):
        head.blob(PINK, 0, 92, 15, 22)
