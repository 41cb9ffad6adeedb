"""Each option's text is read as a formula and computed by other means: it must give what the option's function gives.

So a function that stands at another option's text, or lacks a sign of it, is found, and no key is written down.
"""

import re

import numpy as np
import oracles
import pytest

from neuralode_lib import quiz, tanh

h = 1e-40  # of complex steps
NAMES = {
    r"\mathbf{y}_{\text{out}}": "y",
    r"\mathbf{x}_{\text{in}}": "x_in",
    r"\tilde{\mathbf{x}}(T)": "x_tilde_T",
    r"\mathbf{x}(T)": "x_T",
    r"\mathbf{V}(t_k)": "V_k",
    r"\mathbf{V}_k": "V_k",
    r"\mathbf{x}_k": "x_k",
    r"\mathbf{x}_{k+1}": "x_after",
    r"\boldsymbol{\varphi}_k": "phi_k",
    r"\mathbf{V}(t_{k-1})": "V_before",
    r"\sum_i\boldsymbol{\varphi}_k^i": "phi_sum",
    **{rf"\tilde{{\mathbf{{{name}}}}}": f"{name}_tilde" for name in "xb"},
    **{rf"\mathbf{{{name}}}": name for name in "AVxb"},
    r"\varphi_m": "phi_m",
    r"\varphi_n": "phi_n",
    **{name: name for name in ("x_m", "x_n", "w_1", "w_2", "N_T", "K", "I", "d", "N", "m")},
    r"\hat{\mathbf{V}}": "V_hat",
    r"V_{mn}": "V",
    r"V_{nm}": "V.T",
    r"\mathbf{b}_k": "b_k",
    r"\mathbf{0}": "zero",
    r"\boldsymbol{\varphi}": "phi",
    r"\Delta t": "dt",
    r"\tfrac14": "0.25",
    r"\sqrt{8}": "8**0.5",
}
FUNCTIONS = {
    r"\sigma'": "dsigma",
    r"\sigma": "sigma",
    r"\operatorname{diag}": "diag",
    r"\operatorname{trace}": "trace",
}
SIGNS = {r"\bigl(": "(", r"\bigr)": ")", r"^\top": ".T", "^2": ".squared"}
SILENT = (r"\phantom{-}", r"\,", "$", " ")


def python(latex):
    """The formula in Python; where two factors stand side by side, a product."""
    tokens = [*NAMES, *FUNCTIONS, *SIGNS, *SILENT, r"\d+(?:\\,\d+)*", r"[-+/()]"]
    patterns = [
        t if t in tokens[-2:] else re.escape(t) for t in sorted(tokens, key=len, reverse=True)
    ]
    found = re.findall("|".join(patterns), latex)
    assert "".join(found) == latex, f"cannot read {latex}: {found}"
    code, after_factor = "", False
    for token in found:
        if token in SILENT:
            continue
        word = {**NAMES, **FUNCTIONS, **SIGNS}.get(token, token.replace(r"\,", ""))
        starts_factor = word[0].isalnum() or word == "("
        code += f" * {word}" if after_factor and starts_factor else word
        after_factor = token not in FUNCTIONS and (word[-1].isalnum() or word == ")")
    return code


class Array(np.ndarray):
    """An array whose product with another array is the matrix product."""

    def __mul__(self, other):
        return np.matmul(self, other) if self.ndim and np.ndim(other) else np.multiply(self, other)

    @property
    def squared(self):
        return self * self


def dsigma(x):
    return 1 / np.cosh(x) ** 2


def evaluated(latex, **names):
    functions = {
        "sigma": np.tanh,
        "dsigma": dsigma,
        "trace": np.trace,
        "diag": lambda v: np.diag(v).view(Array),
    }
    names = {name: v.view(Array) if isinstance(v, np.ndarray) else v for name, v in names.items()}
    return eval(python(latex), functions | names)


def test_the_reader():
    V, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, -1.0])
    latex = (
        r"$-(\mathbf{V}\operatorname{diag}(\sigma'(\mathbf{x})))^\top\mathbf{x} + w_1\,\mathbf{x}$"
    )
    read = evaluated(latex, V=V, x=x, w_1=3)
    np.testing.assert_allclose(read, -(V * dsigma(x)).T @ x + 3 * x)
    assert evaluated(r"$10\,000 / 4 - (K + 1)$", K=2) == 2497
    with pytest.raises(AssertionError, match="cannot read"):
        python(r"$\gamma$")


# What stands on a grid, by loops and complex steps


def states(p, V_hat=0, b_tilde=0):
    return oracles.states(p.V + V_hat, p.b + b_tilde, p.problem.x_in, p.dt, np.tanh)


def phi(p):
    x, y = states(p).real, p.problem.y_out
    return oracles.adjoint(p.V, x, y, p.dt, p.w1, dsigma)


def one_sample(p):
    """The names in the formulas for one sample: arrays over k whose first axis is the layer or the state."""
    x_tilde = states(p, b_tilde=1j * h * p.direction.b).imag[:, :, 0] / h
    x = states(p)[:, :, 0]
    A = np.array([V @ np.diag(dsigma(x_k)) for V, x_k in zip(p.V, x[:-1], strict=True)])
    return {"x": x, "x_tilde": x_tilde, "phi": phi(p)[:, :, 0], "A": A, "b_tilde": p.direction.b}


def read_B6(p, text):
    at = one_sample(p)
    return (
        0.0
        if text == "$0$"
        else evaluated(text, x_T=at["x"][-1], x_tilde_T=at["x_tilde"][-1], y=p.problem.y_out[:, 0])
    )


def read_B7(p, text):
    """Split at the integrals, each of which is a sum over the layers."""
    at, total = one_sample(p), 0.0
    for before, integrand in re.findall(r"([^$]*?)\\int_0\^T(.*?)\\,dt", text):
        fixed = {"y": p.problem.y_out[:, 0], "w_1": p.w1}
        values = [
            evaluated(integrand, **fixed, **{n: a[k] for n, a in at.items()}) for k in range(p.K)
        ]
        factor = p.w1 if "w_1" in before else 1.0
        total += (-factor if before.startswith("-") else factor) * p.dt * sum(values)
    return total


def read_tangent(p, text):
    right_hand_side = text.split("=")[1]
    x, z = states(p)[:, :, 0], np.zeros(p.d)
    for k in range(p.K):
        rate = evaluated(
            right_hand_side,
            x=x[k],
            x_tilde=z,
            V=p.V[k],
            V_hat=p.direction.V[k],
            b_tilde=p.direction.b[k],
        )
        z = np.asarray(z + p.dt * rate)
    return z


def read_price(p, text):
    p.w2, y, k = 0.0, p.problem.y_out, 2  # the slide's k = 3
    index = re.search(r"\\partial\\mathbf\{[xb]\}_(k|\{k\+1\})", text)[1]
    k += {"k": 0, "{k+1}": 1}[index]
    if r"\mathbf{b}" in text:
        assert text.endswith(r"/ \Delta t$")

        def J(V, b):
            return oracles.cost(
                V, b, oracles.states(V, b, p.problem.x_in, p.dt, np.tanh), y, p.dt, p.w1, 0.0
            )

        return oracles.complex_step_gradient(J, p.V, p.b)[1][k] / p.dt
    x_j, price = states(p)[k], np.zeros(p.d)
    for row in range(p.d):
        pushed = x_j + 1j * h * np.eye(p.d)[:, [row]]
        x = oracles.states(p.V[k:], p.b[k:], pushed, p.dt, np.tanh)
        running = p.w1 * p.dt / 2 * np.sum((x[:-1] - y) ** 2)
        price[row] = (running + np.sum((x[-1] - y) ** 2) / 2).imag / h
    return price


def read_transpose(p, text):
    """Row index m, column index n: a column times a row."""
    assert text.index("_m") < text.index("_n")
    k, at = 2, one_sample(p)
    names = {}
    for name in ("phi", "x"):
        names |= {f"{name}_m": at[name][k][:, None], f"{name}_n": at[name][k][None, :]}
    return evaluated(text, **names, V=p.V[k], w_2=p.w2)


def read_backward(p, text):
    k, at = 2, one_sample(p)
    columns = {"phi_k": at["phi"][k], "x_k": at["x"][k], "x_after": at["x"][k + 1]}
    columns = {name: a[:, None] for name, a in columns.items()}
    return evaluated(text, **columns, V_k=p.V[k], w_2=p.w2, dt=p.dt)


def read_curvature(_, text):
    return abs(1 - 0.5 * float(text.strip("$").removeprefix(r"\lambda = "))) > 1


def read_scale(p, text):
    x, K = p.x_in, 6
    for k in range(1, K + 1):
        theta = evaluated(text, V_k=p.theta(k / K), V_before=p.theta((k - 1) / K), dt=1 / K)
        x = x + np.asarray(theta) @ np.array([*np.tanh(x), 1.0])
    return x


def read_index(p, text):
    names = {"x": states(p)[:, :, 0], "V": p.V, "b": p.b, "dt": p.dt, "sigma": np.tanh}
    return eval(text.strip("`"), names)


def read_order(p, text):
    layers = int(re.match(r"\$(\d+(?:\\,\d+)*)", text)[1].replace(r"\,", ""))

    def error(K):
        x = p.x_in
        for k in range(K):
            x = x + p.theta(k / K) @ [*np.tanh(x), 1.0] / K
        return np.linalg.norm(x - p.exact)

    return error(100) / error(layers)


def read_frobenius(V, text):
    if r"\max" in text:
        assert r"|\mathbf{x}| = 1} |\mathbf{V}\mathbf{x}|^2" in text
        return np.linalg.eigvalsh(V.T @ V).max()
    return evaluated(text, V=V)


def read_step(p, text):
    step = text.strip("$").removeprefix("h = ").split(r"\approx")[0]
    for latex, code in {"^{": "**(", "}": ")", r"\varepsilon": "eps"}.items():
        step = step.replace(latex, code)
    return p.error(eval(step, {"eps": np.finfo(np.float32).eps}))


def read_count(p, text):
    return evaluated(text, K=p.K, I=p.I, d=p.d, N_T=p.N_T)


def read_dt(p, text):
    return evaluated(text, phi_sum=phi(p).sum(axis=2), b_k=p.b, dt=p.dt, w_2=p.w2)


def read_sum(p, text):
    first, last = re.fullmatch(r"\$k = (\d), \\dots, (N_T(?: - 1)?)\$", text).groups()
    first, last, y = int(first), eval(last, {"N_T": p.N_T}), p.problem.y_out

    def J(V, b):
        x = oracles.states(V, b, p.problem.x_in, p.dt, np.tanh)
        running = sum(np.sum((x[k - 1] - y) ** 2) for k in range(first, last + 1))
        return oracles.cost(V, b, x, y, p.dt, 0.0, p.w2) + p.w1 * p.dt / 2 * running

    V, b = oracles.complex_step_gradient(J, p.V, p.b)
    return np.concatenate([V, b[:, :, None]], axis=2)


def read_symmetric(p, text):
    pull, place = re.fullmatch(r"(.*) in the (adjoint|gradient)", text).groups()
    x, y = states(p), p.problem.y_out
    prices = np.zeros(x[1:].shape)
    prices[-1] = x[-1] - y
    code = pull.strip("`") if place == "adjoint" else "dsigma * (V.T @ phi)"
    for k in range(p.K - 1, 0, -1):
        pulled = eval(code, {"dsigma": dsigma(x[k]), "V": p.V[k], "phi": prices[k]})
        prices[k - 1] = prices[k] + p.dt * (pulled + p.w1 * (x[k] - y))
    V = np.array([phi_k @ np.tanh(x_k).T for phi_k, x_k in zip(prices, x[:-1], strict=True)])
    if place == "gradient":
        assert pull.startswith(r"$\sigma(\mathbf{x})\boldsymbol{\varphi}^\top$ for")
        V = V.transpose(0, 2, 1)
    V, b = V + p.w2 * p.V, prices.sum(axis=2) + p.w2 * p.b
    return p.dt * np.concatenate([V, b[:, :, None]], axis=2)


def read_batch_scale(p, text):
    formula = text.removeprefix("$J$ with ").split(" in place of ")[0]
    given = {"w_1": p.w1, "w_2": p.w2}
    w = dict(given)
    for part in re.findall(r"\$.*?\$", formula):
        w[part[-4:-1]] = evaluated(part, **given)
    x_in, y, dt = p.problem.x_in, p.problem.y_out, p.dt

    def J(V, b):
        return oracles.cost(V, b, oracles.states(V, b, x_in, dt, np.tanh), y, dt, w["w_1"], w["w_2"])

    V, b = oracles.complex_step_gradient(J, p.V, p.b)
    gradient = np.concatenate([V, b[:, :, None]], axis=2)
    return gradient / np.linalg.norm(gradient)


def ode_gradient(p, phi_at):
    """dt (phi sigma(x)^T + w_2 V) and likewise in b, at the layers' times, from states and adjoint there."""
    x, phi = phi_at
    s = [np.vstack([np.tanh(x_k), np.ones(p.problem.I)]) for x_k in x]
    penalty = p.problem.w2 * np.concatenate([p.weights.V, p.weights.b[:, :, None]], axis=2)
    return p.dt * (np.array([phi_k @ s_k.T for phi_k, s_k in zip(phi, s, strict=True)]) + penalty)


def read_way(p, text):
    V, b, q = p.weights.V, p.weights.b, p.problem
    x, K = oracles.states(V, b, q.x_in, p.dt, np.tanh), len(V)
    if text.startswith("the adjoint ODE to ten digits"):
        ode = oracles.NeuralODE(
            lambda t: p.theta(t)[:, :2], lambda t: p.theta(t)[:, 2], q.x_in, q.y_out, q.T, q.w1, q.w2
        )
        return ode_gradient(p, [[f(k * p.dt) for k in range(K)] for f in (ode.x, ode.phi)])
    if text.startswith("Euler's method for the adjoint ODE"):
        phi = [x[K] - q.y_out]
        for k in range(K, 0, -1):
            A = p.theta(k * p.dt)[:, :2, None] * dsigma(x[k])
            phi.insert(0, phi[0] + p.dt * (np.einsum("nmi,ni->mi", A, phi[0]) + q.w1 * (x[k] - q.y_out)))
        return ode_gradient(p, (x[:-1], phi[:-1]))
    if r"only $\mathbf{x}(T)$ kept" in text:
        for k in range(K, 0, -1):
            x[k - 1] = x[k] - p.dt * (V[k - 1] @ np.tanh(x[k]) + b[k - 1][:, None])
    else:
        assert text.startswith("every second state kept")
    return ode_gradient(p, (x[:-1], oracles.adjoint(V, x, q.y_out, p.dt, q.w1, dsigma)))


def read_memory(p, text):
    states, layers = re.fullmatch(r"(\$.*\$) states, (\$.*\$) layers", text).groups()
    return np.array([evaluated(formula, N=p.N, m=p.m) for formula in (states, layers)])


READ = {
    "A-zero": lambda p, text: evaluated(text, zero=np.zeros(p.d), x_in=p.problem.x_in[:, 0], K=p.K),
    "A-scale": read_scale,
    "A-index": read_index,
    "A-order": read_order,
    "A-frobenius": read_frobenius,
    "B-tangent": read_tangent,
    "B-h": read_step,
    "B-price": read_price,
    "B6": read_B6,
    "B7": read_B7,
    "B-transpose": read_transpose,
    "B-cost": read_count,
    "B-backward": read_backward,
    "C-count": read_count,
    "C-dt": read_dt,
    "C-sum": read_sum,
    "C-symmetric": read_symmetric,
    "C-curvature": read_curvature,
    "C-gamma": lambda p, text: p.change(400, evaluated(text)),
    "D-scale": read_batch_scale,
    "D-floor": lambda p, text: evaluated(text),
    "E-adjoint": read_way,
    "E-memory": read_memory,
    "E-rate": lambda p, text: evaluated(text),
}


def test_every_question_with_formulas_is_read():
    assert set(quiz.ids()) - set(READ) == {"C-ring", "E-fold"}  # their options are words


@pytest.mark.parametrize("id", READ)
def test_options_compute_what_they_say(id):
    question = quiz.question(id)
    for option in question.options:
        if option.value is not None:
            value, expected = (
                option.value(question.problem(4)),
                READ[id](question.problem(4), option.text),
            )
            value = value[:, 0] if id == "A-index" else value  # the reader takes one sample
            assert np.shape(value) == np.shape(expected), option.text
            rtol = 1e-7 if id == "E-adjoint" else 1e-9  # solve_ivp's
            np.testing.assert_allclose(value, expected, rtol=rtol, atol=1e-12, err_msg=option.text)


def test_the_options_in_words_change_what_they_say():
    class Asked:
        def separates(self, **changes):
            return changes

    changes = {o.text: o.value(Asked()) for o in quiz.question("C-ring").options if o.value}
    assert changes == {
        "ten times as many layers": {"layers": 200},
        r"$\tanh$ in place of ReLU": {"activation": tanh},
        "larger weights, but only so large that each layer stays one-to-one": {"norm": 0.95},
        "a third coordinate, zero at the start": {"d": 3},
    }


def test_the_options_on_folding_are_about_the_networks_that_they_say():
    class Asked:
        def __getattr__(self, name):
            return lambda *layers: [name, *layers]

    networks = {o.text: o.value(Asked())[1] for o in quiz.question("E-fold").options if o.value}
    assert networks == {
        r"a neural ODE, with suitable $\mathbf{V}(t)$ and $\mathbf{b}(t)$": ["flows"],
        r"$100$ layers, in each of them $\Delta t\,\|\mathbf{V}_k\| < 1$": ["one_to_one", 100],
        r"$3$ layers, in each of them $\Delta t\,\|\mathbf{V}_k\| < 1$": ["one_to_one", 3],
        r"$3$ layers, in each of them $\Delta t\,\|\mathbf{V}_k\| < 3$": ["large_steps"],
    }
