"""Exercises that answer: `forward.check(my_forward)` says what is wrong, `.hint()` helps, `.solution()` shows."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from itertools import permutations

import numpy as np

from ..problem import TrainingProblem
from ..resnet import Weights
from . import diagnosis, solved
from .diagnosis import at, close_parts
from .problems import PROBLEMS, random_problem
from .run import NotAttempted, Wrong, a_or_an, run

BADGES = {"✓": "#1a7f37", "✗": "#cf222e"}  # white on them has a contrast above 5, whatever the page's colours are


@dataclass(frozen=True, repr=False)
class Answer:
    """What a check or a hint shows: the text, and in a notebook its mark. `passed`: the function is right."""

    text: str
    mark: str = ""

    @property
    def passed(self):
        return self.mark == "✓"

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        if not self.mark:
            return None
        style = f"background: {BADGES[self.mark]}; color: white; padding: 0 .4em; border-radius: .3em"
        badge = f'<span aria-hidden="true" style="{style}">{self.mark}</span>'
        return f'<pre style="white-space: pre-wrap">{badge} {escape(self.text)}</pre>'


class Source(Answer):
    """Python, in colours where the notebook has them."""

    def _repr_markdown_(self):
        return f"```python\n{self.text}\n```"


@dataclass(eq=False)
class Exercise:
    """One function for students to write.

    functions: the right one, then its helpers. arguments: what it is given, a function from `random_problem(...)` to a
    dict. parts: what comes back, by name, each a dict of its axes and their lengths; split: takes it apart. mistakes:
    lines `text in the source -> other text` (several joined by &&), and indented below them what to tell the student.
    traps: [(n, arguments, text), ...], what is tried on problem n after all else is right, and what to say then;
    remarks: the same, for what is said and forgiven.
    note: why there are as many entries as there are. coupled: one wrong part makes others wrong.
    additive: the result is a sum with one term a line, so that two mistakes in two lines add up.
    """

    name: str
    functions: tuple
    arguments: Callable
    parts: dict
    mistakes: str
    hints: list
    split: Callable = lambda value: [value]
    traps: list = field(default_factory=list)
    remarks: list = field(default_factory=list)
    note: str = ""
    backwards: bool = False
    coupled: bool = False
    additive: bool = False
    hints_given = 0

    def __repr__(self):
        me = f"exercises.{self.name}"
        return f"{me}: write your function, then {me}.check(it); {me}.hint() helps, {me}.solution() shows."

    @property
    def uses_sigma(self):
        return {"activation", "sigma"} & {*self.arguments(random_problem(*PROBLEMS[0]))}

    def hint(self):
        """The next hint: a nudge, the formula, the first line."""
        if self.hints_given == len(self.hints):
            return Answer(f"There are no more hints. exercises.{self.name}.solution() shows the library's way.")
        self.hints_given += 1
        return Answer(f"Hint {self.hints_given} of {len(self.hints)}: {self.hints[self.hints_given - 1]}")

    def solution(self):
        """The source of a right function."""
        return Source("\n\n\n".join(f"# {f.__module__}\n{diagnosis.source(f)}" for f in self.functions))

    def check(self, function=None):
        """An Answer: not attempted yet, right, or what is wrong."""
        name = getattr(function, "__name__", "your function")
        try:
            self._check_call(function)
            self._check_numbers(function)
            for n, arguments, text in self.traps:
                if trapped := self._trapped(function, n, arguments):
                    raise Wrong(f"{text}\n{trapped}")
        except NotAttempted:
            return Answer(f"Not attempted yet: write {name}, then check again. exercises.{self.name}.hint() helps.")
        except Wrong as wrong:
            return Answer(f"Not yet. {wrong}", "✗")
        solved.remember(self.name)
        said = [text for n, arguments, text in self.remarks if self._trapped(function, n, arguments)]
        right = f"Right! {name} agrees with the library on {len(PROBLEMS)} random problems."
        return Answer("\n".join([right, *said]), "✓")

    def yours_or_library(self, function):
        """The function where it is right, else the library's."""
        return function if self.check(function).passed else self.functions[0]

    def _check_call(self, function):
        me = f"exercises.{self.name}.check"
        if function is None:
            raise Wrong(f"{me} wants your function: {me}(my_{self.name}).")
        if not callable(function):
            raise Wrong(f"{me} wants your function itself, without (...); it was given {a_or_an(function)}.")
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise Wrong("Your function is async: remove the word async.")
        if inspect.isgeneratorfunction(function):
            raise Wrong("Your function has a yield: it should return its result, all of it at once.")
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
            if any(p.kind is p.KEYWORD_ONLY and p.name in expected for p in signature.parameters.values()):
                raise Wrong("Your function takes arguments by name only, it is called by position: remove the *.")
            raise Wrong(f"Your function takes ({', '.join(taken)}), it is called with ({', '.join(expected)}).")

    def _check_numbers(self, function):
        found = [self._output(function, n, self.arguments) for n in range(len(PROBLEMS))]
        right = [diagnosis.outputs(self, n) for n in range(len(PROBLEMS))]
        for n, parts in enumerate(found):
            if text := self._not_finite(parts):
                raise Wrong(
                    diagnosis.of_what_is_not_finite(self, found) or f"{text}\n({diagnosis.lengths(self, n)})"
                )
        if not all(map(close_parts, found, right)):
            if not close_parts(self._output(function, 0, self.arguments), found[0]):
                raise Wrong(
                    "It gives another result each time: is there a random number, or something that it keeps "
                    "from one call to the next?"
                )
            raise Wrong(diagnosis.of_numbers(self, found, right))

    def _trapped(self, function, n, arguments):
        """What is wrong on problem n with these arguments, or nothing."""
        try:
            mine = self._output(function, n, arguments)
        except Wrong as wrong:
            return str(wrong)
        right = [np.asarray(part) for part in self.split(self.functions[0](*self._made(n, arguments).values()))]
        if text := self._not_finite(mine):
            return text
        return "" if close_parts(mine, right) else diagnosis.first_difference(self, n, mine, right)

    def _made(self, n, arguments):
        return arguments(random_problem(*PROBLEMS[n]))

    def _output(self, function, n, arguments):
        """The parts of what a student's function returns on problem n, as arrays of the right shapes, or Wrong."""
        given, untouched = (self._made(n, arguments) for _ in range(2))
        try:
            value = run(function, given.values(), diagnosis.sizes(self, n))
            for name in given:
                if not _same(given[name], untouched[name]):
                    raise Wrong(
                        f"You changed {name} in place, and whoever calls you still needs it: work on a copy. "
                        "(+= writes into the array it is given.)"
                    )
            values = self.split(value)
            self._check_order(values, n)
            parts = zip(self.parts.items(), values, strict=True)
            return [self._array(name, axes, part, n) for (name, axes), part in parts]
        except Wrong as wrong:
            raise Wrong(f"{wrong}\n({diagnosis.lengths(self, n)})") from None

    def _check_order(self, values, n):
        """Whether the right parts come in another order than they should."""
        try:
            mine, right = list(map(np.asarray, values)), diagnosis.outputs(self, n)
        except ValueError:
            return
        if any(part.dtype.kind not in "fiu" for part in mine) or close_parts(mine, right):
            return
        if any(close_parts(order, right) for order in permutations(mine)):
            raise Wrong(f"The order is another one: first {', then '.join(self.parts)}.")

    def _array(self, name, axes, value, n):
        if any(map(np.ma.is_masked, [value, *(value if isinstance(value, list | tuple) else [])])):
            raise Wrong(f"{name} is a masked array, in which entries are hidden: make it a plain one.")
        try:
            a = np.array(value)
        except ValueError:
            several = f" You return {len(value)} things: return {name} alone." if isinstance(value, tuple) else ""
            raise Wrong(f"{name} is not an array: its rows differ in length.{several}") from None
        if a.dtype.kind in "iub" and axes:
            raise Wrong(f"{name} holds integers ({a.dtype}), which have no decimals: make the array with dtype float.")
        if a.dtype.kind not in "fiub":
            what = type(value).__name__ if a.dtype == object and a.ndim == 0 else f"{a.dtype} numbers"
            raise Wrong(f"{name} is made of {what}, expected real numbers.")
        d, I, N_T, _ = PROBLEMS[n]
        lengths = {"d": d, "d + 1": d + 1, "I": I, "N_T": N_T, "N_T - 1": N_T - 1}
        lengths |= {"len(steps)": N_T, "len(dt) - 1": N_T - 1}
        expected = tuple(lengths[length] for length in axes.values())
        if a.shape != expected:
            raise Wrong(f"{name} has shape {a.shape}, expected {self._expected(a, axes, expected, N_T)}")
        return a

    def _not_finite(self, parts):
        for (name, axes), part in zip(self.parts.items(), parts, strict=True):
            for where in map(tuple, np.argwhere(~np.isfinite(part))):
                causes = "0/0, an overflow, the root of a negative number, or an entry that was never set?"
                return f"{name} is {part[where]}{at(axes, where)}: {causes}"
        return ""

    def _expected(self, a, axes, expected, N_T):
        if not axes:
            return "a single number."
        text = f"{expected}, that is ({', '.join(axes.values())}{',' if len(axes) == 1 else ''})."
        if sorted(a.shape) == sorted(expected):
            rules = {"k": "time comes first", "sample": "each sample is a column"}
            return f"{text} It looks transposed: {', and '.join(rules[axis] for axis in rules if axis in axes)}."
        if a.ndim == 0 and len(axes) == 1:
            return f"{text} It is a single number{self.note}."
        if a.ndim == len(expected) and a.shape[1:] == expected[1:]:
            entries = {N_T: "N_T", N_T - 1: "N_T - 1"}.get(len(a), len(a)) if "k" in axes else len(a)
            plural = "entry" if entries == 1 else "entries"
            return f"{text} It has {entries} {plural}, it should have {next(iter(axes.values()))}{self.note}."
        return text


def _same(a, b):
    """Whether an argument is as it was: an array, Weights, or a TrainingProblem."""
    if isinstance(b, TrainingProblem):
        return all(_same(getattr(a, name), getattr(b, name)) for name in ("x_in", "y_out", "dt", "w1", "w2"))
    a, b = (getattr(value, "theta", value) for value in (a, b))
    return np.array_equal(a, b) if isinstance(b, np.ndarray | float | int) else True


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
