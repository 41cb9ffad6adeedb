"""Standing here, it also lets every test below import `oracles` and `checks` by name."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices: threads only cost time

import numpy as np
import pytest
from hypothesis import settings

from neuralode_lib import TrainingProblem, Weights, disk_in_ring, tanh

settings.register_profile("course", derandomize=True, deadline=None, max_examples=60, database=None)
settings.load_profile("course")


@pytest.fixture
def problem():
    data = disk_in_ring(I=12, seed=3)
    return TrainingProblem(data.x_in, data.y_out, N_T=6, w1=0.5, w2=0.3, activation=tanh)


@pytest.fixture
def start():
    return Weights.random(6, 2, 1.0, np.random.default_rng(4))
