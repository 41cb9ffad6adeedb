"""What is trained: data, grid, cost weights and activation; and the gradient made fast."""

import threading
from concurrent.futures import Executor
from functools import lru_cache, partial
from math import ceil

import numpy as np
from threadpoolctl import ThreadpoolController

from . import checks, resnet
from .activations import Activation, relu

# States that overflow are no accident here: too large a step does it, and the caller sees J = inf or nan.
_quiet_overflow = partial(np.errstate, over="ignore", invalid="ignore")


class TrainingProblem:
    """Find the weights that bring each sample x_in^i to its y_out^i: the data, the grid and J (A6, C1, C2).

    x_in, y_out (d, I): one column per sample; where both are float32, so is all that is computed from them.
    T: final time. N_T: grid points, so N_T - 1 layers of length dt = T / (N_T - 1) at the times t. w1, w2: weights
    of the running cost and of the penalty on V and b.
    chunk: J and its gradient are sums over samples, and are computed for so many at a time; by default for as many
    as fit in the processor's cache. executor: any `concurrent.futures.Executor` to compute these blocks on: threads,
    processes, or a cluster's (Dask: `Client.get_executor()`); the results are those without it, to the last bit.
    Raises ValueError or TypeError, naming the argument, for data or numbers that make no problem.
    """

    def __init__(
        self, x_in, y_out, T=1.0, N_T=101, w1=0.01, w2=0.01, activation=relu, *, chunk=None, executor=None
    ):
        x_in = checks.array("x_in", x_in, ("d", "I"), "one column per sample", real=True)
        if x_in.size == 0:
            raise ValueError(f"x_in has shape {x_in.shape}: an empty data set cannot be trained on")
        y_out = checks.array("y_out", y_out, x_in.shape, "one target for each sample", real=True)
        self.dtype = np.dtype(np.float32 if x_in.dtype == y_out.dtype == np.float32 else np.float64)
        self.x_in, self.y_out = np.array(x_in, self.dtype), np.array(y_out, self.dtype)
        self.T = checks.number("T", T, above=0)
        self.N_T = checks.integer("N_T", N_T, 2)
        self.w1 = checks.number("w1", w1, 0)
        self.w2 = checks.number("w2", w2, 0)
        self.activation = checks.instance(
            "activation", activation, Activation, "tanh, relu or an Activation(sigma, dsigma, name)"
        )
        self.dt = self.T / (self.N_T - 1)
        self.t = np.linspace(0.0, self.T, self.N_T)
        self.chunk = _cached_samples(self.N_T, self.d) if chunk is None else checks.integer("chunk", chunk, 1)
        self.executor = checks.instance("executor", executor, Executor | None, "a concurrent.futures.Executor")
        self._data_terms = _DataTerms(self.N_T - 1, self.d, self.dt, self.w1, self.activation, self.dtype)

    @property
    def d(self):
        return self.x_in.shape[0]

    @property
    def I(self):  # noqa: E743 - the lecture's name
        return self.x_in.shape[1]

    def __repr__(self):
        return (
            f"TrainingProblem(d={self.d}, I={self.I}, T={self.T:g}, N_T={self.N_T}, "
            f"w1={self.w1:g}, w2={self.w2:g}, {self.activation.name})"
        )

    def states(self, weights):
        """x (N_T, d, I), the states of all samples at all times."""
        with _quiet_overflow():
            return resnet.forward(self._fitting(weights), self.x_in, self.dt, self.activation)

    def cost_terms(self, weights):
        """The three terms of J: terminal, running, weights."""
        x = self.states(weights)
        with _quiet_overflow():
            return resnet.cost_terms(weights, x, self.y_out, self.dt, self.w1, self.w2)

    def cost(self, weights):
        """J (C2), a float: complex where the weights are, inf or nan where the states overflow."""
        theta = self._fitting(weights).theta
        if np.iscomplexobj(theta):
            return sum(self.cost_terms(weights))
        with _quiet_overflow():
            J = self._penalty(theta)
            for J_block in self._blocks(partial(self._data_terms.cost, theta), self.x_in, self.y_out):
                J += J_block
        return J

    def cost_and_gradient(self, weights, samples=None):
        """J and its gradient (C2, C4, C5), a Weights of the caller's own; J is inf or nan where the states overflow.

        samples: indices of samples, to estimate both from these alone: the sums over samples times I over their
        number, and the penalty. The mean over samples drawn at random is J and its gradient.
        Raises TypeError for complex weights, and ValueError for indices that are not there.
        """
        theta = self._fitting(weights).theta
        if np.iscomplexobj(theta):
            raise TypeError("weights are complex, expected real ones: only states and cost take complex weights")
        x_in, y_out, scale = self.x_in, self.y_out, 1.0
        if samples is not None:
            samples = checks.indices("samples", samples, self.I)
            x_in, y_out, scale = x_in[:, samples], y_out[:, samples], self.I / len(samples)
        with _quiet_overflow():
            J = self._penalty(theta)
            gradient = np.multiply(self.w2 * self.dt, theta, dtype=self.dtype)
            evaluate = partial(self._data_terms.cost_and_gradient, theta, scale, copy=self.executor is not None)
            for J_block, gradient_block in self._blocks(evaluate, x_in, y_out):
                J += J_block
                gradient += gradient_block
        return J, resnet.Weights.from_theta(gradient)

    def _penalty(self, theta):
        return self.w2 * self.dt * float(np.vdot(theta, theta)) / 2

    def _blocks(self, evaluate, x_in, y_out):
        """evaluate(x_in, y_out) for one block of samples after the other; in their order, so that sums are the same."""
        I = x_in.shape[1]
        width = ceil(I / ceil(I / self.chunk))  # as many blocks as it takes, all of them about equally wide
        blocks = [[a[:, i : i + width] for i in range(0, I, width)] for a in (x_in, y_out)]
        if self.executor is None:
            return map(evaluate, *blocks)
        # It is the blocks that run in parallel; BLAS's own threads would only get into their way.
        with _blas().limit(limits=1, user_api="blas"):
            return list(self.executor.map(evaluate, *blocks))

    def _fitting(self, weights):
        checks.instance("weights", weights, resnet.Weights, "a Weights, such as Weights.zeros(N_T, d)")
        if (weights.N_T, weights.d) != (self.N_T, self.d):
            raise ValueError(
                f"weights are of another problem: they have N_T={weights.N_T}, d={weights.d}, "
                f"expected N_T={self.N_T}, d={self.d}"
            )
        return weights


def _cached_samples(N_T, d):
    """As many samples as have their states and what is computed from them in about 8 MB, and not too few."""
    return max(256, 8_000_000 // (8 * N_T * (3 * d + 1)))


class _DataTerms:
    """The sums over samples in J and in its gradient, for any block of samples.

    For tanh and relu this is `forward`, `cost`, `adjoint` and `gradient` fused: the same formulas in arrays that are
    made once for each thread and each width of a block.
    """

    def __init__(self, N, d, dt, w1, activation, dtype):
        self.arguments = N, d, dt, w1, activation, dtype
        self.dt, self.w1, self.activation = dt, w1, activation
        self.w = np.array([w1 * dt] * (N - 1) + [1.0], dtype)  # what |x - y_out|^2 / 2 counts for after each layer
        self.is_fused = activation.dsigma_of_sigma is not None
        self.workspaces = _Workspaces(N, d, dtype)

    def __reduce__(self):
        return _data_terms, self.arguments

    def cost(self, theta, x_in, y_out):
        """The terminal and the running term of J."""
        with _quiet_overflow():
            if self.is_fused:
                return self._fused_cost(self.workspaces.of_width(x_in.shape[1]), theta, x_in, y_out)
            return self._textbook_cost(theta, x_in, y_out)[0]

    def cost_and_gradient(self, theta, scale, x_in, y_out, copy):
        """These terms and their gradient, `scale` times; unless copied, the gradient lasts until the next call."""
        with _quiet_overflow():
            if not self.is_fused:
                J, weights, x = self._textbook_cost(theta, x_in, y_out)
                phi = resnet.adjoint(weights, x, y_out, self.dt, self.w1, self.activation)
                return scale * J, scale * resnet.gradient(weights, x, phi, self.dt, 0.0, self.activation).theta
            a = self.workspaces.of_width(x_in.shape[1])
            J = self._fused_cost(a, theta, x_in, y_out)
            gradient = self._fused_gradient(a, scale)
            return scale * J, gradient.copy() if copy else gradient

    def _textbook_cost(self, theta, x_in, y_out):
        weights = resnet.Weights.from_theta(theta)
        x = resnet.forward(weights, x_in, self.dt, self.activation)
        return resnet.cost(weights, x, y_out, self.dt, self.w1, 0.0), weights, x

    def _fused_cost(self, a, theta, x_in, y_out):
        """The cost; leaves x - y_out in a.phi and sigma of the states in a.s."""
        sigma, add = self.activation.sigma, np.add
        a.x[0] = x_in
        np.multiply(self.dt, theta, out=a.dt_theta, casting="same_kind")
        for x, sigma_x, s, dt_theta_dot, x_next in a.forward_steps:
            sigma(x, sigma_x)
            dt_theta_dot(s, x_next)
            add(x_next, x, x_next)
        # Copied to all times first: NumPy would copy y_out to a buffer again and again. dsigma is not needed yet.
        np.copyto(a.dsigma, y_out)
        np.subtract(a.phi, a.dsigma, out=a.phi)
        # For each time its own product: OpenBLAS wakes its threads for a long one, which costs more than it saves.
        errors = a.phi.reshape(len(a.phi), 1, -1)
        return float(np.matmul(errors, errors.transpose(0, 2, 1)).ravel().dot(self.w)) / 2

    def _fused_gradient(self, a, scale):
        """The gradient where `_fused_cost` has just been; a.phi goes from x - y_out to dt * phi."""
        multiply, add, A_T_phi = np.multiply, np.add, a.A_T_phi
        a.dt_V_T[...] = a.dt_theta[:, :, :-1].transpose(0, 2, 1)
        self.activation.dsigma_of_sigma(a.s[:, :-1], a.dsigma)
        # The factor dt of the gradient goes in here: phi is linear in x - y_out.
        a.phi[-1] *= scale * self.dt
        a.phi[:-1] *= scale * self.dt * self.w1 * self.dt
        for phi, dt_V_T_dot, dsigma_x, phi_before in a.backward_steps:
            dt_V_T_dot(phi, A_T_phi)
            multiply(A_T_phi, dsigma_x, A_T_phi)
            add(A_T_phi, phi, A_T_phi)
            add(phi_before, A_T_phi, phi_before)
        return np.matmul(a.phi, a.s.transpose(0, 2, 1), out=a.dt_theta)


@lru_cache(maxsize=1)
def _data_terms(*arguments):
    """What a block's terms arrive as in a worker process, which so keeps the arrays from one block to the next."""
    return _DataTerms(*arguments)


_blas = lru_cache(maxsize=1)(ThreadpoolController)


class _Workspaces(threading.local):
    """Of each thread its own, for two widths: that of the blocks and that of the last one."""

    def __init__(self, N, d, dtype):
        self.of_width = lru_cache(maxsize=2)(partial(_Workspace, N, d, dtype))


class _Workspace:
    """What the fused form writes to, and the views of it that each step uses, all made once."""

    def __init__(self, N, d, dtype, I):
        self.x = np.empty((N + 1, d, I), dtype)
        self.phi = self.x[1:]  # phi[k] takes the place of x[k + 1] when that is no longer needed
        self.s = np.ones((N, d + 1, I), dtype)  # sigma(x) over a row of ones, which meets b in theta = [V b]
        self.dsigma = np.empty((N, d, I), dtype)
        self.A_T_phi = np.empty((d, I), dtype)
        self.dt_theta = np.empty((N, d, d + 1), dtype)
        self.dt_V_T = np.empty((N, d, d), dtype)
        self.forward_steps = [
            (self.x[k], self.s[k, :d], self.s[k], self.dt_theta[k].dot, self.x[k + 1]) for k in range(N)
        ]
        self.backward_steps = [
            (self.phi[k], self.dt_V_T[k].dot, self.dsigma[k], self.phi[k - 1]) for k in range(N - 1, 0, -1)
        ]
