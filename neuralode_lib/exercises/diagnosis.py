"""What is said about numbers that are wrong.

They are compared with those of the mistakes people make: each is a right function's source with pieces of
text replaced. Where that finds none, it helps to see where they are wrong.
"""

import inspect
import re
import textwrap
from copy import copy
from functools import cache
from itertools import combinations, compress

import numpy as np

from ..activations import relu, tanh
from .problems import PROBLEMS, random_problem
from .run import quiet

RELU_ONLY = "It is right for relu, but not for tanh: is relu written into it, or what only relu forgives?"

# What the problems have in common on which alone a function is wrong. With a single layer sigma' may not matter.
IN_COMMON = [
    ("It is right for tanh, but not for relu: is tanh written into it?", [s is relu for *_, s in PROBLEMS]),
    (RELU_ONLY, [s is tanh for *_, s in PROBLEMS]),
    (
        RELU_ONLY,
        [s is tanh and N_T > 2 for _, _, N_T, s in PROBLEMS],
    ),
    ("It is right, except where d = 1.", [d == 1 for d, *_ in PROBLEMS]),
    ("It is right, except for a single sample, I = 1.", [I == 1 for _, I, *_ in PROBLEMS]),
    ("It is right, except for a single layer, N_T = 2.", [N_T == 2 for _, _, N_T, _ in PROBLEMS]),
]


def of_numbers(exercise, found, right):
    """What to say: the name of a mistake, or what the wrong numbers have in common; and the first of them."""
    wrong = [not close_parts(mine, theirs) for mine, theirs in zip(found, right, strict=True)]
    said = recognised(exercise, found, right)
    in_common = (text for text, where in IN_COMMON if where == wrong and (exercise.uses_sigma or "relu" not in text))
    said = said or next(in_common, "The numbers are not right.")
    n = wrong.index(True)
    text = f"{said}\n{first_difference(exercise, n, found[n], right[n])}"
    pairs = [pair for mine, theirs in zip(found, right, strict=True) for pair in zip(mine, theirs, strict=True)]
    if not exercise.coupled and all(
        np.abs(mine - theirs).max() <= 1e-4 * np.abs(theirs).max() for mine, theirs in pairs
    ):
        text += "\nThat is close: was something rounded, made float32, added, or taken from a difference quotient?"
    return text


def of_what_is_not_finite(exercise, found):
    """The name of the mistake that leads to nan here and there, or nothing."""
    every = range(len(exercise.parts))
    somewhere = all(any(np.isfinite(parts[p]).any() for parts in found) for p in every)
    return _mistake(exercise, 1, found, every) if somewhere else ""


def recognised(exercise, found, right):
    """The mistake that all parts show, or what each wrong part shows; None where nothing is recognised."""
    every, numbers = range(len(exercise.parts)), range(len(found))
    wrong = [p for p in every if not all(close(found[n][p], right[n][p]) for n in numbers)]
    part = {p: [(found[n][p], right[n][p]) for n in numbers] for p in wrong}
    axes = [list(axes) for axes in exercise.parts.values()]
    said = {p: "" if exercise.coupled else _nothing_there(part[p], axes[p]) for p in wrong}
    if not any(said.values()) and (text := _mistake(exercise, 1, found, every)):
        return text
    for p in wrong:
        alone = "" if exercise.coupled else _mistake(exercise, 1, found, [p])
        said[p] = " Or: ".join(filter(None, [said[p], alone])) or _pattern(part[p], axes[p])
    if not any(said.values()) and (text := _mistake(exercise, 2, found, every)):
        return text
    if not exercise.coupled:
        said = {p: said[p] or _mistake(exercise, 2, found, [p]) for p in wrong}
    if len(every) == 1 or (len(wrong) > 1 and len(set(said.values())) == 1):
        return said[wrong[0]]
    return " ".join(f"In {list(exercise.parts)[p]}: {said[p]}" for p in wrong if said[p])


def _nothing_there(pairs, axes):
    if not any(mine.any() for mine, _ in pairs):
        return "All of it is 0: does the loop run, and is what it computes kept?" if axes else "It is 0."
    if "k" in axes and all(_stays_the_same(mine) for mine, _ in pairs if len(mine) > 2):
        return "It is the same at every k: does a step change nothing, or is one and the same array stored each time?"
    return ""


def _stays_the_same(a):
    """Whether all entries are the same, with or without the one that a loop starts from."""
    return any(part.any() and close(part, np.broadcast_to(part[:1], part.shape)) for part in (a, a[1:], a[:-1]))


def _pattern(pairs, axes):
    """What is said of numbers by how they are wrong, or by where."""
    for text, change in CHANGES:
        others = [change(theirs) for _, theirs in pairs]
        lost = any(theirs.any() and not other.any() for (_, theirs), other in zip(pairs, others, strict=True))
        if not lost and all(close(mine, other) for (mine, _), other in zip(pairs, others, strict=True)):
            return text
    for name in FACTORS:
        factors = [_factors(n)[name] for n in range(len(pairs))]
        if all(close(mine, factor * theirs) for factor, (mine, theirs) in zip(factors, pairs, strict=True)):
            return f"All of it is {name} times what it should be."
        if all(close(factor * mine, theirs) for factor, (mine, theirs) in zip(factors, pairs, strict=True)):
            return f"All of it should be {name} times as large."
    if axes and axes[0] != "row" and (text := _along(axes[0], pairs)):
        return text
    for number, axis in enumerate(axes):
        masks = [_right_and_zero(*pair, number) for pair in pairs if pair[0].shape[number] > 1]
        starts_right = axis == "k" and "sample" in axes  # at one end, whatever comes then
        if text := _where(axis, *zip(*masks, strict=True), starts_right):
            return text
    return ""


CHANGES = [
    ("The sign is wrong: everything is minus what it should be.", np.negative),
    ("The sign is lost: is there an absolute value?", np.abs),
    ("It looks transposed: rows and columns have changed places.", lambda a: a.swapaxes(-1, -2) if a.ndim > 1 else a.T),
    *((f"It is rounded (as by round(..., {n})): leave all decimals.", lambda a, n=n: np.round(a, n)) for n in range(7)),
    ("The decimals are cut off: leave them.", np.trunc),
]


def _right_and_zero(mine, theirs, axis):
    """At each place along the axis: whether mine is right there, and whether all of it is zero."""
    right = np.abs(mine - theirs) <= tolerance(mine) * np.abs(theirs).max()
    others = tuple(other for other in range(mine.ndim) if other != axis)
    return right.all(axis=others), (mine == 0).all(axis=others)


def _where(axis, right, zero, starts_right):
    """What is said of places along an axis that are right, in all problems."""
    if all(mask.all() for mask in right):
        return ""
    if all(mask[1:].all() for mask in right):
        return f"It is right, except for the first {axis}: is that entry set, and does the loop reach it?"
    if all(mask[:-1].all() for mask in right):
        return f"It is right, except for the last {axis}: is that entry set, and does the loop reach it?"
    if not starts_right and all(mask[0] and not mask[1:].any() for mask in right):
        return f"Only the first {axis} is right: is the same done for each, and is the return after the loop?"
    if not starts_right and all(mask[-1] and not mask[:-1].any() for mask in right):
        return f"Only the last {axis} is right: is the same done for each, or is a line outside of the loop?"
    if all((mask | nothing).all() and (mask & ~nothing).any() for mask, nothing in zip(right, zero, strict=True)):
        return (
            f"It is right for some {axis}, and 0 for the others: does the loop reach all, and is the return after it?"
        )
    return ""


def _along(axis, pairs):
    """What is said of numbers that stand at the wrong place along the first axis."""
    long = [(mine, theirs) for mine, theirs in pairs if len(mine) > 2]
    if all(close(mine[::-1], theirs) for mine, theirs in pairs):
        return "It is in the wrong order: turn it round."
    if all(close(mine[1:], theirs[:-1]) or close(mine[:-1], theirs[1:]) for mine, theirs in long):
        return f"It is one {axis} off."
    if all(close(mine, np.cumsum(theirs, axis=0)) for mine, theirs in pairs):
        return f"What belongs to one {axis} is still there at the next: start from zero each time."
    if all(close(np.sort(mine, axis=0), np.sort(theirs, axis=0)) for mine, theirs in pairs):
        return "They are the right numbers, in another order."
    return ""


FACTORS = ("2", "dt", "I", "w1", "w2")


@cache
def _factors(n):
    p = random_problem(*PROBLEMS[n])
    return dict(zip(FACTORS, (2, p.dt, p.I, p.w1, p.w2), strict=True))


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


def _mistake(exercise, number, found, parts):
    """What to say where these parts are those of one mistake, or of two at once."""
    tried, on_problem_0 = _combined(exercise, number)
    may_be = np.ones(len(tried), bool)
    for p in parts:
        mine = found[0][p]
        wide = 4 * tolerance(mine) * np.abs(mine).max(initial=1e-4)
        may_be &= ~(np.abs(on_problem_0[p] - mine.ravel()) > wide).any(axis=1)
    for some in compress(tried, may_be):
        changes = tuple(change for changes, _ in some for change in changes)
        for n, mine in enumerate(found):
            theirs = outputs(exercise, n, changes)
            if theirs is None or not all(close(mine[p], theirs[p]) for p in parts):
                break
        else:
            return " ".join(dict.fromkeys(said for _, said in some))
    return ""


@cache
def _combined(exercise, number):
    """All combinations of so many mistakes; and of each part an array with a row for each of them, what it gives on
    problem 0: to look at all of them at once. nan where that has to be tried."""
    found, right = list(combinations(mistakes(exercise), number)), outputs(exercise, 0)
    tables = [np.full((len(found), part.size), np.nan) for part in right]
    for row, some in enumerate(found):
        theirs = _added_up(exercise, some) if number == 2 and exercise.additive else None
        theirs = theirs or outputs(exercise, 0, tuple(change for changes, _ in some for change in changes))
        for table, part, like in zip(tables, theirs or [], right, strict=False):
            if part.shape == like.shape:
                table[row] = part.ravel()
    return found, tables


def _added_up(exercise, some):
    """What two mistakes give, without trying them: in two terms of a sum they add up."""
    one, other = (_lines(exercise, changes) for changes, _ in some)
    if one & other:
        return None
    one, other, right = (outputs(exercise, 0, changes) for changes in (some[0][0], some[1][0], ()))
    return [a + b - c for a, b, c in zip(one, other, right, strict=True)]


@cache
def _lines(exercise, changes):
    """The lines of the source that these changes are in."""
    lines = enumerate(_source(exercise.functions).splitlines())
    return {n for n, line in lines if any(old in line for old, _ in changes)}


@cache
def outputs(exercise, n, changes=()):
    """What a right function returns on problem n, in parts, after these changes; None where that fails."""
    try:
        with quiet():
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


def sizes(exercise, n):
    """d, I and N_T of problem n, or None for each where there are steps alone."""
    steps_only = "len(" in str(exercise.parts)
    return dict(zip(("d", "I", "N_T"), [None] * 3 if steps_only else PROBLEMS[n], strict=False))


def lengths(exercise, n):
    text = ", ".join(f"{name} = {length}" for name, length in sizes(exercise, n).items() if length)
    text = f"{text}, {PROBLEMS[n][3].name}" if text else f"{PROBLEMS[n][2]} steps"
    return f"Problem {n + 1} of {len(PROBLEMS)}: {text}."


def tolerance(a):
    """Relative: 1e-11, which no difference quotient reaches, or what the precision of a float32 or float16 allows."""
    if a.dtype.kind != "f" or a.dtype.itemsize > 4:
        return 1e-11
    return (50 if a.dtype.itemsize == 4 else 4) * np.finfo(a.dtype).eps


def close(a, b):
    finite = np.isfinite(b)
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), finite):
        return False
    a, b = a[finite], b[finite]
    return bool((np.abs(a - b) <= tolerance(a) * np.abs(b).max(initial=1e-4)).all())  # not below what is rounded


def close_parts(mine, theirs):
    return all(map(close, mine, theirs))


def at(axes, where):
    return " at " + ", ".join(f"{axis} = {n}" for axis, n in zip(axes, where, strict=True)) if axes else ""
