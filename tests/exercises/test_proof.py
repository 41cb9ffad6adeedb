"""The proof of the gradient in V: right lines pass, however written; wrong ones are told apart; stubs are awaited."""

import inspect

import numpy as np
import pytest

from neuralode_lib.exercises import proof
from neuralode_lib.exercises.proof import LINES, MISTAKES, check


def by_loops(phi, s):
    return [[phi[m] * s[n] for n in range(len(s))] for m in range(len(phi))]


def stub(phi, s, V_hat):
    ...


def test_the_librarys_lines_and_other_ways_to_write_them():
    assert check(*LINES).passed
    assert check(*LINES[:2], lambda phi, s, V_hat: np.sum(by_loops(phi, s) * V_hat), by_loops).passed


def test_the_lines_are_one_chain():
    """Line 1 is line 2; line 3 is line 2 and the running cost; line 3 is <G, V_hat>."""
    rng = np.random.default_rng(5)
    phi, x_hat, x, y, s = rng.standard_normal((5, 3))
    A, V_hat = rng.standard_normal((2, 3, 3))
    one, two = LINES[0](phi, x_hat, x, y, s, A, V_hat, 0.7), LINES[1](phi, x_hat, x, y, s, V_hat, 0.7)
    assert one == pytest.approx(two, rel=1e-12)
    assert two + 0.7 * (x - y) @ x_hat == pytest.approx(LINES[2](phi, s, V_hat), rel=1e-12)
    assert np.sum(LINES[3](phi, s) * V_hat) == pytest.approx(LINES[2](phi, s, V_hat), rel=1e-12)


def test_nothing_written_yet():
    assert check().text == "Line 1 is still to be written."
    said = check(LINES[0], LINES[1], stub, LINES[3])
    assert said.text == "Right so far: lines 1 and 2.\nLine 3 is still to be written." and not said.mark
    assert check(LINES[0]).text == "Right so far: line 1.\nLine 2 is still to be written."


@pytest.mark.parametrize(("number", "wrong", "said"), [(n, *m) for n, found in MISTAKES.items() for m in found])
def test_a_usual_mistake_is_named(number, wrong, said):
    answer = check(*LINES[: number - 1], wrong)
    assert answer.mark == "✗" and answer.text.endswith(f"Line {number}: not yet. {said}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (lambda phi, s, V_hat: 2 * phi @ V_hat @ s, "The numbers are not right"),
        (lambda phi, s, V_hat: V_hat @ s, r"It is an array of shape (2,), expected a number"),
        (lambda phi, s: phi @ s, "It takes (phi, s), it is called with (phi, s, V_hat)"),
        (lambda phi, s, V_hat: phi @ V_hat @ s_missing, "NameError"),  # noqa: F821
        (lambda phi, s, V_hat: "G", "It returns no number"),
        (max, "It is <built-in function max>, expected a function of (phi, s, V_hat)"),
        (3.0, "Hand in the function itself"),
    ],
)
def test_what_else_may_be_handed_in(line, said):
    answer = check(*LINES[:2], line)
    assert answer.mark == "✗" and said in answer.text


def test_too_many_lines():
    assert "There are 4 lines, you hand in 5" in check(*LINES, LINES[3]).text


def test_what_a_line_may_use_is_what_the_step_leaves():
    assert ["A" in inspect.signature(line).parameters for line in proof.LINES] == [True, False, False, False]
