"""What holds for every problem, also for d = 1, one sample, two grid points, w1 = 0, w2 = 0."""

import numpy as np
import pytest
from checks import assert_close, assert_fused_is_textbook
from hypothesis import given
from hypothesis import strategies as st

from neuralode_lib import (
    TrainingProblem,
    Weights,
    adjoint,
    armijo,
    backtracking,
    constant,
    cost,
    forward,
    gradient,
    relu,
    tangent,
    tanh,
    train,
    verify,
)

tanh_only = st.just(tanh)
tanh_and_relu = st.sampled_from([tanh, relu])
penalty = st.sampled_from([0.0, 0.01, 1.0]) | st.floats(0.0, 3.0)


@st.composite
def problems(draw, activations=tanh_and_relu):
    """A problem, weights of any size from zero on, and a direction."""
    d, samples, N_T = draw(st.integers(1, 4)), draw(st.integers(1, 5)), draw(st.integers(2, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    problem = TrainingProblem(
        rng.standard_normal((d, samples)),
        rng.standard_normal((d, samples)),
        T=draw(st.floats(0.1, 3.0)),
        N_T=N_T,
        w1=draw(penalty),
        w2=draw(penalty),
        activation=draw(activations),
    )
    weights = Weights.random(N_T, d, draw(st.sampled_from([0.0, 0.1, 1.0, 3.0])), rng)
    return problem, weights, Weights.random(N_T, d, 1.0, rng)


def of_samples(problem, samples, w2=None):
    """The same problem with these samples only."""
    p = problem
    w2 = p.w2 if w2 is None else w2
    return TrainingProblem(
        p.x_in[:, samples], p.y_out[:, samples], p.T, p.N_T, p.w1, w2, p.activation
    )


def other_layer(weights, k, rng):
    theta = weights.theta.copy()
    theta[k] += 1 + rng.random(theta[k].shape)
    return Weights.from_theta(theta)


@given(problems())
def test_fused_is_textbook(case):
    problem, weights, direction = case
    assert_fused_is_textbook(problem, direction)
    assert_fused_is_textbook(problem, weights)


@given(problems())
def test_without_dsigma_of_sigma_the_result_is_the_same(case):
    problem, weights, _ = case
    J, gradient = problem.cost_and_gradient(weights)
    sigma, dsigma = problem.activation.sigma, problem.activation.dsigma
    plain = type(problem.activation)(lambda x: sigma(x), dsigma, "without out=")
    slow = TrainingProblem(
        problem.x_in, problem.y_out, problem.T, problem.N_T, problem.w1, problem.w2, plain
    )
    slow_J, slow_gradient = slow.cost_and_gradient(weights)
    assert_close(slow_J, J)
    assert_close(slow_gradient.theta, gradient.theta)


@given(problems())
def test_tangent_adjoint_identity(case):
    problem, weights, direction = case
    left, right = verify.tangent_adjoint_sides(problem, weights, direction)
    x = problem.states(weights)
    x_tilde = tangent(weights, x, problem.dt, problem.activation, direction)
    summands = np.linalg.norm(x - problem.y_out) * np.linalg.norm(x_tilde) * (1 + problem.w1)
    assert abs(left - right) <= 1e-12 * summands


@given(problems(tanh_only))
def test_directional_derivative_by_tangent_by_adjoint_and_by_the_complex_step(case):
    p, weights, direction = case
    x = p.states(weights)
    x_tilde = tangent(weights, x, p.dt, p.activation, direction)
    error = x - p.y_out
    by_tangent = (error[-1] * x_tilde[-1]).sum() + p.dt * (
        p.w1 * (error[1:-1] * x_tilde[1:-1]).sum() + p.w2 * weights.dot(direction)
    )
    _, gradient = p.cost_and_gradient(weights)
    by_complex_step = verify.complex_step(p.cost, weights, direction)
    size = np.linalg.norm(error) * np.linalg.norm(x_tilde) + weights.norm() * direction.norm()
    assert abs(by_tangent - by_complex_step) <= 1e-12 * (1 + p.w1 + p.w2) * size
    assert abs(gradient.dot(direction) - by_complex_step) <= 1e-12 * (1 + p.w1 + p.w2) * size


@given(problems(), st.integers(0, 4), st.randoms(use_true_random=False))
def test_forward_is_causal(case, k, random):
    problem, weights, _ = case
    k %= problem.N_T - 1
    rng = np.random.default_rng(random.getrandbits(32))
    x, moved = problem.states(weights), problem.states(other_layer(weights, k, rng))
    assert (moved[: k + 1] == x[: k + 1]).all()
    assert (moved[k + 1] != x[k + 1]).all()


@given(problems(), st.integers(0, 4))
def test_adjoint_looks_only_ahead(case, k):
    """phi[k] depends on the layers after k, not on those up to k (the states being given)."""
    p, weights, _ = case
    k %= p.N_T - 1
    x = p.states(weights)
    moved = other_layer(weights, k, np.random.default_rng(0))
    phi, phi_moved = (adjoint(w, x, p.y_out, p.dt, p.w1, p.activation) for w in (weights, moved))
    assert (phi_moved[k:] == phi[k:]).all()


@given(problems(), st.permutations(range(5)))
def test_samples_do_not_see_each_other(case, order):
    problem, weights, _ = case
    order = [i for i in order if i < problem.I]
    x = problem.states(weights)
    assert_close(of_samples(problem, order).states(weights), x[:, :, order])
    assert_close(of_samples(problem, order[:1]).states(weights), x[:, :, order[:1]])


@given(problems(), st.permutations(range(5)))
def test_J_and_gradient_do_not_depend_on_the_order_of_the_samples(case, order):
    problem, weights, _ = case
    J, gradient = problem.cost_and_gradient(weights)
    shuffled = of_samples(problem, [i for i in order if i < problem.I])
    J_shuffled, gradient_shuffled = shuffled.cost_and_gradient(weights)
    assert_close(J_shuffled, J)
    assert_close(gradient_shuffled.theta, gradient.theta, 1e-11)


@given(problems())
def test_J_and_gradient_add_up_over_the_samples(case):
    problem, weights, _ = case
    J, gradient = problem.cost_and_gradient(weights)
    J_sum, gradient_sum = 0.0, Weights.zeros(problem.N_T, problem.d)
    for i in range(problem.I):
        J_i, gradient_i = of_samples(problem, [i], problem.w2 * (i == 0)).cost_and_gradient(weights)
        J_sum, gradient_sum = J_sum + J_i, gradient_sum + gradient_i
    assert_close(J_sum, J)
    assert_close(gradient_sum.theta, gradient.theta, 1e-11)


@given(problems())
def test_shapes_and_types(case):
    p, weights, direction = case
    x = forward(weights, p.x_in, p.dt, p.activation)
    x_tilde = tangent(weights, x, p.dt, p.activation, direction)
    phi = adjoint(weights, x, p.y_out, p.dt, p.w1, p.activation)
    J, fused = p.cost_and_gradient(weights)
    assert x.shape == x_tilde.shape == (p.N_T, p.d, p.I)
    assert phi.shape == (p.N_T - 1, p.d, p.I)
    for g in (gradient(weights, x, phi, p.dt, p.w2, p.activation), fused):
        assert g.theta.shape == weights.theta.shape == (p.N_T - 1, p.d, p.d + 1)
        assert (g.V.shape, g.b.shape) == ((p.N_T - 1, p.d, p.d), (p.N_T - 1, p.d))
        assert g.theta.dtype == float
    assert x.dtype == x_tilde.dtype == phi.dtype == float
    for value in (J, p.cost(weights), cost(weights, x, p.y_out, p.dt, p.w1, p.w2)):
        assert type(value) is float
        assert value >= 0


@given(problems(tanh_only))
def test_complex_weights_go_through_forward_and_cost(case):
    problem, weights, direction = case
    moved = weights + 1e-3j * direction
    x = problem.states(moved)
    assert x.dtype == complex
    assert type(problem.cost(moved)) is complex
    assert_close(problem.cost(weights + 0j * direction).real, problem.cost(weights))


@given(problems(), st.floats(-3, 3), st.floats(-3, 3))
def test_weights_are_a_vector_space_with_an_inner_product(case, r, s):
    _, u, v = case
    w = u + v
    zero = Weights.zeros(u.N_T, u.d)
    theta = u.theta.copy()
    same = [
        (u + v, v + u),
        (w + u, v + 2 * u),
        (u + zero, u),
        (u - u, zero),
        (u - v, u + (-1) * v),
        (1 * u, u),
        (r * (s * u), (r * s) * u),
        (r * (u + v), r * u + r * v),
        ((r + s) * u, r * u + s * u),
        (u * r, r * u),
        (np.float64(r) * u, r * u),
    ]
    for left, right in same:
        np.testing.assert_allclose(left.theta, right.theta, rtol=1e-13, atol=1e-13)
    by_hand = sum(np.trace(u.V[k].T @ v.V[k]) + u.b[k] @ v.b[k] for k in range(u.N_T - 1))
    size = 1 + u.norm() * v.norm()
    assert abs(u.dot(v) - by_hand) <= 1e-13 * size
    assert u.dot(v) == pytest.approx(v.dot(u), rel=1e-13, abs=1e-13)
    assert w.norm() ** 2 == pytest.approx(w.dot(w), rel=1e-13)
    assert abs(u.dot(v)) <= u.norm() * v.norm() * (1 + 1e-13)
    assert (u.theta == theta).all()  # u - u and the like make new weights


@given(problems())
def test_V_and_b_are_views_of_theta(case):
    _, weights, _ = case
    assert np.shares_memory(weights.V, weights.theta)
    assert np.shares_memory(weights.b, weights.theta)
    assert (Weights(weights.V, weights.b).theta == weights.theta).all()
    assert not np.shares_memory(Weights(weights.V, weights.b).theta, weights.theta)


def frozen(array):
    array = array.copy()
    array.setflags(write=False)
    return array


@given(problems())
def test_nothing_writes_into_its_arguments(case):
    """All arguments are read-only arrays here, so that writing raises."""
    p, weights, direction = case
    x_in, y_out = frozen(p.x_in), frozen(p.y_out)
    weights, direction = (Weights.from_theta(frozen(w.theta)) for w in (weights, direction))
    x = frozen(forward(weights, x_in, p.dt, p.activation))
    tangent(weights, x, p.dt, p.activation, direction)
    cost(weights, x, y_out, p.dt, p.w1, p.w2)
    phi = frozen(adjoint(weights, x, y_out, p.dt, p.w1, p.activation))
    gradient(weights, x, phi, p.dt, p.w2, p.activation)
    problem = TrainingProblem(x_in, y_out, p.T, p.N_T, p.w1, p.w2, p.activation)
    for step in (constant(1e-3), backtracking(), armijo()):
        train(problem, weights, iterations=2, step=step, progress=False)


@given(problems())
def test_results_belong_to_the_caller(case):
    """A second call, elsewhere, changes nothing of what the first has returned."""
    problem, weights, direction = case
    J, gradient = problem.cost_and_gradient(weights)
    x = problem.states(weights)
    kept = gradient.theta.copy(), x.copy()
    problem.cost_and_gradient(direction)
    problem.cost(direction)
    assert (gradient.theta == kept[0]).all()
    assert (x == kept[1]).all()
    gradient.theta[:] = x[:] = np.nan
    assert problem.cost_and_gradient(weights)[0] == J
