"""Descent with mini-batches near a minimum (D1, D3)."""

from functools import lru_cache
from itertools import accumulate, count

import numpy as np

from .. import activations, checks, plotting
from ..datasets import disk_in_ring
from ..problem import TrainingProblem
from ..resnet import Weights
from ..training import minimize
from .figure import Figure, one_of, styled

SIZES, GAMMAS = (1, 2, 4, 8, 16, 32), (0.001, 0.002, 0.004, 0.008)
RULES, BATCHES = ("constant", "decaying"), ("drawn anew", "shuffled epochs")
HALVED_AFTER = 300
STEPS = np.concatenate([np.arange(1, 10), np.arange(10, 2001, 10)])  # after which J of all samples is evaluated


class NearTheMinimum:
    """The lecture's data on five layers with w2 = 1, the minimum of J, and a start where J is a little larger."""

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

    def gradient(self, weights, samples=None):
        return self.problem.cost_and_gradient(weights, samples)[1]

    def variance(self, n):
        """E|g_B - g|^2 at the minimum, for batches of n (D2)."""
        I = self.problem.I
        return self.spread / n * (I - n) / (I - 1)

    def run(self, n, gamma, rule, batches, seed=1):
        """J - J_min after the STEPS. Batches are those of noise.js."""
        weights, J = self.start, []
        wanted, chance = set(STEPS.tolist()), random_numbers(seed)
        for j, samples in zip(range(1, STEPS[-1] + 1), drawn(self.problem.I, n, batches, chance), strict=False):
            decay = 1 + (j - 1) / HALVED_AFTER if rule == "decaying" else 1
            weights = weights - gamma / decay * self.gradient(weights, samples)
            if j in wanted:
                J.append(self.problem.cost(weights) - self.J_min)
        return np.array(J)


near_the_minimum = lru_cache(NearTheMinimum)


def random_numbers(seed):
    """Numbers from 0 to 1 that Python and JavaScript draw alike (splitmix32)."""
    for state in accumulate(count(), lambda state, _: (state + 0x9E3779B9) % 2**32, initial=seed):
        z = (state ^ state >> 16) * 0x85EBCA6B % 2**32
        z = (z ^ z >> 13) * 0xC2B2AE35 % 2**32
        yield (z ^ z >> 16) / 2**32


def drawn(I, n, batches, chance):
    """One batch after the other: the first n of a shuffled row of all I, or that row n by n."""
    while True:
        order = list(range(I))
        for i in range(n if batches == "drawn anew" else I - 1):
            j = i + int(next(chance) * (I - i))
            order[i], order[j] = order[j], order[i]
        for first in range(0, n if batches == "drawn anew" else I - n + 1, n):
            yield order[first : first + n]


@styled
def noise(batch_size=4, gamma=0.002, rule="constant", batches="drawn anew"):
    """Descent with mini-batches near a minimum (D1): J falls to a noise floor, beside gamma/4 * variance (D3).

    Right: the mean of the last half of 2000 steps, for this setting and all that have been tried at constant gamma.
    batch_size: 1, 2, 4, ..., 32. gamma: 0.001, 0.002, 0.004 or 0.008. rule: "constant" or "decaying". batches: "drawn
    anew" or "shuffled epochs". Raises ValueError or TypeError, naming the argument, for what is none of it.
    """
    n = one_of("batch_size", checks.integer("batch_size", batch_size, 1), SIZES)
    one_of("gamma", checks.number("gamma", gamma), GAMMAS)
    one_of("rule", rule, RULES)
    one_of("batches", batches, BATCHES)
    of = near_the_minimum()
    J = of.run(n, gamma, rule, batches)
    decay = 1 + STEPS / HALVED_AFTER if rule == "decaying" else np.ones(len(STEPS))
    floor = gamma / decay / 4 * of.variance(n)
    last_half = STEPS[-1] // 2 <= STEPS
    mean, expected = J[last_half].mean(), floor[last_half].mean()
    numbers = f"{STEPS[-1]} steps; in their last half J - J_min is {mean:.2g} on average, γ/4 · variance {expected:.2g}"
    alt = (
        f"Left: J minus its minimum over the epochs, for batches of {n} and γ = {gamma:g}, {rule}; it falls, then goes "
        "up and down about a dashed line, γ/4 times the variance. Right: the mean of its last half over that number."
    )

    left, right = axes = plotting.panels(2, width=10.4)
    left.loglog(STEPS * n / of.problem.I, J, color=plotting.BLUE, lw=1.2, label=r"$J - J_{\min}$")
    left.loglog(STEPS * n / of.problem.I, floor, "--", color=plotting.ORANGE, label=r"$\gamma/4\,\cdot$ variance")
    left.set(xlabel="epochs: samples seen / I", xlim=(0.01, 1100), ylim=(1e-6, 20))
    right.loglog([1e-3, 3], [1e-3, 3], "--", color=plotting.ORANGE, label="equal")
    right.loglog([expected], [mean], "D", ms=12, mfc="none", mew=2, color=plotting.BLACK, label="this run")
    right.set(xlabel=r"$\gamma/4\,\cdot$ variance", ylabel=r"mean of $J - J_{\min}$", xlim=(1e-3, 3), ylim=(1e-3, 5))
    for ax in axes:
        ax.legend(fontsize=12)
    p = of.problem
    data = {"x_in": p.x_in, "y_out": p.y_out, "N": p.N_T - 1, "T": p.T, "w1": p.w1, "w2": p.w2, "steps": STEPS}
    data |= {"start": of.start.theta, "J_min": of.J_min, "spread": of.spread, "halved_after": HALVED_AFTER}
    data |= {"sizes": SIZES, "gammas": GAMMAS, "batch_size": n, "gamma": gamma, "rule": rule, "batches": batches}
    return Figure("noise", data | {"alt": alt}, axes, alt, numbers)
