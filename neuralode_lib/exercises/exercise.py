"""Exercises that answer: `forward.check(my_forward)` says what is wrong, `.hint()` helps, `.solution()` shows."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..resnet import Weights
from .diagnosis import IN_COMMON, NotAttempted, Wrong, at, close, first_difference, outputs, recognised, run, same
from .diagnosis import lengths as lengths_of
from .problems import PROBLEMS, random_problem


@dataclass(frozen=True, repr=False)
class Answer:
    """What a check, a hint or a solution shows: the text. `passed` is True where a function is right."""

    text: str
    passed: bool = False

    def __repr__(self):
        return self.text


@dataclass(eq=False)
class Exercise:
    """One function for students to write.

    functions: the library's own, and its helpers. arguments: names of what it is given, or a function from
    `_problem(...)` to a dict. call: calls the library's function with the same. parts: what comes back, by name, each
    a dict of its axes and their lengths; split: takes it apart. mistakes: lines `text in the source -> other text`, and
    indented below them what to tell the student. note: why there are as many entries as there are.
    """

    name: str
    functions: tuple
    arguments: Callable
    parts: dict
    mistakes: str
    hints: list
    call: Callable = lambda function, *arguments: function(*arguments)
    split: Callable = lambda value: [value]
    note: str = ""
    backwards: bool = False
    hints_given = 0

    def __repr__(self):
        me = f"exercises.{self.name}"
        return f"{me}: write your function, then {me}.check(it); {me}.hint() helps, {me}.solution() shows."

    def hint(self):
        """The next hint: a nudge, the formula, the first line."""
        if self.hints_given == len(self.hints):
            return Answer(f"There are no more hints. exercises.{self.name}.solution() shows the library's way.")
        self.hints_given += 1
        return Answer(f"Hint {self.hints_given} of {len(self.hints)}: {self.hints[self.hints_given - 1]}")

    def solution(self):
        """The source of the library's function."""
        return Answer("\n\n".join(f"# {f.__module__}\n{inspect.getsource(f).rstrip()}" for f in self.functions))

    def check(self, function):
        """An Answer: not attempted yet, right, or what is wrong."""
        name = getattr(function, "__name__", "your function")
        try:
            self._check_call(function)
            found = [self._output(function, n) for n in range(len(PROBLEMS))]
        except NotAttempted:
            return Answer(f"Not attempted yet: write {name}, then check again. exercises.{self.name}.hint() helps.")
        except Wrong as wrong:
            return Answer(f"Not yet. {wrong}")
        right = [outputs(self, n) for n in range(len(PROBLEMS))]
        agree = np.array([list(map(close, mine, theirs)) for mine, theirs in zip(found, right, strict=True)])
        if agree.all():
            return Answer(f"Right! {name} agrees with the library on {len(PROBLEMS)} random problems.", passed=True)
        wrong = list(~agree.all(axis=1))
        said = recognised(self, found, np.flatnonzero(~agree.all(axis=0)))
        said = said or next((text for text, where in IN_COMMON.items() if where == wrong), "The numbers are not right.")
        return Answer(f"Not yet. {said}\n{first_difference(self, found, right, agree)}")

    def _check_call(self, function):
        if not callable(function):
            what = f"exercises.{self.name}.check wants your function itself, without (...)"
            raise Wrong(f"{what}; it was given a {type(function).__name__}.")
        expected = list(self.arguments(random_problem(*PROBLEMS[0])))
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError):
            return  # a function without Python source
        taken = list(signature.parameters)
        try:
            signature.bind(*expected)
            fits = taken == expected or sorted(taken) != sorted(expected)
        except TypeError:
            fits = False
        if not fits:
            raise Wrong(f"Your function takes ({', '.join(taken)}), it is called with ({', '.join(expected)}).")

    def _output(self, function, n):
        """The parts of what a student's function returns on problem n, as arrays of the right shapes, or Wrong."""
        d, I, N_T, _ = PROBLEMS[n]
        given, untouched = (self.arguments(random_problem(*PROBLEMS[n])) for _ in range(2))
        lengths = {"d": d, "d + 1": d + 1, "I": I, "N_T": N_T, "N_T - 1": N_T - 1}
        lengths |= {"len(steps)": N_T, "len(dt) - 1": N_T - 1}
        try:
            value = run(function, given.values())
            for name in given:
                if not same(given[name], untouched[name]):
                    raise Wrong(
                        f"You changed {name} in place, and whoever calls you still needs it: work on a copy. "
                        "(+= writes into the array it is given.)"
                    )
            parts = zip(self.parts.items(), self.split(value), strict=True)
            return [self._array(name, axes, part, lengths) for (name, axes), part in parts]
        except Wrong as wrong:
            raise Wrong(f"{wrong}\n({lengths_of(self, n)})") from None

    def _array(self, name, axes, value, lengths):
        try:
            a = np.asarray(value)
        except ValueError:
            raise Wrong(f"{name} is not an array: its rows differ in length.") from None
        if a.dtype.kind in "iub" and name != "tries":
            raise Wrong(f"{name} holds integers ({a.dtype}), which have no decimals: make the array with dtype float.")
        if a.dtype.kind not in "fiub":
            what = type(value).__name__ if a.dtype == object and a.ndim == 0 else f"{a.dtype} numbers"
            raise Wrong(f"{name} is made of {what}, expected real numbers.")
        expected = tuple(lengths[length] for length in axes.values())
        if a.shape != expected:
            shape = f"{expected}, that is ({', '.join(axes.values())})" if axes else "a single number"
            message = f"{name} has shape {a.shape}, expected {shape}."
            if sorted(a.shape) == sorted(expected):
                message += " It looks transposed: time comes first, and each sample is a column."
            elif a.ndim == len(expected) > 0 and a.shape[1:] == expected[1:]:
                N_T, first = lengths["N_T"], next(iter(axes.values()))
                entries = {N_T: "N_T", N_T - 1: "N_T - 1"}.get(len(a), len(a)) if "k" in axes else len(a)
                message += f" It has {entries} entries, it should have {first}{self.note}."
            raise Wrong(message)
        if not np.isfinite(a).all():
            where = tuple(np.argwhere(~np.isfinite(a))[0])
            raise Wrong(f"{name} is {a[where]}{at(axes, where)}: 0/0, an overflow, or an entry that was never set?")
        return a


def split_weights(value):
    """V and b, of Weights or of a pair."""
    if isinstance(value, Weights):
        return [value.V, value.b]
    if isinstance(value, tuple | list) and len(value) == 2:
        return list(value)
    raise Wrong("Return V and b: two arrays, or Weights(V, b).")


def given(*names):
    return lambda problem: {name: getattr(problem, name) for name in names}


STATES = {"k": "N_T", "row": "d", "sample": "I"}
V, B = {"k": "N_T - 1", "row": "d", "column": "d"}, {"k": "N_T - 1", "row": "d"}
