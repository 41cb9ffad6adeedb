"""Every question is answered wrongly and rightly: by mouse in one notebook, by keyboard alone in the next.

And without JupyterLab: cards and a prediction on a page from a file, with the network cut.
"""

import re

import pytest
from lab import NOTEBOOKS, SECONDS, tab_to, uses
from playwright.sync_api import expect

from neuralode_lib import exercises, quiz
from neuralode_lib.predict.prediction import Prediction
from neuralode_lib.quiz.card import Card


def asked(pattern):
    return [pytest.param(path, n, id, id=f"{id}-{path.stem}") for path, n, id in uses(pattern)]


ASKED, PREDICTED = asked(r'^quiz\.question\("(.+)"\)$'), asked(r'^(?:with )?predict\.ask\("(.+)"\):?$')


def words(markdown):
    """What is left to read when mathematics and mark-up are taken away."""
    return re.sub(r"\$\$.+?\$\$|\$.+?\$|[*`✓✗]|^- |\s", "", str(markdown), flags=re.DOTALL | re.MULTILINE)


def read(element):
    """The words of an element; formulas are left out, typeset or not."""
    return words(element.evaluate("""node => {
        node = node.cloneNode(true);
        node.querySelectorAll("mjx-container").forEach(formula => formula.remove());
        return node.textContent;
    }"""))


def said(card):
    return read(card.get_by_role("status"))


def press(card, by_keyboard, *names):
    for name in names:
        button = card.get_by_role("button", name=name, exact=True)
        if by_keyboard:
            tab_to(card.page, button)
            card.page.keyboard.press("Space" if len(name) == 1 else "Enter")
        else:
            button.click()


def answer(card, question, by_keyboard):
    """Wrongly, by halves, rightly; then hints and the solution."""

    def press_and_see(*names, text):
        press(card, by_keyboard, *names)
        assert said(card) == words(text), names

    right, wrong = sorted(question.right), sorted(set(question.letters) - question.right)
    assert said(card) == words("One letter is right, or several are.")
    press_and_see("Check", text="Choose at least one letter first.")
    press_and_see(*question.letters, "Check", text=question.check(question.letters))
    press_and_see(*right, "Check", text=question.check(wrong))  # pressed again, a letter is no longer chosen
    press_and_see(*wrong, right[0], "Check", text=question.check(right[0]))
    press_and_see(*right[1:], "Check", text=question.check(*right))
    for hint in (*question.numbered_hints, question.numbered_hints[0]):
        press_and_see("Hint", text=hint)
    press_and_see("Solution", text=question.solution())


def vote(card, question):
    """Votes by mouse and by typing; the right letters show at Reveal alone. The browser is left as it was."""
    page, dialog = card.page, card.get_by_role("dialog")
    press(card, True, "Poll")
    expect(dialog).to_be_visible()
    for option in question.options:
        assert words(option.text) in read(dialog)
    assert dialog.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 24
    first, second = question.letters[:2]
    dialog.get_by_role("button", name=f"+ 1 for {first}").click()
    for key in f"{first}{second}{second}".lower() + first.upper():  # with Shift: one less
        page.keyboard.press(f"Shift+{key}" if key.isupper() else key)
    dialog.get_by_label(f"votes for {second}", exact=True).fill("3")
    dialog.get_by_label(f"votes for {second}", exact=True).blur()
    expect(dialog.get_by_label(f"votes for {first}", exact=True)).to_have_value("1")
    lines = dialog.locator(".option")
    assert [re.findall(r"\d+ %", line) for line in lines.all_inner_texts()][:2] == [["25 %"], ["75 %"]]
    long, longest = (lines.nth(n).locator(".bar div").bounding_box()["width"] for n in range(2))
    assert long == pytest.approx(longest / 3, abs=1)
    assert longest > 0.75 * dialog.bounding_box()["width"]
    expect(dialog.get_by_text("✓ right")).to_have_count(0)
    dialog.get_by_role("button", name="Reveal").click()
    marked = [c for c, line in zip(question.letters, lines.all_inner_texts(), strict=True) if "✓ right" in line]
    assert set(marked) == question.right
    dialog.get_by_role("button", name="Clear").click()
    expect(dialog.get_by_text("✓ right")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def predict(box, by_keyboard=True):
    """Commit to something, change it, open the answer."""
    page, field = box.page, box.get_by_label("Your prediction")
    tab_to(page, field)
    page.keyboard.press("Enter")  # nothing to commit to
    expect(box.get_by_text("You predicted")).to_have_count(0)
    page.keyboard.type("about 4 p")
    page.keyboard.press("Enter")
    expect(box.locator("form output")).to_have_text("You predicted: about 4 p")
    expect(field).to_be_hidden()
    press(box, True, "change")
    page.keyboard.type("!")
    press(box, True, "Commit")
    expect(box.locator("form output")).to_have_text("You predicted: about 4 p!")
    expect(box.locator("details > p").last).to_be_hidden()
    page.keyboard.press("Enter")  # the focus is on the answer
    expect(box.locator("details > p").last).to_be_visible()
    expect(box.locator("form output")).to_be_visible()


@pytest.mark.parametrize("book, number, id", ASKED, indirect=["book"])
def test_question(book, number, id):
    cell, question = book.cells.nth(number), quiz.question(id)
    expect(cell.locator('.jp-OutputArea-output[data-mime-type="text/markdown"]')).to_contain_text("Quiz.")
    card = cell.locator(".quiz")
    card.scroll_into_view_if_needed()
    by_keyboard = NOTEBOOKS.index(book.path) % 2 == 1
    if by_keyboard:
        cell.focus()
    answer(card, question, by_keyboard)
    book.screenshot(f"quiz-{id}", cell)
    vote(card, question)
    has_formulas = "$" in question.prompt + "".join(option.text for option in question.options)
    assert cell.locator("mjx-container").count() > 0 or not has_formulas
    assert cell.locator("mjx-merror").count() == 0


@pytest.mark.parametrize("book, number, id", PREDICTED, indirect=["book"])
def test_prediction(book, number, id):
    cell = book.cells.nth(number)
    cell.focus()
    box = cell.locator(".prediction")
    predict(box)
    assert not re.search(r"\$|\\[a-z]", box.inner_text()) and cell.locator("mjx-merror").count() == 0
    book.screenshot(f"predict-{id}", cell)


@pytest.fixture
def page_from_a_file(chromium, tmp_path):
    """A page with two copies of each of two cards, a poll and a prediction, no style of its own, no network."""
    questions = [quiz.question("B7"), quiz.question("A-frobenius")]
    forms = [Card(question) for question in questions] * 2 + [quiz.question("B6").poll(), Prediction("X", "*Four.*")]
    body = "\n".join(form._repr_html_() for form in forms)
    (tmp_path / "page.html").write_text(f"<!DOCTYPE html><html lang='en'><body>{body}</body></html>", encoding="utf-8")
    context = chromium.new_context(offline=True, viewport={"width": 390, "height": 800})
    context.set_default_timeout(15 * SECONDS)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.add_init_script("window.before = Object.keys(window)")
    page.goto((tmp_path / "page.html").as_uri())
    yield page
    assert complaints == []
    assert page.evaluate("Object.keys(window).filter((name) => !before.includes(name))") == ["before"]
    assert page.locator("[id]").count() == 0
    context.close()


def test_from_a_file_by_keyboard_alone(page_from_a_file):
    page = page_from_a_file
    assert page.evaluate("document.documentElement.scrollWidth") == 390  # a phone: nothing sideways
    cards = page.locator(".quiz")
    for n, id in enumerate(["B7", "A-frobenius", "B7"]):
        answer(cards.nth(n), quiz.question(id), by_keyboard=True)
        page.keyboard.press("p")  # the poll, from any button of the card
        expect(cards.nth(n).get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
    assert said(cards.nth(3)) == words("One letter is right, or several are.")  # each card is for itself
    page.set_viewport_size({"width": 1280, "height": 720})
    vote(cards.nth(1), quiz.question("A-frobenius"))
    predict(page.locator(".prediction"))
    page.reload()
    expect(page.locator(".prediction form output")).to_have_text("You predicted: about 4 p!")


def test_the_overview_counts_what_has_been_answered_rightly(chromium, tmp_path):
    """Also by a card that has no kernel, and after the page has been closed; without a script, the exercises alone."""
    cards = [Card(quiz.question(id))._repr_html_() for id in ("B6", "B7")]
    above = '<!doctype html><html lang="en"><body>' + "".join(cards) + '<div style="height: 3000px"></div>'
    (tmp_path / "page.html").write_text(above + exercises.progress()._repr_html_(), encoding="utf-8")
    context, all_of = chromium.new_context(), len(quiz.ids())
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    said = page.locator(".overview p")
    expect(said).to_have_text(re.compile(f"quiz 0 of {all_of} .*12.A 0 of .*12.E 0 of"))
    right = {name: sorted(quiz.question(name).right) for name in ("B6", "B7")}
    press(page.locator(".quiz").first, True, *quiz.question("B6").letters, "Check")  # wrong
    press(page.locator(".quiz").last, True, right["B7"][0], "Check")
    assert len(right["B7"]) > 1  # so this is not all
    assert page.evaluate("Object.keys(localStorage)") == []
    press(page.locator(".quiz").last, True, *right["B7"][1:], "Check")
    said.scroll_into_view_if_needed()
    expect(said).to_have_text(re.compile(f"quiz 1 of {all_of} .*12.A 0 of .*12.B 1 of"))
    page.close()
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    expect(page.locator(".overview p")).to_contain_text(f"quiz 1 of {all_of} ")
    expect(page.locator(".overview pre")).to_contain_text("exercises 0 of 13")
    context.close()
    page = chromium.new_page(java_script_enabled=False)
    page.goto((tmp_path / "page.html").as_uri())
    assert page.locator(".overview").inner_text().startswith("exercises 0 of 13")
    page.close()


def test_a_poll_in_its_own_cell(page_from_a_file):
    poll = page_from_a_file.locator(".quiz").nth(4)
    expect(poll.get_by_role("dialog")).to_be_visible()
    expect(poll.get_by_role("button", name="Check")).to_have_count(0)
    poll.get_by_label("votes for C", exact=True).fill("17")
    poll.get_by_role("button", name="Reveal").click()
    expect(poll.locator(".option").nth(2)).to_contain_text("100 % ✓ right")


def test_a_deck_keeps_its_keys_and_lends_some(chromium, tmp_path):
    """As in reveal.js, which listens in the document: P is the poll of the slide one sees."""
    seen, later = (Card(quiz.question(id))._repr_html_() for id in ("B6", "B7"))
    field = Prediction("X", "*Four.*")._repr_html_()
    (tmp_path / "deck.html").write_text(
        f"<main class=reveal><section class=present>{seen}{field}</section>"
        f"<section class=future>{later}</section></main>"
        "<script>keys = []; document.addEventListener('keydown', ({key}) => keys.push(key))</script>",
        encoding="utf-8",
    )
    page = chromium.new_context().new_page()
    page.goto((tmp_path / "deck.html").as_uri())
    dialog = page.get_by_role("dialog")
    page.keyboard.press("p")
    expect(dialog).to_have_attribute("aria-label", "Poll on question B6")
    for key in ("a", "ArrowRight", "Escape"):
        page.keyboard.press(key)
    expect(dialog).to_have_count(0)
    press(page.locator(".quiz").first, True, "C", "Check")
    tab_to(page, page.get_by_label("Your prediction"))
    page.keyboard.type("p n")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # opens the answer
    expect(page.get_by_text("You predicted: p n")).to_be_visible()
    assert set(page.evaluate("keys")) <= {"Tab"}
    page.keyboard.press("ArrowRight")
    assert page.evaluate("keys.at(-1)") == "ArrowRight"
    page.context.close()


def test_without_scripts_everything_opens(chromium, tmp_path):
    card, prediction = Card(quiz.question("B6"))._repr_html_(), Prediction("X", "*Four.*")._repr_html_()
    (tmp_path / "page.html").write_text(card + prediction, encoding="utf-8")
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto((tmp_path / "page.html").as_uri())
    expect(page.get_by_text("would be right if")).to_be_hidden()
    page.locator("summary").get_by_text("A", exact=True).click()
    expect(page.get_by_text("would be right if")).to_be_visible()
    page.locator("summary").get_by_text("Answer").click()
    expect(page.get_by_text("Four.")).to_be_visible()
    assert page.locator("button, input").count() == 0
    page.context.close()
