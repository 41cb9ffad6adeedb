"""The exercise of 12.E."""

from .a import RATE_MISTAKES, euler_step
from .exercise import Exercise


def heun_step(x, V, b, dt, sigma):
    """One step of Heun's method as a layer (E7): both slopes have the layer's V and b. x (d, I), b (d,)."""

    def slope(x):
        return V @ sigma(x) + b[:, None]

    start = slope(x)
    end = slope(x + dt * start)
    return x + dt / 2 * (start + end)


heun_layer = Exercise(
    name="heun_layer",
    functions=(heun_step,),
    arguments=euler_step.arguments,
    parts=euler_step.parts,
    mistakes=RATE_MISTAKES.format(x="x", sigma="sigma")
    + """\
    dt / 2 * (start + end) -> dt * start
    slope(x + dt * start) -> slope(x)
        This is Euler's step. The second slope is taken where Euler's step leads, at x + dt times the first one.
    dt / 2 * (start + end) -> dt / 2 * start
        The second slope is missing: the mean of both, and dt times it.
    dt / 2 * (start + end) -> dt / 2 * end
        The first slope is missing: the mean of both, and dt times it.
    dt / 2 * (start + end) -> dt * end
        Only the second slope is there: take the mean of both.
    dt / 2 * (start + end) -> dt * (start + end)
        The half is missing: dt times the mean of the slopes (two steps of Euler's method would take their sum).
    dt / 2 * (start + end) -> dt / 4 * (start + end)
        There is one half too many: dt / 2 times the sum of the slopes.
    dt / 2 * ( -> 1 / 2 * (
        A factor dt is missing at the end: x + dt times the mean of the slopes.
    dt / 2 * ( -> (
        A factor dt / 2 is missing at the end: x + dt times the mean of the slopes.
    dt / 2 * ( -> dt**2 / 2 * (
        The factor dt is there twice at the end: x + dt times the mean of the slopes.
    dt / 2 * (start + end) -> dt / 2 * start + end / 2
        A factor dt is missing at the second slope.
    dt / 2 * (start + end) -> start / 2 + dt / 2 * end
        A factor dt is missing at the first slope.
    dt / 2 * (start + end) -> dt / 2 * start + end
    dt / 2 * (start + end) -> dt * start + end / 2
    dt / 2 * (start + end) -> start + dt / 2 * end
    dt / 2 * (start + end) -> dt * (start + end / 2)
    dt / 2 * (start + end) -> dt * (start / 2 + end)
        Brackets are missing: dt / 2 * (one slope + the other).
    dt / 2 * (start + end) -> dt / 2 * (start - end)
    dt / 2 * (start + end) -> dt / 2 * (end - start)
        The mean is half the sum of the slopes, not of their difference.
    x + dt / 2 -> x - dt / 2
        The sign is wrong: x + dt times the mean of the slopes.
    x + dt / 2 -> dt / 2
        The old state is missing: x + dt times the mean of the slopes.
    x + dt / 2 * -> 1 / 2 *
        This is the mean of the slopes alone: the new state is x + dt times it.
    x + dt / 2 -> sigma(x) + dt / 2
        The old state is added as it is, without sigma.
    x + dt / 2 -> x + dt * start + dt / 2
        The new state starts from x, not from where Euler's step has led.
    x + dt / 2 * (start + end) -> 1.0 * x
        It has not moved: the new state is x + dt times the mean of the slopes.
    dt * start -> dt / 2 * start && dt / 2 * (start + end) -> dt * end
        This is the midpoint rule. Heun's method takes the mean of the slopes at both ends.
    dt * start -> dt / 2 * start
        The second slope is taken after half a step: take it at x + dt times the first one.
    dt * start -> 2 / 3 * dt * start && dt / 2 * (start + end) -> dt / 4 * (start + 3 * end)
        This is Ralston's method. Heun's takes the mean of the slopes at both ends.
    return x + -> end = slope(x + dt / 2 * (start + end)); return x +
    return x + -> end = slope(x + dt * end); return x +
        The second slope is taken once, at x + dt times the first one: it is not corrected another time.
    b[:, None] -> b[:, None] / dt
        A factor dt is missing at b: dt (V sigma(x) + b).
    V @ -> 1 / dt * V @
        A factor dt is missing at V sigma(x): dt (V sigma(x) + b).
    dt * start -> start
        A factor dt is missing at the first slope, where the second one is taken: at x + dt times it.
    dt * start -> dt**2 * start
        The factor dt is there twice where the second slope is taken: at x + dt times the first one.
    dt * start -> dt**2 * start && dt / 2 * (start + end) -> dt**2 / 2 * (start + end)
        The factor dt is there twice: in the slopes, and where they are used.
    dt * start -> 2 * dt * start
        The second slope is taken too far away: at x + dt times the first one.
    x + dt * start -> x - dt * start
        The second slope is taken at the wrong side: at x + dt times the first one.
    x + dt * start -> dt * start
        The second slope is taken at a state, x + dt times the first one: x is missing.
    x + dt * start -> start
        The second slope is taken at a state, x + dt times the first one, not at that slope.
    x + dt * start -> x + dt
        The first slope is missing where the second one is taken: at x + dt times it, not at x + dt.
    x + dt * start -> x + dt * V @ sigma(x)
        b is missing where the second slope is taken: Euler's step has it.
    x + dt * start -> x + dt * V @ sigma(x) + b[:, None]
        Brackets are missing where the second slope is taken: Euler's step is x + dt (V sigma(x) + b).
    x + dt * start -> x + dt * b[:, None]
        V sigma(x) is missing where the second slope is taken: Euler's step has it.
    end = slope(x + dt * start) -> end = V @ (sigma(x) + dt * start) + b[:, None]
    end = slope(x + dt * start) -> end = V @ sigma(sigma(x) + dt * start) + b[:, None]
        The second slope has sigma of the whole state, x + dt times the first slope.
    start = slope(x) -> start = V @ sigma(x)
        b is missing in the first slope.
    end = slope(x + dt * start) -> end = V @ sigma(x + dt * start)
        b is missing in the second slope.
    start = slope(x) -> start = V @ x + b[:, None]
        sigma is missing in the first slope.
    end = slope(x + dt * start) -> end = V @ (x + dt * start) + b[:, None]
        sigma is missing in the second slope.
    start = slope(x) -> start = V.T @ sigma(x) + b[:, None]
        V looks transposed in the first slope.
    end = slope(x + dt * start) -> end = V.T @ sigma(x + dt * start) + b[:, None]
        V looks transposed in the second slope.
    start = slope(x) -> start = sigma(V @ x + b[:, None])
    end = slope(x + dt * start) -> end = sigma(V @ (x + dt * start) + b[:, None])
        sigma acts on the state alone, before V, in both slopes.
    start = slope(x) -> start = sigma(x)
    end = slope(x + dt * start) -> end = sigma(x + dt * start)
        Both slopes are V sigma(...) + b.
""",
    hints=[
        "Where would Euler's step lead? The slope there, too, is one of this layer: the same V, the same b.",
        "s = V sigma(x) + b, r = V sigma(x + dt s) + b; the new x is x + dt (s + r) / 2.",
        "start = V @ sigma(x) + b[:, None] is the slope at x. The other one is the same formula at x + dt * start.",
    ],
)
