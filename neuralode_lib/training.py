"""Training to its end: a loop around gradient descent, or SciPy's optimisers, and what they leave."""

import sys
from dataclasses import dataclass
from itertools import islice
from time import perf_counter

import numpy as np
from tqdm.auto import tqdm

from . import checks
from .descent import Diverged, Iterate, gradient_descent
from .fused import blas_threads
from .problem import TrainingProblem
from .resnet import Weights
from .rules import constant

METHODS = ["L-BFGS-B", "CG", "BFGS", "Newton-CG"]


@dataclass(frozen=True, repr=False)
class History:
    """What training leaves: the last weights, and one entry per iteration (the start included) of each array.

    gamma is nan at the start, and everywhere where a method of SciPy's has trained. seconds count from the first
    evaluation on.
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
    """Gradient descent for a number of iterations; returns a History.

    weights: where to start, zeros if None. step: a step rule, constant(1.0) if None. progress: show a bar.
    Where training diverges or is interrupted (the stop button, Ctrl-C), the History ends with the last finite
    state and `stopped` says what happened and what to try. Raises Diverged only if J is not finite at the start. Any
    other error on the way (of a step rule, of a lost worker) is raised with the History so far as its `history`.
    """
    weights, iterations = _start(problem, weights, iterations, 0, progress)
    run = gradient_descent(problem, weights, constant(1.0) if step is None else step)
    with _Record(weights, iterations, progress) as record:
        for iterate in islice(run, iterations + 1):
            record.add(iterate)
        record.stopped = f"all {iterations} iterations done"
        if record.last.iteration < iterations:
            reason = "the gradient is zero" if record.last.gradient_norm == 0 else "no step lowers J any more"
            record.stopped = f"ended at iteration {record.last.iteration}: {reason}"
    return record.history()


def minimize(problem, weights=None, iterations=1000, method="L-BFGS-B", progress=True, **options):
    """The same J and gradient, handed to `scipy.optimize.minimize`; returns a History, and raises, as `train` does.

    method and options are SciPy's; method is one of METHODS, which take a gradient and end after so many iterations.
    """
    import scipy.optimize  # here, as it takes as long to import as all else together

    weights, iterations = _start(problem, weights, iterations, 1, progress)
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError(f"method is {checks.shown(method)}, expected one of {', '.join(METHODS)}")
    shape, seen, evaluations = weights.theta.shape, {}, 0

    def evaluated(theta):
        """Weights, J and gradient, computed once for each theta since the last accepted one."""
        nonlocal evaluations
        if theta.tobytes() not in seen:
            now = Weights.from_theta(theta.reshape(shape).copy())
            seen[theta.tobytes()] = now, *problem.cost_and_gradient(now)
            evaluations += 1
        return seen[theta.tobytes()]

    def J_and_gradient(theta):
        _, J, gradient = evaluated(theta)
        return float(J), gradient.theta.ravel().astype(float)

    def accepted(theta, *_):
        now, J, gradient = evaluated(theta)
        iteration = record.last.iteration + 1 if record.numbers else 0
        record.add(Iterate(iteration, float(J), now, None, gradient.norm(), evaluations))
        seen.clear()
        seen[theta.tobytes()] = now, J, gradient

    start, options = weights.theta.ravel().astype(float), {"maxiter": iterations, **options}
    threads = 1 if problem.d < 128 else None  # SciPy's own BLAS calls are small: a second thread would mostly wait
    with blas_threads(threads), _Record(weights, iterations, progress) as record:
        J, _ = J_and_gradient(start)
        if not np.isfinite(J):
            raise Diverged(f"J = {J:.3g} at the start")
        accepted(start)
        found = scipy.optimize.minimize(J_and_gradient, start, (), method, True, callback=accepted, options=options)
        record.stopped = f"ended at iteration {record.last.iteration}: {found.message}"
    return record.history()


def patience(number, fewer):
    """`number`, of iterations or runs; where Python runs in a browser, which is slow, `fewer`, and a line says so."""
    number = checks.integer("number", number, 1)
    fewer = checks.integer("fewer", fewer, 1, number)
    if sys.platform != "emscripten":
        return number
    print(f"Python in the browser is slow: here it is {fewer:,} in place of the {number:,} that the text speaks of.")
    return fewer


def _start(problem, weights, iterations, fewest, progress):
    checks.instance("problem", problem, TrainingProblem, "a TrainingProblem(x_in, y_out, ...)")
    iterations = checks.integer("iterations", iterations, fewest)
    checks.yes_or_no("progress", progress)
    if weights is None:
        return Weights.zeros(problem.N_T, problem.d, problem.dtype), iterations
    return problem.fitting(weights, real=True), iterations


class _Bar(tqdm):
    monitor_interval = 0  # no thread that watches it: in the browser there are none


class _Record:
    """What training has done so far, and the bar that shows it: a context that keeps it, however the run ends."""

    def __init__(self, start, iterations, progress):
        self.start, self.last, self.numbers = start, None, []
        self.bar = _Bar(total=iterations, disable=not progress, desc="training", bar_format="{bar} {desc}")

    def __enter__(self):
        return self

    def __exit__(self, _, error, traceback):
        self.bar.close()
        if isinstance(error, KeyboardInterrupt):
            done = f"after iteration {self.last.iteration}" if self.last else "before J was known"
            self.stopped = f"interrupted {done}. To go on, start from the weights of this result"
            return True
        if self.last is None or not isinstance(error, Exception):
            return False
        if isinstance(error, Diverged):
            self.stopped = f"diverged: {error}. Try a smaller gamma, or backtracking() or armijo() as the step rule"
            return True
        self.stopped = f"ended after iteration {self.last.iteration} by {type(error).__name__}: {error!s:.200}"
        error.history = self.history()
        error.add_note("The History so far is kept as this error's `history`: sys.last_value.history")
        return False

    def add(self, iterate):
        if not self.numbers:
            self.began = perf_counter()
        gamma = np.nan if iterate.gamma is None else iterate.gamma
        seconds = perf_counter() - self.began
        self.numbers.append((iterate.J, gamma, iterate.gradient_norm, iterate.evaluations, seconds))
        self.last = iterate
        if iterate.iteration > 0:
            self.bar.set_description_str(f"{iterate.iteration} done, J = {iterate.J:.4g}", refresh=False)
            self.bar.update()

    def history(self):
        if self.last is None:
            return History(self.start, *np.full((3, 1), np.nan), np.zeros(1, int), np.zeros(1), self.stopped)
        # An interrupt may have come between the numbers and the iterate they belong to.
        J, gamma, gradient_norm, evaluations, seconds = np.array(self.numbers[: self.last.iteration + 1]).T
        return History(self.last.weights, J, gamma, gradient_norm, evaluations.astype(int), seconds, self.stopped)
