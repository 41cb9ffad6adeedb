"""Figures. Each function draws on the Axes it is given, or makes one, and returns it; `show` puts it on the page.

Colours as on the slides: inputs green, outputs orange, one class blue (circles), the other red (squares).
"""

from io import BytesIO
from itertools import cycle, pairwise

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from PIL import Image

from . import checks
from .datasets import TARGETS, target_distances

BLUE, RED, GREEN, ORANGE, BLACK = "#1f4e9c", "#c0392b", "#1d7a4c", "#b35900", "#222222"
CLASSES = [("blue", BLUE, "o"), ("red", RED, "s")]


def use_style():
    """Large type and few lines, from `neuralode.mplstyle`."""
    plt.style.use("neuralode_lib.neuralode")


def show(ax, alt):
    """Show the figure that `ax` (an Axes or an array of them) is in, with `alt` for those who cannot see it."""
    axes = np.ravel(ax)
    figure = _axes("ax", axes[0] if axes.size else ax).figure.figure  # that of a subfigure's axes is not the whole
    if not isinstance(alt, str) or not alt.strip():
        raise TypeError(f"alt is {checks.shown(alt)}, expected a text that says what the figure shows")
    data = {"image/png": png(figure), "text/plain": f"[Figure: {alt}]"}
    display(data, raw=True, metadata={"image/png": {"alt": alt}})


def png(figure):
    """The figure as a PNG of at most 256 colours, which is a third of the size; it is closed."""
    canvas, file = FigureCanvasAgg(figure), BytesIO()
    try:
        canvas.draw()
    finally:
        plt.close(figure)
    few = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(file, "png", compress_level=8)  # at 9, and with optimize=True, 1.4 % smaller and slower than the drawing
    return file.getvalue()


def panels(columns, width=8, height=4.5, **kwargs):
    """One Axes, or several beside each other, in a figure of that size in inches; kwargs are plt.subplots'."""
    checks.integer("columns", columns, 1, 100)
    size = checks.number("width", width, above=0), checks.number("height", height, above=0)
    return plt.subplots(1, columns, figsize=size, **kwargs)[1]


def _axes(name, ax):
    return checks.instance(name, ax, Axes, "a Matplotlib Axes, such as panels(1)")


def network(widths, states, weights, residual=False, ax=None):
    """The slides' picture of a network: a column of nodes for each layer, inputs green, outputs orange.

    states, weights: what is written below each column and below the lines between two.
    residual: arcs over the layers show that each keeps what it was given.
    """
    checks.instance("widths", widths, list | tuple, "a list of layers' widths, such as [2, 3, 1]")
    widths = [checks.integer("widths", n, 1) for n in widths]
    for name, texts, n in [("states", states, len(widths)), ("weights", weights, len(widths) - 1)]:
        if not isinstance(texts, list | tuple | str) or len(texts) != n:
            raise ValueError(f"{name} is {checks.shown(texts)}, expected a list of {n} texts")
    checks.yes_or_no("residual", residual)
    if len(widths) < 2:
        raise ValueError(f"widths is {widths}, expected at least two layers, an input and an output")
    ax = panels(1, height=3.2) if ax is None else _axes("ax", ax)
    columns = [(k, np.arange(n) - (n - 1) / 2) for k, n in enumerate(widths)]
    for (k, left), (_, right) in pairwise(columns):
        for y0 in left:
            for y1 in right:
                ax.plot([k, k + 1], [y0, y1], color="0.75", lw=0.8, zorder=1)
    if residual:
        top = max(widths) / 2
        for k in range(len(widths) - 1):
            ax.annotate(
                "",
                xy=(k + 0.96, top),
                xytext=(k + 0.04, top),
                arrowprops={"arrowstyle": "->", "color": BLUE, "lw": 2, "connectionstyle": "arc3,rad=-0.45"},
            )
    low = -max(widths) / 2
    for k, nodes in columns:
        colour = GREEN if k == 0 else ORANGE if k == len(widths) - 1 else BLACK
        ax.scatter(np.full(len(nodes), k), nodes, s=170, color=colour, zorder=2)
        ax.text(k, low, states[k], color=colour, ha="center", va="top")
    for k, name in enumerate(weights):
        ax.text(k + 0.5, low, name, ha="center", va="top")
    ax.set(xlim=(-0.4, len(widths) - 0.6), ylim=(low - 0.6, -low + (1 if residual else 0)))
    ax.axis("off")
    return ax


def plane(ax=None, title=None):
    """The lecture's window on the (x1, x2)-plane, with the two targets as crosses."""
    ax = panels(1, width=5, height=5.6) if ax is None else _axes("ax", ax)
    for target, (_, colour, _) in zip(TARGETS, CLASSES, strict=True):
        ax.plot(*target, "x", color=colour, ms=18, mew=2.5, zorder=2)
    ax.set(xlim=(-2, 4), ylim=(-4, 4), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    if title is not None:
        ax.set_title(checks.instance("title", title, str, "a text"))
    return ax


def points(x, label, ax=None, title=None):
    """The first two rows of x (d, I) as blue circles and red squares, on a new `plane` where no Axes is given."""
    x = checks.array("x", x, ("d", "I"), "one column per sample", real=True)
    if len(x) < 2:
        raise ValueError(f"x has shape {x.shape}, expected (d, I) with d >= 2: a plane")
    label = _label(label, x.shape[1])
    ax = plane(title=title) if ax is None else _axes("ax", ax)
    for c, (name, colour, marker) in enumerate(CLASSES):
        mine = label == c
        style = {"color": colour, "marker": marker, "edgecolor": "white", "lw": 0.6}
        ax.scatter(x[0, mine], x[1, mine], s=34, label=name, zorder=3, **style)
    return ax


def _label(label, I):
    label = checks.array("label", label, (I,), "one label for each sample", real=True)
    if not np.isin(label, [0, 1]).all():
        raise ValueError(f"label is {checks.shown(label)}, expected 0 for blue and 1 for red")
    return label


def states(x, label, t, times, axes=None):
    """The points at several `times` of the grid t, one in each of `axes`: the lecture's movie as a strip."""
    x, t = _all_states(x), checks.array("t", t, (len(x),), "one time for each of the states", real=True)
    times = checks.array("times", times, ("n",), "some of the times t", real=True)
    steps = [np.abs(t - time).argmin() for time in times]
    if not steps or not np.allclose(t[steps], times, rtol=0, atol=1e-9 * np.ptp(t)):
        raise ValueError(f"times is {checks.shown(times)}, expected times of the grid t, from {t[0]:g} to {t[-1]:g}")
    axes = panels(len(times), width=13, height=3, sharey=True) if axes is None else axes
    if np.size(axes) != len(times):
        raise ValueError(f"axes are {np.size(axes)}, expected {len(times)}: one for each time")
    for ax, k, time in zip(np.ravel(axes), steps, times, strict=True):
        points(x[k], label, plane(_axes("axes", ax), f"$t = {time:g}$"))
        ax.label_outer()
    return axes


def _all_states(x):
    return checks.array("x", x, ("N_T", "d", "I"), "the states that forward(...) returns", real=True)


def trajectories(x, label, ax=None, title=None):
    """Every sample's path through the plane, from its start (small dot) to its end (marker)."""
    x, label = _all_states(x), np.asarray(label)
    ax = points(x[-1], label, plane(ax, title))
    for c, (_, colour, _) in enumerate(CLASSES):
        mine = label == c
        paths = x[:, :2, mine].transpose(2, 0, 1)
        ax.add_collection(LineCollection(paths, colors=colour, lw=0.9, alpha=0.55, zorder=2))
        ax.scatter(x[0, 0, mine], x[0, 1, mine], s=7, color=colour, zorder=2)
    return ax


def decision_regions(final, ax=None, title=None):
    """Which target each start in the plane is brought nearest to: light blue or light red, and a line between.

    final: function from starts (2, n) to final states (2, n), such as `lambda x: forward(w, x, dt, relu)[-1]`.
    """
    checks.function("final", final, 1, "a function from starts (2, n) to final states (2, n)")
    ax = plane(ax, title)
    x1, x2 = np.linspace(-2, 4, 181), np.linspace(-4, 4, 241)
    grid = np.array(np.meshgrid(x1, x2)).reshape(2, -1)
    ends = checks.array("final(starts)", final(grid), ("d", grid.shape[1]), "one final state for each start", real=True)
    to_blue, to_red = target_distances(ends).reshape(2, x2.size, x1.size)
    ax.contourf(x1, x2, to_blue - to_red, levels=[-np.inf, 0, np.inf], colors=["#c9d8f0", "#f3cfca"], zorder=0)
    ax.contour(x1, x2, to_blue - to_red, levels=[0], colors=BLACK, linewidths=1.2, zorder=1)
    return ax


def cost_history(curves, ax=None, x=None, xlabel="iteration"):
    """J after each iteration (or against `x`, a dict like `curves`), both logarithmic, one line for each name."""
    _by_name("curves", curves)
    if x is not None and _by_name("x", x).keys() != curves.keys():
        raise ValueError(f"x has the names {checks.shown([*x])}, expected those of curves: {checks.shown([*curves])}")
    ax = panels(1) if ax is None else _axes("ax", ax)
    for (name, J), style in zip(curves.items(), cycle(["-", "--", "-.", ":"]), strict=False):
        J = checks.array(f"curves[{name!r}]", J, ("n",), "J at the start and after each iteration", real=True)
        if len(J) < 2:
            raise ValueError(f"curves[{name!r}] has {len(J)} entries, expected the start and at least one iteration")
        across = np.arange(len(J)) if x is None else checks.array(f"x[{name!r}]", x[name], J.shape, real=True)
        ax.loglog(across[1:], J[1:], style, label=name)
    ax.set(xlabel=xlabel, ylabel="$J$")
    ax.legend()
    return ax


def convergence(dt, errors, order, ax=None, ylabel="error"):
    """Errors over the step, both logarithmic, each beside a line of the slope `order`.

    errors: one list, or a dict of lists by name; then order may be a dict, too.
    """
    dt = checks.positive("dt", dt, ("n",), "one step for each error")
    errors = errors if isinstance(errors, dict) else {"computed": errors}
    orders = order if isinstance(order, dict) else dict.fromkeys(errors, order)
    if orders.keys() != errors.keys():
        raise ValueError(f"order has {checks.shown([*orders])}, expected those of errors: {checks.shown([*errors])}")
    ax = panels(1) if ax is None else _axes("ax", ax)
    for (name, error), marker in zip(errors.items(), cycle("osD^"), strict=False):
        error = checks.positive(f"errors of {name}", error, dt.shape, "one error for each step")
        p = checks.number("order", orders[name])
        (line,) = ax.loglog(dt, error, marker, label=name)
        guide = error[-1] * (dt / dt[-1]) ** p
        ax.loglog(dt, guide, "--", color=line.get_color(), lw=1.4, label=f"slope {orders[name]}")
    ax.set(xlabel=r"$\Delta t$", ylabel=ylabel)
    ax.legend()
    return ax


def _by_name(name, value):
    if not checks.instance(name, value, dict, "a dict of lists by name"):
        raise ValueError(f"{name} is empty, expected at least one list by its name")
    return value
