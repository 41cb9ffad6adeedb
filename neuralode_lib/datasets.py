"""Data: planar sets with the lecture's two targets, and images."""

from typing import NamedTuple

import numpy as np

from . import checks

TARGETS = np.array([[0.0, 1.0], [2.0, 1.0]])  # one row per class: blue, red


class Dataset(NamedTuple):
    """x_in and y_out (d, I), one column per sample, and the label (I,) of each: in the plane 0 blue, 1 red."""

    x_in: np.ndarray
    y_out: np.ndarray
    label: np.ndarray


def disk_in_ring(I=64, seed=4):
    """The lecture's data: half the points blue in a disk of radius 0.4, half red in the ring round it, 0.8 to 1.2.

    Radii and angles are uniform. The blue ones come first; an odd I gives the ring one point more.
    """
    label, rng = _labels(I, seed), np.random.default_rng(seed)
    radius = np.where(label == 0, rng.uniform(0.0, 0.4, I), rng.uniform(0.8, 1.2, I))
    angle = rng.uniform(0.0, 2 * np.pi, I)
    return _dataset(radius * np.array([np.cos(angle), np.sin(angle)]), label)


def moons(I=64, seed=0):
    """Two half moons that reach into each other: no line separates them (but very few of them), a planar flow does."""
    from sklearn.datasets import make_moons  # here, as it takes longer to import than all else together

    _labels(I, seed)
    points, label = make_moons(I, noise=0.08, random_state=seed, shuffle=False)
    return _dataset((points - points.mean(axis=0)).T, label)


def blobs(I=64, seed=0):
    """Two round clouds: the easy case. A line separates them, but for a few of thousands of points."""
    label, rng = _labels(I, seed), np.random.default_rng(seed)
    centre = np.array([[-0.6, 0.6], [-0.4, 0.4]])[:, label]
    return _dataset(centre + 0.2 * rng.standard_normal((2, I)), label)


def labelled_images(pixels, label, classes=10):
    """Images as samples with `classes` more coordinates, zero at first, where the network is to put a 1 (D5).

    pixels (I, n), one image a row; label (I,) from 0 to classes - 1. x_in is each image over zeros; y_out the same
    image over zeros and, in the row of its class, a one.
    """
    pixels = checks.array("pixels", pixels, ("I", "n"), "one image a row", real=True)
    if pixels.shape[1] == 0:
        raise ValueError(f"pixels has shape {pixels.shape}, expected at least one pixel in each image")
    classes = checks.integer("classes", classes, 1)
    label = checks.indices("label", label, classes)
    if len(label) != len(pixels):
        raise ValueError(f"label has {len(label)} entries, expected {len(pixels)}: one for each image")
    x_in = np.zeros((pixels.shape[1] + classes, len(pixels)), pixels.dtype)
    x_in[:-classes] = pixels.T
    y_out = x_in.copy()
    y_out[-classes:][label, np.arange(len(label))] = 1
    return Dataset(x_in, y_out, label)


def largest_class(x, classes=10):
    """Label (I,) of the largest of the last `classes` coordinates of each column of x (d, I)."""
    return _columns(x, checks.integer("classes", classes, 1))[-classes:].argmax(axis=0)


def target_distances(x):
    """Distances (2, I) of each column of x (d, I) from the blue and the red target, in the first two coordinates."""
    return np.linalg.norm(_columns(x, 2)[:2, None] - TARGETS.T[:, :, None], axis=0)


def nearest_target(x):
    """Label (I,) of the target that is nearest to each column of x (d, I)."""
    return target_distances(x).argmin(axis=0)


def _columns(x, fewest):
    x = checks.array("x", x, ("d", "I"), "one column per sample", real=True)
    if len(x) < fewest:
        raise ValueError(f"x has shape {x.shape}, expected (d, I) with d >= {fewest}: one column per sample")
    return x


def _labels(I, seed):
    checks.integer("I", I, 2)
    checks.integer("seed", seed, 0)
    return np.repeat([0, 1], [I // 2, I - I // 2])


def _dataset(x_in, label):
    return Dataset(x_in, TARGETS[label].T, label)
