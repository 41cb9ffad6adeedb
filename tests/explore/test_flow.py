"""explore.flow before it moves: what it is given, what it says and what its picture shows."""

import numpy as np
import pytest

import neuralode_lib as node
from neuralode_lib import explore, tanh
from neuralode_lib.explore.flow import CARRIED, carried, winding


def test_it_is_given_the_network_and_starts_where_asked(trained):
    problem, weights = trained
    data = explore.flow(problem, weights, t=0.6, carry="grid", paths=False).data
    np.testing.assert_allclose(data["theta"], weights.theta.ravel(), rtol=1e-11)
    np.testing.assert_allclose(data["x_in"], problem.x_in.ravel(), rtol=1e-11)
    assert data["label"] == [0] * 8 + [1] * 8
    assert (data["d"], data["N"], data["T"], data["activation"]) == (2, 10, 1.0, "relu")
    assert (data["t"], data["carry"], data["paths"]) == (pytest.approx(0.6), "grid", False)
    x = problem.states(weights)
    assert data["x1"][0] < x[:, 0].min() and x[:, 1].max() < data["x2"][1]
    assert data["x1"][1] > 2  # the red target
    assert data["fastest"] == pytest.approx(np.linalg.norm(np.diff(x, axis=0), axis=1).max() * 10)


def test_it_says_who_is_right_and_what_the_circle_is_round(trained):
    problem, weights = trained
    shown = explore.flow(problem, weights, t=0.6)
    x = problem.states(weights)[6]
    right = np.sum((x[0] < 1) == (np.arange(16) < 8))  # the targets are at (0, 1) and (2, 1), blue points come first
    assert f"t = 0.60: {right} of 16 points" in shown.numbers
    radius = np.linalg.norm(problem.x_in, axis=0)
    assert shown.numbers.endswith(f"the circle is round 8 blue and {np.sum(radius[8:] < 1)} red ones")
    assert "circle" not in explore.flow(problem, weights, carry="grid").numbers
    assert "t = 0.60" in shown.alt and "circle" in shown.alt


def test_winding_number():
    turn = np.linspace(0, 4 * np.pi, 200)
    twice = np.array([np.cos(turn), np.sin(turn)])
    assert winding(twice, np.array([[0.0, 0.5, 2.0], [0.0, 0.5, 0.0]])).tolist() == [2, 2, 0]
    assert winding(twice[:, ::-1], np.zeros((2, 1))).tolist() == [-2]


def test_the_flow_leaves_points_on_their_side_of_the_circle():
    data = node.disk_in_ring(64)
    problem = node.TrainingProblem(data.x_in, data.y_out)
    weights = node.train(problem, iterations=1000, step=node.constant(1.0), progress=False).weights
    lines, x = carried(problem, weights, "circle"), problem.states(weights)
    once = [winding(line[:, 0], now) for line, now in zip(lines, x, strict=True)]
    np.testing.assert_array_equal(once, np.broadcast_to(np.linalg.norm(data.x_in, axis=0) < 1, (101, 64)))


def test_carried_lines_move_as_points_do(trained):
    problem, weights = trained
    lines = carried(problem, weights, "grid")
    assert lines.shape == (11, 2, 26, 97) and CARRIED["circle"].shape == (2, 1, 2001)
    corner = node.forward(weights, [[1.2], [-1.2]], problem.dt, problem.activation)[-1, :, 0]
    ends = lines[-1][:, :, [0, -1]].reshape(2, -1).T
    assert sum(np.allclose(end, corner) for end in ends) == 2  # one line across, one upwards


def test_picture_changes_with_its_arguments(trained):
    pictures = {explore.flow(*trained, t=0.5, **kwargs).png for kwargs in [{}, {"carry": "grid"}, {"paths": False}]}
    assert len(pictures | {explore.flow(*trained).png}) == 4


def test_more_coordinates_are_given_and_two_are_shown(augmented):
    shown = explore.flow(*augmented, t=1)
    assert shown.data["d"] == 3 and len(shown.data["theta"]) == 4 * 3 * 4


def test_it_names_what_does_not_fit(trained):
    problem, weights = trained
    with pytest.raises(ValueError, match="t is 2, expected a number from 0 to 1"):
        explore.flow(problem, weights, t=2)
    with pytest.raises(ValueError, match="carry is 'square', expected one of 'circle', 'grid', 'nothing'"):
        explore.flow(problem, weights, carry="square")
    with pytest.raises(ValueError, match="weights are of another problem: they have N_T=3"):
        explore.flow(problem, node.Weights.zeros(3, 2))
    with pytest.raises(TypeError, match="paths is 'no', expected True or False"):
        explore.flow(problem, weights, paths="no")
    with pytest.raises(TypeError, match="problem is None, expected a TrainingProblem"):
        explore.flow(None, weights)
    other = node.TrainingProblem(problem.x_in, problem.y_out, activation=node.Activation(tanh.sigma, tanh.dsigma, "my"))
    with pytest.raises(ValueError, match="problem's activation is my, in the page there are tanh and relu only"):
        explore.flow(other, node.Weights.zeros(101, 2))


def test_nothing_is_carried_where_nothing_is_asked_for(trained):
    assert "circle" not in explore.flow(*trained, carry="nothing").numbers
