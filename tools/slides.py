"""Make a reveal.js deck of every notebook from its slide metadata and stored outputs: nothing is run.

    python -m tools.slides FOLDER [--npm node_modules] [--pdf]

lecture.html has the slides whose first cell has the tag `lecture`, in the order of the plan in INSTRUCTORS.md.

With --npm the decks show without a network: reveal.js and MathJax are copied from there and lie beside them.
With --pdf Chromium prints each as a handout, a page for each slide, with all answers.
"""

import argparse
import json
import re
import shutil
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter
from nbformat.v4 import new_markdown_cell, new_notebook

from neuralode_lib import predict, quiz
from neuralode_lib.quiz.markup import unwrapped
from tools.chromium import find_chromium

HERE = Path(__file__).parent
NOTEBOOKS = sorted(HERE.parent.glob("notebooks/*.ipynb"))
INSTRUCTORS = HERE.parent / "notebooks" / "INSTRUCTORS.md"

# Of each package the parts that a deck loads.
NEEDED = {"reveal.js": ["dist", "plugin/notes"], "mathjax": ["es5/tex-svg-full.js"]}

NO_CODE = "no-code"  # the tag of a cell whose code is not for the slide
LECTURE = "lecture"  # the tag of a slide's first cell: it is shown in the lecture, too
CONTINUED = " <small>(continued)</small>"  # what a section's heading has from its second slide on


def slide_type(cell):
    return cell.metadata.get("slideshow", {}).get("slide_type", "-")


def slide(source, kind="-"):
    return new_markdown_cell(source, metadata={"slideshow": {"slide_type": kind}})


def deck(notebook):
    """The notebook's slides as they are shown: pairs of a section's heading and the cells of a slide."""
    heading, cells = "", []
    for cell in notebook.cells:
        if begins := slide_type(cell) in ("slide", "subslide"):
            if cells:
                yield heading, cells
            cells = []
        if found := re.match(r"#+ .*", cell.source):
            heading = found[0]
        elif begins:
            cells.append(slide(heading + CONTINUED, slide_type(cell)))
            cell.metadata.slideshow.slide_type = "-"
        cells.extend(shown(cell))
    yield heading, cells


def shown(cell):
    """Of a code cell: its picture, card or living figure where it has one, else its code and what it prints.

    What a question's wrong letters say and the words of a prediction's answer are also for the speaker. The exercises'
    checks need a kernel: of them, only the code says what to run. Of a text, all but a formula's name after its line.
    """
    if cell.cell_type == "markdown":
        cell.source = re.sub(r"^<small>\w+</small> ", "", cell.source, flags=re.MULTILINE)
    if cell.cell_type == "code":
        pictures = [output for output in cell.outputs if {"image/png", "text/html"} & output.get("data", {}).keys()]
        asked = re.search(r'^(?:with )?(quiz\.question|predict\.ask)\("(.*)"\)', cell.source, re.MULTILINE)
        if asked and asked[1] == "quiz.question":
            pictures = cell.outputs
        if pictures:
            cell.metadata.tags = [*{*cell.metadata.get("tags", []), NO_CODE}]
        if pictures or cell.source.startswith(("explore.", "exercises.")):
            cell.outputs = pictures
        if asked:
            return [cell, slide(for_the_speaker(*asked.groups()), "notes")]
    return [cell]


def for_the_speaker(kind, id):
    if kind == "predict.ask":
        return unwrapped(predict.ask(id).answer)
    question = quiz.question(id)
    wrong = [f"**{letter}** {option.feedback}" for letter, option in question.lettered if letter not in question.right]
    return "\n\n".join([*wrong, question.solution()])


def plan():
    """Of each row of the plan for the lecture: minutes, numbers of the slides, (notebook, section), what happens."""
    section = INSTRUCTORS.read_text(encoding="utf-8").split("\n## Lecture")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    for minutes, numbers, where, what, _ in ([cell.strip() for cell in row] for row in rows[2:]):
        notebook, name = re.fullmatch(r"12\.(\w), \*(.+)\*", where).groups()
        yield minutes, numbers, (notebook, name), what


def plain(heading):
    """A heading as the plan names it: without its formulas' names, stars and dollars."""
    return re.sub(r"<small>.*|\\mathbf|[#${}*]", "", heading).strip()


def lecture(decks):
    """Pairs as in `deck`: the marked slides of the plan's sections, its minutes in their notes."""
    for minutes, _, (notebook, name), what in plan():
        kind = "slide"
        for heading, cells in decks[notebook]:
            if plain(heading) == name and any(LECTURE in cell.metadata.get("tags", []) for cell in cells):
                source = cells[0].source if kind == "subslide" else cells[0].source.replace(CONTINUED, "")
                yield heading, [slide(source, kind), slide(f"**Minutes {minutes}.** {what}", "notes"), *cells[1:]]
                kind = "subslide"


def build(folder, npm):
    packages = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    sources = {name: f"https://cdn.jsdelivr.net/npm/{name}@{packages[name]}" for name in NEEDED}
    folder.mkdir(parents=True, exist_ok=True)
    if npm:
        for name, parts in NEEDED.items():
            sources[name] = name
            for part in parts:
                copy(npm / name / part, folder / name / part)
    for picture in HERE.parent.glob("notebooks/*.png"):
        shutil.copy(picture, folder)
    exporter = SlidesExporter(
        template_name="slides",
        extra_template_basedirs=[str(HERE)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        config={"TagRemovePreprocessor": {"enabled": True, "remove_input_tags": {NO_CODE}}},
    )
    decks = {path.stem: list(deck(nbformat.read(path, as_version=4))) for path in NOTEBOOKS}
    decks["lecture"] = list(lecture({name[2].upper(): slides for name, slides in decks.items()}))
    for name, slides in decks.items():
        cells = [cell for _, cells in slides for cell in cells]
        title = "Neural ODEs: the lecture" if name == "lecture" else plain(cells[0].source.splitlines()[0])
        html, _ = exporter.from_notebook_node(new_notebook(cells=cells), {"packages": sources, "title": title})
        (folder / f"{name}.html").write_text(html, encoding="utf-8")


def print_handouts(folder):
    """Print each deck with Chromium, a page for each slide."""
    from playwright.sync_api import sync_playwright  # here and not above: only handouts need it

    with sync_playwright() as playwright:
        program = find_chromium() or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=program, args=["--disable-gpu"])
        for deck in sorted(folder.glob("*.html")):
            # Where no motion is wanted, figures are at once as they are after their opening.
            page = browser.new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
            page.goto(f"{deck.resolve().as_uri()}?print-pdf")
            page.wait_for_selector("html[data-ready]", state="attached", timeout=120_000)
            page.pdf(path=deck.with_suffix(".pdf"), width="1280px", height="720px", print_background=True)
            page.close()
        browser.close()


def copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    (shutil.copytree if source.is_dir() else shutil.copy)(source, target)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--npm", type=Path)
    parser.add_argument("--pdf", action="store_true")
    arguments = parser.parse_args()
    build(arguments.folder, arguments.npm)
    if arguments.pdf:
        print_handouts(arguments.folder)
