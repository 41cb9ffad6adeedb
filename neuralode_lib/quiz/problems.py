"""The questions of the four notebooks. Each option says in code what it claims; `quiz` finds out which are right."""

from functools import cached_property

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import linprog

from . import resnet
from .activations import Activation, relu, tanh
from .problem import TrainingProblem
from .quiz import Option, Question
from .resnet import Weights
from .verify import central_difference, complex_step, numerical_gradient


class Network:
    """A random problem on which every term counts: V not symmetric, w1 about 1, few layers, tanh."""

    def __init__(self, seed, I=3):
        self.rng = np.random.default_rng(seed)
        self.d, self.I, self.N_T = 3, I, int(self.rng.integers(5, 8))
        self.K = self.N_T - 1
        x_in, y_out = self.rng.standard_normal((2, self.d, I))
        w1, w2, T = self.rng.uniform([0.8, 0.5, 1.5], [1.2, 0.8, 2.0])
        self.problem = TrainingProblem(x_in, y_out, T, self.N_T, w1, w2, tanh)
        self.weights = Weights.random(self.N_T, self.d, 1.0, self.rng)
        self.direction = Weights.random(self.N_T, self.d, 1.0, self.rng)
        self.V, self.b, self.dt, self.w1, self.w2 = self.weights.V, self.weights.b, self.problem.dt, w1, w2

    @cached_property
    def x(self):
        return self.problem.states(self.weights)

    @cached_property
    def phi(self):
        return resnet.adjoint(self.weights, self.x, self.problem.y_out, self.dt, self.w1, tanh)

    @cached_property
    def referee(self):
        """The gradient of J by the complex step, which knows no adjoint."""
        return numerical_gradient(self.problem.cost, self.weights, complex_step)


class OneSample(Network):
    """A Network with one sample, its states, adjoint and tangent without the index of the sample.

    The tangent is the one along b_tilde. Integrals are sums over the layers, with phi[k] and x_tilde[k].
    """

    def __init__(self, seed):
        super().__init__(seed, I=1)
        self.y = self.problem.y_out[:, 0]
        self.b_tilde = self.direction.b
        along_b = Weights(0 * self.direction.V, self.b_tilde)
        self.x_tilde = resnet.tangent(self.weights, self.x, self.dt, tanh, along_b)[:, :, 0]
        self.phi, self.x = self.phi[:, :, 0], self.x[:, :, 0]
        self.A = self.V * tanh.dsigma(self.x[:-1])[:, None, :]
        self.miss = self.x[-1] - self.y

    def integral(self, f):
        return self.dt * sum(f(k) for k in range(self.K))

    @property
    def of_product(self):
        """The integral of d/dt (phi . x_tilde): the sum of its increments, with one more step back to phi(0)."""
        phi_0 = self.phi[0] + self.dt * (self.A[0].T @ self.phi[0] + self.w1 * (self.x[0] - self.y))
        product = [phi @ x_tilde for phi, x_tilde in zip([phi_0, *self.phi], self.x_tilde, strict=True)]
        return np.sum(np.diff(product))


# 12.A


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
            r"$K\,\mathbf{x}_{\text{in}}$",
            r"adds the input again in every layer. But a layer adds its change to the state, not the input.",
            lambda c: c.K * c.problem.x_in[:, 0],
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
        Option(
            r"$\mathbf{x}_{\text{in}}$",
            r"is what goes in: each layer says only what it changes, and with zero weights it changes nothing.",
            lambda c: c.problem.x_in[:, 0],
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


class SmoothWeights:
    """A neural ODE in the plane with smooth random V(t) and b(t)."""

    def __init__(self, seed, T=1.0):
        rng = np.random.default_rng(seed)
        self.P, self.Q, self.R = rng.standard_normal((3, 2, 3))
        self.x_in, self.T = rng.standard_normal(2), T

    def theta(self, t):
        return self.P + self.Q * np.cos(2 * t) + self.R * np.sin(3 * t)

    def euler(self, K):
        """The last state of Euler's method with K steps."""
        weights = Weights.from_theta(np.array([self.theta(k * self.T / K) for k in range(K)]))
        return resnet.forward(weights, self.x_in[:, None], self.T / K, tanh)[-1, :, 0]

    def residual_network(self, theta_of_layer, K=6):
        """The output of K residual layers, the k-th one (k = 1, ..., K) with theta_of_layer(k, dt) = [V_k b_k]."""
        x, dt = self.x_in, self.T / K
        for k in range(1, K + 1):
            x = x + theta_of_layer(k, dt) @ [*np.tanh(x), 1.0]
        return x

    @cached_property
    def exact(self):
        def rate(t, x):
            return self.theta(t) @ [*np.tanh(x), 1.0]

        return solve_ivp(rate, [0, self.T], self.x_in, method="DOP853", rtol=1e-11, atol=1e-11).y[:, -1]

    def error(self, K):
        return np.linalg.norm(self.euler(K) - self.exact)

    def gain(self, factor, K=100):
        """By how much the error at T falls when K layers become `factor` times as many."""
        return self.error(K) / self.error(round(factor * K))


SCALE = Question(
    id="A-scale",
    prompt=r"""
    A residual network, $\mathbf{x}_k = \mathbf{x}_{k-1} + \mathbf{V}_k\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k$ with $k
    = 1, \dots, K$, shall do exactly what Euler's method does for $\dot{\mathbf{x}} = \mathbf{V}(t)\sigma(\mathbf{x}) +
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
            r"divides where it should multiply: the more layers, the *less* each one does.",
            lambda c: c.residual_network(lambda k, dt: c.theta((k - 1) * dt) / dt),
        ),
        Option(
            r"$\Delta t\,\mathbf{V}(t_k)$",
            r"has the factor, but looks ahead: layer $k$ starts from $\mathbf{x}_{k-1}$, at the time $t_{k-1}$.",
            lambda c: c.residual_network(lambda k, dt: dt * c.theta(k * dt)),
        ),
        Option(
            r"$\Delta t\,\mathbf{V}(t_{k-1})$",
            r"is rate times step, at the time from which the step starts.",
            lambda c: c.residual_network(lambda k, dt: dt * c.theta((k - 1) * dt)),
        ),
    ),
    hints=(
        r"Write Euler's step from $t_{k-1}$ to $t_k$ below the layer, and compare term by term.",
        r"$\mathbf{x}_k = \mathbf{x}_{k-1} + \Delta t\,(\dots)$, and in the brackets everything is taken at the start.",
    ),
    explanation=r"""
    Euler's step is $\mathbf{x}_k = \mathbf{x}_{k-1} + \Delta t\,\mathbf{V}(t_{k-1})\sigma(\mathbf{x}_{k-1}) + \Delta
    t\,\mathbf{b}(t_{k-1})$. The slides use one letter for both matrices; keep the factor $\Delta t$ in mind.
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
    `x[1]` comes from the first layer, `V[0]`; so `x[3]` comes from `V[2]`. There is one layer less than there are
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
            r"$200$",
            r"halves the error, once. Ten times as close takes more than that.",
            lambda c: c.gain(2),
        ),
        Option(
            r"$320 \approx \sqrt{10} \cdot 100$",
            r"""would do if the error at $T$ were of order 2. That is the error of *one step*; but there are more steps
            now, and their errors add up.""",
            lambda c: c.gain(3.2),
        ),
        Option(
            r"$1000$",
            r"is what order 1 means: a tenth of the step, a tenth of the error.",
            lambda c: c.gain(10),
        ),
        Option(
            r"$10\,000 = 10^2 \cdot 100$",
            r"would be needed for order $\tfrac12$. Euler's method is better than that.",
            lambda c: c.gain(100),
        ),
    ),
    hints=(
        r"What is the order of the error at $T$, and what of the error of one step?",
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
            r"$\operatorname{trace}(\mathbf{V}^2)$",
            r"""multiplies $V_{mn}$ by $V_{nm}$ and not by itself. It is right for symmetric matrices only; for others
            it may even be negative.""",
            lambda V: np.trace(V @ V),
        ),
        Option(
            r"$\operatorname{trace}(\mathbf{V}^\top\mathbf{V})$",
            r"""is the definition: on the diagonal of $\mathbf{V}^\top\mathbf{V}$ stand the squared lengths of the
            columns.""",
            lambda V: np.trace(V.T @ V),
        ),
        Option(
            r"$\max_{|\mathbf{x}| = 1} |\mathbf{V}\mathbf{x}|^2$",
            r"""is the square of another norm, the spectral one: how much $\mathbf{V}$ can stretch a vector. It is
            never larger.""",
            lambda V: np.linalg.norm(V, 2) ** 2,
        ),
        Option(
            r"$\operatorname{trace}(\mathbf{V}\mathbf{V}^\top)$",
            r"adds the squared lengths of the rows, which is the same sum of squares.",
            lambda V: np.trace(V @ V.T),
        ),
    ),
    hints=(
        r"Think of the matrix as a long vector: all entries squared and summed.",
        r"Try $\mathbf{V} = \begin{pmatrix}0 & 1\\ 0 & 0\end{pmatrix}$. More than one option may survive.",
    ),
    explanation=r"""
    Both sum the squares of all entries, once by columns and once by rows.
    """,
    problem=lambda seed: np.random.default_rng(seed).standard_normal((3, 3)),
    asked=lambda V: np.sum(V**2),
    evaluated=r"For a random $3 \times 3$ matrix:",
)


# 12.B


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
            r"adds the two sources: the equation is linear, so are the tangents.",
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


class SinglePrecision(Network):
    """J in single precision, and its central quotients beside the derivative in double precision."""

    eps = np.finfo(np.float32).eps

    def J(self, weights):
        weights = Weights.from_theta(weights.theta.astype(np.float32))
        x = resnet.forward(weights, self.problem.x_in.astype(np.float32), self.dt, tanh)
        return resnet.cost(weights, x, self.problem.y_out.astype(np.float32), self.dt, self.w1, self.w2)

    @cached_property
    def directions(self):
        return [Weights.random(self.N_T, self.d, 1.0, self.rng) for _ in range(25)]

    def error(self, h):
        """Median relative error of the central quotient over random directions."""
        exact = [self.referee.dot(d) for d in self.directions]
        quotient = [central_difference(self.J, self.weights, d, h) for d in self.directions]
        return np.median(np.abs(np.array(quotient) / exact - 1))


STEP = Question(
    id="B-h",
    prompt=r"""
    Networks are usually trained in *single* precision, $\varepsilon \approx 10^{-7}$. Which of these steps makes the
    *central* quotient most accurate?
    """,
    options=(
        Option(
            r"$h = \varepsilon \approx 10^{-7}$",
            r"""is as small as the precision: hardly a digit of the two values of $J$ differs, and what differs is
            rounding.""",
            lambda c: c.error(c.eps),
        ),
        Option(
            r"$h = 10^{-5}$",
            r"""is the right step in *double* precision. Here $\varepsilon$, and with it the rounding, is half a
            billion times as large.""",
            lambda c: c.error(1e-5),
        ),
        Option(
            r"$h = \varepsilon^{1/3} \approx 5 \cdot 10^{-3}$",
            r"balances $h^2$ and $\varepsilon/h$.",
            lambda c: c.error(c.eps ** (1 / 3)),
        ),
        Option(
            r"$h = 0.3$",
            r"is so large that the error $O(h^2)$ of the limit dominates.",
            lambda c: c.error(0.3),
        ),
    ),
    hints=(
        r"The central quotient errs by $O(h^2)$ from the limit and by $O(\varepsilon/h)$ from rounding.",
        r"Set $h^2 = \varepsilon/h$.",
    ),
    explanation=r"""
    $h^2 = \varepsilon/h$ gives $h = \varepsilon^{1/3}$, and an error of about $\varepsilon^{2/3}$: four digits. In
    single precision a gradient check by differences is a rough one. (The complex step subtracts nothing, and keeps all
    seven.)
    """,
    problem=SinglePrecision,
    asked=lambda c: min(c.error(h) for h in (0.3, c.eps ** (1 / 3), 1e-5, c.eps)),
    evaluated=r"""Measured in single precision, the median relative error over 25 random directions (asked: the
    smallest):""",
)


def price(c, j):
    """The derivative of J along the state x[j], when the later layers run on from there."""

    def J_from(x_j):
        x, y = x_j[:, None], c.y[:, None]
        running = 0.0
        for k in range(j, c.K):
            running = running + c.w1 * c.dt / 2 * np.sum((x - y) ** 2)
            x = x + c.dt * (c.V[k] @ np.tanh(x) + c.b[k][:, None])
        return running + np.sum((x - y) ** 2) / 2

    return np.array([complex_step(J_from, c.x[j], unit) for unit in np.eye(c.d)])


PRICE = Question(
    id="B-price",
    prompt=r"""
    On the grid, one sample: of what is $\boldsymbol{\varphi}_k$ ($1 < k < N_T - 1$) the derivative?
    """,
    options=(
        Option(
            r"$\partial J / \partial\mathbf{x}_{k-1}$",
            r"""shifts the index the wrong way: at the end, $k = N_T - 1$, it would have to be the price of
            $\mathbf{x}_{N_T}$.""",
            lambda c: price(c, 1),
        ),
        Option(
            r"$\partial J / \partial\mathbf{x}_k$",
            r"""is the natural guess, and one index off: it prices the state from which layer $k$ *starts*. There are
            as many $\boldsymbol{\varphi}_k$ as layers, and each belongs to the state that its layer *produces*.""",
            lambda c: price(c, 2),
        ),
        Option(
            r"$\partial J / \partial\mathbf{x}_{k+1}$",
            r"""is the price of the state that layer $k$ produces. At the end it is what $J$ says,
            $\boldsymbol{\varphi}_{N_T-1} = \mathbf{x}_{N_T} - \mathbf{y}_{\text{out}}$.""",
            lambda c: price(c, 3),
        ),
        Option(
            r"$\partial J / \partial\mathbf{b}_k$, divided by $\Delta t$, when $w_2 = 0$",
            r"""is right, too: $\mathbf{b}_k$ is added to $\mathbf{x}_{k+1}$ with the factor $\Delta t$ and to nothing
            else. That is the gradient in $\mathbf{b}$.""",
            lambda c: (c.referee.b[2] - c.w2 * c.dt * c.b[2]) / c.dt,
        ),
    ),
    hints=(
        r"Look at the last one: $\boldsymbol{\varphi}_{N_T-1} = \mathbf{x}_{N_T} - \mathbf{y}_{\text{out}}$.",
        r"And where in the network does $\mathbf{b}_k$ enter? More than one option may be right.",
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
    \textcolor{#b35900}{\mathbf{y}_{\text{out}}},\quad -\dot{\boldsymbol{\varphi}} =
    \mathbf{A}^\top\boldsymbol{\varphi} + w_1(\mathbf{x} - \textcolor{#b35900}{\mathbf{y}_{\text{out}}}).$$

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
            r"$\mathbf{x}(T) - \textcolor{#b35900}{\mathbf{y}_{\text{out}}}$",
            r"is $\boldsymbol{\varphi}(T)$ alone; its product with the tangent is still to be taken.",
            lambda c: c.miss,
        ),
        Option(
            r"$(\mathbf{x}(T) - \textcolor{#b35900}{\mathbf{y}_{\text{out}}})^\top\tilde{\mathbf{x}}(T)$",
            r"uses both conditions: the tangent is zero at the start, and the adjoint at the end is the miss.",
            lambda c: c.miss @ c.x_tilde[-1],
        ),
        Option(
            r"$-(\mathbf{x}(T) - \textcolor{#b35900}{\mathbf{y}_{\text{out}}})^\top\tilde{\mathbf{x}}(T)$",
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

MISS = r"(\mathbf{x} - \textcolor{#b35900}{\mathbf{y}_{\text{out}}})"
BOTH_INSERTED = (
    rf"\int_0^T\bigl(\mathbf{{A}}^\top\boldsymbol{{\varphi}} + w_1{MISS}\bigr)^\top\tilde{{\mathbf{{x}}}}\,dt + "
    r"\int_0^T\boldsymbol{\varphi}^\top(\mathbf{A}\tilde{\mathbf{x}} + \tilde{\mathbf{b}})\,dt$"
)
A_CANCELLED = (
    rf"w_1\int_0^T{MISS}^\top\tilde{{\mathbf{{x}}}}\,dt + "
    r"\int_0^T\boldsymbol{\varphi}^\top\tilde{\mathbf{b}}\,dt$"
)


def inserted(c, sign):
    """-sign times the integral of phi' . x_tilde by the adjoint equation, and that of phi . x_tilde'."""
    first = c.integral(lambda k: (c.A[k].T @ c.phi[k] + c.w1 * (c.x[k] - c.y)) @ c.x_tilde[k])
    second = c.integral(lambda k: c.phi[k] @ (c.A[k] @ c.x_tilde[k] + c.b_tilde[k]))
    return sign * first + second


def cancelled(c, sign):
    """The same without the terms with A."""
    first = c.integral(lambda k: c.w1 * (c.x[k] - c.y) @ c.x_tilde[k])
    return sign * first + c.integral(lambda k: c.phi[k] @ c.b_tilde[k])


QUESTION_2 = Question(
    id="B7",
    prompt=r"""
    The same integral, by the product rule. What is
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
    Before you read on: one sample, and the entry $V_{mn}$ in row $m$ and column $n$. How does $J$ react to it; what
    stands in row $m$ and column $n$ of $(\nabla_{\mathbf{V}}J)(t)$?
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
        r"It stands in the equation of $x_1$, in front of $\sigma(x_2)$.",
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


def measured_cost_ratio(c):
    """How many times more linear ODEs the gradient takes by tangents than by the adjoint, counted on the way."""
    p, solved = c.problem, {"tangent": 0, "adjoint": 0}

    def derivative(direction):
        solved["tangent"] += p.I
        x_tilde = resnet.tangent(c.weights, c.x, c.dt, tanh, direction)
        running = c.w1 * c.dt * np.sum((c.x - p.y_out)[1:-1] * x_tilde[1:-1])
        return np.sum((c.x[-1] - p.y_out) * x_tilde[-1]) + running + c.w2 * c.dt * c.weights.dot(direction)

    units = np.eye(c.weights.theta.size).reshape(-1, *c.weights.theta.shape)
    by_tangents = np.array([derivative(Weights.from_theta(unit)) for unit in units])
    solved["adjoint"] += p.I
    by_adjoint = resnet.gradient(c.weights, c.x, c.phi, c.dt, c.w2, tanh)
    if not np.allclose(by_tangents, by_adjoint.theta.ravel()):
        raise ArithmeticError("the gradients by tangents and by the adjoint differ")
    return solved["tangent"] / solved["adjoint"]


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
        r"How many weights has a layer, $\mathbf{V}_k$ and $\mathbf{b}_k$ together? How many adjoints are there?",
    ),
    explanation=r"""
    Tangents: one for each sample and each of the $K\,d\,(d + 1)$ weights. Adjoints: one for each sample. For MNIST
    with ten layers the factor is six million.
    """,
    problem=Network,
    asked=measured_cost_ratio,
    evaluated=r"Counted while a random network's gradient was computed in both ways (they agree):",
)


# 12.C

COUNT = Question(
    id="C-count",
    prompt=r"""
    One sample, $N_T$ grid points. How many vectors $\boldsymbol{\varphi}_k$ does the gradient need: how many states
    are there that the weights can move?
    """,
    options=(
        Option(
            r"$N_T - 2$",
            r"""counts the states of the running cost, $\mathbf{x}_2, \dots, \mathbf{x}_{N_T-1}$. The last state has a
            price, too: the first term of $J$.""",
            lambda c: c.N_T - 2,
        ),
        Option(
            r"$N_T - 1$",
            r"is one for each layer: $\mathbf{x}_2, \dots, \mathbf{x}_{N_T}$.",
            lambda c: c.N_T - 1,
        ),
        Option(
            r"$N_T$",
            r"""counts all states, also $\mathbf{x}_1 = \mathbf{x}_{\text{in}}$. No weight can move that one, so its
            price is not needed.""",
            lambda c: c.N_T,
        ),
        Option(
            r"$(N_T - 1)\,d\,(d + 1)$",
            r"is the number of weights. That many *tangents* would be needed; the adjoint prices states.",
            lambda c: (c.N_T - 1) * c.d * (c.d + 1),
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
    Someone else's code sums the running cost over other $k$ than ours. For which of these sums are our formulas for
    the adjoint and the gradient nevertheless exact?
    """,
    options=(
        Option(
            r"$k = 1, \dots, N_T$",
            r"""pays for the final state a second time. Then $\boldsymbol{\varphi}_{N_T-1}$ would have to be $(1 +
            w_1\Delta t)(\mathbf{x}_{N_T} - \mathbf{y}_{\text{out}})$.""",
            lambda c: gradient_with_running_sum(c, 1, c.N_T),
        ),
        Option(
            r"$k = 1, \dots, N_T - 1$",
            r"""adds $\mathbf{x}_1 = \mathbf{x}_{\text{in}}$, which no weight can move: $J$ is larger by a constant,
            and the gradient the same.""",
            lambda c: gradient_with_running_sum(c, 1, c.N_T - 1),
        ),
        Option(
            r"$k = 2, \dots, N_T - 1$",
            r"is ours: what weights can move, and the final state in the first term only.",
            lambda c: gradient_with_running_sum(c, 2, c.N_T - 1),
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
    The only one of them that makes no difference at symmetric $\mathbf{V}$. (At $\mathbf{V} = \mathbf{0}$ all three
    mistakes in the adjoint would go unnoticed.) So check at random, non-symmetric weights.
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
    evaluated=r"""Measured, for smooth random weights: the largest change of a weight (asked: with 100 layers and
    $\gamma = 1$).""",
    tolerance=0.1,
)


class RandomFlows:
    """Networks with random weights, and whether one of them carries a disk out of the ring round it."""

    def __init__(self, seed, draws=100):
        self.seed, self.draws = seed, draws
        angle = 2 * np.pi * np.arange(60) / 60
        circle = np.array([np.cos(angle), np.sin(angle)])
        self.disk, self.ring = 0.4 * circle, np.hstack([0.8 * circle, 1.2 * circle])

    def separates(self, d=2, layers=20, activation=relu, norm=0.6):
        """Whether after one of the networks a line (for d = 3 a plane) has the disk and the ring on two sides.

        Each layer has dt = 1 and a V of that spectral norm, below 1: it is one-to-one.
        """
        rng = np.random.default_rng(self.seed)
        start = np.zeros((d, self.disk.shape[1] + self.ring.shape[1]))
        start[:2] = np.hstack([self.disk, self.ring])
        for _ in range(self.draws):
            weights = Weights.random(layers + 1, d, 1.0, rng)
            length = np.linalg.norm(weights.V, 2, axis=(1, 2))[:, None, None]
            weights = Weights(norm * weights.V / length, weights.b)
            end = resnet.forward(weights, start, 1.0, activation)[-1]
            if separable(*np.hsplit(end, [self.disk.shape[1]])):
                return True
        return False


def separable(a, b):
    """Whether a line or plane has the columns of a on one side and those of b on the other."""
    if len(a) == 2 and surrounds(b, a.mean(axis=1)):
        return False  # the usual case, found without a linear programme
    rows = np.vstack([a.T, -b.T])
    ones = np.repeat([1.0, -1.0], [a.shape[1], b.shape[1]])
    # Is there a normal v and a shift s with v . a + s <= -1 and v . b + s >= 1?
    found = linprog(np.zeros(len(a) + 1), np.column_stack([rows, ones]), -np.ones(len(rows)), bounds=(None, None))
    return found.status == 0


def surrounds(b, point):
    """Whether no line through the point has all columns of b (2, n) on one side: no gap in their angles is pi wide."""
    angle = np.sort(np.arctan2(*(b - point[:, None])))
    return np.diff(angle, append=angle[0] + 2 * np.pi).max() < np.pi


RING = Question(
    id="C-ring",
    prompt=r"""
    64 points could be separated, the full disk and ring could not. The network is planar, ReLU, 20 layers, each of
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
            r"larger weights, up to where layers stop being one-to-one",
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
        r"Which of the changes leaves a continuous, one-to-one map of the plane what it is?",
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
# 12.D


class LackingFactor(Network):
    """Batches of a quarter of the samples, and estimates that lack the factor I/n."""

    def __init__(self, seed):
        super().__init__(seed, I=8)

    @property
    def mean_estimate(self):
        """Its direction: the mean over a partition into batches of the data part as it is, plus the whole penalty."""
        p, batches = self.problem, self.rng.permutation(self.I).reshape(4, -1)
        alone = [
            TrainingProblem(p.x_in[:, batch], p.y_out[:, batch], p.T, p.N_T, p.w1, p.w2, tanh) for batch in batches
        ]
        return unit(sum(problem.cost_and_gradient(self.weights)[1].theta for problem in alone))

    def downhill(self, w1=1, w2=1):
        """The direction of the gradient of J with w1 and w2 so many times as large."""
        p = self.problem
        other = TrainingProblem(p.x_in, p.y_out, p.T, p.N_T, w1 * p.w1, w2 * p.w2, tanh)
        return unit(other.cost_and_gradient(self.weights)[1].theta)


def unit(theta):
    return theta / np.linalg.norm(theta)


BATCH_SCALE = Question(
    id="D-scale",
    prompt=r"""
    Your estimate of the gradient adds up the data parts of the $n = I/4$ samples in the batch, and the whole penalty;
    the factor $I/n$ at the data part has been forgotten. Apart from noise, and from a factor that a larger $\gamma$
    makes up for: which cost does descent then minimise?
    """,
    options=(
        Option(
            r"$J$ with $\tfrac14 w_2$ in place of $w_2$",
            r"""goes the wrong way. It is the *data* part that has become a quarter, so that the penalty counts for
            more beside it.""",
            lambda c: c.downhill(w2=1 / 4),
        ),
        Option(
            r"$J$ with $w_2$, as it is",
            r"""would be right if the whole gradient were a quarter of what it should be: then a larger $\gamma$ alone
            would mend it. But the penalty has its full size.""",
            lambda c: c.downhill(),
        ),
        Option(
            r"$J$ with $4 w_2$ in place of $w_2$",
            r"is what a quarter of the data part with a whole penalty amounts to: a quarter of *this* cost.",
            lambda c: c.downhill(w2=4),
        ),
        Option(
            r"$J$ with $4 w_1$ and $4 w_2$ in place of $w_1$ and $w_2$",
            r"""takes the running cost for a penalty. It is a sum over samples, and shrinks with the terminal term;
            $w_1$ stays what it is.""",
            lambda c: c.downhill(w1=4, w2=4),
        ),
    ),
    hints=(
        r"Which terms of $J$ are sums over the samples, and which is not?",
        r"On average: a quarter of the data part, and all of the penalty. Take out the factor $\tfrac14$.",
    ),
    explanation=r"""
    $\tfrac14\,(\text{data}) + (\text{penalty}) = \tfrac14\,\bigl((\text{data}) + 4\,(\text{penalty})\bigr)$. The
    training runs and converges, towards other weights: no crash tells you, only the comparison of the mean over a
    partition with the full gradient does.
    """,
    problem=LackingFactor,
    asked=lambda c: c.mean_estimate,
    evaluated=r"""The directions of these gradients for a random network, beside that of the estimate's mean over a
    partition into four batches:""",
)


class OneLayer:
    """A network with one layer in one dimension: its J is quadratic, and its noise floor is known exactly."""

    def __init__(self, seed, I=2000):
        rng = np.random.default_rng(seed)
        x_in = rng.standard_normal(I)
        y_out = np.sin(x_in) + rng.standard_normal(I)
        self.problem = TrainingProblem(x_in[None], y_out[None], 1.0, 2, 1.0, 1.0, tanh)
        s = np.column_stack([np.tanh(x_in), np.ones(I)])
        penalty = self.problem.w2 * np.eye(2)
        self.H_of = I * s[:, :, None] * s[:, None, :] + penalty  # of the batch of one sample, for each
        self.H = self.H_of.mean(axis=0)
        self.minimum = np.linalg.solve(self.H, (y_out - x_in) @ s)
        self.g_of = (I * (x_in + s @ self.minimum - y_out))[:, None] * s + penalty @ self.minimum
        self.gamma, self.n, self.I = 0.002 / np.linalg.norm(self.H, 2), 8, I

    def floor(self, gamma, n):
        """E[J] - min J of descent at last, each batch drawn for itself."""
        return np.trace(self.H @ self.covariance(gamma, n)) / 2

    def covariance(self, gamma, n):
        """C of the weights around the minimum, where C = mean over batches of M C M^T + gamma^2 g g^T."""
        spread = gamma**2 * (self.I - n) / (n * (self.I - 1))  # (D2), times gamma^2
        M, noise_of_H = np.eye(2) - gamma * self.H, self.H_of - self.H
        kept = np.kron(M, M) + spread * np.einsum("iab,icd->acbd", noise_of_H, noise_of_H).reshape(4, 4) / self.I
        noise = spread * self.g_of.T @ self.g_of / self.I
        return np.linalg.solve(np.eye(4) - kept, noise.ravel()).reshape(2, 2)


FLOOR = Question(
    id="D-floor",
    prompt=r"""
    Descent with a small constant $\gamma$, each batch of $n \ll I$ samples drawn for itself, ends on a noise floor
    $\mathbb{E}[J] - \min J$. Now you halve $\gamma$ and double $n$. By which factor does the floor change?
    """,
    options=(
        Option(
            r"$1/8$",
            r"""takes the square of the step, $\gamma^2$, times the variance of the gradient. That is what *one* step
            adds; but with half the $\gamma$ it also takes twice as long until it is forgotten.""",
            lambda c: 1 / 8,
        ),
        Option(
            r"$1/4$",
            r"is a half for $\gamma$ and a half for the variance of the gradient.",
            lambda c: 1 / 4,
        ),
        Option(
            r"$1/\sqrt{8}$",
            r"""takes the *size* of the gradient's error, which falls like $1/\sqrt{n}$. Near a minimum $J$ is
            quadratic: what counts is the mean of the error's square.""",
            lambda c: 8**-0.5,
        ),
        Option(
            r"$1/2$",
            r"has one of the two changes only. Noise is less because steps are shorter, and less because it averages.",
            lambda c: 1 / 2,
        ),
        Option(
            r"$1$",
            r"""lets the two make up for each other. They would if both were halved, or both doubled: the floor goes
            like $\gamma/n$.""",
            lambda c: 1.0,
        ),
    ),
    hints=(
        r"How does the variance of a mean over $n$ samples depend on $n$?",
        r"A step adds $\gamma^2 \cdot$ variance to the mean square of the weights' error, and takes away a part $\propto \gamma$ of it.",  # noqa: E501
    ),
    explanation=r"""
    The floor is $\tfrac{\gamma}{4}\,\mathbb{E}|\mathbf{g}_B - \mathbf{g}|^2$ for small $\gamma$, and the variance goes
    like $1/n$ for $n \ll I$. (Where every epoch uses each sample once, as in the library, the floor is lower, and falls
    like $\gamma^2$.)
    """,
    problem=OneLayer,
    asked=lambda c: c.floor(c.gamma / 2, 2 * c.n) / c.floor(c.gamma, c.n),
    evaluated=r"""The factor for a network with one layer and 2000 random samples, where $J$ is quadratic and the floor
    solves a linear equation ($n = 8$):""",
    tolerance=0.03,
)


class PlanarNetworks:
    """Networks in the plane with tanh, and whether one brings a disk and the ring round it to two sides of a line."""

    def __init__(self, seed, draws=20):
        self.rng, self.draws = np.random.default_rng(seed), draws
        angle = 2 * np.pi * np.arange(60) / 60
        circle = np.array([np.cos(angle), np.sin(angle)])
        self.disk, self.ring = (np.hstack([r * circle for r in radii]) for radii in [(0, 0.2, 0.4), (0.8, 1.0, 1.2)])

    def separates(self, networks):
        """Whether one of these [dt V, dt b] does."""
        start = np.hstack([self.disk, self.ring])
        ends = (resnet.forward(Weights.from_theta(dt_theta), start, 1.0, tanh)[-1] for dt_theta in networks)
        return any(separable(*np.hsplit(end, [self.disk.shape[1]])) for end in ends)

    def flows(self, K=100):
        """Smooth V(t) and b(t) in steps so short that nothing but the flow is left."""
        t = np.linspace(0, 1, K)[:, None, None]
        for P, Q, R in 3 * self.rng.standard_normal((self.draws, 3, 2, 3)):
            yield (P + Q * np.cos(2 * t) + R * np.sin(3 * t)) / K

    def one_to_one(self, layers):
        """Random layers with |dt V| = 0.95 < 1."""
        for _ in range(self.draws):
            V = self.rng.standard_normal((layers, 2, 2))
            V *= 0.95 / np.linalg.norm(V, 2, axis=(1, 2))[:, None, None]
            yield Weights(V, self.rng.standard_normal((layers, 2))).theta

    def large_steps(self):
        """Three layers: one moves the plane, the next folds it along x_1, the last along x_2.

        x - c tanh(x) has a minimum at x = artanh sqrt(1 - 1/c), for c > 1: there the sheet is bent back.
        """
        for c in self.rng.uniform(1.5, 3, self.draws):
            crease = np.full(2, np.arctanh(np.sqrt(1 - 1 / c)))
            V = [np.zeros((2, 2)), np.diag([-c, 0]), np.diag([0, -c])]
            yield Weights(V, [crease, np.zeros(2), np.zeros(2)]).theta


FOLD = Question(
    id="D-fold",
    prompt=r"""
    In the plane, with $\tanh$ and without further coordinates: which of these can have *all* of the disk on one side of
    a line, and *all* of the ring round it on the other?
    """,
    options=(
        Option(
            r"a neural ODE, with suitable $\mathbf{V}(t)$ and $\mathbf{b}(t)$",
            r"""is a flow: paths do not meet, so it bends the plane and never tears or folds it. What is inside the ring
            stays inside.""",
            lambda c: c.separates(c.flows()),
        ),
        Option(
            r"$100$ layers, each of them one-to-one",
            r"""have the strength of numbers, but one-to-one and continuous a hundred times is one-to-one and
            continuous.""",
            lambda c: c.separates(c.one_to_one(100)),
        ),
        Option(
            r"$3$ layers, each of them one-to-one",
            r"""are few, but that is not what matters: as long as no layer puts two points on one, the disk cannot leave
            the ring.""",
            lambda c: c.separates(c.one_to_one(3)),
        ),
        Option(
            r"$3$ layers, with steps so large that they are not one-to-one",
            r"can fold the plane: a layer lays one half of the ring over the other, with the disk in the crease.",
            lambda c: c.separates(c.large_steps()),
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
        r"Fold a sheet of paper with a ring drawn on it twice. Where is the ring, where its centre?",
    ),
    explanation=r"""
    $x + \Delta t\,v\tanh(x)$ increases in $x$ only while $\Delta t\,v \geq -1$. Beyond, it turns back: for $\Delta t\,v
    = -c$ at $x = \pm\operatorname{artanh}\sqrt{1 - 1/c}$. Move the plane so that its centre is there, fold it along
    $x_1$, then along $x_2$: the disk is in the corner, and a line cuts the corner off. Such a network is no
    approximation of a flow any more.
    """,
    problem=PlanarNetworks,
    asked=lambda c: True,
    evaluated=r"""Does any of 20 networks do it (the first three with random weights, the fourth as constructed above)?
    For the first three the theorem is the proof.""",
)


class GradientWays(SmoothWeights):
    """Eight layers sampled from smooth V(t), b(t), and ways to the gradient that keep fewer states than all."""

    def __init__(self, seed, K=8):
        super().__init__(seed)
        rng = np.random.default_rng(seed)
        x_in, y_out = rng.standard_normal((2, 2, 3))
        self.problem = TrainingProblem(x_in, y_out, self.T, K + 1, 1.0, 0.5, tanh)
        self.dt, self.t = self.problem.dt, self.problem.t
        self.weights = Weights.from_theta(np.array([self.theta(t) for t in self.t[:-1]]))
        self.x_T = self.problem.states(self.weights)[-1]

    @property
    def referee(self):
        return numerical_gradient(self.problem.cost, self.weights, complex_step).theta

    def discrete(self, x):
        """The library's adjoint and gradient on these states."""
        p = self.problem
        phi = resnet.adjoint(self.weights, x, p.y_out, self.dt, p.w1, tanh)
        return resnet.gradient(self.weights, x, phi, self.dt, p.w2, tanh).theta

    def reversed(self):
        """All states, by Euler's method backwards from the last one."""
        x = [self.x_T]
        for V, b in zip(self.weights.V[::-1], self.weights.b[::-1], strict=True):
            x.append(x[-1] - self.dt * (V @ np.tanh(x[-1]) + b[:, None]))
        return np.stack(x[::-1])

    def from_every_second(self):
        """All states, every second one kept, the one after it computed from it again."""
        x = np.empty_like(self.problem.states(self.weights))
        x[::2] = self.problem.states(self.weights)[::2]
        for k in range(0, len(x) - 1, 2):
            x[k + 1] = resnet.forward(Weights.from_theta(self.weights.theta[k : k + 1]), x[k], self.dt, tanh)[-1]
        return x

    def adjoint_rate(self, t, x, phi):
        """- d phi / dt of the adjoint ODE (B5), at any time."""
        V = self.theta(t)[:, :-1]
        return tanh.dsigma(x) * (V.T @ phi) + self.problem.w1 * (x - self.problem.y_out)

    def from_adjoint_ode(self, x, phi):
        """The gradient of B8 and B9 with states and adjoint at the layers' times."""
        return resnet.gradient(self.weights, x, phi[:-1], self.dt, self.problem.w2, tanh).theta

    def euler(self):
        """The adjoint ODE on the layers' grid by Euler's method, which looks at the end that it comes from."""
        x = self.problem.states(self.weights)
        phi = np.empty_like(x)
        phi[-1] = x[-1] - self.problem.y_out
        for k in range(len(x) - 1, 0, -1):
            phi[k - 1] = phi[k] + self.dt * self.adjoint_rate(self.t[k], x[k], phi[k])
        return self.from_adjoint_ode(x, phi)

    def accurate(self):
        """Both ODEs to ten digits, the state forwards and the adjoint backwards."""
        shape, options = self.problem.x_in.shape, {"method": "DOP853", "rtol": 1e-10, "atol": 1e-10}

        def rate(t, x):
            return (self.theta(t) @ np.vstack([np.tanh(x.reshape(shape)), np.ones(shape[1])])).ravel()

        def adjoint_rate(t, phi):
            return -self.adjoint_rate(t, state.sol(t).reshape(shape), phi.reshape(shape)).ravel()

        state = solve_ivp(rate, [0, self.T], self.problem.x_in.ravel(), dense_output=True, **options)
        end = state.y[:, -1] - self.problem.y_out.ravel()
        phi = solve_ivp(adjoint_rate, [self.T, 0], end, t_eval=self.t[::-1], **options).y[:, ::-1]
        at_grid = (-1, *shape)
        return self.from_adjoint_ode(state.sol(self.t).T.reshape(at_grid), phi.T.reshape(at_grid))


WAYS = Question(
    id="D-adjoint",
    prompt=r"""
    To save memory, or to be more accurate, someone replaces our way to the gradient. Which of these ways still gives
    the gradient of *our* $J$, the one of the network with its $N_T - 1$ layers, to rounding?
    """,
    options=(
        Option(
            r"""Euler's method for the adjoint ODE, backwards on the grid, with $\mathbf{V}$ and $\mathbf{x}$ taken
            where each step starts""",
            r"""takes $\mathbf{V}$ and $\mathbf{x}$ at the right end of each layer's interval. The chain rule asks for
            those at the left end, from which the layer started. The error is of order $\Delta t$.""",
            lambda c: c.euler(),
        ),
        Option(
            r"the adjoint ODE to ten digits, along the solution of the neural ODE",
            r"""is the gradient of another $J$, that of the *ODE*. The network is an Euler approximation of it, and so
            the two gradients are apart by $O(\Delta t)$, however many digits each has.""",
            lambda c: c.accurate(),
        ),
        Option(
            r"every second state kept, the others computed from them again; then our adjoint",
            r"""works with the very states of the network: a layer gives the same result when it is evaluated a second
            time.""",
            lambda c: c.discrete(c.from_every_second()),
        ),
        Option(
            r"only $\mathbf{x}(T)$ kept, the other states by Euler's method backwards; then our adjoint",
            r"""goes back on another path: an Euler step backwards does not undo the one forwards, the two differ by
            $O(\Delta t^2)$, and in sum by $O(\Delta t)$.""",
            lambda c: c.discrete(c.reversed()),
        ),
    ),
    hints=(
        r"The exact gradient is the chain rule for the layers. Which numbers does it need?",
        r"Two of the ways have other states than the network, one has the right states at the wrong layers.",
    ),
    explanation=r"""
    The chain rule needs $\mathbf{x}_k$ and $\mathbf{V}_k$ of each layer as they are. States may be forgotten and
    computed again *forwards*; whatever else is put in their place costs an error of order $\Delta t$.
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
    id="D-memory",
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
    $N/m + m$ is least for $m = \sqrt{N}$: $2\sqrt{N}$ states, 64 in place of 1024 for 1024 layers. The price is a
    second evaluation of each layer, and the gradient is the same, to rounding.
    """,
    problem=Checkpoints,
    asked=lambda c: np.array([c.states, c.layers], float),
    evaluated=r"Counted for a network with random $N$ and $m$: states, layers.",
)

QUESTIONS = (
    *(ZERO, SCALE, INDEX, ORDER, FROBENIUS),
    *(TANGENT, STEP, PRICE, QUESTION_1, QUESTION_2, TRANSPOSE, COST),
    *(COUNT, WHERE_DT, SUM, SYMMETRIC, GAMMA, RING),
    *(BATCH_SCALE, FLOOR, FOLD, WAYS, MEMORY),
)
