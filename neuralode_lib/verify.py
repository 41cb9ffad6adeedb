"""How a derivative is checked, each function a few lines: by differences, by the complex step, by the tangent."""

import numpy as np

from .resnet import Weights, adjoint, tangent


def difference_quotient(f, weights, direction, h):
    """(f(weights + h direction) - f(weights)) / h: first order in h, until rounding eps / h takes over."""
    return (f(weights + h * direction) - f(weights)) / h


def central_difference(f, weights, direction, h=1e-5):
    """(f(weights + h direction) - f(weights - h direction)) / 2h: second order in h."""
    return (f(weights + h * direction) - f(weights - h * direction)) / (2 * h)


def complex_step(f, weights, direction, h=1e-30):
    """Im f(weights + i h direction) / h: nothing is subtracted, so it is exact to rounding (Squire, Trapp 1998).

    f must be analytic: tanh, not ReLU; squares, not absolute values.
    """
    return np.imag(f(weights + 1j * h * direction)) / h


def numerical_gradient(f, weights, derivative=central_difference):
    """The gradient of f as Weights, one `derivative` for each entry: slow, and independent of the adjoint."""
    entries = np.empty(weights.theta.size)
    for n in range(entries.size):
        unit = np.zeros(entries.size)
        unit[n] = 1.0
        entries[n] = derivative(f, weights, Weights.from_theta(unit.reshape(weights.theta.shape)))
    return Weights.from_theta(entries.reshape(weights.theta.shape))


def tangent_adjoint_sides(problem, weights, direction):
    """Both sides of the discrete Questions 1 and 2 (B6, B7, C4), each summed over the samples.

    sum_i (x_N - y)^T x_tilde_N   and   dt sum_k phi_k^T s_k - dt w1 sum_k (x_k - y)^T x_tilde_k,
    with s_k = V_hat_k sigma(x_k) + b_tilde_k. They agree to rounding for any weights.
    """
    x = problem.states(weights)
    error = x - problem.y_out
    x_tilde = tangent(weights, x, problem.dt, problem.activation, direction)
    phi = adjoint(weights, x, problem.y_out, problem.dt, problem.w1, problem.activation)
    source = direction.V @ problem.activation.sigma(x[:-1]) + direction.b[:, :, None]
    left = np.vdot(error[-1], x_tilde[-1])
    right = problem.dt * (np.vdot(phi, source) - problem.w1 * np.vdot(error[1:-1], x_tilde[1:-1]))
    return left, right


def relative_error(value, reference):
    """|value - reference| / |reference| for numbers, arrays or Weights; the reference is not zero."""
    value, reference = (getattr(a, "theta", a) for a in (value, reference))
    return float(np.linalg.norm(np.subtract(value, reference)) / np.linalg.norm(reference))


def observed_order(dt, errors):
    """Slopes of log(error) over log(dt) between neighbours: near p for a method of order p."""
    return np.diff(np.log(errors)) / np.diff(np.log(dt))
