"""The questions of 12.D. Each option says in code what it claims; `question.py` finds out which are right."""

import numpy as np

from ..activations import tanh
from ..problem import TrainingProblem
from .problems import Network
from .question import Option, Question


class LackingFactor(Network):
    """Batches of a quarter of the samples, and estimates that lack the factor I/n."""

    def __init__(self, seed):
        super().__init__(seed, I=8)

    @property
    def mean_estimate(self):
        """Its direction: the mean over a partition into batches of the data part as it is, plus the whole penalty."""
        p, batches = self.problem, self.rng.permutation(self.I).reshape(4, -1)
        alone = [
            TrainingProblem(p.x_in[:, batch], p.y_out[:, batch], p.T, p.N_T, p.w1, p.w2, tanh) for batch in batches
        ]
        return unit(sum(problem.cost_and_gradient(self.weights)[1].theta for problem in alone))

    def downhill(self, w1=1, w2=1):
        """The direction of the gradient of J with w1 and w2 so many times as large."""
        p = self.problem
        other = TrainingProblem(p.x_in, p.y_out, p.T, p.N_T, w1 * p.w1, w2 * p.w2, tanh)
        return unit(other.cost_and_gradient(self.weights)[1].theta)


def unit(theta):
    return theta / np.linalg.norm(theta)


BATCH_SCALE = Question(
    id="D-scale",
    prompt=r"""
    Your estimate of the gradient adds up the data parts of the $n = I/4$ samples in the batch, and the whole penalty;
    the factor $I/n$ at the data part has been forgotten. Apart from noise, and from a factor that a larger $\gamma$
    makes up for: which cost does descent then minimise?
    """,
    options=(
        Option(
            r"$J$ with $\tfrac14 w_2$ in place of $w_2$",
            r"""goes the wrong way. It is the *data* part that has become a quarter, so that the penalty counts for
            more beside it.""",
            lambda c: c.downhill(w2=1 / 4),
        ),
        Option(
            r"$J$ with $w_2$, as it is",
            r"""would be right if the whole gradient were a quarter of what it should be: then a larger $\gamma$ alone
            would mend it. But the penalty has its full size.""",
            lambda c: c.downhill(),
        ),
        Option(
            r"$J$ with $4 w_2$ in place of $w_2$",
            r"is what a quarter of the data part with a whole penalty amounts to: a quarter of *this* cost.",
            lambda c: c.downhill(w2=4),
        ),
        Option(
            r"$J$ with $4 w_1$ and $4 w_2$ in place of $w_1$ and $w_2$",
            r"""takes the running cost for a penalty. It is a sum over samples, and shrinks with the terminal term;
            $w_1$ stays what it is.""",
            lambda c: c.downhill(w1=4, w2=4),
        ),
    ),
    hints=(
        r"Which terms of $J$ are sums over the samples, and which is not?",
        r"On average: a quarter of the data part, and all of the penalty. Take out the factor $\tfrac14$.",
    ),
    explanation=r"""
    $\tfrac14\,(\text{data}) + (\text{penalty}) = \tfrac14\,\bigl((\text{data}) + 4\,(\text{penalty})\bigr)$. The
    training runs and converges, towards other weights: no crash tells you, only the comparison of the mean over a
    partition with the full gradient does.
    """,
    problem=LackingFactor,
    asked=lambda c: c.mean_estimate,
    evaluated=r"""The directions of these gradients for a random network, beside that of the estimate's mean over a
    partition into four batches:""",
)


class OneLayer:
    """A network with one layer in one dimension: its J is quadratic, and its noise floor is known exactly."""

    def __init__(self, seed, I=2000):
        rng = np.random.default_rng(seed)
        x_in = rng.standard_normal(I)
        y_out = np.sin(x_in) + rng.standard_normal(I)
        self.problem = TrainingProblem(x_in[None], y_out[None], 1.0, 2, 1.0, 1.0, tanh)
        s = np.column_stack([np.tanh(x_in), np.ones(I)])
        penalty = self.problem.w2 * np.eye(2)
        self.H_of = I * s[:, :, None] * s[:, None, :] + penalty  # of the batch of one sample, for each
        self.H = self.H_of.mean(axis=0)
        self.minimum = np.linalg.solve(self.H, (y_out - x_in) @ s)
        self.g_of = (I * (x_in + s @ self.minimum - y_out))[:, None] * s + penalty @ self.minimum
        self.gamma, self.n, self.I = 0.002 / np.linalg.norm(self.H, 2), 8, I

    def floor(self, gamma, n):
        """E[J] - min J of descent at last, each batch drawn for itself."""
        return np.trace(self.H @ self.covariance(gamma, n)) / 2

    def covariance(self, gamma, n):
        """C of the weights around the minimum, where C = mean over batches of M C M^T + gamma^2 g g^T."""
        spread = gamma**2 * (self.I - n) / (n * (self.I - 1))  # (D2), times gamma^2
        M, noise_of_H = np.eye(2) - gamma * self.H, self.H_of - self.H
        kept = np.kron(M, M) + spread * np.einsum("iab,icd->acbd", noise_of_H, noise_of_H).reshape(4, 4) / self.I
        noise = spread * self.g_of.T @ self.g_of / self.I
        return np.linalg.solve(np.eye(4) - kept, noise.ravel()).reshape(2, 2)


FLOOR = Question(
    id="D-floor",
    prompt=r"""
    Descent with a small constant $\gamma$, each batch of $n \ll I$ samples drawn independently, ends on a noise floor
    $\operatorname{E}[J] - J_{\min}$. Now you halve $\gamma$ and double $n$. By which factor does the floor change?
    """,
    options=(
        Option(
            r"$1/8$",
            r"""takes the square of the step, $\gamma^2$, times the variance of the gradient. That is what *one* step
            adds; but with half the $\gamma$ it also takes twice as long until it is forgotten.""",
            lambda c: 1 / 8,
        ),
        Option(
            r"$1/4$",
            r"is a half for $\gamma$ and a half for the variance of the gradient.",
            lambda c: 1 / 4,
        ),
        Option(
            r"$1/\sqrt{8}$",
            r"""takes the *size* of the gradient's error, which falls like $1/\sqrt{n}$. Near a minimum $J$ is
            quadratic: what counts is the mean of the error's square.""",
            lambda c: 8**-0.5,
        ),
        Option(
            r"$1/2$",
            r"has one of the two changes only. Noise is less because steps are shorter, and less because it averages.",
            lambda c: 1 / 2,
        ),
        Option(
            r"$1$",
            r"""lets the two make up for each other. They would if both were halved, or both doubled: the floor goes
            like $\gamma/n$.""",
            lambda c: 1.0,
        ),
    ),
    hints=(
        r"How does the variance of a mean over $n$ samples depend on $n$?",
        r"A step adds $\gamma^2 \cdot$ variance to the mean square of the weights' error, and takes away a part $\propto \gamma$ of it.",  # noqa: E501
    ),
    explanation=r"""
    The floor is $\tfrac{\gamma}{4}\operatorname{E}|\mathbf{g}_B - \nabla J|^2$ for small $\gamma$, and the variance
    goes like $1/n$ for $n \ll I$. (Where every epoch uses each sample once, as in the library, the floor is lower,
    and falls like $\gamma^2$.)
    """,
    problem=OneLayer,
    asked=lambda c: c.floor(c.gamma / 2, 2 * c.n) / c.floor(c.gamma, c.n),
    evaluated=r"""The factor for a network with one layer and 2000 random samples, where $J$ is quadratic and the floor
    solves a linear equation ($n = 8$):""",
    tolerance=0.03,
)

QUESTIONS = (BATCH_SCALE, FLOOR)
