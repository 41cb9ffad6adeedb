"""The exercises of 12.B."""

from functools import partial

import numpy as np

from .. import resnet
from ..problem import TrainingProblem
from .exercise import STATES, Exercise, given

tangent = Exercise(
    name="tangent",
    functions=(resnet.tangent,),
    arguments=given("weights", "x", "dt", "activation", "direction"),
    parts={"x_tilde": STATES},
    mistakes="""
        np.zeros(x.shape, np.result_type(x, direction.theta)) -> x.copy()
            The tangent starts at 0: whatever the weights do, x_in stays where it is.
        V_hat @ activation.sigma(x[k]) -> 0
            The term with V_hat is missing.
        b_tilde[:, None] -> 0
            b_tilde is missing.
        A_x_tilde + source -> source
            The term V diag(sigma') x_tilde is missing.
        A_x_tilde + source -> A_x_tilde
            The source V_hat sigma(x) + b_tilde is missing.
        weights.V[k] @ (activation.dsigma(x[k]) * x_tilde[k]) -> activation.dsigma(x[k]) * (weights.V[k] @ x_tilde[k])
            diag(sigma') stands right of V: first sigma' times x_tilde, then V.
        activation.dsigma(x[k]) * x_tilde -> x_tilde
            The factor sigma'(x_k) is missing.
        activation.dsigma(x[k]) -> activation.sigma(x[k])
            You take sigma where sigma' (dsigma) is asked for.
        weights.V[k] @ -> weights.V[k].T @
            V looks transposed: that is for the adjoint.
        V_hat @ -> V_hat.T @
            V_hat looks transposed.
        V_hat @ activation.sigma(x[k]) -> V_hat @ x[k]
            sigma is missing: V_hat sigma(x_k), not V_hat x_k.
        V_hat @ activation.sigma(x[k]) -> V_hat @ activation.dsigma(x[k])
            V_hat meets sigma, not sigma'.
        activation.sigma(x[k]) -> activation.sigma(x[k + 1])
            The source has sigma(x_k), not sigma(x_{k+1}).
        activation.dsigma(x[k]) -> activation.dsigma(x[k + 1])
            sigma' is taken at x_k, not at x_{k+1}.
        dt * (A_x_tilde + source) -> (A_x_tilde + source)
            A factor dt is missing.
        dt * (A_x_tilde + source) -> dt * A_x_tilde + source
            A factor dt is missing at the source.
        x_tilde[k] + dt -> dt
            The old x_tilde_k is missing: Euler adds to it.
        x_tilde[k] + dt -> x_tilde[k] - dt
            The sign is wrong: x_tilde_k + dt (...).
        zip(direction.V, direction.b -> zip(weights.V, weights.b
            The source is made of the direction's V and b, not of the weights'.
    """,
    hints=[
        "Euler for a linear ODE, the tangent's. It starts at zero, and walks beside the states x, which you are given.",
        "x_tilde_{k+1} = x_tilde_k + dt (V_k diag(sigma'(x_k)) x_tilde_k + V_hat_k sigma(x_k) + b_tilde_k).",
        "x_tilde = np.zeros(x.shape), and in a loop over k: weights.V[k] @ (activation.dsigma(x[k]) * x_tilde[k]).",
    ],
    note=", as many as x",
)


def remainders(f, weights, direction, derivative, steps):
    """|f(weights + h direction) - f(weights) - h derivative| for each h in steps.

    Second order in h where `derivative` is the derivative of f along the direction, first order where it is not.
    """
    return np.array([abs(f(weights + h * direction) - f(weights) - h * derivative) for h in steps])


taylor_test = Exercise(
    name="taylor_test",
    functions=(remainders,),
    arguments=lambda p: {
        "f": partial(TrainingProblem.cost, p.problem),
        "weights": p.weights,
        "direction": p.direction,
        "derivative": 0.8 * p.gradient.dot(p.direction),  # not the right one, for which little would remain
        "steps": p.steps,
    },
    parts={"the remainder": {"number": "len(steps)"}},
    mistakes="""
        [abs( -> [(
            The absolute value is missing.
        - h * derivative) for -> - derivative) for
            The derivative is not multiplied by h.
        - h * derivative) for -> ) for
            The term h f' is missing: the change of f alone is of first order, whatever the derivative.
        - h * derivative) for -> + h * derivative) for
            The sign of h f' is wrong: it is subtracted.
        - h * derivative) for -> - h * derivative) / h for
            This is the error of the difference quotient, one power of h less: do not divide by h.
        h * direction) -> direction)
            You go the whole way each time: weights + h * direction.
        - f(weights) -> - 0
            f(weights) is missing.
        (weights + h -> (weights - h
            You step backwards: weights + h * direction.
        - f(weights) -> - f(weights - h * direction)
            This is the central difference: subtract f(weights), not f(weights - h * direction).
        for h in steps]) -> for h in steps]) ** 2
            The remainder is not squared, the absolute value is enough.
    """,
    hints=[
        "How well does the tangent line f + h f' predict f a step h further on?",
        "|f(w + h d) - f(w) - h f'| for each h, where f' is the number `derivative`.",
        "Weights add and scale: f(weights + h * direction) is the first of the three terms.",
    ],
    note=": one remainder for each h",
)
