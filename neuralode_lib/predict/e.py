"""The answers of 12.E, in the order of the notebook."""

ANSWERS: dict[str, str] = {
    "E-more": r"""
    In the plane it falls by two fifths each time their number doubles: over 24 draws the means are 11.8, 8.3, 4.0, 2.5
    and 1.5 % for 16 to 256 points, a power $-0.76 \pm 0.03$ of $I$ (the mean gap between neighbours on the ring has
    the power $-1$). As long as no layer folds the plane, the disk has its way out through the ring, ever narrower and
    never closed. In three dimensions 16 points are sometimes too few to know the shape, which more points cure: from
    64 on, no fresh point is wrong.
    """,
    "E-three": r"""
    None! And not by luck with ten thousand points: on a fine grid, 760,000 points, all of the disk ends at $x_1 < 0.6$
    and all of the ring at $x_1 > 1.4$, and off the grid $x_1$ differs by less than 0.07. The steps do exceed the bound
    1 of 12.C: the largest $\Delta t\,\|\mathbf{V}_k\|$ is 3, in place of 0.1 or 0.2.
    """,
    "E-deeper": r"""
    The same, to rounding: a hundred layers can copy three, so deeper *is* stronger. But the weights are 33 times as
    large for a 33rd of the time: the penalty is 33 times as large, and $J = 75$, while the trained hundred layers have
    9. A layer that is not one-to-one has $\|\mathbf{V}_k\| \ge 1/\Delta t$ and costs at least $w_2/(2\Delta t)$, 0.075
    with three layers, 2.5 with a hundred, and descent has no reason to go there. (Depth does not forbid long steps:
    from some draws training finds a hundred layers one of which folds, and so it did with $w_1 = 1$ in 12.C, *What do
    w₁ and w₂ do?*)
    """,
    "E-ways": r"""
    All go to zero, but none of the three is the gradient of the $J$ that is computed. The first two have order 1. With
    $\mathbf{V}$ looked up, the first layer is never asked and the last one is asked twice: one layer of $N$ has about
    $1/N$ of the squared norm, so the error is of order $\sqrt{\Delta t}$ only.
    """,
    "E-back": r"""
    Near their starts for $\lambda = 1$, at 0.6 and $-0.7$ for $\lambda = 5$, and both near 4 for $\lambda = 10$: two
    points that have come together cannot be told apart. Euler's error near $T$, of order $\Delta t$, is multiplied by
    up to $\mathrm{e}^{\lambda T}$, which is 22,000 for $\lambda = 10$; for $\lambda = 20$ on 100 layers it is
    $1.2^{100}$, 80 million. A finer grid helps only where it makes the error smaller than one over that.
    """,
    "E-memory": r"""
    For $m = 32 = \sqrt{1024}$: 64 states, 2 MiB, and a few more for $\boldsymbol{\varphi}$ and what a layer computes;
    all states take 63 MiB, because `node.forward` makes a list of them first, and then one array. The gradient is the
    same to rounding. The second way forwards costs a third more matrix products, but hardly more time, because small
    arrays stay in the cache.
    """,
    "E-turnpike": r"""
    Early, and at about the same time for all three: at $t = 2$ some 98 % of the way is done, with large weights that
    soon become small. What is left of the depth does next to nothing: for this cost two units of time are enough. With
    $w_1 = 0$ nobody hurries: the weights are about the same all the time, and the points arrive at $T$ only. (One draw,
    and each horizon starts from the shorter one's weights. From zero weights, where 600 iterations are too few, 52 to
    94 % are done in five draws.)
    """,
    "E-rate": r"""
    Yes, within some per cent in all five draws. It is a rate of the *minimum* nearby, and needs no training to be
    known. (Of the next five draws three agree as well; one is still on its way at $t = 4$, and one is stuck away from
    its targets, where the formula does not speak.)
    For the lecture's points it gives none: $\mathbf{S}^\top\mathbf{S}$ has 64 rows and rank 2, so that
    $\lambda_{\min} = 0$. In the plane only 3 samples, $d + 1$, can be corrected one by one near their targets; of 32
    that share a target the mean arrives, and the spread hardly shrinks: near it they all move alike.
    """,
    "E-schemes": r"""
    Euler has order 1, midpoint and Heun have order 2, if the weights are taken in the middle: with 256 evaluations
    their error is some ninetieth and fiftieth of Euler's. With $\mathbf{V}$ at the left end both have order 1: who
    sees $\mathbf{V}(t_k)$ alone knows $\mathbf{V}(t)$ on the layer up to $O(\Delta t)$ only. The order speaks of the
    ODE; a network's weights are where training puts them.
    """,
}
