"""Running a student's function, and what is said about its exceptions."""

import ast
import inspect
import re
import textwrap
import traceback
import warnings
from contextlib import contextmanager
from functools import partial

import numpy as np


class Wrong(Exception):
    """What is wrong with a student's function."""


class NotAttempted(Exception):
    """The stub still stands."""


def run(function, arguments, sizes):
    """What the function returns; Wrong where it does not, NotAttempted where it is still a stub."""
    try:
        with quiet():
            value = function(*arguments)
    except (Exception, SystemExit) as error:
        if isinstance(error, NotImplementedError) and _is_stub(function):
            raise NotAttempted from None
        raise Wrong(_what_was_raised(error, function, sizes)) from None
    if value is None or value is ... or value is NotImplemented:
        if _is_stub(function):
            raise NotAttempted
        raise Wrong(f"Your function returns {value}: is the return at its end missing?")
    return value


@contextmanager
def quiet():
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", SyntaxWarning)  # of two mistakes at once, which need not make sense
        yield


def _in_python(function):
    """The function that is written in Python, inside of a wrapper, a partial or a class with __call__."""
    function = inspect.unwrap(function)
    if isinstance(function, partial):
        return _in_python(function.func)
    return function if hasattr(function, "__code__") else type(function).__call__


def _text(function):
    try:
        return textwrap.dedent(inspect.getsource(_in_python(function)))
    except (OSError, TypeError):
        return ""


def _is_stub(function):
    """Whether nothing stands in the function but `...`, `pass`, `return None`, `raise NotImplementedError` and text."""
    try:
        body = ast.parse(_text(function)).body[0].body
    except (SyntaxError, AttributeError, IndexError):
        return False
    return all(map(_says_nothing, body))


STUBS = {"pass", "return", "return None", "return ...", "return NotImplemented", "raise NotImplementedError"}


def _says_nothing(line):
    if isinstance(line, ast.Expr):
        return isinstance(line.value, ast.Constant)
    return ast.unparse(line).split("(")[0] in STUBS


def _what_was_raised(error, function, sizes):
    """The error, the student's line that it came from, also where numpy or the library raised it, and advice."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    code = getattr(_in_python(function), "__code__", None)
    own = [frame for frame in frames if code and frame.filename == code.co_filename] or frames
    line = (own[-1].line or "") if own else ""
    where = f" in line {own[-1].lineno}:\n    {line}".rstrip() + "\n" if own else ": "
    text = f"Your function stops{where}{type(error).__name__}: {error}"
    return "\n".join(filter(None, [text, _advice(error, line, re.sub("#.*", "", _text(function)), **sizes)]))


def _advice(error, line, source, d, I, N_T):
    """What helps against the exceptions that are typical here, or nothing."""
    text = str(error)
    if isinstance(error, SystemExit):
        return "exit() and quit() end Python: leave them out."
    if "of 'Weights' object has no setter" in text:
        return "Weights are not changed: weights - gamma * gradient makes new ones, and so does Weights(V, b)."
    if isinstance(error, TypeError) and "NoneType" in text and "gamma" in line:
        return "In the first iteration there is no last gamma: gamma is None."
    if "'Activation' object is not callable" in text:
        return "sigma is activation.sigma, and sigma' is activation.dsigma."
    if "'Weights' object is not subscriptable" in text:
        return "V and b of layer k are weights.V[k] and weights.b[k]."
    if "numpy.ndarray" in text and "'Weights'" in text:
        return "Weights are multiplied by one number: take the numbers one after the other."
    if "converted to Python scalars" in text and "math." in line:
        return "math.log takes a single number, np.log an array."
    if "bitwise_xor" in text:
        return "a**2 is the square of a: ^ is no power in Python."
    if "is read-only" in text:
        return "Whoever calls you still needs what you are given: work on a copy."
    if isinstance(error, IndexError) and N_T and re.search(rf"size ({N_T}|{N_T - 1})$", text):
        return f"There are N_T = {N_T} states, x[0] to x[N_T - 1], and N_T - 1 layers, V[0] to V[N_T - 2]."
    if "is nan" in text or "is inf" in text:
        return "A division by zero? A gradient, or a part of it, may be zero."
    return _advice_on_shapes(text, line, source, d, I, N_T) if d else ""


EACH_ITS_OWN = (
    "Each sample has its own diag(sigma'): for all at once, diag(sigma') times a (d, I) array is the product entry by "
    "entry, dsigma(x) * (...). Mind the brackets: * and @ are worked out from left to right."
)


def _advice_on_shapes(text, line, source, d, I, N_T):
    broadcast, matmul = "operands could not be broadcast" in text, "matmul" in text or "not aligned" in text
    if (broadcast or matmul) and "diag(" in source:
        return f"np.diag takes the diagonal out of a (d, I) array. {EACH_ITS_OWN}"
    if matmul and re.search(r"\b(\w+)(\.T)? @ \1\b", line):
        return "@ is the matrix product: the squares of all entries are a**2, or a * a."
    if matmul:
        return (
            "Each sample is a column, so V stands left: V @ (...). The product of two (d, I) arrays, summed over the "
            "samples, is A @ B.T."
        )
    shapes = [tuple(map(int, re.findall(r"\d+", shape))) for shape in re.findall(r"\(([\d, ]*)\)", text)]
    if not broadcast or len(shapes) != 2:
        return ""
    a, b = shapes
    if ((d, d) in shapes and "dsigma" in line) or re.search(r"@ *[\w.]*dsigma\(", source):
        return EACH_ITS_OWN
    if "phi" in line and {a, b} in ({(d, I), (d,)}, {(N_T - 1, d, I), (N_T - 1, d)}):
        return "phi has a column for each sample. The gradient in b is their sum: phi[k].sum(axis=1)."
    if len(a) == len(b) == 2 and a[1] == b[0] == d and "*" in line:
        return "* multiplies entry by entry, @ is the matrix product."
    if (d, I) in shapes and {(d,), (1, d)} & {*shapes}:
        return "A vector b (d,) is added to each column of (d, I) as b[:, None]."
    if {a[0], b[0]} == {N_T, N_T - 1} and a[1:] == b[1:]:
        return "There are N_T states, and one layer less: x[:-1] are the states that a layer starts from."
    if len(a) == len(b) and all(p == q or {p, q} == {d, I} for p, q in zip(a, b, strict=True)):
        return f"One of them has d = {d} entries where the other has I = {I}: is a sum over the wrong axis?"
    return ""


def a_or_an(value):
    name = type(value).__name__
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"
