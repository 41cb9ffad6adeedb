"""The sums over samples in J and its gradient, made fast: blocks of samples, arrays made once, executors."""

import sys
import threading
from contextlib import nullcontext
from functools import lru_cache, partial
from math import ceil

import numpy as np
from threadpoolctl import ThreadpoolController, threadpool_limits

from . import resnet

# States that overflow are no accident here: too large a step does it, and the caller sees J = inf or nan.
quiet_overflow = partial(np.errstate, over="ignore", invalid="ignore")


class Blocks:
    """These sums for one block of `chunk` samples after the other, on the executor where there is one."""

    def __init__(self, N_T, d, dt, w1, activation, dtype, chunk, executor):
        self.chunk = chunk or _cached_samples(N_T, d)
        self.executor = executor
        # BLAS's own threads would only get into the way of the executor's, and wait for each other at small products.
        one_thread = executor is not None or d < 128
        self.data_terms = _DataTerms(N_T - 1, d, dt, w1, activation, dtype, one_thread)

    def cost(self, theta, x_in, y_out):
        """The terminal and the running term of J, of each block."""
        return self._of_each(partial(self.data_terms.cost, theta), x_in, y_out)

    def cost_and_gradient(self, theta, scale, x_in, y_out):
        """These terms and their gradient, `scale` times, of each block; a gradient lasts until the next one comes."""
        evaluate = partial(self.data_terms.cost_and_gradient, theta, scale, copy=self.executor is not None)
        return self._of_each(evaluate, x_in, y_out)

    def _of_each(self, evaluate, x_in, y_out):
        """evaluate(x_in, y_out) of one block after the other, in their order, so that sums are always the same."""
        I = x_in.shape[1]
        width = ceil(I / ceil(I / self.chunk))  # as many blocks as it takes, all of them about equally wide
        blocks = [[a[:, i : i + width] for i in range(0, I, width)] for a in (x_in, y_out)]
        return (map if self.executor is None else self.executor.map)(evaluate, *blocks)


def _cached_samples(N_T, d):
    """As many samples as have their states and what is computed from them in about 8 MB, and not too few."""
    return max(256, 8_000_000 // (8 * N_T * (3 * d + 1)))


class _DataTerms:
    """The sums over samples in J and in its gradient, for any block of samples.

    For tanh and relu this is `forward`, `cost`, `adjoint` and `gradient` fused: the same formulas in arrays that are
    made once for each thread and each width of a block.
    """

    def __init__(self, N, d, dt, w1, activation, dtype, one_thread):
        self.arguments = N, d, dt, w1, activation, dtype, one_thread
        self.dt, self.w1, self.activation = dt, w1, activation
        self.w = np.array([w1 * dt] * (N - 1) + [1.0], dtype)  # what |x - y_out|^2 / 2 counts for after each layer
        self.is_fused = activation.dsigma_of_sigma is not None
        self.workspaces = _Workspaces(N, d, dtype)
        self.blas = _one_blas_thread if one_thread else nullcontext()

    def __reduce__(self):
        return _data_terms, self.arguments

    def cost(self, theta, x_in, y_out):
        """The terminal and the running term of J."""
        with quiet_overflow(), self.blas:
            if self.is_fused:
                return self._fused_cost(self.workspaces.of_width(x_in.shape[1]), theta, x_in, y_out)
            return self._textbook_cost(theta, x_in, y_out)[0]

    def cost_and_gradient(self, theta, scale, x_in, y_out, copy):
        """These terms and their gradient, `scale` times; unless copied, the gradient lasts until the next call."""
        with quiet_overflow(), self.blas:
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


def blas_threads(number):
    """A context in which BLAS has at most so many threads. In a browser it has one, and threadpoolctl would be slow to
    find it: it asks the page for the file of each library."""
    return nullcontext() if sys.platform == "emscripten" else threadpool_limits(number, user_api="blas")


@lru_cache(maxsize=1)
def _blas():
    if sys.platform == "emscripten":
        return []
    return [library for library in ThreadpoolController().lib_controllers if library.user_api == "blas"]


class _OneBlasThread:
    """A context in which BLAS uses one thread; the last of our threads to leave it gives BLAS back what it had.

    An interrupt may come between any two lines here; what it leaves is put right the next time.
    """

    def __init__(self):
        self.lock, self.inside, self.before = threading.Lock(), set(), []

    def __enter__(self):
        with self.lock:
            if not self.inside:
                self.before = [(library, library.num_threads) for library in _blas()]
            self.inside.add(threading.get_ident())
            for library, _ in self.before:
                library.set_num_threads(1)

    def __exit__(self, *_):
        with self.lock:
            if self.inside <= {threading.get_ident()}:
                for library, threads in self.before:
                    library.set_num_threads(threads)
            self.inside.discard(threading.get_ident())


_one_blas_thread = _OneBlasThread()


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
