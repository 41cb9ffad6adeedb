"""Gradient descent as an iterator, step rules, and a loop around them."""

from dataclasses import dataclass
from itertools import count, islice
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from . import checks
from .problem import TrainingProblem
from .resnet import Weights


class Iterate(NamedTuple):
    """Where gradient descent stands: after `iteration` steps the weights give J and a gradient of that norm.

    gamma is the step that led here (None at the start), evaluations how often J has been evaluated so far.
    """

    iteration: int
    J: float
    weights: Weights
    gamma: float | None
    gradient_norm: float
    evaluations: int


class Diverged(ArithmeticError):
    """J is no longer finite."""


def gradient_descent(problem, weights, step):
    """Iterate over gradient descent (C6): the start first, then one Iterate after each step.

    step is a rule: constant(gamma), backtracking() or armijo(), or a function of your own
    (problem, weights, J, gradient, last gamma) -> (new weights, gamma, evaluations of J it took), or None where
    it finds no step. Ends where the gradient is zero or the rule returns None; raises Diverged where J is not
    finite, after the last finite Iterate has been given.
    """
    gamma, evaluations = None, 0
    for iteration in count():
        J, gradient = problem.cost_and_gradient(weights)
        evaluations += 1
        if not np.isfinite(J):
            cause = "the weights to start from" if gamma is None else f"a step with gamma = {gamma:g}"
            raise Diverged(f"J = {J} at iteration {iteration}, after {cause}")
        norm = gradient.norm()
        yield Iterate(iteration, J, weights, gamma, norm, evaluations)
        if norm == 0:
            return
        taken = step(problem, weights, J, gradient, gamma)
        if taken is None:
            return
        weights, gamma, extra = taken
        evaluations += extra


def constant(gamma):
    """The same learning rate in every iteration: weights - gamma * gradient (C6)."""
    gamma = checks.number("gamma", gamma, above=0)

    def step(problem, weights, J, gradient, _):
        return weights - gamma * gradient, gamma, 0

    return step


def backtracking(gamma=0.001, growth=4.0):
    """The rule of the lecture's exercise: make gamma `growth` times larger, halve it until J is not larger.

    The gradients in V and in b are each scaled to largest entry 1, so the step is not along -gradient, and gamma
    is the largest change of an entry. gamma is halved after every try, also after the one that is taken.
    """
    first = checks.number("gamma", gamma, above=0)
    growth = checks.number("growth", growth, above=1)

    def step(problem, weights, J, gradient, gamma):
        direction = Weights(_largest_one(gradient.V), _largest_one(gradient.b))
        start = growth * (first if gamma is None else gamma / 2)
        return _first_accepted(problem, weights, direction, start, lambda gamma: J)

    return step


def armijo(gamma=1.0, growth=2.0, c=1e-4):
    """Backtracking along -gradient until J falls by at least c * gamma * |gradient|^2 (Armijo 1966)."""
    first = checks.number("gamma", gamma, above=0)
    growth = checks.number("growth", growth, 1)
    c = checks.number("c", c, above=0)

    def step(problem, weights, J, gradient, gamma):
        slope = gradient.dot(gradient)
        start = first if gamma is None else growth * gamma
        return _first_accepted(problem, weights, gradient, start, lambda gamma: J - c * gamma * slope)

    return step


def _first_accepted(problem, weights, direction, gamma, bound):
    """Halve gamma until J(weights - gamma * direction) <= bound(gamma); None where 100 halvings do not do it."""
    for tries in range(1, 101):
        new = weights - gamma * direction
        if problem.cost(new) <= bound(gamma):
            return new, gamma, tries
        gamma /= 2
    return None


def _largest_one(a):
    return a / (np.abs(a).max() or 1.0)


@dataclass(frozen=True, repr=False)
class History:
    """What training leaves: the last weights, and one entry per iteration (the start included) of each array."""

    weights: Weights
    J: np.ndarray
    gamma: np.ndarray
    gradient_norm: np.ndarray
    evaluations: np.ndarray
    stopped: str

    def __repr__(self):
        return f"J {self.J[0]:.4g} -> {self.J[-1]:.4g} in {len(self.J) - 1} iterations; {self.stopped}"


def train(problem, weights=None, iterations=10_000, step=None, progress=True):
    """Gradient descent for a number of iterations; returns a History, whatever happens.

    weights: where to start, zeros if None. step: a step rule, constant(1.0) if None. progress: show a bar.
    Where training diverges or is interrupted (the stop button, Ctrl-C), the History ends with the last finite
    state and `stopped` says what happened and what to try. Raises Diverged only if J is not finite at the start.
    """
    checks.instance("problem", problem, TrainingProblem, "a TrainingProblem(x_in, y_out, ...)")
    iterations = checks.integer("iterations", iterations, 0)
    weights = Weights.zeros(problem.N_T, problem.d) if weights is None else weights
    run = gradient_descent(problem, weights, step or constant(1.0))
    last = next(run)
    record = [_numbers(last)]
    bar = tqdm(
        total=iterations,
        disable=not progress,
        desc=f"training, {iterations} iterations",
        bar_format="{desc} {bar}{postfix}",
    )
    with bar:
        try:
            for last in islice(run, iterations):
                record.append(_numbers(last))
                bar.set_postfix_str(f"{last.iteration} done, J = {last.J:.4g}", refresh=False)
                bar.update()
            stopped = f"all {iterations} iterations done"
            if last.iteration < iterations:
                reason = "the gradient is zero" if last.gradient_norm == 0 else "no step lowers J any more"
                stopped = f"ended at iteration {last.iteration}: {reason}"
        except Diverged as error:
            stopped = f"diverged: {error}. Try a smaller gamma, or backtracking() or armijo() as the step rule"
        except KeyboardInterrupt:
            stopped = f"interrupted after iteration {last.iteration}. Go on with weights=result.weights"
    J, gamma, gradient_norm, evaluations = np.array(record[: last.iteration + 1]).T
    return History(last.weights, J, gamma, gradient_norm, evaluations.astype(int), stopped)


def _numbers(iterate):
    gamma = np.nan if iterate.gamma is None else iterate.gamma
    return iterate.J, gamma, iterate.gradient_norm, iterate.evaluations
