"""The answers of 12.B, in the order of the notebook."""

ANSWERS: dict[str, str] = {
    "B-quotient": r"""
    It becomes ten times smaller, too: the quotient is the tangent up to $O(h)$.
    """,
    "B-kick": r"""
    Before the kick the tangent is zero; right after it, it is the kick's direction, a vector of length 1, for Euler
    adds $\Delta t$ times $1/\Delta t$. Turned by 180 degrees the tangent changes its sign exactly, because its ODE is
    linear, while the quotient with $h = 1$ is up to 1.0 long one way and up to 1.9 the other. At $h = 10^{-8}$ the two
    agree to seven digits. Below, rounding takes over: the states are known to some $10^{-16}$, which the quotient
    divides by $h$, and at $10^{-15}$ no digit is right.
    """,
    "B-lowest": r"""
    Where the two errors balance. For the difference quotient $h = \varepsilon/h$, so $h = \sqrt\varepsilon \approx
    10^{-8}$, with an error of that size; for the central one $h^2 = \varepsilon/h$, so $h = \varepsilon^{1/3} \approx
    10^{-5}$, with an error of about $\varepsilon^{2/3} \approx 4 \cdot 10^{-11}$. The complex step has no lowest point:
    it subtracts nothing, and $h = 10^{-30}$ is as good as any small one.
    """,
    "B-tangents": r"""
    As many as there are weights, $K\,d\,(d + 1)$: 600 for the lecture's network, 83,200 for digits of 64 pixels and
    20 layers, over six million for MNIST.
    """,
    "B-still": r"""
    Here $\mathbf{A} = \mathbf{0}$. Without running cost $\boldsymbol{\varphi}$ is constant, $\mathbf{x}_{\text{in}} -
    \mathbf{y}_{\text{out}}$: a push counts the same whenever it comes. With $w_1 = 1$ it is a straight line in $t$,
    in the limit twice as large at $t = 0$ as at $T = 1$: an early push is paid for all the way.
    """,
    "B-entry": r"""
    There are five, one for each *layer*, since no weight can change the input; and `phi[2]` is the price of `x[3]`, the
    state that `V[2]` and `b[2]` produce.
    """,
    "B-prices": r"""
    By a quarter, 0.012, and by about four times as much, 0.190: the price is right to first order, and the gap is
    quadratic. With a tenth of $\boldsymbol{\delta}$ it is a hundredth, 0.0005.
    """,
    "B-question-1": r"""
    D is minus C, and B is a vector. **C**, and only C, agrees: the second term drops out because the tangent starts at
    zero, and in the first $\boldsymbol{\varphi}(T)$ is what we have chosen it to be.
    """,
    "B-question-2": r"""
    **B and D** agree, although the slide looks as if one letter were asked for: D is B after the terms with
    $\mathbf{A}$ have cancelled, $-(\mathbf{A}^\top\boldsymbol{\varphi})^\top\tilde{\mathbf{x}} +
    \boldsymbol{\varphi}^\top\mathbf{A}\tilde{\mathbf{x}} = 0$, and this is what the transpose in the adjoint equation
    is for. A and C have a plus where the first integral has its minus, so each is off by twice its first integral:
    A by 3.953, C by 0.052.
    """,
    "B-blind": r"""
    A symmetric one: it cannot tell a matrix from its transpose. ($d = 1$ hides the mistake, too.) Check gradients
    along random directions, at random weights.
    """,
    "B-parts": r"""
    All eight blue samples have a negative part, from $-2.5$ to $-4.6$ %. A step against the gradient is good for the
    sum, and makes the cost of such a sample larger: the red ones pull, and the blue ones are taken along. (For the
    figure's $w_1 = 0.5$. With 0.01, which this network was trained with, four of the eight have a negative part: turn
    $w_1$ down.)
    """,
    "B-hand": r"""
    Forwards: $x_2 = 1 + \tfrac12(1\cdot1^2 + 1) = 2$ and $x_3 = 2 + \tfrac12(-1\cdot2^2 + 2) = 1$, so
    $J = \tfrac12(1 - 3)^2 + \tfrac12\cdot\tfrac12(1 + 1 + 1 + 4) = 3.75$.

    Backwards: $\varphi_2 = 1 - 3 = -2$ and, with $\sigma'(x_2) = 4$, $\varphi_1 = -2 + \tfrac12(-1)\cdot4\cdot(-2) =
    2$. So $J$ falls when $x_3$ is pushed up, or $x_2$ down.

    In $V_1$: $\tfrac12(2\cdot1^2) + \tfrac12\cdot1 = 1.5$; in $b_1$: $\tfrac12\cdot2 + \tfrac12\cdot1 = 1.5$; in $V_2$:
    $\tfrac12(-2\cdot2^2) + \tfrac12(-1) = -4.5$; in $b_2$: $\tfrac12(-2) + \tfrac12\cdot2 = 0$. (With $b_1 = 1.01$
    you get $x_2 = 2.005$, $x_3 = 0.994\,987$, and $J$ grows by 0.015.)
    """,
    "B-more-layers": r"""
    It goes to zero, in proportion to $\Delta t$: a weight that acts for a quarter of the time has a quarter of the
    effect. Divided by $\Delta t$ it has a limit.
    """,
    "B-tape": r"""
    The price of `tape_x[k + 1]` is `phi[k]`, without any factor, and that of `tape_V[k]` the gradient of the
    *discrete* $J$, with its factor $\Delta t$; all of them to rounding. Nothing else could come out: there is only one
    derivative of $J$, and both ways to it are the chain rule. What differs is the bookkeeping: the tape keeps some 18
    arrays for each layer, our formulas keep one, $\mathbf{x}_k$.
    """,
    "B-first-layers": r"""
    In the plain network both die out. The two inputs come out at the same place to thirteen digits, and the first ten
    layers get less than $10^{-9}$ of the gradient that the last one gets, so descent hardly moves them. In 290 of 300
    draws they got as little, with weights of 1.5 times the size in 278, of 3 times the size in all: then $\tanh$
    saturates, and $\sigma'$ is small. (That is in the plane. In 64 dimensions weights of 1.5 times the size scramble
    the inputs, and the gradient grows on its way back.) In the residual network both stay what they are, up to a factor
    of 2 here.
    """,
}
