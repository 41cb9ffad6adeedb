"""explore.training: what the cockpit is given, what it says and shows before it trains, and the cell that it copies."""

import javascript
import numpy as np
import pytest

import neuralode_lib as node
from neuralode_lib import TrainingProblem, Weights, explore

SMALL = {"layers": 10, "gamma": 0.3}


def opened(problem, rule, iterations=300):
    zeros = Weights.zeros(problem.N_T, problem.d)
    return node.train(problem, zeros, iterations, rule, progress=False)


def test_it_is_given_the_points_and_the_settings():
    settings = {
        "data": "moons", "activation": "tanh", "w1": 0.2, "w2": 0.0, "layers": 20, "d": 2, "gamma": 0.05,
        "rule": "Armijo", "show": "paths", "curvature": True, "iterations": 7,
    }  # fmt: skip
    shown = explore.training(**settings)
    assert shown.data["settings"] == settings
    assert shown.data["theta"] is None and shown.data["own"] is None
    for name, points in shown.data["sets"].items():
        data = {"disk in ring": node.disk_in_ring, "moons": node.moons, "blobs": node.blobs}[name]()
        np.testing.assert_allclose(points["x_in"], data.x_in.ravel(), rtol=1e-11)
        np.testing.assert_array_equal(points["y_out"], data.y_out.ravel())


def test_it_opens_with_some_iterations_and_says_where_it_stands():
    shown = explore.training(**SMALL)
    data = node.disk_in_ring()
    problem = TrainingProblem(data.x_in, data.y_out, N_T=11)
    run = opened(problem, node.constant(0.3), shown.data["opening"])
    terms = problem.cost_terms(run.weights)
    right = np.sum(node.nearest_target(problem.states(run.weights)[-1]) == data.label)
    assert shown.numbers == (
        f"iteration 300 of 10000: J = {run.J[-1]:.4g} = {terms.terminal:.4g} terminal + {terms.running:.4g} running + "
        f"{terms.weights:.4g} weights; {right} of 64 points correct"
    )
    assert "after 300 iterations" in shown.alt


def test_where_the_opening_diverges_it_shows_the_last_finite_state():
    shown = explore.training(layers=5, gamma=4.0)
    n = int(shown.numbers.split()[1])
    assert 0 < n < 300 and "inf" not in shown.numbers and "nan" not in shown.numbers


def test_a_problem_and_weights_are_where_it_starts(trained):
    problem, weights = trained
    shown = explore.training(problem, weights, gamma=0.5)
    wanted = {"data": "own points", "layers": 10, "d": 2, "activation": "relu", "gamma": 0.5}
    assert shown.data["settings"].items() >= wanted.items()
    np.testing.assert_allclose(shown.data["theta"], weights.theta.ravel(), rtol=1e-11)
    np.testing.assert_allclose(shown.data["own"]["x_in"], problem.x_in.ravel(), rtol=1e-11)
    assert shown.numbers.startswith(f"iteration 0 of 10000: J = {problem.cost(weights):.4g} = ")
    assert shown.data["opening"] == 0
    assert explore.training(problem).data["opening"] == 300


def test_a_third_coordinate_is_zero_at_first(augmented):
    shown = explore.training(d=3, layers=4, rule="Adam", gamma=0.01)
    assert shown.data["settings"]["d"] == 3 and "64 points" in shown.numbers
    problem, weights = augmented
    assert explore.training(problem, weights).data["own"]["d"] == 3


def test_its_picture_is_what_is_shown():
    pictures = {explore.training(**SMALL, show=show).png for show in ("regions", "points at T", "paths")}
    assert len(pictures) == 3


@pytest.mark.parametrize(
    "kwargs, error, message",
    [
        ({"data": "spiral"}, ValueError, "data is 'spiral', expected one of 'disk in ring', 'moons', 'blobs'"),
        ({"activation": "sin"}, ValueError, "activation is 'sin', expected one of 'relu', 'tanh'"),
        ({"rule": "Newton"}, ValueError, "rule is 'Newton', expected one of 'constant γ', "),
        ({"show": "all"}, ValueError, "show is 'all', expected one of 'regions', "),
        ({"d": 4}, ValueError, "d is 4, expected one of 2, 3"),
        ({"gamma": 0.0}, ValueError, "gamma is 0.0, expected a finite number > 0"),
        ({"layers": 0}, ValueError, "layers is 0, expected an integer >= 1"),
        ({"w1": -1}, ValueError, "w1 is -1, expected a finite number >= 0"),
        ({"iterations": 0}, ValueError, "iterations is 0, expected an integer >= 1"),
        ({"problem": "disk in ring"}, TypeError, "problem is 'disk in ring', expected a TrainingProblem"),
        ({"weights": Weights.zeros(3, 2)}, TypeError, "problem is missing: weights belong to one"),
        ({"problem": TrainingProblem(*np.ones((2, 9, 1)))}, ValueError, "problem has d = 9, expected 2 to 8"),
    ],
)  # fmt: skip
def test_it_names_what_does_not_fit(kwargs, error, message):
    with pytest.raises(error, match=message.replace("(", r"\(")):
        explore.training(**kwargs)


# ---- what training.js computes beside the training

SOURCE = javascript.source("resnet.js", "rules.js", "training.js") if javascript.NODE else None

POSE = """
const [theta, x_in, y_out] = [given.theta, given.x_in, given.y_out].map((a) => Float64Array.from(a));
const problem = new TrainingProblem({ ...given, x_in, y_out }), weights = { theta, d: given.d, N: given.N };
"""


def given(problem, weights, **more):
    p = problem
    return {
        **{"x_in": p.x_in.ravel(), "y_out": p.y_out.ravel(), "theta": weights.theta.ravel(), "d": p.d, "N": p.N_T - 1},
        **{"T": p.T, "w1": p.w1, "w2": p.w2, "activation": p.activation.name, **more},
    }


def executed(cell):
    names = {}
    exec(cell, names)
    return names["problem"], names["weights"]


@javascript.needs_node
def test_the_copied_cell_makes_the_same_problem_and_weights(augmented):
    data, rng = node.disk_in_ring(), np.random.default_rng(0)
    of_the_library = TrainingProblem(data.x_in, data.y_out, N_T=4, w1=0.3, w2=0.0, activation=node.tanh)
    lifted = [np.concatenate([a, np.zeros((1, 64))]) for a in (data.x_in, data.y_out)]
    cases = [
        (of_the_library, Weights.random(4, 2, 1.0, rng), "disk in ring"),
        (TrainingProblem(*lifted, N_T=4), Weights.random(4, 3, 1.0, rng), "disk in ring"),
        (of_the_library, Weights.zeros(4, 2), "own points"),
        (*augmented, "own points"),
    ]
    body = POSE + "return pythonCell(problem, weights, given.set)"
    cells = javascript.run([(SOURCE, body, given(problem, weights, set=name)) for problem, weights, name in cases])
    for cell, (problem, weights, name) in zip(cells, cases, strict=True):
        same, its_weights = executed(cell)
        assert repr(same) == repr(problem)
        np.testing.assert_array_equal(same.x_in, problem.x_in)
        np.testing.assert_array_equal(same.y_out, problem.y_out)
        np.testing.assert_array_equal(its_weights.theta, weights.theta)
        assert ("disk_in_ring()" in cell) == (name == "disk in ring")


@javascript.needs_node
def test_the_largest_curvature_is_the_hessian_s():
    data, rng, h = node.disk_in_ring(8), np.random.default_rng(0), 1e-5
    problem = TrainingProblem(data.x_in, data.y_out, N_T=5, activation=node.tanh)
    weights = Weights.random(5, 2, 0.5, rng)

    def gradient(step):
        moved = weights + Weights.from_theta(step.reshape(weights.theta.shape))
        return problem.cost_and_gradient(moved)[1].theta.ravel()

    hessian = [(gradient(h * e) - gradient(-h * e)) / (2 * h) for e in np.eye(weights.theta.size)]
    body = POSE + (
        "const v = theta.map((_, n) => Math.sin(n + 1) / Math.sqrt(theta.length));"
        "let found; for (let n = 0; n < 200; n++) found = curvature(problem, weights, v); return found;"
    )
    (found,) = javascript.run([(SOURCE, body, given(problem, weights))])
    eigenvalues = np.linalg.eigvalsh((np.array(hessian) + np.transpose(hessian)) / 2)
    assert abs(eigenvalues[-1]) > abs(eigenvalues[0])
    np.testing.assert_allclose(found, eigenvalues[-1], rtol=1e-6)


@javascript.needs_node
def test_a_record_is_enough_for_a_logarithmic_axis_and_stays_small():
    body = "const r = new Record(); for (let n = 0; n < given; n++) r.note(n, { n }); return [r.at, r.values.n]"
    ((at, values),) = javascript.run([(SOURCE, body, 1_000_000)])
    assert at == values and at[:101] == list(range(101)) and len(at) < 1200
    assert np.max(np.array(at[2:]) / at[1:-1]) <= 2
    assert at[-1] > 980_000
