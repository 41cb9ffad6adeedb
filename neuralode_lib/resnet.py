"""The residual network of the lecture, its cost, and the derivative of the cost: the slides, line by line.

Samples are columns. Python counts from 0: `x[k]` is the slide's x_{k+1}; `V[k]`, `b[k]` and `phi[k]` are
V_{k+1}, b_{k+1} and phi_{k+1}. N_T grid points carry N_T - 1 layers.
"""

from functools import partial
from numbers import Complex, Real
from typing import NamedTuple

import numpy as np

from . import checks
from .activations import Activation

_TYPES = ", ".join(map(str, checks.TYPES))


class Weights:
    """The weights of all layers: V (N_T - 1, d, d) and b (N_T - 1, d), views of theta = [V b].

    Weights add, subtract and scale like vectors, so that a step of gradient descent reads as on the slide:
    `weights - gamma * gradient`.
    """

    __array_ufunc__ = None  # array * weights is refused, not done entry by entry

    def __init__(self, V, b):
        V = checks.array("V", V, ("N_T - 1", "d", "d"), "one d x d matrix per layer")
        N, d, columns = V.shape
        if columns != d or N == 0 or d == 0:
            raise ValueError(f"V has shape {V.shape}, expected (N_T - 1, d, d): one square matrix per layer")
        b = checks.array("b", b, (N, d), f"one vector for each of V's {N} layers")
        self.theta = np.concatenate([V, b[:, :, None]], axis=2)

    @classmethod
    def from_theta(cls, theta):
        """Weights that hold the array `theta` itself, (N_T - 1, d, d + 1) of float or complex numbers: no copy."""
        if type(theta) is not np.ndarray or theta.dtype not in checks.TYPES:
            came = f"holds {theta.dtype}" if type(theta) is np.ndarray else f"is {checks.shown(theta)}"
            raise TypeError(f"theta {came}, expected an array of {_TYPES}")
        if theta.ndim != 3 or theta.size == 0 or theta.shape[2] != theta.shape[1] + 1:
            raise ValueError(f"theta has shape {theta.shape}, expected (N_T - 1, d, d + 1)")
        weights = cls.__new__(cls)
        weights.theta = theta
        return weights

    @classmethod
    def zeros(cls, N_T, d, dtype=float):
        """V = 0 and b = 0: the network that leaves every point where it is."""
        if not isinstance(dtype, str | type | np.dtype) or dtype not in checks.TYPES:
            raise TypeError(f"dtype is {checks.shown(dtype)}, expected one of {_TYPES}")
        return cls.from_theta(np.zeros(_theta_shape(N_T, d), dtype))

    @classmethod
    def random(cls, N_T, d, scale, rng):
        """Independent normal entries with standard deviation `scale`, drawn from the Generator `rng`."""
        checks.instance("rng", rng, np.random.Generator, "a Generator: np.random.default_rng(seed)")
        return cls.from_theta(checks.number("scale", scale, 0) * rng.standard_normal(_theta_shape(N_T, d)))

    @property
    def V(self):
        return self.theta[:, :, :-1]

    @property
    def b(self):
        return self.theta[:, :, -1]

    @property
    def N_T(self):
        return self.theta.shape[0] + 1

    @property
    def d(self):
        return self.theta.shape[1]

    def __add__(self, other):
        return self._combine(other, np.add)

    def __sub__(self, other):
        return self._combine(other, np.subtract)

    __radd__ = __rsub__ = __add__  # where the other is no Weights: refused in words

    def _combine(self, other, operation):
        if not isinstance(other, Weights):
            raise TypeError(f"{checks.shown(other)} cannot be added to Weights or subtracted, expected Weights")
        self._fit(other)
        return Weights.from_theta(operation(self.theta, other.theta))

    def _fit(self, other):
        if other.theta.shape != self.theta.shape:
            raise ValueError(f"weights do not fit together: {self} and {other}")

    def __mul__(self, factor):
        if not isinstance(factor, Complex):
            return NotImplemented
        factor = float(factor) if isinstance(factor, Real) else complex(factor)
        return Weights.from_theta(factor * self.theta)

    __rmul__ = __mul__

    def __neg__(self):
        return -1 * self

    def dot(self, other):
        """Sum over the layers of <V, V'>_F + <b, b'>."""
        self._fit(checks.instance("other", other, Weights, "Weights"))
        return np.sum(self.theta.conj() * other.theta)  # not BLAS's dot, which wakes its threads for a long sum

    def norm(self):
        """sqrt(sum over the layers of ||V||_F^2 + |b|^2) (A7)."""
        size = np.abs(self.theta).astype(float)  # the squares of float32 overflow early
        return float(np.sqrt(np.sum(size * size)))

    def __repr__(self):
        return f"Weights(N_T={self.N_T}, d={self.d}, norm={self.norm():.4g})"


def _theta_shape(N_T, d):
    d = checks.integer("d", d, 1)
    return checks.integer("N_T", N_T, 2) - 1, d, d + 1


def check_weights(name, value):
    """`value`, where it is a Weights; TypeError otherwise."""
    return checks.instance(name, value, Weights, "a Weights, such as Weights.zeros(N_T, d)")


def check_activation(name, value):
    """`value`, where it is an Activation; TypeError otherwise."""
    return checks.instance(name, value, Activation, "tanh, relu or an Activation(sigma, dsigma, name)")


_checked = checks.arguments(
    weights=check_weights,
    direction=check_weights,
    activation=check_activation,
    dt=partial(checks.number, above=0),
    w1=partial(checks.number, minimum=0),
    w2=partial(checks.number, minimum=0),
)


@_checked
def forward(weights, x_in, dt, activation):
    """States of the residual network: forward Euler for x' = V(t) sigma(x) + b(t) (A5, C3; first order in dt).

    x_in (d, I), one sample a column. Returns x (N_T, d, I) with x[0] = x_in.
    Raises ValueError where x_in does not have the weights' d rows or is not finite.
    """
    x = [checks.array("x_in", x_in, (weights.d, "I"), "one column per sample")]
    for V, b in zip(weights.V, weights.b, strict=True):
        x.append(x[-1] + dt * (V @ activation.sigma(x[-1]) + b[:, None]))
    return np.stack(x)


@_checked
def tangent(weights, x, dt, activation, direction):
    """Derivative of the states when the weights move along `direction` (B1, B3, discretised).

    x (N_T, d, I) from `forward`; direction is a Weights (V_hat, b_tilde). Returns x_tilde (N_T, d, I), with
    x_tilde[0] = 0: the limit of (x(weights + h direction) - x(weights)) / h as h goes to 0.
    Raises ValueError where shapes do not fit.
    """
    x = _states(weights, x)
    if direction.theta.shape != weights.theta.shape:
        raise ValueError(f"direction is {direction}, expected one like the weights: {weights}")
    x_tilde = np.zeros(x.shape, np.result_type(x, direction.theta))
    for k, (V_hat, b_tilde) in enumerate(zip(direction.V, direction.b, strict=True)):
        A_x_tilde = weights.V[k] @ (activation.dsigma(x[k]) * x_tilde[k])
        source = V_hat @ activation.sigma(x[k]) + b_tilde[:, None]
        x_tilde[k + 1] = x_tilde[k] + dt * (A_x_tilde + source)
    return x_tilde


class CostTerms(NamedTuple):
    """The three terms of J (A6, C2): at the final time, along the way, of the weights. J is their sum."""

    terminal: float
    running: float
    weights: float


@_checked
def cost_terms(weights, x, y_out, dt, w1, w2):
    """The three terms of the discrete J (A6, C2); arguments as for `cost`.

    The running term leaves out x[0], which no weight can change, and x[-1], which the terminal term has.
    """
    x = _states(weights, x)
    error = x - checks.array("y_out", y_out, x.shape[1:])
    return CostTerms(
        terminal=_scalar((error[-1] ** 2).sum() / 2),
        running=_scalar(w1 * dt * (error[1:-1] ** 2).sum() / 2),
        weights=_scalar(w2 * dt * (weights.theta**2).sum() / 2),
    )


@_checked
def cost(weights, x, y_out, dt, w1, w2):
    """The discrete cost J (C2), a float.

    x (N_T, d, I) from `forward`, y_out (d, I). Squares, not absolute values: complex weights give the complex
    J that the complex step needs. Raises ValueError where shapes do not fit.
    """
    return sum(cost_terms(weights, x, y_out, dt, w1, w2))


@_checked
def adjoint(weights, x, y_out, dt, w1, activation):
    """Adjoint state phi (N_T - 1, d, I), backwards from phi[-1] = x[-1] - y_out (C4).

    phi[k] is the derivative of J along x[k + 1], so there is one phi less than there are states.
    x (N_T, d, I) from `forward`, y_out (d, I). Raises ValueError where shapes do not fit.
    """
    x = _states(weights, x)
    y_out = checks.array("y_out", y_out, x.shape[1:])
    phi = np.empty(x[1:].shape, np.result_type(weights.theta, x, y_out))
    phi[-1] = x[-1] - y_out
    for k in range(len(phi) - 1, 0, -1):
        A_T_phi = activation.dsigma(x[k]) * (weights.V[k].T @ phi[k])
        phi[k - 1] = phi[k] + dt * (A_T_phi + w1 * (x[k] - y_out))
    return phi


@_checked
def gradient(weights, x, phi, dt, w2, activation):
    """Gradient of the discrete J (C5), as Weights: Euclidean, and so with a factor dt in each term.

    Divided by dt it converges to the L2-gradient (B8, B9; first order in dt).
    x (N_T, d, I) from `forward`, phi (N_T - 1, d, I) from `adjoint`. Raises ValueError where shapes do not fit.
    """
    x = _states(weights, x)
    hint = "one for each layer, not for each state"
    phi = checks.array("phi", phi, (len(x) - 1, *x.shape[1:]), hint, finite=False)
    V = np.stack([phi[k] @ activation.sigma(x[k]).T for k in range(len(phi))])
    b = phi.sum(axis=2)
    theta = np.concatenate([V, b[:, :, None]], axis=2)
    return Weights.from_theta(dt * (theta + w2 * weights.theta))


def _states(weights, x):
    hint = "the states that forward(...) returns"
    return checks.array("x", x, (weights.N_T, weights.d, "I"), hint, finite=False)


def _scalar(value):
    return complex(value) if np.iscomplexobj(value) else float(value)
