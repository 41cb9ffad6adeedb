"""What keeps people from reading or using a notebook that has run in JupyterLab."""

import pytest
from axe import WITH_MATHEMATICS, WITHOUT_MATHEMATICS, findings
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

# To axe-core no text of JupyterLab's is on the screen, and contrast is what it asks of such text alone. So: all texts
# and formulas whose contrast with what is behind them is less than WCAG 2 wants.
PALE = r"""notebook => {
    const rgba = (color) => color.match(/[\d.]+/g).map(Number);
    const over = ([r, g, b, a = 1], below) => [r, g, b].map((c, n) => a * c + (1 - a) * below[n]);
    const behind = (e) => {
        const color = rgba(getComputedStyle(e).backgroundColor);
        return color.length === 3 || !e.parentElement ? color.slice(0, 3) : over(color, behind(e.parentElement));
    };
    const light = (color) => color.map((c) => c / 255)
        .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, n) => sum + [0.2126, 0.7152, 0.0722][n] * c, 0);
    const texts = document.createTreeWalker(notebook, NodeFilter.SHOW_TEXT), holders = new Set();
    while (texts.nextNode()) if (texts.currentNode.data.trim()) holders.add(texts.currentNode.parentElement);
    return [...holders, ...notebook.querySelectorAll("mjx-container")].flatMap((e) => {
        const style = getComputedStyle(e), ground = behind(e), ink = over(rgba(style.color), ground);
        const [low, high] = [light(ink), light(ground)].sort((a, b) => a - b), contrast = (high + 0.05) / (low + 0.05);
        const size = parseFloat(style.fontSize), isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
        const isOurs = !e.closest("mjx-assistive-mml, script, style, option, .cm-editor, .jp-Notebook-footer");
        const isPale = contrast < (isLarge ? 3 : 4.5);
        const isShown = isOurs && e.getClientRects().length > 0;
        return isShown && isPale ? [`${contrast.toFixed(2)}: ${e.outerHTML.slice(0, 99)}`] : [];
    });
}"""


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
