"""Read MNIST with the lecture's network, cost and adjoint: 60,000 images to learn from, 10,000 to be tested on.

    python -m tools.mnist              fetches them from openml.org, once
    python -m tools.mnist --generated  makes as many of that size from scikit-learn's digits

Both take some minutes on two cores and about 1.5 GB. Where MNIST cannot be fetched, a sentence says so.
"""

import argparse
import os
import warnings
from itertools import islice
from time import perf_counter

import numpy as np
import sklearn.datasets
from scipy.ndimage import zoom
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

import neuralode_lib as node
from neuralode_lib.datasets import labelled_images, largest_class

SCHEDULE = [(0.001, 15), (0.0003, 5)]  # gamma of Adam and for how many epochs: at the end less noise


def fetched():
    """MNIST as (pixels, label), (pixels, label); OSError where there is no network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it tries again
        pixels, label = sklearn.datasets.fetch_openml(
            "mnist_784", version=1, return_X_y=True, as_frame=False, parser="liac-arff", n_retries=1
        )
    pixels, label = (pixels / 255).astype(np.float32), label.astype(int)
    return (pixels[:60_000], label[:60_000]), (pixels[60_000:], label[60_000:])


def generated(training=60_000, test=10_000, seed=0):
    """As many images of 28 x 28: a seventh of the digits for the test; enlarged, moved about, with noise."""
    pixels, label = sklearn.datasets.load_digits(return_X_y=True)
    big = zoom(pixels.reshape(-1, 8, 8) / 16, (1, 2.5, 2.5), order=1, grid_mode=True, mode="nearest")
    rng = np.random.default_rng(seed)
    parts = train_test_split(np.arange(len(label)), test_size=1 / 7, random_state=seed, stratify=label)
    for size, part in zip((training, test), parts, strict=True):
        which = rng.choice(part, size)
        images = 0.1 * rng.standard_normal((size, 28, 28), dtype=np.float32)
        for image, n, (row, column) in zip(images, which, rng.integers(2, 7, (size, 2)), strict=True):
            image[row : row + 20, column : column + 20] += big[n]
        yield images.clip(0, 1).reshape(size, -1), label[which]


def epochs(pixels, label, schedule=SCHEDULE, batch_size=128, seed=0):
    """Train, and after each epoch give the problem and the weights."""
    data, rng = labelled_images(pixels, label), np.random.default_rng(seed)
    problem = node.TrainingProblem(data.x_in, data.y_out, T=3.0, N_T=7, w1=0.0, w2=1e-4)
    del data  # the problem has its own copy
    start = node.Weights.random(problem.N_T, problem.d, 1 / (problem.T * np.sqrt(problem.d)), rng)
    weights = node.Weights.from_theta(start.theta.astype(problem.dtype))
    weights.b[:] = 0
    steps = problem.I // batch_size
    for gamma, number in schedule:
        run = node.stochastic_gradient_descent(problem, weights, node.adam(gamma), batch_size, rng)
        for now in islice(run, steps, number * steps + 1, steps):
            weights = now.weights
            yield problem, weights


def share_right(problem, weights, pixels, label, at_a_time=1000):
    """The share of the images that are read rightly, computed for so many at a time."""
    right = 0
    for start in range(0, len(label), at_a_time):
        some = labelled_images(pixels[start : start + at_a_time], label[start : start + at_a_time])
        x = node.forward(weights, some.x_in, problem.dt, problem.activation)
        right += np.sum(largest_class(x[-1]) == some.label)
    return right / len(label)


def main(read=fetched):
    try:
        training, test = read()
    except OSError as error:
        print(f"MNIST cannot be fetched here, and is left out: {error}")
        return
    began = perf_counter()
    with threadpool_limits(os.cpu_count(), user_api="blas"):
        for epoch, (problem, weights) in enumerate(epochs(*training), 1):
            share = share_right(problem, weights, *test)
            print(f"epoch {epoch:2d}: {100 * share:.2f} % of the test images right, {perf_counter() - began:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generated", action="store_true")
    main(generated if parser.parse_args().generated else fetched)
