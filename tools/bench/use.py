"""What a student or an instructor waits for: the import, notebooks, JupyterLab."""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import nbformat
from nbclient import NotebookClient

from ..chromium import find_chromium
from .report import ROOT, Reading, table

NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))
NOTEBOOK_GOALS = {"12a": 15, "12b": 15, "12c": 25}  # seconds

IMPORT = """
import numpy, matplotlib.pyplot
from time import perf_counter
start = perf_counter()
import neuralode_lib
{use}
print(perf_counter() - start)
"""


def section():
    return table([*imports(), *map(run, NOTEBOOKS), lab()])


def imports(times=5):
    """Beyond numpy and matplotlib.pyplot, in fresh interpreters."""
    uses = {
        "`import neuralode_lib`, after numpy and matplotlib": "",
        "and to train with it": "neuralode_lib.train, neuralode_lib.disk_in_ring",
        "and everything in it, widgets included": "[getattr(neuralode_lib, name) for name in dir(neuralode_lib)]",
    }
    seconds = {what: [] for what in uses}
    for _ in range(times):
        for what, use in uses.items():
            printed = subprocess.check_output([sys.executable, "-c", IMPORT.format(use=use)], cwd=ROOT)
            seconds[what].append(float(printed))
    return [Reading(what, median(values), "s", 0.3 if not uses[what] else None) for what, values in seconds.items()]


def run(path):
    """All cells in a fresh kernel; nothing is stored."""
    notebook = nbformat.read(path, as_version=4)
    start = perf_counter()
    client = NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": path.parent}})
    client.execute(stderr=subprocess.DEVNULL)  # of the kernel itself
    seconds = perf_counter() - start
    return Reading(f"{path.stem}, all cells in a fresh kernel", seconds, "s", NOTEBOOK_GOALS.get(path.stem[:3]))


def lab():
    """From the start of JupyterLab to a notebook that is all there, its formulas typeset, its kernel ready."""
    sys.path.append(str(ROOT / "tests" / "browser"))
    try:
        from lab import SECONDS, Book, jupyterlab
        from playwright.sync_api import expect, sync_playwright
    except ModuleNotFoundError as error:
        return f"JupyterLab: skipped, {error.name} is not installed"
    program = find_chromium()
    if program is None:
        return "JupyterLab: skipped, no Chromium or Chrome on the path"
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        page = playwright.chromium.launch(executable_path=program).new_page()
        start = perf_counter()
        with jupyterlab(Path(folder)) as address:
            book = Book(page, NOTEBOOKS[0])
            page.goto(address(book.name))
            expect(book.cells).to_have_count(len(book.stored), timeout=60 * SECONDS)
            expect(page.locator(".jp-MarkdownOutput mjx-container").first).to_be_visible(timeout=60 * SECONDS)
            expect(page.get_by_text("| Idle")).to_be_visible(timeout=60 * SECONDS)
            seconds = perf_counter() - start
            page.close()
    return Reading(f"JupyterLab from its start to {book.name} on the screen, kernel ready", seconds, "s")
