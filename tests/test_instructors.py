"""INSTRUCTORS.md names every question, exercise and explorer, and none that there is not."""

import ast
import inspect
import re
from itertools import groupby, pairwise
from operator import itemgetter

import jupytext
import pytest

from neuralode_lib import exercises, explore, quiz
from tools import slides, solutions

TEXT = (solutions.ROOT / "notebooks/INSTRUCTORS.md").read_text(encoding="utf-8")
EXERCISES = [name for name, value in vars(exercises).items() if isinstance(value, exercises.Exercise)]
EXPLORERS = explore.__all__


def table(heading):
    """The rows, each a list of cells, of the first table below the heading."""
    section = TEXT.split(f"\n## {heading}")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_every_question_is_in_the_table_and_each_wrong_letter_is_discussed():
    rows = {row[0]: row for row in table("The questions")}
    assert list(rows) == quiz.ids()
    for id, (_, _, said) in rows.items():
        question = quiz.question(id)
        assert set(re.findall(r"\*\*([A-E])\*\*", said)) == set(question.letters) - question.right, id


def test_the_questions_with_several_right_letters_are_named():
    (named,) = re.findall(r"In (.*) two letters are right", TEXT)
    several = [id for id in quiz.ids() if len(quiz.question(id).right) == 2]
    assert re.split(", | and ", named) == several
    assert all(len(quiz.question(id).right) == 1 for id in quiz.ids() if id not in several)


@pytest.mark.parametrize("plan", ["lecture", "lab"])
def test_every_question_has_its_place_in_the_plan_that_the_table_names(plan):
    asked = " ".join(row[-1] for row in table(plan.capitalize()))
    for id, when, _ in table("The questions"):
        assert (plan in when) == bool(re.search(rf"{id}\b", asked)), id


@pytest.mark.parametrize(("plan", "minutes"), [("Lecture", 90), ("Lab", 120)])
def test_minutes_follow_each_other(plan, minutes):
    spans = [[int(minute) for minute in row[0].split("–")] for row in table(plan)]
    assert (spans[0][0], spans[-1][1]) == (0, minutes)
    assert all(before[1] == after[0] for before, after in pairwise(spans))


@pytest.fixture(scope="module")
def decks():
    """{notebook: [(heading, cells of a slide), ...]}, without outputs."""
    notebooks = {script.stem[2].upper(): jupytext.read(script) for script in solutions.SCRIPTS}
    return {name: list(slides.deck(notebook)) for name, notebook in notebooks.items()}


@pytest.fixture(scope="module")
def lecture(decks):
    """For each row of the plan its cells in the table, and the slides of its section, each a list of cells."""
    sections = [[cells for _, cells in group] for _, group in groupby(slides.lecture(decks), itemgetter(0))]
    return list(zip(table("Lecture"), sections, strict=True))


def test_the_plan_follows_the_lecture_slide_by_slide(lecture):
    first = 1
    for (minutes, numbers, where, *_), section in lecture:
        last = first + len(section) - 1
        assert numbers == (f"{first}–{last}" if last > first else f"{first}"), where
        assert all(f"**Minutes {minutes}.**" in cells[1].source for cells in section), where
        first = last + 1
    assert 45 <= last <= 60 and f"{last} slides" in TEXT


def test_no_mark_is_lost(decks, lecture):
    marked = [
        cells for deck in decks.values() for _, cells in deck
        if any(slides.LECTURE in cell.metadata.get("tags", []) for cell in cells)
    ]  # fmt: skip
    assert len(marked) == sum(len(section) for _, section in lecture)
    scripts = "".join(script.read_text(encoding="utf-8") for script in solutions.SCRIPTS)
    assert len(re.findall(r'^# %%.*"lecture"', scripts, re.MULTILINE)) == len(marked)


def test_the_votes_of_the_lecture_have_slides_of_their_own(lecture):
    votes = []
    for (*_, ask), section in lecture:
        shown = [
            [cell.source for cell in cells if slides.slide_type(cell) not in ("notes", "skip")] for cells in section
        ]
        asked = [sources for sources in shown if any("quiz.question" in source for source in sources)]
        assert [sources[1:] for sources in asked] == ([[f'quiz.question("{ask}")']] if ask else []), ask
        votes += asked
    assert len(votes) == 7


def test_what_the_plan_shows_is_on_its_slides(lecture):
    for (_, _, where, what, _), section in lecture:
        sources = "\n".join(cell.source for cells in section for cell in cells)
        assert set(re.findall(r"`explore\.(\w+)`", what)) <= set(
            re.findall(r"^explore\.(\w+)", sources, re.MULTILINE)
        ), where


def test_every_exercise_is_in_the_table_in_the_order_of_the_notebooks():
    notebooks = {f"12.{script.stem[2].upper()}": jupytext.read(script) for script in solutions.SCRIPTS}
    asked = [[name, label] for label, notebook in notebooks.items() for name in solutions.solve(notebook)]
    assert [[row[0].strip("`").removeprefix("exercises."), row[1]] for row in table("The exercises")] == asked


def test_every_exercise_is_in_the_lab():
    lab = " ".join(row[1] for row in table("Lab"))
    assert [name for name in EXERCISES if not re.search(rf"\b{name}\b", lab)] == []


def test_every_explorer_has_a_setting_that_it_takes():
    settings = [ast.parse(row[0].strip("`"), mode="eval").body for row in table("What to show")]
    scripts = "".join(script.read_text(encoding="utf-8") for script in solutions.SCRIPTS)
    assert {call.func.attr for call in settings} == set(EXPLORERS)
    for call in settings:
        keywords = {keyword.arg: keyword.value for keyword in call.keywords}
        inspect.signature(getattr(explore, call.func.attr)).bind(*call.args, **keywords)
        shown = re.findall(rf"^explore\.{call.func.attr}\((.*)\)$", scripts, re.MULTILINE)
        given = ", ".join(map(ast.unparse, call.args))
        assert any(cell.startswith(given) for cell in shown), f"no cell has explore.{call.func.attr}({given})"


def test_what_is_named_elsewhere_exists():
    assert set(re.findall(r"explore\.(\w+)", TEXT)) <= set(EXPLORERS)
    assert set(re.findall(r"exercises\.([a-z_]+)\b(?!\()", TEXT)) <= set(EXERCISES)
    assert set(re.findall(r'question\("([\w-]+)"\)', TEXT)) <= set(quiz.ids())
    targets = set(re.findall(r"^([a-z-]+):", (solutions.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", TEXT)) <= targets
