"""Figures. Each function draws on the Axes it is given, or makes one, and returns it; `show` puts it on the page.

Colours as on the slides: inputs green, outputs orange, one class blue (circles), the other red (squares).
"""

from io import BytesIO
from itertools import cycle, pairwise

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.collections import LineCollection

from .datasets import TARGETS, target_distances

BLUE, RED, GREEN, ORANGE, BLACK = "#1f4e9c", "#c0392b", "#1d7a4c", "#b35900", "#222222"
CLASSES = [("blue", BLUE, "o"), ("red", RED, "s")]


def use_style():
    """Large type and few lines, from `neuralode.mplstyle`."""
    plt.style.use("neuralode_lib.neuralode")


def show(ax, alt):
    """Show the figure that `ax` (an Axes or an array of them) is in, with `alt` for those who cannot see it."""
    figure = np.ravel(ax)[0].figure
    png = BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    plt.close(figure)
    data = {"image/png": png.getvalue(), "text/plain": f"[Figure: {alt}]"}
    display(data, raw=True, metadata={"image/png": {"alt": alt}})


def panels(columns, width=8, height=4.5, **kwargs):
    """One Axes, or several beside each other, in a figure of that size in inches; kwargs are plt.subplots'."""
    return plt.subplots(1, columns, figsize=(width, height), **kwargs)[1]


def network(widths, residual=False, ax=None):
    """The slides' picture of a network: a column of nodes for each layer, inputs green, outputs orange.

    residual: arcs over the layers show that each keeps what it was given.
    """
    ax = ax or panels(1, height=3.2)
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
    for k, nodes in columns:
        colour = GREEN if k == 0 else ORANGE if k == len(widths) - 1 else BLACK
        ax.scatter(np.full(len(nodes), k), nodes, s=170, color=colour, zorder=2)
    for k, name, colour in [(0, "input", GREEN), (len(widths) - 1, "output", ORANGE)]:
        ax.text(k, -widths[k] / 2, name, color=colour, ha="center", va="top")
    top = max(widths) / 2 + (1 if residual else 0)
    ax.set(xlim=(-0.4, len(widths) - 0.6), ylim=(-max(widths) / 2 - 0.5, top))
    ax.axis("off")
    return ax


def plane(ax=None, title=None):
    """The lecture's window on the (x1, x2)-plane, with the two targets as crosses."""
    ax = ax or panels(1, width=5, height=5.6)
    for target, (_, colour, _) in zip(TARGETS, CLASSES, strict=True):
        ax.plot(*target, "x", color=colour, ms=18, mew=2.5, zorder=2)
    ax.set(xlim=(-2, 4), ylim=(-4, 4), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    if title:
        ax.set_title(title)
    return ax


def points(x, label, ax=None, title=None):
    """The first two rows of x (d, I) as blue circles and red squares, on a new `plane` where no Axes is given."""
    ax = ax or plane(title=title)
    for c, (name, colour, marker) in enumerate(CLASSES):
        mine = np.asarray(label) == c
        style = {"color": colour, "marker": marker, "edgecolor": "white", "lw": 0.6}
        ax.scatter(x[0, mine], x[1, mine], s=34, label=name, zorder=3, **style)
    return ax


def states(x, label, t, times, axes=None):
    """The points at several `times`, one in each of `axes`: the lecture's movie as a strip."""
    axes = panels(len(times), width=13, height=3, sharey=True) if axes is None else axes
    for ax, time in zip(axes, times, strict=True):
        points(x[np.abs(t - time).argmin()], label, plane(ax, f"$t = {time:g}$"))
        ax.label_outer()
    return axes


def trajectories(x, label, ax=None, title=None):
    """Every sample's path through the plane, from its start (small dot) to its end (marker)."""
    ax = points(x[-1], label, plane(ax, title))
    for c, (_, colour, _) in enumerate(CLASSES):
        mine = np.asarray(label) == c
        paths = x[:, :2, mine].transpose(2, 0, 1)
        ax.add_collection(LineCollection(paths, colors=colour, lw=0.9, alpha=0.55, zorder=2))
        ax.scatter(x[0, 0, mine], x[0, 1, mine], s=7, color=colour, zorder=2)
    return ax


def decision_regions(final, ax=None, title=None):
    """Which target each start in the plane is brought nearest to: light blue or light red, and a line between.

    final: function from starts (2, n) to final states (2, n), such as `lambda x: forward(w, x, dt, relu)[-1]`.
    """
    ax = plane(ax, title)
    x1, x2 = np.linspace(-2, 4, 181), np.linspace(-4, 4, 241)
    grid = np.array(np.meshgrid(x1, x2)).reshape(2, -1)
    to_blue, to_red = target_distances(final(grid)).reshape(2, x2.size, x1.size)
    ax.contourf(x1, x2, to_blue - to_red, levels=[-np.inf, 0, np.inf], colors=["#c9d8f0", "#f3cfca"], zorder=0)
    ax.contour(x1, x2, to_blue - to_red, levels=[0], colors=BLACK, linewidths=1.2, zorder=1)
    return ax


def cost_history(curves, ax=None, x=None, xlabel="iteration"):
    """J after each iteration (or against `x`, a dict like `curves`), both logarithmic, one line for each name."""
    ax = ax or panels(1)
    for (name, J), style in zip(curves.items(), cycle(["-", "--", "-.", ":"]), strict=False):
        across = np.arange(len(J)) if x is None else x[name]
        ax.loglog(across[1:], J[1:], style, label=name)
    ax.set(xlabel=xlabel, ylabel="$J$")
    ax.legend()
    return ax


def convergence(dt, errors, order, ax=None, ylabel="error"):
    """Errors over the step, both logarithmic, each beside a line of the slope `order`.

    errors: one list, or a dict of lists by name; then order may be a dict, too.
    """
    ax = ax or panels(1)
    errors = errors if isinstance(errors, dict) else {"computed": errors}
    orders = order if isinstance(order, dict) else dict.fromkeys(errors, order)
    for (name, error), marker in zip(errors.items(), cycle("osD^"), strict=False):
        (line,) = ax.loglog(dt, error, marker, label=name)
        p = orders[name]
        guide = error[-1] * (np.asarray(dt) / dt[-1]) ** p
        ax.loglog(dt, guide, "--", color=line.get_color(), lw=1.4, label=f"slope {p}")
    ax.set(xlabel=r"$\Delta t$", ylabel=ylabel)
    ax.legend()
    return ax
