"""Many samples: two threads, and a million points in bounded memory."""

import re
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

import neuralode_lib as node

from . import peers
from .report import ROOT, Reading, table
from .timing import interleaved

LAYERS, ITERATIONS = 20, 3


def section():
    return table([two_threads(), *million()])


def two_threads():
    """Blocks of samples on two threads; BLAS has one in either case."""
    alone, weights = peers.random_problem(*peers.SIZES["L"])
    with ThreadPoolExecutor(2) as executor, threadpool_limits(1):
        shared, _ = peers.random_problem(*peers.SIZES["L"], executor=executor)
        steps = {"alone": peers.ours(alone, weights), "shared": peers.ours(shared, weights)}
        peers.check_agreement("two threads", steps["shared"], steps["alone"])
        seconds = interleaved(steps, rounds=15)
    ratio = np.median(seconds["alone"] / seconds["shared"])
    return Reading("L on a ThreadPoolExecutor of 2 threads, against one thread", ratio, "times as fast", 1.6, True)


def million():
    """In fresh interpreters, whose memory has held nothing else."""
    what = f"I = {{:,}} points, d = 2, {LAYERS} layers: {{}}"
    for I in (100_000, 1_000_000):
        seconds, resident, beyond = map(float, _in_fresh_interpreter(f"train({I})").split())
        yield Reading(what.format(I, "one iteration of gradient descent"), seconds, "s")
        yield Reading(what.format(I, "peak of the memory, Python and libraries included"), resident / 2**20, "MiB")
        yield Reading(what.format(I, "arrays beyond the data, peak"), beyond / 2**20, "MiB")


def _in_fresh_interpreter(call):
    command = [sys.executable, "-c", f"from tools.bench import scale; scale.{call}"]
    return subprocess.check_output(command, cwd=ROOT, text=True)


def train(I):
    """Print the seconds of one iteration, the process's peak, and the peak of what was allocated after the data."""
    data = node.disk_in_ring(I)
    problem = node.TrainingProblem(data.x_in, data.y_out, N_T=LAYERS + 1, activation=node.tanh)
    start = perf_counter()
    history = node.train(problem, iterations=ITERATIONS, step=node.constant(1e-6), progress=False)
    seconds = (perf_counter() - start) / (ITERATIONS + 1)
    resident = peak_memory()
    fresh = node.TrainingProblem(data.x_in, data.y_out, N_T=LAYERS + 1, activation=node.tanh)
    tracemalloc.start()
    fresh.cost_and_gradient(history.weights)
    print(seconds, resident, tracemalloc.get_traced_memory()[1])


def peak_memory():
    """Bytes. On Linux not ru_maxrss, which a process inherits from the one that starts it."""
    status = Path("/proc/self/status")
    if status.exists():
        return 1024 * int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1])
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
