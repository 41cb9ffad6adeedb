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
# **You need** [12.C](12c_training.ipynb). **Time:** about two hours to read, 20 minutes for each of the six parts, and 20 for the two exercises. The parts can be read in any order (but run all cells above); only the first one's mini-batches come back in the second.
#
# Run the cells from top to bottom. Where it says **Predict**, decide on an answer, enter it, then open *Answer*. At a **Quiz** click on one letter or several (more than one may be right), then on *Check*. An **Exercise** asks for a function: replace the `...`, run that cell and the next one; `exercises.adam_step.hint()` helps a little, `.solution()` shows the library's way.

# %% slideshow={"slide_type": "skip"}
from itertools import islice, pairwise
from time import perf_counter

import numpy as np
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

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer", "no-code"]
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
# Every sample is in a random batch with probability $n/I$, so on average $\mathbf{g}_B$ is $\nabla J$: it is *unbiased*. How far off is a single one? Let $S = \frac1I\sum_i|\mathbf{g}_{\{i\}} - \nabla J|^2$ be the spread of the batches of one. For $n$ samples drawn without putting back,
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
# **Predict.** A gradient with one sample instead of 64: how many times faster is it, for points in the plane (10 layers) and for images with 74 coordinates (6 layers)?

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer", "no-code"]
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
# Robbins and Monro (1951) ask for $\sum\gamma_j = \infty$, so that one can get anywhere, and $\sum\gamma_j^2 < \infty$, so that the noise does not add up for ever. This rule is `decaying(gamma, halved_after)`.
#
# Where samples are left over that do not fill a batch, they are left out of this epoch (the next one shuffles anew): a short batch scaled up by $I/n$ would be the noisiest of all.
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
# **Predict.** For the same number of samples looked at: which is ahead at first, all 64 or batches of 4? And at the end, near a minimum?

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer"]
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
# Near a minimum each step's noise adds $\gamma^2\operatorname{E}|\mathbf{g}_B - \nabla J|^2$ to the mean square of the weights' error, and descent takes a part of it away. For small $\gamma$ and batches drawn independently of each other the two balance where (the right side at the minimum)
#
# $$\operatorname{E}[J] - J_{\min} = \frac\gamma4\operatorname{E}|\mathbf{g}_B - \nabla J|^2.$$

# %% [markdown] slideshow={"slide_type": "notes"}
# Why: with $J \approx J_{\min} + \frac12\mathbf{e}^\top\mathbf{H}\mathbf{e}$ a step takes $\mathbf{e}$ to $\mathbf{e} - \gamma(\mathbf{H}\mathbf{e} + \text{noise})$. If the covariance $\mathbf{C}$ of $\mathbf{e}$ is to stay, then $\mathbf{H}\mathbf{C} + \mathbf{C}\mathbf{H} = \gamma\,\boldsymbol{\Sigma}$ up to terms in $\gamma^2$, where $\boldsymbol{\Sigma}$ is the covariance of the noise. Take the trace: $\operatorname{E}[J] - J_{\min} = \frac12\operatorname{trace}(\mathbf{H}\mathbf{C}) = \frac\gamma4\operatorname{trace}\boldsymbol{\Sigma}$. (This needs $\mathbf{H}$ positive definite, $\gamma < 2/\lambda_{\max}$, and noise as at the minimum.)

# %% slideshow={"slide_type": "subslide"}
quiz.question("D-floor")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Halve $\gamma$ and the floor halves; double the batch and it halves, too (for $n \ll I$). The curvature of $J$ does not matter.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict, then move.** What happens to the floor if you double $n$ and $\gamma$ together? And if the batches come from shuffled epochs, or $\gamma$ decays?

# %%
explore.noise()

# %% [markdown] slideshow={"slide_type": "notes"}
# Here is a measurement: four runs for each $\gamma$ and $n$ with batches drawn independently, and one with the library's shuffled epochs.

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
    late = islice(descent(gamma, n, np.random.default_rng(seed)), 1000, 2500, 5)
    return np.mean([near.cost(weights) for weights in late]) - best.J[-1]


# %% slideshow={"slide_type": "skip"}
gammas, sizes = np.array([0.001, 0.002, 0.004]), (4, 16)
floors = {n: np.array([[floor(independent, g, n, seed) for g in gammas] for seed in range(4)]) for n in sizes}
floors_of_epochs = {n: [floor(shuffled, g, n) for g in gammas] for n in sizes}
S_at_minimum = np.mean([squared_error(near, best.weights, [i]) for i in range(I)])

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer"]
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
        "The floor over gamma for batches of 4 and 16. Independent draws, means of four runs with their spread: on "
        "the dashed lines of the formula, and a fifth above them at gamma = 0.004. Shuffled epochs lie below."
    ))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2. Handwritten digits <small>D5</small>
#
# 12.A began with digits; now we read them. The state is an image, 64 grey values, over ten more coordinates that are zero at the start. At the end the coordinate of its class shall be 1, and the image be back, as the lecture's $J$ compares the whole state:
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
# ReLU, six layers, $T = 3$, batches of 64, 60 epochs, and Adam for the steps (part 5 says what that is). All this was chosen on a further fifth of each split's training images, never on its test images. (Only: an image that is tested in one split may be among the training images of another, and so may have had a say in the choice.)

# %% [markdown]
# **Predict.** 1,437 images to learn from, 360 to be tested on. How many of these are read wrongly? And how long does training take: seconds, minutes, hours?

# %% slideshow={"slide_type": "skip"}
train_pixels, test_pixels, train_label, test_label = split(0)
began = perf_counter()
digits, digit_weights = train_on(node.datasets.labelled_images(train_pixels, train_label), seed=0)
took = perf_counter() - began
digit_x, said = read(digits, digit_weights, test_pixels)
misread = np.flatnonzero(said != test_label)

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer"]
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


# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer"]
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
# **Predict, then move.** The images are sorted: wrong ones first, then the closest calls. Which coordinate leads halfway? And what becomes of the image on the way?

# %%
explore.digit(digits, digit_weights, digit_x[0], test_label)

# %% jupyter={"source_hidden": true} tags=["answer"]
predict.ask("D-image")

# %% [markdown] slideshow={"slide_type": "notes"}
# Is it a waste to bring the image back? A cost that sees only the ten coordinates needs an output matrix in $J$ and in the adjoint. It brings no gain here: with the same settings (chosen for the lecture's cost) and five splits, `python -m tools.output_matrix` has 97.9 % of the test images right on average, the lecture's cost 98.3 %.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Compared with other methods
#
# Five splits, each with its own held-out fifth. The others with scikit-learn's default settings (logistic regression with more iterations, because it does not converge otherwise).
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
shares = {"neural ODE": [], **{name: [] for name in others}}
for seed in range(5):
    learn, test, learn_label, true_label = split(seed)
    p, w = train_on(node.datasets.labelled_images(learn, learn_label), seed)
    shares["neural ODE"].append(np.mean(read(p, w, test)[1] == true_label))
    for name, method in others.items():
        method = method(seed).fit(learn, learn_label)
        shares[name].append(method.score(test, true_label))

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer", "no-code"]
with predict.ask("D-order"):
    print("right, in per cent: mean, standard deviation, each")
    for name, share in shares.items():
        each = "  ".join(f"{100 * a:.1f}" for a in share)
        print(f"{name:20s} {100 * np.mean(share):.1f}   {100 * np.std(share, ddof=1):.1f}   {each}")

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
# Exactly one solution of $\dot{\mathbf{x}} = \mathbf{V}(t)\sigma(\mathbf{x}) + \mathbf{b}(t)$ passes through each point at each time. So $\mathbf{x}(0)\mapsto\mathbf{x}(T)$ is one-to-one and continuous both ways, a *homeomorphism*, and in the plane the disk stays inside the ring (12.C; Dupont, Doucet and Teh, 2019).
#
# **Predict.** A hundred layers, $\tanh$. Double the number of training points, again and again: what becomes of the share of *fresh* points on the wrong side, in the plane? And with a third coordinate?

# %% slideshow={"slide_type": "skip"}
def lift(x, d):
    return np.pad(x, [(0, d - 2), (0, 0)])


# %% slideshow={"slide_type": "skip"}
def trained(I, d, seed, layers=100):
    draw = node.disk_in_ring(I, seed)
    p = node.TrainingProblem(lift(draw.x_in, d), lift(draw.y_out, d), N_T=layers + 1, w2=0.05, activation=tanh)
    start = node.Weights.random(p.N_T, d, 0.1, np.random.default_rng(seed))
    return p, node.minimize(p, start, 300, maxcor=20, progress=False).weights


def on_the_wrong_side(p, weights):
    x = node.forward(weights, lift(fresh.x_in, p.d), p.dt, tanh)
    return node.nearest_target(x[-1]) != fresh.label


# %% slideshow={"slide_type": "skip"}
fresh = node.disk_in_ring(I=10_000, seed=10_000)
numbers, draws = [16, 32, 64, 128, 256], {2: range(10), 3: range(3)}
nets = {(d, I, seed): trained(I, d, seed) for d in draws for I in numbers for seed in draws[d]}
share_wrong = {d: 100 * np.array(
    [[on_the_wrong_side(*nets[d, I, seed]).mean() for seed in draws[d]] for I in numbers]
) for d in draws}

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer"]
with predict.ask("D-more"):
    print("d = 3, from 64 points on: no fresh point wrong in any draw:", not share_wrong[3][2:].any())
    ax, mean = plotting.panels(1), share_wrong[2].mean(axis=1)
    ax.loglog(numbers, share_wrong[2], ".", color=plotting.BLUE, alpha=0.5)
    ax.loglog(numbers, mean, "o", color=plotting.BLUE, label="d = 2: ten draws, and their mean")
    ax.loglog(numbers, mean[2] * 64 / np.array(numbers), "--", color=plotting.BLUE, label="slope -1")
    ax.loglog(numbers, share_wrong[3], "s", color=plotting.ORANGE, label=["d = 3: three draws, if not 0", None, None])
    ax.set(xlabel="training points $I$", ylabel="% of fresh points wrong", xticks=numbers, xticklabels=numbers)
    ax.minorticks_off()
    ax.legend()
    plotting.show(ax, alt=(
        "Share of fresh points that are wrong, both axes logarithmic. In the plane the means of ten draws fall nearly "
        "along a line of slope -1, from 11 % with 16 points to 1.5 % with 256; for d = 3 there is none from 64 on."
    ))

# %% [markdown] slideshow={"slide_type": "notes"}
# (A little more regularisation than in 12.C, $w_2 = 0.05$, and 300 iterations of L-BFGS.) Where are the wrong ones? In the gaps between neighbouring points of the ring:

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "subslide"}
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
for seed in (2, 4):
    width, share = gaps(*nets[2, 64, seed])
    print(f"draw {seed}: about {10 * round(10 * share)} % in one gap, {width:.0f} degrees wide; the mean gap has 11")

# %% slideshow={"slide_type": "subslide"}
quiz.question("D-fold")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Three layers can
#
# **Predict.** The same recipe, $d = 2$, 128 points, with 3 layers in place of 100: more fresh points wrong, or fewer?

# %% slideshow={"slide_type": "skip"}
folding = {seed: trained(128, 2, seed, layers=3) for seed in (2, 4)}
side = np.linspace(-1.2, 1.2, 1201)
everywhere = np.array(np.meshgrid(side, side)).reshape(2, -1)
radius = np.hypot(*everywhere)
disk, ring = everywhere[:, radius <= 0.4], everywhere[:, (radius >= 0.8) & (radius <= 1.2)]


def last_x1(p, weights, starts):
    return node.forward(weights, starts, p.dt, tanh)[-1, 0]


# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer", "no-code"]
with predict.ask("D-three"):
    for p, w in [nets[2, 128, 2], nets[2, 128, 4], folding[2], folding[4]]:
        wrong, largest = on_the_wrong_side(p, w), p.dt * np.linalg.norm(w.V, ord=2, axis=(1, 2)).max()
        print(f"{p.N_T - 1:3d} layers: all fresh points right: {not wrong.any()!s:5}  largest dt |V_k| {largest:.0f}")
    p, w = folding[2]
    print(f"on a fine grid: disk x1 = {last_x1(p, w, disk).max():.1f} at most, ring {last_x1(p, w, ring).min():.1f} at least")
    bound = np.prod(1 + p.dt * np.linalg.norm(w.V, ord=2, axis=(1, 2))) * (side[1] - side[0]) / np.sqrt(2)
    print(f"between two points of the grid it changes by less than {bound:.2f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# So this map of the plane is not one-to-one: some layer *folds*. In one dimension a layer is $x \mapsto x + \Delta t\,v\,\tanh x$. Its slope at 0 is $1 + \Delta t\,v$: where $\Delta t\,v < -1$, it turns back.

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
axes = plotting.panels(3, width=13, height=4.6)
for ax, net, k in zip(axes, [nets[2, 128, 2], folding[2], folding[2]], [67, 1, 2], strict=True):
    bent_grid(ax, net, k)
plotting.show(axes, alt=(
    "A grid with disk and ring. After 67 of 100 layers it is bent, the disk still inside the ring. After 1 of 3 layers "
    "it is blown up, with folds in green along its edges; after 2 green folds cross it, parts of the ring lie upon each "
    "other, and the disk lies in a corner, free of it."
))

# %% [markdown]
# The hundred layers bend the plane and never fold it: the disk stays inside, however thin the ring gets. Three layers lay parts of the ring upon each other (the green lines are folds), and the disk is free. No contradiction to the theorem: these three layers are no flow.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** So are three layers stronger than a hundred? Put the three $\Delta t\,\mathbf{V}_k$, $\Delta t\,\mathbf{b}_k$ into layers 1, 51 and 100 of a network of 100 layers, zeros elsewhere. What does that network do with the points, and what is its $J$?

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer", "no-code"]
with predict.ask("D-deeper"):
    (three, w), (hundred, trained_w) = folding[2], nets[2, 128, 2]
    copy = node.Weights.zeros(hundred.N_T, 2)
    copy.theta[[0, 50, 99]] = w.theta * three.dt / hundred.dt
    same = np.allclose(hundred.states(copy)[-1], three.states(w)[-1], rtol=0, atol=1e-13)
    print(f"the same final states to rounding: {same}")
    rows = [("3 layers", three, w), ("their copy", hundred, copy), ("100 layers", hundred, trained_w)]
    for name, p, v in rows:
        print(f"{name:10s} J = {p.cost(v):2.0f}, of which penalty {p.cost_terms(v).weights:2.0f}")

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
# **Predict.** For each way: does the error go to zero with $\Delta t$, and with which order? Which layer gets no gradient from the data in the third?

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer"]
with predict.ask("D-ways"):
    p, w = sampled(20)
    exact, looked_up = p.cost_and_gradient(w)[1], by_look_up(p, w, p.states(w))
    print(f"V looked up, 20 layers: error {100 * relative_error(looked_up, exact):.0f} %")
    data_part = looked_up - p.w2 * p.dt * w
    print(f"largest entry of layer 0's gradient from the data: {np.abs(data_part.theta[0]).max():.0f}")
    orders = dict(zip(errors, (1, 1, 0.5), strict=True))
    ax = plotting.convergence(1 / grids, errors, orders, ylabel="relative error of the gradient")
    ax.set(ylim=(8e-4, 20))
    ax.legend(ncols=2, loc="upper left")
    plotting.show(ax, alt=(
        "Error against dt: the adjoint ODE and the states run backwards lie on lines of slope 1, from 0.3 and 0.4 at 4 "
        "layers to 0.002; with V looked up the slope is one half, from 0.8 to 0.05."
    ))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The chain rule costs the same and is exact. It is itself a way to discretise the adjoint ODE: explicit Euler for $\mathbf{x}$, and for $\boldsymbol{\varphi}$ the Euler step that *fits* it, with $\mathbf{V}$ and $\mathbf{x}$ of the layer's left end; together they are the symplectic Euler method (Hager, 2000). Optimise, then discretise is exact where the two schemes match.

# %% [markdown] slideshow={"slide_type": "notes"}
# So do not blame the idea: a solver that knows where layers begin, or weights that are interpolated, restore order 1, and on a fine grid an error of order 1 may not matter. What matters is to know that it is there: a check as in 12.C then fails, and a line search may find no descent (Onken and Ruthotto, 2020, compare both ways).
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
# and an error made at $T$ grows to $(1 + \lambda\Delta t)^N$ times its size, which is at most $\mathrm{e}^{\lambda T}$.

# %% slideshow={"slide_type": "skip"}
def there_and_back(lam, layers=100):
    c = 0.5 * np.sin(2 * np.pi * np.arange(layers) / layers)
    w = node.Weights(np.full((layers, 1, 1), -lam), lam * np.tanh(c)[:, None])
    p = node.TrainingProblem([[1.0, -0.3]], [[0.0, 0.0]], N_T=layers + 1, activation=tanh)
    x = p.states(w)
    return p, x[:, 0], backwards(p, w, x[-1])[:, 0]


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** $\dot x = -\lambda\,(\tanh x - \tanh c(t))$ follows the curve $c(t) = \frac12\sin 2\pi t$, the closer the larger $\lambda$ is. Two points start at 1 and at $-0.3$; 100 steps forwards, 100 back. Where do they arrive, for $\lambda = 1$, 5, 10?

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer"]
with predict.ask("D-back"):
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
# The lecture's own problem, trained: it contracts the classes, most points about twenty-fold in one direction, so that backwards it is an *unstable* problem, and Euler's error of order $\Delta t$ is amplified. Two cures: a finer grid for the same $\mathbf{V}(t)$, $\mathbf{b}(t)$; or no Euler step at all, but the *inverse* of each layer, the fixed point $\mathbf{z}$ of
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
lecture = node.TrainingProblem(data.x_in, data.y_out, activation=tanh)
lecture_weights = node.minimize(lecture, None, 500, maxcor=20, progress=False).weights


def median_miss(p, x, back):
    return np.median(np.linalg.norm(back[0] - x[0], axis=0))


# %% tags=["no-code"]
print("the starts come back, half of them nearer than")
for times in (1, 4, 16, 64):
    p = node.TrainingProblem(data.x_in, data.y_out, N_T=100 * times + 1, activation=tanh)
    w = node.Weights.from_theta(np.repeat(lecture_weights.theta, times, axis=0))
    x = p.states(w)
    print(f"    {median_miss(p, x, backwards(p, w, x[-1])):.2f}  by Euler backwards, {100 * times:5,d} steps")
x = lecture.states(lecture_weights)
found = inverted(lecture, lecture_weights, x[-1])
print(f"    to rounding, by inverting the 100 layers: {median_miss(lecture, x, found) < 1e-13}")

# %% [markdown]
# What has come together to less than the method's error cannot be told apart on the way back. But nothing is lost where the layers are one-to-one: inverted exactly, they give the states back, and with them the exact gradient.

# %% [markdown] slideshow={"slide_type": "notes"}
# (The points start within 1.2 of the origin. Inverting costs up to 40 evaluations of a layer, and amplifies rounding as Euler's error is amplified. On other draws of the data Euler's median miss is 0.35 to 3.7.) Gholami, Keutzer and Biros (2019) show the same with images. An adaptive solver's error at the start is up to $\mathrm{e}^{\lambda T}$ times its tolerance. Sander, Ablin and Peyré (2022) show when running back succeeds: with many layers and residuals that are Lipschitz, and better with Heun's method.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Memory without errors: checkpoints <small>D10</small>
#
# Store every $m$-th state only. On the way back, recompute the states of one block from its checkpoint, and use the discrete adjoint.

# %% slideshow={"slide_type": "subslide"}
quiz.question("D-memory")

# %% [markdown] slideshow={"slide_type": "subslide"}
# $$\begin{gathered}\frac Nm + m\ \text{states instead of}\ N,\ \text{least for}\ m = \sqrt N;\\
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
# **Predict.** 1,024 layers, 2,000 points, 31 MiB of states. For which $m$ is the least memory needed, and how much? What does the second way forwards cost in time?

# %% slideshow={"slide_type": "skip"}
import tracemalloc

many = node.disk_in_ring(I=2000)
deep = node.TrainingProblem(many.x_in, many.y_out, N_T=1025, activation=tanh)
deep_weights = node.Weights.random(deep.N_T, deep.d, 1.5, np.random.default_rng(0))


def with_all_states(p, weights):
    x = p.states(weights)
    phi = node.adjoint(weights, x, p.y_out, p.dt, p.w1, tanh)
    return node.gradient(weights, x, phi, p.dt, p.w2, tanh)


# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer", "no-code"]
with predict.ask("D-memory"):
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
        print(f"{name:10s} exact: {same}, {1000 * seconds(way, 3):.0f} ms, {peak:4.1f} MiB{states}")

# %% [markdown] slideshow={"slide_type": "notes"}
# With checkpoints of checkpoints memory, and the number of times a layer is evaluated, both grow like $\log N$; Griewank and Walther (2000) give the best places. The library's own `cost_and_gradient` stores all states, of as many samples at a time as fit in the cache.

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
# **Predict.** The lecture's problem, with tanh. Which is ahead after 100 evaluations, which after 1,000, which after 10,000: constant $\gamma$, heavy ball, Adam, L-BFGS?

# %% slideshow={"slide_type": "skip"}
quiet = {"progress": False}
runs = {
    "constant": node.train(lecture, None, 10_000, constant(1.0), **quiet),
    "heavy ball": node.train(lecture, None, 10_000, momentum(0.3), **quiet),
    "Adam": node.train(lecture, None, 10_000, adam(0.1), **quiet),
    "L-BFGS": node.minimize(lecture, None, 20_000, maxfun=10_000, **quiet),
}

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer"]
with predict.ask("D-optimisers"):
    print("smallest J within     100   1,000  10,000 evaluations")
    for name, run in runs.items():
        reached = [run.J[run.evaluations <= n].min() for n in (100, 1000, 10_000)]
        print(f"{name:18s}", *(f"{J:7.1f}" for J in reached))
    curves = {name: np.minimum.accumulate(run.J) for name, run in runs.items()}
    evaluations = {name: run.evaluations for name, run in runs.items()}
    ax = plotting.cost_history(curves, x=evaluations, xlabel="evaluations of $J$ and its gradient")
    ax.set(ylim=(1.5, 130), ylabel="smallest $J$ so far")
    plotting.show(ax, alt=(
        "Smallest J so far over 10,000 evaluations: L-BFGS falls long before the others and ends at 2.2; constant "
        "gamma, heavy ball and Adam stay near 30 for 100 evaluations; Adam ends lowest, at 1.8."
    ))

# %% [markdown] slideshow={"slide_type": "notes"}
# Why then does everybody train with Adam? Because L-BFGS compares gradients of two neighbouring points, and with mini-batches their difference is mostly noise.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6. When one machine is not enough
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

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["answer", "no-code"]
import sys
from concurrent.futures import ThreadPoolExecutor

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
        compare("two processes", client.get_executor())


# %% tags=["no-code"]
try:
    on_a_cluster()
except ImportError:
    print("Dask is not installed: pip install distributed")

# %% [markdown]
# The same call, the same bits. It pays where a block takes much longer than the way there: several milliseconds to a cluster, to which every call sends the block and the weights. Our 64 points are best left alone, and the digits kept off the cluster.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - A mini-batch's gradient is right on average. With a constant $\gamma$ descent ends on a floor, $\frac\gamma4\operatorname{E}|\mathbf{g}_B - \nabla J|^2$ for independent batches; a decaying $\gamma$ gets below.
# - The lecture's network, with ten more coordinates, reads real digits: 98.5 % of those held out, on average over 20 splits.
# - A flow in the plane cannot take the disk out of the ring; more training points make its errors rarer, but do not end them. One more coordinate can, and so can three layers that fold the plane.
# - The chain rule on the grid is exact. Other ways back are, too, where they match the way forwards; the adjoint ODE with another scheme is not. Checkpoints save memory without an error.
# - L-BFGS makes the most of exact gradients; Adam also works with noisy ones. Other processors pay for large blocks.

# %% [markdown] slideshow={"slide_type": "notes"}
# **And now?** You have seen one idea four times: a network as an ODE (12.A), its derivative as another ODE backwards (12.B), both on a grid, exactly (12.C), and how far that carries (12.D). Take a data set of your own, at most some dozen coordinates and some thousand samples; write $\mathbf{x}_{\text{in}}$ and $\mathbf{y}_{\text{out}}$ as columns; predict what the network will get wrong; then train it.
#
# **Sources**
# - Alpaydin, Kaynak: Optical recognition of handwritten digits (1998), scikit-learn's digits. LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition (1998), MNIST.
# - Robbins, Monro: A stochastic approximation method (1951). Mishchenko, Khaled, Richtárik: Random reshuffling: simple analysis with vast improvements (2020).
# - Dupont, Doucet, Teh: Augmented neural ODEs (2019).
# - Chen, Rubanova, Bettencourt, Duvenaud: Neural ordinary differential equations (2018). Hager: Runge-Kutta methods in optimal control and the transformed adjoint system (2000). Gholami, Keutzer, Biros: ANODE, unconditionally accurate memory-efficient gradients for neural ODEs (2019). Onken, Ruthotto: Discretize-optimize vs. optimize-discretize for time-series regression and continuous normalizing flows (2020). Sander, Ablin, Peyré: Do residual neural networks discretize neural ordinary differential equations? (2022). Griewank, Walther: Algorithm 799, revolve (2000).
# - Polyak: Some methods of speeding up the convergence of iteration methods (1964). Kingma, Ba: Adam, a method for stochastic optimization (2015).
