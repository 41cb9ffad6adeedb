"""rules.js: the same J as Python's step rules, iteration by iteration."""

from functools import lru_cache
from itertools import islice

import javascript
import numpy as np
import pytest

import neuralode_lib as node
from neuralode_lib import TrainingProblem, Weights

pytestmark = javascript.needs_node

ITERATIONS = 50

DESCEND = """
const { d, N } = given, [x_in, y_out, theta] = [given.x_in, given.y_out, given.theta].map((a) => Float64Array.from(a));
const problem = new TrainingProblem({ ...given, x_in, y_out });
const rule = { constant, backtracking, armijo, decaying, momentum, adam }[given.rule](...given.settings);
const descent = new Descent(problem, { theta, d, N }, rule);
const J = [descent.J], gamma = [], norms = [descent.gradientNorm];
for (let j = 0; j < given.iterations && descent.advance(); j++) {
  J.push(descent.J);
  gamma.push(descent.gamma);
  norms.push(descent.gradientNorm);
}
return { J, gamma, norms, ended: descent.ended, theta: descent.weights.theta, iteration: descent.iteration };
"""

# With steps that are not chaotic: where J grows on the way, rounding grows with it.
SETTINGS = {
    "constant": (0.1,),
    "backtracking": (),
    "armijo": (0.7,),
    "decaying": (0.2, 10.0),
    "momentum": (0.02,),
    "adam": (0.01,),
}


def problem(activation):
    data = node.disk_in_ring()
    return TrainingProblem(data.x_in, data.y_out, N_T=21, activation=activation)


def given(rule, activation, settings=None, iterations=ITERATIONS):
    p = problem(activation)
    # Not at zero, where all rows of ReLU's derivative are the same and nothing is to be seen of the order of entries.
    weights = Weights.random(p.N_T, p.d, 0.1, np.random.default_rng(1))
    return weights, {
        **{"x_in": p.x_in.ravel(), "y_out": p.y_out.ravel(), "theta": weights.theta.ravel()},
        **{"d": p.d, "N": p.N_T - 1, "T": p.T, "w1": p.w1, "w2": p.w2, "activation": activation.name},
        **{"rule": rule, "settings": SETTINGS[rule] if settings is None else settings, "iterations": iterations},
    }


CASES = [(rule, activation) for rule in SETTINGS for activation in (node.tanh, node.relu)]


@lru_cache
def computed():
    source = javascript.source("resnet.js", "rules.js")
    return javascript.run([(source, DESCEND, given(*case)[1]) for case in CASES])


@pytest.mark.parametrize("n", range(len(CASES)), ids=lambda n: f"{CASES[n][0]}, {CASES[n][1].name}")
def test_the_same_J_as_python_s(n):
    rule, activation = CASES[n]
    step = getattr(node, rule)(*SETTINGS[rule])
    run = list(islice(node.gradient_descent(problem(activation), given(rule, activation)[0], step), ITERATIONS + 1))
    found, rounding = computed()[n], {"rtol": 1e-10}
    assert found["iteration"] == ITERATIONS and found["ended"] is None
    np.testing.assert_allclose(found["J"], [now.J for now in run], **rounding)
    np.testing.assert_allclose(found["gamma"], [now.gamma for now in run[1:]], **rounding)
    np.testing.assert_allclose(found["norms"], [now.gradient_norm for now in run], rtol=1e-8)
    assert found["J"][-1] < 0.9 * found["J"][0]


def test_what_diverges_leaves_the_last_finite_state():
    source = javascript.source("resnet.js", "rules.js")
    (found,) = javascript.run([(source, DESCEND, given("constant", node.relu, (1000.0,))[1])])
    assert found["ended"] == "diverged" and found["iteration"] == len(found["J"]) - 1 < ITERATIONS
    assert np.isfinite(found["theta"]).all() and None not in found["J"]


def test_a_run_that_finds_no_step_ends():
    zeros = {**given("armijo", node.tanh)[1], "x_in": [0.0, 0.0], "y_out": [0.0, 0.0]}
    zeros["theta"] = np.zeros(len(zeros["theta"]))
    source = javascript.source("resnet.js", "rules.js")
    (found,) = javascript.run([(source, DESCEND, zeros)])
    assert (found["ended"], found["iteration"]) == ("no step", 0)
