"""The answers of 12.D, in the order of the notebook."""

ANSWERS: dict[str, str] = {
    "D-batch": r"""
    One batch of 4 is off by 65 %, one of a single sample by more than the gradient's own length. Together they are
    exact: every sample is in one batch, so their mean is the gradient.
    """,
    "D-speed": r"""
    In the plane hardly at all: one sample costs nearly as much as all 64, because what costs is the loop over the
    layers. With 74 coordinates it is two to four times faster than 64, and some thirty times faster than 1,024 (20 to
    50, by the machine and what else it does). Small batches pay where samples are large, or many.
    """,
    "D-noise": r"""
    At first the batches of 4: they take 16 steps where all 64 take one, and leave the plateau after some 110 epochs.
    (It is not the noise that helps: all 64 points with the same $\gamma$ need as many *steps*, 16 times as many
    epochs.) Near the minimum the noise stops them: with $\gamma = 0.008$ they wander about at 0.4 above it, with
    $\gamma = 0.001$ they are at 0.04 after 600 epochs and still falling, lower than all 64 with $\gamma = 0.01$, and a
    decaying $\gamma$ gets lowest.
    """,
    "D-floor": r"""
    Higher: the independent draws scatter about the formula, and in the long mean lie 5 and 10 % above it for the
    smaller two $\gamma$ and a quarter above it at 0.004. Shuffled epochs lie below, at a third of it for $n = 4$ and
    $\gamma = 0.001$: errors cancel within an epoch, and the floor falls like $\gamma^2$ (Mishchenko, Khaled and
    Richtárik, 2020), though at 0.004 little of that is left; with a decaying $\gamma$ the mean of $J$ goes on falling.
    """,
    "D-digits": r"""
    Six of 360, after some seconds. Most of the six are hard for us, too.
    """,
    "D-decides": r"""
    Early: for this split, 97 % are right if the largest coordinate is read after a third of the time; over 20 splits
    it is 84 to 98 % then, and 97 to 99.7 % from half time on. What comes later changes few answers: it brings the right
    coordinate to 1, and the image back. The network uses the image as working space and tidies up at the end, because
    the image is part of the target.
    """,
    "D-image": r"""
    Halfway none of the six has its own coordinate in front: four are led by the one that they are read as, two by a
    third. Of the 354 others all but one are led by their own. The image moves away from itself until half time, by as
    much as images differ from their mean, and is back at $T$.
    """,
    "D-order": r"""
    Support vectors first, then ours, the hidden layer, logistic regression, in the mean of these three splits. Over 20
    splits (write `range(20)`; it takes a few minutes) ours has $98.5 \pm 0.1$: behind the support vectors by $0.2 \pm
    0.2$ (ahead in 6 splits, level in 3), ahead of the hidden layer by $0.65 \pm 0.11$ (in 16 of 20; $\pm$ is the
    standard error, as if the splits did not overlap, and one image is 0.28). Not quite fair: ours was tuned, on
    training images, and has 33,300 weights; the hidden layer has 7,510, its default of 200 iterations, and no tuning.
    """,
    "D-optimisers": r"""
    L-BFGS is far ahead at 100 evaluations, still ahead at 1,000, and then it has arrived: at *a* minimum, and Adam,
    here, ends lower. Who ends where is luck (12.C, *Which minimum?*), L-BFGS's advantage at the start is not: it leads
    at 100 in 16 of 16 problems (eight draws, tanh and ReLU), at 1,000 in 15. The heavy ball goes up to $1/(1 - \beta) =
    10$ times as far as plain descent with the same $\gamma$: it is ahead of constant $\gamma = 1$ at 1,000 evaluations
    in all 16, at 5,000 in 15, and this draw is the other. ($\gamma$ is 1 for constant, 0.3 for the heavy ball with
    $\beta = 0.9$, 0.1 for Adam with $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\varepsilon = 10^{-8}$.)
    """,
    "D-newton": r"""
    From six such starts: Newton 9 to 11, BFGS 50 to 53, L-BFGS with a memory of 20 steps 95 to 130. With full steps the
    digits double at the end: $2\cdot10^{-3}$, $3\cdot10^{-7}$, $5\cdot10^{-14}$. SciPy solves $\mathbf{H}\mathbf{p} =
    -\mathbf{g}$ up to a relative error of $\sqrt{|\mathbf{g}|}$ only: one and a half times as many digits each time.
    But all this takes about a hundred products with $\mathbf{H}$, each as dear as some seven gradients: BFGS is done
    earlier, and Newton is for the last digits.
    """,
    "D-eigenvalues": r"""
    None at the minimum: it is one, and because the largest is 110, descent needs $\gamma < 2/110$ here. On the plateau
    two are negative: like a saddle, it has a way down.
    """,
    "D-threads": r"""
    At best twice as fast; for the digits we have measured 1.8 times, and no gain while other programs ran. The 64
    points get slower: to hand a block to a thread takes longer than to compute it.
    """,
}
