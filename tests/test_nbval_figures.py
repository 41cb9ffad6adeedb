"""conftest.py, tried on a notebook that was changed after it ran, and on one that changes its own names."""

import gc
import platform
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

pytest_plugins = "pytester"

ROOT = Path(__file__).parents[1]

SETUP = """\
import time, warnings
import numpy as np
import matplotlib.pyplot as plt
from base64 import b64encode
from IPython.display import HTML, Image, display
from IPython.utils.capture import capture_output

def wave(amplitude, title_at=1):
    fig, ax = plt.subplots(figsize=(4, 3))
    ax.set_title("wave", y=title_at)
    ax.fill_between(np.arange(500), amplitude * np.sin(np.linspace(0, 20, 500)))
    ax.set_ylim(-1.5, 1.5)
    plt.show()
    fig.savefig("wave.png")

def legend(top):
    plt.figure(figsize=(4, 3))
    plt.plot([0, 1], [0, 1], label="up")
    plt.ylim(0, top)
    plt.legend(loc="upper right")
    plt.show()

def living(amplitude, numbers="J = 1", program="run(1)"):
    with capture_output():
        wave(amplitude)
    png = b64encode(open("wave.png", "rb").read()).decode()
    return HTML(f'<img src="data:image/png;base64,{png}"><p>{numbers}</p><script>\\n{program}</script>')
"""

# What ran, what stands there now, and what is said of it (None: nothing, the cell passes).
CELLS = [
    (SETUP, SETUP, None),
    ("wave(1)", "wave(1)", None),
    ("wave(1)", "wave(1.07)", None),
    (
        "wave(1)",
        "wave(1.15)",
        "*Figure 0 differs: RMS difference*cell3-0-stored.png*cell3-0-new.png*",
    ),
    ("wave(1)", "wave(1, title_at=1.2)", "*Figure 0 differs: (* pixels stored, (*) drawn*"),
    (
        "Image('wave.png')",
        "display({'text/plain': repr(Image('wave.png'))}, raw=True)",
        "*1 figures stored, 0 drawn*",
    ),
    ("living(1)", "living(1.02, program='run(2)')", None),
    ("living(1)", "living(1.15)", "*Figure 0 differs: RMS difference*cell7-0-stored.png*cell7-0-new.png*"),
    ("living(1)", "living(1, 'J = 2')", "*mismatch 'text/html'*"),
    ("legend(1)", "legend(1)", "*a legend lies on up*"),
    ("legend(10)", "legend(10)", None),
    ("print(1)", "print(2)", "*mismatch 'stdout'*"),
    ("print(1)", "print(1); warnings.warn('look')", "*Unexpected output fields*stderr*"),
    ("1 / 1", "1 / 0", "*Cell execution caused an exception*"),
    ("print(object(), f'{time.time():.2f} s')", "print(object(), f'{time.time():.2f} s')", None),
    ("warnings.warn('look')", "warnings.warn('look')", None),
    ("", "1 + 1", "*Stored without having run*"),
]



def ran(sources, folder):
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    return NotebookClient(notebook, resources={"metadata": {"path": folder}}).execute()


@pytest.fixture
def nbval(pytester):
    """A function that runs a notebook as our tests do."""

    def nbval(notebook):
        nbformat.write(notebook, pytester.path / "tried.ipynb")
        pytester.makeconftest((ROOT / "conftest.py").read_text(encoding="utf-8"))
        sanitize = f"--nbval-sanitize-with={ROOT / 'tests/nbval.cfg'}"
        return pytester.runpytest("--nbval", "--nbval-current-env", sanitize, "-v")

    yield nbval
    gc.collect()  # nbval leaves a file open: no other test is to be warned of it


def test_changed_cells_fail_and_others_pass(nbval, pytester):
    changed = ran([source for source, _, _ in CELLS], pytester.path)
    for cell, (_, now, _) in zip(changed.cells, CELLS, strict=True):
        cell.source = now
    result = nbval(changed)

    said = [message for _, _, message in CELLS if message]
    result.assert_outcomes(passed=2 * (len(CELLS) - len(said)), failed=2 * len(said))
    result.stdout.fnmatch_lines(said)
    assert len(list(pytester.path.glob("build/figures/*.png"))) == 2 * 6


ARCHITECTURE = """\
import numpy, threadpoolctl
pools = [pool for pool in threadpoolctl.threadpool_info() if pool["internal_api"] == "openblas"]
print(all(pool["architecture"] == "Nehalem" for pool in pools))
"""


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="OpenBLAS's kernels for x86")
def test_kernels_add_as_an_old_processor_does(nbval, pytester, capsys):
    notebook = ran([ARCHITECTURE], pytester.path)
    notebook.cells[0].outputs[0].text = "True\n"
    nbval(notebook).assert_outcomes(passed=2)
    exec(ARCHITECTURE)
    assert capsys.readouterr().out.endswith("True\n")  # and so does the process of the tests


# A notebook, and its cells that give something else when a reader goes back and runs them once more.
GOING_BACK = [
    (SETUP, False),
    ("n = 1", False),
    ("print(n)", True),
    ("wave(n)", True),
    ("for _ in range(n): display(n)", True),
    ("1 / (2 - n)", True),
    ("wave(1)", False),
    ("rng = np.random.default_rng(0)", False),
    ("rng.random()", True),
    ("np.random.default_rng(0).random(), object()", False),
    ("print(f'{time.perf_counter()} s')", False),
    ("import neuralode_lib as node; p = node.TrainingProblem([[1.0]], [[2.0]], N_T=3)", False),
    ("p.cost(node.Weights.zeros(3, 1))", False),
    ("w = node.Weights.zeros(3, 1)", False),
    ("w.b[:] += 1", False),
    ("p.cost(w), p.cost_and_gradient(w)[1].b.sum()", True),  # computed once, but for other weights
    ("g = p.cost_and_gradient(node.Weights.zeros(3, 1))[1]; g.b[:] += 1; g.b.sum()", False),
    ("w.b[:] += 1", False),
    ("n = 2", False),
]


def test_cells_fail_that_give_something_else_when_run_again(nbval, pytester):
    result = nbval(ran([source for source, _ in GOING_BACK], pytester.path))
    other = [number for number, (_, fails) in enumerate(GOING_BACK) if fails]
    result.assert_outcomes(passed=2 * len(GOING_BACK) - len(other), failed=len(other))
    result.stdout.fnmatch_lines_random([f"*::Cell {number} again FAILED*" for number in other])
