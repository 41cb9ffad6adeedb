"""What is trained: data, grid, cost weights and activation."""

from concurrent.futures import Executor

import numpy as np

from . import checks, resnet
from .activations import relu
from .fused import Blocks, quiet_overflow

_READ_ONLY = "x_in y_out T N_T w1 w2 activation chunk executor dtype dt t".split()


class TrainingProblem:
    """Find the weights that bring each sample x_in^i to its y_out^i: the data, the grid and J (A6, C1, C2).

    x_in, y_out (d, I): one column per sample; where both are float32, so is the gradient.
    T: final time. N_T: grid points, so N_T - 1 layers of length dt = T / (N_T - 1) at the times t. w1, w2: weights
    of the running cost and of the penalty on V and b.
    chunk: J and its gradient are sums over samples, and are computed for so many at a time; by default for as many
    as take about 8 MB, a processor's cache, but 256 at least. executor: any `concurrent.futures.Executor` to compute
    these blocks on: threads, processes, or a cluster's (Dask: `Client.get_executor(pure=False)`). The results are
    those without it: to the last bit where d < 128 and all processors are of one kind, to rounding otherwise.
    Jupyter's Stop reaches processes, too, and would end them; ProcessPoolExecutor(initializer=signal.signal,
    initargs=(signal.SIGINT, signal.SIG_IGN)) makes some that go on.
    A problem does not change: all these are read-only. Raises ValueError or TypeError, naming the argument, for data
    or numbers that make no problem.
    """

    def __init__(self, x_in, y_out, T=1.0, N_T=101, w1=0.01, w2=0.01, activation=relu, *, chunk=None, executor=None):
        x_in = checks.array("x_in", x_in, ("d", "I"), "one column per sample", real=True)
        if x_in.size == 0:
            raise ValueError(f"x_in has shape {x_in.shape}: an empty data set cannot be trained on")
        y_out = checks.array("y_out", y_out, ("d", "I"), "one target for each sample", real=True)
        if y_out.shape != x_in.shape:
            turned = ": is one of them the other way round, one sample a row?" if y_out.T.shape == x_in.shape else ""
            raise ValueError(f"y_out has shape {y_out.shape}, expected {x_in.shape}, that of x_in{turned}")
        self.dtype = np.dtype(np.float32 if x_in.dtype == y_out.dtype == np.float32 else np.float64)
        self.x_in, self.y_out = np.array(x_in, self.dtype), np.array(y_out, self.dtype)
        self.T = checks.number("T", T, above=0)
        self.N_T = checks.integer("N_T", N_T, 2)
        self.w1 = checks.number("w1", w1, 0)
        self.w2 = checks.number("w2", w2, 0)
        self.activation = resnet.check_activation("activation", activation)
        self.dt = checks.number("dt = T / (N_T - 1)", self.T / (self.N_T - 1), above=0)
        self.t = np.linspace(0.0, self.T, self.N_T)
        chunk = None if chunk is None else checks.integer("chunk", chunk, 1)
        self.executor = checks.instance("executor", executor, Executor | None, "a concurrent.futures.Executor")
        self._blocks = Blocks(self.N_T, self.d, self.dt, self.w1, self.activation, self.dtype, chunk, self.executor)
        self.chunk = self._blocks.chunk
        self._protect()

    def _protect(self):
        for a in (self.x_in, self.y_out, self.t):
            a.flags.writeable = False

    def __setstate__(self, state):
        vars(self).update(state)
        self._protect()  # NumPy's copies can be written to

    def __setattr__(self, name, value):
        if name in _READ_ONLY and name in vars(self):
            raise AttributeError(f"{name} of a TrainingProblem is read-only: make a new one, TrainingProblem(...)")
        super().__setattr__(name, value)

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
        with quiet_overflow():
            return resnet.forward(self.fitting(weights), self.x_in, self.dt, self.activation)

    def cost_terms(self, weights):
        """The three terms of J: terminal, running, weights."""
        x = self.states(weights)
        with quiet_overflow():
            return resnet.cost_terms(weights, x, self.y_out, self.dt, self.w1, self.w2)

    def cost(self, weights):
        """J (C2), a float: complex where the weights are, inf or nan where the states overflow."""
        theta = self.fitting(weights).theta
        if np.iscomplexobj(theta):
            return sum(self.cost_terms(weights))
        with quiet_overflow():
            return sum(self._blocks.cost(theta, self.x_in, self.y_out), self._penalty(theta))

    def cost_and_gradient(self, weights, samples=None):
        """J and its gradient (C2, C4, C5), a Weights of the caller's own; J is inf or nan where the states overflow.

        samples: indices of samples, to estimate both from these alone: the sums over samples times I over their
        number, and the penalty. The mean over samples drawn at random is J and its gradient.
        Raises TypeError for complex weights, and ValueError for indices that are not there.
        """
        theta = self.fitting(weights, real=True).theta
        x_in, y_out, scale = self.x_in, self.y_out, 1.0
        if samples is not None:
            samples = checks.indices("samples", samples, self.I)
            x_in, y_out, scale = x_in[:, samples], y_out[:, samples], self.I / len(samples)
        with quiet_overflow():
            J = self._penalty(theta)
            gradient = np.multiply(self.w2 * self.dt, theta, dtype=self.dtype)
            for J_block, gradient_block in self._blocks.cost_and_gradient(theta, scale, x_in, y_out):
                J += J_block
                gradient += gradient_block
        return J, resnet.Weights.from_theta(gradient)

    def hessian_vector(self, weights, direction):
        """The Hessian of J at the weights times a direction (C9), as Weights: the derivative of the gradient along it.

        By the complex step, one gradient with complex weights: exact to rounding, for tanh and, where no state is 0,
        for ReLU; another sigma and dsigma must be analytic, too: no absolute values. From the textbook's functions, so
        that it takes as long as some gradients by `cost_and_gradient`.
        Raises TypeError for complex weights or directions.
        """
        h = 1e-100  # (at 1e-30 NumPy's complex tanh takes ten times as long)
        moved = 1j * h * self.fitting(direction, "direction", real=True).theta.astype(float)
        weights = resnet.Weights.from_theta(self.fitting(weights, real=True).theta + moved)
        with quiet_overflow():
            x = resnet.forward(weights, self.x_in, self.dt, self.activation)
            phi = resnet.adjoint(weights, x, self.y_out, self.dt, self.w1, self.activation)
            gradient = resnet.gradient(weights, x, phi, self.dt, self.w2, self.activation)
        return resnet.Weights.from_theta(gradient.theta.imag / h)

    def _penalty(self, theta):
        # Not BLAS's dot, which wakes its threads for a long sum.
        return self.w2 * self.dt * float(np.einsum("kij,kij->", theta, theta)) / 2

    def fitting(self, weights, name="weights", real=False):
        """`weights`, where they are Weights of this problem, and real ones if asked; TypeError or ValueError if not."""
        resnet.check_weights(name, weights)
        if (weights.N_T, weights.d) != (self.N_T, self.d):
            raise ValueError(
                f"{name} are of another problem: they have N_T={weights.N_T}, d={weights.d}, "
                f"expected N_T={self.N_T}, d={self.d}"
            )
        if real and np.iscomplexobj(weights.theta):
            raise TypeError(f"{name} are complex, expected real ones: only states and cost take complex weights")
        return weights
