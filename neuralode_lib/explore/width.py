"""The width of a layer (A2)."""

from functools import lru_cache

import ipywidgets as widgets
import numpy as np
from threadpoolctl import threadpool_limits

from .. import activations
from ..plotting import BLUE
from .explorer import Explorer, _choice, _errors, _line, styled

FUNCTIONS = {
    "sin 6x + |x|": lambda x: np.sin(6 * x) + np.abs(x),
    "sin 6x": lambda x: np.sin(6 * x),
    "a jump": lambda x: np.sign(x - 0.2),
}
WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)


@lru_cache
def _fit(function, activation, width):
    """The fit of 12.A: W and c at random, V and b by least squares; and its root mean square error."""
    grid, rng = np.linspace(-1, 1, 401), np.random.default_rng(1)
    W, c = 6 * rng.standard_normal(WIDTHS[-1]), 4 * rng.standard_normal(WIDTHS[-1])
    hidden = getattr(activations, activation).sigma(np.outer(grid, W[:width]) + c[:width])
    features, f = np.column_stack([hidden, np.ones_like(grid)]), FUNCTIONS[function](grid)
    with threadpool_limits(1, user_api="blas"):  # ten times as fast where the processor has other things to do
        y = features @ np.linalg.lstsq(features, f, rcond=1e-10)[0]
    return grid, f, y, np.sqrt(np.mean((y - f) ** 2))


@styled
def width(width=4, function="sin 6x + |x|", activation="tanh"):
    """The fit of a function by a network with one hidden layer, and its error, over the layer's width (A2)."""
    explorer = Explorer("width", {
        "width": widgets.SelectionSlider(options=WIDTHS, value=width, description="width"),
        "function": _choice(FUNCTIONS, function, "function"),
        "activation": _choice(["tanh", "relu"], activation, "activation"),
    })  # fmt: skip
    left, right = explorer.axes
    wanted, fitted = _line(left, color="0.7", lw=6, label="$f$"), _line(left, color=BLUE, label="network")
    left.set(xlabel="$x$", xlim=(-1, 1), ylim=(-1.6, 3.2), xticks=[-1, -0.5, 0, 0.5, 1])
    left.legend(ncols=2, loc="upper left")
    others, now = _errors(right, "this width", "other widths", xlim=(0.8, 330), ylim=(1e-10, 10))
    right.set(xlabel="width", ylabel="root mean square error")
    right.legend(loc="lower left")

    def update(width, function, activation):
        grid, f, y, error = _fit(function, activation, width)
        wanted.set_data(grid, f)
        fitted.set_data(grid, y)
        others.set_data(WIDTHS, [_fit(function, activation, n)[-1] for n in WIDTHS])
        now.set_data([width], [error])
        worst = np.abs(y - f).argmax()
        return f"error {error:.2g}; the largest, {abs(y - f)[worst]:.2g}, at x = {grid[worst]:.2f}"

    return explorer.watch(update, [wanted, fitted, others, now])
