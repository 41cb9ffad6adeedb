"""Right functions pass in any style, the library's own among them."""

import ast
import linecache
import textwrap

import numpy as np
import pytest

import neuralode_lib as node
from neuralode_lib import constant, exercises, resnet, rules, train, verify
from neuralode_lib.activations import tanh
from neuralode_lib.exercises import c_descent
from neuralode_lib.exercises.b import remainders
from neuralode_lib.exercises.d import estimate
from neuralode_lib.exercises.e import heun_step
from neuralode_lib.exercises.problems import PROBLEMS, random_problem
from neuralode_lib.problem import TrainingProblem
from neuralode_lib.resnet import Weights

NAMES = "euler_step observed_order tangent taylor_test forward cost adjoint gradient descent_step step_rule".split()
NAMES += ["minibatch_gradient", "adam_step", "heun_layer"]
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
    "heun_layer": [
        """
        def my_heun_layer(x, V, b, dt, sigma):
            start = V @ sigma(x) + b[:, None]
            end = V @ sigma(x + dt * start) + b[:, None]
            return x + dt / 2 * (start + end)
        """,
        """
        def my_heun_layer(x, V, b, dt, sigma):
            new = np.empty(x.shape)
            for i in range(x.shape[1]):
                k_1 = dt * (V @ sigma(x[:, i]) + b)
                k_2 = dt * (V @ sigma(x[:, i] + k_1) + b)
                new[:, i] = x[:, i] + (k_1 + k_2) / 2
            return new
        """,
        """
        def my_heun_layer(x, V, b, dt, sigma):
            def euler(x):
                return x + dt * (V @ sigma(x) + np.outer(b, np.ones(x.shape[1])))
            return ((x + euler(euler(x))) / 2).tolist()
        """,
        """
        def my_heun_layer(x, V, b, dt, sigma):
            theta, ones = np.column_stack([V, b]), np.ones((1, x.shape[1]))
            states = [x]
            states.append(x + dt * theta @ np.vstack([sigma(x), ones]))
            return np.float32(x + dt * theta @ np.mean([np.vstack([sigma(y), ones]) for y in states], axis=0))
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
        "taylor_test": remainders,
        "forward": resnet.forward,
        "cost": resnet.cost,
        "adjoint": resnet.adjoint,
        "gradient": resnet.gradient,
        "step_rule": rules.backtracking(),
        "minibatch_gradient": estimate,
        "adam_step": rules.adam_step,
        "heun_layer": heun_step,
    }.items():
        assert getattr(exercises, name).check(function).passed


def test_the_step_rule_trains():
    problem = random_problem(2, 5, 4, tanh).problem
    mine = [written(source) for source in STYLES["step_rule"]]
    start = Weights.zeros(problem.N_T, problem.d)
    problem.cost = lambda weights: TrainingProblem.cost(problem, weights)  # as often as it takes
    runs = [train(problem, start, 20, rule, progress=False) for rule in [rules.backtracking(), *mine]]
    for run in runs[1:]:
        np.testing.assert_allclose(run.J, runs[0].J, rtol=1e-9)
    assert runs[0].J[-1] < train(problem, start, 0, constant(1.0), progress=False).J[-1]


def test_weights_that_are_evaluated_again_and_rounded_otherwise_are_no_loop_without_end():
    def backtrack(problem, *arguments):
        new, gamma, tries = c_descent.backtrack(problem, *arguments)
        otherwise = (1 + 3e-16) * new
        assert 0 < np.abs(otherwise.theta - new.theta).max() < 1e-14
        problem.cost(otherwise)
        return new, gamma, tries

    assert exercises.step_rule.check(backtrack).passed


def test_the_estimate_is_that_of_cost_and_gradient():
    for lengths in PROBLEMS:
        p = random_problem(*lengths)
        mine = estimate(p.weights, p.x_in, p.y_out, p.samples, p.dt, p.w1, p.w2, p.activation)
        theirs = p.problem.cost_and_gradient(p.weights, samples=p.samples)[1]
        np.testing.assert_allclose(mine.theta, theirs.theta, rtol=1e-10, atol=1e-12)


def test_the_step_of_adam_trains_as_the_rule_does():
    problem = random_problem(2, 5, 4, tanh).problem
    start = Weights.random(problem.N_T, problem.d, 1.0, np.random.default_rng(0))
    theta, m, v = start.theta, 0, 0
    for t in range(1, 21):
        g = problem.cost_and_gradient(Weights.from_theta(theta))[1].theta
        theta, m, v = rules.adam_step(theta, g, m, v, t, 0.01, 0.9, 0.999, 1e-8)
    run = train(problem, start, 20, node.adam(0.01), progress=False)
    np.testing.assert_allclose(theta, run.weights.theta, rtol=1e-12)
