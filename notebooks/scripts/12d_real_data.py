# %% [markdown] slideshow={"slide_type": "slide"}
# # 12.D Real data
#
# **You will be able to**
# - train with a few samples at a time, and say how low $J$ can get that way;
# - classify real handwritten digits with the lecture's network, cost and adjoint, and compare fairly;
# - choose an optimiser, and say whether training has ended in a minimum;
# - know when a second processor or a second computer pays.

# %% [markdown] slideshow={"slide_type": "notes"}
# **You need** [12.C](12c_training.ipynb). **Time:** about 75 minutes to read: 25 for batches, 20 for digits, 25 for optimisers, 5 for the last part; and 20 for the two exercises. The parts can be read in any order (but run all cells above).
#
# Run the cells from top to bottom. Where it says **Predict**, decide on an answer, enter it, then open *Answer*. At a **Quiz** click on one letter or several (more than one may be right), then on *Check*. An **Exercise** asks for a function: replace the `...`, run that cell and the next one; `exercises.adam_step.hint()` helps a little, `.solution()` shows the library's way.

# %% slideshow={"slide_type": "skip"}
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, pairwise
from time import perf_counter

import numpy as np
import scipy.optimize
from threadpoolctl import threadpool_limits

import neuralode_lib as node
from neuralode_lib import adam, constant, decaying, exercises, explore, momentum, plotting, predict, quiz, tanh
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
# The penalty is there once, whatever the batch.

# %% [markdown] slideshow={"slide_type": "notes"}
# This is the lecturer's own follow-up exercise. In the library it is `problem.cost_and_gradient(weights, samples=batch)`; the formulas are those of 12.C with fewer columns.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise: the gradient from a mini-batch.** `node.forward`, `node.adjoint` and `node.gradient` may be used.

# %% slideshow={"slide_type": "skip"}
def my_minibatch_gradient(
    weights, x_in, y_out, samples, dt, w1, w2, activation
):
    """x_in, y_out (d, I); samples: the indices of the batch.
    Returns the estimate, a Weights."""
    ...


# %% slideshow={"slide_type": "skip"}
exercises.minibatch_gradient.check(my_minibatch_gradient)

# %% slideshow={"slide_type": "skip"}
data = node.disk_in_ring()
shallow = node.TrainingProblem(data.x_in, data.y_out, N_T=11, activation=tanh)
shallow_weights = node.Weights.random(shallow.N_T, shallow.d, 1.0, np.random.default_rng(3))
I = shallow.I

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Split the 64 points into batches of 4. How far is one $\mathbf{g}_B$ from the gradient, in per cent? And the mean over the 16 batches?

# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("D-batch"):
    _, exact = shallow.cost_and_gradient(shallow_weights)
    for n in (1, 4, 16):
        parts = np.random.default_rng(0).permutation(I).reshape(-1, n)
        g = [shallow.cost_and_gradient(shallow_weights, samples=batch)[1] for batch in parts]
        off = np.mean([relative_error(g_B, exact) for g_B in g])
        mean_is_exact = relative_error(np.mean([g_B.theta for g_B in g], axis=0), exact) < 1e-13
        print(f"n = {n:2d}: one is {100 * off:3.0f} % off, their mean is the gradient to rounding: {mean_is_exact}")

# %% slideshow={"slide_type": "subslide"}
quiz.question("D-scale")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How far off? <small>D2</small>
#
# Every sample is in a random batch with probability $n/I$, so on average $\mathbf{g}_B$ is $\nabla J$: it is *unbiased*. How far off is a single one? $\operatorname{E}$ is the mean over all batches. Let $S = \frac1I\sum_i|\mathbf{g}_{\{i\}} - \nabla J|^2$ be the spread of the batches of one. For $n$ samples drawn without replacement,
#
# $$\operatorname{E}|\mathbf{g}_B - \nabla J|^2 = \frac Sn\,\frac{I - n}{I - 1}.$$

# %%
def squared_error(problem, weights, batch):
    _, gradient = problem.cost_and_gradient(weights)
    return (problem.cost_and_gradient(weights, samples=batch)[1] - gradient).norm() ** 2


# %% tags=["no-code"]
rng = np.random.default_rng(1)
S = np.mean([squared_error(shallow, shallow_weights, [i]) for i in range(I)])
for n in (2, 8, 32):
    batches = [rng.choice(I, n, replace=False) for _ in range(1000)]
    drawn = np.mean([squared_error(shallow, shallow_weights, batch) for batch in batches])
    print(f"n = {n:2d}: drawn {drawn:4.0f}, formula {S / n * (I - n) / (I - 1):4.0f}")

# %% [markdown] slideshow={"slide_type": "notes"}
# $S/n$ is the variance of a mean of $n$ independent draws. The last factor, the *finite population correction*, is there because no sample is drawn twice: with it, $n = I$ leaves nothing to chance.

# %% slideshow={"slide_type": "skip"}
def seconds(f, repeat=20):
    times = []
    for _ in range(repeat):
        start = perf_counter()
        f()
        times.append(perf_counter() - start)
    return min(times)


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** A gradient with one sample instead of 64: how many times faster is it, for points in the plane (10 layers) and for images with 74 coordinates (6 layers, as in part 2)?

# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("D-speed"):
    images_size = node.TrainingProblem(*np.ones((2, 74, 1024)), T=3.0, N_T=7)
    for name, p, batch_sizes in [("points", shallow, (1, 64)), ("images", images_size, (1, 64, 1024))]:
        w = node.Weights.random(p.N_T, p.d, 0.1, np.random.default_rng(0))
        for n in batch_sizes:
            t = seconds(lambda p=p, w=w, n=n: p.cost_and_gradient(w, samples=np.arange(n)))
            print(f"{name}, n = {n:4d}: {1e6 * t:.0f} µs")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Descent with noise <small>D1, D4</small>
#
# `stochastic_gradient_descent(problem, weights, step, batch_size, rng)` is an iterator like `gradient_descent`. Each *epoch* shuffles the samples and cuts them into batches.
#
# So that the noise can die out in the end: $\displaystyle\gamma_j = \frac{\gamma_0}{1 + j/m}$ <small>D4</small>, halved after $m$ steps.

# %% [markdown] slideshow={"slide_type": "notes"}
# Robbins and Monro (1951) ask for $\sum\gamma_j = \infty$, so that one can get anywhere, and $\sum\gamma_j^2 < \infty$, so that the noise does not add up for ever. This rule does both; it is `decaying(gamma, halved_after)`.
#
# Where samples are left over that do not fill a batch, they are left out of this epoch (the next one shuffles anew): a short batch scaled up by $I/n$ would be the noisiest of all.
#
# (One may also draw a batch anew at each *time step*, that is, for each layer's sum $\sum_i\boldsymbol{\varphi}_k^i\,\sigma(\mathbf{x}_k^i)^\top$. That is unbiased, too, but every sample that some layer draws needs its states and adjoints in all layers: here it saves nothing. For particles that act upon each other it does, and is called the *random batch method*; Jin, Li and Liu, 2020.)
#
# Two experiments. One starts at $\mathbf{V} = \mathbf{0}$, $\mathbf{b} = \mathbf{0}$, as in 12.C. The other starts near a minimum (with more regularisation, $w_2 = 1$, so that L-BFGS finds it exactly), and asks how close one gets.

# %% slideshow={"slide_type": "skip"}
def J_of_epochs(problem, start, step, n, epochs):
    run = node.stochastic_gradient_descent(problem, start, step, n, np.random.default_rng(0))
    steps = problem.I // n
    ends = islice(run, 0, epochs * steps + 1, steps)
    return np.array([problem.cost(now.weights) for now in ends])


# %% slideshow={"slide_type": "skip"}
medium = node.TrainingProblem(data.x_in, data.y_out, N_T=21, activation=tanh)
zero = node.Weights.zeros(medium.N_T, medium.d)
from_zero = {
    "all 64, γ = 0.2": J_of_epochs(medium, zero, constant(0.2), 64, 400),
    "16, γ = 0.06": J_of_epochs(medium, zero, constant(0.06), 16, 400),
    "4, γ = 0.06": J_of_epochs(medium, zero, constant(0.06), 4, 400),
    "all 64, γ = 0.06": J_of_epochs(medium, zero, constant(0.06), 64, 6400)[::16],
}
epochs = dict.fromkeys(from_zero, np.arange(401)) | {"all 64, γ = 0.06": 16 * np.arange(401)}

# %% slideshow={"slide_type": "skip"}
near = node.TrainingProblem(data.x_in, data.y_out, N_T=11, w2=1.0, activation=tanh)
exactly = {"maxcor": 20, "gtol": 1e-8, "ftol": 1e-16, "maxfun": 100_000}
best = node.minimize(near, None, 5000, progress=False, **exactly)
near_start = best.weights + node.Weights.random(near.N_T, near.d, 0.3, np.random.default_rng(1))
rules = {
    "all 64, γ = 0.01": (constant(0.01), 64),
    "4, γ = 0.008": (constant(0.008), 4),
    "4, γ = 0.001": (constant(0.001), 4),
    "4, 0.008 decaying": (decaying(0.008, 500), 4),
}
above = {name: J_of_epochs(near, near_start, rule, n, 600) - best.J[-1] for name, (rule, n) in rules.items()}

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** For the same number of samples looked at: which is ahead at first, all 64 with $\gamma = 0.2$ or batches of 4 with 0.06? And near a minimum: all 64 with 0.01, or batches of 4 with 0.008, with 0.001, or with one that falls from 0.008?

# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("D-noise"):
    left, right = plotting.panels(2, width=11)
    plotting.cost_history(from_zero, left, epochs, "epochs (looks at each sample)").set_title("from zero")
    left.set_ylim(2, 200)
    edges = np.unique(np.geomspace(1, 600, 25).astype(int))
    means = {name: [J[0], *(J[a:b].mean() for a, b in pairwise(edges))] for name, J in above.items()}
    plotting.cost_history(means, right, dict.fromkeys(means, edges), "epochs (means over intervals)")
    right.set(title="near a minimum", ylabel="$J - J_{\\min}$", ylim=(0.008, 20))
    plotting.show(left, alt=(
        "Left: J from zero. Batches of 4 leave a plateau at J = 31 after some 110 epochs; all 64 with the same gamma "
        "take as many steps, that is 16 times as many epochs; those of 16 and 64 are near 25 after 400 epochs. "
        "Right: J - J_min. Batches of 4 with gamma = 0.008 fall first and stay at 0.4; with gamma = 0.001 they are at "
        "0.04 after 600 epochs, and with a decaying gamma lowest."
    ))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The noise floor <small>D3</small>
#
# With a constant $\gamma$, batches do not reach the minimum: in the mean $J$ stays above it, on a *noise floor*.

# %% slideshow={"slide_type": "subslide"}
quiz.question("D-floor")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Near a minimum each step's noise adds $\gamma^2\operatorname{E}|\mathbf{g}_B - \nabla J|^2$ to the mean square of the weights' error, and descent takes a part of it away. For small $\gamma$ and batches drawn independently of each other the two balance. Then, with the right side at the minimum and $\operatorname{E}[J]$ the mean over late steps,
#
# $$\operatorname{E}[J] - J_{\min} = \frac\gamma4\operatorname{E}|\mathbf{g}_B - \nabla J|^2.$$

# %% [markdown] slideshow={"slide_type": "notes"}
# Why: with $J \approx J_{\min} + \frac12\mathbf{e}^\top\mathbf{H}\mathbf{e}$ a step takes $\mathbf{e}$ to $\mathbf{e} - \gamma(\mathbf{H}\mathbf{e} + \text{noise})$. If the covariance $\mathbf{C}$ of $\mathbf{e}$ is to stay, then $\mathbf{H}\mathbf{C} + \mathbf{C}\mathbf{H} = \gamma\,\boldsymbol{\Sigma}$ up to terms in $\gamma^2$, where $\boldsymbol{\Sigma}$ is the covariance of the noise. Take the trace: $\operatorname{E}[J] - J_{\min} = \frac12\operatorname{trace}(\mathbf{H}\mathbf{C}) = \frac\gamma4\operatorname{trace}\boldsymbol{\Sigma}$. (This needs $\mathbf{H}$ positive definite, $\gamma$ far below $2/\lambda_{\max}$, and noise as at the minimum.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict, then move.** The formula is one for small $\gamma$. Is the floor higher or lower than it says where $\gamma$ is larger? And if the batches come from shuffled epochs, or $\gamma$ decays?

# %%
explore.noise()

# %% [markdown] slideshow={"slide_type": "notes"}
# Here is a measurement: three runs for each $\gamma$ and $n$ with batches drawn independently, and one with the library's shuffled epochs.

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
def floor(descent, gamma, n, seed=0):
    late = islice(descent(gamma, n, np.random.default_rng(seed)), 1000, 2000, 5)
    return np.mean([near.cost(weights) for weights in late]) - best.J[-1]


# %% slideshow={"slide_type": "skip"}
gammas, sizes = np.array([0.001, 0.002, 0.004]), (4, 16)
floors = {n: np.array([[floor(independent, g, n, seed) for g in gammas] for seed in range(3)]) for n in sizes}
floors_of_epochs = {n: [floor(shuffled, g, n) for g in gammas] for n in sizes}
S_at_minimum = np.mean([squared_error(near, best.weights, [i]) for i in range(I)])

# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("D-floor"):
    ax = plotting.panels(1)
    for n, colour, marker in [(4, plotting.BLUE, "o"), (16, plotting.ORANGE, "s")]:
        formula = gammas / 4 * S_at_minimum / n * (I - n) / (I - 1)
        mean, spread = floors[n].mean(axis=0), floors[n].std(axis=0, ddof=1)
        ax.loglog(gammas, formula, "--", color=colour, label=f"formula, n = {n}")
        ax.errorbar(gammas, mean, spread, fmt=marker, capsize=4, color=colour, label=f"independent, n = {n}")
        ax.loglog(gammas, floors_of_epochs[n], marker, color=colour, mfc="none", label=f"shuffled, n = {n}")
    ax.set(xlabel="$\\gamma$", ylabel="mean of $J - J_{\\min}$", xlim=(0.0009, 0.013))
    ax.legend()
    plotting.show(ax, alt=(
        "The floor over gamma for batches of 4 and 16. Independent draws, means of three runs with their spread: near "
        "the dashed lines of the formula, and above them at gamma = 0.004. Shuffled epochs lie below."
    ))

# %% [markdown] slideshow={"slide_type": "subslide"}
# Halve $\gamma$ and the floor halves; double the batch and it halves, too (for small $\gamma$ and $n \ll I$). The curvature of $J$ does not enter.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2. Handwritten digits <small>D5</small>
#
# 12.A began with digits; now we read them. The state is an image, 64 grey values, and below it ten more coordinates that are zero at the start. At the end the coordinate of its class $c$ shall be 1, and the image be back, as the lecture's $J$ compares the whole state:
#
# $$\mathbf{x}_{\text{in}} = \begin{pmatrix}\text{pixels}\\ \mathbf{0}\end{pmatrix},\qquad \mathbf{y}_{\text{out}} = \begin{pmatrix}\text{pixels}\\ \mathbf{e}_c\end{pmatrix}\in\mathbb{R}^{74}.$$
#
# ($\mathbf{e}_c$ is the unit vector of class $c$.) The class is read off as the largest of the ten. Cost, adjoint, gradient: unchanged.

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
    last = next(islice(run, 60 * (p.I // 64), None))
    return p, last.weights


# %% slideshow={"slide_type": "skip"}
def read(p, weights, pixels):
    x_in = node.datasets.labelled_images(pixels, np.zeros(len(pixels), int)).x_in
    x = node.forward(weights, x_in, p.dt, p.activation)
    return x, node.datasets.largest_class(x[-1])


# %% [markdown] slideshow={"slide_type": "notes"}
# ReLU, six layers, $T = 3$, $w_1 = 0$, batches of 64, 60 epochs, and Adam for the steps (part 3 says what that is). All this was chosen on a further fifth of each split's training images, never on its test images. (Only: an image that is tested in one split may be among the training images of another, and so may have had a say in the choice.)

# %% [markdown]
# **Predict.** 1,437 images to learn from, 360 to be tested on. How many of these are read wrongly? And how long does training take: seconds, minutes, hours?

# %% slideshow={"slide_type": "skip"}
train_pixels, test_pixels, train_label, test_label = split(0)
began = perf_counter()
digits, digit_weights = train_on(node.datasets.labelled_images(train_pixels, train_label), seed=0)
took = perf_counter() - began
digit_x, said = read(digits, digit_weights, test_pixels)
misread = np.flatnonzero(said != test_label)

# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("D-digits"):
    print(f"{len(misread)} wrong of {len(said)}, after {took:.1f} s")
    axes = plotting.panels(len(misread), width=9, height=1.8)
    for ax, i in zip(axes, misread, strict=True):
        ax.imshow(test_pixels[i].reshape(8, 8), cmap="gray_r")
        ax.set_title(f"{test_label[i]}, not {said[i]}")
        ax.axis("off")
    plotting.show(axes, alt=(
        "The images that are read wrongly, each with what it is and what it was taken for: an 8 for a 1, a 4 for an "
        "8, a 1 for an 8, a 3 for a 2, a 9 for a 5, a 4 for a 1."
    ))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The ten coordinates
#
# **Predict.** At $t = 0$ all ten are zero. When does the network make up its mind?

# %% slideshow={"slide_type": "skip"}
def draw_ten(ax, i):
    """The ten coordinates of image i over time."""
    for c in range(10):
        colour = {said[i]: plotting.RED, test_label[i]: plotting.GREEN}.get(c, "0.7")
        ax.plot(digits.t, digit_x[:, 64 + c, i], color=colour, lw=1.2 if colour == "0.7" else 3)
        ax.text(3.05, digit_x[-1, 64 + c, i], c, va="center", color=colour, alpha=colour != "0.7")
    ax.set(xlabel="$t$", title=f"it is {test_label[i]}, read as {said[i]}")


# %% slideshow={"slide_type": "skip"}
def draw_all(ax):
    """Over time and for all test images: the coordinate of its own class, and the largest other one."""
    ten, one_hot = digit_x[:, 64:], np.eye(10, dtype=bool)[test_label].T
    own, best_other = ten[:, one_hot], np.where(one_hot, -np.inf, ten).max(axis=1)
    for values, colour, name in [(own, plotting.GREEN, "its own"), (best_other, plotting.RED, "largest other")]:
        ax.plot(digits.t, np.median(values, axis=1), color=colour, label=name)
        ax.fill_between(digits.t, *np.quantile(values, [0.05, 0.95], axis=1), color=colour, alpha=0.25)
    ax.set(xlabel="$t$", title="360 images: median, 5 to 95 %")
    ax.legend(loc="upper left")


# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("D-decides"):
    away = np.sqrt(np.mean((digit_x[:, :64] - test_pixels.T) ** 2, axis=(1, 2)))
    early = [np.mean(node.datasets.largest_class(x_k) == test_label) for x_k in digit_x[1:]]
    print("t                               ", *(f"{t:4.1f}" for t in digits.t[1:]))
    print("right if read then, in %        ", *(f"{100 * share:4.0f}" for share in early))
    print("rms distance of pixels from image", *(f"{a:.2f}" for a in away[1:]))
    left, middle, right = plotting.panels(3, width=13, height=4)
    draw_ten(left, np.flatnonzero((said == test_label) & (test_label == 3))[0])
    draw_ten(middle, misread[0])
    draw_all(right)
    plotting.show(left, alt=(
        "The ten coordinates over t. For a 3 its own rises to 1, the others stay low. For the 8 that is read as 1 that "
        "of 1 rises to 0.8, that of 8 leads at t = 0.5 and falls back. Over all images the right one parts after t = 1."
    ))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict, then move.** The images are sorted: wrong ones first, then the closest calls. In how many of the six wrong ones does the right coordinate lead halfway? And in how many of the others?

# %%
explore.digit(digits, digit_weights, digit_x[0], test_label)

# %% jupyter={"source_hidden": true} tags=["answer"]
predict.ask("D-image")

# %% [markdown] slideshow={"slide_type": "notes"}
# Is it a waste to bring the image back? A cost that sees only the ten coordinates needs an output matrix in $J$ and in the adjoint. It brings no gain here: with the same settings (chosen for the lecture's cost) and five splits, `python -m tools.output_matrix` has 97.9 % of the test images right on average, the lecture's cost 98.3 %.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Compared with other methods
#
# Three splits, each with its own held-out fifth. The other methods have scikit-learn's default settings (with which the hidden layer's training ends before it has converged).
#
# **Predict.** Put in order: logistic regression (planes between the classes), a network with one hidden layer of 100 nodes, support vectors (curved surfaces, as far as can be from the images on both sides), and ours.

# %% slideshow={"slide_type": "skip"}
import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

warnings.simplefilter("ignore", ConvergenceWarning)  # the network's 200 iterations are the default
others = {
    "logistic regression": lambda seed: LogisticRegression(),
    "one hidden layer": lambda seed: MLPClassifier(random_state=seed),
    "support vectors": lambda seed: SVC(),
}

# %% slideshow={"slide_type": "skip"}
shares = {"residual network": [], **{name: [] for name in others}}
for seed in range(node.patience(3, 2)):  # two in a browser's Python, which is slow; split 0 is trained already
    learn, test, learn_label, true_label = split(seed)
    p, w = train_on(node.datasets.labelled_images(learn, learn_label), seed) if seed else (digits, digit_weights)
    shares["residual network"].append(np.mean(read(p, w, test)[1] == true_label))
    for name, method in others.items():
        method = method(seed).fit(learn, learn_label)
        shares[name].append(method.score(test, true_label))

# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("D-order"):
    print("right, in per cent: mean, standard deviation, each")
    for name, share in shares.items():
        each = "  ".join(f"{100 * a:.1f}" for a in share)
        print(f"{name:20s} {100 * np.mean(share):.1f}   {100 * np.std(share, ddof=1):.1f}   {each}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## MNIST
#
# 60,000 images to learn from, 10,000 for the test, $28\times28$ grey values: $d = 794$, three layers. From three starts the same network, cost and adjoint read **98.98, 98.96 and 98.89 %** of these right.
#
# ![Left, a table of what each digit is read as: nearly all are on the diagonal. Right, the twelve mistakes in which the wrong class is farthest ahead, each with what it is and what it was taken for; some are hard to read.](mnist.png)

# %% [markdown] slideshow={"slide_type": "notes"}
# What is different from the small digits: mini-batches of 128 and 32-bit numbers; 12 epochs, in each of which every image is moved at random by at most one pixel, so that none looks the same for long; $\gamma$ of Adam rises for 400 steps to 0.001, then falls to zero like a cosine; and in $\mathbf{y}_{\text{out}}$ stands a 10 where the small digits have a 1, because an image has a norm of about 9, and next to its errors those of a 1 would hardly count. The settings were chosen on the last 10,000 training images (98.84 % of them right, after training on the other 50,000), never on the test images. Each training took about 250 seconds of one processor.
#
# For comparison, with scikit-learn's usual settings: one hidden layer of 794 nodes (`MLPClassifier`, which sees every image unmoved) 98.38 % after 100 seconds; five nearest neighbours 96.88 %, 25 seconds; support vectors, from a sixth of the images, 95.94 %, 34 seconds.
#
# `make mnist` does all this. It gets the images with npm where there is npm, or from openml.org, and takes a quarter of an hour, and 2 GB. `python -m tools.mnist --generated` runs without a network, on 70,000 images of that size made from the digits above.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3. More from the same gradient <small>D6, D7</small>
#
# **The heavy ball** (Polyak, 1964) keeps a part of its last step:
# $$\mathbf{u}_{j+1} = \beta\,\mathbf{u}_j - \gamma\,\mathbf{g}_j,\qquad \boldsymbol{\theta}_{j+1} = \boldsymbol{\theta}_j + \mathbf{u}_{j+1}.$$
#
# **Adam** (Kingma and Ba, 2015) has for each weight its own scale: the running mean of its gradients over the root of the running mean of their squares, both corrected for their start at zero.
# $$\begin{gathered}\mathbf{m}_j = \beta_1\mathbf{m}_{j-1} + (1 - \beta_1)\mathbf{g}_j,\qquad \mathbf{v}_j = \beta_2\mathbf{v}_{j-1} + (1 - \beta_2)\mathbf{g}_j^2,\\
# \boldsymbol{\theta}_{j+1} = \boldsymbol{\theta}_j - \gamma\,\frac{\mathbf{m}_j}{1 - \beta_1^j}\Big/\Bigl(\sqrt{\frac{\mathbf{v}_j}{1 - \beta_2^j}} + \varepsilon\Bigr),\qquad j = 1, 2, \dots\end{gathered}$$

# %% [markdown] slideshow={"slide_type": "notes"}
# (Product, quotient and root entry by entry.) They are step rules, `momentum(gamma)` and `adam(gamma)`; the gradients may be exact or those of batches. L-BFGS is SciPy's, as in 12.C, and needs exact ones.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise: a step of Adam.**

# %% slideshow={"slide_type": "skip"}
def my_adam_step(theta, g, m, v, t, gamma, beta1, beta2, epsilon):
    """theta, the gradient g, m and v are arrays; t = 1 in the first step.
    Returns the new theta, m and v."""
    ...


# %% slideshow={"slide_type": "skip"}
exercises.adam_step.check(my_adam_step)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** The lecture's problem, with tanh. Which is ahead after 100 evaluations, which after 1,000, which after 5,000: constant $\gamma$, heavy ball, Adam, L-BFGS?

# %% slideshow={"slide_type": "skip"}
lecture = node.TrainingProblem(data.x_in, data.y_out, activation=tanh)
most, quiet = node.patience(5000, 3000), {"progress": False}
runs = {
    "constant": node.train(lecture, None, most, constant(1.0), **quiet),
    "heavy ball": node.train(lecture, None, most, momentum(0.3), **quiet),
    "Adam": node.train(lecture, None, most, adam(0.1), **quiet),
    "L-BFGS": node.minimize(lecture, None, 20_000, maxfun=most, **quiet),
}

# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("D-optimisers"):
    print(f"smallest J within     100   1,000   {most:,} evaluations")
    for name, run in runs.items():
        reached = [run.J[run.evaluations <= n].min() for n in (100, 1000, most)]
        print(f"{name:18s}", *(f"{J:7.1f}" for J in reached))
    curves = {name: np.minimum.accumulate(run.J) for name, run in runs.items()}
    evaluations = {name: run.evaluations for name, run in runs.items()}
    ax = plotting.panels(1, height=3.8)
    plotting.cost_history(curves, ax, evaluations, xlabel="evaluations of $J$ and its gradient")
    ax.set(ylim=(1.5, 130), ylabel="smallest $J$ so far")
    plotting.show(ax, alt=(
        "Smallest J so far over 5,000 evaluations: L-BFGS falls long before the others and ends at 2.2; constant "
        "gamma, heavy ball and Adam stay near 30 for 100 evaluations; Adam ends lowest, at 1.8."
    ))

# %% [markdown] slideshow={"slide_type": "notes"}
# Why then are large networks trained with Adam? One reason: L-BFGS compares gradients of two neighbouring points, and with mini-batches their difference is mostly noise.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Newton <small>D8</small>
#
# BFGS guesses the curvature of $J$ from the gradients of all its steps, L-BFGS from those of the last few. Newton's method has it: with the Hessian $\mathbf{H}$ and the gradient $\mathbf{g}$ a step $\mathbf{p}$ solves
#
# $$\mathbf{H}\,\mathbf{p} = -\mathbf{g}.$$
#
# Conjugate gradients, an iteration for linear systems, solve this, and need only products $\mathbf{H}\mathbf{v}$, which `problem.hessian_vector` computes (12.C). A *trust region* limits $|\mathbf{p}|$ where $J$ is not like its quadratic model. That is SciPy's `trust-ncg`.

# %% slideshow={"slide_type": "skip"}
def functions_of_arrays(p, shape):
    """J with its gradient, and products with the Hessian, for one long array of weights, as SciPy wants them."""

    def weights(theta):
        return node.Weights.from_theta(theta.reshape(shape))

    def J_and_gradient(theta):
        J, gradient = p.cost_and_gradient(weights(theta))
        return J, gradient.theta.ravel()

    def product(theta, v):
        return p.hessian_vector(weights(theta), weights(v)).theta.ravel()

    return J_and_gradient, product


# %% slideshow={"slide_type": "skip"}
def newton(p, start, gtol):
    """The gradient's norm at the start and after each iteration, and the weights that are found."""
    J_and_gradient, product = functions_of_arrays(p, start.theta.shape)
    theta, norms = start.theta.ravel(), []

    def note(theta):
        norms.append(np.linalg.norm(J_and_gradient(theta)[1]))

    note(theta)
    options = {"method": "trust-ncg", "callback": note, "options": {"gtol": gtol}}
    found = scipy.optimize.minimize(J_and_gradient, theta, jac=True, hessp=product, **options)
    return norms, node.Weights.from_theta(found.x.reshape(start.theta.shape))


# %% [markdown] slideshow={"slide_type": "subslide"}
# `trust-ncg` solves $\mathbf{H}\,\mathbf{p} = -\mathbf{g}$ the more exactly the smaller $|\mathbf{g}|$ is. Near the minimum of part 1's problem with $w_2 = 1$, which has 60 weights, we can also take the whole Hessian, 60 by 60 numbers, and full steps.

# %%
def hessian(p, weights):
    units = np.eye(weights.theta.size).reshape(-1, *weights.theta.shape)
    products = [p.hessian_vector(weights, node.Weights.from_theta(unit)) for unit in units]
    return np.array([product.theta.ravel() for product in products])


def full_steps(p, weights, steps=4):
    norms = []
    for _ in range(steps):
        g = p.cost_and_gradient(weights)[1]
        norms.append(g.norm())
        step = np.linalg.solve(hessian(p, weights), -g.theta.ravel())
        weights = weights + node.Weights.from_theta(step.reshape(g.theta.shape))
    return norms


# %% slideshow={"slide_type": "skip"}
newton_norms, _ = newton(near, near_start, gtol=1e-8)
first_norms, close = newton(near, near_start, gtol=0.02)
full_norms = full_steps(near, close)
bfgs_norms = node.minimize(near, near_start, 5000, "BFGS", progress=False, gtol=1e-7).gradient_norm

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Part 1's problem with $w_2 = 1$, from the same start near its minimum, until $|\mathbf{g}|$ is below $10^{-6}$: how many iterations does Newton take, how many BFGS? And how do the digits of $|\mathbf{g}|$ grow at the end?

# %% jupyter={"source_hidden": true} tags=["answer"]
with predict.ask("D-newton"):
    needed = [np.argmax(np.array(norms) < 1e-6) for norms in (newton_norms, bfgs_norms)]
    print("iterations until |g| < 1e-6: Newton {}, BFGS {}".format(*needed))
    ax = plotting.panels(1)
    ax.semilogy(bfgs_norms, color=plotting.ORANGE, label="BFGS")
    ax.semilogy(newton_norms, "o-", color=plotting.BLUE, label="Newton, trust region")
    n = len(first_norms) - 1
    ax.semilogy(range(n, n + len(full_norms)), full_norms, "s--", color=plotting.GREEN, label="then with full steps")
    ax.set(xlabel="iteration", ylabel="$|\\mathbf{g}|$", xlim=(-2, 60), ylim=(1e-14, 100))
    ax.legend()
    plotting.show(ax, alt=(
        "The norm of the gradient over the iterations, its axis logarithmic. Newton falls unevenly for five "
        "iterations, then more and more steeply, below 1e-8 within eleven, with full steps still faster; BFGS "
        "falls far more slowly, and takes 51 to 1e-6."
    ))

# %% [markdown] slideshow={"slide_type": "subslide"}
# With the Hessian we can ask what kind of point we are at: $\mathbf{g} = \mathbf{0}$ alone does not say it. If all eigenvalues of $\mathbf{H}$ are positive, too, it is a minimum; if some are negative, it is none.
#
# **Predict.** How many of the 60 are negative on a plateau, where $J$ hardly falls: after five iterations of L-BFGS from zero weights?

# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("D-eigenvalues"):
    plateau = node.minimize(near, None, 5, progress=False).weights
    for name, w in [("at the minimum", best.weights), ("on the plateau", plateau)]:
        eigenvalues = np.linalg.eigvalsh(hessian(near, w))
        print(f"{name}: {sum(eigenvalues < 0)} negative, from {eigenvalues[0]:.3f} to {eigenvalues[-1]:.0f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4. When one machine is not enough
#
# $J$ and its gradient are sums over samples: blocks of samples can be computed anywhere, and added up in their order. `TrainingProblem` takes any `concurrent.futures.Executor`; the call stays the same, and so does the result, to the last bit.

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
# **Predict.** Two processors, all 1,797 digits in blocks of 450. How much faster than one? And the lecture's 64 points in blocks of 32?

# %% jupyter={"source_hidden": true} tags=["answer", "no-code"]
with predict.ask("D-threads"):
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
        compare("two processes", client.get_executor(pure=False))  # compute again what was interrupted


# %% tags=["no-code"]
if sys.platform == "emscripten":
    print("Python in the browser cannot start processes.")
else:
    try:
        on_a_cluster()
    except ImportError:
        print("Dask is not installed: pip install distributed")

# %% [markdown]
# The same call, the same bits. It pays where a block takes much longer than the way there: several milliseconds to a cluster, to which every call sends the block and the weights. Our 64 points are best left alone, and the digits kept off the cluster.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - A mini-batch's gradient is right on average. With a small constant $\gamma$ descent ends on a floor, $\frac\gamma4\operatorname{E}|\mathbf{g}_B - \nabla J|^2$ for independent batches; a decaying $\gamma$ gets below.
# - The lecture's network, with ten more coordinates, reads real digits: 98.5 % of those held out, on average over 20 splits.
# - With few exact gradients L-BFGS gets farthest; Adam also works with noisy ones. Near a minimum Newton's method multiplies the digits with each iteration, and the Hessian's eigenvalues say whether it is one. More processors pay off for large blocks.

# %% slideshow={"slide_type": "skip"}
exercises.progress()

# %% [markdown] slideshow={"slide_type": "notes"}
# **And now?** [12.E](12e_depth_and_time.ipynb) asks what depth can do and what it costs, and which ways there are to the gradient. Or take a data set of your own, at most some dozen coordinates and some thousand samples; write $\mathbf{x}_{\text{in}}$ and $\mathbf{y}_{\text{out}}$ as columns; predict what the network will get wrong; then train it.
#
# **Sources**
# - Alpaydin, Kaynak: Optical recognition of handwritten digits (1998), scikit-learn's digits. LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition (1998), MNIST.
# - Robbins, Monro: A stochastic approximation method (1951). Mishchenko, Khaled, Richtárik: Random reshuffling: simple analysis with vast improvements (2020). Jin, Li, Liu: Random batch methods for interacting particle systems (2020).
# - Polyak: Some methods of speeding up the convergence of iteration methods (1964). Kingma, Ba: Adam, a method for stochastic optimization (2015).
