r"""Formulas are whole wherever a notebook is read: in JupyterLab and on pages (MathJax 3), in what nbconvert exports as
HTML (MathJax 2.7), in a PDF (LaTeX). So they use only what all of these know; \textcolor and colours by number are not.
"""

import re
from pathlib import Path

import jupytext
import pytest

from neuralode_lib import predict, quiz

SCRIPTS = sorted(Path(__file__).parents[1].glob("notebooks/scripts/*.py"))

# Seen whole in Chromium with MathJax 2.7.9 and in LaTeX with amsmath and amssymb.
KNOWN = set(r"""
    \\ \, \; \{ \} \| \mathbf \mathbb \mathrm \text \boldsymbol \operatorname \displaystyle \begin \end \frac \tfrac
    \sqrt \underbrace \phantom \bigl \bigr \Big \Bigl \Bigr \dot \ddot \tilde \hat \bar \beta \gamma \delta \Delta
    \varepsilon \eta \theta \lambda \mu \pi \sigma \Sigma \varphi \det \lim \log \max \min \sin \tanh \sum \int \nabla
    \partial \infty \top \langle \rangle \cdot \times \pm \approx \propto \ge \geq \le \ll \in \to \mapsto \dots \quad
    \qquad
""".split()) | {"\\ "}
ENVIRONMENTS = {"pmatrix", "aligned", "gathered"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_formulas_use_what_every_reader_knows(script):
    for cell in jupytext.read(script).cells:
        if cell.cell_type == "markdown":
            assert unknown(cell.source) == set(), cell.source


@pytest.mark.parametrize("id", quiz.ids())
def test_formulas_of_a_question_do(id):
    q = quiz.question(id)
    texts = [q.prompt, q.explanation, q.evaluated, *q.hints]
    texts += [text for option in q.options for text in (option.text, option.feedback)]
    assert unknown("\n\n".join(texts)) == set()


@pytest.mark.parametrize("id", predict.ids())
def test_formulas_of_an_answer_do(id):
    assert unknown(predict.ask(id).answer) == set()


def unknown(text):
    """The macros and environments in the formulas of a Markdown text that not every reader knows."""
    formulas = " ".join(re.findall(r"\$\$.+?\$\$|\$[^$]+\$", re.sub(r"`[^`]*`", "", text), re.DOTALL))
    macros = set(re.findall(r"\\(?:[A-Za-z]+|.)", formulas, re.DOTALL))
    return macros - KNOWN | set(re.findall(r"\\begin\{(.*?)\}", formulas)) - ENVIRONMENTS


def test_what_is_not_known_is_found():
    assert unknown(r"a $\mathbf{x}$, `\code`, \nothing, $$\textcolor{green}{x}\\ \begin{tabular}$$") == {
        *(r"\textcolor", "tabular"),
    }
