"""axe-core on what a student has before the eyes: a notebook that has run in JupyterLab, and the slides."""

import subprocess
import sys

import pytest
from axe import findings
from lab import NOTEBOOKS, ROOT, SECONDS

# Serious and critical findings that are not ours: the rule, a part of the element, and whose they are.
NOT_OURS = {
    ("aria-input-field-name", "cm-content"): "JupyterLab's editor of a cell has no name",
    ("aria-prohibited-attr", "jp-Cell"): "JupyterLab names a cell with an attribute that its element may not have",
    ("aria-required-children", "jp-WindowedPanel-viewport"): "JupyterLab's cells are no children that a feed may have",
    ("button-name", "data-heading-level"): "JupyterLab's button that folds a section has no name",
    ("image-alt", "jp-RenderedImage"): "JupyterLab leaves a figure's alt text away; the text round it says the same",
}

# Thousands of nodes of MathJax's own: taken out, and put back for the tests that come after.
WITHOUT_MATHEMATICS = """parts => window.takenOut = parts.map(part => {
    const place = document.createComment("");
    part.replaceWith(place);
    return [place, part];
})"""
WITH_MATHEMATICS = "takenOut.forEach(([place, part]) => place.replaceWith(part))"


@pytest.mark.parametrize("book", NOTEBOOKS[:1], indirect=True, ids=lambda path: path.stem)
def test_notebook_in_jupyterlab(book):
    """The first one has figures, living ones, and questions."""
    book.page.locator("mjx-container").evaluate_all(WITHOUT_MATHEMATICS)
    found = findings(book.page, ".jp-Notebook", not_ours=NOT_OURS)
    book.page.evaluate(WITH_MATHEMATICS)
    assert found == []


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    command = [sys.executable, "tools/slides.py", folder, "--npm", "tools/node_modules"]
    subprocess.run(command, cwd=ROOT, check=True)
    return folder


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_slides(chromium, decks, path):
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{(decks / path.name).with_suffix('.html').as_uri()}?view=print")  # all slides, one below the other
    page.wait_for_function("document.querySelectorAll('.pdf-page').length > 10", timeout=15 * SECONDS)
    page.evaluate("MathJax.startup.promise.then(() => null)")
    page.locator("mjx-container").evaluate_all(WITHOUT_MATHEMATICS)
    assert findings(page) == []
    page.close()
