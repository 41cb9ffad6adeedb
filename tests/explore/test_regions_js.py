"""regions.js: where each place of the plane is taken, computed a few rows at a time."""

import numpy as np
import pytest
from javascript import needs_node, run, source

import neuralode_lib as node

ACROSS, UP = 7, 5
WINDOW = {"x": [-2, 3], "y": [-1, 1.5]}

TELL = """
const { problem, targets, weights, window } = given, { d, N } = problem, regions = new Regions(7, 5), seen = [];
const of = weights.map((theta) => ({ theta: Float64Array.from(theta), d, N }));
const tell = (which, window, milliseconds) => {
  const isDone = regions.update(problem, of[which], window, targets, milliseconds);
  seen.push([isDone, Array.from(regions.values)]);
};
tell(0, window, 0);
for (let row = 0; row < 5; row++) tell(1, window, -1);
tell(0, window, Infinity);
tell(0, given.other, -1);
return seen;
"""


@pytest.fixture(scope="module", params=[2, 3])
def told(request):
    """What is known after each update, and what a function of two weights says about all places of a window."""
    d, rng = request.param, np.random.default_rng(0)
    weights = [node.Weights.random(4, d, 1.0, rng) for _ in range(2)]
    other = {"x": [0, 1], "y": [0, 1]}
    problem = {"d": d, "N": 3, "dt": 1 / 3, "activation": "tanh"}
    given = {"problem": problem, "targets": [[0, 1], [2, 1]], "window": WINDOW, "other": other}
    given["weights"] = [w.theta.ravel() for w in weights]
    (seen,) = run([(source("resnet.js", "regions.js"), TELL, given)])

    def expected(which, window):
        middles = [(np.arange(n) + 0.5) / n for n in (ACROSS, UP)]
        x1, x2 = (low + (high - low) * m for (low, high), m in zip(window.values(), middles, strict=True))
        starts = np.zeros((d, UP, ACROSS))
        starts[0], starts[1] = x1, x2[:, None]
        ends = node.forward(weights[which], starts.reshape(d, -1), 1 / 3, node.tanh)[-1, :2]
        blue, red = (np.linalg.norm(ends - np.reshape(target, (2, 1)), axis=0) for target in ([0, 1], [2, 1]))
        return (blue - red).reshape(UP, ACROSS)

    return [(done, np.reshape(values, (UP, ACROSS))) for done, values in seen], expected, other


@needs_node
def test_a_new_window_is_computed_at_once(told):
    seen, expected, other = told
    for at, window in [(0, WINDOW), (-1, other)]:
        assert seen[at][0] is True
        np.testing.assert_allclose(seen[at][1], expected(0, window), rtol=1e-12, atol=1e-13)


@needs_node
def test_of_new_weights_row_after_row_is_renewed(told):
    seen, expected, _ = told
    before, after = expected(0, WINDOW), expected(1, WINDOW)
    for rows, (done, values) in enumerate(seen[1:6], 1):
        assert done == (rows == UP)
        np.testing.assert_allclose(values, np.vstack([after[:rows], before[rows:]]), rtol=1e-12, atol=1e-13)
    assert seen[6][0] is True
    np.testing.assert_allclose(seen[6][1], before, rtol=1e-12, atol=1e-13)
