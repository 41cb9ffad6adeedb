"""The exercises of 12.A."""

from .. import verify
from .exercise import Exercise


def layer(x, V, b, dt, sigma):
    """One step of forward Euler, one residual layer (A5): b (d,) is added to each column of x (d, I)."""
    return x + dt * (V @ sigma(x) + b[:, None])


# What V sigma(x) + b becomes: here, in each step of `forward`, and in the slopes of Heun's method.
RATE_MISTAKES = """\
    b[:, None] -> 0
        b is missing.
    b[:, None] -> 2 * b[:, None]
        b is there twice.
    V @ -> -V @
        The sign of V sigma(x) is wrong: V sigma(x) + b.
    + b[:, None] -> - b[:, None]
        The sign of b is wrong: V sigma(x) + b.
    b[:, None] -> b.sum()
    b[:, None] -> b[0]
    b[:, None] -> b[-1]
    b[:, None] -> b.mean()
    b[:, None] -> (b @ b) ** 0.5
        Each row has its own entry of b: b[:, None] adds b[m] to row m.
    V @ {sigma}({x}) -> 0
        V sigma(x) is missing.
    V @ {sigma}({x}) -> V[:, -1:] @ {sigma}({x})[-1:]
        The sum V sigma(x) has its last term only: add up all of them.
    V @ {sigma}({x}) -> V[:, :-1] @ {sigma}({x})[:-1]
        The sum V sigma(x) leaves out its last term.
    V @ {sigma}({x}) -> V[:, 1:] @ {sigma}({x})[1:]
        The sum V sigma(x) leaves out its first term.
    V @ {sigma}({x}) -> V.diagonal()[:, None] * {sigma}({x})
        V sigma(x) has all of V, not its diagonal alone.
    V @ {sigma}({x}) -> V.sum(axis=1)[:, None] * {sigma}({x})
        V[m, n] meets sigma(x[n]), not sigma(x[m]).
    b[:, None] -> len(b) * b[:, None]
        b is added once, not once for each term of the sum V sigma(x).
    V @ {sigma}({x}) -> {sigma}({x})
        V is missing: V sigma(x) + b.
    V @ -> V.T @
        V looks transposed: compare V @ sigma(x) with V.T @ sigma(x).
    {sigma}({x}) -> {x}
        sigma is missing: V sigma(x) + b, not V x + b.
    {sigma}({x}) -> {sigma}({sigma}({x}))
    V @ {sigma}({x}) -> {sigma}(V @ {sigma}({x}))
    V @ {sigma}({x}) + b[:, None] -> {sigma}(V @ {sigma}({x}) + b[:, None])
        sigma is there twice.
    V @ {sigma}({x}) -> {sigma}(V) @ {x}
        sigma acts on x, not on V: V sigma(x).
    V @ {sigma}({x}) -> {sigma}(V @ {x})
        sigma comes first: V sigma(x), not sigma(V x).
    V @ {sigma}({x}) + b[:, None] -> {sigma}(V @ {x} + b[:, None])
        sigma acts on x alone: V sigma(x) + b, not sigma(V x + b).
    V @ {sigma}({x}) + b[:, None] -> V @ ({sigma}({x}) + b[:, None])
        b is not multiplied by V: V sigma(x) + b, not V (sigma(x) + b).
    V @ {sigma}({x}) + b[:, None] -> V @ {sigma}({x} + b[:, None])
        b is added after V: V sigma(x) + b, not V sigma(x + b).
"""

# What x + dt (V sigma(x) + b) becomes: here, and in each step of `forward`, where other names stand for x and sigma.
STEP_MISTAKES = (
    """\
    {x} + dt -> dt
        The old state is missing: a residual layer adds to x, it does not replace x.
    {x} + dt -> {x} - dt
        The sign is wrong: x + dt (...), not x - dt (...).
    {x} + dt -> {sigma}({x}) + dt
        The old state is added as it is, without sigma.
    dt * (V -> (V
        A factor dt is missing.
    dt * (V -> dt**2 * (V
        The factor dt is there twice.
    dt * (V -> dt / 2 * (V
        There is no factor 1/2 at dt.
    V @ -> dt * V @
        The factor dt is there twice at V sigma(x).
    b[:, None] -> dt * b[:, None]
        The factor dt is there twice at b.
    {x} + dt -> dt * {x} + dt
        The old state has no factor dt.
    b[:, None]) -> b[:, None] / dt)
        A factor dt is missing at b: dt (V sigma(x) + b).
    V @ -> 1 / dt * V @
        A factor dt is missing at V sigma(x): dt (V sigma(x) + b).
"""
    + RATE_MISTAKES
    + """\
    {x} + dt * (V @ {sigma}({x}) + b[:, None]) -> {sigma}(V @ {x} + b[:, None])
        This is a plain layer, sigma(V x + b). A residual layer is x + dt (V sigma(x) + b).
    {x} + dt * (V @ {sigma}({x}) + b[:, None]) -> V @ {sigma}({x}) + b[:, None]
        This is the right-hand side alone: the new state is x + dt (V sigma(x) + b).
    {x} + dt * (V @ {sigma}({x}) + b[:, None]) -> {sigma}({x} + dt * (V @ {x} + b[:, None]))
        sigma acts on x alone, before V: it is not the last thing to be done.
    {sigma}({x}) -> {sigma}({x} + dt * (V @ {sigma}({x}) + b[:, None]))
    {sigma}({x}) -> {sigma}({x} + dt / 2 * (V @ {sigma}({x}) + b[:, None]))
    {sigma}({x}) -> ({sigma}({x}) + {sigma}({x} + dt * (V @ {sigma}({x}) + b[:, None]))) / 2
        Euler takes sigma at the old state.
    {x} + dt * (V @ {sigma}({x}) + b[:, None]) -> 1.0 * {x}
        It has not moved: the new state is x + dt (V sigma(x) + b).
"""
)

euler_step = Exercise(
    name="euler_step",
    functions=(layer,),
    arguments=lambda p: {
        "x": p.x_in,
        "V": p.weights.V[0],
        "b": p.weights.b[0],
        "dt": p.dt,
        "sigma": p.activation.sigma,
    },
    parts={"the new x": {"row": "d", "sample": "I"}},
    mistakes=STEP_MISTAKES.format(x="x", sigma="sigma"),
    hints=[
        "A layer adds a small change to what it is given. The change is dt times the right-hand side of the ODE.",
        "x_{k+1} = x_k + dt (V_k sigma(x_k) + b_k), for every sample, that is for every column of x.",
        "V @ sigma(x) is (d, I). b[:, None] is b as a column, and is added to each of the I columns.",
    ],
)

SLOPE = "np.diff(np.log(errors)) / np.diff(np.log(dt))"

observed_order = Exercise(
    name="observed_order",
    functions=(verify.observed_order,),
    arguments=lambda p: {"dt": p.steps, "errors": p.errors},
    parts={"the order": {"pair": "len(dt) - 1"}},
    mistakes=f"""
        {SLOPE} -> np.diff(np.log(dt)) / np.diff(np.log(errors))
        {SLOPE} -> -np.diff(np.log(dt)) / np.diff(np.log(errors))
            The fraction is upside down: the error stands above, dt below.
        {SLOPE} -> -np.diff(np.log(errors)) / np.diff(np.log(dt))
            The sign is wrong: above and below, subtract in the same direction.
        {SLOPE} -> np.abs({SLOPE})
            The sign is lost: where the error grows as dt falls, the order is negative. No absolute value is needed.
        {SLOPE} -> np.diff(np.log(errors)) / np.abs(np.diff(np.log(dt)))
        {SLOPE} -> np.abs(np.diff(np.log(errors))) / np.diff(np.log(dt))
            A sign is lost: no absolute value is needed, above or below.
        {SLOPE} -> np.diff(np.log(errors)) * np.diff(np.log(dt))
            The differences of log(error) are divided by those of log(dt), not multiplied.
        {SLOPE} -> np.diff(np.log(errors)) - np.diff(np.log(dt))
            The logarithms are divided, not subtracted: the order is a slope.
        np.log(errors) -> errors
        np.diff(np.log(errors)) -> (errors[1:] / errors[:-1])
            The logarithm of the errors is missing.
        np.log(dt) -> dt
        np.diff(np.log(dt)) -> (dt[1:] / dt[:-1])
        np.diff(np.log(dt)) -> (dt[:-1] / dt[1:])
            The logarithm of dt is missing.
        {SLOPE} -> np.diff(errors) / np.diff(dt)
        {SLOPE} -> np.diff(errors) / errors[:-1] / np.diff(dt) * dt[:-1]
            The logarithms are missing: the order is the slope of log(error) over log(dt).
        np.diff(np.log(dt)) -> np.log(2)
        np.diff(np.log(dt)) -> -np.log(2)
        np.diff(np.log(dt)) -> np.log(dt[1] / dt[0])
        np.diff(np.log(dt)) -> np.log(dt[-1] / dt[-2])
            The steps need not be halved, their quotient differs from pair to pair: divide by the difference of log(dt).
        np.diff(np.log(dt)) -> 1
        np.diff(np.log(dt)) -> -1
            The division by the difference of log(dt) is missing.
        {SLOPE} -> np.diff(np.log10(errors))
        {SLOPE} -> -np.diff(np.log10(errors))
            The difference of the logarithms of the errors is divided by that of log(dt), with the same base.
        np.log(errors) -> np.log2(errors)
        np.log(errors) -> np.log10(errors)
        np.log(dt) -> np.log2(dt)
        np.log(dt) -> np.log10(dt)
            Both logarithms need the same base.
        {SLOPE} -> errors[1:] / errors[:-1]
        {SLOPE} -> errors[:-1] / errors[1:]
        {SLOPE} -> (errors[1:] / errors[:-1]) / (dt[1:] / dt[:-1])
            These are the factors between the errors. The order is the slope of log(error) over log(dt).
        {SLOPE} -> np.log(errors[1:]) - np.log(errors[:-1]) / np.diff(np.log(dt))
        {SLOPE} -> np.log(errors[1:]) - np.log(errors[:-1]) / np.log(dt[1:]) - np.log(dt[:-1])
            Brackets are missing: (log e_{{n+1}} - log e_n) / (log dt_{{n+1}} - log dt_n).
        {SLOPE} -> np.log(np.abs(np.diff(errors))) / np.log(np.abs(np.diff(dt)))
        {SLOPE} -> np.log(np.abs(np.diff(errors) / np.diff(dt)))
            First the logarithms, then the differences.
        {SLOPE} -> (np.log(errors) / np.log(dt))[1:]
        {SLOPE} -> (np.log(errors) / np.log(dt))[:-1]
        {SLOPE} -> np.diff(np.log(errors) / np.log(dt))
            log(error) / log(dt) keeps the C of C dt^p: take differences between neighbours first.
        {SLOPE} -> np.full(len(dt) - 1, np.polyfit(np.log(dt), np.log(errors), 1)[0])
        {SLOPE} -> np.full(len(dt) - 1, np.mean({SLOPE}))
        {SLOPE} -> np.full(len(dt) - 1, ({SLOPE})[0])
        {SLOPE} -> np.full(len(dt) - 1, ({SLOPE})[-1])
            This is one slope for all: each pair of neighbours has its own.
        {SLOPE} -> (np.log(errors[1:] / errors[0]) / np.log(dt[1:] / dt[0]))
        {SLOPE} -> (np.log(errors[:-1] / errors[-1]) / np.log(dt[:-1] / dt[-1]))
        {SLOPE} -> (np.log(errors / np.roll(errors, 1)) / np.log(dt / np.roll(dt, 1)))[:-1]
            Each pair is made of two neighbours, n and n + 1.
        {SLOPE} -> np.diff(np.log(np.sort(errors))) / np.diff(np.log(np.sort(dt)))
        {SLOPE} -> np.diff(np.log(np.sort(errors)[::-1])) / np.diff(np.log(np.sort(dt)[::-1]))
            Steps and errors belong together, in the order in which they are given: do not sort them.
        {SLOPE} -> ({SLOPE})[::-1]
            The pairs are in the wrong order.
    """,
    hints=[
        "If error = C dt^p, what is log(error)? Two neighbours are enough to get rid of C.",
        "p = (log e_{n+1} - log e_n) / (log dt_{n+1} - log dt_n), one number for each pair of neighbours.",
        "np.diff(np.log(errors)) is the numerator, for all pairs at once.",
    ],
    note=": one slope for each pair of neighbours",
)
