"""The frame of an explorer: controls of core ipywidgets over a picture that Matplotlib draws in the kernel.

The picture is one Image of fixed size: axes and labels are drawn once, and at every change only what moves is drawn
on top of them.
"""

import asyncio
from html import escape
from io import BytesIO

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from PIL import Image

from ..plotting import BLACK, BLUE, RED

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
