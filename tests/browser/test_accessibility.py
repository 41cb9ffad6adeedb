"""What keeps people from reading or using a notebook that has run in JupyterLab."""

import pytest
from axe import PALE, WITH_MATHEMATICS, WITHOUT_MATHEMATICS, findings
from lab import NOTEBOOKS
from playwright.sync_api import expect

# Serious and critical findings that are not ours: the rule, a part of the element, and whose they are.
NOT_OURS = {
    ("aria-input-field-name", "cm-content"): "JupyterLab's editor of a cell has no name",
    ("aria-prohibited-attr", "jp-Cell"): "JupyterLab names a cell with an attribute that its element may not have",
    ("aria-required-children", "jp-WindowedPanel-viewport"): "JupyterLab's cells are no children that a feed may have",
    ("button-name", "data-heading-level"): "JupyterLab's button that folds a section has no name",
    ("image-alt", "jp-RenderedImage"): "JupyterLab leaves a figure's alt text away; the text round it says the same",
}


@pytest.mark.parametrize("book", NOTEBOOKS[:1], indirect=True, ids=lambda path: path.stem)
def test_notebook_in_jupyterlab(book):
    """The first one has figures, living ones, and questions."""
    book.page.locator("mjx-container").evaluate_all(WITHOUT_MATHEMATICS)
    found = findings(book.page, ".jp-Notebook", not_ours=NOT_OURS)
    book.page.evaluate(WITH_MATHEMATICS)
    assert found == []


def test_notebook_can_be_read_in_light_and_dark(book):
    notebook = book.page.locator(".jp-Notebook")
    turn = "(all, open) => all.forEach((details) => { details.open = open; })"
    notebook.locator(".prediction details").evaluate_all(turn, True)
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        book.page.locator("#jp-MainMenu").get_by_text("Settings", exact=True).click()
        book.page.locator(".lm-Menu").get_by_text("Theme", exact=True).hover()
        book.page.locator(".lm-Menu").get_by_text(theme, exact=True).click()
        light = "true" if theme.endswith("Light") else "false"
        expect(book.page.locator("body")).to_have_attribute("data-jp-theme-light", light)
        for figure in notebook.locator(".living-figure .living").all():  # it follows when it is seen
            figure.scroll_into_view_if_needed()
            book.page.wait_for_timeout(100)
        book.screenshot(f"{theme}-{book.name}")
        assert notebook.evaluate(PALE) == []
    notebook.locator(".prediction details").evaluate_all(turn, False)
