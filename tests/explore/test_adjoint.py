"""explore.adjoint before it moves: phi, the change of J that it foretells, and each sample's part of the gradient."""

import numpy as np
import pytest

import neuralode_lib as node
from neuralode_lib import disk_in_ring, explore
from neuralode_lib.explore.adjoint import change, parts


@pytest.fixture
def solved(trained):
    problem, weights = trained
    x = problem.states(weights)
    return problem, weights, x, node.adjoint(weights, x, problem.y_out, problem.dt, 0.3, problem.activation)


def test_parts_are_those_of_the_gradient_and_add_up_to_one(solved):
    problem, weights, x, phi = solved
    whole = node.gradient(weights, x, phi, problem.dt, 0.0, problem.activation)
    ones = [
        node.gradient(weights, x[:, :, [i]], phi[:, :, [i]], problem.dt, 0.0, problem.activation) for i in range(16)
    ]
    found = parts(x, phi, problem.activation)
    np.testing.assert_allclose(found, [one.dot(whole) / whole.dot(whole) for one in ones], rtol=1e-10)
    assert found.sum() == pytest.approx(1)


@pytest.mark.parametrize("k", [1, 5, 10])
def test_change_is_that_of_J_and_phi_foretells_it(solved, k):
    problem, weights, x, phi = solved
    delta = np.array([0.2, -0.1])

    def J_of_moved(h):
        """J, with sample 5 moved at time t_k: by what b of the layer before adds to it alone."""
        moved = x.copy()
        moved[k, :, 5] += h * delta
        for n in range(k, problem.N_T - 1):
            step = weights.V[n] @ problem.activation.sigma(moved[n]) + weights.b[n][:, None]
            moved[n + 1] = moved[n] + problem.dt * step
        return node.cost(weights, moved, problem.y_out, problem.dt, 0.3, problem.w2), moved[k:, :, 5]

    J, path = J_of_moved(1)
    found, found_path = change(problem, weights, x, 5, k, delta, 0.3)
    assert found == pytest.approx(J - J_of_moved(0)[0], rel=1e-9)
    np.testing.assert_allclose(found_path, path, rtol=1e-12)
    small = [change(problem, weights, x, 5, k, h * delta, 0.3)[0] / h for h in (1e-4, -1e-4)]
    assert np.mean(small) == pytest.approx(phi[k - 1, :, 5] @ delta, rel=1e-6)


def test_it_says_phi_change_and_part(solved):
    problem, weights, x, phi = solved
    shown = explore.adjoint(problem, weights, sample=5, w1=0.3)
    changed, _ = change(problem, weights, x, 5, 5, [0.3, 0.2], 0.3)
    assert shown.numbers == (
        "sample 5 at t = 0.50: φ = ({:.3f}, {:.3f}); moved by δ = (0.30, 0.20), J changes by {:.3f}, "
        "φ · δ = {:.3f}; part of the gradient {:.1f} %"
    ).format(*phi[4, :, 5], changed, phi[4, :, 5] @ [0.3, 0.2], 100 * parts(x, phi, problem.activation)[5])
    data = shown.data
    assert (data["sample"], data["w1"], data["t"], data["delta"]) == (5, 0.3, 0.5, [0.3, 0.2])
    np.testing.assert_allclose(data["theta"], weights.theta.ravel(), rtol=1e-11)


def test_it_brings_its_own_problem():
    shown = explore.adjoint(sample=8)
    assert len(shown.data["label"]) == 16 and shown.data["activation"] == "tanh"
    assert shown.numbers.startswith("sample 8 at t = 0.50: ")


def test_what_12b_says_of_it():
    """The gaps of B-prices, for delta, half and twice of it, and a tenth; the negative parts of B-parts."""
    data = disk_in_ring(16, seed=1)
    problem = node.TrainingProblem(data.x_in, data.y_out, N_T=51, activation=node.tanh)
    weights = node.Weights.from_theta(np.reshape(explore.adjoint().data["theta"], (50, 2, 3)))
    x = problem.states(weights)
    phi = {w1: node.adjoint(weights, x, problem.y_out, problem.dt, w1, node.tanh) for w1 in (0.5, 0.01)}
    moves = [r * np.array([0.3, 0.2]) for r in (1, 0.5, 2, 0.1)]
    gaps = [change(problem, weights, x, 8, 25, delta, 0.5)[0] - phi[0.5][24, :, 8] @ delta for delta in moves]
    assert np.abs(np.subtract(gaps, [0.047, 0.012, 0.190, 0.0005])).max() < 5e-4 and round(gaps[3], 4) == 0.0005
    blue = {w1: np.round(100 * parts(x, phi[w1], node.tanh)[:8], 1) for w1 in phi}
    assert (blue[0.5].min(), blue[0.5].max(), np.sum(blue[0.01] < 0)) == (-4.6, -2.5, 4)


def test_a_gradient_of_zero_has_no_parts():
    """Where all are on target already and nothing moves."""
    problem = node.TrainingProblem(np.eye(2), np.eye(2), N_T=5)
    weights = node.Weights.zeros(5, 2)
    phi = np.zeros((4, 2, 2))
    assert parts(problem.states(weights), phi, problem.activation).tolist() == [0, 0]
    assert explore.adjoint(problem, weights).numbers.endswith("part of the gradient 0.0 %")


def test_more_coordinates(augmented):
    assert explore.adjoint(*augmented, sample=3).data["d"] == 3


def test_it_names_what_does_not_fit(trained):
    problem, weights = trained
    with pytest.raises(ValueError, match="sample goes from 16 to 16, expected indices from 0 to 15"):
        explore.adjoint(problem, weights, sample=16)
    with pytest.raises(ValueError, match="w1 is -1, expected a finite number >= 0"):
        explore.adjoint(problem, weights, w1=-1)
    with pytest.raises(ValueError, match="weights are of another problem"):
        explore.adjoint(problem, node.Weights.zeros(3, 2))
    line = node.TrainingProblem([[1.0]], [[2.0]], N_T=3)
    with pytest.raises(ValueError, match="problem has d = 1, expected at least 2"):
        explore.adjoint(line, node.Weights.zeros(3, 1))
    with pytest.raises(ValueError, match="weights are not finite, or so large that the states are not"):
        explore.adjoint(problem, 1e300 * weights)
