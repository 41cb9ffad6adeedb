"""Figures show the data they are given: asserted on what lies in the Axes."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from neuralode_lib import TrainingProblem, Weights, disk_in_ring, forward, plotting, relu
from neuralode_lib.datasets import TARGETS


@pytest.fixture(autouse=True)
def style():
    with plt.style.context("neuralode_lib.neuralode"):
        yield
    plt.close("all")


@pytest.fixture
def data():
    return disk_in_ring(I=20)


@pytest.fixture
def x(data):
    problem = TrainingProblem(data.x_in, data.y_out, N_T=11)
    return problem.states(Weights.random(11, 2, 1.0, np.random.default_rng(0)))


def scattered(ax):
    return [np.asarray(c.get_offsets()).T for c in ax.collections if len(c.get_offsets()) > 0]


DRAWN = {
    "network": lambda ax, x, data: plotting.network([2, 3, 1], "xzy", "WV", ax=ax),
    "plane": lambda ax, x, data: plotting.plane(ax),
    "points": lambda ax, x, data: plotting.points(data.x_in, data.label, ax),
    "trajectories": lambda ax, x, data: plotting.trajectories(x, data.label, ax),
    "decision_regions": lambda ax, x, data: plotting.decision_regions(lambda starts: starts, ax),
    "cost_history": lambda ax, x, data: plotting.cost_history({"a": [3.0, 2.0, 1.0]}, ax),
    "convergence": lambda ax, x, data: plotting.convergence([0.1, 0.05], [0.2, 0.1], 1, ax),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_draws_on_the_axes_it_is_given_or_makes_one(draw, x, data):
    ax = plotting.panels(1)
    assert draw(ax, x, data) is ax
    assert ax.has_data()
    assert plt.get_fignums() == [ax.figure.number]
    assert draw(None, x, data).figure is not ax.figure


def test_network_joins_each_node_to_all_of_the_next_layer():
    ax = plotting.network([2, 3, 1], "xzy", "WV")
    assert len(ax.lines) == 2 * 3 + 3 * 1
    assert [len(nodes.T) for nodes in scattered(ax)] == [2, 3, 1]
    colours = [plt.matplotlib.colors.to_hex(nodes.get_facecolor()[0]) for nodes in ax.collections]
    assert colours == [plotting.GREEN, plotting.BLACK, plotting.ORANGE]
    names = sorted((text.get_position()[0], text.get_text()) for text in ax.texts)
    assert names == [(0, "x"), (0.5, "W"), (1, "z"), (1.5, "V"), (2, "y")]
    texts = plotting.network([2, 3, 1], "xzy", "WV", residual=True).texts
    assert sum(not text.get_text() for text in texts) == 2  # the arrows


def test_points_tell_the_classes_apart_by_colour_and_marker(data):
    ax = plotting.points(data.x_in, data.label)
    assert [line.get_xydata()[0].tolist() for line in ax.lines] == TARGETS.tolist()
    for label, drawn in enumerate(scattered(ax)):
        assert np.array_equal(drawn, data.x_in[:, data.label == label])
    circles, squares = (c.get_paths()[0].vertices.shape for c in ax.collections)
    assert circles != squares


def test_states_shows_each_time_once(x, data):
    axes = plotting.states(x, data.label, np.linspace(0, 1, 11), [0, 0.3, 1])
    for ax, k in zip(axes, [0, 3, 10], strict=True):
        blue, red = scattered(ax)
        assert np.array_equal(np.hstack([blue, red]), x[k])
    mine = plotting.panels(2)
    assert plotting.states(x, data.label, np.linspace(0, 1, 11), [0, 1], mine) is mine


def test_trajectories_lead_from_start_to_end(x, data):
    ax = plotting.trajectories(x, data.label)
    lines = [c for c in ax.collections if isinstance(c, plt.matplotlib.collections.LineCollection)]
    segments = np.concatenate([np.array(c.get_segments()) for c in lines])
    assert np.array_equal(segments.transpose(1, 2, 0), x)  # blue first, as the data are ordered


def test_decision_regions_put_the_border_half_way_between_the_targets():
    seen = []

    def final(starts):
        seen.append(starts)
        return forward(Weights.zeros(2, 2), starts, 1.0, relu)[-1]

    ax = plotting.decision_regions(final)
    border = np.concatenate([c.get_paths()[0].vertices for c in ax.collections][-1:])
    assert np.allclose(border[:, 0], 1.0)
    assert seen[0].min(axis=1).tolist() == [-2, -4] and seen[0].max(axis=1).tolist() == [4, 4]


def test_cost_history_draws_every_curve(data):
    J = {f"run {n}": np.arange(5, 0, -1.0) + n for n in range(6)}
    ax = plotting.cost_history(J, x={name: 10 * np.arange(5) for name in J}, xlabel="evaluations")
    assert [line.get_label() for line in ax.lines] == list(J)
    for line, values in zip(ax.lines, J.values(), strict=True):
        assert line.get_xdata().tolist() == [10, 20, 30, 40]
        assert np.array_equal(line.get_ydata(), values[1:])


def test_convergence_draws_every_error_beside_its_slope():
    dt = np.array([0.1, 0.05, 0.025])
    errors = {f"order {p}": dt**p for p in range(1, 6)}
    ax = plotting.convergence(dt, errors, {name: int(name[-1]) for name in errors})
    assert len(ax.lines) == 2 * len(errors)
    for data, guide in zip(ax.lines[::2], ax.lines[1::2], strict=True):
        assert np.allclose(data.get_ydata(), guide.get_ydata(), rtol=1e-12)


def test_show_puts_a_picture_of_fixed_size_with_its_alt_text_on_the_page(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr(plotting, "display", lambda *args, **kwargs: shown.append((args, kwargs)))
    plotting.show(plotting.panels(2, width=5, height=3), alt="two empty frames")
    ((data,), kwargs) = shown[0]
    assert Image.open(io.BytesIO(data["image/png"])).size == (500, 300)
    assert data["text/plain"] == "[Figure: two empty frames]"
    assert kwargs["metadata"] == {"image/png": {"alt": "two empty frames"}}
    assert plt.get_fignums() == []


def test_a_part_of_a_figure_shows_the_whole(capsys):
    parts = plt.figure(figsize=(4, 2)).subfigures(1, 2)
    plotting.show(parts[0].subplots(), alt="left half")
    assert "[Figure: left half]" in capsys.readouterr().out and plt.get_fignums() == []


def test_a_figure_that_cannot_be_drawn_is_closed():
    with pytest.raises(ValueError, match="nosuch"):
        plotting.png(plotting.plane(title="$\\nosuch$").figure)
    assert plt.get_fignums() == []


def diverged(starts):
    return np.full(starts.shape, np.nan)


WRONG = {
    "labels of another length": (lambda x, c: plotting.points(x[0], c[1:]), r"^label has shape \(19,\)"),
    "labels of ten classes": (lambda x, c: plotting.points(x[0], c + 5), "^label is array.*expected 0 for"),
    "labels as texts": (lambda x, c: plotting.trajectories(x, c.astype(str)), "^label holds <U21, expected real"),
    "points as rows": (lambda x, c: plotting.points(x[0].T, c), r"^label has shape \(20,\), expected \(2,\)"),
    "points on a line": (lambda x, c: plotting.points(x[0, :1], c), r"^x has shape \(1, 20\), expected"),
    "points that are nan": (lambda x, c: plotting.points(diverged(x[0]), c), r"^x is not finite: x\[0, 0\] is nan"),
    "one time's states": (lambda x, c: plotting.trajectories(x[0], c), r"^x has shape \(2, 20\)"),
    "times off the grid": (lambda x, c: plotting.states(x, c, T, [0, 5, 9]), "^times is .*grid t"),
    "times between": (lambda x, c: plotting.states(x, c, T, [0.05]), "^times is .*grid t, from 0"),
    "no times": (lambda x, c: plotting.states(x, c, T, []), "^times is"),
    "t of another grid": (lambda x, c: plotting.states(x, c, T[1:], [0.1]), r"^t has shape \(10,\)"),
    "an Axes too few": (lambda x, c: plotting.states(x, c, T, [0, 1], plotting.panels(3)), "^axes are 3, expected 2"),
    "ax a list": (lambda x, c: plotting.plane([1]), r"^ax is \[1\], expected a Matplotlib Axes"),
    "two Axes": (lambda x, c: plotting.points(x[0], c, plotting.panels(2)), "^ax is array.*expected"),
    "final no function": (lambda x, c: plotting.decision_regions(x), "^final is array.*expected a function"),
    "final of one row": (lambda x, c: plotting.decision_regions(lambda s: s[:1]), r"^x has shape \(1, 43621\)"),
    "final of all times": (lambda x, c: plotting.decision_regions(lambda s: s[None]), r"^final\(starts\) has shape"),
    "final diverged": (lambda x, c: plotting.decision_regions(diverged), r"^final\(starts\) is not finite"),
    "curves a list": (lambda x, c: plotting.cost_history([3.0, 2.0]), "^curves is .*a dict of lists"),
    "no curves": (lambda x, c: plotting.cost_history({}), "^curves is empty"),
    "the start alone": (lambda x, c: plotting.cost_history({"a": [3.0]}), r"^curves\['a'\] has 1 entries"),
    "a curve of texts": (lambda x, c: plotting.cost_history({"a": ["3", "2"]}), r"^curves\['a'\] holds <U1"),
    "x of other names": (lambda x, c: plotting.cost_history({"a": [3.0, 2.0]}, x={"b": [0, 1]}), "^x has the names"),
    "x of another length": (lambda x, c: plotting.cost_history({"a": [3.0, 2.0]}, x={"a": [0]}), r"^x\['a'\] has"),
    "an error too few": (lambda x, c: plotting.convergence([0.1, 0.05], [1.0], 1), "^errors of computed has shape"),
    "errors that are zero": (lambda x, c: plotting.convergence([0.1, 0.05], [1.0, 0.0], 1), "^errors of computed is"),
    "order of other names": (lambda x, c: plotting.convergence([0.1], {"a": [1.0]}, {"b": 1}), "^order has"),
    "order a text": (lambda x, c: plotting.convergence([0.1], [1.0], "one"), "^order is 'one', expected a number"),
    "no width": (lambda x, c: plotting.network([2], ["in"], []), r"^widths is \[2\], expected at"),
    "a width of 0": (lambda x, c: plotting.network([2, 0], ["in", "out"], ["V"]), "^widths is 0, expected an integer"),
    "a text too few": (lambda x, c: plotting.network([2, 2], ["in"], ["V"]), "^states is .*2 texts"),
    "no columns": (lambda x, c: plotting.panels(0), "^columns is 0, expected an integer >= 1"),
    "no axes": (lambda x, c: plotting.show([], "nothing"), r"^ax is \[\], expected a Matplotlib Axes"),
    "alt None": (lambda x, c: plotting.show(plotting.panels(1), None), "^alt is None, expected a text"),
    "alt empty": (lambda x, c: plotting.show(plotting.panels(1), " "), "^alt is ' ', expected a text"),
    "show nothing": (lambda x, c: plotting.show(None, "a picture"), "^ax is None, expected a Matplotlib Axes"),
}
T = np.linspace(0, 1, 11)


@pytest.mark.parametrize("draw, message", WRONG.values(), ids=WRONG)
def test_what_makes_no_picture(draw, message, x, data):
    with pytest.raises((TypeError, ValueError), match=message):
        draw(x, data.label)
