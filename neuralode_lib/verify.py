"""How a derivative is checked, each function a few lines: by differences, by the complex step, by the tangent."""

from functools import wraps

import numpy as np

from . import checks
from .problem import TrainingProblem
from .resnet import Weights, adjoint, check_weights, tangent


def _function(name, f):
    """f, a function of Weights, and what it returns looked at."""
    checks.function(name, f, 1, "a function of Weights, such as problem.cost")

    @wraps(f)
    def looked_at(weights):
        return checks.numbers(f"what {name} returned", f(weights))

    return looked_at


def _vector(name, value):
    """Weights, or an array: a state has derivatives, too."""
    return value if isinstance(value, Weights) else checks.numbers(name, value)


def _step(name, value):
    if checks.number(name, value) == 0:
        raise ValueError(f"{name} is {value}, expected a number other than 0")
    return float(value)


def _alike(weights, direction):
    if type(weights) is not type(direction) or _theta(weights).shape != _theta(direction).shape:
        raise ValueError(f"direction is {checks.shown(direction)}, expected one like weights, {checks.shown(weights)}")


def _theta(a):
    return a.theta if isinstance(a, Weights) else a


_checked = checks.arguments(
    f=_function,
    weights=_vector,
    direction=_vector,
    h=_step,
    problem=lambda name, value: checks.instance(name, value, TrainingProblem, "a TrainingProblem(x_in, y_out, ...)"),
)


@_checked
def difference_quotient(f, weights, direction, h):
    """(f(weights + h direction) - f(weights)) / h: first order in h, until rounding eps / h takes over."""
    _alike(weights, direction)
    return (f(weights + h * direction) - f(weights)) / h


@_checked
def central_difference(f, weights, direction, h=1e-5):
    """(f(weights + h direction) - f(weights - h direction)) / 2h: second order in h.

    The default is for double precision. In single precision, as of data in float32, an h of 5e-3 is near the best.
    """
    _alike(weights, direction)
    return (f(weights + h * direction) - f(weights - h * direction)) / (2 * h)


@_checked
def complex_step(f, weights, direction, h=1e-30):
    """Im f(weights + i h direction) / h: nothing is subtracted, so it is exact to rounding (Squire, Trapp 1998).

    f must be analytic there: tanh, and ReLU where no state is 0; squares, not absolute values.
    """
    _alike(weights, direction)
    return np.imag(f(weights + 1j * h * direction)) / h


@checks.arguments(weights=check_weights)
def numerical_gradient(f, weights, derivative=central_difference):
    """The gradient of f as Weights, one `derivative` for each entry: slow, and independent of the adjoint."""
    checks.function("derivative", derivative, 3, "central_difference, complex_step or a function like them")
    entries = np.empty(weights.theta.size)
    for n in range(entries.size):
        unit = np.zeros(entries.size)
        unit[n] = 1.0
        along = derivative(f, weights, Weights.from_theta(unit.reshape(weights.theta.shape)))
        entries[n] = checks.array("the derivative of f", along, (), "f returns a number", finite=False, real=True)
    return Weights.from_theta(entries.reshape(weights.theta.shape))


@_checked
def tangent_adjoint_sides(problem, weights, direction):
    """Both sides of the discrete Questions 1 and 2 (B6, B7, C4), each summed over the samples.

    sum_i (x_N - y)^T x_tilde_N   and   dt sum_k phi_k^T s_k - dt w1 sum_k (x_k - y)^T x_tilde_k,
    with s_k = V_hat_k sigma(x_k) + b_tilde_k. They agree to rounding for any weights.
    """
    problem.fitting(direction, "direction")
    x = problem.states(weights)
    error = x - problem.y_out
    x_tilde = tangent(weights, x, problem.dt, problem.activation, direction)
    phi = adjoint(weights, x, problem.y_out, problem.dt, problem.w1, problem.activation)
    source = direction.V @ problem.activation.sigma(x[:-1]) + direction.b[:, :, None]
    left = np.sum(error[-1] * x_tilde[-1])
    right = problem.dt * (np.sum(phi * source) - problem.w1 * np.sum(error[1:-1] * x_tilde[1:-1]))
    return left, right


def relative_error(value, reference):
    """|value - reference| / |reference| for numbers, arrays or Weights of one shape; the reference is not zero."""
    reference = _theta(reference)
    reference = checks.array("reference", reference, np.shape(reference))
    value = checks.array("value", _theta(value), reference.shape, "the shape of the reference", finite=False)
    if not np.any(reference):
        raise ValueError("reference is zero, expected something to divide by")
    return float(np.linalg.norm(value - reference) / np.linalg.norm(reference))


@checks.arguments(dt=checks.positive, errors=checks.positive)
def observed_order(dt, errors):
    """Slopes of log(error) over log(dt) between neighbours: near p for a method of order p."""
    checks.array("errors", errors, dt.shape, "one for each dt")
    if not np.diff(dt).all():
        raise ValueError(f"dt is {checks.shown(dt)}, expected neighbours that differ")
    return np.diff(np.log(errors)) / np.diff(np.log(dt))
