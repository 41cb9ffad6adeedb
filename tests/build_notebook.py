"""Make a notebook from its script: keep the cell ids, run every cell, store the outputs and the README's picture."""

import sys
from base64 import b64decode
from pathlib import Path

import nbformat
from jupytext.cli import jupytext
from nbclient import NotebookClient

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def build(script: Path):
    path = script.parents[1] / f"{script.stem}.ipynb"
    jupytext(["--quiet", "--to", "ipynb", "--update", "--output", str(path), str(script)])
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        kernel_name=KERNEL["name"],
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": path.parent}},
    ).execute()
    # What changes at every run or with every Python is not stored: versions, the state of widgets,
    # and the random names by which cells refer to it. A widget's text stays.
    notebook.metadata = {"kernelspec": KERNEL}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
        if "readme" in cell.metadata.get("tags", []):
            (path.parent / "evolution.png").write_bytes(b64decode(cell.outputs[0].data["image/png"]))
    nbformat.write(notebook, path)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
