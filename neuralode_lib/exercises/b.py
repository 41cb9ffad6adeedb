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
        np.zeros(x.shape, np.result_type(x, direction.theta)) -> np.ones(x.shape)
            The tangent starts at 0: whatever the weights do, x_in stays where it is.
        return x_tilde -> return forward(weights + direction, x[0], dt, activation) - x
        return x_tilde -> return (forward(weights + 1e-3 * direction, x[0], dt, activation) - x) / 1e-3
            This is a difference of states. The tangent is the limit of (x(weights + h direction) - x) / h: it has no h.
        return x_tilde -> return x + x_tilde
            These are moved states, x + x_tilde. The tangent is x_tilde alone.
        return x_tilde -> return x
            These are the states x themselves: the tangent says how they move.
        V_hat @ activation.sigma(x[k]) -> 0
            The term with V_hat is missing.
        b_tilde[:, None] -> 0
            b_tilde is missing.
        b_tilde[:, None] -> b_tilde[0]
            Each row has its own entry of b_tilde: b_tilde[:, None].
        + b_tilde[:, None] -> - b_tilde[:, None]
            The sign of b_tilde is wrong: V_hat sigma(x_k) + b_tilde.
        A_x_tilde + source -> source
        dsigma(x[k]) * x_tilde[k] -> dsigma(x[k]) * x_tilde[k + 1]
            The term V diag(sigma') x_tilde_k is missing (or it has x_tilde[k + 1], which is still 0).
        A_x_tilde + source -> A_x_tilde
            The source V_hat sigma(x) + b_tilde is missing.
        A_x_tilde + source -> source - A_x_tilde
            The sign of V diag(sigma') x_tilde is wrong: it is added.
        A_x_tilde + source -> A_x_tilde - source
            The sign of the source is wrong: + V_hat sigma(x) + b_tilde.
        weights.V[k] @ (activation.dsigma(x[k]) * x_tilde[k]) -> activation.dsigma(x[k]) * (weights.V[k] @ x_tilde[k])
            diag(sigma') stands right of V: first sigma' times x_tilde, then V.
        weights.V[k] @ (activation.dsigma(x[k]) * x_tilde[k]) -> (weights.V[k] @ activation.dsigma(x[k])) * x_tilde[k]
            Mind the brackets: first sigma' times x_tilde, then V, that is V @ (dsigma(x) * x_tilde).
        weights.V[k] @ (activation.dsigma(x[k]) * x_tilde[k]) -> activation.dsigma(x[k]) * x_tilde[k]
            V is missing: V diag(sigma') x_tilde.
        activation.dsigma(x[k]) * x_tilde -> x_tilde
            The factor sigma'(x_k) is missing.
        * x_tilde[k]) -> )
            The factor x_tilde is missing: V diag(sigma'(x_k)) x_tilde_k.
        activation.dsigma(x[k]) -> activation.sigma(x[k])
            You take sigma where sigma' (dsigma) is asked for.
        activation.dsigma(x[k]) * x_tilde[k] -> activation.sigma(x_tilde[k])
            sigma(x_tilde) is no derivative: it is sigma'(x_k) x_tilde_k, entry by entry.
        activation.dsigma(x[k]) * x_tilde[k] -> activation.dsigma(x_tilde[k])
        activation.dsigma(x[k]) -> activation.dsigma(x_tilde[k])
            sigma' is taken at the state x_k, not at x_tilde: sigma'(x_k) x_tilde_k.
        V_hat @ activation.sigma(x[k]) -> V_hat @ activation.sigma(x_tilde[k])
        V_hat @ activation.sigma(x[k]) -> V_hat @ x_tilde[k]
        V_hat @ activation.sigma(x[k]) -> V_hat @ (activation.dsigma(x[k]) * x_tilde[k])
            V_hat meets sigma(x_k), the state: x_tilde is small, too, and small times small is left out.
        weights.V[k] @ -> weights.V[k].T @
            V looks transposed: that is for the adjoint.
        weights.V[k] @ -> V_hat @
            The term V diag(sigma') x_tilde has the weights' V, not V_hat.
        weights.V[k] @ -> weights.V[min(k + 1, len(weights.V) - 1)] @
        weights.V[k] @ -> weights.V[k - 1] @
            V is one layer off: the step from k to k + 1 uses V[k].
        weights.V[k] @ -> V_hat @ && V_hat @ activation.sigma -> weights.V[k] @ activation.sigma
            V and V_hat have changed places: V diag(sigma') x_tilde + V_hat sigma(x).
        V_hat @ -> V_hat.T @
            V_hat looks transposed.
        V_hat @ activation.sigma(x[k]) -> V_hat @ x[k]
            sigma is missing: V_hat sigma(x_k), not V_hat x_k.
        V_hat @ activation.sigma(x[k]) -> V_hat @ activation.dsigma(x[k])
            V_hat meets sigma, not sigma'.
        V_hat @ activation.sigma(x[k]) -> activation.sigma(V_hat @ x[k])
            sigma comes first: V_hat sigma(x_k), not sigma(V_hat x_k).
        activation.sigma(x[k]) -> activation.sigma(x[k + 1])
            The source has sigma(x_k), not sigma(x_{k+1}).
        activation.dsigma(x[k]) -> activation.dsigma(x[k + 1])
            sigma' is taken at x_k, not at x_{k+1}.
        activation.dsigma(x[k]) -> activation.dsigma(activation.sigma(x[k]))
            sigma' is taken at x_k, not at sigma(x_k).
        activation.dsigma(x[k]) -> activation.dsigma(weights.V[k] @ x[k])
            sigma' is taken at x_k, not at V x_k.
        activation.dsigma(x[k]) -> activation.dsigma(x[k][:, :1])
        activation.dsigma(x[k]) -> activation.dsigma(x[k][:, -1:])
            Each sample has its own sigma'(x_k), not all of them that of one sample.
        dt * (A_x_tilde + source) -> (A_x_tilde + source)
            A factor dt is missing.
        dt * (A_x_tilde + source) -> dt**2 * (A_x_tilde + source)
            The factor dt is there twice.
        dt * (A_x_tilde + source) -> dt * (dt * A_x_tilde + source)
            The factor dt is there twice at V diag(sigma') x_tilde.
        dt * (A_x_tilde + source) -> dt * (A_x_tilde + dt * source)
            The factor dt is there twice at the source.
        dt * (A_x_tilde + source) -> dt / 2 * (A_x_tilde + source)
            There is no factor 1/2 at dt.
        dt * (A_x_tilde + source) -> dt * A_x_tilde + source
            A factor dt is missing at the source.
        dt * (A_x_tilde + source) -> A_x_tilde + dt * source
            A factor dt is missing at V diag(sigma') x_tilde.
        b_tilde[:, None] -> b_tilde[:, None] / dt
            A factor dt is missing at b_tilde.
        V_hat @ activation.sigma(x[k]) -> V_hat @ activation.sigma(x[k]) / dt
            A factor dt is missing at V_hat sigma(x_k).
        x_tilde[k] + dt -> dt
            The old x_tilde_k is missing: Euler adds to it.
        x_tilde[k] + dt -> x_tilde[k] - dt
            The sign is wrong: x_tilde_k + dt (...).
        x_tilde[k] + dt -> x[k] + dt
            Euler adds to the old x_tilde_k, not to the state x_k.
        zip(direction.V, direction.b -> zip(weights.V, weights.b
            The source is made of the direction's V and b, not of the weights'.
        V_hat @ -> weights.V[k] @
            The source has the direction's V_hat, not the weights' V.
        + b_tilde[:, None] -> + weights.b[k][:, None]
            The source has the direction's b_tilde, not the weights' b.
        zip(direction.V, direction.b -> zip(np.roll(direction.V, 1, 0), np.roll(direction.b, 1, 0)
        zip(direction.V, direction.b -> zip(np.roll(direction.V, -1, 0), np.roll(direction.b, -1, 0)
            The direction is one layer off: the step from k to k + 1 uses direction.V[k] and direction.b[k].
        zip(direction.V, direction.b -> zip(np.roll(direction.V, 1, 0), direction.b
        zip(direction.V, direction.b -> zip(np.roll(direction.V, -1, 0), direction.b
            V_hat is one layer off: the step from k to k + 1 uses direction.V[k].
        zip(direction.V, direction.b -> zip(direction.V, np.roll(direction.b, 1, 0)
        zip(direction.V, direction.b -> zip(direction.V, np.roll(direction.b, -1, 0)
            b_tilde is one layer off: the step from k to k + 1 uses direction.b[k].
        zip(direction.V, direction.b -> zip(*(np.concatenate([0 * a[:1], a[1:]]) for a in (direction.V, direction.b))
            x_tilde[1] is never set: the loop starts one layer too late.
        zip(direction.V, direction.b -> zip(0 * direction.V + direction.V[0], 0 * direction.b + direction.b[0]
            Every layer has its own V_hat and b_tilde: direction.V[k] and direction.b[k].
        weights.V[k] @ -> weights.V[0] @
            Every layer has its own V: weights.V[k].
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
    parts={"the remainder": {"entry": "len(steps)"}},
    mistakes="""
        [abs( -> [(
            The absolute value is missing.
        [abs( -> [max(0,
            A remainder may be negative: take its absolute value.
        [abs( -> [-abs(
            The absolute value comes last: what is returned is not negative.
        - f(weights) - h * derivative) for -> - f(weights)) - h * derivative for
        - f(weights) - h * derivative) for -> - f(weights)) - abs(h * derivative) for
            The absolute value belongs to all three terms together.
        - h * derivative) for -> - derivative) for
            The derivative is not multiplied by h.
        - h * derivative) for -> ) for
            The term h f' is missing: the change of f alone is of first order, whatever the derivative.
        - h * derivative) for -> + h * derivative) for
            The sign of h f' is wrong: it is subtracted from f(weights + h * direction) - f(weights).
        - h * derivative) for -> - h * derivative) / h for
            This is the error of the difference quotient, one power of h less: do not divide by h.
        - h * derivative) for -> - h * derivative) / h**2 for
            The remainder is not divided by h^2.
        - h * derivative) for -> - h * derivative) / abs(f(weights)) for
        - h * derivative) for -> - h * derivative) / abs(h * derivative) for
        - h * derivative) for -> - h * derivative) / abs(derivative) for
        - h * derivative) for -> - h * derivative) / abs(f(weights + h * direction)) for
            The remainder is not divided by anything.
        - h * derivative) for -> - h**2 * derivative) for
        - h * derivative) for -> - h**2 / 2 * derivative) for
            The derivative is multiplied by h, not by h^2.
        - h * derivative) for -> - h / 2 * derivative) for
            h f' has no factor 1/2.
        - h * derivative) for -> - derivative / h) for
            The derivative is multiplied by h, not divided by it.
        h * direction) -> direction)
            You go the whole way each time: weights + h * direction.
        (weights + h * direction) -> (type(weights)(weights.V, weights.b + h * direction.b))
            V does not move: the step goes along the whole direction.
        (weights + h * direction) -> (type(weights)(weights.V + h * direction.V, weights.b))
            b does not move: the step goes along the whole direction.
        (weights + h * direction) -> (weights + 2 * h * direction)
            The step is h, not 2h: weights + h * direction.
        (weights + h * direction) -> (h * direction)
            You start from zero: weights + h * direction.
        (weights + h * direction) -> (weights + h**2 * direction)
            You go h, not h^2: weights + h * direction.
        (weights + h * direction) -> (weights + h / direction.norm() * direction)
            The direction is taken as it is, not scaled to length 1.
        f(weights + h * direction) - f(weights) -> 0
            The change of f is missing: f(weights + h * direction) - f(weights). (Or is h 0 in it?)
        f(weights + h * direction) - f(weights) -> f(weights + h * direction) + f(weights)
            The sign of f(weights) is wrong: it is subtracted.
        - f(weights) -> - 0
            f(weights) is missing.
        f(weights + h * direction) - f -> -f
            f(weights + h * direction) is missing.
        (weights + h -> (weights - h
            You step backwards: weights + h * direction.
        f(weights + h * direction) - f(weights) -> f(weights) - f(weights - h * direction)
            This is the backward difference: f(weights + h * direction) - f(weights) is asked for.
        - f(weights) -> - f(weights - h * direction)
            This is the central difference: subtract f(weights), not f(weights - h * direction).
        f(weights + h * direction) - f(weights) -> (f(weights + h * direction) - f(weights - h * direction)) / 2
            This is the central difference: f(weights + h * direction) - f(weights) is asked for.
        f(weights + h * direction) - f(weights) -> (f(weights + h * direction) - f(weights)) / h
        f(weights + h * direction) - f(weights) - h * derivative -> (f(weights + h * direction) - f(weights)) / h
            This is the difference quotient: the change of f is not divided by h.
        abs(f(weights + h * direction) - f(weights) - h * derivative) -> f(weights + h * direction)
            This is f alone: subtract f(weights) and h f'.
        for h in steps] -> for h in range(len(steps))]
            h is an entry of steps, not its index.
        for h in steps] -> for h in np.sort(steps)]
        for h in steps] -> for h in np.sort(steps)[::-1]]
            The remainders stand in the order of steps, as it is.
        for h in steps] -> for h in 0 * steps + steps[0]]
        for h in steps] -> for h in 0 * steps + steps[-1]]
            It is the same h each time: one remainder for each h in steps.
        for h in steps]) -> for h in steps]) ** 2
            The remainder is not squared, the absolute value is enough.
        for h in steps]) -> for h in steps]) ** 0.5
            Take no root of the remainder.
        np.array([abs( -> np.log([abs(
        np.array([abs( -> np.log10([abs(
            The remainders themselves are asked for, not their logarithms.
    """,
    hints=[
        "How well does the tangent line f + h f' predict f a step h further on?",
        "|f(w + h d) - f(w) - h f'| for each h, where f' is the number `derivative`.",
        "Weights add and scale: f(weights + h * direction) is the first of the three terms.",
    ],
    note=": one remainder for each h",
)
