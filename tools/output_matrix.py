"""The digits with a cost that sees only the ten coordinates in which the class is written: is it worth it?

    python -m tools.output_matrix

Data, network, training and splits are those of 12.D; it prints the share of test images that are read rightly.
"""

from itertools import islice

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

import neuralode_lib as node
from neuralode_lib.datasets import labelled_images, largest_class


class OnlyTheTen(node.TrainingProblem):
    """Half the squared error of the last ten coordinates at T, and the penalty."""

    def cost_and_gradient(self, weights, samples=None):
        x = node.forward(weights, self.x_in[:, samples], self.dt, self.activation)
        target = x[-1].copy()  # no pixel is off target
        target[-10:] = self.y_out[-10:, samples]
        phi = node.adjoint(weights, x, target, self.dt, 0.0, self.activation)
        scale = self.I / len(samples)
        J = node.cost(weights, x, target, self.dt, 0.0, self.w2 / scale)
        return scale * J, scale * node.gradient(weights, x, phi, self.dt, self.w2 / scale, self.activation)


def share_right(make, seed):
    pixels, label = load_digits(return_X_y=True)
    parts = train_test_split(pixels / 16, label, test_size=0.2, random_state=seed, stratify=label)
    train, test = labelled_images(parts[0], parts[2]), labelled_images(parts[1], parts[3])
    problem = make(train.x_in, train.y_out, T=3.0, N_T=7, w1=0.0, w2=1e-4)
    rng = np.random.default_rng(seed)
    start = node.Weights.random(problem.N_T, problem.d, 1 / (problem.T * np.sqrt(problem.d)), rng)
    start.b[:] = 0
    run = node.stochastic_gradient_descent(problem, start, node.adam(0.003), 64, rng)
    weights = next(islice(run, 60 * (problem.I // 64), None)).weights
    x = node.forward(weights, test.x_in, problem.dt, problem.activation)
    return np.mean(largest_class(x[-1]) == test.label)


if __name__ == "__main__":
    with threadpool_limits(1, user_api="blas"):
        for name, make in [("the lecture's cost", node.TrainingProblem), ("only the ten coordinates", OnlyTheTen)]:
            print(f"{name}: {100 * np.mean([share_right(make, seed) for seed in range(5)]):.1f} %")
