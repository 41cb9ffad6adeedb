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
        x_in = checks.array("x_in", x_in, ("d", "I"), "one column per sample", real=True)
        if x_in.size == 0:
            raise ValueError(f"x_in has shape {x_in.shape}: an empty data set cannot be trained on")
        y_out = checks.array("y_out", y_out, x_in.shape, "one target for each sample", real=True)
        self.x_in, self.y_out = np.array(x_in, float), np.array(y_out, float)
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
        theta = self._fitting(weights).theta
        if np.iscomplexobj(theta):
            raise TypeError("weights are complex, expected real ones: only states and cost take complex weights")
        with _quiet_overflow():
            if self._has_fused_form:
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
        """J; leaves sigma of the states and x - y_out in the arrays for `_fused_gradient`."""
        a, sigma, add = self._arrays, self.activation.sigma, np.add
        np.multiply(self.dt, theta, out=a.dt_theta)
        for x, sigma_x, s, dt_theta_dot, x_next in a.forward_steps:
            sigma(x, sigma_x)
            dt_theta_dot(s, x_next)
            add(x_next, x, x_next)
        np.subtract(a.x, self.y_out, out=a.error)
        terminal, running, weights = map(_sum_of_squares, (a.error[-1:], a.error[1:-1], theta))
        return float(terminal + self.w1 * self.dt * running + self.w2 * self.dt * weights) / 2

    def _fused_gradient(self, theta):
        """The gradient at the theta that `_fused_cost` has just been called with."""
        a, add, multiply = self._arrays, np.add, np.multiply
        a.dt_V_T[...] = a.dt_theta[:, :, :-1].transpose(0, 2, 1)
        self.activation.dsigma_of_sigma(a.s[:, :-1], a.dsigma)
        multiply(self.w1 * self.dt, a.error[:-1], out=a.pull)
        a.phi[-1] = a.error[-1]
        for phi, dsigma_x, pull, dt_V_T_dot, phi_before in a.backward_steps:
            dt_V_T_dot(phi, phi_before)
            multiply(phi_before, dsigma_x, phi_before)
            add(phi_before, phi, phi_before)
            add(phi_before, pull, phi_before)
        return self.dt * (np.matmul(a.phi, a.s.transpose(0, 2, 1)) + self.w2 * theta)

    @cached_property
    def _arrays(self):
        return _Arrays(self.x_in, self.N_T)

    def _fitting(self, weights):
        checks.instance("weights", weights, resnet.Weights, "a Weights, such as Weights.zeros(N_T, d)")
        if (weights.N_T, weights.d) != (self.N_T, self.d):
            raise ValueError(
                f"weights are of another problem: they have N_T={weights.N_T}, d={weights.d}, "
                f"expected N_T={self.N_T}, d={self.d}"
            )
        return weights


def _sum_of_squares(a):
    # Not vdot: from 10,000 entries on, OpenBLAS wakes its threads for it, which costs more than the sum.
    return np.einsum("kdi,kdi->", a, a)


class _Arrays:
    """What the fused form writes to, and the views of it that each step uses, all made once."""

    def __init__(self, x_in, N_T):
        N, (d, I) = N_T - 1, x_in.shape
        self.x, self.error = np.empty((2, N + 1, d, I))
        self.x[0] = x_in
        self.s = np.ones((N, d + 1, I))  # sigma(x) over a row of ones, which meets b in theta = [V b]
        self.phi, self.dsigma, self.pull = np.empty((3, N, d, I))
        self.dt_theta = np.empty((N, d, d + 1))
        self.dt_V_T = np.empty((N, d, d))
        self.forward_steps = [
            (self.x[k], self.s[k, :d], self.s[k], self.dt_theta[k].dot, self.x[k + 1]) for k in range(N)
        ]
        self.backward_steps = [
            (self.phi[k], self.dsigma[k], self.pull[k], self.dt_V_T[k].dot, self.phi[k - 1])
            for k in range(N - 1, 0, -1)
        ]
