"""The answers of 12.A, in the order of the notebook."""

ANSWERS: dict[str, str] = {
    "A-relu": r"""
    $\mathbf{W}\mathbf{x} = (3, -1)^\top$. ReLU makes $(3, 0)^\top$ of it, so $y = 3 + 0 + 1 = 4$.
    """,
}
