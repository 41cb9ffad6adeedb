"""explore.by_hand before a hand has touched it: what it is given, what it says and shows."""

import numpy as np
import pytest

import neuralode_lib as node
from neuralode_lib import TrainingProblem, explore
from neuralode_lib.explore.by_hand import START


def test_it_is_given_sixteen_points_of_each_set_and_three_layers():
    shown = explore.by_hand(data="blobs", activation="relu", w1=0.5, w2=0.0)
    for name, make in {"blobs": node.blobs, "moons": node.moons, "disk in ring": node.disk_in_ring}.items():
        data, points = make(16), shown.data["sets"][name]
        np.testing.assert_allclose(points["x_in"], data.x_in.ravel(), rtol=1e-11)
        assert points["label"] == data.label.tolist() and len(points["y_out"]) == 32
    assert (shown.data["data"], shown.data["activation"], shown.data["w1"], shown.data["w2"]) == (
        "blobs",
        "relu",
        0.5,
        0.0,
    )
    assert np.shape(shown.data["theta"]) == (18,)


def test_it_says_J_and_its_terms():
    data = node.moons(16)
    problem = TrainingProblem(data.x_in, data.y_out, N_T=4, w1=0.5, w2=0.2, activation=node.tanh)
    terms, x = problem.cost_terms(START), problem.states(START)
    right = np.sum(node.nearest_target(x[-1]) == data.label)
    assert explore.by_hand(data="moons", w1=0.5, w2=0.2).numbers == (
        f"J = {problem.cost(START):.4g} = {terms.terminal:.4g} terminal + {terms.running:.4g} running + "
        f"{terms.weights:.4g} weights; {right} of 16 points correct; best by hand: {problem.cost(START):.4g}"
    )


def test_it_can_be_won():
    """From where it starts, descent brings all points to their crosses: three layers are enough."""
    for make in (node.blobs, node.moons, node.disk_in_ring):
        data = make(16)
        problem = TrainingProblem(data.x_in, data.y_out, N_T=4, activation=node.tanh)
        run = node.train(problem, START, 2000, node.armijo(), progress=False)
        assert np.all(node.nearest_target(problem.states(run.weights)[-1]) == data.label), make.__name__
        assert run.J[-1] < run.J[0] / 20


def test_its_picture_changes_with_the_data():
    assert len({explore.by_hand(data=name).png for name in ("blobs", "moons", "disk in ring")}) == 3


def test_it_names_what_does_not_fit():
    with pytest.raises(ValueError, match="data is 'digits', expected one of 'blobs', 'moons', 'disk in ring'"):
        explore.by_hand(data="digits")
    with pytest.raises(ValueError, match="activation is 'sin', expected one of 'relu', 'tanh'"):
        explore.by_hand(activation="sin")
    with pytest.raises(ValueError, match="w2 is -1, expected a finite number >= 0"):
        explore.by_hand(w2=-1)
