"""The optimiser of the fast recipe: Muon for convolutions, Adam for everything else."""

from math import prod, sqrt

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="cnn_utils")
class ConvMuon(keras.optimizers.Adam):
    """Muon for convolutions: each step turns a kernel equally far in all of its directions.

    The gradient of a kernel, written as a matrix with a column per filter, has a few large
    singular values and many small ones; Muon sets all of them to about 1 before it takes the
    step. (Keras' own Muon does so for dense layers only.) Everything but convolutions gets Adam.

    Before each step a kernel is scaled to length sqrt(filters), so that `learning_rate` is a
    share of its size. That is harmless only if batch normalisation follows each convolution,
    because it removes a kernel's length.

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule, default=0.24
        For the convolutions.
    adam_share : float, default=0.0125
        Adam's learning rate as a share of `learning_rate`.
    momentum : float, default=0.6
        Nesterov momentum of the convolutions.
    **options
        See `keras.optimizers.Adam`; `beta_2` is 0.95 by default.

    References
    ----------
    K. Jordan et al. (2024), "Muon: an optimizer for hidden layers in neural networks"; the
    settings are those of K. Jordan's airbench94_muon for CIFAR-10.
    """

    def __init__(self, learning_rate=0.24, adam_share=0.0125, momentum=0.6, **options):
        super().__init__(learning_rate, **{"beta_2": 0.95, "name": "conv_muon", **options})
        self.adam_share, self.momentum = adam_share, momentum

    def build(self, variables):
        """Create the optimiser's variables: a momentum per convolution, and Adam's."""
        if self.built:
            return
        super().build(variables)
        self.kernel_momentums = [
            self.add_variable_from_reference(variable, name="kernel_momentum")
            if len(variable.shape) == 4
            else None
            for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        """Take one step with one variable."""
        momentum = self.kernel_momentums[self._get_variable_index(variable)]
        if momentum is None:
            super().update_step(gradient, variable, learning_rate * self.adam_share)
            return
        self.assign(momentum, momentum * self.momentum + gradient)
        direction = gradient + momentum * self.momentum
        shape = (prod(variable.shape[:3]), variable.shape[3])  # a column per filter
        step = orthogonalise(ops.reshape(direction, shape))
        kernel = ops.reshape(variable, shape)
        kernel = kernel * (sqrt(shape[1]) / (ops.norm(kernel) + self.epsilon))
        self.assign(variable, ops.reshape(kernel - learning_rate * step, variable.shape))

    def get_config(self):
        """Return what `from_config` needs to build the optimiser again."""
        return super().get_config() | {"adam_share": self.adam_share, "momentum": self.momentum}


def orthogonalise(matrix, n_iterations: int = 3):
    """Bring all singular values of a matrix close to 1, by Newton-Schulz iterations.

    Each iteration applies a s + b s^3 + c s^5 to every singular value s, without computing any.
    Three are enough here; the coefficients are those of K. Jordan et al. (2024).
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x = ops.transpose(matrix) if tall else matrix  # the smaller product is the cheaper one
    x = x / (ops.norm(x) + 1e-7)  # no singular value is above 1
    for _ in range(n_iterations):
        squares = x @ ops.transpose(x)
        x = a * x + (b * squares + c * squares @ squares) @ x
    return ops.transpose(x) if tall else x
