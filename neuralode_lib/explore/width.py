"""Explorers: move a control and see what changes. Each function makes one widget, of core ipywidgets only.

The picture is Matplotlib's, in one Image of fixed size: axes and labels are drawn once, and at every change only
what moves is drawn on top of them. `movie` is for pages without a kernel.
"""

import asyncio
from base64 import b64encode
from functools import lru_cache
from html import escape
from io import BytesIO
from itertools import islice
from math import isqrt
from time import perf_counter

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from PIL import Image
from scipy.integrate import solve_ivp
from threadpoolctl import threadpool_limits

from . import activations, checks, plotting, resnet
from .datasets import blobs, disk_in_ring, largest_class, moons, nearest_target, target_distances
from .plotting import BLACK, BLUE, GREEN, ORANGE, RED
from .problem import TrainingProblem
from .resnet import Weights, forward
from .training import (
    Diverged,
    armijo,
    backtracking,
    constant,
    decaying,
    gradient_descent,
    minimize,
    stochastic_gradient_descent,
    train,
)
from .verify import difference_quotient, observed_order

styled = plt.style.context(["default", "neuralode_lib.neuralode"])  # whatever style the notebook uses


class Explorer(widgets.VBox):
    """Controls, a picture, a line of numbers and a line for errors. `controls` holds the widgets by name."""

    def __init__(self, name, controls, columns=2, width=10.4, height=4.3):
        self.name, self.controls, self.home = name, controls, _running_loop()
        self.figure = Figure(figsize=(width, height), dpi=100, layout="none")
        self.canvas = FigureCanvasAgg(self.figure)
        panel = (width - 0.2) / columns - 1  # an inch to the left of each panel is for its labels
        margins = {"left": 1 / width, "right": 1 - 0.2 / width, "bottom": 0.75 / height, "top": 1 - 0.4 / height}
        self.axes = self.figure.subplots(1, columns, squeeze=False, gridspec_kw={**margins, "wspace": 1 / panel})[0]
        size = {"width": f"{100 * width:g}px", "height": f"{100 * height:g}px"}
        self.image = widgets.Image(format="png", layout={**size, "max_width": "100%", "object_fit": "contain"})
        self.numbers, self.error = widgets.HTML(), widgets.HTML()
        for control in controls.values():
            control.style.description_width = "initial"
            control.layout.margin = "2px 20px 2px 2px"
        row = widgets.HBox(list(controls.values()), layout={"flex_flow": "row wrap", "align_items": "flex-end"})
        super().__init__([row, self.image, self.numbers, self.error])

    def _repr_mimebundle_(self, **kwargs):
        # The text is the same in every run, and all that a page without a kernel shows.
        sentence = f"[Explorer {self.name}: needs a running kernel; the figures of this section say the same]"
        return {**super()._repr_mimebundle_(**kwargs), "text/plain": sentence}

    def watch(self, update, moving):
        """From now on a moved control calls `update(**values)`: it sets the artists `moving` and returns a text."""
        self.update, self.moving = update, moving
        for artist in moving:
            artist.set_animated(True)
        self.draw_axes()
        self.redraw()
        for name in self.values():
            self.controls[name].observe(lambda _, name=name: self.attempt(self.changed, name), "value")
        return self

    def values(self):
        silent = (widgets.Button, widgets.Play)
        return {name: control.value for name, control in self.controls.items() if not isinstance(control, silent)}

    def changed(self, name):
        """The control of that name has been moved."""
        self.redraw()

    def attempt(self, action, *args):
        """Call action(*args); its exception would vanish in the server's log, so it is shown under the picture."""
        # JupyterLab may deliver an event in another thread (a subshell). All is done in the one that made the explorer.
        if self.home and self.home.is_running() and self.home is not _running_loop():
            self.home.call_soon_threadsafe(self.attempt, action, *args)
            return
        try:
            self.complain("")
            action(*args)
        except Exception as error:
            self.complain(f"{type(error).__name__}: {error}")

    def complain(self, text):
        self.error.value = f'<b role="alert" style="color: {RED}">{escape(text)}</b>' if text else ""

    @styled
    def draw_axes(self):
        """Draw what does not move, and keep it."""
        self.canvas.draw()
        self.background = self.canvas.copy_from_bbox(self.figure.bbox)

    def redraw(self):
        """Set what moves, and draw it on top of what does not."""
        with np.errstate(all="ignore"):  # training may have diverged
            text = self.update(**self.values())
            self.canvas.restore_region(self.background)
            for artist in self.moving:
                self.figure.draw_artist(artist)
        png = BytesIO()
        Image.fromarray(_pixels(self.canvas)).save(png, "png", compress_level=1)
        self.image.value = png.getvalue()
        self.numbers.value = f'<span style="font-size: 115%">{escape(text)}</span>'


def _running_loop():
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _pixels(canvas):
    return np.asarray(canvas.buffer_rgba())[:, :, :3]


def _slider(kind, value, minimum, maximum, step, description):
    """A slider that reaches at least as far as its first value."""
    return kind(value, min=min(minimum, value), max=max(maximum, value), step=step, description=description)


def _choice(options, value, description):
    """Buttons: JupyterLab takes the arrow keys and letters that a drop-down list needs for its own commands."""
    style, layout = {"button_width": "auto"}, {"width": "max-content"}
    return widgets.ToggleButtons(
        options=list(options), value=value, description=description, style=style, layout=layout
    )  # fmt: skip


def _line(ax, style="-", color=BLACK, **kwargs):
    return ax.plot([], [], style, color=color, **kwargs)[0]


def _paths(ax, colors, **kwargs):
    return ax.add_collection(LineCollection([], colors=colors, **kwargs), autolim=False)


def _errors(ax, this, others, **limits):
    """Two moving lines on logarithmic axes: the errors for all values of a control, and for the chosen one."""
    ax.set(xscale="log", yscale="log", **limits)
    return _line(ax, "o-", "0.6", label=others), _line(ax, "D", BLUE, ms=12, label=this)


# ---- 12.A: the width of a layer, Euler's method, the flow -------------------------------------------------------

FUNCTIONS = {
    "sin 6x + |x|": lambda x: np.sin(6 * x) + np.abs(x),
    "sin 6x": lambda x: np.sin(6 * x),
    "a jump": lambda x: np.sign(x - 0.2),
}
WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)


@lru_cache
def _fit(function, activation, width):
    """The fit of 12.A: W and c at random, V and b by least squares; and its root mean square error."""
    grid, rng = np.linspace(-1, 1, 401), np.random.default_rng(1)
    W, c = 6 * rng.standard_normal(WIDTHS[-1]), 4 * rng.standard_normal(WIDTHS[-1])
    hidden = getattr(activations, activation).sigma(np.outer(grid, W[:width]) + c[:width])
    features, f = np.column_stack([hidden, np.ones_like(grid)]), FUNCTIONS[function](grid)
    with threadpool_limits(1, user_api="blas"):  # ten times as fast where the processor has other things to do
        y = features @ np.linalg.lstsq(features, f, rcond=1e-10)[0]
    return grid, f, y, np.sqrt(np.mean((y - f) ** 2))


@styled
def width(width=4, function="sin 6x + |x|", activation="tanh"):
    """The fit of a function by a network with one hidden layer, and its error, over the layer's width (A2)."""
    explorer = Explorer("width", {
        "width": widgets.SelectionSlider(options=WIDTHS, value=width, description="width"),
        "function": _choice(FUNCTIONS, function, "function"),
        "activation": _choice(["tanh", "relu"], activation, "activation"),
    })  # fmt: skip
    left, right = explorer.axes
    wanted, fitted = _line(left, color="0.7", lw=6, label="$f$"), _line(left, color=BLUE, label="network")
    left.set(xlabel="$x$", xlim=(-1, 1), ylim=(-1.6, 3.2), xticks=[-1, -0.5, 0, 0.5, 1])
    left.legend(ncols=2, loc="upper left")
    others, now = _errors(right, "this width", "other widths", xlim=(0.8, 330), ylim=(1e-10, 10))
    right.set(xlabel="width", ylabel="root mean square error")
    right.legend(loc="lower left")

    def update(width, function, activation):
        grid, f, y, error = _fit(function, activation, width)
        wanted.set_data(grid, f)
        fitted.set_data(grid, y)
        others.set_data(WIDTHS, [_fit(function, activation, n)[-1] for n in WIDTHS])
        now.set_data([width], [error])
        worst = np.abs(y - f).argmax()
        return f"error {error:.2g}; the largest, {abs(y - f)[worst]:.2g}, at x = {grid[worst]:.2f}"

    return explorer.watch(update, [wanted, fitted, others, now])


SMOOTH_WEIGHTS = {  # V(t) and b(t)
    "as in 12.A": (lambda t: [[np.cos(3 * t), -4.0], [3.0, np.sin(2 * t)]], lambda t: [np.sin(t), -1.0]),
    "constant": (lambda t: [[-1.0, -4.0], [4.0, -1.0]], lambda t: [0.5, 0.0]),
    "quickly changing": (lambda t: [[0.0, 6 * np.cos(12 * t)], [6 * np.sin(12 * t), 0.0]], lambda t: [1.0, 0.0]),
}


def _sampled(name, K):
    V, b = SMOOTH_WEIGHTS[name]
    t = np.arange(K) / K
    return Weights([V(s) for s in t], [b(s) for s in t])


@lru_cache(maxsize=1024)
def _resnet_path(name, x_in, K):
    return forward(_sampled(name, K), np.array(x_in)[:, None], 1 / K, activations.tanh)[:, :, 0]


@lru_cache
def _ode_path(name, x_in):
    V, b = SMOOTH_WEIGHTS[name]
    options = {"method": "DOP853", "rtol": 1e-11, "atol": 1e-11, "t_eval": np.linspace(0, 1, 201)}
    return solve_ivp(lambda t, x: V(t) @ np.tanh(x) + b(t), [0, 1], x_in, **options).y.T


@styled
def euler(layers=6, x1=0.5, x2=-0.3, weights="as in 12.A"):
    """A ResNet with `layers` layers against its ODE (A5), and the error at T = 1 with its observed order."""
    explorer = Explorer("euler", {
        "layers": _slider(widgets.IntSlider, layers, 1, 64, 1, "layers"),
        "x1": _slider(widgets.FloatSlider, x1, -1.5, 1.5, 0.1, "start: x₁"),
        "x2": _slider(widgets.FloatSlider, x2, -1.5, 1.5, 0.1, "x₂"),
        "weights": _choice(SMOOTH_WEIGHTS, weights, "weights"),
    })  # fmt: skip
    left, right = explorer.axes
    ode, polygon = _line(left, color="0.7", lw=6, label="neural ODE"), _line(left, "o-", BLUE, label="ResNet")
    start = _line(left, "s", GREEN, ms=11, label="start")
    left.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal", xlim=(-4, 4), ylim=(-3, 3.5))
    left.legend(loc="upper left", fontsize=12)
    others, now = _errors(right, "this ResNet", "other depths", xlim=(0.006, 1.3), ylim=(2e-3, 20))
    right.set(xlabel=r"$\Delta t$", ylabel="error at $T$")
    depths = 2 ** np.arange(8)
    right.plot(1 / depths, 1 / depths, "--", color=BLACK, lw=1.4, label="slope 1")
    right.legend(loc="lower right", fontsize=12)

    def update(layers, x1, x2, weights):
        x_in = (x1, x2)
        exact = _ode_path(weights, x_in)
        ode.set_data(*exact.T)
        polygon.set_data(*_resnet_path(weights, x_in, layers).T)
        start.set_data([x1], [x2])

        def error(K):
            return np.linalg.norm(_resnet_path(weights, x_in, K)[-1] - exact[-1])

        others.set_data(1 / depths, [error(K) for K in depths])
        this, twice = error(layers), error(2 * layers)
        now.set_data([1 / layers], [this])
        (order,) = observed_order([1 / layers, 0.5 / layers], [this, twice])
        return f"error at T {this:.3g}, with twice as many layers {twice:.3g}: observed order {order:.2f}"

    return explorer.watch(update, [ode, polygon, start, others, now])


def _carried(problem, weights):
    """Lines in the plane that the flow takes along, by name: arrays (N_T, lines, points, 2)."""
    angle, s = np.linspace(0, 2 * np.pi, 1001), np.linspace(-1.2, 1.2, 97)
    across = np.array(np.meshgrid(s[::8], s, indexing="ij"))
    circle = np.array([np.cos(angle), np.sin(angle)])[:, None]

    def moved(lines):
        start = np.zeros((problem.d, lines[0].size))
        start[:2] = lines.reshape(2, -1)
        x = forward(weights, start, problem.dt, problem.activation)[:, :2]
        return x.reshape(-1, *lines.shape).transpose(0, 2, 3, 1)

    return {"circle": moved(circle), "grid": moved(np.concatenate([across, across[::-1]], axis=1))}


class _FlowPicture:
    """The moving data on an Axes: points, their paths so far, and a circle or a grid that the flow bends."""

    def __init__(self, problem, weights, ax):
        self.x, self.t, self.label = problem.states(weights), problem.t, nearest_target(problem.y_out)
        self.carried = _carried(problem, weights)
        seen = np.concatenate([*self.x[:, :2], problem.y_out[:2]], axis=1)
        (left, low), (right, high) = seen.min(axis=1) - 0.3, seen.max(axis=1) + 0.3
        plotting.plane(ax).set(xlim=(left, right), ylim=(low, high))
        self.paths = _paths(ax, np.array([BLUE, RED])[self.label], lw=0.9, alpha=0.55)
        self.lines = _paths(ax, "0.45", lw=1.5)
        self.classes = plotting.points(self.x[0], self.label, ax).collections[-2:]
        self.title = ax.set_title("$t = 0$")
        self.artists = [self.paths, self.lines, *self.classes, self.title]

    def move(self, k, carry="circle", paths=False):
        self.lines.set_segments(self.carried[carry][k] if carry in self.carried else [])
        self.paths.set_segments(self.x[: k + 1, :2].transpose(2, 0, 1) if paths else [])
        for c, points in enumerate(self.classes):
            points.set_offsets(self.x[k, :2, self.label == c])
        self.title.set_text(f"$t = {self.t[k]:.2f}$")


@styled
def flow(problem, weights, t=0.0, carry="circle", paths=True):
    """The data moved by the network, and a circle or grid that the flow bends: the lecture's movie (A8)."""
    last = problem.N_T - 1
    play = widgets.Play(max=last, step=max(last // 50, 1), interval=100, description="play", show_repeat=False)
    step = widgets.IntSlider(round(t / problem.dt), 0, last, description="time", readout=False)
    widgets.jslink((play, "value"), (step, "value"))
    explorer = Explorer("flow", {
        "play": play, "step": step,
        "carry": _choice(["circle", "grid", "nothing"], carry, "carry along"),
        "paths": widgets.Checkbox(paths, description="paths so far", indent=False, layout={"width": "auto"}),
    }, columns=1, width=7.6, height=5.6)  # fmt: skip
    picture = _FlowPicture(problem, weights, explorer.axes[0])

    def update(step, carry, paths):
        picture.move(step, carry, paths)
        right = np.sum(nearest_target(picture.x[step]) == picture.label)
        return f"t = {problem.t[step]:.2f}: {right} of {problem.I} points are nearest to their own target"

    return explorer.watch(update, picture.artists)


@styled
def movie(problem, weights, frames=25, alt="The data moves through the plane from t = 0 to t = T."):
    """The flow as HTML that plays without a kernel: a strip of `frames` pictures, a button and a slider.

    Not Matplotlib's to_jshtml: that differs from version to version, and loads its buttons' symbols from the net.
    """
    figure = Figure(figsize=(5.2, 4.4), dpi=75, layout="constrained")
    canvas, picture, strip = FigureCanvasAgg(figure), _FlowPicture(problem, weights, figure.subplots()), []
    for k in np.linspace(0, problem.N_T - 1, frames).round().astype(int):
        picture.move(k)
        canvas.draw()
        figure.set_layout_engine("none")  # the axes stay where they are in the first picture
        strip.append(_pixels(canvas).copy())
    (height, width, _), png = strip[0].shape, BytesIO()
    Image.fromarray(np.concatenate(strip)).quantize(32, dither=Image.Dither.NONE).save(png, "png", optimize=True)
    page = {"alt": escape(alt), "png": b64encode(png.getvalue()).decode()}
    return HTML(_MOVIE.format(width=width, height=height, last=frames - 1, **page))


_MOVIE = """<figure style="margin: 0">
<img alt="{alt}" style="width: {width}px; height: {height}px; object-fit: none; object-position: 0 0"
 src="data:image/png;base64,{png}"><br>
<button type="button" style="width: 5em">Play</button>
<input type="range" data-lm-suppress-shortcuts="true" aria-label="time" min="0" max="{last}" value="0"
 style="width: 15em; vertical-align: middle">
<figcaption>{alt}</figcaption>
<script>
{{
  const figure = document.currentScript.closest("figure");
  const [img, button, slider] = ["img", "button", "input"].map((name) => figure.querySelector(name));
  let timer = null;
  const show = (k) => {{ slider.value = k; img.style.objectPosition = `0 ${{-{height} * k}}px`; }};
  const pause = () => {{ clearInterval(timer); timer = null; button.textContent = "Play"; }};
  const next = () => +slider.value < {last} ? show(+slider.value + 1) : pause();
  slider.oninput = () => {{ pause(); show(+slider.value); }};
  button.onclick = () => {{
    if (timer) return pause();
    if (+slider.value === {last}) show(0);
    button.textContent = "Pause";
    timer = setInterval(next, 120);
  }};
}}
</script>
</figure>"""


# ---- 12.B: the tangent and the adjoint --------------------------------------------------------------------------


@styled
def tangent(time=0.3, angle=45, log10_h=-1.0):
    """A kick to b at one time: its difference quotient, its tangent (B1), and how far they are apart, over h."""
    problem = TrainingProblem([[0.5], [-0.3]], [[2.0], [1.0]], N_T=41, activation=activations.tanh)
    weights = _sampled("as in 12.A", problem.N_T - 1)
    x, steps = problem.states(weights), 10.0 ** np.arange(-15, 0.6, 0.5)
    explorer = Explorer("tangent", {
        "time": _slider(widgets.FloatSlider, time, 0, 1 - problem.dt, problem.dt, "time of the kick"),
        "angle": _slider(widgets.IntSlider, angle, -180, 180, 5, "its direction in degrees"),
        "log10_h": widgets.FloatSlider(log10_h, min=-15, max=0.5, step=0.5, description="log₁₀ h"),
    })  # fmt: skip
    left, right = explorer.axes
    tangents = [_line(left, color=color, label=f"tangent, $x_{n}$") for n, color in [(1, BLUE), (2, RED)]]
    quotients = [_line(left, style, color, mfc="white", label="quotient") for style, color in [("o", BLUE), ("s", RED)]]
    left.set(xlabel="$t$", xlim=(0, 1.02), ylim=(-2.2, 2.2), title="response to the kick")
    left.legend(ncols=2, loc="upper left", fontsize=12)
    others, now = _errors(right, "this $h$", "other $h$", xlim=(3e-16, 10), ylim=(1e-10, 100))
    right.set(xlabel="$h$", title="|quotient - tangent|", xticks=10.0 ** np.arange(-15, 1, 3))
    right.legend(loc="upper center", fontsize=12)

    @lru_cache
    def responses(k, angle):
        kick = Weights.zeros(problem.N_T, 2)
        kick.b[k] = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) / problem.dt
        quotient = [difference_quotient(problem.states, weights, kick, h)[:, :, 0] for h in steps]
        x_tilde = resnet.tangent(weights, x, problem.dt, problem.activation, kick)[:, :, 0]
        return x_tilde, quotient, [np.linalg.norm(q - x_tilde, axis=1).max() for q in quotient]

    def update(time, angle, log10_h):
        x_tilde, quotient, apart = responses(round(time / problem.dt), angle)
        n = round(2 * (log10_h + 15))
        for m in range(2):
            tangents[m].set_data(problem.t, x_tilde[:, m])
            quotients[m].set_data(problem.t, quotient[n][:, m])
        others.set_data(steps, apart)
        now.set_data([steps[n]], [apart[n]])
        at_T = "quotient ({:.4f}, {:.4f}), tangent ({:.4f}, {:.4f})".format(*quotient[n][-1], *x_tilde[-1])
        return f"h = {steps[n]:.1e}; at T: {at_T}; largest difference {apart[n]:.1e}"

    return explorer.watch(update, [others, now, *tangents, *quotients])


@styled
def adjoint(problem=None, weights=None, sample=0, w1=0.5):
    """One sample: its path, its adjoint phi over time (B5), and its part of the gradient (B8, B9).

    The part is <g_i, g> / <g, g>, where g is the sum of the samples' g_i: the parts add up to 1.
    """
    if problem is None:
        data = disk_in_ring(16, seed=1)
        problem = TrainingProblem(data.x_in, data.y_out, N_T=51, activation=activations.tanh)
    if weights is None:
        weights = train(problem, iterations=60, step=constant(0.3), progress=False).weights
    choices = {"trained a little": weights, "V = 0, b = 0": Weights.zeros(problem.N_T, problem.d)}
    explorer = Explorer("adjoint", {
        "sample": _slider(widgets.IntSlider, sample, 0, problem.I - 1, 1, "sample"),
        "w1": _slider(widgets.FloatSlider, w1, 0, 1, 0.1, "w₁"),
        "weights": _choice(choices, "trained a little", "weights"),
    }, columns=3, width=11)  # fmt: skip

    @lru_cache
    def solved(w1, name):
        x = problem.states(choices[name])
        phi = resnet.adjoint(choices[name], x, problem.y_out, problem.dt, w1, problem.activation)
        s = np.concatenate([problem.activation.sigma(x[:-1]), np.ones((problem.N_T - 1, 1, problem.I))], axis=1)
        g = phi @ s.transpose(0, 2, 1)
        return x, phi, np.einsum("kmi,kmn,kni->i", phi, g, s) / np.vdot(g, g)

    plane, middle, right = explorer.axes
    picture = _FlowPicture(problem, weights, plane)
    path, miss = _line(plane, lw=3), _line(plane, ":", ORANGE, lw=3)
    chosen, bar = (_line(ax, "o", mfc="none", ms=15, mew=2) for ax in (plane, right))
    phi_1, phi_2 = _line(middle, label="φ₁"), _line(middle, "--", GREEN, label="φ₂")
    at_T = _line(middle, "D", ORANGE, label="x(T) - y")
    every_phi = [solved(explorer.controls["w1"].max, name)[1][:, :2] for name in choices]
    middle.set(xlabel="$t$", title="its adjoint", xlim=(0, 1.04 * problem.T))
    middle.set_ylim(1.3 * np.min(every_phi), 1.1 * np.max(every_phi))
    middle.legend(loc="lower right")
    bars = _paths(right, np.array([BLUE, RED])[picture.label], lw=5)
    right.set(xlabel="sample", title="part of the gradient", xlim=(-1, problem.I), ylim=(-0.1, 0.35))

    def update(sample, w1, weights):
        picture.x, phi, part = solved(w1, weights)
        picture.move(problem.N_T - 1, "nothing", paths=True)
        end, y = picture.x[-1, :2, sample], problem.y_out[:2, sample]
        path.set_data(*picture.x[:, :2, sample].T)
        miss.set_data(*np.transpose([end, y]))
        chosen.set_data(end[:1], end[1:])
        phi_1.set_data(problem.t[1:], phi[:, 0, sample])
        phi_2.set_data(problem.t[1:], phi[:, 1, sample])
        at_T.set_data([problem.T, problem.T], end - y)
        bars.set_segments([[(i, 0), (i, p)] for i, p in enumerate(part)])
        bar.set_data([sample], [part[sample]])
        numbers = "φ(T) = ({:.3f}, {:.3f}), φ of the first layer = ({:.3f}, {:.3f})"
        numbers = numbers.format(*phi[-1, :2, sample], *phi[0, :2, sample])
        return f"sample {sample}: {numbers}, part of the gradient {100 * part[sample]:.1f} %"

    moving = [*picture.artists, path, miss, chosen, phi_1, phi_2, at_T, bars, bar]
    return explorer.watch(update, moving)


# ---- 12.C: training ---------------------------------------------------------------------------------------------

DATA = {"disk in ring": disk_in_ring, "moons": moons, "blobs": blobs}
RULES = {"constant γ": constant, "exercise's": backtracking, "Armijo": armijo}
CHUNK, BETWEEN_PICTURES = 0.04, 0.08  # seconds: of training before others may run; from one picture to the next


@styled
def training(
    data="disk in ring", activation="relu", w1=0.01, w2=0.01, layers=100, gamma=1.0, rule="constant γ",
    show="regions", iterations=10_000,
):  # fmt: skip
    """The cockpit (C6): train, watch the regions or the points and J, pause, steer, reset.

    γ and the step rule can be changed on the way; any other setting starts afresh. Start trains for `iterations`
    iterations, and as many again when it is pressed again. One cockpit trains at a time.
    """
    return _Training({
        "data": _choice(DATA, data, "data"),
        "activation": _choice(["relu", "tanh"], activation, "activation"),
        "show": _choice(["regions", "points at T"], show, "picture"),
        "rule": _choice(RULES, rule, "step rule"),
        "gamma": widgets.FloatLogSlider(gamma, min=-3, max=1, step=0.1, readout_format=".3g", description="γ"),
        "layers": _slider(widgets.IntSlider, layers, 5, 200, 5, "layers"),
        "w1": _slider(widgets.FloatSlider, w1, 0, 1, 0.01, "w₁"),
        "w2": _slider(widgets.FloatSlider, w2, 0, 1, 0.01, "w₂"),
    }, iterations)  # fmt: skip


class _Training(Explorer):
    """The cockpit trains in an asyncio task, in chunks, so that the kernel serves the controls in between."""

    running = None  # the one that trains: a cell that is run again leaves no second task behind

    def __init__(self, controls, iterations):
        self.task, self.iterations = None, iterations
        buttons = {name: widgets.Button(description=name.title()) for name in ("start", "step", "reset")}
        super().__init__("training", {**controls, **buttons})
        for name, action in [("start", self.start_or_pause), ("step", self.one_step), ("reset", self.reset)]:
            buttons[name].on_click(lambda _, action=action: self.attempt(action))
        self.bar = widgets.IntProgress(description="training", layout={"width": "98%"})
        self.children = [self.children[0], self.bar, *self.children[1:]]
        self.pause_the_other()
        left, right = self.axes
        plotting.plane(left).set(xlim=(-2, 2.6), ylim=(-2.2, 2.2))
        grid = np.meshgrid(np.linspace(-2, 2.6, 47), np.linspace(-2.2, 2.2, 45))
        self.grid = np.reshape(grid, (2, -1))
        self.regions = left.imshow(
            grid[0], ListedColormap(["#c9d8f0", "#f3cfca"]), vmin=-1e-9, vmax=1e-9, extent=(-2, 2.6, -2.2, 2.2),
            origin="lower", interpolation="bilinear", interpolation_stage="data",
        )  # fmt: skip
        self.classes = plotting.points(np.zeros((2, 2)), [0, 1], left).collections[-2:]
        self.curve, self.now_at = _line(right, color=BLUE), _line(right, "D", ORANGE, ms=11, clip_on=False)
        right.set(xlabel="iteration", ylabel="$J$", xscale="log", yscale="log")
        self.begin()
        self.watch(self.set_artists, [self.regions, *self.classes, self.curve, self.now_at])

    def begin(self):
        """From zero weights, with the problem that the controls describe."""
        value = self.values()
        self.data, activation = DATA[value["data"]](), getattr(activations, value["activation"])
        cost_weights = {"w1": value["w1"], "w2": value["w2"]}
        self.problem = TrainingProblem(
            self.data.x_in, self.data.y_out, N_T=value["layers"] + 1, activation=activation, **cost_weights
        )
        self.limit, self.ended, self.diverged = self.iterations, "", False
        self.descend(Weights.zeros(self.problem.N_T, self.problem.d))
        self.J = [self.now.J]

    def limits(self):
        decade = 10 ** np.floor(np.log10(self.J[0]))  # changed settings mostly leave it, and the axes, as they are
        return {"xlim": (0.9, self.limit), "ylim": (decade / 100, 100 * decade)}

    def draw_axes(self):
        self.drawn = self.limits()
        self.axes[1].set(**self.drawn)
        super().draw_axes()

    def redraw(self):
        if self.drawn != self.limits():
            self.draw_axes()
        super().redraw()

    def descend(self, weights):
        rule = RULES[self.controls["rule"].value](self.controls["gamma"].value)
        self.descent, self.ended = gradient_descent(self.problem, weights, rule), ""
        self.now = next(self.descent)

    def advance(self):
        """One iteration; False where there is none, and `ended` says why."""
        if self.ended:
            return False
        try:
            self.now = next(self.descent)
            self.J.append(self.now.J)
        except StopIteration:
            self.ended = "The gradient is zero, or no step lowers J any more. Try another step rule, or Reset."
        except Diverged:
            self.diverged = True
            self.ended = "J has diverged. Press Reset and try a smaller γ, or Armijo's step rule."
        return not self.ended

    def changed(self, name):
        if name in ("gamma", "rule") and not self.diverged:
            self.descend(self.now.weights)
        elif name != "show":
            return self.reset()
        self.redraw()

    def reset(self):
        self.pause()
        self.begin()
        self.redraw()

    def one_step(self):
        self.pause()
        self.advance()
        self.redraw()

    def start_or_pause(self):
        if self.task:
            self.pause()
            return self.redraw()
        loop = _running_loop()
        if loop is None:
            raise RuntimeError("Start needs a running event loop, such as Jupyter's; Step does not")
        if len(self.J) > self.limit:
            self.limit += self.iterations
        self.pause_the_other()
        _Training.running, self.task = self, loop.create_task(self.train())
        self.controls["start"].description = "Pause"

    async def train(self):
        going, drawn = True, perf_counter()
        try:
            while going:
                until = perf_counter() + CHUNK
                while going and perf_counter() < until:
                    going = len(self.J) <= self.limit and self.advance()
                if not going or perf_counter() > drawn + BETWEEN_PICTURES:
                    self.redraw()
                    drawn = perf_counter()
                await asyncio.sleep(0)
        except Exception as error:
            self.complain(f"{type(error).__name__}: {error}")
        self.pause()

    def pause(self):
        """End the task, if there is one; what has been reached stays."""
        task, self.task, self.controls["start"].description = self.task, None, "Start"
        if task:
            task.cancel()

    def pause_the_other(self):
        if _Training.running:
            _Training.running.pause()

    def close(self):
        self.pause()
        super().close()

    def set_artists(self, show, **_):
        x_T, right = self.problem.states(self.now.weights)[-1], self.axes[1]
        if show == "regions":
            final = forward(self.now.weights, self.grid, self.problem.dt, self.problem.activation)[-1]
            to_blue, to_red = target_distances(final).reshape(2, 45, 47)
            self.regions.set_data(to_blue - to_red)
        self.regions.set_visible(show == "regions")
        for c, points in enumerate(self.classes):
            points.set_offsets((self.data.x_in if show == "regions" else x_T)[:, self.data.label == c].T)
        n, correct = len(self.J) - 1, np.sum(nearest_target(x_T) == self.data.label)
        self.curve.set_data(np.arange(1, n + 1), self.J[1:])
        self.now_at.set_data([max(n, 1)], np.clip(self.J[-1:], *right.get_ylim()))
        self.bar.max, self.bar.value = self.limit, n
        self.complain(self.ended)
        return f"iteration {n} of {self.limit}: J = {self.J[-1]:.4g}, {correct} of {self.problem.I} points correct"


# ---- 12.D: mini-batches, digits ---------------------------------------------------------------------------------


HALVED_AFTER = 300
NOISE_RULES = {"constant": constant, "decaying": lambda gamma: decaying(gamma, HALVED_AFTER)}
BATCHES = ("drawn anew", "shuffled epochs")
STEPS = np.concatenate([np.arange(1, 10), np.arange(10, 2001, 10)])  # after which J of all samples is evaluated


class _Noise:
    """The lecture's data on five layers with w2 = 1: descent with mini-batches near the minimum of J."""

    def __init__(self):
        data = disk_in_ring()
        self.problem = TrainingProblem(data.x_in, data.y_out, N_T=6, w2=1.0, activation=activations.tanh)
        found = minimize(self.problem, iterations=1000, progress=False, maxcor=20, ftol=1e-16, gtol=1e-8)
        self.minimum, self.J_min = found.weights, found.J[-1]
        of_one = [self.gradient(self.minimum, [i]).theta for i in range(self.problem.I)]
        self.spread = np.mean(np.sum((of_one - np.mean(of_one, axis=0)) ** 2, axis=(1, 2, 3)))
        aside = Weights.random(self.problem.N_T, self.problem.d, 0.1, np.random.default_rng(1))
        uphill = self.gradient(self.minimum + aside)
        self.start = self.minimum + 0.3 / uphill.norm() * uphill
        self.run = lru_cache(maxsize=None)(self.run)

    def gradient(self, weights, samples=None):
        return self.problem.cost_and_gradient(weights, samples)[1]

    def variance(self, n):
        """E|g_B - g|^2 at the minimum, for batches of n (D2)."""
        I = self.problem.I
        return self.spread / n * (I - n) / (I - 1)

    def run(self, n, gamma, rule, batches):
        """J - J_min after the steps in STEPS."""
        step, rng = NOISE_RULES[rule](gamma), np.random.default_rng(0)
        if batches == "shuffled epochs":
            descent = stochastic_gradient_descent(self.problem, self.start, step, n, rng)
            path = (now.weights for now in descent)
        else:
            path = self.drawn_anew(step, n, rng)
        wanted = set(STEPS.tolist())
        J = [self.problem.cost(w) for k, w in enumerate(islice(path, STEPS[-1] + 1)) if k in wanted]
        return np.array(J) - self.J_min

    def drawn_anew(self, step, n, rng):
        weights, gamma = self.start, None
        while True:
            yield weights
            samples = rng.choice(self.problem.I, n, replace=False)
            J, gradient = self.problem.cost_and_gradient(weights, samples)
            weights, gamma, _ = step(self.problem, weights, J, gradient, gamma)


_near_the_minimum = lru_cache(_Noise)


@styled
def noise(batch_size=4, gamma=0.002, rule="constant", batches="drawn anew"):
    """Descent with mini-batches near a minimum (D1): J falls to a noise floor, beside gamma/4 * variance (D3).

    Right: the mean of the last half of the steps, for this setting and all that have been tried at constant gamma.
    """
    of = _near_the_minimum()
    sizes, gammas = (1, 2, 4, 8, 16, 32), (0.001, 0.002, 0.004, 0.008)
    explorer = Explorer("noise", {
        "batch_size": widgets.SelectionSlider(options=sizes, value=batch_size, description="batch size n"),
        "gamma": widgets.SelectionSlider(options=gammas, value=gamma, description="γ"),
        "rule": _choice(NOISE_RULES, rule, "γ is"),
        "batches": _choice(BATCHES, batches, "batches"),
    })  # fmt: skip
    left, right = explorer.axes
    curve = _line(left, color=BLUE, lw=1.2, label=r"$J - J_{\min}$")
    floor = _line(left, "--", ORANGE, lw=3, label=r"$\gamma/4\,\cdot$ variance")
    left.set(xscale="log", yscale="log", xlim=(0.01, 1100), ylim=(1e-6, 20), xlabel="epochs: samples seen / I")
    left.legend(loc="lower left")
    right.set(xscale="log", yscale="log", xlim=(1e-3, 3), ylim=(1e-6, 5))
    right.set(xlabel=r"$\gamma/4\,\cdot$ variance", ylabel=r"mean of $J - J_{\min}$")
    right.plot([1e-3, 3], [1e-3, 3], "--", color=ORANGE, label="equal")
    looks = zip(BATCHES, "os", (BLUE, RED), strict=True)
    seen = {name: _line(right, marker, color, mfc="white", ls="none", label=name) for name, marker, color in looks}
    now = _line(right, "D", ms=12, mfc="none", mew=2, label="this run")
    right.legend(loc="lower right")
    tried, last_half = {name: {} for name in BATCHES}, STEPS[-1] // 2 <= STEPS

    def update(batch_size, gamma, rule, batches):
        J = of.run(batch_size, gamma, rule, batches)
        decay = 1 + STEPS / HALVED_AFTER if rule == "decaying" else np.ones(len(STEPS))
        expected = gamma / decay / 4 * of.variance(batch_size)
        epochs = STEPS * batch_size / of.problem.I
        curve.set_data(epochs, J)
        floor.set_data(epochs, expected)
        point = expected[last_half].mean(), J[last_half].mean()
        if rule == "constant":
            tried[batches][batch_size, gamma] = point
        for name, points in seen.items():
            points.set_data(*np.reshape(list(tried[name].values()), (-1, 2)).T)
        now.set_data(point[:1], point[1:])
        means = f"J - J_min is {point[1]:.2g} on average, γ/4 · variance {point[0]:.2g}"
        return f"{STEPS[-1]} steps; in their last half {means}"

    return explorer.watch(update, [curve, floor, *seen.values(), now])


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
