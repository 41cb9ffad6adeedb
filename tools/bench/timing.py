"""Timings that can be compared: interleaved, in one process, on one thread of one core."""

import os
from contextlib import contextmanager
from math import ceil
from timeit import timeit

import numpy as np
from threadpoolctl import threadpool_limits


@contextmanager
def one_thread():
    """For BLAS, and for what starts threads from now on: where the system can (Linux), they share one core."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    # Read when JAX starts.
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    try:
        if cores:
            os.sched_setaffinity(0, {max(cores)})
        with threadpool_limits(1):
            yield
    finally:
        if cores:
            os.sched_setaffinity(0, cores)


def interleaved(steps, rounds=15, seconds=0.02):
    """Seconds a call, (rounds,) for each name in `steps`: a sample of each in every round, the order rotated.

    A sample calls its function as often as takes about that many seconds. A slow spell of the machine then meets
    all of them alike, and the ratio of two samples of one round is what can be trusted.
    """
    names = list(steps)
    calls = {name: ceil(seconds / min(timeit(steps[name], number=1) for _ in range(2))) for name in names}
    samples = {name: [] for name in names}
    for r in range(rounds):
        for name in names[r % len(names) :] + names[: r % len(names)]:
            samples[name].append(timeit(steps[name], number=calls[name]) / calls[name])
    return {name: np.array(values) for name, values in samples.items()}


def quartiles(values):
    """Lower quartile, median, upper quartile."""
    return np.percentile(values, [25, 50, 75])
