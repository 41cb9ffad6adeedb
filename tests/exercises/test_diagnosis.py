"""What is said where no single mistake has a name: by where the numbers are wrong, by exceptions, by odd functions."""

from functools import partial

import numpy as np
import pytest
from test_mistakes import with_changes
from test_right import STYLES, every_exercise, written

from neuralode_lib import exercises, resnet


def answer(name, style, *changes):
    source = STYLES[name][style]
    for old, new in changes:
        source = with_changes(source, old, new)
    return exercises.__dict__[name].check(written(source))


# exercise, style, changes, words that must stand in the answer, words that must not
SAID = [
    # where it is wrong
    ("forward", 0, [("return x", "return 0 * x")], "All of it is 0: does the loop run", "b is missing"),
    ("forward", 3, [(".append(x.copy())", ".append(x)")], "the same at every k", "not right"),
    ("forward", 0, [("range(len(weights.V))", "range(len(weights.V) - 1)")], "except for the last k", "not right"),
    ("forward", 0, [("return x", "x[:, :, 1:] = 0; return x")], "Only the first sample is right", "not right"),
    ("forward", 0, [("    return x", "        return x")], "right for some k, and 0 for the others", "not right"),
    ("forward", 0, [("return x", "return np.cumsum(x, axis=0)")], "start from zero each time", "not right"),
    ("euler_step", 0, [("range(x.shape[1])", "range(x.shape[1] - 1)"), ("np.empty(", "np.zeros(")],
     "except for the last sample", "not right"),
    ("adjoint", 0, [("return phi", "return -phi")], "everything is minus what it should be", "not right"),
    ("adjoint", 0, [("return phi", "return phi / x.shape[2]")], "I times as large", "not right"),
    ("gradient", 0, [("return V, b", "return V[::-1], b[::-1]")], "turn it round", "not right"),
    ("gradient", 0, [("return V, b", "return np.roll(V, 1, 0), b")], "one k off", "penalty"),
    ("observed_order", 0, [("return p", "return np.sort(p)")], "in another order", "sign"),
    ("observed_order", 0, [("return p", "return np.round(p, 2)")], "round(..., 2)", "sign"),
    ("cost", 0, [("return ", "return round("), ("+ penalty", "+ penalty, 3)")], "round(..., 3)", "sign"),
    # two mistakes that cancel out are no explanation
    ("taylor_test", 0, [("f(weights + h * direction) - f_0 - ", "")], "The change of f is missing", "backwards"),
    ("tangent", 0, [("return z", "return 0 * z")], "does the loop run", "V looks"),
    ("step_rule", 0, [("> J", "> J - 0.5 * gamma * gradient.dot(direction)")], "Not yet", "too often"),
    ("gradient", 0, [("= dt * phi", "= dt**2 * phi")], "twice at the sum over the samples", "missing at the penalty"),
    # a part of the step rule is explained by what its other parts allow
    ("step_rule", 0, [("tries = tries + 1", "")], "The tries are not counted", "0.004"),
    ("step_rule", 0, [("tries = 1", "tries = 1; first = gamma"), (", gamma, tries", ", first, tries")],
     "is that of the first try", "whatever J says"),
    ("step_rule", 0, [("0.004 if gamma is None else 2 * gamma", "0.004 if gamma is None else min(2 * gamma, 100)")],
     "is gamma limited", "N_T = 2."),
    ("step_rule", 1, [("range(1, 100)", "range(1, 10)")], "or the tries?", "N_T = 2."),
    ("step_rule", 0, [("else 2 * gamma", "else max(2 * gamma, 0.004)")], "is there a smallest gamma", "not right"),
    ("step_rule", 0, [("> J", "> J and gamma > 1e-4")], "Only small steps make J smaller", "not right"),
    ("step_rule", 0, [("or 1)", "+ 1e-8)")], "Add nothing to the largest entry", "not right"),
    ("step_rule", 0, [("direction, gamma, tries", "direction, gamma, problem.cost(weights - gamma * direction)")],
     "not J", "not right"),
    ("step_rule", 0, [("> J", "> 1.01 * J")], "a little larger here: halve", "not right"),
    ("step_rule", 0, [("> J", "> J - 1e-3")], "a little smaller here: take it", "not right"),
    ("step_rule", 0, [("(np.abs(gradient.V).max() or 1)", "max(np.abs(gradient.V).max(), 1)"),
                      ("(np.abs(gradient.b).max() or 1)", "max(np.abs(gradient.b).max(), 1)")],
     "below 1 is scaled up, too", "not right"),
    ("step_rule", 0, [("direction, gamma, tries", "direction, tries, gamma")], "first the new V", "integers"),
    ("step_rule", 0, [("return weights - gamma * direction, gamma", "return gamma, weights - gamma * direction")],
     "first the new weights, then their gamma", "must be Weights"),
    ("step_rule", 0, [("> J", "> np.inf"), ("return weights - gamma", "return weights - gamma / 3")],
     "The numbers are not right", "In tries"),
    # each problem shows something that another does not
    ("minibatch_gradient", 0, [("[:, samples]", "[:, min(samples) : max(samples) + 1]")],
     "samples may have gaps", "not right"),
    ("minibatch_gradient", 0, [("x_in.shape[1]", "(max(samples) + 1)")], "need not be in samples", "not right"),
    ("minibatch_gradient", 0, [("n = len(samples)", "n = len(samples); samples = np.arange(x_in.shape[1])[-n:]")],
     "the last n samples", "not right"),
    ("observed_order", 0, [("return p", "return np.abs(p)")], "the order is negative", "not right"),
    ("adjoint", 0, [("activation.dsigma(x[k])", "(x[k] > 0)")], "is relu written into it", "single layer"),
    ("adjoint", 0, [("phi[-1] = x[-1] - y_out", ""), ("return phi", "phi[-1] = x[-1] - y_out; return phi")],
     "set it before", "not right"),
    ("cost", 0, [("w1 * dt /", "w1 * dt**2 /"), ("return terminal +", "return")],
     "dt is there twice in the running cost", "not right"),
    ("taylor_test", 0, [("np.abs(", "max(0, ")], "A remainder may be negative", "relu"),
    ("euler_step", 1, [("return x + dt", "return np.float16(x + 0.97 * dt"), ("[:, None])", "[:, None]))")],
     "The numbers are not right", "close"),
    # exceptions
    ("euler_step", 1, [("V @ sigma(x)", "V * sigma(x)")], "@ is the matrix product", "b (d,)"),
    ("euler_step", 1, [("b[:, None]", "b")], "as b[:, None]", "matrix product"),
    ("euler_step", 1, [("sigma(x)", "sigma(x)[:, :2]")], "shapes (3,4) (3,2)", "b (d,)"),
    ("euler_step", 1, [("b[:, None]", "b[None]")], "as b[:, None]", "matrix product"),
    ("euler_step", 1, [("V @ sigma(x)", "sigma(x) @ V")], "V stands left", "b (d,)"),
    ("euler_step", 1, [("V @ sigma(x)", "np.dot(sigma(x), V)")], "V stands left", "b (d,)"),
    ("gradient", 0, [("axis=1", "axis=0")], "sum over the wrong axis", "b[:, None]"),
    ("tangent", 0, [("(activation.dsigma(x[k]) * z[k])", "np.diag(activation.dsigma(x[k])) @ z[k]")],
     "np.diag takes the diagonal out", "V stands left"),
    ("adjoint", 0, [("A_T_phi = activation.dsigma(x[k]) *", "D = np.diag(activation.dsigma(x[k])); A_T_phi = D @")],
     "np.diag takes the diagonal out", "V stands left"),
    ("forward", 0, [("range(len(weights.V))", "range(weights.N_T)")], "There are N_T = 6 states", "b (d,)"),
    ("observed_order", 0, [("range(len(dt) - 1)", "range(len(dt))")], "IndexError", "states"),
    ("descent_step", 0, [("V = weights.V - ", "weights.V -= "), ("return V", "return weights.V")],
     "weights - gamma * gradient makes new ones", "in place"),
    ("forward", 0, [("activation.sigma(", "activation(")], "sigma is activation.sigma", "b (d,)"),
    ("step_rule", 0, [("0.004 if gamma is None else ", "")], "gamma is None", "b (d,)"),
    ("step_rule", 0, [("gamma = gamma / 2", "pass")], "each try is the same", "uphill"),
    ("step_rule", 0, [("weights - gamma", "weights + gamma")], "go against the gradient", "the same"),
    ("adam_step", 0, [("g ** 2", "g @ g")], "the squares of all entries are a**2", "V stands left"),
    ("adam_step", 0, [("g ** 2", "g.T @ g")], "the squares of all entries are a**2", "V stands left"),
    ("adam_step", 0, [("g ** 2", "g ^ 2")], "no power in Python", "V stands left"),
    ("tangent", 0, [("direction.V[k]", "direction[k]")], "are weights.V[k] and weights.b[k]", "column"),
    ("taylor_test", 0, [("return r", "return f_0 - f(weights + steps * direction)")], "one after the other", "column"),
    ("observed_order", 1, [("return np.log(", "import math; return math.log(")], "np.log an array", "column"),
    ("forward", 0, [("return x", "exit()")], "exit() and quit() end Python", "b (d,)"),
    # what comes back
    ("euler_step", 1, [("return ", "return dt, ")], "You return 2 things: return the new x alone", "time"),
    ("euler_step", 0, [("return new", "return new.T")], "each sample is a column", "time"),
    ("observed_order", 0, [("    return p", "        return p")], "(len(dt) - 1,). It has 1 entry, it", "entries"),
    ("observed_order", 0, [("return p", "return p[0]")], "a single number: one slope for each pair", "entries"),
    ("gradient", 0, [("return V, b", "return b, V")], "first the gradient in V, then", "shape"),
    ("adam_step", 0, [(", m, v\n", ", v, m\n")], "first the new theta, then the new m, then the new v", "beta"),
    ("euler_step", 1, [("return x", "new = x"), ("None])", "None])\n            ...")], "returns None", "attempted"),
    ("euler_step", 1, [("return x", "x = x; return ...; x")], "returns Ellipsis", "attempted"),
    ("euler_step", 1, [("return ", "return np.ma.masked_less("), ("None])", "None]), 0)")], "a masked array", "sign"),
    ("cost", 0, [("np.sum((x[1:-1] - y_out) ** 2)", "np.mean((x[1:-1] - y_out) ** 2)")], "a sum, not a mean", "0/0"),
    ("cost", 0, [("return ", "return np.nan * ")], "J is nan: 0/0", "mean"),
    # what once had another cause named
    ("cost", 0, [("w1 * dt / 2", "1 / 2")], "w1 and dt are missing in the running cost", "terminal"),
    ("cost", 0, [("w2 * dt / 2", "1 / 2")], "w2 and dt are missing in the weights' term", "not right"),
    ("step_rule", 0, [("weights - gamma * direction) > J", "weights) > J"), ("return weights - gamma * direction",
     "return weights")], "Nothing moves", "Only"),
    ("step_rule", 0, [("0.004 if gamma is None else 2 * gamma", "2 * (gamma or 0)")], "The very first try", "rounded"),
    ("step_rule", 0, [("(np.abs(gradient.V).max() or 1)", "np.abs(gradient.V).max()")],
     "A division by zero?", "b (d,)"),
    ("adjoint", 0, [("phi[k] + dt * A_T_phi + dt * w1 * (x[k] - y_out)", "phi[k]")],
     "does a step change nothing", "copy"),
    ("tangent", 0, [("return z", "return x")], "the states x themselves", "source"),
    ("tangent", 0, [("@ (activation.dsigma(x[k]) * z[k])", "@ activation.dsigma(x[k]) * z[k]")],
     "Mind the brackets", "not right"),
]  # fmt: skip


@pytest.mark.parametrize("name, style, changes, words, others", SAID, ids=lambda value: str(value)[:40])
def test_what_is_said(name, style, changes, words, others):
    said = answer(name, style, *changes)
    assert not said.passed
    assert words in repr(said) and others not in repr(said)


@every_exercise
@pytest.mark.parametrize(
    "head, words",
    [
        ("async def f(", "remove the word async"),
        ("def f(*, ", "by name only, it is called by position: remove the *"),
    ],
)
def test_how_it_is_called(name, head, words):
    source = "def f(" + STYLES[name][0].strip().partition("(")[2]
    assert words in repr(exercises.__dict__[name].check(written(source.replace("def f(", head, 1))))


def test_without_the_last_argument_nobody_is_told_of_a_star():
    said = exercises.euler_step.check(lambda x, V, b, dt, *, verbose=False: x)
    assert "takes (x, V, b, dt, verbose), it is called with (x, V, b, dt, sigma)" in repr(said)


def test_a_partial_and_a_class_are_read_like_a_function():
    stub = written("def f(x, V, b, dt, sigma):\n    ...")
    assert "Not attempted" in repr(exercises.euler_step.check(partial(stub)))
    line = "return np.linalg.solve(V[:1], x)"
    mine = written(f"class Mine:\n    def __call__(self, x, V, b, dt, sigma):\n        {line}")()
    for function in (mine, partial(mine), mine.__call__, partial(mine.__call__)):
        assert f"{line}\nLinAlgError" in repr(exercises.euler_step.check(function))


def test_a_try_may_be_evaluated_several_times():
    source = with_changes(STYLES["step_rule"][0], "problem.cost(", "max(problem.cost(weights - gamma * direction), "
        "problem.cost(weights - gamma * direction), problem.cost(")
    source = with_changes(source, "direction) > J", "direction)) > J")
    assert exercises.step_rule.check(written(source)).passed


@pytest.mark.parametrize("kept", ["calls[0] = calls[0] + 1", "calls[0] = np.random.default_rng().random()"])
def test_a_function_that_answers_otherwise_each_time(kept):
    source = f"def f(x, V, b, dt, sigma):\n    {kept}\n    return x + calls[0]"
    assert "gives another result each time" in repr(exercises.euler_step.check(written(source, calls=[0])))


@pytest.mark.parametrize("h", [1e-4, 1e-5, 1e-6])
def test_a_difference_quotient_is_no_tangent(h):
    def f(weights, x, dt, activation, direction):
        there, back = (resnet.forward(weights + s * direction, x[0], dt, activation) for s in (h, -h))
        return (there - back) / (2 * h)

    assert "difference quotient" in repr(exercises.tangent.check(f))


def test_a_function_that_yields():
    said = exercises.forward.check(written("def f(weights, x_in, dt, activation):\n    yield x_in"))
    assert "has a yield: it should return" in repr(said)


UNUSUAL = {
    "euler_step": [
        """
        buffer = np.zeros(10_000)
        def f(x, V, b, dt, sigma):
            out = buffer[: x.size].reshape(x.shape)
            out[...] = x + dt * (V @ sigma(x) + b[:, None])
            return out
        """,
        """
        def f(x, V, b, dt, sigma):
            return np.ma.array(x + dt * (V @ sigma(x) + b[:, None]))
        """,
    ],
    "adam_step": [
        """
        def f(theta, g, m, v, t, gamma, beta1, beta2, epsilon):
            m, v = m + (1 - beta1) * (g - m), v + (1 - beta2) * (g * g - v)
            root = np.sqrt(v / (1 - beta2 ** t))
            return np.stack([theta - gamma * m / (1 - beta1 ** t) / (root + epsilon), m, v])
        """,
    ],
    "heun_layer": [
        """
        def f(x, V, b, dt, sigma):
            new = x.copy()
            for weight, at in [(1, x), (-0.5, x), (0.5, x + dt * (V @ sigma(x) + b[:, None]))]:
                new += weight * dt * (V @ sigma(at) + b[:, None])
            return new
        """,
        """
        def f(x, V, b, dt, sigma):
            slopes = [(sigma(x).T @ V.T + b).T]
            slopes.append(np.einsum("mn,ni->mi", V, sigma(x + dt * slopes[0])) + np.expand_dims(b, 1))
            return x + np.trapezoid(slopes, dx=dt, axis=0)
        """,
    ],
    "taylor_test": [
        """
        def f(f, weights, direction, derivative, steps):
            return [abs(f(weights + abs(h) * direction) - f(weights) - abs(h) * derivative) for h in steps]
        """,
    ],
    "step_rule": [
        """
        def f(problem, weights, J, gradient, gamma):
            scale = lambda a: a / (np.abs(a).max() + (not a.any()))
            direction = Weights(scale(gradient.V), scale(gradient.b))
            gamma, J = 0.004 if gamma is None else 2 * gamma, problem.cost(weights)
            for n in range(50):
                if problem.cost(weights - gamma / 2**n * direction) <= J:
                    return weights - gamma / 2**n * direction, gamma / 2**n, n + 1
        """,
    ],
    "minibatch_gradient": [
        """
        def f(weights, x_in, y_out, samples, dt, w1, w2, activation):
            kept = np.zeros(x_in.shape[1])
            kept[samples] = x_in.shape[1] / len(samples)
            x = forward(weights, x_in, dt, activation)
            return gradient(weights, x, kept * adjoint(weights, x, y_out, dt, w1, activation), dt, w2, activation)
        """,
    ],
}


@pytest.mark.parametrize("name, source", [(name, source) for name, all in UNUSUAL.items() for source in all])
def test_unusual_and_right(name, source):
    said = exercises.__dict__[name].check(written(source))
    assert said.passed, said


def test_a_step_that_makes_J_nan_is_forgiven_and_told():
    assert "nan > J is False" in repr(answer("step_rule", 0))
    not_larger = (
        "while problem.cost(weights - gamma * direction) > J",
        "while not problem.cost(weights - gamma * direction) <= J",
    )
    assert repr(answer("step_rule", 0, not_larger)).count("\n") == 0


def test_a_problem_that_was_changed_is_noticed():
    def my_rule(problem, weights, J, gradient, gamma):
        vars(problem).update({name: 99.0 for name in vars(problem) if name.endswith("w1")})
        return exercises.step_rule.functions[0](problem, weights, J, gradient, gamma)

    assert "You changed problem in place" in repr(exercises.step_rule.check(my_rule))


def test_numbers_that_hardly_differ_are_shown_with_the_digits_that_do():
    said = exercises.forward.check(lambda *arguments: resnet.forward(*arguments).astype(np.float32).astype(float))
    mine, right = repr(said).partition(" is ")[2].split(".  (")[0].split(", expected ")
    assert mine != right.split(". (")[0] and "That is close" in repr(said)
