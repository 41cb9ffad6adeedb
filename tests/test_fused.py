"""Blocks of samples, executors, float32, mini-batches; and what an evaluation may cost: NumPy calls and memory, which
are counted. How long it takes is for `make bench` to say."""

import copy
import os
import pickle
import signal
import sys
import tracemalloc
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from types import SimpleNamespace

import numpy as np
import pytest
import threadpoolctl
from checks import assert_close

from neuralode_lib import (
    Activation,
    TrainingProblem,
    Weights,
    constant,
    fused,
    gradient_descent,
    minimize,
    relu,
    tanh,
    train,
)

I, d, N_T = 23, 3, 6
RNG = np.random.default_rng(5)
X_IN, Y_OUT = RNG.standard_normal((2, d, I))
WEIGHTS = Weights.random(N_T, d, 0.8, RNG)
NO_FUSED_FORM = Activation(np.tanh, tanh.dsigma, "tanh without dsigma_of_sigma")


def make(activation=tanh, dtype=float, **options):
    return TrainingProblem(X_IN.astype(dtype), Y_OUT.astype(dtype), 1.5, N_T, 0.9, 0.4, activation, **options)


def blas_threads():
    return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}


def assert_same(a, b, weights=WEIGHTS):
    """The same J and gradient to the last bit."""
    (J_a, gradient_a), (J_b, gradient_b) = a.cost_and_gradient(weights), b.cost_and_gradient(weights)
    assert J_a == J_b == a.cost(weights) == b.cost(weights)
    assert np.array_equal(gradient_a.theta, gradient_b.theta)


@pytest.mark.parametrize("activation", [tanh, relu, NO_FUSED_FORM], ids=str)
@pytest.mark.parametrize("chunk", [1, 4, 22, 23, 1000])
def test_blocks_of_samples_add_up(chunk, activation):
    J, gradient = make(activation).cost_and_gradient(WEIGHTS)
    J_blocks, gradient_blocks = make(activation, chunk=chunk).cost_and_gradient(WEIGHTS)
    assert_close(J_blocks, J)
    assert_close(gradient_blocks.theta, gradient.theta)
    assert_close(make(activation, chunk=chunk).cost(WEIGHTS), J)


@pytest.mark.parametrize("activation", [tanh, NO_FUSED_FORM], ids=str)
def test_threads_change_nothing(activation):
    with ThreadPoolExecutor(3) as executor:
        assert_same(make(activation, chunk=4), make(activation, chunk=4, executor=executor))


def test_processes_change_nothing():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        on_processes = make(chunk=4, executor=executor)
        assert_same(make(chunk=4), on_processes)
        assert_same(make(chunk=4), on_processes, 2 * WEIGHTS)  # the workers' arrays are used again


def test_threads_of_blas_change_nothing():
    """Nor do those that BLAS has otherwise: below d = 128 they are not used, with an executor or without."""
    x_in, y_out = np.random.default_rng(0).standard_normal((2, 74, 90))
    weights = Weights.random(6, 74, 0.1, np.random.default_rng(1))
    options = {"N_T": 6, "activation": tanh, "chunk": 50}
    with threadpoolctl.threadpool_limits(2, user_api="blas"), ThreadPoolExecutor(2) as executor:
        on_threads = TrainingProblem(x_in, y_out, executor=executor, **options)
        assert_same(TrainingProblem(x_in, y_out, **options), on_threads, weights)


def test_blas_has_its_threads_back_after_an_interrupt_anywhere():
    """An interrupt between two lines of the context leaves it half open; the next evaluation closes it."""
    context = fused._OneBlasThread()
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        context.__enter__()  # and the interrupt, before the end
        with context:
            assert blas_threads() == {1}
        assert blas_threads() == {2}


def test_processes_that_ignore_the_stop_button_go_on():
    """Jupyter's Stop sends SIGINT to them, too; TrainingProblem's docstring says how they are made."""
    options = {"initializer": signal.signal, "initargs": (signal.SIGINT, signal.SIG_IGN)}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), **options) as executor:
        on_processes = make(chunk=4, executor=executor)
        assert_same(make(chunk=4), on_processes)
        for pid in executor._processes:
            os.kill(pid, signal.SIGINT)
        assert_same(make(chunk=4), on_processes)


def test_a_worker_s_error_is_seen():
    def refuse(x):
        raise FloatingPointError("no")

    with ThreadPoolExecutor(1) as executor, pytest.raises(FloatingPointError, match="no"):
        make(Activation(refuse, refuse, "refuses"), executor=executor).cost(WEIGHTS)


def test_one_problem_in_several_threads():
    shared, alone = make(), make()
    weights = [k * WEIGHTS for k in range(1, 5)] * 50
    with ThreadPoolExecutor(4) as executor:
        found = list(executor.map(shared.cost_and_gradient, weights))
    for w, (J, gradient) in zip(weights, found, strict=True):
        assert J == alone.cost(w)
        assert np.array_equal(gradient.theta, alone.cost_and_gradient(w)[1].theta)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies_of_a_problem_in_use(again):
    used = make(chunk=4)
    used.cost(WEIGHTS)
    other = again(used)
    other.cost_and_gradient(3 * WEIGHTS)
    assert_same(used, make(chunk=4))
    assert_same(other, make(chunk=4))
    assert not any(a.flags.writeable for a in (other.x_in, other.y_out, other.t))


def test_the_gradient_is_the_caller_s():
    p, weights = make(), Weights(WEIGHTS.V, WEIGHTS.b)
    _, first = p.cost_and_gradient(weights)
    kept = first.theta.copy()
    _, second = p.cost_and_gradient(2 * weights)
    assert not np.shares_memory(first.theta, second.theta)
    second.theta[:] = np.nan
    assert np.array_equal(first.theta, kept)
    assert np.array_equal(weights.theta, WEIGHTS.theta)
    assert_same(p, make())


@pytest.mark.parametrize("activation", [tanh, relu, NO_FUSED_FORM], ids=str)
def test_a_mean_over_mini_batches_is_the_whole(activation):
    """D1: batches of equal size that part the samples; the penalty is in each."""
    p = TrainingProblem(X_IN[:, :20], Y_OUT[:, :20], 1.5, N_T, 0.9, 0.4, activation, chunk=3)
    batches = np.random.default_rng(1).permutation(20).reshape(4, 5)
    J, gradients = zip(*(p.cost_and_gradient(WEIGHTS, batch) for batch in batches), strict=True)
    assert_close(np.mean(J), p.cost(WEIGHTS))
    assert_close(np.mean([g.theta for g in gradients], axis=0), p.cost_and_gradient(WEIGHTS)[1].theta)
    assert np.ptp(J) > 0.1  # they do differ


@pytest.mark.parametrize(
    "samples, error, part",
    [
        ([0, 23], ValueError, "from 0 to 22"),
        ([-1], ValueError, "goes from -1"),
        ([], (ValueError, TypeError), "samples"),
        ([[0, 1]], ValueError, "(1, 2)"),
        ([0.0], TypeError, "integers"),
        ([True] * 23, TypeError, "bool"),
    ],
)
def test_wrong_samples(samples, error, part):
    with pytest.raises(error, match="samples") as found:
        make().cost_and_gradient(WEIGHTS, samples)
    assert part in str(found.value)


@pytest.mark.parametrize(
    "options, error, part",
    [
        ({"chunk": 0}, ValueError, ">= 1"),
        ({"chunk": 2.0}, TypeError, "integer"),
        ({"executor": 2}, TypeError, "concurrent.futures.Executor"),
        ({"executor": ThreadPoolExecutor}, TypeError, "concurrent.futures.Executor"),
    ],
)
def test_wrong_options(options, error, part):
    with pytest.raises(error, match=next(iter(options))) as found:
        make(**options)
    assert part in str(found.value)


@pytest.mark.parametrize("activation", [tanh, relu, NO_FUSED_FORM], ids=str)
def test_float32_stays_float32(activation):
    single, weights = make(activation, np.float32), Weights.from_theta(WEIGHTS.theta.astype(np.float32))
    J, gradient = single.cost_and_gradient(weights)
    J_64, gradient_64 = make(activation).cost_and_gradient(WEIGHTS)
    assert gradient.theta.dtype == single.x_in.dtype == single.states(weights).dtype == np.float32
    assert 0 < abs(J / J_64 - 1) < 1e-5
    assert 0 < abs(gradient.theta - gradient_64.theta).max() < 1e-5 * abs(gradient_64.theta).max()
    assert train(single, iterations=2, step=constant(0.01), progress=False).weights.theta.dtype == np.float32
    assert minimize(single, iterations=20, progress=False).J[-1] < single.cost(Weights.zeros(N_T, d))


def test_float32_only_where_all_data_are():
    assert TrainingProblem(X_IN.astype(np.float32), Y_OUT).dtype == np.float64


BY_THEMSELVES = {
    "train": lambda p: train(p, iterations=1, progress=False),
    "minimize": lambda p: minimize(p, iterations=1, progress=False),
    "an iterator": lambda p: next(gradient_descent(p, Weights.zeros(2, p.d), constant(0.1))),
    "J alone": lambda p: p.cost(Weights.zeros(2, p.d)),
}


@pytest.mark.parametrize("method", BY_THEMSELVES.values(), ids=BY_THEMSELVES)
@pytest.mark.parametrize("rows, alone", [(3, True), (128, False)])
def test_small_matrices_get_one_blas_thread(method, rows, alone):
    seen, two = [], threadpoolctl.threadpool_limits(2, user_api="blas")

    def sigma(x):
        seen.append(blas_threads())
        return np.tanh(x)

    x = np.ones((rows, 2))
    with two:
        method(TrainingProblem(x, 2 * x, N_T=2, activation=Activation(sigma, tanh.dsigma, "")))
        assert blas_threads() == {2}
    assert seen and all((threads == {1}) is alone for threads in seen)


# What an evaluation costs


@pytest.mark.parametrize("activation", [tanh, relu], ids=str)
def test_numpy_calls(monkeypatch, activation):
    """At most 7 calls a layer and 30 besides: below 1,000 samples in the plane, they are what takes the time."""
    calls = []

    class Counting:
        def __getattr__(self, name):
            value = getattr(np, name)
            if not callable(value) or isinstance(value, type):
                return value
            return lambda *args, **kwargs: (calls.append(name), value(*args, **kwargs))[1]

    def count_methods(frame, event, called):
        owner = type(getattr(called, "__self__", None))
        if event == "c_call" and issubclass(owner, (np.ndarray, np.generic)):
            calls.append(called.__name__)

    count = SimpleNamespace(np=Counting())
    p, weights = TrainingProblem(X_IN, Y_OUT, N_T=41, activation=activation), Weights.random(41, d, 1.0, RNG)
    p.cost_and_gradient(weights)
    monkeypatch.setattr(fused, "np", count.np)
    sigma = lambda x, out=None: (calls.append("sigma"), activation.sigma(x, out))[1]  # noqa: E731
    counted = Activation(sigma, np.cos, "", activation.dsigma_of_sigma)
    monkeypatch.setattr(p._blocks.data_terms, "activation", counted)
    sys.setprofile(count_methods)
    try:
        p.cost_and_gradient(weights)
    finally:
        sys.setprofile(None)
    assert 7 * 40 - 4 <= len(calls) <= 7 * 40 + 30


def memory(p, weights):
    """Bytes: the most that the first evaluation had at a time, and the second one beyond what the first has left."""
    p._penalty(weights.theta)
    tracemalloc.start()
    try:
        p.cost_and_gradient(weights)
        first = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        p.cost_and_gradient(weights)
        return first, tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("I, N, d", [(100, 20, 2), (1000, 50, 2), (500, 20, 32), (64, 5, 200)])
def test_memory_of_one_block(I, N, d):
    x, y = np.random.default_rng(0).standard_normal((2, d, I))
    p = TrainingProblem(x, y, N_T=N + 1, activation=tanh, chunk=I)
    first, later = memory(p, Weights.zeros(N + 1, d))
    assert first < 1.1 * 8 * (N * I * (4 * d + 1) + 3 * N * d * (d + 1)) + 4 * x.nbytes
    assert later < 8 * N * d * (d + 1) + 2 * x.nbytes + 10_000  # the gradient, and nothing of the size of all states


def test_memory_of_blocks_does_not_grow_with_I():
    x, y = np.random.default_rng(0).standard_normal((2, 2, 40_000))
    few, many = (
        memory(TrainingProblem(x[:, :I], y[:, :I], N_T=21, chunk=1000), Weights.zeros(21, 2))[0] for I in (4000, 40_000)
    )
    assert many < few + 20_000
    assert TrainingProblem(x, y, N_T=21).chunk < 40_000  # blocks are the default
