"""explore.euler before it moves, and the ODE's solution as euler.js computes it."""

import numpy as np
import pytest
from javascript import needs_node, run, source
from scipy.integrate import solve_ivp

from neuralode_lib import explore
from neuralode_lib.explore.euler import SMOOTH_WEIGHTS, ode_path, sampled

every_weights = pytest.mark.parametrize("name", SMOOTH_WEIGHTS)


def in_page(code):
    """What an expression gives where resnet.js and euler.js are."""
    return run([(source("resnet.js", "euler.js"), f"return {code}", {})])[0]


def polygon(name, start, K):
    """Euler's method, written out."""
    V, b = SMOOTH_WEIGHTS[name]
    states = [np.array(start)]
    for k in range(K):
        states.append(states[-1] + (V(k / K) @ np.tanh(states[-1]) + b(k / K)) / K)
    return np.array(states)


@every_weights
def test_it_says_error_and_observed_order(name):
    shown = explore.euler(layers=32, x1=0.4, x2=-0.2, weights=name)
    V, b = SMOOTH_WEIGHTS[name]
    exact = solve_ivp(
        lambda t, x: V(t) @ np.tanh(x) + b(t), [0, 1], [0.4, -0.2], method="Radau", rtol=1e-9, atol=1e-11
    ).y[:, -1]  # fmt: skip
    here, twice = (np.linalg.norm(polygon(name, [0.4, -0.2], K)[-1] - exact) for K in (32, 64))
    assert shown.numbers == (
        f"32 layers: error at T {here:.3g}, with twice as many {twice:.3g}: "
        f"observed order {np.log2(here / twice):.2f}"
    )
    assert shown.data["start"] == [0.4, -0.2]
    assert (shown.data["layers"], shown.data["weights"]) == (32, name)


def test_the_start_tells_the_weights_apart():
    """From so many layers on the observed order is within 0.1 of 1: what the notebook asks, and INSTRUCTORS.md says."""

    def needed(name):
        exact = ode_path(name, [-1.0, 0.5])[-1]
        errors = {K: np.linalg.norm(polygon(name, [-1.0, 0.5], K)[-1] - exact) for K in range(1, 129)}
        return 1 + max(K for K in range(1, 65) if abs(np.log2(errors[K] / errors[2 * K]) - 1) >= 0.1)

    assert [needed(name) for name in SMOOTH_WEIGHTS] == [4, 27, 56]


def test_one_layer_is_one():
    assert explore.euler(layers=1).numbers.startswith("1 layer: ")


@needs_node
@every_weights
def test_curve_in_the_page_is_the_solution(name):
    for start in ([-1.0, 0.5], [1.5, -1.5], [3.0, 3.0]):
        curve = np.array(in_page(f"curveFrom(SMOOTH_WEIGHTS[{name!r}], {start})"))
        np.testing.assert_allclose(curve.T, ode_path(name, start), rtol=0, atol=1e-10)


@needs_node
@every_weights
def test_polygon_in_the_page_is_the_network(name):
    states = np.array(in_page(f"polygonFrom(SMOOTH_WEIGHTS[{name!r}], [-1, 0.5], 9).map((x) => [...x])"))
    np.testing.assert_allclose(states.T, polygon(name, [-1.0, 0.5], 9), rtol=1e-12)
    theta = np.array(in_page(f"[0, 1, 2].flatMap((k) => SMOOTH_WEIGHTS[{name!r}](k / 3))"))
    np.testing.assert_allclose(theta, sampled(name, 3).theta.ravel(), rtol=1e-15)


def test_it_names_what_does_not_fit():
    with pytest.raises(ValueError, match="layers is 0, expected an integer >= 1"):
        explore.euler(layers=0)
    with pytest.raises(TypeError, match="x1 is 'a', expected a number"):
        explore.euler(x1="a")
    with pytest.raises(ValueError, match=r"weights is 'smooth', expected one of 'as in 12.A', 'constant', 'quickly ch"):
        explore.euler(weights="smooth")
