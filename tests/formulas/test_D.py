"""12.D: batches, digits, optimisers. The id of the formula is in the test's name.

What only the notebook defines is taken from its script, so that it is the notebook's code that is tested.
"""

from itertools import combinations, islice
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import oracles
import pytest
from checks import assert_close, random_problem
from sklearn.datasets import load_digits

import neuralode_lib as node
from neuralode_lib import Activation, TrainingProblem, Weights
from neuralode_lib.datasets import labelled_images, largest_class

SCRIPT = Path(__file__).parents[2] / "notebooks/scripts/12d_real_data.py"
LINEAR = Activation(lambda x: x, np.ones_like, "identity")


@pytest.mark.parametrize("n", [1, 3, 4])
def test_D1_estimates_of_a_partition_have_J_and_its_gradient_as_their_mean(n):
    problem, weights = random_problem()
    J, gradient = problem.cost_and_gradient(weights)
    parts = np.random.default_rng(1).permutation(problem.I).reshape(-1, n)
    estimates = [problem.cost_and_gradient(weights, samples=part) for part in parts]
    assert_close(np.mean([J_B for J_B, _ in estimates]), J)
    assert_close(np.mean([g.theta for _, g in estimates], axis=0), gradient.theta)


def test_D1_an_estimate_is_I_over_n_times_the_data_part_and_the_whole_penalty():
    """The cost of these columns alone, with w2 n / I, times I / n; its gradient by the complex step."""
    problem, weights = random_problem()
    p, batch = problem, [7, 2, 11]

    def J_B(V, b):
        x = oracles.states(V, b, p.x_in[:, batch], p.dt, np.tanh)
        return 4 * oracles.cost(V, b, x, p.y_out[:, batch], p.dt, p.w1, p.w2 / 4)

    J, gradient = problem.cost_and_gradient(weights, samples=batch)
    V, b = oracles.complex_step_gradient(J_B, weights.V, weights.b)
    assert_close(J, J_B(weights.V, weights.b))
    assert_close(gradient.V, V)
    assert_close(gradient.b, b)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 6])
def test_D2_mean_square_of_the_error_over_all_batches(notebook, n):
    problem, weights = random_problem(I=6)
    S = np.mean([notebook.squared_error(problem, weights, [i]) for i in range(6)])
    batches = [list(batch) for batch in combinations(range(6), n)]
    mean = np.mean([notebook.squared_error(problem, weights, batch) for batch in batches])
    assert mean == pytest.approx(S / n * (6 - n) / 5, rel=1e-12, abs=1e-12 * S)


@pytest.fixture
def quadratic():
    """d = 1, one layer, sigma = identity: J is quadratic in (V, b). Its minimum, H and the noise at n = 1."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal(40)
    problem = TrainingProblem(x[None], (0.5 * x + rng.standard_normal(40))[None], 1.0, 2, 0.0, 5.0, LINEAR)

    def gradient(theta, samples=None):
        weights = Weights.from_theta(np.reshape(theta, (1, 1, 2)))
        return problem.cost_and_gradient(weights, samples=samples)[1].theta.ravel()

    g_0 = gradient([0.0, 0.0])
    H = np.column_stack([gradient(unit) - g_0 for unit in np.eye(2)])
    minimum = -np.linalg.solve(H, g_0)
    noise = np.array([gradient(minimum, [i]) for i in range(40)])
    return SimpleNamespace(problem=problem, H=H, minimum=minimum, noise=noise.T @ noise / 40)


def test_D3_the_floor_is_what_the_lyapunov_equation_says(quadratic):
    """C = (I - gamma H) C (I - gamma H)^T + gamma^2 Sigma, so that E[J] - J_min = trace(H C) / 2."""
    H, Sigma = quadratic.H, quadratic.noise
    ratios = []
    for gamma in np.array([1e-2, 1e-3, 1e-4]) / np.linalg.norm(H, 2):
        M = np.eye(2) - gamma * H
        C = np.linalg.solve(np.eye(4) - np.kron(M, M), gamma**2 * Sigma.ravel()).reshape(2, 2)
        ratios.append(np.trace(H @ C) / 2 / (gamma / 4 * np.trace(Sigma)))
    assert ratios == pytest.approx(np.ones(3), abs=6e-3)
    assert ratios[-1] == pytest.approx(1, abs=1e-4)


def test_D3_the_notebook_s_descent_ends_on_this_floor(notebook, quadratic):
    """Eight runs of 1,500 late steps: three standard errors are some 20 %."""
    p, n = quadratic.problem, 8
    weights = Weights.from_theta(quadratic.minimum.reshape(1, 1, 2))
    best = SimpleNamespace(weights=weights, J=[p.cost(weights)])
    notebook.names.update(near=p, best=best)
    gamma = 0.02 / np.linalg.norm(quadratic.H, 2)
    floor = gamma / 4 * np.trace(quadratic.noise) / n * (p.I - n) / (p.I - 1)
    measured = np.mean([notebook.floor(notebook.independent, gamma, n, seed) for seed in range(8)])
    assert measured == pytest.approx(floor, rel=0.2)
    assert notebook.floor(notebook.shuffled, gamma, n) < 0.5 * floor


def test_D4_decaying_gamma():
    problem, weights = random_problem()
    run = node.gradient_descent(problem, weights, node.decaying(0.012, 5))
    gamma = [now.gamma for now in islice(run, 1, 12)]
    assert gamma == pytest.approx([0.012 / (1 + j / 5) for j in range(11)], rel=1e-14)
    assert gamma[5] == pytest.approx(0.006, rel=1e-14)


def test_D5_images_with_ten_more_coordinates():
    pixels, label = load_digits(return_X_y=True)
    data = labelled_images(pixels, label)
    assert data.x_in.shape == data.y_out.shape == (74, 1797)
    assert (data.x_in[:64].T == pixels).all() and (data.y_out[:64].T == pixels).all()
    assert (data.x_in[64:] == 0).all()
    assert (data.y_out[64:] == [[c == k for k in label] for c in range(10)]).all()
    assert (largest_class(data.y_out) == label).all()


def test_D5_the_class_is_the_largest_of_the_last_ten():
    x = np.zeros((13, 2))
    x[:, 0] = [99, 98, 97, -1, -2, -3, -0.5, -4, -5, -6, -7, -8, -9]
    x[5, 1] = 1e-9
    assert largest_class(x).tolist() == [3, 2]


def gradients_and_steps(rule, steps=7):
    """The gradients along a run, the weights, and the rule's steps between them, as arrays."""
    problem, weights = random_problem()
    iterates = list(islice(node.gradient_descent(problem, weights, rule), steps + 1))
    theta = np.array([now.weights.theta for now in iterates])
    return np.array([problem.cost_and_gradient(now.weights)[1].theta for now in iterates[:-1]]), np.diff(theta, axis=0)


def test_D6_heavy_ball_is_a_sum_of_all_gradients():
    g, steps = gradients_and_steps(node.momentum(0.02, beta=0.7))
    for t, step in enumerate(steps):
        assert_close(step, -0.02 * sum(0.7 ** (t - s) * g[s] for s in range(t + 1)), 1e-11)


def test_D6_without_memory_it_is_plain_descent():
    g, steps = gradients_and_steps(node.momentum(0.02, beta=0.0))
    assert_close(steps, -0.02 * g, 1e-11)


@pytest.mark.parametrize("epsilon", [1e-8, 0.1])
def test_D7_adam_divides_weighted_means(epsilon):
    """Means with weights beta^(t - s) that sum to 1: the correction for the start at zero."""
    g, steps = gradients_and_steps(node.adam(0.01, beta1=0.8, beta2=0.95, epsilon=epsilon))
    for t, step in enumerate(steps):
        m = np.average(g[: t + 1], axis=0, weights=0.8 ** np.arange(t, -1, -1))
        v = np.average(g[: t + 1] ** 2, axis=0, weights=0.95 ** np.arange(t, -1, -1))
        assert_close(step, -0.01 * m / (np.sqrt(v) + epsilon), 1e-11)


def test_D7_adam_s_first_step_has_the_sign_of_the_gradient():
    g, steps = gradients_and_steps(node.adam(0.01, epsilon=1e-30), steps=1)
    assert_close(steps[0], -0.01 * np.sign(g[0]), 1e-11)


def test_D8_the_hessian_is_that_of_differences_of_the_gradient(notebook):
    problem, weights = random_problem(N_T=3)
    H, h = notebook.hessian(problem, weights), 1e-5
    for column, unit in zip(H.T, np.eye(weights.theta.size), strict=True):
        step = Weights.from_theta(h * unit.reshape(weights.theta.shape))
        ahead, behind = (problem.cost_and_gradient(weights + sign * step)[1] for sign in (1, -1))
        np.testing.assert_allclose(column, (ahead - behind).theta.ravel() / (2 * h), atol=1e-7)


def test_D8_one_full_step_solves_a_quadratic_problem(quadratic):
    theta = Weights.from_theta(np.array([[[3.0, -2.0]]]))
    g = quadratic.problem.cost_and_gradient(theta)[1].theta.ravel()
    product = [quadratic.problem.hessian_vector(theta, Weights.from_theta(u.reshape(1, 1, 2))) for u in np.eye(2)]
    p = np.linalg.solve(np.array([column.theta.ravel() for column in product]), -g)
    assert theta.theta.ravel() + p == pytest.approx(quadratic.minimum, rel=1e-10)


def test_D8_the_digits_double_with_full_steps_and_the_trust_region_gets_there(notebook):
    """The logarithms of |g| are in ratio 2, up to a constant; SciPy solves less exactly, and is at 1e-8 later."""
    import scipy.optimize

    notebook.names["scipy"] = scipy
    problem, _ = random_problem()
    start = node.minimize(problem, None, 10, progress=False).weights
    first, close = notebook.newton(problem, start, gtol=1e-2)
    full = notebook.full_steps(problem, close, steps=3)
    assert first[-1] == pytest.approx(full[0], rel=1e-12) and full[0] < 1e-2
    assert full[2] < 1e-8
    C = full[1] / full[0] ** 2
    assert full[2] < 10 * C * full[1] ** 2 + 1e-13
    assert notebook.newton(problem, start, gtol=1e-8)[0][-1] < 1e-8
