"""The README's moving picture: the lecture's 64 points while the network learns, its regions and J.

    python -m tools.film notebooks/training.gif
"""

import sys
from io import BytesIO
from itertools import islice

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import neuralode_lib as node
from neuralode_lib import plotting

SHOWN = [0, *np.unique(np.geomspace(1, 1000, 36).round().astype(int))]  # iterations
HOLD, LAST = 140, 2500  # milliseconds that a picture stays, and the last one


def pictures():
    """One for each iteration in SHOWN, of at most 64 colours."""
    data = node.disk_in_ring()
    problem = node.TrainingProblem(data.x_in, data.y_out, w1=0.01, w2=0.01)
    J = []
    descent = node.gradient_descent(problem, node.Weights.zeros(problem.N_T, problem.d), node.constant(1.0))
    for now in islice(descent, SHOWN[-1] + 1):
        J.append(now.J)
        if now.iteration in SHOWN:
            yield picture(problem, now.weights, data.label, J)


def picture(problem, weights, label, J):
    left, right = plotting.panels(2, width=9, height=4)

    def final(starts):
        return node.forward(weights, starts, problem.dt, problem.activation)[-1]

    plotting.points(problem.x_in, label, plotting.decision_regions(final, left))
    left.set(xlim=(-2, 2.6), ylim=(-2, 2), title="which target each start reaches")
    right.loglog(np.arange(1, len(J)), J[1:], color=plotting.BLACK)
    right.set(xlim=(1, SHOWN[-1]), ylim=(1, 200), xlabel="iteration", title=f"$J$ after {len(J) - 1} iterations")
    drawn = BytesIO()
    left.figure.savefig(drawn, format="png", dpi=80)
    plt.close(left.figure)
    return Image.open(drawn).convert("RGB").quantize(64, dither=Image.Dither.NONE)


def main(path):
    plotting.use_style()
    first, *others = pictures()
    durations = [HOLD] * len(others) + [LAST]
    first.save(path, save_all=True, append_images=others, duration=durations, loop=0, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
