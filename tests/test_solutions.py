"""`make solutions`: every exercise of every notebook is solved, and its check says right."""

import jupytext
import nbformat
import numpy as np
import pytest

from neuralode_lib import exercises
from tools import solutions

EXERCISES = {name for name, value in vars(exercises).items() if isinstance(value, exercises.Exercise)}
every_script = pytest.mark.parametrize("script", solutions.SCRIPTS, ids=lambda path: path.stem)


def answers(notebook):
    """What the checks answer when stubs and checks run: {name of the exercise: Answer}."""
    found, names = {}, {"np": np, "exercises": exercises}
    for cell in notebook.cells:
        if "def my_" in cell.source:
            exec(cell.source, names)
        for name, _ in solutions.CHECK.findall(cell.source):
            found[name] = eval(cell.source, names)
    return found


@every_script
def test_every_exercise_is_solved_and_right(script):
    notebook = jupytext.read(script)
    stubs = answers(notebook)
    assert not any(answer.passed for answer in stubs.values())
    assert solutions.solve(notebook) == list(stubs)
    for name, answer in answers(notebook).items():
        assert answer.passed, f"{name}: {answer}"


def test_no_exercise_is_left_out():
    assert {name for script in solutions.SCRIPTS for name in solutions.solve(jupytext.read(script))} == EXERCISES


def test_a_solved_cell_keeps_the_stub_and_shows_the_solution():
    stub = 'def my_cost(weights, x, y_out, dt, w1, w2):\n    """Returns J."""\n    ...'
    cell = solutions.solved(stub, exercises.cost)
    assert cell.startswith("from neuralode_lib")
    assert str(exercises.cost.solution()) in cell
    assert cell.endswith('"""Returns J."""\n    return cost(weights, x, y_out, dt, w1, w2)')


def test_only_the_exercise_changes():
    notebook = jupytext.read(solutions.SCRIPTS[0])
    before = [cell.source for cell in notebook.cells]
    names = solutions.solve(notebook)
    changed = [cell.source for cell, source in zip(notebook.cells, before, strict=True) if cell.source != source]
    assert len(changed) == len(names)
    assert all("def my_" in source for source in changed)


def test_a_stub_that_is_none_is_refused():
    with pytest.raises(ValueError, match="stub of cost"):
        solutions.solved("def my_cost(x):\n    return 0", exercises.cost)


def test_a_check_that_does_not_say_right_is_found():
    cell = nbformat.v4.new_code_cell("exercises.cost.check(my_cost)")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    assert solutions.not_right(notebook) == ["cost"]
    for said, wrong in [("Not yet. w1 is missing.", ["cost"]), ("Right! my_cost agrees", [])]:
        cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": said})]
        assert solutions.not_right(notebook) == wrong
