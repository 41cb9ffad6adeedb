"""Make build/solutions/: the notebooks with their exercises solved, executed, every check passed.

A stub becomes what `exercises.NAME.solution()` shows, the library's own code, and a call of it.
"""

import ast
import builtins
import inspect
import re
import shutil
import symtable
from pathlib import Path
from tempfile import TemporaryDirectory

import jupytext
import nbformat
from nbclient import NotebookClient

from neuralode_lib import exercises

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted(ROOT.glob("notebooks/scripts/*.py"))
CHECK = re.compile(r"exercises\.(\w+)\.check\((\w+)\)")


def solve(notebook):
    """Solve every exercise of the notebook, in place; returns their names."""
    names, code = [], [cell for cell in notebook.cells if cell.cell_type == "code"]
    for check in code:
        for name, function in CHECK.findall(check.source):
            (stub,) = [cell for cell in code if cell.source.startswith(f"def {function}(")]
            stub.source = solved(stub.source, getattr(exercises, name))
            names.append(name)
    return names


def solved(stub, exercise):
    """The source of a cell: what the library's code imports, that code, and the stub with a call of it for a body."""
    if stub.count("\n    ...") != 1:
        raise ValueError(f"the stub of {exercise.name} is no function whose body is ...:\n{stub}")
    arguments = ast.unparse(ast.parse(stub).body[0].args)
    body = stub.replace("\n    ...", f"\n    return {exercise.functions[0].__name__}({arguments})")
    code = f"{exercise.solution()}\n\n\n{body}"
    return "\n".join([*_imports(code, exercise), "", code]).lstrip()


def _imports(code, exercise):
    """The import lines for what the code uses and does not define; every notebook has np."""
    table = symtable.symtable(code, exercise.name, "exec")
    missing = _globals(table) - set(table.get_identifiers()) - set(dir(builtins)) - {"np"}
    known = vars(inspect.getmodule(exercise.functions[0]))
    for name in sorted(missing):
        value = known[name]
        home = value.__name__.rpartition(".")[0] if inspect.ismodule(value) else value.__module__
        yield f"from {home} import {name}"


def _globals(table):
    found = set(table.get_globals()) if table.get_type() == "function" else set()
    return found.union(*map(_globals, table.get_children()))


def not_right(notebook):
    """The names of the exercises whose check, in an executed notebook, does not say right."""
    return [
        name
        for cell in notebook.cells
        for name, _ in CHECK.findall(cell.source)
        if not any(output.get("data", {}).get("text/plain", "").startswith("Right!") for output in cell.outputs)
    ]


def main():
    folder = ROOT / "build/solutions"
    folder.mkdir(parents=True, exist_ok=True)
    for picture in ROOT.glob("notebooks/*.png"):
        shutil.copy(picture, folder)
    for script in SCRIPTS:
        notebook = jupytext.read(script)
        names = solve(notebook)
        notebook.cells[0].source = notebook.cells[0].source.replace("\n", " (exercises solved)\n", 1)
        with TemporaryDirectory() as empty:  # where `exercises.progress` may be kept
            resources = {"metadata": {"path": empty}}
            NotebookClient(notebook, kernel_name="python3", coalesce_streams=True, resources=resources).execute()
        if wrong := not_right(notebook):
            raise SystemExit(f"{script.name}: the check does not say right for {', '.join(wrong)}")
        path = folder / f"{script.stem}.ipynb"
        nbformat.write(notebook, path)
        print(f"{path.relative_to(ROOT)}: {', '.join(names)}")


if __name__ == "__main__":
    main()
