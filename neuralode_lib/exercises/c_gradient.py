"""The exercises of 12.C: the adjoint and the gradient."""

from .. import resnet
from .exercise import B, Exercise, V, given, split_weights

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
        activation.dsigma(x[k]) -> (1 - x[k] ** 2)
            sigma' is activation.dsigma(x[k]). (1 - sigma(x)^2 is that of tanh alone, and 1 - x^2 of none of ours.)
        activation.dsigma(x[k]) -> activation.dsigma(x[k + 1])
            sigma' is taken at x_k, not at x_{k+1}.
        activation.dsigma(x[k]) -> activation.dsigma(x[k - 1])
            sigma' is taken at x_k, not at x_{k-1}.
        activation.dsigma(x[k]) -> activation.dsigma(activation.sigma(x[k]))
            sigma' is taken at x_k, not at sigma(x_k).
        activation.dsigma(x[k]) -> activation.dsigma(x[k][:, :1])
        activation.dsigma(x[k]) -> activation.dsigma(x[k][:, -1:])
            Each sample has its own sigma'(x_k), not all of them that of one sample.
        activation.dsigma(x[k]) * (weights.V[k].T @ phi[k]) -> (weights.V[k].T @ activation.dsigma(x[k])) * phi[k]
        activation.dsigma(x[k]) * (weights.V[k].T @ phi[k]) -> (weights.V[k] @ activation.dsigma(x[k])) * phi[k]
            V^T meets phi, and sigma' multiplies the product, entry by entry: sigma' * (V.T @ phi).
        dsigma(x[k]) -> dsigma(x[k - 1]) && weights.V[k].T -> weights.V[k - 1].T && w1 * (x[k] -> w1 * (x[k - 1]
            V and x are one k too early: the step from phi_k to phi_{k-1} uses V_k and x_k.
        weights.V[k].T @ phi[k] -> weights.V[k].T @ (phi[k] + dt * w1 * (x[k] - y_out))
            V_k^T meets phi_k as it is, before the running cost is added.
        activation.dsigma(x[k]) -> activation.dsigma(phi[k])
            sigma' is taken at the state x_k, not at phi_k.
        activation.dsigma(x[k]) * (weights.V[k].T @ phi[k]) -> activation.dsigma(weights.V[k].T @ phi[k])
            sigma'(x_k) is a factor of V^T phi: activation.dsigma(x[k]) * (V.T @ phi).
        weights.V[k].T -> weights.V[k - 1].T
            The step from phi_k to phi_{k-1} uses V_k, not V_{k-1}.
        weights.V[k].T -> weights.V[min(k + 1, len(phi) - 1)].T
        weights.V[k].T -> weights.V[(k + 1) % len(phi)].T
            The step from phi_k to phi_{k-1} uses V_k, not V_{k+1}.
        V[k].T @ phi[k] -> V[k].T @ phi[-1]
            V_k^T meets phi_k, not the phi of the final time.
        = x[-1] - y_out -> = y_out - x[-1]
            The sign at the final time is wrong: x_{N_T} - y_out.
        = x[-1] - y_out -> = 0 && return phi -> phi[-1] = x[-1] - y_out; return phi
            phi[-1] is set after the loop, which needs it: set it before.
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
        range(len(phi) - 1, 0, -1) -> range(len(phi) - 2, 0, -1) && np.empty -> np.zeros
            phi[-2] is never set: the loop starts one step too late.
        range(len(phi) - 1, 0, -1) -> range(1, len(phi)) && np.empty -> np.zeros
            The loop goes forwards: it starts at the end, with range(len(x) - 2, 0, -1).
        phi[-1] = -> phi[0] = && range(len(phi) - 1, 0, -1) -> range(len(phi) - 1) && phi[k - 1] = -> phi[k + 1] =
            phi is known at the end: set phi[-1], not phi[0], and go backwards from there.
        (weights.V[k].T @ phi[k]) -> (weights.V[k].T @ x[k])
            V^T meets phi_k, not x_k.
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

# For each layer the norms of V and b, shaped like the weights.
NORMS = "np.dstack([0 * weights.V + np.linalg.norm(weights.V, axis=(1, 2))[:, None, None], "
NORMS += "0 * weights.b + np.linalg.norm(weights.b, axis=1)[:, None]])"

gradient = Exercise(
    name="gradient",
    functions=(resnet.gradient,),
    arguments=given("weights", "x", "phi", "dt", "w2", "activation"),
    parts={"the gradient in V": V, "the gradient in b": B},
    split=split_weights,
    mistakes=f"""
        phi[k] @ activation.sigma(x[k]).T -> activation.sigma(x[k]) @ phi[k].T
            Your gradient in V looks transposed: compare phi sigma^T with sigma phi^T.
        dt * (theta + -> -dt * (theta +
            The sign is wrong: this is -gradient. The minus comes in the step, weights - gamma * gradient.
        dt * (theta -> (theta
            A factor dt is missing.
        dt * (theta -> dt * (dt * theta
            The factor dt is there twice at the sum over the samples.
        dt * (theta -> dt**2 * (theta
            The factor dt is there twice.
        w2 * weights.theta -> w2 * weights.theta / dt
            A factor dt is missing at the penalty: w2 dt V_k and w2 dt b_k.
        w2 * weights.theta -> w2 * dt * weights.theta
            The factor dt is there twice at the penalty.
        dt * (theta -> dt * (theta.sum(axis=0)
            Each layer has its own: there is no sum over the layers.
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
        w2 * weights.theta -> (x.shape[2] + 1) * w2 * weights.theta
            The penalty is there once for each sample: it is no sum over the samples.
        w2 * weights.theta -> w2 * weights.theta**2
        w2 * weights.theta -> w2 / 2 * weights.theta**2
        w2 * weights.theta -> w2 * np.abs(weights.theta)
            The derivative of w2 / 2 |b|^2 is w2 b, and likewise for V.
        w2 * weights.theta -> w2 * np.linalg.norm(weights.theta)
        w2 * weights.theta -> w2 * {NORMS}
            The penalty is w2 dt V_k and w2 dt b_k themselves, not their norms.
        w2 * weights.theta -> w2 * np.roll(weights.theta, -1, 0)
        w2 * weights.theta -> w2 * np.roll(weights.theta, 1, 0)
        w2 * weights.theta -> w2 * weights.theta[0]
            The penalty at layer k has the weights of layer k.
        activation.sigma(x[k]) -> activation.sigma(x[k + 1])
            sigma is taken at x_k, not at x_{{k+1}}: V_k leaves x_k.
        activation.sigma(x[k]) -> activation.sigma(x[k - 1])
            sigma is taken at x_k, not at x_{{k-1}}.
        activation.sigma(x[k]) -> activation.sigma(x[0])
            sigma is taken at x_k, not at x_in.
        activation.sigma(x[k]) -> activation.dsigma(x[k])
            You take sigma' (dsigma) where sigma is asked for.
        activation.sigma(x[k]) -> x[k]
            sigma is missing: phi sigma(x)^T, not phi x^T.
        phi[k] @ activation.sigma(x[k]).T -> (activation.dsigma(x[k]) * phi[k]) @ activation.sigma(x[k]).T
            There is no sigma' in it: V_k enters x_{{k+1}} as V_k sigma(x_k).
        phi[k] @ activation.sigma(x[k]).T -> (activation.dsigma(x[k]) * phi[k]) @ x[k].T
            There is no sigma' in it, and x_k stands where sigma(x_k) should: V_k enters x_{{k+1}} as V_k sigma(x_k).
        phi[k] @ activation.sigma(x[k]).T -> activation.sigma(phi[k]) @ x[k].T
            sigma belongs to x: phi sigma(x)^T.
        phi[k] @ activation -> phi[k - 1] @ activation
            sigma(x_k) meets phi_k, not phi_{{k-1}}.
        phi[k] @ activation -> phi[min(k + 1, len(phi) - 1)] @ activation
        phi[k] @ activation -> phi[(k + 1) % len(phi)] @ activation
        phi[k] @ activation -> (phi[(k + 1) % len(phi)] * (k + 1 < len(phi))) @ activation
            sigma(x_k) meets phi_k, not phi_{{k+1}}.
        phi[k] @ activation.sigma(x[k]).T -> np.outer(phi[k].sum(axis=1), activation.sigma(x[k]).sum(axis=1))
            First the product for each sample, then the sum: not the product of two sums.
        phi[k] @ activation -> phi[len(phi) - 1 - k] @ activation && phi.sum(axis=2) -> phi[::-1].sum(axis=2)
            phi is in the wrong order: the gradient of layer k has phi[k].
        phi.sum(axis=2) -> np.roll(phi, 1, 0).sum(axis=2)
        phi.sum(axis=2) -> np.roll(phi, -1, 0).sum(axis=2)
        phi.sum(axis=2) -> np.concatenate([phi[1:], 0 * phi[:1]]).sum(axis=2)
        phi.sum(axis=2) -> phi[[*range(1, len(phi)), -1]].sum(axis=2)
            The gradient in b of layer k has phi_k, not its neighbour.
        phi[k] @ activation.sigma(x[k]).T -> np.outer(phi[k][:, 0], activation.sigma(x[k])[:, 0])
        phi.sum(axis=2) -> phi[:, :, 0]
            Only the first sample is in it: sum over all samples.
        phi[k] @ activation.sigma(x[k]).T -> np.outer(phi[k][:, -1], activation.sigma(x[k])[:, -1])
        phi.sum(axis=2) -> phi[:, :, -1]
            Only the last sample is in it: sum over all samples.
        phi[k] @ activation.sigma(x[k]).T -> phi[k][:, :-1] @ activation.sigma(x[k])[:, :-1].T
        phi.sum(axis=2) -> phi[:, :, :-1].sum(axis=2)
            The last sample is left out.
        phi[k] @ activation.sigma(x[k]).T -> phi[k][:, 1:] @ activation.sigma(x[k])[:, 1:].T
        phi.sum(axis=2) -> phi[:, :, 1:].sum(axis=2)
            The first sample is left out.
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
