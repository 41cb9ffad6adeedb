"""Exercises that answer: `forward.check(my_forward)` says what is wrong, `.hint()` helps, `.solution()` shows.

A student's function runs on random problems on which every term matters. Where its numbers are wrong they are
compared with those of the mistakes people make: each is the library's own source with a piece of text replaced.
"""

import ast
import inspect
import textwrap
import traceback
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import combinations
from types import SimpleNamespace

import numpy as np

from . import resnet, training, verify
from .activations import Activation, relu, tanh
from .problem import TrainingProblem
from .resnet import Weights

# d, I, N_T, sigma: first lengths that cannot be taken for each other, then those where a special case shows.
PROBLEMS = [(3, 4, 6, tanh), (2, 5, 4, tanh), (2, 3, 5, relu), (4, 1, 3, tanh), (1, 3, 4, relu), (1, 1, 2, tanh)]

# What the problems have in common on which alone a function is wrong.
IN_COMMON = {
    "It is right for tanh, but not for relu: is tanh written into it?": [s is relu for *_, s in PROBLEMS],
    "It is right for relu, but not for tanh: is relu written into it?": [s is tanh for *_, s in PROBLEMS],
    "It is right, except where d = 1.": [d == 1 for d, *_ in PROBLEMS],
    "It is right, except for a single sample, I = 1.": [I == 1 for _, I, *_ in PROBLEMS],
    "It is right, except for a single layer, N_T = 2.": [N_T == 2 for _, _, N_T, _ in PROBLEMS],
}


@dataclass(frozen=True, repr=False)
class Answer:
    """What a check, a hint or a solution shows: the text. `passed` is True where a function is right."""

    text: str
    passed: bool = False

    def __repr__(self):
        return self.text


class _Wrong(Exception):
    """What is wrong with a student's function, other than its numbers."""


class _NotAttempted(Exception):
    """The stub still stands."""


class _Problem(TrainingProblem):
    """A TrainingProblem that ends the loop of a step rule that would not end."""

    evaluations = 0

    def cost(self, weights):
        self.evaluations += 1
        if self.evaluations > 40:
            raise RuntimeError(
                "J has been evaluated 40 times, and no end: go against the gradient, halve gamma after each try, "
                "and stop as soon as J is not larger"
            )
        return super().cost(weights)


def _problem(d, I, N_T, activation):
    """All that an exercise may need, made anew at each call, so that nobody can spoil it for the next one."""
    rng = np.random.default_rng([d, I, N_T])
    x_in, y_out = rng.standard_normal((2, d, I))
    problem = _Problem(x_in, y_out, T=1.7, N_T=N_T, w1=1.3, w2=0.7, activation=activation)
    dt, w1, w2 = problem.dt, problem.w1, problem.w2
    weights, direction = (Weights.random(N_T, d, 1.0, rng) for _ in range(2))
    x = problem.states(weights)
    phi = resnet.adjoint(weights, x, y_out, dt, w1, activation)
    J, gradient = problem.cost_and_gradient(weights)
    steps = 0.8 * np.cumprod(rng.uniform(0.3, 0.7, N_T))
    errors = rng.uniform(2, 3, N_T) * steps**2
    samples = np.arange(I)[::-1][: (I + 1) // 2]
    return SimpleNamespace(**locals())


@dataclass(eq=False)
class Exercise:
    """One function for students to write.

    functions: the library's own, and its helpers. arguments: names of what it is given, or a function from
    `_problem(...)` to a dict. call: calls the library's function with the same. parts: what comes back, by name, each
    a dict of its axes and their lengths; split: takes it apart. mistakes: lines `text in the source -> other text`, and
    indented below them what to tell the student. note: why there are as many entries as there are.
    """

    name: str
    functions: tuple
    arguments: Callable
    parts: dict
    mistakes: str
    hints: list
    call: Callable = lambda function, *arguments: function(*arguments)
    split: Callable = lambda value: [value]
    note: str = ""
    backwards: bool = False
    hints_given = 0

    def __repr__(self):
        me = f"exercises.{self.name}"
        return f"{me}: write your function, then {me}.check(it); {me}.hint() helps, {me}.solution() shows."

    def hint(self):
        """The next hint: a nudge, the formula, the first line."""
        if self.hints_given == len(self.hints):
            return Answer(f"There are no more hints. exercises.{self.name}.solution() shows the library's way.")
        self.hints_given += 1
        return Answer(f"Hint {self.hints_given} of {len(self.hints)}: {self.hints[self.hints_given - 1]}")

    def solution(self):
        """The source of the library's function."""
        return Answer("\n\n".join(f"# {f.__module__}\n{inspect.getsource(f).rstrip()}" for f in self.functions))

    def check(self, function):
        """An Answer: not attempted yet, right, or what is wrong."""
        name = getattr(function, "__name__", "your function")
        try:
            self._check_call(function)
            outputs = [self._output(function, n) for n in range(len(PROBLEMS))]
        except _NotAttempted:
            return Answer(f"Not attempted yet: write {name}, then check again. exercises.{self.name}.hint() helps.")
        except _Wrong as wrong:
            return Answer(f"Not yet. {wrong}")
        right = [_outputs(self, n) for n in range(len(PROBLEMS))]
        same = np.array([list(map(_close, mine, theirs)) for mine, theirs in zip(outputs, right, strict=True)])
        if same.all():
            return Answer(f"Right! {name} agrees with the library on {len(PROBLEMS)} random problems.", passed=True)
        wrong = list(~same.all(axis=1))
        said = self._recognised(outputs, np.flatnonzero(~same.all(axis=0)))
        said = said or next((text for text, where in IN_COMMON.items() if where == wrong), "The numbers are not right.")
        return Answer(f"Not yet. {said}\n{self._first_difference(outputs, right, same)}")

    def _check_call(self, function):
        if not callable(function):
            what = f"exercises.{self.name}.check wants your function itself, without (...)"
            raise _Wrong(f"{what}; it was given a {type(function).__name__}.")
        expected = list(self.arguments(_problem(*PROBLEMS[0])))
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError):
            return  # a function without Python source
        taken = list(signature.parameters)
        try:
            signature.bind(*expected)
            fits = taken == expected or sorted(taken) != sorted(expected)
        except TypeError:
            fits = False
        if not fits:
            raise _Wrong(f"Your function takes ({', '.join(taken)}), it is called with ({', '.join(expected)}).")

    def _output(self, function, n):
        """The parts of what a student's function returns on problem n, as arrays of the right shapes, or _Wrong."""
        d, I, N_T, _ = PROBLEMS[n]
        given, untouched = (self.arguments(_problem(*PROBLEMS[n])) for _ in range(2))
        lengths = {"d": d, "d + 1": d + 1, "I": I, "N_T": N_T, "N_T - 1": N_T - 1}
        lengths |= {"len(steps)": N_T, "len(dt) - 1": N_T - 1}
        try:
            value = _run(function, given.values())
            for name in given:
                if not _same(given[name], untouched[name]):
                    raise _Wrong(
                        f"You changed {name} in place, and whoever calls you still needs it: work on a copy. "
                        "(+= writes into the array it is given.)"
                    )
            parts = zip(self.parts.items(), self.split(value), strict=True)
            return [self._array(name, axes, part, lengths) for (name, axes), part in parts]
        except _Wrong as wrong:
            raise _Wrong(f"{wrong}\n({self._lengths(n)})") from None

    def _array(self, name, axes, value, lengths):
        try:
            a = np.asarray(value)
        except ValueError:
            raise _Wrong(f"{name} is not an array: its rows differ in length.") from None
        if a.dtype.kind in "iub" and name != "tries":
            raise _Wrong(f"{name} holds integers ({a.dtype}), which have no decimals: make the array with dtype float.")
        if a.dtype.kind not in "fiub":
            what = type(value).__name__ if a.dtype == object and a.ndim == 0 else f"{a.dtype} numbers"
            raise _Wrong(f"{name} is made of {what}, expected real numbers.")
        expected = tuple(lengths[length] for length in axes.values())
        if a.shape != expected:
            shape = f"{expected}, that is ({', '.join(axes.values())})" if axes else "a single number"
            message = f"{name} has shape {a.shape}, expected {shape}."
            if sorted(a.shape) == sorted(expected):
                message += " It looks transposed: time comes first, and each sample is a column."
            elif a.ndim == len(expected) > 0 and a.shape[1:] == expected[1:]:
                N_T, first = lengths["N_T"], next(iter(axes.values()))
                entries = {N_T: "N_T", N_T - 1: "N_T - 1"}.get(len(a), len(a)) if "k" in axes else len(a)
                message += f" It has {entries} entries, it should have {first}{self.note}."
            raise _Wrong(message)
        if not np.isfinite(a).all():
            where = tuple(np.argwhere(~np.isfinite(a))[0])
            raise _Wrong(f"{name} is {a[where]}{_at(axes, where)}: 0/0, an overflow, or an entry that was never set?")
        return a

    @cached_property
    def _mistakes(self):
        """[((old, new), what to say), ...]"""
        found, changes = [], []
        for line in textwrap.dedent(self.mistakes).strip().splitlines():
            if line.startswith(" "):
                found += [(change, line.strip()) for change in changes]
                changes = []
            else:
                changes.append(tuple(line.split(" -> ")))
        return found

    def _recognised(self, outputs, wrong):
        """What to say where these are the outputs of one mistake or of two: of all parts, or of each wrong one."""
        for number in (1, 2):
            if said := self._mistake(number, outputs, range(len(self.parts))):
                return said
            each = {list(self.parts)[p]: self._mistake(number, outputs, [p]) for p in wrong}
            if all(each.values()):
                return " ".join(f"In {part}: {said}" for part, said in each.items())
        return None

    def _mistake(self, number, outputs, parts):
        for mistakes in combinations(self._mistakes, number):
            changes = tuple(change for change, _ in mistakes)
            for n, mine in enumerate(outputs):
                theirs = _outputs(self, n, changes)
                if theirs is None or not all(_close(mine[p], theirs[p]) for p in parts):
                    break
            else:
                return " ".join(dict.fromkeys(said for _, said in mistakes))
        return None

    def _first_difference(self, outputs, right, same):
        n, p = np.argwhere(~same)[0]
        (name, axes), mine, theirs = list(self.parts.items())[p], outputs[n][p], right[n][p]
        error = np.abs(mine - theirs)
        differs = np.argwhere(error > _tolerance(mine) * np.abs(theirs).max())
        where = tuple(max(differs, key=lambda index: index[0]) if self.backwards else differs[0])
        text = f"The first difference{', going backwards' if self.backwards else ''}: {name}{_at(axes, where)} is "
        text += f"{mine[where]:.8g}, expected {theirs[where]:.8g}. ({self._lengths(n)})"
        if error.max() < 1e-4 * np.abs(theirs).max():
            text += "\nThat is close: did something pass through float32, or through a difference quotient?"
        return text

    def _lengths(self, n):
        d, I, N_T, activation = PROBLEMS[n]
        steps_only = "len(" in str(self.parts)
        lengths = f"{N_T} steps" if steps_only else f"d = {d}, I = {I}, N_T = {N_T}, {activation.name}"
        return f"Problem {n + 1} of {len(PROBLEMS)}: {lengths}."


@cache
def _changed(functions, changes):
    """The first of the library's functions, with these changes in the source of all."""
    source = "\n\n".join(map(inspect.getsource, functions))
    for old, new in changes:
        if old not in source:
            raise LookupError(f"{old!r} is not in the source of {functions[0].__name__}")
        source = source.replace(old, new)
    names = dict(vars(inspect.getmodule(functions[0])))
    exec(source, names)
    return names[functions[0].__name__]


@cache
def _outputs(exercise, n, changes=()):
    """What the library's function returns on problem n, in parts, after these changes; None where that fails."""
    arguments = exercise.arguments(_problem(*PROBLEMS[n])).values()
    try:
        with _quiet():
            value = exercise.call(_changed(exercise.functions, changes), *arguments)
        return [np.asarray(part) for part in exercise.split(value)]
    except Exception:  # two mistakes at once need not make sense
        return None


@contextmanager
def _quiet():
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _run(function, arguments):
    try:
        with _quiet():
            value = function(*arguments)
    except NotImplementedError:
        raise _NotAttempted from None
    except Exception as error:
        raise _Wrong(_what_was_raised(error, function)) from None
    if value is NotImplemented or value is ... or (value is None and _is_stub(function)):
        raise _NotAttempted
    if value is None:
        raise _Wrong("Your function returns None: is the return at its end missing?")
    return value


def _is_stub(function):
    """Whether the function ends in `...`, `pass`, `return None` or its docstring."""
    try:
        last = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0].body[-1]
    except (OSError, TypeError, SyntaxError, AttributeError):
        return False
    if isinstance(last, ast.Expr | ast.Return):
        return last.value is None or isinstance(last.value, ast.Constant)
    return isinstance(last, ast.Pass)


def _what_was_raised(error, function):
    """The error and the student's line that it came from, also where numpy or the library raised it."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    code = getattr(inspect.unwrap(function), "__code__", None)
    own = [frame for frame in frames if code and frame.filename == code.co_filename] or frames
    where = f" in line {own[-1].lineno}:\n    {own[-1].line or ''}".rstrip() + "\n" if own else ": "
    text = f"Your function stops{where}{type(error).__name__}: {error}"
    if "broadcast" in str(error):
        text += "\nThese shapes do not fit together. A vector b (d,) is added to each column of (d, I) as b[:, None]."
    return text


def _same(a, b):
    a, b = (getattr(value, "theta", value) for value in (a, b))
    return not isinstance(b, np.ndarray) or np.array_equal(a, b)


def _tolerance(a):
    """Relative: 1e-9, or what the precision of a float32 or float16 allows."""
    return max(1e-9, 50 * np.finfo(a.dtype).eps) if a.dtype.kind == "f" else 1e-9


def _close(a, b):
    return a.shape == b.shape and bool(np.abs(a - b).max() <= _tolerance(a) * np.abs(b).max())


def _at(axes, where):
    return " at " + ", ".join(f"{axis} = {n}" for axis, n in zip(axes, where, strict=True)) if axes else ""


def _weights(value):
    """V and b, of Weights or of a pair."""
    if isinstance(value, Weights):
        return [value.V, value.b]
    if isinstance(value, tuple | list) and len(value) == 2:
        return list(value)
    raise _Wrong("Return V and b: two arrays, or Weights(V, b).")


def _step(value):
    if not isinstance(value, tuple | list) or len(value) != 3:
        raise _Wrong("Return three things: the new weights, their gamma and the number of tries.")
    if not isinstance(value[0], Weights):
        raise _Wrong("The new weights must be Weights, such as Weights(V, b): node.train goes on with them.")
    return [*_weights(value[0]), *value[1:]]


def _theta_m_v(value):
    if not isinstance(value, tuple | list) or len(value) != 3:
        raise _Wrong("Return three arrays: the new theta, the new m and the new v.")
    return list(value)


def _given(*names):
    return lambda problem: {name: getattr(problem, name) for name in names}


STATES = {"k": "N_T", "row": "d", "sample": "I"}
ADJOINT = {"k": "N_T - 1", "row": "d", "sample": "I"}
V, B = {"k": "N_T - 1", "row": "d", "column": "d"}, {"k": "N_T - 1", "row": "d"}

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

tangent = Exercise(
    name="tangent",
    functions=(resnet.tangent,),
    arguments=_given("weights", "x", "dt", "activation", "direction"),
    parts={"x_tilde": STATES},
    mistakes="""
        np.zeros(x.shape, np.result_type(x, direction.theta)) -> x.copy()
            The tangent starts at 0: whatever the weights do, x_in stays where it is.
        V_hat @ activation.sigma(x[k]) -> 0
            The term with V_hat is missing.
        b_tilde[:, None] -> 0
            b_tilde is missing.
        A_x_tilde + source -> source
            The term V diag(sigma') x_tilde is missing.
        A_x_tilde + source -> A_x_tilde
            The source V_hat sigma(x) + b_tilde is missing.
        weights.V[k] @ (activation.dsigma(x[k]) * x_tilde[k]) -> activation.dsigma(x[k]) * (weights.V[k] @ x_tilde[k])
            diag(sigma') stands right of V: first sigma' times x_tilde, then V.
        activation.dsigma(x[k]) * x_tilde -> x_tilde
            The factor sigma'(x_k) is missing.
        activation.dsigma(x[k]) -> activation.sigma(x[k])
            You take sigma where sigma' (dsigma) is asked for.
        weights.V[k] @ -> weights.V[k].T @
            V looks transposed: that is for the adjoint.
        V_hat @ -> V_hat.T @
            V_hat looks transposed.
        V_hat @ activation.sigma(x[k]) -> V_hat @ x[k]
            sigma is missing: V_hat sigma(x_k), not V_hat x_k.
        V_hat @ activation.sigma(x[k]) -> V_hat @ activation.dsigma(x[k])
            V_hat meets sigma, not sigma'.
        activation.sigma(x[k]) -> activation.sigma(x[k + 1])
            The source has sigma(x_k), not sigma(x_{k+1}).
        activation.dsigma(x[k]) -> activation.dsigma(x[k + 1])
            sigma' is taken at x_k, not at x_{k+1}.
        dt * (A_x_tilde + source) -> (A_x_tilde + source)
            A factor dt is missing.
        dt * (A_x_tilde + source) -> dt * A_x_tilde + source
            A factor dt is missing at the source.
        x_tilde[k] + dt -> dt
            The old x_tilde_k is missing: Euler adds to it.
        x_tilde[k] + dt -> x_tilde[k] - dt
            The sign is wrong: x_tilde_k + dt (...).
        zip(direction.V, direction.b -> zip(weights.V, weights.b
            The source is made of the direction's V and b, not of the weights'.
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
    parts={"the remainder": {"number": "len(steps)"}},
    mistakes="""
        [abs( -> [(
            The absolute value is missing.
        - h * derivative) for -> - derivative) for
            The derivative is not multiplied by h.
        - h * derivative) for -> ) for
            The term h f' is missing: the change of f alone is of first order, whatever the derivative.
        - h * derivative) for -> + h * derivative) for
            The sign of h f' is wrong: it is subtracted.
        - h * derivative) for -> - h * derivative) / h for
            This is the error of the difference quotient, one power of h less: do not divide by h.
        h * direction) -> direction)
            You go the whole way each time: weights + h * direction.
        - f(weights) -> - 0
            f(weights) is missing.
        (weights + h -> (weights - h
            You step backwards: weights + h * direction.
        - f(weights) -> - f(weights - h * direction)
            This is the central difference: subtract f(weights), not f(weights - h * direction).
        for h in steps]) -> for h in steps]) ** 2
            The remainder is not squared, the absolute value is enough.
    """,
    hints=[
        "How well does the tangent line f + h f' predict f a step h further on?",
        "|f(w + h d) - f(w) - h f'| for each h, where f' is the number `derivative`.",
        "Weights add and scale: f(weights + h * direction) is the first of the three terms.",
    ],
    note=": one remainder for each h",
)

forward = Exercise(
    name="forward",
    functions=(resnet.forward,),
    arguments=_given("weights", "x_in", "dt", "activation"),
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
    arguments=_given("weights", "x", "y_out", "dt", "w1", "w2"),
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
    arguments=_given("weights", "x", "y_out", "dt", "w1", "activation"),
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
    arguments=_given("weights", "x", "phi", "dt", "w2", "activation"),
    parts={"the gradient in V": V, "the gradient in b": B},
    split=_weights,
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
    functions=(training.constant,),
    arguments=lambda p: {"weights": p.weights, "gradient": p.gradient, "gamma": 0.3 * p.dt},
    call=lambda constant, weights, gradient, gamma: constant(gamma)(None, weights, None, gradient, None)[0],
    parts={"the new V": V, "the new b": B},
    split=_weights,
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


def _step_arguments(p):
    if p.d in (1, 4):  # then there is no largest entry to divide by
        (p.gradient.V if p.d == 1 else p.gradient.b)[...] = 0
    gamma = {6: None, 5: 0.4, 4: 3.0, 3: 0.02, 2: 30.0}[p.N_T]
    return {"problem": p.problem, "weights": p.weights, "J": p.J, "gradient": p.gradient, "gamma": gamma}


step_rule = Exercise(
    name="step_rule",
    functions=(training.backtracking, training._first_accepted, training._largest_one),
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
    arguments=_given("weights", "x_in", "y_out", "samples", "dt", "w1", "w2", "activation"),
    parts={"the gradient in V": V, "the gradient in b": B},
    split=_weights,
    mistakes="""
        scale * data_part -> data_part
            The factor I/n is missing at the data part: n samples stand for all I.
        scale * data_part + w2 * dt * weights -> scale * (data_part + w2 * dt * weights)
            The penalty is scaled, too: it is no sum over samples, and is there once, whatever the batch.
        x_in.shape[1] / len(samples) -> 1 / len(samples)
            This is the mean over the batch. J is a sum over all I samples: I times the mean.
        x_in.shape[1] / len(samples) -> len(samples) / x_in.shape[1]
            The factor is upside down: I/n, not n/I.
        x_in.shape[1] / len(samples) -> len(samples)
            The factor is I/n, not n.
        x_in.shape[1] / len(samples) -> x_in.shape[1]
            The factor is I/n, not I: the data part sums n samples already.
        x_in[:, samples], y_out[:, samples] -> x_in[:, : len(samples)], y_out[:, : len(samples)]
            These are the first n samples: take those whose indices stand in samples.
        x_in[:, samples] -> x_in[:, : len(samples)]
            x_in is of other samples than y_out: take x_in[:, samples], too.
        y_out[:, samples] -> y_out[:, : len(samples)]
            y_out is of other samples than x_in: take y_out[:, samples], too.
        x_in[:, samples], y_out[:, samples] -> x_in, y_out; samples = range(x_in.shape[1])
            This is the full gradient, of all samples: take only the columns of x_in and y_out that samples names.
        x_in[:, samples], y_out[:, samples] -> x_in, y_out
            All samples are in it, times I/n: take only the columns of x_in and y_out that samples names.
        dt, 0.0, activation -> dt, w2, activation
            The penalty is there twice: gradient(...) has added it already.
        w2 * dt * weights -> 0 * weights
            The penalty is missing: + w2 dt V_k and + w2 dt b_k.
        w2 * dt * weights -> w2 * dt * len(samples) / x_in.shape[1] * weights
            The penalty has the factor n/I: it belongs to no sample, and is there as a whole.
        w2 * dt * weights -> w2 * weights
            A factor dt is missing at the penalty: w2 dt V_k and w2 dt b_k.
        w2 * dt * weights -> dt * weights
            w2 is missing at the penalty.
        + w2 * dt -> - w2 * dt
            The sign of the penalty is wrong.
        dt, w1, activation -> dt, 0.0, activation
            The running cost is missing: w1 goes to the adjoint.
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

adam_step = Exercise(
    name="adam_step",
    functions=(training.adam_step,),
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
        1 - beta1**t), v / (1 - beta2**t -> 1 - beta1 ** (t - 1)), v / (1 - beta2 ** (t - 1)
            t is one too small: it is the number of this step, which is 1 at the first.
        1 - beta1**t), v / (1 - beta2**t -> 1 - beta1 ** (t + 1)), v / (1 - beta2 ** (t + 1)
            t is one too large: it counts this step already.
        np.sqrt(v_hat) -> v_hat
            The root is missing: divide by sqrt(v_hat) + epsilon.
        np.sqrt(v_hat) + epsilon -> np.sqrt(v_hat + epsilon)
            epsilon stands outside of the root: sqrt(v_hat) + epsilon.
        (np.sqrt(v_hat) + epsilon) -> np.sqrt(v_hat) + epsilon
            Brackets are missing: epsilon belongs below the line, to sqrt(v_hat).
        (np.sqrt(v_hat) + epsilon) -> np.sqrt(v_hat)
            epsilon is missing.
        gamma, beta1, beta2, -> gamma, beta2, beta1,
        beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) -> beta2 * m + (1 - beta2) * g, beta1 * v + (1 - beta1)
        1 - beta1**t), v / (1 - beta2**t -> 1 - beta2**t), v / (1 - beta1**t
            beta1 and beta2 have changed places: beta1 belongs to m, beta2 to v.
        beta1 * m + (1 - beta1) * g, -> (1 - beta1) * m + beta1 * g,
        beta2 * v + (1 - beta2) * g -> (1 - beta2) * v + beta2 * g
            beta and 1 - beta have changed places: the old mean keeps the part beta.
        m, v = beta1 -> beta1, beta2, epsilon = 0.9, 0.999, 1e-8; m, v = beta1
            0.9, 0.999 and 1e-8 are written into it: take beta1, beta2 and epsilon as they are given.
        (1 - beta1) * g, -> g,
        (1 - beta2) * g -> g
            1 - beta is missing at the new term of a mean.
        g**2 -> g
            v is a mean of squares: g**2.
        g**2 -> (beta1 * m + (1 - beta1) * g) ** 2
            v is the mean of the squares of g, not of those of m.
        theta - gamma -> theta + gamma
            You go uphill: theta minus the step.
        theta - gamma -> -gamma
        theta - gamma -> gamma
            The old theta is missing: this is the step alone.
        gamma * m_hat -> m_hat
            gamma is missing.
        gamma * m_hat -> gamma * g
            The step goes along m_hat, the mean of the gradients, not along the last one.
        gamma * m_hat / (np.sqrt(v_hat) + epsilon) -> gamma * m_hat
            The division by sqrt(v_hat) + epsilon is missing.
    """,
    hints=[
        "Two running means, of g and of its squares, entry by entry. They start at zero, so at first are too small.",
        "m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2; m_hat = m / (1 - beta1^t), v_hat likewise; "
        "theta <- theta - gamma m_hat / (sqrt(v_hat) + epsilon).",
        "m = beta1 * m + (1 - beta1) * g makes a new array, and leaves the m that you were given as it was.",
    ],
)
