# ---
# jupyter:
#   jupytext:
#     formats: notebooks///ipynb,notebooks/scripts///py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 12.A A deep residual network is Euler's method
#
# **You will be able to**
# - write a neural network with one hidden layer, a deep one and a residual one, each in a line of NumPy;
# - say why a hundred plain layers forget their input and a hundred residual layers do not;
# - read a residual network as the forward Euler method for an ordinary differential equation, the *neural ODE*, and measure how fast the two agree as the network gets deeper;
# - state what it means to train such a network, and see a trained one at work.
#
# **You need** matrices, the chain rule, Euler's method for $\dot x = f(t, x)$. **Time:** about 40 minutes.
#
# Run the cells from top to bottom with <kbd>Shift</kbd>+<kbd>Enter</kbd>. Where it says **Predict**, do: decide on an answer before you run the next cell.
# The small labels such as <small>A5</small> name a formula; the test with that name checks it.

# %%
import numpy as np
from scipy.integrate import solve_ivp

import neuralode_lib as node
from neuralode_lib import plotting, relu, tanh

plotting.use_style()

# %% [markdown]
# ## Sorting things: classification
#
# A classifier is given an object and says to which of a few classes it belongs. The classical example is handwriting: which digit is this?
# MNIST, the data set everyone starts with, has 60,000 images to learn from and 10,000 to be tested on, each of $28 \times 28$ grey values.
# scikit-learn brings a smaller sister of it along.

# %%
from sklearn.datasets import load_digits

digits = load_digits()
digits.images.shape, digits.data.shape

# %%
axes = plotting.panels(8, width=8, height=1.5)
for ax, image, digit in zip(axes, digits.images, digits.target, strict=False):
    ax.imshow(image, cmap="gray_r")
    ax.set_title(digit)
    ax.axis("off")
plotting.show(axes, alt=(
    "The handwritten digits 0 to 7, 8 x 8 grey values each; some are hard to read."
))

# %% [markdown]
# For us an image is a column of 64 numbers, a point $\textcolor{green}{\mathbf{x}_{\text{in}}} \in \mathbb{R}^{64}$. Classifying means: move it to a point
# $\textcolor{#b35900}{\mathbf{y}_{\text{out}}}$ that we have agreed on for its class. The whole lecture is about functions that do this, and about finding one that does it well.
# To see what happens we soon work with points in the plane instead of in $\mathbb{R}^{64}$; the formulas stay the same.

# %% [markdown]
# ## One hidden layer <small>A1</small>
#
# A neural network alternates two operations: a **linear map**, which mixes the entries of a vector, and a **nonlinear function** $\sigma$, which acts on each entry alone.
# With one hidden layer,
#
# $$\textcolor{#b35900}{\mathbf{y}} = \mathbf{V}\,\sigma(\mathbf{W}\textcolor{green}{\mathbf{x}} + \mathbf{c}) + \mathbf{b}.$$
#
# In the picture each line is an entry of $\mathbf{W}$ (left) or $\mathbf{V}$ (right), and each black node applies $\sigma$ to the sum of what arrives.

# %%
ax = plotting.network([2, 5, 2])
plotting.show(ax, alt=(
    "A network: 2 green input nodes, 5 black hidden nodes, 2 orange output nodes; "
    "each node is joined to all of the next layer."
))


# %%
def one_hidden_layer(x, W, c, V, b, sigma=np.tanh):
    return V @ sigma(W @ x + c) + b


# %% [markdown]
# Two choices of $\sigma$ will do for us: $\tanh$, which is smooth, and $\text{ReLU}(x) = \max(x, 0)$, which is cheap and has a kink at 0.
#
# **Predict.** A network with ReLU, $\mathbf{W} = \begin{pmatrix}1 & 1\\ 1 & -1\end{pmatrix}$, $\mathbf{c} = \mathbf{0}$, $\mathbf{V} = \begin{pmatrix}1 & 1\end{pmatrix}$, $b = 1$ is given $\mathbf{x} = (1, 2)^\top$. What comes out?

# %%
W, V = np.array([[1, 1], [1, -1]]), np.array([[1, 1]])
one_hidden_layer(np.array([1, 2]), W, 0, V, 1, relu.sigma)

# %% [markdown]
# $\mathbf{W}\mathbf{x} = (3, -1)$, ReLU cuts it to $(3, 0)$, and $3 + 0 + 1 = 4$. The second node is silent for this input, and any small change of it would go unnoticed. Remember this: it is why ReLU can be hard to train.

# %% [markdown]
# ## Wide enough, a network can be any function <small>A2</small>
#
# Given any *continuous* function on a *bounded and closed* set and any tolerance, there is a network with one hidden layer that stays within the tolerance everywhere on the set,
# if the layer may be as wide as it takes. Cybenko proved it in 1989 for S-shaped $\sigma$ such as $\tanh$; Leshno and others in 1993 for every $\sigma$ that is not a polynomial, ReLU included.
# The theorem promises that good weights exist. It does not say how many nodes are needed, nor how to find the weights.
#
# Let us watch it. We draw $\mathbf{W}$ and $\mathbf{c}$ at random and leave only $\mathbf{V}$ and $b$ to be found: that is linear least squares.

# %%
def f(x):
    return np.sin(6 * x) + np.abs(x)


x = np.linspace(-1, 1, 401)
rng = np.random.default_rng(1)
W, c = 6 * rng.standard_normal(256), 4 * rng.standard_normal(256)


# %%
def fit(width):
    features = np.column_stack([np.tanh(np.outer(x, W[:width]) + c[:width]), np.ones_like(x)])
    V_b, *_ = np.linalg.lstsq(features, f(x), rcond=1e-10)
    return features @ V_b


# %% [markdown]
# **Predict.** The width doubles from 2 to 256. Does the error fall every time? Does the corner of $|x|$ at 0 make trouble?

# %%
widths = 2 ** np.arange(1, 9)
error = np.array([np.sqrt(np.mean((fit(n) - f(x)) ** 2)) for n in widths])
print("width  root mean square error")
for n, e in zip(widths, error, strict=True):
    print(f"{n:5d}  {e:.1e}")

# %%
left, right = plotting.panels(2, width=11)
left.plot(x, f(x), color="0.7", lw=6, label="$f$")
for n, style in [(4, ":"), (8, "--"), (64, "-")]:
    left.plot(x, fit(n), style, label=f"width {n}")
left.legend(ncols=2)
right.loglog(widths, error, "o-")
right.set(xlabel="width of the hidden layer", ylabel="error")
plotting.show(left, alt=(
    "Left: f and fits of width 4, 8 and 64; the last one lies on f. Right: the error "
    f"falls from {error[0]:.1g} to {error[-1]:.0e}."
))

# %% [markdown]
# It falls every time: the narrower network is contained in the wider one (the first nodes are the same), so least squares can only gain. From width 64 on the gain is slower: what is left is the corner, which smooth functions can only round off.

# %% [markdown]
# ## Deep instead of wide <small>A3</small>
#
# Practice has preferred many layers to one very wide one. Here every layer has the same number $d$ of nodes, and the output of one is the input of the next:
#
# $$\mathbf{x}_0 = \textcolor{green}{\mathbf{x}_{\text{in}}},\qquad \mathbf{x}_k = \mathbf{V}_k\,\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k \quad (k = 1, \dots, K),\qquad \textcolor{#b35900}{\mathbf{y}} = \mathbf{x}_K.$$

# %%
ax = plotting.network([2, 2, 2, 2, 2, 2])
plotting.show(ax, alt=(
    "A deep network: six columns of two nodes, the first green, the last orange, each "
    "node joined to both nodes of the next column."
))


# %%
def plain(x, V, b, sigma=np.tanh):
    for V_k, b_k in zip(V, b, strict=True):
        x = V_k @ sigma(x) + b_k[:, None]
    return x


# %% [markdown]
# ## Why residual? <small>A4</small>
#
# Suppose the first layers have already done the job. A further plain layer must then do *nothing*, $\mathbf{V}\sigma(\mathbf{x}) + \mathbf{b} = \mathbf{x}$ for all $\mathbf{x}$, which no choice of $\mathbf{V}$ and $\mathbf{b}$ does for $\tanh$.
# So let a layer say only what it *changes*. That is a **residual network (ResNet)**:
#
# $$\mathbf{x}_0 = \textcolor{green}{\mathbf{x}_{\text{in}}},\qquad \mathbf{x}_k = \mathbf{x}_{k-1} + \mathbf{V}_k\,\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k,\qquad \textcolor{#b35900}{\mathbf{y}} = \mathbf{x}_K.$$
#
# Doing nothing is now the easiest thing of all: $\mathbf{V}_k = \mathbf{0}$, $\mathbf{b}_k = \mathbf{0}$.

# %%
ax = plotting.network([2, 2, 2, 2, 2, 2], residual=True)
plotting.show(ax, alt=(
    "The same deep network; a blue arrow leads over each layer from one column to the "
    "next: what comes in is added to what the layer computes."
))


# %%
def residual(x, V, b, sigma=np.tanh):
    for V_k, b_k in zip(V, b, strict=True):
        x = x + V_k @ sigma(x) + b_k[:, None]
    return x


# %% [markdown]
# Now send a circle of points through 100 layers of each kind, with the same random weights (the residual ones a tenth as large, as each only adds a little).
#
# **Predict.** What is left of the circle after 100 plain layers? And after 100 residual ones?

# %%
angle = np.linspace(0, 2 * np.pi, 60)
circle = np.array([np.cos(angle), np.sin(angle)])
V = rng.standard_normal((100, 2, 2)) / np.sqrt(2)
b = 0.1 * rng.standard_normal((100, 2))


# %%
def spread(x):
    return np.linalg.norm(x - x.mean(axis=1, keepdims=True), axis=0).max()


spread_plain = [spread(plain(circle, V[:k], b[:k])) for k in range(101)]
spread_residual = [spread(residual(circle, V[:k] / 10, b[:k] / 10)) for k in range(101)]
powers = np.log10(spread_plain[0] / spread_plain[100])
print(f"100 plain layers: {powers:.0f} powers of ten smaller")
print(f"100 residual layers: size {spread_residual[100]:.2f}")

# %%
left, right = plotting.panels(2, width=11)
left.semilogy(np.maximum(spread_plain, 1e-17), "--", label="plain")
left.semilogy(spread_residual, label="residual")
left.set(xlabel="layer $k$", ylabel="largest distance from the mean")
left.legend()
right.plot(*circle, ":", color="0.4", label="input")
right.plot(*plain(circle, V, b), "X", color=plotting.BLUE, label="after 100 plain layers")
image = residual(circle, V / 10, b / 10)
right.plot(*image, color=plotting.RED, label="after 100 residual layers")
right.set(aspect="equal", ylim=(-1.1, 1.9))
right.legend(loc="upper center")
plotting.show(left, alt=(
    "Left: the plain network shrinks the circle by many powers of ten, the residual "
    "one keeps its size. Right: the circle's image is one point (plain), a closed "
    "curve (residual)."
))

# %% [markdown]
# Each plain layer multiplies the size of the circle by some factor, and a hundred factors below 1 leave nothing: two different inputs can no longer be told apart, and no later layer brings the difference back.
# (With much larger weights the factors exceed 1 and neighbours are torn apart instead.) The factor of a residual layer is 1 plus something small. In training the same products of factors carry the *gradient* backwards, from the output to the first layers: where the signal dies, so does the gradient.

# %% [markdown]
# ## A residual network is an Euler method <small>A5, C3</small>
#
# Look at a residual layer once more and write the small change as a small number $\Delta t$ times something:
#
# $$\mathbf{x}_k = \mathbf{x}_{k-1} + \Delta t\,\bigl(\mathbf{V}(t_{k-1})\,\sigma(\mathbf{x}_{k-1}) + \mathbf{b}(t_{k-1})\bigr).$$
#
# This is forward Euler, with step $\Delta t = T/K$, for the **neural ODE**
#
# $$\mathbf{x}(0) = \textcolor{green}{\mathbf{x}_{\text{in}}},\qquad \dot{\mathbf{x}}(t) = \mathbf{V}(t)\,\sigma(\mathbf{x}(t)) + \mathbf{b}(t),\qquad \textcolor{#b35900}{\mathbf{y}} = \mathbf{x}(T).$$
#
# The layer number has become time, the list of weight matrices a function $\mathbf{V}(t)$, and the network's output the state at the final time. Take some smooth weights:

# %%
def V(t):
    return np.array([[np.cos(3 * t), -4.0], [3.0, np.sin(2 * t)]])


def b(t):
    return np.array([np.sin(t), -1.0])


# %%
def sampled(N_T, T=1.0):
    t = np.linspace(0, T, N_T)[:-1]
    return node.Weights([V(s) for s in t], [b(s) for s in t])


# %% [markdown]
# The library's `forward` is Euler's method; `residual` is the network from above. With $K$ layers there are $N_T = K + 1$ grid points, and the network's weights are $\Delta t\,\mathbf{V}(t)$ and $\Delta t\,\mathbf{b}(t)$.

# %%
K = 20
dt, weights = 1 / K, sampled(N_T=K + 1)
x = node.forward(weights, circle, dt, tanh)
y = residual(circle, dt * weights.V, dt * weights.b)
print("states:", x.shape, " the same output to rounding:", np.abs(x[-1] - y).max() < 1e-14)

# %% [markdown]
# > **Mind the index.** In the network, the slides let the layer $\mathbf{V}_k$ *produce* $\mathbf{x}_k$. On the time grid of 12.C, $\mathbf{V}_k$ is the value at the time $t_k$ from which the step *starts*, so it *leaves* $\mathbf{x}_k$: $\mathbf{x}_{k+1} = \mathbf{x}_k + \Delta t(\mathbf{V}_k\sigma(\mathbf{x}_k) + \mathbf{b}_k)$.
# > There the count starts at $k = 1$ too, where the network's started at 0. And the network's matrix is $\Delta t$ times the ODE's.
# > Python counts from 0: `x[0]` is the input, `V[k]` leads from `x[k]` to `x[k + 1]`.

# %% [markdown]
# ## One step is second order, all steps together are first order <small>A5</small>
#
# Euler follows the tangent for a time $\Delta t$, then looks again. What it misses in one step (the *local* error) is $\tfrac12 \Delta t^2 \ddot{\mathbf{x}}$ and smaller. What is wrong at the end (the *global* error) is what all the steps have missed, carried on to $T$.
#
# For the true solution we ask SciPy, at a tolerance close to rounding.

# %%
def rate(t, x):
    return V(t) @ np.tanh(x) + b(t)


def exact(x_in, T):
    return solve_ivp(rate, [0, T], x_in, rtol=1e-12, atol=1e-12).y[:, -1]


x_in = np.array([0.5, -0.3])


def euler(K, steps, T=1.0):
    return node.forward(sampled(K + 1, T), x_in[:, None], T / K, tanh)[steps, :, 0]


# %%
t = np.linspace(0, 1, 200)
path = solve_ivp(rate, [0, 1], x_in, t_eval=t, rtol=1e-10).y
ax = plotting.panels(1, width=6, height=5)
ax.plot(*path, color="0.7", lw=6, label="neural ODE")
for K, style in [(4, "o--"), (16, "s-")]:
    ax.plot(*euler(K, slice(None)).T, style, label=f"ResNet, {K} layers")
ax.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
ax.legend()
plotting.show(ax, alt=(
    "A curve in the plane, the ODE's solution; polygons of 4 and 16 straight pieces "
    "follow it, the finer one closely, the coarse one runs outside of it."
))

# %% [markdown]
# **Predict.** The number of layers doubles. By what factor does the error of one step fall, and by what factor the error at $T = 1$?

# %%
K = 2 ** np.arange(3, 11)
local_error = [np.linalg.norm(euler(n, 1) - exact(x_in, 1 / n)) for n in K]
global_error = [np.linalg.norm(euler(n, -1) - exact(x_in, 1)) for n in K]
print("observed order of one step:", node.verify.observed_order(1 / K, local_error).round(2))
print("observed order at T = 1:   ", node.verify.observed_order(1 / K, global_error).round(2))

# %%
errors = {"one step": local_error, "at T = 1": global_error}
ax = plotting.convergence(1 / K, errors, order={"one step": 2, "at T = 1": 1})
plotting.show(ax, alt=(
    "Errors against the step, both logarithmic: one step falls with slope 2, the "
    "error at T = 1 with slope 1."
))

# %% [markdown]
# One step errs a quarter as much, but twice as many are needed: $2 \cdot \tfrac14 = \tfrac12$. A deeper network is a more exact solution of *the same* ODE: the error at $T$ is of **order 1**.
#
# That needs weights that change slowly from layer to layer. Stack layers with unrelated weights and there is no ODE to converge to (Sander, Ablin and Peyré, 2022, show what trained networks do):

# %%
print("layers  smooth weights    unrelated weights")
for n in (50, 100, 200, 400):
    unrelated = node.Weights.random(n + 1, 2, scale=np.sqrt(n), rng=rng)
    outputs = euler(n, -1), node.forward(unrelated, x_in[:, None], 1 / n, tanh)[-1, :, 0]
    print(f"{n:6d}", *(f"  ({x[0]:6.2f}, {x[1]:6.2f})" for x in outputs))

# %% [markdown]
# ## What training means <small>A6, A7</small>
#
# How do we find $\mathbf{V}(t)$ and $\mathbf{b}(t)$? From examples: pairs $(\textcolor{green}{\mathbf{x}_{\text{in}}^i}, \textcolor{#b35900}{\mathbf{y}_{\text{out}}^i})$, $i = 1, \dots, I$, of an input and the output we want for it. All samples travel with the *same* weights. The **cost** of a choice of weights is
#
# $$J(\mathbf{V}, \mathbf{b}) = \underbrace{\frac12 \sum_{i=1}^I \bigl|\mathbf{x}^i(T) - \textcolor{#b35900}{\mathbf{y}_{\text{out}}^i}\bigr|^2}_{\text{terminal: be there at the end}} + \underbrace{\frac{w_1}{2} \sum_{i=1}^I \int_0^T \bigl|\mathbf{x}^i(t) - \textcolor{#b35900}{\mathbf{y}_{\text{out}}^i}\bigr|^2 dt}_{\text{running: go there directly}} + \underbrace{\frac{w_2}{2} \int_0^T \bigl(\|\mathbf{V}(t)\|_F^2 + |\mathbf{b}(t)|^2\bigr)\,dt}_{\text{weights: do not shout}}$$
#
# and training means to make it small. $\|\mathbf{V}\|_F$ is the Frobenius norm: all entries squared, summed, and the root taken, as if the matrix were a long vector.

# %%
M = V(0.7)
print(f"root of the sum of squares {np.sqrt(np.sum(M**2)):.12f}")
print(f"root of trace(M^T M)       {np.sqrt(np.trace(M.T @ M)):.12f}")

# %% [markdown]
# On the grid the integrals become sums, and $J$ an ordinary function of finitely many numbers (12.C goes through it term by term). Is it a good stand-in for the integral? We compare with SciPy, which solves for the state and both integrals at once.

# %%
w1, w2 = 1.0, 0.1
y_out = np.array([2.0, 1.0])


def rates(t, z):
    x = z[:2]
    running = w1 / 2 * np.sum((x - y_out) ** 2)
    penalty = w2 / 2 * (np.sum(V(t) ** 2) + np.sum(b(t) ** 2))
    return [*rate(t, x), running + penalty]


x1, x2, integrals = solve_ivp(rates, [0, 1], [*x_in, 0], rtol=1e-12, atol=1e-12).y[:, -1]
J_continuous = np.sum(([x1, x2] - y_out) ** 2) / 2 + integrals


# %%
def J_discrete(K):
    problem = node.TrainingProblem(x_in[:, None], y_out[:, None], 1.0, K + 1, w1, w2, tanh)
    return problem.cost(sampled(K + 1))


error = [abs(J_discrete(n) - J_continuous) for n in K]
print(f"continuous J = {J_continuous:.4f}, discrete J with {K[-1]} layers {J_discrete(K[-1]):.4f}")
print("observed order:", node.verify.observed_order(1 / K, error).round(2))

# %% [markdown]
# Order 1 again: the discrete $J$ is as good as the Euler states in it.

# %% [markdown]
# ## The lecture's example <small>A8</small>
#
# Half of 64 points lie in a small disk (blue circles; they shall go to $(0, 1)$), half on a ring round it (red squares; they shall go to $(2, 1)$). No straight line separates them.

# %%
data = node.disk_in_ring()
ax = plotting.points(data.x_in, data.label, title="$t = 0$")
plotting.show(ax, alt=(
    "32 blue circles in a disk of radius 0.4 round the origin, 32 red squares in a "
    "ring from 0.8 to 1.2; a blue cross at (0, 1), a red one at (2, 1)."
))

# %% [markdown]
# **Predict.** With $\mathbf{V} = \mathbf{0}$ and $\mathbf{b} = \mathbf{0}$ nothing moves. Which of the three terms of $J$ is zero then, and which is the largest?

# %%
problem = node.TrainingProblem(
    data.x_in, data.y_out, T=1.0, N_T=101, w1=0.01, w2=0.01, activation=relu
)
untrained = node.Weights.zeros(problem.N_T, problem.d)
print(problem)
print("terminal {:.2f}, running {:.2f}, weights {:.2f}".format(*problem.cost_terms(untrained)))

# %% [markdown]
# Now we let the computer look for weights with a small $J$. How it does that is what 12.B and 12.C are about; here we only want to see the result. (A second or two.)

# %%
trained = node.train(problem, iterations=2000)
trained

# %%
x = problem.states(trained.weights)
axes = plotting.states(x, data.label, problem.t, [0, 0.25, 0.5, 0.75, 1])
plotting.show(axes, alt=(
    "The points at t = 0, 0.25, 0.5, 0.75, 1: the disk slips out of the ring through "
    "a gap, and at the end each class sits at its own cross."
))

# %%
correct = node.nearest_target(x[-1]) == data.label
ax = plotting.points(x[-1], data.label, title="$t = 1$")
plotting.show(ax, alt=(
    "At t = 1 the blue points lie in a short line near (0, 1), the red ones near (2, "
    f"1): {correct.sum()} of 64 are nearest to their own cross."
))

# %%
print(f"{correct.sum()} of {len(correct)} points end nearest to their own target")

# %% [markdown]
# Every point ends near its own target, blue ones and red ones in short lines, although all of them obey one and the same ODE. Look at $t = 0.25$ and $t = 0.5$ again: the ring opens, and the disk leaves through the gap. Could it do without a gap? 12.C comes back to that.

# %% [markdown]
# ## Summary
#
# - One hidden layer: $\mathbf{y} = \mathbf{V}\sigma(\mathbf{W}\mathbf{x} + \mathbf{c}) + \mathbf{b}$; wide enough, it approximates any continuous function on a compact set.
# - Deep: $\mathbf{x}_k = \mathbf{V}_k\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k$; a hundred such layers forget their input. Residual: $\mathbf{x}_k = \mathbf{x}_{k-1} + \mathbf{V}_k\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k$; these do not.
# - A residual network is forward Euler for $\dot{\mathbf{x}} = \mathbf{V}(t)\sigma(\mathbf{x}) + \mathbf{b}(t)$, its matrices are $\Delta t\,\mathbf{V}(t)$; with weights that vary smoothly the error at $T$ is of order 1.
# - Training means to minimise $J$: be at the target at the end, go there directly, with small weights.
#
# **Next:** [12.B](12b_sensitivity_and_adjoint.ipynb) asks how $J$ changes when the weights do, and gets all the derivatives at the price of one more ODE.
