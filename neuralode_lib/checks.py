"""Checks of what users hand in: an error names the argument, what was expected and what came."""

import numbers

import numpy as np


def array(name, value, shape, hint="", finite=True, real=False):
    """`value` as a float or complex array of that `shape`: a tuple of lengths, or of letters for free ones.

    Raises TypeError where it holds no numbers, or complex ones though `real`; ValueError where the shape is
    another or, unless `finite` is False, a number is not finite.
    """
    try:
        a = np.asarray(value)
    except ValueError as error:
        raise TypeError(f"{name} is not an array of numbers: {error}") from None
    if a.dtype.kind not in ("fiub" if real else "fciub"):
        raise TypeError(f"{name} holds {a.dtype}, expected {'real ' if real else ''}numbers")
    if a.dtype.kind in "iub":
        a = a.astype(float)
    if not _fits(a.shape, shape):
        message = f"{name} has shape {a.shape}, expected ({', '.join(map(str, shape))})"
        if hint:
            message += f": {hint}"
        if a.ndim == 2 and _fits(a.T.shape, shape):
            message += f". Did you mean {name}.T?"
        raise ValueError(message)
    if finite and not np.isfinite(a).all():
        where = tuple(int(n) for n in np.argwhere(~np.isfinite(a))[0])
        raise ValueError(f"{name} is not finite: {name}[{', '.join(map(str, where))}] is {a[where]}")
    return a


def _fits(shape, expected):
    return len(shape) == len(expected) and all(
        isinstance(n, str) or n == m for n, m in zip(expected, shape, strict=True)
    )


def number(name, value, minimum=-np.inf, above=-np.inf, below=np.inf):
    """`value` as a float; TypeError where it is no real number, ValueError where it is out of range."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is {value!r}, expected a number")
    if not (np.isfinite(value) and minimum <= value < below and value > above):
        bound = f" > {above:g}" if above > -np.inf else f" >= {minimum:g}" if minimum > -np.inf else ""
        bound += f" and < {below:g}" if below < np.inf else ""
        raise ValueError(f"{name} is {value}, expected a finite number{bound}")
    return float(value)


def integer(name, value, minimum):
    """`value` as an int that is at least `minimum`; TypeError or ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} is {value!r}, expected an integer")
    if value < minimum:
        raise ValueError(f"{name} is {value}, expected an integer >= {minimum}")
    return int(value)


def instance(name, value, kind, hint):
    """`value`, where it is a `kind`; TypeError with the `hint` otherwise."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {value!r}, expected {hint}")
    return value


def indices(name, value, length):
    """`value` as an array of integers from 0 to length - 1, at least one; TypeError or ValueError otherwise."""
    a = np.asarray(value)
    if a.dtype.kind not in "iu":
        raise TypeError(f"{name} holds {a.dtype}, expected indices: integers")
    if a.ndim != 1 or a.size == 0:
        raise ValueError(f"{name} has shape {a.shape}, expected (n,): at least one index")
    if a.min() < 0 or a.max() >= length:
        raise ValueError(f"{name} goes from {a.min()} to {a.max()}, expected indices from 0 to {length - 1}")
    return a
