"""Gradient descent, with all samples or with some, as an iterator; step rules; and a loop around them."""

from dataclasses import dataclass
from functools import partial
from itertools import count, islice, repeat
from time import perf_counter
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits
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
    """J or its gradient is no longer finite."""


def gradient_descent(problem, weights, step):
    """Iterate over gradient descent (C6): the start first, then one Iterate after each step.

    step is a rule: constant(gamma), backtracking(), armijo(), decaying(...), momentum(...) or adam(...), or a function
    of your own (problem, weights, J, gradient, last gamma) -> (new weights, gamma, evaluations of J it took), or None
    where it finds no step. Ends where the gradient is zero or the rule returns None; raises Diverged where J or the
    gradient is not finite, after the last finite Iterate has been given.
    """
    for iterate in _descent(problem, weights, step, repeat(problem.cost_and_gradient)):
        yield iterate
        if iterate.gradient_norm == 0:
            return


def stochastic_gradient_descent(problem, weights, step, batch_size, rng):
    """Iterate like `gradient_descent`, each step along an estimate from `batch_size` samples (D1).

    J and gradient_norm of an Iterate are estimates from its batch, too. Every epoch parts the samples at random, drawn
    from the Generator `rng`; a rest smaller than a batch is left out of it. step is a rule that looks at the
    gradient alone: constant, decaying, momentum or adam.
    """
    batch_size = checks.integer("batch_size", batch_size, 1)
    if batch_size > problem.I:
        raise ValueError(f"batch_size is {batch_size}, expected at most the number of samples, {problem.I}")
    checks.instance("rng", rng, np.random.Generator, "a Generator: np.random.default_rng(seed)")
    return _descent(problem, weights, step, _estimates(problem, batch_size, rng))


def _estimates(problem, batch_size, rng):
    """For each batch a function of the weights that estimates J and its gradient."""
    while True:
        order = rng.permutation(problem.I)
        for start in range(0, problem.I - batch_size + 1, batch_size):
            yield partial(problem.cost_and_gradient, samples=order[start : start + batch_size])


def _descent(problem, weights, step, evaluations_to_come):
    if not callable(step):
        raise TypeError(f"step is {step!r}, expected a step rule such as constant(0.1)")
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
    growth = checks.number("growth", growth, above=2)

    def step(problem, weights, J, gradient, gamma):
        direction = Weights(_largest_one(gradient.V), _largest_one(gradient.b))
        start = growth * (first if gamma is None else gamma / 2)
        return _first_accepted(problem, weights, direction, start, lambda J_new, gamma: J_new <= J)

    return step


def armijo(gamma=1.0, growth=2.0, c=1e-4):
    """Backtracking along -gradient until J falls by at least c * gamma * |gradient|^2 (Armijo 1966)."""
    first = checks.number("gamma", gamma, above=0)
    growth = checks.number("growth", growth, 1)
    c = checks.number("c", c, above=0)

    def step(problem, weights, J, gradient, gamma):
        slope = gradient.dot(gradient)
        start = first if gamma is None else growth * gamma

        def enough(J_new, gamma):
            return J_new < J and J_new <= J - c * gamma * slope

        return _first_accepted(problem, weights, gradient, start, enough)

    return step


def decaying(gamma, halved_after):
    """gamma / (1 + j / halved_after) in iteration j (D4): the noise of mini-batches dies out (Robbins, Monro 1951)."""
    first = checks.number("gamma", gamma, above=0)
    halved_after = checks.number("halved_after", halved_after, above=0)

    def step(problem, weights, J, gradient, gamma):
        gamma = first if gamma is None else 1 / (1 / gamma + 1 / (first * halved_after))
        return weights - gamma * gradient, gamma, 0

    return step


# Momentum and Adam remember. They start afresh where there is no last gamma, at the start of a run; two runs that
# take turns need a rule each.


def momentum(gamma, beta=0.9):
    """The heavy ball (D11): the last step, times beta, goes on (Polyak 1964)."""
    gamma = checks.number("gamma", gamma, above=0)
    beta = checks.number("beta", beta, 0, below=1)
    velocity = None

    def step(problem, weights, J, gradient, last_gamma):
        nonlocal velocity
        velocity = -gamma * gradient if last_gamma is None else beta * velocity - gamma * gradient
        return weights + velocity, gamma, 0

    return step


def adam(gamma=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Each entry moves by the mean of its gradients over the root mean square of them (D12; Kingma, Ba 2015)."""
    gamma, epsilon = checks.number("gamma", gamma, above=0), checks.number("epsilon", epsilon, above=0)
    beta1, beta2 = checks.number("beta1", beta1, 0, below=1), checks.number("beta2", beta2, 0, below=1)
    m = v = t = 0

    def step(problem, weights, J, gradient, last_gamma):
        nonlocal m, v, t
        if last_gamma is None:
            m = v = t = 0
        t += 1
        theta, m, v = adam_step(weights.theta, gradient.theta, m, v, t, gamma, beta1, beta2, epsilon)
        return Weights.from_theta(theta), gamma, 0

    return step


def adam_step(theta, g, m, v, t, gamma, beta1, beta2, epsilon):
    """Step t = 1, 2, ... of `adam` from theta = [V b], where the gradient is g: the new theta, m and v (D12)."""
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return theta - gamma * m_hat / (np.sqrt(v_hat) + epsilon), m, v


def _first_accepted(problem, weights, direction, gamma, accepts):
    """Halve gamma until J(weights - gamma * direction) is accepted; None once the step changes no weight any more."""
    for tries in count(1):
        new = weights - gamma * direction
        if np.array_equal(new.theta, weights.theta):
            return None
        if accepts(problem.cost(new), gamma):
            return new, gamma, tries
        gamma /= 2


def _largest_one(a):
    return a / (np.abs(a).max() or 1.0)


@dataclass(frozen=True, repr=False)
class History:
    """What training leaves: the last weights, and one entry per iteration (the start included) of each array.

    seconds count from the first evaluation on.
    """

    weights: Weights
    J: np.ndarray
    gamma: np.ndarray
    gradient_norm: np.ndarray
    evaluations: np.ndarray
    seconds: np.ndarray
    stopped: str

    def __repr__(self):
        return f"J {self.J[0]:.4g} -> {self.J[-1]:.4g}; {self.stopped}"


def train(problem, weights=None, iterations=10_000, step=None, progress=True):
    """Gradient descent for a number of iterations; returns a History, whatever happens.

    weights: where to start, zeros if None. step: a step rule, constant(1.0) if None. progress: show a bar.
    Where training diverges or is interrupted (the stop button, Ctrl-C), the History ends with the last finite
    state and `stopped` says what happened and what to try. Raises Diverged only if J is not finite at the start.
    """
    weights, iterations = _start(problem, weights, iterations, 0)
    run = gradient_descent(problem, weights, constant(1.0) if step is None else step)
    with _blas_threads(problem):
        record = _Record(next(run), iterations, progress)
        try:
            for iterate in islice(run, iterations):
                record.add(iterate)
            stopped = f"all {iterations} iterations done"
            if record.last.iteration < iterations:
                reason = "the gradient is zero" if record.last.gradient_norm == 0 else "no step lowers J any more"
                stopped = f"ended at iteration {record.last.iteration}: {reason}"
        except Diverged as error:
            stopped = f"diverged: {error}. Try a smaller gamma, or backtracking() or armijo() as the step rule"
        except KeyboardInterrupt:
            stopped = record.interrupted()
    return record.history(stopped)


def minimize(problem, weights=None, iterations=1000, method="L-BFGS-B", progress=True, **options):
    """The same J and gradient, handed to `scipy.optimize.minimize`; returns a History, as `train` does.

    method and options are SciPy's; method must be one that takes a gradient and reports its iterations.
    """
    import scipy.optimize  # here, as it takes as long to import as all else together

    weights, iterations = _start(problem, weights, iterations, 1)
    shape, evaluations, gradient_norm, record = weights.theta.shape, 0, np.nan, None

    def J_and_gradient(theta):
        nonlocal evaluations, gradient_norm, record
        now = Weights.from_theta(theta.reshape(shape))
        J, gradient = problem.cost_and_gradient(now)
        evaluations, gradient_norm = evaluations + 1, gradient.norm()
        if record is None:
            if not np.isfinite(J):
                raise Diverged(f"J = {J:.3g} at the start")
            record = _Record(Iterate(0, J, weights, None, gradient_norm, evaluations), iterations, progress)
        return J, gradient.theta.ravel()

    def accepted(intermediate_result):
        now = Weights.from_theta(intermediate_result.x.reshape(shape).copy())
        iteration, J = record.last.iteration + 1, float(intermediate_result.fun)
        record.add(Iterate(iteration, J, now, None, gradient_norm, evaluations))

    options = {"maxiter": iterations, **options}
    with _blas_threads(problem):
        try:
            found = scipy.optimize.minimize(
                J_and_gradient, weights.theta.ravel(), jac=True, method=method, callback=accepted, options=options
            )
            stopped = f"ended at iteration {record.last.iteration}: {found.message}"
        except KeyboardInterrupt:
            if record is None:
                raise
            stopped = record.interrupted()
    return record.history(stopped)


def _start(problem, weights, iterations, fewest):
    checks.instance("problem", problem, TrainingProblem, "a TrainingProblem(x_in, y_out, ...)")
    iterations = checks.integer("iterations", iterations, fewest)
    return Weights.zeros(problem.N_T, problem.d, problem.dtype) if weights is None else weights, iterations


def _blas_threads(problem):
    """One thread where matrices are too small to be shared: on a busy machine two would mostly wait for each other."""
    return threadpool_limits(1 if problem.d < 128 else None, user_api="blas")


class _Bar(tqdm):
    monitor_interval = 0  # no thread that watches it: in the browser there are none


class _Record:
    """What training has done so far, and the bar that shows it."""

    def __init__(self, start, iterations, progress):
        self.bar = _Bar(
            total=iterations,
            disable=not progress,
            desc="training",
            bar_format="{bar} {desc}",
        )
        self.started = perf_counter()
        self.last, self.numbers = start, [self._numbers(start)]

    def add(self, iterate):
        self.numbers.append(self._numbers(iterate))
        self.last = iterate
        self.bar.set_description_str(f"{iterate.iteration} done, J = {iterate.J:.4g}", refresh=False)
        self.bar.update()

    def interrupted(self):
        return f"interrupted after iteration {self.last.iteration}. To go on, start from the weights of this result"

    def history(self, stopped):
        self.bar.close()
        # An interrupt may have come between the numbers and the iterate they belong to.
        J, gamma, gradient_norm, evaluations, seconds = np.array(self.numbers[: self.last.iteration + 1]).T
        return History(self.last.weights, J, gamma, gradient_norm, evaluations.astype(int), seconds, stopped)

    def _numbers(self, iterate):
        gamma = np.nan if iterate.gamma is None else iterate.gamma
        return iterate.J, gamma, iterate.gradient_norm, iterate.evaluations, perf_counter() - self.started
