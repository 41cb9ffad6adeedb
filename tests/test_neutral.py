"""Tests and what is stored are the same for whoever has settings of their own, and has solved exercises."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import build_notebook
import matplotlib
import nbformat
import pytest

from neuralode_lib import doctor

ROOT = Path(__file__).parents[1]
SCRIPT = """\
# %%
import matplotlib.pyplot as plt

plt.plot([0, 1])
plt.show()
1
2

# %%
assert not {"np", "sys", "once"} & {*globals()}  # what the tests' kernels run first leaves no names

# %%
from neuralode_lib import exercises

exercises.progress()
"""
PERSONAL = {
    "IPYTHONDIR/profile_default/ipython_config.py": "c.InteractiveShell.ast_node_interactivity = 'all'",
    "IPYTHONDIR/profile_default/startup/first.py": "print('Good morning')",
    "MPLCONFIGDIR/matplotlibrc": "figure.figsize: 2, 1\nlines.linewidth: 9",
    "JUPYTER_CONFIG_DIR/jupytext.toml": 'formats = "ipynb,md"',
    "JUPYTER_CONFIG_DIR/labconfig/page_config.json": json.dumps({"disabledExtensions": {doctor.WIDGETS: True}}),
}


@pytest.fixture
def somebody(tmp_path):
    """The environment of somebody with settings."""
    for path, text in PERSONAL.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    for fonts in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):  # Matplotlib would take seconds to make it
        shutil.copy(fonts, tmp_path / "MPLCONFIGDIR")
    (tmp_path / "startup.py").write_text("print('Good evening')")
    own = {path.partition("/")[0]: str(tmp_path / path.partition("/")[0]) for path in PERSONAL}
    inherited = {name: value for name, value in os.environ.items() if name != "MATPLOTLIBRC"}
    return inherited | own | {"PYTHONSTARTUP": str(tmp_path / "startup.py"), "MPLBACKEND": "svg"}


def test_a_notebook_that_somebody_makes_and_tests(somebody, tmp_path):
    script = tmp_path / "notebooks/scripts/two.py"
    script.parent.mkdir(parents=True)
    script.write_text(SCRIPT, encoding="utf-8")
    notebook = tmp_path / "notebooks/two.ipynb"
    (notebook.parent / ".neuralode-progress.json").write_text('{"solved": ["cost"]}')
    build_notebook.build(script)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT / 'tests'}\n", encoding="utf-8")
    shutil.copy(ROOT / "conftest.py", tmp_path)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env", notebook]
    tested = subprocess.run(command, cwd=tmp_path, env=somebody, capture_output=True, text=True)
    assert tested.returncode == 0, tested.stdout
    here = nbformat.read(notebook, as_version=4)
    subprocess.run([sys.executable, build_notebook.__file__, script], env=somebody, check=True)
    assert nbformat.read(notebook, as_version=4) == here
    assert here.cells[-1].outputs[0].data["text/plain"].startswith("exercises 0 of")
