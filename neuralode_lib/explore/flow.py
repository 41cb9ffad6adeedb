"""The flow of a network: points, their paths, and a circle or a grid that it bends (A8)."""

from base64 import b64encode
from html import escape
from io import BytesIO

import ipywidgets as widgets
import numpy as np
from IPython.display import HTML
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from .. import plotting
from ..datasets import nearest_target
from ..plotting import BLUE, RED
from ..resnet import forward
from .explorer import Explorer, _choice, _paths, _pixels, styled


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
