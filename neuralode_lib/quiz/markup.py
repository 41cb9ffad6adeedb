"""Multiple-choice questions whose key is computed: `quiz.question("B6")`, then `.check("C")`, `.hint()`, `.solution()`.

Every option carries a function that evaluates it on a random problem. Right are the options whose value is that of
the asked quantity on several problems; no letter is written down as a key. The questions stand in `questions.py`.
"""

import html
import re
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

LETTERS = "ABCDEFGH"
_BAR = "display:inline-block;vertical-align:middle;height:1.2em;background:#1f4e9c"


def question(id):
    """The question of that id, such as "B6"; ValueError, with all ids, where there is none."""
    if id not in ids():
        raise ValueError(f"there is no question {id!r}, expected one of {', '.join(ids())}")
    return _all()[id]


def ids():
    """The ids of all questions, in the order in which the notebooks ask them."""
    return list(_all())


@cache
def _all():
    from .questions import QUESTIONS  # here and not above: it is written in terms of this module

    return {q.id: q for q in QUESTIONS}


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
            object.__setattr__(self, field, _unwrapped(getattr(self, field)))


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
            setattr(self, field, _unwrapped(getattr(self, field)))
        self.hints = tuple(map(_unwrapped, self.hints))
        self._hints_given, self._evaluations = 0, {}

    @property
    def letters(self):
        """The letters that may be chosen, such as "ABCD"."""
        return LETTERS[: len(self.options)]

    @cached_property
    def right(self):
        """The set of right letters, computed when it is first asked for."""
        return self.key(seeds=(1, 2, 3))

    def key(self, seeds):
        """The letters whose options have the asked value on the problem of every seed."""
        right = set.intersection(*map(self._agreeing, seeds))
        return right or {letter for letter, option in self._lettered if option.value is None}

    def evaluate(self, seed=1):
        """The asked quantity and {letter: value}, on one random problem; "none of these" has no value."""
        if seed not in self._evaluations:
            problem = self.problem(seed)
            values = {letter: o.value(problem) for letter, o in self._lettered if o.value is not None}
            self._evaluations[seed] = self.asked(problem), values
        return self._evaluations[seed]

    def _agreeing(self, seed):
        asked, values = self.evaluate(seed)
        return {letter for letter, value in values.items() if _same(value, asked, self.tolerance)}

    @property
    def _lettered(self):
        return list(zip(self.letters, self.options, strict=True))

    def markdown(self):
        """The question and its options, as they stand in the notebook."""
        options = [f"- **{letter})** {option.text}" for letter, option in self._lettered]
        return Text("\n".join([f"**Quiz.** {self.prompt}", "", *options]))

    def check(self, *answer):
        """Say whether the chosen letters are right, and if not, why: check("C"), check("B", "D"), check("BD").

        Raises ValueError where the answer is not made of the question's letters.
        """
        chosen, right = self._chosen(answer), self.right
        if chosen == right:
            return Text("\n\n".join(["**Right.**", *self._feedback(chosen)]))
        if wrong := chosen - right:
            rest = [f"**{_are_right(chosen & right)}.**"] if chosen & right else []
            return Text("\n\n".join(["**Not yet.**", *self._feedback(wrong), *rest]))
        more = "another letter is" if len(right - chosen) == 1 else "other letters are"
        return Text("\n\n".join([f"**Right, but not all:** {more} right, too. Which?", *self._feedback(chosen)]))

    def _chosen(self, answer):
        parts = []
        for part in answer:
            parts += [part] if isinstance(part, str) or not isinstance(part, Iterable) else part
        letters = {letter for part in parts for letter in str(part).upper() if letter not in ", "}
        if not letters or not letters <= set(self.letters):
            came = ", ".join(map(repr, parts)) or "empty"
            raise ValueError(f"the answer is {came}, expected one or several of the letters {', '.join(self.letters)}")
        return letters

    def _feedback(self, letters):
        asked, values = self.evaluate()
        for letter, option in self._lettered:
            if letter in letters:
                shapes = np.shape(values.get(letter, asked)), np.shape(asked)
                kind = "" if shapes[0] == shapes[1] else "is {} where {} is asked for. It ".format(*map(_kind, shapes))
                yield f"**{letter}** {kind}{option.feedback}"

    def hint(self):
        """The next hint; after the last one they begin again."""
        n, self._hints_given = self._hints_given % len(self.hints), self._hints_given + 1
        return Text(f"**Hint {n + 1} of {len(self.hints)}.** {self.hints[n]}")

    def solution(self):
        """The right letters, why, and what each option amounts to on a random problem."""
        asked, values = self.evaluate()
        numbers = [f"asked: {_shown(asked)}"] if np.ndim(asked) < 2 else []
        for letter, value in values.items():
            numbers.append(f"**{letter}**: {_shown(value, asked)}{' ← right' if letter in self.right else ''}")
        answer = f"**{_are_right(self.right)}.** {self.explanation}"
        return Text("\n\n".join([answer, self.evaluated, " · ".join(numbers)]))

    def widget(self):
        """The question's buttons as an ipywidgets box: letters, Check, Hint, Solution, and the answer below."""
        return _Card(self).box

    def poll(self):
        """For a lecture: count the votes for each option, see them as bars, then reveal the answer."""
        return Poll(self)

    def __repr__(self):
        return f'[Question {self.id}: choose here when the notebook runs, or ask quiz.question("{self.id}").check("A")]'

    def _repr_mimebundle_(self, **kwargs):
        return _bundle(self.widget(), self)


class Poll:
    """Votes for each option of a question: a number field and a button for each, bars, and Reveal."""

    def __init__(self, question):
        import ipywidgets as w

        self.question, self.revealed = question, False
        self.votes, self.plus, self.bars = {}, {}, {}
        for letter in question.letters:
            style, slim = {"description_width": "1.5em"}, w.Layout(width="7em")
            self.votes[letter] = w.BoundedIntText(
                0, 0, 9999, description=letter, tooltip=f"votes for {letter}", style=style, layout=slim
            )
            self.plus[letter] = w.Button(
                description=f"{letter} + 1", tooltip=f"one more vote for {letter}", layout=w.Layout(width="5em")
            )
            self.bars[letter] = w.HTML(layout=w.Layout(width="26em"))
            self.plus[letter].on_click(lambda _, letter=letter: self.add(letter))
            self.votes[letter].observe(lambda _: self.draw(), "value")
        self.answer = w.HTMLMath(layout=w.Layout(width="auto", height="12em", overflow="auto"))
        self.buttons = _buttons({"Reveal": self.reveal, "Clear": self.clear})
        rows = [w.HBox([self.votes[c], self.plus[c], self.bars[c]]) for c in question.letters]
        self.box = w.VBox([*rows, w.HBox(list(self.buttons.values())), self.answer])
        self.draw()

    def add(self, letter):
        """One more vote for `letter`."""
        with _errors_shown(self.answer):
            self.votes[letter].value += 1

    def draw(self):
        """The bars, each with its count as text; after `reveal` the right ones are marked."""
        with _errors_shown(self.answer):
            counts = {letter: field.value for letter, field in self.votes.items()}
            most, total = max(1, *counts.values()), max(1, sum(counts.values()))
            for letter, n in counts.items():
                mark = " ✓ right" if self.revealed and letter in self.question.right else ""
                bar = f'<span aria-hidden="true" style="{_BAR};width:{14 * n / most:.2f}em"></span>'
                self.bars[letter].value = f"{bar} {n} ({100 * n / total:.0f} %)<b>{mark}</b>"

    def reveal(self):
        """Mark the right options, and say for each option what is right or wrong about it."""
        with _errors_shown(self.answer):
            self.revealed = True
            self.draw()
            self.answer.value = _html("\n\n".join(self.question._feedback(set(self.question.letters))))

    def clear(self):
        """No votes, and the answer hidden again."""
        with _errors_shown(self.answer):
            self.revealed, self.answer.value = False, ""
            for field in self.votes.values():
                field.value = 0
            self.draw()

    def __repr__(self):
        return f"[Poll on question {self.question.id}: votes are counted here when the notebook runs]"

    def _repr_mimebundle_(self, **kwargs):
        return _bundle(self.box, self)


class _Card:
    """A question's widget; its methods are the callbacks."""

    def __init__(self, question):
        import ipywidgets as w

        self.question = question
        self.toggles = {
            letter: w.ToggleButton(description=letter, tooltip=f"choose {letter}", layout=w.Layout(width="4em"))
            for letter in question.letters
        }
        for toggle in self.toggles.values():
            toggle.observe(lambda _: self.mark(), "value")
        self.buttons = _buttons({"Check": self.check, "Hint": self.hint, "Solution": self.solution})
        self.answer = w.HTMLMath(layout=w.Layout(width="auto", height="9em", overflow="auto"))
        self.answer.value = "Choose one letter or several, then Check."
        row = w.HBox([*self.toggles.values(), *self.buttons.values()], layout=w.Layout(flex_flow="row wrap"))
        self.box = w.VBox([row, self.answer])

    def mark(self):
        """The chosen letters bold and underlined: they are not told by colour alone."""
        for letter, toggle in self.toggles.items():
            toggle.style.font_weight = "bold" if toggle.value else ""
            toggle.style.text_decoration = "underline" if toggle.value else ""
            toggle.tooltip = f"{letter} is chosen" if toggle.value else f"choose {letter}"

    def check(self):
        chosen = {letter for letter, toggle in self.toggles.items() if toggle.value}
        self._show(lambda: self.question.check(chosen) if chosen else "Choose at least one letter first.")

    def hint(self):
        self._show(self.question.hint)

    def solution(self):
        self._show(self.question.solution)

    def _show(self, text):
        with _errors_shown(self.answer):
            self.answer.value = _html(text())


@contextmanager
def _errors_shown(widget):
    """Show an exception in `widget`: what a callback raises is seen nowhere else."""
    try:
        yield
    except Exception as error:
        widget.value = f"<b>{type(error).__name__}</b>: {html.escape(str(error))}"


def _buttons(actions):
    import ipywidgets as w

    buttons = {}
    for name, action in actions.items():
        buttons[name] = w.Button(description=name, tooltip=name, layout=w.Layout(width="7em"))
        buttons[name].on_click(lambda _, action=action: action())
    return buttons


def _bundle(widget, source):
    """What a notebook stores and shows: the widget, and one sentence that is the same at every run."""
    # Written out, for ipywidgets 7, too, which Colab has had for long: there a widget has no _repr_mimebundle_.
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {"application/vnd.jupyter.widget-view+json": view, "text/plain": repr(source)}


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


def _unwrapped(text):
    """One line for each paragraph, as in the notebooks."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text.strip()))


def _are_right(letters):
    return f"{' and '.join(sorted(letters))} {'is' if len(letters) == 1 else 'are'} right"


def _html(markdown):
    """Paragraphs, bold, italics and code of our own texts as HTML; mathematics is left to MathJax."""
    return "".join(f'<p style="margin:0 0 .5em">{_inline(block)}</p>' for block in markdown.split("\n\n"))


def _inline(text):
    parts = re.split(r"(\$\$.+?\$\$|\$.+?\$|`.+?`)", text)
    for n, part in enumerate(parts):
        part = html.escape(part, quote=False)
        if n % 2 == 0:
            part = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", part)
            part = re.sub(r"\*(.+?)\*", r"<i>\1</i>", part)
        elif part.startswith("`"):
            part = f"<code>{part[1:-1]}</code>"
        parts[n] = part
    return "".join(parts)
