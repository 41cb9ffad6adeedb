"""The card's widgets and callbacks."""

from dataclasses import replace

import pytest
from IPython.core.formatters import DisplayFormatter
from variants import with_value

from neuralode_lib import quiz
from neuralode_lib.quiz.card import Card
from neuralode_lib.quiz.markup import html


@pytest.fixture
def card():
    return Card(replace(quiz.question("B7")))


def test_card_checks_the_chosen_letters(card):
    card.buttons["Check"].click()
    assert "Choose at least one letter" in card.answer.value
    card.toggles["B"].value = True
    card.buttons["Check"].click()
    assert (
        "Right, but not all" in card.answer.value and card.toggles["B"].style.font_weight == "bold"
    )
    card.toggles["D"].value = True
    card.buttons["Check"].click()
    assert card.answer.value == html(quiz.question("B7").check("BD"))
    card.toggles["A"].value = True
    card.buttons["Check"].click()
    assert "Not yet" in card.answer.value
    card.toggles["A"].value = False
    assert card.toggles["A"].style.font_weight == ""


def test_card_hints_and_solution(card):
    for n in (1, 2, 3, 1):
        card.buttons["Hint"].click()
        assert f"Hint {n} of 3" in card.answer.value
    card.buttons["Solution"].click()
    assert "B and D are right" in card.answer.value


def test_card_shows_an_exception(card):
    def broken(problem):
        raise ZeroDivisionError("a < b")

    card.question = with_value(card.question, "A", broken)
    card.toggles["A"].value = True
    for button in ("Check", "Solution"):
        card.buttons[button].click()
        assert card.answer.value == "<b>ZeroDivisionError</b>: a &lt; b"


def test_showing_a_card_computes_nothing():
    question = replace(quiz.question("C-ring"))
    Card(question)
    assert "right" not in vars(question) and not question._evaluations


def descendants(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from descendants(child)


@pytest.mark.parametrize("make", [lambda q: Card(q).box, lambda q: q.poll().box])
def test_controls_are_labelled_core_widgets_of_fixed_height(make):
    controls = list(descendants(make(quiz.question("B6"))))
    for widget in controls:
        assert widget._model_module in ("@jupyter-widgets/controls", "@jupyter-widgets/base")
        if (
            hasattr(widget, "description")
            and hasattr(widget, "tooltip")
            and "HTML" not in type(widget).__name__
        ):
            assert widget.description and widget.tooltip, widget
    (answer,) = [w for w in controls if type(w).__name__ == "HTMLMath"]
    assert answer.layout.height and answer.layout.overflow == "auto"


@pytest.mark.parametrize("make", [lambda: Card(quiz.question("B6")), lambda: quiz.question("B6").poll()])
def test_stored_text_is_one_sentence_that_never_changes(make):
    first, second = (DisplayFormatter().format(make())[0] for _ in range(2))
    assert set(first) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert first["text/plain"] == second["text/plain"] == repr(make())
    assert "\n" not in first["text/plain"] and "0x" not in first["text/plain"]
