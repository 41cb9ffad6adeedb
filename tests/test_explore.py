"""Explorers without a browser: the controls are moved as Python objects, and what lies in the Axes is checked."""

import subprocess
import sys
from io import BytesIO
from itertools import combinations, islice

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import neuralode_lib as node
from neuralode_lib import explore
from neuralode_lib.explore.noise import STEPS, _near_the_minimum


@pytest.fixture(scope="module")
def digits():
    """A network that is not trained, so that it is wrong about most images."""
    pixels, label = load_digits(return_X_y=True)
    images = node.datasets.labelled_images(pixels[:30] / 16, label[:30])
    problem = node.TrainingProblem(images.x_in, images.y_out, T=3.0, N_T=7)
    weights = node.Weights.random(problem.N_T, problem.d, 0.1, np.random.default_rng(0))
    return problem, weights, images.x_in, images.label


@pytest.fixture
def make(digits):
    return {
        "width": explore.width,
        "noise": explore.noise,
        "digit": lambda **kwargs: explore.digit(*digits, **kwargs),
    }


NAMES = ["width", "noise", "digit"]
every_explorer = pytest.mark.parametrize("name", NAMES)

# A control, and a value that is not its first one.
MOVES = {
    "width": {"width": 64, "function": "a jump", "activation": "relu"},
    "noise": {"batch_size": 16, "gamma": 0.008, "rule": "decaying", "batches": "shuffled epochs"},
    "digit": {"image": 9, "t": 1.5},
}  # fmt: skip


def line(ax, label):
    (found,) = [line for line in ax.lines if line.get_label() == label]
    return np.array(found.get_data())


# ---- what all have in common


@every_explorer
def test_every_control_changes_the_picture_which_keeps_its_size(make, name):
    explorer = make[name]()
    assert set(MOVES[name]) == set(explorer.values())
    size = Image.open(BytesIO(explorer.image.value)).size
    for control, value in MOVES[name].items():
        before, numbers = explorer.image.value, explorer.numbers.value
        explorer.controls[control].value = value
        assert explorer.image.value != before or explorer.numbers.value != numbers, control
        assert control in ("w1", "rule") or explorer.image.value != before, control
        assert Image.open(BytesIO(explorer.image.value)).size == size
    assert explorer.error.value == ""


@every_explorer
def test_defaults_are_arguments(make, name):
    shown = make[name](**MOVES[name]).values()
    assert {**shown, **MOVES[name]} == shown


@every_explorer
def test_is_a_core_widget_with_labels_and_a_text_for_pages_without_a_kernel(make, name):
    explorer = make[name]()
    assert isinstance(explorer, widgets.VBox)
    for control in explorer.controls.values():
        assert control.description.strip()
        assert control._model_module == "@jupyter-widgets/controls"
    assert explorer.image in explorer.children and explorer.error in explorer.children
    shown = explorer._repr_mimebundle_()
    sentence = f"[Explorer {name}: needs a running kernel; the figures of this section say the same]"
    assert shown["text/plain"] == sentence
    assert shown["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.model_id


@every_explorer
def test_an_exception_in_a_callback_is_shown_in_the_widget_and_goes_away(make, name):
    explorer = make[name]()
    right, (control, value) = explorer.update, next(reversed(MOVES[name].items()))

    def wrong(**values):
        raise ZeroDivisionError("by <zero>")

    explorer.update = wrong
    first = explorer.controls[control].value
    explorer.controls[control].value = value
    assert "ZeroDivisionError: by &lt;zero&gt;" in explorer.error.value
    explorer.update = right
    explorer.controls[control].value = first
    assert explorer.error.value == ""


@every_explorer
def test_style_is_the_explorers_own_and_pyplot_keeps_no_figure(make, name):
    import matplotlib.pyplot as plt

    open_before = plt.get_fignums()
    plain = make[name]().image.value
    with plt.style.context("dark_background"):
        assert make[name]().image.value == plain
    assert plt.get_fignums() == open_before


def test_the_library_alone_does_not_load_widgets():
    code = "import sys, neuralode_lib as n; assert 'ipywidgets' not in sys.modules; n.explore.width"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'explorer'"):
        node.explorer  # noqa: B018


# ---- what each shows


def test_width_shows_the_least_squares_fit_and_its_error():
    explorer = explore.width(width=16)
    left, right = explorer.axes
    x, f = line(left, "$f$")
    np.testing.assert_allclose(f, np.sin(6 * x) + np.abs(x))
    error = np.sqrt(np.mean((line(left, "network")[1] - f) ** 2))
    np.testing.assert_allclose(line(right, "this width"), [[16], [error]])
    assert f"error {error:.2g};" in explorer.numbers.value
    widths, errors = line(right, "other widths")
    assert widths[[0, -1]].tolist() == [1, 256]
    assert np.all(np.diff(errors) < 0) and error in errors


def test_noise_shows_a_descent_with_independent_batches_and_the_formula():
    explorer, of = explore.noise(batch_size=8, gamma=0.002), _near_the_minimum()
    left, right = explorer.axes
    problem, rng, weights, J = of.problem, np.random.default_rng(0), of.start, []
    for _ in range(2000):
        samples = rng.choice(64, 8, replace=False)
        weights = weights - 0.002 * problem.cost_and_gradient(weights, samples)[1]
        J.append(problem.cost(weights) - of.J_min)
    epochs, shown = line(left, r"$J - J_{\min}$")
    np.testing.assert_allclose(epochs, STEPS / 8)
    np.testing.assert_allclose(shown, np.array(J)[STEPS - 1], rtol=1e-9)
    floor = line(left, r"$\gamma/4\,\cdot$ variance")[1]
    np.testing.assert_allclose(floor, 0.002 / 4 * of.variance(8))
    mean = np.mean(J[999::10])
    assert mean == pytest.approx(floor[0], rel=0.15)  # the formula holds
    np.testing.assert_allclose(line(right, "this run"), [[floor[0]], [mean]])
    assert f"{mean:.2g} on average, γ/4 · variance {floor[0]:.2g}" in explorer.numbers.value
    explorer.controls["rule"].value = "decaying"
    expected = 0.002 / (1 + STEPS / 300) / 4 * of.variance(8)
    np.testing.assert_allclose(line(left, r"$\gamma/4\,\cdot$ variance")[1], expected)


def test_noise_knows_its_minimum_and_variance():
    of = _near_the_minimum()
    J, g = of.problem.cost_and_gradient(of.minimum)
    assert g.norm() < 1e-5 and of.J_min == pytest.approx(J)
    pairs = list(combinations(range(64), 2))
    off = [of.problem.cost_and_gradient(of.minimum, pair)[1] - g for pair in pairs]
    assert np.mean([e.dot(e) for e in off]) == pytest.approx(of.variance(2), rel=1e-6)
    assert 1 < of.problem.cost(of.start) - of.J_min < 10


def test_noise_keeps_what_has_been_tried_at_constant_gamma():
    explorer = explore.noise()
    right, controls = explorer.axes[1], explorer.controls
    controls["gamma"].value = 0.001
    controls["batches"].value = "shuffled epochs"
    controls["rule"].value = "decaying"
    controls["gamma"].value = 0.004
    points, shuffled = line(right, "drawn anew").T, line(right, "shuffled epochs").T
    assert len(points) == 2 and len(shuffled) == 1
    assert shuffled[0][0] == points[1][0] and shuffled[0][1] < points[1][1] < points[0][1]
    of = _near_the_minimum()
    descent = node.stochastic_gradient_descent(
        of.problem, of.start, node.constant(0.001), 4, np.random.default_rng(0)
    )
    J = [of.problem.cost(now.weights) - of.J_min for now in islice(descent, 1000, 2001, 10)]
    np.testing.assert_allclose(shuffled[0][1], np.mean(J))


def test_digit_shows_the_pixels_and_the_ten_coordinates(digits):
    problem, weights, x_in, label = digits
    explorer = explore.digit(*digits, image=0, t=1.5)
    left, right = explorer.axes
    x = problem.states(weights)
    read = x[-1, 64:].argmax(axis=0)
    own = x[-1, 64 + label, np.arange(30)]
    others = [max(x[-1, 64 + c, i] for c in range(10) if c != label[i]) for i in range(30)]
    order = np.argsort(own - others)
    assert np.all(read[order[:5]] != label[order[:5]]) and read[order[-1]] == label[order[-1]]
    for image in (0, 29):
        explorer.controls["image"].value = image
        i = order[image]
        np.testing.assert_allclose(left.images[0].get_array(), x[3, :64, i].reshape(8, 8))
        np.testing.assert_array_equal(line(right, "what it is"), [problem.t, x[:, 64 + label[i], i]])
        mistaken = line(right, "read as, if wrong")
        if image == 0:
            np.testing.assert_array_equal(mistaken, [problem.t, x[:, 64 + read[i], i]])
        assert mistaken.size == (14 if image == 0 else 0)
        grey = [path.vertices[:, 1] for path in right.collections[0].get_paths()]
        rest = [c for c in range(10) if c not in (label[i], read[i])]
        np.testing.assert_array_equal(grey, [x[:, 64 + c, i] for c in rest])
        words = f"image {i}, a {label[i]}, read as {read[i]}{': wrong' if image == 0 else ''}; t = 1.50: its own is"
        assert words in explorer.numbers.value
    explorer.controls["t"].value = 0
    np.testing.assert_array_equal(left.images[0].get_array(), x_in[:64, order[29]].reshape(8, 8))
    assert "all ten are zero" in explorer.numbers.value


def test_digit_marks_the_right_class_by_more_than_colour(digits):
    lines = {a.get_label(): a for a in explore.digit(*digits).axes[1].lines}
    own, mistaken = lines["what it is"], lines["read as, if wrong"]
    assert own.get_linestyle() != mistaken.get_linestyle() and own.get_marker() != mistaken.get_marker()


def test_digit_names_what_does_not_fit(digits):
    problem, weights, x_in, label = digits
    with pytest.raises(ValueError, match="labels has 29 entries, expected 30: one for each column of x_in"):
        explore.digit(problem, weights, x_in, label[1:])
    with pytest.raises(ValueError, match="x_in has 2 rows, expected the pixels of a square image and ten more"):
        planar = node.TrainingProblem([[0.0]] * 2, [[0.0]] * 2, N_T=3)
        explore.digit(planar, node.Weights.zeros(3, 2), [[0.0]] * 2, [0])
