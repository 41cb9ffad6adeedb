# %% [markdown] slideshow={"slide_type": "slide"}
# # 12.C Training
#
# **You will be able to**
# - write cost, adjoint and gradient on a time grid, with every index and every $\Delta t$ in its place;
# - check a gradient so that a mistake in it has nowhere to hide;
# - train a residual network of 100 layers by gradient descent, choose the learning rate, and read the curve of $J$;
# - say what one can expect of the result, and what not.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** [12.A](12a_resnet_as_euler.ipynb) and [12.B](12b_sensitivity_and_adjoint.ipynb). **Time:** about 105 minutes to read, and 75 for the exercises, *Detective* included. The sections marked *, a quarter of it, can be left for later (but run their cells).
#
# Run the cells from top to bottom. Where it says **Predict**, decide on an answer, enter it, then open *Answer*. At a **Quiz** click on one letter or several (more than one may be right), then on *Check*. An **Exercise** asks for a function: replace the `...`, run that cell and the next one. `check` runs your function on several random problems; if the numbers are wrong, it says where, and often why. When you are stuck, `exercises.forward.hint()` helps a little (three times), and `exercises.forward.solution()` shows the library's way.

# %% slideshow={"slide_type": "skip"}
from functools import partial
from itertools import islice
from timeit import repeat

import numpy as np

import neuralode_lib as node
from neuralode_lib import armijo, backtracking, constant, exercises, explore, plotting, predict, quiz, relu, tanh
from neuralode_lib.verify import complex_step, numerical_gradient, relative_error

plotting.use_style()

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## The grid <small>C1, C3</small>
#
# $N_T$ points in time, $t_k = (k - 1)\Delta t,\ \Delta t = T/(N_T - 1)$ <small>C1</small>, with $k = 1, \dots, N_T$. Between them lie $N_T - 1$ steps, the layers: step $k$ leads from $\mathbf{x}_k$ to
#
# $$\mathbf{x}_{k+1}^i = \mathbf{x}_k^i + \Delta t\,\bigl(\mathbf{V}_k\,\sigma(\mathbf{x}_k^i) + \mathbf{b}_k\bigr),\qquad \mathbf{x}_1^i = \mathbf{x}_{\text{in}}^i.$$
#
# <small>C3</small> States live on points, weights on steps. (12.A and 12.B count states from 0. From here on, as on the exercise sheet, the first one is $\mathbf{x}_1$; there are $K = N_T - 1$ layers.)

# %% [markdown] slideshow={"slide_type": "notes"}
# A small example, to count on one's fingers. (What `TrainingProblem` is not told is as in the lecture: $T = 1$, $N_T = 101$, $w_1 = w_2 = 0.01$, ReLU.)

# %% tags=["no-code"]
rng = np.random.default_rng(3)
x_in, y_out = rng.standard_normal((2, 2, 3))
small = node.TrainingProblem(x_in, y_out, T=1.0, N_T=5, w1=1.0, w2=0.5, activation=tanh)
small_weights = node.Weights.random(small.N_T, small.d, scale=1.5, rng=rng)
small_x, dt = small.states(small_weights), small.dt
print(small)
print("t  ", small.t, "  dt =", dt)
print("x  ", small_x.shape, "  V", small_weights.V.shape, "  b", small_weights.b.shape)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise: the states.** `weights.V` and `weights.b` are arrays, `V[k]` leads from `x[k]` to `x[k + 1]`; samples are columns; `activation.sigma` and `activation.dsigma` are $\sigma$ and $\sigma'$.

# %% slideshow={"slide_type": "skip"}
def my_forward(weights, x_in, dt, activation):
    """V (N_T - 1, d, d), b (N_T - 1, d), x_in (d, I).
    Returns the states x (N_T, d, I)."""
    ...


# %% slideshow={"slide_type": "skip"}
exercises.forward.check(my_forward)

# %% [markdown] slideshow={"slide_type": "skip"}
# To compare, when yours is written (click on the bar):

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "subslide"}
def forward(weights, x_in, dt, activation):
    x = [x_in]
    for V, b in zip(weights.V, weights.b, strict=True):
        x.append(x[-1] + dt * (V @ activation.sigma(x[-1]) + b[:, None]))
    return np.stack(x)


print("the library's states:", np.allclose(forward(small_weights, x_in, dt, tanh), small_x))

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## The discrete cost <small>C2</small>
#
# $$J = \frac12\sum_{i=1}^I|\mathbf{x}_{N_T}^i - \mathbf{y}_{\text{out}}^i|^2 + \frac{w_1\Delta t}{2}\sum_{i=1}^I\sum_{k=2}^{N_T-1}|\mathbf{x}_k^i - \mathbf{y}_{\text{out}}^i|^2 + \frac{w_2\Delta t}{2}\sum_{k=1}^{N_T-1}\bigl(\|\mathbf{V}_k\|_F^2 + |\mathbf{b}_k|^2\bigr)$$
#
# The running sum leaves out $k = 1$, which no weight can change, and $k = N_T$, which the first term takes care of.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise: the cost.** (Python counts from 0, so $k = 2, \dots, N_T - 1$ is `range(1, N_T - 1)`.)

# %% slideshow={"slide_type": "skip"}
def my_cost(weights, x, y_out, dt, w1, w2):
    """x (N_T, d, I) are the states, y_out (d, I). Returns J, a number."""
    ...


# %% slideshow={"slide_type": "skip"}
exercises.cost.check(my_cost)

# %% [markdown] slideshow={"slide_type": "notes"}
# The formula once more, with a loop for each sum; the library has no loops.

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "subslide"}
def J_by_loops(weights, x):
    J = 0.0
    for i in range(small.I):
        J += np.sum((x[-1, :, i] - y_out[:, i]) ** 2) / 2
        for k in range(1, small.N_T - 1):
            J += small.w1 * dt / 2 * np.sum((x[k, :, i] - y_out[:, i]) ** 2)
    for k in range(small.N_T - 1):
        J += small.w2 * dt / 2 * (np.sum(weights.V[k] ** 2) + np.sum(weights.b[k] ** 2))
    return J


by_loops, by_library = J_by_loops(small_weights, small_x), small.cost(small_weights)
print(f"loops {by_loops:.12f}   library {by_library:.12f}")

# %% slideshow={"slide_type": "subslide"}
quiz.question("C-count")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## The discrete adjoint <small>C4</small>

# %% [markdown] slideshow={"slide_type": "notes"}
# We could discretise the adjoint ODE of 12.B, but then we would have to decide what to take at which time. The chain rule decides it for us: $\mathbf{x}_k$ moves $\mathbf{x}_{k+1}$, and stands in the running cost itself.

# %% [markdown]
# The price of the state $\mathbf{x}_k$ is called $\boldsymbol{\varphi}_{k-1} = \partial J/\partial\mathbf{x}_k$. By the chain rule
#
# $$\frac{\partial J}{\partial\mathbf{x}_k} = \Bigl(\frac{\partial\mathbf{x}_{k+1}}{\partial\mathbf{x}_k}\Bigr)^\top\frac{\partial J}{\partial\mathbf{x}_{k+1}} + \Delta t\,w_1(\mathbf{x}_k - \mathbf{y}_{\text{out}}),\qquad \frac{\partial\mathbf{x}_{k+1}}{\partial\mathbf{x}_k} = \mathbf{I} + \Delta t\,\mathbf{V}_k\operatorname{diag}(\sigma'(\mathbf{x}_k)).$$

# %% [markdown]
# The last state is paid for in the first term of $J$ only. So
#
# $$\begin{gathered} \boldsymbol{\varphi}_{N_T-1} = \mathbf{x}_{N_T} - \mathbf{y}_{\text{out}},\\
# \boldsymbol{\varphi}_{k-1} = \boldsymbol{\varphi}_k + \Delta t\,\bigl(\mathbf{V}_k\operatorname{diag}(\sigma'(\mathbf{x}_k))\bigr)^\top\boldsymbol{\varphi}_k + \Delta t\,w_1(\mathbf{x}_k - \mathbf{y}_{\text{out}}),\quad k = N_T - 1, \dots, 2. \end{gathered}$$
#
# In code $(\mathbf{V}\operatorname{diag}(\boldsymbol{\sigma}'))^\top\boldsymbol{\varphi} = \operatorname{diag}(\boldsymbol{\sigma}')\mathbf{V}^\top\boldsymbol{\varphi}$ is `dsigma(x) * (V.T @ phi)`: first the transposed matrix, then the derivative.

# %% [markdown] slideshow={"slide_type": "notes"}
# The slide says $\boldsymbol{\varphi}_k \approx \boldsymbol{\varphi}(t_k)$. As a price $\boldsymbol{\varphi}_k$ belongs to $\mathbf{x}_{k+1}$, and $\boldsymbol{\varphi}_{N_T-1} = \mathbf{x}_{N_T} - \mathbf{y}_{\text{out}}$ is $\boldsymbol{\varphi}(T)$: the index is one step off the time, a difference of order $\Delta t$. (There is no $\boldsymbol{\varphi}_0$: it would price $\mathbf{x}_1$, which is given.)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise: the adjoint.**

# %% slideshow={"slide_type": "skip"}
def my_adjoint(weights, x, y_out, dt, w1, activation):
    """x (N_T, d, I) are the states, y_out (d, I). Returns phi (N_T - 1, d, I)."""
    ...


# %% slideshow={"slide_type": "skip"}
exercises.adjoint.check(my_adjoint)

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "subslide"}
def adjoint(weights, x, y_out, dt, w1, activation):
    phi = np.empty((len(x) - 1, *y_out.shape))
    phi[-1] = x[-1] - y_out
    for k in range(len(phi) - 1, 0, -1):
        A_T_phi = activation.dsigma(x[k]) * (weights.V[k].T @ phi[k])
        phi[k - 1] = phi[k] + dt * A_T_phi + dt * w1 * (x[k] - y_out)
    return phi


small_phi = adjoint(small_weights, small_x, y_out, dt, small.w1, tanh)
library = node.adjoint(small_weights, small_x, y_out, dt, small.w1, tanh)
print(small_phi.shape, " the library's:", np.allclose(small_phi, library))

# %% [markdown] slideshow={"slide_type": "subslide"}
# With this adjoint the identity of Questions 1 and 2 holds to rounding on *every* grid, however coarse. For each sample, with the tangent $\tilde{\mathbf{x}}$ along $(\hat{\mathbf{V}}, \tilde{\mathbf{b}})$,
#
# $$(\mathbf{x}_{N_T} - \mathbf{y}_{\text{out}})^\top\tilde{\mathbf{x}}_{N_T} = \Delta t\sum_{k=1}^{N_T-1}\boldsymbol{\varphi}_k^\top\bigl(\hat{\mathbf{V}}_k\sigma(\mathbf{x}_k) + \tilde{\mathbf{b}}_k\bigr) - \Delta t\,w_1\sum_{k=2}^{N_T-1}(\mathbf{x}_k - \mathbf{y}_{\text{out}})^\top\tilde{\mathbf{x}}_k.$$

# %% [markdown] slideshow={"slide_type": "notes"}
# Here are both sides, summed over the three samples, on three grids, with random weights along a random direction:

# %% tags=["no-code"]
for N_T in (2, 5, 50):
    p = node.TrainingProblem(x_in, y_out, N_T=N_T, w1=1.0, activation=tanh)
    w, direction = (node.Weights.random(N_T, 2, 1.5, np.random.default_rng(seed)) for seed in (0, 1))
    left, right = node.verify.tangent_adjoint_sides(p, w, direction)
    print(f"N_T = {N_T:2d}   left {left:.12f}   right {right:.12f}")

# %% slideshow={"slide_type": "subslide"}
quiz.question("C-dt")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## The discrete gradient <small>C5</small>
#
# $\mathbf{V}_k$ and $\mathbf{b}_k$ enter $\mathbf{x}_{k+1}$, whose price is $\boldsymbol{\varphi}_k$, with a factor $\Delta t$; and they enter the penalty. So
#
# $$\begin{gathered} (\nabla_{\mathbf{V}}J)_k = \Delta t\sum_{i=1}^I\boldsymbol{\varphi}_k^i\,\sigma(\mathbf{x}_k^i)^\top + w_2\Delta t\,\mathbf{V}_k,\\
# (\nabla_{\mathbf{b}}J)_k = \Delta t\sum_{i=1}^I\boldsymbol{\varphi}_k^i + w_2\Delta t\,\mathbf{b}_k,\qquad k = 1, \dots, N_T - 1. \end{gathered}$$

# %% [markdown] slideshow={"slide_type": "notes"}
# (Above this formula the slide repeats the continuous gradient with $\sigma\boldsymbol{\varphi}^\top$. That one is transposed, as 12.B has shown; $\boldsymbol{\varphi}\,\sigma^\top$ is right.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Samples are columns, so the sum over $i$ of the products $\boldsymbol{\varphi}^i\sigma(\mathbf{x}^i)^\top$ is one matrix product, `phi[k] @ sigma(x[k]).T`.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise: the gradients** in $\mathbf{V}$ and in $\mathbf{b}$.

# %% slideshow={"slide_type": "skip"}
def my_gradient(weights, x, phi, dt, w2, activation):
    """x (N_T, d, I), phi (N_T - 1, d, I).
    Returns two arrays, (N_T - 1, d, d) and (N_T - 1, d)."""
    ...


# %% slideshow={"slide_type": "skip"}
exercises.gradient.check(my_gradient)

# %% [markdown] slideshow={"slide_type": "notes"}
# States, adjoint, gradient in one function; and the complex step of 12.B as the referee:

# %% jupyter={"source_hidden": true}
def gradient(problem, weights, adjoint=adjoint):
    x = problem.states(weights)
    phi = adjoint(weights, x, problem.y_out, problem.dt, problem.w1, problem.activation)
    V = [phi[k] @ problem.activation.sigma(x[k]).T for k in range(len(phi))]
    b = [phi[k].sum(axis=1) for k in range(len(phi))]
    return problem.dt * node.Weights(V, b) + problem.w2 * problem.dt * weights


referee = numerical_gradient(small.cost, small_weights, complex_step)
error = relative_error(gradient(small, small_weights), referee)
print("relative error below 1e-13:", error < 1e-13)

# %% slideshow={"slide_type": "subslide"}
quiz.question("C-sum")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A check that sees nothing
#
# A gradient is checked at *some* weights. Which? Training starts at $\mathbf{V} = \mathbf{0}$, $\mathbf{b} = \mathbf{0}$, so why not there? Or at simple, symmetric $\mathbf{V}_k$?

# %%
quiz.question("C-symmetric")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Here is an adjoint with a mistake that is easily made, the transpose forgotten:

# %%
def adjoint_without_transpose(weights, x, y_out, dt, w1, activation):
    phi = np.empty((len(x) - 1, *y_out.shape))
    phi[-1] = x[-1] - y_out
    for k in range(len(phi) - 1, 0, -1):
        A_phi = activation.dsigma(x[k]) * (weights.V[k] @ phi[k])
        phi[k - 1] = phi[k] + dt * A_phi + dt * w1 * (x[k] - y_out)
    return phi


# %% slideshow={"slide_type": "skip"}
def without(**cost_weights):
    """The gradient of someone who forgets w1 or w2: it is right for a problem that has none."""
    chosen = {"w1": small.w1, "w2": small.w2, **cost_weights}
    return partial(gradient, node.TrainingProblem(x_in, y_out, N_T=small.N_T, activation=tanh, **chosen))


gradients = {
    "right": partial(gradient, small),
    "no transpose": partial(gradient, small, adjoint=adjoint_without_transpose),
    "no w1": without(w1=0.0),
    "no w2": without(w2=0.0),
}

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Three mistakes: the transpose forgotten, $w_1$ forgotten, $w_2$ forgotten. Which of them does a check find at $\mathbf{V} = \mathbf{0}$, $\mathbf{b} = \mathbf{0}$? And, besides the transpose, which at symmetric and at random $\mathbf{V}_k$?

# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("C-blind"):
    symmetric = node.Weights((small_weights.V + small_weights.V.transpose(0, 2, 1)) / 2, small_weights.b)
    places = {"zero": 0 * small_weights, "symmetric": symmetric, "random": small_weights}
    print("relative error:", *(f"{name:>14s}" for name in gradients))
    for place, w in places.items():
        referee = numerical_gradient(small.cost, w, complex_step)
        errors = (relative_error(g(w), referee) for g in gradients.values())
        print(f"at {place:12s}", *(f"{error:14.3f}" for error in errors))

# %% [markdown] slideshow={"slide_type": "fragment"}
# The rule: **random, non-symmetric weights, all of $w_1$, $w_2$, $\Delta t$ present and about 1, few layers, and a referee that shares no code with the adjoint.**

# %% [markdown] slideshow={"slide_type": "notes"}
# ($J$ itself needs a check of its own: that was the loops.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Detective*
#
# Six gradients, `case(1)` to `case(6)`, each with one fault, or none. You choose the problem and the weights: $d$, the layers, $w_1$, $w_2$, $\mathbf{V}$. Each gradient that you ask for is an experiment. Find the fault with as few experiments as you can.

# %%
def evidence(case, problem, weights):
    """Size of the error in each layer, in V and in b."""
    found = case.gradient(problem, weights)
    error = found - numerical_gradient(problem.cost, weights, complex_step)
    print("error in V:", np.linalg.norm(error.V, axis=(1, 2)).round(4))
    print("error in b:", np.linalg.norm(error.b, axis=1).round(4))


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** At random weights, the last layer is right, and all before it are wrong, in $\mathbf{V}$ and in $\mathbf{b}$. Where is the fault, in the adjoint, in the gradient or in the penalty? What do you choose next, to find out whether it is a lost transpose or a lost $w_1$?

# %% jupyter={"source_hidden": true} tags=["answer"]
predict.ask("C-detective")

# %% [markdown] slideshow={"slide_type": "skip"}
# Your turn. Begin with the first case; `case.accuse(...)` without a name lists the faults, and says afterwards whether your experiments prove it or you have guessed. (The sizes in $\mathbf{V}$ and $\mathbf{b}$, layer by layer, leave one fault or a few; which of these it is, a second experiment says, or computing what each of them would give in the first. Wrong accusations count.)

# %% slideshow={"slide_type": "skip"}
case = exercises.detective.case(1)
evidence(case, small, small_weights)

# %% slideshow={"slide_type": "skip"}
case.accuse(...)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## Gradient descent <small>C6</small>
#
# In iteration $j$ go a little against the gradient:
#
# $$\mathbf{V}_k^{j+1} = \mathbf{V}_k^j - \gamma_j(\nabla_{\mathbf{V}}J)_k,\qquad \mathbf{b}_k^{j+1} = \mathbf{b}_k^j - \gamma_j(\nabla_{\mathbf{b}}J)_k.$$
#
# How far is "a little"? The **learning rate** $\gamma$ says.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise: a step of gradient descent.** `Weights` add, subtract and scale like vectors.

# %% slideshow={"slide_type": "skip"}
def my_descent_step(weights, gradient, gamma):
    """weights and gradient are Weights, gamma a number. Returns the new weights."""
    ...


# %% slideshow={"slide_type": "skip"}
exercises.descent_step.check(my_descent_step)

# %% [markdown]
# The experiment of the course's exercise sheet: 64 points, 100 layers, $T = 1$, ReLU, $w_1 = w_2 = 0.01$, from $\mathbf{V} = \mathbf{0}$, $\mathbf{b} = \mathbf{0}$.

# %% slideshow={"slide_type": "subslide"}
data = node.disk_in_ring()
problem = node.TrainingProblem(
    data.x_in, data.y_out, T=1.0, N_T=101, w1=0.01, w2=0.01, activation=relu
)
zero = node.Weights.zeros(problem.N_T, problem.d)
weights = zero
for _ in range(3):
    J, g = problem.cost_and_gradient(weights)
    print(f"J = {J:.4f}   norm of the gradient {g.norm():.4f}")
    weights = weights - 0.1 * g

# %% [markdown] slideshow={"slide_type": "notes"}
# `cost_and_gradient` computes the same as our functions above, made fast: its arrays are made once and written again and again, a layer is one product $[\mathbf{V}\;\mathbf{b}]\begin{pmatrix}\sigma(\mathbf{x})\\1\end{pmatrix}$, and the gradients of all layers are another. (Read it in `neuralode_lib/fused.py`.) What is that worth?

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

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# **Predict.** We try $\gamma = 0.01$, $0.1$, $1$ and $4$. Which one wins after 200 iterations?

# %% slideshow={"slide_type": "skip"}
gamma_runs = {
    gamma: node.train(problem, iterations=200, step=constant(gamma), progress=False)
    for gamma in (0.01, 0.1, 1.0, 4.0)
}

# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("C-gammas"):
    ax = plotting.cost_history({f"γ = {gamma:g}": run.J for gamma, run in gamma_runs.items()})
    ax.set_ylim(10, 1e6)
    ends = ", ".join(f"{gamma:g} at {run.J[-1]:.0f}" for gamma, run in gamma_runs.items() if gamma < 4)
    plotting.show(ax, alt=(
        f"J over 200 iterations. Gamma = {ends}; gamma = 4 jumps up to 10,000, "
        "is back at 114 in iteration 3, and then leaves the picture upwards."
    ))

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## Ten thousand iterations
#
# With $\gamma = 1$. A spike is a step that overshoots.

# %% [markdown] slideshow={"slide_type": "notes"}
# On the exercise sheet, a MATLAB script with loops over samples takes two minutes for a thousand; here all samples are the columns of one matrix, and ten thousand take seconds. You may stop it at any time (the square in the toolbar): the result so far is kept.

# %% slideshow={"slide_type": "skip"}
result = node.train(problem, iterations=10_000, step=constant(1.0))
result

# %% jupyter={"source_hidden": true}
ax = plotting.cost_history({"γ = 1": result.J})
plotting.show(ax, alt=(
    f"J over 10,000 iterations, both axes logarithmic: from {result.J[1]:.0f} after the first one down to "
    f"{result.J[-1]:.2f}, with sharp spikes up, a group of them after iteration 200 and single ones until 9,000."
))

# %% [markdown] slideshow={"slide_type": "notes"}
# Most of the gain comes in the first thousand iterations; after that it is slow. The descent recovers from its spikes, but the last weights need not be the best ones:

# %% slideshow={"slide_type": "skip"}
print(f"last: J = {result.J[-1]:.3f};  smallest: {result.J.min():.3f}, after iteration {result.J.argmin():,}")

# %% [markdown] slideshow={"slide_type": "notes"}
# To keep the best, walk through the descent yourself: `min(islice(node.gradient_descent(problem, zero, constant(1.0)), 10_001), key=lambda now: now.J).weights`.
#
# What is $J$ made of, before and after?

# %% slideshow={"slide_type": "skip"} tags=["no-code"]
print("J is made of   terminal  running  weights")
for name, w in [("before", zero), ("after", result.weights)]:
    print(f"{name:14s}", "".join(f"{term:9.3f}" for term in problem.cost_terms(w)))

# %% [markdown] slideshow={"slide_type": "skip"}
# Hardly anything is left of the first term; half of what remains is the penalty on the weights.

# %% [markdown] slideshow={"slide_type": "notes"}
# Now look at the paths of a few points, and ask of *every* point of the window to which target the network would take it:

# %% slideshow={"slide_type": "skip"}
def final(starts):
    return node.forward(result.weights, starts, problem.dt, relu)[-1]


# %% jupyter={"source_hidden": true} slideshow={"slide_type": "subslide"} tags=["lecture"]
x = problem.states(result.weights)
left, right = plotting.panels(2, width=11, height=4.9)
plotting.trajectories(x[:, :, ::4], data.label[::4], left, title="16 of the paths")
plotting.decision_regions(final, right, title="which target each start reaches")
plotting.points(data.x_in, data.label, right)
for ax in (left, right):
    ax.set(xlim=(-2, 2.6), ylim=(-2.2, 2.2))
plotting.show(left, alt=(
    "Left: paths of 8 blue and 8 red points, bundled, to their targets. Right: the blue region contains the "
    "disk and leaves the ring on the left, between two red points; a second blue strip lies at the left edge."
))

# %% slideshow={"slide_type": "skip"}
correct = np.sum(node.nearest_target(x[-1]) == data.label)
print(f"{correct} of {problem.I} points end nearest to their own target")

# %% [markdown]
# All are right: the blue region leaves the ring between two points.

# %% [markdown] slideshow={"slide_type": "notes"}
# (What to do at the left edge, far from all data, nobody has told the network.)

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# **Predict, then try.** Now you train: what is the largest $\gamma$ that does not diverge ($\gamma$ and the step rule can be changed on the way)?

# %% [markdown] slideshow={"slide_type": "notes"}
# And afresh: for which data set (blobs, moons, the disk in the ring) does $J < 3$ take the fewest iterations, and what do five layers manage?

# %%
explore.training()

# %% jupyter={"source_hidden": true} tags=["answer"]
predict.ask("C-cockpit")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How large may γ be?* <small>C9</small>
#
# Near a point $J$ is almost quadratic. Where a direction has the curvature $\lambda > 0$, a step multiplies the distance from the lowest point in that direction by $1 - \gamma\lambda$. That is less than 1 in size only if
#
# $$\lambda < \frac2\gamma.$$
#
# There are as many such directions as weights, the eigenvectors of the **Hessian** $\mathbf{H}$, the matrix of all second derivatives; their curvatures are its eigenvalues. For 600 weights $\mathbf{H}$ has 360,000 entries; we do not write it down. *Power iteration* finds its largest eigenvalue, and needs only products $\mathbf{H}\mathbf{v}$: multiply by $\mathbf{H}$ again and again, and the direction of the largest curvature wins.

# %% [markdown] slideshow={"slide_type": "notes"}
# (Of largest size, to be exact; the negative ones are small here.) And $\mathbf{H}\mathbf{v}$ needs no new formula. It is the derivative of the *gradient* along $\mathbf{v}$, and 12.B has a way to derivatives: the complex step, $\mathbf{H}\mathbf{v} = \operatorname{Im}\nabla J(\boldsymbol{\theta} + \mathrm{i}h\mathbf{v})/h$. One gradient with complex weights is one product. (12.B asked for $\tanh$. But with $h = 10^{-100}$ no state crosses ReLU's kink, unless it is exactly 0.)

# %% slideshow={"slide_type": "subslide"}
def largest_curvature(weights, v):
    """Ten power iterations from the direction v: the curvature, and its direction."""
    for _ in range(10):
        v = (1 / v.norm()) * v
        Hv = problem.hessian_vector(weights, v)
        curvature, v = v.dot(Hv), Hv
    return curvature, v


# %% slideshow={"slide_type": "skip"}
def J_and_curvature(gamma):
    v = node.Weights.random(problem.N_T, problem.d, 1.0, np.random.default_rng(0))
    J, curvatures = [], []
    for now in islice(node.gradient_descent(problem, zero, constant(gamma)), 1201):
        J.append(now.J)
        if now.iteration % 30 == 0:
            curvature, v = largest_curvature(now.weights, v)
            curvatures.append(curvature)
    return J, curvatures


edge = {gamma: J_and_curvature(gamma) for gamma in (0.5, 1.0)}

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** On the way down from zero weights, with $\gamma = 0.5$ and with $\gamma = 1$: does the largest curvature fall, stay, or grow? What happens when it reaches $2/\gamma$?

# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("C-edge"):
    left, right = plotting.panels(2, width=11)
    for gamma, colour in [(0.5, plotting.BLUE), (1.0, plotting.ORANGE)]:
        J, curvatures = edge[gamma]
        left.plot(J, color=colour, lw=1.2, label=f"γ = {gamma:g}")
        right.plot(range(0, 1201, 30), curvatures, color=colour, label=f"γ = {gamma:g}")
        right.axhline(2 / gamma, color=colour, ls="--", label=f"2/γ = {2 / gamma:g}")
    left.set(xlabel="iteration", ylabel="$J$", ylim=(0, 60))
    right.set(xlabel="iteration", title="largest curvature of $J$", ylim=(0, 7))
    left.legend()
    right.legend(ncols=2, loc="upper left")
    plotting.show(left, alt=(
        "Left: J over 1,200 iterations, with spikes for gamma = 1 from iteration 200 on. Right: both curvatures "
        "fall to 0.7 and then grow until they reach their dashed line 2 over gamma, 2 and 4, and stay near it."
    ))

# %% [markdown] slideshow={"slide_type": "notes"}
# So the last iterate may sit on a spike: keep the *best*. How much is at stake?

# %% slideshow={"slide_type": "skip"}
for gamma, (J, _) in edge.items():
    above = np.array(J) / np.minimum.accumulate(J)
    print(f"γ = {gamma:g}: some J is more than five times the smallest so far: {above.max() > 5}")

# %% slideshow={"slide_type": "subslide"}
quiz.question("C-curvature")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Do the weights look like functions of time?* <small>A5</small>

# %% jupyter={"source_hidden": true}
left, right = plotting.panels(2, width=11)
t, V, b = problem.t[:-1], result.weights.V, result.weights.b
for m, n, style in [(0, 0, "-"), (0, 1, "--"), (1, 0, "-."), (1, 1, ":")]:
    left.plot(t, V[:, m, n], style, label=f"row {m + 1}, column {n + 1}")
for m, style in enumerate(["-", "--"]):
    right.plot(t, b[:, m], style, label=f"entry {m + 1}")
left.set(xlabel="$t$", title="entries of V", ylim=(-15, 23))
right.set(xlabel="$t$", title="entries of b", ylim=(-12, 14))
for ax in (left, right):
    ax.legend(ncols=2, loc="upper center")
plotting.show(left, alt=(
    "The four entries of V and the two of b over time: continuous curves with a few sharp bends."
))

# %% [markdown] slideshow={"slide_type": "notes"}
# They do. Is it so by accident, or would more layers give a smoother picture? We go to a *minimum* (L-BFGS, explained in *Other step rules*, until the gradient is nearly zero; $\tanh$, so that there is one without kinks; $w_2 = 0.1$, because with 0.01 it would be a matter of luck which minimum we meet). Then each layer is replaced by two with the same weights, that is, $\mathbf{V}(t)$ and $\mathbf{b}(t)$ are kept, and we go to the minimum of that network.

# %% slideshow={"slide_type": "skip"}
def keep_V_of_t(weights, times):
    """The same functions V(t) and b(t) for so many times as many layers."""
    return node.Weights.from_theta(np.repeat(weights.theta, times, axis=0))


def deeper(p, times):
    return node.TrainingProblem(
        data.x_in, data.y_out, N_T=times * (p.N_T - 1) + 1, w1=p.w1, w2=p.w2, activation=p.activation
    )


# %% slideshow={"slide_type": "skip"}
to_the_minimum = {"maxcor": 20, "gtol": 1e-7, "ftol": 1e-16, "maxfun": 10_000, "progress": False}
fifty = node.TrainingProblem(data.x_in, data.y_out, N_T=51, w2=0.1, activation=tanh)
minima = [(fifty, node.minimize(fifty, None, 5000, **to_the_minimum).weights)]
for _ in range(3):
    p, w = minima[-1]
    p, w = deeper(p, 2), keep_V_of_t(w, 2)
    minima.append((p, node.minimize(p, w, 5000, **to_the_minimum).weights))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Minima of networks with 50, 100, 200 and 400 layers. How does the largest jump between neighbouring layers depend on their number?

# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("C-jump"):
    for p, w in minima:
        J, g = p.cost_and_gradient(w)
        jump = np.abs(np.diff(w.V, axis=0)).max()
        small_g = g.norm() < 1e-3 * p.w2 * p.dt * w.norm()
        print(f"{p.N_T - 1:3d} layers: J = {J:.3f}, largest jump {jump:.2f} (a minimum: {small_g})")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why a minimum is smooth in time* <small>C8</small>
#
# At a minimum the gradient is zero, so that
#
# $$\mathbf{V}_k = -\frac1{w_2}\sum_i\boldsymbol{\varphi}_k^i\,\sigma(\mathbf{x}_k^i)^\top,\qquad \mathbf{b}_k = -\frac1{w_2}\sum_i\boldsymbol{\varphi}_k^i.$$
#
# States and adjoints of neighbouring layers differ by $O(\Delta t)$, and so do the weights.

# %% [markdown] slideshow={"slide_type": "subslide"}
# In control theory this is **Pontryagin's principle**. Make one function of state, adjoint and weights at one time, the *Hamiltonian*
#
# $H = \sum_i(\boldsymbol{\varphi}^i)^\top\bigl(\mathbf{V}\sigma(\mathbf{x}^i) + \mathbf{b}\bigr) + \frac{w_1}2\sum_i|\mathbf{x}^i - \mathbf{y}_{\text{out}}^i|^2 + \frac{w_2}2\bigl(\|\mathbf{V}\|_F^2 + |\mathbf{b}|^2\bigr).$
#
# 1. $\dot{\mathbf{x}}^i = \partial H/\partial\boldsymbol{\varphi}^i$ is the network.
# 2. $-\dot{\boldsymbol{\varphi}}^i = \partial H/\partial\mathbf{x}^i$ is the adjoint.
# 3. At each time the best $\mathbf{V}$ and $\mathbf{b}$ make $H$ as small as possible.
#
# In $\mathbf{V}$ and $\mathbf{b}$ our $H$ is a quadratic with the curvature $w_2 > 0$: it has one minimum, where its derivative is zero, and that is the formula for $\mathbf{V}_k$ and $\mathbf{b}_k$. So here the principle and $\nabla J = \mathbf{0}$ say the same.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** The formula is a test of any trained network: put its states and adjoints in, and compare with its weights. How well will the minimum with 100 layers pass? How well the network of ten thousand steps of gradient descent, all 64 points right?

# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("C-pontryagin"):
    for name, (p, w) in [("L-BFGS, to the minimum", minima[1]), ("10,000 iterations", (problem, result.weights))]:
        x_k = p.states(w)
        phi_k = node.adjoint(w, x_k, p.y_out, p.dt, p.w1, p.activation)
        V_best = -phi_k @ p.activation.sigma(x_k[:-1]).transpose(0, 2, 1) / p.w2
        off = relative_error(V_best, w.V)
        print(f"{name:23s} off by less than 1e-4: {off < 1e-4!s:5}   by more than its size: {off > 1}")

# %% [markdown] slideshow={"slide_type": "notes"}
# ("By $O(\Delta t)$" needs weights that stay bounded, $\Delta t\,\|\mathbf{V}_k\|$ small. With the lecture's $w_2 = 0.01$, from the minimum that 100 layers reach from zero weights, doubled as above, the jumps are 12.0, 5.8 and 2.9 for 100, 200 and 400 layers; but 200 layers from zero weights end in another minimum.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Is a trained network a neural ODE? Keep $\mathbf{V}(t)$ and $\mathbf{b}(t)$, take 2, 4 and 8 times as many layers, and do *not* train again. What becomes of $J$ and of the 64 points, for the network of 10,000 iterations (100 layers), and for one that was trained with 20 layers?

# %% slideshow={"slide_type": "skip"}
twenty = node.TrainingProblem(data.x_in, data.y_out, N_T=21, w2=0.1, activation=tanh)
twenty_weights = node.minimize(twenty, None, 1000, maxcor=20, progress=False).weights

# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("C-deeper"):
    for p, w in [(problem, result.weights), (twenty, twenty_weights)]:
        print(f"trained with {p.N_T - 1} layers ({p.activation.name}, w2 = {p.w2:g})")
        for times in (1, 2, 4, 8):
            q, same = deeper(p, times), keep_V_of_t(w, times)
            right = np.sum(node.nearest_target(q.states(same)[-1]) == data.label)
            print(f"    {q.N_T - 1:3d} layers: J = {q.cost(same):4.3g}, {right} of 64 right")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Other step rules
#
# The **exercise sheet** uses a rule that never lets $J$ grow. Its direction: the gradients in $\mathbf{V}$ and in $\mathbf{b}$, each scaled to largest entry $\pm1$. Its step: first try $\gamma = 0.004$, later twice the last accepted $\gamma$; halve $\gamma$ until $J$ is not larger than before.

# %% [markdown] slideshow={"slide_type": "notes"}
# (Scaled separately, the two no longer point along $-\nabla J$; a rule for the step's length thus changes its direction as well. And a gradient of zero must not be divided by zero.)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise: this rule.** `gamma` is the last accepted one, `None` in the first iteration; "largest" means largest absolute value, and an array of zeros stays as it is. When it is right, `node.train(problem, step=my_step_rule)` trains with it.

# %% slideshow={"slide_type": "skip"}
def my_step_rule(problem, weights, J, gradient, gamma):
    """gamma is the last step's.
    Returns new weights, their gamma, and the number of tries, the good one included."""
    ...


# %% slideshow={"slide_type": "skip"}
exercises.step_rule.check(my_step_rule)

# %% [markdown]
# **Armijo's** rule goes along $-\nabla J$, and accepts $\gamma$ when $J$ falls by at least $10^{-4}\,\gamma\,|\nabla J|^2$; it tries $\gamma = 1$ first, later twice the last $\gamma$, and halves. The constant $\gamma = 1$ checks nothing.
#
# And then there is **L-BFGS**, which remembers the last gradients and so learns about the curvature of $J$.

# %% [markdown] slideshow={"slide_type": "notes"}
# It is SciPy's; `node.minimize` only hands it $J$ and our gradient.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Which of the four needs the fewest evaluations of $J$ to come below 3, and which the most?

# %% slideshow={"slide_type": "skip"}
rule_runs = {
    "constant": result,
    "exercise's rule": node.train(problem, iterations=1700, step=backtracking(), progress=False),
    "Armijo": node.train(problem, iterations=1400, step=armijo(), progress=False),
    "L-BFGS": node.minimize(problem, iterations=600, progress=False),
}

# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("C-rules"):
    print("J < 3 after about ...")
    for name, run in rule_runs.items():
        first = np.argmax(run.J < 3)
        when = f"{round(run.evaluations[first], -1):5,d} evaluations, {run.seconds[first]:.2f} s"
        print(f"    {name:15s}", when if run.J[first] < 3 else f"more than {run.evaluations[-1]:,}")
    evaluations = {name: run.evaluations for name, run in rule_runs.items()}
    ax = plotting.panels(1, width=6.2)
    plotting.cost_history({n: r.J for n, r in rule_runs.items()}, ax, evaluations, xlabel="evaluations of $J$")
    ax.axhline(3, color="0.5", lw=1, zorder=0, label="J = 3")
    ax.set(xlim=(10, 5000), ylim=(1, 2000))
    ax.legend(loc="upper right", ncols=2)
    plotting.show(ax, alt=(
        "J against evaluations: L-BFGS falls fastest by far, then the constant step with its spikes, then the exercise's "
        "rule and Armijo's, which fall steadily. A thin line marks J = 3."))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which minimum? <small>C7</small>
#
# The gradient is what you have learned to compute; what to do with it is a subject of its own. But no rule changes this: $J$ is not convex. There may be many local minima, nothing guarantees that we end in the global one, and progress is slow. We let L-BFGS run from three random starts, on two other draws of the 64 points.

# %% slideshow={"slide_type": "skip"}
def J_from_random_starts(data_seed, activation, iterations, scale=0.1):
    draw = node.disk_in_ring(seed=data_seed)
    p = node.TrainingProblem(draw.x_in, draw.y_out, activation=activation)
    starts = [node.Weights.random(p.N_T, p.d, scale, np.random.default_rng(seed)) for seed in range(3)]
    return [node.minimize(p, start, iterations, maxcor=20, progress=False).J[-1] for start in starts]


# %% tags=["no-code"]
print("tanh, data seed 12:", *(f"{J:.2f}" for J in J_from_random_starts(12, tanh, 1000)))
print("tanh, data seed 13:", *(f"{J:.2f}" for J in J_from_random_starts(13, tanh, 1000)))
J_relu = J_from_random_starts(12, relu, 1000)
print("ReLU, data seed 12: differ by more than 3 %:", max(J_relu) > 1.03 * min(J_relu))

# %% [markdown]
# With $\tanh$ and data seed 12 all three agree to two digits (and after more iterations, when $|\nabla J|$ is $10^{-8}$, the weights agree to four); with data seed 13 there are at least two minima.
#
# With ReLU, the same data and the same three starts are at three values after 1,000 iterations; whether they tend to minima we do not know: at a kink L-BFGS may just get stuck.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Nor is one run the last word. Three draws of the data with ReLU and $\gamma = 1$ (seed 4 is the lecture's example):

# %% tags=["no-code"]
print("data seed   after 2000      2020      4000 iterations: J (right); least J")
for seed in (4, 20, 26):
    draw, best = node.disk_in_ring(seed=seed), np.inf
    p = node.TrainingProblem(draw.x_in, draw.y_out)
    print(f"{seed:9d} ", end="")
    for now in islice(node.gradient_descent(p, zero, constant(1.0)), 4001):
        best = min(best, now.J)
        if now.iteration in (2000, 2020, 4000):
            right = node.nearest_target(p.states(now.weights)[-1]) == draw.label
            print(f"  {now.J:5.1f} ({np.sum(right)})", end="")
    print(f"  {best:5.1f}")

# %% [markdown] slideshow={"slide_type": "notes"}
# Seed 20 hardly moves any more, with one point on the wrong side. And seed 26 looks like a disaster after 2,000 iterations, but we have caught it on top of a spike: twenty steps later all points are right.

# %% [markdown]
# Judge a run by its curve, not by its last value, and keep the best weights.

# %% [markdown] slideshow={"slide_type": "notes"}
# > **Your numbers differ from your neighbour's?** With ReLU and $\gamma = 1$ rounding can be enough: change the data in the 15th digit, or use another processor, and after some thousand iterations some draws end elsewhere. The draws shown here are among those that do not depend on it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The learning rate and the number of layers <small>C5, C6</small>
#
# **Predict.** Train networks of 10, 40 and 160 layers with the same $\gamma$. Which learns fastest per iteration? And if we step along $\nabla J/\Delta t$, the $L^2$-gradient, instead of $\nabla J$?

# %% slideshow={"slide_type": "skip"}
same, scaled = {}, {}
for layers in (10, 40, 160):
    p = node.TrainingProblem(data.x_in, data.y_out, N_T=layers + 1, activation=tanh)
    same[f"{layers} layers"] = node.train(p, None, 60, constant(0.3), progress=False).J
    scaled[f"{layers} layers"] = node.train(p, None, 60, constant(0.003 / p.dt), progress=False).J

# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("C-layers"):
    print("J after 60 iterations: the same gamma, gamma over dt")
    for name in same:
        print(f"{name:10s} {same[name][-1]:.1f}, {scaled[name][-1]:.1f}")
    left, right = plotting.panels(2, width=11, sharey=True)
    plotting.cost_history(same, left).set_title("$\\gamma = 0.3$")
    plotting.cost_history(scaled, right).set_title("$\\gamma = 0.003/\\Delta t$")
    left.set_yticks([30, 50, 100], ["30", "50", "100"])
    left.tick_params(axis="y", which="minor", labelleft=False)
    plotting.show(left, alt=(
        "J over 60 iterations for 10, 40 and 160 layers. Left, same gamma: three different curves, from the "
        "third iteration on the more layers the slower. Right, gamma over dt: they lie close together."
    ))

# %% slideshow={"slide_type": "subslide"}
quiz.question("C-gamma")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## What has it learned?
#
# All 64 points are where they belong. But we wanted to tell the *disk* from the *ring*. Draw ten thousand fresh points.
#
# **Predict.** What fraction of the disk goes to the wrong side, and what fraction of the ring?

# %% slideshow={"slide_type": "skip"}
fresh = node.disk_in_ring(I=10_000, seed=1)

# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("C-fresh"):
    wrong = node.nearest_target(final(fresh.x_in)) != fresh.label
    for name, label in [("disk", 0), ("ring", 1)]:
        print(f"wrong: {100 * np.mean(wrong[fresh.label == label]):.1f} % of the {name}")
    ax = plotting.panels(1, width=5, height=5)
    plotting.decision_regions(final, ax, title="fresh points on the wrong side")
    plotting.points(fresh.x_in[:, wrong], fresh.label[wrong], ax)
    ax.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5))
    plotting.show(ax, alt=(
        "The wrong points belong to the ring; nearly all lie where the blue region crosses it on the left, in "
        "the gap between two training points, a few at its lower tip."
    ))

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# **Predict, then move.** With 64 points the ring has gaps; a full ring has none. So carry a full circle along (choose *circle*), from the middle of the ring, the disk inside. Do the blue points get out? Can you say at $t = 1$ on which side of the circle they are?

# %%
explore.flow(problem, result.weights, carry="nothing")

# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("C-inside"):
    turn = np.linspace(0, 2 * np.pi, 20_001)
    circle = node.forward(result.weights, np.array([np.cos(turn), np.sin(turn)]), problem.dt, relu)
    left, right = plotting.panels(2, width=11)
    for ax, k in [(left, 50), (right, 100)]:
        ax.plot(*circle[k], color="0.45", lw=1)
        ax.plot(*x[k][:, data.label == 0], ".", color=plotting.BLUE, ms=4)
        ax.set(title=f"$t = {problem.t[k]:g}$", xlabel="$x_1$", ylabel="$x_2$")
    right.set(xlim=(-0.2, 0.3), ylim=(0.9, 1.1))
    plotting.show(left, alt=(
        "The circle in grey and the blue points. At t = 0.5 it is bent, and they lie inside, near its upper edge. "
        "At t = 1, enlarged near the blue target: two nearly parallel grey lines, the points between them."
    ))

# %% slideshow={"slide_type": "subslide"} tags=["lecture"]
quiz.question("C-ring")

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# **No planar flow can** separate the full shapes (Dupont, Doucet and Teh, 2019). Suppose all of the ring ended on the red side, the half-plane $x_1 > 1$. Two solutions of an ODE with Lipschitz right-hand side never meet *at the same time* (their paths may cross, at different times), so the flow maps the plane one-to-one and continuously: the ring's image is still a closed band, with the disk's image inside. But what is inside a closed curve in a half-plane is in the half-plane as well. The disk would be red.

# %% [markdown] slideshow={"slide_type": "notes"}
# More layers, more data, another $\sigma$ (Lipschitz, as $\tanh$ and ReLU are): the argument does not care. The disk never gets out of the grey circle of 12.A.
#
# A residual network with large steps could escape, as its layers need not be one-to-one. Ours cannot: a layer is one-to-one if $\Delta t\,\|\mathbf{V}_k\| < 1$ in the spectral norm (with $|\sigma'| \le 1$ it moves two points by amounts that differ by less than their distance), and

# %% slideshow={"slide_type": "skip"}
norms = np.linalg.norm(result.weights.V, ord=2, axis=(1, 2))
print(f"largest dt * |V_k|: {problem.dt * norms.max():.2f}")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## One more dimension
#
# The remedy is cheap, and from the same paper: an *augmented* neural ODE. Give every point a third coordinate, zero at the start and zero at the target, and there is room to go round. (Here with $\tanh$, $w_2 = 0.05$ and another optimiser, L-BFGS; gradient descent with ReLU does not find such weights from every start.)

# %% [markdown] slideshow={"slide_type": "notes"}
# (We start from small random weights. From zero weights the third coordinate would stay zero for ever: it is on target already, so its adjoint is zero, and so is every gradient that could move it.)

# %% slideshow={"slide_type": "skip"}
def lift(points):
    return np.vstack([points, np.zeros((1, points.shape[1]))])


lifted = node.TrainingProblem(lift(data.x_in), lift(data.y_out), w2=0.05, activation=tanh)
start = node.Weights.random(lifted.N_T, lifted.d, 0.1, np.random.default_rng(0))
in_3d = node.minimize(lifted, start, iterations=1500, maxcor=20)

# %% tags=["no-code"]
def final_3d(starts):
    return node.forward(in_3d.weights, lift(starts), lifted.dt, tanh)[-1]


wrong_3d = node.nearest_target(final_3d(fresh.x_in)) != fresh.label
print(f"d = 3: {wrong_3d.sum()} of {wrong_3d.size:,} fresh points on the wrong side")

# %% slideshow={"slide_type": "skip"}
some = slice(None, None, 5)
x_3d = node.forward(in_3d.weights, lift(fresh.x_in[:, some]), lifted.dt, tanh)

# %% jupyter={"source_hidden": true}
early, later, right = plotting.panels(3, width=11, height=4)
for ax, k in [(early, 20), (later, 40)]:
    plotting.points(x_3d[k, ::2], fresh.label[some], ax)
    ax.set(xlabel="$x_1$", ylabel="$x_3$", title=f"from the side, $t = {lifted.t[k]:g}$")
plotting.decision_regions(final_3d, right, title="target of each start")
plotting.points(data.x_in, data.label, right)
right.set(xlim=(-2, 2.6), ylim=(-2.2, 2.2))
plotting.show(right, alt=(
    "Left and middle: x3 against x1. At t = 0.2 the disk lies in the tilted ring, at t = 0.4 above it, out of its "
    "plane. Right: round the disk the blue region is an island inside the ring; a blue strip lies at the left edge."
))

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# The whole of it: let time play, and drag the picture to look from elsewhere.

# %%
explore.space(lifted, in_3d.weights, t=0.4)

# %% [markdown]
# In the plane the disk could not get out. In three dimensions the ring is tilted, and the disk leaves through the third coordinate: seen from the side it lies beside the ring.

# %% [markdown] slideshow={"slide_type": "notes"}
# In the plane of the starts the blue region is an island inside the ring. How sure is this? The full shapes are separated: on a grid of 361,201 starts all of the disk ends at $x_1 < 0.5$, all of the ring at $x_1 > 1.3$. And with this recipe no fresh point was wrong in any of 30 runs on 64, 128 or 256 points. Gradient descent with ReLU does not find such weights every time: after 2,000 iterations, 6 of 16 starts had up to 273 of the ten thousand wrong.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What do $w_1$ and $w_2$ do?*
#
# $w_1$ is the weight of the running cost: what a sample pays for being away from its target *on the way*. $w_2$ is the weight of the penalty on $\mathbf{V}$ and $\mathbf{b}$.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** With a larger $w_1$: do the points take longer or shorter paths, and *when* does the network do most of its work? With $w_2 = 1$: what is given up?

# %% slideshow={"slide_type": "skip"}
def with_cost_weights(w1, w2):
    p = node.TrainingProblem(data.x_in, data.y_out, w1=w1, w2=w2, activation=tanh)
    return p, node.minimize(p, None, 2500, maxcor=20, progress=False).weights


pairs = [(0.0, 0.1), (0.01, 0.1), (0.1, 0.1), (1.0, 0.1), (0.01, 0.01), (0.01, 1.0)]
trained = [with_cost_weights(*pair) for pair in pairs]

# %% slideshow={"slide_type": "skip"}
def measured(p, w):
    """Points right, % of fresh ones wrong, mean path, size of the weights, % of its square in the first quarter."""
    states = p.states(w)
    of_64 = np.sum(node.nearest_target(states[-1]) == data.label)
    ends = node.forward(w, fresh.x_in, p.dt, tanh)[-1]
    off = 100 * np.mean(node.nearest_target(ends) != fresh.label)
    path = np.linalg.norm(np.diff(states, axis=0), axis=1).sum(axis=0).mean()
    early = 100 * np.sum(w.theta[:25] ** 2) / np.sum(w.theta**2)
    return of_64, off, path, np.sqrt(p.dt) * w.norm(), early


# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("C-weights"):
    print("  w1    w2   of 64 right   % of fresh wrong   mean path   size of V, b   % in the first quarter")
    for p, w in trained:
        print(f"{p.w1:4g}  {p.w2:4g}{'{:12d} {:16.0f} {:14.0f} {:12.0f} {:19.0f}'.format(*measured(p, w))}")
    panels = plotting.panels(3, width=11, height=3.5)
    for ax, (p, w) in zip(panels, [trained[1], trained[3], trained[5]], strict=True):
        title = f"$w_1 = {p.w1:g}$, $w_2 = {p.w2:g}$"
        plotting.trajectories(p.states(w)[:, :, ::4], data.label[::4], ax, title=title)
        ax.set(xlim=(-1.3, 2.8), ylim=(-2.2, 1.9))
    plotting.show(ax, alt=(
        "Paths of 16 points. Left long loops to the two targets; in the middle, with the larger w1, short ones; "
        "right, with the larger w2, short ones that end between the targets."
    ))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## My network
#
# You have written $\mathbf{x}$, $J$, $\boldsymbol{\varphi}$, $\nabla J$ and a step. That is all it takes: 500 iterations from zero weights, $\gamma = 1$, with *your* functions. Where one is missing, or not right yet, the library's stands in, and the result says so.

# %%
mine = exercises.my_network(my_forward, my_cost, my_adjoint, my_gradient, my_descent_step)
mine

# %% slideshow={"slide_type": "subslide"}
explore.flow(problem, mine.weights, carry="nothing")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - On the grid, $J$, its adjoint and its gradient follow from the chain rule: $\boldsymbol{\varphi}_k$ is the price of $\mathbf{x}_{k+1}$, and the gradient of the discrete $J$ is exact, not approximate.
# - Check gradients at random, non-symmetric weights. At $\mathbf{V} = \mathbf{0}$, $\mathbf{b} = \mathbf{0}$ a check is blind to all that $\mathbf{V}$ multiplies, and to the penalty.
# - Too small a $\gamma$ is slow, too large a one diverges; the largest curvature of $J$, here, grows until it meets $2/\gamma$. $\gamma$ for the discrete gradient depends on $\Delta t$, for the $L^2$-gradient it does not. L-BFGS makes more of the same gradient.
# - $J$ is not convex: the start and the data decide where you end, and one run proves little.
# - At a minimum $\mathbf{V}$ and $\mathbf{b}$ are functions of state and adjoint. Where $\Delta t\,\|\mathbf{V}_k\|$ is small they are smooth in time, and the network is a neural ODE.
# - A planar flow cannot take a disk out of a ring. 64 points can be separated, the shapes cannot; in three dimensions they can.

# %% slideshow={"slide_type": "skip"}
exercises.progress()

# %% [markdown] slideshow={"slide_type": "notes"}
# **Next:** whoever has written these functions knows the lecture. Try other data, `node.moons()` or `node.blobs()`. Two notebooks go beyond the lecture: [12.D](12d_real_data.ipynb) has noisy gradients and real handwritten digits, [12.E](12e_depth_and_time.ipynb) folds, other ways to a gradient, and what depth is for.
