"""Votes in a lecture: ipywidgets, and what they share with the card."""

from contextlib import contextmanager
from html import escape

from .markup import html

_BAR = "display:inline-block;vertical-align:middle;height:1.2em;background:#1f4e9c"


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
        self.buttons = buttons({"Reveal": self.reveal, "Clear": self.clear})
        rows = [w.HBox([self.votes[c], self.plus[c], self.bars[c]]) for c in question.letters]
        self.box = w.VBox([*rows, w.HBox(list(self.buttons.values())), self.answer])
        self.draw()

    def add(self, letter):
        """One more vote for `letter`."""
        with errors_shown(self.answer):
            self.votes[letter].value += 1

    def draw(self):
        """The bars, each with its count as text; after `reveal` the right ones are marked."""
        with errors_shown(self.answer):
            counts = {letter: field.value for letter, field in self.votes.items()}
            most, total = max(1, *counts.values()), max(1, sum(counts.values()))
            for letter, n in counts.items():
                mark = " ✓ right" if self.revealed and letter in self.question.right else ""
                bar = f'<span aria-hidden="true" style="{_BAR};width:{14 * n / most:.2f}em"></span>'
                self.bars[letter].value = f"{bar} {n} ({100 * n / total:.0f} %)<b>{mark}</b>"

    def reveal(self):
        """Mark the right options, and say for each option what is right or wrong about it."""
        with errors_shown(self.answer):
            self.revealed = True
            self.draw()
            self.answer.value = html("\n\n".join(self.question._feedback(set(self.question.letters))))

    def clear(self):
        """No votes, and the answer hidden again."""
        with errors_shown(self.answer):
            self.revealed, self.answer.value = False, ""
            for field in self.votes.values():
                field.value = 0
            self.draw()

    def __repr__(self):
        return f"[Poll on question {self.question.id}: votes are counted here when the notebook runs]"

    def _repr_mimebundle_(self, **kwargs):
        return bundle(self.box, self)


@contextmanager
def errors_shown(widget):
    """Show an exception in `widget`: what a callback raises is seen nowhere else."""
    try:
        yield
    except Exception as error:
        widget.value = f"<b>{type(error).__name__}</b>: {escape(str(error))}"


def buttons(actions):
    import ipywidgets as w

    buttons = {}
    for name, action in actions.items():
        buttons[name] = w.Button(description=name, tooltip=name, layout=w.Layout(width="7em"))
        buttons[name].on_click(lambda _, action=action: action())
    return buttons


def bundle(widget, source):
    """What a notebook stores and shows: the widget, and one sentence that is the same at every run."""
    # Written out, for ipywidgets 7, too, which Colab has had for long: there a widget has no _repr_mimebundle_.
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {"application/vnd.jupyter.widget-view+json": view, "text/plain": repr(source)}
