"""What a check, a hint and a solution answer, and what they leave alone."""

import html
import inspect
import re
import textwrap

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from test_mistakes import with_changes
from test_right import STYLES, every_exercise, written

from neuralode_lib import exercises, resnet
from neuralode_lib.exercises.problems import PROBLEMS, random_problem

STUBS = """...|pass|return|return None|return NotImplemented|raise NotImplementedError|'Only this.'|
raise NotImplementedError("later")|return ..."""


@every_exercise
@pytest.mark.parametrize("body", STUBS.split("|"))
def test_not_attempted_yet(name, body):
    head = textwrap.dedent(STYLES[name][0]).strip().splitlines()[0]
    answer = getattr(exercises, name).check(written(f"{head}\n    {body.strip()}"))
    function = head.split()[1].split("(")[0]
    assert repr(answer) == f"Not attempted yet: write {function}, then check again. exercises.{name}.hint() helps."
    assert not answer.passed


def check_forward(body, head="def my_forward(weights, x_in, dt, activation):"):
    """What is said about right states x, after the body has made something else of them."""
    source = f"{head}\n    x = list(right(weights, x_in, dt, activation))\n" + textwrap.indent(body, "    ")
    return exercises.forward.check(written(source, right=resnet.forward))


@pytest.mark.parametrize(
    "body, words",
    [
        ("return x", "Right!"),
        ("return np.array(x, np.float32)", "Right!"),
        ("return np.array(x, np.float16)", "Right!"),
        ("return np.array(x, '>f8')", "Right!"),
        ("x = 1", "returns None: is the return at its end missing?"),
        ("return np.array(x, complex)", "complex128 numbers, expected real numbers"),
        ("return np.array(x, object)", "object numbers, expected real numbers"),
        ("return np.array(x).astype(int)", "holds integers (int64)"),
        ("return np.array(x) > 0", "holds integers (bool)"),
        ("return [x[0], x[1][0]]", "x is not an array: its rows differ in length"),
        ("return 'x'", "x is made of <U1"),
        ("return weights", "x is made of Weights"),
        ("return {'x': x}", "x is made of dict"),
        ("return (state for state in x)", "x is made of generator"),
        ("return x[0]", "x has shape (3, 4), expected (6, 3, 4), that is (N_T, d, I)"),
        ("return []", "x has shape (0,)"),
        ("return 3.0", "x has shape ()"),
        (
            "return np.transpose(x, (0, 2, 1))",
            "(6, 4, 3), expected (6, 3, 4), that is (N_T, d, I). It looks transposed",
        ),
        ("return np.transpose(x, (1, 2, 0))", "It looks transposed: time comes first"),
        ("return x[1:]", "It has N_T - 1 entries, it should have N_T: x_in, and one more state after each layer."),
        ("return [*x, *x]", "It has 12 entries, it should have N_T"),
        ("x[1][-1, -1] = np.nan\nreturn x", "x is nan at k = 1, row = 2, sample = 3"),
        ("x[-1] = x[-1] / 0\nreturn x", "inf at k = 5, row = 0, sample = 0"),
        ("x[-1][-1, 1:] += 1\nreturn x", "x at k = 5, row = 2, sample = 1 is "),
        (
            "return x[:2] + [1.01 * state for state in x[2:]]",
            "The first difference: x at k = 2, row = 0, sample = 0 is ",
        ),
        ("return (1 + 1e-7) * np.array(x)", "was something rounded, made float32"),
        ("x_in[:] = 0\nreturn x", "You changed x_in in place"),
        ("weights.theta[0] = 0\nreturn x", "You changed weights in place"),
        ("return np.squeeze(x)", "Problem 4 of 6: d = 4, I = 1, N_T = 3, tanh"),
        ("return x[0][:, 0] + x[0][0]", "ValueError: operands could not be broadcast"),
    ],
)
def test_answers_to_forward(body, words):
    answer = check_forward(body)
    assert words in repr(answer) and answer.passed == (words == "Right!")


PULLED = "activation.dsigma(x[k]) * (weights.V[k].T @ phi[k])"
EACH_ITS_OWN, SUM = "Each sample has its own diag(sigma')", "phi[k].sum(axis=1)"


@pytest.mark.parametrize(
    "name, old, new, words",
    [
        ("adjoint", PULLED, "activation.dsigma(x[k]) * weights.V[k].T @ phi[k]", EACH_ITS_OWN),
        ("adjoint", PULLED, "(weights.V[k] * activation.dsigma(x[k])).T @ phi[k]", EACH_ITS_OWN),
        ("adjoint", PULLED, "(weights.V[k] @ activation.dsigma(x[k])).T @ phi[k]", EACH_ITS_OWN),
        ("gradient", "phi[k].sum(axis=1)", "phi[k]", SUM),
        ("gradient", "dt * phi[k].sum(axis=1) + w2 * dt * weights.b[k]", "(dt * phi + w2 * dt * weights.b)[k]", SUM),
        ("tangent", "[k][:, None]", "[k]  # diag(sigma') is in A_z", "A vector b (d,) is added to each column"),
    ],
)
def test_advice_fits_the_line(name, old, new, words):
    answer = getattr(exercises, name).check(written(with_changes(STYLES[name][0], old, new)))
    assert "operands could not be broadcast" in answer.text and words in answer.text


@pytest.mark.parametrize(
    "problem, words",
    [
        ("activation.name == 'relu'", "It is right for tanh, but not for relu: is tanh written into it?"),
        ("activation.name == 'tanh'", "It is right for relu, but not for tanh"),
        ("len(x_in) == 1", "It is right, except where d = 1."),
        ("x_in.shape[1] == 1", "It is right, except for a single sample, I = 1."),
        ("len(weights.V) == 1", "It is right, except for a single layer, N_T = 2."),
    ],
)
def test_what_the_wrong_problems_have_in_common_is_said(problem, words):
    assert words in repr(check_forward(f"return np.array(x) + 0.1 * ({problem})"))


def test_the_adjoint_is_compared_backwards():
    source = with_changes(STYLES["adjoint"][0], "return phi", "phi[-2:-1, -1, -1] += 1; phi[0] += 1; return phi")
    words = "The first difference, going backwards: phi at k = 3, row = 2, sample = 3 is"
    assert words in repr(exercises.adjoint.check(written(source)))


@pytest.mark.parametrize("given, kind", [(3, "an int"), (np.zeros((6, 3, 4)), "a ndarray"), ("my_forward", "a str")])
def test_something_else_than_a_function(given, kind):
    answer = exercises.forward.check(given)
    assert f"wants your function itself, without (...); it was given {kind}." in repr(answer)


def test_nothing_at_all():
    assert "check wants your function: exercises.forward.check(my_forward)." in repr(exercises.forward.check())


@pytest.mark.parametrize(
    "head", ["x_in, weights, dt, activation", "weights, x_in, dt", "weights, x_in, dt, activation, T"]
)
def test_other_arguments(head):
    answer = check_forward("return x", f"def my_forward({head}):")
    assert f"takes ({head}), it is called with (weights, x_in, dt, activation)" in repr(answer)


@pytest.mark.parametrize("head", ["W, x_in, dt, activation, T=1", "*all", "weights, x_in, *rest"])
def test_arguments_of_other_names_are_welcome(head):
    body = "    return resnet.forward(" + {"W": "W, x_in, dt, activation"}.get(head[0], head) + ")"
    assert exercises.forward.check(written(f"def f({head}):\n{body}", resnet=resnet)).passed


def test_functions_without_source_or_name():
    class Forward:
        def __call__(self, *arguments):
            return resnet.forward(*arguments)

    assert exercises.forward.check(Forward()).passed
    assert exercises.forward.check(lambda *arguments: resnet.forward(*arguments)).passed
    assert "returns None" in repr(exercises.forward.check(lambda *arguments: None))
    assert not exercises.observed_order.check(np.divide).passed


def test_an_exception_is_shown_with_the_students_line():
    shell = InteractiveShell()
    shell.run_cell("def helper(V, x):\n    return V @ x.T")
    shell.run_cell(
        "def my_forward(weights, x_in, dt, activation):\n"
        "    x = [x_in]\n"
        "    for V, b in zip(weights.V, weights.b):\n"
        "        x.append(dt * helper(V, x[-1]))  # the fourth line\n"
        "    return x"
    )
    text = repr(exercises.forward.check(shell.user_ns["my_forward"]))
    assert (
        "Your function stops in line 4:\n    x.append(dt * helper(V, x[-1]))  # the fourth line\nValueError: matmul"
        in text
    )
    shell.run_cell("def my_forward(weights, x_in, dt, activation):\n    return Weights(1, 2)")
    text = repr(exercises.forward.check(shell.user_ns["my_forward"]))
    assert "line 2:\n    return Weights(1, 2)\nNameError: name 'Weights' is not defined" in text
    shell.run_cell("def my_forward(weights, x_in, dt, activation):\n    ...")
    assert "Not attempted" in repr(exercises.forward.check(shell.user_ns["my_forward"]))


def test_an_interrupt_is_the_students():
    def my_forward(weights, x_in, dt, activation):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exercises.forward.check(my_forward)


@every_exercise
def test_nothing_that_the_student_holds_is_changed(name):
    """Neither what is returned, nor what is kept of the arguments; and one check does not spoil the next."""
    kept = []
    right = written(STYLES[name][1])

    def mine(*arguments):
        value = right(*arguments)
        kept.append((arguments, value, *map(snapshot, (arguments, value))))
        return value

    exercise = getattr(exercises, name)
    assert exercise.check(mine).passed and exercise.check(mine).passed
    for arguments, value, arguments_before, value_before in kept:
        assert snapshot(arguments) == arguments_before
        assert snapshot(value) == value_before


def snapshot(value):
    if isinstance(value, tuple | list):
        return [snapshot(each) for each in value]
    value = getattr(value, "theta", value)
    return value.tobytes() if isinstance(value, np.ndarray) else None


def test_whoever_spoils_the_arguments_does_not_spoil_the_next_check():
    def spoil(weights, x_in, dt, activation):
        weights.theta[...], x_in[...] = 0, 0
        return np.zeros((len(weights.V) + 1, *x_in.shape))

    assert "You changed weights in place" in repr(exercises.forward.check(spoil))
    assert exercises.forward.check(resnet.forward).passed


def test_the_random_numbers_of_the_student_stay_theirs():
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].tobytes()  # noqa: NPY002
    exercises.forward.check(resnet.forward)
    assert np.random.get_state()[1].tobytes() == before  # noqa: NPY002


@pytest.mark.filterwarnings("error")
def test_no_warning_reaches_the_notebook():
    check_forward("return np.array(x) / 0 + np.mean([])")
    exercises.gradient.check(written(with_changes(STYLES["gradient"][0], "dt *", "0.9 *")))


@every_exercise
def test_hints_are_graded_and_end(name, monkeypatch):
    exercise = getattr(exercises, name)
    monkeypatch.setattr(exercise, "hints_given", 0)
    hints = [repr(exercise.hint()) for _ in range(5)]
    assert [hint[:11] for hint in hints[:3]] == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3"]
    assert hints[3] == hints[4] and "There are no more hints" in hints[4]


@every_exercise
def test_the_solution_is_the_source_of_a_right_function(name):
    exercise = getattr(exercises, name)
    shown = repr(exercise.solution())
    for function in exercise.functions:
        assert shown.count(f"def {function.__name__}(") == 1 and "@" not in shown.split("def ")[0]
        assert inspect.getsource(function).partition("def ")[2].rstrip() in shown
    assert list(inspect.signature(exercise.functions[0]).parameters) == list(
        exercise.arguments(random_problem(*PROBLEMS[0]))
    )
    assert exercise.check(exercise.functions[0]).passed
    assert f"exercises.{name}.check" in repr(exercise)


def shown_as(answer):
    data, _ = DisplayFormatter().format(answer)
    return data


def test_the_solution_is_shown_as_python():
    shown = shown_as(exercises.euler_step.solution())
    assert set(shown) == {"text/plain", "text/markdown"}
    assert shown["text/markdown"] == f"```python\n{shown['text/plain']}\n```"
    assert "return x + dt * (V @ sigma(x) + b[:, None])" in shown["text/plain"]


@pytest.mark.parametrize("function, mark", [(resnet.forward, "✓"), (resnet.tangent, "✗")])
def test_an_answer_has_a_mark_that_is_more_than_a_colour(function, mark):
    shown = shown_as(exercises.forward.check(function))
    assert set(shown) == {"text/plain", "text/html"}
    assert shown["text/plain"].startswith({"✓": "Right!", "✗": "Not yet."}[mark])
    assert f">{mark}</span> {html.escape(shown['text/plain'])}</pre>" in shown["text/html"]
    badge = re.search("background: (#[0-9a-f]{6}); color: white", shown["text/html"])[1]
    assert contrast(badge, "#ffffff") > 4.5 and contrast(badge, "#111111") > 3 and contrast(badge, "#ffffff") > 3


def contrast(*colours):
    def luminance(colour):
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return parts @ np.array([0.2126, 0.7152, 0.0722])

    low, high = sorted(map(luminance, colours))
    return (high + 0.05) / (low + 0.05)


def test_hints_and_stubs_have_no_mark():
    assert set(shown_as(exercises.forward.hint())) == {"text/plain"}
    assert set(shown_as(exercises.forward.check(written("def my_forward(*arguments):\n    ...")))) == {"text/plain"}
