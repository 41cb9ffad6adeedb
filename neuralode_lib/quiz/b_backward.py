"""What backpropagation computes, a question of 12.B."""

import numpy as np

from .problems import OneSample
from .question import Option, Question

K = 2  # the layer that is looked at, the slide's k = 3


def gradient(c, of_data, of_penalty, state=K):
    return of_data * np.outer(c.phi[K], np.tanh(c.x[state])) + of_penalty * c.w2 * c.V[K]


BACKWARD = Question(
    id="B-backward",
    prompt=r"""
    One sample. `loss` is the network's $J$, computed layer by layer, and `loss.backward()` has run. With our
    $\boldsymbol{\varphi}_k$, what stands in `V.grad` for layer $k$?
    """,
    options=(
        Option(
            r"$\Delta t\,\boldsymbol{\varphi}_k\,\sigma(\mathbf{x}_k)^\top + w_2\,\Delta t\,\mathbf{V}_k$",
            r"""is the gradient of the discrete $J$: what was computed is differentiated, with each $\Delta t$ that
            stands in it.""",
            lambda c: gradient(c, c.dt, c.dt),
        ),
        Option(
            r"$\boldsymbol{\varphi}_k\,\sigma(\mathbf{x}_k)^\top + w_2\,\mathbf{V}_k$",
            r"""is the $L^2$-gradient, that of the ODE. The tape has seen no ODE: it has seen a layer with a factor
            $\Delta t$ in it.""",
            lambda c: gradient(c, 1.0, 1.0),
        ),
        Option(
            r"$\Delta t\,\boldsymbol{\varphi}_k\,\sigma(\mathbf{x}_k)^\top$",
            r"""forgets the penalty. Optimisers offer it as *weight decay*, outside of the loss; here it is a term of
            the loss.""",
            lambda c: gradient(c, c.dt, 0.0),
        ),
        Option(
            r"$\Delta t\,\boldsymbol{\varphi}_k\,\sigma(\mathbf{x}_{k+1})^\top + w_2\,\Delta t\,\mathbf{V}_k$",
            r"""takes price and state at the same place. But $\mathbf{V}_k$ multiplies the state *before* the layer,
            and feeds the one after it, whose price is $\boldsymbol{\varphi}_k$.""",
            lambda c: gradient(c, c.dt, c.dt, state=K + 1),
        ),
        Option(
            r"none of these",
            r"""would be right if there were another derivative of $J$. PyTorch has no $\boldsymbol{\varphi}$ of that
            name, but it computes it on its way: it is the gradient with respect to $\mathbf{x}_{k+1}$.""",
            None,
        ),
    ),
    hints=(
        r"Which function does it differentiate: the $J$ of the ODE, or the one that has been computed?",
        r"$\mathbf{V}_k$ stands in $\mathbf{x}_{k+1} = \mathbf{x}_k + \dots$, and in one more term of $J$.",
    ),
    explanation=r"""
    It is the exact derivative of the program that has run: of the discrete $J$. Whoever wants the gradient of the ODE
    divides by $\Delta t$, and has it up to an error of order $\Delta t$.
    """,
    problem=OneSample,
    asked=lambda c: c.referee.V[K],
    evaluated=r"""All nine entries in one layer of a random network, beside the complex step of the discrete $J$:""",
)
