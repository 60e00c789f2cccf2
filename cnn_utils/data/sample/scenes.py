"""Small colour scenes of the ten CIFAR-10 classes.

Every scene is painted from back to front at three times its size: a setting with its clutter, the
subject, sometimes a thing in front of it. Light and grain come last, for a thousand at once.
"""

import numpy as np
from PIL import Image, ImageDraw

from cnn_utils.data.sample import subjects
from cnn_utils.data.sample.digits import shuffled_labels
from cnn_utils.data.sample.pen import CANVAS, SIDE, Pen
from cnn_utils.data.sample.subjects import BROWN, COATS, LEAVES, MOSS

# Colours at the top, just above the horizon, just below it and at the bottom; what stands there.
SETTINGS = {
    "sky": ((70, 130, 205), (170, 205, 235), (190, 215, 235), (215, 225, 235)),
    "dusk": ((70, 70, 120), (235, 160, 110), (90, 75, 70), (50, 45, 50)),
    "meadow": ((140, 185, 225), (215, 225, 230), (120, 160, 75), (75, 120, 50)),
    "wood": ((40, 65, 40), (75, 95, 60), (95, 95, 55), (70, 75, 40)),
    "water": ((150, 185, 215), (215, 222, 225), (80, 125, 150), (40, 85, 115)),
    "road": ((165, 170, 175), (150, 140, 130), (120, 118, 116), (85, 84, 86)),
    "snow": ((165, 185, 205), (210, 215, 225), (225, 230, 235), (240, 240, 245)),
    "sand": ((150, 190, 220), (220, 215, 200), (205, 180, 135), (180, 150, 105)),
    "room": ((205, 190, 165), (180, 160, 135), (135, 95, 65), (110, 75, 50)),
}

# In CIFAR-10's order. Settings are shared: the background alone must not give the class away.
SUBJECTS = (
    (subjects.airplane, "sky sky sky dusk road water"),
    (subjects.automobile, "road road meadow sand snow"),
    (subjects.bird, "sky sky wood wood meadow water"),
    (subjects.cat, "room room meadow road snow"),
    (subjects.deer, "wood wood meadow meadow snow"),
    (subjects.dog, "room room meadow sand snow"),
    (subjects.frog, "water water wood meadow"),
    (subjects.horse, "meadow meadow wood dusk sand"),
    (subjects.ship, "water water water dusk sky"),
    (subjects.truck, "road road dusk snow meadow"),
)


def make_scenes(n: int, seed: int = 458) -> tuple[np.ndarray, np.ndarray]:
    """Paint `n` scenes: images (n, 32, 32, 3) and labels (n,), uint8, in a random order."""
    rng = np.random.default_rng(seed)
    labels = shuffled_labels(n, rng)
    images = np.empty((n, SIDE, SIDE, 3), np.uint8)
    for start in range(0, n, 1000):  # a thousand at a time keeps the working memory small
        part = slice(start, start + 1000)
        images[part] = _light(rng, np.stack([_paint(rng, *SUBJECTS[i]) for i in labels[part]]))
    return images, labels


def _paint(rng, subject, settings) -> np.ndarray:
    """One scene from back to front, (SIDE, SIDE, 3)."""
    settings = settings.split()
    setting = settings[rng.integers(len(settings))]
    image = _backdrop(rng, SETTINGS[setting])
    stage = Pen(ImageDraw.Draw(image), rng)
    _clutter(stage, setting)
    x, y, size, turn = (stage.between(*r) for r in ((-16, 16), (-16, 16), (68, 98), (-0.12, 0.12)))
    subject(stage.at(x, y, size, turn, wide=stage.pick((-1, 1)) * stage.between(0.8, 1.2)))
    _foreground(stage)
    return np.asarray(image.reduce(CANVAS // SIDE))


def _backdrop(rng, colours) -> Image.Image:
    """Two gradients that meet at the horizon: one column of pixels, pulled wide."""
    colours = np.array(colours) + rng.normal(0, 9, (4, 3)) + rng.normal(0, 8, (4, 1))
    horizon = CANVAS * rng.uniform(0.3, 0.7)
    heights = (0, horizon, horizon + 1, CANVAS)
    column = np.stack([np.interp(np.arange(CANVAS), heights, c) for c in colours.T], axis=-1)
    column = np.clip(column, 0, 255).astype(np.uint8)[:, None]
    return Image.fromarray(column).resize((CANVAS, CANVAS), Image.Resampling.NEAREST)


def _clutter(stage, setting):
    """Up to three things behind the subject."""
    for _ in range(stage.rng.integers(4)):
        thing = stage.at(stage.between(-100, 100), stage.between(-40, 20), stage.between(10, 35))
        if setting in ("sky", "dusk"):  # a cloud
            thing.blob((225, 225, 230), 0, -100, 200, 50)
        elif setting == "water":  # a wave
            thing.line((170, 200, 215), 12, "0,250 200,250")
        elif setting in ("road", "room"):  # a house, or furniture
            thing.shape(stage.colour(*COATS), "-50,120 -50,-100 50,-100 50,120")
        else:  # a tree
            thing.line(BROWN, 30, "0,-100 0,200")
            thing.blob(stage.colour(*LEAVES), 0, -100, 100, 130)


def _foreground(stage):
    """Now and then something hides a part of the subject."""
    kind, x = stage.rng.random(), stage.between(-100, 100)
    if kind < 0.12:  # grass
        for _ in range(8):
            blade = stage.at(stage.between(-100, 100), 100, stage.between(20, 70))
            blade.line(stage.colour(MOSS), 8, stage.pick(("0,0 20,-100", "0,0 -20,-100")))
    elif kind < 0.2:  # a post
        stage.at(x, 0).line(stage.colour(*COATS), stage.between(8, 20), "0,-100 0,100")
    elif kind < 0.32:  # a bush
        stage.blob(stage.colour(*LEAVES), x, stage.between(40, 100), stage.between(20, 50))


def _light(rng, images: np.ndarray) -> np.ndarray:
    """Uneven light, a tint, surface texture and grain: the camera's part."""
    n = len(images)
    shade = 1 + 0.12 * _cloudy(rng, n, 3) + 0.05 * _cloudy(rng, n, 14)
    tint = rng.normal(1, 0.09, (n, 1, 1, 1)) + rng.normal(0, 0.03, (n, 1, 1, 3))
    grain = rng.uniform(2, 7, (n, 1, 1, 1)) * rng.standard_normal(images.shape, np.float32)
    return np.clip(images * (shade[..., None] * tint) + grain, 0, 255).astype(np.uint8)


def _cloudy(rng, n: int, knots: int) -> np.ndarray:
    """Smooth random fields, (n, SIDE, SIDE): `knots` x `knots` values, interpolated."""
    at = np.linspace(0, knots - 1, SIDE)
    spread = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(knots)))
    return spread @ rng.normal(size=(n, knots, knots)) @ spread.T
