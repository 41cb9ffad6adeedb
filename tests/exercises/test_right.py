"""The exercises' checks: right functions pass in any style, typical mistakes are named, all others are rejected."""

import ast
import inspect
import linecache
import textwrap
from itertools import count

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from test_planted_bugs import BUGS, planted

import neuralode_lib as node
from neuralode_lib import constant, exercises, resnet, train, verify
from neuralode_lib.resnet import Weights

NAMES = "euler_step observed_order tangent taylor_test forward cost adjoint gradient descent_step step_rule".split()
NAMES += ["minibatch_gradient", "adam_step"]
every_exercise = pytest.mark.parametrize("name", NAMES)


def written(source, **names):
    """The function that stands in the source."""
    library = {name: getattr(node, name) for name in "Weights TrainingProblem forward adjoint gradient".split()}
    names = {"np": np, **library, **names}
    source = textwrap.dedent(source).strip()
    linecache.cache["<student>"] = (len(source), None, source.splitlines(keepends=True), "<student>")
    exec(compile(source, "<student>", "exec"), names)
    return names[ast.parse(source).body[-1].name]


# For each exercise the same function in several styles. The first ones are also the ground for mistakes and mutants.
STYLES = {
    "euler_step": [
        """
        def my_step(x, V, b, dt, sigma):
            new = np.empty(x.shape)
            for i in range(x.shape[1]):
                new[:, i] = x[:, i] + dt * (V @ sigma(x[:, i]) + b)
            return new
        """,
        """
        def my_step(x, V, b, dt, sigma):
            return x + dt * (V @ sigma(x) + b[:, None])
        """,
        """
        def my_step(x, V, b, dt, sigma):
            rate = np.einsum("mn,ni->mi", V, sigma(x)) + np.outer(b, np.ones(x.shape[1]))
            return [list(row) for row in x + rate * dt]
        """,
        """
        def my_step(y, A, c, h, s):
            return np.float32(y + h * A @ s(y) + h * c.reshape(-1, 1))
        """,
    ],
    "observed_order": [
        """
        def my_order(dt, errors):
            p = []
            for n in range(len(dt) - 1):
                p.append((np.log(errors[n + 1]) - np.log(errors[n])) / (np.log(dt[n + 1]) - np.log(dt[n])))
            return p
        """,
        """
        def my_order(dt, errors):
            return np.log(errors[1:] / errors[:-1]) / np.log(dt[1:] / dt[:-1])
        """,
        """
        def my_order(dt, errors):
            return np.diff(np.log2(errors), axis=0) / np.diff(np.log2(dt), axis=0)
        """,
        """
        def my_order(dt, errors):
            return tuple(np.polyfit(np.log(dt[n:n + 2]), np.log(errors[n:n + 2]), 1)[0] for n in range(dt.size - 1))
        """,
    ],
    "tangent": [
        """
        def my_tangent(weights, x, dt, activation, direction):
            z = np.zeros(x.shape)
            for k in range(len(x) - 1):
                A_z = weights.V[k] @ (activation.dsigma(x[k]) * z[k])
                source = direction.V[k] @ activation.sigma(x[k]) + direction.b[k][:, None]
                z[k + 1] = z[k] + dt * (A_z + source)
            return z
        """,
        """
        def my_tangent(weights, x, dt, activation, direction):
            z = np.zeros(x.shape)
            for i in range(x.shape[2]):
                for k in range(x.shape[0] - 1):
                    A = weights.V[k] @ np.diag(activation.dsigma(x[k, :, i]))
                    s = direction.V[k] @ activation.sigma(x[k, :, i]) + direction.b[k]
                    z[k + 1, :, i] = z[k, :, i] + dt * A @ z[k, :, i] + dt * s
            return z
        """,
        """
        def my_tangent(weights, x, dt, activation, direction):
            now = 0 * x[0]
            z = [now]
            for V, V_hat, b_tilde, x_k in zip(weights.V, direction.V, direction.b, x):
                A = np.einsum("mn,ni->mni", V, activation.dsigma(x_k))
                now = now + dt * (np.einsum("mni,ni->mi", A, now) + V_hat @ activation.sigma(x_k) + b_tilde[:, None])
                z.append(now)
            return z
        """,
    ],
    "taylor_test": [
        """
        def my_taylor(f, weights, direction, derivative, steps):
            r = []
            f_0 = f(weights)
            for h in steps:
                r.append(np.abs(f(weights + h * direction) - f_0 - h * derivative))
            return r
        """,
        """
        def my_taylor(f, weights, direction, derivative, steps):
            return np.abs([f(weights + h * direction) - (f(weights) + h * derivative) for h in steps])
        """,
        """
        def my_taylor(f, weights, direction, derivative, steps):
            moved = np.array([f(Weights(weights.V + h * direction.V, weights.b + h * direction.b)) for h in steps])
            return np.sqrt((moved - f(weights) - np.array(steps) * derivative) ** 2)
        """,
    ],
    "forward": [
        """
        def my_forward(weights, x_in, dt, activation):
            x = np.zeros((weights.N_T, x_in.shape[0], x_in.shape[1]))
            x[0] = x_in
            for k in range(len(weights.V)):
                x[k + 1] = x[k] + dt * (weights.V[k] @ activation.sigma(x[k]) + weights.b[k][:, None])
            return x
        """,
        """
        def my_forward(weights, x_in, dt, activation):
            N, d, I = len(weights.b), *x_in.shape
            x = np.zeros((N + 1, d, I), dtype=np.float32)
            for i in range(I):
                x[0, :, i] = x_in[:, i]
                for k in range(N):
                    for m in range(d):
                        s = sum(weights.V[k, m, n] * activation.sigma(x[k, n, i]) for n in range(d))
                        x[k + 1, m, i] = x[k, m, i] + dt * (s + weights.b[k, m])
            return x
        """,
        """
        def my_forward(weights, x_in, dt, activation):
            x = [x_in]
            for theta in weights.theta:
                ones = np.ones((1, x_in.shape[1]))
                x.append(x[-1] + dt * np.einsum("mn,ni->mi", theta, np.vstack([activation.sigma(x[-1]), ones])))
            return x
        """,
        """
        def my_forward(weights, x_in, dt, activation):
            x = x_in.copy()
            kept = [x.copy()]
            for V, b in zip(weights.V, weights.b):
                x += dt * (V @ activation.sigma(x) + b[:, None])
                kept.append(x.copy())
            return np.array(kept, dtype=np.longdouble)
        """,
    ],
    "cost": [
        """
        def my_cost(weights, x, y_out, dt, w1, w2):
            terminal = np.sum((x[-1] - y_out) ** 2) / 2
            running = w1 * dt / 2 * np.sum((x[1:-1] - y_out) ** 2)
            penalty = w2 * dt / 2 * (np.sum(weights.V ** 2) + np.sum(weights.b ** 2))
            return terminal + running + penalty
        """,
        """
        def my_cost(weights, x, y_out, dt, w1, w2):
            J = 0
            for i in range(x.shape[2]):
                J += np.linalg.norm(x[-1, :, i] - y_out[:, i]) ** 2
                for k in range(1, len(x) - 1):
                    J += w1 * dt * np.linalg.norm(x[k, :, i] - y_out[:, i]) ** 2
            for V, b in zip(weights.V, weights.b):
                J += w2 * dt * (np.linalg.norm(V, "fro") ** 2 + b @ b)
            return J / 2
        """,
        """
        def my_cost(weights, x, y_out, dt, w1, w2):
            e = (x - y_out).astype(np.float32)
            per_state = np.einsum("kdi,kdi->k", e, e)
            price = np.full(len(x), w1 * dt)
            price[0], price[-1] = 0, 1
            return np.array(0.5 * (price @ per_state + w2 * dt * weights.norm() ** 2), np.float32)
        """,
    ],
    "adjoint": [
        """
        def my_adjoint(weights, x, y_out, dt, w1, activation):
            phi = np.zeros((len(x) - 1, x.shape[1], x.shape[2]))
            phi[-1] = x[-1] - y_out
            for k in range(len(x) - 2, 0, -1):
                A_T_phi = activation.dsigma(x[k]) * (weights.V[k].T @ phi[k])
                phi[k - 1] = phi[k] + dt * A_T_phi + dt * w1 * (x[k] - y_out)
            return phi
        """,
        """
        def my_adjoint(weights, x, y_out, dt, w1, activation):
            N_T, d, I = x.shape
            phi = np.empty((N_T - 1, d, I))
            for i in range(I):
                phi[N_T - 2, :, i] = x[N_T - 1, :, i] - y_out[:, i]
                for k in reversed(range(1, N_T - 1)):
                    step = np.eye(d) + dt * weights.V[k] @ np.diag(activation.dsigma(x[k, :, i]))
                    phi[k - 1, :, i] = phi[k, :, i] @ step + dt * w1 * (x[k, :, i] - y_out[:, i])
            return phi
        """,
        """
        def my_adjoint(weights, x, y_out, dt, w1, activation):
            phi = [x[-1] - y_out]
            for V, x_k in zip(weights.V[:0:-1], x[-2:0:-1]):
                pulled = np.einsum("nm,ni,mi->mi", V, phi[0], activation.dsigma(x_k))
                phi.insert(0, phi[0] + dt * (pulled + w1 * (x_k - y_out)))
            return phi
        """,
    ],
    "gradient": [
        """
        def my_gradient(weights, x, phi, dt, w2, activation):
            V = np.zeros(weights.V.shape)
            b = np.zeros(weights.b.shape)
            for k in range(len(phi)):
                V[k] = dt * phi[k] @ activation.sigma(x[k]).T + w2 * dt * weights.V[k]
                b[k] = dt * phi[k].sum(axis=1) + w2 * dt * weights.b[k]
            return V, b
        """,
        """
        def my_gradient(weights, x, phi, dt, w2, activation):
            V, b = w2 * dt * weights.V, w2 * dt * weights.b
            for i in range(x.shape[2]):
                for k in range(len(weights.V)):
                    V[k] += dt * np.outer(phi[k, :, i], activation.sigma(x[k, :, i]))
                    b[k] += dt * phi[k, :, i]
            return [V, b]
        """,
        """
        def my_gradient(weights, x, phi, dt, w2, activation):
            V = np.einsum("kmi,kni->kmn", phi, activation.sigma(x[:-1]))
            return dt * (Weights(V, np.einsum("kmi->km", phi)) + w2 * weights)
        """,
    ],
    "descent_step": [
        """
        def my_descent(weights, gradient, gamma):
            V = weights.V - gamma * gradient.V
            b = weights.b - gamma * gradient.b
            return V, b
        """,
        """
        def my_descent(weights, gradient, gamma):
            return weights - gamma * gradient
        """,
        """
        def my_descent(weights, gradient, gamma):
            V, b = np.array(weights.V), np.array(weights.b)
            for k in range(len(V)):
                V[k] -= gamma * gradient.V[k]
                b[k] -= gamma * gradient.b[k]
            return Weights(V, b)
        """,
    ],
    "step_rule": [
        """
        def my_rule(problem, weights, J, gradient, gamma):
            V = gradient.V / (np.abs(gradient.V).max() or 1)
            b = gradient.b / (np.abs(gradient.b).max() or 1)
            direction = Weights(V, b)
            gamma = 0.004 if gamma is None else 2 * gamma
            tries = 1
            while problem.cost(weights - gamma * direction) > J:
                gamma = gamma / 2
                tries = tries + 1
            return weights - gamma * direction, gamma, tries
        """,
        """
        def my_rule(problem, weights, J, gradient, gamma):
            V, b = gradient.V.copy(), gradient.b.copy()
            for part in (V, b):
                if part.any():
                    part /= abs(part).max()
            gamma = 4 * (0.001 if gamma is None else gamma / 2)
            for tries in range(1, 100):
                new = Weights(weights.V - gamma * V, weights.b - gamma * b)
                if problem.cost(new) <= J:
                    return new, gamma, tries
                gamma *= 0.5
        """,
        """
        def my_rule(problem, weights, J, gradient, gamma):
            def scaled(a):
                return np.nan_to_num(a / max(a.max(), -a.min()))

            gamma, new, n = 0.008 if gamma is None else 4 * gamma, None, 0
            while new is None or problem.cost(new) > J:
                gamma, n = gamma / 2, n + 1
                new = weights + (-gamma) * Weights(scaled(gradient.V), scaled(gradient.b))
            return [new, gamma, float(n)]
        """,
    ],
    "minibatch_gradient": [
        """
        def my_minibatch(weights, x_in, y_out, samples, dt, w1, w2, activation):
            n = len(samples)
            x = forward(weights, x_in[:, samples], dt, activation)
            phi = adjoint(weights, x, y_out[:, samples], dt, w1, activation)
            data = gradient(weights, x, phi, dt, 0, activation)
            V = x_in.shape[1] / n * data.V + w2 * dt * weights.V
            b = x_in.shape[1] / n * data.b + w2 * dt * weights.b
            return V, b
        """,
        """
        def my_minibatch(weights, x_in, y_out, samples, dt, w1, w2, activation):
            total = 0 * weights
            for i in samples:
                x = forward(weights, x_in[:, [i]], dt, activation)
                phi = adjoint(weights, x, y_out[:, [i]], dt, w1, activation)
                total = total + gradient(weights, x, phi, dt, 0.0, activation)
            return x_in.shape[1] * (1 / len(samples)) * total + w2 * dt * weights
        """,
        """
        def my_minibatch(weights, x_in, y_out, samples, dt, w1, w2, activation):
            I, n = y_out.shape[1], samples.size
            x = forward(weights, x_in[:, samples], dt, activation)
            phi = I / n * adjoint(weights, x, y_out[:, samples], dt, w1, activation)
            return gradient(weights, x, phi, dt, w2, activation)
        """,
        """
        def my_minibatch(weights, x_in, y_out, samples, dt, w1, w2, activation):
            some = TrainingProblem(x_in[:, samples], y_out[:, samples], dt * (weights.N_T - 1), weights.N_T,
                                   w1, w2 * len(samples) / x_in.shape[1], activation)
            return (x_in.shape[1] / len(samples)) * some.cost_and_gradient(weights)[1]
        """,
    ],
    "adam_step": [
        """
        def my_adam_step(theta, g, m, v, t, gamma, beta1, beta2, epsilon):
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g ** 2
            m_hat = m / (1 - beta1 ** t)
            v_hat = v / (1 - beta2 ** t)
            return theta - gamma * m_hat / (np.sqrt(v_hat) + epsilon), m, v
        """,
        """
        def my_adam_step(theta, g, m, v, t, gamma, beta1, beta2, epsilon):
            theta, m, v = theta.copy(), m.copy(), v.copy()
            for where in np.ndindex(theta.shape):
                m[where] += (1 - beta1) * (g[where] - m[where])
                v[where] += (1 - beta2) * (g[where] * g[where] - v[where])
                root = (v[where] / (1 - beta2 ** t)) ** 0.5
                theta[where] -= gamma * (m[where] / (1 - beta1 ** t)) / (root + epsilon)
            return [theta, m, v]
        """,
        """
        def my_adam_step(theta, g, m, v, t, gamma, beta1, beta2, epsilon):
            new_m, new_v = np.average([m, g], 0, [beta1, 1 - beta1]), np.average([v, g * g], 0, [beta2, 1 - beta2])
            c = np.sqrt(1 - beta2 ** t)
            rate = gamma * c / (1 - beta1 ** t)
            return theta - rate * new_m / (np.sqrt(new_v) + c * epsilon), new_m, new_v
        """,
    ],
}


@pytest.mark.parametrize(
    "name, source",
    [pytest.param(name, source, id=f"{name}-{n}") for name, all in STYLES.items() for n, source in enumerate(all)],
)
def test_right_in_any_style(name, source):
    answer = getattr(exercises, name).check(written(source))
    assert answer.passed and "Right!" in repr(answer), answer


def test_the_library_itself_is_right():
    for name, function in {
        "observed_order": verify.observed_order,
        "tangent": resnet.tangent,
        "taylor_test": exercises.remainders,
        "forward": resnet.forward,
        "cost": resnet.cost,
        "adjoint": resnet.adjoint,
        "gradient": resnet.gradient,
        "step_rule": exercises.training.backtracking(),
        "minibatch_gradient": exercises.estimate,
        "adam_step": exercises.training.adam_step,
    }.items():
        assert getattr(exercises, name).check(function).passed


# exercise: (style, what stands in it, what a student may write, words that must stand in the answer), ...
MISTAKES = {
    "euler_step": [
        (1, "x + dt", "dt", "old state is missing"),
        (1, "x + dt", "x - dt", "sign"),
        (1, "dt * (", "(", "factor dt is missing."),
        (1, "dt * (V @ sigma(x) + b[:, None])", "dt * V @ sigma(x) + b[:, None]", "dt is missing at b"),
        (0, " + b)", ")", "b is missing"),
        (0, "V @", "V.T @", "V looks transposed"),
        (0, "V @ sigma(x[:, i])", "sigma(V @ x[:, i])", "sigma comes first"),
        (1, "V @ sigma(x) + b[:, None]", "sigma(V @ x + b[:, None])", "sigma acts on x alone"),
        (1, "sigma(x)", "x", "sigma is missing"),
        (1, "sigma(x)", "np.tanh(x)", "is tanh written into it"),
        (1, "b[:, None]", "b", "b[:, None]"),
        (1, "return x", "x += 1; return x", "changed x in place"),
        (1, "dt * (V @", "(V.T @", "factor dt is missing. V looks transposed"),
    ],
    "observed_order": [
        (1, "np.log(errors[1:] / errors[:-1]) / np.log(dt[1:] / dt[:-1])",
         "np.log(dt[1:] / dt[:-1]) / np.log(errors[1:] / errors[:-1])", "upside down"),
        (1, "errors[1:] / errors[:-1]", "errors[:-1] / errors[1:]", "sign"),
        (1, " / np.log(dt[1:] / dt[:-1])", "", "division by the difference of log(dt)"),
        (1, "np.log(dt[1:] / dt[:-1])", "np.log(2)", "halved each time"),
        (1, "np.log(dt[1:] / dt[:-1])", "-np.log(2)", "halved each time"),
        (0, "np.log(errors[n + 1]) - np.log(errors[n])", "errors[n + 1] - errors[n]", "logarithm of the errors"),
        (0, "np.log(dt[n + 1]) - np.log(dt[n])", "dt[n + 1] - dt[n]", "logarithm of dt"),
        (1, "np.log(errors[1:] / errors[:-1]) / np.log(dt[1:] / dt[:-1])", "errors[:-1] / errors[1:]", "factors"),
        (1, "np.log(errors[1:] / errors[:-1]) / np.log(dt[1:] / dt[:-1])", "np.log(errors[1:]) / np.log(dt[1:])",
         "keeps the C"),
        (0, "return p", "return [0, *p]", "one slope for each pair"),
        (0, "return p", "return p[0]", "shape"),
    ],
    "tangent": [
        (0, "np.zeros(x.shape)", "x.copy()", "starts at 0"),
        (0, "direction.V[k] @ activation.sigma(x[k]) + ", "", "V_hat is missing"),
        (0, " + direction.b[k][:, None]", "", "b_tilde is missing"),
        (0, "A_z + source", "source", "x_tilde is missing"),
        (0, "A_z + source", "A_z", "source"),
        (0, "weights.V[k] @ (activation.dsigma(x[k]) * z[k])", "activation.dsigma(x[k]) * (weights.V[k] @ z[k])",
         "right of V"),
        (0, "activation.dsigma(x[k]) * ", "", "factor sigma'"),
        (0, "dsigma(", "sigma(", "where sigma' (dsigma)"),
        (0, "weights.V[k] @", "weights.V[k].T @", "V looks transposed"),
        (0, "direction.V[k] @", "direction.V[k].T @", "V_hat looks transposed"),
        (0, "sigma(x[k]) + dir", "sigma(x[k + 1]) + dir", "not sigma(x_{k+1})"),
        (0, "dt * (", "(", "factor dt is missing."),
        (0, "dt * (A_z + source)", "dt * A_z + source", "dt is missing at the source"),
        (0, "= z[k] + dt", "= dt", "old x_tilde_k is missing"),
        (0, "direction.", "weights.", "direction's"),
        (0, "return z", "return z[1:]", "It has N_T - 1 entries, it should have N_T"),
        (0, "z = np.zeros(x.shape)", "z = x; z[0] = 0", "changed x in place"),
    ],
    "taylor_test": [
        (0, "np.abs(", "(", "absolute value"),
        (0, "- h * derivative", "- derivative", "not multiplied by h"),
        (0, " - h * derivative", "", "term h f' is missing"),
        (0, "- h * derivative", "+ h * derivative", "sign of h f'"),
        (0, "- h * derivative)", "- h * derivative) / h", "difference quotient"),
        (0, "f(weights + h * direction) - f_0 - h * derivative", "(f(weights + h * direction) - f_0) / h - derivative",
         "difference quotient"),
        (0, "h * direction", "direction", "whole way"),
        (0, " - f_0", "", "f(weights) is missing"),
        (0, "weights + h", "weights - h", "backwards"),
        (0, "- f_0", "- f(weights - h * direction)", "central difference"),
        (0, "return r", "return r[-1]", "shape"),
        (2, "np.sqrt(", "(", "not squared"),
    ],
    "forward": [
        (0, "x[k] + dt", "dt", "old state is missing"),
        (0, "x[k] + dt", "x[0] + dt", "starts at x_in"),
        (0, "x[k] + dt", "x[k] - dt", "sign"),
        (0, "dt * (", "(", "factor dt is missing."),
        (0, "weights.b[k][:, None])", "weights.b[k][:, None] / dt)", "dt is missing at b"),
        (0, " + weights.b[k][:, None]", "", "b is missing"),
        (0, "weights.V[k] @", "weights.V[k].T @", "V looks transposed"),
        (0, "activation.sigma(x[k])", "x[k]", "sigma is missing"),
        (0, "sigma(", "dsigma(", "sigma' (dsigma) where"),
        (0, "weights.V[k] @ activation.sigma(x[k])", "activation.sigma(weights.V[k] @ x[k])", "sigma comes first"),
        (2, "in weights.theta", "in weights.theta[::-1]", "wrong order"),
        (2, "in weights.theta", "in np.roll(weights.theta, 1, 0)", "one layer off"),
        (2, "np.einsum(\"mn,ni->mi\", theta,", "np.einsum(\"mn,ni->mi\", weights.theta[0],", "Every layer uses V[0]"),
        (0, "x[0] = x_in", "pass", "x[0] is zero"),
        (0, "return x", "return x[-1]", "shape (3, 4), expected (6, 3, 4)"),
        (0, "return x", "return x[1:]", "has N_T - 1 entries, it should have N_T"),
        (0, "return x", "return x.transpose(0, 2, 1)", "transposed"),
        (3, "x_in.copy()", "x_in", "changed x_in in place"),
        (0, "weights.b[k][:, None]", "weights.b[k]", "b[:, None]"),
    ],
    "cost": [
        (0, "x[1:-1]", "x[1:]", "includes k = N_T"),
        (0, "x[1:-1]", "x[:-1]", "includes k = 1"),
        (0, "x[1:-1]", "x", "includes k = 1 and k = N_T"),
        (0, "x[1:-1]", "x[2:-1]", "leaves out k = 2"),
        (1, "J / 2", "J", "factor 1/2 is missing."),
        (0, "** 2) / 2", "** 2)", "1/2 is missing in the terminal"),
        (0, "w1 * dt / 2", "w1 * dt", "1/2 is missing in the running"),
        (0, "w2 * dt / 2", "w2 * dt", "1/2 is missing in the weights"),
        (0, "w1 * dt", "w1", "dt is missing in the running"),
        (0, "w2 * dt", "w2", "dt is missing in the weights"),
        (0, " * dt", "", "dt is missing, in the running cost and"),
        (0, " + np.sum(weights.b ** 2)", "", "|b|^2 is missing"),
        (0, " + penalty", "", "weights' term is missing"),
        (0, "(x[-1] - y_out)", "(x[-1] + y_out)", "The numbers are not right"),
        (0, ["(x[-1] - y_out) ** 2) / 2", "x[1:-1]"], ["(x[-1] - y_out) ** 2)", "x[:-1]"],
         ["includes k = 1", "1/2 is missing in the terminal term"]),
        (1, "np.linalg.norm(V, \"fro\")", "np.linalg.norm(V, 2)", "spectral norm"),
        (0, "return terminal", "return [terminal]; terminal", "expected a single number"),
    ],
    "adjoint": [
        (0, "weights.V[k].T", "weights.V[k]", "transpose is missing"),
        (0, "activation.dsigma(x[k]) * (weights.V[k].T @ phi[k])",
         "weights.V[k].T @ (activation.dsigma(x[k]) * phi[k])", "left of V^T"),
        (0, "activation.dsigma(x[k]) * (weights.V[k].T @ phi[k])", "weights.V[k] @ (activation.dsigma(x[k]) * phi[k])",
         "tangent's matrix"),
        (0, "activation.dsigma(x[k]) * ", "", "factor sigma'"),
        (0, "dsigma", "sigma", "where sigma' (dsigma)"),
        (0, "dsigma(x[k])", "dsigma(x[k + 1])", "not at x_{k+1}"),
        (0, "weights.V[k].T", "weights.V[k - 1].T", "not V_{k-1}"),
        (0, "x[-1] - y_out", "y_out - x[-1]", "sign at the final time"),
        (0, "x[-1] - y_out", "0", "not from zero"),
        (0, "x[-1] - y_out", "dt * (x[-1] - y_out)", "no factor dt at the final time"),
        (0, "= phi[k] + dt", "= phi[k] - dt", "sign of (V diag(sigma'))^T phi"),
        (2, "phi[0] + dt * (", "phi[0] - dt * (", "sign is wrong: backwards"),
        (0, " + dt * w1 * (x[k] - y_out)", "", "running cost is missing"),
        (0, "dt * w1", "dt", "w1 is missing"),
        (0, "dt * w1", "w1", "dt is missing at the running cost"),
        (0, "dt * A_T", "A_T", "dt is missing at (V"),
        (2, "dt * (pulled", "(pulled", "factor dt is missing."),
        (0, "= phi[k] + dt", "= dt", "old phi_k is missing"),
        (0, "return phi", "return phi[::-1]", "order of computation"),
        (0, "return phi", "return np.concatenate([phi[:1], phi])",
         "It has N_T entries, it should have N_T - 1: phi[k] is the price of x[k + 1]"),
        (0, "return phi", "x[:-1] = phi; return phi", "changed x in place"),
    ],
    "gradient": [
        (2, "kmi,kni->kmn", "kmi,kni->knm",
         "gradient in V looks transposed: compare phi sigma^T with sigma phi^T"),
        (2, "return dt * (", "return 1 * (", "factor dt is missing."),
        (2, "dt * (Weights(V, np.einsum(\"kmi->km\", phi)) + w2 * weights)",
         "dt * Weights(V, np.einsum(\"kmi->km\", phi)) + w2 * weights", "dt is missing at the penalty"),
        (0, "= dt * phi[k] @", "= phi[k] @", "In the gradient in V: A factor dt is missing at the sum"),
        (2, " + w2 * weights", "", "penalty is missing"),
        (2, "+ w2 * weights", "+ weights", "w2 is missing"),
        (2, "+ w2 * weights", "- w2 * weights", "sign of the penalty"),
        (2, "x[:-1]", "x[1:]", "not at x_{k+1}"),
        (2, "activation.sigma", "activation.dsigma", "sigma' (dsigma) where"),
        (2, "activation.sigma(x[:-1])", "x[:-1]", "sigma is missing"),
        (0, "phi[k].sum(axis=1)", "phi[k][:, 0]", "Only the first sample"),
        (0, "phi[k].sum(axis=1)", "phi[k].mean(axis=1)", "mean over the samples"),
        (0, "phi[k].sum(axis=1)", "(phi[k] * activation.sigma(x[k])).sum(axis=1)", "no sigma"),
        (1, "dt * np.outer(phi[k, :, i], activation.sigma(x[k, :, i]))",
         "np.outer(activation.sigma(x[k, :, i]), phi[k, :, i])", ["looks transposed", "factor dt is missing"]),
        (0, "return V, b", "return V", "Return V and b"),
        (0, "return V, b", "return b, V", "shape"),
        (0, "V = np.zeros(weights.V.shape)", "V = weights.V", "changed weights in place"),
    ],
    "descent_step": [
        (1, "weights - gamma", "weights + gamma", "uphill"),
        (1, "gamma * gradient", "gradient", "gamma is missing"),
        (1, "weights - gamma", "gamma", "old weights are missing"),
        (0, "weights.b - gamma * gradient.b", "weights.b", "b has not moved"),
        (0, "weights.V - gamma * gradient.V", "weights.V", "V has not moved"),
        (1, "weights - gamma * gradient", "gradient - gamma * weights", "changed places"),
        (1, "gamma * gradient", "(gamma / gradient.norm()) * gradient", "length 1"),
        (1, "gamma * gradient", "(1 / gamma) * gradient", "divide by gamma"),
        (0, "weights.b - gamma", "weights.b + gamma", "In the new b: You go uphill"),
        (0, "V = weights.V - gamma * gradient.V", "V = weights.V; V -= gamma * gradient.V", "changed weights in place"),
        (2, "np.array(weights.V)", "weights.V", "changed weights in place"),
    ],
    "step_rule": [
        (0, "Weights(V, b)", "gradient", "not scaled"),
        (0, "Weights(V, b)", "(1 / np.abs(gradient.theta).max()) * gradient", "scaled together"),
        (0, ["np.abs(gradient.V).max()", "np.abs(gradient.b).max()"],
         ["np.linalg.norm(gradient.V)", "np.linalg.norm(gradient.b)"], "length 1"),
        (0, "(np.abs(gradient.V).max() or 1)", "np.abs(gradient.V).max()", "V is not finite"),
        (0, "else 2 * gamma", "else gamma", "not made larger"),
        (0, "else 2 * gamma", "else 4 * gamma", "start from twice"),
        (0, "0.004 if gamma is None else 2 * gamma", "0.004", "always start"),
        (0, "0.004 if gamma is None else 2 * gamma", "2 * gamma", "TypeError"),
        (0, "while problem", "while False and problem", "first try"),
        (0, "gamma / 2", "gamma / 10", "falls too fast"),
        (0, "tries = 1", "tries = 0", "one try too few"),
        (0, "return weights - gamma * direction", "return weights", "old weights"),
        (0, "direction, gamma, tries", "direction, gamma / 2, tries", "half of the one"),
        (0, "direction, gamma, tries", "direction, gamma", "Return three things"),
        (0, "return weights - gamma * direction,", "return (V, b),", "must be Weights"),
        (0, "weights - gamma", "weights + gamma", "evaluated 40 times"),
        (0, "gamma = gamma / 2", "pass", "evaluated 40 times"),
        (0, "V = gradient.V /", "V = gradient.V; V /=", "changed gradient in place"),
    ],
    "minibatch_gradient": [
        (0, "x_in.shape[1] / n * data", "data", "factor I/n is missing"),
        (0, "0, activation", "w2, activation", "penalty is there twice"),
        (0, [", dt, 0,", " + w2 * dt * weights.V", " + w2 * dt * weights.b"], [", dt, w2,", "", ""],
         "penalty is scaled, too"),
        (1, "x_in.shape[1] * (1 / len(samples))", "(1 / len(samples))", "mean over the batch"),
        (0, ["x_in.shape[1] / n", ", dt, 0,", " + w2 * dt * weights.V", " + w2 * dt * weights.b"],
         ["1 / n", ", dt, w2,", "", ""], ["mean over the batch", "penalty is scaled, too"]),
        (0, "x_in.shape[1] / n", "n / x_in.shape[1]", "upside down"),
        (1, "x_in.shape[1] * (1 / len(samples))", "x_in.shape[1]", "not I: the data part sums n samples already"),
        (0, "n = len(samples)", "n = len(samples); samples = np.arange(n)", "first n samples"),
        (0, "n = len(samples)", "samples = range(x_in.shape[1]); n = len(samples)", "full gradient, of all samples"),
        (0, "[:, samples]", "", "All samples are in it, times I/n"),
        (0, "x_in[:, samples]", "x_in[:, :n]", "x_in is of other samples"),
        (0, "y_out[:, samples]", "y_out[:, :n]", "y_out is of other samples"),
        (0, "y_out[:, samples]", "y_out", "ValueError"),
        (0, [" + w2 * dt * weights.V", " + w2 * dt * weights.b"], ["", ""], "penalty is missing"),
        (0, " + w2 * dt * weights.b", "", "In the gradient in b: The penalty is missing"),
        (2, "phi = I / n * adjoint", "phi = adjoint", "factor I/n is missing"),
        (3, " * len(samples) / x_in.shape[1], activation", ", activation", "penalty is scaled, too"),
        (1, "+ w2 * dt *", "+ w2 * dt * len(samples) / x_in.shape[1] *", "no sample, and is there as a whole"),
        (1, "w2 * dt", "w2", "dt is missing at the penalty"),
        (1, "w2 * dt", "dt", "w2 is missing"),
        (1, "+ w2", "- w2", "sign of the penalty"),
        (0, "w1, activation", "0, activation", "running cost is missing"),
        (0, "return V, b", "return V + b", "ValueError"),
        (0, "return V, b", "weights.V[:] = V; return V, b", "changed weights in place"),
    ],
    "adam_step": [
        (0, ["m / (1 - beta1 ** t)", "v / (1 - beta2 ** t)"], ["m", "v"], "The bias correction is missing"),
        (0, "m / (1 - beta1 ** t)", "m", "bias correction of m"),
        (0, "v / (1 - beta2 ** t)", "v", "bias correction of v"),
        (0, ["m_hat = m", "m_hat /", "v_hat = v", "v_hat)"], ["m = m", "m /", "v = v", "v)"],
         "return m and v without it"),
        (0, "** t", "", "powers beta1^t"),
        (0, "** t", "** (t - 1)", "t is one too small"),
        (0, "** t", "** (t + 1)", "t is one too large"),
        (0, "np.sqrt(v_hat)", "v_hat", "root is missing"),
        (0, "np.sqrt(v_hat) + epsilon", "np.sqrt(v_hat + epsilon)", "outside of the root"),
        (0, "(np.sqrt(v_hat) + epsilon)", "np.sqrt(v_hat) + epsilon", "Brackets are missing"),
        (0, " + epsilon", "", "epsilon is missing"),
        (0, ["beta1 * m + (1 - beta1)", "beta2 * v + (1 - beta2)", "m / (1 - beta1", "v / (1 - beta2"],
         ["beta2 * m + (1 - beta2)", "beta1 * v + (1 - beta1)", "m / (1 - beta2", "v / (1 - beta1"],
         "beta1 belongs to m"),
        (0, ["beta1 * m + (1 - beta1)", "beta2 * v + (1 - beta2)"], ["beta2 * m + (1 - beta2)",
         "beta1 * v + (1 - beta1)"], "beta1 belongs to m"),
        (0, ["beta1 * m + (1 - beta1)", "beta2 * v + (1 - beta2)"], ["(1 - beta1) * m + beta1",
         "(1 - beta2) * v + beta2"], "beta and 1 - beta"),
        (0, "m = beta1", "beta1, beta2, epsilon = 0.9, 0.999, 1e-8; m = beta1", "are written into it"),
        (0, "(1 - beta1) * g", "g", "1 - beta is missing"),
        (0, "(1 - beta2) * g", "g", "1 - beta is missing"),
        (0, "g ** 2", "g", "mean of squares"),
        (0, "g ** 2", "m ** 2", "not of those of m"),
        (0, "theta - gamma", "theta + gamma", "uphill"),
        (0, "theta - gamma", "gamma", "old theta is missing"),
        (0, "gamma * m_hat", "m_hat", "gamma is missing"),
        (0, "gamma * m_hat", "gamma * g", "not along the last one"),
        (0, " / (np.sqrt(v_hat) + epsilon)", "", "division by sqrt(v_hat) + epsilon is missing"),
        (0, ["theta - gamma", " ** t"], ["theta + gamma", " ** (t - 1)"], ["uphill", "t is one too small"]),
        (0, ", m, v\n", "\n", "Return three arrays"),
        (1, "m.copy()", "m", "changed m in place"),
        (1, "theta.copy()", "theta", "changed theta in place"),
    ],
}  # fmt: skip


def with_changes(source, old, new):
    """The source with new for old; both may be lists of as many."""
    for this, that in [(old, new)] if isinstance(old, str) else zip(old, new, strict=True):
        assert this in source, this
        source = source.replace(this, that)
    return source


@pytest.mark.parametrize(
    "name, style, old, new, words",
    [pytest.param(name, *mistake, id=f"{name}: {mistake[-1]}") for name, all in MISTAKES.items() for mistake in all],
)
def test_typical_mistake_is_named(name, style, old, new, words):
    answer = getattr(exercises, name).check(written(with_changes(STYLES[name][style], old, new)))
    assert not answer.passed
    for some in [words] if isinstance(words, str) else words:
        assert some in repr(answer)


@every_exercise
def test_every_mistake_that_the_library_is_changed_to_can_be_seen(name):
    """It can be planted, and moves some number by more than the tolerance for float16."""
    exercise, numbers = getattr(exercises, name), range(len(exercises.PROBLEMS))
    assert len({said for _, said in exercise._mistakes}) >= 6
    for change, said in exercise._mistakes:
        exercises._changed(exercise.functions, (change,))
        parts = [
            (mine, theirs)
            for n in numbers
            for mine, theirs in zip(
                exercises._outputs(exercise, n, (change,)), exercises._outputs(exercise, n), strict=True
            )
        ]
        assert max(np.abs(a - b).max() / np.abs(b).max() for a, b in parts) > 0.06, said


# Mutants that are right, and why.
EQUIVALENT = {
    ("observed_order", "dt -> errors"): "both are of the same length",
    ("forward", "weights.V -> weights.b"): "there are as many V as b",
    ("forward", "weights.b -> weights.V"): "there are as many V as b",
    ("step_rule", "1 -> 2"): "zero divided by 2 is zero, too",
    ("step_rule", "problem.cost(weights - gamma * direction) > J -> problem.cost(weights - gamma * direction) >= J"): (
        "J is nowhere exactly as large as before"
    ),
}


class Mutant(ast.NodeTransformer):
    """Changes the n-th place that can be changed: an operator, a comparison, a constant, a name, an attribute."""

    def __init__(self, n, names):
        self.left, self.names, self.what = n, names, None

    def place(self, choices, node, field):
        for choice in choices:
            if self.left == 0:
                before = ast.unparse(node)
                setattr(node, field, choice)
                self.what = f"{before} -> {ast.unparse(node)}"
            self.left -= 1

    def visit_BinOp(self, node):
        self.generic_visit(node)
        self.place([op() for op in (ast.Add, ast.Sub, ast.Mult, ast.Div) if not isinstance(node.op, op)], node, "op")
        return node

    def visit_Compare(self, node):
        self.generic_visit(node)
        self.place([[op()] for op in (ast.Lt, ast.GtE, ast.LtE) if not isinstance(node.ops[0], op)], node, "ops")
        return node

    def visit_Constant(self, node):
        if isinstance(node.value, int | float):
            self.place([node.value + 1, node.value - 1], node, "value")
        return node

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Load) and node.id in self.names:
            self.place([name for name in self.names if name != node.id], node, "id")
        return node

    def visit_Attribute(self, node):
        self.generic_visit(node)
        others = {"V": ["b"], "b": ["V"], "sigma": ["dsigma"], "dsigma": ["sigma"], "sum": ["mean"]}
        self.place(others.get(node.attr, []), node, "attr")
        return node

    def visit_keyword(self, node):
        return node


def mutants(source):
    """(what is changed, the new source) for each single change of the source."""
    tree = ast.parse(textwrap.dedent(source))
    names = [argument.arg for argument in tree.body[0].args.args]
    for n in count():
        mutant = Mutant(n, names)
        changed = mutant.visit(ast.parse(textwrap.dedent(source)))
        if mutant.what is None:
            return
        yield mutant.what, ast.unparse(changed)


@every_exercise
def test_mutants_are_rejected(name):
    some = [mutant for source in STYLES[name][:2] for mutant in mutants(source)][:100]
    passed = [what for what, source in some if getattr(exercises, name).check(written(source)).passed]
    assert [what for what in passed if (name, what) not in EQUIVALENT] == []
    assert len(some) - len(passed) >= 30


@pytest.mark.parametrize("function", ["forward", "cost_terms", "cost", "tangent", "adjoint", "gradient"])
def test_planted_bugs_are_rejected(function):
    name = function.removesuffix("_terms")
    for old, new, what in BUGS[function]:
        if "not analytic" not in what:  # which real numbers do not show
            broken = getattr(planted(function, old, new), name)
            assert not getattr(exercises, name).check(broken).passed, what


STUBS = """...|pass|return|return None|return NotImplemented|raise NotImplementedError|'Only this.'|
raise NotImplementedError("later")|x = 1; ...|return ..."""


@every_exercise
@pytest.mark.parametrize("body", STUBS.split("|"))
def test_not_attempted_yet(name, body):
    head = textwrap.dedent(STYLES[name][0]).strip().splitlines()[0]
    answer = getattr(exercises, name).check(written(f"{head}\n    {body.strip()}"))
    function = head.split()[1].split("(")[0]
    assert repr(answer) == f"Not attempted yet: write {function}, then check again. exercises.{name}.hint() helps."
    assert not answer.passed


def check_forward(body, head="def my_forward(weights, x_in, dt, activation):"):
    """What is said about right states x, after the body has made something else of them."""
    source = f"{head}\n    x = list(right(weights, x_in, dt, activation))\n" + textwrap.indent(body, "    ")
    return exercises.forward.check(written(source, right=resnet.forward))


@pytest.mark.parametrize(
    "body, words",
    [
        ("return x", "Right!"),
        ("return np.array(x, np.float32)", "Right!"),
        ("return np.array(x, np.float16)", "Right!"),
        ("return np.array(x, '>f8')", "Right!"),
        ("x = 1", "returns None: is the return at its end missing?"),
        ("return np.array(x, complex)", "complex128 numbers, expected real numbers"),
        ("return np.array(x, object)", "object numbers, expected real numbers"),
        ("return np.array(x).astype(int)", "holds integers (int64)"),
        ("return np.array(x) > 0", "holds integers (bool)"),
        ("return [x[0], x[1][0]]", "x is not an array: its rows differ in length"),
        ("return 'x'", "x is made of <U1"),
        ("return weights", "x is made of Weights"),
        ("return {'x': x}", "x is made of dict"),
        ("return (state for state in x)", "x is made of generator"),
        ("return x[0]", "x has shape (3, 4), expected (6, 3, 4), that is (N_T, d, I)"),
        ("return []", "x has shape (0,)"),
        ("return 3.0", "x has shape ()"),
        (
            "return np.transpose(x, (0, 2, 1))",
            "(6, 4, 3), expected (6, 3, 4), that is (N_T, d, I). It looks transposed",
        ),
        ("return np.transpose(x, (1, 2, 0))", "It looks transposed: time comes first"),
        ("return x[1:]", "It has N_T - 1 entries, it should have N_T: x_in, and one more state after each layer."),
        ("return [*x, *x]", "It has 12 entries, it should have N_T"),
        ("x[2][1, 3] = np.nan\nreturn x", "x is nan at k = 2, row = 1, sample = 3"),
        ("x[-1] = x[-1] / 0\nreturn x", "inf at k = 5, row = 0, sample = 0"),
        ("x[-1][-1, 1:] += 1\nreturn x", "x at k = 5, row = 2, sample = 1 is "),
        (
            "return x[:2] + [1.01 * state for state in x[2:]]",
            "The first difference: x at k = 2, row = 0, sample = 0 is ",
        ),
        ("return (1 + 1e-7) * np.array(x)", "did something pass through float32"),
        ("x_in[:] = 0\nreturn x", "You changed x_in in place"),
        ("weights.theta[0] = 0\nreturn x", "You changed weights in place"),
        ("return np.squeeze(x)", "Problem 4 of 6: d = 4, I = 1, N_T = 3, tanh"),
        ("return x[0][:, 0] + x[0][0]", "ValueError: operands could not be broadcast"),
    ],
)
def test_answers_to_forward(body, words):
    answer = check_forward(body)
    assert words in repr(answer) and answer.passed == (words == "Right!")


@pytest.mark.parametrize(
    "problem, words",
    [
        ("activation.name == 'relu'", "It is right for tanh, but not for relu: is tanh written into it?"),
        ("activation.name == 'tanh'", "It is right for relu, but not for tanh"),
        ("len(x_in) == 1", "It is right, except where d = 1."),
        ("x_in.shape[1] == 1", "It is right, except for a single sample, I = 1."),
        ("len(weights.V) == 1", "It is right, except for a single layer, N_T = 2."),
    ],
)
def test_what_the_wrong_problems_have_in_common_is_said(problem, words):
    assert words in repr(check_forward(f"return np.array(x) + 0.1 * ({problem})"))


def test_the_adjoint_is_compared_backwards():
    source = with_changes(STYLES["adjoint"][0], "return phi", "phi[-2:-1, -1, -1] += 1; phi[0] += 1; return phi")
    words = "The first difference, going backwards: phi at k = 3, row = 2, sample = 3 is"
    assert words in repr(exercises.adjoint.check(written(source)))


@pytest.mark.parametrize("given", [None, 3, np.zeros((6, 3, 4)), "my_forward"])
def test_something_else_than_a_function(given):
    answer = exercises.forward.check(given)
    assert f"wants your function itself, without (...); it was given a {type(given).__name__}" in repr(answer)


@pytest.mark.parametrize(
    "head", ["x_in, weights, dt, activation", "weights, x_in, dt", "weights, x_in, dt, activation, T"]
)
def test_other_arguments(head):
    answer = check_forward("return x", f"def my_forward({head}):")
    assert f"takes ({head}), it is called with (weights, x_in, dt, activation)" in repr(answer)


@pytest.mark.parametrize("head", ["W, x_in, dt, activation, T=1", "*all", "weights, x_in, *rest"])
def test_arguments_of_other_names_are_welcome(head):
    body = "    return resnet.forward(" + {"W": "W, x_in, dt, activation"}.get(head[0], head) + ")"
    assert exercises.forward.check(written(f"def f({head}):\n{body}", resnet=resnet)).passed


def test_functions_without_source_or_name():
    class Forward:
        def __call__(self, *arguments):
            return resnet.forward(*arguments)

    assert exercises.forward.check(Forward()).passed
    assert exercises.forward.check(lambda *arguments: resnet.forward(*arguments)).passed
    assert "returns None" in repr(exercises.forward.check(lambda *arguments: None))
    assert not exercises.observed_order.check(np.divide).passed


def test_an_exception_is_shown_with_the_students_line():
    shell = InteractiveShell()
    shell.run_cell("def helper(V, x):\n    return V @ x.T")
    shell.run_cell(
        "def my_forward(weights, x_in, dt, activation):\n"
        "    x = [x_in]\n"
        "    for V, b in zip(weights.V, weights.b):\n"
        "        x.append(dt * helper(V, x[-1]))  # the fourth line\n"
        "    return x"
    )
    text = repr(exercises.forward.check(shell.user_ns["my_forward"]))
    assert (
        "Your function stops in line 4:\n    x.append(dt * helper(V, x[-1]))  # the fourth line\nValueError: matmul"
        in text
    )
    shell.run_cell("def my_forward(weights, x_in, dt, activation):\n    return Weights(1, 2)")
    text = repr(exercises.forward.check(shell.user_ns["my_forward"]))
    assert "line 2:\n    return Weights(1, 2)\nNameError: name 'Weights' is not defined" in text
    shell.run_cell("def my_forward(weights, x_in, dt, activation):\n    ...")
    assert "Not attempted" in repr(exercises.forward.check(shell.user_ns["my_forward"]))


def test_an_interrupt_is_the_students():
    def my_forward(weights, x_in, dt, activation):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exercises.forward.check(my_forward)


@every_exercise
def test_nothing_that_the_student_holds_is_changed(name):
    """Neither what is returned, nor what is kept of the arguments; and one check does not spoil the next."""
    kept = []
    right = written(STYLES[name][1])

    def mine(*arguments):
        value = right(*arguments)
        kept.append((arguments, value, *map(snapshot, (arguments, value))))
        return value

    exercise = getattr(exercises, name)
    assert exercise.check(mine).passed and exercise.check(mine).passed
    for arguments, value, arguments_before, value_before in kept:
        assert snapshot(arguments) == arguments_before
        assert snapshot(value) == value_before


def snapshot(value):
    if isinstance(value, tuple | list):
        return [snapshot(each) for each in value]
    value = getattr(value, "theta", value)
    return value.tobytes() if isinstance(value, np.ndarray) else None


def test_whoever_spoils_the_arguments_does_not_spoil_the_next_check():
    def spoil(weights, x_in, dt, activation):
        weights.theta[...], x_in[...] = 0, 0
        return np.zeros((len(weights.V) + 1, *x_in.shape))

    assert "You changed weights in place" in repr(exercises.forward.check(spoil))
    assert exercises.forward.check(resnet.forward).passed


def test_the_random_numbers_of_the_student_stay_theirs():
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].tobytes()  # noqa: NPY002
    exercises.forward.check(resnet.forward)
    assert np.random.get_state()[1].tobytes() == before  # noqa: NPY002


@pytest.mark.filterwarnings("error")
def test_no_warning_reaches_the_notebook():
    check_forward("return np.array(x) / 0 + np.mean([])")
    exercises.gradient.check(written(with_changes(STYLES["gradient"][0], "dt *", "0.9 *")))


@every_exercise
def test_hints_are_graded_and_end(name, monkeypatch):
    exercise = getattr(exercises, name)
    monkeypatch.setattr(exercise, "hints_given", 0)
    hints = [repr(exercise.hint()) for _ in range(5)]
    assert [hint[:11] for hint in hints[:3]] == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3"]
    assert hints[3] == hints[4] and "There are no more hints" in hints[4]


@every_exercise
def test_the_solution_is_the_librarys_own_source(name):
    exercise = getattr(exercises, name)
    shown = repr(exercise.solution())
    for function in exercise.functions:
        assert inspect.getsource(function).rstrip() in shown
    assert f"exercises.{name}.check" in repr(exercise)


def test_the_step_rule_trains():
    problem = exercises._problem(2, 5, 4, exercises.tanh).problem
    mine = [written(source) for source in STYLES["step_rule"]]
    start = Weights.zeros(problem.N_T, problem.d)
    problem.cost = lambda weights: exercises.TrainingProblem.cost(problem, weights)  # as often as it takes
    runs = [train(problem, start, 20, rule, progress=False) for rule in [exercises.training.backtracking(), *mine]]
    for run in runs[1:]:
        np.testing.assert_allclose(run.J, runs[0].J, rtol=1e-9)
    assert runs[0].J[-1] < train(problem, start, 0, constant(1.0), progress=False).J[-1]


def test_the_estimate_is_that_of_cost_and_gradient():
    for lengths in exercises.PROBLEMS:
        p = exercises._problem(*lengths)
        mine = exercises.estimate(p.weights, p.x_in, p.y_out, p.samples, p.dt, p.w1, p.w2, p.activation)
        theirs = p.problem.cost_and_gradient(p.weights, samples=p.samples)[1]
        np.testing.assert_allclose(mine.theta, theirs.theta, rtol=1e-10, atol=1e-12)


def test_the_step_of_adam_trains_as_the_rule_does():
    problem = exercises._problem(2, 5, 4, exercises.tanh).problem
    start = Weights.random(problem.N_T, problem.d, 1.0, np.random.default_rng(0))
    theta, m, v = start.theta, 0, 0
    for t in range(1, 21):
        g = problem.cost_and_gradient(Weights.from_theta(theta))[1].theta
        theta, m, v = exercises.training.adam_step(theta, g, m, v, t, 0.01, 0.9, 0.999, 1e-8)
    run = train(problem, start, 20, node.adam(0.01), progress=False)
    np.testing.assert_allclose(theta, run.weights.theta, rtol=1e-12)
