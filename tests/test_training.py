"""train and minimize: what they leave, how they end, what they count."""

import itertools
from time import perf_counter

import numpy as np
import pytest

from neuralode_lib import (
    TrainingProblem,
    Weights,
    armijo,
    constant,
    disk_in_ring,
    gradient_descent,
    minimize,
    patience,
    tanh,
    train,
    training,
)


@pytest.fixture
def lecture():
    data = disk_in_ring()
    return TrainingProblem(data.x_in, data.y_out)


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


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("method", training.METHODS)
@pytest.mark.filterwarnings("error")
def test_every_method_records_its_iterations_and_stops_after_so_many(problem, start, method, kind):
    x_in, y_out = (a.astype(kind) for a in (problem.x_in, problem.y_out))
    problem = TrainingProblem(x_in, y_out, N_T=6, w1=0.5, w2=0.3, activation=tanh)
    result = minimize(problem, start, iterations=5, method=method, progress=False)
    if (method, kind) == ("Newton-CG", np.float32):  # differences of float32 are too rough for it, sooner or later
        assert "Warning" in result.stopped and len(result.J) < 6
    else:
        assert len(result.J) == 6 and result.J[-1] < result.J[0]
    assert len(result.J) == len(result.gradient_norm) == len(result.evaluations)
    J, gradient = problem.cost_and_gradient(result.weights)
    assert result.J[0] == problem.cost(start)
    assert result.J[-1] == J <= result.J[0]
    assert result.gradient_norm[-1] == gradient.norm()
    assert (np.diff(result.evaluations) >= 0).all()


@pytest.mark.parametrize("method", ["TNC", "SLSQP", "trust-constr", "Nelder-Mead", "bfgs", None, min])
def test_other_methods_are_refused_by_name(problem, method):
    with pytest.raises(ValueError, match=r"^method is .*, expected one of L-BFGS-B, CG, BFGS, Newton-CG$"):
        minimize(problem, method=method, progress=False)


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


@pytest.mark.parametrize("method", [train, minimize])
def test_an_interrupt_of_the_first_evaluation_leaves_the_start(problem, start, monkeypatch, method):
    def interrupted(weights):
        raise KeyboardInterrupt

    monkeypatch.setattr(problem, "cost_and_gradient", interrupted)
    result = method(problem, start, iterations=5, progress=False)
    assert result.weights is start
    assert np.isnan([result.J, result.gamma, result.gradient_norm]).all()
    assert (result.evaluations.tolist(), result.seconds.tolist()) == ([0], [0.0])
    assert "interrupted before J was known" in repr(result)


@pytest.mark.parametrize("method", [train, minimize])
def test_an_error_on_the_way_brings_what_was_done(problem, start, monkeypatch, method, capfd):
    whole = method(problem, start, iterations=20, progress=False)
    evaluate, calls = problem.cost_and_gradient, itertools.count()

    def lost(weights):
        if next(calls) == 15:
            raise ConnectionError("the worker is gone")
        return evaluate(weights)

    monkeypatch.setattr(problem, "cost_and_gradient", lost)
    with pytest.raises(ConnectionError, match="the worker is gone") as error:
        method(problem, start, iterations=20)
    history = error.value.history
    done = len(history.J) - 1
    assert 5 < done < 20
    assert (history.J == whole.J[: done + 1]).all()
    assert evaluate(history.weights)[0] == history.J[-1]
    assert history.stopped == f"ended after iteration {done} by ConnectionError: the worker is gone"
    assert "sys.last_value.history" in error.value.__notes__[0]
    assert not training._Bar._instances  # the bar is closed


def test_a_faulty_rule_keeps_the_steps_before_it(problem, start):
    def step(problem, weights, J, gradient, gamma):
        return (weights - 0.05 * gradient, 0.05, 0) if next(steps) < 7 else (weights, None, 0)

    steps = itertools.count()
    with pytest.raises(TypeError, match="the gamma that step returned is None") as error:
        train(problem, start, step=step, progress=False)
    assert (error.value.history.J == train(problem, start, 7, constant(0.05), progress=False).J).all()


def test_an_error_at_the_start_has_no_history(problem, start, monkeypatch):
    monkeypatch.setattr(problem, "cost_and_gradient", lambda weights: 1 / 0)
    with pytest.raises(ZeroDivisionError) as error:
        train(problem, start, progress=False)
    assert not hasattr(error.value, "history")


WRONG = {
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
    "weights complex": (
        lambda: minimize(small(), Weights.zeros(3, 2, complex), progress=False),
        TypeError,
        ("weights", "complex", "real"),
    ),
    "progress a text": (
        lambda: train(small(), progress="no"),
        TypeError,
        ("progress", "'no'", "True or False"),
    ),
    "brackets forgotten": (
        lambda: train(small(), step=armijo, progress=False),
        TypeError,
        ("step", "armijo", "brackets"),
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


def test_patience_is_shorter_in_the_browser_and_says_so(monkeypatch, capsys):
    assert patience(5000, 3000) == 5000 and capsys.readouterr().out == ""
    monkeypatch.setattr("sys.platform", "emscripten")
    assert patience(5000, 3000) == 3000
    assert "3,000 in place of the 5,000 that the text speaks of" in capsys.readouterr().out
    with pytest.raises(TypeError, match="number is 'many'"):
        patience("many", 1)
    with pytest.raises(ValueError, match="fewer is 3, expected an integer <= 2"):
        patience(2, 3)
