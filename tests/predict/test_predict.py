"""Predictions: what is shown is the same at every run, and says the answer with and without its script."""

import re

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from neuralode_lib import predict
from neuralode_lib.predict.prediction import Prediction

EXAMPLE = Prediction("X-sum", r"""
    $1 + 1 < 3$, so **two**
    is right.
    """)


@pytest.mark.parametrize("unknown", ["A-", "", None, ["A-relu"]])
def test_an_unknown_one_is_named(unknown):
    with pytest.raises(ValueError, match=rf"there is no prediction .*, expected one of {', '.join(predict.ids())}"):
        predict.ask(unknown)


@pytest.mark.parametrize("id", predict.ids())
def test_answers_are_well_formed(id):
    """Mathematics closed, no leftovers of Markdown, one line a paragraph; an id says in which notebook."""
    shown = re.search(r"</summary>(.*)</details>", predict.ask(id)._repr_html_(), re.DOTALL)[1]
    assert re.match("[A-E]-", id) and "\n" not in shown and shown.count("$") % 2 == 0
    outside = re.sub(r"\$\$.+?\$\$|\$.+?\$|<code>.*?</code>|<.*?>", "", shown)
    assert outside.strip() and not re.search(r"[*`$\\]", outside), outside


def test_without_its_script_the_answer_opens():
    html = re.sub(r"<(script|style)>.*?</\1>", "", EXAMPLE._repr_html_(), flags=re.DOTALL)
    assert "<details><summary>Answer</summary>" in html and "$1 + 1 &lt; 3$, so <b>two</b> is right.</p>" in html
    assert not re.search(r"<(input|button|form)| id=", html)  # nothing that does nothing


def test_text_is_one_sentence():
    assert repr(EXAMPLE).startswith("[Predict X-sum: ") and "\n" not in repr(EXAMPLE)


def run(source):
    """The outputs of a cell with this source."""
    notebook = new_notebook(cells=[new_code_cell(source)])
    NotebookClient(notebook, allow_errors=True, timeout=60).execute()
    return notebook.cells[0].outputs


def test_what_a_cell_shows_is_folded_into_the_answer():
    setup = "from neuralode_lib import plotting, predict; from IPython.display import HTML\nx = 3\n"
    (output,) = run(
        f"{setup}with predict.ask('A-relu'):\n    print('1 < 2')\n    display(x, HTML('<i>k</i>'))\n"
        "    plotting.show(plotting.panels(1), alt='two \"axes\"')"
    )
    shown = re.search(r"<details>(.*)</details>", output.data["text/html"], re.DOTALL)[1]
    parts = ["<pre>1 &lt; 2\n</pre>", "<pre>3</pre>", "<i>k</i>", 'alt="two &quot;axes&quot;"', "y = 3 + 0 + 1 = 4"]
    places = [shown.find(part) for part in parts]
    assert -1 not in places and places == sorted(places)
    assert output.data["text/plain"] == repr(predict.ask("A-relu"))


def test_an_error_is_seen_below_what_went_before():
    *before, error = run("from neuralode_lib import predict\nwith predict.ask('A-relu'):\n    print(1)\n    1 / 0")
    assert [output.get("text") for output in before] == ["1\n"] and error.ename == "ZeroDivisionError"
