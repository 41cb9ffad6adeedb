"""A question's answers in text, and the notebooks that ask."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jupytext
import numpy as np
import pytest
from variants import every_question

from neuralode_lib import quiz
from neuralode_lib.quiz.markup import html


@pytest.mark.parametrize("answer", [("C",), ("c",), (" C ",), ({"C"},), (["C", "C"],), ("CC",)])
def test_right(answer):
    text = quiz.question("B6").check(*answer)
    assert text.startswith("**Right.**\n\n**C** uses both conditions")


@pytest.mark.parametrize(
    "answer", [("B", "D"), ("BD",), ("b, d",), ({"D", "B"},), (("B",), "D"), (np.array(["B", "D"]),)]
)
def test_all_right_letters(answer):
    text = quiz.question("B7").check(*answer)
    assert text.startswith("**Right.**") and "**B** is" in text and "**D** is" in text


def test_one_of_two_right_letters_asks_for_the_other():
    text = quiz.question("B7").check("B")
    assert (
        text.startswith("**Right, but not all: another letter is right, too. Which?**")
        and "**B** is" in text
    )
    assert "**D**" not in text


def test_of_several_wrong_letters_one_is_named():
    """Else who chooses all letters would read off the key."""
    question = quiz.question("B7")
    assert question.check("A", "B", "C") == question.check("ABCD") == question.check("A")
    assert question.check("A").startswith("**Not yet.**\n\n**A** has the right pieces and the wrong sign")
    assert question.check("BC") == question.check("C") and "**C** has lost the minus" in question.check("C")


def test_a_vector_where_a_number_is_asked_is_told():
    question = quiz.question("B6")
    assert "**B** is a vector of 3 entries where a number is asked for. It is" in question.check(
        "B"
    )
    assert "a vector" not in question.check("D")


@pytest.mark.parametrize(
    ("answer", "came"),
    [
        ((), "empty"),
        (("F",), "'F'"),
        (("B", "X"), "'B', 'X'"),
        (("",), "''"),
        ((3,), "3"),
        ((None,), "None"),
        ((np.array(["A", "X"]),), r"np.str_('A'), np.str_('X')"),
    ],
)
def test_nonsense_is_named(answer, came):
    with pytest.raises(
        ValueError,
        match=re.escape(f"the answer is {came}, expected one or several of the letters A, B"),
    ):
        quiz.question("B7").check(*answer)


def test_letters_end_where_the_options_end():
    quiz.question("B6").check("E")
    with pytest.raises(ValueError, match=r"letters A, B, C, D$"):
        quiz.question("B7").check("E")


@every_question
def test_hints_come_one_after_the_other(id):
    question = replace(quiz.question(id))
    n = len(question.hints)
    assert 1 <= n <= 3
    given = [question.hint() for _ in range(n + 1)]
    assert given[0] == given[n] == f"**Hint 1 of {n}.** {question.hints[0]}"
    assert len(set(given)) == n


@every_question
def test_solution_shows_what_was_computed(id):
    question = quiz.question(id)
    text = question.solution()
    assert text.startswith(f"**{' and '.join(sorted(question.right))} ")
    rows = dict(re.findall(r"\*\*([A-E])\*\*: (.*?)(?: · |$)", text.splitlines()[-1]))
    assert set(rows) == {
        c for c, o in zip(question.letters, question.options, strict=True) if o.value
    }
    assert {
        letter for letter, row in rows.items() if row.endswith("← right")
    } == question.right & set(rows)


@every_question
def test_texts_are_well_formed(id):
    """Mathematics closed, feedback continues after its letter, HTML without leftovers of Markdown."""
    question = quiz.question(id)
    feedback = question._feedback(set(question.letters))
    assert len({o.feedback for o in question.options}) == len(question.options)
    for option in question.options:
        assert option.feedback[0].islower() and option.feedback[-1] in ".?"
    for text in [question.markdown(), question.solution(), question.hint(), *feedback]:
        assert text.count("$") % 2 == 0 and text.count("`") % 2 == 0 and text.count("**") % 2 == 0
        assert text.count("{") == text.count("}") and "\n " not in text
        outside = re.sub(r"\$.+?\$|<code>.*?</code>|<.*?>", "", html(text).replace("$$", "$"))
        assert not re.search(r"[*`$\\]", outside), outside


def test_text_prints_as_it_is_and_renders_in_notebooks():
    text = quiz.question("B6").check("C")
    assert repr(text) == str(text) == text._repr_markdown_() and isinstance(text, str)


SCRIPTS = sorted(Path(__file__).parents[2].glob("notebooks/scripts/*.py"))


def asked_in(script):
    """The ids of the questions in a notebook, each of which has a cell to itself."""
    for cell in jupytext.read(script).cells:
        if cell.cell_type == "code" and "quiz.question(" in cell.source:
            yield re.fullmatch(r'quiz\.question\("([\w-]+)"\)', cell.source)[1]


def test_every_question_stands_in_one_notebook_and_its_id_says_in_which():
    assert [id for script in SCRIPTS for id in asked_in(script)] == quiz.ids()
    for script in SCRIPTS:
        assert all(id.startswith(script.stem[2].upper()) for id in asked_in(script))
        assert "**Quiz.**" not in script.read_text(encoding="utf-8")  # each stands once, in neuralode_lib/quiz


def test_import_stays_light():
    code = "import sys, neuralode_lib.quiz; print({'ipywidgets', 'scipy', 'neuralode_lib.quiz.a'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
