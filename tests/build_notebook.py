"""Make a notebook from its script: keep the cell ids, run every cell, store the outputs and nothing that changes."""

import sys
from pathlib import Path

import nbformat
from jupytext.cli import jupytext
from nbclient import NotebookClient

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def build(script: Path):
    path = script.parents[1] / f"{script.stem}.ipynb"
    jupytext(["--quiet", "--to", "ipynb", "--update", "--output", str(path), str(script)])
    notebook = nbformat.read(path, as_version=4)
    here = {"metadata": {"path": path.parent}}
    NotebookClient(notebook, kernel_name=KERNEL["name"], record_timing=False, resources=here).execute()
    # A widget is a number drawn at random that means nothing without its kernel, and its state can
    # break the page that GitHub shows. Its text stays.
    notebook.metadata = {"kernelspec": KERNEL}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
