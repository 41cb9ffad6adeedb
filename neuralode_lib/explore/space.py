"""The flow in space: points of the plane with one more coordinate (12.C, one more dimension)."""

import numpy as np
from matplotlib.collections import LineCollection

from .. import plotting
from ..datasets import TARGETS, nearest_target
from ..resnet import forward
from .figure import Figure, between, network, styled


def seen(x, turn, tilt):
    """Where (3, ...) is seen, (2, ...), from the front after `turn` degrees about the third axis, then `tilt` down."""
    (c, s), (up, down) = ((np.cos(np.radians(angle)), np.sin(np.radians(angle))) for angle in (turn, tilt))
    return np.stack([c * x[0] - s * x[1], up * x[2] + down * (s * x[0] + c * x[1])])


@styled
def space(problem, weights, t=None, turn=30.0, tilt=20.0):
    """The data moved through space by a network with d = 3, at time t (the end if None), and a circle of the plane.

    What is seen turns when it is dragged. turn, tilt: degrees about the third axis, and down. The wall stands where
    points change from the nearest blue to the nearest red target: x1 = 1. Raises ValueError or TypeError, naming the
    argument, where the problem is not in space or the view is not there.
    """
    data = network(problem, weights)
    if problem.d != 3:
        raise ValueError(f"problem has d = {problem.d}, expected 3: the plane with one more coordinate")
    k = round(between("t", problem.T if t is None else t, 0, problem.T) / problem.dt)
    turn, tilt = between("turn", turn, -180, 180), between("tilt", tilt, -90, 90)
    x, label = problem.states(weights), nearest_target(problem.y_out)
    angle = np.linspace(0, 2 * np.pi, 401)
    circle = forward(weights, [np.cos(angle), np.sin(angle), 0 * angle], problem.dt, problem.activation)
    targets = np.column_stack([TARGETS, [0, 0]]).T
    low, high = (f(np.concatenate([*x, *circle, targets], axis=1), axis=1) for f in (np.min, np.max))
    middle, radius = (low + high) / 2, 0.4 * np.linalg.norm(high - low)
    correct = np.sum(nearest_target(x[k]) == label)
    numbers = f"t = {problem.t[k]:.2f}: {correct} of {problem.I} points are nearest to their own target; "
    numbers += f"x₃ goes from {x[k, 2].min():.2f} to {x[k, 2].max():.2f}"
    alt = f"{problem.I} points of two classes in space at t = {problem.t[k]:.2f}, and a circle that moves with them."

    ax = plotting.panels(1, width=6.4, height=5.2)
    for c, (_, color, marker) in enumerate(plotting.CLASSES):
        mine, target = label == c, seen(targets[:, c] - middle, turn, tilt)
        paths = seen((x[: k + 1, :, mine] - middle[:, None]).transpose(1, 2, 0), turn, tilt)
        ax.add_collection(LineCollection(paths.transpose(1, 2, 0), colors=color, lw=0.9, alpha=0.5))
        ax.scatter(*seen(x[k][:, mine] - middle[:, None], turn, tilt), color=color, marker=marker, s=30)
        ax.plot(*target, "x", color=color, ms=14, mew=2.5)
    ax.plot(*seen(circle[k] - middle[:, None], turn, tilt), color="0.45", lw=1.5)
    ax.set(xlim=(-radius, radius), ylim=(-radius, radius), aspect="equal", xticks=[], yticks=[])
    data |= {"label": label, "targets": targets.T.tolist(), "t": problem.t[k], "turn": turn, "tilt": tilt}
    return Figure("space", data | {"low": low, "high": high, "alt": alt}, ax, alt, numbers)
