"""Step rules: what a step is, how far it goes, where it ends."""

import itertools

import numpy as np
import pytest

from neuralode_lib import (
    TrainingProblem,
    Weights,
    adam,
    armijo,
    backtracking,
    constant,
    decaying,
    disk_in_ring,
    gradient_descent,
    momentum,
    relu,
    tanh,
    train,
)

RULES = {"constant": constant(0.05), "backtracking": backtracking(), "armijo": armijo()}
every_rule = pytest.mark.parametrize("step", RULES.values(), ids=RULES)



@every_rule
def test_every_rule_reduces_J(problem, start, step):
    J = train(problem, start, iterations=100, step=step, progress=False).J
    assert J[-1] < 0.3 * J[0]


@pytest.mark.parametrize("activation", [tanh, relu])
@pytest.mark.parametrize("step", [backtracking(), backtracking(10.0), armijo(), armijo(100.0)])
def test_line_searches_never_increase_J(activation, step):
    data = disk_in_ring()
    problem = TrainingProblem(data.x_in, data.y_out, N_T=11, activation=activation)
    J = train(problem, iterations=100, step=step, progress=False).J
    assert (np.diff(J) <= 0).all()
    assert J[-1] < J[0]


def test_constant_is_the_update_of_the_slide(problem, start):
    V, b, gamma = start.V.copy(), start.b.copy(), 0.07
    for iterate in itertools.islice(gradient_descent(problem, start, constant(gamma)), 5):
        assert iterate.weights.V == pytest.approx(V, rel=1e-13)
        assert iterate.weights.b == pytest.approx(b, rel=1e-13)
        _, gradient = problem.cost_and_gradient(Weights(V, b))
        V, b = V - gamma * gradient.V, b - gamma * gradient.b


def exercise_rule(problem, V, b, iterations):
    """As the exercise says it: scale, multiply gamma by 4, try and halve until J is not larger."""
    J, gamma, tried = problem.cost(Weights(V, b)), 0.001, 0
    for _ in range(iterations):
        _, gradient = problem.cost_and_gradient(Weights(V, b))
        V_direction = gradient.V / abs(gradient.V).max()
        b_direction = gradient.b / abs(gradient.b).max()
        J_old, J, gamma = J, np.inf, 4 * gamma
        while J > J_old:
            new_V, new_b = V - gamma * V_direction, b - gamma * b_direction
            J, used, gamma, tried = problem.cost(Weights(new_V, new_b)), gamma, gamma / 2, tried + 1
        V, b = new_V, new_b
        yield V, b, J, used, tried


def test_backtracking_is_the_rule_of_the_exercise(problem, start):
    run = gradient_descent(problem, start, backtracking())
    next(run)
    halved = 0
    for n, (V, b, J, gamma, tried) in enumerate(exercise_rule(problem, start.V, start.b, 40), 1):
        iterate = next(run)
        assert iterate.gamma == gamma
        assert iterate.J == pytest.approx(J, rel=1e-9)
        assert iterate.weights.V == pytest.approx(V, abs=1e-9)
        assert iterate.weights.b == pytest.approx(b, abs=1e-9)
        assert iterate.evaluations == 1 + n + tried
        halved = tried - n
    assert halved > 10  # the loop was needed


def test_backtracking_scales_V_and_b_each_on_its_own(problem, start):
    first, second = itertools.islice(gradient_descent(problem, start, backtracking()), 2)
    step = first.weights - second.weights
    assert abs(step.V).max() == pytest.approx(second.gamma, rel=1e-10)
    assert abs(step.b).max() == pytest.approx(second.gamma, rel=1e-10)


def test_backtracking_takes_a_step_that_leaves_J_as_it_is():
    """The exercise says: until J is not larger. At a dead ReLU, without penalty, J is flat in V."""
    problem = TrainingProblem([[-1.0]], [[0.0]], N_T=2, w2=0.0)
    zero, slope_in_V = Weights.zeros(2, 1), Weights([[[1.0]]], [[0.0]])
    J = problem.cost(zero)
    moved, gamma, tries = backtracking()(problem, zero, J, slope_in_V, None)
    assert problem.cost(moved) == J
    assert (moved.V.item(), gamma, tries) == (-0.004, 0.004, 1)


def test_a_first_step_beyond_all_numbers_is_halved_too(problem, start):
    J, gradient = problem.cost_and_gradient(start)
    new, gamma, tries = backtracking(1e10, 1e300)(problem, start, J, gradient, None)
    assert problem.cost(new) <= J
    assert 0 < gamma < 10 and tries > 300


def test_armijo_accepts_the_first_gamma_that_lowers_J_enough(problem, start):
    c = 0.3
    run = gradient_descent(problem, start, armijo(gamma=8.0, growth=2.0, c=c))
    iterate, gamma, halvings = next(run), 4.0, 0
    for _ in range(20):
        _, gradient = problem.cost_and_gradient(iterate.weights)
        slope, gamma = (gradient.theta**2).sum(), 2 * gamma
        while problem.cost(iterate.weights - gamma * gradient) > iterate.J - c * gamma * slope:
            gamma, halvings = gamma / 2, halvings + 1
        iterate = next(run)
        assert iterate.gamma == gamma
    assert halvings > 10


@every_rule
@pytest.mark.parametrize("activation", [tanh, relu])
@pytest.mark.filterwarnings("error")
def test_zero_gradient_at_the_start_is_not_0_over_0(step, activation):
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    problem, zero = TrainingProblem(x, x, N_T=4, activation=activation), Weights.zeros(4, 2)
    with np.errstate(all="raise"):
        result = train(problem, iterations=10, step=step, progress=False)
        moved = step(problem, zero, *problem.cost_and_gradient(zero), None)
    assert (result.J, result.gradient_norm) == ([0.0], [0.0])
    assert "gradient is zero" in result.stopped
    assert (result.weights.theta == 0).all()
    assert moved is None or (moved[0].theta == 0).all()


@every_rule
@pytest.mark.filterwarnings("error")
def test_zero_gradient_in_V_alone(step):
    """At x_in = 0, where sigma is 0, only b has a gradient."""
    problem = TrainingProblem(np.zeros((2, 1)), np.ones((2, 1)), N_T=2)
    with np.errstate(all="raise"):
        result = train(problem, iterations=1, step=step, progress=False)
    assert (result.weights.V == 0).all()
    assert (result.weights.b > 0).all()


def test_armijo_ends_where_no_step_lowers_J_any_more(problem):
    result = train(problem, iterations=3000, step=armijo(), progress=False)
    assert len(result.J) < 3000
    assert "no step" in result.stopped


def test_armijo_ends_where_every_step_goes_uphill(problem, start, monkeypatch):
    evaluate = problem.cost_and_gradient

    def wrong_sign(weights):
        J, gradient = evaluate(weights)
        return J, -1 * gradient

    monkeypatch.setattr(problem, "cost_and_gradient", wrong_sign)
    result = train(problem, start, iterations=10, step=armijo(), progress=False)
    assert "ended at iteration 0" in result.stopped
    assert result.weights is start


WRONG = {
    "gamma = 0": (lambda: constant(0), ValueError, ("gamma", "is 0", "> 0")),
    "gamma < 0": (lambda: backtracking(-1.0), ValueError, ("gamma", "is -1", "> 0")),
    "gamma nan": (lambda: armijo(np.nan), ValueError, ("gamma", "nan", "finite")),
    "gamma a string": (lambda: constant("big"), TypeError, ("gamma", "'big'", "number")),
    "gamma a bool": (lambda: constant(True), TypeError, ("gamma", "True", "number")),
    "growth = 1": (lambda: backtracking(growth=1), ValueError, ("growth", "is 1", "> 2")),
    "growth < 1": (lambda: armijo(growth=0.5), ValueError, ("growth", "0.5", ">= 1")),
    "decaying gamma": (lambda: decaying(0.0, 10), ValueError, ("gamma", "is 0.0", "> 0")),
    "halved_after": (lambda: decaying(0.1, 0), ValueError, ("halved_after", "is 0", "> 0")),
    "momentum gamma": (lambda: momentum(-1), ValueError, ("gamma", "is -1", "> 0")),
    "beta": (lambda: momentum(0.1, 1), ValueError, ("beta", "is 1", ">= 0 and < 1")),
    "adam gamma": (lambda: adam(0), ValueError, ("gamma", "is 0", "> 0")),
    "beta1": (lambda: adam(0.1, beta1=1.0), ValueError, ("beta1", "is 1.0", ">= 0 and < 1")),
    "beta2": (lambda: adam(0.1, beta2=-0.1), ValueError, ("beta2", "is -0.1", ">= 0 and < 1")),
    "epsilon": (lambda: adam(0.1, epsilon=0), ValueError, ("epsilon", "is 0", "> 0")),
    "c = 1": (lambda: armijo(c=1.0), ValueError, ("c", "is 1.0", "> 0 and < 1")),
    "c = 2": (lambda: armijo(c=2.0), ValueError, ("c", "is 2.0", "> 0 and < 1")),
    "c = 0": (lambda: armijo(c=0), ValueError, ("c", "is 0", "> 0")),
}


@pytest.mark.parametrize("wrong, kind, parts", WRONG.values(), ids=WRONG)
def test_errors(wrong, kind, parts):
    with pytest.raises(kind) as error:
        wrong()
    for part in parts:
        assert part in str(error.value), f"{part!r} is not in {error.value}"
