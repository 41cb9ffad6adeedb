"""Gradient descent as an iterator: what it gives, what it counts, how it ends."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from neuralode_lib import (
    TrainingProblem,
    Weights,
    armijo,
    backtracking,
    constant,
    disk_in_ring,
    gradient_descent,
    momentum,
    train,
)

RULES = {"constant": constant(0.05), "backtracking": backtracking(), "armijo": armijo()}
every_rule = pytest.mark.parametrize("step", RULES.values(), ids=RULES)



@pytest.fixture
def lecture():
    data = disk_in_ring()
    return TrainingProblem(data.x_in, data.y_out)


def test_gradient_descent_raises_where_J_is_not_finite(lecture):
    seen = []
    with pytest.raises(ArithmeticError, match=r"iteration \d+.*gamma = 8"):
        for iterate in gradient_descent(lecture, Weights.zeros(101, 2), constant(8.0)):
            seen.append(iterate.J)
    assert np.isfinite(seen).all()


def test_gradient_descent_is_lazy_and_goes_on_where_it_stopped(problem, start, monkeypatch):
    whole = list(itertools.islice(gradient_descent(problem, start, armijo()), 10))
    calls, evaluate = [], problem.cost_and_gradient
    monkeypatch.setattr(problem, "cost_and_gradient", lambda w: (calls.append(1), evaluate(w))[1])
    run = gradient_descent(problem, start, armijo())
    assert len(calls) == 0
    first = list(itertools.islice(run, 4))
    assert len(calls) == 4
    rest = list(itertools.islice(run, 6))
    assert [i.J for i in first + rest] == [i.J for i in whole]
    assert [i.iteration for i in first + rest] == list(range(10))


@every_rule
def test_an_iterate_says_where_it_is(problem, start, step):
    for iterate in itertools.islice(gradient_descent(problem, start, step), 10):
        J, gradient = problem.cost_and_gradient(iterate.weights)
        assert iterate.J == J
        assert iterate.gradient_norm == gradient.norm()
        assert (iterate.gamma is None) == (iterate.iteration == 0)


@every_rule
def test_evaluations_are_counted(problem, start, step, monkeypatch):
    calls = []
    for name in ("cost", "cost_and_gradient"):
        evaluate = getattr(problem, name)

        def counted(weights, evaluate=evaluate):
            calls.append(1)
            return evaluate(weights)

        monkeypatch.setattr(problem, name, counted)
    for iterate in itertools.islice(gradient_descent(problem, start, step), 30):
        assert iterate.evaluations == len(calls)
    calls.clear()
    assert train(problem, start, 30, step, progress=False).evaluations[-1] == len(calls)


RULE = "expected a step rule such as constant\\(0.1\\), with brackets"
AT_THE_CALL = {
    "problem None": (lambda p, w: gradient_descent(None, w, constant(0.1)), "^problem is None, expected a TrainingPro"),
    "problem a class": (lambda p, w: gradient_descent(TrainingProblem, w, constant(0.1)), "^problem is <class"),
    "weights None": (lambda p, w: gradient_descent(p, None, constant(0.1)), "^weights is None, expected a Weights"),
    "weights complex": (lambda p, w: gradient_descent(p, 1j * w, constant(0.1)), "^weights are complex"),
    "step a number": (lambda p, w: gradient_descent(p, w, 0.1), f"^step is 0.1, {RULE}"),
    "brackets forgotten": (lambda p, w: gradient_descent(p, w, armijo), f"^step is the function armijo\\(gam.*{RULE}"),
    "brackets of a class": (lambda p, w: gradient_descent(p, w, momentum), f"^step is the function momentum.*{RULE}"),
    "a rule of too little": (lambda p, w: gradient_descent(p, w, lambda w, g: w), f"^step is the function <.*{RULE}"),
}


@pytest.mark.parametrize("call, message", AT_THE_CALL.values(), ids=AT_THE_CALL)
def test_a_wrong_argument_is_answered_at_the_call(problem, start, call, message):
    with pytest.raises(TypeError, match=message):
        call(problem, start)


def test_weights_of_another_problem_are_answered_at_the_call(problem):
    with pytest.raises(ValueError, match=r"^weights are of another problem: they have N_T=7"):
        gradient_descent(problem, Weights.zeros(7, 2), constant(0.1))


RETURNED = {
    "not three": (lambda w: w, TypeError, r"^step returned Weights\(.*expected \(new weights, gamma, evaluations"),
    "no Weights": (lambda w: (w.theta, 0.1, 0), TypeError, "^the weights that step returned is array"),
    "other Weights": (lambda w: (Weights.zeros(9, 2), 0.1, 0), ValueError, "^the weights that step returned are of"),
    "complex": (lambda w: (1j * w, 0.1, 0), TypeError, "^the weights that step returned are complex"),
    "gamma None": (lambda w: (w, None, 0), TypeError, "^the gamma that step returned is None, expected a number"),
    "gamma complex": (lambda w: (w, 1j, 0), TypeError, "^the gamma that step returned is 1j"),
    "gamma a string": (lambda w: (w, "0.1", 0), TypeError, "^the gamma that step returned is '0.1'"),
    "gamma nan": (lambda w: (w, np.nan, 0), ValueError, "^the gamma that step returned is nan"),
    "tries < 0": (lambda w: (w, 0.1, -5), ValueError, "^the number of evaluations that step returned is -5"),
    "tries half": (lambda w: (w, 0.1, 1.5), ValueError, "^the number of evaluations .* is 1.5, expected a whole one"),
}


@pytest.mark.parametrize("returned, error, message", RETURNED.values(), ids=RETURNED)
def test_what_a_rule_of_one_s_own_returns_is_looked_at(problem, start, returned, error, message):
    run = gradient_descent(problem, start, lambda problem, weights, J, gradient, gamma: returned(weights))
    assert next(run).weights is start
    with pytest.raises(error, match=message):
        next(run)


def test_whole_numbers_of_tries_may_be_floats(problem, start):
    run = gradient_descent(problem, start, lambda problem, weights, J, gradient, gamma: (weights, Fraction(1, 2), 2.0))
    _, second = itertools.islice(run, 2)
    assert (second.gamma, second.evaluations) == (0.5, 4)


def test_a_rule_that_remembers_is_new_for_each_run(problem, start):
    class Counts:
        """Gamma is the number of its steps."""

        def __init__(self):
            self.steps = 0

        def anew(self):
            return Counts()

        def __call__(self, problem, weights, J, gradient, gamma):
            self.steps += 1
            return weights, self.steps, 0

    rule = Counts()
    for _ in range(2):
        assert [now.gamma for now in itertools.islice(gradient_descent(problem, start, rule), 4)] == [None, 1, 2, 3]
    assert rule.steps == 0
