"""The proof of the gradient in V (B9), line by line: the reader supplies each line as a function, numbers check it.

Everything is at one time and for one sample: phi, x_hat, x, y, s = sigma(x) of length d; A = V diag(sigma'(x)).
"""

import inspect

import numpy as np

from .exercise import Answer
from .run import NotAttempted, Wrong, run


def _line_1(phi, x_hat, x, y, s, A, V_hat, w1):
    return -(A.T @ phi + w1 * (x - y)) @ x_hat + phi @ (V_hat @ s + A @ x_hat)


def _line_2(phi, x_hat, x, y, s, V_hat, w1):
    return phi @ V_hat @ s - w1 * (x - y) @ x_hat


def _line_3(phi, s, V_hat):
    return phi @ V_hat @ s


def _line_4(phi, s):
    return np.outer(phi, s)


LINES = (_line_1, _line_2, _line_3, _line_4)
MISTAKES = {  # line: (what somebody may write, what to say)
    1: [
        (
            lambda phi, x_hat, x, y, s, A, V_hat, w1: (
                (A.T @ phi + w1 * (x - y)) @ x_hat + phi @ (V_hat @ s + A @ x_hat)
            ),
            "The adjoint equation begins with -phi'. Where has its minus gone?",
        ),
        (
            lambda phi, x_hat, x, y, s, A, V_hat, w1: (
                -(A @ phi + w1 * (x - y)) @ x_hat + phi @ (V_hat @ s + A @ x_hat)
            ),
            "The adjoint equation has the transpose of A.",
        ),
        (
            lambda phi, x_hat, x, y, s, A, V_hat, w1: -(A.T @ phi + w1 * (x - y)) @ x_hat,
            "That is the first term of the product rule. Where is phi^T x_hat'?",
        ),
        (
            lambda phi, x_hat, x, y, s, A, V_hat, w1: -(A.T @ phi) @ x_hat + phi @ (V_hat @ s + A @ x_hat),
            "The adjoint equation has another term, that of the running cost.",
        ),
    ],
    2: [
        (
            lambda phi, x_hat, x, y, s, V_hat, w1: phi @ V_hat @ s + w1 * (x - y) @ x_hat,
            "The running cost comes from -phi', with a minus.",
        ),
        (lambda phi, x_hat, x, y, s, V_hat, w1: phi @ V_hat @ s, "The terms with A cancel, the running cost does not."),
    ],
    3: [(lambda phi, s, V_hat: phi @ V_hat.T @ s, "phi stands on the left of V_hat, sigma(x) on its right.")],
    4: [(lambda phi, s: np.outer(s, phi), "That is the transpose: V_hat_mn meets phi_m and s_n.")],
}


def check(*lines):
    """An Answer: which of the lines are right, and what is wrong with the first that is not."""
    if len(lines) > len(LINES):
        return Answer(f"Not yet. There are {len(LINES)} lines, you hand in {len(lines)}.", "✗")
    for number, line in enumerate(lines, 1):
        try:
            _check(number, line)
        except NotAttempted:
            return Answer(f"{_so_far(number - 1)}Line {number} is still to be written.")
        except Wrong as wrong:
            return Answer(f"{_so_far(number - 1)}Line {number}: not yet. {wrong}", "✗")
    if len(lines) < len(LINES):
        return Answer(f"{_so_far(len(lines))}Line {len(lines) + 1} is still to be written.")
    said = "Right, all four lines, as far as numbers can tell: the gradient in V is phi sigma(x)^T, and w2 V."
    return Answer(said, "✓")


def _so_far(n):
    return f"Right so far: {['line 1', 'lines 1 and 2', 'lines 1 to 3'][n - 1]}.\n" if n else ""


def _check(number, line):
    if not callable(line):
        raise Wrong("Hand in the function itself, without (...).")
    expected = list(inspect.signature(LINES[number - 1]).parameters)
    try:
        taken = list(inspect.signature(line).parameters)
    except ValueError:  # of a function that is not written in Python
        raise Wrong(f"It is {line!r}, expected a function of ({', '.join(expected)}).") from None
    if taken != expected:
        raise Wrong(f"It takes ({', '.join(taken)}), it is called with ({', '.join(expected)}).")
    for seed in range(3):
        found, right = (_evaluated(f, number, seed) for f in (line, LINES[number - 1]))
        if found.shape != right.shape:
            raise Wrong(f"It is {_kind(found)}, expected {_kind(right)}.")
        if not np.allclose(found, right, rtol=1e-9):
            said = [text for f, text in MISTAKES[number] if np.allclose(found, _evaluated(f, number, seed), rtol=1e-9)]
            raise Wrong(said[0] if said else "The numbers are not right.")


def _evaluated(line, number, seed):
    rng = np.random.default_rng(seed)
    d = 2 + seed
    phi, x_hat, x, y = rng.standard_normal((4, d))
    A, V_hat = rng.standard_normal((2, d, d))
    given = {"phi": phi, "x_hat": x_hat, "x": x, "y": y, "s": np.tanh(x), "A": A, "V_hat": V_hat, "w1": 1.3}
    arguments = [np.copy(given[name]) for name in inspect.signature(LINES[number - 1]).parameters]
    try:
        return np.asarray(run(line, arguments, {"d": d, "I": None, "N_T": None}), dtype=float)
    except (TypeError, ValueError):
        raise Wrong("It returns no number and no array of numbers.") from None


def _kind(value):
    return "a number" if value.ndim == 0 else f"an array of shape {value.shape}"
