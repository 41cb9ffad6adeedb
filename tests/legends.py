"""Run by each kernel of the tests as it starts: a figure in which a legend lies on a curve says so on stderr."""

import sys

import numpy as np
from matplotlib.backend_bases import FigureCanvasBase

print_figure = FigureCanvasBase.print_figure


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


def print_and_look(self, *args, **kwargs):
    result = print_figure(self, *args, **kwargs)
    self.figure.draw_without_rendering()
    for what in covered(self.figure):
        print(f"a legend lies on {what}", file=sys.stderr)
    return result


FigureCanvasBase.print_figure = print_and_look
