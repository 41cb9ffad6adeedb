"""My network: whoever has written the functions sees them train; the library stands in for the others."""

import numpy as np
import pytest
from test_right import STYLES, written

from neuralode_lib import TrainingProblem, constant, disk_in_ring, exercises, train
from neuralode_lib.exercises import network

FIVE = ["forward", "cost", "adjoint", "gradient", "descent_step"]
mine = {name: written(STYLES[name][-1]) for name in FIVE}
stub = written("def my_stub(*arguments):\n    ...")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(network, "ITERATIONS", 3)


@pytest.mark.parametrize(
    "solved, whose",
    [
        (FIVE, "All five functions are yours"),
        ([], "All five functions are the library's"),
        (["adjoint"], "my_adjoint is yours, forward, cost, gradient, descent_step the library's"),
        (
            ["forward", "gradient", "descent_step"],
            "my_forward, my_gradient, my_descent_step are yours, cost, adjoint the library's",
        ),
    ],
)
def test_it_trains_as_the_library_does(solved, whose):
    run = exercises.my_network(*(mine[name] if name in solved else stub for name in FIVE))
    problem = TrainingProblem(*disk_in_ring()[:2])
    theirs = train(problem, iterations=3, step=constant(1.0), progress=False)
    np.testing.assert_allclose(run.J, theirs.J, rtol=1e-5)  # one of the styles is float32
    np.testing.assert_allclose(run.x, problem.states(run.weights), rtol=1e-5, atol=1e-5)
    assert repr(run) == f"{whose}: J {run.J[0]:.4g} -> {run.J[-1]:.4g} after 3 iterations"


def test_a_wrong_function_is_not_used():
    run = exercises.my_network(lambda *arguments: 0, mine["cost"], stub, lambda *arguments: 1 / 0, None)
    assert repr(run).startswith("my_cost is yours, forward, adjoint, gradient, descent_step the library's: J 111.7 ->")


def test_slow_functions_get_as_far_as_they_come(monkeypatch):
    monkeypatch.setattr(network, "SECONDS", 0)
    run = exercises.my_network(*mine.values())
    assert repr(run).endswith("after 0 iterations, which took 0 seconds") and len(run.J) == 1


def test_a_function_that_is_not_right_gives_way_to_the_library_s():
    right = written(STYLES["heun_layer"][0])
    assert exercises.heun_layer.yours_or_library(right) is right
    euler = written(STYLES["euler_step"][0])
    assert exercises.heun_layer.yours_or_library(euler) is exercises.heun_layer.functions[0]
