"""Errors of resnet.py and Weights: each names the argument, what was expected and what came."""

from dataclasses import replace
from fractions import Fraction

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
    "dt not finite": (lambda: forward(WEIGHTS, X_IN, np.nan, tanh), ("dt", "nan", "finite", "> 0")),
    "dt zero": (lambda: tangent(WEIGHTS, X, 0, tanh, WEIGHTS), ("dt", "is 0", "> 0")),
    "dt negative": (lambda: adjoint(WEIGHTS, X, Y_OUT, -DT, W1, tanh), ("dt", "-0.1", "> 0")),
    "w1 negative": (lambda: cost(WEIGHTS, X, Y_OUT, DT, -W1, W2), ("w1", "-1.0", ">= 0")),
    "w2 infinite": (lambda: gradient(WEIGHTS, X, PHI, DT, np.inf, tanh), ("w2", "inf", "finite")),
    "theta of another shape": (lambda: Weights.from_theta(np.zeros((3, 2, 2))), ("theta", "(3, 2, 2)", "d + 1")),
    "theta of no layer": (lambda: Weights.from_theta(np.zeros((0, 2, 3))), ("theta", "(0, 2, 3)")),
    "scale < 0": (lambda: Weights.random(3, 2, -1.0, RNG), ("scale", "-1.0", ">= 0")),
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
    "weights None": (lambda: forward(None, X_IN, DT, tanh), ("weights", "None", "Weights.zeros(N_T, d)")),
    "weights a pair": (lambda: cost((WEIGHTS.V, WEIGHTS.b), X, Y_OUT, DT, W1, W2), ("weights", "a Weights")),
    "weights the class": (lambda: gradient(Weights, X, PHI, DT, W2, tanh), ("weights", "a Weights")),
    "direction an array": (lambda: tangent(WEIGHTS, X, DT, tanh, WEIGHTS.theta), ("direction", "a Weights")),
    "activation a string": (lambda: forward(WEIGHTS, X_IN, DT, "tanh"), ("activation", "'tanh'", "relu")),
    "activation a function": (lambda: adjoint(WEIGHTS, X, Y_OUT, DT, W1, np.tanh), ("activation", "tanh")),
    "dt a string": (lambda: forward(WEIGHTS, X_IN, "0.1", tanh), ("dt", "'0.1'", "number")),
    "dt an array": (lambda: adjoint(WEIGHTS, X, Y_OUT, np.ones((2, 1)), W1, tanh), ("dt", "number")),
    "w1 a list": (lambda: adjoint(WEIGHTS, X, Y_OUT, DT, [1.0], tanh), ("w1", "[1.0]", "number")),
    "w2 None": (lambda: cost(WEIGHTS, X, Y_OUT, DT, W1, None), ("w2", "None", "number")),
    "x_in masked": (lambda: forward(WEIGHTS, np.ma.array(X_IN, mask=X_IN > 0), DT, tanh), ("x_in", "masked")),
    "V masked": (lambda: Weights(np.ma.array(WEIGHTS.V), WEIGHTS.b), ("V", "masked")),
    "dtype int": (lambda: Weights.zeros(5, 2, int), ("dtype", "int", "float32, float64, complex64, complex128")),
    "dtype bool": (lambda: Weights.zeros(5, 2, bool), ("dtype", "bool")),
    "dtype object": (lambda: Weights.zeros(5, 2, object), ("dtype", "object")),
    "dtype a string": (lambda: Weights.zeros(5, 2, "many"), ("dtype", "'many'")),
    "dtype float16": (lambda: Weights.zeros(5, 2, np.float16), ("dtype", "float16")),
    "theta None": (lambda: Weights.from_theta(None), ("theta", "None", "array of float32")),
    "theta of integers": (lambda: Weights.from_theta(np.zeros((3, 2, 3), int)), ("theta", "int64", "float64")),
    "dot with a number": (lambda: WEIGHTS.dot(1), ("other", "1", "Weights")),
    "a number added": (lambda: WEIGHTS + 1, ("1", "Weights")),
    "subtracted from an array": (lambda: WEIGHTS.theta - WEIGHTS, ("array", "Weights")),
    "scale a string": (lambda: Weights.random(3, 2, "1", RNG), ("scale", "'1'", "number")),
}


@pytest.mark.parametrize("wrong, parts", WRONG_TYPE.values(), ids=WRONG_TYPE)
def test_type_errors(wrong, parts):
    with pytest.raises(TypeError) as error:
        wrong()
    assert_says(error, *parts)


@pytest.mark.parametrize(
    "wrong", [lambda: 1 - WEIGHTS, lambda: WEIGHTS * WEIGHTS, lambda: np.ones(2) * WEIGHTS, lambda: WEIGHTS * "2"]
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


def test_minus_weights():
    assert ((-WEIGHTS).theta == -WEIGHTS.theta).all() and (WEIGHTS + -WEIGHTS).norm() == 0


def test_repr_says_sizes_and_norm():
    assert repr(Weights([[[3.0]]], [[4.0]])) == "Weights(N_T=2, d=1, norm=5)"


@pytest.mark.parametrize("half", [Fraction(1, 2), np.float32(0.5), np.float64(0.5), np.longdouble(0.5), 0.5 + 0j])
def test_a_factor_is_any_number_and_keeps_the_kind_of_the_weights(half):
    for weights in (WEIGHTS, Weights.from_theta(WEIGHTS.theta.astype(np.float32))):
        scaled = half * weights
        assert np.array_equal(scaled.theta, weights.theta / 2)
        if not isinstance(half, complex):
            assert scaled.theta.dtype == weights.theta.dtype


def test_any_real_number_will_do_for_dt():
    assert np.array_equal(forward(WEIGHTS, X_IN, Fraction(1, 2), tanh), forward(WEIGHTS, X_IN, 0.5, tanh))


def test_the_norm_of_float32_does_not_overflow():
    assert Weights([[[3e30]]], [[4e30]]).norm() == pytest.approx(5e30)
    theta = np.array([[[3e30, 4e30]]], np.float32)
    assert Weights.from_theta(theta).norm() == pytest.approx(5e30)


@pytest.mark.parametrize("field", ["sigma", "dsigma"])
def test_an_activation_that_writes_into_its_argument_is_stopped(field):
    def writes(x):
        x[x < 0] = 0
        return x

    activation = replace(tanh, dsigma_of_sigma=None, **{field: writes})
    x_in, x = X_IN.copy(), X.copy()
    with pytest.raises(ValueError, match="read-only"):
        adjoint(WEIGHTS, x if field == "dsigma" else forward(WEIGHTS, x_in, DT, activation), Y_OUT, DT, W1, activation)
    assert np.array_equal(x_in, X_IN) and np.array_equal(x, X)


def test_the_adjoint_of_complex_weights_is_complex():
    phi = adjoint(1j * WEIGHTS, X, Y_OUT, DT, W1, tanh)
    assert np.iscomplexobj(phi) and np.any(phi.imag)
