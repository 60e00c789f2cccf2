"""Original images, each followed by its augmented variants."""

import keras
import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.plots.figure import Display
from cnn_utils.plots.images import as_images, pixel_style
from cnn_utils.plots.layer_io import as_floats, for_display
from cnn_utils.plots.tiles import LINE, PITCH, Sheet, draw_text


def show_augmentation(augment, images, n=7, seed=458) -> Display:
    """Draw images, each followed by `n` random variants.

    Parameters
    ----------
    augment : keras layer or model, or callable
        Layers are called with ``training=True``; afterwards all their variables are as before.
        A callable takes images (n_images, height, width, channels) and returns as many.
    images : array of shape (n_images, height, width, channels), float
        As the network gets them, preprocessed. Values beyond 0-1 are stretched for display.
    n : int, default=7
        Variants of each image.
    seed : int, default=458
        The same seed gives the same variants of a layer; a callable has its own generator.

    Returns
    -------
    display : Display
        As `plot_augmentation` describes it.
    """
    images = as_floats(images)
    if images.ndim != 4:
        raise KitError.about("`images`", "have shape (n, height, width, channels)", images)
    is_layer = isinstance(augment, keras.Layer)
    options = {"training": True} if is_layer else {}
    variables = augment.variables if is_layer else []
    before = [np.asarray(variable).copy() for variable in variables]
    try:
        for i, variable in enumerate(variables):
            if variable.name == "seed_generator_state":
                variable.assign([seed, i])
        # One call per variant, as in training: some layers draw once for the whole batch.
        variants = [_checked(augment(images.copy(), **options), images) for _ in range(n)]
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
    shown, variants = for_display(images, np.stack(variants, axis=1))
    return plot_augmentation(shown, variants)


def plot_augmentation(images, variants, *, title="Augmentation", ax=None) -> Display:
    """Draw one row per image: the original, then its variants.

    `variants` have shape (n, n_variants, height, width[, 1 or 3]). Values beyond black and white
    are clipped, and the title gives their share. The display holds the drawn pictures, row by row,
    in `images_`, the values before clipping in `variants`, and the clipped share in `clipped_`.
    """
    images = as_images(images)
    if variants.shape[4:] == (1,):
        variants = variants[..., 0]
    n, n_variants = variants.shape[:2]
    display = Sheet(ax, PITCH * (n_variants + 1), PITCH * n + LINE)
    display.images, display.variants = images, variants
    style = pixel_style(images)
    white = style["vmax"]
    # Interpolation may leave the range by rounding; half a grey level can't be seen.
    slack = white * 0.5 / 255
    display.clipped_ = float(((variants < -slack) | (variants > white + slack)).mean())
    display.images_ = []
    for row in range(n):
        for column, picture in enumerate([images[row], *np.clip(variants[row], 0, white)]):
            x, y = PITCH * (column + 0.5), PITCH * (row + 0.5) + LINE
            display.images_.append(display.draw_image(picture, x, y, **style))
            if row == 0:
                draw_text(display.images_[-1], "above", str(column) if column else "original")
    text = f"{title}: {n} image{'s' if n > 1 else ''}, each followed by {n_variants} variants"
    if display.clipped_ == 0:
        return display.finish(title, f"{text}.")
    note = f"{display.clipped_:.1%} of the values, beyond black or white, are clipped"
    return display.finish(f"{title}\n{note}", f"{text}; {note}.")


def _checked(variants, images) -> np.ndarray:
    array = np.asarray(variants)
    if array.ndim != 4 or (len(array), array.shape[-1]) != (len(images), images.shape[-1]):
        expected = f"return images of shape ({len(images)}, height, width, {images.shape[-1]})"
        raise KitError.about("`augment`", expected, variants)
    return array.astype(np.float32)
