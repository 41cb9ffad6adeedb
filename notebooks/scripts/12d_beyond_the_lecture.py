# %% [markdown] slideshow={"slide_type": "slide"}
# # 12.D Beyond the lecture, on real data
#
# **You will be able to**
# - train with a few samples at a time, and say how low $J$ can get that way;
# - classify real handwritten digits with the lecture's network, cost and adjoint, and compare fairly;
# - tell what a flow in the plane cannot do, and why a network of three layers can;
# - say which gradient is exact and which is not, and save memory without losing it;
# - choose an optimiser, and know when a second processor or a second computer pays.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** [12.C](12c_training.ipynb). **Time:** about 45 minutes. The six parts can be read in any order (but run all cells above); only the first one's mini-batches come back in the second.
#
# First clear the stored results (*Edit ▸ Clear Outputs of All Cells*), then run the cells from top to bottom. Where it says **Predict**, decide on an answer first. At a **Quiz** click on one letter or several (more than one may be right), then on *Check*.

# %% slideshow={"slide_type": "skip"}
from itertools import islice, pairwise
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

import neuralode_lib as node
from neuralode_lib import adam, constant, decaying, exercises, explore, momentum, plotting, quiz, tanh
from neuralode_lib.verify import relative_error

threadpool_limits(1, user_api="blas")  # our matrices are small: a second thread would mostly wait
plotting.use_style()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 1. Some samples instead of all <small>D1</small>
#
# The data part of $J$, terminal and running cost, is a sum over samples: $J = \sum_{i=1}^I J^i + J_{\text{weights}}$. Draw a batch $B$ of $n$ of them and scale it up:
#
# $$\mathbf{g}_B = \frac In\sum_{i\in B}\nabla J^i + \nabla J_{\text{weights}}$$
#
# The penalty is there once, whatever the batch. Every sample is in a random batch with probability $n/I$, so on average $\mathbf{g}_B$ is $\nabla J$: it is *unbiased*.

# %% [markdown] slideshow={"slide_type": "notes"}
# This is the lecturer's own follow-up exercise. In the library it is `problem.cost_and_gradient(weights, samples=batch)`; the formulas are those of 12.C with fewer columns.
#
# **Predict.** Part the 64 points into batches of 4. How far is one $\mathbf{g}_B$ from the gradient, in per cent? And the mean over the 16 batches?

# %% tags=["no-code"]
data = node.disk_in_ring()
problem = node.TrainingProblem(data.x_in, data.y_out, N_T=11, activation=tanh)
weights = node.Weights.random(problem.N_T, problem.d, 1.0, np.random.default_rng(3))
_, gradient = problem.cost_and_gradient(weights)
for n in (1, 4, 16):
    parts = np.random.default_rng(0).permutation(problem.I).reshape(-1, n)
    g = [problem.cost_and_gradient(weights, samples=batch)[1] for batch in parts]
    off = np.mean([relative_error(g_B, gradient) for g_B in g])
    exact = relative_error(np.mean([g_B.theta for g_B in g], axis=0), gradient) < 1e-13
    print(f"n = {n:2d}: one is {100 * off:3.0f} % off, their mean is the gradient to rounding: {exact}")

# %% [markdown]
# A batch of one is off by more than the gradient's own length. Together they are exact.

# %% slideshow={"slide_type": "subslide"}
quiz.question("D-scale")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How far off? <small>D2</small>
#
# Let $S = \frac1I\sum_i|\mathbf{g}_{\{i\}} - \nabla J|^2$ be the spread of the batches of one. For $n$ samples drawn without putting back,
#
# $$\operatorname{E}|\mathbf{g}_B - \nabla J|^2 = \frac Sn\,\frac{I - n}{I - 1}.$$

# %%
def squared_error(problem, weights, batch):
    _, gradient = problem.cost_and_gradient(weights)
    return (problem.cost_and_gradient(weights, samples=batch)[1] - gradient).norm() ** 2


# %% tags=["no-code"]
rng, I = np.random.default_rng(1), problem.I
S = np.mean([squared_error(problem, weights, [i]) for i in range(I)])
for n in (2, 8, 32):
    drawn = np.mean([squared_error(problem, weights, rng.choice(I, n, replace=False)) for _ in range(1000)])
    print(f"n = {n:2d}: drawn {drawn:4.0f}, formula {S / n * (I - n) / (I - 1):4.0f}")

# %% [markdown] slideshow={"slide_type": "notes"}
# Without the last factor it is the variance of a mean of $n$ independent draws; with it, $n = I$ leaves nothing to chance.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** A gradient with one sample instead of 64: how many times faster is it, for points in the plane (10 layers) and for images with 74 coordinates (6 layers)?

# %% slideshow={"slide_type": "skip"}
def seconds(f, repeat=20):
    times = []
    for _ in range(repeat):
        start = perf_counter()
        f()
        times.append(perf_counter() - start)
    return min(times)


# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
images_size = node.TrainingProblem(*np.ones((2, 74, 1024)), T=3.0, N_T=7)
for name, p, sizes in [("points", problem, (1, 64)), ("images", images_size, (1, 64, 1024))]:
    w = node.Weights.random(p.N_T, p.d, 0.1, rng)
    for n in sizes:
        t = seconds(lambda p=p, w=w, n=n: p.cost_and_gradient(w, samples=np.arange(n)))
        print(f"{name}, n = {n:4d}: {1e6 * t:.0f} µs")

# %% [markdown]
# With two coordinates one sample costs nearly as much as all 64: what costs is the loop over the layers. Small batches pay where samples are large, or many.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Descent with noise <small>D1, D4</small>
#
# `stochastic_gradient_descent(problem, weights, step, batch_size, rng)` is an iterator like `gradient_descent`. Each *epoch* shuffles the samples and cuts them into batches.
#
# So that the noise dies out in the end: $\displaystyle\gamma_j = \frac{\gamma_0}{1 + j/m}$, halved after $m$ steps.

# %% [markdown] slideshow={"slide_type": "notes"}
# Robbins and Monro (1951) ask for $\sum\gamma_j = \infty$, so that one can get anywhere, and $\sum\gamma_j^2 < \infty$, so that the noise does not add up for ever. This rule is `decaying(gamma, halved_after)`.
#
# Where samples are left over that do not fill a batch, they are left out of this epoch (the next one shuffles anew): a short batch scaled up by $I/n$ would be the noisiest of all.

# %% slideshow={"slide_type": "skip"}
def J_of_epochs(problem, start, step, n, epochs):
    run = node.stochastic_gradient_descent(problem, start, step, n, np.random.default_rng(0))
    steps = problem.I // n
    ends = islice(run, 0, epochs * steps + 1, steps)
    return np.array([problem.cost(now.weights) for now in ends])


# %% [markdown] slideshow={"slide_type": "notes"}
# Two experiments. One starts at $\mathbf{V} = \mathbf{0}$, $\mathbf{b} = \mathbf{0}$, as in 12.C. The other starts near a minimum (with more regularisation, $w_2 = 1$, so that L-BFGS finds it exactly), and asks how close one gets.

# %% slideshow={"slide_type": "skip"}
problem = node.TrainingProblem(data.x_in, data.y_out, N_T=21, activation=tanh)
zero = node.Weights.zeros(problem.N_T, problem.d)
from_zero = {
    "all 64": J_of_epochs(problem, zero, constant(0.2), 64, 400),
    "16": J_of_epochs(problem, zero, constant(0.06), 16, 400),
    "4": J_of_epochs(problem, zero, constant(0.06), 4, 400),
}
steps_of_4 = islice(node.gradient_descent(problem, zero, constant(0.06)), 0, 6401, 16)
from_zero["all 64, steps as with 4"] = np.array([now.J for now in steps_of_4])

# %% slideshow={"slide_type": "skip"}
near = node.TrainingProblem(data.x_in, data.y_out, N_T=11, w2=1.0, activation=tanh)
exactly = {"maxcor": 20, "gtol": 1e-8, "ftol": 1e-16, "maxfun": 100_000}
best = node.minimize(near, None, 5000, progress=False, **exactly)
start = best.weights + node.Weights.random(near.N_T, near.d, 0.3, np.random.default_rng(1))
rules = {
    "all 64, γ = 0.01": (constant(0.01), 64),
    "4, γ = 0.008": (constant(0.008), 4),
    "4, γ = 0.001": (constant(0.001), 4),
    "4, 0.008 decaying": (decaying(0.008, 500), 4),
}
above = {name: J_of_epochs(near, start, rule, n, 600) - best.J[-1] for name, (rule, n) in rules.items()}

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** For the same number of samples looked at: which is ahead at first, all 64 or batches of 4? And at the end, near a minimum?

# %% slideshow={"slide_type": "subslide"}
left, right = plotting.panels(2, width=11)
plotting.cost_history(from_zero, left, xlabel="epochs").set_title("from zero, batches of")
left.set_ylim(1, 100)
edges = np.unique(np.geomspace(1, 600, 25).astype(int))
blocks = {name: [J[0], *(J[a:b].mean() for a, b in pairwise(edges))] for name, J in above.items()}
plotting.cost_history(blocks, right, dict.fromkeys(blocks, edges), "epochs (means over intervals)")
right.set(title="near a minimum, batches of", ylabel="$J - J_{\\min}$")
plotting.show(left, alt=(
    "Left: J from zero over 400 epochs. Batches of 4, and all 64 with as many steps, leave a plateau "
    "at J = 31 and come to 5 or 6; those of 16 and 64 are still near 25. Right: J - J_min. Batches of 4 with "
    "gamma = 0.008 fall first and stay at 0.4; with a decaying gamma they end lowest."
))

# %% [markdown]
# More steps from the same samples bring one off the plateau sooner. Near a minimum the noise does not let one arrive, unless $\gamma$ decays.

# %% [markdown] slideshow={"slide_type": "notes"}
# Small batches take more steps with the same samples, and so leave the plateau sooner (near a saddle point, on the left). It is not the noise: all 64 points with $\gamma = 0.06$ and as many steps leave it no later, but look at 16 times as many samples. But with a constant $\gamma$ they wander about the minimum for ever. Batches of 4 with the smaller $\gamma$ come closer, and take longer all the way. To decay early would be wrong: on the left, long steps are of use. (There, all 64 points have $\gamma = 0.2$, which is the $\gamma = 1$ of 12.C for 20 layers in place of 100; the batches have 0.06.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The noise floor <small>D3</small>
#
# Near a minimum each step's noise adds $\gamma^2\operatorname{E}|\mathbf{g}_B - \nabla J|^2$ to the mean square of the weights' error, and descent takes a part of it away. For small $\gamma$ and batches drawn independently of each other the two balance where (the right side at the minimum)
#
# $$\operatorname{E}[J] - J_{\min} = \frac\gamma4\operatorname{E}|\mathbf{g}_B - \nabla J|^2.$$
#
# Half of $\gamma$, half of the floor; twice the batch, about half of the floor (for $n \ll I$). The curvature of $J$ does not matter.

# %% [markdown] slideshow={"slide_type": "notes"}
# Why: with $J \approx J_{\min} + \frac12\mathbf{e}^\top\mathbf{H}\mathbf{e}$ a step takes $\mathbf{e}$ to $\mathbf{e} - \gamma(\mathbf{H}\mathbf{e} + \text{noise})$. If the covariance $\mathbf{C}$ of $\mathbf{e}$ is to stay, then $\mathbf{H}\mathbf{C} + \mathbf{C}\mathbf{H} = \gamma\,\boldsymbol{\Sigma}$ up to terms in $\gamma^2$, where $\boldsymbol{\Sigma}$ is the covariance of the noise. Take the trace: $\operatorname{E}[J] - J_{\min} = \frac12\operatorname{trace}(\mathbf{H}\mathbf{C}) = \frac\gamma4\operatorname{trace}\boldsymbol{\Sigma}$.
#
# Now measure it, with batches drawn independently and with the library's shuffled epochs.

# %% slideshow={"slide_type": "skip"}
def independent(gamma, n, rng):
    weights = best.weights
    while True:
        yield weights
        batch = rng.choice(near.I, n, replace=False)
        weights = weights - gamma * near.cost_and_gradient(weights, samples=batch)[1]


def shuffled(gamma, n, rng):
    run = node.stochastic_gradient_descent(near, best.weights, constant(gamma), n, rng)
    return (now.weights for now in run)


# %% slideshow={"slide_type": "skip"}
def floor(descent, gamma, n):
    late = islice(descent(gamma, n, np.random.default_rng(0)), 1000, 4000, 5)
    return np.mean([near.cost(weights) for weights in late]) - best.J[-1]


# %% slideshow={"slide_type": "skip"}
gammas = np.array([0.001, 0.002, 0.004])
S = np.mean([squared_error(near, best.weights, [i]) for i in range(I)])
measured = {(f, n): [floor(f, g, n) for g in gammas] for f in (independent, shuffled) for n in (4, 16)}

# %% slideshow={"slide_type": "subslide"}
ax = plotting.panels(1)
for n, colour, marker in [(4, plotting.BLUE, "o"), (16, plotting.ORANGE, "s")]:
    variance = S / n * (I - n) / (I - 1)
    ax.loglog(gammas, gammas / 4 * variance, "--", color=colour, label=f"formula, n = {n}")
    ax.loglog(gammas, measured[independent, n], marker, color=colour, label=f"independent, n = {n}")
    ax.loglog(gammas, measured[shuffled, n], marker, color=colour, mfc="none", label=f"shuffled, n = {n}")
ax.set(xlabel="$\\gamma$", ylabel="mean of $J - J_{\\min}$", xlim=(0.0009, 0.011))
ax.legend()
plotting.show(ax, alt=(
    "The floor over gamma for batches of 4 and 16: independent draws lie on or up to a third above the dashed "
    "lines of the formula, slope 1; shuffled epochs lie below, with a slope up to 2."
))

# %% [markdown]
# Independent draws are within a third of the formula: it is for small $\gamma$, and one run is a matter of chance. Shuffled epochs do better.

# %% [markdown] slideshow={"slide_type": "notes"}
# What one batch has too much of, the others of the same epoch give back, and for small $\gamma$ the floor falls like $\gamma^2$ (Mishchenko, Khaled and Richtárik, 2020). One good reason to shuffle.

# %% slideshow={"slide_type": "subslide"}
quiz.question("D-floor")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict, then move.** What happens to the floor if you double $n$ and $\gamma$ together? And if the batches come from shuffled epochs, or $\gamma$ decays?

# %%
explore.noise()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2. Handwritten digits <small>D5</small>
#
# 12.A began with digits; now we read them. The state is an image, 64 grey values, over ten more coordinates that are zero at the start. At the end the image shall be back, and the coordinate of its class be 1:
#
# $$\mathbf{x}_{\text{in}} = \begin{pmatrix}\text{pixels}\\ \mathbf{0}\end{pmatrix},\qquad \mathbf{y}_{\text{out}} = \begin{pmatrix}\text{pixels}\\ \mathbf{e}_c\end{pmatrix}\in\mathbb{R}^{74}.$$
#
# The class is read off as the largest of the ten. Cost, adjoint, gradient: unchanged.

# %% slideshow={"slide_type": "skip"}
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

pixels, label = load_digits(return_X_y=True)
pixels = pixels / 16


def split(seed):
    fifth = {"test_size": 0.2, "random_state": seed, "stratify": label}
    return train_test_split(pixels, label, **fifth)


# %% slideshow={"slide_type": "subslide"}
def train_on(data, seed):
    p = node.TrainingProblem(data.x_in, data.y_out, T=3.0, N_T=7, w1=0.0, w2=1e-4)
    rng = np.random.default_rng(seed)
    start = node.Weights.random(p.N_T, p.d, 1 / (p.T * np.sqrt(p.d)), rng)
    start.b[:] = 0
    run = node.stochastic_gradient_descent(p, start, adam(0.003), 64, rng)
    last = next(islice(run, 60 * (p.I // 64), None))  # after 60 epochs
    return p, last.weights


# %% slideshow={"slide_type": "skip"}
def read(p, weights, pixels):
    x_in = node.datasets.labelled_images(pixels, np.zeros(len(pixels), int)).x_in
    x = node.forward(weights, x_in, p.dt, p.activation)
    return x, node.datasets.largest_class(x[-1])


# %% [markdown] slideshow={"slide_type": "notes"}
# ReLU, six layers, $T = 3$, batches of 64, 60 epochs, and Adam for the steps (section 5 says what that is). All this was chosen on a further fifth of each split's training images, never on its test images. (But what is tested in one split may have had a say in another.)

# %% [markdown]
# **Predict.** 1,437 images to learn from, 360 to be tested on. How many of these are read wrongly? And how long does training take: seconds, minutes, hours?

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
train_pixels, test_pixels, train_label, test_label = split(0)
began = perf_counter()
digits, weights = train_on(node.datasets.labelled_images(train_pixels, train_label), seed=0)
took = perf_counter() - began
x, said = read(digits, weights, test_pixels)
wrong = np.flatnonzero(said != test_label)
print(f"{len(wrong)} wrong of {len(said)}, after {took:.1f} s")

# %% slideshow={"slide_type": "subslide"}
axes = plotting.panels(len(wrong), width=9, height=1.8)
for ax, i in zip(axes, wrong, strict=True):
    ax.imshow(test_pixels[i].reshape(8, 8), cmap="gray_r")
    ax.set_title(f"{test_label[i]}, not {said[i]}")
    ax.axis("off")
plotting.show(axes, alt=(
    "The images that are read wrongly, each with what it is and what it was taken "
    "for: an 8 for a 1, a 4 for an 8, a 1 for an 8, a 3 for a 2, a 9 for a 5, a 4 for a 1."
))

# %% slideshow={"slide_type": "subslide"}
from sklearn.metrics import ConfusionMatrixDisplay

ax = plotting.panels(1, width=5.5, height=5.5)
ConfusionMatrixDisplay.from_predictions(test_label, said, ax=ax, colorbar=False, cmap="Blues")
ax.set(xlabel="read as", ylabel="is")
ax.grid(False)
plotting.show(ax, alt=(
    "Confusion matrix: 34 to 37 of each digit on the diagonal, six ones elsewhere, two of "
    "them in the row of 4 and two in the column of 1."
))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The ten coordinates
#
# **Predict.** At $t = 0$ all ten are zero. When does the network make up its mind?

# %% slideshow={"slide_type": "subslide"}
left, right = plotting.panels(2, width=11)
three = np.flatnonzero((said == test_label) & (test_label == 3))[0]
for ax, i in [(left, three), (right, wrong[0])]:
    for c in range(10):
        colour = {said[i]: plotting.RED, test_label[i]: plotting.GREEN}.get(c, "0.7")
        ax.plot(digits.t, x[:, 64 + c, i], color=colour, lw=1.2 if colour == "0.7" else 3)
        ax.text(3.05, x[-1, 64 + c, i], c, va="center", color=colour, alpha=colour != "0.7")
    ax.set(xlabel="$t$", title=f"it is {test_label[i]}, read as {said[i]}")
plotting.show(left, alt=(
    "The ten coordinates over t. Left, for a 3: its own rises to 1, the others stay low. "
    "Right, for the 8 that is read as 1: the coordinate of 1 rises to 0.8, that of 8 "
    "leads at t = 0.5 and falls back to 0."
))

# %% slideshow={"slide_type": "subslide"}
ten = x[:, 64:]
one_hot = np.eye(10, dtype=bool)[test_label].T
own, best_other = ten[:, one_hot], np.where(one_hot, -np.inf, ten).max(axis=1)
ax = plotting.panels(1)
for values, colour, name in [(own, plotting.GREEN, "its own"), (best_other, plotting.RED, "largest other")]:
    ax.plot(digits.t, np.median(values, axis=1), color=colour, label=name)
    ax.fill_between(digits.t, *np.quantile(values, [0.05, 0.95], axis=1), color=colour, alpha=0.25)
ax.set(xlabel="$t$", title="360 test images: median, 5 to 95 %")
ax.legend(loc="upper left")
plotting.show(ax, alt=(
    "Bands over t for all test images: the coordinate of the right class rises slowly and "
    "reaches 0.96 at T; the largest of the other nine stays near 0. The bands part after t = 1."
))

# %% tags=["no-code"] slideshow={"slide_type": "subslide"}
away = np.sqrt(np.mean((x[:, :64] - test_pixels.T) ** 2, axis=(1, 2)))
early = [np.mean(node.datasets.largest_class(x_k) == test_label) for x_k in x[1:]]
print("t                               ", *(f"{t:4.1f}" for t in digits.t[1:]))
print("right if read then, in %        ", *(f"{100 * share:4.0f}" for share in early))
print("rms distance of pixels from image", *(f"{a:.2f}" for a in away[1:]))

# %% [markdown]
# After a third of the time 97 % are read rightly already; the rest changes few answers. It brings the right coordinate to 1, and the image back: the network uses it as working space and tidies up at the end, because the image is part of the target.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict, then move.** The images are sorted: wrong ones first, then the closest calls. Which coordinate leads at half time? And what becomes of the image on the way?

# %%
explore.digit(digits, weights, x[0], test_label)

# %% [markdown] slideshow={"slide_type": "notes"}
# Is that a waste? A cost that sees only the ten coordinates needs an output matrix in $J$ and in the adjoint. It brings no gain here: with the same settings (chosen for the lecture's cost) and the five splits below, `python -m tools.output_matrix` has 97.9 % of the test images right on average, the lecture's cost 98.3 %.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Beside other methods
#
# Five splits, each with its own held-out fifth. The others with scikit-learn's default settings (logistic regression with more iterations, as it would not end).
#
# **Predict.** Put in order: logistic regression, a network with one hidden layer of 100 nodes, a support vector machine, and ours.

# %% slideshow={"slide_type": "skip"}
import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

warnings.simplefilter("ignore", ConvergenceWarning)  # the network's 200 iterations are the default
others = {
    "logistic regression": lambda seed: LogisticRegression(max_iter=1000),
    "one hidden layer": lambda seed: MLPClassifier(random_state=seed),
    "support vectors": lambda seed: SVC(),
}

# %% slideshow={"slide_type": "skip"}
right = {"neural ODE": [], **{name: [] for name in others}}
for seed in range(5):
    learn, test, learn_label, true_label = split(seed)
    p, w = train_on(node.datasets.labelled_images(learn, learn_label), seed)
    right["neural ODE"].append(np.mean(read(p, w, test)[1] == true_label))
    for name, method in others.items():
        method = method(seed).fit(learn, learn_label)
        right[name].append(method.score(test, true_label))

# %% tags=["no-code"] slideshow={"slide_type": "subslide"}
print("right, in per cent: mean, standard deviation, each")
for name, share in right.items():
    each = "  ".join(f"{100 * a:.1f}" for a in share)
    print(f"{name:20s} {100 * np.mean(share):.1f}   {100 * np.std(share):.1f}   {each}")

# %% [markdown]
# On average a little ahead of the network with one hidden layer (in three splits of five; one image is 0.28 %), and never ahead of the support vectors. Not quite fair: ours was tuned, on training images, and has 33,300 weights; the hidden layer has 7,510, its default of 200 iterations, and no tuning.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## MNIST
#
# 60,000 images to learn from, 10,000 for the test, $28\times28$ grey values: $d = 794$, and 3.8 million weights. The same network, mini-batches of 128, 32-bit numbers. Switched off here: it has to be fetched, and takes minutes.

# %% [markdown] slideshow={"slide_type": "notes"}
# It takes a network connection, about ten minutes on two processors, and 1.5 GB (measured with generated images of that size). `python -m tools.mnist` does the same outside of the notebook; where MNIST cannot be fetched, it says so and leaves it out. With `--generated` it runs without a network, on 70,000 images of that size made from the digits above.

# %% slideshow={"slide_type": "skip"}
from runpy import run_path

MNIST = False
if MNIST:
    run_path("../tools/mnist.py")["main"]()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3. What a flow in the plane cannot do <small>D6, D7</small>
#
# Through each point, at each time, leads exactly one solution of $\dot{\mathbf{x}} = \mathbf{V}(t)\sigma(\mathbf{x}) + \mathbf{b}(t)$. So $\mathbf{x}(0)\mapsto\mathbf{x}(T)$ is one-to-one and continuous both ways, a *homeomorphism*, and in the plane the disk stays inside the ring (12.C; Dupont, Doucet and Teh, 2019).
#
# **Predict.** A hundred layers, $\tanh$, all training points right. With more of them, will all *fresh* points be right, too, in the plane? And with a third coordinate?

# %% slideshow={"slide_type": "skip"}
def lift(x, d):
    return np.pad(x, [(0, d - 2), (0, 0)])


# %% slideshow={"slide_type": "skip"}
def trained(I, d, seed, layers=100):
    data = node.disk_in_ring(I, seed)
    p = node.TrainingProblem(lift(data.x_in, d), lift(data.y_out, d), N_T=layers + 1, w2=0.05, activation=tanh)
    start = node.Weights.random(p.N_T, d, 0.1, np.random.default_rng(seed))
    return p, node.minimize(p, start, 800, maxcor=20, progress=False).weights


def on_the_wrong_side(p, weights):
    x = node.forward(weights, lift(fresh.x_in, p.d), p.dt, tanh)
    return node.nearest_target(x[-1]) != fresh.label


# %% slideshow={"slide_type": "skip"}
fresh = node.disk_in_ring(I=10_000, seed=10_000)
numbers, seeds = [16, 32, 64, 128, 256], [2, 4]
nets = {(d, I, seed): trained(I, d, seed) for d in (2, 3) for I in numbers for seed in seeds}
wrong = {key: on_the_wrong_side(*net) for key, net in nets.items()}

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
for d in (2, 3):
    none = [[not wrong[d, I, seed].any() for seed in seeds] for I in numbers]
    print(f"d = {d}: no fresh point wrong in {np.sum(none[:2])} of 4 runs with 16 or 32 points,")
    print(f"       and in {np.sum(none[2:])} of 6 with 64, 128 or 256 points")

# %% slideshow={"slide_type": "subslide"}
ax = plotting.panels(1)
for d, colour, marker in [(2, plotting.BLUE, "o"), (3, plotting.ORANGE, "s")]:
    for seed, shape in zip(seeds, ["-", "--"], strict=True):
        share = [100 * wrong[d, I, seed].mean() for I in numbers]
        ax.plot(numbers, share, shape + marker, color=colour, label=f"d = {d}, draw {seed}")
ax.set(xlabel="training points $I$", ylabel="% of fresh points wrong", xticks=numbers)
ax.legend()
plotting.show(ax, alt=(
    "Share of fresh points that are wrong over 16 to 256 training points, two draws: from "
    "64 points on it is zero for d = 3 and still 1 to 5 % for d = 2."
))

# %% [markdown] slideshow={"slide_type": "notes"}
# (With a little more regularisation than in 12.C, $w_2 = 0.05$, so that L-BFGS arrives.) With 16 or 32 points three dimensions err, too, in three runs of four: too few points to know the shape. That is ignorance, and more points cure it. In the plane they can make the way out narrower (draw 4; in draw 2 it stays at 2 %), but as long as no layer folds they never close it.
#
# Where are the wrong ones? In the gaps between neighbouring points of the ring:

# %% slideshow={"slide_type": "subslide"}
p, weights = nets[2, 64, 4]
ax = plotting.decision_regions(lambda x: node.forward(weights, x, p.dt, tanh)[-1], title="d = 2, 64 points")
plotting.points(p.x_in, (p.y_out[0] > 1).astype(int), ax)
ax.plot(*fresh.x_in[:, wrong[2, 64, 4]], ".", color=plotting.BLACK, ms=3, zorder=4)
ax.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5))
plotting.show(ax, alt=(
    "The plane of the starts: the blue region leaves the ring at the top, in a wide gap "
    "between training points; there lie the wrong fresh points, in black."
))

# %% slideshow={"slide_type": "skip"}
def gaps(p, weights, wrong):
    """Width of the gap that holds most of the wrong points of the ring, and its share of them."""
    angle = np.sort(np.arctan2(p.x_in[1], p.x_in[0])[p.y_out[0] > 1])
    there = np.arctan2(*fresh.x_in[::-1, wrong & (fresh.label == 1)])
    count = np.bincount((np.searchsorted(angle, there) - 1) % len(angle), minlength=len(angle))
    width = np.degrees(np.diff(angle, append=angle[0] + 2 * np.pi))
    return width[count.argmax()], count.max() / count.sum()


# %% slideshow={"slide_type": "skip"}
for seed in seeds:
    width, share = gaps(*nets[2, 64, seed], wrong[2, 64, seed])
    print(f"draw {seed}: about {10 * round(10 * share)} % in one gap, {width:.0f} degrees wide; the mean gap has 11")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Three layers can
#
# **Predict.** The same recipe, $d = 2$, 128 points, with 3 layers in place of 100: more fresh points wrong, or fewer?

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
for layers in (100, 3):
    for seed in seeds:
        net = nets[2, 128, seed] if layers == 100 else trained(128, 2, seed, layers)
        nets[layers, seed] = net
        size = net[0].dt * np.linalg.norm(net[1].V, ord=2, axis=(1, 2)).max()
        none = not on_the_wrong_side(*net).any()
        print(f"{layers:3d} layers: all fresh points right: {none!s:5}  largest dt |V_k| {size:.1f}")

# %% [markdown]
# Three layers in the plane have *all* fresh points right. Then not all of them can be one-to-one, and their steps do exceed the bound 1 of 12.C.

# %% [markdown] slideshow={"slide_type": "subslide"}
# In one dimension a layer is $x \mapsto x + \Delta t\,v\,\tanh x$. Its slope at 0 is $1 + \Delta t\,v$: where $\Delta t\,v < -1$, it turns back.

# %%
ax, x = plotting.panels(1, height=3.5), np.linspace(-3, 3, 200)
for slope, style in [(-0.5, "--"), (-2.0, "-")]:
    ax.plot(x, x + slope * np.tanh(x), style, label=f"Δt v = {slope:g}")
ax.set(xlabel="$x$")
ax.legend()
plotting.show(ax, alt=(
    "x + dt v tanh x: for dt v = -0.5 it rises; for -2 it rises, falls and rises again, and "
    "is 0 at three x."
))

# %% [markdown] slideshow={"slide_type": "subslide"}
# In $d$ dimensions a layer is one-to-one if $\Delta t\,\|\mathbf{V}_k\| < 1$. It *folds* where
#
# $$\det\bigl(\mathbf{I} + \Delta t\,\mathbf{V}_k\operatorname{diag}(\sigma'(\mathbf{x}))\bigr)$$
#
# changes sign: on one side of the fold the plane is turned over.

# %% slideshow={"slide_type": "skip"}
def turned_over(p, weights, points):
    """For each layer the share of the points at which its determinant is negative."""
    x, share = node.forward(weights, points, p.dt, tanh), []
    for k, V in enumerate(weights.V):
        jacobian = np.eye(2) + p.dt * V * tanh.dsigma(x[k]).T[:, None, :]
        share.append(np.mean(np.linalg.det(jacobian) < 0))
    return np.array(share)


window = np.array(np.meshgrid(*[np.linspace(-1.5, 1.5, 101)] * 2)).reshape(2, -1)
for layers in (100, 3):
    share = turned_over(*nets[layers, 2], window)
    print(f"{layers} layers: some fold: {np.any((share > 0.01) & (share < 0.99))}")

# %% slideshow={"slide_type": "skip"}
grid = np.linspace(-1.2, 1.2, 21)
fine = np.linspace(-1.2, 1.2, 121)
lines = [np.array([np.full(121, c), fine]) for c in grid]
lines += [line[::-1] for line in lines]
some = node.disk_in_ring(300, seed=77)


def bent_grid(ax, layers, k, title):
    p, weights = nets[layers, 2]
    for line in lines:
        ax.plot(*node.forward(weights, line, p.dt, tanh)[k], color="0.6", lw=0.7, zorder=1)
    plotting.points(node.forward(weights, some.x_in, p.dt, tanh)[k], some.label, ax)
    ax.set(title=title, xlabel="$x_1$")


# %% slideshow={"slide_type": "subslide"}
axes = plotting.panels(4, width=11, height=3.6)
for ax, layers, k in zip(axes, [100, 100, 3, 3], [33, 67, 1, 2], strict=True):
    bent_grid(ax, layers, k, f"{k} of {layers} layers")
plotting.show(axes, alt=(
    "A grid with disk and ring: after 33 and 67 of 100 layers it is bent, the disk still "
    "inside the ring; after 1 of 3 layers it is stretched, after 2 folded over, one half "
    "of the ring on the other, and the disk lies beside it."
))

# %% [markdown]
# A hundred layers bend the plane and never fold it: the disk stays inside, however thin the ring gets. Three layers lay one half of the ring upon the other, and the disk is free.

# %% [markdown] slideshow={"slide_type": "notes"}
# No contradiction to the theorem: these three layers are no flow. Deeper is not always stronger, and a residual network may do what its ODE cannot. (Depth does not forbid large steps, either: some draws find a hundred layers one of which folds.)

# %% slideshow={"slide_type": "subslide"}
quiz.question("D-fold")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4. Which way to a gradient? <small>D8</small>
#
# **Discretise, then optimise:** $J$ on the grid, and the chain rule. That is 12.C; the gradient is exact for the $J$ that is computed.
#
# **Optimise, then discretise:** the adjoint *ODE* of 12.B, solved by any method on any grid. Libraries for neural ODEs offer it, often with the states run backwards, too, instead of stored (Chen and others, 2018).

# %% [markdown] slideshow={"slide_type": "notes"}
# We compare on a smooth problem, where $\mathbf{V}(t)$ and $\mathbf{b}(t)$ are given functions. Three ways to go back from $t_{k+1}$ to $t_k$, all with explicit Euler, and the chain rule as the judge:

# %% slideshow={"slide_type": "skip"}
rng = np.random.default_rng(0)
V_0, V_1, V_2 = 1.5 * rng.standard_normal((3, 2, 2))
b_0, b_1 = rng.standard_normal((2, 2))
x_in, y_out = rng.standard_normal((2, 2, 8))


def sampled(layers):
    t = np.arange(layers) / layers
    s, c = np.sin(2 * np.pi * t)[:, None, None], np.cos(2 * np.pi * t)[:, None, None]
    p = node.TrainingProblem(x_in, y_out, N_T=layers + 1, w1=1.0, w2=1.0, activation=tanh)
    return p, node.Weights(V_0 + V_1 * s + V_2 * c, b_0 + b_1 * s[:, :, 0])


# %% slideshow={"slide_type": "skip"}
def by_the_adjoint_ode(p, weights, x):
    """Euler back from t_{k+1}: V of the step, all else of its right end."""
    phi = np.empty_like(x)
    phi[-1] = x[-1] - p.y_out
    for k in range(p.N_T - 2, -1, -1):
        A_T_phi = tanh.dsigma(x[k + 1]) * (weights.V[k].T @ phi[k + 1])
        phi[k] = phi[k + 1] + p.dt * (A_T_phi + p.w1 * (x[k + 1] - p.y_out))
    return node.gradient(weights, x, phi[:-1], p.dt, p.w2, tanh)


# %% slideshow={"slide_type": "skip"}
def backwards(p, weights, x_T):
    """The states from the last one: Euler with a negative step."""
    x = [x_T]
    for V, b in zip(weights.V[::-1], weights.b[::-1], strict=True):
        x.append(x[-1] - p.dt * (V @ np.tanh(x[-1]) + b[:, None]))
    return np.stack(x[::-1])


# %% [markdown] slideshow={"slide_type": "subslide"}
# The third way is what a general ODE solver does with weights that are *looked up* by time: it stands at $t_{k+1}$ and asks for $\mathbf{V}(t_{k+1})$, which is the *next* layer's.

# %%
def by_look_up(p, weights, x):
    phi, theta = x[-1] - p.y_out, np.zeros(weights.theta.shape)
    for k in range(p.N_T - 1, 0, -1):
        layer = min(k, p.N_T - 2)  # at the final time there is only the last one
        theta[layer] += phi @ np.vstack([np.tanh(x[k]), np.ones(p.I)]).T
        A_T_phi = tanh.dsigma(x[k]) * (weights.V[layer].T @ phi)
        phi = phi + p.dt * (A_T_phi + p.w1 * (x[k] - p.y_out))
    return p.dt * (node.Weights.from_theta(theta) + p.w2 * weights)


# %% [markdown] slideshow={"slide_type": "notes"}
# **Predict.** For each way: does the error go to zero with $\Delta t$, and with which order? Which layer gets no gradient from the data in the third?

# %% slideshow={"slide_type": "skip"}
layers = 2 ** np.arange(2, 10)
errors = {"adjoint ODE": [], "states backwards, too": [], "V looked up": []}
for N in layers:
    p, w = sampled(int(N))
    x, exact = p.states(w), p.cost_and_gradient(w)[1]
    errors["adjoint ODE"].append(relative_error(by_the_adjoint_ode(p, w, x), exact))
    back = backwards(p, w, x[-1])
    errors["states backwards, too"].append(relative_error(by_the_adjoint_ode(p, w, back), exact))
    errors["V looked up"].append(relative_error(by_look_up(p, w, x), exact))

# %% slideshow={"slide_type": "subslide"}
order = {"adjoint ODE": 1, "states backwards, too": 1, "V looked up": 0.5}
ax = plotting.convergence(1 / layers, errors, order, ylabel="relative error of the gradient")
ax.set(ylim=(8e-4, 20))
ax.legend(ncols=2, loc="upper left")
plotting.show(ax, alt=(
    "Error against dt: the adjoint ODE and the states run backwards lie on lines of slope "
    "1, from 0.3 and 0.4 at 4 layers to 0.002; with V looked up the slope is one half, from "
    "0.8 to 0.05."
))

# %% tags=["no-code"] slideshow={"slide_type": "subslide"}
p, w = sampled(20)
exact, looked_up = p.cost_and_gradient(w)[1], by_look_up(p, w, p.states(w))
print(f"V looked up, 20 layers: error {100 * relative_error(looked_up, exact):.0f} %")
data_part = looked_up - p.w2 * p.dt * w
print(f"largest entry of layer 0's gradient from the data: {np.abs(data_part.theta[0]).max():.0f}")

# %% [markdown]
# None of the three is the gradient of the $J$ that is computed. Two come close with order 1. With $\mathbf{V}$ looked up, layer 0 is never asked and the last one is asked twice: one layer of $N$ all wrong is an error of order $\sqrt{\Delta t}$ only. The chain rule costs the same and is exact.

# %% [markdown] slideshow={"slide_type": "notes"}
# Do not blame the idea: a solver that knows where layers begin, or weights that are interpolated, restore the order. And on a fine grid an error of order 1 may not matter. What matters is to know that it is there: a check as in 12.C then fails, and a line search may find no descent (Onken and Ruthotto, 2020, compare both ways).
#
# `tests/formulas/test_D.py` measures the orders.

# %% slideshow={"slide_type": "subslide"}
quiz.question("D-adjoint")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Running the states backwards <small>D9</small>
#
# Instead of storing the states one may start from $\mathbf{x}(T)$ and step backwards. Take $\dot x = -\lambda x$: forwards each step multiplies by $1 - \lambda\Delta t$, backwards by $1 + \lambda\Delta t$, so that $x_0$ comes back as
#
# $$(1 - \lambda^2\Delta t^2)^N x_0,$$
#
# and an error made at $T$ grows to $(1 + \lambda\Delta t)^N \approx \mathrm{e}^{\lambda T}$ times its size.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** $\dot x = -\lambda\,(\tanh x - \tanh c(t))$ follows the curve $c(t) = \frac12\sin 2\pi t$, the closer the larger $\lambda$ is. Two points start at 1 and at $-0.3$; 100 steps forwards, 100 back. Where do they arrive?

# %% slideshow={"slide_type": "skip"}
def there_and_back(lam, layers=100):
    c = 0.5 * np.sin(2 * np.pi * np.arange(layers) / layers)
    w = node.Weights(np.full((layers, 1, 1), -lam), lam * np.tanh(c)[:, None])
    p = node.TrainingProblem([[1.0, -0.3]], [[0.0, 0.0]], N_T=layers + 1, activation=tanh)
    x = p.states(w)
    return p, x[:, 0], backwards(p, w, x[-1])[:, 0]


# %% tags=["no-code"]
for lam in (1.0, 5.0, 10.0, 20.0):
    for layers in (100, 10_000):
        _, _, back = there_and_back(lam, layers)
        print(f"lambda = {lam:2.0f}, {layers:5d} steps: 1 comes back as {back[0, 0]:.2f}")

# %% slideshow={"slide_type": "subslide"}
ax = plotting.panels(1, height=4)
for lam, colour in [(1.0, plotting.GREEN), (5.0, plotting.BLUE), (10.0, plotting.RED)]:
    p, x, back = there_and_back(lam)
    first, _ = ax.plot(p.t, x, color=colour)
    first.set_label(f"$\\lambda = {lam:g}$")
    ax.plot(p.t, back, "--", color=colour)
ax.set(xlabel="$t$", ylim=(-1.2, 3), title="forwards, and back again (dashed)")
ax.legend()
plotting.show(ax, alt=(
    "Two solutions from 1 and -0.3 for lambda = 1, 5, 10. Run back, those for 1 lie on "
    "the way there, those for 5 end at 0.6 and -0.7, those for 10 together at 4, above the frame."
))

# %% [markdown]
# What has come together to less than the method's error cannot be told apart on the way back.

# %% [markdown] slideshow={"slide_type": "notes"}
# Euler's error near $T$, of order $\Delta t$, is multiplied by up to about $\mathrm{e}^{\lambda T}$: 22,000 for $\lambda = 10$, half a billion for $\lambda = 20$. A finer grid helps only where it makes the error smaller than that.

# %% tags=["no-code"] slideshow={"slide_type": "subslide"}
p = node.TrainingProblem(data.x_in, data.y_out, activation=tanh)
lecture = node.minimize(p, None, 500, maxcor=20, progress=False).weights
x = p.states(lecture)
miss = np.linalg.norm(backwards(p, lecture, x[-1])[0] - x[0], axis=0)
print(f"over half of them miss their start by more than 0.5: {np.median(miss) > 0.5}")

# %% [markdown]
# The lecture's own trained network, run backwards: it contracts each class to a point, and that is a stiff problem on the way back.

# %% [markdown] slideshow={"slide_type": "notes"}
# (The points start within 1.2 of the origin.) Gholami, Keutzer and Biros (2019) show the same with images. An adaptive solver's error at the start is up to $\mathrm{e}^{\lambda T}$ times its tolerance.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Memory without errors: checkpoints <small>D10</small>
#
# Store every $m$-th state. On the way back, recompute the $m$ states of one block from its checkpoint, and use the discrete adjoint.
#
# $$\begin{gathered}\frac Nm + m\ \text{states instead of}\ N,\ \text{least for}\ m = \sqrt N;\\
# 2N\ \text{layers evaluated forwards instead of}\ N.\end{gathered}$$

# %% slideshow={"slide_type": "skip"}
def gradient_with_checkpoints(p, weights, m):
    ones, theta = np.ones((1, p.I)), p.w2 * weights.theta
    blocks = [node.Weights.from_theta(weights.theta[k : k + m]) for k in range(0, p.N_T - 1, m)]
    checkpoints = [p.x_in]
    for block in blocks:
        checkpoints.append(last_state(block, checkpoints[-1], p.dt))
    phi = checkpoints.pop() - p.y_out
    for k in range(p.N_T - 2, -1, -1):
        if k == p.N_T - 2 or (k + 1) % m == 0:
            x = node.forward(blocks.pop(), checkpoints.pop(), p.dt, tanh)
        x_k = x[k % m]
        theta[k] += phi @ np.vstack([np.tanh(x_k), ones]).T
        phi = phi + p.dt * (tanh.dsigma(x_k) * (weights.V[k].T @ phi) + p.w1 * (x_k - p.y_out))
    return node.Weights.from_theta(p.dt * theta)


# %% slideshow={"slide_type": "skip"}
def last_state(weights, x, dt):
    for V, b in zip(weights.V, weights.b, strict=True):
        x = x + dt * (V @ np.tanh(x) + b[:, None])
    return x


# %% slideshow={"slide_type": "skip"}
def with_all_states(p, weights):
    x = p.states(weights)
    phi = node.adjoint(weights, x, p.y_out, p.dt, p.w1, tanh)
    return node.gradient(weights, x, phi, p.dt, p.w2, tanh)


# %% tags=["no-code"] slideshow={"slide_type": "subslide"}
import tracemalloc

many = node.disk_in_ring(I=2000)
p = node.TrainingProblem(many.x_in, many.y_out, N_T=1025, activation=tanh)
w = node.Weights.random(p.N_T, p.d, 1.5, np.random.default_rng(0))
exact = with_all_states(p, w)
ways = {f"m = {m}": lambda m=m: gradient_with_checkpoints(p, w, m) for m in (1, 8, 32, 128, 1024)}
for name, way in {"all states": lambda: with_all_states(p, w), **ways}.items():
    tracemalloc.start()
    same = relative_error(way(), exact) < 1e-13
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    print(f"{name:10s} the same gradient: {same}, {peak:3.0f} MiB, {1000 * seconds(way, 3):.0f} ms")

# %% [markdown]
# The same gradient to rounding, with a fraction of the memory. The second way forwards costs a third more matrix products; for $m = 32$, here, less than that in time: small arrays stay in the cache.

# %% [markdown] slideshow={"slide_type": "notes"}
# (32 is the square root of 1,024. All states take 63 MiB, not half of it, because all adjoints are stored as well.) With checkpoints of checkpoints memory, and the number of times a layer is evaluated, both grow like $\log N$; Griewank and Walther (2000) give the best places. The library's own `cost_and_gradient` stores all states, of as many samples at a time as fit in the cache.

# %% slideshow={"slide_type": "subslide"}
quiz.question("D-memory")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5. More from the same gradient <small>D11, D12</small>
#
# **The heavy ball** (Polyak, 1964) keeps a part of its last step:
# $$\mathbf{u}_{j+1} = \beta\,\mathbf{u}_j - \gamma\,\mathbf{g}_j,\qquad \boldsymbol{\theta}_{j+1} = \boldsymbol{\theta}_j + \mathbf{u}_{j+1}.$$
#
# **Adam** (Kingma and Ba, 2015) has for each weight its own scale: the running mean of its gradients over the root of the running mean of their squares, both corrected for their start at zero.
# $$\begin{gathered}\mathbf{m}_j = \beta_1\mathbf{m}_{j-1} + (1 - \beta_1)\mathbf{g}_j,\qquad \mathbf{v}_j = \beta_2\mathbf{v}_{j-1} + (1 - \beta_2)\mathbf{g}_j^2,\\
# \boldsymbol{\theta}_{j+1} = \boldsymbol{\theta}_j - \gamma\,\frac{\mathbf{m}_j}{1 - \beta_1^j}\Big/\Bigl(\sqrt{\frac{\mathbf{v}_j}{1 - \beta_2^j}} + \varepsilon\Bigr),\qquad j = 1, 2, \dots\end{gathered}$$

# %% [markdown] slideshow={"slide_type": "notes"}
# (Product, quotient and root entry by entry.) They are step rules, `momentum(gamma)` and `adam(gamma)`; the gradients may be exact or those of batches. L-BFGS is SciPy's, as in 12.C, and needs exact ones.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** The lecture's problem, with tanh. Which is ahead after 100 evaluations, which after 1,000, which after 10,000: constant $\gamma$, heavy ball, Adam, L-BFGS?

# %% slideshow={"slide_type": "skip"}
lecture = node.TrainingProblem(data.x_in, data.y_out, activation=tanh)
quiet = {"progress": False}
runs = {
    "constant": node.train(lecture, None, 10_000, constant(1.0), **quiet),
    "heavy ball": node.train(lecture, None, 10_000, momentum(0.3), **quiet),
    "Adam": node.train(lecture, None, 10_000, adam(0.1), **quiet),
    "L-BFGS": node.minimize(lecture, None, 20_000, maxfun=10_000, **quiet),
}

# %% tags=["no-code"] slideshow={"slide_type": "fragment"}
print("smallest J within     100   1,000  10,000 evaluations")
for name, run in runs.items():
    reached = [run.J[run.evaluations <= n].min() for n in (100, 1000, 10_000)]
    print(f"{name:18s}", *(f"{J:7.1f}" for J in reached))

# %% slideshow={"slide_type": "subslide"}
curves = {name: np.minimum.accumulate(run.J) for name, run in runs.items()}
evaluations = {name: run.evaluations for name, run in runs.items()}
ax = plotting.cost_history(curves, x=evaluations, xlabel="evaluations of $J$ and its gradient")
ax.set(ylim=(1.5, 130), ylabel="smallest $J$ so far")
plotting.show(ax, alt=(
    "Smallest J so far over 10,000 evaluations: L-BFGS falls long before the others and ends at 2.2; constant "
    "gamma, heavy ball and Adam stay near 30 for 100 evaluations; Adam ends lowest, at 1.8."
))

# %% [markdown]
# L-BFGS is far ahead at 100 evaluations, still ahead at 1,000, and then it has arrived: at *a* minimum. Adam, here, ends lower.

# %% [markdown] slideshow={"slide_type": "notes"}
# That is one draw of the data, and C7 again: who ends where is luck. L-BFGS's advantage at the start is not. ($\gamma$ is 1 for constant, 0.3 for the heavy ball with $\beta = 0.9$, 0.1 for Adam with $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\varepsilon = 10^{-8}$.) The heavy ball goes up to $1/(1 - \beta) = 10$ times as far as plain descent with the same $\gamma$; in the end it is behind the one with $\gamma = 1$.
#
# Why then does everybody train with Adam? Because L-BFGS compares gradients of two neighbouring points, and with mini-batches their difference is mostly noise.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6. When one machine is not enough
#
# $J$ and its gradient are sums over samples: blocks of samples can be computed anywhere, and added up in their order. `TrainingProblem` takes any `concurrent.futures.Executor`; the call stays the same, and so does the result, to the last bit.
#
# **Predict.** Two processors, all 1,797 digits in blocks of 450. How much faster than one? And the lecture's 64 points in blocks of 32?

# %% slideshow={"slide_type": "skip"}
images = node.datasets.labelled_images(pixels, label)


def on(executor, data, chunk):
    p = node.TrainingProblem(data.x_in, data.y_out, T=3.0, N_T=7, chunk=chunk, executor=executor)
    w = node.Weights.random(p.N_T, p.d, 0.05, np.random.default_rng(0))
    return p.cost_and_gradient(w)[1].theta, seconds(lambda: p.cost_and_gradient(w))


# %% slideshow={"slide_type": "skip"}
def compare(name, executor):
    for what, samples, chunk in [("digits", images, 450), ("64 points", data, 32)]:
        (alone, t), (there, t_there) = on(None, samples, chunk), on(executor, samples, chunk)
        print(f"{what}: the same to the last bit: {np.array_equal(alone, there)}")
        print(f"    alone {1000 * t:.2f} ms")
        print(f"    {name} {1000 * t_there:.2f} ms")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Threads**, in this process:

# %% tags=["no-code"]
import sys
from concurrent.futures import ThreadPoolExecutor

if sys.platform == "emscripten":
    print("Python in the browser has no threads.")
else:
    with ThreadPoolExecutor(2) as threads:
        compare("two threads", threads)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **A cluster.** Dask's scheduler and its workers run here on this machine, as processes of their own that talk over the network; with another address they run elsewhere.

# %% slideshow={"slide_type": "skip"}
def on_a_cluster():
    from distributed import Client, LocalCluster

    local = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(n_workers=2, threads_per_worker=1, **local) as cluster, Client(cluster) as client:
        compare("two processes", client.get_executor())


# %% tags=["no-code"]
try:
    on_a_cluster()
except ImportError:
    print("Dask is not installed: pip install distributed")

# %% [markdown]
# The same call, the same bits. It pays where a block takes much longer than the way there: a tenth of a millisecond for a thread; several for a cluster, to which every call sends the block and the weights. Our 64 points are best left alone, and the digits kept off the cluster.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises

# %% [markdown] slideshow={"slide_type": "notes"}
# Replace the `...` and run both cells. `check` runs your function on several random problems and says where it goes wrong; `exercises.adam_step.hint()` helps a little, `.solution()` shows the library's way.

# %% [markdown]
# **The gradient from a mini-batch.** `node.forward`, `node.adjoint` and `node.gradient` may be used.

# %%
def my_minibatch_gradient(
    weights, x_in, y_out, samples, dt, w1, w2, activation
):
    """x_in, y_out (d, I); samples: the indices of the batch.
    Returns the estimate, a Weights."""
    ...


# %%
exercises.minibatch_gradient.check(my_minibatch_gradient)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **A step of Adam.**

# %%
def my_adam_step(theta, g, m, v, t, gamma, beta1, beta2, epsilon):
    """theta, the gradient g, m and v are arrays; t = 1 in the first step.
    Returns the new theta, m and v."""
    ...


# %%
exercises.adam_step.check(my_adam_step)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - A mini-batch's gradient is right on average. With a constant $\gamma$ descent ends on a floor, $\frac\gamma4\operatorname{E}|\mathbf{g}_B - \nabla J|^2$ for independent batches; a decaying $\gamma$ gets below.
# - The lecture's network, with ten more coordinates, reads real digits: 98.3 % of those held out.
# - A flow in the plane cannot take the disk out of the ring. One more coordinate can, and so can three layers that fold the plane.
# - The discrete adjoint is exact, other ways back are not. Checkpoints save memory without an error.
# - L-BFGS makes the most of exact gradients; Adam also works with noisy ones. Other processors pay for large blocks.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Sources**
# - Alpaydin, Kaynak: Optical recognition of handwritten digits (1998), scikit-learn's digits. LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition (1998), MNIST.
# - Robbins, Monro: A stochastic approximation method (1951). Mishchenko, Khaled, Richtárik: Random reshuffling: simple analysis with vast improvements (2020).
# - Dupont, Doucet, Teh: Augmented neural ODEs (2019).
# - Chen, Rubanova, Bettencourt, Duvenaud: Neural ordinary differential equations (2018). Gholami, Keutzer, Biros: ANODE, unconditionally accurate memory-efficient gradients for neural ODEs (2019). Onken, Ruthotto: Discretize-optimize vs. optimize-discretize for time-series regression and continuous normalizing flows (2020). Griewank, Walther: Algorithm 799, revolve (2000).
# - Polyak: Some methods of speeding up the convergence of iteration methods (1964). Kingma, Ba: Adam, a method for stochastic optimization (2015).
