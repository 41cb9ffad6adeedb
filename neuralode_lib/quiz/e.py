"""The questions of 12.E. Each option says in code what it claims; `question.py` finds out which are right."""

import numpy as np
from scipy.linalg import solve_continuous_are

from .. import resnet
from ..activations import Activation, tanh
from ..problem import TrainingProblem
from ..resnet import Weights
from .problems import GradientWays, PlanarNetworks
from .question import Option, Question

FOLD = Question(
    id="E-fold",
    prompt=r"""
    In the plane, with $\tanh$ and without further coordinates: which of these can have *all* of the disk on one side of
    a line, and *all* of the ring round it on the other? ($\|\mathbf{V}\|$ says how much $\mathbf{V}$ can stretch a
    vector.)
    """,
    options=(
        Option(
            r"$3$ layers, in each of them $\Delta t\,\|\mathbf{V}_k\| < 3$",
            r"""can fold the plane: above 1 a layer need not be one-to-one. It lays one half of the ring over the other,
            with the disk in the crease.""",
            lambda c: c.separates(c.large_steps()),
        ),
        Option(
            r"a neural ODE, with suitable $\mathbf{V}(t)$ and $\mathbf{b}(t)$",
            r"""is a flow: two points never meet, so it bends the plane and never tears or folds it. What is inside the
            ring stays inside.""",
            lambda c: c.separates(c.flows()),
        ),
        Option(
            r"$100$ layers, in each of them $\Delta t\,\|\mathbf{V}_k\| < 1$",
            r"""have the strength of numbers, but each is one-to-one and continuous, and a hundred times one-to-one and
            continuous is one-to-one and continuous.""",
            lambda c: c.separates(c.one_to_one(100)),
        ),
        Option(
            r"$3$ layers, in each of them $\Delta t\,\|\mathbf{V}_k\| < 1$",
            r"""are few, but that is not what matters: below 1 no layer puts two points on one, and so the disk cannot
            leave the ring.""",
            lambda c: c.separates(c.one_to_one(3)),
        ),
        Option(
            r"none of these",
            r"""is right for flows, and for layers that are like them. But a layer is one step of Euler's method, and a
            long step may go past where a flow would have to stop.""",
            None,
        ),
    ),
    hints=(
        r"Which of them may carry two points of the plane to one and the same point?",
        r"Draw a ring on a sheet of paper, then fold the sheet twice. Where is the ring, where its centre?",
    ),
    explanation=r"""
    $x + \Delta t\,v\tanh(x)$ increases in $x$ only while $\Delta t\,v \geq -1$. Beyond, it turns back: for $\Delta t\,v
    = -c$ at $x = \pm\operatorname{artanh}\sqrt{1 - 1/c}$. Move the plane so that its centre is there, fold it along
    $x_1$, then along $x_2$: the disk is in the corner, and a line cuts the corner off. Such a network is no
    approximation of a flow any more.
    """,
    problem=PlanarNetworks,
    asked=lambda c: True,
    evaluated=r"""Does any of 20 networks do it (with random weights; with steps up to 3 as constructed above)?
    For those in which no two points meet, the theorem is the proof.""",
)

WAYS = Question(
    id="E-adjoint",
    prompt=r"""
    To save memory, or to be more accurate, someone replaces our way to the gradient. Which of these ways still gives
    the gradient of *our* $J$, the one of the network with its $N_T - 1$ layers, to rounding?
    """,
    options=(
        Option(
            r"""Euler's method for the adjoint ODE: $\boldsymbol{\varphi}(T) = \mathbf{x}(T) - \mathbf{y}_{\text{out}}$,
            then steps from $t_{k+1}$ back to $t_k$ with $\mathbf{V}$ and $\mathbf{x}$ at $t_{k+1}$, and the gradient of
            layer $k$ with $\boldsymbol{\varphi}(t_k)$""",
            r"""takes $\mathbf{V}$ and $\mathbf{x}$ at the right end of each interval, and for a layer the price of the
            state from which it starts. The chain rule asks for $\mathbf{V}$ and $\mathbf{x}$ at the left end, and for
            the price of the state that the layer produces. The error is of order $\Delta t$.""",
            lambda c: c.euler(),
        ),
        Option(
            r"the adjoint ODE to ten digits, along the solution of the neural ODE",
            r"""is the gradient of another $J$, that of the *ODE*. The network is an Euler approximation of it, and so
            the two gradients are apart by $O(\Delta t)$, however many digits each has.""",
            lambda c: c.accurate(),
        ),
        Option(
            r"only $\mathbf{x}(T)$ kept, the other states by explicit Euler steps backwards; then our adjoint",
            r"""goes back on another path: an explicit Euler step backwards does not undo the one forwards, the two
            differ by $O(\Delta t^2)$, and in sum by $O(\Delta t)$.""",
            lambda c: c.discrete(c.reversed()),
        ),
        Option(
            r"every second state kept, the others computed from them again; then our adjoint",
            r"""works with the very states of the network: a layer gives the same result when it is evaluated a second
            time.""",
            lambda c: c.discrete(c.from_every_second()),
        ),
    ),
    hints=(
        r"The exact gradient is the chain rule for the layers. Which numbers does it need?",
        r"Two of the ways have other states than the network, one has the right states at the wrong layers.",
    ),
    explanation=r"""
    The chain rule needs $\mathbf{x}_k$ and $\mathbf{V}_k$ of each layer as they are. States may be forgotten and
    computed again *forwards*; backwards one would have to solve $\mathbf{x}_{k+1} = \mathbf{x}_k + \Delta
    t\,(\mathbf{V}_k\sigma(\mathbf{x}_k) + \mathbf{b}_k)$ for $\mathbf{x}_k$, where the layer is one-to-one. States that
    are only nearly those of the network cost an error of order $\Delta t$ or worse.
    """,
    problem=GradientWays,
    asked=lambda c: c.referee,
    evaluated=r"Eight layers with smooth random weights, beside the complex step of $J$:",
)


class Checkpoints:
    """A network with N layers whose gradient keeps every m-th state; what it keeps and evaluates is counted."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.m, blocks = (int(n) for n in rng.permutation([3, 4, 5, 7])[:2])
        self.N = blocks * self.m
        x_in, y_out = rng.standard_normal((2, 2, 3))
        self.problem = TrainingProblem(x_in, y_out, 1.0, self.N + 1, 1.0, 0.5, tanh)
        self.weights = Weights.random(self.N + 1, 2, 1.0, rng)
        self.states, self.layers = 0, 0
        self.gradient = self.computed()

    def computed(self):
        p, theta, kept = self.problem, np.empty_like(self.weights.theta), []
        x_k = p.x_in
        for start in range(0, self.N, self.m):
            kept.append(x_k)
            x_k = self.block(start, x_k)[-1]
        phi = x_k - p.y_out
        for start in reversed(range(0, self.N, self.m)):
            x = self.block(start, kept[-1])
            self.states = max(self.states, len(kept) + len(x) - 1)  # x[0] is the kept one
            kept.pop()
            for k in reversed(range(self.m)):
                s = np.vstack([np.tanh(x[k]), np.ones(p.I)])
                theta[start + k] = p.dt * (phi @ s.T + p.w2 * self.weights.theta[start + k])
                pulled = tanh.dsigma(x[k]) * (self.weights.V[start + k].T @ phi)
                phi = phi + p.dt * (pulled + p.w1 * (x[k] - p.y_out))
        return theta

    def block(self, start, x):
        """The states of m layers, evaluated one by one."""

        def counted(x):
            self.layers += 1
            return np.tanh(x)

        layers = Weights.from_theta(self.weights.theta[start : start + self.m])
        return resnet.forward(layers, x, self.problem.dt, Activation(counted, tanh.dsigma, "counted tanh"))


MEMORY = Question(
    id="E-memory",
    prompt=r"""
    $N$ layers, and memory is short. On the way forward, through all layers, only $\mathbf{x}_1, \mathbf{x}_{m+1},
    \mathbf{x}_{2m+1}, \dots$ are kept, one for each block of $m$ layers. On the way back each block is evaluated
    forwards once more from its kept state, and its $m$ new states are kept until the adjoint has passed. How many
    states are kept at a time, at most, and how many layers are evaluated forwards in total?
    """,
    options=(
        Option(
            r"$N/m$ states, $2N$ layers",
            r"""forgets the block at which one is: its $m$ states are needed from the last to the first, and are
            computed from the first to the last. They all have to be there.""",
            lambda c: np.array([c.N / c.m, 2 * c.N]),
        ),
        Option(
            r"$N/m + m$ states, $N + N/m$ layers",
            r"""has the states right, but evaluates one layer of each block again. Between two kept states there are
            $m$.""",
            lambda c: np.array([c.N / c.m + c.m, c.N + c.N / c.m]),
        ),
        Option(
            r"$N/m + 1$ states, $N + N(m - 1)/2$ layers",
            r"""is a still thriftier way: go forwards from the kept state anew for *each* state of the block. Here the
            block is evaluated once, and kept.""",
            lambda c: np.array([c.N / c.m + 1, c.N + c.N * (c.m - 1) / 2]),
        ),
        Option(
            r"$N/m + m$ states, $2N$ layers",
            r"counts a kept state for each block, the block at which one is, and each layer twice.",
            lambda c: np.array([c.N / c.m + c.m, 2 * c.N]),
        ),
    ),
    hints=(
        r"When are most states kept? Look at the last block, from which the way back starts.",
        r"How often is each layer evaluated: on the way forward, and for the way back?",
    ),
    explanation=r"""
    $N/m + m$ is least for $m = \sqrt{N}$: $2\sqrt{N}$ states, for 1024 layers 64 in place of 1025. The price is a
    second evaluation of each layer, and the gradient is the same, to rounding.
    """,
    problem=Checkpoints,
    asked=lambda c: np.array([c.states, c.layers], float),
    evaluated=r"Counted for a network with random $N$ and $m$: states, layers.",
)


class NearTargets:
    """Three samples near random targets of their own, with tanh: there the best way to them is linear-quadratic."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.S = np.vstack([np.tanh(rng.standard_normal((2, 3))), np.ones(3)])
        self.w1, self.w2 = rng.uniform(0.1, 1, 2)

    def rate(self, w1, w2):
        """The slowest rate of the errors, of one coordinate of all samples, by the algebraic Riccati equation."""
        P = solve_continuous_are(np.zeros((3, 3)), self.S.T, w1 * np.eye(3), w2 * np.eye(3))
        return np.linalg.eigvals(self.S.T @ self.S @ P / w2).real.min()


RATE = Question(
    id="E-rate",
    prompt=r"""
    A long horizon, $w_1 > 0$, and samples that can be steered to their targets: in the end their errors fall like
    $\mathrm{e}^{-\mu t}$. Weights become dearer: $w_2$ is now $4 w_2$. By which factor does $\mu$ change?
    """,
    options=(
        Option(
            r"$1/16$",
            r"squares where a root is to be taken.",
            lambda c: 1 / 16,
        ),
        Option(
            r"$1/4$",
            r"""would be so if the weights were $\propto 1/w_2$ and all else stayed. But then the errors live longer,
            and so the price $\boldsymbol{\varphi}$, in which they are added up, is higher.""",
            lambda c: 1 / 4,
        ),
        Option(
            r"$1/2$",
            r"""is the root of a quarter. Dearer weights are smaller, but errors that live longer have a higher price,
            and that makes up for a part of it.""",
            lambda c: 1 / 2,
        ),
        Option(
            r"$1$",
            r"takes $\mu$ for a property of the network. It is one of the cost, too: with $w_1 = 0$ nobody hurries.",
            lambda c: 1.0,
        ),
        Option(
            r"$2$",
            r"goes the wrong way: who pays more for weights uses smaller ones, and is slower.",
            lambda c: 2.0,
        ),
    ),
    hints=(
        r"Do dearer weights make the points faster, or slower?",
        r"""Near the targets the errors obey $\ddot e = \frac{w_1}{w_2}\,\lambda\,e$, each with its own $\lambda$. Put
        $\mathrm{e}^{-\mu t}$ for $e$.""",
    ),
    explanation=r"""
    $\mu = \sqrt{w_1\lambda_{\min}/w_2}$: only the quotient of the two prices counts, and of it the root.
    """,
    problem=NearTargets,
    asked=lambda c: c.rate(c.w1, 4 * c.w2) / c.rate(c.w1, c.w2),
    evaluated=r"The factor for three random targets in the plane, by the Riccati equation of the linearised problem:",
)

QUESTIONS = (FOLD, WAYS, MEMORY, RATE)
