# %% [markdown] slideshow={"slide_type": "slide"}
# # 12.B Sensitivities and the adjoint state
#
# **You will be able to**
# - compute how the states and the cost $J$ react to a change of the weights: the *tangent*;
# - check such a derivative by difference quotients and by the complex step, and say which step $h$ to take;
# - get *all* derivatives of $J$ from one further ODE that runs backwards, the *adjoint*, and say what it stands for;
# - write down the gradients in $\mathbf{V}$ and in $\mathbf{b}$, with the transpose where it belongs.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** [12.A](12a_resnet_as_euler.ipynb), and integration by parts. **Time:** about 80 minutes; the sections marked * can be read later (but run their cells).
#
# First clear the stored results (*Edit ▸ Clear Outputs of All Cells*), then run the cells from top to bottom. Where it says **Predict**, decide on an answer first. At a **Quiz** click on one letter or several (more than one may be right), then on *Check*.

# %% slideshow={"slide_type": "skip"}
import numpy as np
from scipy.integrate import simpson, solve_ivp

import neuralode_lib as node
from neuralode_lib import exercises, explore, plotting, quiz, relu, tanh, verify
from neuralode_lib.verify import central_difference, complex_step, difference_quotient

plotting.use_style()

# %% [markdown] slideshow={"slide_type": "slide"}
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

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Perturbing $\mathbf{b}$ <small>B1</small>
#
# Replace $\mathbf{b}$ by $\mathbf{b} + h\tilde{\mathbf{b}}$, a small number times a direction. The states become $\mathbf{x}^{ih}$; we look for their rate of change, the **tangent** $\tilde{\mathbf{x}}^i = \lim_{h\to0}(\mathbf{x}^{ih} - \mathbf{x}^i)/h$. Subtract the two ODEs and divide by $h$:
#
# $$\frac{\dot{\mathbf{x}}^{ih} - \dot{\mathbf{x}}^i}{h} = \mathbf{V}\,\frac{\sigma(\mathbf{x}^{ih}) - \sigma(\mathbf{x}^i)}{h} + \tilde{\mathbf{b}}.$$

# %% [markdown] slideshow={"slide_type": "notes"}
# $\sigma$ acts on each entry alone, so its difference quotient tends to $\sigma'(\mathbf{x}^i)$ times $\tilde{\mathbf{x}}^i$, entry by entry, or $\operatorname{diag}(\sigma'(\mathbf{x}^i))\,\tilde{\mathbf{x}}^i$. Both solutions start at $\mathbf{x}_{\text{in}}^i$, so the tangent starts at zero:

# %% [markdown]
# $$\tilde{\mathbf{x}}^i(0) = \mathbf{0},\qquad \dot{\tilde{\mathbf{x}}}^i = \mathbf{V}\operatorname{diag}\bigl(\sigma'(\mathbf{x}^i)\bigr)\,\tilde{\mathbf{x}}^i + \tilde{\mathbf{b}}.$$
#
# This ODE is *linear* in $\tilde{\mathbf{x}}$, even though the one for $\mathbf{x}$ is not.

# %% [markdown] slideshow={"slide_type": "notes"}
# The library's `tangent` is Euler's method for it. Compare it with the quotient itself:

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** $h$ becomes ten times smaller. What does the difference between quotient and tangent do?

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
b_tilde = node.Weights(0 * weights.V, rng.standard_normal(weights.b.shape))  # leaves V alone
x_tilde = node.tangent(weights, x, problem.dt, tanh, b_tilde)
print("h       |quotient - tangent|")
for h in (1e-1, 1e-2, 1e-3, 1e-4):
    quotient = difference_quotient(problem.states, weights, b_tilde, h)
    print(f"{h:.0e}   {np.linalg.norm(quotient - x_tilde):.2e}")

# %% [markdown]
# It becomes ten times smaller, too: the quotient is the tangent up to $O(h)$.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Perturbing $\mathbf{V}$ <small>B3</small>
#
# Now $\mathbf{V}$ becomes $\mathbf{V} + h\hat{\mathbf{V}}$. Two things change at once, the matrix and the state it acts on; add and subtract $\mathbf{V}\sigma(\mathbf{x}^{ih})$ to have one at a time:
#
# $$\frac{\dot{\mathbf{x}}^{ih} - \dot{\mathbf{x}}^i}{h} = \frac{(\mathbf{V} + h\hat{\mathbf{V}} - \mathbf{V})\,\sigma(\mathbf{x}^{ih})}{h} + \mathbf{V}\,\frac{\sigma(\mathbf{x}^{ih}) - \sigma(\mathbf{x}^i)}{h}.$$
#
# The first term is $\hat{\mathbf{V}}\sigma(\mathbf{x}^{ih})$ and tends to $\hat{\mathbf{V}}\sigma(\mathbf{x}^i)$, the second is as before:
#
# $$\hat{\mathbf{x}}^i(0) = \mathbf{0},\qquad \dot{\hat{\mathbf{x}}}^i = \hat{\mathbf{V}}\,\sigma(\mathbf{x}^i) + \mathbf{V}\operatorname{diag}\bigl(\sigma'(\mathbf{x}^i)\bigr)\,\hat{\mathbf{x}}^i.$$
#
# The same linear ODE, driven by $\hat{\mathbf{V}}\sigma(\mathbf{x}^i)$ in place of $\tilde{\mathbf{b}}$.

# %% slideshow={"slide_type": "skip"}
V_hat = node.Weights(rng.standard_normal(weights.V.shape), 0 * weights.b)  # leaves b alone
x_hat = node.tangent(weights, x, problem.dt, tanh, V_hat)
print("h       |quotient - tangent|")
for h in (1e-1, 1e-2, 1e-3, 1e-4):
    quotient = difference_quotient(problem.states, weights, V_hat, h)
    print(f"{h:.0e}   {np.linalg.norm(quotient - x_hat):.2e}")

# %% slideshow={"slide_type": "subslide"}
quiz.question("B-tangent")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How $J$ reacts <small>B2, B4</small>
#
# $J$ is made of squares, and the derivative of $\frac12|\mathbf{x} - \mathbf{y}|^2$ along $\tilde{\mathbf{x}}$ is $(\mathbf{x} - \mathbf{y})^\top\tilde{\mathbf{x}}$. So, along $\tilde{\mathbf{b}}$ and along $\hat{\mathbf{V}}$,
#
# $$\langle\nabla_{\mathbf{b}}J, \tilde{\mathbf{b}}\rangle = \sum_{i=1}^I(\mathbf{x}^i(T) - \mathbf{y}_{\text{out}}^i)^\top\tilde{\mathbf{x}}^i(T) + w_1\sum_{i=1}^I\int_0^T(\mathbf{x}^i - \mathbf{y}_{\text{out}}^i)^\top\tilde{\mathbf{x}}^i\,dt + w_2\int_0^T\mathbf{b}^\top\tilde{\mathbf{b}}\,dt,$$
#
# $$\langle\nabla_{\mathbf{V}}J, \hat{\mathbf{V}}\rangle_F = \sum_{i=1}^I(\mathbf{x}^i(T) - \mathbf{y}_{\text{out}}^i)^\top\hat{\mathbf{x}}^i(T) + w_1\sum_{i=1}^I\int_0^T(\mathbf{x}^i - \mathbf{y}_{\text{out}}^i)^\top\hat{\mathbf{x}}^i\,dt + w_2\int_0^T\langle\mathbf{V}, \hat{\mathbf{V}}\rangle_F\,dt.$$

# %% [markdown] slideshow={"slide_type": "notes"}
# ($\langle\mathbf{V}, \hat{\mathbf{V}}\rangle_F = \operatorname{trace}(\mathbf{V}^\top\hat{\mathbf{V}})$ is the sum of the products of the entries.) On the grid the integrals are sums; why the running one leaves out the first and the last point is a matter for 12.C.

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
# So the error is $O(h)$ from the limit plus $O(\varepsilon/h)$ from rounding. Two ways to do better:
#
# - the *central* quotient $(f(w + hd) - f(w - hd))/2h$ has error $O(h^2) + O(\varepsilon/h)$;
# - the *complex step* takes $h$ imaginary: $f(w + \mathrm{i}hd) = f + \mathrm{i}hf' - \tfrac12h^2f'' - \dots$, so $\operatorname{Im} f(w + \mathrm{i}hd)/h = f' + O(h^2)$, and nothing is subtracted. It needs a function with a power series: $\tanh$, not ReLU.

# %% [markdown] slideshow={"slide_type": "notes"}
# We take the median error over 50 random directions.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Where does each curve have its lowest point? Only orders of magnitude: what $h$ balances $h$ and $\varepsilon/h$? And $h^2$ and $\varepsilon/h$?

# %% slideshow={"slide_type": "skip"}
steps = 10.0 ** np.arange(-15, 0)
directions = [node.Weights.random(problem.N_T, problem.d, 1.0, rng) for _ in range(50)]
by_tangent = np.array([derivative_by_tangent(d) for d in directions])
error = {}
for method in (difference_quotient, central_difference, complex_step):
    values = [[method(problem.cost, weights, d, h) for d in directions] for h in steps]
    error[method.__name__.replace("_", " ")] = np.median(np.abs(values / by_tangent - 1), axis=1)

# %% slideshow={"slide_type": "fragment"}
ax = plotting.panels(1)
for (name, e), style in zip(error.items(), ["o-", "s--", "D:"], strict=True):
    ax.loglog(steps, np.maximum(e, 1e-15), style, label=name)
ax.set(xlabel="$h$", ylabel="median relative error", ylim=(3e-16, 10))
ax.set(xticks=10.0 ** np.arange(-15, 0, 2), yticks=10.0 ** np.arange(-15, 1, 3))
ax.legend()
plotting.show(ax, alt=(
    "Errors against h. The difference quotient draws a V with its tip between 1e-8 and "
    "1e-7, the central one a lower V with its tip at 1e-5; the complex step falls with "
    "the central one and stays at rounding level, drawn as 1e-15."
))

# %% [markdown] slideshow={"slide_type": "notes"}
# The tips are where the balance puts them, near $h = \sqrt\varepsilon \approx 10^{-8}$ with an error of that size, and near $h = \varepsilon^{1/3} \approx 10^{-5}$ with $\varepsilon^{2/3} \approx 10^{-10}$. For large $h$ the complex step errs as much as the central quotient; towards small $h$ it stays exact to rounding, and $h = 10^{-30}$ is as good as any. That makes it our referee from now on.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict, then move.** A kick to $\mathbf{b}$ in one layer only: what is the tangent before it, what right after it? Turn it by 180 degrees: what becomes of the tangent, and what of the quotient with $h = 1$? Then go down with $h$ until the quotient falls apart.

# %%
explore.tangent()

# %% slideshow={"slide_type": "subslide"}
explore.tangent(log10_h=0)

# %% slideshow={"slide_type": "subslide"}
quiz.question("B-h")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why this is not enough
#
# One tangent gives the derivative along *one* direction. The gradient is the derivative along every unit direction, one for each weight, and each needs an ODE solved for every sample.
#
# **Predict.** The lecture's network has $d = 2$ and 100 layers. How many tangents would its gradient need? And MNIST's, with $d = 784$ and ten layers?

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
for name, d, layers in [("lecture", 2, 100), ("digits", 64, 20), ("MNIST", 784, 10)]:
    print(f"{name:8s} {layers * d * (d + 1):9,d} weights and as many tangents, or 1 adjoint")

# %% [markdown]
# Millions of ODEs, and each of them for every sample, for one step of gradient descent. By the end of this notebook we shall need *one* more for each sample, the adjoint.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The adjoint state <small>B5</small>
#
# The expensive terms are those with $\tilde{\mathbf{x}}^i$, and only they. We look for a function $\boldsymbol{\varphi}^i(t)$ that trades them for $\tilde{\mathbf{b}}$, which we know. Here it is; the two questions below show that it does the trade.
#
# $$\boldsymbol{\varphi}^i(T) = \mathbf{x}^i(T) - \mathbf{y}_{\text{out}}^i,\qquad -\dot{\boldsymbol{\varphi}}^i = \bigl(\mathbf{V}\operatorname{diag}(\sigma'(\mathbf{x}^i))\bigr)^\top\boldsymbol{\varphi}^i + w_1(\mathbf{x}^i - \mathbf{y}_{\text{out}}^i).$$
#
# It starts at the *end*, from how far the sample missed its target, and runs backwards through the *transposed* matrix.

# %% [markdown] slideshow={"slide_type": "notes"}
# (In the last lecture it started from zero: there $J$ did not look at the final state.) There is one such ODE for each sample, and no direction in it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# What *is* $\boldsymbol{\varphi}$? The price of the state: push the state at time $t$ by a small vector $\boldsymbol{\delta}$, let it run on with the same weights, and $J$ changes by $\boldsymbol{\varphi}(t)^\top\boldsymbol{\delta}$.

# %% [markdown] slideshow={"slide_type": "notes"}
# We try it, at grid point `x[3]`. The first layers cannot feel the push, so we start there:

# %% slideshow={"slide_type": "skip"}
phi = node.adjoint(weights, x, y_out, problem.dt, problem.w1, tanh)


def J_from_3(x_3):
    rest = node.Weights(weights.V[3:], weights.b[3:])
    x_rest = node.forward(rest, x_3, problem.dt, tanh)
    running = problem.w1 * problem.dt / 2 * np.sum((x_rest[:-1] - y_out) ** 2)
    return np.sum((x_rest[-1] - y_out) ** 2) / 2 + running


# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
delta = rng.standard_normal(x[3].shape)
change = (J_from_3(x[3] + 1e-5 * delta) - J_from_3(x[3] - 1e-5 * delta)) / 2e-5
print(f"change of J    {change:.8f}")
print(f"phi[2] . delta {np.sum(phi[2] * delta):.8f}   phi[3] . delta {np.sum(phi[3] * delta):.8f}")
print("states:", len(x), "  phi:", len(phi))

# %% [markdown]
# It is `phi[2]` that prices `x[3]`: on the grid, $\boldsymbol{\varphi}_k$ **stands for** $\partial J/\partial\mathbf{x}_{k+1}$. There is one $\boldsymbol{\varphi}$ for each *layer*, hence one less than there are states: the price of the input is not needed, as no weight can change it.

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
# On the grid we put $\boldsymbol{\varphi}_k$ at the time $t_k$ of its layer. (At $t_{k+1}$, where the state is that it prices, would do as well: a shift by $\Delta t$ does not change the order.)

# %% slideshow={"slide_type": "skip"}
def on_grid(layers):
    grid = node.TrainingProblem(x_0[:, None], y[:, None], 1.0, layers + 1, w1, w2, tanh)
    states = grid.states(sampled(layers))
    return grid, states, node.adjoint(sampled(layers), states, grid.y_out, grid.dt, w1, tanh)


layers = 2 ** np.arange(4, 11)
error = []
for K in layers:
    grid, _, phi_K = on_grid(K)
    error.append(np.abs(phi_K[:, :, 0] - phi_exact(grid.t[:-1]).T).max())
print("observed order:", verify.observed_order(1 / layers, error).round(2))

# %%
left, right = plotting.panels(2, width=11)
for K, marker in [(8, "s"), (32, "o")]:
    grid, _, phi_K = on_grid(K)
    left.plot(grid.t[:-1], phi_K[:, 0, 0], marker, label=f"{K} layers")
t = np.linspace(0, 1, 201)
left.plot(t, phi_exact(t)[0], color="0.5", label="adjoint ODE", zorder=1)
left.set(xlabel="$t$", ylabel="first component of the adjoint")
left.legend()
plotting.convergence(1 / layers, error, order=1, ax=right, ylabel="largest error")
plotting.show(left, alt=(
    "Left: the first adjoint component on 8 layers, on 32, and the ODE's solution, to "
    "which 32 layers are closer. Right: the error falls with slope 1."
))

# %% [markdown] slideshow={"slide_type": "notes"}
# Order 1, as befits Euler.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Question 1 <small>B6</small>

# %%
quiz.question("B6")

# %% [markdown] slideshow={"slide_type": "notes"}
# Now let the computer evaluate all options, in front of your eyes.

# %% slideshow={"slide_type": "skip"}
def b_tilde_of_t(t):
    return np.array([np.cos(2 * t), 1 - t])


def tangent_rate(t, x_tilde):
    return A(t) @ x_tilde + b_tilde_of_t(t)


x_tilde_exact = solve_ivp(tangent_rate, [0, 1], [0, 0], **precise).sol
x_T, x_tilde_T = x_exact(1), x_tilde_exact(1)


# %% slideshow={"slide_type": "skip"}
def compare(asked, options):
    print(f"asked  {asked:.6f}")
    for letter, value in options.items():
        right = np.shape(value) == () and np.isclose(value, asked, rtol=1e-6)
        print(f"{letter}      {np.round(value, 6)}{'   <- the same' if right else ''}")


asked = phi_exact(1) @ x_tilde_T - phi_exact(0) @ x_tilde_exact(0)
miss = x_T - y
compare(asked, {"A": 0.0, "B": miss, "C": miss @ x_tilde_T, "D": -miss @ x_tilde_T})

# %% [markdown] slideshow={"slide_type": "notes"}
# **C**, and only C: the second term drops out because the tangent starts at zero, and in the first $\boldsymbol{\varphi}(T)$ is what we chose it to be. B is a vector where a number is asked for.

# %% [markdown] slideshow={"slide_type": "slide"}
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

# %% slideshow={"slide_type": "skip"}
options = {"A": first + second, "B": -first + second, "C": third + fourth, "D": -third + fourth}
compare(asked, options)

# %% [markdown] slideshow={"slide_type": "notes"}
# **B and D** are both right, although the slide looks as if one letter were asked for. B is what you get by inserting the two ODEs; mind the minus of $-\dot{\boldsymbol{\varphi}}$, which A forgets. D is B after the terms with $\mathbf{A}$ have cancelled, $-(\mathbf{A}^\top\boldsymbol{\varphi})^\top\tilde{\mathbf{x}} + \boldsymbol{\varphi}^\top\mathbf{A}\tilde{\mathbf{x}} = 0$. This cancellation is the reason for the transpose in the adjoint equation.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The two answers say that the expensive terms equal a cheap one:
#
# $$(\mathbf{x}(T) - \mathbf{y}_{\text{out}})^\top\tilde{\mathbf{x}}(T) + w_1\int_0^T(\mathbf{x} - \mathbf{y}_{\text{out}})^\top\tilde{\mathbf{x}}\,dt = \int_0^T\boldsymbol{\varphi}^\top\tilde{\mathbf{b}}\,dt.$$
#
# On the grid there is the same identity, exact to rounding for any number of layers: 12.C checks it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The gradient in $\mathbf{b}$ <small>B8</small>
#
# Insert that into the derivative of $J$, for each sample. What remains contains no tangent:
#
# $$\begin{gathered} \langle\nabla_{\mathbf{b}}J, \tilde{\mathbf{b}}\rangle = \int_0^T\Bigl(\sum_{i=1}^I\boldsymbol{\varphi}^i + w_2\mathbf{b}\Bigr)^\top\tilde{\mathbf{b}}\,dt \quad\text{for every } \tilde{\mathbf{b}},\\
# \text{so}\qquad (\nabla_{\mathbf{b}}J)(t) = \sum_{i=1}^I\boldsymbol{\varphi}^i(t) + w_2\mathbf{b}(t). \end{gathered}$$
#
# On the grid each time step contributes $\Delta t$ times that.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The referee, one complex step for each weight, agrees:

# %%
referee = verify.numerical_gradient(problem.cost, weights, complex_step)
gradient_b = problem.dt * (phi.sum(axis=2) + problem.w2 * weights.b)
error = verify.relative_error(gradient_b, referee.b)
print("relative error below 1e-13:", error < 1e-13)

# %% slideshow={"slide_type": "subslide"}
quiz.question("B-transpose")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The gradient in $\mathbf{V}$ <small>B9</small>
#
# For $\hat{\mathbf{V}}$ the driving term is $\hat{\mathbf{V}}\sigma(\mathbf{x})$ in place of $\tilde{\mathbf{b}}$; nothing else changes in the two questions, and they give
#
# $$(\mathbf{x}(T) - \mathbf{y}_{\text{out}})^\top\hat{\mathbf{x}}(T) + w_1\int_0^T(\mathbf{x} - \mathbf{y}_{\text{out}})^\top\hat{\mathbf{x}}\,dt = \int_0^T\boldsymbol{\varphi}^\top\hat{\mathbf{V}}\sigma(\mathbf{x})\,dt.$$
#
# To read off the gradient, write the right side as a Frobenius product: $\boldsymbol{\varphi}^\top\hat{\mathbf{V}}\boldsymbol{\sigma} = \sum_{m,n}\varphi_m\hat V_{mn}\sigma_n = \langle\boldsymbol{\varphi}\boldsymbol{\sigma}^\top, \hat{\mathbf{V}}\rangle_F$. Hence
#
# $$(\nabla_{\mathbf{V}}J)(t) = \sum_{i=1}^I\boldsymbol{\varphi}^i(t)\,\sigma(\mathbf{x}^i(t))^\top + w_2\mathbf{V}(t).$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The slide prints** $\sum_i\sigma(\mathbf{x}^i)(\boldsymbol{\varphi}^i)^\top + w_2\mathbf{V}$, in three places of 12.B and once more in 12.C, right above the discrete formula, which has it right. That is the transpose. Ask how $J$ changes with the entry in row 1, column 2: it multiplies $\sigma(x_2)$ and feeds the equation of $x_1$, so the answer is $\varphi_1\sigma(x_2)$, the row from $\boldsymbol{\varphi}$, the column from $\sigma$.

# %% tags=["no-code"]
sigma = tanh.sigma(x[:-1])
phi_sigma = phi @ sigma.transpose(0, 2, 1)  # one product for each layer, summed over samples
ours = problem.dt * (phi_sigma + problem.w2 * weights.V)
slide = problem.dt * (phi_sigma.transpose(0, 2, 1) + problem.w2 * weights.V)
print("phi sigma^T: relative error below 1e-13:", verify.relative_error(ours, referee.V) < 1e-13)
print(f"sigma phi^T: relative error {verify.relative_error(slide, referee.V):.2f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Someone checks the slide's formula along *one* direction $\hat{\mathbf{V}}$ and finds it confirmed to all digits. Which direction was it?

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
symmetric = node.Weights(V_hat.V + V_hat.V.transpose(0, 2, 1), V_hat.b)
print("direction   tangent   phi sigma^T   sigma phi^T")
for name, direction in [("random", V_hat), ("symmetric", symmetric)]:
    by_ours, by_slide = np.sum(ours * direction.V), np.sum(slide * direction.V)
    print(f"{name:9s} {derivative_by_tangent(direction):9.5f} {by_ours:13.5f} {by_slide:13.5f}")

# %% [markdown]
# A symmetric one: it cannot tell a matrix from its transpose. ($d = 1$ hides the mistake, too.) Check gradients along random directions, at random weights.

# %% [markdown] slideshow={"slide_type": "slide"}
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


error = verify.relative_error(gradient_of_J(weights), referee)
print("relative error below 1e-13:", error < 1e-13)

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
# **Predict, then move.** Let $\mathbf{V} = \mathbf{0}$, $\mathbf{b} = \mathbf{0}$: what is $\boldsymbol{\varphi}$ as a function of time when $w_1 = 0$, and when $w_1 = 1$? And what does it mean that a sample's part of the gradient is negative? (The parts are $\langle g^i, g\rangle/\langle g, g\rangle$ with $g = \sum_i g^i$, without the penalty.)

# %%
explore.adjoint()

# %% slideshow={"slide_type": "subslide"}
explore.adjoint(sample=8)

# %% [markdown] slideshow={"slide_type": "notes"}
# At zero weights $\boldsymbol{\varphi}$ is constant without running cost, and with it a straight line in $t$.
#
# A negative part: the step against the gradient, which is good for the sum, makes the cost of this sample larger.

# %% [markdown] slideshow={"slide_type": "notes"}
# With many samples and thousands of iterations even this is much work. *Stochastic* gradient descent takes a random part of the samples in each iteration, scaled by $I$ over the size of the part, so that it is right on average.

# %% slideshow={"slide_type": "subslide"}
quiz.question("B-cost")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The gradient of the ODE and the gradient of the network <small>B8, B9</small>
#
# The formulas with $(t)$ are gradients with respect to the $L^2$ inner product $\langle\mathbf{u}, \mathbf{v}\rangle = \int_0^T\mathbf{u}(t)^\top\mathbf{v}(t)\,dt$: functions of time. The gradient of the discrete $J$ is a list of ordinary partial derivatives, one for each weight.
#
# **Predict.** With more and more layers, what becomes of the discrete gradient?

# %% slideshow={"slide_type": "subslide"}
left, right = plotting.panels(2, width=11)
for K, style in [(10, "s"), (40, "."), (160, "-")]:
    grid, states, phi_K = on_grid(K)
    g = node.gradient(sampled(K), states, phi_K, grid.dt, w2, tanh)
    left.plot(grid.t[:-1], g.b[:, 0], style, label=f"{K} layers")
    right.plot(grid.t[:-1], g.b[:, 0] / grid.dt, style, label=f"{K} layers")
right.plot(t, phi_exact(t)[0] + w2 * np.sin(t), "k--", lw=1.2, label="$L^2$-gradient")
left.set(xlabel="$t$", title="gradient in $b_1$")
right.set(xlabel="$t$", title="divided by $\\Delta t$")
right.legend()
plotting.show(left, alt=(
    "Left: the discrete gradient in b_1 over time for 10, 40 and 160 layers, each time "
    "about four times smaller. Right, divided by dt: the three nearly coincide and "
    "approach the L2-gradient."
))

# %% [markdown]
# It goes to zero, in proportion to $\Delta t$: a weight that acts for half as long has half the effect.

# %% [markdown] slideshow={"slide_type": "notes"}
# Divided by $\Delta t$ it tends to the $L^2$-gradient. How fast, in $\mathbf{V}$ and in $\mathbf{b}$?

# %% slideshow={"slide_type": "skip"}
error = {"V": [], "b": []}
for K in layers:
    grid, states, phi_K = on_grid(K)
    g = node.gradient(sampled(K), states, phi_K, grid.dt, w2, tanh)
    times = grid.t[:-1]
    V_L2 = [np.outer(phi_exact(s), np.tanh(x_exact(s))) + w2 * V(s) for s in times]
    b_L2 = [phi_exact(s) + w2 * b(s) for s in times]
    error["V"].append(np.abs(g.V / grid.dt - V_L2).max())
    error["b"].append(np.abs(g.b / grid.dt - b_L2).max())
for name, e in error.items():
    print(f"observed order in {name}:", verify.observed_order(1 / layers, e).round(2))

# %% [markdown] slideshow={"slide_type": "notes"}
# With order 1, both. A learning rate that suits one of the two gradients does not suit the other; 12.C returns to this.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## And ReLU?*
#
# The derivation used $\sigma'$. ReLU has none at 0; the exercise sheet takes $\sigma'(0) = 0$. Where no state sits exactly on the kink, all formulas hold as they stand:

# %% tags=["no-code"]
relu_problem = node.TrainingProblem(x_in, y_out, N_T=6, w1=1.0, w2=0.5, activation=relu)
_, g = relu_problem.cost_and_gradient(weights)
print(f"by the adjoint        {g.dot(V_hat):.6f}")
print(f"by central difference {central_difference(relu_problem.cost, weights, V_hat, 1e-7):.6f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# On the kink there may be no derivative to be right about. A sample at $x = 0$ with $b = 0$ stays at 0; pushed to the right it is carried on, pushed to the left it is not:

# %% tags=["no-code"]
on_kink = node.TrainingProblem([[0.0]], [[1.0]], N_T=6, w1=1.0, activation=relu)
w = node.Weights(np.ones((5, 1, 1)), np.zeros((5, 1)))
push = node.Weights(np.zeros((5, 1, 1)), np.ones((5, 1)))
print(f"to the right {difference_quotient(on_kink.cost, w, push, 1e-7):.4f}")
print(f"to the left  {difference_quotient(on_kink.cost, w, push, -1e-7):.4f}")
print(f"adjoint      {on_kink.cost_and_gradient(w)[1].dot(push):.4f}")

# %% [markdown]
# With the convention $\sigma'(0) = 0$ the adjoint takes the left one. In practice states hit 0 exactly only when the data or the weights put them there.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises

# %% [markdown] slideshow={"slide_type": "notes"}
# Two functions to write yourself. Replace the `...` and run both cells. `check` runs your function on several random problems; if the numbers are wrong, it says where, and often why. When you are stuck, `exercises.tangent.hint()` helps a little (three times), and `exercises.tangent.solution()` shows the library's way.

# %% [markdown]
# **The tangent** along $(\hat{\mathbf{V}}, \tilde{\mathbf{b}})$, which are `direction.V` and `direction.b`, on the grid. `activation.sigma` and `activation.dsigma` are $\sigma$ and $\sigma'$.

# %%
def my_tangent(weights, x, dt, activation, direction):
    """x (N_T, d, I) are the states, V (N_T - 1, d, d), b (N_T - 1, d).
    Returns x_tilde (N_T, d, I)."""
    ...


# %%
exercises.tangent.check(my_tangent)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **A Taylor test.** If $f'$ is the derivative of $f$ along $d$, then $|f(w + hd) - f(w) - hf'|$ is of second order in $h$; if it is anything else, only of first. Compute this remainder for each $h$.

# %% [markdown] slideshow={"slide_type": "notes"}
# (Then try it on `problem.cost` and `derivative_by_tangent(b_tilde)`, and look at `verify.observed_order(steps, remainders)`.)

# %%
def my_taylor_test(f, weights, direction, derivative, steps):
    """derivative is a number, f a function of weights, steps an array (n,).
    Returns n remainders."""
    ...


# %%
exercises.taylor_test.check(my_taylor_test)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - Tangent: $\dot{\tilde{\mathbf{x}}} = \mathbf{V}\operatorname{diag}(\sigma'(\mathbf{x}))\tilde{\mathbf{x}} + \tilde{\mathbf{b}}$ (or $+\,\hat{\mathbf{V}}\sigma(\mathbf{x})$), from zero. One direction per solve.
# - Adjoint: $-\dot{\boldsymbol{\varphi}} = (\mathbf{V}\operatorname{diag}(\sigma'(\mathbf{x})))^\top\boldsymbol{\varphi} + w_1(\mathbf{x} - \mathbf{y}_{\text{out}})$, from $\mathbf{x}(T) - \mathbf{y}_{\text{out}}$ backwards. All directions in one solve. It is the price of the state.
# - Gradients: $\nabla_{\mathbf{b}}J = \sum_i\boldsymbol{\varphi}^i + w_2\mathbf{b}$ and $\nabla_{\mathbf{V}}J = \sum_i\boldsymbol{\varphi}^i\sigma(\mathbf{x}^i)^\top + w_2\mathbf{V}$; on the grid times $\Delta t$.
# - Check a derivative by the complex step, or by central differences with $h \approx 10^{-5}$, along random directions at random weights.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Next:** [12.C](12c_training.ipynb) does all this on the grid, and trains.
