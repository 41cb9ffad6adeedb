"""The exercises of 12.A."""

from .. import resnet, verify
from ..activations import Activation
from ..resnet import Weights
from .exercise import Exercise

# What x + dt (V sigma(x) + b) becomes.
STEP_MISTAKES = """\
x[-1] + dt -> dt
    The old state is missing: a residual layer adds to x, it does not replace x.
x[-1] + dt -> x[-1] - dt
    The sign is wrong: x + dt (...), not x - dt (...).
dt * ( -> (
    A factor dt is missing.
b[:, None]) -> b[:, None] / dt)
    A factor dt is missing at b: dt (V sigma(x) + b).
b[:, None] -> 0
    b is missing.
V @ -> V.T @
    V looks transposed: compare V @ sigma(x) with V.T @ sigma(x).
activation.sigma(x[-1]) -> x[-1]
    sigma is missing: V sigma(x) + b, not V x + b.
V @ activation.sigma(x[-1]) -> activation.sigma(V @ x[-1])
    sigma comes first: V sigma(x), not sigma(V x).
V @ activation.sigma(x[-1]) + b[:, None] -> activation.sigma(V @ x[-1] + b[:, None])
    sigma acts on x alone: V sigma(x) + b, not sigma(V x + b).
V @ activation.sigma(x[-1]) + b[:, None] -> V @ (activation.sigma(x[-1]) + b[:, None])
    b is not multiplied by V: V sigma(x) + b, not V (sigma(x) + b).
"""

euler_step = Exercise(
    name="euler_step",
    functions=(resnet.forward,),
    arguments=lambda p: {
        "x": p.x_in,
        "V": p.weights.V[0],
        "b": p.weights.b[0],
        "dt": p.dt,
        "sigma": p.activation.sigma,
    },
    call=lambda forward, x, V, b, dt, sigma: forward(Weights([V], [b]), x, dt, Activation(sigma, sigma, "sigma"))[-1],
    parts={"the new x": {"row": "d", "sample": "I"}},
    mistakes=STEP_MISTAKES,
    hints=[
        "A layer adds a small change to what it is given. The change is dt times the right-hand side of the ODE.",
        "x_{k+1} = x_k + dt (V_k sigma(x_k) + b_k), for every sample, that is for every column of x.",
        "V @ sigma(x) is (d, I). b[:, None] is b as a column, and is added to each of the I columns.",
    ],
)

observed_order = Exercise(
    name="observed_order",
    functions=(verify.observed_order,),
    arguments=lambda p: {"dt": p.steps, "errors": p.errors},
    parts={"the order": {"pair": "len(dt) - 1"}},
    mistakes="""
        np.diff(np.log(errors)) / np.diff(np.log(dt)) -> np.diff(np.log(dt)) / np.diff(np.log(errors))
            The fraction is upside down: the error stands above, dt below.
        np.diff(np.log(errors)) / -> -np.diff(np.log(errors)) /
            The sign is wrong: above and below, subtract in the same direction.
        np.log(errors) -> errors
            The logarithm of the errors is missing.
        np.log(dt) -> dt
            The logarithm of dt is missing.
        np.diff(np.log(dt)) -> np.log(2)
        np.diff(np.log(dt)) -> -np.log(2)
            Dividing by log 2 is right only if dt is halved each time: divide by the difference of log(dt).
        np.diff(np.log(dt)) -> 1
        np.diff(np.log(dt)) -> -1
            The division by the difference of log(dt) is missing.
        np.diff(np.log(errors)) / np.diff(np.log(dt)) -> errors[1:] / errors[:-1]
        np.diff(np.log(errors)) / np.diff(np.log(dt)) -> errors[:-1] / errors[1:]
            These are the factors between the errors. The order is the slope of log(error) over log(dt).
        np.diff(np.log(errors)) / np.diff(np.log(dt)) -> (np.log(errors) / np.log(dt))[1:]
        np.diff(np.log(errors)) / np.diff(np.log(dt)) -> (np.log(errors) / np.log(dt))[:-1]
            log(error) / log(dt) keeps the C of C dt^p: take differences between neighbours first.
    """,
    hints=[
        "If error = C dt^p, what is log(error)? Two neighbours are enough to get rid of C.",
        "p = (log e_{n+1} - log e_n) / (log dt_{n+1} - log dt_n), one number for each pair of neighbours.",
        "np.diff(np.log(errors)) has the differences above the line.",
    ],
    note=": one slope for each pair of neighbours",
)
