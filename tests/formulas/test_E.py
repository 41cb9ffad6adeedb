"""12.E: folds, ways to the gradient, checkpoints. The id of the formula is in the test's name.

What only the notebook defines is taken from its script, so that it is the notebook's code that is tested.
"""

import math
import tracemalloc
from pathlib import Path

import jupytext
import numpy as np
import pytest
from checks import assert_close, random_problem
from scipy.linalg import solve_continuous_are

import neuralode_lib as node
from neuralode_lib import TrainingProblem, Weights, tanh, verify
from neuralode_lib.exercises.e import heun_step
from neuralode_lib.tape import Tape

SCRIPT = Path(__file__).parents[2] / "notebooks/scripts/12e_depth_and_time.py"


def layer(V, x):
    return x + V @ np.tanh(x)


def test_E1_a_long_step_takes_three_points_to_one():
    meet = np.array([[0.0, 1.9150080481545, -1.9150080481545]])
    assert layer(np.array([[-2.0]]), meet) == pytest.approx(0, abs=1e-12)
    x = np.linspace(-3, 3, 601)[None]
    assert (np.diff(layer(np.array([[-0.99]]), x)) > 0).all()
    assert (np.diff(layer(np.array([[-1.01]]), x)) < 0).any()


def test_E1_a_step_below_one_has_an_inverse():
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


def test_E1_turned_over_is_where_the_determinant_is_negative(notebook):
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


def test_E2_many_layers_can_copy_few_and_a_fold_costs_them_more():
    """dt V and dt b in three of 30 layers: the same map; the penalty of each is 1 / dt times |dt theta|^2 w2 / 2."""
    few, weights = random_problem(N_T=4)
    many = TrainingProblem(few.x_in, few.y_out, few.T, 31, few.w1, few.w2, tanh)
    copy = Weights.zeros(31, 2)
    copy.theta[[0, 14, 29]] = weights.theta * few.dt / many.dt
    assert_close(many.states(copy)[-1], few.states(weights)[-1])
    assert many.cost_terms(copy).weights == pytest.approx(10 * few.cost_terms(weights).weights, rel=1e-12)


@pytest.mark.parametrize("seed", [2, 3])
def test_E2_a_hundred_layers_err_in_the_plane_and_not_in_space_and_three_layers_fold(notebook, seed):
    notebook.names |= {"fresh": node.disk_in_ring(10_000, seed=10_000), "iterations": 1000}
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
def test_E3_order_of_the_error(notebook, smooth, way, order):
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


def test_E3_the_chain_rule_is_exact(smooth):
    p, w = smooth(8)
    assert_close(p.cost_and_gradient(w)[1].theta, verify.numerical_gradient(p.cost, w, verify.complex_step).theta)


def test_E3_looked_up_layer_0_gets_nothing_and_the_last_one_twice(notebook):
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


def test_E3_the_adjoint_ode_by_euler_from_the_right(notebook):
    p, w = random_problem()
    x = p.states(w)
    theta, phi = p.w2 * w.theta, x[-1] - p.y_out
    for k in (3, 2, 1, 0):
        rate = (1 - np.tanh(x[k + 1]) ** 2) * np.einsum("ji,jn->in", w.V[k], phi)
        phi = phi + p.dt * (rate + p.w1 * (x[k + 1] - p.y_out))
        theta[k] += np.einsum("in,jn->ij", phi, np.concatenate([np.tanh(x[k]), np.ones((1, p.I))]))
    assert_close(notebook.by_the_adjoint_ode(p, w, x).theta, p.dt * theta)


@pytest.mark.parametrize(("lam", "N"), [(3.0, 10), (20.0, 50)])
def test_E4_a_contraction_and_back(notebook, lam, N):
    """So near to 0 that tanh is the identity."""
    w = Weights(np.full((N, 1, 1), -lam), np.zeros((N, 1)))
    p = TrainingProblem([[1e-9]], [[0.0]], N_T=N + 1, activation=tanh)
    back = notebook.backwards(p, w, p.states(w)[-1])
    assert back.shape == (N + 1, 1, 1)
    assert back[0, 0, 0] == pytest.approx((1 - (lam / N) ** 2) ** N * 1e-9, rel=1e-12)


def test_E4_layers_inverted_give_the_states_back_and_the_gradient(notebook):
    p, w = random_problem(N_T=13)
    assert p.dt * np.linalg.norm(w.V, 2, axis=(1, 2)).max() < 0.5
    x = p.states(w)
    found = notebook.inverted(p, w, x[-1])
    assert_close(found, x)
    phi = node.adjoint(w, found, p.y_out, p.dt, p.w1, tanh)
    assert_close(node.gradient(w, found, phi, p.dt, p.w2, tanh).theta, p.cost_and_gradient(w)[1].theta)
    assert np.abs(notebook.backwards(p, w, x[-1]) - x).max() > 0.01


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4])
def test_E4_the_trained_network_contracts_and_the_way_back_misses_as_the_text_says(notebook, seed):
    data = node.disk_in_ring(seed=seed)  # 4 is the lecture's own
    p = TrainingProblem(data.x_in, data.y_out, w2=0.05, activation=tanh)
    w = node.minimize(p, None, 1000, maxcor=20, progress=False).weights
    x = p.states(w)
    half, all_of = notebook.misses(x, notebook.backwards(p, w, x[-1]))
    assert (0.16 < half < 0.175 and 1.7 < all_of < 1.8) if seed == 4 else (0.215 < half < 0.73 and 1.75 < all_of < 2.4)
    if seed == 4:
        derivative = np.eye(2)
        for V, x_k in zip(w.V, x[:-1], strict=True):
            derivative = (np.eye(2) + p.dt * V * tanh.dsigma(x_k).T[:, None]) @ derivative
        assert 9 < np.median(1 / np.linalg.svd(derivative)[1][:, -1]) < 11  # in the direction that shrinks


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5, 12, 20])
def test_E5_checkpoints_give_the_same_gradient_with_every_layer_twice(notebook, m):
    p, w = random_problem(N_T=13)
    evaluated, layer = 0, notebook.layer

    def counted(*arguments):
        nonlocal evaluated
        evaluated += 1
        return layer(*arguments)

    notebook.names["layer"] = counted
    assert_close(notebook.gradient_with_checkpoints(p, w, m).theta, p.cost_and_gradient(w)[1].theta)
    assert evaluated == 2 * 12


def test_E5_memory_is_least_at_the_square_root(notebook):
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


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_E6_the_rate_is_that_of_the_riccati_equation(notebook, seed):
    """Of the closed loop of e' = S^T u with cost w1 |e|^2 + w2 |u|^2, for one coordinate of three samples."""
    rng = np.random.default_rng(seed)
    p = TrainingProblem(*rng.standard_normal((2, 2, 3)), w1=0.3, w2=0.7, activation=tanh)
    S = np.vstack([np.tanh(p.y_out), np.ones(3)])
    P = solve_continuous_are(np.zeros((3, 3)), S.T, p.w1 * np.eye(3), p.w2 * np.eye(3))
    slowest = np.linalg.eigvals(-S.T @ S @ P / p.w2).real.max()
    assert notebook.predicted_rate(p) == pytest.approx(-slowest, rel=1e-9)


@pytest.mark.parametrize("seed", [1, 6])
def test_E6_a_trained_network_has_this_rate(notebook, seed):
    p, w = notebook.three_points(seed)
    e = notebook.distances(p, w)
    assert np.log(e[60] / e[80]) == pytest.approx(notebook.predicted_rate(p), rel=0.05)


def test_E6_samples_that_share_a_target_have_no_rate(notebook):
    """Two columns of S are equal: S^T S is singular."""
    p = TrainingProblem(np.eye(2), np.ones((2, 2)), w1=1.0, w2=1.0, activation=tanh)
    assert notebook.predicted_rate(p) == pytest.approx(0, abs=1e-7)


@pytest.fixture
def taped(notebook):
    notebook.names["Tape"] = Tape
    return notebook


def on_slide(scheme, p, w):
    """J by the formulas, for weights that may be complex."""
    x, J = p.x_in, 0.0
    for k, (V, b) in enumerate(zip(w.V, w.b[:, :, None], strict=True)):
        J = J + p.w2 * p.dt / 2 * (np.sum(V**2) + np.sum(b**2))
        J = J + (p.w1 * p.dt / 2 * np.sum((x - p.y_out) ** 2) if k > 0 else 0.0)
        slope = V @ np.tanh(x) + b
        if scheme == "midpoint":
            x = x + p.dt * (V @ np.tanh(x + p.dt / 2 * slope) + b)
        elif scheme == "heun":
            x = x + p.dt / 2 * (slope + V @ np.tanh(x + p.dt * slope) + b)
        else:
            x = x + p.dt * slope
    return J + np.sum((x - p.y_out) ** 2) / 2


@pytest.mark.parametrize("scheme", ["euler", "midpoint", "heun"])
def test_E7_the_tape_s_gradient_is_that_of_the_complex_step(taped, scheme):
    p, w = random_problem()
    *_, J = taped.on_tape(getattr(taped, scheme), p, w)
    assert J.value == pytest.approx(on_slide(scheme, p, w), rel=1e-13)
    gradient = taped.gradient_on_tape(getattr(taped, scheme), p, w)
    expected = verify.numerical_gradient(lambda w: on_slide(scheme, p, w), w, verify.complex_step)
    assert_close(gradient.theta, expected.theta)


@pytest.mark.parametrize("seed", [0, 1])
def test_E7_the_exercise_s_layer_entry_by_entry(seed):
    rng = np.random.default_rng(seed)
    x, V, b, dt = rng.standard_normal((3, 2)), rng.standard_normal((3, 3)), rng.standard_normal(3), 0.7

    def slope(x):
        return [sum(V[m, n] * math.tanh(x[n]) for n in range(3)) + b[m] for m in range(3)]

    for i in range(2):
        start = slope(x[:, i])
        end = slope([x[m, i] + dt * start[m] for m in range(3)])
        expected = [x[m, i] + dt * (start[m] + end[m]) / 2 for m in range(3)]
        assert_close(heun_step(x, V, b, dt, np.tanh)[:, i], np.array(expected))


@pytest.mark.parametrize(
    ("scheme", "within", "order"), [("euler", 0.5, 1), ("midpoint", 0.5, 2), ("heun", 0.5, 2), ("heun", 0.0, 1)]
)
def test_E7_order(taped, ode, scheme, within, order):
    """Against solve_ivp, with weights in the middle of each layer or at its left end."""
    exact, layers, errors = ode.x(ode.T), np.array([32, 64, 128]), []
    for N in layers:
        t = (np.arange(N) + within) * ode.T / N
        p = TrainingProblem(ode.x_in, ode.y_out, ode.T, int(N) + 1, ode.w1, ode.w2, tanh)
        x = taped.on_tape(getattr(taped, scheme), p, Weights([ode.V(s) for s in t], [ode.b(s) for s in t]))[3].value
        errors.append(np.abs(x - exact).max())
    assert verify.observed_order(1 / layers, errors) == pytest.approx([order] * 2, abs=0.15)
