"""The checking tools, checked: on functions and sequences whose answer is known."""

import numpy as np
import pytest
from checks import CASE

from neuralode_lib import TrainingProblem, Weights, tanh, verify

POINT = Weights([[[0.7]]], [[-0.4]])
DIRECTION = Weights([[[2.0]]], [[3.0]])


def f(weights):
    """exp(V) sin(b): not a polynomial, and analytic."""
    return np.exp(weights.V[0, 0, 0]) * np.sin(weights.b[0, 0])


GRADIENT = np.exp(0.7) * np.array([np.sin(-0.4), np.cos(-0.4)])
SLOPE = GRADIENT @ [2.0, 3.0]


def test_complex_step_is_exact_to_rounding_for_any_small_h():
    for h in (1e-10, 1e-30, 1e-200):
        assert verify.complex_step(f, POINT, DIRECTION, h) == pytest.approx(SLOPE, rel=1e-14)
    assert verify.complex_step(f, POINT, DIRECTION) == pytest.approx(SLOPE, rel=1e-14)


def test_one_sided_difference_is_first_order_and_central_is_second():
    h = np.array([1e-2, 5e-3, 2.5e-3])
    for quotient, order in ((verify.difference_quotient, 1), (verify.central_difference, 2)):
        errors = [abs(quotient(f, POINT, DIRECTION, step) - SLOPE) for step in h]
        assert verify.observed_order(h, errors) == pytest.approx(order, abs=0.05)


@pytest.mark.parametrize("quotient", [verify.difference_quotient, verify.central_difference])
def test_the_error_of_a_difference_over_h_is_a_V(quotient):
    """It falls with h, then rounding, about eps / h, takes over and it rises."""
    h = 10.0 ** np.arange(-1, -15, -1)
    errors = np.array([abs(quotient(f, POINT, DIRECTION, step) - SLOPE) for step in h])
    best = errors.argmin()
    assert 0 < best < len(h) - 1
    assert errors[0] > 1e3 * errors[best]
    assert errors[-1] > 1e3 * errors[best]
    assert (errors < 100 * (h + 1e-16 / h)).all()


@pytest.mark.parametrize("derivative", [verify.central_difference, verify.complex_step])
def test_numerical_gradient(derivative):
    gradient = verify.numerical_gradient(f, POINT, derivative)
    assert gradient.V.item() == pytest.approx(GRADIENT[0], rel=1e-9)
    assert gradient.b.item() == pytest.approx(GRADIENT[1], rel=1e-9)


def test_numerical_gradient_puts_each_entry_in_its_place():
    coefficients = np.arange(1.0, 1 + 3 * 2 * 3).reshape(3, 2, 3)
    gradient = verify.numerical_gradient(
        lambda w: (coefficients * w.theta).sum(), Weights.zeros(4, 2), verify.complex_step
    )
    assert gradient.theta == pytest.approx(coefficients, rel=1e-15)


@pytest.mark.parametrize("order", [0.5, 1, 2, 4])
def test_observed_order_of_known_sequences(order):
    dt = np.array([0.5, 0.1, 0.04])
    assert verify.observed_order(dt, 7 * dt**order) == pytest.approx(order, rel=1e-12)


def test_observed_order_of_euler_for_a_linear_equation():
    n = 2 ** np.arange(6, 11)
    errors = abs((1 - 1 / n) ** n - np.exp(-1))
    orders = verify.observed_order(1 / n, errors)
    assert len(orders) == 4
    assert orders == pytest.approx(1, abs=0.02)


def test_relative_error():
    assert verify.relative_error(1.1, 1.0) == pytest.approx(0.1)
    assert verify.relative_error([3.0, 4.0], [0.0, 4.0]) == pytest.approx(0.75)
    assert verify.relative_error(1.5 * POINT, POINT) == pytest.approx(0.5)
    assert verify.relative_error(POINT, POINT) == 0


def test_tangent_adjoint_sides_differ_where_the_weights_are_not_those_of_the_adjoint(monkeypatch):
    """The identity can fail: with the transpose lost in the adjoint it does."""
    problem = TrainingProblem(CASE.x_in, CASE.y_out, 1.7, 5, CASE.w1, CASE.w2, tanh)
    weights = Weights(CASE.V, CASE.b)
    direction = Weights.random(5, 3, 1.0, np.random.default_rng(0))
    left, right = verify.tangent_adjoint_sides(problem, weights, direction)
    assert right == pytest.approx(left, rel=1e-12)
    left, right = verify.tangent_adjoint_sides(problem, (1 + 0.3j) * weights, direction)
    assert left.imag != 0 and right == pytest.approx(left, rel=1e-12)

    right_adjoint = verify.adjoint

    def transpose_lost(weights, *arguments):
        return right_adjoint(Weights(np.swapaxes(weights.V, 1, 2), weights.b), *arguments)

    monkeypatch.setattr(verify, "adjoint", transpose_lost)
    left, right = verify.tangent_adjoint_sides(problem, weights, direction)
    assert abs(right - left) > 0.01 * abs(left)


POINTS = {"difference_quotient": 1e-5, "central_difference": 1e-5, "complex_step": 1e-30}
ALONG = {
    "f None": ({"f": None}, TypeError, "^f is None, expected a function of Weights"),
    "f returns None": ({"f": lambda w: None}, TypeError, "^what f returned is None, expected numbers"),
    "f of two": ({"f": lambda w, h: 0.0}, TypeError, r"^f is the function <lambda>\(w, h\), expected a function"),
    "weights None": ({"weights": None}, TypeError, "^weights is None, expected numbers"),
    "another direction": ({"direction": Weights.zeros(3, 1)}, ValueError, r"^direction is Weights\(.* like weights"),
    "an array for it": ({"direction": np.ones((1, 1, 2))}, ValueError, r"^direction is array.* like weights, Weights"),
    "h = 0": ({"h": 0}, ValueError, "^h is 0, expected a number other than 0"),
    "h nan": ({"h": np.nan}, ValueError, "^h is nan, expected a finite number"),
}


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize("wrong, error, message", ALONG.values(), ids=ALONG)
def test_arguments_that_give_no_derivative(name, wrong, error, message):
    with pytest.raises(error, match=message):
        getattr(verify, name)(**{"f": f, "weights": POINT, "direction": DIRECTION, "h": POINTS[name]} | wrong)


def test_a_state_has_derivatives_too():
    def square(x):
        return x @ x

    assert verify.complex_step(square, np.array([1.0, 2.0]), np.array([0.0, 1.0])) == 4


def test_a_step_to_the_left():
    assert verify.difference_quotient(f, POINT, DIRECTION, -1e-7) == pytest.approx(SLOPE, abs=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: verify.numerical_gradient(f, POINT.theta), TypeError, "^weights is array.* expected a Weights"),
        (lambda: verify.numerical_gradient(f, POINT, 3), TypeError, "^derivative is 3, expected central_difference"),
        (lambda: verify.numerical_gradient(lambda w: w.theta, POINT), ValueError, "^the derivative of f has shape"),
        (lambda: verify.tangent_adjoint_sides(None, POINT, POINT), TypeError, "^problem is None, expected a Train"),
        (lambda: verify.relative_error([1.0, 2.0], [1.0]), ValueError, r"^value has shape \(2,\), expected \(1,\)"),
        (lambda: verify.relative_error(POINT, 1.0), ValueError, r"^value has shape \(1, 1, 2\), expected \(\)"),
        (lambda: verify.relative_error(None, 1.0), TypeError, "^value is None, expected numbers"),
        (lambda: verify.relative_error(1.0, 0.0), ValueError, "^reference is zero"),
        (lambda: verify.observed_order([0.1, 0.05], [1.0]), ValueError, r"^errors has shape \(1,\), expected \(2,\)"),
        (lambda: verify.observed_order([0.1, 0.05], [1.0, 0.0]), ValueError, "^errors is .*expected positive numbers"),
        (lambda: verify.relative_error(1.0, np.inf), ValueError, "^reference is not finite"),
        (lambda: verify.observed_order([0.1, 0.1], [1.0, 2.0]), ValueError, "^dt is .*expected neighbours that differ"),
        (lambda: verify.observed_order([0.1, -0.05], [1.0, 2.0]), ValueError, "^dt is .*expected positive numbers"),
    ],
)
def test_what_cannot_be_compared(call, error, message):
    with pytest.raises(error, match=message):
        call()
