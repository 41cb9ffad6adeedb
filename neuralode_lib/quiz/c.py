"""The questions of 12.C. Each option says in code what it claims; `question.py` finds out which are right."""

import numpy as np

from .. import resnet
from ..activations import tanh
from ..problem import TrainingProblem
from ..resnet import Weights
from ..verify import complex_step, numerical_gradient
from .problems import Network, RandomFlows, SmoothWeights
from .question import Option, Question

COUNT = Question(
    id="C-count",
    prompt=r"""
    One sample, $N_T$ grid points. How many vectors $\boldsymbol{\varphi}_k$ does the gradient need: how many states
    are there that the weights can move?
    """,
    options=(
        Option(
            r"$(N_T - 1)\,d\,(d + 1)$",
            r"is the number of weights. That many *tangents* would be needed; the adjoint prices states.",
            lambda c: (c.N_T - 1) * c.d * (c.d + 1),
        ),
        Option(
            r"$N_T$",
            r"""counts all states, also $\mathbf{x}_1 = \mathbf{x}_{\text{in}}$. No weight can move that one, so its
            price is not needed.""",
            lambda c: c.N_T,
        ),
        Option(
            r"$N_T - 1$",
            r"is one for each layer: $\mathbf{x}_2, \dots, \mathbf{x}_{N_T}$.",
            lambda c: c.N_T - 1,
        ),
        Option(
            r"$N_T - 2$",
            r"""counts the states of the running cost, $\mathbf{x}_2, \dots, \mathbf{x}_{N_T-1}$. The last state has a
            price, too: the first term of $J$.""",
            lambda c: c.N_T - 2,
        ),
    ),
    hints=(r"Take $N_T = 2$: one layer. Which states are there, and which of them can it move?",),
    explanation=r"""
    States live on the $N_T$ points, weights and adjoints on the $N_T - 1$ steps between them. In the code, `phi` has
    one entry less than `x`.
    """,
    problem=lambda seed: Network(seed, I=1),
    asked=lambda c: np.count_nonzero(resnet.tangent(c.weights, c.x, c.dt, tanh, c.direction).any(axis=(1, 2))),
    evaluated=r"Counted on a random network: the states that move with the weights.",
)

WHERE_DT = Question(
    id="C-dt",
    prompt=r"""
    In 12.B the gradient in $\mathbf{b}$ was $\sum_i\boldsymbol{\varphi}^i(t) + w_2\mathbf{b}(t)$. What is $\partial J
    / \partial\mathbf{b}_k$ on the grid?
    """,
    options=(
        Option(
            r"$\Delta t\sum_i\boldsymbol{\varphi}_k^i + w_2\,\Delta t\,\mathbf{b}_k$",
            r"has the factor in both terms: it comes from the Euler step and from the penalty's sum.",
            lambda c: c.dt * (c.phi.sum(axis=2) + c.w2 * c.b),
        ),
        Option(
            r"$\sum_i\boldsymbol{\varphi}_k^i + w_2\mathbf{b}_k$",
            r"""is the $L^2$-gradient, a function of time. On the grid a layer acts for a time $\Delta t$ only, and the
            partial derivative says so.""",
            lambda c: c.phi.sum(axis=2) + c.w2 * c.b,
        ),
        Option(
            r"$\Delta t\sum_i\boldsymbol{\varphi}_k^i + w_2\mathbf{b}_k$",
            r"""forgets that the penalty is an integral as well: on the grid it is $\tfrac12 w_2\,\Delta
            t\sum_k|\mathbf{b}_k|^2$.""",
            lambda c: c.dt * c.phi.sum(axis=2) + c.w2 * c.b,
        ),
        Option(
            r"$\sum_i\boldsymbol{\varphi}_k^i + w_2\,\Delta t\,\mathbf{b}_k$",
            r"""has the factor of the penalty only. But $\mathbf{b}_k$ enters $\mathbf{x}_{k+1}$ with a factor $\Delta
            t$.""",
            lambda c: c.phi.sum(axis=2) + c.w2 * c.dt * c.b,
        ),
    ),
    hints=(
        r"With what factor does $\mathbf{b}_k$ stand in the step from $\mathbf{x}_k$ to $\mathbf{x}_{k+1}$?",
        r"And with what factor in the penalty?",
    ),
    explanation=r"""
    $\mathbf{b}_k$ enters $\mathbf{x}_{k+1}$, whose price is $\boldsymbol{\varphi}_k$, with the factor $\Delta t$; and
    the penalty is a sum with the factor $\Delta t$.
    """,
    problem=Network,
    asked=lambda c: c.referee.b,
    evaluated=r"All layers of a random network, beside the complex step of $J$:",
)


def gradient_with_running_sum(c, first, last):
    """The gradient of J, by the complex step, where the running cost sums the slide's k = first, ..., last."""

    def J(weights):
        x = c.problem.states(weights)
        terminal, _, penalty = resnet.cost_terms(weights, x, c.problem.y_out, c.dt, c.w1, c.w2)
        return terminal + penalty + c.w1 * c.dt / 2 * np.sum((x[first - 1 : last] - c.problem.y_out) ** 2)

    return numerical_gradient(J, c.weights, complex_step).theta


SUM = Question(
    id="C-sum",
    prompt=r"""
    Not all programs sum the running cost over the same $k$. For which of these sums are our formulas for the adjoint
    and the gradient exact?
    """,
    options=(
        Option(
            r"$k = 2, \dots, N_T - 1$",
            r"is ours: what weights can move, and the final state in the first term only.",
            lambda c: gradient_with_running_sum(c, 2, c.N_T - 1),
        ),
        Option(
            r"$k = 1, \dots, N_T - 1$",
            r"""adds $\mathbf{x}_1 = \mathbf{x}_{\text{in}}$, which no weight can move: $J$ is larger by a constant,
            and the gradient the same.""",
            lambda c: gradient_with_running_sum(c, 1, c.N_T - 1),
        ),
        Option(
            r"$k = 1, \dots, N_T$",
            r"""pays for the final state a second time. Then $\boldsymbol{\varphi}_{N_T-1}$ would have to be $(1 +
            w_1\Delta t)(\mathbf{x}_{N_T} - \mathbf{y}_{\text{out}})$.""",
            lambda c: gradient_with_running_sum(c, 1, c.N_T),
        ),
        Option(
            r"$k = 2, \dots, N_T$",
            r"""pays for the final state a second time, which $\boldsymbol{\varphi}_{N_T-1} = \mathbf{x}_{N_T} -
            \mathbf{y}_{\text{out}}$ does not know.""",
            lambda c: gradient_with_running_sum(c, 2, c.N_T),
        ),
    ),
    hints=(
        r"Which states depend on the weights? Only those show in a gradient.",
        r"Which state's price is the start of the adjoint recursion, and what is it made of?",
    ),
    explanation=r"""
    The term with $k = 1$ is a constant and shows in $J$, not in the gradient. The term with $k = N_T$ would change
    where the adjoint starts.
    """,
    problem=lambda seed: Network(seed, I=2),
    asked=lambda c: resnet.gradient(c.weights, c.x, c.phi, c.dt, c.w2, tanh).theta,
    evaluated=r"The gradient of $J$ with each sum, by the complex step, beside our formulas, on a random network:",
)


class Symmetric(Network):
    """A Network whose V_k are symmetric, and gradients with one mistake in them."""

    def __init__(self, seed):
        super().__init__(seed)
        self.weights = Weights(self.V + self.V.transpose(0, 2, 1), self.b)
        self.V = self.weights.V

    def gradient(self, pull, transposed=False):
        """The gradient when the adjoint's matrix acts by pull(V, sigma', phi), in V transposed where asked for."""
        phi = np.empty_like(self.x[1:])
        phi[-1] = self.x[-1] - self.problem.y_out
        for k in range(self.K - 1, 0, -1):
            running = self.w1 * (self.x[k] - self.problem.y_out)
            phi[k - 1] = phi[k] + self.dt * (pull(self.V[k], tanh.dsigma(self.x[k]), phi[k]) + running)
        V = phi @ np.tanh(self.x[:-1]).transpose(0, 2, 1)
        V = V.transpose(0, 2, 1) if transposed else V
        return self.dt * (Weights(V, phi.sum(axis=2)) + self.w2 * self.weights).theta


def right_pull(V, dsigma, phi):
    return dsigma * (V.T @ phi)


SYMMETRIC = Question(
    id="C-symmetric",
    prompt=r"""
    You check your gradient at random *symmetric* $\mathbf{V}_k$, along random directions. Which of these mistakes goes
    unnoticed? (Right would be `dsigma * (V.T @ phi)`.)
    """,
    options=(
        Option(
            r"`V @ (dsigma * phi)` in the adjoint",
            r"""is found: this is $\mathbf{A}\boldsymbol{\varphi}$ with $\mathbf{A} =
            \mathbf{V}\operatorname{diag}(\sigma')$, and $\mathbf{A}$ is not symmetric, even where $\mathbf{V}$ is.""",
            lambda c: c.gradient(lambda V, dsigma, phi: V @ (dsigma * phi)),
        ),
        Option(
            r"`V.T @ phi` in the adjoint",
            r"is found: without $\sigma'$ it is the adjoint of a linear network, whatever $\mathbf{V}$ is.",
            lambda c: c.gradient(lambda V, dsigma, phi: V.T @ phi),
        ),
        Option(
            r"""$\sigma(\mathbf{x})\boldsymbol{\varphi}^\top$ for $\boldsymbol{\varphi}\,\sigma(\mathbf{x})^\top$ in
            the gradient""",
            r"""is found: the *gradient* is no symmetric matrix, even where $\mathbf{V}$ is. It would go unnoticed
            along symmetric *directions*.""",
            lambda c: c.gradient(right_pull, transposed=True),
        ),
        Option(
            r"`dsigma * (V @ phi)` in the adjoint",
            r"""is not found: $\mathbf{V}$ and $\mathbf{V}^\top$ are the same here. At other weights the gradient is
            wrong.""",
            lambda c: c.gradient(lambda V, dsigma, phi: dsigma * (V @ phi)),
        ),
    ),
    hints=(
        r"Replace $\mathbf{V}^\top$ by $\mathbf{V}$ in the right formula. What else would have to be symmetric?",
        r"Is $\mathbf{V}\operatorname{diag}(\sigma')$ symmetric when $\mathbf{V}$ is?",
    ),
    explanation=r"""
    The only one of them that makes no difference at symmetric $\mathbf{V}$. So check at random, non-symmetric weights.
    """,
    problem=Symmetric,
    asked=lambda c: c.referee.theta,
    evaluated=r"The gradient with each mistake, at random symmetric $\mathbf{V}_k$, beside the complex step of $J$:",
)


class Refined(SmoothWeights):
    """The same smooth weights and data on grids of 100 and of 400 layers."""

    def __init__(self, seed):
        super().__init__(seed)
        self.data = np.random.default_rng(seed).standard_normal((2, 2, 3))

    def change(self, layers, gamma):
        """The largest change of a weight in a step of gradient descent: gamma times the gradient's largest entry."""
        problem = TrainingProblem(*self.data, self.T, layers + 1, 1.0, 0.5, tanh)
        weights = Weights.from_theta(np.array([self.theta(t) for t in problem.t[:-1]]))
        return gamma * np.abs(problem.cost_and_gradient(weights)[1].theta).max()


GAMMA = Question(
    id="C-gamma",
    prompt=r"""
    With 100 layers the constant $\gamma = 1$ did well. You refine the grid to 400 layers, same $T$. Which constant
    $\gamma$ changes $\mathbf{V}(t)$ and $\mathbf{b}(t)$ by about the same amount in a step $-\gamma\,\nabla J$?
    """,
    options=(
        Option(
            r"$16$",
            r"makes up for $\Delta t$ twice. There is one factor $\Delta t$ in $\nabla J$, not two.",
            lambda c: c.change(400, 16),
        ),
        Option(
            r"$4$",
            r"makes up for the factor $\Delta t$, which is a quarter of what it was.",
            lambda c: c.change(400, 4),
        ),
        Option(
            r"$1$",
            r"""would be right for the $L^2$-gradient $\nabla J/\Delta t$. But $\nabla J$ itself carries the factor
            $\Delta t$.""",
            lambda c: c.change(400, 1),
        ),
        Option(
            r"$\tfrac14$",
            r"""goes the wrong way. The gradient in each layer is already a quarter of what it was: with $\gamma =
            \tfrac14$ a step does a sixteenth.""",
            lambda c: c.change(400, 1 / 4),
        ),
    ),
    hints=(
        r"What is the factor in front of the sums in $(\nabla_{\mathbf{V}}J)_k$?",
        r"""$\gamma\,\nabla J = (\gamma\,\Delta t)\,(\nabla J/\Delta t)$, and $\nabla J/\Delta t$ hardly depends on
        the grid.""",
    ),
    explanation=r"""
    $\nabla J = \Delta t \cdot (\nabla J/\Delta t)$, and the second factor tends to the $L^2$-gradient. So
    $\gamma\,\Delta t$ must stay what it is: four times as many layers, four times the $\gamma$.
    """,
    problem=Refined,
    asked=lambda c: c.change(100, 1),
    evaluated=r"""Measured, for smooth random weights: the largest change of a weight (wanted: that with 100 layers and
    $\gamma = 1$).""",
    tolerance=0.1,
)


def moves_away(curvature, gamma=0.5):
    """Whether descent with this gamma is further from the lowest point of curvature/2 s^2 after 100 steps."""
    s = 1.0
    for _ in range(100):
        s -= gamma * curvature * s
    return abs(s) > 1


CURVATURE = Question(
    id="C-curvature",
    prompt=r"""
    Descent with $\gamma = \tfrac12$ on a quadratic $J$. Along a direction with *which* of these curvatures $\lambda$
    does it move away from the lowest point?
    """,
    options=(
        Option(
            r"$\lambda = 0.01$",
            r"is slow: each step takes away half a percent of the distance. But the distance falls.",
            lambda p: moves_away(0.01),
        ),
        Option(
            r"$\lambda = 2$",
            r"is what $\gamma$ likes best: $1 - \gamma\lambda = 0$, and one step is enough.",
            lambda p: moves_away(2.0),
        ),
        Option(
            r"$\lambda = 3$",
            r"""lies above $1/\gamma$: each step jumps across the lowest point, to the other side. But it lands nearer,
            at half the distance.""",
            lambda p: moves_away(3.0),
        ),
        Option(
            r"$\lambda = 3.9$",
            r"jumps to and fro, $1 - \gamma\lambda = -0.95$, and still comes nearer, by 5 % a step.",
            lambda p: moves_away(3.9),
        ),
        Option(
            r"none of these",
            r"sees that all of them lie below $2/\gamma = 4$.",
            None,
        ),
    ),
    hints=(
        r"By which factor does a step multiply the distance? What does its sign mean, and what its size?",
        r"$|1 - \gamma\lambda| > 1$: solve for $\lambda$.",
    ),
    explanation=r"""
    A step multiplies the distance by $1 - \gamma\lambda$. Between $1/\gamma$ and $2/\gamma$ that is negative, and the
    iterates jump from side to side; only beyond $2/\gamma = 4$ is it larger than 1 in size.
    """,
    problem=lambda seed: None,
    asked=lambda p: True,
    evaluated=r"Descent itself, 100 steps: is it further from the lowest point than at the start?",
)

RING = Question(
    id="C-ring",
    prompt=r"""
    64 points could be separated, the full disk and ring could not. Take a planar ReLU network of 20 layers, each of
    them one-to-one. Which change makes it possible to have *all* of the disk on one side of a line (or plane), and
    *all* of the ring on the other?
    """,
    options=(
        Option(
            r"ten times as many layers",
            r"""gives more of the same: one-to-one and continuous, layer after layer. The disk stays inside of the
            ring.""",
            lambda c: c.separates(layers=200),
        ),
        Option(
            r"$\tanh$ in place of ReLU",
            r"only changes how the plane is bent. As long as no two points meet, what is inside stays inside.",
            lambda c: c.separates(activation=tanh),
        ),
        Option(
            r"larger weights, but only so large that each layer stays one-to-one",
            r"""stretches the ring further, but does not tear it: between neighbouring points of the full ring there is
            no gap to pass through.""",
            lambda c: c.separates(norm=0.95),
        ),
        Option(
            r"a third coordinate, zero at the start",
            r"leaves room to go round: the disk can be lifted out of the ring's plane.",
            lambda c: c.separates(d=3),
        ),
        Option(
            r"none of these",
            r"is right for a *planar* flow, whatever its layers. But one of the changes leaves the plane.",
            None,
        ),
    ),
    hints=(
        r"Which changes still give a continuous, one-to-one map of the plane?",
        r"Can you take a coin out of a ring on the table without lifting it?",
    ),
    explanation=r"""
    In the plane the ring's image is a closed band with the disk's image inside, and no line has them on two sides. 64
    points are no band: between two of them there is a gap. In space a ring has no inside.
    """,
    problem=RandomFlows,
    asked=lambda c: True,
    evaluated=r"A simulation: does any of 100 networks with random weights do it (disk and ring 0.8 to 1.2 as circles of 60 points)?",  # noqa: E501
)

QUESTIONS = (COUNT, WHERE_DT, SUM, SYMMETRIC, CURVATURE, GAMMA, RING)
