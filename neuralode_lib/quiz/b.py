"""The questions of 12.B. Each option says in code what it claims; `question.py` finds out which are right."""

import numpy as np

from ..activations import tanh
from ..verify import complex_step
from .b_backward import BACKWARD
from .problems import Network, OneSample, SinglePrecision, cancelled, inserted, measured_cost_ratio, price
from .question import Option, Question


def tangent_by(c, rate):
    """The tangent of one sample at T, by Euler's method: rate(k, its state, its tangent), both columns."""
    x_tilde = np.zeros_like(c.x[0])
    for k in range(c.K):
        x_tilde = x_tilde + c.dt * rate(k, c.x[k], x_tilde)
    return x_tilde[:, 0]


def source(c, k, s):
    return c.direction.V[k] @ s + c.direction.b[k][:, None]


TANGENT = Question(
    id="B-tangent",
    prompt=r"""
    Now change both at once, $\mathbf{V}$ by $h\hat{\mathbf{V}}$ and $\mathbf{b}$ by $h\tilde{\mathbf{b}}$. Which
    equation does the tangent $\tilde{\mathbf{x}}$ satisfy, starting from $\mathbf{0}$?
    """,
    options=(
        Option(
            r"$\dot{\tilde{\mathbf{x}}} = \operatorname{diag}(\sigma'(\mathbf{x}))\,\mathbf{V}\,\tilde{\mathbf{x}} +"
            r" \hat{\mathbf{V}}\sigma(\mathbf{x}) + \tilde{\mathbf{b}}$",
            r"""has $\operatorname{diag}$ and $\mathbf{V}$ in the wrong order. The chain rule works from the inside:
            $\sigma$ is applied to $\mathbf{x}$ first, $\mathbf{V}$ comes after it.""",
            lambda c: tangent_by(c, lambda k, x, z: tanh.dsigma(x) * (c.V[k] @ z) + source(c, k, np.tanh(x))),
        ),
        Option(
            r"$\dot{\tilde{\mathbf{x}}} = \mathbf{V}\,\sigma(\tilde{\mathbf{x}}) +"
            r" \hat{\mathbf{V}}\sigma(\mathbf{x}) + \tilde{\mathbf{b}}$",
            r"""is not linear in $\tilde{\mathbf{x}}$, and a tangent has to be: twice the change of the weights, twice
            the tangent. $\sigma(\mathbf{x}^h) - \sigma(\mathbf{x})$ is not $\sigma(\mathbf{x}^h - \mathbf{x})$.""",
            lambda c: tangent_by(c, lambda k, x, z: c.V[k] @ np.tanh(z) + source(c, k, np.tanh(x))),
        ),
        Option(
            r"$\dot{\tilde{\mathbf{x}}} = \mathbf{V}\operatorname{diag}(\sigma'(\mathbf{x}))\,\tilde{\mathbf{x}} +"
            r" \hat{\mathbf{V}}\sigma(\tilde{\mathbf{x}}) + \tilde{\mathbf{b}}$",
            r"""lets $\hat{\mathbf{V}}$ act on the tangent. But the changed matrix meets the *state*; the tangent is
            already of first order, and the product of two small things drops out.""",
            lambda c: tangent_by(c, lambda k, x, z: c.V[k] @ (tanh.dsigma(x) * z) + source(c, k, np.tanh(z))),
        ),
        Option(
            r"$\dot{\tilde{\mathbf{x}}} = \mathbf{V}\operatorname{diag}(\sigma'(\mathbf{x}))\,\tilde{\mathbf{x}} +"
            r" \hat{\mathbf{V}}\sigma(\mathbf{x}) + \tilde{\mathbf{b}}$",
            r"adds the two sources: the equation is linear, so the two tangents add up.",
            lambda c: tangent_by(c, lambda k, x, z: c.V[k] @ (tanh.dsigma(x) * z) + source(c, k, np.tanh(x))),
        ),
    ),
    hints=(
        r"""Differentiate $(\mathbf{V} + h\hat{\mathbf{V}})\,\sigma(\mathbf{x}^h) + \mathbf{b} +
        h\tilde{\mathbf{b}}$ at $h = 0$.""",
        r"Product rule: once the matrix changes, once the state. Which of the two is multiplied by $\sigma'$?",
    ),
    explanation=r"""
    The derivative of $(\mathbf{V} + h\hat{\mathbf{V}})\,\sigma(\mathbf{x}^h) + \mathbf{b} + h\tilde{\mathbf{b}}$ in
    $h$, at $h = 0$: one term for each thing that changes.
    """,
    problem=lambda seed: Network(seed, I=1),
    asked=lambda c: complex_step(c.problem.states, c.weights, c.direction)[-1, :, 0],
    evaluated=r"""The tangent at the final time, by each equation, beside the derivative of the states by the
    complex step:""",
)

STEP = Question(
    id="B-h",
    prompt=r"""
    Networks are often trained in *single* precision, $\varepsilon \approx 10^{-7}$. Which of these steps makes the
    *central* quotient most accurate?
    """,
    options=(
        Option(
            r"$h = 0.3$",
            r"is so large that truncation, $O(h^2)$, dominates.",
            lambda c: c.error(0.3),
        ),
        Option(
            r"$h = \varepsilon^{1/3} \approx 5 \cdot 10^{-3}$",
            r"balances $h^2$ and $\varepsilon/h$.",
            lambda c: c.error(c.eps ** (1 / 3)),
        ),
        Option(
            r"$h = 10^{-5}$",
            r"""is the right step in *double* precision. Here $\varepsilon$, and with it the rounding, is half a
            billion times as large.""",
            lambda c: c.error(1e-5),
        ),
        Option(
            r"$h = \varepsilon \approx 10^{-7}$",
            r"""is as small as the precision: hardly a digit of the two values of $J$ differs, and what differs is
            rounding.""",
            lambda c: c.error(c.eps),
        ),
    ),
    hints=(
        r"The central quotient errs by $O(h^2)$ from truncation and by $O(\varepsilon/h)$ from rounding.",
        r"Halve $h$: what becomes of each of the two errors? The best $h$ is where neither is the larger one.",
    ),
    explanation=r"""
    $h^2 = \varepsilon/h$ gives $h = \varepsilon^{1/3}$, and an error of about $\varepsilon^{2/3}$: four digits. In
    single precision a gradient check by differences is a rough one. (The complex step subtracts nothing, and keeps all
    seven.)
    """,
    problem=SinglePrecision,
    asked=lambda c: min(c.error(h) for h in (0.3, c.eps ** (1 / 3), 1e-5, c.eps)),
    evaluated=r"""Measured with all states and $J$ rounded to single precision: the median relative error over 25
    random directions (wanted: the smallest).""",
)


def price_of_b(c, k):
    """The derivative of J in b[k], without the penalty, divided by dt."""
    return c.referee.b[k] / c.dt - c.w2 * c.b[k]


PRICE = Question(
    id="B-price",
    prompt=r"""
    On the slides' grid, where states and layers count from 1, so that `phi[0]` is $\boldsymbol{\varphi}_1$; one sample,
    $w_2 = 0$. Which derivative of $J$ is $\boldsymbol{\varphi}_k$, for $1 < k < N_T - 1$?
    """,
    options=(
        Option(
            r"$\partial J / \partial\mathbf{x}_k$",
            r"""is the natural guess, and one index off: it prices the state from which layer $k$ *starts*. There are
            as many $\boldsymbol{\varphi}_k$ as layers, and each belongs to the state that its layer *produces*.""",
            lambda c: price(c, 2),
        ),
        Option(
            r"$(\partial J / \partial\mathbf{b}_{k+1}) / \Delta t$",
            r"""is one layer too far: $\mathbf{b}_{k+1}$ is added to $\mathbf{x}_{k+2}$, whose price is
            $\boldsymbol{\varphi}_{k+1}$.""",
            lambda c: price_of_b(c, 3),
        ),
        Option(
            r"$\partial J / \partial\mathbf{x}_{k+1}$",
            r"""is the price of the state that layer $k$ produces. At the end it is what $J$ says,
            $\boldsymbol{\varphi}_{N_T-1} = \mathbf{x}_{N_T} - \mathbf{y}_{\text{out}}$.""",
            lambda c: price(c, 3),
        ),
        Option(
            r"$(\partial J / \partial\mathbf{b}_k) / \Delta t$",
            r"""is the price of $\mathbf{x}_{k+1}$, to which $\mathbf{b}_k$ is added with the factor $\Delta t$, and to
            nothing else. That is the gradient in $\mathbf{b}$.""",
            lambda c: price_of_b(c, 2),
        ),
    ),
    hints=(
        r"Look at the last one: $\boldsymbol{\varphi}_{N_T-1} = \mathbf{x}_{N_T} - \mathbf{y}_{\text{out}}$.",
        r"And where in the network does $\mathbf{b}_k$ enter, with which factor?",
    ),
    explanation=r"""
    The last one prices the last state, so $\boldsymbol{\varphi}_k$ prices $\mathbf{x}_{k+1}$. And $\mathbf{b}_k$ acts
    on $J$ only by way of $\mathbf{x}_{k+1}$, where it arrives with the factor $\Delta t$.
    """,
    problem=OneSample,
    asked=lambda c: c.phi[2],
    evaluated=r"$\boldsymbol{\varphi}_3$ of a random problem, beside these derivatives by the complex step:",
)

QUESTION_1 = Question(
    id="B6",
    prompt=r"""
    One sample; write $\mathbf{A}(t) = \mathbf{V}(t)\operatorname{diag}(\sigma'(\mathbf{x}(t)))$. The tangent and the
    adjoint are then

    $$\tilde{\mathbf{x}}(0) = \mathbf{0},\quad \dot{\tilde{\mathbf{x}}} = \mathbf{A}\tilde{\mathbf{x}} +
    \tilde{\mathbf{b}},\qquad\qquad \boldsymbol{\varphi}(T) = \mathbf{x}(T) -
    \mathbf{y}_{\text{out}},\quad -\dot{\boldsymbol{\varphi}} =
    \mathbf{A}^\top\boldsymbol{\varphi} + w_1(\mathbf{x} - \mathbf{y}_{\text{out}}).$$

    What is $\displaystyle\int_0^T\frac{d}{dt}\bigl(\boldsymbol{\varphi}^\top\tilde{\mathbf{x}}\bigr)\,dt =
    \boldsymbol{\varphi}(T)^\top\tilde{\mathbf{x}}(T) - \boldsymbol{\varphi}(0)^\top\tilde{\mathbf{x}}(0)$ ?
    """,
    options=(
        Option(
            r"$0$",
            r"""would be right if the adjoint ended at zero, as it did in the last lecture. Here $J$ looks at the final
            state, and the product vanishes at the start only.""",
            lambda c: 0.0,
        ),
        Option(
            r"$\mathbf{x}(T) - \mathbf{y}_{\text{out}}$",
            r"is $\boldsymbol{\varphi}(T)$ alone; its product with the tangent is still to be taken.",
            lambda c: c.miss,
        ),
        Option(
            r"$(\mathbf{x}(T) - \mathbf{y}_{\text{out}})^\top\tilde{\mathbf{x}}(T)$",
            r"uses both conditions: the tangent is zero at the start, and the adjoint at the end is the miss.",
            lambda c: c.miss @ c.x_tilde[-1],
        ),
        Option(
            r"$-(\mathbf{x}(T) - \mathbf{y}_{\text{out}})^\top\tilde{\mathbf{x}}(T)$",
            r"""has the right pieces and the wrong sign. The minus of the adjoint equation belongs to
            $\dot{\boldsymbol{\varphi}}$; the condition at $T$ has none.""",
            lambda c: -c.miss @ c.x_tilde[-1],
        ),
        Option(
            r"none of these",
            r"""would mean that one of the two ends is unknown. Insert what you know about $\tilde{\mathbf{x}}(0)$ and
            about $\boldsymbol{\varphi}(T)$.""",
            None,
        ),
    ),
    hints=(
        r"Which of the two terms on the right is zero?",
        r"What is $\boldsymbol{\varphi}(T)$? It was chosen so that a term of the derivative of $J$ appears.",
    ),
    explanation=r"""
    The tangent starts at zero, so the second term drops out; in the first, $\boldsymbol{\varphi}(T)$ is what we chose
    it to be. The result is the first term of the derivative of $J$.
    """,
    problem=OneSample,
    asked=lambda c: c.of_product,
    evaluated=r"On a random grid, where the integral is the sum of the increments:",
)

MISS = r"(\mathbf{x} - \mathbf{y}_{\text{out}})"

BOTH_INSERTED = (
    rf"\int_0^T\bigl(\mathbf{{A}}^\top\boldsymbol{{\varphi}} + w_1{MISS}\bigr)^\top\tilde{{\mathbf{{x}}}}\,dt + "
    r"\int_0^T\boldsymbol{\varphi}^\top(\mathbf{A}\tilde{\mathbf{x}} + \tilde{\mathbf{b}})\,dt$"
)

A_CANCELLED = (
    rf"w_1\int_0^T{MISS}^\top\tilde{{\mathbf{{x}}}}\,dt + "
    r"\int_0^T\boldsymbol{\varphi}^\top\tilde{\mathbf{b}}\,dt$"
)

QUESTION_2 = Question(
    id="B7",
    prompt=r"""
    The same integral, by the product rule. With $\dot{\tilde{\mathbf{x}}} = \mathbf{A}\tilde{\mathbf{x}} +
    \tilde{\mathbf{b}}$ and $-\dot{\boldsymbol{\varphi}} = \mathbf{A}^\top\boldsymbol{\varphi} + w_1(\mathbf{x} -
    \mathbf{y}_{\text{out}})$, what is
    $\displaystyle\int_0^T\frac{d}{dt}\bigl(\boldsymbol{\varphi}^\top\tilde{\mathbf{x}}\bigr)\,dt =
    \int_0^T\dot{\boldsymbol{\varphi}}^\top\tilde{\mathbf{x}}\,dt +
    \int_0^T\boldsymbol{\varphi}^\top\dot{\tilde{\mathbf{x}}}\,dt$ ?
    """,
    options=(
        Option(
            r"$\phantom{-}" + BOTH_INSERTED,
            r"""has the right pieces and the wrong sign: the minus stands on the left of the adjoint equation,
            $-\dot{\boldsymbol{\varphi}} = \dots$ Move it, and look at the first integral again.""",
            lambda c: inserted(c, +1),
        ),
        Option(
            r"$-" + BOTH_INSERTED,
            r"is what inserting the two equations gives.",
            lambda c: inserted(c, -1),
        ),
        Option(
            r"$\phantom{-}" + A_CANCELLED,
            r"""has lost the minus of $-\dot{\boldsymbol{\varphi}}$. With it the terms with $\mathbf{A}$ cancel;
            without it they would have added up.""",
            lambda c: cancelled(c, +1),
        ),
        Option(
            r"$-" + A_CANCELLED,
            r"is what remains when the terms with $\mathbf{A}$ have cancelled.",
            lambda c: cancelled(c, -1),
        ),
    ),
    hints=(
        r"Insert the two equations for $\dot{\boldsymbol{\varphi}}$ and $\dot{\tilde{\mathbf{x}}}$. Mind the sign.",
        r"""$(\mathbf{A}^\top\boldsymbol{\varphi})^\top\tilde{\mathbf{x}} =
        \boldsymbol{\varphi}^\top\mathbf{A}\tilde{\mathbf{x}}$.""",
        r"Simplify what you have found. Is it still the same number?",
    ),
    explanation=r"""
    One is the integral with the two equations inserted, the other the same after the terms with $\mathbf{A}$ have
    cancelled. That they cancel is the reason for the transpose in the adjoint equation.
    """,
    problem=OneSample,
    asked=lambda c: c.of_product,
    evaluated=r"On a random grid, where integrals are sums and the identity is still exact:",
)


def outer(c, rows, columns):
    return np.outer(rows, columns) + c.w2 * c.V[2]


TRANSPOSE = Question(
    id="B-transpose",
    prompt=r"""
    One sample, and the entry $V_{mn}$ in row $m$, column $n$. How does $J$ react to it? That is
    the entry in row $m$ and column $n$ of $(\nabla_{\mathbf{V}}J)(t)$. Which one is it?
    """,
    options=(
        Option(
            r"$\varphi_m\,\sigma(x_n) + w_2V_{mn}$",
            r"""takes the row from $\boldsymbol{\varphi}$ and the column from $\sigma$: what the entry multiplies,
            times the price of what it feeds.""",
            lambda c: outer(c, c.phi[2], np.tanh(c.x[2])),
        ),
        Option(
            r"$\sigma(x_m)\,\varphi_n + w_2V_{mn}$",
            r"""is transposed. Column $n$ of $\mathbf{V}$ meets $\sigma(x_n)$, and row $m$ feeds the equation of $x_m$,
            whose price is $\varphi_m$.""",
            lambda c: outer(c, np.tanh(c.x[2]), c.phi[2]),
        ),
        Option(
            r"$\varphi_m\,\sigma'(x_n) + w_2V_{mn}$",
            r"""differentiates $\sigma$. But it is $\mathbf{V}$ that changes, and $\mathbf{V}\sigma(\mathbf{x})$ is
            linear in $\mathbf{V}$; $\sigma'$ is at work inside of $\boldsymbol{\varphi}$.""",
            lambda c: outer(c, c.phi[2], tanh.dsigma(c.x[2])),
        ),
        Option(
            r"$\varphi_m\,x_n + w_2V_{mn}$",
            r"forgets $\sigma$: what the entry multiplies is not $x_n$ itself.",
            lambda c: outer(c, c.phi[2], c.x[2]),
        ),
    ),
    hints=(
        r"Take $d = 2$ and write out $\dot x_1 = \dots$ and $\dot x_2 = \dots$ Where does $V_{12}$ stand?",
        r"What does $V_{12}$ multiply there? And what does $J$ pay for a push in that equation?",
    ),
    explanation=r"""
    $V_{mn}$ multiplies $\sigma(x_n)$ and feeds the equation of $x_m$, whose price is $\varphi_m$; and the penalty adds
    its part. As a matrix that is $\boldsymbol{\varphi}\,\sigma(\mathbf{x})^\top + w_2\mathbf{V}$.
    """,
    problem=OneSample,
    asked=lambda c: c.referee.V[2] / c.dt,
    evaluated=r"""All nine entries in one layer of a random network, beside the complex step of $J$ (divided by
    $\Delta t$):""",
)

COST = Question(
    id="B-cost",
    prompt=r"""
    $I$ samples in $d$ dimensions, $K$ layers; the states are known. How many *times more* linear ODEs have to be
    solved for the whole gradient by tangents than by the adjoint?
    """,
    options=(
        Option(
            r"$I$",
            r"is what both have in common: one solve for each sample, of the tangent as of the adjoint. It cancels.",
            lambda c: c.I,
        ),
        Option(
            r"$d\,(d + 1)$",
            r"counts the weights of *one* layer. Every layer has its own.",
            lambda c: c.d * (c.d + 1),
        ),
        Option(
            r"$K\,d\,(d + 1)$",
            r"is the number of weights: one tangent for each, while one adjoint serves them all.",
            lambda c: c.K * c.d * (c.d + 1),
        ),
        Option(
            r"$I\,K\,d\,(d + 1)$",
            r"is the number of tangents. But the adjoint also needs a solve for each of the $I$ samples.",
            lambda c: c.I * c.K * c.d * (c.d + 1),
        ),
    ),
    hints=(
        r"One tangent gives the derivative along one direction. How many directions does a gradient have?",
        r"How many weights does a layer have, $\mathbf{V}_k$ and $\mathbf{b}_k$ together? How many adjoints are there?",
    ),
    explanation=r"""
    Tangents: one for each sample and each of the $K\,d\,(d + 1)$ weights. Adjoints: one for each sample. For MNIST
    with ten layers the factor is six million.
    """,
    problem=Network,
    asked=measured_cost_ratio,
    evaluated=r"Counted while a random network's gradient was computed in both ways (they agree):",
)

QUESTIONS = (TANGENT, STEP, PRICE, QUESTION_1, QUESTION_2, TRANSPOSE, COST, BACKWARD)
