"""Handwriting-like digits.

Every image takes one of the paths below, bends it, turns and slants it, fits it into the middle of
the picture as MNIST does, and inks it with a pen of its own.
"""

import numpy as np

SIDE = 28
POINTS = 64  # along one path: dense enough that the dots of ink run together

# Paths of the pen on a 100 x 100 sheet, y downwards. The curve runs smoothly through the points
# "x,y"; "|" after a point makes it a sharp corner, "/" lifts the pen.
PATHS = """
0: 58,4 28,16 14,52 30,90 56,95 82,72 84,38 68,10 50,5
0: 40,12 62,4 82,30 78,72 52,96 24,82 18,44 34,12 60,10
0: 50,5 32,30 30,70 50,95 68,70 68,30 50,5
1: 52,4 50,96
1: 30,28 54,5| 52,96
1: 32,26 52,5| 52,95/ 28,95 76,95
2: 20,28 36,8 64,7 76,26 62,54 18,92| 82,92
2: 20,30 38,8 66,10 74,32 54,66 30,92 18,82 32,72 56,86 86,88
2: 22,14 56,6 74,22 64,50 24,88| 50,84 84,90
3: 22,16 50,5 75,19 66,40 42,47| 72,56 80,76 54,95 18,84
3: 22,8 76,8| 46,42| 76,54 78,82 48,96 18,86
3: 20,18 44,6 70,16 68,36 50,46 44,48 52,50 74,60 74,84 48,95 22,88
4: 26,8 18,54| 84,50/ 68,10 64,96
4: 60,96 64,5| 15,62| 86,62
4: 22,10 20,42 40,52 74,42/ 76,8 72,50 66,96
4: 30,6 20,50| 52,52 80,46/ 62,30 58,96
5: 76,8 32,8| 26,44| 54,38 78,60 66,90 38,95 18,85
5: 32,10 28,46| 58,42 76,66 58,92 20,90/ 32,10 82,6
5: 80,10 42,12 34,22 32,40 60,50 72,72 54,94 20,88
6: 70,6 38,28 20,64 34,93 62,92 75,70 58,54 34,62 22,76
6: 54,4 32,40 24,74 42,95 66,86 66,62 44,58 26,74
6: 78,14 56,5 28,30 20,70 42,95 70,82 64,58 36,60 24,76
7: 18,12 80,10| 54,50 42,96
7: 18,12 80,10| 56,46 40,96/ 32,54 76,48
7: 20,28 20,10| 50,12 80,8| 48,96
7: 16,16 46,8 76,12 70,36 50,62 46,96
8: 72,20 50,6 30,20 38,40 64,58 72,80 50,95 28,80 38,58 64,40 72,18
8: 50,48 31,28 50,6 69,26 50,48 26,72 50,95 74,74 50,48
8: 66,8 40,10 32,30 62,54 68,82 40,94 30,74 50,52 76,22 70,8
9: 72,24 50,6 28,24 36,48 60,46 73,22| 68,96
9: 70,16 46,6 26,28 42,50 66,38 74,18 76,56 60,90 30,93
9: 74,12 48,6 28,30 44,48 70,30 76,8 70,50 56,96
"""


def make_digits(n: int, seed: int = 458) -> tuple[np.ndarray, np.ndarray]:
    """Draw `n` digits: images (n, 28, 28), white on black, and labels (n,), uint8, shuffled."""
    rng = np.random.default_rng(seed)
    labels = shuffled_labels(n, rng)
    rows = [line.split(": ") for line in PATHS.strip().splitlines()]
    templates = [[_trace(path) for name, path in rows if name == str(i)] for i in range(10)]
    images = np.empty((n, SIDE, SIDE), np.uint8)
    for start in range(0, n, 1000):  # a thousand at a time keeps the working memory small
        part = slice(start, start + 1000)
        variants = [templates[digit] for digit in labels[part]]
        paths = np.stack([variant[rng.integers(len(variant))] for variant in variants])
        images[part] = _ink(rng, _fit(rng, _slant(rng, _bend(rng, paths))))
    return images, labels


def shuffled_labels(n: int, seed: int | np.random.Generator = 458) -> np.ndarray:
    """Return the labels of `n` digits or scenes, (n,) uint8: the first that a seed draws."""
    return np.random.default_rng(seed).permutation(np.arange(n) % 10).astype(np.uint8)


def _trace(path: str) -> np.ndarray:
    """Read a path into POINTS evenly spaced points, (POINTS, 2), from -1 to 1."""
    curves = []
    for stroke in path.split("/"):
        corner = np.empty((0, 2))
        for leg in stroke.split("|"):
            knots = np.array([point.split(",") for point in leg.split()], float)
            curves.append(_smooth(np.concatenate([corner, knots])))
            corner = knots[-1:]
    steps = [np.hypot(*np.diff(curve, axis=0, prepend=curve[:1]).T) for curve in curves]
    length = np.cumsum(np.concatenate(steps))  # lifting the pen costs no length
    nearest = np.searchsorted(length, np.linspace(0, length[-1], POINTS))
    return (np.concatenate(curves)[nearest] / 50 - 1).astype(np.float32)


def _smooth(knots: np.ndarray) -> np.ndarray:
    """Catmull-Rom curve through the knots, 40 points to the segment."""
    before, after = 2 * knots[0] - knots[1], 2 * knots[-1] - knots[-2]
    a, b, c, d = (np.vstack([before, knots, after])[i : len(knots) + i - 1, None] for i in range(4))
    t = np.linspace(0, 1, 40)[:, None]
    curve = (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    return curve.reshape(-1, 2) / 2


def _bend(rng: np.random.Generator, paths: np.ndarray, strength: float = 0.075) -> np.ndarray:
    """Move points by slow waves: two over the sheet, two along the path (these open loops)."""
    n = len(paths)
    along = np.linspace(0, 2 * np.pi, POINTS)
    bent = paths.copy()
    for wave in range(4):
        if wave < 2:
            phase = np.einsum("npc,nc->np", paths, rng.normal(0, 1.8, (n, 2)))
        else:
            phase = along * rng.uniform(0.3, 2, (n, 1))
        direction = rng.normal(0, strength, (n, 1, 2))
        bent += direction * np.sin(phase + rng.uniform(0, 2 * np.pi, (n, 1)))[..., None]
    return bent


def _slant(rng: np.random.Generator, paths: np.ndarray) -> np.ndarray:
    """Turn, lean and stretch each digit as a whole."""
    n = len(paths)
    turn, lean, wide = rng.normal(0, 0.17, n), rng.normal(-0.15, 0.25, n), rng.uniform(0.6, 1.15, n)
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[cos * wide, cos * lean - sin], [sin * wide, sin * lean + cos]])
    return np.einsum("ijn,npj->npi", matrix, paths)


def _fit(rng: np.random.Generator, paths: np.ndarray) -> np.ndarray:
    """Scale into MNIST's box of 20 pixels and put the centre of mass in the middle, nearly."""
    n = len(paths)
    extent = np.ptp(paths, axis=1).max(axis=1)
    scale = rng.uniform(15.5, 19, n) / extent
    centre = (SIDE - 1) / 2 + rng.normal(0, 0.6, (n, 1, 2))
    return (paths - paths.mean(axis=1, keepdims=True)) * scale[:, None, None] + centre


def _ink(rng: np.random.Generator, paths: np.ndarray) -> np.ndarray:
    """Ink every pixel by its distance to the nearest point of the path, in pen radii."""
    n = len(paths)
    radius = rng.uniform(0.75, 1.75, (n, 1)) * _pressure(rng, n)
    x, y = ((np.arange(SIDE) - paths[..., i, None]) ** 2 for i in (0, 1))
    x, y = ((square / radius[..., None] ** 2).astype(np.float32) for square in (x, y))
    nearest = np.empty((n, SIDE, SIDE), np.float32)
    for i in range(0, n, 4):  # four images at a time stay within the processor's cache
        few = slice(i, i + 4)
        nearest[few] = (y[few, :, :, None] + x[few, :, None, :]).min(axis=1)
    pen = radius.max(axis=1)[:, None, None]
    soft = rng.uniform(0.7, 1.4, (n, 1, 1))
    ink = np.clip((1 - np.sqrt(nearest)) * pen / soft + 0.5, 0, 1)
    grain = rng.normal(1, 0.06, ink.shape).astype(np.float32)
    return np.clip(255 * ink * grain * rng.uniform(0.85, 1.1, (n, 1, 1)), 0, 255).astype(np.uint8)


def _pressure(rng: np.random.Generator, n: int) -> np.ndarray:
    """Pen pressure along the path, (n, POINTS): it swells, and now and then the pen skips."""
    along = np.linspace(0, 1, POINTS)
    swell = 1 + 0.2 * np.sin(2 * np.pi * (along * rng.uniform(0.5, 2, (n, 1)) + rng.random((n, 1))))
    skip = rng.uniform(-0.1, 1.1, (n, 1))
    missing = np.abs(along - skip) < rng.uniform(0, 0.14, (n, 1)) * (rng.random((n, 1)) < 0.3)
    return np.where(missing, 0.02, swell)
