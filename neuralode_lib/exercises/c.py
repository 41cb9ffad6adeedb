"""The exercises of 12.C: the states and the cost."""

from .. import resnet
from .a import STEP_MISTAKES
from .exercise import STATES, Exercise, given

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
    dt * (V -> 1 / len(weights.V) * (V
    dt * (V -> 1 / weights.N_T * (V
    dt * (V -> 0.01 * (V
        dt is an argument: take it as it is given.
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
    zip(weights.V, weights.b -> zip(0 * weights.V + weights.V[0], weights.b
    zip(weights.V, weights.b -> zip(0 * weights.V + weights.V[-1], weights.b
        Every layer uses the same V: the step from x[k] uses V[k].
    zip(weights.V, weights.b -> zip(weights.V, 0 * weights.b + weights.b[0]
    zip(weights.V, weights.b -> zip(weights.V, 0 * weights.b + weights.b[-1]
        Every layer uses the same b: the step from x[k] uses b[k].
    zip(weights.V, weights.b -> zip(np.roll(weights.V, 1, 0), weights.b
    zip(weights.V, weights.b -> zip(np.roll(weights.V, -1, 0), weights.b
        V is one layer off: V[k] leads from x[k] to x[k + 1].
    zip(weights.V, weights.b -> zip(weights.V, np.roll(weights.b, 1, 0)
    zip(weights.V, weights.b -> zip(weights.V, np.roll(weights.b, -1, 0)
        b is one layer off: b[k] leads from x[k] to x[k + 1].
    zip(weights.V, weights.b -> zip(weights.V[1:], x.append(0 * x[0]) or weights.b[1:] && strict=True -> strict=False
        x[1] is never set: the loop starts one layer too late.
    return np.stack(x) -> return activation.sigma(np.stack(x))
        The states come out as they are, without sigma.
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

# Norms that are not squared.
NORMS_OF_ERRORS = "(error[-1] ** 2).sum() -> np.linalg.norm(error[-1]) && "
NORMS_OF_ERRORS += "(error[1:-1] ** 2).sum() -> np.linalg.norm(error[1:-1], axis=(1, 2)).sum()"
NORMS_OF_WEIGHTS = "(weights.theta**2).sum() -> "
NORMS_OF_WEIGHTS += "(np.linalg.norm(weights.V, axis=(1, 2)) + np.linalg.norm(weights.b, axis=1)).sum()"

cost = Exercise(
    name="cost",
    functions=(resnet.cost, resnet.cost_terms),
    arguments=given("weights", "x", "y_out", "dt", "w1", "w2"),
    parts={"J": {}},
    additive=True,
    mistakes=f"""
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
        error[1:-1] -> error[:-2]
            The running cost is one k off: it has x[1], ..., x[-2].
        error[1:-1] -> error[2:-2]
            The running cost leaves out k = 2 and k = N_T - 1: it has x[1:-1].
        error[1:-1] -> (error[-2:-1] * (len(error) > 2))
            The running cost has its last k only: add up all of them.
        error[1:-1] -> (error[1:2] * (len(error) > 2))
            The running cost has its first k only: add up all of them.
        error[-1] -> error[-2]
        error[-1] -> error[0]
            The terminal term is that of the last state, x[-1].
        error[-1] -> error
        error[-1] -> error[1:]
            The terminal term has the last state alone, x[-1].
        / 2 -> / 1
            The factor 1/2 is missing.
        * dt * -> * dt / 2 *
            The factor 1/2 is there twice, in the running cost and in the weights' term.
        w1 * dt -> w1 * dt / 2
            The factor 1/2 is there twice in the running cost.
        w2 * dt -> w2 * dt / 2
            The factor 1/2 is there twice in the weights' term.
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
        w1 * dt -> w1 * dt**2
            The factor dt is there twice in the running cost.
        w2 * dt -> w2 * dt**2
            The factor dt is there twice in the weights' term.
        w1 * dt -> dt
            w1 is missing.
        w1 * dt * (error -> (error
            w1 and dt are missing in the running cost.
        w2 * dt * (weights -> (weights
            w2 and dt are missing in the weights' term.
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
        _scalar((error -> 0 * _scalar((error && _scalar(w1 -> 0 * _scalar(w1 && weights.theta**2 -> weights.theta[-1]**2
            J is the last layer's penalty: is it overwritten in the loop? J += ..., not J = ...
        _scalar((error[-1] -> (len(x) == 2) * _scalar((error[-1] && error[1:-1] -> (error[-2:-1] * (len(error) > 2))
            J is overwritten in the loop over k: J += ..., not J = ...
        _scalar((error[-1] -> (len(x) - 2) * _scalar((error[-1]
            The terminal term is there once for each k of the running cost.
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
        {NORMS_OF_WEIGHTS}
            The norm of the weights is not squared.
        (weights.theta**2).sum() -> (np.linalg.norm(weights.V, axis=(1, 2)).sum() + (weights.b**2).sum())
            ||V_k||_F is not squared.
        (weights.theta**2).sum() -> ((weights.V**2).sum() + np.linalg.norm(weights.b, axis=1).sum())
            |b_k| is not squared.
        (weights.theta**2 -> ((np.linalg.norm(weights.V, axis=(1, 2)) + np.linalg.norm(weights.b, axis=1)) ** 2
            Each norm is squared by itself: ||V_k||_F^2 + |b_k|^2.
        (weights.theta**2).sum() -> (np.einsum("kmn,knp->", weights.V, weights.V) + (weights.b**2).sum())
        (weights.theta**2).sum() -> (np.einsum("knm,knp->", weights.V, weights.V) + (weights.b**2).sum())
        (weights.theta**2).sum() -> (np.einsum("kmn,kpn->", weights.V, weights.V) + (weights.b**2).sum())
            ||V||_F^2 is the sum of the squares of all entries: no matrix product.
        (weights.theta**2).sum() -> (np.linalg.norm(weights.V) + np.linalg.norm(weights.b)) ** 2
        (weights.theta**2).sum() -> ((weights.V**2).sum() + weights.b.sum() ** 2)
        (weights.theta**2).sum() -> weights.theta.sum() ** 2
        (weights.theta**2).sum() -> ((weights.V**2).sum() + (weights.b.sum(axis=1) ** 2).sum())
        (weights.theta**2).sum() -> ((weights.V.sum(axis=(1, 2))**2).sum() + (weights.b**2).sum())
        (weights.theta**2).sum() -> ((weights.V.sum(axis=(1, 2))**2).sum() + (weights.b.sum(axis=1) ** 2).sum())
            Square first, then add up: ||V_k||_F^2 + |b_k|^2.
        (weights.theta**2).sum() / 2 -> ((weights.V**2).sum() / 2 + (weights.b**2).sum())
            1/2 is missing at |b_k|^2.
        (weights.theta**2).sum() / 2 -> ((weights.V**2).sum() + (weights.b**2).sum() / 2)
            1/2 is missing at ||V_k||_F^2.
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
        w1 * dt -> x.shape[2] * w1 * dt
            The running cost is there once for each sample: the sum over all entries has all samples already.
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
        (error[-1] ** 2).sum() / 2 -> (error[-1] ** 2).sum() / 4
            The factor of the terminal term is 1/2, not 1/4.
        (error[1:-1] ** 2).sum() -> (np.linalg.norm(error[1:-1], 2, (1, 2))**2).sum()
        (error[-1] ** 2).sum() -> np.linalg.norm(error[-1], 2)**2
            np.linalg.norm(A, 2) of a matrix is its spectral norm: the sum of all squares is asked for.
        {NORMS_OF_ERRORS}
        {NORMS_OF_ERRORS} && {NORMS_OF_WEIGHTS}
            The norms are not squared.
        (error[-1] ** 2).sum() -> np.abs(error[-1]).sum()
            The terminal term has squares, not absolute values.
        (error[1:-1] ** 2).sum() -> np.abs(error[1:-1]).sum()
            The running cost has squares, not absolute values.
        (error[-1] ** 2).sum() -> np.abs(error[-1]).sum() && (error[1:-1] ** 2).sum() -> np.abs(error[1:-1]).sum()
            The errors are squared: no absolute values.
        (error[-1] ** 2).sum() -> error[-1].sum() ** 2
        (error[-1] ** 2).sum() -> (error[-1].sum(axis=0) ** 2).sum()
        (error[1:-1] ** 2).sum() -> error[1:-1].sum() ** 2
        (error[1:-1] ** 2).sum() -> (error[1:-1].sum(axis=1) ** 2).sum()
            Square first, then add up.
        (error[-1] ** 2).sum() -> (error[-1][:, -1] ** 2).sum()
            The terminal term has the last sample only: add up all of them.
        (error[-1] ** 2).sum() -> (error[-1][:, 0] ** 2).sum()
            The terminal term has the first sample only: add up all of them.
        error[ -> error[:, :, :1][
            Only the first sample is in it: add up all of them.
        error[ -> error[:, :, -1:][
            Only the last sample is in it: add up all of them.
        error[ -> error[:, :, :-1][
            The last sample is left out.
        error[ -> error[:, :, 1:][
            The first sample is left out.
        .sum() / 2) -> .mean() / 2)
            There are means where there should be sums.
        (error[1:-1] ** 2).sum() -> ((error[1:] ** 2).sum() + (error[:-1] ** 2).sum()) / 2
            This is the trapezoidal rule: the running cost is the sum over k = 2, ..., N_T - 1, x[1:-1].
        error[-1] ** 2).sum() -> error[-1] ** 2).sum() / x.shape[2] && :-1] ** 2).sum() -> :-1] ** 2).sum() / x.shape[2]
            The terminal term and the running cost are divided by I: they are sums over the samples, not means.
        error[-1] ** 2).sum() -> error[-1] ** 2).mean()
        error[-1] ** 2).sum() -> error[-1] ** 2).sum() / x.shape[2]
        error[-1] ** 2).sum() -> error[-1] ** 2).sum() / x.shape[1]
            The terminal term is a sum, not a mean.
        error[1:-1] ** 2).sum() -> error[1:-1] ** 2).mean()
        error[1:-1] ** 2).sum() -> error[1:-1] ** 2).mean(axis=(1, 2)).sum()
        w1 * dt -> w1 / len(x)
        error[1:-1] ** 2).sum() -> error[1:-1] ** 2).sum() / x.shape[2]
        error[1:-1] ** 2).sum() -> error[1:-1] ** 2).sum() / x.shape[1]
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
