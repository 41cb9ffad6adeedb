"""nbval runs every notebook cell and compares its text. This adds what nbval lets pass: figures that changed,
legends that lie on curves, cells that were stored without having run, and cells that give something else when a
reader goes back to them."""

import base64
import io
import os
import platform
import re
from copy import deepcopy
from pathlib import Path

# Before NumPy is loaded, so that this process computes as those do that it starts.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices: threads only cost time
if platform.machine().lower() in ("x86_64", "amd64"):
    # OpenBLAS adds in another order for each kind of processor. What is stored was computed on somebody's own, and is
    # compared with what an old one gives: where it hangs on the last digit, that is seen here, not by a student.
    os.environ["OPENBLAS_CORETYPE"] = "Nehalem"

import matplotlib
import matplotlib.font_manager  # makes its cache of fonts now: a kernel that is slow at it says so on stderr
import neutral
import numpy as np
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile
from PIL import Image
from PIL.ImageFilter import MaxFilter, MinFilter

neutral.put_aside(*(Path(neutral.__file__).with_name(name) for name in ("legends.py", "once.py")))
matplotlib.rcdefaults()
matplotlib.use("agg")  # figures of the unit tests open no window

# Seen: 0 on the same machine, up to 5 with a Matplotlib before 3.11, which sets type otherwise; from 5 (a thin
# curve) to 12 (points) for an amplitude changed by 15 %.
TOLERANCE = 3.5


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """After its last cell a notebook is run once more, backwards, in the same kernel: each cell gives what it gave."""
    report = yield
    if isinstance(collector, IPyNbFile) and report.passed:
        report.result += [again(cell) for cell in reversed(report.result)]
    return report


def again(cell):
    what = {"cell_num": cell.cell_num, "cell": deepcopy(cell.cell), "options": cell.options}  # nbval writes into it
    return IPyNbCell.from_parent(cell.parent, name=f"{cell.name} again", **what)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    try:
        result = yield
    finally:
        if isinstance(item, IPyNbCell):  # nbval says that there is some, and not what
            said = "".join(output.text for output in item.test_outputs or [] if output.get("name") == "stderr")
            item.add_report_section("call", "stderr of the cell", said)
    if isinstance(item, IPyNbCell):
        if covered := re.search("a legend lies on .*", said):  # legends.py says so
            item.raise_cell_error(covered[0])
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
            what = f"{a.size} pixels stored, {b.size} drawn"
        elif (rms := difference(a, b)) > TOLERANCE:
            what = f"RMS difference {rms:.1f} > {TOLERANCE} grey levels"
        else:
            continue
        folder = item.config.rootpath / "build" / "figures"
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{item.path.stem}-{item.name.replace(' ', '').lower()}-{number}"
        a.save(folder / f"{name}-stored.png")
        b.save(folder / f"{name}-new.png")
        where = f"see {name}-stored.png and {name}-new.png in {folder}"
        item.raise_cell_error(f"Figure {number} differs: {what}; {where}")


def figures(outputs):
    """The pictures of a cell, also those inside its HTML: the answer to a prediction, a living figure at rest."""
    pngs = []
    for data in (output.get("data", {}) for output in outputs):
        pngs += [data["image/png"]] if "image/png" in data else []
        pngs += re.findall(r'src="data:image/png;base64,([^"]*)', data.get("text/html", ""))
    return [Image.open(io.BytesIO(base64.b64decode(png))) for png in pngs]


def difference(a, b):
    """RMS of how far, in grey levels, each pixel lies outside the range of its neighbours in the
    other figure: what another matplotlib moves by a pixel or two counts little, a curve counts."""
    a, b = (image.convert("L").reduce(2) for image in (a, b))
    return np.sqrt(np.mean(np.maximum(outside(a, b), outside(b, a)) ** 2))


def outside(a, b):
    low, high = np.asarray(b.filter(MinFilter(5))), np.asarray(b.filter(MaxFilter(5)))
    a = np.asarray(a, dtype=float)
    return np.abs(a - a.clip(low, high))
