"""Write what `make lite` builds from: JupyterLite's settings, and the notebooks for a kernel in the browser.

    python tools/lite/source.py FOLDER
"""

import shutil
import sys
from pathlib import Path

import nbformat

HERE = Path(__file__).parent
NOTEBOOKS = sorted(HERE.parents[1].glob("notebooks/*.ipynb"))

KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
INSTALL = """\
# Here Python runs in your browser, and begins empty. This cell takes a minute at the first time. Still [*] after
# three? Then your network blocks cdn.jsdelivr.net, from where Python comes.
# What you write is saved in this browser only. Where the site has a newer notebook you see your own still: download
# yours (right button in the list of files), delete it there, and open the new one.
%pip install -q neuralode-lib"""


def for_the_browser(path):
    """The notebook, with a cell before its first code that installs the library in the browser."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    first = next(n for n, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells.insert(first, nbformat.v4.new_code_cell(INSTALL, id="install"))
    return notebook


def write(folder):
    contents = folder / "contents"
    contents.mkdir(parents=True)
    for path in NOTEBOOKS:
        nbformat.write(for_the_browser(path), contents / path.name)
    for picture in NOTEBOOKS[0].parent.glob("*.png"):
        shutil.copy(picture, contents)
    for settings in HERE.glob("*.json"):
        shutil.copy(settings, folder)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
