"""The answers of 12.A, in the order of the notebook."""

ANSWERS: dict[str, str] = {
    "A-relu": r"""
    $\mathbf{W}\mathbf{x} = (3, -1)^\top$. ReLU makes $(3, 0)^\top$ of it, so $y = 3 + 0 + 1 = 4$. The second node is
    silent for this input: change $\mathbf{W}$ or $\mathbf{x}$ a little, and it still says 0.
    """,
    "A-width": r"""
    It falls every time: the nodes of a narrow network are the first ones of a wider one, so a wider one can fit at
    least as well. From width 16 on it falls more slowly. What is left sits at $x = 0$, the corner of $|x|$, which
    smooth functions can only round off.
    """,
    "A-functions": r"""
    With $\tanh$ and width 256 the error is $10^{-10}$ for $\sin 6x$, $4 \cdot 10^{-4}$ with the corner and $0.06$
    with the jump: whatever is continuous is off by half the height of the jump right beside it. With ReLU the fits are
    zigzags. A corner is no harder for them, but even $\sin 6x$ has an error of $2 \cdot 10^{-3}$ at width 256.
    """,
    "A-two-layers": r"""
    The first layer gives $\mathbf{W}(1, 2)^\top = (3, -1)^\top$. The second one sees $(3, 0)^\top$ and gives $(3,
    3)^\top$. Here $\sigma$ comes before the matrix, also in the first layer.
    """,
    "A-circle": r"""
    The plain layers leave a point: each multiplies the size by some factor, and the product of a hundred is below
    $10^{-12}$ in about nine draws of ten. Smaller weights make it worse, and larger ones hardly ever help in the plane,
    because $\tanh$ saturates. Residual layers with small weights bend the circle and keep its size, up to a factor of
    about 3 in fifty draws, for each of their factors is 1 plus something small; large weights mostly blow it up.
    """,
    "A-halving": r"""
    In one step Euler misses $\tfrac12\Delta t^2\,\ddot{\mathbf{x}}$, and terms of higher order: with half the step a
    quarter of it. But twice as many steps are needed to reach $T$, and $2 \cdot \tfrac14 = \tfrac12$: the error at
    $T$ is halved.
    """,
    "A-few-layers": r"""
    A single layer ends at $(-3.6, -2.8)$, far from the solution's end at $(1.5, -1.7)$ (the start is the
    figure's, $(-1, 0.5)$). The observed order stays
    within 0.1 of 1 from 4 layers on for our weights, from 27 on for the constant ones and from 56 on for the quick
    ones. So slowly changing weights are not enough: the constant ones turn the state quickly, and a step has to be
    short compared with that turn of the *solution*.
    """,
    "A-cost": r"""
    With order 1 again: the Euler states in it are of order 1, and so are the sums that stand for the integrals.
    """,
    "A-by-hand": r"""
    Descent begins at $J = 27.5$ with 5 of 16 points right, and has $J = 3.1$ after 100 iterations and $J = 1.0$ with
    all points right after 1,000. So below 3 you have beaten its first hundred iterations. From $\mathbf{V} =
    \mathbf{0}$, $\mathbf{b} = \mathbf{0}$ the thousand come to 0.6: the start matters.
    """,
    "A-terms": r"""
    The weights' term is zero. Where nothing moves, each point misses its target by the same distance all the time: the
    running term is $w_1 = 0.01$ times the terminal one. On the grid another factor 0.99 comes in, because the sum has
    99 terms of length $\Delta t = 0.01$: the first and the last point of time are left out.
    """,
    "A-gap": r"""
    Through C, the narrowest of the four (23 degrees; D has 49). Its piece of the grey circle is drawn in black: in
    the end three quarters of the circle's length come from these 23 degrees. Nobody chose the gap; gradient descent
    found it. With other data it may be another.
    """,
    "A-meet": r"""
    They never meet: paths cross because points come through the same place at different *times*, and two points at one
    place at one time would have the same past. So the grid is never torn and never folded over. (The ODE promises that;
    a network keeps it as long as its steps are small, which 12.C makes precise.) Stretched most is what started at the
    left, in gap C, in the end up to 28-fold. At $t = 0.25$ the grid's lower left quarter has only moved, by
    $\int\mathbf{b}\,dt = (-0.11, 0.15)$, and has kept its shape, because there both ReLUs are off.
    """,
}
