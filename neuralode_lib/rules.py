"""Step rules: what each iteration of gradient descent does with the gradient.

A rule is a function (problem, weights, J, gradient, last gamma) -> (new weights, gamma, evaluations of J it took), or
None where it finds no step. One that remembers is an object; `anew()` gives another that has seen nothing yet, and
each run takes one for itself.
"""

from itertools import count

import numpy as np

from . import checks
from .resnet import Weights


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

    step.line_search = "backtracking"
    return step


def armijo(gamma=1.0, growth=2.0, c=1e-4):
    """Backtracking along -gradient until J falls by at least c * gamma * |gradient|^2 (Armijo 1966)."""
    first = checks.number("gamma", gamma, above=0)
    growth = checks.number("growth", growth, 1)
    c = checks.number("c", c, above=0, below=1)

    def step(problem, weights, J, gradient, gamma):
        slope = gradient.dot(gradient)
        start = first if gamma is None else growth * gamma

        def enough(J_new, gamma):
            return J_new < J and J_new <= J - c * gamma * slope

        return _first_accepted(problem, weights, gradient, start, enough)

    step.line_search = "armijo"
    return step


def decaying(gamma, halved_after):
    """gamma / (1 + j / halved_after) from iteration j on to the next (D4): the noise of mini-batches dies out.

    Robbins and Monro (1951).
    """
    first = checks.number("gamma", gamma, above=0)
    halved_after = checks.number("halved_after", halved_after, above=0)

    def step(problem, weights, J, gradient, gamma):
        gamma = first if gamma is None else 1 / (1 / gamma + 1 / (first * halved_after))
        return weights - gamma * gradient, gamma, 0

    return step


class momentum:
    """The heavy ball (D6): the last step, times beta, goes on (Polyak 1964). It remembers that step."""

    def __init__(self, gamma, beta=0.9):
        self.gamma = checks.number("gamma", gamma, above=0)
        self.beta = checks.number("beta", beta, 0, below=1)
        self.last_step = None

    def anew(self):
        return momentum(self.gamma, self.beta)

    def __call__(self, problem, weights, J, gradient, last_gamma):
        going_on = 0 * weights if self.last_step is None else self.beta * self.last_step
        self.last_step = going_on - self.gamma * gradient
        return weights + self.last_step, self.gamma, 0


class adam:
    """Each entry moves by the mean of its gradients over the root mean square of them (D7; Kingma, Ba 2015).

    It remembers these means, m and v, and the number t of its steps.
    """

    def __init__(self, gamma=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.gamma, self.epsilon = checks.number("gamma", gamma, above=0), checks.number("epsilon", epsilon, above=0)
        self.beta1, self.beta2 = checks.number("beta1", beta1, 0, below=1), checks.number("beta2", beta2, 0, below=1)
        self.m = self.v = self.t = 0

    def anew(self):
        return adam(self.gamma, self.beta1, self.beta2, self.epsilon)

    def __call__(self, problem, weights, J, gradient, last_gamma):
        self.t += 1
        numbers = self.t, self.gamma, self.beta1, self.beta2, self.epsilon
        theta, self.m, self.v = adam_step(weights.theta, gradient.theta, self.m, self.v, *numbers)
        return Weights.from_theta(theta), self.gamma, 0


def adam_step(theta, g, m, v, t, gamma, beta1, beta2, epsilon):
    """Step t = 1, 2, ... of `adam` from theta = [V b], where the gradient is g: the new theta, m and v (D7)."""
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return theta - gamma * m_hat / (np.sqrt(v_hat) + epsilon), m, v


def _first_accepted(problem, weights, direction, gamma, accepts):
    """Halve gamma until J(weights - gamma * direction) is accepted; None once the step changes no weight any more."""
    gamma = min(gamma, 1e100)  # half of infinity is no shorter
    for tries in count(1):
        new = weights - gamma * direction
        if np.array_equal(new.theta, weights.theta):
            return None
        if accepts(problem.cost(new), gamma):
            return new, gamma, tries
        gamma /= 2


def _largest_one(a):
    return a / (np.abs(a).max() or 1.0)
