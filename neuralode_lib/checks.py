"""Checks of what users hand in, once, at the door: an error names the argument, what was expected and what came."""

import inspect
from functools import wraps
from numbers import Integral, Real

import numpy as np

TYPES = tuple(map(np.dtype, ("float32", "float64", "complex64", "complex128")))


def arguments(**checks):
    """A decorator: each argument of the function that has a check of its name here passes it, `check(name, value)`."""

    def decorated(function):
        signature = inspect.signature(function)

        @wraps(function)
        def checked(*args, **kwargs):
            try:
                given = signature.bind(*args, **kwargs).arguments
            except TypeError:
                return function(*args, **kwargs)  # Python's own word for it
            return function(**{n: checks[n](n, value) if n in checks else value for n, value in given.items()})

        return checked

    return decorated


def shown(value):
    """repr(value), short and in one line: an error is to be read."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:77]}..."


def array(name, value, shape, hint="", finite=True, real=False):
    """`value` as an array of float or complex numbers of that `shape`: a tuple of lengths, or of letters for free ones.

    Nothing can be written to it. float32 stays, all other real numbers become float64. Raises TypeError where it holds
    no numbers, is masked, or is complex though `real`; ValueError where the shape is another or, unless `finite` is
    False, a number is not finite.
    """
    a = numbers(name, value, real)
    if not _fits(a.shape, shape):
        message = f"{name} has shape {a.shape}, expected ({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
        if hint:
            message += f": {hint}"
        if a.ndim == 2 and _fits(a.T.shape, shape):
            message += f". Did you mean {name}.T?"
        raise ValueError(message)
    if finite and not np.isfinite(a).all():
        where = tuple(int(n) for n in np.argwhere(~np.isfinite(a))[0])
        raise ValueError(f"{name} is not finite: {name}[{', '.join(map(str, where))}] is {a[where]}")
    return a


def numbers(name, value, real=False):
    """`value` as an array of any shape, as above."""
    _not_masked(name, value)
    try:
        a = np.asarray(value)
    except ValueError as error:
        raise TypeError(f"{name} is not an array of numbers: {error}") from None
    if a.dtype.kind not in ("fiub" if real else "fciub"):
        what = f"is {shown(value)}" if a.ndim == 0 else f"holds {a.dtype}"
        raise TypeError(f"{name} {what}, expected {'real ' if real else ''}numbers")
    with np.errstate(over="ignore"):  # a long double may be too large
        a = a.view() if a.dtype in TYPES else a.astype(complex if a.dtype.kind == "c" else float)
    a.flags.writeable = False
    return a


def positive(name, value, shape=("n",), hint=""):
    """`value` as a list of at least one number, all positive: what a logarithm takes; as `array` otherwise."""
    a = array(name, value, shape, hint, real=True)
    if a.size == 0 or (a <= 0).any():
        raise ValueError(f"{name} is {shown(value)}, expected positive numbers")
    return a


def _not_masked(name, value):
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, expected a plain one: leave the masked entries out, or fill them")


def _fits(shape, expected):
    return len(shape) == len(expected) and all(
        isinstance(n, str) or n == m for n, m in zip(expected, shape, strict=True)
    )


def number(name, value, minimum=-np.inf, above=-np.inf, below=np.inf):
    """`value` as a float; TypeError where it is no real number, ValueError where it is out of range."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} is {shown(value)}, expected a number")
    try:
        x = float(value)
    except OverflowError:
        x = np.inf
    if not (-np.inf < x < np.inf and minimum <= x < below and x > above):
        bound = f" > {above:g}" if above > -np.inf else f" >= {minimum:g}" if minimum > -np.inf else ""
        bound += f"{' and' if bound else ''} < {below:g}" if below < np.inf else ""
        raise ValueError(f"{name} is {value!s:.80}, expected a finite number{bound}")
    return x


def integer(name, value, minimum, maximum=2**32 - 1):
    """`value` as an int from `minimum` to `maximum`; TypeError or ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} is {shown(value)}, expected an integer")
    if not minimum <= value <= maximum:
        bound = f">= {minimum}" if value < minimum else f"<= {maximum}"
        raise ValueError(f"{name} is {value!s:.80}, expected an integer {bound}")
    return int(value)


def instance(name, value, kind, hint):
    """`value`, where it is a `kind`; TypeError with the `hint` otherwise."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {shown(value)}, expected {hint}")
    return value


def yes_or_no(name, value):
    """`value`, where it is True or False; TypeError otherwise."""
    return instance(name, value, bool | np.bool, "True or False")


def function(name, value, parameters, hint):
    """`value`, where it can be called with so many arguments; TypeError with the `hint` otherwise."""
    if not callable(value):
        raise TypeError(f"{name} is {shown(value)}, expected {hint}")
    try:
        signature = inspect.signature(value)
    except ValueError:  # of a function that is not written in Python
        return value
    try:
        signature.bind(*range(parameters))
    except TypeError:
        called = getattr(value, "__name__", type(value).__name__)
        raise TypeError(f"{name} is the function {called}{shown(signature)[11:-1]}, expected {hint}") from None
    return value


def indices(name, value, length):
    """`value` as an array of integers from 0 to length - 1, at least one; TypeError or ValueError otherwise."""
    _not_masked(name, value)
    try:
        a = np.asarray(value)
    except ValueError as error:
        raise TypeError(f"{name} is not an array of indices: {error}") from None
    if a.dtype.kind not in "iu":
        raise TypeError(f"{name} holds {a.dtype}, expected indices: integers")
    if a.ndim != 1 or a.size == 0:
        raise ValueError(f"{name} has shape {a.shape}, expected (n,): at least one index")
    if a.min() < 0 or a.max() >= length:
        raise ValueError(f"{name} goes from {a.min()} to {a.max()}, expected indices from 0 to {length - 1}")
    return a
