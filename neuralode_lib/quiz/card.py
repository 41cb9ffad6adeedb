"""A question's buttons, as ipywidgets."""

from .markup import html
from .poll import buttons, errors_shown


class Card:
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
        self.buttons = buttons({"Check": self.check, "Hint": self.hint, "Solution": self.solution})
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
        with errors_shown(self.answer):
            self.answer.value = html(text())

    def __repr__(self):
        return f"[Question {self.question.id}: choose here when the notebook runs]"

    def _repr_mimebundle_(self, **kwargs):
        from .poll import bundle

        return bundle(self.box, self)
