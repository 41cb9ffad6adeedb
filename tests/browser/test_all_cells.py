"""Every notebook runs from top to bottom, and all that it shows is as it should be."""

from playwright.sync_api import expect

# Texts in which mathematics is left as it was written: of Markdown and widgets, without code and what is typeset.
UNTYPESET = r"""() => [...document.querySelectorAll(".jp-RenderedHTMLCommon, .jp-Notebook .jupyter-widgets")]
    .map(node => {
        node = node.cloneNode(true);
        node.querySelectorAll("code, pre, script, style, mjx-container, .cm-editor").forEach(part => part.remove());
        return node.textContent;
    })
    .filter(text => /[$]|\\[a-z(\[]/.test(text))"""


def test_all_cells_run(book):
    expect(book.errors).to_have_count(0)
    assert book.stderr.all_text_contents() == []
    code = [cell for cell in book.stored if cell["cell_type"] == "code"]
    folded = [cell["metadata"].get("jupyter", {}).get("source_hidden") for cell in code]  # they show no number
    numbers = ["" if hidden else f"[{n}]:" for n, hidden in enumerate(folded, 1)]
    assert book.prompts.all_text_contents() == numbers and not folded[-1]


def test_formulas_are_typeset(book):
    book.eventually(lambda: book.page.evaluate(UNTYPESET), [])
    assert book.page.locator("mjx-container").count() > 10
    assert book.page.locator("mjx-merror").all_text_contents() == []
    unknown_commands = book.page.locator("mjx-container mtext[mathcolor=red]")  # how MathJax writes their names
    assert unknown_commands.all_text_contents() == []
