"""A residual network against its ODE (A5)."""

import numpy as np
from scipy.integrate import solve_ivp

from .. import activations, checks, plotting
from ..resnet import Weights, forward
from ..verify import observed_order
from .figure import Figure, one_of, styled

SMOOTH_WEIGHTS = {  # V(t) and b(t); euler.js has the same
    "as in 12.A": (lambda t: [[np.cos(3 * t), -4.0], [3.0, np.sin(2 * t)]], lambda t: [np.sin(t), -1.0]),
    "constant": (lambda t: [[-1.0, -4.0], [4.0, -1.0]], lambda t: [0.5, 0.0]),
    "quickly changing": (lambda t: [[0.0, 6 * np.cos(12 * t)], [6 * np.sin(12 * t), 0.0]], lambda t: [1.0, 0.0]),
}
DEPTHS = 2 ** np.arange(8)


def sampled(name, K):
    """The weights of that name of a network with K layers on [0, 1]."""
    V, b = SMOOTH_WEIGHTS[name]
    t = np.arange(K) / K
    return Weights([V(s) for s in t], [b(s) for s in t])


def resnet_path(name, start, K):
    """States (K + 1, 2) of that network."""
    return forward(sampled(name, K), np.reshape(start, (2, 1)), 1 / K, activations.tanh)[:, :, 0]


def ode_path(name, start):
    """201 states (201, 2) of its ODE."""
    V, b = SMOOTH_WEIGHTS[name]
    options = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-12, "t_eval": np.linspace(0, 1, 201)}
    return solve_ivp(lambda t, x: V(t) @ np.tanh(x) + b(t), [0, 1], start, **options).y.T


@styled
def euler(layers=6, x1=-1.0, x2=0.5, weights="as in 12.A"):
    """A ResNet with `layers` layers against its ODE (A5), and the error at T = 1 with its observed order.

    The start is dragged in the plane. weights: "as in 12.A", "constant" or "quickly changing". The arrows are the
    field at a time that can be chosen. Raises ValueError or TypeError, naming the argument, for what is none of it.
    """
    K, start = checks.integer("layers", layers, 1), [checks.number("x1", x1), checks.number("x2", x2)]
    one_of("weights", weights, SMOOTH_WEIGHTS)
    polygon, curve = resnet_path(weights, start, K), ode_path(weights, start)

    def error(K):
        return np.linalg.norm(resnet_path(weights, start, K)[-1] - curve[-1])

    here, twice = error(K), error(2 * K)
    (order,) = observed_order([1 / K, 0.5 / K], [here, twice])
    ends = f"error at T {here:.3g}, with twice as many {twice:.3g}: observed order {order:.2f}"
    numbers = f"{K} {'layer' if K == 1 else 'layers'}: {ends}"
    alt = (
        f"Left, in the plane: a curve, the solution of the ODE, and a polygon of {K} straight pieces from the same "
        "start, the ResNet. Right: its error at T over the step, for 1 to 128 layers, beside a line of slope 1."
    )

    left, right = axes = plotting.panels(2, width=10.4)
    left.plot(*curve.T, color="0.7", lw=6, label="neural ODE")
    left.plot(*polygon.T, "o-", color=plotting.BLUE, label="ResNet")
    left.plot(*start, "s", color=plotting.GREEN, ms=11, label="start")
    left.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(-4, 4), ylim=(-3, 3.5), aspect="equal")
    right.loglog(1 / DEPTHS, [error(depth) for depth in DEPTHS], "o-", color="0.6", label="other depths")
    right.loglog([1 / K], [here], "s", color=plotting.BLUE, ms=11, label="this ResNet")
    right.loglog(1 / DEPTHS, 1 / DEPTHS, "--", color=plotting.BLACK, lw=1.4, label="slope 1")
    right.set(xlabel=r"$\Delta t$", ylabel="error at $T$", xlim=(0.006, 1.3), ylim=(5e-3, 20))
    for ax in axes:
        ax.legend(fontsize=12)
    return Figure("euler", {"start": start, "layers": K, "weights": weights, "alt": alt}, axes, alt, numbers)
