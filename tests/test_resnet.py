"""Errors of resnet.py and Weights: each names the argument, what was expected and what came."""

import numpy as np
import pytest

from neuralode_lib import Weights, adjoint, cost, forward, gradient, tangent, tanh

DT, W1, W2 = 0.1, 1.0, 1.0
RNG = np.random.default_rng(0)
WEIGHTS = Weights.random(4, 2, 1.0, RNG)  # 3 layers, d = 2
OTHER = Weights.random(5, 2, 1.0, RNG)
X_IN, Y_OUT = RNG.standard_normal((2, 2, 6))
X = forward(WEIGHTS, X_IN, DT, tanh)
PHI = adjoint(WEIGHTS, X, Y_OUT, DT, W1, tanh)
NAN = np.where(np.arange(12).reshape(2, 6) == 9, np.nan, X_IN)


def assert_says(error, *parts):
    for part in parts:
        assert part in str(error.value), f"{part!r} is not in {error.value}"


WRONG = {
    "x_in as rows": (
        lambda: forward(WEIGHTS, X_IN.T, DT, tanh),
        ("x_in", "(6, 2)", "(2, I)", "Did you mean x_in.T?"),
    ),
    "x_in with three rows": (
        lambda: forward(WEIGHTS, np.zeros((3, 6)), DT, tanh),
        ("x_in", "(3, 6)", "(2, I)"),
    ),
    "x_in a vector": (
        lambda: forward(WEIGHTS, np.zeros(2), DT, tanh),
        ("x_in", "(2,)", "(2, I)"),
    ),
    "x_in not finite": (
        lambda: forward(WEIGHTS, NAN, DT, tanh),
        ("x_in", "not finite", "[1, 3]", "nan"),
    ),
    "x_in infinite": (
        lambda: forward(WEIGHTS, [[1.0], [-np.inf]], DT, tanh),
        ("x_in", "not finite", "[1, 0]", "-inf"),
    ),
    "y_out as rows": (
        lambda: cost(WEIGHTS, X, Y_OUT.T, DT, W1, W2),
        ("y_out", "(6, 2)", "(2, 6)", "Did you mean y_out.T?"),
    ),
    "y_out with a sample less": (
        lambda: adjoint(WEIGHTS, X, Y_OUT[:, 1:], DT, W1, tanh),
        ("y_out", "(2, 5)", "(2, 6)"),
    ),
    "x of other weights, cost": (
        lambda: cost(OTHER, X, Y_OUT, DT, W1, W2),
        ("x ", "(4, 2, 6)", "(5, 2, I)", "forward"),
    ),
    "x of other weights, tangent": (
        lambda: tangent(OTHER, X, DT, tanh, OTHER),
        ("x ", "(4, 2, 6)", "(5, 2, I)", "forward"),
    ),
    "x of other weights, adjoint": (
        lambda: adjoint(OTHER, X, Y_OUT, DT, W1, tanh),
        ("x ", "(4, 2, 6)", "(5, 2, I)", "forward"),
    ),
    "the last states only": (
        lambda: cost(WEIGHTS, X[-1], Y_OUT, DT, W1, W2),
        ("x ", "(2, 6)", "(4, 2, I)"),
    ),
    "one phi for each state": (
        lambda: gradient(WEIGHTS, X, np.zeros_like(X), DT, W2, tanh),
        ("phi", "(4, 2, 6)", "(3, 2, 6)", "layer"),
    ),
    "direction with too few layers": (
        lambda: tangent(WEIGHTS, X, DT, tanh, Weights.zeros(3, 2)),
        ("direction", "N_T=3", "N_T=4"),
    ),
    "direction with too many layers": (
        lambda: tangent(WEIGHTS, X, DT, tanh, OTHER),
        ("direction", "N_T=5", "N_T=4"),
    ),
    "V not square": (
        lambda: Weights(np.zeros((3, 2, 4)), np.zeros((3, 2))),
        ("V", "(3, 2, 4)", "(N_T - 1, d, d)"),
    ),
    "V of one layer as a matrix": (
        lambda: Weights(np.eye(2), np.zeros(2)),
        ("V", "(2, 2)", "(N_T - 1, d, d)"),
    ),
    "V without layers": (
        lambda: Weights(np.zeros((0, 2, 2)), np.zeros((0, 2))),
        ("V", "(0, 2, 2)", "(N_T - 1, d, d)"),
    ),
    "b of other layers": (
        lambda: Weights(np.zeros((3, 2, 2)), np.zeros((4, 2))),
        ("b", "(4, 2)", "(3, 2)", "3 layers"),
    ),
    "V not finite": (
        lambda: Weights([[[1.0, np.inf], [0, 0]]], [[0, 0]]),
        ("V", "not finite", "[0, 0, 1]", "inf"),
    ),
    "sum of different weights": (lambda: WEIGHTS + OTHER, ("fit", "N_T=4", "N_T=5")),
    "difference of different weights": (lambda: OTHER - WEIGHTS, ("fit", "N_T=4", "N_T=5")),
    "product of different weights": (lambda: WEIGHTS.dot(OTHER), ("fit", "N_T=4", "N_T=5")),
    "N_T too small": (lambda: Weights.zeros(1, 2), ("N_T", "1", ">= 2")),
    "no dimension": (lambda: Weights.zeros(3, 0), ("d", "0", ">= 1")),
    "scale not finite": (lambda: Weights.random(3, 2, np.nan, RNG), ("scale", "nan", "finite")),
}


@pytest.mark.parametrize("wrong, parts", WRONG.values(), ids=WRONG)
def test_value_errors(wrong, parts):
    with pytest.raises(ValueError) as error:
        wrong()
    assert_says(error, *parts)


WRONG_TYPE = {
    "x_in a string": (lambda: forward(WEIGHTS, "data.csv", DT, tanh), ("x_in", "numbers")),
    "x_in strings": (lambda: forward(WEIGHTS, [["1"], ["2"]], DT, tanh), ("x_in", "numbers")),
    "x_in None": (lambda: forward(WEIGHTS, None, DT, tanh), ("x_in", "numbers")),
    "x_in ragged": (lambda: forward(WEIGHTS, [[1, 2], [3]], DT, tanh), ("x_in", "numbers")),
    "V a string": (lambda: Weights("V", np.zeros((3, 2))), ("V", "numbers")),
    "b None": (lambda: Weights(np.zeros((3, 2, 2)), None), ("b", "numbers")),
    "V ragged": (lambda: Weights([[[1, 2], [3]]], [[0, 0]]), ("V", "numbers")),
    "N_T a float": (lambda: Weights.zeros(101.0, 2), ("N_T", "101.0", "integer")),
    "N_T a bool": (lambda: Weights.zeros(True, 2), ("N_T", "True", "integer")),
    "d None": (lambda: Weights.zeros(3, None), ("d", "None", "integer")),
    "a seed for the generator": (
        lambda: Weights.random(3, 2, 1.0, 0),
        ("rng", "0", "np.random.default_rng(seed)"),
    ),
    "scale a string": (lambda: Weights.random(3, 2, "1", RNG), ("scale", "'1'", "number")),
}


@pytest.mark.parametrize("wrong, parts", WRONG_TYPE.values(), ids=WRONG_TYPE)
def test_type_errors(wrong, parts):
    with pytest.raises(TypeError) as error:
        wrong()
    assert_says(error, *parts)


@pytest.mark.parametrize(
    "wrong", [lambda: WEIGHTS + 1, lambda: 1 - WEIGHTS, lambda: WEIGHTS * WEIGHTS]
)
def test_weights_combine_with_weights_and_scale_by_numbers_only(wrong):
    with pytest.raises(TypeError):
        wrong()


def test_random_weights_have_the_scale_and_follow_the_generator():
    a, b = (Weights.random(2000, 2, 0.3, np.random.default_rng(5)) for _ in range(2))
    assert (a.theta == b.theta).all()
    assert a.theta.std() == pytest.approx(0.3, rel=0.05)
    assert abs(a.theta.mean()) < 0.02


def test_integers_and_lists_will_do():
    weights = Weights([[[1, 0], [0, 1]]], [[1, -1]])
    assert forward(weights, [[1], [2]], 1, tanh)[1] == pytest.approx(
        np.array([[1 + np.tanh(1) + 1], [2 + np.tanh(2) - 1]])
    )


def test_no_samples_no_states():
    assert forward(WEIGHTS, np.zeros((2, 0)), DT, tanh).shape == (4, 2, 0)


def test_repr_says_sizes_and_norm():
    assert repr(Weights([[[3.0]]], [[4.0]])) == "Weights(N_T=2, d=1, norm=5)"
