"""What the report is made of: the machine, readings with their goals, tables, and where it is written."""

import os
import platform
import re
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from threadpoolctl import threadpool_info

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "bench"
PACKAGES = ["numpy", "scipy", "matplotlib", "torch", "torchdiffeq", "jax", "diffrax"]


class Reading(NamedTuple):
    """A number that was measured, and the goal for it: a lower bound where more is better, else an upper one."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    more_is_better: bool = False


def verdict(value, goal, more_is_better):
    return "met" if (value >= goal if more_is_better else value <= goal) else "**missed**"


def table(readings):
    """Markdown. A reading may be a sentence, too: why there is none."""
    rows = [["", "measured", "goal", ""]]
    for reading in readings:
        if isinstance(reading, str):
            rows.append([reading, "", "", ""])
            continue
        what, value, unit, goal, more_is_better = reading
        bound = "" if goal is None else f"at {'least' if more_is_better else 'most'} {goal:,g} {unit}"
        judged = "" if goal is None else verdict(value, goal, more_is_better)
        rows.append([what, f"{significant(value)} {unit}", bound, judged])
    return markdown(rows)


def markdown(rows):
    """A table that can be read as it stands, too: the first row is its head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows = [rows[0], ["-" * width for width in widths], *rows[1:]]
    return "\n".join(f"| {' | '.join(map(str.ljust, row, widths))} |" for row in rows)


def significant(value):
    """Three digits, but no powers of ten: 0.0123, 1.23, 1,234."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def machine():
    """Where and when the numbers hold. To be asked before anything is measured: it tells the load."""
    cpuinfo = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", cpuinfo.read_text()) if cpuinfo.exists() else None
    return "\n".join([
        f"- {datetime.now():%Y-%m-%d %H:%M}",
        f"- {model[1] if model else platform.processor()}, {os.cpu_count()} cores, {platform.system()}",
        f"- load average at the start: {', '.join(f'{load:.2f}' for load in os.getloadavg())}",
        f"- Python {platform.python_version()}, " + ", ".join(map(_version, PACKAGES)),
        f"- NumPy's BLAS: {numpy_kernel()}; limited to one thread for the ratios",
    ])  # fmt: skip


def numpy_kernel():
    """Which BLAS multiplies NumPy's matrices, and which of its kernels it has chosen for this processor."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas" and "scipy.libs" not in pool["filepath"]]
    return ", ".join(f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}" for pool in pools)


def _version(package):
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"no {package}"
