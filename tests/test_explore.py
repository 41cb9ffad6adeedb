"""Explorers without a browser: the controls are moved as Python objects, and what lies in the Axes is checked."""

import asyncio
import subprocess
import sys
import threading
from io import BytesIO
from itertools import combinations, islice

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import neuralode_lib as node
from neuralode_lib import explore, tanh
from neuralode_lib.datasets import TARGETS
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
        "training": lambda **kwargs: explore.training(**{"layers": 10, **kwargs}),
        "noise": explore.noise,
        "digit": lambda **kwargs: explore.digit(*digits, **kwargs),
    }


NAMES = ["width", "training", "noise", "digit"]
every_explorer = pytest.mark.parametrize("name", NAMES)

# A control, and a value that is not its first one.
MOVES = {
    "width": {"width": 64, "function": "a jump", "activation": "relu"},
    "training": {
        "gamma": 0.1, "data": "moons", "activation": "tanh", "w1": 0.5, "w2": 0.5, "layers": 20, "rule": "Armijo",
        "show": "points at T",
    },
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
    if name == "training":
        explorer.controls["step"].click()
    size = Image.open(BytesIO(explorer.image.value)).size
    for control, value in MOVES[name].items():
        before, numbers = explorer.image.value, explorer.numbers.value
        explorer.controls[control].value = value
        if name == "training" and control != "show":
            explorer.controls["step"].click()  # w1 and the like are seen when a step is taken
        assert explorer.image.value != before or explorer.numbers.value != numbers, control
        assert control in ("w1", "w2", "rule") or explorer.image.value != before, control
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


# ---- the cockpit


def run(scenario):
    """Run it in an event loop; no task may be left."""

    async def watched():
        await scenario()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(watched())


async def until(condition, what="it"):
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.002)
    raise AssertionError(f"waited in vain for {what}")


def small(**kwargs):
    return explore.training(**{"layers": 10, "gamma": 0.3, "iterations": 100_000, **kwargs})


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch):
    module = sys.modules["neuralode_lib.explore.training"]  # whose name in the package is the function's
    monkeypatch.setattr(module, "CHUNK", 0.005)
    monkeypatch.setattr(module, "BETWEEN_PICTURES", 0.0)


def by_hand(cockpit, iterations, rule=None):
    """J of the start and of the iterations after it."""
    zeros = node.Weights.zeros(cockpit.problem.N_T, 2)
    descent = node.gradient_descent(cockpit.problem, zeros, rule or node.constant(0.3))
    return [now.J for now in islice(descent, iterations + 1)]


def test_cockpit_steps_without_an_event_loop_and_says_why_it_cannot_start():
    cockpit = small()
    for _ in range(3):
        cockpit.controls["step"].click()
    assert cockpit.J == by_hand(cockpit, 3)
    cockpit.controls["start"].click()
    assert "needs a running event loop" in cockpit.error.value
    assert cockpit.controls["start"].description == "Start" and cockpit.task is None
    cockpit.controls["step"].click()
    assert cockpit.error.value == "" and len(cockpit.J) == 5
    assert cockpit.numbers.value.count(f"iteration 4 of 100000: J = {cockpit.J[-1]:.4g}")


def test_cockpit_trains_pauses_and_goes_on_as_if_it_had_not_paused():
    async def scenario():
        cockpit = small()
        button = cockpit.controls["start"]
        button.click()
        assert button.description == "Pause"
        pictures = set()
        await until(lambda: pictures.add(cockpit.image.value) or len(pictures) > 3, "pictures")
        assert cockpit.bar.value > 0
        button.click()
        stood = len(cockpit.J)
        assert button.description == "Start" and stood > 3
        await asyncio.sleep(0.03)
        assert len(cockpit.J) == stood and cockpit.bar.value == stood - 1
        button.click()
        await until(lambda: len(cockpit.J) > stood + 3, "going on")
        button.click()
        assert cockpit.J == by_hand(cockpit, len(cockpit.J) - 1)
        curve = cockpit.curve.get_ydata()
        np.testing.assert_array_equal(curve, cockpit.J[1:])

    run(scenario)


def test_cockpit_lets_others_run_while_it_trains():
    async def scenario():
        cockpit = small(layers=100)
        cockpit.controls["start"].click()
        turns = 0
        while len(cockpit.J) < 40:
            await asyncio.sleep(0)
            turns += 1
        assert turns > 2
        cockpit.close()

    run(scenario)


@pytest.mark.parametrize("stop", ["reset", "step", "close", "data", "layers", "w1", "another", "a second cell"])
def test_cockpit_leaves_no_task_behind(stop):
    async def scenario():
        cockpit = small()
        cockpit.controls["start"].click()
        await until(lambda: len(cockpit.J) > 2)
        if stop in ("reset", "step"):
            cockpit.controls[stop].click()
        elif stop == "close":
            cockpit.close()
        elif stop == "a second cell":
            small()
        elif stop == "another":
            other = small()
            cockpit.controls["start"].click()
            await asyncio.sleep(0)
            other.controls["start"].click()
            assert other.task is not None
            other.close()
        else:
            cockpit.controls[stop].value = {"data": "blobs", "layers": 20, "w1": 0.5}[stop]
        assert cockpit.task is None and cockpit.controls["start"].description == "Start"
        if stop in ("reset", "data", "layers", "w1"):
            assert len(cockpit.J) == 1 and "iteration 0" in cockpit.numbers.value
            assert cockpit.J == by_hand(cockpit, 0)

    run(scenario)


def test_cockpit_applies_settings_to_a_new_problem():
    cockpit = small(data="moons", activation="tanh", w1=0.2, w2=0.3, layers=20, rule="Armijo")
    problem = cockpit.problem
    np.testing.assert_array_equal(problem.x_in, node.moons().x_in)
    assert (problem.activation, problem.w1, problem.w2, problem.N_T) == (tanh, 0.2, 0.3, 21)
    for _ in range(3):
        cockpit.controls["step"].click()
    assert cockpit.J == by_hand(cockpit, 3, node.armijo(0.3))


def test_cockpit_steers_while_it_trains():
    async def scenario():
        cockpit = small(gamma=0.01)
        cockpit.controls["start"].click()
        await until(lambda: len(cockpit.J) > 3)
        stood, weights = len(cockpit.J), cockpit.now.weights
        cockpit.controls["gamma"].value = 0.1
        assert cockpit.task is not None and len(cockpit.J) == stood
        await until(lambda: len(cockpit.J) > stood)
        cockpit.controls["start"].click()
        after = weights - 0.1 * cockpit.problem.cost_and_gradient(weights)[1]
        assert cockpit.J[stood] == cockpit.problem.cost(after)

    run(scenario)


def test_events_from_another_thread_are_dealt_with_in_the_explorer_s_own():
    """JupyterLab sends events to subshells, each of which is a thread with a loop of its own."""

    async def click(button):
        button.click()

    async def scenario():
        cockpit, threads = small(), set()
        update = cockpit.update
        cockpit.update = lambda **values: threads.add(threading.current_thread()) or update(**values)
        await asyncio.to_thread(lambda: asyncio.run(click(cockpit.controls["start"])))
        await until(lambda: len(cockpit.J) > 3)
        await asyncio.to_thread(lambda: asyncio.run(click(cockpit.controls["reset"])))
        await until(lambda: cockpit.task is None)
        assert len(cockpit.J) == 1 and "iteration 0" in cockpit.numbers.value
        assert threads == {threading.main_thread()}

    run(scenario)


def test_cockpit_survives_divergence_and_says_what_to_try():
    async def scenario():
        cockpit = small(gamma=4.0)
        cockpit.controls["start"].click()
        await until(lambda: cockpit.task is None, "divergence")
        assert "diverged" in cockpit.error.value and "smaller γ" in cockpit.error.value
        assert np.isfinite(cockpit.J).all() and cockpit.controls["start"].description == "Start"
        stood = len(cockpit.J)
        cockpit.controls["show"].value = "points at T"
        cockpit.controls["step"].click()
        cockpit.controls["start"].click()
        await until(lambda: cockpit.task is None)
        assert len(cockpit.J) == stood and "diverged" in cockpit.error.value
        cockpit.controls["gamma"].value = 0.3  # afresh: where it stands is no place to go on from
        assert len(cockpit.J) == 1 and cockpit.error.value == ""
        cockpit.controls["start"].click()
        await until(lambda: len(cockpit.J) > 3)
        cockpit.controls["reset"].click()

    run(scenario)


def test_cockpit_shows_an_exception_of_its_task():
    async def scenario():
        cockpit = small()
        cockpit.controls["start"].click()

        def wrong(**values):
            raise OSError("no more ink")

        cockpit.update = wrong
        await until(lambda: cockpit.task is None)
        assert "OSError: no more ink" in cockpit.error.value
        assert cockpit.controls["start"].description == "Start"

    run(scenario)


def test_cockpit_stops_after_its_iterations_and_start_adds_as_many():
    async def scenario():
        cockpit = small(iterations=20)
        for limit in (20, 40):
            cockpit.controls["start"].click()
            await until(lambda: cockpit.task is None)
            assert len(cockpit.J) == limit + 1 and cockpit.bar.value == cockpit.bar.max == limit
            assert cockpit.axes[1].get_xlim()[1] == limit
        assert cockpit.J == by_hand(cockpit, 40)

    run(scenario)


def test_cockpit_shows_regions_and_points():
    cockpit = small(data="blobs")
    for _ in range(5):
        cockpit.controls["step"].click()
    weights = cockpit.now.weights
    final = node.forward(weights, cockpit.grid, cockpit.problem.dt, cockpit.problem.activation)[-1]
    distance = np.linalg.norm(final[:, :, None] - TARGETS.T[:, None], axis=0)
    shown = cockpit.regions.get_array()
    np.testing.assert_allclose(np.ravel(shown), distance[:, 0] - distance[:, 1])
    blue = cockpit.classes[0].get_offsets()
    np.testing.assert_array_equal(blue, cockpit.data.x_in[:, :32].T)
    cockpit.controls["show"].value = "points at T"
    assert not cockpit.regions.get_visible()
    np.testing.assert_array_equal(cockpit.classes[0].get_offsets(), cockpit.problem.states(weights)[-1][:, :32].T)
