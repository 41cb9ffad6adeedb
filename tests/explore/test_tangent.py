"""explore.tangent before it moves; tangent and quotient as tangent.js computes them."""

import numpy as np
import pytest
from javascript import needs_node, run, source

import neuralode_lib as node
from neuralode_lib import explore, tanh
from neuralode_lib.explore.euler import sampled
from neuralode_lib.explore.tangent import STEPS, responses


@pytest.fixture(scope="module")
def problem():
    return node.TrainingProblem([[0.5], [-0.3]], [[2.0], [1.0]], N_T=41, activation=tanh)


def test_the_kick_pushes_the_state_by_one(problem):
    """Of length 1 / dt in b, it moves the next state by a unit vector; later it is as if that state had been moved."""
    weights = sampled("as in 12.A", 40)
    x_tilde, quotients, apart = responses(problem, weights, k=20, angle=90)
    assert not x_tilde[:21].any()  # nothing before the kick
    assert x_tilde[21] == pytest.approx([0, 1], abs=1e-12)
    x, rest = problem.states(weights), node.Weights(weights.V[21:], weights.b[21:])
    up, down, far = (node.forward(rest, x[21] + [[0], [h]], 1 / 40, tanh)[-1, :, 0] for h in (1e-5, -1e-5, 1e-2))
    np.testing.assert_allclose(x_tilde[-1], (up - down) / 2e-5, rtol=1e-6)
    n = list(STEPS).index(1e-2)
    np.testing.assert_allclose(quotients[n, -1], (far - x[-1, :, 0]) / 1e-2, rtol=1e-6)
    assert apart[n] == np.linalg.norm(quotients[n] - x_tilde, axis=1).max()
    assert 1e-9 < STEPS[apart.argmin()] < 1e-6  # rounding and truncation balance at sqrt(eps)


def test_it_says_quotient_and_tangent_and_how_long_the_kick_is(problem):
    shown = explore.tangent(time=0.5, angle=90, log10_h=-2)
    x_tilde, quotients, apart = responses(problem, sampled("as in 12.A", 40), 20, 90)
    n = list(STEPS).index(1e-2)
    assert shown.numbers == (
        "kick of length 1/Δt = 40 at t = 0.500, h = 1.0e-02; at T: "
        "quotient ({:.4f}, {:.4f}), tangent ({:.4f}, {:.4f}); largest difference {:.1e}"
    ).format(*quotients[n, -1], *x_tilde[-1], apart[n])
    assert [shown.data[name] for name in ("time", "angle", "log10_h")] == [0.5, 90, -2]


def test_the_last_kick_has_its_place(problem):
    """There quotient and tangent agree to rounding, or exactly: the marker stays on the axis."""
    shown = explore.tangent(time=0.975, log10_h=0.0)
    assert "tangent (0.7071, 0.7071)" in shown.numbers


@needs_node
@pytest.mark.parametrize("k, angle", [(0, 45), (12, -160), (39, 90)])
def test_tangent_and_quotient_in_the_page(problem, k, angle):
    weights = sampled("as in 12.A", 40)
    kick = [float(f(np.radians(angle)) * 40) for f in (np.cos, np.sin)]
    given = {"theta": weights.theta.ravel(), "x_in": problem.x_in.ravel(), "k": k, "kick": kick}
    body = """
        const { theta, x_in, k, kick } = given, weights = { theta: Float64Array.from(theta), d: 2, N: 40 };
        const states = forward(weights, Float64Array.from(x_in), 1 / 40, "tanh");
        const quotient = quotientOf(weights, states.x, 1 / 40, k, kick, 0.1);
        return [tangentOf(weights, states, 1 / 40, k, kick), quotient].map((x) => [...x]);
    """
    x_tilde, quotient = np.reshape(run([(source("resnet.js", "tangent.js"), body, given)])[0], (2, 41, 2))
    expected, quotients, _ = responses(problem, weights, k, angle)
    np.testing.assert_allclose(x_tilde, expected, atol=1e-12)
    np.testing.assert_allclose(quotient, quotients[list(STEPS).index(0.1)], atol=1e-12)


def test_it_names_what_does_not_fit():
    with pytest.raises(ValueError, match=r"time is 1, expected a number from 0 to 0.975"):
        explore.tangent(time=1)
    with pytest.raises(ValueError, match="angle is 200, expected a number from -180 to 180"):
        explore.tangent(angle=200)
    with pytest.raises(ValueError, match=r"log10_h is 2, expected a number from -15 to 0.5"):
        explore.tangent(log10_h=2)
