"""The exercises of 12.C: the states, the cost, the adjoint and the gradient."""

from .. import resnet
from .a import STEP_MISTAKES
from .exercise import STATES, B, Exercise, V, given, split_weights

forward = Exercise(
    name="forward",
    functions=(resnet.forward,),
    arguments=given("weights", "x_in", "dt", "activation"),
    parts={"x": STATES},
    mistakes=STEP_MISTAKES.format(x="x[-1]", sigma="activation.sigma")
    + """\
    activation.sigma(x[-1]) -> activation.dsigma(x[-1])
        You take sigma' (dsigma) where sigma is asked for.
    x[-1] + dt -> x[0] + dt
        Each step starts at x_in: it should start where the last one has ended.
    activation.sigma(x[-1]) -> activation.sigma(x[0])
        sigma is taken at x_in in each layer: V[k] meets sigma(x[k]).
    zip(weights.V, weights.b -> zip(weights.V[::-1], weights.b[::-1]
        The layers come in the wrong order: V[0] and b[0] first.
    zip(weights.V, weights.b -> zip(0 * weights.V + weights.V[0], 0 * weights.b + weights.b[0]
    zip(weights.V, weights.b -> zip(0 * weights.V + weights.V[-1], 0 * weights.b + weights.b[-1]
        Every layer uses the same weights: the step from x[k] uses V[k] and b[k].
    zip(weights.V, weights.b -> zip(np.roll(weights.V, 1, 0), np.roll(weights.b, 1, 0)
    zip(weights.V, weights.b -> zip(np.roll(weights.V, -1, 0), np.roll(weights.b, -1, 0)
        The weights are one layer off: V[k] and b[k] lead from x[k] to x[k + 1].
    zip(weights.V, weights.b -> zip(np.roll(weights.V, 1, 0), weights.b
    zip(weights.V, weights.b -> zip(np.roll(weights.V, -1, 0), weights.b
        V is one layer off: V[k] leads from x[k] to x[k + 1].
    zip(weights.V, weights.b -> zip(weights.V, np.roll(weights.b, 1, 0)
    zip(weights.V, weights.b -> zip(weights.V, np.roll(weights.b, -1, 0)
        b is one layer off: b[k] leads from x[k] to x[k + 1].
    zip(weights.V, weights.b -> zip(weights.V[1:], x.append(0 * x[0]) or weights.b[1:] && strict=True -> strict=False
        x[1] is never set: the loop starts one layer too late.
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
    functions=(resnet.cost, resnet.cost_terms),
    arguments=given("weights", "x", "y_out", "dt", "w1", "w2"),
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
        error[1:-1] -> error[2:]
            The running cost is one k off: the slide's k = 2, ..., N_T - 1 are x[1], ..., x[-2] in Python.
        error[1:-1] -> error[2:-2]
            The running cost leaves out k = 2 and k = N_T - 1: it has x[1:-1].
        error[1:-1] -> error[-2:-1] * (len(error) > 2)
            The running cost has its last k only: add up all of them.
        error[1:-1] -> error[1:2] * (len(error) > 2)
            The running cost has its first k only: add up all of them.
        error[-1] -> error[-2]
            The terminal term is that of the last state, x[-1].
        error[-1] -> error
            The terminal term has the last state alone, x[-1].
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
        w1 * dt -> w2 * dt && w2 * dt * (weights -> w1 * dt * (weights
            w1 and w2 have changed places: w1 belongs to the running cost, w2 to the weights.
        w2 * dt * (weights -> w1 * dt * (weights
            The factor of the weights' term is w2, not w1.
        w1 * dt -> w2 * dt
            The factor of the running cost is w1, not w2.
        (error[-1] ** 2) -> (dt * error[-1] ** 2)
            The terminal term has no factor dt.
        (error[-1] ** 2) -> (w1 * error[-1] ** 2)
        (error[-1] ** 2) -> (w1 * dt * error[-1] ** 2)
            The terminal term has no factor w1.
        _scalar(w1 -> 0 * _scalar(w1
            The running cost is missing.
        _scalar(w2 -> 0 * _scalar(w2
            The weights' term is missing.
        _scalar((error[-1] -> 0 * _scalar((error[-1]
            The terminal term is missing.
        _scalar(w1 -> -_scalar(w1
            The sign of the running cost is wrong.
        _scalar(w2 -> -_scalar(w2
            The sign of the weights' term is wrong.
        weights.theta**2 -> weights.V**2
            |b|^2 is missing in the weights' term.
        weights.theta**2 -> weights.b**2
            ||V||_F^2 is missing in the weights' term.
        (weights.theta**2).sum() -> 2 * (weights.V**2).sum()
            ||V||_F^2 is there twice, |b|^2 is missing.
        (weights.theta**2).sum() -> np.linalg.norm(weights.theta)
        (weights.theta**2).sum() -> (np.linalg.norm(weights.V) + np.linalg.norm(weights.b))
        (weights.theta**2).sum() -> (np.linalg.norm(weights.V, axis=(1, 2)) + np.linalg.norm(weights.b, axis=1)).sum()
            The norm of the weights is not squared.
        (weights.theta**2).sum() -> (np.linalg.norm(weights.V) + np.linalg.norm(weights.b)) ** 2
        (weights.theta**2).sum() -> ((weights.V**2).sum() + weights.b.sum() ** 2)
        (weights.theta**2).sum() -> weights.theta.sum() ** 2
            Square first, then add up: ||V_k||_F^2 + |b_k|^2.
        (weights.theta**2).sum() -> ((np.linalg.norm(weights.V, 2, (1, 2))**2).sum() + (weights.b**2).sum())
            np.linalg.norm(V, 2) is the spectral norm: the Frobenius norm squared is the sum of all squares.
        (weights.theta**2).sum() -> (np.einsum("kmn,knm", weights.V, weights.V) + (weights.b**2).sum())
            trace(V V) is not ||V||_F^2, which is trace(V^T V), the sum of all squares.
        (weights.theta**2).sum() -> (np.einsum("kmm->", weights.V**2) + (weights.b**2).sum())
            ||V||_F^2 has all entries of V, not only the diagonal.
        (weights.theta**2).sum() -> np.abs(weights.theta).sum()
            The weights are squared: no absolute values.
        weights.theta**2 -> weights.theta[:-1]**2
            The last layer is missing in the weights' term.
        weights.theta**2 -> weights.theta[1:]**2
            The first layer is missing in the weights' term.
        weights.theta**2 -> weights.theta[-1]**2
        weights.theta**2 -> weights.theta[0]**2
            The weights' term has one layer only: add up all of them.
        w2 * dt * (weights -> x.shape[2] * w2 * dt * (weights
            The weights' term is there once for each sample: it is no sum over the samples.
        w2 * dt * (weights -> (len(x) - 2) * w2 * dt * (weights
            The weights' term is there once for each k of the running cost.
        (error[-1] ** 2).sum() -> np.linalg.norm(error[-1])
        (error[-1] ** 2).sum() -> np.linalg.norm(error[-1], axis=0).sum()
            The norm in the terminal term is not squared.
        (error[1:-1] ** 2).sum() -> np.linalg.norm(error[1:-1])
        (error[1:-1] ** 2).sum() -> np.linalg.norm(error[1:-1], axis=1).sum()
        (error[1:-1] ** 2).sum() -> np.linalg.norm(error[1:-1], axis=(1, 2)).sum()
            The norm in the running cost is not squared.
        (error[-1] ** 2).sum() -> np.abs(error[-1]).sum()
            The terminal term has squares, not absolute values.
        (error[1:-1] ** 2).sum() -> np.abs(error[1:-1]).sum()
            The running cost has squares, not absolute values.
        (error[-1] ** 2).sum() -> np.abs(error[-1]).sum() && (error[1:-1] ** 2).sum() -> np.abs(error[1:-1]).sum()
            The errors are squared: no absolute values.
        (error[-1] ** 2).sum() -> error[-1].sum() ** 2
        (error[1:-1] ** 2).sum() -> error[1:-1].sum() ** 2
            Square first, then add up.
        (error[-1] ** 2).sum() -> (error[-1][:, -1] ** 2).sum()
            The terminal term has the last sample only: add up all of them.
        (error[-1] ** 2).sum() -> (error[-1][:, 0] ** 2).sum()
            The terminal term has the first sample only: add up all of them.
        error[ -> error[:, :, :1][
            Only the first sample is in it: add up all of them.
        error[ -> error[:, :, -1:][
            Only the last sample is in it: add up all of them.
        .sum() / 2) -> .mean() / 2)
            There are means where there should be sums.
        error[-1] ** 2).sum() -> error[-1] ** 2).sum() / x.shape[2] && :-1] ** 2).sum() -> :-1] ** 2).sum() / x.shape[2]
            The terminal term and the running cost are divided by I: they are sums over the samples, not means.
        error[-1] ** 2).sum() -> error[-1] ** 2).mean()
        error[-1] ** 2).sum() -> error[-1] ** 2).sum() / x.shape[2]
            The terminal term is a sum, not a mean.
        error[1:-1] ** 2).sum() -> error[1:-1] ** 2).mean()
        error[1:-1] ** 2).sum() -> error[1:-1] ** 2).sum() / x.shape[2]
            The running cost is a sum, not a mean.
        error[ -> (x + y_out)[
            The sign is wrong: x - y_out.
        error[1:-1] -> x[1:-1]
        error[1:-1] -> (x - x[0])[1:-1]
            The running cost compares with y_out, as the terminal term does.
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
    parts={"phi": {"k": "N_T - 1", "row": "d", "sample": "I"}},
    backwards=True,
    mistakes="""
        weights.V[k].T -> weights.V[k]
            The transpose is missing: V_k^T phi_k, not V_k phi_k.
        activation.dsigma(x[k]) * (weights.V[k].T @ phi[k]) -> weights.V[k].T @ (activation.dsigma(x[k]) * phi[k])
            diag(sigma') stands left of V^T: (V diag(sigma'))^T phi is sigma' * (V.T @ phi).
        activation.dsigma(x[k]) * (weights.V[k].T @ phi[k]) -> weights.V[k] @ (activation.dsigma(x[k]) * phi[k])
            V diag(sigma') phi has the tangent's matrix: the adjoint's is its transpose.
        activation.dsigma(x[k]) * (weights.V[k].T @ phi[k]) -> activation.dsigma(x[k]) * phi[k]
            V is missing: sigma' * (V.T @ phi).
        activation.dsigma(x[k]) * -> 1 *
            The factor sigma'(x_k) is missing.
        activation.dsigma(x[k]) -> activation.sigma(x[k])
            You take sigma where sigma' (dsigma) is asked for.
        activation.dsigma(x[k]) -> activation.dsigma(x[k + 1])
            sigma' is taken at x_k, not at x_{k+1}.
        activation.dsigma(x[k]) -> activation.dsigma(x[k - 1])
            sigma' is taken at x_k, not at x_{k-1}.
        activation.dsigma(x[k]) -> activation.dsigma(phi[k])
            sigma' is taken at the state x_k, not at phi_k.
        activation.dsigma(x[k]) * (weights.V[k].T @ phi[k]) -> activation.dsigma(weights.V[k].T @ phi[k])
            sigma'(x_k) is a factor of V^T phi: activation.dsigma(x[k]) * (V.T @ phi).
        weights.V[k].T -> weights.V[k - 1].T
            The step from phi_k to phi_{k-1} uses V_k, not V_{k-1}.
        weights.V[k].T -> weights.V[min(k + 1, len(phi) - 1)].T
            The step from phi_k to phi_{k-1} uses V_k, not V_{k+1}.
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
        = x[-1] - y_out -> = 2 * (x[-1] - y_out)
            There is no factor 2 at the final time: the derivative of 1/2 |x - y|^2 is x - y.
        = x[-1] - y_out -> = (x[-1] - y_out) / 2
            There is no factor 1/2 at the final time: the derivative of 1/2 |x - y|^2 is x - y.
        = x[-1] - y_out -> = (x[-1] - y_out) / x.shape[2]
            phi is that of each sample: it is not divided by their number.
        = x[-1] - y_out -> = x[-2] - y_out
            The last phi is made of the last state, x[-1], not of x[-2].
        = x[-1] - y_out -> = x[0] - y_out
        = x[-1] - y_out -> = x[-1]
        = x[-1] - y_out -> = (x[-1] - y_out) ** 2
        = x[-1] - y_out -> = (x[-1] - y_out) ** 2 / 2
        = x[-1] - y_out -> = x[-1] + y_out
            phi starts from x_{N_T} - y_out, which is x[-1] - y_out.
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
        w1 * (x[k] - y_out) -> w1 * (x[-1] - y_out)
            The running cost is taken at x_k, not at the final time.
        w1 * (x[k] - y_out) -> w1 / 2 * (x[k] - y_out)
        w1 * (x[k] - y_out) -> 2 * w1 * (x[k] - y_out)
            The running cost has the factor dt w1: the derivative of 1/2 |x - y|^2 is x - y.
        w1 * (x[k] - y_out) -> w1 * x[k]
        w1 * (x[k] - y_out) -> w1 * (x[k] - y_out) ** 2
        w1 * (x[k] - y_out) -> w1 * (x[k] + y_out)
            The running cost gives dt w1 (x_k - y_out).
        dt * (A_T_phi -> (A_T_phi
            A factor dt is missing.
        dt * (A_T_phi + w1 * (x[k] - y_out)) -> dt * A_T_phi + w1 * (x[k] - y_out)
            A factor dt is missing at the running cost.
        dt * (A_T_phi + w1 * (x[k] - y_out)) -> A_T_phi + dt * w1 * (x[k] - y_out)
            A factor dt is missing at (V diag(sigma'))^T phi.
        A_T_phi + w1 -> w1
            (V diag(sigma'))^T phi is missing.
        = phi[k] + dt -> = dt
            The old phi_k is missing: phi_{k-1} = phi_k + dt (...).
        = phi[k] + dt -> = phi[-1] + dt
            Each step starts from the last phi: it should start from phi_k.
        return phi -> return phi[::-1]
            phi is in the order of computation: turn it round, so that phi[-1] is at the final time.
        range(len(phi) - 1, 0, -1) -> range(len(phi) - 1, -1, -1)
            The loop goes down to k = 0, where phi[k - 1] is phi[-1], the last one: it ends with k = 1.
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
        dt * (theta + -> -dt * (theta +
            The sign is wrong: this is -gradient. The minus comes in the step, weights - gamma * gradient.
        dt * (theta -> (theta
            A factor dt is missing.
        dt * (theta -> dt**2 * (theta
            The factor dt is there twice.
        w2 * weights.theta -> w2 * weights.theta / dt
            A factor dt is missing at the penalty: w2 dt V_k and w2 dt b_k.
        dt * (theta -> dt * (theta / dt
            A factor dt is missing at the sum over the samples.
        w2 * weights.theta -> 0
            The penalty is missing: + w2 dt V_k and + w2 dt b_k.
        dt * (theta + -> dt * (0 * theta +
            The sum over the samples is missing: this is the penalty alone.
        w2 * weights.theta -> weights.theta
            w2 is missing.
        + w2 * weights -> - w2 * weights
            The sign of the penalty is wrong.
        dt * (theta + -> dt * (-theta +
            The sign of the sum over the samples is wrong.
        w2 * weights.theta -> 2 * w2 * weights.theta
            The penalty is twice too large: J has w2 / 2.
        w2 * weights.theta -> w2 / 2 * weights.theta
            The penalty is half of what it should be: the derivative of w2 / 2 |b|^2 is w2 b.
        w2 * weights.theta -> x.shape[2] * w2 * weights.theta
            The penalty is there once for each sample: it is no sum over the samples.
        w2 * weights.theta -> w2 * weights.theta**2
        w2 * weights.theta -> w2 * np.abs(weights.theta)
            The derivative of w2 / 2 |b|^2 is w2 b, and likewise for V.
        w2 * weights.theta -> w2 * np.linalg.norm(weights.theta)
            The penalty is w2 dt V_k and w2 dt b_k themselves, not their norms.
        w2 * weights.theta -> w2 * np.roll(weights.theta, -1, 0)
        w2 * weights.theta -> w2 * np.roll(weights.theta, 1, 0)
        w2 * weights.theta -> w2 * weights.theta[0]
            The penalty at layer k has the weights of layer k.
        activation.sigma(x[k]) -> activation.sigma(x[k + 1])
            sigma is taken at x_k, not at x_{k+1}: V_k leaves x_k.
        activation.sigma(x[k]) -> activation.sigma(x[k - 1])
            sigma is taken at x_k, not at x_{k-1}.
        activation.sigma(x[k]) -> activation.sigma(x[0])
            sigma is taken at x_k, not at x_in.
        activation.sigma(x[k]) -> activation.dsigma(x[k])
            You take sigma' (dsigma) where sigma is asked for.
        activation.sigma(x[k]) -> x[k]
            sigma is missing: phi sigma(x)^T, not phi x^T.
        phi[k] @ activation.sigma(x[k]).T -> (activation.dsigma(x[k]) * phi[k]) @ activation.sigma(x[k]).T
        phi[k] @ activation.sigma(x[k]).T -> (activation.dsigma(x[k]) * phi[k]) @ x[k].T
            There is no sigma' in it: V_k enters x_{k+1} as V_k sigma(x_k).
        phi[k] @ activation.sigma(x[k]).T -> activation.sigma(phi[k]) @ x[k].T
            sigma belongs to x: phi sigma(x)^T.
        phi[k] @ activation -> phi[k - 1] @ activation
            sigma(x_k) meets phi_k, not phi_{k-1}.
        phi[k] @ activation -> phi[min(k + 1, len(phi) - 1)] @ activation
        phi[k] @ activation -> phi[(k + 1) % len(phi)] @ activation
            sigma(x_k) meets phi_k, not phi_{k+1}.
        phi.sum(axis=2) -> np.roll(phi, 1, 0).sum(axis=2)
        phi.sum(axis=2) -> np.roll(phi, -1, 0).sum(axis=2)
        phi.sum(axis=2) -> phi[[*range(1, len(phi)), -1]].sum(axis=2)
            The gradient in b of layer k has phi_k, not its neighbour.
        phi[k] @ activation.sigma(x[k]).T -> np.outer(phi[k][:, 0], activation.sigma(x[k])[:, 0])
        phi.sum(axis=2) -> phi[:, :, 0]
            Only the first sample is in it: sum over all samples.
        phi[k] @ activation.sigma(x[k]).T -> np.outer(phi[k][:, -1], activation.sigma(x[k])[:, -1])
        phi.sum(axis=2) -> phi[:, :, -1]
            Only the last sample is in it: sum over all samples.
        phi[k] @ activation.sigma(x[k]).T -> phi[k] @ activation.sigma(x[k]).T / x.shape[2]
        phi.sum(axis=2) -> phi.mean(axis=2)
        np.concatenate([V, b[:, :, None]], axis=2) -> np.concatenate([V, b[:, :, None]], axis=2) / x.shape[2]
            There is a mean over the samples where there should be a sum.
        phi.sum(axis=2) -> (phi * activation.sigma(x[:-1])).sum(axis=2)
        phi.sum(axis=2) -> (phi * activation.dsigma(x[:-1])).sum(axis=2)
            The gradient in b has no sigma: it sums phi alone.
        phi.sum(axis=2) -> activation.sigma(x[:-1]).sum(axis=2)
            The gradient in b sums phi, not sigma(x).
        phi.sum(axis=2) -> np.broadcast_to(phi.sum(axis=(1, 2))[:, None], phi.shape[:2])
            Each row of the gradient in b is the sum of its own row of phi: np.sum(phi[k], axis=1).
    """,
    hints=[
        "V_k and b_k enter x_{k+1}, whose price is phi_k. What does V_k meet there, what does b_k? And the penalty?",
        "dt sum_i phi_k sigma(x_k)^T + w2 dt V_k, and dt sum_i phi_k + w2 dt b_k.",
        "phi[k] @ activation.sigma(x[k]).T is the sum over the samples for V, phi[k].sum(axis=1) the one for b.",
    ],
    note=": one for each layer",
)
