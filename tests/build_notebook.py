"""Make a notebook from its script, and run it; or, given the notebook, take what was edited in it into the script.

The script is the source. A notebook remembers, as a hash, the cells that it was made of: so both ways know what
has been edited since, and overwrite nothing that somebody wrote.
"""

import hashlib
import json
import re
import sys
from base64 import b64decode
from pathlib import Path

import jupytext
import nbformat
import neutral
from jupytext.combine import combine_inputs_with_outputs
from nbclient import NotebookClient

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
PICTURE = re.compile(r'src="data:image/png;base64,([^"]*)')


def cells(notebook):
    """What an author edits, of a script or of a notebook. Outputs, and folds that JupyterLab changes, are not."""
    return [
        (cell.cell_type, cell.source, cell.metadata.get("tags"), cell.metadata.get("slideshow"))
        for cell in notebook.cells
    ]


def digest(notebook):
    return hashlib.sha256(json.dumps(cells(notebook)).encode()).hexdigest()[:16]


def build(script: Path):
    path = script.parents[1] / f"{script.stem}.ipynb"
    notebook = jupytext.read(script)
    made_of = digest(notebook)
    if path.exists():
        stored = nbformat.read(path, as_version=4)
        if digest(stored) not in (made_of, stored.metadata.get("made_of")):
            raise SystemExit(
                f"{path} has been edited since it was made from its script. Nothing was overwritten.\n"
                "To keep the notebook's text: make scripts. To go back to the script: rename the notebook, or\n"
                f"    git checkout {path}\nand then make notebooks."
            )
        notebook = combine_inputs_with_outputs(notebook, stored)  # keeps the ids of cells
    neutral.put_aside()
    NotebookClient(
        notebook,
        kernel_name=KERNEL["name"],
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": path.parent}},
    ).execute()
    # What changes at every run or with every Python is not stored: versions, the state of widgets,
    # and the random names by which cells refer to it. A widget's text stays.
    notebook.metadata = {"kernelspec": KERNEL, "made_of": made_of}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
        if "readme" in cell.metadata.get("tags", []):
            (png,) = PICTURE.findall(cell.outputs[0].data["text/html"])
            (path.parent / "evolution.png").write_bytes(b64decode(png))
    nbformat.write(notebook, path)


def take_back(path: Path):
    """Write the script that says what the notebook says."""
    script = path.parent / "scripts" / f"{path.stem}.py"
    notebook, source = nbformat.read(path, as_version=4), jupytext.read(script)
    made_of = notebook.metadata.get("made_of")
    if digest(notebook) in (digest(source), made_of):
        return
    both = digest(source) != made_of
    notebook.metadata = {"jupytext": {"notebook_metadata_filter": "-all"}}  # no versions at the top of a script
    target = Path("build", script.name) if both else script
    target.parent.mkdir(exist_ok=True)
    jupytext.write(notebook, target, fmt="py:percent")
    if both:
        raise SystemExit(
            f"{path} and {script} have both been edited. Nothing was overwritten.\n"
            f"{target} says what the notebook says: take from it into the script what you want to keep,\n"
            f"    git diff --no-index {script} {target}\n"
            f"then rename the notebook, or\n    git checkout {path}\nand make notebooks."
        )
    print(f"{script} now says what {path} says")


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        take_back(path) if path.suffix == ".ipynb" else build(path)
