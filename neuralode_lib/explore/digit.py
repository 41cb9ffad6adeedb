"""An image on its way through a network (D5)."""

from math import isqrt

import ipywidgets as widgets
import numpy as np

from .. import checks
from ..datasets import largest_class
from ..plotting import BLACK, GREEN, RED
from ..resnet import forward
from .explorer import Explorer, _line, _paths, _slider, styled


@styled
def digit(problem, weights, x_in, labels, image=0, t=0.0):
    """An image on its way through the network (D5): its pixels at time t, and the ten coordinates over time.

    x_in: images over ten zeros, as from `labelled_images`; labels: what they show. They come in the order of how far
    the right coordinate is ahead of the largest other one: the wrong ones first.
    """
    x = forward(weights, x_in, problem.dt, problem.activation)
    labels = checks.indices("labels", labels, 10)
    side = isqrt(max(x.shape[1] - 10, 0))
    if side == 0 or side**2 + 10 != x.shape[1]:
        raise ValueError(f"x_in has {x.shape[1]} rows, expected the pixels of a square image and ten more")
    if len(labels) != x.shape[2]:
        raise ValueError(f"labels has {len(labels)} entries, expected {x.shape[2]}: one for each column of x_in")
    ten, read = x[:, -10:], largest_class(x[-1])
    is_own = np.eye(10, dtype=bool)[labels].T
    ahead = ten[-1].T[is_own.T] - np.where(is_own, -np.inf, ten[-1]).max(axis=0)
    order = ahead.argsort(kind="stable")
    explorer = Explorer("digit", {
        "image": _slider(widgets.IntSlider, image, 0, len(labels) - 1, 1, "image, worst first"),
        "t": _slider(widgets.FloatSlider, t, 0, problem.T, problem.dt, "t"),
    })  # fmt: skip
    explorer.controls["image"].layout.width = "480px"  # there are hundreds
    left, right = explorer.axes
    shown = left.imshow(np.zeros((side, side)), cmap="gray_r", vmin=0, vmax=1)
    left.set(xticks=[], yticks=[])
    left.spines[:].set(visible=True, color="0.65")
    title = left.set_title("$t = 0$")
    others = _paths(right, "0.65", lw=1.5)
    own = _line(right, "o-", GREEN, lw=3, label="what it is")
    mistaken = _line(right, "s--", RED, lw=3, label="read as, if wrong")
    at = _line(right, ":", BLACK, lw=2)
    right.set(xlabel="$t$", title="the ten coordinates", xlim=(0, 1.02 * problem.T))
    right.set_ylim(min(ten.min(), 0) - 0.1, max(ten.max(), 1) + 0.4)
    right.legend(loc="upper left", ncols=2)

    def update(image, t):
        i, k = order[image], round(t / problem.dt)
        shown.set_data(x[k, :-10, i].reshape(side, side))
        title.set_text(f"$t = {problem.t[k]:.2f}$")
        wrong = read[i] != labels[i]
        own.set_data(problem.t, ten[:, labels[i], i])
        mistaken.set_data(*((problem.t, ten[:, read[i], i]) if wrong else ([], [])))
        rest = [c for c in range(10) if c not in (labels[i], read[i])]
        others.set_segments([np.column_stack([problem.t, ten[:, c, i]]) for c in rest])
        at.set_data([problem.t[k]] * 2, right.get_ylim())
        now = ten[k, :, i]
        stand = f"its own is {now[labels[i]]:.2f}, the largest, that of {now.argmax()}, {now.max():.2f}"
        end = f"read as {read[i]}" + (": wrong" if wrong else "")
        return f"image {i}, a {labels[i]}, {end}; t = {problem.t[k]:.2f}: {stand if k else 'all ten are zero'}"

    return explorer.watch(update, [shown, title, others, at, own, mistaken])
