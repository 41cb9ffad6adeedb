"""Run by each kernel of the tests as it starts: a figure in which a legend lies on a curve says so on stderr."""

import sys

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

draw = FigureCanvasAgg.draw


def covered(figure):
    """What lies under a legend: labels of lines that cross it, and numbers of points."""
    for axes in figure.axes:
        if legend := axes.get_legend():
            box = legend.get_window_extent()
            for line in axes.lines:
                path = line.get_path().transformed(line.get_transform())
                if line.get_linestyle() != "None" and path.intersects_bbox(box, filled=False):
                    yield line.get_label()
                elif line.get_marker() not in ("None", None, "") and box.count_contains(path.vertices):
                    yield line.get_label()
            for points in axes.collections:
                offsets = points.get_offset_transform().transform(points.get_offsets())
                if number := box.count_contains(np.ma.filled(offsets, np.nan)):
                    yield f"{number} points"


def draw_and_look(self):
    draw(self)
    for what in covered(self.figure):
        print(f"a legend lies on {what}", file=sys.stderr)


FigureCanvasAgg.draw = draw_and_look
