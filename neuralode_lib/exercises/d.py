"""The exercises of 12.D."""

import numpy as np

from .. import resnet, rules
from .exercise import B, Exercise, V, given, split_weights
from .run import Wrong


def estimate(weights, x_in, y_out, samples, dt, w1, w2, activation):
    """The gradient from the samples of these indices alone: their data part times I / n, and the penalty (D1)."""
    x_batch, y_batch = x_in[:, samples], y_out[:, samples]
    x = resnet.forward(weights, x_batch, dt, activation)
    phi = resnet.adjoint(weights, x, y_batch, dt, w1, activation)
    data_part = resnet.gradient(weights, x, phi, dt, 0.0, activation)
    scale = x_in.shape[1] / len(samples)
    return scale * data_part + w2 * dt * weights


minibatch_gradient = Exercise(
    name="minibatch_gradient",
    functions=(estimate,),
    arguments=given("weights", "x_in", "y_out", "samples", "dt", "w1", "w2", "activation"),
    parts={"the gradient in V": V, "the gradient in b": B},
    split=split_weights,
    mistakes="""
        scale * data_part -> data_part
            The factor I/n is missing at the data part: n samples stand for all I. (I is the number of all columns.)
        scale * data_part + w2 * dt * weights -> scale * (data_part + w2 * dt * weights)
            The penalty is scaled, too: it is no sum over samples, and is there once, whatever the batch.
        x_in.shape[1] / len(samples) -> 1 / len(samples)
            This is the mean over the batch. J is a sum over all I samples: I times the mean.
        x_in.shape[1] / len(samples) -> 1 / x_in.shape[1]
            The factor is I/n, not 1/I.
        x_in.shape[1] / len(samples) -> len(x_in) / len(samples)
        x_in.shape[1] / len(samples) -> x_in.size / len(samples)
            I is the number of columns, x_in.shape[1]; len(x_in) is d.
        x_in.shape[1] / len(samples) -> 64 / len(samples)
            I is not always 64: it is the number of columns, x_in.shape[1].
        x_in.shape[1] / len(samples) -> x_in.shape[1] // len(samples)
            I/n need not be a whole number: / in place of //.
        x_in.shape[1] / len(samples) -> (max(samples) + 1) / len(samples)
            I is the number of all columns, x_in.shape[1]; the last of them need not be in samples.
        x_in.shape[1] / len(samples) -> len(samples) / x_in.shape[1]
            The factor is upside down: I/n, not n/I.
        x_in.shape[1] / len(samples) -> len(samples)
            The factor is I/n, not n.
        x_in.shape[1] / len(samples) -> x_in.shape[1]
            The factor is I/n, not I: the data part sums n samples already.
        phi, dt, 0.0 -> x_in.shape[1] / len(samples) * phi, dt, 0.0
            The factor I/n is there twice.
        x_in.shape[1] / len(samples) -> x_in.shape[1] / len(samples) ** 2
            The data part is divided by n once too often: its factor is I/n.
        x_in[:, samples], y_out[:, samples] -> x_in[:, : len(samples)], y_out[:, : len(samples)]
            These are the first n samples: take those whose indices stand in samples.
        x_in[:, samples], y_out[:, samples] -> x_in[:, -len(samples) :], y_out[:, -len(samples) :]
            These are the last n samples: take those whose indices stand in samples.
        x_in[:, samples], y_out[:, samples] -> *(a[:, min(samples) : max(samples) + 1] for a in (x_in, y_out)),
            samples may have gaps: x_in[:, samples] takes just these columns.
        x_in[:, samples], y_out[:, samples] -> x_in[:, samples[:1]], y_out[:, samples[:1]]
        x_in[:, samples], y_out[:, samples] -> x_in[:, samples[:1]], y_out[:, samples[:1]]; samples = samples[:1]
            Only the first sample of the batch is in it.
        x_in[:, samples], y_out[:, samples] -> x_in[:, samples[-1:]], y_out[:, samples[-1:]]
        x_in[:, samples], y_out[:, samples] -> x_in[:, samples[-1:]], y_out[:, samples[-1:]]; samples = samples[-1:]
            Only the last sample of the batch is in it.
        x_in[:, samples] -> x_in[:, : len(samples)]
            x_in is of other samples than y_out: take x_in[:, samples], too.
        y_out[:, samples] -> y_out[:, : len(samples)]
            y_out is of other samples than x_in: take y_out[:, samples], too.
        x_in[:, samples], y_out[:, samples] -> x_in[:, samples], y_out[:, sorted(samples)]
        x_in[:, samples], y_out[:, samples] -> x_in[:, sorted(samples)], y_out[:, samples]
            x_in and y_out are in different orders: take both with [:, samples].
        x_in[:, samples], y_out[:, samples] -> x_in, y_out; samples = range(x_in.shape[1])
            This is the full gradient, of all samples: take only the columns of x_in and y_out that samples names.
        x_in[:, samples], y_out[:, samples] -> x_in, y_out
            All samples are in it, times I/n: take only the columns of x_in and y_out that samples names.
        dt, 0.0, activation -> dt, w2, activation
            The penalty is there twice: gradient(...) has added it already.
        w2 * dt * weights -> 0 * weights
            The penalty is missing: + w2 dt V_k and + w2 dt b_k.
        w2 * dt * weights -> w2 * dt * len(samples) / x_in.shape[1] * weights
        w2 * dt * weights -> w2 * dt / len(samples) * weights
            The penalty is divided: it belongs to no sample, and is there as a whole.
        w2 * dt * weights -> len(samples) * w2 * dt * weights
        w2 * dt * weights -> x_in.shape[1] * w2 * dt * weights
        w2 * dt * weights -> (x_in.shape[1] + 1) * w2 * dt * weights
            The penalty is there once for each sample: it belongs to no sample, and is there once.
        w2 * dt * weights -> w2 * weights
            A factor dt is missing at the penalty: w2 dt V_k and w2 dt b_k.
        w2 * dt * weights -> w2 * dt**2 * weights
            The factor dt is there twice at the penalty.
        w2 * dt * weights -> dt * weights
            w2 is missing at the penalty.
        w2 * dt * weights -> w1 * dt * weights
            The penalty has the factor w2, not w1.
        w2 * dt * weights -> 2 * w2 * dt * weights
        w2 * dt * weights -> w2 * dt / 2 * weights
            The penalty is w2 dt V_k and w2 dt b_k: the derivative of w2 / 2 |b|^2 is w2 b.
        + w2 * dt -> - w2 * dt
            The sign of the penalty is wrong.
        return scale * data_part + -> return -scale * data_part +
            The sign of the data part is wrong.
        scale * data_part + w2 -> 0 * data_part + w2
            The data part is missing: this is the penalty alone.
        dt, w1, activation -> dt, 0.0, activation
            The running cost is missing: w1 goes to the adjoint.
        dt, w1, activation -> w1, dt, activation
            dt and w1 have changed places: adjoint(weights, x, y_out, dt, w1, activation).
        dt, w1, activation -> dt, w2, activation
            w1 goes to the adjoint, not w2.
        dt, w1, activation -> dt, x_in.shape[1] / len(samples) * w1, activation
            w1 is not scaled: I/n is a factor of the whole data part.
    """,
    hints=[
        "J has a part that is a sum over samples, and one that is not. Which of them has to be scaled up, and how far?",
        "I/n times the data part of the batch (forward, adjoint, gradient of its columns), and w2 dt V_k, w2 dt b_k.",
        "node.gradient(weights, x, phi, dt, 0.0, activation) is the data part alone, where x and phi are those of "
        "x_in[:, samples] and y_out[:, samples].",
    ],
    note=": one for each layer",
)

THETA = {"k": "N_T - 1", "row": "d", "column": "d + 1"}


def _theta_m_v(value):
    if not isinstance(value, tuple | list | np.ndarray) or len(value) != 3:
        raise Wrong("Return three arrays: the new theta, the new m and the new v.")
    return list(value)


adam_step = Exercise(
    name="adam_step",
    functions=(rules.adam_step,),
    arguments=lambda p: {
        "theta": p.weights.theta,
        "g": p.direction.theta,
        "m": 0.5 * p.direction.theta[::-1],
        "v": 0.3 + 0.3 * p.direction.theta[:, ::-1] ** 2,
        "t": p.N_T,
        **{"gamma": 3.0, "beta1": 0.8, "beta2": 0.95, "epsilon": 0.3},  # so that each of them counts
    },
    parts={"the new theta": THETA, "the new m": THETA, "the new v": THETA},
    split=_theta_m_v,
    mistakes="""
        m / (1 - beta1**t), v / (1 - beta2**t) -> m, v
            The bias correction is missing: divide m by 1 - beta1^t, and v by 1 - beta2^t.
        m / (1 - beta1**t) -> m
            The bias correction of m is missing: divide it by 1 - beta1^t.
        v / (1 - beta2**t) -> v
            The bias correction of v is missing: divide it by 1 - beta2^t.
        m_hat, v_hat = -> m_hat, v_hat = m, v =
            The bias correction is for this step only: return m and v without it.
        m / (1 - beta1**t), v / (1 - beta2**t) -> m / (1 - beta1), v / (1 - beta2)
            The bias correction has the powers beta1^t and beta2^t.
        (1 - beta1**t) -> ((1 - beta1) ** t) && (1 - beta2**t) -> ((1 - beta2) ** t)
            The bias correction is 1 - beta^t, not (1 - beta)^t.
        (1 - beta1**t) -> ((1 - beta1) ** t)
            The bias correction of m is 1 - beta1^t, not (1 - beta1)^t.
        (1 - beta2**t) -> ((1 - beta2) ** t)
            The bias correction of v is 1 - beta2^t, not (1 - beta2)^t.
        (1 - beta1**t) -> (beta1**t) && (1 - beta2**t) -> (beta2**t)
            The bias correction divides by 1 - beta^t, not by beta^t.
        beta1**t -> beta1 * t && beta2**t -> beta2 * t
            beta^t is a power: beta1**t, not beta1 * t.
        (1 - beta1**t) -> (1 + beta1**t) && (1 - beta2**t) -> (1 + beta2**t)
            The bias correction divides by 1 - beta^t, not by 1 + beta^t.
        m / (1 - -> m * (1 - && v / (1 - -> v * (1 -
        m / (1 - -> m * (1 -
        v / (1 - -> v * (1 -
            The bias correction divides by 1 - beta^t, it does not multiply.
        1 - beta1**t), v / (1 - beta2**t -> 1 - beta1 ** (t - 1)), v / (1 - beta2 ** (t - 1)
        m / (1 - beta1**t) -> m / (1 - beta1 ** (t - 1))
        v / (1 - beta2**t) -> v / (1 - beta2 ** (t - 1))
            t is one too small: it is the number of this step, which is 1 at the first.
        1 - beta1**t), v / (1 - beta2**t -> 1 - beta1 ** (t + 1)), v / (1 - beta2 ** (t + 1)
        m / (1 - beta1**t) -> m / (1 - beta1 ** (t + 1))
        v / (1 - beta2**t) -> v / (1 - beta2 ** (t + 1))
            t is one too large: it counts this step already.
        np.sqrt(v_hat) -> np.sqrt(v) / (1 - beta2**t)
            The bias correction of v stands under the root: sqrt(v / (1 - beta2^t)).
        np.sqrt(v_hat) -> v_hat
            The root is missing: divide by sqrt(v_hat) + epsilon.
        np.sqrt(v_hat) -> v_hat**2
            Divide by the root of v_hat, not by its square.
        np.sqrt(v_hat) -> np.linalg.norm(v_hat)
        np.sqrt(v_hat) -> np.sqrt(v_hat.sum())
        np.sqrt(v_hat) -> np.sqrt(v_hat.mean())
            Each entry is divided by the root of its own v_hat.
        np.sqrt(v_hat) + epsilon -> np.sqrt(v_hat + epsilon)
        np.sqrt(v_hat) + epsilon -> np.sqrt(v_hat + epsilon**2)
            epsilon stands outside of the root: sqrt(v_hat) + epsilon.
        (np.sqrt(v_hat) + epsilon) -> np.sqrt(v_hat) + epsilon
        m_hat / (np.sqrt(v_hat) + epsilon) -> (m_hat / np.sqrt(v_hat) + epsilon)
            Brackets are missing: epsilon belongs below the line, to sqrt(v_hat).
        (np.sqrt(v_hat) + epsilon) -> np.sqrt(v_hat)
            epsilon is missing.
        np.sqrt(v_hat) + epsilon -> np.sqrt(v_hat) + epsilon / np.sqrt(1 - beta2**t)
            epsilon is added to sqrt(v_hat), after the bias correction, not to sqrt(v).
        np.sqrt(v_hat) + epsilon -> np.sqrt(v_hat) - epsilon
            epsilon is added to sqrt(v_hat).
        gamma, beta1, beta2, -> gamma, beta2, beta1,
        beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) -> beta2 * m + (1 - beta2) * g, beta1 * v + (1 - beta1)
        1 - beta1**t), v / (1 - beta2**t -> 1 - beta2**t), v / (1 - beta1**t
            beta1 and beta2 have changed places: beta1 belongs to m, beta2 to v.
        beta2 * v + (1 - beta2) -> beta1 * v + (1 - beta1) && beta2**t -> beta1**t
        v + (1 - beta2) -> v + (1 - beta1)
        beta2 * v + -> beta1 * v +
        v / (1 - beta2**t) -> v / (1 - beta1**t)
        beta2 * v + (1 - beta2) -> beta1 * v + (1 - beta1)
            beta2 belongs to v, everywhere, and beta1 to m.
        m + (1 - beta1) -> m + (1 - beta2)
        = beta1 * m -> = beta2 * m
        m / (1 - beta1**t) -> m / (1 - beta2**t)
        beta1 * m + (1 - beta1) -> beta2 * m + (1 - beta2)
            beta1 belongs to m, everywhere, and beta2 to v.
        beta1 * m + (1 - beta1) * g, -> (1 - beta1) * m + beta1 * g,
        beta2 * v + (1 - beta2) * g -> (1 - beta2) * v + beta2 * g
            beta and 1 - beta have changed places: the old mean keeps the part beta.
        m, v = beta1 -> beta1, beta2, epsilon = 0.9, 0.999, 1e-8; m, v = beta1
            0.9, 0.999 and 1e-8 are written into it: take beta1, beta2 and epsilon as they are given.
        m, v = beta1 -> beta1, beta2 = 0.9, 0.999; m, v = beta1
            0.9 and 0.999 are written into it: take beta1 and beta2 as they are given.
        + epsilon -> + 1e-8
        + epsilon -> + 1e-7
        + epsilon -> + 1e-6
            epsilon is written into it: take it as it is given.
        = beta1 * m + (1 - beta1) * g, -> = g,
        = beta1 * m + (1 - beta1) * g, -> = (1 - beta1) * g,
            The old m is missing: beta1 m + (1 - beta1) g.
        beta2 * v + (1 - beta2) * g**2 -> g**2
        beta2 * v + (1 - beta2) * g**2 -> (1 - beta2) * g**2
            The old v is missing: beta2 v + (1 - beta2) g^2.
        beta1 * m + (1 - -> m + (1 -
        beta2 * v + (1 - -> v + (1 -
            beta is missing at the old mean: beta m + (1 - beta) g.
        beta1 * m + -> -beta1 * m +
        beta1 * m + (1 - beta1) * g -> beta1 * m - (1 - beta1) * g
        beta2 * v + (1 - beta2) * g -> beta2 * v - (1 - beta2) * g
            A mean has two plus signs: beta m + (1 - beta) g.
        (1 - beta1) * g, -> g,
        (1 - beta2) * g -> g
            1 - beta is missing at the new term of a mean.
        g**2 -> g
            v is a mean of squares: g**2.
        g**2 -> np.abs(g)
            v is a mean of squares, not of absolute values: g**2.
        g**2 -> (g**2).sum()
        g**2 -> (g**2).mean()
            Each entry has its own v, the mean of its own squares: g**2.
        (1 - beta2) * g**2 -> ((1 - beta2) * g) ** 2
            Only g is squared, not its factor 1 - beta2.
        g**2 -> g * m
        g**2 -> g * (beta1 * m + (1 - beta1) * g)
            v is a mean of g times g: g**2.
        beta2 * v + (1 - beta2) * g**2 -> np.sqrt(beta2 * v + (1 - beta2) * g**2)
            v is the mean of the squares itself: its root is taken in the step.
        g**2 -> (beta1 * m + (1 - beta1) * g) ** 2
        g**2 -> m**2
            v is the mean of the squares of g, not of those of m.
        theta - gamma -> theta + gamma
            You go uphill: theta minus the step.
        theta - gamma -> -gamma
        theta - gamma -> gamma
            The old theta is missing: this is the step alone.
        gamma * m_hat -> m_hat
            gamma is missing.
        gamma * m_hat -> gamma / t * m_hat
        gamma * m_hat -> gamma * t * m_hat
        gamma * m_hat -> gamma / np.sqrt(t) * m_hat
            gamma is the same in each step: t is for the bias correction alone.
        gamma * m_hat -> gamma * g
            The step goes along m_hat, the mean of the gradients, not along the last one.
        gamma * m_hat / (np.sqrt(v_hat) + epsilon) -> gamma * m_hat
            The division by sqrt(v_hat) + epsilon is missing.
        gamma * m_hat / -> gamma * m_hat *
            Divide by sqrt(v_hat) + epsilon, do not multiply.
        m, v = beta1 -> old_m, old_v = m, v; m, v = beta1 && m / (1 -> old_m / (1 && v / (1 -> old_v / (1
        m, v = beta1 -> old_m, old_v = m, v; m, v = beta1 && m / (1 -> old_m / (1
        m, v = beta1 -> old_m, old_v = m, v; m, v = beta1 && v / (1 -> old_v / (1
            The step is made with an old mean: first the new m and v, then the step with them.
        m, v = beta1 -> old_m, old_v = m, v; m, v = beta1 && + epsilon), m, v -> + epsilon), old_m, old_v
            You return the old m and v: return the new ones.
    """,
    hints=[
        "Two running means, of g and of its squares, entry by entry. They start at zero: at first they are too small.",
        "m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2; m_hat = m / (1 - beta1^t), v_hat likewise; "
        "theta <- theta - gamma m_hat / (sqrt(v_hat) + epsilon).",
        "m = beta1 * m + (1 - beta1) * g makes a new array, and leaves the m that you were given as it was.",
    ],
)
