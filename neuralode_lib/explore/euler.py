"""A residual network against its ODE (A5)."""

from functools import lru_cache

import ipywidgets as widgets
import numpy as np
from scipy.integrate import solve_ivp

from .. import activations
from ..plotting import BLACK, BLUE, GREEN
from ..resnet import Weights, forward
from ..verify import observed_order
from .explorer import Explorer, _choice, _errors, _line, _slider, styled

SMOOTH_WEIGHTS = {  # V(t) and b(t)
    "as in 12.A": (lambda t: [[np.cos(3 * t), -4.0], [3.0, np.sin(2 * t)]], lambda t: [np.sin(t), -1.0]),
    "constant": (lambda t: [[-1.0, -4.0], [4.0, -1.0]], lambda t: [0.5, 0.0]),
    "quickly changing": (lambda t: [[0.0, 6 * np.cos(12 * t)], [6 * np.sin(12 * t), 0.0]], lambda t: [1.0, 0.0]),
}


def _sampled(name, K):
    V, b = SMOOTH_WEIGHTS[name]
    t = np.arange(K) / K
    return Weights([V(s) for s in t], [b(s) for s in t])


@lru_cache(maxsize=1024)
def _resnet_path(name, x_in, K):
    return forward(_sampled(name, K), np.array(x_in)[:, None], 1 / K, activations.tanh)[:, :, 0]


@lru_cache
def _ode_path(name, x_in):
    V, b = SMOOTH_WEIGHTS[name]
    options = {"method": "DOP853", "rtol": 1e-11, "atol": 1e-11, "t_eval": np.linspace(0, 1, 201)}
    return solve_ivp(lambda t, x: V(t) @ np.tanh(x) + b(t), [0, 1], x_in, **options).y.T


@styled
def euler(layers=6, x1=0.5, x2=-0.3, weights="as in 12.A"):
    """A ResNet with `layers` layers against its ODE (A5), and the error at T = 1 with its observed order."""
    explorer = Explorer("euler", {
        "layers": _slider(widgets.IntSlider, layers, 1, 64, 1, "layers"),
        "x1": _slider(widgets.FloatSlider, x1, -1.5, 1.5, 0.1, "start: x₁"),
        "x2": _slider(widgets.FloatSlider, x2, -1.5, 1.5, 0.1, "x₂"),
        "weights": _choice(SMOOTH_WEIGHTS, weights, "weights"),
    })  # fmt: skip
    left, right = explorer.axes
    ode, polygon = _line(left, color="0.7", lw=6, label="neural ODE"), _line(left, "o-", BLUE, label="ResNet")
    start = _line(left, "s", GREEN, ms=11, label="start")
    left.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal", xlim=(-4, 4), ylim=(-3, 3.5))
    left.legend(loc="upper left", fontsize=12)
    others, now = _errors(right, "this ResNet", "other depths", xlim=(0.006, 1.3), ylim=(2e-3, 20))
    right.set(xlabel=r"$\Delta t$", ylabel="error at $T$")
    depths = 2 ** np.arange(8)
    right.plot(1 / depths, 1 / depths, "--", color=BLACK, lw=1.4, label="slope 1")
    right.legend(loc="lower right", fontsize=12)

    def update(layers, x1, x2, weights):
        x_in = (x1, x2)
        exact = _ode_path(weights, x_in)
        ode.set_data(*exact.T)
        polygon.set_data(*_resnet_path(weights, x_in, layers).T)
        start.set_data([x1], [x2])

        def error(K):
            return np.linalg.norm(_resnet_path(weights, x_in, K)[-1] - exact[-1])

        others.set_data(1 / depths, [error(K) for K in depths])
        this, twice = error(layers), error(2 * layers)
        now.set_data([1 / layers], [this])
        (order,) = observed_order([1 / layers, 0.5 / layers], [this, twice])
        return f"error at T {this:.3g}, with twice as many layers {twice:.3g}: observed order {order:.2f}"

    return explorer.watch(update, [ode, polygon, start, others, now])
