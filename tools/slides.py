"""Make a reveal.js deck of every notebook from its slide metadata and stored outputs: nothing is run.

    python tools/slides.py FOLDER [--npm node_modules]

With --npm the decks show without a network: reveal.js and MathJax are copied from there and lie beside them.
"""

import argparse
import json
import re
import shutil
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter
from nbformat.v4 import new_markdown_cell

from neuralode_lib import quiz

HERE = Path(__file__).parent
NOTEBOOKS = sorted(HERE.parent.glob("notebooks/*.ipynb"))

# Of each package the parts that a deck loads.
NEEDED = {"reveal.js": ["dist", "plugin/notes"], "mathjax": ["es5/tex-svg-full.js"]}

NO_CODE = "no-code"  # the tag of a cell whose code is not for the slide


def slide_type(cell):
    return cell.metadata.get("slideshow", {}).get("slide_type", "-")


def slide(source, kind="-"):
    return new_markdown_cell(source, metadata={"slideshow": {"slide_type": kind}})


def deck(notebook):
    """The notebook's cells as they are shown: every slide with its section's heading, pictures without their code."""
    heading = ""
    for cell in notebook.cells:
        if found := re.match(r"#+ .*", cell.source):
            heading = found[0]
        elif slide_type(cell) in ("slide", "subslide"):
            yield slide(heading, slide_type(cell))
            cell.metadata.slideshow.slide_type = "-"
        if cell.cell_type == "markdown":
            yield cell
        elif question := re.fullmatch(r'quiz\.question\("(.*)"\)', cell.source):
            yield without_code(cell)
            yield from answer(quiz.question(question[1]), heading)
        else:
            yield shown(cell)


def answer(question, heading):
    """A slide with the right options and why; what is wrong with the others is for the speaker."""
    options = list(zip(question.letters, question.options, strict=True))
    right = [f"> **{letter})** {option.text}" for letter, option in options if letter in question.right]
    wrong = [f"**{letter}** {option.feedback}" for letter, option in options if letter not in question.right]
    yield slide(heading, "subslide")
    yield slide("\n\n".join([*right, question.solution()]))
    yield slide("\n\n".join(wrong), "notes")


def shown(cell):
    """Of a code cell: its picture or living figure where it has one, else its code and what it prints.

    The exercises' checks need a kernel: of them, only the code says what to run.
    """
    pictures = [output for output in cell.outputs if {"image/png", "text/html"} & output.get("data", {}).keys()]
    if pictures:
        without_code(cell)
    if pictures or cell.source.startswith(("explore.", "exercises.")):
        cell.outputs = pictures
    return cell


def without_code(cell):
    cell.metadata.setdefault("tags", []).append(NO_CODE)
    return cell


def build(folder, npm):
    packages = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    sources = {name: f"https://cdn.jsdelivr.net/npm/{name}@{packages[name]}" for name in NEEDED}
    folder.mkdir(parents=True, exist_ok=True)
    if npm:
        for name, parts in NEEDED.items():
            sources[name] = name
            for part in parts:
                copy(npm / name / part, folder / name / part)
    exporter = SlidesExporter(
        template_name="slides",
        extra_template_basedirs=[str(HERE)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        config={"TagRemovePreprocessor": {"enabled": True, "remove_input_tags": {NO_CODE}}},
    )
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        notebook.cells = list(deck(notebook))
        title = notebook.cells[0].source.splitlines()[0].lstrip("# ")
        html, _ = exporter.from_notebook_node(notebook, {"packages": sources, "title": title})
        (folder / f"{path.stem}.html").write_text(html, encoding="utf-8")


def copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    (shutil.copytree if source.is_dir() else shutil.copy)(source, target)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--npm", type=Path)
    arguments = parser.parse_args()
    build(arguments.folder, arguments.npm)
