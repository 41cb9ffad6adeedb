"""The answers of 12.E, in the order of the notebook."""

ANSWERS: dict[str, str] = {
    "E-more": r"""
    In the plane it falls by two fifths where their number doubles: over 24 draws the means are 11.7, 8.4, 3.9, 2.5 and
    1.6 % for 16 to 256 points, a power $-0.76 \pm 0.04$ of $I$ (the mean gap between neighbours on the ring has the
    power $-1$). As long as no layer folds, the way out gets narrower and never closes. In three dimensions 16 points
    are sometimes too few to know the shape, which more points cure: from 64 on, no fresh point is wrong.
    """,
    "E-three": r"""
    None! And not by luck with ten thousand points: on 1.4 million grid points the disk ends at $x_1 < 0.6$ and the
    ring at $x_1 > 1.4$, and between the grid points the map cannot change by more than 0.07. The steps do exceed the
    bound 1 of 12.C: $\Delta t\,\|\mathbf{V}_k\|$ is 3, in place of 0.1 or 0.2.
    """,
    "E-deeper": r"""
    The same, to rounding: a hundred layers can copy three, so deeper *is* stronger. But the copy has $J = 75$, nearly
    all of it penalty, while the trained hundred layers have 9: a layer that is not one-to-one costs at least
    $w_2/(2\Delta t)$ (12.C), 0.075 with three layers, 2.5 with a hundred, and descent does not find what $J$ does not
    pay. (Depth does not forbid long steps: some draws find a hundred layers one of which folds; and in 12.C, $w_1 = 1$
    made one that folds.)
    """,
    "E-ways": r"""
    All go to zero, but none of the three is the gradient of the $J$ that is computed. The first two have order 1. With
    $\mathbf{V}$ looked up, layer 0 is never asked and the last one is asked twice: one layer of $N$ all wrong is an
    error of order $\sqrt{\Delta t}$ only.
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
    For all three horizons at the same time: some 98 % of the way is done at $t = 2$, with large weights that
    soon become small. What is left of the depth does next to nothing: for this cost two units of time are enough. With
    $w_1 = 0$ nobody hurries: the weights are about the same all the time, the points go the long way round, and arrive
    at $T$ only.
    """,
    "E-rate": r"""
    Yes, within 5 % in all five draws. It is a rate of the *minimum*, and needs no training to be known.
    For the lecture's points it gives none: $\mathbf{S}^\top\mathbf{S}$ has 64 rows and rank 2, so that
    $\lambda_{\min} = 0$. In the plane only 3 samples, $d + 1$, can be corrected one by one near their targets; of 32
    that share a target the mean arrives, and the spread hardly shrinks: no two may meet.
    """,
    "E-schemes": r"""
    Euler has order 1, midpoint and Heun have order 2, if the weights are taken in the middle: with 256 evaluations
    their error is a ninetieth and a fiftieth of Euler's. At the left end both lose it: no method that sees
    $\mathbf{V}(t_k)$ alone knows more than order 1 of $\mathbf{V}(t)$. A network's weights are where training puts
    them; the order speaks of the ODE.
    """,
}
