"""Random variants of images: mirrored and shifted."""

import numpy as np

from cnn_utils.errors import KitError


class Augmentation:
    """Make a random variant of each image, a new one each time it is called.

    A network that sees a cat from both sides, a little higher or further left, cannot memorise
    its images. The images keep their dtype, so it works on `uint8`; its time is negligible
    compared with that of a training step.

    Parameters
    ----------
    flip : bool, default=True
        Mirror each image left to right with probability 1/2.
    shift : int, default=2
        Largest shift in pixels, in each direction; the border is filled by reflection.
    seed : int, default=458

    Examples
    --------
    >>> augment = Augmentation(shift=4)
    >>> train = ImageBatches(images_train, y_train, preprocess, augment=augment, shuffle=True)
    """

    def __init__(self, flip: bool = True, shift: int = 2, seed: int = 458):
        self.flip, self.shift, self.seed = flip, shift, seed
        self._rng = np.random.default_rng(seed)

    def __call__(self, images) -> np.ndarray:
        """Return a variant of each image.

        Parameters
        ----------
        images : array of shape (n, height, width, channels), larger than the shift

        Returns
        -------
        variants : ndarray of the same shape and dtype
        """
        images = np.asarray(images)
        if images.ndim != 4 or min(images.shape[1:3]) <= self.shift:
            raise KitError.about(
                "`images`",
                f"have shape (n, height, width, channels), more than {self.shift} pixels each way",
                images,
            )
        if self.flip:
            mirrored = self._rng.random(len(images)) < 0.5
            images = np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
        if self.shift:
            n, height, width, _ = images.shape
            border = (self.shift, self.shift)
            padded = np.pad(images, [(0, 0), border, border, (0, 0)], mode="reflect")
            # A view on all (2 shift + 1)^2 windows of every image; one of them is copied.
            windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), (1, 2))
            down, right = self._rng.integers(0, 2 * self.shift + 1, size=(2, n))
            images = np.moveaxis(windows[np.arange(n), down, right], 1, -1)
        return np.ascontiguousarray(images)

    def __repr__(self) -> str:
        return f"Augmentation(flip={self.flip}, shift={self.shift})"
