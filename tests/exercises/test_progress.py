"""What has been solved is remembered in a file beside the notebooks, in a notebook alone."""

import json
import os
from pathlib import Path

import jupytext
import pytest

from neuralode_lib import exercises, quiz, resnet
from neuralode_lib.exercises import solved

SCRIPTS = sorted(Path(__file__).parents[2].glob("notebooks/scripts/12*.py"))


@pytest.fixture(autouse=True)
def afresh(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(solved, "FILE", ".neuralode-progress.json")  # the tests themselves have none
    monkeypatch.setattr(solved, "_now", set())
    monkeypatch.setattr(solved, "_saved", True)


@pytest.fixture
def notebook(monkeypatch):
    monkeypatch.setattr(solved, "_in_a_notebook", lambda: True)


ALL = len(exercises.IN_THE_COURSE)


def first_line():
    return repr(exercises.progress()).splitlines()[0]


def test_every_exercise_counts():
    every = {name for name, value in vars(exercises).items() if isinstance(value, exercises.Exercise)}
    assert set(exercises.IN_THE_COURSE) == every and len(exercises.IN_THE_COURSE) == len(every)
    assert f"exercises 0 of {ALL}\nstill to do: euler_step, " in repr(exercises.progress())


def test_what_passes_is_kept_for_the_next_session(notebook, monkeypatch):
    assert exercises.cost.check(resnet.cost).passed and not exercises.forward.check(resnet.cost).passed
    assert first_line() == f"exercises 1 of {ALL}: cost"
    monkeypatch.setattr(solved, "_now", set())  # a kernel that has just started
    assert first_line() == f"exercises 1 of {ALL}: cost"
    assert exercises.forward.check(resnet.forward).passed
    assert json.loads(open(solved.FILE).read()) == {"solved": ["cost", "forward"]}
    os.remove(solved.FILE)
    assert first_line() == f"exercises 1 of {ALL}: forward"  # of this session
    monkeypatch.setattr(solved, "_now", set())
    assert first_line() == f"exercises 0 of {ALL}"


def test_all_are_solved(notebook):
    for name in exercises.IN_THE_COURSE:
        solved.remember(name)
    assert repr(exercises.progress()) == f"exercises {ALL} of {ALL}: {', '.join(exercises.IN_THE_COURSE)}"


def test_a_page_knows_all_questions_and_without_a_script_says_the_exercises(notebook):
    solved.remember("cost")
    page = exercises.progress()._repr_html_()
    assert f'data-questions="{" ".join(quiz.ids())}"' in page
    assert f"<p></p><pre>{exercises.progress()}</pre>" in page and f"exercises 1 of {ALL}: cost" in page


def test_every_notebook_ends_with_it():
    for script in SCRIPTS:
        cells = [cell.source for cell in jupytext.read(script).cells]
        assert cells[-2] == "exercises.progress()" and cells[-3].startswith("## Summary"), script


def test_a_grader_and_a_test_leave_nothing_behind():
    assert exercises.cost.check(resnet.cost).passed
    assert os.listdir() == [] and first_line() == f"exercises 0 of {ALL}"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"solved": 3}', '{"solved": [[]]}', "3", '{"solved": ["no"]}'])
def test_a_spoilt_file_is_as_none(notebook, text):
    with open(solved.FILE, "w") as file:
        file.write(text)
    assert first_line() == f"exercises 0 of {ALL}"
    assert exercises.cost.check(resnet.cost).passed
    assert first_line() == f"exercises 1 of {ALL}: cost"


def test_where_nothing_can_be_written_the_session_remembers(notebook):
    os.mkdir(solved.FILE)
    assert repr(exercises.cost.check(resnet.cost)) == "Right! cost agrees with the library on 6 random problems."
    assert first_line() == f"exercises 1 of {ALL}: cost"
    assert f"(This is not kept: {os.getcwd()} cannot be written to.)" in repr(exercises.progress())
