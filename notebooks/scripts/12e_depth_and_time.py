# %% [markdown] slideshow={"slide_type": "slide"}
# # 12.E Depth and time
#
# **You will be able to**
# - tell what a flow in the plane cannot do, what it can, and what a network of three layers does;
# - say which gradient is exact and which is not, and save memory without losing it;
# - say how much depth a problem needs, and how fast its points arrive;
# - build layers from other schemes, and get their gradient.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** [12.C](12c_training.ipynb). **Time:** about 80 minutes to read, some 20 to 25 for each of parts 1 to 3 and 10 for the last; and 10 for the exercise. The parts can be read in any order (but run all cells above).
#
# Run the cells from top to bottom. Where it says **Predict**, decide on an answer, enter it, then open *Answer*. At a **Quiz** click on one letter or several (more than one may be right), then on *Check*. An **Exercise** asks for a function: replace the `...`, run that cell and the next one; `exercises.heun_layer.hint()` helps a little, `.solution()` shows the library's way.

# %% slideshow={"slide_type": "skip"}
import tracemalloc
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

import neuralode_lib as node
from neuralode_lib import exercises, plotting, predict, quiz, tanh
from neuralode_lib.tape import Tape
from neuralode_lib.verify import observed_order, relative_error

threadpool_limits(1, user_api="blas")  # our matrices are small: a second thread would mostly wait
plotting.use_style()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 1. What a flow in the plane cannot do <small>E1, E2</small>
#
# Exactly one solution of $\dot{\mathbf{x}} = \mathbf{V}(t)\sigma(\mathbf{x}) + \mathbf{b}(t)$ passes through each point at each time. So $\mathbf{x}(0)\mapsto\mathbf{x}(T)$ is one-to-one and continuous both ways, a *homeomorphism*, and in the plane the disk stays inside the ring (12.C; Dupont, Doucet and Teh, 2019).

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** A hundred layers, $\tanh$. Double the number of training points, again and again: what becomes of the share of *fresh* points on the wrong side, in the plane? By which factor does it change each time?

# %% slideshow={"slide_type": "skip"}
def lift(x, d):
    return np.pad(x, [(0, d - 2), (0, 0)])


# %% slideshow={"slide_type": "skip"}
iterations = node.patience(1000, 300)


def trained(I, d, seed, layers=100):
    draw = node.disk_in_ring(I, seed)
    p = node.TrainingProblem(lift(draw.x_in, d), lift(draw.y_out, d), N_T=layers + 1, w2=0.05, activation=tanh)
    start = node.Weights.random(p.N_T, d, 0.1, np.random.default_rng(seed))
    return p, node.minimize(p, start, iterations, maxcor=20, progress=False).weights


def on_the_wrong_side(p, weights):
    x = node.forward(weights, lift(fresh.x_in, p.d), p.dt, tanh)
    return node.nearest_target(x[-1]) != fresh.label


# %% slideshow={"slide_type": "skip"}
fresh = node.disk_in_ring(I=10_000, seed=10_000)
numbers = {2: [16, 32, 64, 128, 256], 3: [16, 64, 256]}
few = node.patience(5, 2)  # two in a browser's Python, which is slow: 2 and 4 are looked at below
draws = {2: [2, 4, 0, 1, 3][:few], 3: range(3)[:few]}
nets = {(d, I, seed): trained(I, d, seed) for d in numbers for I in numbers[d] for seed in draws[d]}
share_wrong = {d: 100 * np.array(
    [[on_the_wrong_side(*nets[d, I, seed]).mean() for seed in draws[d]] for I in numbers[d]]
) for d in numbers}
mean = share_wrong[2].mean(axis=1)
all_right = [(node.nearest_target(p.states(w)[-1]) == (p.y_out[0] > 1)).all() for p, w in nets.values()]

# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("E-more"):
    print("d = 3, from 64 points on: no fresh point wrong in any draw:", not share_wrong[3][1:].any())
    print(f"networks with all of their training points right: {sum(all_right)} of {len(nets)}")
    print("d = 2, four times as many points: less than half the share:", np.all(mean[2::2] < mean[:3:2] / 2))
    ax = plotting.panels(1, height=4)
    ax.loglog(numbers[2], share_wrong[2], ".", color=plotting.BLUE, alpha=0.5)
    ax.loglog(numbers[2], mean, "o", color=plotting.BLUE, label="d = 2: each draw, and the mean")
    ax.loglog(numbers[2], 4 * (np.array(numbers[2]) / 64) ** -0.75, "--", color=plotting.BLUE, label="slope -3/4")
    ax.loglog(numbers[3], share_wrong[3], "s", color=plotting.ORANGE, label=["d = 3: each draw, if not 0", None, None][:few])
    ax.set(xlabel="training points $I$", ylabel="% of fresh points wrong", ylim=(0.1, 30))
    ax.set(xticks=numbers[2], xticklabels=numbers[2])
    ax.minorticks_off()
    ax.legend()
    plotting.show(ax, alt="Share of wrong fresh points, axes logarithmic. In the plane the means of five draws fall "
        "about along a line of slope -3/4, from 11 % at 16 points to about 1.3 % at 256; for d = 3 none from 64 on.")

# %% [markdown] slideshow={"slide_type": "notes"}
# (A little more regularisation than in 12.C, $w_2 = 0.05$, and 1,000 iterations of L-BFGS.) All *training* points are right, in all these networks. That a neural ODE can do this is a theorem, for a richer form than ours: $\dot{\mathbf{x}} = \mathbf{W}\sigma(\mathbf{A}\mathbf{x} + \mathbf{b})$ with ReLU can steer finitely many points to any places, as long as no two of them are to meet (Ruiz-Balet and Zuazua, 2023, who construct the weights). It is the points in between that a flow in the plane cannot all take along.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Where are the wrong ones? On the ring, in gaps between neighbouring training points; in two of the five draws some in the disk, too. Of those on the ring, in most draws nine in ten lie in a single gap:

# %% jupyter={"source_hidden": true}
p, w = nets[2, 64, 4]
ax = plotting.decision_regions(lambda x: node.forward(w, x, p.dt, tanh)[-1], title="d = 2, 64 points")
plotting.points(p.x_in, (p.y_out[0] > 1).astype(int), ax)
ax.plot(*fresh.x_in[:, on_the_wrong_side(p, w)], ".", color=plotting.BLACK, ms=2, alpha=0.6, zorder=1)
ax.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5))
plotting.show(ax, alt=(
    "The plane of the starts: the blue region leaves the ring at the top, in a wide gap between training points; "
    "there lie the wrong fresh points, in black."
))

# %% slideshow={"slide_type": "skip"}
def gaps(p, weights):
    """Width of the gap that holds most of the wrong points of the ring, and its share of them."""
    angle = np.sort(np.arctan2(p.x_in[1], p.x_in[0])[p.y_out[0] > 1])
    there = np.arctan2(*fresh.x_in[::-1, on_the_wrong_side(p, weights) & (fresh.label == 1)])
    count = np.bincount((np.searchsorted(angle, there) - 1) % len(angle), minlength=len(angle))
    width = np.degrees(np.diff(angle, append=angle[0] + 2 * np.pi))
    return width[count.argmax()], count.max() / count.sum()


# %% slideshow={"slide_type": "skip"}
worst = {seed: gaps(*nets[2, 64, seed]) for seed in draws[2]}
for seed in (2, 4):
    print(f"draw {seed}: the gap with most of them is {worst[seed][0]:.0f} degrees wide, the mean gap 11")
print("nine in ten of the ring's in one gap, in most draws:", np.mean([share > 0.9 for _, share in worst.values()]) > 0.5)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Three layers instead of a hundred
#
# **Predict.** The same recipe, $d = 2$, 128 points, with 3 layers in place of 100: more fresh points wrong, or fewer?

# %% slideshow={"slide_type": "skip"}
folding = {seed: trained(128, 2, seed, layers=3) for seed in (2, 4)}
side = np.linspace(-1.202, 1.202, 1203)  # a little more: each point of disk and ring has a grid point near it
everywhere = np.array(np.meshgrid(side, side)).reshape(2, -1)
radius = np.hypot(*everywhere)
disk, ring = everywhere[:, radius <= 0.402], everywhere[:, (radius >= 0.798) & (radius <= 1.202)]


def last_x1(p, weights, starts):
    return node.forward(weights, starts, p.dt, tanh)[-1, 0]


# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("E-three"):
    for p, w in [nets[2, 128, 2], nets[2, 128, 4], folding[2], folding[4]]:
        wrong, steps = on_the_wrong_side(p, w), p.dt * np.linalg.norm(w.V, ord=2, axis=(1, 2))
        print(f"{p.N_T - 1:3d} layers: all fresh points right: {not wrong.any()!s:5}  each dt |V_k| below 1: {(steps < 1).all()}")
    p, w = folding[2]
    print(f"on a fine grid: disk x1 = {last_x1(p, w, disk).max():.1f} at most, ring {last_x1(p, w, ring).min():.1f} at least")
    bound = np.prod(1 + p.dt * np.linalg.norm(w.V, ord=2, axis=(1, 2))) * (side[1] - side[0]) / np.sqrt(2)
    print(f"off the grid it differs by less than {bound:.2f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# So what three layers do to the plane is not one-to-one: some layer *folds* it. In one dimension a layer is $x \mapsto x + \Delta t\,v\,\tanh x$. Its slope at 0 is $1 + \Delta t\,v$: where $\Delta t\,v < -1$, it turns back.

# %% jupyter={"source_hidden": true}
ax, x = plotting.panels(1, height=3.5), np.linspace(-3, 3, 200)
for slope, style in [(-0.5, "--"), (-2.0, "-")]:
    ax.plot(x, x + slope * np.tanh(x), style, label=f"Δt v = {slope:g}")
ax.set(xlabel="$x$", ylabel="$x + \\Delta t\\,v\\,\\tanh x$")
ax.legend()
plotting.show(ax, alt=(
    "x + dt v tanh x: for dt v = -0.5 it rises; for -2 it rises, falls and rises again, and is 0 at three x."
))

# %% [markdown] slideshow={"slide_type": "subslide"}
# In $d$ dimensions a layer is one-to-one if $\Delta t\,\|\mathbf{V}_k\| < 1$. It *folds* where
#
# $$\det\bigl(\mathbf{I} + \Delta t\,\mathbf{V}_k\operatorname{diag}(\sigma'(\mathbf{x}))\bigr)$$
#
# changes sign: on one side of the fold the plane is turned over.

# %% slideshow={"slide_type": "skip"}
def determinants(p, weights, points):
    """For each layer the determinant of its derivative, at the states of these points."""
    x = node.forward(weights, points, p.dt, tanh)
    return np.array([
        np.linalg.det(np.eye(2) + p.dt * V * tanh.dsigma(x[k]).T[:, None, :]) for k, V in enumerate(weights.V)
    ])


def turned_over(p, weights, points):
    """For each layer the share of the points at which its determinant is negative."""
    return np.mean(determinants(p, weights, points) < 0, axis=1)


# %% slideshow={"slide_type": "skip"}
window = np.array(np.meshgrid(*[np.linspace(-1.5, 1.5, 101)] * 2)).reshape(2, -1)
for p, w in (nets[2, 128, 2], folding[2]):
    share = turned_over(p, w, window)
    print(f"{p.N_T - 1} layers: some fold: {np.any((share > 0.01) & (share < 0.99))}")

# %% slideshow={"slide_type": "skip"}
fine = np.linspace(-1.2, 1.2, 241)
lines = [np.array([np.full(241, c), fine]) for c in np.linspace(-1.2, 1.2, 25)]
lines += [line[::-1] for line in lines]
some = node.disk_in_ring(300, seed=77)


# %% slideshow={"slide_type": "skip"}
def bent_grid(ax, net, k):
    """A grid after k layers, green where one of them has folded it, with disk and ring."""
    p, w = net
    for line in lines:
        moved = node.forward(w, line, p.dt, tanh)[k]
        turns = np.any(np.diff(np.sign(determinants(p, w, line)[:k])) != 0, axis=0)
        ax.plot(*moved, color="0.6", lw=0.6, zorder=1)
        ax.plot(*moved[:, 1:][:, turns], ".", color=plotting.GREEN, ms=4, zorder=4)
    plotting.points(node.forward(w, some.x_in, p.dt, tanh)[k], some.label, ax)
    ax.set(title=f"{k} of {p.N_T - 1} layers", xlabel="$x_1$")


# %% jupyter={"source_hidden": true} slideshow={"slide_type": "subslide"}
axes = plotting.panels(3, width=11, height=3.8)
for ax, net, k in zip(axes, [nets[2, 128, 2], folding[2], folding[2]], [67, 1, 2], strict=True):
    bent_grid(ax, net, k)
plotting.show(axes, alt=(
    "A grid with disk and ring. After 67 of 100 layers it is bent, the disk still inside the ring. After 1 of 3 layers "
    "it is blown up, with folds in green along its edges; after 2 green folds cross it, parts of the ring lie upon each "
    "other, and the disk lies in a corner, free of it."
))

# %% [markdown]
# The hundred layers bend the plane and never fold it: the disk stays inside, however thin the ring gets. Three layers lay parts of the ring upon each other (the green lines are folds), and the disk is free. No contradiction to the theorem: these three layers are no flow.

# %% slideshow={"slide_type": "subslide"}
quiz.question("E-fold")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** So are three layers stronger than a hundred? Put the three $\Delta t\,\mathbf{V}_k$, $\Delta t\,\mathbf{b}_k$ into layers 1, 51 and 100 of a network of 100 layers, zeros elsewhere. What does that network do with the points? And by which factor does the penalty grow?

# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("E-deeper"):
    (three, w), (hundred, trained_w) = folding[2], nets[2, 128, 2]
    copy = node.Weights.zeros(hundred.N_T, 2)
    copy.theta[[0, 50, 99]] = w.theta * three.dt / hundred.dt
    same = np.allclose(hundred.states(copy)[-1], three.states(w)[-1], rtol=0, atol=1e-13)
    print(f"the same final states to rounding: {same}")
    rows = [("3 layers", three, w), ("their copy", hundred, copy), ("100 layers", hundred, trained_w)]
    for name, p, v in rows:
        print(f"{name:10s} J = {p.cost(v):2.0f}, of which penalty {p.cost_terms(v).weights:2.0f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2. Which way to a gradient? <small>E3</small>
#
# **Discretise, then optimise:** $J$ on the grid, and the chain rule. That is 12.C; the gradient is exact for the $J$ that is computed.
#
# **Optimise, then discretise:** the adjoint *ODE* of 12.B, solved by any method on any grid. Libraries for neural ODEs offer it, often with the states run backwards, too, instead of stored (Chen and others, 2018).

# %% [markdown] slideshow={"slide_type": "notes"}
# We compare on a smooth problem, where $\mathbf{V}(t)$ and $\mathbf{b}(t)$ are given functions:

# %% slideshow={"slide_type": "skip"}
rng = np.random.default_rng(0)
V_0, V_1, V_2 = 1.5 * rng.standard_normal((3, 2, 2))
b_0, b_1 = rng.standard_normal((2, 2))
x_in, y_out = rng.standard_normal((2, 2, 8))


def sampled(layers, within=0.0):
    """V(t), b(t) at the left end of each layer, or so far within it."""
    t = (np.arange(layers) + within) / layers
    s, c = np.sin(2 * np.pi * t)[:, None, None], np.cos(2 * np.pi * t)[:, None, None]
    p = node.TrainingProblem(x_in, y_out, N_T=layers + 1, w1=1.0, w2=1.0, activation=tanh)
    return p, node.Weights(V_0 + V_1 * s + V_2 * c, b_0 + b_1 * s[:, :, 0])


# %% [markdown] slideshow={"slide_type": "subslide"}
# Three ways go back from $t_{k+1}$ to $t_k$, all with explicit Euler, and the chain rule is the judge. First, the adjoint ODE along the stored states. Second, the same along states that are run backwards, too. Third, what a general ODE solver does with weights that it *looks up* by time: it stands at $t_{k+1}$ and asks for $\mathbf{V}(t_{k+1})$, which is the *next* layer's.

# %% slideshow={"slide_type": "skip"}
def by_the_adjoint_ode(p, weights, x):
    """Euler back from t_{k+1}: V of the step, all else of its right end. Here phi[k] sits at the time of x[k]."""
    phi = np.empty_like(x)
    phi[-1] = x[-1] - p.y_out
    for k in range(p.N_T - 2, -1, -1):
        A_T_phi = tanh.dsigma(x[k + 1]) * (weights.V[k].T @ phi[k + 1])
        phi[k] = phi[k + 1] + p.dt * (A_T_phi + p.w1 * (x[k + 1] - p.y_out))
    return node.gradient(weights, x, phi[:-1], p.dt, p.w2, tanh)  # layer k with phi at its left end


# %% slideshow={"slide_type": "skip"}
def backwards(p, weights, x_T):
    """The states from the last one: Euler with a negative step."""
    x = [x_T]
    for V, b in zip(weights.V[::-1], weights.b[::-1], strict=True):
        x.append(x[-1] - p.dt * (V @ np.tanh(x[-1]) + b[:, None]))
    return np.stack(x[::-1])


# %%
def by_look_up(p, weights, x):
    phi, theta = x[-1] - p.y_out, np.zeros(weights.theta.shape)
    for k in range(p.N_T - 1, 0, -1):
        layer = min(k, p.N_T - 2)  # at the final time there is only the last one
        theta[layer] += phi @ np.vstack([np.tanh(x[k]), np.ones(p.I)]).T
        A_T_phi = tanh.dsigma(x[k]) * (weights.V[layer].T @ phi)
        phi = phi + p.dt * (A_T_phi + p.w1 * (x[k] - p.y_out))
    return p.dt * (node.Weights.from_theta(theta) + p.w2 * weights)


# %% slideshow={"slide_type": "skip"}
grids = 2 ** np.arange(2, 10)
errors = {"adjoint ODE": [], "states backwards, too": [], "V looked up": []}
for N in grids:
    p, w = sampled(int(N))
    x, exact = p.states(w), p.cost_and_gradient(w)[1]
    back = backwards(p, w, x[-1])
    ways = [by_the_adjoint_ode(p, w, x), by_the_adjoint_ode(p, w, back), by_look_up(p, w, x)]
    for way, g in zip(errors, ways, strict=True):
        errors[way].append(relative_error(g, exact))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** For each way: does the error go to zero with $\Delta t$, and with which order? (The error is the norm of the difference over that of the gradient, all layers together.) Which layer gets no gradient from the data in the third?

# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("E-ways"):
    p, w = sampled(20)
    exact, looked_up = p.cost_and_gradient(w)[1], by_look_up(p, w, p.states(w))
    print(f"V looked up, 20 layers: error {100 * relative_error(looked_up, exact):.0f} %")
    data_part = looked_up - p.w2 * p.dt * w
    print(f"largest entry of the first layer's gradient from the data: {np.abs(data_part.theta[0]).max():.0f}")
    orders = dict(zip(errors, (1, 1, 0.5), strict=True))
    ax = plotting.convergence(1 / grids, errors, orders, ylabel="relative error of the gradient")
    ax.set(ylim=(8e-4, 20))
    ax.legend(ncols=2, loc="upper left")
    plotting.show(ax, alt=(
        "Error against dt: the adjoint ODE and the states run backwards lie on lines of slope 1, from 0.3 and 0.4 at 4 "
        "layers to 0.002; with V looked up the slope is one half, from 0.8 to 0.05."
    ))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The chain rule costs the same and is exact. It is itself a way to discretise the adjoint ODE: explicit Euler for $\mathbf{x}$, and for $\boldsymbol{\varphi}$ the Euler step that *fits* it, with $\mathbf{V}$ and $\mathbf{x}$ of the layer's left end; together they are the symplectic Euler method (Hager, 2000; Sanz-Serna, 2016). Optimise, then discretise is exact where the two schemes match.

# %% [markdown] slideshow={"slide_type": "notes"}
# So do not blame the idea: a solver that knows where layers begin, or weights that are interpolated, restore order 1, and on a fine grid an error $O(\Delta t)$ may not matter. What matters is to know that it is there: a check as in 12.C fails, and a line search may find no descent (Onken and Ruthotto, 2020, compare both ways).
#
# `tests/formulas/test_E.py` measures the orders.

# %% slideshow={"slide_type": "subslide"}
quiz.question("E-adjoint")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Running the states backwards <small>E4</small>
#
# Instead of storing the states one may start from $\mathbf{x}(T)$ and step backwards. Take $\dot x = -\lambda x$: forwards each step multiplies by $1 - \lambda\Delta t$, backwards by $1 + \lambda\Delta t$, so that $x_0$ comes back as
#
# $$(1 - \lambda^2\Delta t^2)^N x_0,$$
#
# and an error made at $T$ grows to $(1 + \lambda\Delta t)^N$ times its size, which is at most $\mathrm{e}^{\lambda T}$. Here Euler's error dies away with $x$ itself; where the solution keeps moving, as next, it does not.

# %% slideshow={"slide_type": "skip"}
def there_and_back(lam, layers=100):
    c = 0.5 * np.sin(2 * np.pi * np.arange(layers) / layers)
    w = node.Weights(np.full((layers, 1, 1), -lam), lam * np.tanh(c)[:, None])
    p = node.TrainingProblem([[1.0, -0.3]], [[0.0, 0.0]], N_T=layers + 1, activation=tanh)
    x = p.states(w)
    return p, x[:, 0], backwards(p, w, x[-1])[:, 0]


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** $\dot x = -\lambda\,(\tanh x - \tanh c(t))$ follows the curve $c(t) = \frac12\sin 2\pi t$, the closer the larger $\lambda$ is. Two points start at 1 and at $-0.3$; 100 steps forwards, 100 back. To where do they come back, for $\lambda = 1$, 5, 10?

# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("E-back"):
    for lam in (1.0, 5.0, 10.0, 20.0):
        short, long = (there_and_back(lam, steps)[2][0, 0] for steps in (100, 10_000))
        print(f"lambda = {lam:2.0f}: 1 comes back as {short:.2f}, with 10,000 steps as {long:.2f}")
    ax = plotting.panels(1, height=4)
    for lam, colour in [(1.0, plotting.GREEN), (5.0, plotting.BLUE), (10.0, plotting.RED)]:
        p, x, back = there_and_back(lam)
        ax.plot(p.t, x, color=colour, label=[f"$\\lambda = {lam:g}$", None])
        ax.plot(p.t, back, "--", color=colour)
    ax.set(xlabel="$t$", ylim=(-1.2, 4.6), title="forwards, and back again (dashed)")
    ax.legend()
    plotting.show(ax, alt=(
        "Two solutions from 1 and -0.3 for lambda = 1, 5, 10. Run back, those for 1 lie on the way there, those for 5 "
        "end at 0.6 and -0.7, those for 10 together near 4."
    ))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The lecture's problem with part 1's $w_2$, trained: it contracts the classes, around half of the points ten-fold or more in one direction. Backwards that is an *unstable* problem, and Euler's error of order $\Delta t$ is amplified. Two cures: a finer grid for the same $\mathbf{V}(t)$, $\mathbf{b}(t)$; or no Euler step at all, but the *inverse* of each layer, the fixed point $\mathbf{z}$ of
#
# $$\mathbf{z} = \mathbf{x}_{k+1} - \Delta t\,\bigl(\mathbf{V}_k\,\sigma(\mathbf{z}) + \mathbf{b}_k\bigr),$$
#
# to which iteration converges if $\Delta t\,\|\mathbf{V}_k\| < 1$.

# %% slideshow={"slide_type": "skip"}
def inverted(p, weights, x_T):
    """The states from the last one: each layer inverted, which has to be one-to-one."""
    x = [x_T]
    for V, b in zip(weights.V[::-1], weights.b[::-1], strict=True):
        z = x[-1]
        for _ in range(40):
            z = x[-1] - p.dt * (V @ np.tanh(z) + b[:, None])
        x.append(z)
    return np.stack(x[::-1])


# %% slideshow={"slide_type": "skip"}
data = node.disk_in_ring()
lecture = node.TrainingProblem(data.x_in, data.y_out, w2=0.05, activation=tanh)
lecture_weights = node.minimize(lecture, None, 1000, maxcor=20, progress=False).weights


def misses(x, back):
    """How far from its start a point comes back: at most this far for half of the points, and for all."""
    return np.quantile(np.linalg.norm(back[0] - x[0], axis=0), [0.5, 1])


# %% tags=["no-code"]
print("Euler backwards   half come back within   all within")
for times in (1, 4, 16, 64):
    p = node.TrainingProblem(data.x_in, data.y_out, N_T=100 * times + 1, activation=tanh)
    w = node.Weights.from_theta(np.repeat(lecture_weights.theta, times, axis=0))
    x = p.states(w)
    print("{:9,d} steps {:22.2g} {:12.2g}".format(100 * times, *misses(x, backwards(p, w, x[-1]))))
x = lecture.states(lecture_weights)
found = inverted(lecture, lecture_weights, x[-1])
print(f"to rounding, by inverting the 100 layers: {misses(x, found)[1] < 1e-13}")

# %% [markdown]
# What has come together to less than the method's error cannot be told apart on the way back. But nothing is lost where the layers are one-to-one: inverted exactly, they give the states back, and with them the exact gradient.

# %% [markdown] slideshow={"slide_type": "notes"}
# (The points start within 1.2 of the origin. Inverting costs 40 evaluations of each layer, where 20 would do, and amplifies rounding as Euler's error is amplified. On four other draws of the data half of the points come back within 0.22 to 0.72 with 100 steps, all within 1.8 to 2.4.) Gholami, Keutzer and Biros (2019) show the same with images. An adaptive solver's error at the start is up to $\mathrm{e}^{\lambda T}$ times its tolerance. Sander, Ablin and Peyré (2022) show when running back succeeds: with many layers and residuals that are Lipschitz, and better with Heun's method (part 4), where the weights are smooth in depth.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Memory without errors: checkpoints <small>E5</small>
#
# Store every $m$-th state only. On the way back, recompute the states of one block from its checkpoint, and use the discrete adjoint.

# %% slideshow={"slide_type": "subslide"}
quiz.question("E-memory")

# %% [markdown] slideshow={"slide_type": "subslide"}
# $$\begin{gathered}\frac Nm + m\ \text{states instead of}\ N + 1,\ \text{least for}\ m = \sqrt N;\\
# 2N\ \text{layers evaluated forwards instead of}\ N.\end{gathered}$$

# %% slideshow={"slide_type": "skip"}
def layer(weights, k, x, dt):
    return x + dt * (weights.V[k] @ np.tanh(x) + weights.b[k][:, None])


def checkpoints_of(p, weights, m):
    """Every m-th state, and the last one."""
    x, kept = p.x_in, [p.x_in]
    for k in range(p.N_T - 1):
        x = layer(weights, k, x, p.dt)
        if (k + 1) % m == 0 and k + 1 < p.N_T - 1:
            kept.append(x)
    return kept, x


# %% slideshow={"slide_type": "skip"}
def gradient_with_checkpoints(p, weights, m):
    kept, x_T = checkpoints_of(p, weights, m)
    phi, theta = x_T - p.y_out, p.w2 * weights.theta
    x = np.empty((m + 1, *phi.shape))  # the states of one block, written again for each
    for first in range((len(kept) - 1) * m, -1, -m):
        last = min(first + m, p.N_T - 1)
        x[0] = kept.pop()
        for k in range(first, last):
            x[k + 1 - first] = layer(weights, k, x[k - first], p.dt)
        for k in range(last - 1, first - 1, -1):
            x_k = x[k - first]
            theta[k] += phi @ np.vstack([np.tanh(x_k), np.ones(p.I)]).T
            phi = phi + p.dt * (tanh.dsigma(x_k) * (weights.V[k].T @ phi) + p.w1 * (x_k - p.y_out))
    return node.Weights.from_theta(p.dt * theta)


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** 1,024 layers, 2,000 points, 31 MiB of states. How many MiB of states are kept with the best $m$? What does the second way forwards cost in time?

# %% slideshow={"slide_type": "skip"}
many = node.disk_in_ring(I=2000)
deep = node.TrainingProblem(many.x_in, many.y_out, N_T=1025, activation=tanh)
deep_weights = node.Weights.random(deep.N_T, deep.d, 1.5, np.random.default_rng(0))


# %% slideshow={"slide_type": "skip"}
def seconds(f):
    times = []
    for _ in range(3):
        start = perf_counter()
        f()
        times.append(perf_counter() - start)
    return min(times)


def with_all_states(p, weights):
    x = p.states(weights)
    phi = node.adjoint(weights, x, p.y_out, p.dt, p.w1, tanh)
    return node.gradient(weights, x, phi, p.dt, p.w2, tanh)


# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("E-memory"):
    exact, one = with_all_states(deep, deep_weights), deep.x_in.nbytes / 2**20
    ways = {"all states": lambda: with_all_states(deep, deep_weights)}
    for m in (1, 8, 32, 128, 1024):
        ways[f"m = {m}"] = lambda m=m: gradient_with_checkpoints(deep, deep_weights, m)
    for name, way in ways.items():
        tracemalloc.start()
        same = relative_error(way(), exact) < 1e-13
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        m = int(name[4:]) if name[0] == "m" else 0
        states = f", N/m + m states are {one * (1024 / m + m):4.1f} MiB" if m else ""
        print(f"{name:10s} exact: {same}, {1000 * seconds(way):.0f} ms, {peak:4.1f} MiB{states}")

# %% [markdown] slideshow={"slide_type": "notes"}
# With checkpoints of checkpoints memory, and the number of times a layer is evaluated, both grow like $\log N$; Griewank and Walther (2000) give the best places. The library's own `cost_and_gradient` stores all states, of as many samples at a time as fit in the cache.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3. How deep? The turnpike <small>E6</small>
#
# Let depth grow: the lecture's points, $T = 2$, 4, 8, with 20 layers for each unit of time, $w_2 = 0.1$. Nobody says *when* the points shall arrive. With $w_1 > 0$ the error costs on the way, too.
#
# **Predict.** With $w_1 = 0.1$: when do the points arrive for $T = 2$, 4, 8? How large are the weights then, and later? And with $w_1 = 0$?

# %% slideshow={"slide_type": "skip"}
def solved(T, w1, shorter=None):
    """The trained network for the horizon T; it starts from a shorter one's weights, and zeros after them."""
    p = node.TrainingProblem(data.x_in, data.y_out, T=T, N_T=20 * T + 1, w1=w1, w2=0.1, activation=tanh)
    start = node.Weights.zeros(p.N_T, p.d)
    if shorter is not None:
        start.theta[: len(shorter.theta)] = shorter.theta
    return p, node.minimize(p, start, 600, maxcor=20, progress=False).weights


# %% slideshow={"slide_type": "skip"}
horizons = {2: solved(2, 0.1)}
for T in (4, 8):
    horizons[T] = solved(T, 0.1, horizons[T // 2][1])
without = solved(8, 0.0)


def distances(p, w):
    """At each time the root mean square of the points' distances to their targets."""
    return np.sqrt(np.mean(np.sum((p.states(w) - p.y_out) ** 2, axis=1), axis=1))


# %% slideshow={"slide_type": "skip"}
horizon_runs = [(8, *horizons[8], "-"), (4, *horizons[4], "--"), (2, *horizons[2], ":"), (8, *without, "-")]
longest, longest_weights = horizons[8]
way = np.linalg.norm(np.diff(longest.states(longest_weights), axis=0), axis=1).sum(axis=1)

# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("E-turnpike"):
    left, right = plotting.panels(2, width=11)
    for (T, p, w, style), width in zip(horizon_runs, (2, 3, 4, 2), strict=True):
        look = {"ls": style, "lw": width, "color": plotting.BLUE if p.w1 else plotting.ORANGE}
        left.plot(p.t, distances(p, w), label=f"T = {T}, w1 = {p.w1:g}", **look)
        right.semilogy(p.t[:-1], np.linalg.norm(w.theta, axis=(1, 2)), **look)
    left.set(xlabel="$t$", title="distance to the target (rms)", ylim=(0, 4))
    right.set(xlabel="$t$", title="$|(\\mathbf{V}, \\mathbf{b})(t)|$")
    left.legend()
    print(f"T = 8, w1 = 0.1: {100 * way[:40].sum() / way.sum():.0f} % of the way is done at t = 2")
    plotting.show(left, alt=(
        "Left: distances over t. With w1 = 0.1 all three horizons fall from 1.9 to 0.3 until t = 2 and stay there; with "
        "w1 = 0 the points go farther away, to 3.7, and come near at t = 8 only. Right: the weights, from 20 down to "
        "1 at t = 2 and 0.3 at t = 8; with w1 = 0 they are near 2 all the time."
    ))

# %% [markdown] slideshow={"slide_type": "subslide"}
# How fast do points arrive? Near their targets, $\mathbf{x}^i = \mathbf{y}^i + \mathbf{e}^i$ (with $\mathbf{y}^i$ for $\mathbf{y}_{\text{out}}^i$), $\mathbf{V}$, $\mathbf{b}$ and $\mathbf{e}^i$ are all small. Without their products the neural ODE is $\dot{\mathbf{E}} = [\mathbf{V}\ \mathbf{b}]\,\mathbf{S}$, with a column for each sample in $\mathbf{E}$ and in $\mathbf{S} = \begin{pmatrix}\sigma(\mathbf{y}^1) \dots \sigma(\mathbf{y}^I)\\ 1 \;\dots\; 1\end{pmatrix}$. With the best weights and a long horizon the errors fall like $\mathrm{e}^{-\mu t}$.

# %% slideshow={"slide_type": "subslide"}
quiz.question("E-rate")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The slowest of them falls with
#
# $$\mu = \sqrt{\frac{w_1}{w_2}\,\lambda_{\min}(\mathbf{S}^\top\mathbf{S})}.$$

# %% [markdown] slideshow={"slide_type": "notes"}
# Why: at a minimum $w_2[\mathbf{V}\ \mathbf{b}] = -\boldsymbol{\varphi}\,\mathbf{S}^\top$ (12.C; $\boldsymbol{\varphi}$, too, with a column for each sample), and the adjoint has $\dot{\boldsymbol{\varphi}} = -w_1\mathbf{E}$, up to products of small things. So $\ddot{\mathbf{E}} = \frac{w_1}{w_2}\,\mathbf{E}\,\mathbf{S}^\top\mathbf{S}$, and in the direction of an eigenvector of $\mathbf{S}^\top\mathbf{S}$ it is $\ddot e = \frac{w_1}{w_2}\lambda\,e$.

# %% slideshow={"slide_type": "skip"}
def predicted_rate(p):
    S = np.vstack([np.tanh(p.y_out), np.ones(p.I)])
    return np.sqrt(p.w1 / p.w2 * np.linalg.eigvalsh(S.T @ S)[0])


def three_points(seed):
    """Three random points of the plane and a random target for each; the trained network."""
    x_in, y_out = np.random.default_rng(seed).standard_normal((2, 2, 3))
    p = node.TrainingProblem(x_in, y_out, T=6.0, N_T=121, w1=1.0, w2=0.1, activation=tanh)
    exactly = {"maxcor": 30, "gtol": 1e-9, "ftol": 1e-16, "maxfun": 9000}
    return p, node.minimize(p, None, 2000, progress=False, **exactly).weights


# %% slideshow={"slide_type": "skip"}
triples = {seed: three_points(seed) for seed in range(5)}

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Three points with three targets: does the formula give the rate at which they arrive? Which rate does it give for the lecture's 64 points with two targets?

# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("E-rate"):
    ax = plotting.panels(1, height=3.8)
    for n, (p, w) in enumerate(triples.values()):
        e, mu, colour = distances(p, w), predicted_rate(p), f"C{n}"
        ax.semilogy(p.t, e, color=colour, lw=3, alpha=0.6)
        ax.semilogy(p.t[40:], e[60] * np.exp(-mu * (p.t[40:] - p.t[60])), "--", color=colour)
        print(f"formula {mu:.2f}, measured from t = 3 to t = 4: {np.log(e[60] / e[80]):.2f}")
    ax.set(xlabel="$t$", title="distance to the target, dashed: $\\mathrm{e}^{-\\mu t}$")
    plotting.show(ax, alt=(
        "Five curves of the distance over t, its axis logarithmic: from t = 2 on each is nearly straight and lies on "
        "its dashed line, the steepest down to 1e-4."
    ))

# %% [markdown] slideshow={"slide_type": "notes"}
# Most of the depth does nothing, as on a long journey most of the way is motorway: a *turnpike*. Esteve, Geshkovski, Pighin and Zuazua (2020) prove for neural ODEs with such a running cost that errors and weights are at most $C\mathrm{e}^{-\mu t}$, if points can be steered to their targets at a cost in proportion to their distance; Geshkovski and Zuazua (2022) review the theory. Where it does not apply, as with 32 points that share a target, they still arrive early, but a remainder of the error stays.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4. Other schemes are other networks <small>E7</small>
#
# A layer is a step of Euler's method. Another method gives another layer, for example the midpoint rule: with $\mathbf{f}_k(\mathbf{x}) = \mathbf{V}_k\sigma(\mathbf{x}) + \mathbf{b}_k$
#
# $$\mathbf{x}_{k+1} = \mathbf{x}_k + \Delta t\,\mathbf{f}_k\Bigl(\mathbf{x}_k + \frac{\Delta t}2\,\mathbf{f}_k(\mathbf{x}_k)\Bigr).$$
#
# It evaluates $\mathbf{f}_k$ twice. So does Heun's method: it takes the mean of two slopes, one at $\mathbf{x}_k$, one where Euler's step leads.

# %%
def euler(f, x, dt):
    return x + dt * f(x)


def midpoint(f, x, dt):
    return x + dt * f(x + dt / 2 * f(x))


# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise: a layer of Heun's method.** Both slopes have the layer's $\mathbf{V}$ and $\mathbf{b}$.

# %% slideshow={"slide_type": "skip"}
def my_heun_layer(x, V, b, dt, sigma):
    """From x (d, I), a column per sample, with V (d, d) and b (d,).
    Returns the next state (d, I)."""
    ...


# %% slideshow={"slide_type": "skip"}
exercises.heun_layer.check(my_heun_layer)


# %% [markdown] slideshow={"slide_type": "subslide"}
# The adjoint of such a layer can be written down by hand. Or a *tape* (12.B) finds it: it knows the chain rule for sums, products and $\sigma$, and so for any layer made of them.

# %%
def on_tape(layer, p, weights):
    """The recorded tape, V, b, last states and J of a network with such layers."""
    tape = Tape()
    V = [tape.array(V_k) for V_k in weights.V]
    b = [tape.array(b_k[:, None]) for b_k in weights.b]
    x, J = tape.array(p.x_in), tape.array(0.0)
    for V_k, b_k in zip(V, b, strict=True):
        J = J + p.w2 * p.dt / 2 * (V_k.sum_of_squares() + b_k.sum_of_squares())
        if V_k is not V[0]:
            J = J + p.w1 * p.dt / 2 * (x - p.y_out).sum_of_squares()
        x = layer(lambda x, V_k=V_k, b_k=b_k: V_k @ x.apply(tanh) + b_k, x, p.dt)
    return tape, V, b, x, J + 0.5 * (x - p.y_out).sum_of_squares()


# %% slideshow={"slide_type": "subslide"}
def gradient_on_tape(layer, p, weights):
    tape, V, b, _, J = on_tape(layer, p, weights)
    tape.backward(J)
    b_prices = [b_k.price[:, 0] for b_k in b]
    return node.Weights([V_k.price for V_k in V], b_prices)


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Part 2's smooth $\mathbf{V}(t)$, $\mathbf{b}(t)$. With which order do the last states of the three networks go to those of the ODE, if $\mathbf{V}_k$ is taken in the middle of layer $k$? And if it is taken at its left end, as in the lecture?

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true}
def heun(f, x, dt):
    slope = f(x)
    return x + dt / 2 * (slope + f(x + dt * slope))


def last_states(layer, layers, within):
    p, w = sampled(layers, within)
    return on_tape(layer, p, w)[3].value


# %% slideshow={"slide_type": "skip"}
evaluations = 2 ** np.arange(3, 9)
exact_end = last_states(midpoint, 2048, within=0.5)
schemes = {
    "Euler": [last_states(euler, N, within=0.5) for N in evaluations],
    "midpoint": [last_states(midpoint, N // 2, within=0.5) for N in evaluations],
    "Heun": [last_states(heun, N // 2, within=0.5) for N in evaluations],
    "midpoint, V at the left": [last_states(midpoint, N // 2, within=0.0) for N in evaluations],
}
scheme_errors = {name: [relative_error(end, exact_end) for end in ends] for name, ends in schemes.items()}

# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("E-schemes"):
    ax = plotting.panels(1)
    for (name, errors_of), style in zip(scheme_errors.items(), ("o-", "s-", "^-", "s--"), strict=True):
        ax.loglog(evaluations, errors_of, style, label=name)
    ax.set(xlabel="evaluations of $\\mathbf{V}\\sigma(\\mathbf{x}) + \\mathbf{b}$", title="relative error of $\\mathbf{x}(T)$")
    ax.legend()
    p, w = sampled(20)
    print("Euler's gradient by the tape is the library's to rounding:", end=" ")
    print(relative_error(gradient_on_tape(euler, p, w), p.cost_and_gradient(w)[1]) < 1e-13)
    plotting.show(ax, alt=(
        "Error over the number of evaluations, both axes logarithmic. Euler falls with slope -1; midpoint and Heun, at "
        "the same number of evaluations, with slope -2, more than fifty times lower at 256; midpoint with V at the left end "
        "of each layer has slope -1 and lies above Euler."
    ))

# %% [markdown] slideshow={"slide_type": "skip"}
# The order of *your* layer, with the weights in its middle. (Where it is not right yet, the library's stands in.)

# %% slideshow={"slide_type": "skip"}
heun_layer, errors_at_T = exercises.heun_layer.yours_or_library(my_heun_layer), []
for N in evaluations // 2:
    p, w = sampled(N, within=0.5)
    x = x_in
    for V, b in zip(w.V, w.b, strict=True):
        x = np.array(heun_layer(x, V, b, p.dt, np.tanh))
    errors_at_T.append(relative_error(x, exact_end))
orders = observed_order(1 / evaluations, errors_at_T)
whose = "your" if heun_layer is my_heun_layer else "the library's"
print(f"{whose} Heun layer has order", *(f"{order:.1f}" for order in orders))

# %% [markdown] slideshow={"slide_type": "notes"}
# At equal cost a midpoint network has half as many layers, and half as many weights. Its gradient is exact for its own $J$, and the adjoint that belongs to a Runge-Kutta method has that method's order, too (Sandu, 2006). Nobody says that a network has to be near an ODE: training looks for the weights that suit its scheme.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - A flow in the plane cannot take the disk out of the ring; more training points make its errors rarer, but do not end them. One more coordinate can, and so can three layers that fold the plane.
# - The chain rule on the grid is exact. Other ways back are, too, where they match the way forwards; the adjoint ODE with another scheme is not. Checkpoints save memory without an error.
# - With a running cost, points hurry to their targets and stay: more depth does nothing more. The rate is $\sqrt{w_1\lambda_{\min}/w_2}$, where all errors can be corrected.
# - Another scheme is another network. At equal cost the midpoint rule is nearer to the ODE than Euler, if each layer takes its weights in its middle; a tape gives its exact gradient.

# %% slideshow={"slide_type": "skip"}
exercises.progress()

# %% [markdown] slideshow={"slide_type": "notes"}
# **And now?** You have seen one idea four times: a network as an ODE (12.A), its derivative as another ODE backwards (12.B), both on a grid, exactly (12.C), and how far that carries (12.D and here). Take a data set of your own, at most some dozen coordinates and some thousand samples; write $\mathbf{x}_{\text{in}}$ and $\mathbf{y}_{\text{out}}$ as columns; predict what the network will get wrong; then train it.
#
# **Sources**
# - Dupont, Doucet, Teh: Augmented neural ODEs (2019).
# - Chen, Rubanova, Bettencourt, Duvenaud: Neural ordinary differential equations (2018). Hager: Runge-Kutta methods in optimal control and the transformed adjoint system (2000). Gholami, Keutzer, Biros: ANODE, unconditionally accurate memory-efficient gradients for neural ODEs (2019). Sandu: On the properties of Runge-Kutta discrete adjoints (2006). Sanz-Serna: Symplectic Runge-Kutta schemes for adjoint equations, automatic differentiation, optimal control, and more (2016). Onken, Ruthotto: Discretize-optimize vs. optimize-discretize for time-series regression and continuous normalizing flows (2020). Sander, Ablin, Peyré: Do residual neural networks discretize neural ordinary differential equations? (2022). Griewank, Walther: Algorithm 799, revolve (2000).
# - Ruiz-Balet, Zuazua: Neural ODE control for classification, approximation, and transport (2023). Esteve, Geshkovski, Pighin, Zuazua: Large-time asymptotics in deep learning (2020). Geshkovski, Zuazua: Turnpike in optimal control of PDEs, ResNets, and beyond (2022).
