# %% [markdown] slideshow={"slide_type": "slide"}
# # 12.C Training
#
# **You will be able to**
# - write cost, adjoint and gradient on a time grid, with every index and every $\Delta t$ in its place;
# - check a gradient so that a mistake in it has nowhere to hide;
# - train a residual network of 100 layers by gradient descent, choose the learning rate, and read the curve of $J$;
# - say what one can expect of the result, and what not.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** [12.A](12a_resnet_as_euler.ipynb) and [12.B](12b_sensitivity_and_adjoint.ipynb). **Time:** about 80 minutes; the sections marked * can be read later (but run their cells).
#
# First clear the stored results (*Edit ▸ Clear Outputs of All Cells*), then run the cells from top to bottom. Where it says **Predict**, decide on an answer first. At a **Quiz** click on one letter or several (more than one may be right), then on *Check*.

# %% slideshow={"slide_type": "skip"}
from functools import partial
from itertools import islice
from timeit import repeat

import numpy as np

import neuralode_lib as node
from neuralode_lib import armijo, backtracking, constant, exercises, explore, plotting, quiz, relu, tanh
from neuralode_lib.verify import complex_step, numerical_gradient, relative_error

plotting.use_style()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The grid <small>C1, C3</small>
#
# $N_T$ points in time, $t_k = (k - 1)\Delta t$ with $k = 1, \dots, N_T$ and $\Delta t = T/(N_T - 1)$. Between them lie $N_T - 1$ steps, the layers: step $k$ leads from $\mathbf{x}_k$ to
#
# $$\mathbf{x}_{k+1}^i = \mathbf{x}_k^i + \Delta t\,\bigl(\mathbf{V}_k\,\sigma(\mathbf{x}_k^i) + \mathbf{b}_k\bigr),\qquad \mathbf{x}_1^i = \mathbf{x}_{\text{in}}^i.$$
#
# States live on points, weights on steps.

# %% [markdown] slideshow={"slide_type": "notes"}
# A small example to count on one's fingers:

# %% tags=["no-code"]
rng = np.random.default_rng(3)
x_in, y_out = rng.standard_normal((2, 2, 3))
small = node.TrainingProblem(x_in, y_out, T=1.0, N_T=5, w1=1.0, w2=0.5, activation=tanh)
weights = node.Weights.random(small.N_T, small.d, scale=1.5, rng=rng)
x, dt = small.states(weights), small.dt
print("t  ", small.t, "  dt =", dt)
print("x  ", x.shape, "  V", weights.V.shape, "  b", weights.b.shape)
step = x[0] + dt * (weights.V[0] @ np.tanh(x[0]) + weights.b[0][:, None])
print("one step as in the formula:", np.allclose(x[1], step))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The discrete cost <small>C2</small>
#
# $$J = \frac12\sum_{i=1}^I|\mathbf{x}_{N_T}^i - \mathbf{y}_{\text{out}}^i|^2 + \frac{w_1\Delta t}{2}\sum_{i=1}^I\sum_{k=2}^{N_T-1}|\mathbf{x}_k^i - \mathbf{y}_{\text{out}}^i|^2 + \frac{w_2\Delta t}{2}\sum_{k=1}^{N_T-1}\bigl(\|\mathbf{V}_k\|_F^2 + |\mathbf{b}_k|^2\bigr)$$
#
# The running sum leaves out $k = 1$, which no weight can change, and $k = N_T$, which the first term takes care of.

# %% [markdown] slideshow={"slide_type": "notes"}
# (Python counts from 0, so $k = 2, \dots, N_T - 1$ is `range(1, N_T - 1)`.)

# %% slideshow={"slide_type": "subslide"}
def J_by_loops(weights):
    J = 0.0
    for i in range(small.I):
        J += np.sum((x[-1, :, i] - y_out[:, i]) ** 2) / 2
        for k in range(1, small.N_T - 1):
            J += small.w1 * dt / 2 * np.sum((x[k, :, i] - y_out[:, i]) ** 2)
    for k in range(small.N_T - 1):
        J += small.w2 * dt / 2 * (np.sum(weights.V[k] ** 2) + np.sum(weights.b[k] ** 2))
    return J


print(f"loops {J_by_loops(weights):.12f}   library {small.cost(weights):.12f}")

# %% slideshow={"slide_type": "subslide"}
quiz.question("C-count")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The discrete adjoint <small>C4</small>

# %% [markdown] slideshow={"slide_type": "notes"}
# We could discretise the adjoint ODE of 12.B, but then we should have to decide at which time to take what. The chain rule decides it for us.

# %% [markdown]
# Let $\boldsymbol{\varphi}_{k-1} = \partial J/\partial\mathbf{x}_k$ be the price of the state $\mathbf{x}_k$.

# %% [markdown] slideshow={"slide_type": "notes"}
# The last state is paid for in the first term of $J$ only; the states $\mathbf{x}_2, \dots, \mathbf{x}_{N_T-1}$ are paid for in the running cost, and each moves its successor by the matrix $\mathbf{I} + \Delta t\,\mathbf{V}_k\operatorname{diag}(\sigma'(\mathbf{x}_k))$:

# %% [markdown]
# $$\begin{gathered} \boldsymbol{\varphi}_{N_T-1} = \mathbf{x}_{N_T} - \mathbf{y}_{\text{out}},\\
# \boldsymbol{\varphi}_{k-1} = \boldsymbol{\varphi}_k + \Delta t\,\bigl(\mathbf{V}_k\operatorname{diag}(\sigma'(\mathbf{x}_k))\bigr)^\top\boldsymbol{\varphi}_k + \Delta t\,w_1(\mathbf{x}_k - \mathbf{y}_{\text{out}}),\quad k = N_T - 1, \dots, 2. \end{gathered}$$
#
# In code $(\mathbf{V}\operatorname{diag}(\boldsymbol{\sigma}'))^\top\boldsymbol{\varphi} = \operatorname{diag}(\boldsymbol{\sigma}')\mathbf{V}^\top\boldsymbol{\varphi}$ is `dsigma(x) * (V.T @ phi)`: first the transposed matrix, then the derivative.
#
# **Predict.** Which state does $\boldsymbol{\varphi}_1$ price? Why is there no $\boldsymbol{\varphi}_0$?

# %% slideshow={"slide_type": "subslide"}
def adjoint(weights, x, y_out, dt, w1, activation):
    phi = np.empty((len(x) - 1, *y_out.shape))
    phi[-1] = x[-1] - y_out
    for k in range(len(phi) - 1, 0, -1):
        A_T_phi = activation.dsigma(x[k]) * (weights.V[k].T @ phi[k])
        phi[k - 1] = phi[k] + dt * A_T_phi + dt * w1 * (x[k] - y_out)
    return phi


phi = adjoint(weights, x, y_out, dt, small.w1, tanh)
library = node.adjoint(weights, x, y_out, dt, small.w1, tanh)
print(phi.shape, " the library's:", np.allclose(phi, library))

# %% [markdown]
# $\boldsymbol{\varphi}_1$ prices $\mathbf{x}_2$, the first state that the weights can move; $\mathbf{x}_1$ is given.

# %% [markdown] slideshow={"slide_type": "subslide"}
# With this adjoint the identity of Questions 1 and 2 holds to rounding on *every* grid, however coarse. For each sample,
#
# $$(\mathbf{x}_{N_T} - \mathbf{y}_{\text{out}})^\top\tilde{\mathbf{x}}_{N_T} = \Delta t\sum_{k=1}^{N_T-1}\boldsymbol{\varphi}_k^\top\bigl(\hat{\mathbf{V}}_k\sigma(\mathbf{x}_k) + \tilde{\mathbf{b}}_k\bigr) - \Delta t\,w_1\sum_{k=2}^{N_T-1}(\mathbf{x}_k - \mathbf{y}_{\text{out}})^\top\tilde{\mathbf{x}}_k.$$

# %% tags=["no-code"]
for N_T in (2, 5, 50):
    problem = node.TrainingProblem(small.x_in, small.y_out, N_T=N_T, w1=1.0, activation=tanh)
    w, direction = (node.Weights.random(N_T, 2, 1.5, rng) for _ in range(2))
    left, right = node.verify.tangent_adjoint_sides(problem, w, direction)
    print(f"N_T = {N_T:2d}   left {left:.12f}   right {right:.12f}")

# %% slideshow={"slide_type": "subslide"}
quiz.question("C-dt")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The discrete gradient <small>C5</small>
#
# $\mathbf{V}_k$ and $\mathbf{b}_k$ enter $\mathbf{x}_{k+1}$, whose price is $\boldsymbol{\varphi}_k$, with a factor $\Delta t$; and they enter the penalty. So
#
# $$\begin{gathered} (\nabla_{\mathbf{V}}J)_k = \Delta t\sum_{i=1}^I\boldsymbol{\varphi}_k^i\,\sigma(\mathbf{x}_k^i)^\top + w_2\Delta t\,\mathbf{V}_k,\\
# (\nabla_{\mathbf{b}}J)_k = \Delta t\sum_{i=1}^I\boldsymbol{\varphi}_k^i + w_2\Delta t\,\mathbf{b}_k,\qquad k = 1, \dots, N_T - 1. \end{gathered}$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# Samples are columns, so the sum over $i$ of the products $\boldsymbol{\varphi}^i\sigma(\mathbf{x}^i)^\top$ is one matrix product, `phi[k] @ sigma(x[k]).T`.

# %%
def gradient(problem, weights, adjoint=adjoint):
    x = problem.states(weights)
    phi = adjoint(weights, x, problem.y_out, problem.dt, problem.w1, problem.activation)
    V = [phi[k] @ problem.activation.sigma(x[k]).T for k in range(len(phi))]
    b = [phi[k].sum(axis=1) for k in range(len(phi))]
    return problem.dt * node.Weights(V, b) + problem.w2 * problem.dt * weights


referee = numerical_gradient(small.cost, weights, complex_step)
error = relative_error(gradient(small, weights), referee)
print("relative error below 1e-13:", error < 1e-13)

# %% slideshow={"slide_type": "subslide"}
quiz.question("C-sum")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A check that sees nothing
#
# Training starts at $\mathbf{V} = \mathbf{0}$, $\mathbf{b} = \mathbf{0}$, so why not check the gradient there? Here is an adjoint with a mistake that is easily made, the transpose forgotten:

# %%
def adjoint_without_transpose(weights, x, y_out, dt, w1, activation):
    phi = np.empty((len(x) - 1, *y_out.shape))
    phi[-1] = x[-1] - y_out
    for k in range(len(phi) - 1, 0, -1):
        A_phi = activation.dsigma(x[k]) * (weights.V[k] @ phi[k])
        phi[k - 1] = phi[k] + dt * A_phi + dt * w1 * (x[k] - y_out)
    return phi


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Where does the check find the mistake: at $\mathbf{V} = \mathbf{0}$, at symmetric $\mathbf{V}_k$, at random $\mathbf{V}_k$?

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
zero = node.Weights.zeros(small.N_T, small.d)
symmetric = node.Weights((weights.V + weights.V.transpose(0, 2, 1)) / 2, weights.b)
print("relative error:    right   without transpose")
for name, w in [("zero", zero), ("symmetric", symmetric), ("random", weights)]:
    referee = numerical_gradient(small.cost, w, complex_step)
    right = relative_error(gradient(small, w), referee)
    wrong = relative_error(gradient(small, w, adjoint_without_transpose), referee)
    print(f"{name:15s} {right:8.3f} {wrong:15.3f}")

# %% [markdown] slideshow={"slide_type": "notes"}
# Only at random weights. At zero the whole term is multiplied by $\mathbf{V} = \mathbf{0}$, and a symmetric matrix is its own transpose.

# %% [markdown]
# The rule: **random, non-symmetric weights, all of $w_1$, $w_2$, $\Delta t$ present and about 1, few layers, and a referee that shares no code with the adjoint.**

# %% [markdown] slideshow={"slide_type": "notes"}
# ($J$ itself needs a check of its own: that was the loops above.)

# %% slideshow={"slide_type": "subslide"}
quiz.question("C-symmetric")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Gradient descent <small>C6</small>
#
# In iteration $j$ go a little against the gradient:
#
# $$\mathbf{V}_k^{j+1} = \mathbf{V}_k^j - \gamma_j(\nabla_{\mathbf{V}}J)_k,\qquad \mathbf{b}_k^{j+1} = \mathbf{b}_k^j - \gamma_j(\nabla_{\mathbf{b}}J)_k.$$
#
# How far is "a little"? The **learning rate** $\gamma$ says. We take the experiment of the course's exercise sheet, 64 points, 100 layers, ReLU, $w_1 = w_2 = 0.01$, from $\mathbf{V} = \mathbf{0}$, $\mathbf{b} = \mathbf{0}$.

# %% slideshow={"slide_type": "subslide"}
data = node.disk_in_ring()
problem = node.TrainingProblem(
    data.x_in, data.y_out, T=1.0, N_T=101, w1=0.01, w2=0.01, activation=relu
)
weights = node.Weights.zeros(problem.N_T, problem.d)
for _ in range(3):
    J, g = problem.cost_and_gradient(weights)
    print(f"J = {J:.4f}   norm of the gradient {g.norm():.4f}")
    weights = weights - 0.1 * g

# %% [markdown] slideshow={"slide_type": "notes"}
# `cost_and_gradient` computes the same as our functions above, made fast: its arrays are made once and written again and again, a layer is one product $[\mathbf{V}\;\mathbf{b}]\begin{pmatrix}\sigma(\mathbf{x})\\1\end{pmatrix}$, and the gradients of all layers are another. (Read it: `_fused_cost` and `_fused_gradient` in `neuralode_lib/problem.py`.) What is that worth?

# %% slideshow={"slide_type": "skip"}
def as_above(weights):
    x = node.forward(weights, problem.x_in, problem.dt, relu)
    phi = node.adjoint(weights, x, problem.y_out, problem.dt, problem.w1, relu)
    return node.gradient(weights, x, phi, problem.dt, problem.w2, relu)


for f in (as_above, problem.cost_and_gradient):
    seconds = min(repeat(partial(f, weights), number=20)) / 20
    print(f"{f.__name__:18s} {1000 * seconds:.2f} ms")

# %% [markdown] slideshow={"slide_type": "notes"}
# `node.train` is the loop with a progress bar.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** We try $\gamma = 0.01$, $0.1$, $1$ and $4$. Which one wins after 200 iterations?

# %% slideshow={"slide_type": "skip"}
runs = {}
for gamma in (0.01, 0.1, 1.0, 4.0):
    run = node.train(problem, iterations=200, step=constant(gamma), progress=False)
    print(f"gamma = {gamma:<5g} {run.stopped}")
    runs[gamma] = run

# %% slideshow={"slide_type": "fragment"}
ax = plotting.cost_history({f"γ = {gamma:g}": run.J for gamma, run in runs.items()})
ax.set_ylim(10, 1000)
plotting.show(ax, alt=(
    f"J over 200 iterations: gamma = 0.01 ends at {runs[0.01].J[-1]:.0f}, 0.1 at "
    f"{runs[0.1].J[-1]:.0f}, 1 at {runs[1.0].J[-1]:.0f}; 4 leaves the picture upwards."
))

# %% [markdown] slideshow={"slide_type": "notes"}
# (The curves begin after the first iteration; the start, $J = 112$, is the same for all.) Too small a $\gamma$ wastes iterations. Too large a one overshoots: $J$ jumps up and down by powers of ten, and after a dozen steps it is beyond what a computer can store. What was there before is not lost: `runs[4.0].weights` are the last ones with a finite $J$.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Ten thousand iterations
#
# The lecture asks for 10,000 of them.

# %% [markdown] slideshow={"slide_type": "notes"}
# On the exercise sheet, a MATLAB script with loops over samples takes two minutes for a thousand; here all samples are the columns of one matrix, and ten thousand take seconds. You may stop it at any time (the square in the toolbar): the result so far is kept.

# %% slideshow={"slide_type": "skip"}
result = node.train(problem, iterations=10_000, step=constant(1.0))
result

# %%
ax = plotting.cost_history({"γ = 1": result.J})
plotting.show(ax, alt=(
    f"J over 10,000 iterations, both axes logarithmic: from {result.J[0]:.0f} down to "
    f"{result.J[-1]:.2f}, with sharp spikes up, a group of them after iteration 200 "
    "and single ones until 9,000."
))

# %% [markdown] slideshow={"slide_type": "notes"}
# Most of the gain comes in the first thousand iterations; after that it is slow. The spikes say that $\gamma = 1$ is close to the limit: now and then a step overshoots, and the descent recovers.

# %% [markdown] slideshow={"slide_type": "subslide"}
# What is $J$ made of, before and after?

# %% tags=["no-code"]
zero = node.Weights.zeros(problem.N_T, problem.d)
print("         terminal  running  weights")
for name, w in [("before", zero), ("after", result.weights)]:
    print(f"{name:7s}", "".join(f"{term:9.3f}" for term in problem.cost_terms(w)))

# %% [markdown]
# Hardly anything is left of the first term; half of what remains is the price of the weights.

# %% [markdown] slideshow={"slide_type": "notes"}
# Now look at the paths of a few points, and ask of *every* point of the window to which target the network would take it:

# %% slideshow={"slide_type": "skip"}
def final(starts):
    return node.forward(result.weights, starts, problem.dt, relu)[-1]


# %% slideshow={"slide_type": "subslide"}
x = problem.states(result.weights)
left, right = plotting.panels(2, width=11, height=5.2)
some = slice(None, None, 4)
plotting.trajectories(x[:, :, some], data.label[some], left, title="16 of the paths")
plotting.decision_regions(final, right, title="the target a start is taken to")
plotting.points(data.x_in, data.label, right)
for ax in (left, right):
    ax.set(xlim=(-2, 2.6), ylim=(-2.2, 2.2))
plotting.show(left, alt=(
    "Left: paths of 8 blue and 8 red points, bundled, to their targets. Right: the blue "
    "region contains the disk and leaves the ring on the left, between two red points; "
    "a second blue strip lies at the left edge."
))

# %% slideshow={"slide_type": "skip"}
correct = np.sum(node.nearest_target(x[-1]) == data.label)
print(f"{correct} of {problem.I} points end nearest to their own target")

# %% [markdown] slideshow={"slide_type": "notes"}
# All points are right. The blue region has an arm that reaches through the ring where no training point is in the way. (What it does at the left edge, far from all data, nobody has told the network.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict, then try.** Now you train: which of the three data sets is learned in the fewest iterations? What is the largest $\gamma$ that does not diverge ($\gamma$ and the step rule can be changed on the way)? What do five layers manage?

# %%
explore.training()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Do the weights look like functions of time?* <small>A5</small>

# %%
left, right = plotting.panels(2, width=11)
t, V, b = problem.t[:-1], result.weights.V, result.weights.b
for m, n, style in [(0, 0, "-"), (0, 1, "--"), (1, 0, "-."), (1, 1, ":")]:
    left.plot(t, V[:, m, n], style, label=f"row {m + 1}, column {n + 1}")
for m, style in enumerate(["-", "--"]):
    right.plot(t, b[:, m], style, label=f"entry {m + 1}")
for ax, title in [(left, "entries of V"), (right, "entries of b")]:
    ax.set(xlabel="$t$", title=title)
    ax.legend()
plotting.show(left, alt=(
    "The four entries of V and the two of b over time: continuous curves with a few "
    "sharp bends."
))

# %% [markdown] slideshow={"slide_type": "notes"}
# They do. It is no accident: we start from zero, and in every gradient, $\sum_i\boldsymbol{\varphi}_k\sigma(\mathbf{x}_k)^\top + w_2\mathbf{V}_k$, neighbouring layers differ by $O(\Delta t)$, because $\mathbf{x}_k$ and $\boldsymbol{\varphi}_k$ do.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Train networks of 25 to 200 layers. How does the largest jump between neighbouring layers depend on their number?

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
for layers in (25, 50, 100, 200):
    p = node.TrainingProblem(data.x_in, data.y_out, N_T=layers + 1, activation=tanh)
    run = node.train(p, iterations=500, step=constant(0.003 / p.dt), progress=False)
    print(f"{layers:3d} layers: largest jump {np.abs(np.diff(run.weights.V, axis=0)).max():.2f}")

# %% [markdown]
# Twice as many layers, half the jump: that is how samples of a function $\mathbf{V}(t)$ behave.

# %% [markdown] slideshow={"slide_type": "notes"}
# Deeper and deeper, this network tends to a neural ODE. (Why $\gamma$ is divided by $\Delta t$ comes further down.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Other step rules
#
# The **exercise sheet** uses a rule that never lets $J$ grow: scale the gradients in $\mathbf{V}$ and $\mathbf{b}$ to largest entry 1, multiply $\gamma$ by 4, and halve it after every try until $J$ is not larger than before.

# %% [markdown] slideshow={"slide_type": "notes"}
# (Scaled separately, the two no longer point along $-\nabla J$; a rule for the step's length thus changes its direction as well. And a gradient of zero must not be divided by zero.)

# %% [markdown]
# **Armijo's** rule goes along $-\nabla J$, and accepts $\gamma$ when $J$ falls by at least $10^{-4}\,\gamma\,|\nabla J|^2$. The constant $\gamma = 1$ checks nothing.
#
# And then there is **L-BFGS**, which remembers the last gradients and so learns about the curvature of $J$.

# %% [markdown] slideshow={"slide_type": "notes"}
# It is SciPy's; `node.minimize` only hands it $J$ and our gradient.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Which of the four needs the fewest evaluations of $J$ to come below 3, and which the most?

# %% slideshow={"slide_type": "skip"}
quiet = {"progress": False}
runs = {
    "constant": node.train(problem, iterations=4000, step=constant(1.0), **quiet),
    "exercise's rule": node.train(problem, iterations=1700, step=backtracking(), **quiet),
    "Armijo": node.train(problem, iterations=1400, step=armijo(), **quiet),
    "L-BFGS": node.minimize(problem, iterations=600, **quiet),
}

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
budgets = [100, 500, 1000, 4000]
print("J after ...    ", *(f"{n:6d}" for n in budgets), "evaluations")
for name, run in runs.items():
    reached = [run.J[run.evaluations <= n][-1] for n in budgets]
    print(f"{name:15s}", *(f"{J:6.1f}" for J in reached))

# %% slideshow={"slide_type": "subslide"}
curves = {name: run.J for name, run in runs.items()}
evaluations = {name: run.evaluations for name, run in runs.items()}
ax = plotting.cost_history(curves, x=evaluations, xlabel="evaluations of $J$")
ax.axhline(3, color="0.5", lw=1)
ax.set(xlim=(10, 5000), ylim=(1, 200))
plotting.show(ax, alt=(
    "J against evaluations: L-BFGS falls fastest by far, then the constant step with "
    "its spikes, then the exercise's rule and Armijo's, which fall steadily."
))

# %% tags=["no-code"] slideshow={"slide_type": "subslide"}
for name, run in runs.items():
    first = np.argmax(run.J < 3)
    when = f"about {round(run.evaluations[first], -1):4d} evaluations, {run.seconds[first]:.2f} s"
    print(f"{name:15s} J < 3 after", when if run.J[first] < 3 else "more than that")

# %% [markdown]
# L-BFGS wins by far, with the same gradient.

# %% [markdown] slideshow={"slide_type": "notes"}
# (We stopped it after 600 iterations, where its line ends.) Next is the constant step. The careful rules spend three evaluations on an iteration, and shorten the step where the constant one jumps over a crest; an evaluation without the gradient costs half of one with it, which still leaves them behind.
#
# The gradient is what you have learned to compute; what to do with it is a subject of its own.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which minimum? <small>C7</small>
#
# $J$ is not convex. There may be many local minima, nothing guarantees that we end in the global one, and progress is slow. We let L-BFGS run from three random starts, on another two draws of the 64 points.

# %% slideshow={"slide_type": "skip"}
def J_from_random_starts(data_seed, activation, scale=0.1):
    draw = node.disk_in_ring(seed=data_seed)
    p = node.TrainingProblem(draw.x_in, draw.y_out, activation=activation)
    starts = [node.Weights.random(p.N_T, p.d, scale, np.random.default_rng(n)) for n in range(3)]
    return [node.minimize(p, start, 1000, maxcor=20, progress=False).J[-1] for start in starts]


# %% tags=["no-code"]
print("tanh, data seed 12:", *(f"{J:.2f}" for J in J_from_random_starts(12, tanh)))
print("tanh, data seed 13:", *(f"{J:.2f}" for J in J_from_random_starts(13, tanh)))
J_relu = J_from_random_starts(12, relu)
print("ReLU, data seed 12: differ by more than 3 %:", max(J_relu) > 1.03 * min(J_relu))

# %% [markdown]
# With $\tanh$, all three starts find the same minimum for one draw of the data, and two different ones for the other.
#
# With ReLU, the same data and the same three starts are at three values after 1,000 iterations; whether they tend to minima we do not know: at a kink L-BFGS may just get stuck.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Nor is one run the last word. Three draws of the data with ReLU and $\gamma = 1$ (seed 4 is the one from above):

# %% tags=["no-code"]
print("data seed   after 2000      2020      4000 iterations: J and correct points")
for seed in (4, 20, 26):
    draw = node.disk_in_ring(seed=seed)
    p = node.TrainingProblem(draw.x_in, draw.y_out)
    print(f"{seed:9d} ", end="")
    for now in islice(node.gradient_descent(p, zero, constant(1.0)), 4001):
        if now.iteration in (2000, 2020, 4000):
            right = node.nearest_target(p.states(now.weights)[-1]) == draw.label
            print(f"  {now.J:5.1f} ({np.sum(right)})", end="")
    print()

# %% [markdown] slideshow={"slide_type": "notes"}
# Seed 20 hardly moves any more, with one point on the wrong side. And seed 26 looks like a disaster after 2,000 iterations, but we have caught it on top of a spike: twenty steps later all points are right.

# %% [markdown]
# Judge a run by its curve, not by its last value.

# %% [markdown] slideshow={"slide_type": "notes"}
# > **Your numbers differ from your neighbour's?** With ReLU and $\gamma = 1$ rounding can be enough: change the data in the 15th digit, or use another processor, and after some thousand iterations some draws end elsewhere. The draws shown here are among those that do not depend on it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The learning rate and the number of layers <small>C5, C6</small>
#
# **Predict.** Train networks of 10 to 160 layers with the same $\gamma$. Which learns faster per iteration? And if we step along $\nabla J/\Delta t$, the $L^2$-gradient, instead of $\nabla J$?

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
same, scaled = {}, {}
for layers in (10, 40, 160):
    p = node.TrainingProblem(data.x_in, data.y_out, N_T=layers + 1, activation=tanh)
    same[f"{layers} layers"] = node.train(p, None, 60, constant(0.3), progress=False).J
    scaled[f"{layers} layers"] = node.train(p, None, 60, constant(0.003 / p.dt), progress=False).J
for name in same:
    print(f"{name:10s} J = {same[name][-1]:.1f} and {scaled[name][-1]:.1f}")

# %% slideshow={"slide_type": "subslide"}
left, right = plotting.panels(2, width=11, sharey=True)
plotting.cost_history(same, left).set_title("$\\gamma = 0.3$")
plotting.cost_history(scaled, right).set_title("$\\gamma = 0.003/\\Delta t$")
plotting.show(left, alt=(
    "J over 60 iterations for 10, 40 and 160 layers. Left, same gamma: three "
    "different curves, the more layers the slower. Right, gamma over dt: the three "
    "curves lie close together."
))

# %% [markdown] slideshow={"slide_type": "notes"}
# The discrete gradient carries a factor $\Delta t$: twice as many layers, half the gradient in each, and the same $\gamma$ does less and less (for 10 layers it is almost too large: look at the first iterations). The $L^2$-gradient belongs to the ODE, not to the grid, and so does its learning rate: $0.003$ here, which is $0.3$ at 100 layers.

# %% slideshow={"slide_type": "subslide"}
quiz.question("C-gamma")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What has it learned?
#
# All 64 points are where they belong. But we wanted to tell the *disk* from the *ring*. Draw ten thousand fresh points.
#
# **Predict.** What fraction of them goes to the wrong side? And where do the wrong ones lie?

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
fresh = node.disk_in_ring(I=10_000, seed=1)
wrong = node.nearest_target(final(fresh.x_in)) != fresh.label
for name, label in [("disk", 0), ("ring", 1)]:
    print(f"wrong: {100 * np.mean(wrong[fresh.label == label]):.1f} % of the {name}")

# %% slideshow={"slide_type": "subslide"}
ax = plotting.decision_regions(final, title="fresh points on the wrong side")
plotting.points(fresh.x_in[:, wrong], fresh.label[wrong], ax)
ax.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5))
plotting.show(ax, alt=(
    "The wrong points belong to the ring; nearly all lie where the blue region "
    "crosses it on the left, in the gap between two training points, a few at its "
    "lower tip."
))

# %% [markdown]
# Nearly all of them lie in the gap where the ring was stretched, a few where the blue region bulges into it. With 64 points there are gaps; a full ring has none. Could a better network do without?

# %% [markdown] slideshow={"slide_type": "subslide"}
# **No planar flow can** (Dupont, Doucet and Teh, 2019). Suppose all of the ring ended on the red side, the half-plane $x_1 > 1$. Two solutions of an ODE with Lipschitz right-hand side never meet *at the same time* (the paths drawn above cross, but at different times), so the flow maps the plane one-to-one and continuously: the ring's image is still a closed band, with the disk's image inside. But what is inside a closed curve in a half-plane is in the half-plane as well. The disk would be red.

# %% [markdown] slideshow={"slide_type": "notes"}
# More layers, more data, another $\sigma$: the argument does not care. The disk never gets out of the grey circle of 12.A.
#
# A residual network with large steps could escape, as its layers need not be one-to-one. Ours cannot: a layer is one-to-one if $\Delta t\,\|\mathbf{V}_k\| < 1$ in the spectral norm (with $|\sigma'| \le 1$ it moves two points by amounts that differ by less than their distance), and

# %% slideshow={"slide_type": "skip"}
norms = np.linalg.norm(result.weights.V, ord=2, axis=(1, 2))
print(f"largest dt * |V_k|: {problem.dt * norms.max():.2f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict, then move.** Carry the circle of 12.A along, from the middle of the ring: can you say at $t = 1$ on which side of it the disk is?

# %%
explore.flow(problem, result.weights)

# %% slideshow={"slide_type": "subslide"}
explore.flow(problem, result.weights, t=0.5, paths=False)

# %% slideshow={"slide_type": "subslide"}
quiz.question("C-ring")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One more dimension
#
# The remedy is cheap, and from the same paper: an *augmented* neural ODE. Give every point a third coordinate, zero at the start and zero at the target, and there is room to go round.

# %% [markdown] slideshow={"slide_type": "notes"}
# (We start from small random weights. From zero weights the third coordinate would stay zero for ever: it is on target already, so its adjoint is zero, and so is every gradient that could move it.)

# %% slideshow={"slide_type": "skip"}
def lift(points):
    return np.vstack([points, np.zeros((1, points.shape[1]))])


lifted = node.TrainingProblem(lift(data.x_in), lift(data.y_out))
start = node.Weights.random(lifted.N_T, lifted.d, 0.1, np.random.default_rng(0))
in_3d = node.train(lifted, start, iterations=2000)
in_3d

# %% tags=["no-code"]
def final_3d(starts):
    return node.forward(in_3d.weights, lift(starts), lifted.dt, relu)[-1]


wrong = node.nearest_target(final_3d(fresh.x_in)) != fresh.label
print(f"d = 3: {wrong.sum()} of {wrong.size:,} fresh points on the wrong side")

# %% slideshow={"slide_type": "skip"}
some = slice(None, None, 5)
x = node.forward(in_3d.weights, lift(fresh.x_in[:, some]), lifted.dt, relu)

# %% slideshow={"slide_type": "subslide"}
early, later, right = plotting.panels(3, width=11, height=4)
for ax, k in [(early, 20), (later, 50)]:
    plotting.points(x[k, 1:], fresh.label[some], ax)
    ax.set(xlabel="$x_2$", ylabel="$x_3$", title=f"from the side, $t = {lifted.t[k]:g}$")
    ax.set(xlim=(-1.4, 0.9), ylim=(-0.4, 0.8))
plotting.decision_regions(final_3d, right, title="the target of a start")
plotting.points(data.x_in, data.label, right)
right.set(xlim=(-2, 2.6), ylim=(-2.2, 2.2))
plotting.show(right, alt=(
    "Left and middle: x3 against x2. At t = 0.2 the ring is tilted, at t = 0.5 folded "
    "back, and the disk lies beside it. Right: round the disk the blue region is an "
    "island inside the ring; a blue strip lies at the left edge."
))

# %% [markdown]
# In the plane the disk could not get out. In three dimensions the ring is folded back, and the disk comes out on the open side.

# %% [markdown] slideshow={"slide_type": "notes"}
# In the plane of the starts the blue region is an island inside the ring, and a fifth of the iterations was enough. (Another start may leave a few fresh points out of ten thousand on the wrong side.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises

# %% [markdown] slideshow={"slide_type": "notes"}
# The lecturer's exercise: write the states, $J$, the adjoint and the gradient yourself. And then the descent. Replace the `...` and run both cells. `check` runs your function on several random problems; if the numbers are wrong, it says where, and often why. When you are stuck, `exercises.forward.hint()` helps a little (three times), and `exercises.forward.solution()` shows the library's way.
#
# `weights.V` and `weights.b` are arrays, `V[k]` leads from `x[k]` to `x[k + 1]`; `activation.sigma` and `activation.dsigma` are $\sigma$ and $\sigma'$.

# %% [markdown]
# **The states.**

# %%
def my_forward(weights, x_in, dt, activation):
    """V (N_T - 1, d, d), b (N_T - 1, d), x_in (d, I).
    Returns the states x (N_T, d, I)."""
    ...


# %%
exercises.forward.check(my_forward)

# %% [markdown]
# **The cost.**

# %%
def my_cost(weights, x, y_out, dt, w1, w2):
    """x (N_T, d, I) are the states, y_out (d, I). Returns J, a number."""
    ...


# %%
exercises.cost.check(my_cost)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **The adjoint.**

# %%
def my_adjoint(weights, x, y_out, dt, w1, activation):
    """x (N_T, d, I) are the states, y_out (d, I). Returns phi (N_T - 1, d, I)."""
    ...


# %%
exercises.adjoint.check(my_adjoint)

# %% [markdown]
# **The gradients** in $\mathbf{V}$ and in $\mathbf{b}$.

# %%
def my_gradient(weights, x, phi, dt, w2, activation):
    """x (N_T, d, I), phi (N_T - 1, d, I).
    Returns two arrays, (N_T - 1, d, d) and (N_T - 1, d)."""
    ...


# %%
exercises.gradient.check(my_gradient)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **A step of gradient descent.**

# %%
def my_descent_step(weights, gradient, gamma):
    """weights and gradient are Weights, gamma a number. Returns the new weights."""
    ...


# %%
exercises.descent_step.check(my_descent_step)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **The exercise sheet's step rule.** Scale `gradient.V` and `gradient.b`, each on its own, to a largest entry of $\pm1$ (unless it is zero): that is the direction. Try `weights - gamma * direction`, first with twice the last $\gamma$ (that is 4 times the sheet's, which halves it once more; with $0.004$ if `gamma` is `None`, in the first iteration), and halve $\gamma$ until `problem.cost` is not larger than $J$. When it is right, `node.train(problem, step=my_step_rule)` trains with it.

# %%
def my_step_rule(problem, weights, J, gradient, gamma):
    """gamma is the last step's.
    Returns new weights, their gamma, and how many tries it took."""
    ...


# %%
exercises.step_rule.check(my_step_rule)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - On the grid, $J$, its adjoint and its gradient follow from the chain rule: $\boldsymbol{\varphi}_k$ is the price of $\mathbf{x}_{k+1}$, and the gradient of the discrete $J$ is exact, not approximate.
# - Check gradients at random, non-symmetric weights. At $\mathbf{V} = \mathbf{0}$ a check is blind.
# - Too small a $\gamma$ is slow, too large a one diverges; $\gamma$ for the discrete gradient depends on $\Delta t$, for the $L^2$-gradient it does not. L-BFGS makes more of the same gradient.
# - $J$ is not convex: the start and the data decide where you end, and one run proves little.
# - A planar flow cannot take a disk out of a ring. 64 points can be separated, the shapes cannot; in three dimensions they can.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Next:** solve the exercises above, if you have not yet: whoever has written the four functions knows the lecture. Then change something and predict: $w_1 = 0$? $w_2 = 1$? other data, `node.moons()` or `node.blobs()`?
