"""nbval runs every notebook cell and compares its text. Here is what it leaves out: figures, and cells never run."""

import base64
import io
import os

import matplotlib
import numpy as np
import pytest
from nbval.plugin import IPyNbCell
from PIL import Image

os.environ.pop("MPLBACKEND", None)  # kernels inherit it, and would then show no figures
matplotlib.use("agg")  # figures of the unit tests open no window

# RMS difference of two figures in grey levels of 255, seen: 0 on the same machine, 3 between
# matplotlib 3.9 and 3.11, 10 for an amplitude changed by 15 %.
TOLERANCE = 6


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    result = yield
    if isinstance(item, IPyNbCell):
        if item.cell.execution_count is None:
            item.raise_cell_error("Stored without having run: nothing was compared")
        compare_figures(item)
    return result


def compare_figures(item):
    stored, new = figures(item.cell.outputs), figures(item.test_outputs)
    if len(stored) != len(new):
        item.raise_cell_error(f"{len(stored)} figures stored, {len(new)} drawn")
    for number, (a, b) in enumerate(zip(stored, new, strict=True)):
        if a.size != b.size:
            difference = f"{a.size} pixels stored, {b.size} drawn"
        elif (rms := rms_difference(a, b)) > TOLERANCE:
            difference = f"RMS difference {rms:.1f} > {TOLERANCE} grey levels"
        else:
            continue
        folder = item.config.rootpath / "build" / "figures"
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"{item.path.stem}-cell{item.cell_num}-{number}-{which}.png" for which in ("stored", "new")]
        a.save(paths[0])
        b.save(paths[1])
        item.raise_cell_error(f"Figure {number} differs: {difference}; see {paths[0]} and {paths[1]}")


def figures(outputs):
    pngs = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    return [Image.open(io.BytesIO(base64.b64decode(png))) for png in pngs]


def rms_difference(a, b):
    a, b = (np.asarray(image.convert("L").reduce(4), dtype=float) for image in (a, b))
    return np.sqrt(np.mean((a - b) ** 2))
