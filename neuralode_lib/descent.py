"""Gradient descent, with all samples or with some, as an iterator."""

from functools import partial
from itertools import repeat
from typing import NamedTuple

import numpy as np

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
    """J or its gradient is no longer finite."""


def gradient_descent(problem, weights, step):
    """Iterate over gradient descent (C6): the start first, then one Iterate after each step.

    step is a rule: constant(gamma), backtracking(), armijo(), decaying(...), momentum(...) or adam(...), or a function
    of your own (problem, weights, J, gradient, last gamma) -> (new weights, gamma, evaluations of J it took), or None
    where it finds no step. Ends where the gradient is zero or the rule returns None; raises Diverged where J or the
    gradient is not finite, after the last finite Iterate has been given. Raises TypeError or ValueError at once for
    arguments that make no run, and, at its step, for a rule that returns something else.
    """
    _check(problem)
    return _descent(problem, weights, step, repeat(problem.cost_and_gradient), ends_at_zero=True)


def stochastic_gradient_descent(problem, weights, step, batch_size, rng):
    """Iterate like `gradient_descent`, each step along an estimate from `batch_size` samples (D1).

    J and gradient_norm of an Iterate are estimates from its batch, too. Every epoch parts the samples at random, drawn
    from the Generator `rng`; a rest smaller than a batch is left out of it. step is a rule that looks at the
    gradient alone: constant, decaying, momentum or adam, or one of your own.
    """
    _check(problem)
    batch_size = checks.integer("batch_size", batch_size, 1)
    if batch_size > problem.I:
        raise ValueError(f"batch_size is {batch_size!s:.80}, expected at most the number of samples, {problem.I}")
    checks.instance("rng", rng, np.random.Generator, "a Generator: np.random.default_rng(seed)")
    if hasattr(step, "line_search"):
        expected = "a rule that looks at the gradient alone: constant, decaying, momentum or adam"
        raise ValueError(f"step is {step.line_search}(...), which compares J of all samples, expected {expected}")
    return _descent(problem, weights, step, _estimates(problem, batch_size, rng), ends_at_zero=False)


def _check(problem):
    checks.instance("problem", problem, TrainingProblem, "a TrainingProblem(x_in, y_out, ...)")


def _estimates(problem, batch_size, rng):
    """For each batch a function of the weights that estimates J and its gradient."""
    while True:
        order = rng.permutation(problem.I)
        for start in range(0, problem.I - batch_size + 1, batch_size):
            yield partial(problem.cost_and_gradient, samples=order[start : start + batch_size])


def _descent(problem, weights, step, evaluations_to_come, ends_at_zero):
    problem.fitting(weights, real=True)
    rule = "a step rule such as constant(0.1), with brackets: a function of (problem, weights, J, gradient, last gamma)"
    checks.function("step", step, 5, rule)
    if hasattr(step, "anew"):
        step = step.anew()
    return _iterates(problem, weights, step, evaluations_to_come, ends_at_zero)


def _iterates(problem, weights, step, evaluations_to_come, ends_at_zero):
    gamma, evaluations = None, 0
    for iteration, cost_and_gradient in enumerate(evaluations_to_come):
        J, gradient = cost_and_gradient(weights)
        evaluations += 1
        with np.errstate(over="ignore", invalid="ignore"):
            norm = gradient.norm()
        if not (np.isfinite(J) and np.isfinite(norm)):
            cause = "at the start" if gamma is None else f"after a step with gamma = {gamma:g}"
            raise Diverged(f"J = {J:.3g}, |gradient| = {norm:.3g} at iteration {iteration}, {cause}")
        yield Iterate(iteration, J, weights, gamma, norm, evaluations)
        if ends_at_zero and norm == 0:
            return
        taken = step(problem, weights, J, gradient, gamma)
        if taken is None:
            return
        weights, gamma, extra = _looked_at(problem, taken)
        evaluations += extra


def _looked_at(problem, taken):
    if not isinstance(taken, tuple | list) or len(taken) != 3:
        expected = "(new weights, gamma, evaluations of J it took), or None"
        raise TypeError(f"step returned {checks.shown(taken)}, expected {expected}")
    weights, gamma, evaluations = taken
    weights = problem.fitting(weights, "the weights that step returned", real=True)
    gamma = checks.number("the gamma that step returned", gamma)
    evaluations = checks.number("the number of evaluations that step returned", evaluations, 0)
    if evaluations % 1 > 0:
        raise ValueError(f"the number of evaluations that step returned is {evaluations}, expected a whole one")
    return weights, gamma, int(evaluations)
