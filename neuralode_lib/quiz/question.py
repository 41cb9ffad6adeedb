"""A multiple-choice question whose key is computed: no widgets, no notebook.

Every option carries a function that evaluates it on a random problem. Right are the options whose value is that of
the asked quantity on several problems; no letter is written down as a key.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .markup import unwrapped

LETTERS = "ABCDEFGH"


class Text(str):
    """Markdown that notebooks render and consoles print as it is."""

    def __repr__(self):
        return str(self)

    def _repr_markdown_(self):
        return str(self)


@dataclass(frozen=True)
class Option:
    """An answer: its text, the feedback for who chooses it, and what it amounts to on a problem.

    feedback continues a sentence that begins with the letter: "has the wrong sign: ...".
    value: function of the question's problem, a number or an array; None for "none of these".
    """

    text: str
    feedback: str
    value: Callable | None

    def __post_init__(self):
        for field in ("text", "feedback"):
            object.__setattr__(self, field, unwrapped(getattr(self, field)))


@dataclass(eq=False)
class Question:
    """What is asked, the options, and how both are evaluated.

    problem(seed) makes a random problem; asked(problem) and each option's value(problem) are compared on it, up to
    a relative `tolerance`. evaluated says in a few words what these numbers are. All texts are Markdown.
    """

    id: str
    prompt: str
    options: tuple[Option, ...]
    hints: tuple[str, ...]
    explanation: str
    problem: Callable
    asked: Callable
    evaluated: str
    tolerance: float = 1e-9

    def __post_init__(self):
        for field in ("prompt", "explanation", "evaluated"):
            setattr(self, field, unwrapped(getattr(self, field)))
        self.hints = tuple(map(unwrapped, self.hints))
        self._hints_given, self._evaluations = 0, {}

    @property
    def letters(self):
        """The letters that may be chosen, such as "ABCD"."""
        return LETTERS[: len(self.options)]

    @cached_property
    def right(self):
        """The right letters, computed when they are first asked for."""
        return self.key(seeds=(1, 2, 3))

    def key(self, seeds):
        """The letters whose options have the asked value on the problem of every seed."""
        if not (agreeing := [self._agreeing(seed) for seed in seeds]):
            raise ValueError("seeds is empty, expected at least one number")
        right = frozenset.intersection(*agreeing)
        return right or frozenset(letter for letter, option in self.lettered if option.value is None)

    def evaluate(self, seed=1):
        """The asked quantity and {letter: value}, on one random problem; "none of these" has no value."""
        if seed not in self._evaluations:
            problem = self.problem(seed)
            values = {letter: o.value(problem) for letter, o in self.lettered if o.value is not None}
            self._evaluations[seed] = self.asked(problem), values
        return self._evaluations[seed]

    def _agreeing(self, seed):
        asked, values = self.evaluate(seed)
        return frozenset(letter for letter, value in values.items() if _same(value, asked, self.tolerance))

    @property
    def lettered(self):
        """Pairs of a letter and its option."""
        return list(zip(self.letters, self.options, strict=True))

    def markdown(self):
        """The question and its options, as they stand in the notebook."""
        options = [f"- **{letter})** {option.text}" for letter, option in self.lettered]
        return Text("\n".join([f"**Quiz.** {self.prompt}", "", *options]))

    def check(self, *answer):
        """Say whether the chosen letters are right, and if not, why: check("C"), check("B", "D"), check("BD").

        Raises ValueError where the answer is not made of the question's letters.
        """
        chosen, right = self._chosen(answer), self.right
        if wrong := chosen - right:
            # Of several wrong letters one is named: else who chooses all of them would read off the key.
            verdict, chosen = "Not yet.", {min(wrong)}
        elif chosen == right:
            verdict = "Right."
        else:
            verdict = "Right, but not all: another letter is right, too. Which?"
        return Text("\n\n".join([f"**{verdict}**", *self._feedback(chosen)]))

    def _chosen(self, answer):
        parts = []
        for part in answer:
            parts.extend([part] if isinstance(part, str) or not isinstance(part, Iterable) else part)
        letters = {letter for part in parts for letter in str(part).upper() if letter not in ", "}
        if not letters or not letters <= set(self.letters):
            came = ", ".join(map(repr, parts)) or "empty"
            raise ValueError(f"the answer is {came}, expected one or several of the letters {', '.join(self.letters)}")
        return letters

    def _feedback(self, letters):
        asked, values = self.evaluate()
        for letter, option in self.lettered:
            if letter in letters:
                shapes = np.shape(values.get(letter, asked)), np.shape(asked)
                kind = "" if shapes[0] == shapes[1] else "is {} where {} is asked for. It ".format(*map(_kind, shapes))
                yield f"**{letter}** {kind}{option.feedback}"

    @property
    def numbered_hints(self):
        """The hints, each with its number, as `hint` gives them."""
        return [Text(f"**Hint {n} of {len(self.hints)}.** {hint}") for n, hint in enumerate(self.hints, 1)]

    def hint(self):
        """The next hint; after the last one they begin again."""
        n, self._hints_given = self._hints_given % len(self.hints), self._hints_given + 1
        return self.numbered_hints[n]

    def solution(self):
        """The right letters, why, and what each option amounts to on a random problem."""
        asked, values = self.evaluate()
        numbers = [f"wanted: {_shown(asked)}"] if np.ndim(asked) < 2 else []
        for letter, value in values.items():
            numbers.append(f"**{letter}**: {_shown(value, asked)}{' ← right' if letter in self.right else ''}")
        answer = f"**{_are_right(self.right)}.** {self.explanation}"
        return Text("\n\n".join([answer, self.evaluated, " · ".join(numbers)]))

    def poll(self):
        """For a lecture: count the votes for each option, see them as bars, then reveal the right ones."""
        from .card import Card

        return Card(self, poll=True)

    def __repr__(self):
        return self.markdown()

    def _ipython_display_(self):
        """The question as Markdown, whose formulas every reader of notebooks shows, and below it the card."""
        from IPython.display import display

        from .card import Card

        display(self.markdown())
        display(Card(self))


def _same(value, asked, tolerance):
    if np.shape(value) != np.shape(asked):
        return False
    value, asked = np.asarray(value, float), np.asarray(asked, float)
    return bool(np.linalg.norm(value - asked) <= tolerance * np.linalg.norm(asked))


def _kind(shape):
    if shape == ():
        return "a number"
    return f"a vector of {shape[0]} entries" if len(shape) == 1 else f"an array of shape {shape}"


def _shown(value, asked=None):
    """Numbers and vectors as they are, an array by how far it is from the asked one."""
    value = np.asarray(value)
    if value.dtype == bool:
        return "yes" if value else "no"
    if value.ndim < 2:
        return np.array2string(value, separator=", ", formatter={"all": lambda v: f"{v:.4g}"})
    if value.shape != np.shape(asked):
        return _kind(value.shape)
    difference = np.linalg.norm(value - asked) / np.linalg.norm(asked)
    return "the same to rounding" if difference < 1e-9 else f"differs by {100 * difference:.0f} %"


def _are_right(letters):
    return f"{' and '.join(sorted(letters))} {'is' if len(letters) == 1 else 'are'} right"
