"""What is said about numbers that are wrong and about exceptions.

Wrong numbers are compared with those of the mistakes people make: each is the library's own source with a piece of
text replaced.
"""

import ast
import inspect
import textwrap
import traceback
import warnings
from contextlib import contextmanager
from functools import cache
from itertools import combinations

import numpy as np

from ..activations import relu, tanh
from .problems import PROBLEMS, random_problem

# What the problems have in common on which alone a function is wrong.
IN_COMMON = {
    "It is right for tanh, but not for relu: is tanh written into it?": [s is relu for *_, s in PROBLEMS],
    "It is right for relu, but not for tanh: is relu written into it?": [s is tanh for *_, s in PROBLEMS],
    "It is right, except where d = 1.": [d == 1 for d, *_ in PROBLEMS],
    "It is right, except for a single sample, I = 1.": [I == 1 for _, I, *_ in PROBLEMS],
    "It is right, except for a single layer, N_T = 2.": [N_T == 2 for _, _, N_T, _ in PROBLEMS],
}


class Wrong(Exception):
    """What is wrong with a student's function, other than its numbers."""


class NotAttempted(Exception):
    """The stub still stands."""


@cache
def mistakes(exercise):
    """[((old, new), what to say), ...]"""
    found, changes = [], []
    for line in textwrap.dedent(exercise.mistakes).strip().splitlines():
        if line.startswith(" "):
            found += [(change, line.strip()) for change in changes]
            changes = []
        else:
            changes.append(tuple(line.split(" -> ")))
    return found


def recognised(exercise, found, wrong):
    """What to say where these are the outputs of one mistake or of two: of all parts, or of each wrong one."""
    for number in (1, 2):
        if said := _mistake(exercise, number, found, range(len(exercise.parts))):
            return said
        each = {list(exercise.parts)[p]: _mistake(exercise, number, found, [p]) for p in wrong}
        if all(each.values()):
            return " ".join(f"In {part}: {said}" for part, said in each.items())
    return None


def _mistake(exercise, number, found, parts):
    for some in combinations(mistakes(exercise), number):
        changes = tuple(change for change, _ in some)
        for n, mine in enumerate(found):
            theirs = outputs(exercise, n, changes)
            if theirs is None or not all(close(mine[p], theirs[p]) for p in parts):
                break
        else:
            return " ".join(dict.fromkeys(said for _, said in some))
    return None


def first_difference(exercise, found, right, same):
    n, p = np.argwhere(~same)[0]
    (name, axes), mine, theirs = list(exercise.parts.items())[p], found[n][p], right[n][p]
    error = np.abs(mine - theirs)
    differs = np.argwhere(error > tolerance(mine) * np.abs(theirs).max())
    where = tuple(max(differs, key=lambda index: index[0]) if exercise.backwards else differs[0])
    text = f"The first difference{', going backwards' if exercise.backwards else ''}: {name}{at(axes, where)} is "
    text += f"{mine[where]:.8g}, expected {theirs[where]:.8g}. ({lengths(exercise, n)})"
    if error.max() < 1e-4 * np.abs(theirs).max():
        text += "\nThat is close: did something pass through float32, or through a difference quotient?"
    return text


def lengths(exercise, n):
    d, I, N_T, activation = PROBLEMS[n]
    steps_only = "len(" in str(exercise.parts)
    text = f"{N_T} steps" if steps_only else f"d = {d}, I = {I}, N_T = {N_T}, {activation.name}"
    return f"Problem {n + 1} of {len(PROBLEMS)}: {text}."


@cache
def changed(functions, changes):
    """The first of the library's functions, with these changes in the source of all."""
    source = "\n\n".join(map(inspect.getsource, functions))
    for old, new in changes:
        if old not in source:
            raise LookupError(f"{old!r} is not in the source of {functions[0].__name__}")
        source = source.replace(old, new)
    names = dict(vars(inspect.getmodule(functions[0])))
    exec(source, names)
    return names[functions[0].__name__]


@cache
def outputs(exercise, n, changes=()):
    """What the library's function returns on problem n, in parts, after these changes; None where that fails."""
    arguments = exercise.arguments(random_problem(*PROBLEMS[n])).values()
    try:
        with _quiet():
            value = exercise.call(changed(exercise.functions, changes), *arguments)
        return [np.asarray(part) for part in exercise.split(value)]
    except Exception:  # two mistakes at once need not make sense
        return None


@contextmanager
def _quiet():
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def run(function, arguments):
    try:
        with _quiet():
            value = function(*arguments)
    except NotImplementedError:
        raise NotAttempted from None
    except Exception as error:
        raise Wrong(_what_was_raised(error, function)) from None
    if value is NotImplemented or value is ... or (value is None and _is_stub(function)):
        raise NotAttempted
    if value is None:
        raise Wrong("Your function returns None: is the return at its end missing?")
    return value


def _is_stub(function):
    """Whether the function ends in `...`, `pass`, `return None` or its docstring."""
    try:
        last = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0].body[-1]
    except (OSError, TypeError, SyntaxError, AttributeError):
        return False
    if isinstance(last, ast.Expr | ast.Return):
        return last.value is None or isinstance(last.value, ast.Constant)
    return isinstance(last, ast.Pass)


def _what_was_raised(error, function):
    """The error and the student's line that it came from, also where numpy or the library raised it."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    code = getattr(inspect.unwrap(function), "__code__", None)
    own = [frame for frame in frames if code and frame.filename == code.co_filename] or frames
    where = f" in line {own[-1].lineno}:\n    {own[-1].line or ''}".rstrip() + "\n" if own else ": "
    text = f"Your function stops{where}{type(error).__name__}: {error}"
    if "broadcast" in str(error):
        text += "\nThese shapes do not fit together. A vector b (d,) is added to each column of (d, I) as b[:, None]."
    return text


def same(a, b):
    a, b = (getattr(value, "theta", value) for value in (a, b))
    return not isinstance(b, np.ndarray) or np.array_equal(a, b)


def tolerance(a):
    """Relative: 1e-9, or what the precision of a float32 or float16 allows."""
    return max(1e-9, 50 * np.finfo(a.dtype).eps) if a.dtype.kind == "f" else 1e-9


def close(a, b):
    return a.shape == b.shape and bool(np.abs(a - b).max() <= tolerance(a) * np.abs(b).max())


def at(axes, where):
    return " at " + ", ".join(f"{axis} = {n}" for axis, n in zip(axes, where, strict=True)) if axes else ""
