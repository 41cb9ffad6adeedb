"""What is said about numbers that are wrong, and about exceptions.

Wrong numbers are compared with those of the mistakes people make: each is a right function's source with pieces of
text replaced. Where that finds none, it helps to see where they are wrong.
"""

import ast
import inspect
import re
import textwrap
import traceback
import warnings
from contextlib import contextmanager
from copy import copy
from functools import cache
from itertools import combinations

import numpy as np

from ..activations import relu, tanh
from .problems import PROBLEMS, random_problem

# What the problems have in common on which alone a function is wrong. With a single layer sigma' may not matter.
IN_COMMON = [
    ("It is right for tanh, but not for relu: is tanh written into it?", [s is relu for *_, s in PROBLEMS]),
    ("It is right for relu, but not for tanh: is relu written into it?", [s is tanh for *_, s in PROBLEMS]),
    (
        "It is right for relu, but not for tanh: is relu written into it?",
        [s is tanh and N_T > 2 for _, _, N_T, s in PROBLEMS],
    ),
    ("It is right, except where d = 1.", [d == 1 for d, *_ in PROBLEMS]),
    ("It is right, except for a single sample, I = 1.", [I == 1 for _, I, *_ in PROBLEMS]),
    ("It is right, except for a single layer, N_T = 2.", [N_T == 2 for _, _, N_T, _ in PROBLEMS]),
]

# Where along an axis a part is right, and what that says.
ONLY_FIRST = {
    "sample": "Only the first sample is right: do the same for every column.",
    "k": "Only k = 0 is right: do the same for every k.",
}
ONLY_LAST = {
    "sample": "Only the last sample is right: do the same for every column. Is a line outside of the loop?",
    "k": "Only the last k is right: do the same for every k. Is a line outside of the loop?",
}
BUT_FIRST = "It is right, except at k = 0: is that entry set?"
BUT_LAST = "It is right, except at the last k: is that entry set, or does the loop end too early?"


class Wrong(Exception):
    """What is wrong with a student's function."""


class NotAttempted(Exception):
    """The stub still stands."""


# Wrong numbers


def of_numbers(exercise, found, right):
    """What to say: the name of a mistake, or what the wrong numbers have in common; and the first of them."""
    wrong = [not close_parts(mine, theirs) for mine, theirs in zip(found, right, strict=True)]
    said = recognised(exercise, found, right)
    said = said or next((text for text, where in IN_COMMON if where == wrong), "The numbers are not right.")
    n = wrong.index(True)
    text = f"{said}\n{first_difference(exercise, n, found[n], right[n])}"
    pairs = [pair for mine, theirs in zip(found, right, strict=True) for pair in zip(mine, theirs, strict=True)]
    if all(np.abs(mine - theirs).max() <= 1e-4 * np.abs(theirs).max() for mine, theirs in pairs):
        text += "\nThat is close: was something rounded, made float32, or taken from a difference quotient?"
    return text


def recognised(exercise, found, right):
    """The mistake that all parts show, or what each wrong part shows; None where nothing is recognised."""
    every, numbers = range(len(exercise.parts)), range(len(found))
    wrong = [p for p in every if not all(close(found[n][p], right[n][p]) for n in numbers)]
    part = {p: [(found[n][p], right[n][p]) for n in numbers] for p in wrong}
    axes = [list(axes) for axes in exercise.parts.values()]
    said = {p: _nothing_there(part[p], axes[p]) for p in wrong}
    if not any(said.values()) and (text := _mistake(exercise, 1, found, right, every)):
        return text
    for p in wrong:
        alone = _mistake(exercise, 1, found, right, [p])
        said[p] = " Or: ".join(filter(None, [said[p], alone])) or _pattern(part[p], axes[p])
    if not any(said.values()) and (text := _mistake(exercise, 2, found, right, every)):
        return text
    said = {p: said[p] or _mistake(exercise, 2, found, right, [p]) for p in wrong}
    if len(every) == 1 or (len(wrong) > 1 and len(set(said.values())) == 1):
        return said[wrong[0]]
    return " ".join(f"In {list(exercise.parts)[p]}: {said[p]}" for p in wrong if said[p])


def _nothing_there(pairs, axes):
    if not any(mine.any() for mine, _ in pairs):
        return "All of it is 0: does the loop run, and is what it computes kept?" if axes else "It is 0."
    if "k" in axes and all(close(mine, np.broadcast_to(mine[:1], mine.shape)) for mine, _ in pairs):
        return "It is the same at every k: is one and the same array stored each time? Store a copy."
    return ""


def _pattern(pairs, axes):
    """What is said of numbers by where they are wrong, or by how much."""
    if all(close(-mine, theirs) for mine, theirs in pairs):
        return "The sign is wrong: everything is minus what it should be."
    for name in FACTORS:
        factors = [_factors(n)[name] for n in range(len(pairs))]
        if all(close(mine, factor * theirs) for factor, (mine, theirs) in zip(factors, pairs, strict=True)):
            return f"All of it is {name} times what it should be."
        if all(close(factor * mine, theirs) for factor, (mine, theirs) in zip(factors, pairs, strict=True)):
            return f"All of it should be {name} times as large."
    for number, axis in enumerate(axes):
        masks = [_where_right(mine, theirs, number) for mine, theirs in pairs if mine.shape[number] > 1]
        if axis in ONLY_FIRST and not ("sample" in axes and axis == "k"):
            if all(mask[0] and not mask[1:].any() for mask in masks):
                return ONLY_FIRST[axis]
            if all(mask[-1] and not mask[:-1].any() for mask in masks):
                return ONLY_LAST[axis]
        if axis == "k":
            if all(mask[1:].all() for mask in masks):
                return BUT_FIRST
            if all(mask[:-1].all() for mask in masks):
                return BUT_LAST
    if axes[:1] == ["k"]:
        long = [(mine, theirs) for mine, theirs in pairs if len(mine) > 2]
        if all(close(mine[::-1], theirs) for mine, theirs in pairs):
            return "It is in the wrong order: turn it round."
        if all(close(mine[1:], theirs[:-1]) or close(mine[:-1], theirs[1:]) for mine, theirs in long):
            return "It is one k off."
        if all(close(mine, np.cumsum(theirs, axis=0)) for mine, theirs in pairs):
            return "What belongs to one k is still there at the next: start from zero at each k."
    return ""


FACTORS = ("2", "dt", "I", "w1", "w2")


@cache
def _factors(n):
    p = random_problem(*PROBLEMS[n])
    return dict(zip(FACTORS, (2, p.dt, p.I, p.w1, p.w2), strict=True))


def _where_right(mine, theirs, axis):
    right = np.abs(mine - theirs) <= tolerance(mine) * np.abs(theirs).max()
    return right.all(axis=tuple(other for other in range(mine.ndim) if other != axis))


@cache
def mistakes(exercise):
    """[(((old, new), ...), what to say), ...]"""
    found, changes = [], []
    for line in textwrap.dedent(exercise.mistakes).strip().splitlines():
        if line.startswith(" "):
            found += [(change, line.strip()) for change in changes]
            changes = []
        else:
            changes.append(tuple(tuple(change.split(" -> ")) for change in line.split(" && ")))
    return found


def _mistake(exercise, number, found, right, parts):
    """What to say where these parts are those of one mistake, or of two at once."""
    others = [p for p in range(len(exercise.parts)) if p not in parts] if exercise.coupled else []
    for some in combinations(mistakes(exercise), number):
        changes = tuple(change for changes, _ in some for change in changes)
        for n, mine in enumerate(found):
            theirs = outputs(exercise, n, changes)
            if theirs is None or not all(close(mine[p], theirs[p]) for p in parts):
                break
            if not all(close(theirs[p], right[n][p]) for p in others):
                break
        else:
            return " ".join(dict.fromkeys(said for _, said in some))
    return ""


@cache
def outputs(exercise, n, changes=()):
    """What a right function returns on problem n, in parts, after these changes; None where that fails."""
    try:
        with _quiet():
            value = changed(exercise.functions, changes)(*map(copy, _given(exercise, n)))
        return [np.asarray(part) for part in exercise.split(value)]
    except Exception:  # two mistakes at once need not make sense
        return None


@cache
def changed(functions, changes):
    """The first of the functions, with these changes in the source of all."""
    text = _source(functions)
    for old, new in changes:
        if old not in text:
            raise LookupError(f"{old!r} is not in the source of {functions[0].__name__}")
        text = text.replace(old, new)
    names = dict(vars(inspect.getmodule(functions[0])))
    exec(text, names)
    return names[functions[0].__name__]


@cache
def _source(functions):
    return "\n\n".join(map(source, functions))


def source(function):
    """The source of a function without its decorators, which look at arguments."""
    return re.sub(r"^(@.*\n)+", "", inspect.getsource(function)).rstrip()


@cache
def _given(exercise, n):
    return tuple(exercise.arguments(random_problem(*PROBLEMS[n])).values())


def first_difference(exercise, n, mine, right):
    p = next(p for p in range(len(right)) if not close(mine[p], right[p]))
    name, axes = list(exercise.parts.items())[p]
    mine, right = mine[p], right[p]
    differs = np.argwhere(np.abs(mine - right) > tolerance(mine) * np.abs(right).max())
    where = tuple(max(differs, key=lambda index: index[0]) if exercise.backwards else differs[0])
    digits = next((digits for digits in (8, 12) if f"{mine[where]:.{digits}g}" != f"{right[where]:.{digits}g}"), 17)
    text = f"The first difference{', going backwards' if exercise.backwards else ''}: {name}{at(axes, where)} is "
    text += f"{mine[where]:.{digits}g}, expected {right[where]:.{digits}g}."
    return f"{text} ({lengths(exercise, n)})"


def lengths(exercise, n):
    d, I, N_T, activation = PROBLEMS[n]
    steps_only = "len(" in str(exercise.parts)
    text = f"{N_T} steps" if steps_only else f"d = {d}, I = {I}, N_T = {N_T}, {activation.name}"
    return f"Problem {n + 1} of {len(PROBLEMS)}: {text}."


def tolerance(a):
    """Relative: 1e-9, or what the precision of a float32 or float16 allows."""
    if a.dtype.kind != "f" or a.dtype.itemsize > 4:
        return 1e-9
    return (50 if a.dtype.itemsize == 4 else 4) * np.finfo(a.dtype).eps


def close(a, b):
    return a.shape == b.shape and bool((np.abs(a - b) <= tolerance(a) * np.abs(b).max()).all())


def close_parts(mine, theirs):
    return all(map(close, mine, theirs))


def at(axes, where):
    return " at " + ", ".join(f"{axis} = {n}" for axis, n in zip(axes, where, strict=True)) if axes else ""


# Running it, and exceptions


def run(function, arguments, n):
    """What the function returns; Wrong where it does not, NotAttempted where it is still a stub."""
    try:
        with _quiet():
            value = function(*arguments)
    except (Exception, SystemExit) as error:
        if isinstance(error, NotImplementedError) and _is_stub(function):
            raise NotAttempted from None
        raise Wrong(_what_was_raised(error, function, n)) from None
    if value is None or value is ... or value is NotImplemented:
        if _is_stub(function):
            raise NotAttempted
        raise Wrong(f"Your function returns {value}: is the return at its end missing?")
    return value


@contextmanager
def _quiet():
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _is_stub(function):
    """Whether nothing stands in the function but `...`, `pass`, `return None`, `raise NotImplementedError` and text."""
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0].body
    except (OSError, TypeError, SyntaxError, AttributeError):
        return False
    return all(map(_says_nothing, body))


STUBS = {"pass", "return", "return None", "return ...", "return NotImplemented", "raise NotImplementedError"}


def _says_nothing(line):
    if isinstance(line, ast.Expr):
        return isinstance(line.value, ast.Constant)
    return ast.unparse(line).split("(")[0] in STUBS


def _what_was_raised(error, function, n):
    """The error, the student's line that it came from, also where numpy or the library raised it, and advice."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    code = getattr(inspect.unwrap(function), "__code__", None)
    own = [frame for frame in frames if code and frame.filename == code.co_filename] or frames
    line = (own[-1].line or "") if own else ""
    where = f" in line {own[-1].lineno}:\n    {line}".rstrip() + "\n" if own else ": "
    text = f"Your function stops{where}{type(error).__name__}: {error}"
    return "\n".join(filter(None, [text, _advice(error, line, *PROBLEMS[n][:3])]))


def _advice(error, line, d, I, N_T):
    """What helps against the exceptions that are typical here, or nothing."""
    text = str(error)
    shapes = [tuple(map(int, re.findall(r"\d+", shape))) for shape in re.findall(r"\(([\d, ]*)\)", text)]
    broadcast, matmul = "operands could not be broadcast" in text, "matmul" in text or "not aligned" in text
    if (broadcast or matmul) and "diag(" in line:
        return (
            "np.diag takes the diagonal out of a (d, I) array. For all samples at once, diag(sigma') times a (d, I) "
            "array is the product entry by entry: dsigma(x) * ..."
        )
    if broadcast and len(shapes) == 2:
        a, b = shapes
        if len(a) == len(b) == 2 and a[1] == b[0] and "*" in line:
            return "* multiplies entry by entry, @ is the matrix product."
        if (d,) in shapes and (d, I) in shapes:
            return "A vector b (d,) is added to each column of (d, I) as b[:, None]."
        if {a[0], b[0]} == {N_T, N_T - 1} and a[1:] == b[1:]:
            return "There are N_T states, and one layer less: x[:-1] are the states that a layer starts from."
        if len(a) == len(b) and all(p == q or {p, q} == {d, I} for p, q in zip(a, b, strict=True)):
            return f"One of them has d = {d} entries where the other has I = {I}: is a sum over the wrong axis?"
    if matmul:
        return (
            "Each sample is a column, so V stands left: V @ (...). The product of two (d, I) arrays, summed over the "
            "samples, is A @ B.T."
        )
    if isinstance(error, IndexError) and re.search(rf"size ({N_T}|{N_T - 1})$", text):
        return f"There are N_T = {N_T} states, x[0] to x[N_T - 1], and N_T - 1 layers, V[0] to V[N_T - 2]."
    if "of 'Weights' object has no setter" in text:
        return "Weights are not changed: weights - gamma * gradient makes new ones, and so does Weights(V, b)."
    if isinstance(error, TypeError) and "NoneType" in text and "gamma" in line:
        return "In the first iteration there is no last gamma: gamma is None."
    if "'Activation' object is not callable" in text:
        return "sigma is activation.sigma, and sigma' is activation.dsigma."
    return ""


def a_or_an(value):
    name = type(value).__name__
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"
