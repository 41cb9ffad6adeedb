"""The random problems that a student's function is run on, on which every term matters."""

from types import SimpleNamespace

import numpy as np

from .. import resnet
from ..activations import relu, tanh
from ..problem import TrainingProblem
from ..resnet import Weights

# d, I, N_T, sigma: first lengths that cannot be taken for each other, then those where a special case shows.
PROBLEMS = [(3, 4, 6, tanh), (2, 5, 4, tanh), (2, 3, 5, relu), (4, 1, 3, tanh), (1, 3, 4, relu), (1, 1, 2, tanh)]


class _Problem(TrainingProblem):
    """A TrainingProblem that ends the loop of a step rule that would not end."""

    evaluations = 0

    def cost(self, weights):
        self.evaluations += 1
        if self.evaluations > 40:
            raise RuntimeError(
                "J has been evaluated 40 times, and no end: go against the gradient, halve gamma after each try, "
                "and stop as soon as J is not larger"
            )
        return super().cost(weights)


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
    errors = rng.uniform(2, 3, N_T) * steps**2
    samples = np.arange(I)[::-1][: (I + 1) // 2]
    return SimpleNamespace(**locals())
