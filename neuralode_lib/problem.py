"""What is trained: data, grid, cost weights and activation; and the gradient made fast."""

from functools import cached_property, partial

import numpy as np

from . import checks, resnet
from .activations import Activation, relu

# States that overflow are no accident here: too large a step does it, and the caller sees J = inf or nan.
_quiet_overflow = partial(np.errstate, over="ignore", invalid="ignore")


class TrainingProblem:
    """Find the weights that bring each sample x_in^i to its y_out^i: the data, the grid and J (A6, C1, C2).

    x_in, y_out (d, I): one column per sample. T: final time. N_T: grid points, so N_T - 1 layers of length
    dt = T / (N_T - 1) at the times t. w1, w2: weights of the running cost and of the penalty on V and b.
    Raises ValueError or TypeError, naming the argument, for data or numbers that make no problem.
    """

    def __init__(self, x_in, y_out, T=1.0, N_T=101, w1=0.01, w2=0.01, activation=relu):
        x_in = checks.array("x_in", x_in, ("d", "I"), "one column per sample")
        if x_in.size == 0:
            raise ValueError(f"x_in has shape {x_in.shape}: an empty data set cannot be trained on")
        self.x_in = np.array(x_in, float)
        self.y_out = np.array(checks.array("y_out", y_out, x_in.shape, "one target for each sample"), float)
        self.T = checks.number("T", T, above=0)
        self.N_T = checks.integer("N_T", N_T, 2)
        self.w1 = checks.number("w1", w1, 0)
        self.w2 = checks.number("w2", w2, 0)
        self.activation = checks.instance(
            "activation", activation, Activation, "tanh, relu or an Activation(sigma, dsigma, name)"
        )
        self.dt = self.T / (self.N_T - 1)
        self.t = np.linspace(0.0, self.T, self.N_T)

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
        if self._has_fused_form and np.isrealobj(self._fitting(weights).theta):
            with _quiet_overflow():
                return self._fused_cost(weights.theta)
        return sum(self.cost_terms(weights))

    def cost_and_gradient(self, weights):
        """J and its gradient (C2, C4, C5), a Weights of the caller's own; J is inf or nan where the states overflow.

        For tanh and relu this is `forward`, `cost`, `adjoint` and `gradient` fused: the same formulas in arrays
        that are made once.
        """
        with _quiet_overflow():
            if self._has_fused_form:
                theta = self._fitting(weights).theta
                return self._fused_cost(theta), resnet.Weights.from_theta(self._fused_gradient(theta))
            x = self.states(weights)
            phi = resnet.adjoint(weights, x, self.y_out, self.dt, self.w1, self.activation)
            return (
                resnet.cost(weights, x, self.y_out, self.dt, self.w1, self.w2),
                resnet.gradient(weights, x, phi, self.dt, self.w2, self.activation),
            )

    @property
    def _has_fused_form(self):
        return self.activation.dsigma_of_sigma is not None

    def _fused_cost(self, theta):
        """J; leaves the states, sigma of them (over a row of ones, to meet b in theta = [V b]) and x - y_out."""
        x, s, error, *_ = self._arrays
        sigma, d, dt_theta = self.activation.sigma, self.d, self.dt * theta
        for k in range(self.N_T - 1):
            sigma(x[k], out=s[k, :d])
            dt_theta[k].dot(s[k], out=x[k + 1])
            x[k + 1] += x[k]
        np.subtract(x, self.y_out, out=error)
        terminal = np.vdot(error[-1], error[-1])
        running = self.w1 * self.dt * np.vdot(error[1:-1], error[1:-1])
        return float(terminal + running + self.w2 * self.dt * np.vdot(theta, theta)) / 2

    def _fused_gradient(self, theta):
        """The gradient at the theta that `_fused_cost` has just been called with."""
        _, s, error, phi, ds, pull = self._arrays
        d = self.d
        dt_V_T = self.dt * theta[:, :, :d].transpose(0, 2, 1)
        self.activation.dsigma_of_sigma(s[:, :d], out=ds)
        np.multiply(self.w1 * self.dt, error[:-1], out=pull)
        phi[-1] = error[-1]
        for k in range(self.N_T - 2, 0, -1):
            dt_V_T[k].dot(phi[k], out=phi[k - 1])
            phi[k - 1] *= ds[k]
            phi[k - 1] += phi[k]
            phi[k - 1] += pull[k]
        return self.dt * (np.matmul(phi, s.transpose(0, 2, 1)) + self.w2 * theta)

    @cached_property
    def _arrays(self):
        N, d, I = self.N_T - 1, self.d, self.I  # noqa: E741
        x, error = np.empty((2, N + 1, d, I))
        x[0] = self.x_in
        s = np.ones((N, d + 1, I))
        phi, ds, pull = np.empty((3, N, d, I))
        return x, s, error, phi, ds, pull

    def _fitting(self, weights):
        checks.instance("weights", weights, resnet.Weights, "a Weights, such as Weights.zeros(N_T, d)")
        if (weights.N_T, weights.d) != (self.N_T, self.d):
            raise ValueError(
                f"weights are of another problem: they have N_T={weights.N_T}, d={weights.d}, "
                f"expected N_T={self.N_T}, d={self.d}"
            )
        return weights
