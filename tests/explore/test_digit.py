"""explore.digit before it moves, and its network and its pen as digit.js runs them."""

from base64 import b64decode

import numpy as np
import pytest
from javascript import needs_node, run, source

import neuralode_lib as node
from neuralode_lib import explore
from neuralode_lib.explore.digit import packed, share_right_when_moved, worst_first


def test_the_worst_come_first(digits):
    problem, weights, _, label = digits
    x = problem.states(weights)
    own = x[-1, 64 + label, np.arange(30)]
    others = [max(x[-1, 64 + c, i] for c in range(10) if c != label[i]) for i in range(30)]
    order = worst_first(x[-1], label)
    assert order.tolist() == np.argsort(own - others).tolist()
    read = x[-1, 64:].argmax(axis=0)
    assert np.all(read[order[:5]] != label[order[:5]]) and read[order[-1]] == label[order[-1]]
    assert explore.digit(*digits).data["number"] == order.tolist()


def test_it_says_what_is_read(digits):
    problem, weights, _, label = digits
    x = problem.states(weights)
    for image in (0, 29):
        i = worst_first(x[-1], label)[image]
        said = explore.digit(*digits, image=image, t=1.5).numbers
        own, ten = x[3, 64 + label[i], i], x[3, 64:, i]
        wrong = ": wrong" if image == 0 else ""
        assert said == (
            f"image {i}, a {label[i]}, read as {x[-1, 64:, i].argmax()}{wrong}; t = 1.50: its own is {own:.2f}, "
            f"the largest, that of {ten.argmax()}, {ten.max():.2f}"
        )
    assert explore.digit(*digits).numbers.endswith("t = 0.00: all ten are zero")


def test_packed_is_single_precision():
    a = np.random.default_rng(0).standard_normal((3, 4))
    np.testing.assert_array_equal(np.frombuffer(b64decode(packed(a)), "<f4"), a.astype(np.float32).ravel())


def test_moved_images_are_counted(digits):
    problem, weights, x_in, label = digits
    moved = x_in.copy()
    for i in range(30):
        image = np.zeros((8, 8))
        image[:, 1:] = x_in[:64, i].reshape(8, 8)[:, :-1]
        moved[:64, i] = image.ravel()
    read = node.forward(weights, moved, problem.dt, problem.activation)[-1, 64:].argmax(axis=0)
    assert share_right_when_moved(problem, weights, x_in, label, 8) == np.mean(read == label)


@needs_node
def test_the_page_has_the_network_and_the_images(digits):
    problem, weights, _, label = digits
    given = explore.digit(*digits).data
    x_T = """const { d, N, T, activation } = given, x_in = new Float64Array(d);
    x_in.set(unpacked(given.x_in).subarray(0, 64));
    return forward({ theta: unpacked(given.theta), d, N }, x_in, T / N, activation).x.subarray(N * d)"""
    (found,) = run([(source("resnet.js", "digit.js"), x_T, given)])
    worst = worst_first(problem.states(weights)[-1], label)[0]
    np.testing.assert_allclose(found, problem.states(weights)[-1, :, worst], rtol=1e-4, atol=1e-5)


@needs_node
def test_what_a_pen_draws_is_as_black_as_its_dots_are_many():
    strokes = [[[[2, 2], [1, 7]]], [[[0.5], [7.5]]], [], [[[], []]]]
    calls = [(source("resnet.js", "digit.js"), "return inked(given, 8)", given) for given in strokes]
    stroke, dot, *nothing = (np.reshape(image, (8, 8)) for image in run(calls))
    assert np.all(stroke[2:6, 1:3] == 0.5)  # a line between two columns, as wide as half of each
    assert np.all(stroke[:, [0, 3, 4, 5, 6, 7]] == 0) and np.all(0 < stroke[[0, 7], 1:3]) and stroke[7, 1] < 0.5
    assert dot[0, 0] > 0.4 and dot.sum() == dot[0, 0]  # y goes up, rows go down
    assert not np.any(nothing)


def test_it_names_what_does_not_fit(digits):
    problem, weights, x_in, label = digits
    with pytest.raises(ValueError, match="labels has 29 entries, expected 30: one for each column of x_in"):
        explore.digit(problem, weights, x_in, label[1:])
    with pytest.raises(ValueError, match="x_in has other numbers than zero in its last ten rows"):
        explore.digit(problem, weights, x_in + 1, label)
    with pytest.raises(TypeError, match="x_in is 'images', expected real numbers"):
        explore.digit(problem, weights, "images", label)
    with pytest.raises(ValueError, match="image is 30, expected a number below 30"):
        explore.digit(*digits, image=30)
    with pytest.raises(ValueError, match="t is 4, expected a number from 0 to 3"):
        explore.digit(*digits, t=4)
    with pytest.raises(ValueError, match="x_in has 2 rows, expected the pixels of a square image and ten more"):
        planar = node.TrainingProblem([[0.0]] * 2, [[0.0]] * 2, N_T=3)
        explore.digit(planar, node.Weights.zeros(3, 2), [[0.0]] * 2, [0])
