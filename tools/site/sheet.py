"""One page for all: every symbol and formula of the lecture with its index, its time, its array, its shape, its code.

Shapes are computed, and tests/test_sheet.py evaluates the code. As a page of the site; and as a sheet to print:

    python tools/site/sheet.py FILE
"""

import re
import sys
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

import numpy as np

import neuralode_lib as node
from neuralode_lib.tape import Tape

ID = re.compile(r"\b[A-Z]\d+\b")
LINK = r"[\g<0>](#\g<0>)"


@cache
def names():
    """What the code on the page may use: a small problem, in which every length is another one."""
    d, N, I, N_T = 2, 3, 4, 7
    rng = np.random.default_rng(0)
    x_in, y_out = rng.standard_normal((2, d, I))
    problem = node.TrainingProblem(x_in, y_out, T=1.5, N_T=N_T, w1=1.3, w2=0.7, activation=node.tanh)
    weights, direction = (node.Weights.random(N_T, d, 1.0, rng) for _ in range(2))
    x = problem.states(weights)
    dt, w1, w2, sigma, dsigma = problem.dt, problem.w1, problem.w2, node.tanh.sigma, node.tanh.dsigma
    phi = node.adjoint(weights, x, y_out, dt, w1, node.tanh)
    gradient = node.gradient(weights, x, phi, dt, w2, node.tanh)
    x_tilde = node.tangent(weights, x, dt, node.tanh, direction)
    V, b, V_hat, b_tilde = weights.V, weights.b, direction.V, direction.b
    J, t, T, gamma = problem.cost(weights), problem.t, problem.T, 0.1
    new_weights = next(now for now in node.gradient_descent(problem, weights, node.constant(gamma)) if now.iteration)
    new_weights = new_weights.weights
    W, c, V_out, b_out = map(rng.standard_normal, [(N, d), N, (d, N), d])
    y_wide = np.stack([V_out.dot(np.tanh(W.dot(x_i) + c)) + b_out for x_i in x_in.T], axis=1)
    x_plain = [x_in]
    for theta in weights.theta:
        x_plain.append(theta @ np.vstack([np.tanh(x_plain[-1]), np.ones(I)]))
    tape = Tape()
    A, B = tape.array(V[0]), tape.array(x_in)
    C = A @ B
    tape.backward(C.apply(node.tanh).sum_of_squares())
    return locals()


def evaluated(code, k=None):
    return eval(code, {**names(), "k": k, "i": 0, "node": node})


def shape(value):
    """Of an array, in letters: (N_T, d, I). A number has ()."""
    n = names()
    letters = {n["d"]: "d", n["N"]: "N", n["I"]: "I", n["N_T"]: "N_T", n["N_T"] - 1: "N_T - 1"}
    if isinstance(value, node.Weights):
        return "Weights"
    lengths = [letters[length] for length in np.shape(value)]
    return f"({', '.join(lengths)}{',' * (len(lengths) == 1)})"


@dataclass(frozen=True)
class Row:
    """A symbol: the array that has it, and the code for it. Or a formula: then `code` computes what `array` is.

    index: the slide's first and last k. Python counts from 0, so that k in the code is one less.
    """

    id: str
    latex: str
    index: tuple
    time: str
    array: str
    code: str = ""

    @property
    def counted(self):
        """The values of k in Python; [None] where nothing is counted."""
        if not self.index:
            return [None]
        first, last = (evaluated(end) for end in self.index)
        return range(first - 1, last)

    @property
    def shape(self):
        return shape(evaluated(self.array, self.counted[-1]))

    def cells(self, formula, code):
        """What stands in its columns, where `formula` writes LaTeX and `code` Python."""
        index = formula(rf"{self.index[0]}, \dots, {self.index[1]}") if self.index else ""
        time = formula(self.time) if self.time else ""
        how = code(self.code) if self.code else ""
        return self.id, formula(self.latex), index, time, code(self.array), code(self.shape), how


ALL, LAYERS = ("1", "N_T"), ("1", "N_T - 1")
STEP = r"t_k \text{ to } t_{k+1}"

SYMBOLS = [
    Row("", r"d", (), "", "problem.d"),
    Row("", r"I", (), "", "problem.I"),
    Row("C1", r"N_T", (), "", "problem.N_T"),
    Row("C1", r"T", (), "", "problem.T"),
    Row("C1", r"\Delta t", (), "", "problem.dt"),
    Row("C1", r"t_k", ALL, "t_k", "problem.t", "t[k]"),
    Row("", r"w_1", (), "", "problem.w1"),
    Row("", r"w_2", (), "", "problem.w2"),
    Row("", r"\mathbf{x}_{\text{in}}^i", (), "0", "problem.x_in", "x_in[:, i]"),
    Row("", r"\mathbf{y}_{\text{out}}^i", (), "T", "problem.y_out", "y_out[:, i]"),
    Row("", r"\mathbf{V}_k", LAYERS, STEP, "weights.V", "V[k]"),
    Row("", r"\mathbf{b}_k", LAYERS, STEP, "weights.b", "b[k]"),
    Row("A5", r"\mathbf{x}_k^i", ALL, "t_k", "problem.states(weights)", "x[k][:, i]"),
    Row("", r"\sigma'(\mathbf{x}_k^i)", ALL, "t_k", "node.tanh.dsigma(x)", "dsigma(x[k][:, i])"),
    Row("", r"\hat{\mathbf{V}}_k", LAYERS, STEP, "direction.V", "V_hat[k]"),
    Row("", r"\tilde{\mathbf{b}}_k", LAYERS, STEP, "direction.b", "b_tilde[k]"),
    Row("B1", r"\tilde{\mathbf{x}}_k^i", ALL, "t_k", "x_tilde", "x_tilde[k][:, i]"),
    Row("B5", r"\boldsymbol{\varphi}_k^i", LAYERS, r"\text{prices } \mathbf{x}_{k+1}", "phi", "phi[k][:, i]"),
    Row("A6", r"J", (), "", "problem.cost(weights)"),
    Row("B9", r"(\nabla_{\mathbf{V}}J)_k", LAYERS, STEP, "gradient.V", "gradient.V[k]"),
    Row("B8", r"(\nabla_{\mathbf{b}}J)_k", LAYERS, STEP, "gradient.b", "gradient.b[k]"),
]

FORMULAS = [
    Row(
        "A1", r"\mathbf{y} = \mathbf{V}\sigma(\mathbf{W}\mathbf{x} + \mathbf{c}) + \mathbf{b}", (), "",
        "y_wide", "V_out @ sigma(W @ x_in + c[:, None]) + b_out[:, None]",
    ),
    Row(
        "A3", r"\text{plain: } \mathbf{x}_{k+1} = \mathbf{V}_k\sigma(\mathbf{x}_k) + \mathbf{b}_k",
        LAYERS, "", "x_plain[k + 1]", "V[k] @ sigma(x_plain[k]) + b[k][:, None]",
    ),
    Row(
        "A4, A5, C3",
        r"\dot{\mathbf{x}} = \mathbf{V}\sigma(\mathbf{x}) + \mathbf{b}:\ "
        r"\mathbf{x}_{k+1} = \mathbf{x}_k + \Delta t\,(\mathbf{V}_k\sigma(\mathbf{x}_k) + \mathbf{b}_k)",
        LAYERS, STEP, "x[k + 1]", "x[k] + dt * (V[k] @ sigma(x[k]) + b[k][:, None])",
    ),
    Row("C1", r"t_k = (k - 1)\Delta t,\ \Delta t = T/(N_T - 1)", ALL, "t_k", "t[k]", "k * T / (N_T - 1)"),
    Row(
        "A6, C2",
        r"J = \tfrac12\sum_i|\mathbf{x}_{N_T}^i - \mathbf{y}^i|^2 + \dots", (), "T",
        "problem.cost_terms(weights).terminal", "((x[-1] - y_out) ** 2).sum() / 2",
    ),
    Row(
        "A6, C2",
        r"\dots + \tfrac{w_1\Delta t}2\sum_i\sum_{k=2}^{N_T-1}|\mathbf{x}_k^i - \mathbf{y}^i|^2 + \dots", (), "",
        "problem.cost_terms(weights).running", "w1 * dt / 2 * ((x[1:-1] - y_out) ** 2).sum()",
    ),
    Row(
        "A6, A7, C2",
        r"\dots + \tfrac{w_2\Delta t}2\sum_{k=1}^{N_T-1}(\|\mathbf{V}_k\|_F^2 + |\mathbf{b}_k|^2)", (), "",
        "problem.cost_terms(weights).weights", "w2 * dt / 2 * ((V**2).sum() + (b**2).sum())",
    ),
    Row(
        "B1, B3",
        r"\dot{\tilde{\mathbf{x}}} = \mathbf{V}\operatorname{diag}(\sigma'(\mathbf{x}))\tilde{\mathbf{x}} + "
        r"\hat{\mathbf{V}}\sigma(\mathbf{x}) + \tilde{\mathbf{b}},\ \tilde{\mathbf{x}}(0) = \mathbf{0}",
        LAYERS, STEP, "x_tilde[k + 1]",
        "x_tilde[k] + dt * (V[k] @ (dsigma(x[k]) * x_tilde[k]) + V_hat[k] @ sigma(x[k]) + b_tilde[k][:, None])",
    ),
    Row(
        "B2, B4",
        r"\langle\nabla J, (\hat{\mathbf{V}}, \tilde{\mathbf{b}})\rangle = "
        r"\sum_i(\mathbf{x}_{N_T} - \mathbf{y})^\top\tilde{\mathbf{x}}_{N_T} + \dots",
        (), "", "gradient.dot(direction)",
        "((x[-1] - y_out) * x_tilde[-1]).sum() + w1 * dt * ((x[1:-1] - y_out) * x_tilde[1:-1]).sum()"
        " + w2 * dt * weights.dot(direction)",
    ),
    Row(
        "B5, C4", r"\boldsymbol{\varphi}(T) = \mathbf{x}(T) - \mathbf{y}:\ \boldsymbol{\varphi}_{N_T-1} = "
        r"\mathbf{x}_{N_T} - \mathbf{y}", (), "T", "phi[-1]", "x[-1] - y_out",
    ),
    Row(
        "B5, C4",
        r"-\dot{\boldsymbol{\varphi}} = (\mathbf{V}\operatorname{diag}(\sigma'(\mathbf{x})))^\top\boldsymbol{\varphi}"
        r" + w_1(\mathbf{x} - \mathbf{y}):\ \boldsymbol{\varphi}_{k-1} = \dots",
        ("2", "N_T - 1"), r"\text{prices } \mathbf{x}_k", "phi[k - 1]",
        "phi[k] + dt * (dsigma(x[k]) * (V[k].T @ phi[k]) + w1 * (x[k] - y_out))",
    ),
    Row(
        "B6, B7",
        r"\sum_i(\mathbf{x}_{N_T} - \mathbf{y})^\top\tilde{\mathbf{x}}_{N_T} = "
        r"\Delta t\sum_i\sum_k\boldsymbol{\varphi}_k^\top(\hat{\mathbf{V}}_k\sigma(\mathbf{x}_k) + "
        r"\tilde{\mathbf{b}}_k) - \dots",
        (), "T",
        "((x[-1] - y_out) * x_tilde[-1]).sum()",
        "dt * (phi * (V_hat @ sigma(x[:-1]) + b_tilde[:, :, None])).sum()"
        " - w1 * dt * ((x[1:-1] - y_out) * x_tilde[1:-1]).sum()",
    ),
    Row(
        "B9, C5",
        r"(\nabla_{\mathbf{V}}J)_k = \Delta t\,\bigl(\sum_i\boldsymbol{\varphi}_k^i\sigma(\mathbf{x}_k^i)^\top + "
        r"w_2\mathbf{V}_k\bigr)",
        LAYERS, STEP, "gradient.V[k]", "dt * (phi[k] @ sigma(x[k]).T + w2 * V[k])",
    ),
    Row(
        "B8, C5", r"(\nabla_{\mathbf{b}}J)_k = \Delta t\,\bigl(\sum_i\boldsymbol{\varphi}_k^i + w_2\mathbf{b}_k\bigr)",
        LAYERS, STEP, "gradient.b[k]", "dt * (phi[k].sum(axis=1) + w2 * b[k])",
    ),
    Row("B10", r"\text{all three steps}", (), "", "problem.cost_and_gradient(weights)[1]", "gradient"),
    Row(
        "B11", r"\mathbf{C} = \mathbf{A}\mathbf{B}:\ \bar{\mathbf{A}} = \bar{\mathbf{C}}\mathbf{B}^\top", (), "",
        "A.price", "C.price @ B.value.T",
    ),
    Row("B11", r"\bar{\mathbf{B}} = \mathbf{A}^\top\bar{\mathbf{C}}", (), "", "B.price", "A.value.T @ C.price"),
    Row("C6", r"\mathbf{V} - \gamma\nabla_{\mathbf{V}}J", (), "", "new_weights", "weights - gamma * gradient"),
    Row(
        "C8",
        r"\mathbf{V}_k + \tfrac1{w_2}\sum_i\boldsymbol{\varphi}_k^i\sigma(\mathbf{x}_k^i)^\top,\ "
        r"\mathbf{0} \text{ at a minimum}",
        LAYERS, STEP, "gradient.V[k] / (w2 * dt)", "V[k] + phi[k] @ sigma(x[k]).T / w2",
    ),
    Row(
        "C9", r"\mathbf{H}\mathbf{v} = \operatorname{Im}\nabla J(\theta + \mathrm{i}h\mathbf{v})/h", (), "",
        "problem.hessian_vector(weights, direction)",
    ),
]  # fmt: skip

TABLES = {"Symbols": SYMBOLS, "Formulas": FORMULAS}
COLUMNS = ("", "slide", "k", "time", "array", "shape", "code")
TITLE = "One page for all"
WORDS = (
    "Samples are columns. Where the slide has the index k, k in the code is one less, for Python counts from 0. "
    "States are counted from 1 everywhere, as in 12.C; 12.A counts them from 0. V_out, b_out and y_wide belong to the "
    "network with one hidden layer, x_plain to the plain one, A, B and C to a tape. Shapes are computed. Of a formula "
    "a test evaluates the code: it gives what stands under array."
)

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
@page {{ size: A4 landscape; margin: 8mm; }}
body {{ margin: 0; padding: 0.5em; font: 8.5pt/1.25 system-ui, sans-serif; color: black; background: white; }}
h1, h2 {{ font-size: 1.2em; margin: 0.3em 0; }}
p {{ margin: 0.3em 0; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ border-top: 0.5pt solid #999999; padding: 1.5pt 4pt; text-align: left; }}
tr {{ break-inside: avoid; }}
@media screen {{ .wide {{ overflow-x: auto; }} }}
code {{ font: 7.5pt/1.25 ui-monospace, monospace; }}
</style>
<script>MathJax = {{ tex: {{ inlineMath: [["\\\\(", "\\\\)"]] }} }};</script>
<script src="_static/tex-svg-full.js"></script>
<body>
<main>
<h1>Neural ODEs: {title}</h1>
<p>{words}</p>
{tables}
</main>
</html>
"""


def markdown():
    """The page of the site, in MyST Markdown."""

    def formula(latex):  # a bar would end the column
        return "$" + latex.replace(r"\|", r"\Vert ").replace("|", r"\vert ") + "$"

    lines = [f"# {TITLE}", "", f'{WORDS} On paper: <a href="sheet-print.html">the sheet</a>.']
    for title, rows in TABLES.items():
        # Formulas and their code are long: one below the other, in one column.
        columns = COLUMNS if rows is SYMBOLS else ("", "slide, and array = code", "k", "time", "shape")
        lines += ["", f"## {title}", "", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
        for row in rows:
            id, slide, k, time, array, shape, code = row.cells(formula, "`{}`".format)
            both = f"{slide}<br>{array}{' = ' * bool(code)}{code}"
            cells = (slide, k, time, array, shape, code) if rows is SYMBOLS else (both, k, time, shape)
            lines.append(f"| {' | '.join([ID.sub(LINK, id), *cells])} |")
    return "\n".join(lines)


def page():
    """The sheet, in HTML: two pages A4."""
    tables = []
    for title, rows in TABLES.items():
        head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
        body = "".join(f"<tr>{''.join(map('<td>{}</td>'.format, html_cells(row)))}</tr>\n" for row in rows)
        wide = f'<div class="wide" role="region" aria-label="{title}" tabindex="0">'
        tables.append(f"<h2>{title}</h2>\n{wide}<table>\n<tr>{head}</tr>\n{body}</table></div>")
    return PAGE.format(title=TITLE, words=WORDS, tables="\n".join(tables))


def html_cells(row):
    return row.cells(lambda latex: rf"\({escape(latex)}\)", lambda code: f"<code>{escape(code)}</code>")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
