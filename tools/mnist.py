"""Read MNIST with the lecture's network, cost and adjoint: 60,000 images to learn from, 10,000 to be tested on.

    python -m tools.mnist                  fetches them from openml.org, once
    python -m tools.mnist --folder FOLDER  reads them there: MNIST's four IDX files, as they are or as .gz
    python -m tools.mnist --generated      makes as many of that size from scikit-learn's digits

Trains three times, from different starts, compares with what scikit-learn has, and writes a table and a figure into
the folder --out. Takes about a quarter of an hour, and 2 GB. Where MNIST cannot be fetched, a sentence says so.
"""

import argparse
import gzip
import warnings
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import sklearn.datasets
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import zoom
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

import neuralode_lib as node
from neuralode_lib import plotting
from neuralode_lib.datasets import labelled_images, largest_class

# Chosen on the last 10,000 training images.
EPOCHS, BATCH_SIZE, GAMMA, WARMING_UP = 12, 128, 0.001, 400
MARK = 10  # where the lecture's digits get a 1: next to images of norm 9, errors of a 1 would hardly count


def fetched():
    """MNIST as (pixels, label), (pixels, label); OSError where there is no network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it tries again
        pixels, label = sklearn.datasets.fetch_openml(
            "mnist_784", version=1, return_X_y=True, as_frame=False, parser="liac-arff", n_retries=1
        )
    pixels, label = (pixels / 255).astype(np.float32), label.astype(int)
    return (pixels[:60_000], label[:60_000]), (pixels[60_000:], label[60_000:])


def in_folder(folder):
    """The same from MNIST's IDX files; OSError where one is missing, ValueError where one is something else."""
    for part in ("train", "t10k"):
        images, label = (idx(folder, f"{part}-{what}-ubyte", n) for what, n in [("images-idx3", 3), ("labels-idx1", 1)])
        if len(images) != len(label):
            raise ValueError(f"{folder} has {len(images)} images and {len(label)} labels of {part}, expected as many")
        yield (images.reshape(len(images), -1) / np.float32(255)), label.astype(int)


def idx(folder, name, dimensions):
    """The array of bytes in an IDX file, or in the same with .gz."""
    path, packed = Path(folder, name), Path(folder, f"{name}.gz")
    if not (path.exists() or packed.exists()):
        raise FileNotFoundError(f"{folder} has neither {name} nor {name}.gz, expected MNIST's four IDX files")
    content = path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes())
    begins, start = bytes([0, 0, 8, dimensions]), 4 + 4 * dimensions  # 8: of bytes
    if content[:4] != begins or len(content) < start:
        raise ValueError(f"{name} begins with {content[:4]!r}, expected {begins!r}: an IDX file of that kind")
    shape = np.frombuffer(content, ">i4", dimensions, 4)
    if len(content) - start != np.prod(shape):
        raise ValueError(f"{name} has {len(content) - start} entries, expected {np.prod(shape)}: has it come whole?")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


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


def moved(pixels, rng):
    """Each image moved at random by at most one pixel, up or down and to a side."""
    images = np.pad(pixels.reshape(-1, 28, 28), [(0, 0), (1, 1), (1, 1)])
    places = sliding_window_view(images, (28, 28), axis=(1, 2))
    row, column = rng.integers(3, size=(2, len(images)))
    return places[np.arange(len(images)), row, column].reshape(pixels.shape)


def problem_of(pixels, label):
    data = labelled_images(pixels, label)
    data.y_out[-10:] *= MARK
    return node.TrainingProblem(data.x_in, data.y_out, T=3.0, N_T=4, w1=0.0, w2=1e-4)


def epochs(pixels, label, number=EPOCHS, batch_size=BATCH_SIZE, seed=0):
    """Train, and after each epoch give the problem and the weights."""
    rng, steps = np.random.default_rng(seed), len(label) // batch_size
    j = np.arange(1, number * steps + 1)
    gammas = GAMMA * np.minimum(1, j / WARMING_UP) * (1 + np.cos(np.pi * j / j[-1])) / 2
    gammas = iter(gammas.tolist())  # NumPy's own would make 64-bit numbers of the weights
    adam, weights = node.adam(), None

    def step(*where_it_stands):
        adam.gamma = next(gammas)
        return adam(*where_it_stands)

    for _ in range(number):
        problem = problem_of(moved(pixels, rng), label)
        if weights is None:
            start = node.Weights.random(problem.N_T, problem.d, 0.3 / (problem.T * np.sqrt(problem.d)), rng)
            weights = node.Weights.from_theta(start.theta.astype(problem.dtype))
            weights.b[:] = 0
        run = node.stochastic_gradient_descent(problem, weights, step, batch_size, rng)
        weights = next(islice(run, steps, None)).weights
        yield problem, weights


def ten_of(problem, weights, pixels, at_a_time=1000):
    """The last ten coordinates (10, I) at the end, computed for so many images at a time."""
    some = (pixels[i : i + at_a_time] for i in range(0, len(pixels), at_a_time))
    x_in = (labelled_images(images, np.zeros(len(images), int)).x_in for images in some)
    return np.hstack([node.forward(weights, x, problem.dt, problem.activation)[-1, -10:] for x in x_in])


def neural_ode(training, test, seed):
    """The ten coordinates of the test images, after training."""
    for epoch, (problem, weights) in enumerate(epochs(*training, seed=seed), 1):
        ten = ten_of(problem, weights, test[0])
        print(f"    epoch {epoch:2d}: {100 * np.mean(largest_class(ten) == test[1]):.2f} %", flush=True)
    return ten


def others():
    """name: method, and how many images it learns from."""
    return {
        "one hidden layer of 794": (MLPClassifier([794], random_state=0), 60_000),
        "5 nearest neighbours": (KNeighborsClassifier(), 60_000),
        "support vectors, a sixth": (SVC(), 10_000),
    }


def measured(training, test, seeds):
    """A table's rows, and the ten coordinates of the first run."""
    rows, runs = [], []

    def timed(name, work):
        began, began_cpu = perf_counter(), process_time()
        share = work()
        rows.append((name, share, process_time() - began_cpu, perf_counter() - began))
        print("{}: {:.2%}, {:.0f} s of a processor, {:.0f} s".format(*rows[-1]), flush=True)

    def trained(seed):
        runs.append(neural_ode(training, test, seed))
        return np.mean(largest_class(runs[-1]) == test[1])

    for seed in range(seeds):
        timed(f"residual network, start {seed + 1}", lambda seed=seed: trained(seed))
    for name, (method, number) in others().items():
        some = [part[:number] for part in training]
        timed(name, lambda method=method, some=some: method.fit(*some).score(*test))
    return rows, runs[0]


def table(rows):
    lines = ["| | test images right | seconds of a processor |", "|---|---|---|"]
    return "\n".join(lines + [f"| {name} | {100 * share:.2f} % | {cpu:.0f} |" for name, share, cpu, _ in rows]) + "\n"


def figure(ten, pixels, label):
    """What is taken for what, and the twelve mistakes in which the wrong class is farthest ahead."""
    said, images = largest_class(ten), pixels.reshape(-1, 28, 28)
    ahead = ten.max(axis=0) - ten[label, np.arange(len(label))]
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (label, said), 1)
    figure, axes = plotting.plt.subplot_mosaic(
        [["counts", *range(4 * row, 4 * row + 4)] for row in range(3)], figsize=(11, 4.6), width_ratios=[4, 1, 1, 1, 1]
    )
    wrong = counts - np.diag(counts.diagonal())
    axes["counts"].imshow(wrong, cmap="Oranges", vmax=2 * wrong.max())  # so light that black numbers can be read
    for (row, column), count in np.ndenumerate(counts):
        if count:
            axes["counts"].text(column, row, count, ha="center", va="center", fontsize=11)
    axes["counts"].set(xlabel="read as", ylabel="it is", xticks=range(10), yticks=range(10))
    axes["counts"].grid(False)
    for place, i in enumerate(np.argsort(-ahead)[:12]):
        axes[place].imshow(images[i], cmap="gray_r")
        axes[place].set_title(f"{label[i]}, not {said[i]}", fontsize=11)
        axes[place].axis("off")
    return figure


def main(read=fetched, out="build/mnist", seeds=3):
    try:
        training, test = read()
    except OSError as error:
        print(f"MNIST cannot be had here, and is left out: {error}")
        return
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    rows, ten = measured(training, test, seeds)
    (out / "mnist.md").write_text(table(rows), encoding="utf-8")
    plotting.use_style()
    figure(ten, *test).savefig(out / "mnist.png", dpi=100, pil_kwargs={"optimize": True})
    print(f"mnist.md and mnist.png are in {out}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--generated", action="store_true")
    parser.add_argument("--out", type=Path, default="build/mnist")
    arguments = parser.parse_args()
    if arguments.folder:
        main(lambda: in_folder(arguments.folder), arguments.out)
    else:
        main(generated if arguments.generated else fetched, arguments.out)
