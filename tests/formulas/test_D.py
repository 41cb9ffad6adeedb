"""12.D: batches, digits, folds, ways to the gradient, optimisers. The id of the formula is in the test's name.

What only the notebook defines is taken from its script, so that it is the notebook's code that is tested.
"""

import ast
import tracemalloc
from itertools import combinations, islice
from pathlib import Path
from types import SimpleNamespace

import jupytext
import numpy as np
import oracles
import pytest
from checks import assert_close
from sklearn.datasets import load_digits

import neuralode_lib as node
from neuralode_lib import Activation, TrainingProblem, Weights, tanh, verify
from neuralode_lib.datasets import labelled_images, largest_class

SCRIPT = Path(__file__).parents[2] / "notebooks/scripts/12d_beyond_the_lecture.py"
LINEAR = Activation(lambda x: x, np.ones_like, "identity")


@pytest.fixture
def notebook():
    """The functions that the notebook defines, and what they use."""
    names = {"np": np, "node": node, "tanh": tanh, "islice": islice, "constant": node.constant}
    for cell in jupytext.read(SCRIPT).cells:
        if cell.cell_type == "code":
            functions = [line for line in ast.parse(cell.source).body if isinstance(line, ast.FunctionDef)]
            exec(compile(ast.Module(functions, []), SCRIPT.name, "exec"), names)
    return SimpleNamespace(names=names, **{n: f for n, f in names.items() if callable(f)})


def random_problem(I=12, d=2, N_T=5, seed=0):
    """tanh, V not symmetric, no factor 1."""
    rng = np.random.default_rng(seed)
    x_in, y_out = rng.standard_normal((2, d, I))
    return TrainingProblem(x_in, y_out, 1.7, N_T, 1.3, 0.7, tanh), Weights.random(N_T, d, 0.8, rng)


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


def layer(V, x):
    return x + V @ np.tanh(x)


def test_D6_a_long_step_takes_three_points_to_one():
    meet = np.array([[0.0, 1.9150080481545, -1.9150080481545]])
    assert layer(np.array([[-2.0]]), meet) == pytest.approx(0, abs=1e-12)
    x = np.linspace(-3, 3, 601)[None]
    assert (np.diff(layer(np.array([[-0.99]]), x)) > 0).all()
    assert (np.diff(layer(np.array([[-1.01]]), x)) < 0).any()


def test_D6_a_step_below_one_has_an_inverse():
    """y -> x by x = y - dt V tanh(x): a contraction, as |dt V| < 1."""
    rng = np.random.default_rng(0)
    for _ in range(5):
        V = rng.standard_normal((3, 3))
        V *= 0.9 / np.linalg.norm(V, 2)
        x = rng.standard_normal((3, 50))
        y, found = layer(V, x), np.zeros((3, 50))
        for _ in range(400):
            found = y - V @ np.tanh(found)
        assert_close(found, x)


def test_D6_turned_over_is_where_the_determinant_is_negative(notebook):
    """The Jacobian of each layer by the complex step."""
    problem, _ = random_problem(I=30)
    weights = Weights.random(problem.N_T, 2, 6.0, np.random.default_rng(3))
    x = problem.states(weights)
    share = []
    for k in range(problem.N_T - 1):
        columns = []
        for unit in np.eye(2):
            moved = x[k] + 1e-30j * unit[:, None]
            step = moved + problem.dt * (weights.V[k] @ np.tanh(moved) + weights.b[k][:, None])
            columns.append(step.imag / 1e-30)
        (a, c), (b, d) = columns
        share.append(np.mean(a * d - b * c < 0))
    assert 0.1 < np.mean(share) < 0.9
    assert notebook.turned_over(problem, weights, problem.x_in).tolist() == share
    assert np.mean(notebook.determinants(problem, weights, problem.x_in) < 0, axis=1).tolist() == share


def test_D7_many_layers_can_copy_few_and_a_fold_costs_them_more():
    """dt V and dt b in three of 30 layers: the same map; the penalty of each is 1 / dt times |dt theta|^2 w2 / 2."""
    few, weights = random_problem(N_T=4)
    many = TrainingProblem(few.x_in, few.y_out, few.T, 31, few.w1, few.w2, tanh)
    copy = Weights.zeros(31, 2)
    copy.theta[[0, 14, 29]] = weights.theta * few.dt / many.dt
    assert_close(many.states(copy)[-1], few.states(weights)[-1])
    assert many.cost_terms(copy).weights == pytest.approx(10 * few.cost_terms(weights).weights, rel=1e-12)


@pytest.mark.parametrize("seed", [2, 3])
def test_D7_a_hundred_layers_err_in_the_plane_and_not_in_space_and_three_layers_fold(notebook, seed):
    notebook.names["fresh"] = node.disk_in_ring(10_000, seed=10_000)
    plane, space, folding = (
        notebook.trained(I, d, seed, layers) for I, d, layers in [(64, 2, 100), (64, 3, 100), (256, 2, 3)]
    )
    assert 0.005 < notebook.on_the_wrong_side(*plane).mean() < 0.1
    assert not notebook.on_the_wrong_side(*space).any()
    assert not notebook.on_the_wrong_side(*folding).any()
    for (problem, weights), small in [(plane, True), (folding, False)]:
        assert (problem.dt * np.linalg.norm(weights.V, 2, axis=(1, 2)).max() < 1) == small


@pytest.fixture
def smooth():
    """The notebook's problem with V(t), b(t) sampled at so many layers: the cells that define it, executed."""
    names = {"np": np, "node": node, "tanh": tanh}
    (cell,) = [cell.source for cell in jupytext.read(SCRIPT).cells if "def sampled(" in cell.source]
    exec(cell, names)
    return names["sampled"]


@pytest.mark.parametrize(("way", "order"), [("by_the_adjoint_ode", 1), ("reversed", 1), ("by_look_up", 0.5)])
def test_D8_order_of_the_error(notebook, smooth, way, order):
    layers, errors = np.array([64, 128, 256, 512]), []
    for N in layers:
        p, w = smooth(int(N))
        x = p.states(w)
        if way == "reversed":
            gradient = notebook.by_the_adjoint_ode(p, w, notebook.backwards(p, w, x[-1]))
        else:
            gradient = getattr(notebook, way)(p, w, x)
        errors.append(verify.relative_error(gradient, p.cost_and_gradient(w)[1]))
    assert verify.observed_order(1 / layers, errors) == pytest.approx([order] * 3, abs=0.1)


def test_D8_the_chain_rule_is_exact(smooth):
    p, w = smooth(8)
    assert_close(p.cost_and_gradient(w)[1].theta, verify.numerical_gradient(p.cost, w, verify.complex_step).theta)


def test_D8_looked_up_layer_0_gets_nothing_and_the_last_one_twice(notebook):
    """Each phi @ sigma(x_{k+1})^T goes to layer k + 1, by loops over the continuous adjoint with those V."""
    p, w = random_problem()
    x = p.states(w)
    theta, phi = p.w2 * w.theta, x[-1] - p.y_out
    for step in (3, 2, 1, 0):
        layer = {3: 3, 2: 3, 1: 2, 0: 1}[step]
        for i in range(p.I):
            theta[layer] += np.outer(phi[:, i], [*np.tanh(x[step + 1, :, i]), 1.0])
        rate = np.stack(
            [np.diag(1 / np.cosh(x[step + 1, :, i]) ** 2) @ w.V[layer].T @ phi[:, i] for i in range(p.I)], axis=1
        )
        phi = phi + p.dt * (rate + p.w1 * (x[step + 1] - p.y_out))
    gradient = notebook.by_look_up(p, w, x)
    assert_close(gradient.theta, p.dt * theta)
    assert_close(gradient.theta[0], p.w2 * p.dt * w.theta[0])


def test_D8_the_adjoint_ode_by_euler_from_the_right(notebook):
    p, w = random_problem()
    x = p.states(w)
    theta, phi = p.w2 * w.theta, x[-1] - p.y_out
    for k in (3, 2, 1, 0):
        rate = (1 - np.tanh(x[k + 1]) ** 2) * np.einsum("ji,jn->in", w.V[k], phi)
        phi = phi + p.dt * (rate + p.w1 * (x[k + 1] - p.y_out))
        theta[k] += np.einsum("in,jn->ij", phi, np.concatenate([np.tanh(x[k]), np.ones((1, p.I))]))
    assert_close(notebook.by_the_adjoint_ode(p, w, x).theta, p.dt * theta)


@pytest.mark.parametrize(("lam", "N"), [(3.0, 10), (20.0, 50)])
def test_D9_a_contraction_and_back(notebook, lam, N):
    """So near to 0 that tanh is the identity."""
    w = Weights(np.full((N, 1, 1), -lam), np.zeros((N, 1)))
    p = TrainingProblem([[1e-9]], [[0.0]], N_T=N + 1, activation=tanh)
    back = notebook.backwards(p, w, p.states(w)[-1])
    assert back.shape == (N + 1, 1, 1)
    assert back[0, 0, 0] == pytest.approx((1 - (lam / N) ** 2) ** N * 1e-9, rel=1e-12)


def test_D9_layers_inverted_give_the_states_back_and_the_gradient(notebook):
    p, w = random_problem(N_T=13)
    assert p.dt * np.linalg.norm(w.V, 2, axis=(1, 2)).max() < 0.5
    x = p.states(w)
    found = notebook.inverted(p, w, x[-1])
    assert_close(found, x)
    phi = node.adjoint(w, found, p.y_out, p.dt, p.w1, tanh)
    assert_close(node.gradient(w, found, phi, p.dt, p.w2, tanh).theta, p.cost_and_gradient(w)[1].theta)
    assert np.abs(notebook.backwards(p, w, x[-1]) - x).max() > 0.01


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5, 12, 20])
def test_D10_checkpoints_give_the_same_gradient_with_every_layer_twice(notebook, m):
    p, w = random_problem(N_T=13)
    evaluated, layer = 0, notebook.layer

    def counted(*arguments):
        nonlocal evaluated
        evaluated += 1
        return layer(*arguments)

    notebook.names["layer"] = counted
    assert_close(notebook.gradient_with_checkpoints(p, w, m).theta, p.cost_and_gradient(w)[1].theta)
    assert evaluated == 2 * 12


def test_D10_memory_is_least_at_the_square_root(notebook):
    p, w = random_problem(I=2000, N_T=257)
    state = p.x_in.nbytes
    peak = {}
    for m in (1, 4, 16, 64, 256):
        tracemalloc.start()
        notebook.gradient_with_checkpoints(p, w, m)
        peak[m] = tracemalloc.get_traced_memory()[1] / state
        tracemalloc.stop()
        assert 256 / m + m < peak[m] < 256 / m + m + 12  # and some of the size of a state, such as phi
    assert min(peak, key=peak.get) == 16


def gradients_and_steps(rule, steps=7):
    """The gradients along a run, the weights, and the rule's steps between them, as arrays."""
    problem, weights = random_problem()
    iterates = list(islice(node.gradient_descent(problem, weights, rule), steps + 1))
    theta = np.array([now.weights.theta for now in iterates])
    return np.array([problem.cost_and_gradient(now.weights)[1].theta for now in iterates[:-1]]), np.diff(theta, axis=0)


def test_D11_heavy_ball_is_a_sum_of_all_gradients():
    g, steps = gradients_and_steps(node.momentum(0.02, beta=0.7))
    for t, step in enumerate(steps):
        assert_close(step, -0.02 * sum(0.7 ** (t - s) * g[s] for s in range(t + 1)), 1e-11)


def test_D11_without_memory_it_is_plain_descent():
    g, steps = gradients_and_steps(node.momentum(0.02, beta=0.0))
    assert_close(steps, -0.02 * g, 1e-11)


@pytest.mark.parametrize("epsilon", [1e-8, 0.1])
def test_D12_adam_divides_weighted_means(epsilon):
    """Means with weights beta^(t - s) that sum to 1: the correction for the start at zero."""
    g, steps = gradients_and_steps(node.adam(0.01, beta1=0.8, beta2=0.95, epsilon=epsilon))
    for t, step in enumerate(steps):
        m = np.average(g[: t + 1], axis=0, weights=0.8 ** np.arange(t, -1, -1))
        v = np.average(g[: t + 1] ** 2, axis=0, weights=0.95 ** np.arange(t, -1, -1))
        assert_close(step, -0.01 * m / (np.sqrt(v) + epsilon), 1e-11)


def test_D12_adam_s_first_step_has_the_sign_of_the_gradient():
    g, steps = gradients_and_steps(node.adam(0.01, epsilon=1e-30), steps=1)
    assert_close(steps[0], -0.01 * np.sign(g[0]), 1e-11)
