"""The nonlinearity sigma and its derivative."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Activation:
    """A function sigma and its derivative dsigma, each applied entry by entry, and a name.

    tanh and relu also have `dsigma_of_sigma(s, out)`, the derivative where s = sigma(x) is known, and their sigma
    takes an `out`: training is faster with them (see `TrainingProblem.cost_and_gradient`).
    """

    sigma: Callable
    dsigma: Callable
    name: str
    dsigma_of_sigma: Callable | None = None

    def __post_init__(self):
        for field in ("sigma", "dsigma"):
            if not callable(getattr(self, field)):
                raise TypeError(f"{field} is {getattr(self, field)!r}, expected a function of an array")

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
    return np.sign(_relu(x))


tanh = Activation(np.tanh, _dtanh, "tanh", _one_minus_square)
relu = Activation(_relu, _drelu, "relu", np.sign)
