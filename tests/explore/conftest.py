import numpy as np
import pytest

import neuralode_lib as node


@pytest.fixture(scope="session")
def trained():
    """16 points and ten layers, trained a little; and its weights."""
    data = node.disk_in_ring(16)
    problem = node.TrainingProblem(data.x_in, data.y_out, N_T=11)
    return problem, node.train(problem, iterations=20, step=node.constant(0.3), progress=False).weights


@pytest.fixture(scope="session")
def augmented():
    """Eight points with a third coordinate, and weights at random."""
    data = node.disk_in_ring(8)
    lifted = [np.vstack([a, np.zeros(8)]) for a in (data.x_in, data.y_out)]
    return node.TrainingProblem(*lifted, N_T=5), node.Weights.random(5, 3, 1.0, np.random.default_rng(0))
