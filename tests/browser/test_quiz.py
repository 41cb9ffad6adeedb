"""Every question is answered wrongly and rightly: by mouse in one notebook, by keyboard alone in the next."""

import re

import pytest
from lab import NOTEBOOKS, uses

from neuralode_lib import quiz

ASKED = [pytest.param(path, n, id, id=id) for path, n, id in uses(r'^quiz\.question\("(.+)"\)$')]


def words(markdown):
    """What is left to read when mathematics and mark-up are taken away."""
    return re.sub(r"\$\$.+?\$\$|\$.+?\$|[*`]|^- |\s", "", str(markdown), flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("book, number, id", ASKED, indirect=["book"])
def test_question(book, number, id):
    cell = book.cells.nth(number)
    card = cell.locator(".jp-OutputArea-output .widget-vbox").first
    card.scroll_into_view_if_needed()
    question, by_keyboard = quiz.question(id), NOTEBOOKS.index(book.path) % 2 == 1

    def press(*names):
        for name in names:
            button = card.get_by_role("button", name=re.compile(rf"\b{name}$"))  # a chosen letter has a tick before it
            if by_keyboard:
                book.tab_to(button)
                book.page.keyboard.press("Space" if len(name) == 1 else "Enter")
            else:
                button.click()

    def answer():
        """The feedback's words, once its formulas are typeset."""
        return card.locator(".widget-htmlmath-content").evaluate("""node => {
            node = node.cloneNode(true);
            node.querySelectorAll("mjx-container").forEach(formula => formula.remove());
            return node.textContent.replace(/\\s/g, "");
        }""")

    if by_keyboard:
        cell.focus()
    right, wrong = sorted(question.right), sorted(set(question.letters) - question.right)
    press(wrong[0], "Check")
    book.eventually(answer, words(question.check(wrong[0])))
    book.screenshot(f"quiz-{id}-wrong", cell)
    press(wrong[0], right[0], "Check")  # pressed again, a letter is no longer chosen
    book.eventually(answer, words(question.check(right[0])))
    press(*right[1:], "Check")
    book.eventually(answer, words(question.check(*right)))
    book.screenshot(f"quiz-{id}-right", cell)
    press("Hint")
    book.eventually(answer, words(question.hint()))
    press("Solution")
    book.eventually(answer, words(question.solution()))
    book.screenshot(f"quiz-{id}-solution", cell)
    assert card.locator("mjx-merror").count() == 0
