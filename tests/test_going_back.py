"""Whoever goes back in a notebook and runs a cell once more gets what stands there."""

import re
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from nbval.plugin import get_sanitize_patterns

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(ROOT.glob("notebooks/scripts/*.py"))


@pytest.fixture
def nbval(request):
    """The root's conftest.py, which compares figures."""
    return request.config.pluginmanager.get_plugin(str(ROOT / "conftest.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_cells_give_the_same_output_when_run_again(script, nbval):
    sources = [cell.source for cell in jupytext.read(script).cells if cell.cell_type == "code"]
    different = [
        f"{source}\n-- {difference}"
        for source, first, again in there_and_back(sources, script.parents[1])
        if (difference := compare(first, again, nbval))
    ]
    assert not different, "\n\n".join(different)


def there_and_back(sources, folder):
    """Run all cells, then all of them backwards, in one kernel: each source, and what it gave the two times."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources + sources[::-1]])
    NotebookClient(
        notebook,
        timeout=120,
        interrupt_on_timeout=True,
        allow_errors=True,
        coalesce_streams=True,
        resources={"metadata": {"path": folder}},
    ).execute()
    outputs = [cell.outputs for cell in notebook.cells]
    return zip(sources, outputs, reversed(outputs), strict=False)


def compare(first, again, nbval):
    """What differs or fails, as text; an empty string where nothing does."""
    for output in [*first, *again]:
        if output.output_type == "error":
            return f"{output.ename}: {output.evalue}"
    for texts in zip(map(text, first), map(text, again), strict=False):
        if texts[0] != texts[1]:
            return "first:\n{}\nagain:\n{}".format(*texts)
    if len(first) != len(again):
        return f"{len(first)} outputs, then {len(again)}"
    for a, b in zip(nbval.figures(first), nbval.figures(again), strict=True):
        if a.size != b.size or nbval.difference(a, b) > nbval.TOLERANCE:
            return "another figure"
    return ""


def text(output):
    """All that nbval compares of an output, with what differs between any two runs replaced."""
    said = [output.get("text", "")]
    said += [data for mime, data in sorted(output.get("data", {}).items()) if mime.startswith("text/")]
    said = "\n".join(said)
    for regex, replacement in PATTERNS:
        said = re.sub(regex, replacement, said)
    return said


PATTERNS = get_sanitize_patterns((ROOT / "tests" / "nbval.cfg").read_text(encoding="utf-8"))


def test_what_differs_is_found(nbval):
    draw = "plotting.show(plt.gca(), alt='a figure')"
    cells = {
        "import matplotlib.pyplot as plt, numpy as np, time; from neuralode_lib import plotting": "",
        "n = 1": "",
        "print(n)": "first:\n1\n\nagain:\n2\n",
        f"plt.plot([0, n], lw=9); {draw}": "another figure",
        "for _ in range(n): print('x')": "first:\nx\n\nagain:\nx\nx",
        "for _ in range(n): display(n)": "first:",
        "for k in range(n): display(k)": "1 outputs, then 2",
        "1 / (2 - n)": "ZeroDivisionError: division by zero",
        f"plt.plot([0, 1], lw=9); {draw}": "",
        "rng = np.random.default_rng(0)": "",
        "rng.random()": "first:",
        "np.random.default_rng(0).random(), object()": "",
        "print(f'{time.perf_counter()} s')": "",
        "n = 2": "",
    }
    for source, first, again in there_and_back(list(cells), ROOT):
        difference = compare(first, again, nbval)
        assert cells[source] in difference if cells[source] else not difference, source
