"""A question in a page: letters, Check, Hint, Solution, and a poll for the lecture. It needs no kernel and no network.

Without its script, in a notebook that is not trusted or on GitHub, each letter, each hint and the solution open.
"""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from .markup import details, html, scripted


@dataclass(frozen=True)
class Card:
    """What `quiz.question` shows below the question; with poll, the votes alone. It computes the key to be shown."""

    question: object
    poll: bool = False

    def __repr__(self):
        what = "poll" if self.poll else "card"
        return f"[Question {self.question.id}: its {what} shows in a notebook and on its pages]"

    def _repr_html_(self):
        q = self.question
        options = "".join(html(f"**{letter})** {option.text}") for letter, option in q.lettered)
        parts = {"The question": f"<div>{html(q.prompt)}</div>{options}"}
        parts |= {letter: marked(q.check(letter)) for letter in q.letters}
        parts |= {f"Hint {n}": html(hint) for n, hint in enumerate(q.numbered_hints, 1)}
        parts["Solution"] = html(q.solution())
        content = "\n".join(
            [
                '<div role="status"><p>One letter is right, or several are.</p></div>',
                *(details(name, part) for name, part in parts.items()),
            ]
        )
        key = b64encode("".join(sorted(q.right)).encode()).decode()  # nobody reads it by accident
        form = "poll" if self.poll else "card"
        return scripted("quiz", Path(__file__).with_name("card"), content, name=q.id, key=key, form=form)


def marked(answer):
    """A question's answer as HTML, its first paragraph with a tick or a cross: colour alone would not tell."""
    kind, mark = ("right", "✓") if answer.startswith("**Right") else ("wrong", "✗")
    return html(answer).replace("<p><b>", f'<p class="{kind}"><b>{mark} ', 1)
