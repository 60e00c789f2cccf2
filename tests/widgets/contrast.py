"""The contrast of two colours, as the web guidelines (WCAG 2.2) define it."""

import numpy as np
from matplotlib.colors import to_rgb


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21; small text needs 4.5."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
