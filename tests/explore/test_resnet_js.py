"""resnet.js against the library, to rounding, over problems of many sizes; and bugs planted in it, to be seen."""

from dataclasses import dataclass
from functools import lru_cache

import javascript
import numpy as np
import pytest
from checks import assert_close

from neuralode_lib import TrainingProblem, Weights, relu, resnet, tanh

pytestmark = javascript.needs_node

RESNET = javascript.source("resnet.js")

ALL = """
const { N, d, activation, dt, w1, w2 } = given, [theta, x_in, y_out] = [given.theta, given.x_in, given.y_out]
  .map((a) => Float64Array.from(a));
const weights = { theta, d, N }, states = forward(weights, x_in, dt, activation);
const problem = new TrainingProblem({ x_in, y_out, d, T: given.T, N, w1, w2, activation });
problem.costAndGradient({ theta: theta.map((value) => -value), d, N }); // nothing of it may be left
const phi = adjoint(weights, states, y_out, dt, w1, activation);
const fused = problem.costAndGradient(weights);
return {
  forward: states.x,
  sigma: states.s,
  costTerms: Object.values(costTerms(weights, states, y_out, dt, w1, w2)),
  cost: cost(weights, states, y_out, dt, w1, w2),
  adjoint: phi,
  gradient: gradient(weights, states, phi, dt, w2),
  "fused terms": Object.values(fused.terms),
  "fused J": fused.J,
  "fused gradient": fused.gradient,
  "J alone": problem.cost(weights),
  descentStep: descentStep(weights, 0.3, fused.gradient).theta,
};
"""


@dataclass(frozen=True)
class Case:
    seed: int
    d: int
    I: int
    N: int
    w1: float = 1.3
    w2: float = 0.7
    activation: object = tanh

    @property
    def problem(self):
        x_in, y_out = np.random.default_rng(self.seed).standard_normal((2, self.d, self.I))
        return TrainingProblem(x_in, y_out, 1.7, self.N + 1, self.w1, self.w2, self.activation)

    @property
    def weights(self):
        rng = np.random.default_rng(self.seed + 1000)
        return Weights.random(self.N + 1, self.d, self.d**-0.5, rng)  # so that states stay moderate

    @property
    def given(self):
        p = self.problem
        return {
            **{"theta": self.weights.theta.ravel(), "x_in": p.x_in.ravel(), "y_out": p.y_out.ravel()},
            **{"N": self.N, "d": p.d, "T": p.T, "dt": p.dt, "w1": p.w1, "w2": p.w2, "activation": p.activation.name},
        }

    def expected(self):
        p, weights = self.problem, self.weights
        x = p.states(weights)
        if self.activation is relu:  # nearer to the kink, rounding would decide which side a state is on
            assert np.abs(x).min() > 1e-11
        terms = resnet.cost_terms(weights, x, p.y_out, p.dt, p.w1, p.w2)
        phi = resnet.adjoint(weights, x, p.y_out, p.dt, p.w1, p.activation)
        gradient = resnet.gradient(weights, x, phi, p.dt, p.w2, p.activation)
        return {
            "forward": x, "sigma": p.activation.sigma(x[:-1]), "costTerms": terms, "cost": sum(terms),
            "adjoint": phi, "gradient": gradient.theta, "descentStep": (weights - 0.3 * gradient).theta,
            "fused terms": terms, "fused J": sum(terms), "fused gradient": gradient.theta, "J alone": sum(terms),
        }  # fmt: skip


def random_case(seed):
    rng = np.random.default_rng(seed)
    I, N = (int(rng.integers(1, most + 1)) for most in (100, 200))
    w1, w2 = rng.choice([0.0, 0.01, 1.3], 2)
    return Case(seed, 1 + seed % 8, I, N, w1, w2, (tanh, relu)[seed // 8 % 2])


CASES = [
    *map(random_case, range(32)),
    *(Case(50, d, I=1, N=1, activation=a) for d in (1, 2) for a in (tanh, relu)),
    *(Case(60, d, I=100, N=200, w1=0.0, activation=a) for d in (2, 8) for a in (tanh, relu)),
]


@lru_cache
def computed():
    return javascript.run([(RESNET, ALL, case.given) for case in CASES])


def differing(found, expected):
    """The names of what is not the same to rounding."""
    names = []
    for name, value in expected.items():
        try:
            assert_close(np.array(found[name], dtype=float).ravel(), np.ravel(value))
        except AssertionError:
            names.append(name)
    return names


@pytest.mark.parametrize("n", range(len(CASES)), ids=lambda n: f"d={CASES[n].d} I={CASES[n].I} N={CASES[n].N}")
def test_everything_agrees_with_python(n):
    assert differing(computed()[n], CASES[n].expected()) == []


def test_the_cases_are_what_they_should_be():
    assert {case.d for case in CASES} == set(range(1, 9))
    assert {(case.d == 2, case.activation.name, case.w1 == 0) for case in CASES} >= {
        (plane, name, zero) for plane in (True, False) for name in ("tanh", "relu") for zero in (True, False)
    }


def test_tanh_is_right_to_a_few_units_in_the_last_place():
    rng = np.random.default_rng(0)
    size = [10 ** rng.uniform(-320, 2, 5000), 10 ** rng.uniform(-3, 1.4, 50_000), [0, 5e-324, 19.9, 1e308]]
    x = np.concatenate([*size, *(-np.array(a) for a in size)])
    ((found, odd),) = javascript.run(
        [(RESNET, "return [given.map(tanh), [tanh(Infinity), tanh(-Infinity), Number.isNaN(tanh(NaN))]]", x)]
    )
    expected = np.tanh(x)
    assert np.max(np.abs(found - expected) / np.spacing(np.abs(expected))) <= 4
    assert odd == [1, -1, True]


# function: the value that must show it, (what stands there, what is planted, what is wrong with it), ...
BUGS = {
    "forward": ("forward", [
        ("= x[now + i] + dt * b", "= dt * b", "a plain network: the residual x_k is missing"),
        ("= x[now + i]", "= x[r * I + i]", "each step starts at x_in"),
        ("dt_V * s", "-dt_V * s", "sign"),
        ("dt * b", "b", "dt missing at b"),
        (" + dt * b", "", "b missing"),
        ("dt * theta[row + c]", "theta[row + c]", "dt missing"),
        ("theta[row + c]", "theta[(k * d + c) * (d + 1) + r]", "V transposed"),
        ("sigma(activation, x[n])", "x[n]", "sigma missing: a linear network"),
        ("sigma(activation, x[n])", "dsigma(activation, sigma(activation, x[n]))", "sigma' for sigma"),
        ("row = (k * d + r)", "row = ((N - 1 - k) * d + r)", "layers in the wrong order"),
        ("theta[row + d]", "theta[(row + d + d * (d + 1)) % theta.length]", "b shifted against V"),
    ]),
    "layerInPlane": ("forward", [
        ("x1 + dt", "dt", "a plain network: the residual x_k is missing"),
        ("x2 + dt", "x2 - dt", "sign"),
        ("dt * (V11", "(V11", "dt missing"),
        (" + b2", "", "b missing"),
        ("V12 * s2", "V21 * s2", "V transposed"),
        ("row = 6 * k", "row = theta.length - 6 - 6 * k", "layers in the wrong order"),
        ("s2 = sigma(activation, x2)", "s2 = x2", "sigma missing"),
        ("sigma(activation, x1)", "x1", "sigma missing in the first row"),
    ]),
    "layerInPlane ": ("sigma", [("s[n + I] = s2", "s[n + I] = s1", "sigma(x1) for sigma(x2)")]),
    "costTerms": ("costTerms", [
        ("terminal: terminal / 2", "terminal: terminal", "1/2 missing, terminal"),
        ("running) / 2", "running)", "1/2 missing, running"),
        ("w1 * dt *", "dt *", "w1 missing"),
        ("w1 * dt *", "w1 *", "dt missing, running"),
        ("let k = 1", "let k = 0", "running cost with k = 1"),
        ("let k = 1", "let k = 2", "running cost without k = 2"),
        ("terminal = 0;\n    for", "for", "running cost with k = N_T"),
        ("k * size + n", "(k - 1) * size + n", "terminal cost one step early"),
        ("- y_out", "+ y_out", "sign"),
        (") ** 2", ")", "no square"),
        ("(theta, dt, w2)", "(theta, dt, w1)", "w1 for w2"),
    ]),
    "penalty": ("costTerms", [
        ("w2 * dt", "dt", "w2 missing"),
        ("w2 * dt", "w2", "dt missing, weights"),
        (" / 2", "", "1/2 missing"),
        ("n = 0", "n = 1", "penalty without the first entry"),
        ("theta[n] ** 2", "theta[n]", "no square"),
    ]),
    "sum": ("cost", [(" + weights", "", "the penalty forgotten"), (" + running", "", "the running cost forgotten")]),
    "adjoint": ("adjoint", [
        ("theta[(k * d + r) * (d + 1) + c]", "theta[(k * d + c) * (d + 1) + r]", "transpose lost"),
        ("dsigma(activation, s[now + i])", "s[now + i]", "sigma for sigma'"),
        ("dsigma(activation, s[now + i]) * ", "", "diag(sigma') missing"),
        ("s[now + i]", "s[before + i]", "sigma' at x_{k-1}"),
        ("theta[(k * d", "theta[((k - 1) * d", "V of the layer before"),
        ("V * phi[from + i]", "V * phi[from + i + last - k * size]", "phi at the final time for phi_k"),
        ("x[last + size + n] - y_out[n]", "y_out[n] - x[last + size + n]", "sign at the final time"),
        ("x[last + size + n]", "x[last + n]", "final condition one step early"),
        ("= x[last + size + n] - y_out[n]", "= (1 + dt * w1) * (x[last + size + n] - y_out[n])",
         "running cost with k = N_T"),
        ("phi[now + i] + dt", "phi[now + i] - dt", "sign: forward in time"),
        ("A_T_phi + w1", "A_T_phi - w1", "sign of the running cost"),
        ("w1 * (x", "(x", "w1 missing"),
        ("(x[now + i]", "(x[before + i]", "running cost at x_{k-1}"),
        ("dt * (A_T_phi", "(A_T_phi", "dt missing"),
        ("= phi[now + i] + dt", "= dt", "phi_k missing"),
        ("k > 0", "k > 1", "phi_1 missing"),
    ]),
    "gradient": ("gradient", [
        ("phi[own + i] * s[from + i]", "s[own + i] * phi[from + i]", "transposed: the slide's misprint"),
        ("* s[from + i]", "* dsigma(\"tanh\", s[from + i])", "sigma' for sigma"),
        ("+= phi[own + i] *", "= phi[own + i] *", "only the last sample, in V"),
        ("+= phi[own + i];", "= phi[own + i];", "only the last sample, in b"),
        ("dt * (result[n]", "(result[n]", "dt missing: the L2-gradient"),
        (" + w2 * theta[n]", "", "w2 missing"),
        ("w2 * theta", "theta", "w2 forgotten as a factor"),
        ("+ w2", "- w2", "sign of the penalty"),
        ("dt * (result[n] + w2 * theta[n])", "dt * result[n] + w2 * theta[n]", "dt missing at the penalty"),
    ]),
    "backwardInPlane": ("fused gradient", [
        ("V21 * phi2", "V12 * phi2", "transpose lost"),
        ("V12 * phi1", "V21 * phi1", "transpose lost, second row"),
        ("dsigma(activation, s1) * ", "", "diag(sigma') missing"),
        ("dsigma(activation, s2)", "s2", "sigma for sigma'"),
        ("2 * N * I + n", "2 * (N - 1) * I + n", "final condition one step early"),
        ("phi1 + dt", "phi1 - dt", "sign: forward in time"),
        ("phi2 + dt", "dt", "phi_k missing"),
        ("w1 * error1", "error1", "w1 missing"),
        ("+ w1 * error2", "", "running cost missing"),
        ("+ w1 * error2", "- w1 * error2", "sign of the running cost"),
        ("dt * (dsigma(activation, s1)", "(dsigma(activation, s1)", "dt missing"),
        ("g12 += phi1 * s2", "g12 += phi2 * s1", "transposed: the slide's misprint"),
        ("g1 += phi1", "g1 += phi2", "phi_2 for phi_1 in b"),
        ("[g11, g12, g1, g21", "[g11, g21, g1, g12", "gradient transposed"),
        ("dt * (result[n]", "(result[n]", "dt missing: the L2-gradient"),
        (" + w2 * theta[n]", "", "w2 missing"),
        ("+ w2 * theta", "+ theta", "w2 forgotten as a factor"),
    ]),
    " backwardInPlane": ("fused terms", [
        ("if (k > 0) ", "", "running cost with k = 1"),
        ("k > 0", "k > 1", "running cost without k = 2"),
        ("terminal / 2", "terminal", "1/2 missing, terminal"),
        ("running) / 2", "running)", "1/2 missing, running"),
        ("w1 * dt *", "w1 *", "dt missing, running"),
        (" + error2 * error2", "", "one coordinate only"),
        ("(theta, dt, w2)", "(theta, dt, w1)", "w1 for w2"),
    ]),
    "descentStep": ("descentStep", [
        ("- gamma", "+ gamma", "uphill"),
        ("gamma * gradient[n]", "gradient[n]", "gamma missing"),
    ]),
}  # fmt: skip
PLANTED = [(name.strip(), shown_by, *bug) for name, (shown_by, bugs) in BUGS.items() for bug in bugs]
SMALL = [Case(1, d, I=4, N=4, activation=activation) for d in (2, 3) for activation in (tanh, relu)]


def planted(function, old, new):
    start = RESNET.index(f"function {function}(")
    code = RESNET[start : RESNET.index("\n}\n", start)]
    assert code.count(old) == 1, f"{old!r} stands {code.count(old)} times in {function}: mend the table"
    return RESNET.replace(code, code.replace(old, new))


@lru_cache
def computed_with_bugs():
    sources = [planted(function, old, new) for function, _, old, new, _ in PLANTED]
    results = javascript.run([(source, ALL, case.given) for source in sources for case in SMALL])
    return [results[n : n + len(SMALL)] for n in range(0, len(results), len(SMALL))]


@pytest.mark.parametrize("n", range(len(PLANTED)), ids=lambda n: f"{PLANTED[n][0]}: {PLANTED[n][-1]}")
def test_planted_bug_is_seen(n):
    seen = [differing(found, case.expected()) for found, case in zip(computed_with_bugs()[n], SMALL, strict=True)]
    assert any(PLANTED[n][1] in names for names in seen), seen


def test_the_right_code_passes_where_bugs_do_not():
    for found, case in zip(javascript.run([(RESNET, ALL, case.given) for case in SMALL]), SMALL, strict=True):
        assert differing(found, case.expected()) == []
