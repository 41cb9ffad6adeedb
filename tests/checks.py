"""The suite's checks of the five functions of resnet.py, and of the fused gradient.

Each takes the module that is checked: the library's, which must pass, or one with a bug planted in
it, which must not (test_planted_bugs.py). They share no code with what they check.
"""

from dataclasses import dataclass, replace

import numpy as np
import oracles

from neuralode_lib import Activation, TrainingProblem, Weights, relu, resnet, tanh

ROUNDING = 1e-12  # relative


@dataclass(frozen=True)
class Case:
    """A training problem and a point in the space of weights."""

    V: np.ndarray
    b: np.ndarray
    x_in: np.ndarray
    y_out: np.ndarray
    dt: float
    w1: float
    w2: float
    activation: Activation

    @classmethod
    def random(cls, seed, d=3, samples=4, N_T=5, T=1.7, w1=1.3, w2=0.7, activation=tanh):
        """Every term counts: V not symmetric, b not 0, no factor 1, few layers, several samples."""
        normal = np.random.default_rng(seed).standard_normal
        V, b, x_in, y_out = map(normal, [(N_T - 1, d, d), (N_T - 1, d), (d, samples), (d, samples)])
        return cls(V, b, x_in, y_out, T / (N_T - 1), w1, w2, activation)

    def problem(self, kind=TrainingProblem):
        """The same as a TrainingProblem, the library's or one with a planted bug."""
        N_T = len(self.V) + 1
        T = self.dt * (N_T - 1)
        return kind(self.x_in, self.y_out, T, N_T, self.w1, self.w2, self.activation)

    def states(self, V=None, b=None):
        V, b = self.V if V is None else V, self.b if b is None else b
        return oracles.states(V, b, self.x_in, self.dt, self.activation.sigma)

    def cost(self, V, b):
        return oracles.cost(V, b, self.states(V, b), self.y_out, self.dt, self.w1, self.w2)

    def tangent(self, V_hat, b_tilde, h=1e-40):
        """The derivative of the states along (V_hat, b_tilde), by the complex step."""
        return self.states(self.V + 1j * h * V_hat, self.b + 1j * h * b_tilde).imag / h


CASE = Case.random(seed=1)
RELU_CASE = replace(CASE, activation=relu)


def random_problem(I=12, d=2, N_T=5, seed=0):
    """A problem and weights: tanh, V not symmetric, no factor 1."""
    rng = np.random.default_rng(seed)
    x_in, y_out = rng.standard_normal((2, d, I))
    return TrainingProblem(x_in, y_out, 1.7, N_T, 1.3, 0.7, tanh), Weights.random(N_T, d, 0.8, rng)


def assert_close(value, expected, tolerance=ROUNDING):
    """`value` has the shape of `expected` and differs by less than `tolerance` times its norm."""
    value, expected = np.asarray(value), np.asarray(expected)
    assert value.shape == expected.shape, f"shape {value.shape}, expected {expected.shape}"
    error = np.linalg.norm(value - expected) / np.linalg.norm(expected)
    assert error <= tolerance, f"relative error {error:.2g}"


def check_forward(lib, cases=(CASE, RELU_CASE)):
    """C3: the slide's recursion, entry by entry; for complex weights, too."""
    for case in cases:
        x = lib.forward(lib.Weights(case.V, case.b), case.x_in, case.dt, case.activation)
        assert_close(x, case.states())
    V = CASE.V + 1j * CASE.V[::-1]
    assert_close(lib.forward(lib.Weights(V, CASE.b), CASE.x_in, CASE.dt, tanh), CASE.states(V))


def check_cost(lib, cases=(CASE, RELU_CASE)):
    """C2: the slide's sums, written out; for complex weights, too, where |z|^2 is not z^2."""
    for case in cases:
        for V in (case.V, case.V + 0.1j * case.V[::-1]):
            x = case.states(V)
            J = lib.cost(lib.Weights(V, case.b), x, case.y_out, case.dt, case.w1, case.w2)
            assert_close(J, case.cost(V, case.b))


def check_tangent(lib, case=CASE):
    """B1, B3: the complex step of the states, along b_tilde, along V_hat and along both."""
    rng = np.random.default_rng(2)
    V_hat, b_tilde = rng.standard_normal(case.V.shape), rng.standard_normal(case.b.shape)
    for direction in ((0 * V_hat, b_tilde), (V_hat, 0 * b_tilde), (V_hat, b_tilde)):
        x_tilde = lib.tangent(
            lib.Weights(case.V, case.b),
            case.states(),
            case.dt,
            case.activation,
            lib.Weights(*direction),
        )
        assert_close(x_tilde, case.tangent(*direction))


def check_adjoint(lib, case=CASE):
    """C4: for each sample, x_tilde along (V_hat, b_tilde), s_k = V_hat_k sigma(x_k) + b_tilde_k,

    (x_N - y)^T x_tilde_N = dt sum_k phi_k^T s_k - dt w1 sum_{k=2}^{N-1} (x_k - y)^T x_tilde_k.

    One layer is moved at a time, so that each phi_k is tested by itself.
    """
    x, rng = case.states(), np.random.default_rng(3)
    phi = lib.adjoint(lib.Weights(case.V, case.b), x, case.y_out, case.dt, case.w1, case.activation)
    N_T, d, samples = x.shape
    assert phi.shape == (N_T - 1, d, samples), f"shape {phi.shape}"
    error = x - case.y_out
    for k in range(N_T - 1):
        V_hat, b_tilde = np.zeros(case.V.shape), np.zeros(case.b.shape)
        V_hat[k], b_tilde[k] = rng.standard_normal((d, d)), rng.standard_normal(d)
        x_tilde = case.tangent(V_hat, b_tilde)
        left, right = np.zeros((2, samples))
        for i in range(samples):
            source = V_hat[k] @ case.activation.sigma(x[k, :, i]) + b_tilde[k]
            running = sum(error[m, :, i] @ x_tilde[m, :, i] for m in range(1, N_T - 1))
            left[i] = error[-1, :, i] @ x_tilde[-1, :, i]
            right[i] = case.dt * phi[k, :, i] @ source - case.dt * case.w1 * running
        assert_close(right, left)


def check_gradient(lib, case=CASE):
    """C5, B8, B9: from right states and adjoint, the complex step of J in every entry."""
    x = case.states()
    phi = oracles.adjoint(case.V, x, case.y_out, case.dt, case.w1, case.activation.dsigma)
    gradient = lib.gradient(lib.Weights(case.V, case.b), x, phi, case.dt, case.w2, case.activation)
    V, b = oracles.complex_step_gradient(case.cost, case.V, case.b)
    assert_close(gradient.V, V)
    assert_close(gradient.b, b)


def on_tape(lib, case=CASE):
    """B11: J, the states, V and b of the discrete network, recorded as 12.B does it."""
    tape = lib.Tape()
    V, b = [tape.array(V) for V in case.V], [tape.array(b[:, None]) for b in case.b]
    x = [tape.array(case.x_in)]
    for V_k, b_k in zip(V, b, strict=True):
        x.append(x[-1] + case.dt * (V_k @ x[-1].apply(case.activation) + b_k))
    J = 0.5 * (x[-1] - case.y_out).sum_of_squares()
    for x_k in x[1:-1]:
        J = J + case.w1 * case.dt / 2 * (case.y_out - x_k).sum_of_squares()
    for theta in (*V, *b):
        J = J + case.w2 * case.dt / 2 * theta.sum_of_squares()
    tape.backward(J)
    return J, x, V, b


def check_tape(lib, case=CASE):
    """B11: J, phi, both gradients, and the price of x_in. Then what our network does not need: -, array @, reuse."""
    J, x, V, b = on_tape(lib, case)
    assert_close(J.value, case.cost(case.V, case.b))
    states = case.states()
    phi = oracles.adjoint(case.V, states, case.y_out, case.dt, case.w1, case.activation.dsigma)
    assert_close([x_k.price for x_k in x[1:]], phi)
    first = phi[0] + case.dt * case.activation.dsigma(states[0]) * (case.V[0].T @ phi[0])
    assert_close(x[0].price, first)
    gradient_V, gradient_b = oracles.complex_step_gradient(case.cost, case.V, case.b)
    assert_close([V_k.price for V_k in V], gradient_V)
    assert_close([b_k.price[:, 0] for b_k in b], gradient_b)

    tape = lib.Tape()
    a, W = tape.array(case.x_in), case.V[0]
    tape.backward((W @ a - (a + a) * 3 - case.y_out).sum_of_squares())
    assert_close(a.price, 2 * (W - 6 * np.eye(len(W))).T @ (W @ case.x_in - 6 * case.x_in - case.y_out))


def check_fused(lib, cases=(CASE, RELU_CASE)):
    """The fused form is `forward`, `cost`, `adjoint` and `gradient`; also after another call, and for some samples."""
    for case in cases:
        problem = case.problem(lib.TrainingProblem)
        problem.cost_and_gradient(resnet.Weights(case.V[::-1], -case.b))
        assert_fused_is_textbook(problem, resnet.Weights(case.V, case.b))
        assert_estimate_scales_the_data_part(problem, case)


def assert_estimate_scales_the_data_part(problem, case):
    """D1: of two samples of four, twice the terms of these two, and the penalty as it is."""
    J, gradient = problem.cost_and_gradient(resnet.Weights(case.V, case.b), samples=[3, 1])
    two = replace(case, x_in=case.x_in[:, [3, 1]], y_out=case.y_out[:, [3, 1]], w2=case.w2 / 2)
    assert_close(J, 2 * two.cost(case.V, case.b))
    if case.activation is tanh:
        V, b = oracles.complex_step_gradient(lambda V, b: 2 * two.cost(V, b), case.V, case.b)
        assert_close(gradient.V, V)
        assert_close(gradient.b, b)


def assert_fused_is_textbook(problem, weights):
    p = problem
    x = resnet.forward(weights, p.x_in, p.dt, p.activation)
    phi = resnet.adjoint(weights, x, p.y_out, p.dt, p.w1, p.activation)
    J, gradient = p.cost_and_gradient(weights)
    assert_close(J, resnet.cost(weights, x, p.y_out, p.dt, p.w1, p.w2))
    assert_close(p.cost(weights), J)
    assert_close(gradient.theta, resnet.gradient(weights, x, phi, p.dt, p.w2, p.activation).theta)
