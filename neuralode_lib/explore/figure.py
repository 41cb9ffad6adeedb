"""A figure that moves where it is read: on a page, a slide, a phone, in a notebook with or without its kernel.

Python gives the numbers it starts from, a picture of its first state and what that says in words; JavaScript does the
rest, in the reader's browser. Where scripts are stripped, picture and words remain.
"""

import json
from base64 import b64encode
from functools import cache
from html import escape
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from .. import activations, checks, plotting
from ..problem import TrainingProblem

HERE = Path(__file__).parent
styled = plt.style.context(["default", "neuralode_lib.neuralode"])  # whatever style the notebook uses


class Figure:
    """What a cell shows: `name`.js brought to life with `data`, and a picture of how it starts.

    data: a dict of numbers, texts, lists and arrays. ax: an Axes, or an array of them, with that picture. alt: what
    it shows, for those who cannot see it. numbers: the line of numbers that `name`.js starts with. scripts: further
    files that it needs, such as "rules".
    """

    def __init__(self, name, data, ax, alt, numbers, scripts=()):
        self.name, self.data, self.alt, self.numbers, self.scripts = name, rounded(data), alt, numbers, scripts
        self.png = plotting.png(np.ravel(ax)[0].figure)

    def _repr_mimebundle_(self, **kwargs):
        return {"text/html": self.html(), "text/plain": f"[Figure: {self.alt}]"}

    def html(self):
        data = json.dumps(self.data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        png = b64encode(self.png).decode()
        return (
            f'<figure class="living-figure" data-name="{self.name}">\n'
            f'<img alt="{escape(self.alt)}" style="max-width: 100%" src="data:image/png;base64,{png}">\n'
            f"<figcaption>{escape(self.numbers)}</figcaption>\n"
            f'<script type="application/json">{data}</script>\n'
            f"<script>{program(self.name, *self.scripts)}</script>\n"
            "</figure>"
        )


@cache
def program(name, *scripts):
    """All that runs in the page, in a scope of its own: files of this folder, which the first line names."""
    files = ["resnet", *scripts, "picture", "plane", name]
    parts = [(HERE / f"{file}.js").read_text(encoding="utf-8") for file in files]
    style = json.dumps((HERE / "picture.css").read_text(encoding="utf-8"))
    start = 'Picture.start(document.currentScript.closest(".living-figure"), live);'
    opening = [f"(() => {{ // {' '.join(files)}", '"use strict";', f"const STYLE = {style};"]
    code = "\n".join([*opening, *parts, start, "})();"])
    return code.replace("</script", r"<\/script").replace("<!--", r"<\!--")


def rounded(value):
    """`value` as JSON takes it, numbers with twelve digits: those after them are not the same on every machine."""
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, np.ndarray):
        return rounded(value.ravel().tolist())
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    if isinstance(value, np.generic):
        value = value.item()
    return float(f"{value:.12g}") if isinstance(value, float) else value


def one_of(name, value, options):
    """`value`, if it is one of the `options`; ValueError otherwise."""
    if not any(type(value) is type(option) and value == option for option in options):
        raise ValueError(f"{name} is {value!r}, expected one of {', '.join(map(repr, options))}")
    return value


def between(name, value, low, high):
    """`value` as a float, if it lies between `low` and `high`; ValueError otherwise."""
    value = checks.number(name, value)
    if not low <= value <= high:
        raise ValueError(f"{name} is {value:g}, expected a number from {low:g} to {high:g}")
    return value


def network(problem, weights, least=1):
    """What resnet.js needs of a problem and its weights; TypeError or ValueError for what it does not know.

    least: how many coordinates the picture is of.
    """
    checks.instance("problem", problem, TrainingProblem, "a TrainingProblem(x_in, y_out, ...)")
    if problem.activation not in (activations.tanh, activations.relu):
        raise ValueError(f"problem's activation is {problem.activation.name}, in the page there are tanh and relu only")
    if problem.d < least:
        raise ValueError(f"problem has d = {problem.d}, expected at least {least}: the picture is of a plane")
    problem.fitting(weights, real=True)
    if not np.isfinite(problem.states(weights)).all():
        raise ValueError("weights are not finite, or so large that the states are not")
    return {
        "d": problem.d, "N": problem.N_T - 1, "T": problem.T, "activation": problem.activation.name,
        "theta": weights.theta, "x_in": problem.x_in, "y_out": problem.y_out,
    }  # fmt: skip
