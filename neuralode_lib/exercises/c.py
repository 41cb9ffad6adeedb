"""The exercises of 12.C."""

from .. import resnet, rules
from ..resnet import Weights
from .a import STEP_MISTAKES
from .diagnosis import Wrong
from .exercise import STATES, B, Exercise, V, given, split_weights

ADJOINT = {"k": "N_T - 1", "row": "d", "sample": "I"}

forward = Exercise(
    name="forward",
    functions=(resnet.forward,),
    arguments=given("weights", "x_in", "dt", "activation"),
    parts={"x": STATES},
    mistakes=STEP_MISTAKES
    + """\
activation.sigma(x[-1]) -> activation.dsigma(x[-1])
    You take sigma' (dsigma) where sigma is asked for.
x[-1] + dt -> x[0] + dt
    Each step starts at x_in: it should start where the last one has ended.
zip(weights.V, weights.b -> zip(weights.V[::-1], weights.b[::-1]
    The layers come in the wrong order: V[0] and b[0] first.
zip(weights.V, weights.b -> zip(0 * weights.V + weights.V[0], 0 * weights.b + weights.b[0]
    Every layer uses V[0] and b[0]: the step from x[k] uses V[k] and b[k].
zip(weights.V, weights.b -> zip(np.roll(weights.V, 1, 0), np.roll(weights.b, 1, 0)
zip(weights.V, weights.b -> zip(np.roll(weights.V, -1, 0), np.roll(weights.b, -1, 0)
    The weights are one layer off: V[k] and b[k] lead from x[k] to x[k + 1].
x = [checks.array( -> x = [0 * checks.array(
    x[0] is zero, it should be x_in.
""",
    hints=[
        "One Euler step after the other, each with the weights of its own layer, and keep all the states.",
        "x_1 = x_in, x_{k+1} = x_k + dt (V_k sigma(x_k) + b_k), k = 1, ..., N_T - 1. Samples are columns.",
        "x = [x_in], then for V, b in zip(weights.V, weights.b): append the next state; np.stack(x) at the end.",
    ],
    note=": x_in, and one more state after each layer",
)

cost = Exercise(
    name="cost",
    functions=(resnet.cost_terms, resnet.cost),
    arguments=given("weights", "x", "y_out", "dt", "w1", "w2"),
    call=lambda cost_terms, *arguments: sum(cost_terms(*arguments)),
    parts={"J": {}},
    mistakes="""
        error[1:-1] -> error[1:]
            The running cost includes k = N_T, which the terminal term has already: it ends with N_T - 1, x[-2].
        error[1:-1] -> error[:-1]
            The running cost includes k = 1, which no weight can change: it starts with k = 2, x[1].
        error[1:-1] -> error
            The running cost includes k = 1 and k = N_T: it has only those in between, x[1:-1].
        error[1:-1] -> error[2:-1]
            The running cost leaves out k = 2, that is x[1].
        error[1:-1] -> error[1:-2]
            The running cost leaves out k = N_T - 1, that is x[-2].
        / 2 -> / 1
            The factor 1/2 is missing.
        (error[-1] ** 2).sum() / 2 -> (error[-1] ** 2).sum()
            1/2 is missing in the terminal term.
        (error[1:-1] ** 2).sum() / 2 -> (error[1:-1] ** 2).sum()
            1/2 is missing in the running cost.
        (weights.theta**2).sum() / 2 -> (weights.theta**2).sum()
            1/2 is missing in the weights' term.
        * dt * -> *
            A factor dt is missing, in the running cost and in the weights' term.
        w1 * dt -> w1
            A factor dt is missing in the running cost.
        w2 * dt -> w2
            A factor dt is missing in the weights' term.
        w1 * dt -> dt
            w1 is missing.
        w2 * dt -> dt
            w2 is missing.
        (error[-1] ** 2) -> (dt * error[-1] ** 2)
            The terminal term has no factor dt.
        _scalar(w1 -> 0 * _scalar(w1
            The running cost is missing.
        _scalar(w2 -> 0 * _scalar(w2
            The weights' term is missing.
        _scalar((error[-1] -> 0 * _scalar((error[-1]
            The terminal term is missing.
        weights.theta**2 -> weights.V**2
            |b|^2 is missing in the weights' term.
        weights.theta**2 -> weights.b**2
            ||V||_F^2 is missing in the weights' term.
        (weights.theta**2).sum() -> np.linalg.norm(weights.theta)
            The norm of the weights is not squared.
        (weights.theta**2).sum() -> ((np.linalg.norm(weights.V, 2, (1, 2))**2).sum() + (weights.b**2).sum())
            np.linalg.norm(V, 2) is the spectral norm: the Frobenius norm squared is the sum of all squares.
        .sum() / 2) -> .mean() / 2)
            There are means where there should be sums.
        error[ -> (x + y_out)[
            The sign is wrong: x - y_out.
    """,
    hints=[
        "Three terms: where the samples end, where they are on the way (at which k?), how large the weights are.",
        "1/2 sum |x_{N_T} - y|^2 + w1 dt/2 sum_{k=2}^{N_T-1} |x_k - y|^2 + w2 dt/2 sum_k (||V_k||_F^2 + |b_k|^2).",
        "error = x - y_out is (N_T, d, I); error[1:-1] is k = 2, ..., N_T - 1; (weights.V**2).sum() has all layers.",
    ],
)

adjoint = Exercise(
    name="adjoint",
    functions=(resnet.adjoint,),
    arguments=given("weights", "x", "y_out", "dt", "w1", "activation"),
    parts={"phi": ADJOINT},
    backwards=True,
    mistakes="""
        weights.V[k].T -> weights.V[k]
            The transpose is missing: V_k^T phi_k, not V_k phi_k.
        activation.dsigma(x[k]) * (weights.V[k].T @ phi[k]) -> weights.V[k].T @ (activation.dsigma(x[k]) * phi[k])
            diag(sigma') stands left of V^T: (V diag(sigma'))^T phi is sigma' * (V.T @ phi).
        activation.dsigma(x[k]) * (weights.V[k].T @ phi[k]) -> weights.V[k] @ (activation.dsigma(x[k]) * phi[k])
            V diag(sigma') phi has the tangent's matrix: the adjoint's is its transpose.
        activation.dsigma(x[k]) * -> 1 *
            The factor sigma'(x_k) is missing.
        activation.dsigma(x[k]) -> activation.sigma(x[k])
            You take sigma where sigma' (dsigma) is asked for.
        activation.dsigma(x[k]) -> activation.dsigma(x[k + 1])
            sigma' is taken at x_k, not at x_{k+1}.
        activation.dsigma(x[k]) -> activation.dsigma(x[k - 1])
            sigma' is taken at x_k, not at x_{k-1}.
        weights.V[k].T -> weights.V[k - 1].T
            The step from phi_k to phi_{k-1} uses V_k, not V_{k-1}.
        V[k].T @ phi[k] -> V[k].T @ phi[-1]
            V_k^T meets phi_k, not the phi of the final time.
        = x[-1] - y_out -> = y_out - x[-1]
            The sign at the final time is wrong: x_{N_T} - y_out.
        = x[-1] - y_out -> = 0
            phi starts at the end from x_{N_T} - y_out, not from zero.
        = x[-1] - y_out -> = dt * (x[-1] - y_out)
            There is no factor dt at the final time: phi starts from x_{N_T} - y_out.
        = x[-1] - y_out -> = w1 * (x[-1] - y_out)
            There is no factor w1 at the final time: phi starts from x_{N_T} - y_out.
        = x[-1] - y_out -> = x[-2] - y_out
            The last phi is made of the last state, x[-1], not of x[-2].
        = x[-1] - y_out -> = (1 + dt * w1) * (x[-1] - y_out)
            The running cost does not include k = N_T: phi starts from x_{N_T} - y_out.
        phi[k] + dt -> phi[k] - dt
            The sign is wrong: backwards in time, -phi' = (...) becomes phi_{k-1} = phi_k + dt (...).
        (A_T_phi + w1 -> (-A_T_phi + w1
            The sign of (V diag(sigma'))^T phi is wrong: backwards in time it is added.
        A_T_phi + w1 -> A_T_phi - w1
            The sign of the running cost is wrong: + dt w1 (x_k - y_out).
        w1 * (x[k] - y_out) -> (x[k] - y_out)
            w1 is missing.
        w1 * (x[k] - y_out) -> 0
            The running cost is missing: + dt w1 (x_k - y_out).
        w1 * (x[k] - y_out) -> w1 * (x[k + 1] - y_out)
            The running cost is taken at x_k, not at x_{k+1}.
        w1 * (x[k] - y_out) -> w1 * (x[k - 1] - y_out)
            The running cost is taken at x_k, not at x_{k-1}.
        dt * (A_T_phi -> (A_T_phi
            A factor dt is missing.
        dt * (A_T_phi + w1 * (x[k] - y_out)) -> dt * A_T_phi + w1 * (x[k] - y_out)
            A factor dt is missing at the running cost.
        dt * (A_T_phi + w1 * (x[k] - y_out)) -> A_T_phi + dt * w1 * (x[k] - y_out)
            A factor dt is missing at (V diag(sigma'))^T phi.
        = phi[k] + dt -> = dt
            The old phi_k is missing: phi_{k-1} = phi_k + dt (...).
        return phi -> return phi[::-1]
            phi is in the order of computation: turn it round, so that phi[-1] is at the final time.
    """,
    hints=[
        "Go backwards, from how far the samples have missed. At each step the transposed matrix carries phi back.",
        "phi_{N_T-1} = x_{N_T} - y, phi_{k-1} = phi_k + dt (V_k diag(sigma'(x_k)))^T phi_k + dt w1 (x_k - y).",
        "phi = np.empty((len(x) - 1, *y_out.shape)); phi[-1] = x[-1] - y_out; for k in range(len(phi) - 1, 0, -1): ...",
    ],
    note=": phi[k] is the price of x[k + 1], and x[0] is given",
)

gradient = Exercise(
    name="gradient",
    functions=(resnet.gradient,),
    arguments=given("weights", "x", "phi", "dt", "w2", "activation"),
    parts={"the gradient in V": V, "the gradient in b": B},
    split=split_weights,
    mistakes="""
        phi[k] @ activation.sigma(x[k]).T -> activation.sigma(x[k]) @ phi[k].T
            Your gradient in V looks transposed: compare phi sigma^T with sigma phi^T.
        dt * (theta -> (theta
            A factor dt is missing.
        w2 * weights.theta -> w2 * weights.theta / dt
            A factor dt is missing at the penalty: w2 dt V_k and w2 dt b_k.
        dt * (theta -> dt * (theta / dt
            A factor dt is missing at the sum over the samples.
        w2 * weights.theta -> 0
            The penalty is missing: + w2 dt V_k and + w2 dt b_k.
        w2 * weights.theta -> weights.theta
            w2 is missing.
        + w2 * weights -> - w2 * weights
            The sign of the penalty is wrong.
        w2 * weights.theta -> 2 * w2 * weights.theta
            The penalty is twice too large: J has w2 / 2.
        activation.sigma(x[k]) -> activation.sigma(x[k + 1])
            sigma is taken at x_k, not at x_{k+1}: V_k leaves x_k.
        activation.sigma(x[k]) -> activation.dsigma(x[k])
            You take sigma' (dsigma) where sigma is asked for.
        activation.sigma(x[k]) -> x[k]
            sigma is missing: phi sigma(x)^T, not phi x^T.
        phi[k] @ activation -> phi[k - 1] @ activation
            sigma(x_k) meets phi_k, not phi_{k-1}.
        phi[k] @ activation.sigma(x[k]).T -> np.outer(phi[k][:, 0], activation.sigma(x[k])[:, 0])
        phi.sum(axis=2) -> phi[:, :, 0]
            Only the first sample is in it: sum over all samples.
        phi[k] @ activation.sigma(x[k]).T -> phi[k] @ activation.sigma(x[k]).T / x.shape[2]
        phi.sum(axis=2) -> phi.mean(axis=2)
            There is a mean over the samples where there should be a sum.
        phi.sum(axis=2) -> (phi * activation.sigma(x[:-1])).sum(axis=2)
            The gradient in b has no sigma: it sums phi alone.
    """,
    hints=[
        "V_k and b_k enter x_{k+1}, whose price is phi_k. What does V_k meet there, what does b_k? And the penalty?",
        "dt sum_i phi_k sigma(x_k)^T + w2 dt V_k, and dt sum_i phi_k + w2 dt b_k.",
        "phi[k] @ activation.sigma(x[k]).T is the sum over the samples for V, phi[k].sum(axis=1) the one for b.",
    ],
    note=": one for each layer",
)

descent_step = Exercise(
    name="descent_step",
    functions=(rules.constant,),
    arguments=lambda p: {"weights": p.weights, "gradient": p.gradient, "gamma": 0.3 * p.dt},
    call=lambda constant, weights, gradient, gamma: constant(gamma)(None, weights, None, gradient, None)[0],
    parts={"the new V": V, "the new b": B},
    split=split_weights,
    mistakes="""
        weights - gamma -> weights + gamma
            You go uphill: weights minus gamma times the gradient.
        gamma * gradient, -> gradient,
            gamma is missing.
        weights - gamma * gradient, -> gamma * gradient,
        weights - gamma * gradient, -> -1.0 * gamma * gradient,
            The old weights are missing: this is the step alone.
        gamma * gradient, -> gamma * Weights(gradient.V, 0 * gradient.b),
            b has not moved.
        gamma * gradient, -> gamma * Weights(0 * gradient.V, gradient.b),
            V has not moved.
        weights - gamma * gradient, -> gradient - gamma * weights,
            The weights and the gradient have changed places.
        gamma * gradient, -> (1 / gamma) * gradient,
            You divide by gamma.
        gamma * gradient, -> (gamma / gradient.norm()) * gradient,
            The gradient is taken as it is, not scaled to length 1.
        gamma * gradient, -> gamma * Weights(_largest_one(gradient.V), _largest_one(gradient.b)),
            The gradient is taken as it is, not scaled to largest entry 1.
        weights - gamma * gradient, -> (1 - gamma) * weights - gamma * gradient,
            The old weights are taken as they are, not made smaller.
        weights - gamma * gradient, -> weights,
            The weights have not moved.
    """,
    hints=[
        "Against the gradient, and gamma says how far.",
        "V_k - gamma (grad_V J)_k and b_k - gamma (grad_b J)_k, for all layers at once.",
        "Weights subtract and scale like vectors: gamma * gradient is a Weights, too.",
    ],
    note=": one for each layer",
)


def _step(value):
    if not isinstance(value, tuple | list) or len(value) != 3:
        raise Wrong("Return three things: the new weights, their gamma and the number of tries.")
    if not isinstance(value[0], Weights):
        raise Wrong("The new weights must be Weights, such as Weights(V, b): node.train goes on with them.")
    return [*split_weights(value[0]), *value[1:]]


def _step_arguments(p):
    if p.d in (1, 4):  # then there is no largest entry to divide by
        (p.gradient.V if p.d == 1 else p.gradient.b)[...] = 0
    gamma = {6: None, 5: 0.4, 4: 3.0, 3: 0.02, 2: 30.0}[p.N_T]
    return {"problem": p.problem, "weights": p.weights, "J": p.J, "gradient": p.gradient, "gamma": gamma}


step_rule = Exercise(
    name="step_rule",
    functions=(rules.backtracking, rules._first_accepted, rules._largest_one),
    arguments=_step_arguments,
    call=lambda backtracking, *arguments: backtracking()(*arguments),
    parts={"the new V": V, "the new b": B, "gamma": {}, "tries": {}},
    split=_step,
    mistakes="""
        Weights(_largest_one(gradient.V), _largest_one(gradient.b)) -> gradient
            The gradients are not scaled: the largest entry of each should be 1.
        Weights(_largest_one(gradient.V), _largest_one(gradient.b)) -> Weights.from_theta(_largest_one(gradient.theta))
            V and b are scaled together: the exercise sheet scales each on its own.
        np.abs(a).max() -> np.linalg.norm(a)
            The gradients are scaled to length 1: it is their largest entry that should be 1.
        (np.abs(a).max() or 1.0) -> np.maximum(np.abs(a).max(axis=tuple(range(1, a.ndim)), keepdims=True), 1e-300)
            Each layer is scaled by itself: divide by the largest entry of all layers.
        growth * (first if gamma is None else gamma / 2) -> (growth * first if gamma is None else gamma)
            gamma is not made larger at the start: try twice the last gamma first.
        else gamma / 2) -> else gamma)
            You start from 4 times the last gamma, which has not been halved after its try: start from twice.
        first if gamma is None else gamma / 2 -> first
            You always start from 0.004: after the first iteration, start from twice the last gamma.
        J_new <= J -> True
            You take the first try, whatever J says there.
        return new, gamma, -> return new, gamma / 2,
            The gamma that you return is half of the one you have stepped with.
        count(1) -> count(0)
            You count one try too few: the one that is taken counts, too.
        return new, -> return weights,
            You return the old weights.
        gamma /= 2 -> gamma /= 4
        gamma /= 2 -> gamma /= 10
            gamma falls too fast after a try: halve it.
    """,
    hints=[
        "Be bold: try a longer step than last time. If J is larger there than it was, take half of it, and so on.",
        "Direction: gradient.V and gradient.b, each divided by its largest |entry|. Try gamma = 2 (last gamma), "
        "or 0.004 at first, then half of it, ... until J(weights - gamma * direction) <= J.",
        "scale = np.abs(gradient.V).max() or 1.0, and gradient.V / scale is the direction in V; b has its own scale.",
    ],
    note=": one for each layer",
)
