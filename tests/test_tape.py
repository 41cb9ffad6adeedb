"""What the tape says to those who use it wrongly, and that it can be played twice. Its derivatives: test_B.py."""

import numpy as np
import pytest

from neuralode_lib import tanh
from neuralode_lib.tape import Tape


def test_played_twice_gives_the_same():
    tape = Tape()
    x = tape.array([[1.0, 2.0]])
    J = x.apply(tanh).sum_of_squares()
    tape.backward(J)
    first = x.price
    tape.backward(J)
    assert (x.price == first).all()


def test_what_J_does_not_depend_on_has_the_price_zero():
    tape = Tape()
    x, other = tape.array([[1.0, 2.0]]), tape.array([3.0])
    tape.backward(x.sum_of_squares())
    assert other.price.tolist() == [0.0]


def test_the_number_may_be_any_on_the_tape():
    tape = Tape()
    x = tape.array([1.0, 2.0])
    first = x.sum_of_squares()
    2.0 * first + x.sum_of_squares()
    tape.backward(first)
    assert x.price.tolist() == [2.0, 4.0]


@pytest.mark.parametrize("J", [1.0, Tape().array(1.0), np.array(2.0), "an array of its own"])
def test_backward_wants_a_number_that_it_knows(J):
    tape = Tape()
    if isinstance(J, str):
        J = tape.array([1.0, 2.0])
    with pytest.raises(ValueError, match=r"^J is .*expected one number that this tape has recorded"):
        tape.backward(J)


def test_an_array_that_is_changed_later_is_recorded_as_it_was():
    tape, V = Tape(), np.array([[1.0, 2.0]])
    x = tape.array([[3.0], [4.0]])
    J = (V @ x).sum_of_squares()
    V[:] = 0
    tape.backward(J)
    assert x.price.ravel().tolist() == [22, 44]  # 2 (V x) V^T


def test_errors_say_what_is_wrong():
    tape = Tape()
    x = tape.array(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"different tapes"):
        x + Tape().array(1.0)
    with pytest.raises(ValueError, match=r"shapes \(2, 3\) and \(2, 3\) make no product"):
        x @ x
    with pytest.raises(TypeError, match=r"^factor is .*expected a number"):
        x * x
    with pytest.raises(TypeError, match=r"^activation is .*expected tanh, relu"):
        x.apply(np.tanh)
    with pytest.raises(TypeError, match=r"^value holds complex128, expected real numbers"):
        tape.array([1j])
