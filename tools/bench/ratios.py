"""The fused gradient against each peer, and against what the machine could do at best."""

import numpy as np

from . import peers, plots
from .report import markdown, numpy_kernel, significant, verdict
from .timing import interleaved, one_thread, quartiles

# How many times as long as ours, at least. JAX's says that we may take 1.1 times as long as it does.
GOALS = {
    "numpy, samples as rows": {"S": 5, "M": 4, "L": 2, "XL": 1.25},
    "PyTorch autograd": {"S": 20, "M": 8, "L": 1.5, "XL": 2},
    "torchdiffeq": {"S": 30},
    "diffrax": {"S": 4},
    "JAX, one jitted step": dict.fromkeys(peers.SIZES, 0.909),
}
ROOFLINE_GOALS = {"M": 0.30, "L": 0.55, "XL": 0.75}

n = 1024  # of the matrices whose product shows the peak


def section(sizes, names):
    samples, missing = measure(sizes, names)
    compared = compare(samples)
    plots.ratios(compared, GOALS)
    return "\n".join([table(samples, compared), "", *missing])


def measure(sizes, names, rounds=15):
    """{size: {name: seconds a call in each round}}, and a line for each peer that is not installed."""
    samples, missing = {}, []
    with one_thread():
        for size in sizes:
            problem, weights = peers.random_problem(*peers.SIZES[size])
            steps, missing = {"ours": peers.ours(problem, weights)}, []
            for name in names:
                try:
                    steps[name] = peers.PEERS[name](problem, weights)
                except ModuleNotFoundError as error:
                    missing.append(f"{name}: skipped, {error.name} is not installed")
            for name, step in steps.items():
                peers.check_agreement(f"{name} at size {size}", step, peers.columns(problem, weights))
            samples[size] = interleaved({**steps, **limits(problem, weights)}, rounds)
    return samples, missing


def compare(samples):
    """{peer: {size: its time over ours in each round}}"""
    measured = next(iter(samples.values()))
    return {
        name: {size: s[name] / s["ours"] for size, s in samples.items()} for name in peers.PEERS if name in measured
    }


def limits(problem, weights):
    """What the roofline is made of: the product of two large matrices, and tanh of all states."""
    A, B, product = np.random.default_rng(0).standard_normal((3, n, n))
    x = problem.states(weights)[:-1]
    s = np.empty_like(x)

    def gemm():
        A.dot(B, out=product)

    def tanh():
        for x_k, s_k in zip(x, s, strict=True):
            np.tanh(x_k, out=s_k)

    return {"gemm": gemm, "tanh": tanh}


def roofline(size, s):
    """Of the time that we take, the part that tanh and three products a layer at the gemm's rate would take."""
    d, I, layers = peers.SIZES[size]
    products = 3 * layers * d * d * I / n**3 * min(s["gemm"])  # the peak is the best that was seen
    return (products + s["tanh"]) / s["ours"]


def table(samples, compared):
    blas = numpy_kernel()
    rows = [
        ["", *samples, "matrices multiplied by"],
        ["d, I, layers", *(", ".join(map(str, peers.SIZES[size])) for size in samples), ""],
        ["ours, ms", *(significant(1e3 * np.median(s["ours"])) for s in samples.values()), blas],
    ]
    for name, ratios in compared.items():
        cells = [cell(ratio, GOALS.get(name, {}).get(size)) for size, ratio in ratios.items()]
        rows.append([name, *cells, peers.KERNELS.get(name, blas)])
    parts = [cell(roofline(size, s), ROOFLINE_GOALS.get(size)) for size, s in samples.items()]
    rows.append(["part of the roofline", *parts, blas])
    peak = [2e-9 * n**3 / min(s["gemm"]) for s in samples.values()]
    rows.append(["peak of gemm, Gflop/s", *map(significant, peak), blas])
    tanh = [1e9 * np.median(s["tanh"]) / np.prod(peers.SIZES[size]) for size, s in samples.items()]
    rows.append(["tanh, ns a number", *map(significant, tanh), ""])
    return markdown(rows)


def cell(ratios, goal):
    low, median, high = quartiles(ratios)
    text = f"{median:.2f} ± {(high - low) / 2:.2f}"
    return text if goal is None else f"{text}, goal {goal} {verdict(median, goal, more_is_better=True)}"
