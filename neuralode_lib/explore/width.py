"""The width of a layer (A2)."""

from functools import lru_cache

import numpy as np

from .. import activations, checks, plotting
from ..fused import blas_threads
from .figure import Figure, one_of, styled

FUNCTIONS = {
    "sin 6x + |x|": lambda x: np.sin(6 * x) + np.abs(x),
    "sin 6x": lambda x: np.sin(6 * x),
    "a jump": lambda x: np.sign(x - 0.2),
}
ACTIVATIONS = ("tanh", "relu")
WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
GRID = np.linspace(-1, 1, 401).round(3)


def nodes():
    """W and c of 12.A, drawn at random: a layer of some width has the first of them."""
    rng = np.random.default_rng(1)
    return 6 * rng.standard_normal(WIDTHS[-1]), 4 * rng.standard_normal(WIDTHS[-1])


@lru_cache
def fit(function, activation, width):
    """The values on GRID of a layer of that width, V and b by least squares; and its root mean square error."""
    W, c = nodes()
    hidden = getattr(activations, activation).sigma(np.outer(GRID, W[:width]) + c[:width])
    features, f = np.column_stack([hidden, np.ones_like(GRID)]), FUNCTIONS[function](GRID)
    with blas_threads(1):  # ten times as fast where the processor has other things to do
        y = features @ np.linalg.lstsq(features, f, rcond=1e-10)[0]
    return y, np.sqrt(np.mean((y - f) ** 2))


def _in_page(function, activation):
    """What width.js shows of all widths: every fourth value as far as a pixel tells, errors, where they are largest."""
    f, fits = FUNCTIONS[function](GRID), [fit(function, activation, n) for n in WIDTHS]
    worst = [np.abs(y - f).argmax() for y, _ in fits]
    return {
        "y": [y[::4].round(3).tolist() for y, _ in fits],
        "error": [error for _, error in fits],
        "worst": [[abs(y - f)[n], GRID[n]] for (y, _), n in zip(fits, worst, strict=True)],
    }


@styled
def width(width=4, function="sin 6x + |x|", activation="tanh"):
    """The fit of a function by a network with one hidden layer, and its error, over the layer's width (A2).

    width: one of 1, 2, 3, 4, 6, 8, ..., 256. function: "sin 6x + |x|", "sin 6x" or "a jump". activation: "tanh" or
    "relu", whose kinks are marked. Raises ValueError, naming the argument, for what is none of it.
    """
    width = one_of("width", checks.integer("width", width, 1), WIDTHS)
    f = FUNCTIONS[one_of("function", function, FUNCTIONS)](GRID)
    y, error = fit(function, one_of("activation", activation, ACTIVATIONS), width)
    W, c = nodes()
    worst = np.abs(y - f).argmax()
    numbers = f"error {error:.2g}; the largest, {abs(y - f)[worst]:.2g}, at x = {GRID[worst]:.2f}"
    alt = (
        f"Left: the function {function} and the fit by {width} nodes, {activation}. "
        "Right: the root mean square error over the width, both logarithmic."
    )

    left, right = axes = plotting.panels(2, width=10.4)
    left.plot(GRID, f, color="0.7", lw=6, label="$f$")
    left.plot(GRID, y, color=plotting.BLUE, label="network")
    left.set(xlabel="$x$", xlim=(-1, 1), ylim=(-1.6, 3.2))
    errors = [fit(function, activation, n)[1] for n in WIDTHS]
    right.loglog(WIDTHS, errors, "o-", color="0.6", label="other widths")
    right.loglog([width], [error], "s", color=plotting.BLUE, ms=11, label="this width")
    right.set(xlabel="width", ylabel="root mean square error", xlim=(0.8, 330), ylim=(1e-11, 10))
    for ax in axes:
        ax.legend(fontsize=12)
    fits = {name: {sigma: _in_page(name, sigma) for sigma in ACTIVATIONS} for name in FUNCTIONS}
    wanted = {name: values(GRID[::4]).round(4) for name, values in FUNCTIONS.items()}
    data = {"x": GRID[::4], "f": wanted, "fits": fits, "widths": WIDTHS, "kinks": -c / W, "alt": alt}
    data |= {"width": width, "function": function, "activation": activation}
    return Figure("width", data, axes, alt, numbers)
