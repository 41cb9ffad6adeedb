"""TrainingProblem: what it takes, what it refuses, and that overflow is quiet."""

import numpy as np
import pytest
from checks import assert_close

from neuralode_lib import TrainingProblem, Weights, relu, tanh

X_IN, Y_OUT = np.random.default_rng(0).standard_normal((2, 2, 6))

WRONG = {
    "y_out as rows": (lambda: TrainingProblem(X_IN, Y_OUT.T), ("y_out", "(6, 2)", "(2, 6)", "one sample a row?")),
    "x_in as rows": (lambda: TrainingProblem(X_IN.T, Y_OUT), ("x_in", "(6, 2)", "(2, 6)", "one of them")),
    "a target less": (lambda: TrainingProblem(X_IN, Y_OUT[:, 1:]), ("y_out", "(2, 5)", "(2, 6)")),
    "x_in a vector": (lambda: TrainingProblem(X_IN[0], Y_OUT[0]), ("x_in", "(6,)", "(d, I)")),
    "no samples": (
        lambda: TrainingProblem(np.zeros((2, 0)), np.zeros((2, 0))),
        ("x_in", "(2, 0)", "empty"),
    ),
    "no coordinates": (
        lambda: TrainingProblem(np.zeros((0, 2)), np.zeros((0, 2))),
        ("x_in", "(0, 2)", "empty"),
    ),
    "x_in not finite": (
        lambda: TrainingProblem([[0.0, np.nan]], [[0.0, 1.0]]),
        ("x_in", "[0, 1]", "nan", "not finite"),
    ),
    "y_out not finite": (
        lambda: TrainingProblem([[0.0, 1.0]], [[np.inf, 1.0]]),
        ("y_out", "[0, 0]", "inf", "not finite"),
    ),
    "N_T = 1": (lambda: TrainingProblem(X_IN, Y_OUT, N_T=1), ("N_T", "is 1", ">= 2")),
    "T = 0": (lambda: TrainingProblem(X_IN, Y_OUT, T=0), ("T", "is 0", "> 0")),
    "T < 0": (lambda: TrainingProblem(X_IN, Y_OUT, T=-2.0), ("T", "is -2", "> 0")),
    "T infinite": (lambda: TrainingProblem(X_IN, Y_OUT, T=np.inf), ("T", "is inf", "finite")),
    "w1 < 0": (lambda: TrainingProblem(X_IN, Y_OUT, w1=-0.01), ("w1", "is -0.01", ">= 0")),
    "w2 < 0": (lambda: TrainingProblem(X_IN, Y_OUT, w2=-1), ("w2", "is -1", ">= 0")),
    "dt = 0 after rounding": (lambda: TrainingProblem(X_IN, Y_OUT, T=5e-324), ("T / (N_T - 1)", "is 0.0", "> 0")),
    "N_T beyond all arrays": (lambda: TrainingProblem(X_IN, Y_OUT, N_T=10**400), ("N_T", "1000", "<= ")),
    "w2 nan": (lambda: TrainingProblem(X_IN, Y_OUT, w2=np.nan), ("w2", "is nan", "finite")),
    "weights with other layers": (
        lambda: TrainingProblem(X_IN, Y_OUT, N_T=5).cost(Weights.zeros(101, 2)),
        ("weights", "another problem", "N_T=101", "N_T=5"),
    ),
    "weights with other d": (
        lambda: TrainingProblem(X_IN, Y_OUT, N_T=5).cost_and_gradient(Weights.zeros(5, 3)),
        ("weights", "another problem", "d=3", "d=2"),
    ),
    "states with other weights": (
        lambda: TrainingProblem(X_IN, Y_OUT, N_T=5).states(Weights.zeros(4, 2)),
        ("weights", "another problem", "N_T=4", "N_T=5"),
    ),
    "a direction of another problem": (
        lambda: TrainingProblem(X_IN, Y_OUT).hessian_vector(Weights.zeros(101, 2), Weights.zeros(7, 2)),
        ("direction", "N_T=7", "N_T=101"),
    ),
}

WRONG_TYPE = {
    "x_in None": (lambda: TrainingProblem(None, Y_OUT), ("x_in", "numbers")),
    "x_in strings": (lambda: TrainingProblem([["a", "b"]], [[0, 1]]), ("x_in", "numbers")),
    "x_in ragged": (lambda: TrainingProblem([[0, 1], [2]], Y_OUT), ("x_in", "numbers")),
    "y_out ragged": (lambda: TrainingProblem(X_IN, [[0, 1], [2]]), ("y_out", "numbers")),
    "x_in complex": (lambda: TrainingProblem(1j * X_IN, Y_OUT), ("x_in", "complex")),
    "y_out complex": (lambda: TrainingProblem(X_IN, 1j * Y_OUT), ("y_out", "complex")),
    "T a string": (lambda: TrainingProblem(X_IN, Y_OUT, T="1"), ("T", "'1'", "number")),
    "T None": (lambda: TrainingProblem(X_IN, Y_OUT, T=None), ("T", "None", "number")),
    "N_T a float": (lambda: TrainingProblem(X_IN, Y_OUT, N_T=10.0), ("N_T", "10.0", "integer")),
    "N_T a bool": (lambda: TrainingProblem(X_IN, Y_OUT, N_T=True), ("N_T", "True", "integer")),
    "w1 a bool": (lambda: TrainingProblem(X_IN, Y_OUT, w1=True), ("w1", "True", "number")),
    "w2 a list": (lambda: TrainingProblem(X_IN, Y_OUT, w2=[0.1]), ("w2", "[0.1]", "number")),
    "w1 complex": (lambda: TrainingProblem(X_IN, Y_OUT, w1=1j), ("w1", "1j", "number")),
    "x_in masked": (lambda: TrainingProblem(np.ma.array(X_IN), Y_OUT), ("x_in", "masked")),
    "samples ragged": (
        lambda: TrainingProblem(X_IN, Y_OUT).cost_and_gradient(Weights.zeros(101, 2), [[0], [1, 2]]),
        ("samples", "not an array of indices"),
    ),
    "samples masked": (
        lambda: TrainingProblem(X_IN, Y_OUT).cost_and_gradient(Weights.zeros(101, 2), np.ma.array([0, 1])),
        ("samples", "masked"),
    ),
    "complex weights for the Hessian": (
        lambda: TrainingProblem(X_IN, Y_OUT).hessian_vector(Weights.zeros(101, 2, complex), Weights.zeros(101, 2)),
        ("weights", "complex", "real"),
    ),
    "complex weights": (
        lambda: TrainingProblem(X_IN, Y_OUT).cost_and_gradient(Weights.zeros(101, 2, complex)),
        ("weights", "complex", "real"),
    ),
    "unknown activation": (
        lambda: TrainingProblem(X_IN, Y_OUT, activation="sigmoid"),
        ("activation", "'sigmoid'", "tanh", "relu"),
    ),
    "a function as activation": (
        lambda: TrainingProblem(X_IN, Y_OUT, activation=np.tanh),
        ("activation", "tanh", "relu"),
    ),
    "weights as an array": (
        lambda: TrainingProblem(X_IN, Y_OUT, N_T=5).cost(np.zeros((4, 2, 3))),
        ("weights", "Weights"),
    ),
    "weights None": (
        lambda: TrainingProblem(X_IN, Y_OUT).cost_and_gradient(None),
        ("weights", "None", "Weights"),
    ),
}


@pytest.mark.parametrize("wrong, parts", WRONG.values(), ids=WRONG)
def test_value_errors(wrong, parts):
    with pytest.raises(ValueError) as error:
        wrong()
    for part in parts:
        assert part in str(error.value), f"{part!r} is not in {error.value}"


@pytest.mark.parametrize("wrong, parts", WRONG_TYPE.values(), ids=WRONG_TYPE)
@pytest.mark.filterwarnings("error")
def test_type_errors(wrong, parts):
    with pytest.raises(TypeError) as error:
        wrong()
    for part in parts:
        assert part in str(error.value), f"{part!r} is not in {error.value}"


def test_defaults_are_the_lecture_s():
    problem = TrainingProblem(X_IN, Y_OUT)
    assert (problem.T, problem.N_T, problem.w1, problem.w2) == (1.0, 101, 0.01, 0.01)
    assert problem.activation is relu
    assert problem.dt == pytest.approx(0.01, rel=1e-15)
    assert (problem.d, problem.I) == (2, 6)


def test_the_problem_keeps_its_own_data():
    x_in = X_IN.copy()
    problem = TrainingProblem(x_in, Y_OUT, N_T=3)
    J = problem.cost(Weights.zeros(3, 2))
    x_in[:] = 7.0
    assert problem.cost(Weights.zeros(3, 2)) == J
    assert (problem.states(Weights.zeros(3, 2)) == X_IN).all()


def test_lists_and_integers_will_do():
    problem = TrainingProblem([[0, 1]], [[1, 3]], T=1, N_T=np.int64(3), w1=0, w2=np.float32(0.5))
    assert problem.cost(Weights.zeros(3, 1)) == (1 + 4) / 2


@pytest.mark.parametrize("name", "x_in y_out T N_T w1 w2 activation chunk executor dt t".split())
def test_a_problem_does_not_change(name):
    problem = TrainingProblem(X_IN, Y_OUT, N_T=3)
    with pytest.raises(AttributeError, match=rf"^{name} of a TrainingProblem is read-only: make a new one"):
        setattr(problem, name, 5.0)
    for a in (problem.x_in, problem.y_out, problem.t):
        with pytest.raises(ValueError, match="read-only"):
            a[:] = 0
    problem.note = "what else is kept there is free"


def test_cost_terms_are_named_and_add_up():
    problem = TrainingProblem(X_IN, Y_OUT, N_T=5, w1=0.3, w2=0.8, activation=tanh)
    weights = Weights.random(5, 2, 1.0, np.random.default_rng(1))
    terms = problem.cost_terms(weights)
    assert_close(terms.terminal + terms.running + terms.weights, problem.cost(weights))
    assert min(terms) > 0


@pytest.mark.parametrize("size", [1e60, 1e200])
@pytest.mark.filterwarnings("error")
def test_overflow_is_quiet_and_shows_in_J(size):
    problem = TrainingProblem(X_IN, Y_OUT, N_T=20)
    weights = size * Weights.random(20, 2, 1.0, np.random.default_rng(1))
    J, _ = problem.cost_and_gradient(weights)
    assert not np.isfinite(J)
    assert not np.isfinite(problem.cost(weights))
    assert not np.isfinite(sum(problem.cost_terms(weights)))
    assert np.isfinite(problem.cost_and_gradient(Weights.zeros(20, 2))[0])  # nothing is left over


def test_repr_says_the_sizes():
    assert repr(TrainingProblem(X_IN, Y_OUT, N_T=11)).startswith(
        "TrainingProblem(d=2, I=6, T=1, N_T=11"
    )
