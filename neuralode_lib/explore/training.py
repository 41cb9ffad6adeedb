"""The cockpit: training, watched and steered (C6)."""

import numpy as np

from .. import activations, checks, plotting
from ..datasets import TARGETS, blobs, disk_in_ring, moons, nearest_target
from ..problem import TrainingProblem
from ..resnet import Weights, forward
from ..rules import adam, armijo, backtracking, constant, decaying, momentum
from ..training import train
from .figure import Figure, network, one_of, styled

DATA = {"disk in ring": disk_in_ring, "moons": moons, "blobs": blobs}
RULES = {  # each with γ as its (first) step; training.js has the same
    "constant γ": constant,
    "exercise's": backtracking,
    "Armijo": armijo,
    "decaying γ": lambda gamma: decaying(gamma, 300),
    "momentum": momentum,
    "Adam": adam,
}
SHOWN = ["regions", "points at T", "paths"]
OPENING = 300  # iterations that it does by itself, so that there is something to see
WINDOW = {"x1": [-2.0, 2.6], "x2": [-2.2, 2.2]}


@styled
def training(
    problem=None, weights=None, *, data="disk in ring", activation="relu", w1=0.01, w2=0.01, layers=100, d=2,
    gamma=1.0, rule="constant γ", show="regions", curvature=False, iterations=10_000,
):  # fmt: skip
    """The cockpit (C6): train, watch the regions or the points and J, pause, steer, move points, reset.

    problem, weights: where to start; the other arguments up to d are then the problem's. Without weights it starts at
    zero (near it, where d > 2) and opens with some hundred iterations. d: 2, or 3 for a third coordinate. γ, the step
    rule and the picture can be changed on the way; any other setting starts afresh. curvature: show J's largest one,
    and 2/γ, which a constant γ bears. Start trains for `iterations` iterations, and as many again when pressed again.
    Raises ValueError or TypeError, naming the argument, for what is none of this.
    """
    settings = {
        "gamma": checks.number("gamma", gamma, above=0), "rule": one_of("rule", rule, RULES),
        "show": one_of("show", show, SHOWN), "curvature": checks.yes_or_no("curvature", curvature),
        "iterations": checks.integer("iterations", iterations, 1),
    }  # fmt: skip
    own = None
    if problem is None:
        if weights is not None:
            raise TypeError("problem is missing: weights belong to one")
        points = DATA[one_of("data", data, DATA)]()
        zeros = np.zeros((one_of("d", checks.integer("d", d, 1), [2, 3]) - 2, len(points.label)))
        sigma = {"relu": activations.relu, "tanh": activations.tanh}
        problem = TrainingProblem(
            *(np.concatenate([a, zeros]) for a in (points.x_in, points.y_out)),
            N_T=checks.integer("layers", layers, 1) + 1, w1=w1, w2=w2,
            activation=sigma[one_of("activation", activation, sigma)],
        )  # fmt: skip
    else:
        checks.instance("problem", problem, TrainingProblem, "a TrainingProblem(x_in, y_out, ...)")
        if not 2 <= problem.d <= 8:
            raise ValueError(f"problem has d = {problem.d}, expected 2 to 8: the picture is of the first two")
        own, data = {"x_in": problem.x_in, "y_out": problem.y_out, "d": problem.d}, "own points"
    start = _start(problem) if weights is None else weights
    theta = network(problem, start)["theta"]
    settings |= {
        "data": data, "activation": problem.activation.name, "w1": problem.w1, "w2": problem.w2,
        "layers": problem.N_T - 1, "d": problem.d,
    }  # fmt: skip
    opening = OPENING if weights is None else 0
    run = train(problem, start, opening, RULES[rule](settings["gamma"]), progress=False)
    label, x = nearest_target(problem.y_out), problem.states(run.weights)
    terms, n = problem.cost_terms(run.weights), len(run.J) - 1
    correct = np.sum(nearest_target(x[-1]) == label)
    numbers = (
        f"iteration {n} of {iterations}: J = {run.J[-1]:.4g} = {terms.terminal:.4g} terminal + "
        f"{terms.running:.4g} running + {terms.weights:.4g} weights; {correct} of {problem.I} points correct"
    )
    alt = (
        f"Left: {problem.I} points of two classes, and {ALT[show]}, after {n} iterations. "
        "Right: J and its three terms over the iterations, on logarithmic axes."
    )
    sets = {name: make() for name, make in DATA.items()}
    given = {
        "settings": settings, "theta": theta if weights is not None else None, "own": own, "opening": opening,
        "sets": {name: {"x_in": points.x_in, "y_out": points.y_out, "d": 2} for name, points in sets.items()},
        "T": problem.T, "targets": TARGETS.tolist(), **WINDOW, "alt": alt,
    }  # fmt: skip
    picture = _picture(problem, run, x, label, show)
    return Figure("training", given, picture, alt, numbers, ["rules", "regions", "memory"])


def _start(problem):
    """Zero weights; from there a third coordinate would never move, so with one small ones, as in training.js."""
    weights = Weights.zeros(problem.N_T, problem.d)
    if problem.d > 2:
        weights.theta.flat = 0.1 * np.sin(np.arange(1, weights.theta.size + 1) ** 2.0)
    return weights


ALT = {
    "regions": "the regions that the network takes to the blue and to the red target",
    "points at T": "where the network takes them",
    "paths": "the paths on which the network moves them",
}


def _picture(problem, run, x, label, show):
    def final(starts):
        lifted = np.concatenate([starts, np.zeros((problem.d - 2, starts.shape[1]))])
        return forward(run.weights, lifted, problem.dt, problem.activation)[-1]

    left, right = axes = plotting.panels(2, width=10.4)
    if show == "regions":
        plotting.points(x[0], label, plotting.decision_regions(final, left))
    elif show == "paths":
        plotting.trajectories(x, label, left)
    else:
        plotting.points(x[-1], label, plotting.plane(left))
    left.set(xlim=WINDOW["x1"], ylim=WINDOW["x2"])
    right.loglog(np.arange(1, len(run.J)), run.J[1:], color=plotting.BLACK)
    right.set(xlabel="iteration", ylabel="$J$")
    return axes
