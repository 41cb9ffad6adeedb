"""The questions of 12.A. Each option says in code what it claims; `question.py` finds out which are right."""

import numpy as np

from .. import resnet
from ..activations import tanh
from ..resnet import Weights
from .problems import Network, SmoothWeights
from .question import Option, Question


def zero_network(c):
    return resnet.forward(Weights.zeros(c.N_T, c.d), c.problem.x_in, 1.0, tanh)[-1, :, 0]


ZERO = Question(
    id="A-zero",
    prompt=r"""
    All weights of a residual network with $K$ layers are zero, $\mathbf{V}_k = \mathbf{0}$ and $\mathbf{b}_k =
    \mathbf{0}$. What comes out at its end?
    """,
    options=(
        Option(
            r"$\mathbf{x}_{\text{in}}$",
            r"is what goes in: each layer says only what it changes, and with zero weights it changes nothing.",
            lambda c: c.problem.x_in[:, 0],
        ),
        Option(
            r"$(K + 1)\,\mathbf{x}_{\text{in}}$",
            r"""would come out if every layer added the input once more. But a layer adds its change,
            $\mathbf{V}_k\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k$.""",
            lambda c: (c.K + 1) * c.problem.x_in[:, 0],
        ),
        Option(
            r"$\mathbf{0}$",
            r"is what a *plain* network gives. A residual layer adds to what it was given, and here it adds nothing.",
            lambda c: np.zeros(c.d),
        ),
        Option(
            r"$\sigma(\mathbf{x}_{\text{in}})$",
            r"would need $\sigma$ outside of the product. Here $\mathbf{V}_k$ multiplies it, and so takes it away.",
            lambda c: np.tanh(c.problem.x_in[:, 0]),
        ),
    ),
    hints=(
        r"Write down the first layer, $\mathbf{x}_1 = \dots$",
        r"What is left of $\mathbf{x}_0 + \mathbf{V}_1\sigma(\mathbf{x}_0) + \mathbf{b}_1$?",
    ),
    explanation=r"""
    $\mathbf{x}_k = \mathbf{x}_{k-1} + \mathbf{0}$ in every layer. This is why training may start from zero weights:
    the data arrives at the end as it was.
    """,
    problem=Network,
    asked=zero_network,
    evaluated=r"The output for a random input in three dimensions:",
)

SCALE = Question(
    id="A-scale",
    prompt=r"""
    A residual network, $\mathbf{x}_k = \mathbf{x}_{k-1} + \mathbf{V}_k\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k$ with $k
    = 1, \dots, K$, is to do exactly what Euler's method does for $\dot{\mathbf{x}} = \mathbf{V}(t)\sigma(\mathbf{x}) +
    \mathbf{b}(t)$ with $t_k = k\,\Delta t$. Which matrix has to be its $\mathbf{V}_k$ (and $\mathbf{b}_k$ likewise)?
    """,
    options=(
        Option(
            r"$\mathbf{V}(t_k)$",
            r"""takes a full step instead of a small one, and looks at the time at which the step *ends*. The factor
            $\Delta t$ has to be somewhere, and Euler looks at where it stands.""",
            lambda c: c.residual_network(lambda k, dt: c.theta(k * dt)),
        ),
        Option(
            r"$\mathbf{V}(t_{k-1})$",
            r"has the right time. But the ODE's $\mathbf{V}$ is a rate of change; what a layer adds is a change.",
            lambda c: c.residual_network(lambda k, dt: c.theta((k - 1) * dt)),
        ),
        Option(
            r"$\mathbf{V}(t_{k-1}) / \Delta t$",
            r"divides where it should multiply: the more layers, the *more* each one would do.",
            lambda c: c.residual_network(lambda k, dt: c.theta((k - 1) * dt) / dt),
        ),
        Option(
            r"$\Delta t\,\mathbf{V}(t_k)$",
            r"has the factor, but looks ahead: layer $k$ starts from $\mathbf{x}_{k-1}$, at the time $t_{k-1}$.",
            lambda c: c.residual_network(lambda k, dt: dt * c.theta(k * dt)),
        ),
        Option(
            r"none of these",
            r"""is right: it has to be $\Delta t\,\mathbf{V}(t_{k-1})$, rate times step, at the time from which the step
            starts.""",
            None,
        ),
    ),
    hints=(
        r"Write Euler's step from $t_{k-1}$ to $t_k$ below the layer, and compare term by term.",
        r"""Is $\mathbf{V}(t)$ a change, or a rate of change? And at which of its two times does a step of Euler's
        method look at it?""",
    ),
    explanation=r"""
    Euler's step is $\mathbf{x}_k = \mathbf{x}_{k-1} + \Delta t\,\mathbf{V}(t_{k-1})\sigma(\mathbf{x}_{k-1}) + \Delta
    t\,\mathbf{b}(t_{k-1})$, so $\mathbf{V}_k = \Delta t\,\mathbf{V}(t_{k-1})$. The
    lecture's slides use one letter for both matrices; keep the factor $\Delta t$ in mind.
    """,
    problem=SmoothWeights,
    asked=lambda c: c.euler(6),
    evaluated=r"The output of six such layers, for smooth random weights, beside that of Euler's method:",
)


def layer(c, V=2, at=2, keep=2):
    return c.x[keep] + c.dt * (c.V[V] @ np.tanh(c.x[at]) + c.b[V][:, None])


INDEX = Question(
    id="A-index",
    prompt=r"""
    The library's arrays count from 0: `x[0]` is the input, `V[0]` and `b[0]` are the first layer's. Which line gives
    `x[3]` (for one sample, say)?
    """,
    options=(
        Option(
            r"`x[2] + dt * (V[2] @ sigma(x[2]) + b[2])`",
            r"gives the layer the number of the state that it *leaves*.",
            lambda c: layer(c),
        ),
        Option(
            r"`x[2] + dt * (V[3] @ sigma(x[2]) + b[3])`",
            r"""gives the layer the number of the state that it *produces*. That is the numbering of the network on the
            slides, where states count from 0 and layers from 1; in Python both count from 0.""",
            lambda c: layer(c, V=3),
        ),
        Option(
            r"`V[2] @ sigma(x[2]) + b[2]`",
            r"is a *plain* layer. A residual one keeps what it was given, and adds.",
            lambda c: c.V[2] @ np.tanh(c.x[2]) + c.b[2][:, None],
        ),
        Option(
            r"`x[2] + dt * (V[2] @ sigma(x[3]) + b[2])`",
            r"needs `x[3]` to compute `x[3]`: that is *implicit* Euler. A residual layer only knows its input.",
            lambda c: layer(c, at=3),
        ),
    ),
    hints=(
        r"Begin with `x[1]`: which layer has the input passed by then?",
        r"How many states are there, and how many layers? What would be the last index in each option?",
    ),
    explanation=r"""
    `x[1]` comes from the first layer, `V[0]`; so `x[3]` comes from `V[2]`. There is one layer fewer than there are
    states, and `V[k]` leads from `x[k]` to `x[k + 1]`.
    """,
    problem=Network,
    asked=lambda c: c.x[3],
    evaluated=r"Each line for three random samples, beside `forward(...)[3]`:",
)

ORDER = Question(
    id="A-order",
    prompt=r"""
    A network with 100 layers is sampled from smooth $\mathbf{V}(t)$, $\mathbf{b}(t)$. You want its output ten times as
    close to the solution of the neural ODE. About how many layers do you need?
    """,
    options=(
        Option(
            r"$10\,000 = 10^2 \cdot 100$",
            r"would be needed for order $\tfrac12$. Euler's method is better than that.",
            lambda c: c.gain(100),
        ),
        Option(
            r"$1000$",
            r"is what order 1 means: a tenth of the step, a tenth of the error.",
            lambda c: c.gain(10),
        ),
        Option(
            r"$320 \approx \sqrt{10} \cdot 100$",
            r"""would do if the error at $T$ were of order 2. That is the error of *one step*; but there are more steps
            now, and their errors add up.""",
            lambda c: c.gain(3.2),
        ),
        Option(
            r"$200$",
            r"halves the error, once. Ten times as close takes more than that.",
            lambda c: c.gain(2),
        ),
    ),
    hints=(
        r"What is the order of the error at $T$, and what is that of one step?",
        r"Error $\approx C\,\Delta t^p$: by what factor must $\Delta t$ fall?",
    ),
    explanation=r"""
    One step errs by $O(\Delta t^2)$, but $T/\Delta t$ of them are taken, so the error at $T$ is $O(\Delta t)$.
    Accuracy is expensive with Euler: ten times as many layers for one more digit.
    """,
    problem=SmoothWeights,
    asked=lambda c: 10.0,
    evaluated=r"Measured, for smooth random weights: by what factor the error at $T$ falls.",
    tolerance=0.1,
)

FROBENIUS = Question(
    id="A-frobenius",
    prompt=r"""
    Which of these is $\|\mathbf{V}\|_F^2$, for every square matrix $\mathbf{V}$?
    """,
    options=(
        Option(
            r"$\operatorname{trace}(\mathbf{V}^\top\mathbf{V})$",
            r"""is the definition: on the diagonal of $\mathbf{V}^\top\mathbf{V}$ stand the squared lengths of the
            columns.""",
            lambda V: np.trace(V.T @ V),
        ),
        Option(
            r"$\operatorname{trace}(\mathbf{V}^2)$",
            r"""multiplies $V_{mn}$ by $V_{nm}$ and not by itself. It is right for symmetric matrices only; for others
            it may even be negative.""",
            lambda V: np.trace(V @ V),
        ),
        Option(
            r"$\operatorname{trace}(\mathbf{V}\mathbf{V}^\top)$",
            r"adds the squared lengths of the rows, which is the same sum of squares.",
            lambda V: np.trace(V @ V.T),
        ),
        Option(
            r"$\max_{|\mathbf{x}| = 1} |\mathbf{V}\mathbf{x}|^2$",
            r"""is the square of another norm, the spectral one: how much $\mathbf{V}$ can stretch a vector. It is
            never larger.""",
            lambda V: np.linalg.norm(V, 2) ** 2,
        ),
    ),
    hints=(
        r"Think of the matrix as a long vector: all entries squared and summed.",
        r"Try $\mathbf{V} = \begin{pmatrix}0 & 1\\ 0 & 0\end{pmatrix}$.",
    ),
    explanation=r"""
    Both sum the squares of all entries, once by columns and once by rows.
    """,
    problem=lambda seed: np.random.default_rng(seed).standard_normal((3, 3)),
    asked=lambda V: np.sum(V**2),
    evaluated=r"For a random $3 \times 3$ matrix:",
)

QUESTIONS = (ZERO, SCALE, INDEX, ORDER, FROBENIUS)
