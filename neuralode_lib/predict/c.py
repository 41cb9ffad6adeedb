"""The answers of 12.C, in the order of the notebook."""

ANSWERS: dict[str, str] = {
    "C-blind": r"""
    At zero only the forgotten $w_1$: the transpose is that of $\mathbf{V} = \mathbf{0}$, and $w_2$ multiplies
    weights that are zero. At
    symmetric $\mathbf{V}_k$ the transpose still goes unnoticed, because a symmetric matrix is its own transpose. Only
    random $\mathbf{V}_k$ show all three mistakes, by 10 to 34 %.
    """,
    "C-detective": r"""
    In the adjoint: the last $\boldsymbol{\varphi}_k$ comes from no step, so what is wrong in a step shows in all
    layers but the last, while a fault in the gradient or in the penalty would show in the last layer, too. Next choose
    $w_1 = 0$: if the error goes, it was $w_1$. Or choose $d = 1$, where a matrix is its own transpose: if it goes
    there, it was the transpose. (If neither, $\sigma'$ has been left out.)
    """,
    "C-gammas": r"""
    $\gamma = 1$: from $J = 112$ it gets to 22, while 0.1 gets to 36 and 0.01 to 51. Too small a $\gamma$ wastes
    iterations; too large a one overshoots: with $\gamma = 4$, $J$ jumps by powers of ten and after a dozen steps is
    beyond what a computer can store. What was there before is not lost: `gamma_runs[4.0].weights` are the last ones
    with a finite $J$.
    """,
    "C-cockpit": r"""
    With $\gamma = 1$ and 100 layers, $J < 3$ takes 13 iterations for the blobs, 848 for the disk in the ring and 1,095
    for the moons. There is no sharp largest $\gamma$: 2 is even faster than 1 (some 600), and up to 2.5 nothing
    diverges in 10,000 iterations, but from 2 on $J$ has spikes of hundreds and thousands, and a run may end on one; 3
    diverges after thousands of iterations, 4 at once. The next section says why. With five layers $\gamma = 1$
    diverges, too, but $\gamma = 0.05$ has all 64 points right, with $J$ below 2.5 after 10,000 iterations: fewer layers
    need a smaller $\gamma$ (see *The learning rate and the number of layers*).
    """,
    "C-edge": r"""
    It falls a little, from 0.8 to 0.7, and then grows until it reaches $2/\gamma$: after about 200 iterations for
    $\gamma = 1$, after 650 for $\gamma = 0.5$. There it stays, between 1.4 and 2.6 for $\gamma = 1$: where it
    is larger, a step overshoots, $J$ has a spike, and the weights are thrown to a flatter place. For $\gamma = 0.5$ it
    stays a little above 4, and $J$ only zigzags, by some per cent. Descent runs at the *edge of stability* (Cohen and
    others, 2021), so a larger $\gamma$ need not diverge: it keeps to flatter places.
    """,
    "C-jump": r"""
    Twice as many layers, half the jump: 4.6, 2.3, 1.15, 0.57. That is how samples of a function $\mathbf{V}(t)$
    behave. And $J$ converges with order 1, too: its differences are about 0.1, 0.05 and 0.025.
    """,
    "C-pontryagin": r"""
    The minimum passes: the formula gives its weights up to some millionths. The other network fails, by eight times the
    size of its weights: $w_2 = 0.01$ is small, and the formula divides by it what is left of the gradient. All points
    are right, and still it is far from a minimum.
    """,
    "C-deeper": r"""
    The network with 100 layers *is* a neural ODE: $J$ goes from 1.71 to 1.77, and all 64 points stay right. The one
    with 20 layers is not: $J$ jumps from 5 to 95 and half of the points are wrong, because its largest $\Delta
    t\,\|\mathbf{V}_k\|$ is 1.35, so that a layer can fold the plane, and two layers of half the step do something
    else. Such a layer has $\|\mathbf{V}_k\| \ge 1/\Delta t$ and costs at least $w_2\Delta t/2\cdot1/\Delta t^2 =
    w_2/(2\Delta t)$, which is 1 for 20 layers and $w_2 = 0.1$, but 5 for 100: the deeper, the dearer a fold.
    """,
    "C-rules": r"""
    L-BFGS wins by far, with the same gradient: 120 evaluations; on twelve draws, with ReLU and with $\tanh$, 65 to 320.
    (We stopped it after 600 iterations, where its line ends.) Next is the constant step with 850. The careful rules
    spend three evaluations on an iteration, and shorten the step where the constant one jumps over a crest: the
    exercise's rule takes 4,700 and Armijo's more than 9,000 (we stop it before; on other draws these two change
    places). An evaluation without the gradient costs half of one with it, which still leaves both behind.
    """,
    "C-layers": r"""
    With the same $\gamma$ the 10 layers, $J = 28.9$ after 60 iterations against 32.1 and 36.1: the discrete gradient
    carries a factor $\Delta t$, so with twice as many layers there is half the gradient in each, and the same $\gamma$
    does less. (For 10 layers it is almost too large: look at the first iterations.) Along the $L^2$-gradient all three
    do the same, 33.9 to 34.3: it belongs to the ODE, not to the grid, and so does its learning rate, 0.003 here, which
    is $\gamma = 0.3$ at 100 layers.
    """,
    "C-fresh": r"""
    About 2.4 % of all, 4.7 % of the ring and nothing of the disk. Nearly all of them lie in the gap on the left, where
    the ring was stretched between two training points; a few at the blue region's lower tip.
    """,
    "C-inside": r"""
    They stay inside at all times, though at $t = 1$ the circle is so thin that it looks like a line: enlarged, it has
    two sides, and the blue points lie between them. The moving figure's line of numbers counts: the circle is
    round 32 blue points from $t = 0$ to $t = 1$.
    """,
    "C-weights": r"""
    $w_1 = 1$ makes the network hurry: the paths are half as long, the weights larger, and 98 % of their square lies in
    the first quarter of the time; then the points are there, and most of the depth does nothing: a *turnpike*. No fresh
    point is wrong any more, nor any on a fine grid, which no planar flow can do: the second layer is so large, $\Delta
    t\,\|\mathbf{V}\| = 1.25$, that it folds the plane. $w_2 = 1$ makes weights so dear that 18 of the 64 points are
    left on the wrong side.
    """,
}
