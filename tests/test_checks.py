"""The checks at the door: what they let through, as what, and what they say."""

from fractions import Fraction

import numpy as np
import pytest

from neuralode_lib import checks


@pytest.mark.parametrize("value", [Fraction(1, 2), np.float16(0.5), np.longdouble(0.5), np.float32(0.5), 0.5])
def test_any_real_number_is_a_float(value):
    found = checks.number("T", value)
    assert type(found) is float and found == 0.5


@pytest.mark.parametrize("value", [10**400, np.longdouble("1e4000"), np.nan, -np.inf])
def test_what_is_no_finite_float_is_refused(value):
    with pytest.raises(ValueError, match=r"^T is .*expected a finite number"):
        checks.number("T", value)


def test_bounds_are_said():
    with pytest.raises(ValueError, match=r"^c is 2, expected a finite number > 0 and < 1$"):
        checks.number("c", 2, above=0, below=1)
    with pytest.raises(ValueError, match=r"^c is 1, expected a finite number < 1$"):
        checks.number("c", 1, below=1)
    with pytest.raises(ValueError, match=r"^n is 9, expected an integer <= 8$"):
        checks.integer("n", 9, 1, 8)


@pytest.mark.parametrize("value", [True, np.True_, "1", None, [1.0], np.array(1.0), 1j, np.ma.masked])
def test_what_is_no_number(value):
    with pytest.raises(TypeError, match=r"^T is .*expected a number"):
        checks.number("T", value)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("float32", "float32"),
        ("complex64", "complex64"),
        ("float16", "float64"),
        ("longdouble", "float64"),
        ("clongdouble", "complex128"),
        (">f8", "=f8"),
        ("int8", "float64"),
        ("bool", "float64"),
    ],
)
def test_arrays_are_of_four_kinds(kind, expected):
    assert checks.array("x", np.ones((2, 3), kind), ("d", 3)).dtype == np.dtype(expected)


@pytest.mark.filterwarnings("error")
def test_a_long_double_that_is_too_large_is_not_finite():
    with pytest.raises(ValueError, match=r"^x is not finite: x\[0\] is inf"):
        checks.array("x", np.array(["1e4000"], np.longdouble), ("n",))


def test_nothing_writes_to_what_was_handed_in():
    x = np.zeros(3)
    with pytest.raises(ValueError, match="read-only"):
        checks.array("x", x, ("n",))[:] = 1
    x[:] = 1


@pytest.mark.parametrize("check", [lambda a: checks.array("x", a, ("n",)), lambda a: checks.indices("x", a, 5)])
def test_masked_arrays_are_refused_by_name(check):
    with pytest.raises(TypeError, match=r"^x is a masked array"):
        check(np.ma.array([1, 2], mask=[False, True]))


def test_an_error_is_short_whatever_came():
    for check in (
        lambda: checks.number("T", [0] * 10**6),
        lambda: checks.integer("T", 10**4000, 1),
        lambda: checks.instance("T", "x" * 10**6, int, "an int"),
        lambda: checks.array("T", "x" * 10**6, ("n",)),
    ):
        with pytest.raises((TypeError, ValueError), match=r"^T ") as error:
            check()
        assert len(str(error.value)) < 200


def test_a_function_can_take_its_arguments():
    assert checks.function("f", np.tanh, 1, "") is np.tanh
    with pytest.raises(TypeError, match=r"^f is the function <lambda>\(x, y\), expected a function of x$"):
        checks.function("f", lambda x, y: 0, 1, "a function of x")
    with pytest.raises(TypeError, match=r"^f is 3, expected a function of x$"):
        checks.function("f", 3, 1, "a function of x")


def test_arguments_are_checked_by_name_however_they_come():
    @checks.arguments(T=checks.number)
    def f(x, T=1):
        """Of f."""
        return x, T

    assert f.__doc__ == "Of f."
    assert f("any") == ("any", 1)
    assert f("any", Fraction(1, 4)) == f(T=Fraction(1, 4), x="any") == ("any", 0.25)
    for call in (lambda: f(1, "2"), lambda: f(1, T="2")):
        with pytest.raises(TypeError, match=r"^T is '2', expected a number"):
            call()
    with pytest.raises(TypeError, match=r"f\(\) missing 1 required positional argument: 'x'"):
        f()
