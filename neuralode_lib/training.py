"""Training to its end: a loop around gradient descent, or SciPy's optimisers, and what they leave."""

from dataclasses import dataclass
from itertools import islice
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from . import checks
from .descent import Diverged, Iterate, gradient_descent
from .problem import TrainingProblem
from .resnet import Weights
from .rules import _first_accepted, _largest_one, adam_step, backtracking, constant  # noqa: F401 - for exercises


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
