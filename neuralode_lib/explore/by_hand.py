"""Training by hand: three layers whose V and b are arrows to be dragged (C6)."""

import numpy as np
from matplotlib.collections import LineCollection

from .. import activations, checks, plotting
from ..datasets import TARGETS, blobs, disk_in_ring, moons, nearest_target
from ..problem import TrainingProblem
from ..resnet import Weights
from .figure import Figure, one_of, styled

DATA = {"blobs": blobs, "moons": moons, "disk in ring": disk_in_ring}
START = Weights(3 * [[[0.5, -2.0], [2.0, 0.5]]], 3 * [[2.0, 0.5]])
WINDOW = {"x1": [-2.0, 3.5], "x2": [-1.6, 3.0]}


@styled
def by_hand(data="disk in ring", activation="tanh", w1=0.01, w2=0.01):
    """Three layers of time on [0, 1]: bring 16 points to their crosses by V and b, see J, then let descent go on.

    In a picture for each layer b and the columns of V are arrows; their tips are dragged, or moved by the arrow keys.
    data: "blobs", "moons" or "disk in ring". Raises ValueError or TypeError, naming the argument, for anything else.
    """
    sets = {name: make(16) for name, make in DATA.items()}
    points = sets[one_of("data", data, DATA)]
    one_of("activation", activation, ["relu", "tanh"])
    costs = {"w1": checks.number("w1", w1, 0), "w2": checks.number("w2", w2, 0)}
    problem = TrainingProblem(
        points.x_in, points.y_out, N_T=START.N_T, activation=getattr(activations, activation), **costs
    )
    x, terms = problem.states(START), problem.cost_terms(START)
    correct = np.sum(nearest_target(x[-1]) == points.label)
    numbers = (
        f"J = {sum(terms):.4g} = {terms.terminal:.4g} terminal + {terms.running:.4g} running + {terms.weights:.4g} "
        f"weights; {correct} of {problem.I} points correct; best by hand: {sum(terms):.4g}"
    )
    alt = (
        f"{problem.I} points of two classes, their ways through three layers, and crosses where they are to go. "
        "Beside it, for each layer, arrows: b and the two columns of V."
    )
    given = {
        "sets": {name: {"x_in": a.x_in, "y_out": a.y_out, "label": a.label} for name, a in sets.items()},
        "data": data, "activation": activation, **costs, "theta": START.theta, "targets": TARGETS.tolist(),
        **WINDOW, "alt": alt,
    }  # fmt: skip
    return Figure("by_hand", given, _picture(x, points.label), alt, numbers, ["rules"])


def _picture(x, label):
    axes = plotting.panels(4, width=13, height=4.2, width_ratios=[2.2, 1, 1, 1], layout="constrained")
    plotting.trajectories(x, label, axes[0]).set(xlim=WINDOW["x1"], ylim=WINDOW["x2"])
    ends = np.stack([x[-1].T, TARGETS[label]], axis=1)
    axes[0].add_collection(LineCollection(ends, colors="0.5", lw=1, linestyles=":"))
    for k, ax in enumerate(axes[1:]):
        arrows = [(START.b[k], plotting.GREEN, "$b$"), *_columns(START.V[k])]
        for tip, color, name in arrows:
            ax.annotate("", tip, (0, 0), arrowprops={"color": color, "arrowstyle": "->", "lw": 2.5})
            ax.text(*(1.25 * np.array(tip)), name, color=color, ha="center", va="center")
        ax.set(xlim=(-4, 4), ylim=(-4, 4), aspect="equal", title=f"layer {k + 1}")
    return axes


def _columns(V):
    return [(V[:, 0], plotting.ORANGE, "$Ve_1$"), (V[:, 1], plotting.BLACK, "$Ve_2$")]
