# %% [markdown] slideshow={"slide_type": "slide"}
# # 12.A A deep residual network is Euler's method
#
# **You will be able to**
# - write a neural network with one hidden layer, a deep one and a residual one, each in a line or two of NumPy;
# - compare what a hundred plain layers and a hundred residual layers do to their input;
# - read a residual network as the forward Euler method for an ordinary differential equation, the *neural ODE*, and measure how fast the two agree as the network gets deeper;
# - state what it means to train such a network, and see a trained one at work.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** matrices, the chain rule, Euler's method for $\dot x = f(t, x)$. **Time:** about 60 minutes.
#
# First clear the stored results (*Edit ▸ Clear Outputs of All Cells*), then run the cells from top to bottom with <kbd>Shift</kbd>+<kbd>Enter</kbd>. Where it says **Predict**, do: decide on an answer before you run the next cell. At a **Quiz** click on one letter or several (more than one may be right), then on *Check*.
# A small label such as <small>A5</small> is the name of a formula; the test of that name checks it.

# %% slideshow={"slide_type": "skip"}
import numpy as np
from scipy.integrate import solve_ivp

import neuralode_lib as node
from neuralode_lib import exercises, explore, plotting, quiz, relu, tanh

plotting.use_style()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Sorting things: classification
#
# A classifier is given an object and says to which of a few classes it belongs.

# %% [markdown] slideshow={"slide_type": "notes"}
# The classical example is handwriting: which digit is this?
# MNIST, the data set everyone starts with, has 60,000 images to learn from and 10,000 to be tested on, each of $28 \times 28$ grey values.
# scikit-learn includes a smaller set of the same kind.

# %% slideshow={"slide_type": "skip"}
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
# For us an image is a column of 64 numbers, a point $\mathbf{x}_{\text{in}} \in \mathbb{R}^{64}$. Classifying means: move it to a point
# $\mathbf{y}_{\text{out}}$ that we have agreed on for its class.

# %% [markdown] slideshow={"slide_type": "notes"}
# The whole lecture is about functions that do this, and about finding one that does it well.
# To see what happens we soon work with points in the plane instead of $\mathbb{R}^{64}$; the formulas stay the same.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One hidden layer <small>A1</small>

# %% [markdown] slideshow={"slide_type": "notes"}
# A neural network alternates two operations: a **linear map**, which mixes the entries of a vector, and a **nonlinear function** $\sigma$, which acts on each entry alone.
# With one hidden layer,

# %% [markdown]
# $$\mathbf{y} = \mathbf{V}\,\sigma(\mathbf{W}\mathbf{x} + \mathbf{c}) + \mathbf{b}.$$

# %% [markdown] slideshow={"slide_type": "notes"}
# The picture has a green node for each input and an orange one for each output. Each line is an entry of $\mathbf{W}$ (left) or $\mathbf{V}$ (right), and each black node applies $\sigma$ to the sum of what arrives.

# %%
ax = plotting.network([2, 5, 2])
plotting.show(ax, alt=(
    "A network: 2 green input nodes, 5 black hidden nodes, 2 orange output nodes; "
    "each node is joined to all of the next layer."
))


# %%
def one_hidden_layer(x, W, c, V, b, sigma=np.tanh):
    return V @ sigma(W @ x + c) + b


# %% [markdown] slideshow={"slide_type": "subslide"}
# Two choices of $\sigma$ will do for us: $\tanh$, which is smooth, and $\text{ReLU}(x) = \max(x, 0)$, which is cheap and has a kink at 0.
#
# **Predict.** A network with ReLU, $\mathbf{W} = \begin{pmatrix}1 & 1\\ 1 & -1\end{pmatrix}$, $\mathbf{c} = \mathbf{0}$, $\mathbf{V} = \begin{pmatrix}1 & 1\end{pmatrix}$, $b = 1$ is given $\mathbf{x} = (1, 2)^\top$. What comes out?

# %% slideshow={"slide_type": "fragment"}
W = np.array([[1, 1], [1, -1]])
one_hidden_layer(np.array([1, 2]), W, 0, np.array([[1, 1]]), 1, relu.sigma)

# %% [markdown]
# $\mathbf{W}\mathbf{x} = (3, -1)$, ReLU cuts it to $(3, 0)$, and $3 + 0 + 1 = 4$.

# %% [markdown] slideshow={"slide_type": "notes"}
# The second node is silent for this input: change $\mathbf{W}$ or $\mathbf{x}$ a little, and it still says 0.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Wide enough, a network comes close to any function <small>A2</small>
#
# Given any *continuous* function on a *bounded and closed* set and any tolerance, there is a network with one hidden layer that stays within the tolerance everywhere on the set,
# if the layer may be as wide as it takes.

# %% [markdown] slideshow={"slide_type": "notes"}
# Cybenko proved it in 1989 for S-shaped $\sigma$ such as $\tanh$; Leshno and others in 1993 for every continuous $\sigma$ that is not a polynomial, ReLU included.
# The theorem promises that good weights exist. It does not say how many nodes are needed, nor how to find the weights.

# %% [markdown]
# Let us watch it at work. We draw $\mathbf{W}$ and $\mathbf{c}$ at random and leave only $\mathbf{V}$ and $b$ to be found: that is linear least squares.

# %% slideshow={"slide_type": "skip"}
def f(x):
    return np.sin(6 * x) + np.abs(x)


grid = np.linspace(-1, 1, 401)
rng = np.random.default_rng(1)
W, c = 6 * rng.standard_normal(256), 4 * rng.standard_normal(256)


# %%
def fit(width):
    hidden = np.tanh(np.outer(grid, W[:width]) + c[:width])
    features = np.column_stack([hidden, np.ones_like(grid)])
    V_b, *_ = np.linalg.lstsq(features, f(grid), rcond=1e-10)
    return features @ V_b


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** The width doubles from 2 to 256. Does the error fall every time? Where on the curve is the last bit of error?

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
widths = 2 ** np.arange(1, 9)
error = [np.sqrt(np.mean((fit(n) - f(grid)) ** 2)) for n in widths]
print("width  root mean square error")
for n, e in zip(widths, error, strict=True):
    print(f"{n:5d}  {e:.1e}")

# %% slideshow={"slide_type": "subslide"}
left, right = plotting.panels(2, width=11)
left.plot(grid, f(grid), color="0.7", lw=6, label="$f$")
for n, style in [(4, ":"), (8, "--"), (64, "-")]:
    left.plot(grid, fit(n), style, label=f"width {n}")
left.set_ylim(-1, 3.4)
left.legend(ncols=2)
right.plot(grid, fit(64) - f(grid))
right.set_title("what width 64 still misses")
plotting.show(left, alt=(
    "Left: f and fits of width 4, 8 and 64; the last lies on f. Right: the rest at "
    "width 64 is a few thousandths, largest at x = 0."
))

# %% [markdown] slideshow={"slide_type": "notes"}
# It falls every time: the narrower network is contained in the wider one (its nodes are the first ones there), so least squares can only gain. From width 16 on it falls more slowly.

# %% [markdown]
# What is left sits at $x = 0$: the corner of $|x|$, which smooth functions can only round off.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict, then move.** A function without a corner, or one that jumps: does the error fall faster or more slowly then? And what do the fits look like with ReLU?

# %%
explore.width()

# %% slideshow={"slide_type": "subslide"}
ax = explore.width(64, "a jump").axes
plotting.show(ax, alt=(
    "Left: a function that jumps from -1 to 1, and its fit of width 64, which "
    "overshoots on both sides of the jump. Right: the error falls slowly with the "
    "width, to about a tenth."
))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Deep instead of wide <small>A3</small>

# %% [markdown] slideshow={"slide_type": "notes"}
# Practice has preferred many layers to one very wide one. Each layer takes the output of the one before:

# %% [markdown]
# $$\mathbf{x}_0 = \mathbf{x}_{\text{in}},\qquad \mathbf{x}_k = \mathbf{V}_k\,\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k \quad (k = 1, \dots, K),\qquad \mathbf{y} = \mathbf{x}_K.$$

# %% [markdown] slideshow={"slide_type": "notes"}
# Here $\sigma$ comes first, also on the input, and the $\mathbf{V}$ of one layer plays the part of $\mathbf{W}$ for the next. All layers have the same number $d$ of nodes, so all $\mathbf{V}_k$ are square, $d \times d$.

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


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Two layers, ReLU, both with the matrix $\mathbf{W}$ from above and $\mathbf{b}_k = \mathbf{0}$. What becomes of $(1, 2)^\top$?

# %% slideshow={"slide_type": "fragment"}
W = np.array([[1, 1], [1, -1]])
plain(np.array([[1], [2]]), [W, W], np.zeros((2, 2)), relu.sigma)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why residual? <small>A4</small>

# %% [markdown] slideshow={"slide_type": "notes"}
# Suppose the first layers have already done the job. A further plain layer must then do *nothing*, $\mathbf{V}\sigma(\mathbf{x}) + \mathbf{b} = \mathbf{x}$ for all $\mathbf{x}$. With $\tanh$ no choice of $\mathbf{V}$ and $\mathbf{b}$ does that: $\tanh$ is bounded and $\mathbf{x}$ is not.

# %% [markdown]
# So let a layer say only what it *changes*. That is a **residual network (ResNet)**:
#
# $$\mathbf{x}_0 = \mathbf{x}_{\text{in}},\qquad \mathbf{x}_k = \mathbf{x}_{k-1} + \mathbf{V}_k\,\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k,\qquad \mathbf{y} = \mathbf{x}_K.$$
#
# Doing nothing is now the easiest thing of all: $\mathbf{V}_k = \mathbf{0}$, $\mathbf{b}_k = \mathbf{0}$.

# %%
ax = plotting.network([2, 2, 2, 2, 2, 2], residual=True)
plotting.show(ax, alt=(
    "The same deep network; a blue arrow leads over each layer from one column to the "
    "next: what comes in is added to what the layer computes."
))


# %% slideshow={"slide_type": "subslide"}
def residual(x, V, b, sigma=np.tanh):
    for V_k, b_k in zip(V, b, strict=True):
        x = x + V_k @ sigma(x) + b_k[:, None]
    return x


residual(np.array([[1], [2]]), [W, W], np.zeros((2, 2)), relu.sigma)

# %% [markdown]
# The same two layers as before, and another result: $(1, 2) + (3, -1) = (4, 1)$, and $(4, 1) + (5, 3) = (9, 4)$.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now send a circle of points through 100 layers of each kind, with random weights.
#
# **Predict.** What is left of the circle after 100 plain layers? And after 100 residual ones?

# %% slideshow={"slide_type": "skip"}
angle = np.linspace(0, 2 * np.pi, 60)
circle = np.array([np.cos(angle), np.sin(angle)])
Vs = rng.standard_normal((100, 2, 2)) / np.sqrt(2)
bs = 0.1 * rng.standard_normal((100, 2))


def size(x):
    return np.linalg.norm(x - x.mean(axis=1, keepdims=True), axis=0).max()


# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
for name, network in [("plain", plain), ("residual", residual)]:
    for factor in (1, 0.1):
        after = size(network(circle, factor * Vs, factor * bs))
        shown = f"{after:.1g}" if after > 1e-15 else "less than 1e-15"
        print(f"{name:8s} weights times {factor:<3g}: size 1 becomes {shown}")

# %% slideshow={"slide_type": "skip"}
small_V, small_b, k = Vs / 10, bs / 10, range(101)
plain_size = [size(plain(circle, Vs[:n], bs[:n])) for n in k]
residual_size = [size(residual(circle, small_V[:n], small_b[:n])) for n in k]

# %% slideshow={"slide_type": "subslide"}
left, right = plotting.panels(2, width=11)
left.semilogy(k, plain_size, "--", label="plain")
left.semilogy(k, residual_size, label="residual")
left.set(xlabel="layer $k$", ylabel="size of the circle's image")
left.legend()
right.plot(*circle, ":", color="0.4", label="input")
right.plot(*plain(circle, Vs, bs), "X", label="100 plain layers")
right.plot(*residual(circle, small_V, small_b), label="100 residual layers")
right.set(aspect="equal", ylim=(-1.1, 1.9))
right.legend(loc="upper center")
plotting.show(left, alt=(
    "Left: the plain network shrinks the circle by ten powers of ten, the residual one "
    "keeps its size. Right: one point (plain), a closed curve (residual)."
))

# %% [markdown] slideshow={"slide_type": "notes"}
# Each plain layer multiplies the size of the circle by some factor, here below 1 on average, and of a hundred of them nothing is left: in single precision, in which networks are usually trained, all points would be the same number, and no later layer brings the difference back. Smaller weights make it worse.
# The residual layers, with the weights a tenth as large (each only adds a little), bend the circle and keep its size; their factor is 1 plus something small.

# %% [markdown]
# In training the same products of factors carry the *gradient* back from the output to the first layers: where the signal dies, so does the gradient.

# %% slideshow={"slide_type": "subslide"}
quiz.question("A-zero")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A residual network is an Euler method <small>C3, A5</small>
#
# Look at a residual layer once more, and write the small change as a small number $\Delta t$ times something. With $t_k = k\,\Delta t$,
#
# $$\mathbf{x}_k = \mathbf{x}_{k-1} + \Delta t\,\bigl(\mathbf{V}(t_{k-1})\,\sigma(\mathbf{x}_{k-1}) + \mathbf{b}(t_{k-1})\bigr).$$
#
# This is forward Euler, with step $\Delta t = T/K$, for the **neural ODE**
#
# $$\mathbf{x}(0) = \mathbf{x}_{\text{in}},\qquad \dot{\mathbf{x}}(t) = \mathbf{V}(t)\,\sigma(\mathbf{x}(t)) + \mathbf{b}(t),\qquad \mathbf{y} = \mathbf{x}(T).$$
#
# The layer number has become time, the list of weight matrices a function $\mathbf{V}(t)$, and the network's output the state at the final time.

# %% [markdown] slideshow={"slide_type": "notes"}
# Take some smooth weights, and sample them for a network with $K$ layers:

# %% slideshow={"slide_type": "skip"}
def V(t):
    return np.array([[np.cos(3 * t), -4.0], [3.0, np.sin(2 * t)]])


def b(t):
    return np.array([np.sin(t), -1.0])


# %% slideshow={"slide_type": "skip"}
def sampled(layers, T=1.0):
    t = np.linspace(0, T, layers + 1)[:-1]
    return node.Weights([V(s) for s in t], [b(s) for s in t])


# %% slideshow={"slide_type": "subslide"}
quiz.question("A-scale")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The library's `forward` is Euler's method; `residual` is the network from above. $K$ layers lie between $N_T = K + 1$ grid points, and the network's weights are $\Delta t\,\mathbf{V}(t_{k-1})$ and $\Delta t\,\mathbf{b}(t_{k-1})$.

# %%
K = 20
dt, weights = 1 / K, sampled(K)
x = node.forward(weights, circle, dt, tanh)
output = residual(circle, dt * weights.V, dt * weights.b)
print("states:", x.shape)
print("the same output to rounding:", np.abs(x[-1] - output).max() < 1e-14)

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Mind the index.** In the network of the slides the layer $\mathbf{V}_k$ *produces* $\mathbf{x}_k$, and the states count from 0. On the time grid of 12.C the states count from 1, and $\mathbf{V}_k = \mathbf{V}(t_k)$ belongs to the time from which the step *starts*, so it *leaves* $\mathbf{x}_k$: $\mathbf{x}_{k+1} = \mathbf{x}_k + \Delta t(\mathbf{V}_k\sigma(\mathbf{x}_k) + \mathbf{b}_k)$. And the network's matrix is $\Delta t$ times the ODE's.
# > In Python `x[0]` is the input, and `V[k]` leads from `x[k]` to `x[k + 1]`.

# %% slideshow={"slide_type": "subslide"}
quiz.question("A-index")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How good is Euler? <small>A5</small>
#
# Euler follows the tangent for a time $\Delta t$, then looks again.

# %% [markdown] slideshow={"slide_type": "notes"}
# What it misses in one step (the *local* error) is $\tfrac12\Delta t^2\,\ddot{\mathbf{x}}$, and terms of higher order. What is wrong at the end (the *global* error) is what all the steps have missed, carried on to $T$.
#
# For the true solution we ask SciPy, at a tolerance close to rounding.

# %% slideshow={"slide_type": "skip"}
def rate(t, x):
    return V(t) @ np.tanh(x) + b(t)


def exact(x_in, T):
    return solve_ivp(rate, [0, T], x_in, rtol=1e-12, atol=1e-12).y[:, -1]


# %% slideshow={"slide_type": "skip"}
x_in = np.array([0.5, -0.3])


def euler(layers, T=1.0):
    return node.forward(sampled(layers, T), x_in[:, None], T / layers, tanh)[:, :, 0]


# %%
path = solve_ivp(rate, [0, 1], x_in, t_eval=np.linspace(0, 1, 200), rtol=1e-10).y
ax = plotting.panels(1, height=5)
ax.plot(*path, color="0.7", lw=6, label="neural ODE")
for K, style in [(4, "o--"), (16, "s-"), (64, ".:")]:
    ax.plot(*euler(K).T, style, label=f"ResNet, {K} layers")
ax.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plotting.show(ax, alt=(
    "A curve in the plane, the ODE's solution, and polygons of 4, 16 and 64 pieces. "
    "All run outside of the curve, the finer the closer; at 64 it is just visible."
))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** The number of layers doubles. By what factor does the error of *one step* fall, and by what factor the error at $T = 1$?
#
# (The *observed order* below is the $p$ in error $\approx C\,\Delta t^p$: how often the error is halved when $\Delta t$ is halved.)

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
layers = 2 ** np.arange(3, 11)
local_error = [np.linalg.norm(euler(K)[1] - exact(x_in, 1 / K)) for K in layers]
global_error = [np.linalg.norm(euler(K)[-1] - exact(x_in, 1)) for K in layers]
print("observed order of one step:", node.verify.observed_order(1 / layers, local_error).round(2))
print("observed order at T = 1:   ", node.verify.observed_order(1 / layers, global_error).round(2))

# %% slideshow={"slide_type": "subslide"}
errors = {"one step": local_error, "at T = 1": global_error}
ax = plotting.convergence(1 / layers, errors, order={"one step": 2, "at T = 1": 1})
plotting.show(ax, alt=(
    "Errors against the step, both logarithmic: one step falls with slope 2, the error "
    "at T = 1 with slope 1."
))

# %% [markdown]
# The error of one step falls to a quarter, but twice as many steps are needed: $2 \cdot \tfrac14 = \tfrac12$.

# %% [markdown] slideshow={"slide_type": "notes"}
# A deeper network is a more exact solution of *the same* ODE, and the error at $T$ is of **order 1**.

# %% [markdown] slideshow={"slide_type": "subslide"}
# That needs weights that change slowly from layer to layer. If they have nothing to do with each other, there is no ODE to converge to.

# %% [markdown] slideshow={"slide_type": "notes"}
# (Below each depth is drawn twice. The weights grow like $\sqrt K$, so that $K$ independent kicks of size $\sqrt K\,\Delta t = 1/\sqrt K$ add up to something; at fixed size they would average out.)

# %% tags=["no-code"]
print("layers  smooth weights    unrelated weights, two draws")
for K in (50, 100, 200, 400):
    unrelated = [node.Weights.random(K + 1, 2, scale=np.sqrt(K), rng=rng) for _ in range(2)]
    outputs = [node.forward(w, x_in[:, None], 1 / K, tanh)[-1, :, 0] for w in unrelated]
    print(f"{K:6d}", *(f"  ({x1:6.2f}, {x2:6.2f})" for x1, x2 in [euler(K)[-1], *outputs]))

# %% [markdown] slideshow={"slide_type": "notes"}
# (When training leads to weights that are smooth in depth is the subject of Sander, Ablin and Peyré, 2022. In 12.C we look at ours.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict, then move.** A single layer is a single step along the first tangent: where does it end? From how many layers on is the observed order close to 1, and which of the weights need the most?

# %%
explore.euler()

# %% slideshow={"slide_type": "subslide"}
explore.euler(layers=1)

# %% slideshow={"slide_type": "subslide"}
quiz.question("A-order")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What training means <small>A6, A7</small>
#
# Where do the weights come from? From examples: pairs $(\mathbf{x}_{\text{in}}^i, \mathbf{y}_{\text{out}}^i)$, $i = 1, \dots, I$, of an input and the output we want for it. All samples travel with the *same* weights. The **cost** of a choice of weights is
#
# $$J(\mathbf{V}, \mathbf{b}) = \underbrace{\frac12 \sum_{i=1}^I \bigl|\mathbf{x}^i(T) - \mathbf{y}_{\text{out}}^i\bigr|^2}_{\text{terminal: be there at the end}} + \underbrace{\frac{w_1}{2} \sum_{i=1}^I \int_0^T \bigl|\mathbf{x}^i(t) - \mathbf{y}_{\text{out}}^i\bigr|^2 dt}_{\text{running: go there directly}} + \underbrace{\frac{w_2}{2} \int_0^T \bigl(\|\mathbf{V}(t)\|_F^2 + |\mathbf{b}(t)|^2\bigr)\,dt}_{\text{weights: keep them small}}$$

# %% [markdown] slideshow={"slide_type": "notes"}
# and training means to make it small. $\|\mathbf{V}\|_F = \sqrt{\operatorname{trace}(\mathbf{V}^\top\mathbf{V})}$ is the Frobenius norm: all entries squared, summed, and the root taken, as if the matrix were a long vector.

# %% slideshow={"slide_type": "skip"}
M = V(0.7)
print(f"root of trace(M^T M)       {np.sqrt(np.trace(M.T @ M)):.12f}")
print(f"root of the sum of squares {np.sqrt(np.sum(M**2)):.12f}")

# %% slideshow={"slide_type": "subslide"}
quiz.question("A-frobenius")

# %% [markdown] slideshow={"slide_type": "subslide"}
# On the grid the integrals become sums, and $J$ an ordinary function of finitely many numbers (12.C goes through it term by term). Is it a good stand-in for the integral?

# %% [markdown] slideshow={"slide_type": "notes"}
# We compare with SciPy, for one sample: it solves for the state and the integrals at once.

# %% slideshow={"slide_type": "skip"}
w1, w2, y_out = 1.0, 0.1, np.array([2.0, 1.0])


def rates(t, z):
    x = z[:2]
    running = w1 / 2 * np.sum((x - y_out) ** 2)
    penalty = w2 / 2 * (np.sum(V(t) ** 2) + np.sum(b(t) ** 2))
    return [*rate(t, x), running + penalty]


# %% slideshow={"slide_type": "skip"}
x1, x2, integrals = solve_ivp(rates, [0, 1], [*x_in, 0], rtol=1e-12, atol=1e-12).y[:, -1]
J_continuous = np.sum(([x1, x2] - y_out) ** 2) / 2 + integrals


# %% tags=["no-code"]
def J_discrete(K):
    problem = node.TrainingProblem(x_in[:, None], y_out[:, None], 1.0, K + 1, w1, w2, tanh)
    return problem.cost(sampled(K))


error = [abs(J_discrete(K) - J_continuous) for K in layers]
print(f"continuous J = {J_continuous:.4f}, with {layers[-1]} layers {J_discrete(layers[-1]):.4f}")
print("observed order:", node.verify.observed_order(1 / layers, error).round(2))

# %% [markdown]
# Order 1 again: the discrete $J$ is as good as the Euler states in it.

# %% [markdown] slideshow={"slide_type": "slide"}
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

# %% [markdown] slideshow={"slide_type": "subslide"}
# We take 100 layers, $w_1 = w_2 = 0.01$ and ReLU.
#
# **Predict.** With $\mathbf{V} = \mathbf{0}$ and $\mathbf{b} = \mathbf{0}$ nothing moves. Which of the three terms of $J$ is zero then, and which is the largest?

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
problem = node.TrainingProblem(
    data.x_in, data.y_out, T=1.0, N_T=101, w1=0.01, w2=0.01, activation=relu
)
untrained = node.Weights.zeros(problem.N_T, problem.d)
print("terminal {:.2f}, running {:.2f}, weights {:.2f}".format(*problem.cost_terms(untrained)))

# %% [markdown] slideshow={"slide_type": "notes"}
# Now we let the computer look for weights with a small $J$. How it does that is what 12.B and 12.C are about; here we only want to see the result. (It takes a second.)

# %% slideshow={"slide_type": "skip"}
trained = node.train(problem, iterations=2000)
trained

# %% [markdown] slideshow={"slide_type": "subslide"}
# With the points we transport a circle, drawn in grey, that at first separates the classes: it runs through the ring.

# %% tags=["readme"]
x = problem.states(trained.weights)
angle = np.linspace(0, 2 * np.pi, 2001)
circle = node.forward(trained.weights, [np.cos(angle), np.sin(angle)], problem.dt, relu)
times = [0, 0.25, 0.5, 0.75, 1]
axes = plotting.panels(5, width=11, height=2.8, sharey=True)
plotting.states(x, data.label, problem.t, times, axes)
for ax, time in zip(axes, times, strict=True):
    ax.plot(*circle[round(time / problem.dt)], color="0.6", lw=1.2, zorder=1)
    ax.set(xlim=(-1.5, 2.5), ylim=(-1.7, 1.7))
plotting.show(axes, alt=(
    "The points at five times. The ring is bent and pulled to the red cross; where it "
    "has a gap, the grey circle is stretched and follows the disk to the blue cross."
))

# %% [markdown] slideshow={"slide_type": "notes"}
# The same, moving: press *Play*. Any point can be taken and dragged.

# %% slideshow={"slide_type": "subslide"}
explore.flow(problem, trained.weights)

# %% slideshow={"slide_type": "subslide"}
correct = np.sum(node.nearest_target(x[-1]) == data.label)
ax = plotting.plane(plotting.panels(1, width=6, height=4.4), "$t = 1$")
plotting.points(x[-1], data.label, ax)
ax.set(xlim=(-0.5, 2.5), ylim=(0, 2))
plotting.show(ax, alt=(
    "At t = 1 the blue points lie in a short line at (0, 1), the red ones close to "
    f"(2, 1): {correct} of 64 are nearest to their own cross."
))
print(f"{correct} of {problem.I} points end nearest to their own target")

# %% [markdown]
# Every point ends near its own target, although all of them obey one and the same ODE.

# %% [markdown] slideshow={"slide_type": "notes"}
# Look at the grey circle. Between two red points, where there is nothing to tell it what to do, it is stretched and dragged along to the blue target. Does the disk ever get *out* of the circle? 12.C comes back to that.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict, then move.** Paths cross in the plane. Do two *points* ever meet? Carry the grid along: where is it stretched most, and does it ever tear or fold over?

# %%
explore.flow(problem, trained.weights)

# %% slideshow={"slide_type": "subslide"}
explore.flow(problem, trained.weights, t=0.5, carry="grid", paths=False)


# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises

# %% [markdown] slideshow={"slide_type": "notes"}
# Two functions to write yourself; each takes a line or two. Replace the `...` and run both cells. `check` runs your function on several random problems; if the numbers are wrong, it says where, and often why. When you are stuck, `exercises.euler_step.hint()` helps a little (three times), and `exercises.euler_step.solution()` shows the library's way.

# %% [markdown]
# **One Euler step**, for all samples at once: $\mathbf{x} + \Delta t\,(\mathbf{V}\sigma(\mathbf{x}) + \mathbf{b})$.

# %%
def my_euler_step(x, V, b, dt, sigma):
    """One step from x (d, I), a column per sample, with V (d, d) and b (d,).
    Returns the new x (d, I)."""
    ...


# %%
exercises.euler_step.check(my_euler_step)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **The observed order.** Given steps and errors, find the $p$ in error $\approx C\,\Delta t^p$, once for each pair of neighbours. (The steps need not be halved.)

# %%
def my_observed_order(dt, errors):
    """dt and errors are arrays (n,). Returns the observed orders (n - 1,)."""
    ...


# %%
exercises.observed_order.check(my_observed_order)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - One hidden layer: $\mathbf{y} = \mathbf{V}\sigma(\mathbf{W}\mathbf{x} + \mathbf{c}) + \mathbf{b}$; wide enough, it approximates any continuous function on a bounded and closed set.
# - Deep: $\mathbf{x}_k = \mathbf{V}_k\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k$; a hundred such layers can forget their input. Residual: $\mathbf{x}_k = \mathbf{x}_{k-1} + \mathbf{V}_k\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k$; these keep it.
# - A residual network is forward Euler for $\dot{\mathbf{x}} = \mathbf{V}(t)\sigma(\mathbf{x}) + \mathbf{b}(t)$, its matrices are $\Delta t\,\mathbf{V}(t)$; with weights that vary smoothly the error at $T$ is of order 1.
# - Training means to minimise $J$: be at the target at the end, go there directly, with small weights.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Next:** [12.B](12b_sensitivity_and_adjoint.ipynb) asks how $J$ changes when the weights do, and gets all the derivatives at the price of one more ODE.
