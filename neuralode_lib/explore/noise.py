"""Descent with mini-batches near a minimum (D1, D3)."""

from functools import lru_cache
from itertools import islice

import ipywidgets as widgets
import numpy as np

from .. import activations
from ..datasets import disk_in_ring
from ..descent import stochastic_gradient_descent
from ..plotting import BLUE, ORANGE, RED
from ..problem import TrainingProblem
from ..resnet import Weights
from ..rules import constant, decaying
from ..training import minimize
from .explorer import Explorer, _choice, _line, styled

HALVED_AFTER = 300
NOISE_RULES = {"constant": constant, "decaying": lambda gamma: decaying(gamma, HALVED_AFTER)}
BATCHES = ("drawn anew", "shuffled epochs")
STEPS = np.concatenate([np.arange(1, 10), np.arange(10, 2001, 10)])  # after which J of all samples is evaluated


class _Noise:
    """The lecture's data on five layers with w2 = 1: descent with mini-batches near the minimum of J."""

    def __init__(self):
        data = disk_in_ring()
        self.problem = TrainingProblem(data.x_in, data.y_out, N_T=6, w2=1.0, activation=activations.tanh)
        found = minimize(self.problem, iterations=1000, progress=False, maxcor=20, ftol=1e-16, gtol=1e-8)
        self.minimum, self.J_min = found.weights, found.J[-1]
        of_one = [self.gradient(self.minimum, [i]).theta for i in range(self.problem.I)]
        self.spread = np.mean(np.sum((of_one - np.mean(of_one, axis=0)) ** 2, axis=(1, 2, 3)))
        aside = Weights.random(self.problem.N_T, self.problem.d, 0.1, np.random.default_rng(1))
        uphill = self.gradient(self.minimum + aside)
        self.start = self.minimum + 0.3 / uphill.norm() * uphill
        self.run = lru_cache(maxsize=None)(self.run)

    def gradient(self, weights, samples=None):
        return self.problem.cost_and_gradient(weights, samples)[1]

    def variance(self, n):
        """E|g_B - g|^2 at the minimum, for batches of n (D2)."""
        I = self.problem.I
        return self.spread / n * (I - n) / (I - 1)

    def run(self, n, gamma, rule, batches):
        """J - J_min after the steps in STEPS."""
        step, rng = NOISE_RULES[rule](gamma), np.random.default_rng(0)
        if batches == "shuffled epochs":
            descent = stochastic_gradient_descent(self.problem, self.start, step, n, rng)
            path = (now.weights for now in descent)
        else:
            path = self.drawn_anew(step, n, rng)
        wanted = set(STEPS.tolist())
        J = [self.problem.cost(w) for k, w in enumerate(islice(path, STEPS[-1] + 1)) if k in wanted]
        return np.array(J) - self.J_min

    def drawn_anew(self, step, n, rng):
        weights, gamma = self.start, None
        while True:
            yield weights
            samples = rng.choice(self.problem.I, n, replace=False)
            J, gradient = self.problem.cost_and_gradient(weights, samples)
            weights, gamma, _ = step(self.problem, weights, J, gradient, gamma)


_near_the_minimum = lru_cache(_Noise)


@styled
def noise(batch_size=4, gamma=0.002, rule="constant", batches="drawn anew"):
    """Descent with mini-batches near a minimum (D1): J falls to a noise floor, beside gamma/4 * variance (D3).

    Right: the mean of the last half of the steps, for this setting and all that have been tried at constant gamma.
    """
    of = _near_the_minimum()
    sizes, gammas = (1, 2, 4, 8, 16, 32), (0.001, 0.002, 0.004, 0.008)
    explorer = Explorer("noise", {
        "batch_size": widgets.SelectionSlider(options=sizes, value=batch_size, description="batch size n"),
        "gamma": widgets.SelectionSlider(options=gammas, value=gamma, description="γ"),
        "rule": _choice(NOISE_RULES, rule, "γ is"),
        "batches": _choice(BATCHES, batches, "batches"),
    })  # fmt: skip
    left, right = explorer.axes
    curve = _line(left, color=BLUE, lw=1.2, label=r"$J - J_{\min}$")
    floor = _line(left, "--", ORANGE, lw=3, label=r"$\gamma/4\,\cdot$ variance")
    left.set(xscale="log", yscale="log", xlim=(0.01, 1100), ylim=(1e-6, 20), xlabel="epochs: samples seen / I")
    left.legend(loc="lower left")
    right.set(xscale="log", yscale="log", xlim=(1e-3, 3), ylim=(1e-6, 5))
    right.set(xlabel=r"$\gamma/4\,\cdot$ variance", ylabel=r"mean of $J - J_{\min}$")
    right.plot([1e-3, 3], [1e-3, 3], "--", color=ORANGE, label="equal")
    looks = zip(BATCHES, "os", (BLUE, RED), strict=True)
    seen = {name: _line(right, marker, color, mfc="white", ls="none", label=name) for name, marker, color in looks}
    now = _line(right, "D", ms=12, mfc="none", mew=2, label="this run")
    right.legend(loc="lower right")
    tried, last_half = {name: {} for name in BATCHES}, STEPS[-1] // 2 <= STEPS

    def update(batch_size, gamma, rule, batches):
        J = of.run(batch_size, gamma, rule, batches)
        decay = 1 + STEPS / HALVED_AFTER if rule == "decaying" else np.ones(len(STEPS))
        expected = gamma / decay / 4 * of.variance(batch_size)
        epochs = STEPS * batch_size / of.problem.I
        curve.set_data(epochs, J)
        floor.set_data(epochs, expected)
        point = expected[last_half].mean(), J[last_half].mean()
        if rule == "constant":
            tried[batches][batch_size, gamma] = point
        for name, points in seen.items():
            points.set_data(*np.reshape(list(tried[name].values()), (-1, 2)).T)
        now.set_data(point[:1], point[1:])
        means = f"J - J_min is {point[1]:.2g} on average, γ/4 · variance {point[0]:.2g}"
        return f"{STEPS[-1]} steps; in their last half {means}"

    return explorer.watch(update, [curve, floor, *seen.values(), now])
