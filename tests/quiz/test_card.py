"""What is stored of a question: the same at every run, readable where no script runs, its texts those of Python."""

import re
from base64 import b64decode
from html import unescape

import pytest
from IPython.core.formatters import DisplayFormatter
from variants import every_question, with_value

from neuralode_lib import quiz
from neuralode_lib.quiz.card import Card, marked
from neuralode_lib.quiz.markup import html


def parts(card):
    """{summary: what it opens} of the card's HTML."""
    return dict(re.findall(r"<details><summary>(.*?)</summary>(.*?)</details>", card._repr_html_(), re.DOTALL))


@every_question
def test_without_a_script_everything_opens(id):
    question = quiz.question(id)
    hints = {f"Hint {n}": html(hint) for n, hint in enumerate(question.numbered_hints, 1)}
    answers = {letter: marked(question.check(letter)) for letter in question.letters}
    expected = answers | hints | {"Solution": html(question.solution())}
    found = parts(Card(question))
    assert list(found) == ["The question", *expected]
    shown = found.pop("The question")
    assert found == expected
    for text in [question.prompt, *(f"**{letter})** {option.text}" for letter, option in question.lettered)]:
        assert html(text) in shown


@every_question
def test_stored_key_is_the_computed_one(id):
    question = quiz.question(id)
    (key,) = re.findall(r'data-key="(.*?)"', Card(question)._repr_html_())
    assert set(b64decode(key).decode()) == question.right


def test_another_function_makes_another_card():
    question = with_value(quiz.question("B7"), "A", quiz.question("B7").asked)
    assert "✓ Right, but not all" in parts(Card(question))["A"] and "✗ Not yet" in parts(Card(quiz.question("B7")))["A"]


def test_right_and_wrong_are_marked():
    assert marked("**Right.**\n\n**C** is") == '<p class="right"><b>✓ Right.</b></p><p><b>C</b> is</p>'
    assert marked("**Not yet.**").startswith('<p class="wrong"><b>✗ Not yet.')


@pytest.mark.parametrize("form", [Card, quiz.Question.poll])
def test_stored_output_never_changes(form):
    first, second = (DisplayFormatter().format(form(quiz.question("B-h")))[0] for _ in range(2))
    assert first == second and set(first) == {"text/plain", "text/html"}
    assert "\n" not in first["text/plain"] and "0x" not in unescape(first["text/html"])
    assert not re.search(r'\bid="|https?://', first["text/html"])


def test_a_cell_shows_the_question_as_markdown_above_its_card(monkeypatch):
    question, shown = quiz.question("B6"), []
    monkeypatch.setattr("IPython.display.display", shown.append)
    question._ipython_display_()
    above, below = (DisplayFormatter().format(value)[0] for value in shown)
    assert set(above) == {"text/plain", "text/markdown"} and above["text/markdown"] == question.markdown()
    assert below["text/html"] == Card(question)._repr_html_()
