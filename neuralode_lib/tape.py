"""Backpropagation for formulas of sums, matrix products, sigma and squares: a tape remembers what was computed, and is
played backwards::

    tape = Tape()
    V, x = tape.array(...), tape.array(...)
    J = (V @ x.apply(tanh)).sum_of_squares()
    tape.backward(J)    # now V.price is dJ/dV, and x.price is dJ/dx
"""

import numpy as np

from . import checks, resnet


class Tape:
    """All arrays of a computation, in the order in which they were made."""

    def __init__(self):
        self.arrays = []

    def array(self, value):
        """An array of real numbers that the tape knows: weights, data, whatever a price is wanted for."""
        return Recorded(self, checks.numbers("value", value, real=True).copy())  # who changes it later changes nothing

    def backward(self, J):
        """Give each array its `price`, the derivative of the number J in its entries: the chain rule (B11)."""
        if not isinstance(J, Recorded) or J.tape is not self or J.value.ndim != 0:
            raise ValueError(f"J is {checks.shown(J)}, expected one number that this tape has recorded")
        for array in self.arrays:
            array.price = np.zeros(array.value.shape)
        J.price = np.ones(())
        for array in reversed(self.arrays):
            for parent, transposed in array.parents:
                parent.price += _summed(transposed(array.price), parent.value.shape)


class Recorded:
    """An array, and where it came from: (parent, what takes this array's price to the parent's), for each parent."""

    __array_ufunc__ = None  # numpy_array + recorded is left to __radd__

    def __init__(self, tape, value, *parents):
        self.tape, self.value, self.parents = tape, np.asarray(value), parents
        tape.arrays.append(self)

    def __add__(self, other):
        other = self._recorded(other)
        return Recorded(self.tape, self.value + other.value, (self, lambda p: p), (other, lambda p: p))

    def __sub__(self, other):
        other = self._recorded(other)
        return Recorded(self.tape, self.value - other.value, (self, lambda p: p), (other, lambda p: -p))

    def __rsub__(self, other):
        return self._recorded(other) - self

    def __mul__(self, factor):
        factor = checks.number("factor", factor)
        return Recorded(self.tape, factor * self.value, (self, lambda p: factor * p))

    def __matmul__(self, other):
        other = self._recorded(other)
        L, R = self.value, other.value
        if L.ndim != 2 or R.ndim != 2 or L.shape[1] != R.shape[0]:
            raise ValueError(f"shapes {L.shape} and {R.shape} make no product of matrices, expected (m, n) and (n, p)")
        return Recorded(self.tape, L @ R, (self, lambda p: p @ R.T), (other, lambda p: L.T @ p))

    def __rmatmul__(self, other):
        return self._recorded(other) @ self

    __radd__, __rmul__ = __add__, __mul__

    def apply(self, activation):
        """sigma, entry by entry."""
        dsigma = resnet.check_activation("activation", activation).dsigma
        return Recorded(self.tape, activation.sigma(self.value), (self, lambda p: dsigma(self.value) * p))

    def sum_of_squares(self):
        return Recorded(self.tape, np.sum(self.value**2), (self, lambda p: 2 * p * self.value))

    def _recorded(self, other):
        if not isinstance(other, Recorded):
            return self.tape.array(other)
        if other.tape is not self.tape:
            raise ValueError("two arrays of different tapes meet, expected two of one tape")
        return other

    def __repr__(self):
        return f"Recorded({checks.shown(self.value)})"


def _summed(price, shape):
    """Where NumPy repeated an array of this shape to add it to a larger one, the prices of its copies add up."""
    price = price.sum(axis=tuple(range(price.ndim - len(shape))))
    return price.sum(axis=tuple(n for n, length in enumerate(shape) if length == 1), keepdims=True)
