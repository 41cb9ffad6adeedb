"""A prediction in a page: a field to commit in, and an answer that opens. It needs no kernel and no network.

Without its script, in a notebook that is not trusted or on GitHub, the answer still opens.
"""

from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from ..quiz.markup import html, unwrapped


@dataclass(frozen=True)
class Prediction:
    """What `predict.ask` shows. answer: Markdown with $mathematics$."""

    id: str
    answer: str

    def __repr__(self):
        return f"[Predict {self.id}: the field and the answer show in a notebook and on its pages]"

    def _repr_html_(self):
        return (
            f'<div class="prediction" data-name="{escape(self.id)}" data-lm-suppress-shortcuts="true">\n'
            f"<style>\n{_file('prediction.css')}</style>\n"
            f"<details>\n<summary>Answer</summary>\n{html(unwrapped(self.answer))}\n</details>\n"
            f"<script>\n{_file('prediction.js')}</script>\n</div>"
        )


@cache
def _file(name):
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
