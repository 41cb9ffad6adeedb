"""A kick to b in one layer: its difference quotient and its tangent (B1)."""

import numpy as np

from .. import activations, plotting, resnet
from ..plotting import BLUE, GREEN, ORANGE, RED
from ..problem import TrainingProblem
from ..resnet import Weights
from ..verify import difference_quotient
from .euler import sampled
from .figure import Figure, between, styled

STEPS = 10.0 ** np.arange(-15, 0.6, 0.5)


def responses(problem, weights, k, angle):
    """To a kick of length 1 / dt in layer k: tangent (N_T, 2), quotients (steps, N_T, 2) and how far they are apart."""
    kick = Weights.zeros(problem.N_T, 2)
    kick.b[k] = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) / problem.dt
    x = problem.states(weights)
    x_tilde = resnet.tangent(weights, x, problem.dt, problem.activation, kick)[:, :, 0]
    quotients = np.array([difference_quotient(problem.states, weights, kick, h)[:, :, 0] for h in STEPS])
    return x_tilde, quotients, np.linalg.norm(quotients - x_tilde, axis=2).max(axis=1)


@styled
def tangent(time=0.3, angle=45, log10_h=-1.0):
    """A kick to b at one time: its difference quotient, its tangent (B1), and how far they are apart, over h.

    The kick has the length 1 / dt in a single layer, so that it pushes the state by h; `angle`, in degrees, is its
    direction. h is rounded to half powers of ten. Raises ValueError, naming the argument, where one is out of range.
    """
    problem = TrainingProblem([[0.5], [-0.3]], [[2.0], [1.0]], N_T=41, activation=activations.tanh)
    weights = sampled("as in 12.A", problem.N_T - 1)
    k = round(between("time", time, 0, 1 - problem.dt) / problem.dt)
    angle = between("angle", angle, -180, 180)
    n = round(2 * (between("log10_h", log10_h, -15, 0.5) + 15))
    x, h = problem.states(weights)[:, :, 0], STEPS[n]
    x_tilde, quotients, apart = responses(problem, weights, k, angle)

    at_T = "quotient ({:.4f}, {:.4f}), tangent ({:.4f}, {:.4f})".format(*quotients[n][-1], *x_tilde[-1])
    kick = f"kick of length 1/Δt = {problem.N_T - 1} at t = {problem.t[k]:.3f}, h = {h:.1e}"
    numbers = f"{kick}; at T: {at_T}; largest difference {apart[n]:.1e}"
    alt = (
        "Left, in the plane: a path, the path after a kick in the direction of an arrow, and what the tangent says of "
        "it. Middle: difference quotient and tangent over time. Right: their largest difference over h."
    )

    left, middle, right = axes = plotting.panels(3, width=13)
    left.plot(*x.T, color="0.7", lw=5, label="$x$")
    left.plot(*(x + h * quotients[n]).T, color=BLUE, label="kicked")
    left.plot(*(x + h * x_tilde).T, "--", color=ORANGE, label=r"$x + h\,\tilde x$")
    push = {"xytext": x[k + 1], "arrowprops": {"arrowstyle": "-|>", "color": GREEN, "lw": 3}}
    left.annotate("", x[k + 1] + [np.cos(np.radians(angle)), np.sin(np.radians(angle))], **push)
    x1, x2 = np.transpose([x.min(axis=0) - 1.2, x.max(axis=0) + 1.2])
    left.set(xlabel="$x_1$", ylabel="$x_2$", xlim=x1, ylim=x2, aspect="equal")
    for m, (color, marker) in enumerate([(BLUE, "o"), (RED, "s")]):
        middle.plot(problem.t, x_tilde[:, m], color=color, label=rf"$\tilde x_{m + 1}$")
        middle.plot(problem.t, quotients[n][:, m], marker, color=color, mfc="white", ms=5)
    middle.set(xlabel="$t$", ylim=(-2.2, 2.2), title="response to the kick")
    right.loglog(STEPS, np.maximum(apart, 1e-17), "o-", color="0.6", ms=5)
    right.loglog([h], [max(apart[n], 1e-17)], "s", color=BLUE, ms=11)
    right.set(xlabel="$h$", title="|quotient - tangent|", xlim=(3e-16, 10), ylim=(1e-17, 100))
    right.set_xticks(10.0 ** np.arange(-15, 1, 3))  # of Matplotlib each version has its own
    left.legend(fontsize=12)
    middle.legend(fontsize=12)
    data = {"theta": weights.theta, "N": problem.N_T - 1, "x_in": x[0], "x1": x1, "x2": x2, "alt": alt}
    data |= {"time": problem.t[k], "angle": angle, "log10_h": n / 2 - 15}
    return Figure("tangent", data, axes, alt, numbers)
