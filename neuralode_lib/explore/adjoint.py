"""The adjoint of one sample: what J says when its state is moved, and its part of the gradient (B5, B8, B9)."""

import numpy as np

from .. import activations, checks, plotting, resnet
from ..datasets import disk_in_ring, nearest_target
from ..plotting import BLACK, BLUE, GREEN, ORANGE
from ..problem import TrainingProblem
from ..rules import constant
from ..training import train
from .figure import Figure, network, styled

DELTA = (0.3, 0.2)


def parts(x, phi, activation):
    """Each sample's part of the gradient without its penalty: <g_i, g> / <g, g>, where g is the sum of the g_i.

    They add up to 1; a gradient of zero has none, zeros.
    """
    ones = np.ones((len(phi), 1, phi.shape[2]))
    s = np.concatenate([activation.sigma(x[:-1]), ones], axis=1)
    g = phi @ s.transpose(0, 2, 1)
    return np.einsum("kmi,kmn,kni->i", phi, g, s) / (np.vdot(g, g) or 1)


def change(problem, weights, x, i, k, delta, w1):
    """How much J changes when the state of sample i at time t_k is moved by delta, and its path from there on."""
    moved = x[k, :, [i]].T + np.reshape([*delta, *[0] * (problem.d - 2)], (-1, 1))
    path = moved[None]
    if k < problem.N_T - 1:
        rest = resnet.Weights.from_theta(weights.theta[k:])
        path = resnet.forward(rest, moved, problem.dt, problem.activation)
    counts = np.full(len(path), w1 * problem.dt)
    counts[-1] = 1
    before, after = ((a - problem.y_out[:, [i]]) ** 2 for a in (x[k:, :, [i]], path))
    return float(counts @ (after - before).sum(axis=(1, 2)) / 2), path[:, :, 0]


@styled
def adjoint(problem=None, weights=None, sample=0, w1=0.5):
    """One sample: its path, its adjoint phi over time (B5), and its part of the gradient (B8, B9).

    phi at a time is an arrow on the moving point. Drag the point: what J really changes by stands beside phi . delta.
    Another sample is chosen by a click. The part is <g_i, g> / <g, g>, where g is the sum of the samples' g_i: the
    parts add up to 1. w1 takes the place of the problem's: the larger, the more phi changes on its way. Raises
    ValueError or TypeError, naming the argument, for what does not fit together.
    """
    if problem is None:
        data = disk_in_ring(16, seed=1)
        problem = TrainingProblem(data.x_in, data.y_out, N_T=51, activation=activations.tanh)
    if weights is None:
        weights = train(problem, iterations=60, step=constant(0.3), progress=False).weights
    data, w1 = network(problem, weights, 2), checks.number("w1", w1, 0)
    (i,) = checks.indices("sample", [sample], problem.I)
    x, label = problem.states(weights), nearest_target(problem.y_out)
    phi = resnet.adjoint(weights, x, problem.y_out, problem.dt, w1, problem.activation)
    k = problem.N_T // 2
    along = np.linspace(-1.5, 1.5, 61)
    curve = [change(problem, weights, x, i, k, r * np.array(DELTA), w1)[0] for r in along]
    changed, path = change(problem, weights, x, i, k, DELTA, w1)
    phi_k, part = phi[k - 1, :2, i], parts(x, phi, problem.activation)[i]
    product = phi_k @ DELTA

    price = "φ = ({:.3f}, {:.3f}); moved by δ = ({:.2f}, {:.2f}), J changes by {:.3f}".format(*phi_k, *DELTA, changed)
    share = f"part of the gradient {100 * part:.1f} %"
    numbers = f"sample {i} at t = {problem.t[k]:.2f}: {price}, φ · δ = {product:.3f}; {share}"
    alt = (
        f"Left, in the plane: the path of sample {i}, phi as an arrow on its point at t = {problem.t[k]:.2f}, and the "
        "path onwards when that point is moved. Middle: phi over time. Right: the change of J along the move, a curve, "
        "and phi . delta, its tangent."
    )

    left, middle, right = axes = plotting.panels(3, width=13)
    plotting.trajectories(x, label, left)
    left.plot(*x[:, :2, i].T, color=plotting.CLASSES[label[i]][1], lw=3)
    left.plot(*path[:, :2].T, "--", color=GREEN, label="moved by δ")
    scale = 1 / max(1, np.linalg.norm(phi[:, :2, i], axis=1).max())
    push = {"xytext": x[k, :2, i], "arrowprops": {"arrowstyle": "-|>", "color": ORANGE, "lw": 3}}
    left.annotate("", x[k, :2, i] + scale * phi_k, **push)
    seen = np.concatenate([*x[:, :2], problem.y_out[:2], path[:, :2].T], axis=1)
    x1, x2 = np.transpose([seen.min(axis=1) - 0.2, seen.max(axis=1) + 0.2])
    left.set(xlim=x1, ylim=x2)
    middle.plot(problem.t[1:], phi[:, 0, i], color=BLACK, label=r"$\varphi_1$")
    middle.plot(problem.t[1:], phi[:, 1, i], "--", color=GREEN, label=r"$\varphi_2$")
    middle.plot([problem.T] * 2, phi[-1, :2, i], "s", color=ORANGE, label="$x(T) - y$")
    middle.axvline(problem.t[k], color="0.6", lw=1)
    middle.set(xlabel="$t$")
    right.plot(along, curve, color=BLUE, lw=3, label="true")
    right.plot(along, along * product, "--", color=ORANGE, label=r"$\varphi\cdot\delta$")
    right.plot([1], [changed], "o", color=BLUE)
    right.set(xlabel=r"times $\delta$", title="change of J")
    for ax in axes:
        ax.legend(fontsize=12)
    data |= {"label": label, "sample": i, "w1": w1, "t": problem.t[k], "delta": DELTA, "x1": x1, "x2": x2, "alt": alt}
    return Figure("adjoint", data, axes, alt, numbers)
