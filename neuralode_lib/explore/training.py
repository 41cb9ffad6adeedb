"""The cockpit: training, watched and steered (C6)."""

import asyncio
from time import perf_counter

import ipywidgets as widgets
import numpy as np
from matplotlib.colors import ListedColormap

from .. import activations, plotting
from ..datasets import blobs, disk_in_ring, moons, nearest_target, target_distances
from ..descent import Diverged, gradient_descent
from ..plotting import BLUE, ORANGE
from ..problem import TrainingProblem
from ..resnet import Weights, forward
from ..rules import armijo, backtracking, constant
from .explorer import Explorer, _choice, _line, _running_loop, _slider, styled

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
