"""Write what Sphinx reads for `make html`: the notebooks, readable without a kernel, and what one looks up.

    python tools/site/pages.py FOLDER
"""

import ast
import re
import shutil
import sys
from itertools import count
from pathlib import Path

import formula_index
import nbformat
import sheet
from formula_index import HEADING, ID, LABEL, target
from nbformat.v4 import new_markdown_cell

LIBRARY = "resnet problem descent rules training verify tape activations datasets plotting".split()
LIBRARY += ["quiz", "exercises", "explore"]


def page(path):
    """The notebook as it is shown: alt text where MyST-NB looks for it, answers that open, links from the ids."""
    notebook, cells, headings = nbformat.read(path, as_version=4), [], count()
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "markdown":
            linked = LABEL.sub(lambda label: ID.sub(r"[\g<0>](#\g<0>)", label[0]), cell.source)
            linked = re.sub(r"(?<!\n)\n(?=\$\$\S)", "\n\n", linked)  # MyST wants an empty line before a formula
            heading = HEADING.match(cell.source)
            cell.source = f"({target(path, next(headings))})=\n{linked}" if heading else linked
        else:
            if cell.source.startswith(("quiz.", "predict.ask")):
                cell.metadata["tags"] = [*cell.metadata.get("tags", []), "remove-input"]  # it shows what it asks
            for output in cell.outputs:
                for said in output.get("metadata", {}).values():
                    cell.metadata["mystnb"] = {"image": {"alt": said["alt"]}}
                if output.get("data", {}).get("text/plain", "").startswith("[Explorer"):
                    cells.append(new_markdown_cell(f":::{{note}}\n{output.data.pop('text/plain')[1:-1]}.\n:::"))
            cell.outputs = [output for output in cell.outputs if output.get("data") != {}]
    notebook.cells = cells
    return notebook


def library():
    modules = [f".. automodule:: neuralode_lib.{name}\n   :members:\n" for name in LIBRARY]
    return "\n".join(["# The library\n\n```{eval-rst}", *modules, "```"])


def tests():
    parts = ["# The tests of the formulas"]
    for path in formula_index.TESTS:
        title = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).splitlines()[0]
        shown = [f".. autofunction:: {test.module}.{test.name}\n" for test in formula_index.tests(path)]
        parts.append("\n".join([f"## {title}\n\n```{{eval-rst}}", *shown, "```"]))
    return "\n\n".join(parts)


def write(folder):
    folder.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("index.md"), folder)
    for path in formula_index.NOTEBOOKS:
        nbformat.write(page(path), folder / path.name)
    for picture in formula_index.NOTEBOOKS[0].parent.glob("*.png"):
        shutil.copy(picture, folder)
    made = {"sheet": sheet.markdown(), "formulas": formula_index.index(), "library": library(), "tests": tests()}
    for name, text in made.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
