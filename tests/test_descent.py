"""Gradient descent, step rules and train: what they do, how they end, what they count."""

import itertools
from time import perf_counter

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
    minimize,
    relu,
    tanh,
    train,
)

RULES = {"constant": constant(0.05), "backtracking": backtracking(), "armijo": armijo()}
every_rule = pytest.mark.parametrize("step", RULES.values(), ids=RULES)


@pytest.fixture
def problem():
    data = disk_in_ring(I=12, seed=3)
    return TrainingProblem(data.x_in, data.y_out, N_T=6, w1=0.5, w2=0.3, activation=tanh)


@pytest.fixture
def start():
    return Weights.random(6, 2, 1.0, np.random.default_rng(4))


@pytest.fixture
def lecture():
    data = disk_in_ring()
    return TrainingProblem(data.x_in, data.y_out)


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


@pytest.mark.parametrize("gamma, within", [(4.0, 20), (8.0, 10)])
@pytest.mark.filterwarnings("error")
def test_too_large_a_gamma_diverges_and_the_last_finite_state_is_kept(lecture, gamma, within):
    result = train(lecture, iterations=100, step=constant(gamma), progress=False)
    ended = len(result.J) - 1
    assert ended < within
    assert np.isfinite(result.J).all()
    assert np.isfinite(result.weights.theta).all()
    assert lecture.cost(result.weights) == result.J[-1]
    for part in ("diverged", f"iteration {ended + 1}", f"gamma = {gamma:g}", "smaller gamma"):
        assert part in result.stopped


def test_gradient_descent_raises_where_J_is_not_finite(lecture):
    seen = []
    with pytest.raises(ArithmeticError, match=r"iteration \d+.*gamma = 8"):
        for iterate in gradient_descent(lecture, Weights.zeros(101, 2), constant(8.0)):
            seen.append(iterate.J)
    assert np.isfinite(seen).all()


def test_start_that_is_not_finite(lecture):
    with pytest.raises(ArithmeticError, match=r"iteration 0.*start"):
        train(
            lecture, 1e200 * Weights.random(101, 2, 1.0, np.random.default_rng(0)), progress=False
        )


def test_interrupt_keeps_everything(problem, start):
    def step(problem, weights, J, gradient, gamma):
        if len(calls) == 7:
            raise KeyboardInterrupt
        calls.append(J)
        return weights - 0.05 * gradient, 0.05, 0

    calls = []
    result = train(problem, start, iterations=100, step=step, progress=False)
    assert result.J[:-1].tolist() == calls
    assert len(result.J) == len(result.gamma) == len(result.gradient_norm) == 8
    assert problem.cost(result.weights) == result.J[-1]
    assert "interrupted after iteration 7" in result.stopped

    whole = train(problem, start, iterations=10, step=constant(0.05), progress=False)
    rest = train(problem, result.weights, iterations=3, step=constant(0.05), progress=False)
    assert (rest.weights.theta == whole.weights.theta).all()
    assert (rest.J == whole.J[7:]).all()


def test_interrupt_inside_an_evaluation(problem, start, monkeypatch):
    whole = train(problem, start, iterations=5, step=constant(0.05), progress=False)
    evaluate, calls = problem.cost_and_gradient, itertools.count()

    def interrupted(weights):
        if next(calls) == 3:
            raise KeyboardInterrupt
        return evaluate(weights)

    monkeypatch.setattr(problem, "cost_and_gradient", interrupted)
    result = train(problem, start, iterations=5, step=constant(0.05), progress=False)
    assert (result.J == whole.J[:3]).all()
    assert "interrupted after iteration 2" in result.stopped


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


def test_a_rule_that_finds_no_step_ends_the_run(problem, start):
    rule = constant(0.05)

    def three_steps(problem, weights, J, gradient, gamma):
        steps.append(1)
        return rule(problem, weights, J, gradient, gamma) if len(steps) <= 3 else None

    steps = []
    result = train(problem, start, iterations=10, step=three_steps, progress=False)
    assert len(result.J) == 4
    assert "ended at iteration 3" in result.stopped
    assert "no step" in result.stopped


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


def test_history_has_the_start_and_one_entry_for_each_iteration(problem, start):
    result = train(problem, start, iterations=5, step=constant(0.05), progress=False)
    iterates = list(itertools.islice(gradient_descent(problem, start, constant(0.05)), 6))
    assert result.J.tolist() == [i.J for i in iterates]
    assert result.gradient_norm.tolist() == [i.gradient_norm for i in iterates]
    assert np.isnan(result.gamma[0])
    assert (result.gamma[1:] == 0.05).all()
    assert (result.weights.theta == iterates[-1].weights.theta).all()
    assert result.stopped == "all 5 iterations done"
    assert repr(result).endswith("; all 5 iterations done")


def test_no_iterations_evaluate_the_start(problem, start):
    result = train(problem, start, iterations=0, progress=False)
    assert result.J.tolist() == [problem.cost(start)]
    assert result.weights is start


def test_defaults_are_zero_weights_and_gamma_one(problem):
    result = train(problem, iterations=3, progress=False)
    explicit = train(problem, Weights.zeros(6, 2), 3, constant(1.0), progress=False)
    assert (result.J == explicit.J).all()


def test_training_twice_gives_the_same(problem, start):
    first, second = (train(problem, start, 20, armijo(), progress=False) for _ in range(2))
    assert (first.weights.theta == second.weights.theta).all()


def test_progress(problem, capfd):
    train(problem, iterations=3, step=constant(0.01), progress=False)
    assert capfd.readouterr() == ("", "")
    train(problem, iterations=3, step=constant(0.01))
    out, err = capfd.readouterr()
    assert out == ""
    assert "3 done, J = " in err


def test_minimize_ends_at_a_stationary_point_below_descent(problem, start):
    descent = train(problem, start, iterations=100, step=armijo(), progress=False)
    result = minimize(problem, start, progress=False, gtol=1e-8, ftol=0.0)
    assert result.J[0] == problem.cost(start)
    assert result.J[-1] < descent.J[-1]
    assert (np.diff(result.J) <= 0).all()
    J, gradient = problem.cost_and_gradient(result.weights)
    assert result.J[-1] == J
    assert result.gradient_norm[-1] == gradient.norm() < 1e-6
    assert f"ended at iteration {len(result.J) - 1}" in result.stopped


@pytest.mark.parametrize("method", ["L-BFGS-B", "CG", "BFGS"])
@pytest.mark.filterwarnings("error")
def test_minimize_stops_after_so_many_iterations(problem, start, method):
    result = minimize(problem, start, iterations=5, method=method, progress=False)
    assert len(result.J) == len(result.gradient_norm) == len(result.evaluations) == 6
    _, gradient = problem.cost_and_gradient(result.weights)
    assert result.gradient_norm[-1] == pytest.approx(gradient.norm(), rel=1e-12)


@pytest.mark.parametrize("method", [train, minimize])
def test_seconds_are_those_of_the_iterations(problem, start, method):
    began = perf_counter()
    result = method(problem, start, iterations=5, progress=False)
    assert len(result.seconds) == 6
    assert 0 <= result.seconds[0]
    assert np.all(np.diff(result.seconds) > 0)
    assert result.seconds[-1] < perf_counter() - began


def test_minimize_counts_evaluations(problem, start, monkeypatch):
    calls, evaluate = [], problem.cost_and_gradient
    monkeypatch.setattr(problem, "cost_and_gradient", lambda w: (calls.append(1), evaluate(w))[1])
    result = minimize(problem, start, iterations=20, progress=False)
    assert result.evaluations[0] == 1
    assert result.evaluations[-1] == len(calls)


def test_minimize_interrupted_keeps_everything(problem, start, monkeypatch):
    whole = minimize(problem, start, iterations=20, progress=False)
    evaluate, calls = problem.cost_and_gradient, itertools.count()

    def interrupted(weights):
        if next(calls) == 15:
            raise KeyboardInterrupt
        return evaluate(weights)

    monkeypatch.setattr(problem, "cost_and_gradient", interrupted)
    result = minimize(problem, start, iterations=20, progress=False)
    done = len(result.J) - 1
    assert 5 < done < 20
    assert (result.J == whole.J[: done + 1]).all()
    assert evaluate(result.weights)[0] == result.J[-1]
    assert f"interrupted after iteration {done}" in result.stopped


WRONG = {
    "gamma = 0": (lambda: constant(0), ValueError, ("gamma", "is 0", "> 0")),
    "gamma < 0": (lambda: backtracking(-1.0), ValueError, ("gamma", "is -1", "> 0")),
    "gamma nan": (lambda: armijo(np.nan), ValueError, ("gamma", "nan", "finite")),
    "gamma a string": (lambda: constant("big"), TypeError, ("gamma", "'big'", "number")),
    "gamma a bool": (lambda: constant(True), TypeError, ("gamma", "True", "number")),
    "growth = 1": (lambda: backtracking(growth=1), ValueError, ("growth", "is 1", "> 2")),
    "growth < 1": (lambda: armijo(growth=0.5), ValueError, ("growth", "0.5", ">= 1")),
    "c = 0": (lambda: armijo(c=0), ValueError, ("c", "is 0", "> 0")),
    "problem a data set": (
        lambda: train(disk_in_ring()),
        TypeError,
        ("problem", "TrainingProblem"),
    ),
    "iterations < 0": (lambda: train(small(), iterations=-1), ValueError, ("iterations", "-1")),
    "iterations a float": (
        lambda: train(small(), iterations=1e4),
        TypeError,
        ("iterations", "10000.0", "integer"),
    ),
    "weights of another problem": (
        lambda: train(small(), Weights.zeros(7, 2), progress=False),
        ValueError,
        ("weights", "N_T=7", "N_T=3"),
    ),
    "weights an array": (
        lambda: train(small(), np.zeros((2, 2, 3)), progress=False),
        TypeError,
        ("weights", "Weights"),
    ),
    "step a number": (
        lambda: train(small(), step=0.1, progress=False),
        TypeError,
        ("step", "0.1", "constant"),
    ),
}


def small():
    return TrainingProblem([[0.0], [1.0]], [[1.0], [1.0]], N_T=3)


@pytest.mark.parametrize("wrong, kind, parts", WRONG.values(), ids=WRONG)
def test_errors(wrong, kind, parts):
    with pytest.raises(kind) as error:
        wrong()
    for part in parts:
        assert part in str(error.value), f"{part!r} is not in {error.value}"
