"""The mathematics where Python runs in a browser: `make test-pyodide` runs it on Pyodide, in Node.

That JupyterLab in the browser does the same is for tests/browser/test_lite.py, which runs the first notebook in it.
"""

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYODIDE = ROOT / "build" / "pyodide"
NOTEBOOKS = sorted(path.name for path in ROOT.glob("notebooks/[0-9]*.ipynb"))
FORMULAS = sorted(path.name for path in ROOT.glob("tests/formulas/test_*.py"))


def run(program, argument):
    """What the program prints, which must not fail."""
    assert PYODIDE.exists(), "Pyodide is not there, it comes with: make build/pyodide"
    command = ["node", HERE / "run.mjs", PYODIDE, sysconfig.get_path("purelib"), HERE / program, argument]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    last = [line[:500] for line in (done.stdout + done.stderr).splitlines()[-40:]]  # a line may be all of Pyodide
    assert done.returncode == 0, "\n".join(last)
    return done.stdout


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_all_code_cells_run(notebook):
    printed = run("cells.py", notebook)
    print(printed)
    seconds = [float(each) for each in re.findall(r"^cell \d+ of \d+: ([\d.]+) s$", printed, re.MULTILINE)]
    assert max(seconds) < 40  # 20 where nothing else runs; what takes longer has to ask for `node.patience`


@pytest.mark.parametrize("formulas", FORMULAS)
def test_the_formulas_tests_pass(formulas):
    assert " passed" in run("formulas.py", formulas)
