"""12.C: the discrete problem and its training. The id of the formula is in the test's name."""

from itertools import islice
from pathlib import Path

import jupytext
import numpy as np
import oracles
import pytest
from checks import (
    CASE,
    RELU_CASE,
    Case,
    assert_close,
    check_adjoint,
    check_cost,
    check_forward,
    check_fused,
    check_gradient,
)
from scipy.optimize import minimize

import neuralode_lib
from neuralode_lib import (
    TrainingProblem,
    Weights,
    armijo,
    constant,
    disk_in_ring,
    gradient_descent,
    relu,
    resnet,
    tanh,
    train,
    verify,
)


def random_problem():
    return CASE.problem(), Weights(CASE.V, CASE.b)


@pytest.mark.parametrize("T, N_T", [(1.0, 101), (1.7, 5), (0.3, 2)])
def test_C1_grid(T, N_T):
    problem = TrainingProblem([[0.0]], [[0.0]], T, N_T)
    assert problem.dt == pytest.approx(T / (N_T - 1), rel=1e-15)
    assert problem.t == pytest.approx([(k - 1) * problem.dt for k in range(1, N_T + 1)], abs=1e-15)
    assert (problem.t[0], problem.t[-1]) == (0, T)
    weights = Weights.zeros(N_T, 1)
    assert len(weights.V) == len(weights.b) == N_T - 1
    assert len(problem.states(weights)) == N_T


def test_C2_discrete_J():
    check_cost(resnet)


def test_C2_discrete_J_by_hand():
    """d = 1, one sample, dt = 1/2, V = 0, b = (2, 4): x = (1, 2, 4), y = 1.

    So J = 9/2 + w1/4 (2 - 1)^2 + w2/4 (2^2 + 4^2).
    """
    problem = TrainingProblem([[1.0]], [[1.0]], T=1.0, N_T=3, w1=0.4, w2=0.2)
    terms = problem.cost_terms(Weights(np.zeros((2, 1, 1)), [[2.0], [4.0]]))
    assert terms == pytest.approx((4.5, 0.1, 1.0), rel=1e-15)
    assert terms._fields == ("terminal", "running", "weights")


def test_C2_two_grid_points_have_no_running_cost():
    problem = TrainingProblem([[1.0]], [[3.0]], N_T=2, w1=100.0, w2=0.0)
    assert problem.cost(Weights.zeros(2, 1)) == 2.0


def test_C3_forward_euler_is_a_resnet():
    check_forward(resnet)


def test_C4_adjoint_satisfies_the_exact_identity():
    check_adjoint(resnet)


def test_C4_phi_k_is_the_derivative_of_J_in_x_k_plus_1():
    """Start again at x_{k+1} and move it: N_T - 1 adjoints, the last one belongs to x_{N_T}."""
    problem, weights = random_problem()
    x = problem.states(weights)
    phi = resnet.adjoint(weights, x, problem.y_out, problem.dt, problem.w1, tanh)
    for k in range(len(phi)):
        for entry in np.ndindex(x[k + 1].shape):
            moved = x[k + 1].astype(complex)
            moved[entry] += 1e-40j
            rest = [moved]
            for V_k, b_k in zip(weights.V[k + 1 :], weights.b[k + 1 :], strict=True):
                rest.append(rest[-1] + problem.dt * (V_k @ np.tanh(rest[-1]) + b_k[:, None]))
            J = ((rest[-1] - problem.y_out) ** 2).sum() / 2
            J += (
                problem.w1
                * problem.dt
                / 2
                * sum(((z - problem.y_out) ** 2).sum() for z in rest[:-1])
            )
            assert J.imag / 1e-40 == pytest.approx(phi[k][entry], rel=1e-11, abs=1e-12)


def test_C5_gradient_is_the_derivative_of_J():
    check_gradient(resnet)


def test_C5_fused_gradient_is_the_textbook_gradient():
    check_fused(neuralode_lib.problem)


def test_C5_gradient_agrees_with_the_complex_step():
    problem, weights = random_problem()
    _, gradient = problem.cost_and_gradient(weights)
    assert_close(
        gradient.theta, verify.numerical_gradient(problem.cost, weights, verify.complex_step).theta
    )
    assert_close(
        gradient.theta, verify.numerical_gradient(problem.cost, weights).theta, tolerance=1e-8
    )


def test_C5_gradient_over_dt_converges_to_the_L2_gradient(ode, discretised, assert_first_order):
    def L2_gradient(t):
        V = sum(
            np.outer(ode.phi(t)[:, i], np.tanh(ode.x(t)[:, i])) for i in range(3)
        ) + ode.w2 * ode.V(t)
        return np.column_stack([V, ode.phi(t).sum(axis=1) + ode.w2 * ode.b(t)])

    def error(layers):
        problem, weights = discretised(layers)
        _, gradient = problem.cost_and_gradient(weights)
        exact = np.array([L2_gradient(t) for t in problem.t[:-1]])
        return np.abs(gradient.theta / problem.dt - exact).max()

    assert_first_order(error)


def test_C6_one_step_by_hand():
    """d = 1, one layer, one sample: x_2 = 1 + (2 * 1 + 1) = 4 and phi = 4 - 1 = 3.

    So the gradient is (3 + 2 w2, 3 + w2).
    """
    problem = TrainingProblem([[1.0]], [[1.0]], T=1.0, N_T=2, w1=0.0, w2=0.5, activation=relu)
    start = Weights([[[2.0]]], [[1.0]])
    run = gradient_descent(problem, start, constant(0.1))
    first, second = next(run), next(run)
    assert first.J == 4.5 + 0.25 * (4 + 1)
    assert second.weights.V.item() == pytest.approx(2 - 0.1 * (3 + 0.5 * 2), rel=1e-15)
    assert second.weights.b.item() == pytest.approx(1 - 0.1 * (3 + 0.5 * 1), rel=1e-15)
    assert second.gamma == 0.1
    assert first.gradient_norm == pytest.approx(np.hypot(4, 3.5), rel=1e-15)


def test_C6_J_falls_by_gamma_times_the_squared_gradient_for_small_gamma():
    problem, weights = random_problem()
    J, gradient = problem.cost_and_gradient(weights)
    for gamma in (1e-4, 1e-5, 1e-6):
        fall = J - problem.cost(weights - gamma * gradient)
        assert fall == pytest.approx(gamma * gradient.norm() ** 2, rel=1e3 * gamma)


def test_C6_J_falls_in_every_iteration():
    problem, weights = random_problem()
    J = train(problem, weights, iterations=50, step=constant(0.01), progress=False).J
    assert (np.diff(J) < 0).all()


STARTS = [(0, 0.0), (1, 0.1), (2, 0.1), (3, 0.5), (4, 0.5), (5, 1.0)]  # seed, scale


def minimisers(activation, w, starts):
    """J and the norm of its gradient where scipy's L-BFGS ends: 10 layers, w1 = w2 = w."""
    data = disk_in_ring(seed=0)
    problem = TrainingProblem(data.x_in, data.y_out, N_T=11, w1=w, w2=w, activation=activation)

    def J_and_gradient(theta):
        J, gradient = problem.cost_and_gradient(Weights.from_theta(theta.reshape(10, 2, 3)))
        return J, gradient.theta.ravel()

    for seed, scale in starts:
        start = Weights.random(11, 2, scale, np.random.default_rng(seed)).theta.ravel()
        found = minimize(
            J_and_gradient, start, jac=True, method="L-BFGS-B",
            options={"maxiter": 3000, "maxfun": 6000, "ftol": 1e-15, "gtol": 1e-9},
        )  # fmt: skip
        yield found.fun, np.linalg.norm(found.jac)


def test_C7_relu_ends_at_different_J_from_different_starts():
    J = [J for J, _ in minimisers(relu, 0.1, STARTS)]
    assert max(J) > 1.05 * min(J)


def test_C7_tanh_has_different_minimisers_too():
    """All are stationary, so it is not that one of the runs has not ended."""
    found = list(minimisers(tanh, 0.1, STARTS))
    assert max(norm for _, norm in found) < 1e-4
    assert max(J for J, _ in found) > 1.02 * min(J for J, _ in found)


def test_C7_tanh_with_more_regularisation_ends_at_the_same_J_from_small_weights():
    J = [J for J, _ in minimisers(tanh, 0.3, STARTS[:3])]
    assert max(J) < (1 + 1e-6) * min(J)


def test_C7_gradient_descent_is_slow():
    """L-BFGS takes some 250 evaluations to the minimum; after 250 descent is not there."""
    data = disk_in_ring(seed=0)
    problem = TrainingProblem(data.x_in, data.y_out, N_T=11, w1=0.3, w2=0.3, activation=tanh)
    ((minimum, _),) = minimisers(tanh, 0.3, [(0, 0.0)])
    J = train(problem, iterations=250, step=armijo(), progress=False).J
    assert J[-1] > 1.01 * minimum


def test_C5_gradient_of_one_layer_of_one_sample_in_one_dimension():
    case = Case.random(seed=9, d=1, samples=1, N_T=2)
    check_gradient(resnet, case)
    check_adjoint(resnet, case)


def test_C8_at_a_minimum_the_weights_follow_from_states_and_adjoints():
    """V_k = -sum phi sigma(x)^T / w2, b_k = -sum phi / w2, summed in loops; not so at the start of the search."""
    data = disk_in_ring(seed=0)
    problem = TrainingProblem(data.x_in, data.y_out, N_T=11, w1=0.3, w2=0.3, activation=tanh)
    start = Weights.random(11, 2, 0.1, np.random.default_rng(0))
    exactly = {"gtol": 1e-10, "ftol": 1e-16, "maxfun": 10_000, "progress": False}
    found = neuralode_lib.minimize(problem, start, 3000, **exactly).weights

    def from_prices(weights):
        x, theta = problem.states(weights), np.zeros(weights.theta.shape)
        phi = resnet.adjoint(weights, x, problem.y_out, problem.dt, problem.w1, tanh)
        for k in range(10):
            for i in range(problem.I):
                theta[k] -= np.outer(phi[k, :, i], [*np.tanh(x[k, :, i]), 1.0]) / problem.w2
        return theta

    assert verify.relative_error(from_prices(found), found.theta) < 1e-4
    assert verify.relative_error(from_prices(start), start.theta) > 1


def test_C8_the_hamiltonian_gives_network_adjoint_and_best_weights():
    """Its slopes by the complex step, in one layer: x' in phi, -phi' in x; and it grows by w2/2 |theta - best|^2."""
    problem, weights = random_problem()
    k, (x, y_out, w1, w2) = 2, (problem.states(weights), problem.y_out, problem.w1, problem.w2)
    phi = resnet.adjoint(weights, x, y_out, problem.dt, w1, tanh)

    def H(x, phi, theta):
        flow = theta[:, :-1] @ np.tanh(x) + theta[:, -1:]
        return (phi * flow).sum() + w1 / 2 * ((x - y_out) ** 2).sum() + w2 / 2 * (theta**2).sum()

    def slope(f, at):
        units = np.eye(at.size).reshape(-1, *at.shape)
        return np.reshape([f(at + 1e-40j * unit).imag / 1e-40 for unit in units], at.shape)

    theta = weights.theta[k]
    assert_close(slope(lambda p: H(x[k], p, theta), phi[k]), (x[k + 1] - x[k]) / problem.dt)
    assert_close(slope(lambda x_k: H(x_k, phi[k], theta), x[k]), (phi[k - 1] - phi[k]) / problem.dt)
    best = -phi[k] @ np.vstack([np.tanh(x[k]), np.ones(problem.I)]).T / w2
    more = H(x[k], phi[k], theta) - H(x[k], phi[k], best)
    assert more == pytest.approx(w2 / 2 * ((theta - best) ** 2).sum(), rel=1e-12)


def test_C8_jumps_between_layers_halve_where_layers_double():
    data, jumps = disk_in_ring(), []
    exactly = {"maxcor": 20, "gtol": 1e-7, "ftol": 1e-16, "maxfun": 10_000, "progress": False}
    weights = None
    for layers in (50, 100, 200):
        problem = TrainingProblem(data.x_in, data.y_out, N_T=layers + 1, w2=0.1, activation=tanh)
        weights = neuralode_lib.minimize(problem, weights, 5000, **exactly).weights
        jumps.append(np.abs(np.diff(weights.V, axis=0)).max())
        weights = Weights.from_theta(np.repeat(weights.theta, 2, axis=0))
    assert np.log2(np.divide(jumps[:-1], jumps[1:])) == pytest.approx([1, 1], abs=0.05)


def test_C8_a_layer_that_is_not_one_to_one_costs_at_least_w2_over_2_dt():
    """The cheapest is of rank one: it sends a unit vector v to -v / dt, and has the penalty w2 dt / 2 * 1 / dt^2."""
    problem = TrainingProblem(np.zeros((2, 1)), np.zeros((2, 1)), N_T=8, w2=0.3, activation=tanh)
    v = np.array([0.6, 0.8])
    weights = Weights.zeros(8, 2)
    weights.V[3] = -np.outer(v, v) / problem.dt
    assert np.linalg.det(np.eye(2) + problem.dt * weights.V[3]) == pytest.approx(0, abs=1e-15)
    assert problem.cost_terms(weights).weights == pytest.approx(problem.w2 / (2 * problem.dt), rel=1e-14)


@pytest.mark.parametrize("case", [CASE, RELU_CASE, Case.random(seed=8, d=1, samples=1, N_T=2)])
def test_C9_hessian_times_vector_is_the_derivative_of_the_gradient(case):
    """Central differences of the complex step's gradient, in each entry; for ReLU, of the adjoint's."""
    problem, weights = case.problem(), Weights(case.V, case.b)
    direction = Weights.random(problem.N_T, problem.d, 1.0, np.random.default_rng(6))

    def gradient(h):
        moved = weights + h * direction
        if case.activation is relu:
            return problem.cost_and_gradient(moved)[1].theta
        V, b = oracles.complex_step_gradient(case.cost, moved.V, moved.b)
        return np.concatenate([V, b[:, :, None]], axis=2)

    h = 1e-5
    found = problem.hessian_vector(weights, direction)
    assert_close(found.theta, (gradient(h) - gradient(-h)) / (2 * h), tolerance=1e-8)


def test_C9_hessian_is_symmetric_linear_and_that_of_a_quadratic_J():
    problem, weights = random_problem()
    u, v = (Weights.random(problem.N_T, problem.d, 1.0, np.random.default_rng(n)) for n in (1, 2))
    H_u, H_v = (problem.hessian_vector(weights, w) for w in (u, v))
    assert_close(u.dot(H_v), v.dot(H_u))
    assert_close(problem.hessian_vector(weights, 2.0 * u - 3.0 * v).theta, (2.0 * H_u - 3.0 * H_v).theta)
    problem, H = one_layer()
    for direction in np.eye(2):
        product = problem.hessian_vector(Weights.zeros(2, 1), Weights.from_theta(direction.reshape(1, 1, 2)))
        assert_close(product.theta[0, 0], H @ direction)


def one_layer():
    """d = 1, one layer, two samples, x_2 = x + v relu(x) + b with x > 0: J is quadratic. Its Hessian by hand."""
    x = np.array([0.5, 2.0])
    problem = TrainingProblem(x[None], np.array([[1.0, -1.0]]), N_T=2, w1=0.0, w2=0.5, activation=relu)
    H = np.array([[(x**2).sum(), x.sum()], [x.sum(), 2]]) + 0.5 * np.eye(2)
    return problem, H


@pytest.mark.parametrize(("factor", "grows"), [(1.99, False), (2.01, True)])
def test_C9_descent_goes_on_only_below_2_over_gamma(factor, grows):
    problem, H = one_layer()
    gamma = factor / np.linalg.eigvalsh(H)[-1]
    steps = [now.gradient_norm for now in islice(gradient_descent(problem, Weights.zeros(2, 1), constant(gamma)), 2001)]
    assert steps[2000] / steps[1000] == pytest.approx((factor - 1) ** 1000, rel=1e-6)
    assert (steps[2000] > steps[1000]) == grows


def test_C9_the_notebook_finds_the_largest_curvature():
    script = Path(__file__).parents[2] / "notebooks/scripts/12c_training.py"
    (cell,) = [cell.source for cell in jupytext.read(script).cells if "def largest_curvature(" in cell.source]
    problem, H = one_layer()
    names = {"problem": problem}
    exec(cell, names)
    v = Weights.random(2, 1, 1.0, np.random.default_rng(0))
    curvature, _ = names["largest_curvature"](Weights.zeros(2, 1), v)
    assert curvature == pytest.approx(np.linalg.eigvalsh(H)[-1], rel=1e-7)
