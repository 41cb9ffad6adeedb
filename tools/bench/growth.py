"""How the time of one evaluation grows with the number of samples I, of layers N and of dimensions d.

Products of d x d with d x I are what counts in the end: d^2 as long as I stays, d^3 where I grows with d.
"""

from typing import NamedTuple

import numpy as np

from . import peers, plots
from .report import markdown, significant
from .timing import interleaved, one_thread


class Growth(NamedTuple):
    values: np.ndarray
    seconds: np.ndarray
    others: str  # what stays as it is
    expected: int  # the power with which the seconds should grow in the end


def section():
    with one_thread():
        grown = {
            "I": measure([(2, 4**k, 20) for k in range(2, 9)], 1, "d = 2, 20 layers", 1),
            "N": measure([(2, 100, 4**k) for k in range(1, 7)], 2, "d = 2, I = 100", 1),
            "d": measure([(2**k, 256, 4) for k in range(1, 11)], 0, "I = 256, 4 layers", 2),
            "d and I": measure([(2**k, 2 * 2**k, 4) for k in range(1, 10)], 0, "I = 2 d, 4 layers", 3),
        }
    plots.growth(grown)
    return table(grown)


def measure(sizes, which, others, expected, rounds=5):
    samples = interleaved({size: peers.ours(*peers.random_problem(*size)) for size in sizes}, rounds)
    values = np.array([size[which] for size in sizes])
    return Growth(values, np.array([np.median(samples[size]) for size in sizes]), others, expected)


def power(growth, last=3):
    """With which the seconds grow over the last values: the slope of a line through their logarithms."""
    return np.polyfit(np.log(growth.values[-last:]), np.log(growth.seconds[-last:]), 1)[0]


def table(grown):
    rows = [["what grows", "from", "to", "power at the end", "expected"]]
    for name, growth in grown.items():
        ends = [f"{growth.values[i]:,}: {significant(1e3 * growth.seconds[i])} ms" for i in (0, -1)]
        rows.append([f"{name} ({growth.others})", *ends, f"{power(growth):.2f}", str(growth.expected)])
    return markdown(rows)
