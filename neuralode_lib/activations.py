"""The nonlinearity sigma and its derivative."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import checks


@dataclass(frozen=True)
class Activation:
    """A function sigma and its derivative dsigma, each applied entry by entry to an array that it leaves as it is.

    tanh and relu also have `dsigma_of_sigma(s, out)`, the derivative where s = sigma(x) is known, and their sigma
    takes an `out`: training is faster with them (see `TrainingProblem.cost_and_gradient`).
    """

    sigma: Callable
    dsigma: Callable
    name: str
    dsigma_of_sigma: Callable | None = None

    def __post_init__(self):
        checks.function("sigma", self.sigma, 1, "a function of an array")
        checks.function("dsigma", self.dsigma, 1, "a function of an array")
        checks.instance("name", self.name, str, "a text")
        if self.dsigma_of_sigma is not None:
            checks.function("sigma", self.sigma, 2, "a function of x and out: there is a dsigma_of_sigma")
            checks.function("dsigma_of_sigma", self.dsigma_of_sigma, 2, "a function of s = sigma(x) and out, or None")

    def __repr__(self):
        return f"<activation {self.name}>"


def _one_minus_square(s, out):
    # Copied first: s are rows of a larger array, and NumPy would copy them to a buffer for each operand.
    np.copyto(out, s)
    np.multiply(out, out, out=out)
    return np.subtract(1.0, out, out=out)


def _relu(x, out=None):
    return np.maximum(x, 0.0, out=out)


# Functions with names, not lambdas: a process that computes a block of samples receives them by name.
def _dtanh(x):
    return 1.0 - np.tanh(x) ** 2


def _drelu(x):
    # ReLU has a kink at 0; the lecture takes the derivative there as 0, and so does the sign.
    # (Of complex numbers the real part decides, as in _relu, and so the complex step works beside the kink.)
    return np.sign(_relu(x).real)


tanh = Activation(np.tanh, _dtanh, "tanh", _one_minus_square)
relu = Activation(_relu, _drelu, "relu", np.sign)
