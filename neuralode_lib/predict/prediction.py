"""A prediction in a page: a field to commit in, and an answer that opens. It needs no kernel and no network.

Without its script, in a notebook that is not trusted or on GitHub, the answer still opens. It is folded by the output
itself: JupyterLab opens a folded output whenever its cell runs.
"""

from base64 import b64encode
from html import escape
from pathlib import Path

from IPython.display import display
from IPython.utils.capture import capture_output

from ..quiz.markup import details, html, scripted, unwrapped


class Prediction:
    """What `predict.ask` shows. answer: Markdown with $mathematics$.

    `with predict.ask(id):` folds what the cell prints and shows into the answer, above its words.
    """

    def __init__(self, id, answer):
        self.id, self.answer = id, answer

    def __repr__(self):
        return f"[Predict {self.id}: the field and the answer show in a notebook and on its pages]"

    def _repr_html_(self, seen=""):
        content = details("Answer", seen + html(unwrapped(self.answer)))
        return scripted("prediction", Path(__file__).with_name("prediction"), content, name=self.id)

    def __enter__(self):
        self._capture = capture_output(stderr=False)
        self._captured = self._capture.__enter__()

    def __exit__(self, kind, error, traceback):
        self._capture.__exit__(kind, error, traceback)
        if kind is not None:
            self._captured.show()  # what went before the error helps to understand it
            return
        printed = f"<pre>{escape(self._captured.stdout)}</pre>\n" if self._captured.stdout else ""
        shown = "".join(_as_html(output.data, output.metadata) + "\n" for output in self._captured.outputs)
        display({"text/html": self._repr_html_(printed + shown), "text/plain": repr(self)}, raw=True)


def _as_html(data, metadata):
    if "text/html" in data:
        return data["text/html"]
    if png := data.get("image/png"):
        alt = (metadata or {}).get("image/png", {}).get("alt", "")
        png = png if isinstance(png, str) else b64encode(png).decode()
        return f'<img style="max-width: 100%" alt="{escape(alt)}" src="data:image/png;base64,{png}">'
    if "text/markdown" in data:
        return html(unwrapped(data["text/markdown"]))
    return f"<pre>{escape(data['text/plain'])}</pre>"
