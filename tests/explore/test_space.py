"""explore.space before it moves, and the view as space.js has it."""

import numpy as np
import pytest
from javascript import needs_node, run, source

from neuralode_lib import explore
from neuralode_lib.explore.space import seen


def test_what_is_seen_by_hand():
    axes = np.eye(3)
    np.testing.assert_allclose(seen(axes, 0, 0), [[1, 0, 0], [0, 0, 1]], atol=1e-15)  # x1 to the right, x3 up
    np.testing.assert_allclose(seen(axes, 0, 90), [[1, 0, 0], [0, 1, 0]], atol=1e-15)  # from above: the plane
    np.testing.assert_allclose(seen(axes, 90, 0), [[0, -1, 0], [0, 0, 1]], atol=1e-15)


@needs_node
def test_the_page_sees_the_same():
    x = np.random.default_rng(0).standard_normal((3, 5))
    (found,) = run([(source("resnet.js", "space.js"), "return given.map(seenFrom(37, -12))", x.T)])
    np.testing.assert_allclose(np.transpose(found), seen(x, 37, -12), rtol=1e-12)


def test_it_says_who_is_right_and_how_far_up_they_are(augmented):
    problem, weights = augmented
    x = problem.states(weights)
    for shown, k in [(explore.space(*augmented, t=0.5), 2), (explore.space(*augmented), 4)]:
        right = np.sum((x[k, 0] < 1) == (np.arange(8) < 4))
        assert shown.numbers == (
            f"t = {k / 4:.2f}: {right} of 8 points are nearest to their own target; "
            f"x₃ goes from {x[k, 2].min():.2f} to {x[k, 2].max():.2f}"
        )
    assert np.all(shown.data["low"] <= x.min(axis=(0, 2)) + 1e-9)
    assert np.all(shown.data["high"] >= x.max(axis=(0, 2)) - 1e-9)


def test_it_names_what_does_not_fit(trained, augmented):
    with pytest.raises(ValueError, match="problem has d = 2, expected 3"):
        explore.space(*trained)
    with pytest.raises(ValueError, match="tilt is 100, expected a number from -90 to 90"):
        explore.space(*augmented, tilt=100)
