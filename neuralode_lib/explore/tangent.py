"""A kick to b: its difference quotient and its tangent (B1)."""

from functools import lru_cache

import ipywidgets as widgets
import numpy as np

from .. import activations, resnet
from ..plotting import BLUE, RED
from ..problem import TrainingProblem
from ..resnet import Weights
from ..verify import difference_quotient
from .euler import sampled
from .explorer import Explorer, _errors, _line, _slider, styled


@styled
def tangent(time=0.3, angle=45, log10_h=-1.0):
    """A kick to b at one time: its difference quotient, its tangent (B1), and how far they are apart, over h."""
    problem = TrainingProblem([[0.5], [-0.3]], [[2.0], [1.0]], N_T=41, activation=activations.tanh)
    weights = sampled("as in 12.A", problem.N_T - 1)
    x, steps = problem.states(weights), 10.0 ** np.arange(-15, 0.6, 0.5)
    explorer = Explorer("tangent", {
        "time": _slider(widgets.FloatSlider, time, 0, 1 - problem.dt, problem.dt, "time of the kick"),
        "angle": _slider(widgets.IntSlider, angle, -180, 180, 5, "its direction in degrees"),
        "log10_h": widgets.FloatSlider(log10_h, min=-15, max=0.5, step=0.5, description="log₁₀ h"),
    })  # fmt: skip
    left, right = explorer.axes
    tangents = [_line(left, color=color, label=f"tangent, $x_{n}$") for n, color in [(1, BLUE), (2, RED)]]
    quotients = [_line(left, style, color, mfc="white", label="quotient") for style, color in [("o", BLUE), ("s", RED)]]
    left.set(xlabel="$t$", xlim=(0, 1.02), ylim=(-2.2, 2.2), title="response to the kick")
    left.legend(ncols=2, loc="upper left", fontsize=12)
    others, now = _errors(right, "this $h$", "other $h$", xlim=(3e-16, 10), ylim=(1e-10, 100))
    right.set(xlabel="$h$", title="|quotient - tangent|", xticks=10.0 ** np.arange(-15, 1, 3))
    right.legend(loc="upper center", fontsize=12)

    @lru_cache
    def responses(k, angle):
        kick = Weights.zeros(problem.N_T, 2)
        kick.b[k] = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) / problem.dt
        quotient = [difference_quotient(problem.states, weights, kick, h)[:, :, 0] for h in steps]
        x_tilde = resnet.tangent(weights, x, problem.dt, problem.activation, kick)[:, :, 0]
        return x_tilde, quotient, [np.linalg.norm(q - x_tilde, axis=1).max() for q in quotient]

    def update(time, angle, log10_h):
        x_tilde, quotient, apart = responses(round(time / problem.dt), angle)
        n = round(2 * (log10_h + 15))
        for m in range(2):
            tangents[m].set_data(problem.t, x_tilde[:, m])
            quotients[m].set_data(problem.t, quotient[n][:, m])
        others.set_data(steps, apart)
        now.set_data([steps[n]], [apart[n]])
        at_T = "quotient ({:.4f}, {:.4f}), tangent ({:.4f}, {:.4f})".format(*quotient[n][-1], *x_tilde[-1])
        return f"h = {steps[n]:.1e}; at T: {at_T}; largest difference {apart[n]:.1e}"

    return explorer.watch(update, [others, now, *tangents, *quotients])
