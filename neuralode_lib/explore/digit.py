"""An image on its way through a network that reads digits (D5)."""

from base64 import b64encode
from math import isqrt

import numpy as np
from matplotlib.collections import LineCollection

from .. import checks, plotting
from ..datasets import largest_class
from ..resnet import Weights, forward
from .figure import Figure, between, network, styled


def packed(array):
    """Single precision, four bytes a number and those in base64: a third of what the digits would take."""
    return b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()


@styled
def digit(problem, weights, x_in, labels, image=0, t=0.0):
    """An image on its way through the network (D5): its pixels at time t, and the ten coordinates over time.

    x_in: images over ten zeros, as from `labelled_images`; labels: what they show. The images come in the order of
    how far the right coordinate is ahead of the largest other one: the wrong ones first. What is drawn into the
    picture is read, too. Weights and images are taken in single precision. Raises ValueError or TypeError, naming the
    argument.
    """
    data = network(problem, weights)
    x_in = checks.array("x_in", x_in, (problem.d, "I"), "one image a column", real=True)
    if np.any(x_in[-10:]):
        raise ValueError("x_in has other numbers than zero in its last ten rows, expected images over ten zeros")
    weights, x_in = (np.asarray(a, np.float32).astype(float) for a in (weights.theta, x_in))
    weights = Weights.from_theta(weights)
    x = forward(weights, x_in, problem.dt, problem.activation)
    labels = checks.indices("labels", labels, 10)
    side = isqrt(max(x.shape[1] - 10, 0))
    if side == 0 or side**2 + 10 != x.shape[1]:
        raise ValueError(f"x_in has {x.shape[1]} rows, expected the pixels of a square image and ten more")
    if len(labels) != x.shape[2]:
        raise ValueError(f"labels has {len(labels)} entries, expected {x.shape[2]}: one for each column of x_in")
    if checks.integer("image", image, 0) >= len(labels):
        raise ValueError(f"image is {image}, expected a number below {len(labels)}, that of the images")
    k = round(between("t", t, 0, problem.T) / problem.dt)
    order = worst_first(x[-1], labels)
    i = order[image]
    own, read, ten = labels[i], largest_class(x[-1])[i], x[:, -10:, i]

    end = f"read as {read}" + (": wrong" if read != own else "")
    now = f"its own is {ten[k, own]:.2f}, the largest, that of {ten[k].argmax()}, {ten[k].max():.2f}"
    numbers = f"image {i}, a {own}, {end}; t = {problem.t[k]:.2f}: {now if k else 'all ten are zero'}"
    alt = f"Left: an image of {side} x {side} grey values at t = {problem.t[k]:.2f}. Right: its ten coordinates over t."

    left, right = axes = plotting.panels(2, width=10.4)
    left.imshow(x[k, :-10, i].reshape(side, side), cmap="gray_r", vmin=0, vmax=1)
    left.set(xticks=[], yticks=[])
    rest = [np.column_stack([problem.t, ten[:, c]]) for c in range(10) if c not in (own, read)]
    right.add_collection(LineCollection(rest, colors="0.65", lw=1.5))
    right.plot(problem.t, ten[:, own], "o-", color=plotting.GREEN, lw=3, label="what it is")
    if read != own:
        right.plot(problem.t, ten[:, read], "s--", color=plotting.RED, lw=3, label="what it is read as")
    y = min(x[:, -10:].min(), 0) - 0.1, max(x[:, -10:].max(), 1) + 0.1
    right.axvline(problem.t[k], ls=":", color=plotting.BLACK)
    right.set(xlabel="$t$", title="the ten coordinates", ylim=y)
    right.legend(fontsize=12)

    data |= {"theta": packed(weights.theta), "x_in": packed(x_in[:-10, order].T), "y_out": [], "side": side, "y": y}
    data |= {"label": labels[order], "number": order, "image": image, "t": problem.t[k], "alt": alt}
    data["moved"] = share_right_when_moved(problem, weights, x_in, labels, side)
    return Figure("digit", data, axes, alt, numbers)


def worst_first(x_T, labels):
    """The order in which the right one of the ten coordinates gets further and further ahead of the others."""
    ten, own = x_T[-10:], np.eye(10, dtype=bool)[labels].T
    ahead = ten.T[own.T] - np.where(own, -np.inf, ten).max(axis=0)
    return ahead.argsort(kind="stable")


def share_right_when_moved(problem, weights, x_in, labels, side):
    """What part of the images is read correctly when each has moved to the right by a pixel."""
    moved = x_in.copy()
    pixels = x_in[:-10].reshape(side, side, -1)
    moved[:-10] = np.concatenate([0 * pixels[:, :1], pixels[:, :-1]], axis=1).reshape(side**2, -1)
    x_T = forward(weights, moved, problem.dt, problem.activation)[-1]
    return np.mean(largest_class(x_T) == labels)
