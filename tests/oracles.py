"""What the library is compared with: the slides written out as loops, and scipy for the ODEs.

Nothing here uses neuralode_lib. `states`, `cost` and `adjoint` follow 12.C letter by letter, for
arrays V, b of real or complex numbers, and count from 0 as the library does: V[k] leaves x[k].
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.integrate import solve_ivp


def states(V, b, x_in, dt, sigma):
    """x_{k+1}^i = x_k^i + dt (V_k sigma(x_k^i) + b_k), one entry after the other."""
    N_T, (d, samples) = len(V) + 1, x_in.shape
    x = np.zeros((N_T, d, samples), np.result_type(V, b, x_in))
    for i in range(samples):
        x[0, :, i] = x_in[:, i]
        for k in range(N_T - 1):
            for row in range(d):
                V_sigma = sum(V[k, row, column] * sigma(x[k, column, i]) for column in range(d))
                x[k + 1, row, i] = x[k, row, i] + dt * (V_sigma + b[k, row])
    return x


def cost(V, b, x, y_out, dt, w1, w2):
    """Half of: squared errors at N_T, w1 dt those at 2..N_T-1, w2 dt the squares of V and b."""
    N_T, d, samples = x.shape
    J = 0
    for i in range(samples):
        for row in range(d):
            J += (x[N_T - 1, row, i] - y_out[row, i]) ** 2 / 2
            for k in range(1, N_T - 1):
                J += w1 * dt / 2 * (x[k, row, i] - y_out[row, i]) ** 2
    for k in range(N_T - 1):
        for row in range(d):
            J += w2 * dt / 2 * b[k, row] ** 2
            for column in range(d):
                J += w2 * dt / 2 * V[k, row, column] ** 2
    return J


def adjoint(V, x, y_out, dt, w1, dsigma):
    """phi_{k-1} = phi_k + dt (V_k diag(sigma'))^T phi_k + dt w1 (x_k - y), from x_{N_T} - y on."""
    N_T, d, samples = x.shape
    phi = np.zeros((N_T - 1, d, samples))
    for i in range(samples):
        phi[N_T - 2, :, i] = x[N_T - 1, :, i] - y_out[:, i]
        for k in range(N_T - 2, 0, -1):
            A = V[k] @ np.diag(dsigma(x[k, :, i]))
            phi[k - 1, :, i] = (
                phi[k, :, i] + dt * A.T @ phi[k, :, i] + dt * w1 * (x[k, :, i] - y_out[:, i])
            )
    return phi


def complex_step_gradient(J, V, b, h=1e-40):
    """The derivatives of J(V, b) in every entry of V and of b, to rounding."""
    gradients = np.zeros(V.shape), np.zeros(b.shape)
    for which, array in enumerate((V, b)):
        for entry in np.ndindex(array.shape):
            moved = [V.astype(complex), b.astype(complex)]
            moved[which][entry] += 1j * h
            gradients[which][entry] = J(*moved).imag / h
    return gradients


@dataclass(frozen=True)
class NeuralODE:
    """12.A and 12.B in continuous time, with tanh, by scipy at tight tolerance.

    V(t) (d, d) and b(t) (d,) are functions, and so are x, phi and the tangent, each (d, I).
    """

    V: callable
    b: callable
    x_in: np.ndarray
    y_out: np.ndarray
    T: float
    w1: float
    w2: float

    def _solve(self, right_hand_side, start, times):
        def flat(t, z):
            return right_hand_side(t, z.reshape(start.shape)).ravel()

        solution = solve_ivp(
            flat, times, start.ravel(), method="DOP853", rtol=1e-12, atol=1e-12, dense_output=True
        ).sol
        return lambda t: solution(t).reshape(start.shape)

    @cached_property
    def x(self):
        """x' = V sigma(x) + b, x(0) = x_in."""
        return self._solve(
            lambda t, x: self.V(t) @ np.tanh(x) + self.b(t)[:, None], self.x_in, (0, self.T)
        )

    def error(self, t):
        return self.x(t) - self.y_out

    def A(self, t, i):
        """V diag(sigma'(x^i))."""
        return self.V(t) @ np.diag(1 / np.cosh(self.x(t)[:, i]) ** 2)

    def _A_times(self, t, z, transposed=False):
        A = [self.A(t, i) for i in range(z.shape[1])]
        return np.stack(
            [(a.T if transposed else a) @ column for a, column in zip(A, z.T, strict=True)], axis=1
        )

    @cached_property
    def phi(self):
        """-phi' = A^T phi + w1 (x - y), phi(T) = x(T) - y: solved from T to 0."""
        return self._solve(
            lambda t, phi: -self._A_times(t, phi, transposed=True) - self.w1 * self.error(t),
            self.error(self.T),
            (self.T, 0),
        )

    def tangent(self, source):
        """x_tilde' = A x_tilde + source, x_tilde(0) = 0; source(t) is (d, I)."""
        return self._solve(
            lambda t, z: self._A_times(t, z) + source(t), np.zeros(self.x_in.shape), (0, self.T)
        )

    def integral(self, f):
        """Of f from 0 to T: Gauss-Legendre, 40 points."""
        nodes, lengths = np.polynomial.legendre.leggauss(40)
        return (
            self.T
            / 2
            * sum(w * f(self.T / 2 * (1 + s)) for s, w in zip(nodes, lengths, strict=True))
        )

    @cached_property
    def terms(self):
        """The terminal, the running and the weights' term of the J of 12.A, which is their sum."""
        running = self.integral(lambda t: (self.error(t) ** 2).sum())
        weights = self.integral(lambda t: np.trace(self.V(t).T @ self.V(t)) + self.b(t) @ self.b(t))
        return (self.error(self.T) ** 2).sum() / 2, self.w1 / 2 * running, self.w2 / 2 * weights
