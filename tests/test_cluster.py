"""The same problem on a real Dask cluster: two worker processes on loopback."""

import os
import signal
from threading import Timer

import numpy as np
import pytest
from distributed import Client, LocalCluster

from neuralode_lib import Activation, TrainingProblem, Weights, constant, tanh, train

RNG = np.random.default_rng(3)
X_IN, Y_OUT = RNG.standard_normal((2, 3, 40))
WEIGHTS = Weights.random(6, 3, 0.8, RNG)


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        yield client


def make(activation=tanh, executor=None):
    return TrainingProblem(X_IN, Y_OUT, 1.5, 6, 0.9, 0.4, activation, chunk=5, executor=executor)


def worker_pids(client):
    return set(client.run(os.getpid).values())


def test_J_and_gradient_on_a_cluster(client):
    alone, on_cluster = make(), make(executor=client.get_executor())
    for weights in (WEIGHTS, -2 * WEIGHTS):
        J, gradient = on_cluster.cost_and_gradient(weights)
        assert (J, on_cluster.cost(weights)) == (alone.cost(weights), alone.cost(weights))
        assert np.array_equal(gradient.theta, alone.cost_and_gradient(weights)[1].theta)


def test_training_on_a_cluster(client):
    alone, on_cluster = (
        train(make(executor=executor), iterations=5, step=constant(0.01), progress=False)
        for executor in (None, client.get_executor())
    )
    assert np.array_equal(alone.weights.theta, on_cluster.weights.theta)
    assert on_cluster.J[-1] < on_cluster.J[0]


def test_a_worker_that_is_killed_loses_nothing(client):
    def slow(x, out=None):
        import time

        time.sleep(0.02)  # 8 blocks of 5 layers: the second worker dies while the first blocks are computed
        return np.tanh(x, out)

    def dsigma_of_sigma(s, out):
        return np.subtract(1.0, s * s, out=out)

    before = worker_pids(client)
    killer = Timer(0.15, os.kill, (max(before), signal.SIGKILL))
    killer.start()
    problem = make(Activation(slow, tanh.dsigma, "slow tanh", dsigma_of_sigma), client.get_executor())
    J, gradient = problem.cost_and_gradient(WEIGHTS)
    killer.join()
    assert max(before) not in worker_pids(client)
    expected_J, expected = make().cost_and_gradient(WEIGHTS)
    assert J == expected_J
    assert np.array_equal(gradient.theta, expected.theta)
