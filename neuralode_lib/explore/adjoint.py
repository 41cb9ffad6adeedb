"""The adjoint of one sample, and its part of the gradient (B5, B8, B9)."""

from functools import lru_cache

import ipywidgets as widgets
import numpy as np

from .. import activations, plotting, resnet
from ..datasets import disk_in_ring, nearest_target
from ..plotting import BLUE, GREEN, ORANGE, RED
from ..problem import TrainingProblem
from ..resnet import Weights
from ..rules import constant
from ..training import train
from .explorer import Explorer, _choice, _line, _paths, _slider, styled


class _FlowPicture:
    """The moving data on an Axes: points, their paths so far, and a circle or a grid that the flow bends."""

    def __init__(self, problem, weights, ax):
        self.x, self.t, self.label = problem.states(weights), problem.t, nearest_target(problem.y_out)
        self.carried = {}
        seen = np.concatenate([*self.x[:, :2], problem.y_out[:2]], axis=1)
        (left, low), (right, high) = seen.min(axis=1) - 0.3, seen.max(axis=1) + 0.3
        plotting.plane(ax).set(xlim=(left, right), ylim=(low, high))
        self.paths = _paths(ax, np.array([BLUE, RED])[self.label], lw=0.9, alpha=0.55)
        self.lines = _paths(ax, "0.45", lw=1.5)
        self.classes = plotting.points(self.x[0], self.label, ax).collections[-2:]
        self.title = ax.set_title("$t = 0$")
        self.artists = [self.paths, self.lines, *self.classes, self.title]

    def move(self, k, carry="circle", paths=False):
        self.lines.set_segments(self.carried[carry][k] if carry in self.carried else [])
        self.paths.set_segments(self.x[: k + 1, :2].transpose(2, 0, 1) if paths else [])
        for c, points in enumerate(self.classes):
            points.set_offsets(self.x[k, :2, self.label == c])
        self.title.set_text(f"$t = {self.t[k]:.2f}$")


@styled
def adjoint(problem=None, weights=None, sample=0, w1=0.5):
    """One sample: its path, its adjoint phi over time (B5), and its part of the gradient (B8, B9).

    The part is <g_i, g> / <g, g>, where g is the sum of the samples' g_i: the parts add up to 1.
    """
    if problem is None:
        data = disk_in_ring(16, seed=1)
        problem = TrainingProblem(data.x_in, data.y_out, N_T=51, activation=activations.tanh)
    if weights is None:
        weights = train(problem, iterations=60, step=constant(0.3), progress=False).weights
    choices = {"trained a little": weights, "V = 0, b = 0": Weights.zeros(problem.N_T, problem.d)}
    explorer = Explorer("adjoint", {
        "sample": _slider(widgets.IntSlider, sample, 0, problem.I - 1, 1, "sample"),
        "w1": _slider(widgets.FloatSlider, w1, 0, 1, 0.1, "w₁"),
        "weights": _choice(choices, "trained a little", "weights"),
    }, columns=3, width=11)  # fmt: skip

    @lru_cache
    def solved(w1, name):
        x = problem.states(choices[name])
        phi = resnet.adjoint(choices[name], x, problem.y_out, problem.dt, w1, problem.activation)
        s = np.concatenate([problem.activation.sigma(x[:-1]), np.ones((problem.N_T - 1, 1, problem.I))], axis=1)
        g = phi @ s.transpose(0, 2, 1)
        return x, phi, np.einsum("kmi,kmn,kni->i", phi, g, s) / np.vdot(g, g)

    plane, middle, right = explorer.axes
    picture = _FlowPicture(problem, weights, plane)
    path, miss = _line(plane, lw=3), _line(plane, ":", ORANGE, lw=3)
    chosen, bar = (_line(ax, "o", mfc="none", ms=15, mew=2) for ax in (plane, right))
    phi_1, phi_2 = _line(middle, label="φ₁"), _line(middle, "--", GREEN, label="φ₂")
    at_T = _line(middle, "D", ORANGE, label="x(T) - y")
    every_phi = [solved(explorer.controls["w1"].max, name)[1][:, :2] for name in choices]
    middle.set(xlabel="$t$", title="its adjoint", xlim=(0, 1.04 * problem.T))
    middle.set_ylim(1.3 * np.min(every_phi), 1.1 * np.max(every_phi))
    middle.legend(loc="lower right")
    bars = _paths(right, np.array([BLUE, RED])[picture.label], lw=5)
    right.set(xlabel="sample", title="part of the gradient", xlim=(-1, problem.I), ylim=(-0.1, 0.35))

    def update(sample, w1, weights):
        picture.x, phi, part = solved(w1, weights)
        picture.move(problem.N_T - 1, "nothing", paths=True)
        end, y = picture.x[-1, :2, sample], problem.y_out[:2, sample]
        path.set_data(*picture.x[:, :2, sample].T)
        miss.set_data(*np.transpose([end, y]))
        chosen.set_data(end[:1], end[1:])
        phi_1.set_data(problem.t[1:], phi[:, 0, sample])
        phi_2.set_data(problem.t[1:], phi[:, 1, sample])
        at_T.set_data([problem.T, problem.T], end - y)
        bars.set_segments([[(i, 0), (i, p)] for i, p in enumerate(part)])
        bar.set_data([sample], [part[sample]])
        numbers = "φ(T) = ({:.3f}, {:.3f}), φ of the first layer = ({:.3f}, {:.3f})"
        numbers = numbers.format(*phi[-1, :2, sample], *phi[0, :2, sample])
        return f"sample {sample}: {numbers}, part of the gradient {100 * part[sample]:.1f} %"

    moving = [*picture.artists, path, miss, chosen, phi_1, phi_2, at_T, bars, bar]
    return explorer.watch(update, moving)
