"""The random problems that a student's function is run on, on which every term matters."""

from types import SimpleNamespace

import numpy as np

from .. import resnet
from ..activations import relu, tanh
from ..problem import TrainingProblem
from ..resnet import Weights

# d, I, N_T, sigma: first lengths that cannot be taken for each other, then those where a special case shows.
PROBLEMS = [(3, 4, 6, tanh), (2, 5, 4, tanh), (2, 3, 5, relu), (4, 1, 3, tanh), (1, 3, 4, relu), (1, 1, 2, tanh)]

# For each I: in no order, with gaps, without the last one.
SAMPLES = {5: [3, 0, 1], 4: [2, 0], 3: [1], 1: [0]}


class _Problem(TrainingProblem):
    """A TrainingProblem that ends the loop of a step rule that would not end."""

    evaluations, tried, nan_above = 0, (), np.inf

    def cost(self, weights):
        self.evaluations += 1
        step = np.abs(weights.theta - self.tried[-1]).max() if self.tried else np.inf
        if not step < 1e-14:  # else they are evaluated once more, perhaps rounded otherwise
            self.tried = [*self.tried, weights.theta]
        # When steps get smaller, rounding says whether J falls.
        if len(self.tried) > 60 or self.evaluations > 600 or 1e-14 < step < 1e-11:
            reason = (
                "go against the gradient (divided by its largest absolute value), from the old weights each time, "
                "halve gamma after each try, and stop as soon as J is not larger"
            )
            if not np.isfinite(weights.theta).all():
                reason = "your weights are nan. Is 0/0 in the direction, where a gradient is zero?"
            elif len(self.tried) == 1:
                reason = "each try is the same as the one before: halve gamma, and make the new weights with it"
            elif super().cost(Weights.from_theta(self.tried[-9:][0])) < super().cost(weights):
                reason = "where gamma was larger, J was smaller. Halve gamma as long as J is larger, not smaller"
            raise RuntimeError(f"J has been evaluated {self.evaluations - 1} times, and no end: {reason}")
        return np.nan if np.abs(weights.theta).max() > self.nan_above else super().cost(weights)


def random_problem(d, I, N_T, activation):
    """All that an exercise may need, made anew at each call, so that nobody can spoil it for the next one."""
    rng = np.random.default_rng([d, I, N_T])
    x_in, y_out = rng.standard_normal((2, d, I))
    problem = _Problem(x_in, y_out, T=1.7, N_T=N_T, w1=1.3, w2=0.7, activation=activation)
    dt, w1, w2 = problem.dt, problem.w1, problem.w2
    weights, direction = (Weights.random(N_T, d, 1.0, rng) for _ in range(2))
    x = problem.states(weights)
    phi = resnet.adjoint(weights, x, y_out, dt, w1, activation)
    J, gradient = problem.cost_and_gradient(weights)
    steps = 0.8 * np.cumprod(rng.uniform(0.3, 0.7, N_T))
    errors = rng.uniform(2, 3, N_T) * steps ** {6: 2, 5: -1}.get(N_T, 1)  # they grow as the steps fall
    if N_T == 4:
        steps, errors = steps[::-1], errors[::-1]
    samples = np.array(SAMPLES[I])
    return SimpleNamespace(**locals())
