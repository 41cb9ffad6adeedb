"""Standing here, it also lets every test below import `oracles` and `checks` by name."""

import numpy as np
import pytest
from hypothesis import settings

from neuralode_lib import TrainingProblem, Weights, datasets, disk_in_ring, tanh

settings.register_profile("course", derandomize=True, deadline=None, max_examples=60, database=None)
settings.load_profile("course")


@pytest.fixture
def problem():
    data = disk_in_ring(I=12, seed=3)
    return TrainingProblem(data.x_in, data.y_out, N_T=6, w1=0.5, w2=0.3, activation=tanh)


@pytest.fixture
def start():
    return Weights.random(6, 2, 1.0, np.random.default_rng(4))


@pytest.fixture(scope="session")
def digits():
    """A network that is not trained, so that it is wrong about most images: what explore.digit is given."""
    from sklearn.datasets import load_digits  # here and not above: most tests do without

    pixels, label = load_digits(return_X_y=True)
    images = datasets.labelled_images(pixels[:30] / 16, label[:30])
    problem = TrainingProblem(images.x_in, images.y_out, T=3.0, N_T=7)
    weights = Weights.random(problem.N_T, problem.d, 0.1, np.random.default_rng(0))
    return problem, weights, images.x_in, images.label
