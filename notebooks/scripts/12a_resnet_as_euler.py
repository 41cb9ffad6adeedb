# %% [markdown] slideshow={"slide_type": "slide"}
# # 12.A A deep residual network is Euler's method
#
# **You will be able to**
# - write a neural network with one hidden layer, a deep one and a residual one, each in a line or two of NumPy;
# - compare what a hundred plain layers and a hundred residual layers do to their input;
# - read a residual network as the forward Euler method for an ordinary differential equation, the *neural ODE*, and measure how fast the two agree as the network gets deeper;
# - state what it means to train such a network, and see a trained one at work.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** matrices, the chain rule, Euler's method for $\dot x = f(t, x)$. **Time:** about 70 minutes to read, predict and try, and 15 more for the two exercises.
#
# Run the cells from top to bottom with <kbd>Shift</kbd>+<kbd>Enter</kbd>. Where it says **Predict**, do: type what you expect, commit, and only then open the *Answer*. (The code that computed it is folded: click on its bar to read it.) At a **Quiz** click on one letter or several, for more than one may be right, then on *Check*.
# A small label such as <small>A5</small> is the name of a formula; the test of that name checks it.

# %% slideshow={"slide_type": "skip"}
import numpy as np
from scipy.integrate import solve_ivp

import neuralode_lib as node
from neuralode_lib import exercises, explore, plotting, predict, quiz, relu, tanh

plotting.use_style()

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
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
plotting.show(axes, alt="The handwritten digits 0 to 7, each of 8 x 8 grey values.")

# %% [markdown]
# For us an image is a column of 64 numbers, a point $\mathbf{x}_{\text{in}} \in \mathbb{R}^{64}$. Classifying means: move it to a point
# $\mathbf{y}_{\text{out}}$ that we have agreed on for its class.

# %% [markdown] slideshow={"slide_type": "notes"}
# The whole lecture is about functions that do this, and about finding one that does it well.
# To see what happens we soon work with points in the plane instead of $\mathbb{R}^{64}$; the formulas stay the same.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## One hidden layer <small>A1</small>

# %% [markdown] slideshow={"slide_type": "notes"}
# A neural network alternates two operations, a **linear map** and a **nonlinear function** $\sigma$.

# %% [markdown]
# Matrices mix the entries of a vector, $\sigma$ acts on each entry alone. With one hidden layer,
#
# $$\mathbf{y} = \mathbf{V}\,\sigma(\mathbf{W}\mathbf{x} + \mathbf{c}) + \mathbf{b}.$$

# %% [markdown] slideshow={"slide_type": "notes"}
# The picture has a green node for each input and an orange one for each output. Each line is an entry of $\mathbf{W}$ (left) or $\mathbf{V}$ (right). A black node adds its entry of $\mathbf{c}$ to what arrives and applies $\sigma$; an orange node adds its entry of $\mathbf{b}$. All these numbers are the **weights**; $\mathbf{b}$ and $\mathbf{c}$ are also called **biases**.

# %% tags=["no-code"]
names = [r"$\mathbf{x}$", "", r"$\mathbf{y}$"], [r"$\mathbf{W}$", r"$\mathbf{V}$"]
ax = plotting.network([2, 5, 2], *names)
plotting.show(ax, alt=(
    "A network: 2 green input nodes x, 5 black hidden nodes, 2 orange output nodes y; "
    "lines W and V join each node to all of the next layer."
))


# %%
def one_hidden_layer(x, W, c, V, b, sigma=np.tanh):
    return V @ sigma(W @ x + c) + b


# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# Two choices of $\sigma$ will do for us: $\tanh$, which is smooth, and $\text{ReLU}(x) = \max(x, 0)$, which is cheap and has a kink at 0.
#
# **Predict.** A network with ReLU, $\mathbf{W} = \begin{pmatrix}1 & 1\\ 1 & -1\end{pmatrix}$, $\mathbf{c} = \mathbf{0}$, $\mathbf{V} = \begin{pmatrix}1 & 1\end{pmatrix}$, $b = 1$ is given $\mathbf{x} = (1, 2)^\top$. What comes out?

# %% slideshow={"slide_type": "skip"}
W = np.array([[1, 1], [1, -1]])

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("A-relu"):
    print(one_hidden_layer(np.array([1, 2]), W, 0, np.array([[1, 1]]), 1, relu.sigma))

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## Wide enough, a network comes close to any function <small>A2</small>
#
# Given any *continuous* function on a *bounded and closed* set and any tolerance, there is a network with one hidden layer that stays within the tolerance everywhere on the set,
# if the layer may be as wide as it takes.

# %% [markdown] slideshow={"slide_type": "notes"}
# Cybenko proved it in 1989 for S-shaped $\sigma$ such as $\tanh$; Leshno and others in 1993 for every continuous $\sigma$ that is not a polynomial, ReLU included.
# The theorem promises that good weights exist. It does not say how many nodes are needed, nor how to find the weights.

# %% [markdown]
# Let us watch it at work, for $f(x) = \sin 6x + |x|$. We draw $\mathbf{W}$ and $\mathbf{c}$ at random and leave only $\mathbf{V}$ and $b$ to be found: that is linear least squares.

# %% slideshow={"slide_type": "skip"}
grid = np.linspace(-1, 1, 401)


def f(x):
    return np.sin(6 * x) + np.abs(x)


# %%
def fit(width):
    rng = np.random.default_rng(1)
    W, c = 6 * rng.standard_normal(256), 4 * rng.standard_normal(256)
    hidden = np.tanh(np.outer(grid, W[:width]) + c[:width])
    features = np.column_stack([hidden, np.ones_like(grid)])
    V_b, *_ = np.linalg.lstsq(features, f(grid), rcond=1e-10)
    return features @ V_b


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** The width doubles again and again, from 2 to 256. Does the error fall every time? Where on the curve of $f(x) = \sin 6x + |x|$ is the last bit of error?

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("A-width"):
    print("width  root mean square error")
    for n in 2 ** np.arange(1, 9):
        print(f"{n:5d}  {np.sqrt(np.mean((fit(n) - f(grid)) ** 2)):.1e}")
    left, right = plotting.panels(2, width=8.6)
    left.plot(grid, f(grid), color="0.7", lw=6, label="$f$")
    for n, style in [(4, ":"), (8, "--"), (64, "-")]:
        left.plot(grid, fit(n), style, label=f"width {n}")
    left.set(xlabel="$x$", ylim=(-1, 3.4))
    left.legend(ncols=2)
    right.plot(grid, fit(64) - f(grid))
    right.set(xlabel="$x$", title="what width 64 still misses")
    plotting.show(left, alt="f with fits of width 4, 8 and 64, which lies on f; the rest is largest at x = 0.")

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# **Predict, then move.** A function without a corner, or one that jumps: does the error fall faster or more slowly then? And what do the fits look like with ReLU?

# %%
explore.width()

# %% tags=["answer"] jupyter={"source_hidden": true}
predict.ask("A-functions")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## Deep instead of wide <small>A3</small>

# %% [markdown] slideshow={"slide_type": "notes"}
# Practice has preferred many layers to one very wide one. Each layer takes the output of the one before:

# %% [markdown]
# $$\mathbf{x}_0 = \mathbf{x}_{\text{in}},\qquad \mathbf{x}_k = \mathbf{V}_k\,\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k \quad (k = 1, \dots, K),\qquad \mathbf{y} = \mathbf{x}_K.$$

# %% [markdown] slideshow={"slide_type": "notes"}
# Here $\sigma$ comes first, also on the input, and the $\mathbf{V}$ of one layer plays the part of $\mathbf{W}$ for the next. All layers have the same number $d$ of nodes, so all $\mathbf{V}_k$ are square, $d \times d$. The matrix $\mathbf{V}_k$ leads from $\mathbf{x}_{k-1}$ to $\mathbf{x}_k$. In code we want many samples at once: from here on each is a *column* of `x`, also a single one, and `b_k[:, None]` adds $\mathbf{b}_k$ to every column.

# %% tags=["no-code"]
states = [rf"$\mathbf{{x}}_{k}$" for k in range(6)]
matrices = [rf"$\mathbf{{V}}_{k}$" for k in range(1, 6)]
ax = plotting.network([2] * 6, states, matrices)
plotting.show(ax, alt=(
    "A deep network: six columns x_0 to x_5 of two nodes, the first green, the last orange; "
    "the lines V_1 to V_5 join each node to both nodes of the next column."
))


# %%
def plain(x, V, b, sigma=np.tanh):
    for V_k, b_k in zip(V, b, strict=True):
        x = V_k @ sigma(x) + b_k[:, None]
    return x


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Two layers, ReLU, both with the matrix $\mathbf{W} = \begin{pmatrix}1 & 1\\ 1 & -1\end{pmatrix}$ and $\mathbf{b}_k = \mathbf{0}$. What becomes of $(1, 2)^\top$?

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("A-two-layers"):
    print(plain(np.array([[1], [2]]), [W, W], np.zeros((2, 2)), relu.sigma))

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## Why residual? <small>A4</small>

# %% [markdown] slideshow={"slide_type": "notes"}
# Suppose the first layers have already done the job. A further layer must then do nothing. But $\tanh$ is bounded and $\mathbf{x}$ is not, and ReLU forgets by how much an entry is negative.

# %% [markdown]
# A plain layer cannot do *nothing*: no $\mathbf{V}$, $\mathbf{b}$ have $\mathbf{V}\sigma(\mathbf{x}) + \mathbf{b} = \mathbf{x}$ for all $\mathbf{x}$. So let a layer say only what it *changes*. That is a **residual network (ResNet)**:
#
# $$\mathbf{x}_0 = \mathbf{x}_{\text{in}},\qquad \mathbf{x}_k = \mathbf{x}_{k-1} + \mathbf{V}_k\,\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k,\qquad \mathbf{y} = \mathbf{x}_K.$$

# %% tags=["no-code"]
ax = plotting.network([2] * 6, states, matrices, residual=True)
plotting.show(ax, alt=(
    "The same deep network; a blue arrow leads over each layer from one column to the "
    "next: what comes in is added to what the layer computes."
))


# %% slideshow={"slide_type": "subslide"} tags=["lecture"]
def residual(x, V, b, sigma=np.tanh):
    for V_k, b_k in zip(V, b, strict=True):
        x = x + V_k @ sigma(x) + b_k[:, None]
    return x


residual(np.array([[1], [2]]), [W, W], np.zeros((2, 2)), relu.sigma)

# %% [markdown]
# Twice the matrix $\mathbf{W} = \begin{pmatrix}1 & 1\\ 1 & -1\end{pmatrix}$, with what comes in added: $(1, 2) + (3, -1) = (4, 1)$, and $(4, 1) + (5, 3) = (9, 4)$.

# %% slideshow={"slide_type": "subslide"} tags=["lecture"]
quiz.question("A-zero")

# %% [markdown] slideshow={"slide_type": "notes"}
# What do many layers do to their input? We draw the weights at random:

# %% slideshow={"slide_type": "skip"}
angle = np.linspace(0, 2 * np.pi, 60)
circle = np.array([np.cos(angle), np.sin(angle)])
rng = np.random.default_rng(3)
Vs = rng.standard_normal((100, 2, 2)) / np.sqrt(2)
bs = 0.1 * rng.standard_normal((100, 2))


def size(x):
    return np.linalg.norm(x - x.mean(axis=1, keepdims=True), axis=0).max()


# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true}
small_V, small_b = Vs / 10, bs / 10
plain_size = [size(plain(circle, Vs[:k], bs[:k])) for k in range(101)]
residual_size = [size(residual(circle, small_V[:k], small_b[:k])) for k in range(101)]

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# **Predict.** A circle of points goes through 100 layers with random weights and $\tanh$. What is left of it when they are plain? And when they are residual? What do ten times smaller weights change, and three times larger ones?

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("A-circle"):
    for factor in (0.1, 1, 3):
        after = [size(network(circle, factor * Vs, factor * bs)) for network in (plain, residual)]
        print(f"weights times {factor:<3}: size {max(after[0], 1e-15):.0e} (plain), {after[1]:4.1f} (residual)")
    left, right = plotting.panels(2, width=11)
    left.semilogy(plain_size, "--", label="plain")
    left.semilogy(residual_size, label="residual, times 0.1")
    left.set(xlabel="layer $k$", ylabel="size of the circle's image")
    left.legend()
    right.plot(*circle, ":", color="0.4", label="input")
    right.plot(*plain(circle, Vs, bs), "X", label="100 plain layers")
    right.plot(*residual(circle, small_V, small_b), label="100 residual layers")
    right.set(aspect="equal", ylim=(-1.5, 2.6))
    right.legend(loc="upper center")
    plotting.show(left, alt="The size over the layers; the circle's images: a point (plain), a curve (residual).")

# %% [markdown] slideshow={"slide_type": "notes"}
# <details><summary>In more dimensions, and on the way back</summary>
#
# In 64 dimensions, with entries of standard deviation $1/8$, a hundred plain layers shrink a circle to $10^{-3}$. With weights 1.5 times as large they scramble it: neighbouring points, at first 0.1 apart, end 6 to 8 apart on average, about as far as any two do. In training the same products of factors carry the *gradient* back from the output to the first layers: where the signal dies, so does the gradient. The end of 12.B shows it.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## Layers become time <small>A5</small>
#
# Suppose that each residual layer changes the state only a little. Let the layer's number become time, the list of weight matrices a function $\mathbf{V}(t)$, and let the weights say how *fast* the state changes. That is a **neural ODE**:
#
# $$\mathbf{x}(0) = \mathbf{x}_{\text{in}},\qquad \dot{\mathbf{x}}(t) = \mathbf{V}(t)\,\sigma(\mathbf{x}(t)) + \mathbf{b}(t),\qquad \mathbf{y} = \mathbf{x}(T).$$
#
# The network's output has become the state at the final time $T$. The forward Euler method solves it in $K$ steps of length $\Delta t = T/K$, from $t_0 = 0$ to $t_K = T$.

# %% [markdown] slideshow={"slide_type": "notes"}
# You know it from earlier lectures: write down one step of it, and compare it with a residual layer.

# %% slideshow={"slide_type": "subslide"} tags=["lecture"]
quiz.question("A-scale")

# %% [markdown] slideshow={"slide_type": "notes"}
# From here on we take these smooth weights:

# %% slideshow={"slide_type": "skip"}
def V(t):
    return np.array([[np.cos(3 * t), -4.0], [3.0, np.sin(2 * t)]])


def b(t):
    return np.array([np.sin(t), -1.0])


# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## A residual network is an Euler method <small>C3</small>
#
# Euler's step from $t_{k-1}$ to $t_k = k\,\Delta t$ follows the tangent at the point where it starts:
#
# $$\mathbf{x}_k = \mathbf{x}_{k-1} + \Delta t\,\bigl(\mathbf{V}(t_{k-1})\,\sigma(\mathbf{x}_{k-1}) + \mathbf{b}(t_{k-1})\bigr).$$
#
# This is a residual layer, with the matrix $\Delta t\,\mathbf{V}(t_{k-1})$ and the vector $\Delta t\,\mathbf{b}(t_{k-1})$.

# %% slideshow={"slide_type": "subslide"}
quiz.question("A-index")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Exercise: one Euler step**, for all samples at once: $\mathbf{x} + \Delta t\,(\mathbf{V}\sigma(\mathbf{x}) + \mathbf{b})$.

# %% [markdown] slideshow={"slide_type": "notes"}
# Replace the `...` and run both cells. `check` runs your function on several random problems; if the numbers are wrong, it says where, and often why. When you are stuck, `exercises.euler_step.hint()` helps a little (three times), and `exercises.euler_step.solution()` shows the library's way.

# %%
def my_euler_step(x, V, b, dt, sigma):
    """One step from x (d, I), a column per sample, with V (d, d) and b (d,).
    Returns the new x (d, I)."""
    ...


# %%
exercises.euler_step.check(my_euler_step)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The library keeps all $\mathbf{V}_k$ and $\mathbf{b}_k$ together, as `node.Weights`; its `forward` takes all $K$ steps and keeps all states. $K$ steps lie between $N_T = K + 1$ points of time. It gives what `residual` gives with $\Delta t$ times the weights:

# %%
def sampled(K):
    times = np.linspace(0, 1, K + 1)[:-1]
    return node.Weights([V(t) for t in times], [b(t) for t in times])


weights, dt = sampled(20), 1 / 20
through_forward = node.forward(weights, circle, dt, tanh)
through_residual = residual(circle, dt * weights.V, dt * weights.b)
print("states:", through_forward.shape)
difference = np.abs(through_forward[-1] - through_residual).max()
print("the same output to rounding:", difference < 1e-14)

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Mind the index.** In the network of the slides the layer $\mathbf{V}_k$ *produces* $\mathbf{x}_k$, and the states count from 0. On the time grid of 12.C the states count from 1, and $\mathbf{V}_k = \mathbf{V}(t_k)$ belongs to the time from which the step *starts*, so it *leaves* $\mathbf{x}_k$: $\mathbf{x}_{k+1} = \mathbf{x}_k + \Delta t(\mathbf{V}_k\sigma(\mathbf{x}_k) + \mathbf{b}_k)$. And the network's matrix is $\Delta t$ times the ODE's.
# > In Python `x[0]` is the input, and `V[k]` leads from `x[k]` to `x[k + 1]`.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## How good is Euler? <small>A5</small>
#
# Euler follows the tangent for a time $\Delta t$, then looks again.

# %% [markdown] slideshow={"slide_type": "notes"}
# What it misses in one step is the *local* error. What is wrong at the end is the *global* error: all that the steps have missed, carried on to $T$.
#
# For the true solution we ask SciPy, at a tolerance close to rounding.

# %% slideshow={"slide_type": "skip"}
def rate(t, x):
    return V(t) @ np.tanh(x) + b(t)


def exact(T):
    return solve_ivp(rate, [0, T], x_in, rtol=1e-12, atol=1e-12).y[:, -1]


# %% slideshow={"slide_type": "skip"}
x_in = np.array([0.5, -0.3])


def euler(K):
    return node.forward(sampled(K), x_in[:, None], 1 / K, tanh)[:, :, 0]


# %%
path = solve_ivp(rate, [0, 1], x_in, t_eval=np.linspace(0, 1, 200), rtol=1e-10).y
ax = plotting.panels(1, height=4.8)
ax.plot(*path, color="0.7", lw=6, label="neural ODE")
for K, style in [(4, "o--"), (16, "s-"), (64, ".:")]:
    ax.plot(*euler(K).T, style, label=f"ResNet, {K} layers")
ax.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plotting.show(ax, alt="The ODE's solution, a curve in the plane, and polygons of 4, 16 and 64 pieces, closer and closer.")

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# **Predict.** The number of layers doubles. By what factor does the error of *one step* fall, and by what factor the error at $T = 1$?
#
# (The *observed order* is the $p$ in error $\approx C\,\Delta t^p$: how many times the error is halved when $\Delta t$ is halved once.)

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("A-halving"):
    layers = 2 ** np.arange(3, 11)
    errors = {
        "one step": [np.linalg.norm(euler(K)[1] - exact(1 / K)) for K in layers],
        "at T = 1": [np.linalg.norm(euler(K)[-1] - exact(1)) for K in layers],
    }
    for name, error in errors.items():
        print(f"observed order, {name}:", node.verify.observed_order(1 / layers, error).round(2))
    ax = plotting.convergence(1 / layers, errors, order={"one step": 2, "at T = 1": 1})
    plotting.show(ax, alt="Errors against the step: one step falls with slope 2, the error at T = 1 with slope 1.")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Exercise: the observed order.** Given steps and errors, find the $p$ in error $\approx C\,\Delta t^p$, once for each pair of neighbours. (The steps need not be halved.)

# %%
def my_observed_order(dt, errors):
    """dt and errors are arrays (n,). Returns the observed orders (n - 1,)."""
    ...


# %%
exercises.observed_order.check(my_observed_order)

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# So a deeper network solves *the same* ODE more exactly, with an error of **order 1** at $T$. That needs weights that change slowly from layer to layer. If they have nothing to do with each other, and are large enough to matter (here they grow like $\sqrt K$, so that $K$ kicks add up to something), there is no ODE to converge to.

# %% [markdown] slideshow={"slide_type": "notes"}
# (Below there are two sets of random weights for each number of layers. $K$ independent kicks of size $\sqrt K\,\Delta t = 1/\sqrt K$ add up to something; of weights of a fixed size they would average out.)

# %% tags=["no-code"]
rng = np.random.default_rng(4)
print("layers  x(T): smooth      unrelated weights, two draws")
for K in (50, 100, 200, 400):
    unrelated = [node.Weights.random(K + 1, 2, scale=np.sqrt(K), rng=rng) for _ in range(2)]
    outputs = [node.forward(w, x_in[:, None], 1 / K, tanh)[-1, :, 0] for w in unrelated]
    print(f"{K:6d}", *(f"  ({x1:6.2f}, {x2:6.2f})" for x1, x2 in [euler(K)[-1], *outputs]))

# %% [markdown] slideshow={"slide_type": "notes"}
# (When training leads to weights that are smooth in depth is the subject of Sander, Ablin and Peyré, 2022. In 12.C we look at ours.)

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# **Predict, then move.** A single layer is a single step along the first tangent: does it end near the solution's end? Of our weights, constant ones and quickly changing ones, which need the most layers until the observed order is close to 1, and which the fewest?

# %%
explore.euler()

# %% tags=["answer"] jupyter={"source_hidden": true}
predict.ask("A-few-layers")

# %% slideshow={"slide_type": "subslide"}
quiz.question("A-order")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## What training means <small>A6, A7</small>
#
# Where do the weights come from? From examples: pairs $(\mathbf{x}_{\text{in}}^i, \mathbf{y}_{\text{out}}^i)$, $i = 1, \dots, I$, of an input and the output we want for it. All samples travel with the *same* weights: $\mathbf{x}^i$ solves the neural ODE from $\mathbf{x}_{\text{in}}^i$. The **cost** of a choice of weights is
#
# $$J(\mathbf{V}, \mathbf{b}) = \underbrace{\frac12 \sum_{i=1}^I \bigl|\mathbf{x}^i(T) - \mathbf{y}_{\text{out}}^i\bigr|^2}_{\text{terminal: be there at the end}} + \underbrace{\frac{w_1}{2} \sum_{i=1}^I \int_0^T \bigl|\mathbf{x}^i(t) - \mathbf{y}_{\text{out}}^i\bigr|^2 dt}_{\text{running: go there directly}} + \underbrace{\frac{w_2}{2} \int_0^T \bigl(\|\mathbf{V}(t)\|_F^2 + |\mathbf{b}(t)|^2\bigr)\,dt}_{\text{weights: keep them small}}$$
#
# <small>A6</small> where $\|\mathbf{V}\|_F^2$, the squared *Frobenius norm*, is the sum of the squares of all entries. **Training** means to make $J$ small.

# %% [markdown] slideshow={"slide_type": "notes"}
# We choose the numbers $w_1, w_2 \ge 0$: they say how much the way to the target, and the size of the weights, count beside the end.

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
*x_T, integrals = solve_ivp(rates, [0, 1], [*x_in, 0], rtol=1e-12, atol=1e-12).y[:, -1]
J_continuous = np.sum((x_T - y_out) ** 2) / 2 + integrals


def J_discrete(K):
    one_sample = node.TrainingProblem(x_in[:, None], y_out[:, None], 1.0, K + 1, w1, w2, tanh)
    return one_sample.cost(sampled(K))


# %% [markdown]
# **Predict.** With what order does the discrete $J$ tend to the continuous one?

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("A-cost"):
    J_error = [abs(J_discrete(K) - J_continuous) for K in layers]
    print(f"continuous J = {J_continuous:.4f}, with {layers[-1]} layers {J_discrete(layers[-1]):.4f}")
    print("observed order:", node.verify.observed_order(1 / layers, J_error).round(2))

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## The lecture's example <small>A8</small>
#
# Half of 64 points lie in a small disk (blue circles; they are to go to $(0, 1)$, the blue cross), half on a ring round it (red squares; they are to go to $(2, 1)$). No straight line separates them.

# %%
data = node.disk_in_ring()
ax = plotting.points(data.x_in, data.label, title="$t = 0$")
plotting.show(ax, alt=(
    "32 blue circles in a disk of radius 0.4 round the origin, 32 red squares in a "
    "ring from 0.8 to 1.2; a blue cross at (0, 1), a red one at (2, 1)."
))

# %% [markdown] slideshow={"slide_type": "subslide"}
# First steer yourself. There are 16 such points and three layers, each with three arrows: $\mathbf{b}$ and the two columns of $\mathbf{V}$. Drag their tips until the points are near their crosses.
#
# **Predict, then move.** At first $J = 27.5$. How small will you make it, and how small does gradient descent make it when you let it go on from *Reset*?

# %%
explore.by_hand()

# %% tags=["answer"] jupyter={"source_hidden": true}
predict.ask("A-by-hand")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now all 64 points. We take 100 layers, $w_1 = w_2 = 0.01$ and ReLU.
#
# **Predict.** With $\mathbf{V} = \mathbf{0}$ and $\mathbf{b} = \mathbf{0}$ nothing moves. Which of the three terms of $J$ is zero then? What is the ratio of the other two?

# %% slideshow={"slide_type": "skip"}
problem = node.TrainingProblem(
    data.x_in, data.y_out, T=1.0, N_T=101, w1=0.01, w2=0.01, activation=relu
)

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("A-terms"):
    untrained = node.Weights.zeros(problem.N_T, problem.d)
    print("terminal {:.2f}, running {:.2f}, weights {:.2f}".format(*problem.cost_terms(untrained)))

# %% [markdown] slideshow={"slide_type": "notes"}
# Now we let the computer look for weights with a small $J$. How it does that is what 12.B and 12.C are about; here we only want to see the result. (It takes a second.)

# %% slideshow={"slide_type": "skip"}
trained = node.train(problem, iterations=2000)
trained

# %% [markdown] slideshow={"slide_type": "subslide"}
# The blue points have to leave the ring. With the points we transport a grey circle, which runs through the middle of the ring; the disk lies inside. The letters mark the four widest gaps between neighbouring red points:

# %% tags=["no-code"]
red_angle = np.sort(np.arctan2(*data.x_in[::-1, data.label == 1]))
gaps = np.diff(red_angle, append=red_angle[0] + 2 * np.pi)
wide = np.sort(gaps.argsort()[-4:])
ax = plotting.points(data.x_in, data.label)
for letter, k in zip("ABCD", wide, strict=True):
    middle = red_angle[k] + gaps[k] / 2
    ax.text(1.3 * np.cos(middle), 1.3 * np.sin(middle), letter, ha="center", va="center")
ax.plot(*circle, color="0.6", lw=1.2, zorder=1)
ax.set(xlim=(-1.6, 2.4), ylim=(-1.6, 1.6))
plotting.show(ax, alt="The ring and its four widest gaps: A below, B above, C at the upper left, D at the left.")

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true}
x = problem.states(trained.weights)
fine = np.linspace(-np.pi, np.pi, 2001)
grey_circle = node.forward(trained.weights, [np.cos(fine), np.sin(fine)], problem.dt, relu)
in_gap = (fine > red_angle[wide[2]]) & (fine < red_angle[wide[2] + 1])

# %% [markdown]
# **Predict.** Through which gap do the blue points leave?

# %% tags=["answer", "readme"] jupyter={"source_hidden": true}
with predict.ask("A-gap"):
    times = [0, 0.25, 0.5, 0.75, 1]
    axes = plotting.panels(5, width=11, height=2.8, sharey=True)
    plotting.states(x, data.label, problem.t, times, axes)
    for ax, time in zip(axes, times, strict=True):
        moved = grey_circle[round(time / problem.dt)]
        ax.plot(*moved, color="0.6", lw=1.2, zorder=1)
        ax.plot(*moved[:, in_gap], color="black", lw=2.5, zorder=1)
        ax.set(xlim=(-1.5, 2.5), ylim=(-1.7, 1.7))
    plotting.show(axes, alt=(
        "The points at five times. The ring is bent and pulled to the red cross; the grey circle's part "
        "in gap C, drawn in black, is stretched and follows the disk to the blue cross."
    ))

# %% [markdown] slideshow={"slide_type": "notes"}
# The same, moving: press *Play*. Any point can be taken and dragged.

# %% slideshow={"slide_type": "subslide"} tags=["lecture"]
explore.flow(problem, trained.weights, carry="nothing")

# %% slideshow={"slide_type": "subslide"}
correct = np.sum(node.nearest_target(x[-1]) == data.label)
ax = plotting.plane(plotting.panels(1, width=6, height=4.4), "$t = 1$")
plotting.points(x[-1], data.label, ax)
ax.set(xlim=(-0.5, 2.5), ylim=(0, 2))
plotting.show(ax, alt="At t = 1 the blue points lie in a short line at (0, 1), the red ones close to (2, 1).")
print(f"{correct} of {problem.I} points end nearest to their own target")

# %% [markdown]
# Every point ends near its own target, although all of them obey one and the same ODE.

# %% [markdown] slideshow={"slide_type": "notes"}
# Look at the grey circle in the pictures above. Between two red points, where there is nothing to tell it what to do, it is stretched and dragged along to the blue target. Does the disk ever get *out* of the circle? 12.C comes back to that.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict, then move.** Paths cross in the plane. Do two *points* ever meet? Carry the grid along: where is it stretched most, and does it ever tear or fold over?

# %%
explore.flow(problem, trained.weights, t=0.25, carry="grid", paths=False)

# %% tags=["answer"] jupyter={"source_hidden": true}
predict.ask("A-meet")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - One hidden layer: $\mathbf{y} = \mathbf{V}\sigma(\mathbf{W}\mathbf{x} + \mathbf{c}) + \mathbf{b}$; wide enough, it approximates any continuous function on a bounded and closed set.
# - Deep: $\mathbf{x}_k = \mathbf{V}_k\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k$; a hundred such layers can forget their input or, with larger weights, scramble it. Residual: $\mathbf{x}_k = \mathbf{x}_{k-1} + \mathbf{V}_k\sigma(\mathbf{x}_{k-1}) + \mathbf{b}_k$; layers that change little keep it.
# - A residual network is forward Euler for $\dot{\mathbf{x}} = \mathbf{V}(t)\sigma(\mathbf{x}) + \mathbf{b}(t)$, its matrices are $\Delta t\,\mathbf{V}(t)$; with weights that vary smoothly the error at $T$ is of order 1.
# - Training means to minimise $J$: be at the target at the end, go there directly, with small weights. The weights are measured by $\|\mathbf{V}\|_F = \sqrt{\operatorname{trace}(\mathbf{V}^\top\mathbf{V})}$ <small>A7</small>.

# %% slideshow={"slide_type": "skip"}
exercises.progress()

# %% [markdown] slideshow={"slide_type": "notes"}
# **Next:** [12.B](12b_sensitivity_and_adjoint.ipynb) asks how $J$ changes when the weights do, and gets all the derivatives at the price of one more ODE for each sample.
