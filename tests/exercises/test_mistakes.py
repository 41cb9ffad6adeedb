"""Typical mistakes are named."""

import numpy as np
import pytest
from test_right import STYLES, every_exercise, written

from neuralode_lib import exercises
from neuralode_lib.exercises.diagnosis import changed, mistakes, outputs
from neuralode_lib.exercises.problems import PROBLEMS

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
        (1, "V @ sigma(x)", "sigma(V) @ x", "sigma acts on x, not on V"),
    ],
    "observed_order": [
        (1, "np.log(errors[1:] / errors[:-1]) / np.log(dt[1:] / dt[:-1])",
         "np.log(dt[1:] / dt[:-1]) / np.log(errors[1:] / errors[:-1])", "upside down"),
        (1, "errors[1:] / errors[:-1]", "errors[:-1] / errors[1:]", "sign"),
        (1, " / np.log(dt[1:] / dt[:-1])", "", "division by the difference of log(dt)"),
        (1, "np.log(dt[1:] / dt[:-1])", "np.log(2)", "differs from pair to pair"),
        (1, "np.log(dt[1:] / dt[:-1])", "-np.log(2)", "differs from pair to pair"),
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
        (0, "A_z + source", "source", "x_tilde_k is missing"),
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
        (0, "dsigma(x[k])", "dsigma(activation.sigma(x[k]))", "not at sigma(x_k)"),
        (1, "activation.dsigma(x[k, :, i])", "activation.dsigma(x[k, :, 0])", "Each sample has its own sigma'"),
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
        (2, "np.einsum(\"mn,ni->mi\", theta,", "np.einsum(\"mn,ni->mi\", weights.theta[0],", "uses the same weights"),
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
        (0, "return V, b", "return b, V", "first the gradient in V"),
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
        (0, "weights - gamma", "weights + gamma", "evaluated 60 times"),
        (0, "gamma = gamma / 2", "pass", "evaluated 60 times"),
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
def test_every_mistake_in_the_tables_can_be_seen_and_told_apart(name):
    """It can be planted, moves some number by more than the tolerance for float32, and looks like no other.

    (But 1e-8 beside the largest entry moves little.)
    """
    exercise, numbers, seen = getattr(exercises, name), range(len(PROBLEMS)), {}
    assert len({said for _, said in mistakes(exercise)}) >= 15
    for changes, said in mistakes(exercise):
        changed(exercise.functions, changes)
        parts = [
            (mine, theirs)
            for n in numbers
            for mine, theirs in zip(outputs(exercise, n, changes), outputs(exercise, n), strict=True)
        ]
        smallest = 1e-9 if "Add nothing" in said else 1e-3
        assert not max(np.abs(a - b).max() / np.abs(b).max() for a, b in parts) <= smallest, said
        key = tuple(f"{entry:.9g}" for mine, _ in parts for entry in mine.ravel())
        assert seen.setdefault(key, said) == said
