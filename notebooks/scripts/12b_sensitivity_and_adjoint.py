# %% [markdown] slideshow={"slide_type": "slide"}
# # 12.B Sensitivities and the adjoint state
#
# **You will be able to**
# - compute how the states and the cost $J$ react to a change of the weights: the *tangent*;
# - check such a derivative by difference quotients and by the complex step, and say which step $h$ to take;
# - get *all* derivatives of $J$ from one more ODE for each sample, the *adjoint*, which runs backwards, and say what it stands for;
# - write down the gradients in $\mathbf{V}$ and in $\mathbf{b}$, with the transpose where it belongs.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** [12.A](12a_resnet_as_euler.ipynb), and integration by parts. **Time:** about 105 minutes to read, predict and try, and 20 more for the two exercises; the sections marked *, more than a third of it, can be read later (but run their cells).
#
# Run the cells from top to bottom. Where it says **Predict**, commit to an answer before you open ours. At a **Quiz** click on one letter or several, for more than one may be right, then on *Check*.

# %% slideshow={"slide_type": "skip"}
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from scipy.integrate import simpson, solve_ivp

import neuralode_lib as node
from neuralode_lib import exercises, explore, plotting, predict, quiz, relu, tanh, verify
from neuralode_lib.tape import Tape
from neuralode_lib.verify import central_difference, complex_step, difference_quotient

plotting.use_style()

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## The question
#
# The network takes $\mathbf{x}_{\text{in}}^i$ along $\dot{\mathbf{x}}^i = \mathbf{V}(t)\sigma(\mathbf{x}^i) + \mathbf{b}(t)$ and pays
#
# $$J(\mathbf{V}, \mathbf{b}) = \frac12\sum_{i=1}^I|\mathbf{x}^i(T) - \mathbf{y}_{\text{out}}^i|^2 + \frac{w_1}{2}\sum_{i=1}^I\int_0^T|\mathbf{x}^i(t) - \mathbf{y}_{\text{out}}^i|^2dt + \frac{w_2}{2}\int_0^T\bigl(\|\mathbf{V}(t)\|_F^2 + |\mathbf{b}(t)|^2\bigr)dt.$$
#
# To make $J$ smaller we must know how it reacts when the weights change a little.

# %% [markdown] slideshow={"slide_type": "notes"}
# There is a weight for every entry and every time, and every one of them moves every state after it.
#
# For trying things out we take a small network at a place where nothing is special: five layers, four samples, random weights, $\sigma = \tanh$. (A formula that is only right at special weights is not right; 12.C shows how well mistakes hide at $\mathbf{V} = \mathbf{0}$.)

# %% slideshow={"slide_type": "skip"}
rng = np.random.default_rng(12)
x_in, y_out = rng.standard_normal((2, 2, 4))
problem = node.TrainingProblem(x_in, y_out, T=1.0, N_T=6, w1=1.0, w2=0.5, activation=tanh)
weights = node.Weights.random(problem.N_T, problem.d, scale=1.5, rng=rng)
x = problem.states(weights)
problem

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## Perturbing $\mathbf{b}$ <small>B1</small>
#
# Replace $\mathbf{b}$ by $\mathbf{b} + h\tilde{\mathbf{b}}$, a small number times a direction. The states become $\mathbf{x}^{ih}$; we look for their rate of change, the **tangent** $\tilde{\mathbf{x}}^i = \lim_{h\to0}(\mathbf{x}^{ih} - \mathbf{x}^i)/h$. Subtract the two ODEs and divide by $h$:
#
# $$\frac{\dot{\mathbf{x}}^{ih} - \dot{\mathbf{x}}^i}{h} = \mathbf{V}\,\frac{\sigma(\mathbf{x}^{ih}) - \sigma(\mathbf{x}^i)}{h} + \tilde{\mathbf{b}}.$$

# %% [markdown]
# $\sigma$ acts on each entry alone, so its difference quotient tends to $\sigma'(\mathbf{x}^i)$ times $\tilde{\mathbf{x}}^i$, entry by entry, or $\operatorname{diag}(\sigma'(\mathbf{x}^i))\,\tilde{\mathbf{x}}^i$. Both solutions start at $\mathbf{x}_{\text{in}}^i$, so the tangent starts at zero:
#
# $$\tilde{\mathbf{x}}^i(0) = \mathbf{0},\qquad \dot{\tilde{\mathbf{x}}}^i = \mathbf{V}\operatorname{diag}\bigl(\sigma'(\mathbf{x}^i)\bigr)\,\tilde{\mathbf{x}}^i + \tilde{\mathbf{b}}.$$
#
# This ODE is *linear* in $\tilde{\mathbf{x}}$, even though the one for $\mathbf{x}$ is not.

# %% [markdown] slideshow={"slide_type": "notes"}
# In code a column is a sample, and $\operatorname{diag}(\sigma'(\mathbf{x}^i))\,\tilde{\mathbf{x}}^i$ for all samples at once is `dsigma(x) * x_tilde`, entry by entry. The library's `tangent` is Euler's method for this ODE. We take a random direction, and compare it with the quotient itself:

# %% slideshow={"slide_type": "skip"}
direction_b = np.random.default_rng(13).standard_normal(weights.b.shape)
b_tilde = node.Weights(0 * weights.V, direction_b)  # leaves V alone
x_tilde = node.tangent(weights, x, problem.dt, tanh, b_tilde)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** $h$ becomes ten times smaller. What does the difference between quotient and tangent do?

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("B-quotient"):
    print("h       |quotient - tangent|")
    for h in (1e-1, 1e-2, 1e-3, 1e-4):
        quotient = difference_quotient(problem.states, weights, b_tilde, h)
        print(f"{h:.0e}   {np.linalg.norm(quotient - x_tilde):.2e}")

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# A kick to $\mathbf{b}$ in one layer only, of length $1/\Delta t$: before it the tangent is zero, right after it, it is the kick's direction.
#
# **Predict, then move.** Turn the kick by 180 degrees: what becomes of the tangent, and what of the quotient with $h = 1$? And why does their difference grow again below $h = 10^{-8}$?

# %%
explore.tangent(log10_h=0.0)

# %% tags=["answer"] jupyter={"source_hidden": true}
predict.ask("B-kick")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## Perturbing $\mathbf{V}$ <small>B3</small>
#
# Now $\mathbf{V}$ becomes $\mathbf{V} + h\hat{\mathbf{V}}$. Two things change at once, the matrix and the state it acts on; add and subtract $\mathbf{V}\sigma(\mathbf{x}^{ih})$ to have one at a time:
#
# $$\frac{\dot{\mathbf{x}}^{ih} - \dot{\mathbf{x}}^i}{h} = \frac{(\mathbf{V} + h\hat{\mathbf{V}} - \mathbf{V})\,\sigma(\mathbf{x}^{ih})}{h} + \mathbf{V}\,\frac{\sigma(\mathbf{x}^{ih}) - \sigma(\mathbf{x}^i)}{h}.$$

# %% slideshow={"slide_type": "subslide"} tags=["lecture"]
quiz.question("B-tangent")

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# The quotient's first term is $\hat{\mathbf{V}}\sigma(\mathbf{x}^{ih})$ and tends to $\hat{\mathbf{V}}\sigma(\mathbf{x}^i)$, the second is as before:
#
# $$\hat{\mathbf{x}}^i(0) = \mathbf{0},\qquad \dot{\hat{\mathbf{x}}}^i = \hat{\mathbf{V}}\,\sigma(\mathbf{x}^i) + \mathbf{V}\operatorname{diag}\bigl(\sigma'(\mathbf{x}^i)\bigr)\,\hat{\mathbf{x}}^i.$$
#
# The same linear ODE, driven by $\hat{\mathbf{V}}\sigma(\mathbf{x}^i)$ in place of $\tilde{\mathbf{b}}$.

# %% slideshow={"slide_type": "skip"}
direction_V = np.random.default_rng(14).standard_normal(weights.V.shape)
V_hat = node.Weights(direction_V, 0 * weights.b)  # leaves b alone
x_hat = node.tangent(weights, x, problem.dt, tanh, V_hat)
print("h       |quotient - tangent|")
for h in (1e-1, 1e-2, 1e-3, 1e-4):
    quotient = difference_quotient(problem.states, weights, V_hat, h)
    print(f"{h:.0e}   {np.linalg.norm(quotient - x_hat):.2e}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Exercise: the tangent** on the grid, along $(\hat{\mathbf{V}}, \tilde{\mathbf{b}})$, which are `direction.V` and `direction.b`. `activation.sigma` and `activation.dsigma` are $\sigma$ and $\sigma'$.

# %% [markdown] slideshow={"slide_type": "notes"}
# Replace the `...` and run both cells. `check` runs your function on several random problems; if the numbers are wrong, it says where, and often why. When you are stuck, `exercises.tangent.hint()` helps a little (three times), and `exercises.tangent.solution()` shows the library's way.

# %%
def my_tangent(weights, x, dt, activation, direction):
    """x (N_T, d, I) are the states, V (N_T - 1, d, d), b (N_T - 1, d).
    Returns x_tilde (N_T, d, I)."""
    ...


# %%
exercises.tangent.check(my_tangent)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## How $J$ reacts <small>B2, B4</small>
#
# $J$ is made of squares, and the derivative of $\frac12|\mathbf{x} - \mathbf{y}|^2$ along $\tilde{\mathbf{x}}$ is $(\mathbf{x} - \mathbf{y})^\top\tilde{\mathbf{x}}$. So, along $\tilde{\mathbf{b}}$ and along $\hat{\mathbf{V}}$,
#
# $$\langle\nabla_{\mathbf{b}}J, \tilde{\mathbf{b}}\rangle = \sum_{i=1}^I(\mathbf{x}^i(T) - \mathbf{y}_{\text{out}}^i)^\top\tilde{\mathbf{x}}^i(T) + w_1\sum_{i=1}^I\int_0^T(\mathbf{x}^i - \mathbf{y}_{\text{out}}^i)^\top\tilde{\mathbf{x}}^i\,dt + w_2\int_0^T\mathbf{b}^\top\tilde{\mathbf{b}}\,dt,$$
#
# $$\langle\nabla_{\mathbf{V}}J, \hat{\mathbf{V}}\rangle = \sum_{i=1}^I(\mathbf{x}^i(T) - \mathbf{y}_{\text{out}}^i)^\top\hat{\mathbf{x}}^i(T) + w_1\sum_{i=1}^I\int_0^T(\mathbf{x}^i - \mathbf{y}_{\text{out}}^i)^\top\hat{\mathbf{x}}^i\,dt + w_2\int_0^T\langle\mathbf{V}, \hat{\mathbf{V}}\rangle_F\,dt.$$
#
# The left sides are names so far: integrals over $t$ of a gradient times a direction, and we look for that gradient. $\langle\cdot, \cdot\rangle_F$ is the sum of the products of the entries.

# %% [markdown] slideshow={"slide_type": "notes"}
# ($\langle\mathbf{V}, \hat{\mathbf{V}}\rangle_F = \operatorname{trace}(\mathbf{V}^\top\hat{\mathbf{V}})$.) On the grid the integrals are sums; why the running one leaves out the first and the last point is a matter for 12.C.

# %% slideshow={"slide_type": "subslide"}
def derivative_by_tangent(direction):
    moved = node.tangent(weights, x, problem.dt, tanh, direction)
    terminal = np.sum((x[-1] - y_out) * moved[-1])
    running = problem.w1 * problem.dt * np.sum((x[1:-1] - y_out) * moved[1:-1])
    return terminal + running + problem.w2 * problem.dt * weights.dot(direction)


# %% tags=["no-code"]
for name, direction in [("b", b_tilde), ("V", V_hat)]:
    print(f"along {name}: by the tangent        {derivative_by_tangent(direction):.8f}")
    quotient = central_difference(problem.cost, weights, direction, h=1e-5)
    print(f"         by difference quotient {quotient:.8f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How small should $h$ be? <small>B2</small>

# %% [markdown] slideshow={"slide_type": "notes"}
# A computer stores numbers to a relative precision of $\varepsilon \approx 2\cdot10^{-16}$. The quotient subtracts two nearly equal numbers, and what they have lost by rounding, about $\varepsilon$, is divided by $h$.

# %% [markdown]
# So its error is $O(h)$ from *truncation*, because $h$ is not 0, plus $O(\varepsilon/h)$ from *rounding*. Write $f$ for the function, here $J$, $\theta$ for all the weights, $\eta$ for a direction and $f'$ for the derivative along it. There are two ways to do better:
#
# - the *central* quotient $\bigl(f(\theta + h\eta) - f(\theta - h\eta)\bigr)/(2h)$ has the error $O(h^2) + O(\varepsilon/h)$;
# - the *complex step* takes $h$ imaginary: $f(\theta + \mathrm{i}h\eta) = f + \mathrm{i}hf' - \tfrac12h^2f'' - \dots$, so $\operatorname{Im} f(\theta + \mathrm{i}h\eta)/h = f' + O(h^2)$, and nothing is subtracted. It needs a function with a power series: $\tanh$, not ReLU.

# %% [markdown] slideshow={"slide_type": "notes"}
# We take the median error over 50 random directions.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Where does each curve have its lowest point? (You have seen that of the simple quotient with the kick: why is it there?) Only orders of magnitude: what $h$ balances $h$ and $\varepsilon/h$? And $h^2$ and $\varepsilon/h$?

# %% slideshow={"slide_type": "skip"}
rng = np.random.default_rng(15)
directions = [node.Weights.random(problem.N_T, problem.d, 1.0, rng) for _ in range(50)]
by_tangent = np.array([derivative_by_tangent(direction) for direction in directions])
steps = 10.0 ** np.arange(-15, 0)


def median_errors(method):
    values = [[method(problem.cost, weights, d, h) for d in directions] for h in steps]
    return np.median(np.abs(values / by_tangent - 1), axis=1)


# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("B-lowest"):
    ax = plotting.panels(1)
    methods = [difference_quotient, central_difference, complex_step]
    for method, style in zip(methods, ["o-", "s--", "D:"], strict=True):
        name = method.__name__.replace("_", " ")
        ax.loglog(steps, np.maximum(median_errors(method), 1e-15), style, label=name)
    ax.set(xlabel="$h$", ylabel="median relative error", ylim=(3e-16, 10))
    ax.set(xticks=10.0 ** np.arange(-15, 0, 2), yticks=10.0 ** np.arange(-15, 1, 3))
    ax.legend()
    plotting.show(ax, alt=(
        "Errors against h. The difference quotient draws a V, the central one a lower V further right; "
        "the complex step falls with the central one and stays at rounding level, drawn as 1e-15."
    ))

# %% slideshow={"slide_type": "subslide"}
quiz.question("B-h")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Exercise: a Taylor test.** If $f'$ is the derivative of $f$ along $\eta$, then $|f(\theta + h\eta) - f(\theta) - hf'|$ is of second order in $h$; if it is anything else, only of first. Compute this remainder for each $h$.

# %% [markdown] slideshow={"slide_type": "notes"}
# (Then try it on `problem.cost` and `derivative_by_tangent(b_tilde)` with the steps 0.1, 0.01 and 0.001, and look at `verify.observed_order` of steps and remainders. Far smaller steps show rounding only.)

# %%
def my_taylor_test(f, weights, direction, derivative, steps):
    """derivative is a number, f a function of weights, steps an array (n,).
    Returns n remainders."""
    ...


# %%
exercises.taylor_test.check(my_taylor_test)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## Why this is not enough
#
# A tangent is exact, but it gives the derivative along *one* direction. The gradient is the derivative along every unit direction, one for each weight, and each needs an ODE to be solved for every sample.
#
# **Predict.** The lecture's network has $d = 2$ and 100 layers. How many tangents would its gradient need? And MNIST's, with $d = 784$ and ten layers?

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("B-tangents"):
    for name, d, K in [("lecture", 2, 100), ("digits", 64, 20), ("MNIST", 784, 10)]:
        print(f"{name:8s} {K * d * (d + 1):9,d} weights and as many tangents")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## The adjoint state <small>B5</small>
#
# So many ODEs for one step of gradient descent! The expensive terms are those with $\tilde{\mathbf{x}}^i$, and only they. We look for *one* function $\boldsymbol{\varphi}^i(t)$ that trades them for $\tilde{\mathbf{b}}$, which we know.
#
# Think of the price of a state: by how much does $J$ change when a sample is pushed? At the end, by $\mathbf{p}_K = \mathbf{x}_K - \mathbf{y}_{\text{out}}$ times the push. One layer back, $\mathbf{x}_{k+1} = \mathbf{x}_k + \Delta t\,(\mathbf{V}\sigma(\mathbf{x}_k) + \mathbf{b})$ carries the push on, and the running cost adds its part. By the chain rule, with $\mathbf{A} = \mathbf{V}\operatorname{diag}(\sigma'(\mathbf{x}_k))$,
#
# $$\mathbf{p}_k = (\mathbf{I} + \Delta t\,\mathbf{A})^\top\mathbf{p}_{k+1} + \Delta t\,w_1(\mathbf{x}_k - \mathbf{y}_{\text{out}}).$$
#
# Subtract $\mathbf{p}_{k+1}$, divide by $\Delta t$, and let $\Delta t$ go to zero. That is the **adjoint**:
#
# $$\boldsymbol{\varphi}^i(T) = \mathbf{x}^i(T) - \mathbf{y}_{\text{out}}^i,\qquad -\dot{\boldsymbol{\varphi}}^i = \bigl(\mathbf{V}\operatorname{diag}(\sigma'(\mathbf{x}^i))\bigr)^\top\boldsymbol{\varphi}^i + w_1(\mathbf{x}^i - \mathbf{y}_{\text{out}}^i).$$
#
# It starts at the *end*, from how far the sample missed its target, and runs backwards through the *transposed* matrix.

# %% [markdown] slideshow={"slide_type": "notes"}
# (In the last lecture it started from zero: there $J$ did not look at the final state.) There is one such ODE for each sample, and no direction in it.
#
# (The states count from 0 here. Where they count from 1, as on the lecture's slides, the same $\mathbf{p}_k$ is called $\boldsymbol{\varphi}_k$, and is the price of $\mathbf{x}_{k+1}$.)

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# **Predict.** With $\mathbf{V} = \mathbf{0}$ and $\mathbf{b} = \mathbf{0}$ nothing moves. What is $\boldsymbol{\varphi}$ as a function of time when $w_1 = 0$, and when $w_1 = 1$?

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("B-still"):
    for w_1 in (0.0, 1.0):
        still = node.adjoint(0 * weights, np.stack(6 * [x_in]), y_out, problem.dt, w_1, tanh)
        print(f"w1 = {w_1:.0f}: first entry of phi, first sample, layer by layer {still[:, 0, 0].round(3)}")

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# So $\boldsymbol{\varphi}$ is **the price of the state**: push the state at time $t$ by a small vector $\boldsymbol{\delta}$, let it run on with the same weights, and $J$ changes by $\boldsymbol{\varphi}(t)^\top\boldsymbol{\delta}$, to first order.

# %% [markdown] slideshow={"slide_type": "notes"}
# We try it on the grid, at `x[3]`. The first layers cannot feel the push, so we start there:

# %% slideshow={"slide_type": "skip"}
phi = node.adjoint(weights, x, y_out, problem.dt, problem.w1, tanh)


def J_from_3(x_3):
    rest = node.Weights(weights.V[3:], weights.b[3:])
    x_rest = node.forward(rest, x_3, problem.dt, tanh)
    running = problem.w1 * problem.dt / 2 * np.sum((x_rest[:-1] - y_out) ** 2)
    return np.sum((x_rest[-1] - y_out) ** 2) / 2 + running


# %% [markdown]
# **Predict.** There are six states, `x[0]` to `x[5]`, and five layers. `phi` has a price for each state that the weights can change, the last being that of `x[5]`. How many entries are there, and which of them is the price of `x[3]`?

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("B-entry"):
    delta = np.random.default_rng(16).standard_normal(x[3].shape)
    change = (J_from_3(x[3] + 1e-5 * delta) - J_from_3(x[3] - 1e-5 * delta)) / 2e-5
    print(f"rate of change of J along delta {change:.8f}")
    print(f"phi[2] . delta {np.sum(phi[2] * delta):.8f}   phi[3] . delta {np.sum(phi[3] * delta):.8f}")
    print("states:", len(x), "  phi:", len(phi))

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# **Predict, then move.** Sixteen points, a network early in its training, and $w_1 = 0.5$; the arrow is $\boldsymbol{\varphi}(t)$ on its moving point. The point is moved by $\boldsymbol{\delta}$, and runs on from there. What $\boldsymbol{\varphi}(t)^\top\boldsymbol{\delta}$ foretells is off by $0.047$. By how much is it off for half of this $\boldsymbol{\delta}$, and for twice as much?

# %%
explore.adjoint(sample=8)

# %% tags=["answer"] jupyter={"source_hidden": true}
predict.ask("B-prices")

# %% slideshow={"slide_type": "subslide"}
quiz.question("B-price")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## On the grid and in the limit* <small>B5</small>
#
# The library's `adjoint` computes the exact derivative of the *discrete* $J$. Does it tend to the solution of the adjoint ODE?

# %% [markdown] slideshow={"slide_type": "notes"}
# We solve both ODEs with SciPy, for one sample and smooth weights. (It integrates backwards when asked for the interval `[1, 0]`, and `.sol` is the solution as a function of $t$.)

# %% slideshow={"slide_type": "skip"}
def V(t):
    return np.array([[np.cos(3 * t), -4.0], [3.0, np.sin(2 * t)]])


def b(t):
    return np.array([np.sin(t), -1.0])


def sampled(layers):
    t = np.linspace(0, 1, layers + 1)[:-1]
    return node.Weights([V(s) for s in t], [b(s) for s in t])


# %% slideshow={"slide_type": "skip"}
x_0, y, w1, w2 = np.array([0.5, -0.3]), np.array([2.0, 1.0]), 1.0, 0.5
precise = {"rtol": 1e-12, "atol": 1e-12, "dense_output": True}
x_exact = solve_ivp(lambda t, x: V(t) @ np.tanh(x) + b(t), [0, 1], x_0, **precise).sol


# %% slideshow={"slide_type": "skip"}
def A(t):
    return V(t) @ np.diag(tanh.dsigma(x_exact(t)))


def adjoint_rate(t, phi):
    return -(A(t).T @ phi + w1 * (x_exact(t) - y))


phi_exact = solve_ivp(adjoint_rate, [1, 0], x_exact(1) - y, **precise).sol


# %% [markdown] slideshow={"slide_type": "notes"}
# On the grid we put $\boldsymbol{\varphi}_k$ at the time $t_k$ at which its layer starts. (A shift by $\Delta t$ would not change the order.)

# %% slideshow={"slide_type": "skip"}
def on_grid(layers):
    grid = node.TrainingProblem(x_0[:, None], y[:, None], 1.0, layers + 1, w1, w2, tanh)
    states = grid.states(sampled(layers))
    return grid, states, node.adjoint(sampled(layers), states, grid.y_out, grid.dt, w1, tanh)


layers = 2 ** np.arange(4, 11)
phi_error = []
for K in layers:
    grid, _, phi_K = on_grid(K)
    phi_error.append(np.abs(phi_K[:, :, 0] - phi_exact(grid.t[:-1]).T).max())
print("observed order:", verify.observed_order(1 / layers, phi_error).round(2))

# %%
left, right = plotting.panels(2, width=11)
for K, marker in [(8, "s"), (32, "o")]:
    grid, _, phi_K = on_grid(K)
    left.plot(grid.t[:-1], phi_K[:, 0, 0], marker, label=f"{K} layers")
times = np.linspace(0, 1, 201)
left.plot(times, phi_exact(times)[0], color="0.5", label="adjoint ODE", zorder=1)
left.set(xlabel="$t$", ylabel="first component of the adjoint")
left.legend()
plotting.convergence(1 / layers, phi_error, order=1, ax=right, ylabel="largest error")
plotting.show(left, alt="The first adjoint component on 8 and on 32 layers beside the ODE's; the error falls with slope 1.")

# %% [markdown] slideshow={"slide_type": "notes"}
# Order 1, as befits Euler.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## Question 1 <small>B6</small>

# %%
quiz.question("B6")

# %% slideshow={"slide_type": "skip"}
def b_tilde_of_t(t):
    return np.array([np.cos(2 * t), 1 - t])


def tangent_rate(t, x_tilde):
    return A(t) @ x_tilde + b_tilde_of_t(t)


x_tilde_exact = solve_ivp(tangent_rate, [0, 1], [0, 0], **precise).sol
x_T, x_tilde_T = x_exact(1), x_tilde_exact(1)


# %% slideshow={"slide_type": "skip"}
def compare(wanted, options):
    print(f"wanted {wanted:.6f}")
    for letter, value in options.items():
        right = np.shape(value) == () and np.isclose(value, wanted, rtol=1e-6)
        print(f"{letter}      {np.round(value, 6)}{'   <- the same' if right else ''}")


# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict.** For the smooth weights from above and some $\tilde{\mathbf{b}}(t)$ the computer evaluates the integral and all options. One agrees. Which is minus that number, and which is no number at all?

# %% slideshow={"slide_type": "skip"} tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("B-question-1"):
    wanted = phi_exact(1) @ x_tilde_T - phi_exact(0) @ x_tilde_exact(0)
    miss = x_T - y
    compare(wanted, {"A": 0.0, "B": miss, "C": miss @ x_tilde_T, "D": -miss @ x_tilde_T})

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## Question 2 <small>B7</small>

# %%
quiz.question("B7")

# %% slideshow={"slide_type": "skip"}
def integral(f):
    t = np.linspace(0, 1, 401)
    return simpson([f(s) for s in t], x=t)


first = integral(lambda t: (A(t).T @ phi_exact(t) + w1 * (x_exact(t) - y)) @ x_tilde_exact(t))
second = integral(lambda t: phi_exact(t) @ (A(t) @ x_tilde_exact(t) + b_tilde_of_t(t)))
third = integral(lambda t: w1 * (x_exact(t) - y) @ x_tilde_exact(t))
fourth = integral(lambda t: phi_exact(t) @ b_tilde_of_t(t))

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict.** Again the computer evaluates all four, and two agree. By how much are the other two off: by which integral, how many times?

# %% slideshow={"slide_type": "skip"} tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("B-question-2"):
    values = {"A": first + second, "B": -first + second, "C": third + fourth, "D": -third + fourth}
    compare(wanted, values)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## The gradient in $\mathbf{b}$ <small>B8</small>
#
# The answers to the two questions are the same number, so the expensive terms equal a cheap one:
#
# $$(\mathbf{x}(T) - \mathbf{y}_{\text{out}})^\top\tilde{\mathbf{x}}(T) + w_1\int_0^T(\mathbf{x} - \mathbf{y}_{\text{out}})^\top\tilde{\mathbf{x}}\,dt = \int_0^T\boldsymbol{\varphi}^\top\tilde{\mathbf{b}}\,dt.$$
#
# (On the grid there is the same identity, exact to rounding for any number of layers: 12.C checks it.) Insert it into the derivative of $J$, for each sample. What remains contains no tangent:
#
# $$\begin{gathered} \langle\nabla_{\mathbf{b}}J, \tilde{\mathbf{b}}\rangle = \int_0^T\Bigl(\sum_{i=1}^I\boldsymbol{\varphi}^i + w_2\mathbf{b}\Bigr)^\top\tilde{\mathbf{b}}\,dt \quad\text{for every } \tilde{\mathbf{b}},\\
# \text{so}\qquad (\nabla_{\mathbf{b}}J)(t) = \sum_{i=1}^I\boldsymbol{\varphi}^i(t) + w_2\mathbf{b}(t). \end{gathered}$$
#
# On the grid each time step contributes $\Delta t$ times that.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The referee, one complex step for each weight, agrees with the gradient in $\mathbf{b}$:

# %%
referee = verify.numerical_gradient(problem.cost, weights, complex_step)
gradient_b = problem.dt * (phi.sum(axis=2) + problem.w2 * weights.b)
error = verify.relative_error(gradient_b, referee.b)
print("relative error below 1e-13:", error < 1e-13)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## The gradient in $\mathbf{V}$ <small>B9</small>
#
# For $\hat{\mathbf{V}}$ the driving term is $\hat{\mathbf{V}}\sigma(\mathbf{x})$ in place of $\tilde{\mathbf{b}}$; nothing else changes in the two questions, and they give
#
# $$(\mathbf{x}(T) - \mathbf{y}_{\text{out}})^\top\hat{\mathbf{x}}(T) + w_1\int_0^T(\mathbf{x} - \mathbf{y}_{\text{out}})^\top\hat{\mathbf{x}}\,dt = \int_0^T\boldsymbol{\varphi}^\top\hat{\mathbf{V}}\sigma(\mathbf{x})\,dt.$$

# %% slideshow={"slide_type": "subslide"} tags=["lecture"]
quiz.question("B-transpose")

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# To read off the gradient, write the right side of the identity as a Frobenius product, with $\boldsymbol{\sigma} = \sigma(\mathbf{x})$: $\boldsymbol{\varphi}^\top\hat{\mathbf{V}}\boldsymbol{\sigma} = \sum_{m,n}\varphi_m\hat V_{mn}\sigma_n = \langle\boldsymbol{\varphi}\boldsymbol{\sigma}^\top, \hat{\mathbf{V}}\rangle_F$. Hence
#
# $$(\nabla_{\mathbf{V}}J)(t) = \sum_{i=1}^I\boldsymbol{\varphi}^i(t)\,\sigma(\mathbf{x}^i(t))^\top + w_2\mathbf{V}(t).$$

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# > **The lecture's original slides have** $\sum_i\sigma(\mathbf{x}^i)(\boldsymbol{\varphi}^i)^\top + w_2\mathbf{V}$, in three places of 12.B and once more in 12.C, right above the discrete formula, which has it right. That is the transpose. Ask how $J$ changes with the entry in row 1, column 2: it multiplies $\sigma(x_2)$ and feeds the equation of $x_1$, so the answer is $\varphi_1\sigma(x_2)$, the row from $\boldsymbol{\varphi}$, the column from $\sigma$.

# %% tags=["no-code"]
sigma_x = tanh.sigma(x[:-1])
phi_sigma = phi @ sigma_x.transpose(0, 2, 1)  # one product for each layer, summed over samples
ours = problem.dt * (phi_sigma + problem.w2 * weights.V)
slide = problem.dt * (phi_sigma.transpose(0, 2, 1) + problem.w2 * weights.V)
print("Relative error, beside an independent gradient (the complex step)")
print("phi sigma^T: below 1e-13:", verify.relative_error(ours, referee.V) < 1e-13)
print(f"sigma phi^T: {verify.relative_error(slide, referee.V):.2f}")

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# **Predict.** Someone checks the formula with $\sigma(\mathbf{x})\boldsymbol{\varphi}^\top$ along *one* direction $\hat{\mathbf{V}}$ and finds it confirmed to all digits. Which direction was it?

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("B-blind"):
    symmetric = node.Weights(V_hat.V + V_hat.V.transpose(0, 2, 1), V_hat.b)
    print("direction   tangent   phi sigma^T   sigma phi^T")
    for name, direction in [("random", V_hat), ("symmetric", symmetric)]:
        by_ours, by_slide = np.sum(ours * direction.V), np.sum(slide * direction.V)
        print(f"{name:9s} {derivative_by_tangent(direction):9.5f} {by_ours:13.5f} {by_slide:13.5f}")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["lecture"]
# ## The algorithm <small>B10</small>
#
# 1. **Forwards:** solve for the states $\mathbf{x}^i$, all samples, and keep them.
# 2. **Backwards:** solve for the adjoints $\boldsymbol{\varphi}^i$, starting from $\mathbf{x}^i(T) - \mathbf{y}_{\text{out}}^i$.
# 3. **Put together:** $\nabla_{\mathbf{V}}J = \sum_i\boldsymbol{\varphi}^i\sigma(\mathbf{x}^i)^\top + w_2\mathbf{V}$ and $\nabla_{\mathbf{b}}J = \sum_i\boldsymbol{\varphi}^i + w_2\mathbf{b}$.

# %%
def gradient_of_J(weights):
    x = node.forward(weights, x_in, problem.dt, tanh)
    phi = node.adjoint(weights, x, y_out, problem.dt, problem.w1, tanh)
    return node.gradient(weights, x, phi, problem.dt, problem.w2, tanh)


error = verify.relative_error(gradient_of_J(weights), referee)  # an independent gradient
print("relative error below 1e-13:", error < 1e-13)

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["lecture"]
# **This is backpropagation**, in other words:
#
# | here | in deep learning |
# |---|---|
# | solve for $\mathbf{x}^i$, keep all states | forward pass, keep the activations |
# | $\boldsymbol{\varphi}^i(T) = \mathbf{x}^i(T) - \mathbf{y}_{\text{out}}^i$ | gradient of the loss at the output |
# | solve for $\boldsymbol{\varphi}^i$ backwards, with $\mathbf{A}^\top$ | backward pass, through the transpose of each layer's Jacobian |
# | $\sum_i\boldsymbol{\varphi}^i\sigma(\mathbf{x}^i)^\top$ and $\sum_i\boldsymbol{\varphi}^i$ | gradients of weights and biases, summed over the batch |

# %% [markdown] slideshow={"slide_type": "notes"}
# Two ODEs for each sample, whatever the number of weights. The samples only meet in the sum of step 3, so the work grows in proportion to their number $I$: the gradient over all samples is the sum over parts of them. (The penalty is there once, so we leave it out, $w_2 = 0$.)

# %% slideshow={"slide_type": "skip"}
def gradient_over(samples):
    part = node.TrainingProblem(
        x_in[:, samples], y_out[:, samples], N_T=problem.N_T, w1=1.0, w2=0.0, activation=tanh
    )
    return part.cost_and_gradient(weights)[1]


halves, whole = gradient_over([0, 1]) + gradient_over([2, 3]), gradient_over([0, 1, 2, 3])
print("relative error below 1e-13:", verify.relative_error(halves, whole) < 1e-13)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Which samples does the gradient come from? Without the penalty it is a sum, $g = \sum_i g^i$, and the part of sample $i$ is $\langle g^i, g\rangle/\langle g, g\rangle$. All parts add up to 1.
#
# **Predict, then move.** Can a part be negative? What would that mean? The same figure again: click on points, and find one.

# %%
explore.adjoint(sample=8)

# %% tags=["answer"] jupyter={"source_hidden": true}
predict.ask("B-parts")

# %% [markdown] slideshow={"slide_type": "notes"}
# With many samples and thousands of iterations even this is much work. *Stochastic* gradient descent takes a random part of the samples in each iteration, scaled by $I$ over the size of the part, so that it is right on average.

# %% slideshow={"slide_type": "subslide"}
quiz.question("B-cost")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## By hand*
#
# Once with pencil and paper, where all three steps fit on a page: one dimension, one sample, two layers, $w_1 = 0$. So that the numbers stay round, $\sigma(x) = x^2$, an activation that nobody uses. With $\Delta t = \tfrac12$, $w_2 = 1$,
#
# $$x_1 = 1,\quad y_{\text{out}} = 3,\qquad V_1 = 1,\quad b_1 = 1,\qquad V_2 = -1,\quad b_2 = 2.$$
#
# **Predict.** Compute $x_2$, $x_3$ and $J$; then backwards $\varphi_2$ and $\varphi_1$; then the four derivatives of $J$. ($\varphi_k$ prices $x_{k+1}$; each layer counts with $\Delta t$.) Check one of them by a difference: how much does $J$ grow when $b_1$ is $1.01$ instead of $1$?

# %% slideshow={"slide_type": "skip"}
square = node.Activation(np.square, lambda x: 2 * x, "square")
by_hand = node.TrainingProblem([[1.0]], [[3.0]], T=1.0, N_T=3, w1=0.0, w2=1.0, activation=square)
hand_weights = node.Weights([[[1.0]], [[-1.0]]], [[1.0], [2.0]])

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("B-hand"):
    hand_x = by_hand.states(hand_weights)
    hand_phi = node.adjoint(hand_weights, hand_x, by_hand.y_out, by_hand.dt, 0.0, square)
    J, g = by_hand.cost_and_gradient(hand_weights)
    print("x  ", hand_x.ravel(), "  J", J)
    print("phi", hand_phi.ravel())
    print("gradient in V", g.V.ravel(), "  in b", g.b.ravel())

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The proof, line by line*
#
# You prove the gradient in $\mathbf{V}$, for one sample. At a fixed time write the same number, $\frac{d}{dt}(\boldsymbol{\varphi}^\top\hat{\mathbf{x}}) = \dot{\boldsymbol{\varphi}}^\top\hat{\mathbf{x}} + \boldsymbol{\varphi}^\top\dot{\hat{\mathbf{x}}}$, again and again:
#
# 1. Insert the two equations, with $\mathbf{A} = \mathbf{V}\operatorname{diag}(\sigma'(\mathbf{x}))$.
# 2. Let the terms with $\mathbf{A}$ cancel.
# 3. Add the running cost's $w_1(\mathbf{x} - \mathbf{y}_{\text{out}})^\top\hat{\mathbf{x}}$ on both sides. What is left on the right?
# 4. The matrix $\mathbf{G}$ with $\langle\mathbf{G}, \hat{\mathbf{V}}\rangle_F$ equal to that, for *every* $\hat{\mathbf{V}}$.

# %% [markdown] slideshow={"slide_type": "notes"}
# Integrated from $0$ to $T$, the left side of line 3 is the derivative of $J$ without its penalty: so $\mathbf{G}$ is the gradient, up to $w_2\mathbf{V}$. Each line is a function of vectors `(d,)` and matrices `(d, d)`; `s` is $\sigma(\mathbf{x})$. Numbers check it.

# %% slideshow={"slide_type": "subslide"}
def line_1(phi, x_hat, x, y, s, A, V_hat, w1):
    ...


def line_2(phi, x_hat, x, y, s, V_hat, w1):
    ...


def line_3(phi, s, V_hat):
    ...


def line_4(phi, s):
    """Returns G (d, d)."""
    ...


# %%
exercises.proof.check(line_1, line_2, line_3, line_4)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The gradient of the ODE and the gradient of the network <small>B8, B9</small>
#
# The formulas with $(t)$ are gradients with respect to the $L^2$ inner product $\langle\mathbf{u}, \mathbf{v}\rangle = \int_0^T\mathbf{u}(t)^\top\mathbf{v}(t)\,dt$: functions of time. The gradient of the discrete $J$ is a list of ordinary partial derivatives, one for each weight.

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true}
def discrete_gradient(K):
    grid, states, phi_K = on_grid(K)
    return grid, node.gradient(sampled(K), states, phi_K, grid.dt, w2, tanh)


# %% [markdown]
# **Predict.** With more and more layers, what becomes of the discrete gradient?

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("B-more-layers"):
    left, right = plotting.panels(2, width=11)
    for K, style in [(25, "s"), (100, "."), (400, "-")]:
        grid, g = discrete_gradient(K)
        left.plot(grid.t[:-1], g.b[:, 0], style, label=f"{K} layers")
        right.plot(grid.t[:-1], g.b[:, 0] / grid.dt, style, label=f"{K} layers")
    right.plot(times, phi_exact(times)[0] + w2 * np.sin(times), "k--", lw=1.2, label="$L^2$-gradient")
    left.set(xlabel="$t$", title="gradient in $b_1$")
    right.set(xlabel="$t$", title="divided by $\\Delta t$")
    right.legend()
    plotting.show(left, alt=(
        "The discrete gradient in b_1 over time for 25, 100 and 400 layers, each about a quarter of the one "
        "before; divided by dt they approach the L2-gradient, from which 25 layers are still visibly off."
    ))

# %% [markdown] slideshow={"slide_type": "notes"}
# With what order is the limit reached that you have just seen, in $\mathbf{V}$ and in $\mathbf{b}$?

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true}
gradient_error = {"V": [], "b": []}
for K in layers:
    grid, g = discrete_gradient(K)
    V_L2 = [np.outer(phi_exact(s), np.tanh(x_exact(s))) + w2 * V(s) for s in grid.t[:-1]]
    b_L2 = [phi_exact(s) + w2 * b(s) for s in grid.t[:-1]]
    gradient_error["V"].append(np.abs(g.V / grid.dt - V_L2).max())
    gradient_error["b"].append(np.abs(g.b / grid.dt - b_L2).max())
for name, errors in gradient_error.items():
    print(f"observed order in {name}:", verify.observed_order(1 / layers, errors).round(2))

# %% [markdown] slideshow={"slide_type": "notes"}
# With order 1, both: divided by $\Delta t$, the gradient of the network tends to that of the ODE. A learning rate that suits one of the two gradients does not suit the other; 12.C returns to this.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Backpropagation is this adjoint* <small>B11</small>
#
# PyTorch knows none of our formulas. While the forward pass runs it writes down each operation with arrays, on a *tape*. For each kind of operation it knows how a price goes back through it; then the tape is played backwards. A bar is the price of an array, $\bar{\mathbf{C}} = \partial J/\partial\mathbf{C}$, and prices from several uses add up. A sum passes the price on to both, an entrywise $\sigma$ multiplies it by $\sigma'$, and a product $\mathbf{C} = \mathbf{L}\mathbf{R}$ gives
#
# $$\bar{\mathbf{L}} = \bar{\mathbf{C}}\,\mathbf{R}^\top,\qquad \bar{\mathbf{R}} = \mathbf{L}^\top\,\bar{\mathbf{C}}.$$
#
# There they are, $\boldsymbol{\varphi}\,\sigma(\mathbf{x})^\top$ and $\mathbf{V}^\top\boldsymbol{\varphi}$.

# %% [markdown] slideshow={"slide_type": "notes"}
# (Why? When $\mathbf{L}$ changes by a small $\delta\mathbf{L}$, $J$ changes by $\sum\bar C_{mn}\,\delta C_{mn} = \langle\bar{\mathbf{C}}, \delta\mathbf{L}\,\mathbf{R}\rangle_F = \langle\bar{\mathbf{C}}\mathbf{R}^\top, \delta\mathbf{L}\rangle_F$.) `neuralode_lib/tape.py` is such a tape; read it, it is short. Our network, recorded:

# %% slideshow={"slide_type": "subslide"}
tape = Tape()
tape_V = [tape.array(V_k) for V_k in weights.V]
tape_b = [tape.array(b_k[:, None]) for b_k in weights.b]
tape_x = [tape.array(x_in)]
for V_k, b_k in zip(tape_V, tape_b, strict=True):
    tape_x.append(tape_x[-1] + problem.dt * (V_k @ tape_x[-1].apply(tanh) + b_k))

tape_J = 0.5 * (tape_x[-1] - y_out).sum_of_squares()
for x_k in tape_x[1:-1]:
    tape_J = tape_J + problem.w1 * problem.dt / 2 * (x_k - y_out).sum_of_squares()
for theta_k in tape_V + tape_b:
    tape_J = tape_J + problem.w2 * problem.dt / 2 * theta_k.sum_of_squares()
tape.backward(tape_J)
print("the same J:", np.isclose(tape_J.value, problem.cost(weights), rtol=1e-14))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** The tape has never heard of an ODE. Which of *our* quantities will it have found as the price of `tape_x[k + 1]`, which as that of `tape_V[k]`? With which factor, and how exactly?

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("B-tape"):
    price_x = np.array([x_k.price for x_k in tape_x[1:]])
    price_V = np.array([V_k.price for V_k in tape_V])
    price_b = np.array([b_k.price[:, 0] for b_k in tape_b])
    ours_J, ours_g = problem.cost_and_gradient(weights)
    for name, found, known in [("x", price_x, phi), ("V", price_V, ours_g.V), ("b", price_b, ours_g.b)]:
        print(f"prices of {name}: relative difference below 1e-14:", verify.relative_error(found, known) < 1e-14)
    print("arrays on the tape:", len(tape.arrays))

# %% [markdown] slideshow={"slide_type": "subslide"}
# Line by line, three times the same:
#
# | our adjoint | the tape | PyTorch |
# |---|---|---|
# | `x = forward(...)`, all states kept | `x @ y`, `x + y`, `x.apply(tanh)`, each array kept | the forward pass builds the graph (`grad_fn`) |
# | $J$, a number | `J`, the last array used | `loss` |
# | `phi[-1] = x[-1] - y_out` | from `sum_of_squares`: $2\cdot\tfrac12(\mathbf{x}_{N_T} - \mathbf{y}_{\text{out}})$ | `loss.backward()` starts, with price 1 |
# | `V.T @ phi` | from `@`: `L.T @ p` | backward of `matmul` |
# | `dsigma(x) * (...)` | from `apply`: `dsigma(x) * p` | backward of `tanh` |
# | `phi[k - 1] = phi[k] + ...` | `x[k]` is used several times: prices add up | gradients accumulate |
# | `dt * w1 * (x[k] - y_out)` | from the running cost's `sum_of_squares` | the same |
# | `phi[k] @ sigma(x[k]).T` | from `@`: `p @ R.T` | `V.grad` |
# | `phi[k].sum(axis=1)` | `b` was repeated for each sample: the prices of the copies add up | `b.grad` |

# %% [markdown] slideshow={"slide_type": "notes"}
# So is `loss.backward()` "the adjoint"? Yes: that of the *network*, exact for the $J$ that was computed, whatever the steps. It is not a solver for the adjoint ODE. Libraries for neural ODEs offer that as well, often under the name "adjoint method": they forget the states, and solve the ODEs of B5 backwards with steps of their own. Its gradient is right in the limit of small steps, not to rounding.
#
# In PyTorch itself, where it is installed (it is large, and nothing else here needs it; without it the second of these cells compares nothing):

# %% slideshow={"slide_type": "subslide"}
def gradients_by_torch(torch):
    V, b = (torch.tensor(a.copy(), requires_grad=True) for a in (weights.V, weights.b))
    x, y = [torch.tensor(x_in)], torch.tensor(y_out)
    for V_k, b_k in zip(V, b, strict=True):
        x.append(x[-1] + problem.dt * (V_k @ torch.tanh(x[-1]) + b_k[:, None]))
    running = problem.w1 * problem.dt * sum(((x_k - y) ** 2).sum() for x_k in x[1:-1])
    penalty = problem.w2 * problem.dt * ((V**2).sum() + (b**2).sum())
    loss = (((x[-1] - y) ** 2).sum() + running + penalty) / 2
    loss.backward()
    return node.Weights(V.grad.numpy(), b.grad.numpy())


# %%
torch_differs = False
if find_spec("torch"):
    by_torch = gradients_by_torch(import_module("torch"))
    by_library = problem.cost_and_gradient(weights)[1]
    torch_differs = verify.relative_error(by_torch, by_library) > 1e-14
print("another gradient by PyTorch, if installed:", torch_differs)

# %% slideshow={"slide_type": "subslide"}
quiz.question("B-backward")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What reaches the first layers?*
#
# In 12.A a circle went through a hundred plain layers and through a hundred residual ones. Now send the price of the state back through both, for one sample and the terminal cost alone:
#
# $$\mathbf{p}_{k-1} = \operatorname{diag}(\sigma'(\mathbf{x}_{k-1}))\,\mathbf{V}_k^\top\,\mathbf{p}_k \quad\text{(plain)},\qquad \mathbf{p}_{k-1} = \mathbf{p}_k + \operatorname{diag}(\sigma'(\mathbf{x}_{k-1}))\,\mathbf{V}_k^\top\,\mathbf{p}_k \quad\text{(residual)}.$$

# %% slideshow={"slide_type": "skip"}
def states_of(V, b, keep, start):
    """The states of a plain network, keep = 0, or of a residual one, keep = 1."""
    states = [np.array(start)]
    for V_k, b_k in zip(V, b, strict=True):
        states.append(keep * states[-1] + V_k @ np.tanh(states[-1]) + b_k)
    return states


# %% slideshow={"slide_type": "skip"}
def gradient_sizes(V, b, keep):
    """|dJ/dV_k| for k = 1, ..., K."""
    states, sizes = states_of(V, b, keep, [1.0, 2.0]), []
    price = states.pop() - [0.0, 1.0]
    for V_k, x_k in zip(V[::-1], states[::-1], strict=True):
        sizes.append(np.linalg.norm(np.outer(price, np.tanh(x_k))))
        price = keep * price + tanh.dsigma(x_k) * (V_k.T @ price)
    return sizes[::-1]


rng = np.random.default_rng(3)
Vs, bs = rng.standard_normal((100, 2, 2)) / np.sqrt(2), 0.1 * rng.standard_normal((100, 2))
networks = [("plain", "--", (Vs, bs, 0)), ("residual, times 0.1", "-", (Vs / 10, bs / 10, 1))]

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** A hundred layers with random weights of standard deviation $1/\sqrt2$, and a residual network with a tenth of them. How large is $\partial J/\partial\mathbf{V}_k$ in the first layers, compared with the last? And how far apart do two different inputs come out?

# %% tags=["answer"] jupyter={"source_hidden": true}
with predict.ask("B-first-layers"):
    left, right = plotting.panels(2, width=11)
    for name, style, network in networks:
        one, other = (np.array(states_of(*network, start)) for start in ([1.0, 2.0], [-1.0, 0.5]))
        left.semilogy(np.linalg.norm(one - other, axis=1), style)
        right.semilogy(range(1, 101), gradient_sizes(*network), style, label=name)
    left.set(xlabel="layer $k$", title="distance of two inputs", ylim=(1e-17, 1e2))
    right.set(xlabel="layer $k$", title="size of the gradient in $V_k$", yticks=10.0 ** np.arange(-12, 1, 3))
    right.legend()
    plotting.show(left, alt=(
        "Left: in the plain network the distance of two inputs falls by many powers of ten with the layers. "
        "Right: its gradient falls as much, but towards the first layers. Both stay level in the residual one."
    ))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## And ReLU?*
#
# The derivation used $\sigma'$. ReLU has none at 0; the exercise sheet takes $\sigma'(0) = 0$. Where no state sits exactly on the kink, all formulas hold as they stand:

# %% tags=["no-code"]
relu_problem = node.TrainingProblem(x_in, y_out, N_T=6, w1=1.0, w2=0.5, activation=relu)
_, relu_gradient = relu_problem.cost_and_gradient(weights)
print(f"by the adjoint        {relu_gradient.dot(V_hat):.6f}")
print(f"by central difference {central_difference(relu_problem.cost, weights, V_hat, 1e-7):.6f}")

# %% [markdown]
# On the kink there may be no derivative to be right about. A sample at $x = 0$ with $b = 0$ stays at 0; pushed to the right it is carried on, pushed to the left it is not:

# %% tags=["no-code"]
on_kink = node.TrainingProblem([[0.0]], [[1.0]], N_T=6, w1=1.0, activation=relu)
ones = node.Weights(np.ones((5, 1, 1)), np.zeros((5, 1)))
push = node.Weights(np.zeros((5, 1, 1)), np.ones((5, 1)))
print(f"to the right {difference_quotient(on_kink.cost, ones, push, 1e-7):.4f}")
print(f"to the left  {difference_quotient(on_kink.cost, ones, push, -1e-7):.4f}")
print(f"adjoint      {on_kink.cost_and_gradient(ones)[1].dot(push):.4f}")

# %% [markdown]
# With the convention $\sigma'(0) = 0$ the adjoint takes the left one. In practice states hit 0 exactly only when the data or the weights put them there.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - Tangent: $\dot{\tilde{\mathbf{x}}} = \mathbf{V}\operatorname{diag}(\sigma'(\mathbf{x}))\tilde{\mathbf{x}} + \tilde{\mathbf{b}}$ (or $+\,\hat{\mathbf{V}}\sigma(\mathbf{x})$), from zero. One direction per solve.
# - Adjoint: $-\dot{\boldsymbol{\varphi}} = (\mathbf{V}\operatorname{diag}(\sigma'(\mathbf{x})))^\top\boldsymbol{\varphi} + w_1(\mathbf{x} - \mathbf{y}_{\text{out}})$, from $\mathbf{x}(T) - \mathbf{y}_{\text{out}}$ backwards. All directions in one solve for each sample. It is the price of the state; on the grid $\boldsymbol{\varphi}_k$ stands for $\partial J/\partial\mathbf{x}_{k+1}$.
# - Gradients: $\nabla_{\mathbf{b}}J = \sum_i\boldsymbol{\varphi}^i + w_2\mathbf{b}$ and $\nabla_{\mathbf{V}}J = \sum_i\boldsymbol{\varphi}^i\sigma(\mathbf{x}^i)^\top + w_2\mathbf{V}$; on the grid times $\Delta t$.
# - Check a derivative by the complex step, or by central differences with $h \approx 10^{-5}$, along random directions at random weights.

# %% slideshow={"slide_type": "skip"}
exercises.progress()

# %% [markdown] slideshow={"slide_type": "notes"}
# **Next:** [12.C](12c_training.ipynb) does all this on the grid, and trains.
