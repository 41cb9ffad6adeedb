"""The grader's lines for notebooks as they are handed in: with magics, helpers, mistakes, and what ends a program."""

import csv
import json

import jupytext
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from neuralode_lib import grade
from tools import solutions

FIRST = "import numpy as np\nimport neuralode_lib as node\nfrom neuralode_lib import exercises"
EULER = "def my_euler_step(x, V, b, dt, sigma):\n    return x + dt * (V @ sigma(x) + b[:, None])"
ORDER = "def my_observed_order(h, errors):\n    return np.diff(np.log(errors)) / np.diff(np.log(h))"
CHECKS = ["exercises.euler_step.check(my_euler_step)", "exercises.observed_order.check(my_observed_order)"]


@pytest.fixture
def hand_in(tmp_path):
    """A function that writes a notebook of these cells, between the first one and the checks."""

    def hand_in(name, *cells, checks=CHECKS):
        path = tmp_path / f"{name}.ipynb"
        notebook = new_notebook(cells=[new_code_cell(cell) for cell in (FIRST, *cells, *checks)])
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return path

    return hand_in


def asked(path):
    return list(grade.asked(grade.sources(path)))


def graded(path):
    """In this process, which is faster."""
    report = path.with_suffix(".report")
    grade.check(grade.sources(path), report, *asked(path))
    lines = map(json.loads, report.read_text(encoding="utf-8").splitlines())
    return {name: reason for name, reason in lines if reason is not None}


RIGHT = {"euler_step": "", "observed_order": ""}


@pytest.mark.parametrize(
    "cells",
    [
        [EULER, ORDER],
        ["%%time\n" + EULER + "\n!ls\n%matplotlib inline", "x = !ls\nlen?\n" + ORDER],
        [EULER.replace("my_", ""), "my_euler_step = euler_step", "my_observed_order = lambda h, e: slope(h, e)",
         *CHECKS, "from numpy import diff, log", "def slope(h, errors):\n    return diff(log(errors)) / diff(log(h))"],
        ["if True:\n    " + EULER.replace("\n", "\n    "), "class Helper:\n    log = staticmethod(np.log)",
         ORDER.replace("np.log", "Helper.log")],
        ["1 / 0", "raise SystemExit", "exit()", "input()", "this is no Python", EULER, ORDER],
        ["while True:\n    pass", EULER, ORDER],
        ["half = {}\nhalf['one'] = 0.5", EULER.replace("dt *", "2 * half['one'] * dt *"), ORDER],
        ["a = []\nfor n in [1, 2]:\n    a.append(n)", EULER.replace("dt *", "a[1] / 2 * dt *"), ORDER],
        ["def f(x):\n        a = 1\n    return a", "s = '\ud800'", EULER, ORDER],
        ["%%time\n\n%%capture\n" + EULER.replace("return", "display(x, 'Δ')\n    return"), ORDER],
        ["from __future__ import annotations", EULER.replace("x, V", "x: Array, V: Array"), ORDER],
        [EULER, ORDER, "exercises.euler_step.check(function=my_euler_step)"],
    ],
    ids=["plain", "magics", "helpers and lambdas", "indented", "cells that fail", "a cell without an end", "changed",
         "filled", "cells that are no Python", "what a notebook has", "annotated", "by name"],
)  # fmt: skip
def test_right_however_it_is_written(hand_in, cells):
    assert graded(hand_in("ann", *cells)) == RIGHT


def test_a_name_means_what_it_does_where_the_check_stands(hand_in):
    cells = ["log = np.log", EULER, ORDER.replace("np.log", "log"), *CHECKS, "log = []", "my_euler_step = None"]
    assert graded(hand_in("ann", *cells, checks=[])) == RIGHT


def test_below_its_check_it_counts_too(hand_in):
    assert graded(hand_in("ann", *CHECKS, EULER, ORDER, checks=[])) == RIGHT


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("def my_euler_step(x, V, b, dt, sigma):\n    ...", "not attempted"),
        (EULER.replace("dt *", ""), "A factor dt is missing"),
        (EULER + ")", "SyntaxError: unmatched ')'"),
        ("my_euler_step = nothing", "NameError: name 'nothing' is not defined"),
        ("", "my_euler_step is not defined"),
        (EULER.replace("return", "exit()\n    return"), "SystemExit"),
    ],
    ids=["stub", "mistake", "syntax", "name", "missing", "exit"],
)
def test_a_reason_for_each_0_and_the_other_exercise_counts(hand_in, cell, reason):
    found = graded(hand_in("bob", cell, ORDER))
    assert reason in found["euler_step"] and found["observed_order"] == ""


def test_a_lambda_has_no_name_to_be_found_by(hand_in):
    path = hand_in("bob", "exercises.euler_step.check(lambda *given: given[0])", checks=[])
    assert graded(path) == {"euler_step": "a lambda is checked: give it a name"}


@pytest.mark.parametrize("end", ["os._exit(0)", "os.abort()"])
def test_what_ends_the_process_ends_one_exercise(hand_in, end):
    path = hand_in("bob", "import os, sys\nsys.stdout.close()", EULER.replace("return", f"{end}\n    return"), ORDER)
    found = grade.run(grade.sources(path), asked(path), 100)
    assert found["euler_step"].startswith("the program ended with exit code ") and found["observed_order"] == ""


def test_a_cell_that_ends_the_process_costs_those_that_need_it(hand_in):
    path = hand_in("bob", "import os", "table = os._exit(3)", EULER.replace("dt *", "table * dt *"), ORDER)
    reason = "the program ended with exit code 3"
    assert grade.run(grade.sources(path), asked(path), 100) == {"euler_step": reason, "observed_order": ""}


def test_what_does_not_end_is_stopped_with_all_that_it_started(hand_in, tmp_path):
    began = tmp_path / "began"
    start = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'while True: pass'])"
    endless = f"{start}; open({str(began)!r}, 'w')\n    while True: pass\n    return"
    path = hand_in("eve", EULER.replace("return", endless), checks=CHECKS[:1])
    seconds = 2
    while not began.exists():  # as slow as the machine may be
        seconds *= 2
        assert grade.run(grade.sources(path), asked(path), seconds) == {"euler_step": f"stopped after {seconds} s"}


def test_lines_and_csv(hand_in, tmp_path, capsys):
    hand_in("ann", EULER, ORDER)
    hand_in("bob", EULER, checks=CHECKS[:1])
    (tmp_path / "eve.ipynb").write_text("{", encoding="utf-8")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints/ann-checkpoint.ipynb").touch()
    grade.main([str(tmp_path), "--csv", str(tmp_path / "grades.csv")])
    ann, bob, eve = (tmp_path / f"{name}.ipynb" for name in ("ann", "bob", "eve"))
    reason = "my_observed_order is not defined"
    assert sorted(capsys.readouterr().out.splitlines()) == [
        f"{ann}: 2 of 2: euler_step=1 observed_order=1",
        f"{bob}: 1 of 2: euler_step=1 observed_order=0 ({reason})",
        f"{eve}: no notebook (NotJSONError)",
    ]
    with (tmp_path / "grades.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["notebook", "exercise", "points", "reason"],
            [str(eve), "", "0", "no notebook (NotJSONError)"],
            [str(ann), "euler_step", "1", ""],
            [str(ann), "observed_order", "1", ""],
            [str(bob), "euler_step", "1", ""],
            [str(bob), "observed_order", "0", reason],
        ]


def test_nobody_is_lost_and_nobody_pays_for_the_variables_of_others(hand_in, tmp_path, capsys):
    ann, bob = hand_in("ann", EULER), hand_in("bob", EULER, ORDER, "my_cost = 3.5")
    eve = hand_in("eve", "print(1)", checks=[])
    hand_in("of another week", checks=["exercises.cost.check(my_cost)", "exercises.forward.check(my_forward)"])
    hand_in(
        "odd \udce4",
        EULER.replace("return", "raise ValueError('\\ud800')\n    return"),
        ORDER.replace("return", "print('Δ', '\\ud800')\n    return"),
    )
    grade.main([str(tmp_path), "--csv", str(tmp_path / "grades.csv")])
    said, table = capsys.readouterr().out, (tmp_path / "grades.csv").read_text(encoding="utf-8")
    assert f"{ann}: 1 of 2: euler_step=1 " in said and f"{bob}: 2 of 3: " in said and f"{eve}: no exercises\n" in said
    assert "odd \\udce4.ipynb: 1 of 2: euler_step=0 (" in said and "ValueError: \\ud800" in said
    assert f"{eve},,0,no exercises" in table and "odd \\udce4.ipynb,observed_order,1," in table


def test_a_table_that_cannot_be_written_is_said_first(hand_in, tmp_path, capsys):
    with pytest.raises(SystemExit):
        grade.main([str(hand_in("ann", EULER)), "--csv", str(tmp_path / "none/grades.csv")])
    out, err = capsys.readouterr()
    assert "grades.csv cannot be written: No such file or directory" in err and not out


@pytest.mark.parametrize("script", solutions.SCRIPTS, ids=lambda path: path.stem)
def test_the_course_solved_and_not_attempted(tmp_path, script):
    notebook = jupytext.read(script)
    path = tmp_path / "all.ipynb"
    nbformat.write(notebook, path)
    empty = graded(path)
    names = solutions.solve(notebook)
    nbformat.write(notebook, path)
    assert empty == dict.fromkeys(names, "not attempted")
    assert graded(path) == dict.fromkeys(names, "")


@pytest.mark.parametrize("seconds", ["0", "-5", "nan", "inf"])
def test_a_time_that_is_none(seconds, tmp_path, capsys):
    with pytest.raises(SystemExit):
        grade.main([str(tmp_path), "--seconds", seconds])
    assert "--seconds is" in capsys.readouterr().err


def test_a_folder_without_notebooks_says_so(tmp_path, capsys):
    grade.main([str(tmp_path)])
    assert capsys.readouterr().out == f"no notebooks in {tmp_path}\n"
