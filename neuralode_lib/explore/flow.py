"""The flow of a network: points, their paths, and a circle or a grid that it bends (A8)."""

import numpy as np
from matplotlib.collections import LineCollection

from .. import checks, plotting
from ..datasets import TARGETS, nearest_target
from ..resnet import forward
from .figure import Figure, between, network, one_of, styled

_turn, _s, _apart = np.linspace(0, 2 * np.pi, 2001), np.linspace(-1.2, 1.2, 97), np.linspace(-1.2, 1.2, 13)
_across = np.array(np.meshgrid(_apart, _s, indexing="ij"))
CARRIED = {  # lines in the plane: (2, lines, points)
    "circle": np.array([np.cos(_turn), np.sin(_turn)])[:, None],
    "grid": np.concatenate([_across, _across[::-1]], axis=1),
    "nothing": np.zeros((2, 0, 0)),
}


def carried(problem, weights, name):
    """The lines of that name at all times, (N_T, 2, lines, points)."""
    start = np.zeros((problem.d, CARRIED[name][0].size))
    start[:2] = CARRIED[name].reshape(2, -1)
    x = forward(weights, start, problem.dt, problem.activation)[:, :2]
    return x.reshape(problem.N_T, *CARRIED[name].shape)


def winding(line, points):
    """How often the closed line (2, n) winds round each of the points (2, I), against the clock."""
    seen = np.subtract.outer(line[0] + 1j * line[1], points[0] + 1j * points[1])
    return np.round(np.angle(seen[1:] / seen[:-1]).sum(axis=0) / (2 * np.pi)).astype(int)


@styled
def flow(problem, weights, t=0.0, carry="circle", paths=True):
    """The data moved by the network, at time t, and a "circle", a "grid" or "nothing" that the flow bends (A8).

    Time plays; a point that is dragged takes its path along, before and after. The circle, of radius 1, is a closed
    line: how often it winds round a point is the same at all times, as long as no layer folds the plane. Of more than
    two coordinates the first two are shown. Raises ValueError or TypeError, naming the argument, for a time or a name
    that is not there.
    """
    data = network(problem, weights, 2)
    k = round(between("t", t, 0, problem.T) / problem.dt)
    checks.yes_or_no("paths", paths)
    lines = carried(problem, weights, one_of("carry", carry, CARRIED))[k]
    x, label = problem.states(weights), nearest_target(problem.y_out)
    shown = np.concatenate([*x[:, :2], TARGETS.T], axis=1)
    x1, x2 = np.transpose([shown.min(axis=1) - 0.3, shown.max(axis=1) + 0.3])
    velocity = np.linalg.norm(np.diff(x, axis=0)[:, :2], axis=1) / problem.dt
    alt = f"{problem.I} points of two classes at t = {problem.t[k]:.2f}, moved through the plane by the network"
    alt += f", and a {carry} that moves with them." if carry != "nothing" else "."

    ax = plotting.plane(plotting.panels(1, width=7.6, height=5.6))
    for start, style in [(0, {"alpha": 0.55}), (k, {"alpha": 0.13})] if paths else []:
        part = x[: k + 1] if start == 0 else x[k:]
        colors = [plotting.CLASSES[c][1] for c in label]
        ax.add_collection(LineCollection(part[:, :2].transpose(2, 0, 1), colors=colors, lw=0.9, **style))
    ax.add_collection(LineCollection(lines.transpose(1, 2, 0), colors="0.45", lw=1.5))
    plotting.points(x[k], label, ax).set(xlim=x1, ylim=x2)

    correct = np.sum(nearest_target(x[k]) == label)
    numbers = f"t = {problem.t[k]:.2f}: {correct} of {problem.I} points are nearest to their own target"
    if carry == "circle":
        once = winding(lines[:, 0], x[k, :2]) == 1
        blue, red = np.sum(once & (label == 0)), np.sum(once & (label == 1))
        numbers += f"; the circle is round {blue} blue and {red} red ones"
    data |= {"label": label, "targets": TARGETS.tolist(), "t": problem.t[k], "carry": carry, "paths": paths}
    data |= {"x1": x1, "x2": x2, "fastest": velocity.max(), "alt": alt}
    return Figure("flow", data, ax, alt, numbers)
