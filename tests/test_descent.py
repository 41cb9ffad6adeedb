"""Gradient descent as an iterator: what it gives, what it counts, how it ends."""

import itertools

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
