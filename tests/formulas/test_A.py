"""12.A: deep residual networks and neural ODEs. The id of the formula is in the test's name."""

import numpy as np
import pytest
from checks import assert_close

from neuralode_lib import (
    TrainingProblem,
    Weights,
    constant,
    disk_in_ring,
    forward,
    relu,
    tanh,
    train,
)


def one_hidden_layer(V, W, b, c, x, sigma):
    return V @ sigma(W @ x + c) + b


def test_A1_one_hidden_layer_by_hand():
    W, c = np.array([[1, -1], [2, 0], [0, 1]]), np.array([[0], [1], [-3]])
    V, b = np.array([[1, 2, 3], [1, -1, 5]]), np.array([[1], [0]])
    x = np.array([[1, 4], [2, 5]])  # two samples: W x + c = (-1, 3, -1) and (-1, 9, 2)
    assert one_hidden_layer(V, W, b, c, x, relu.sigma).tolist() == [[7, 25], [-3, 1]]


def test_A2_four_times_the_width_a_tenth_of_the_error():
    def f(x):
        return np.sin(3 * x) + np.abs(x)  # the kink keeps the error off rounding level

    rng = np.random.default_rng(0)
    W, c = 5 * rng.standard_normal((64, 1)), 5 * rng.uniform(-1, 1, (64, 1))
    x, fresh = np.linspace(-1, 1, 400), np.linspace(-1, 1, 1357)

    def error(width):
        def features(x):
            return np.vstack([tanh.sigma(W[:width] * x + c[:width]), np.ones_like(x)]).T

        V_and_b = np.linalg.lstsq(features(x), f(x), rcond=None)[0]
        return np.sqrt(np.mean((features(fresh) @ V_and_b - f(fresh)) ** 2))

    errors = [error(width) for width in (1, 4, 16, 64)]
    assert errors[1] < errors[0] / 2
    assert errors[2] < errors[1] / 10
    assert errors[3] < errors[2] / 5


def test_A3_deep_network_by_hand():
    V = np.array([[[1, -1], [2, 1]], [[3, -1], [1, 1]]])
    b = np.array([[-3, 0], [1, -9]])
    x = np.array([2, -1])
    for V_k, b_k in zip(V, b, strict=True):
        x = V_k @ relu.sigma(x) + b_k
    # sigma(x_0) = (2, 0), x_1 = (2, 4) + (-3, 0) = (-1, 4)
    # sigma(x_1) = (0, 4), x_2 = (-4, 4) + (1, -9) = (-3, -5)
    assert x.tolist() == [-3, -5]


def test_A4_resnet_layer_is_an_euler_step_with_V_scaled_by_dt():
    rng, dt = np.random.default_rng(0), 0.3
    weights, x_in = Weights.random(5, 2, 1.0, rng), rng.standard_normal((2, 3))
    x = [x_in]
    for V_k, b_k in zip(dt * weights.V, dt * weights.b, strict=True):  # V_k makes x_k from x_{k-1}
        x.append(x[-1] + V_k @ np.tanh(x[-1]) + b_k[:, None])
    assert_close(forward(weights, x_in, dt, tanh), x)


def test_A5_euler_solves_the_neural_ode_with_global_order_one(ode, discretised, assert_first_order):
    def error_at_T(layers):
        problem, weights = discretised(layers)
        return np.abs(problem.states(weights)[-1] - ode.x(ode.T)).max()

    assert_first_order(error_at_T)


def test_A5_one_step_has_local_order_two(ode):
    dt = np.array([0.02, 0.01, 0.005])
    weights = Weights([ode.V(0)], [ode.b(0)])
    errors = [np.abs(forward(weights, ode.x_in, h, tanh)[1] - ode.x(h)).max() for h in dt]
    assert np.diff(np.log(errors)) / np.diff(np.log(dt)) == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("term", [0, 1, 2], ids=["terminal", "running", "weights"])
def test_A6_each_term_of_the_discrete_J_converges_to_the_integral(
    ode, discretised, assert_first_order, term
):
    def error(layers):
        problem, weights = discretised(layers)
        return abs(problem.cost_terms(weights)[term] - ode.terms[term])

    assert_first_order(error)


def test_A6_discrete_J_converges(ode, discretised, assert_first_order):
    def error(layers):
        problem, weights = discretised(layers)
        return abs(problem.cost(weights) - sum(ode.terms))

    assert_first_order(error)


def test_A7_frobenius_norm():
    V = np.array([[[1.0, 2.0], [-3.0, 4.0]], [[0.0, 5.0], [6.0, -7.0]]])
    weights = Weights(V, np.zeros((2, 2)))
    by_trace = sum(np.trace(V_k.T @ V_k) for V_k in V)
    assert by_trace == 1 + 4 + 9 + 16 + 25 + 36 + 49
    assert weights.norm() ** 2 == pytest.approx(by_trace, rel=1e-14)
    assert weights.dot(weights) == pytest.approx(by_trace, rel=1e-14)


def test_A8_trained_points_end_nearest_their_own_target():
    data = disk_in_ring()
    problem = TrainingProblem(data.x_in, data.y_out, N_T=21)
    x_T = problem.states(
        train(problem, iterations=3000, step=constant(0.2), progress=False).weights
    )[-1]
    blue, red = np.array([[0], [1]]), np.array([[2], [1]])
    nearer_red = np.linalg.norm(x_T - red, axis=0) < np.linalg.norm(x_T - blue, axis=0)
    assert (nearer_red == (data.label == 1)).all()
    assert np.linalg.norm(x_T - data.y_out, axis=0).max() < 0.6


def test_A8_untrained_points_do_not():
    data = disk_in_ring()
    x_T = TrainingProblem(data.x_in, data.y_out).states(Weights.zeros(101, 2))[-1]
    assert (x_T == data.x_in).all()
    assert (
        x_T[0] > 1
    ).sum() < 10  # the red target is at 2, so nearly all red points are nearer the blue one
