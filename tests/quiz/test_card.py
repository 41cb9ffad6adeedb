"""The quiz: keys that are computed, answers in text, the widgets' callbacks, and the notebooks that ask."""

import re
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import jupytext
import numpy as np
import oracles
import pytest
from IPython.core.formatters import DisplayFormatter
from scipy.integrate import quad

from neuralode_lib import Weights, quiz
from neuralode_lib.questions import (
    Checkpoints,
    GradientWays,
    LackingFactor,
    Network,
    OneLayer,
    OneSample,
    PlanarNetworks,
    RandomFlows,
    separable,
)

SCRIPTS = sorted(Path(__file__).parents[1].glob("notebooks/scripts/*.py"))
every_question = pytest.mark.parametrize("id", quiz.ids())


# The keys


def test_the_two_questions_of_the_slides():
    assert quiz.question("B6").right == {"C"}
    assert quiz.question("B7").right == {"B", "D"}


def test_there_are_enough_questions_and_an_unknown_one_is_named():
    assert len(quiz.ids()) >= 15
    with pytest.raises(
        ValueError, match=r"no question 'B8', expected one of A-zero, .*B6, B7.*D-memory"
    ):
        quiz.question("B8")
    assert quiz.question("B6") is quiz.question("B6")


@every_question
def test_key_holds_on_other_problems(id):
    question = quiz.question(id)
    assert question.right and question.right < set(question.letters)
    assert question.key(seeds=(11, 12, 13)) == question.right
    assert question.key(seeds=(21,)) == question.right


def with_value(question, letter, value):
    options = list(question.options)
    n = question.letters.index(letter)
    options[n] = replace(options[n], value=value)
    return replace(question, options=tuple(options))


@every_question
def test_another_function_makes_another_key(id):
    """Right options with another sign or shape are wrong; wrong ones that evaluate to the asked are right."""
    question = quiz.question(id)
    for letter, option in zip(question.letters, question.options, strict=True):
        if letter in question.right:
            for spoil in (
                lambda value: -np.float64(value),
                lambda value: [value],
                lambda value: value * np.nan,
            ):
                planted = with_value(
                    question, letter, lambda p, v=option.value, spoil=spoil: spoil(v(p))
                )
                assert letter not in planted.key(seeds=(1,))
        elif option.value is not None:
            planted = with_value(question, letter, question.asked)
            assert planted.key(seeds=(1,)) == question.right | {letter}


@every_question
def test_swapped_options_swap_the_key(id):
    question = quiz.question(id)
    right = min(question.right)
    wrong = next(
        c
        for c, o in zip(question.letters, question.options, strict=True)
        if o.value and c not in question.right
    )
    values = {c: question.options[question.letters.index(c)].value for c in (right, wrong)}
    swapped = with_value(with_value(question, right, values[wrong]), wrong, values[right])
    assert swapped.key(seeds=(1,)) == question.right - {right} | {wrong}


@pytest.mark.parametrize("id", ["B6", "C-ring", "D-fold"])
def test_none_of_these_is_right_where_no_other_is(id):
    question = quiz.question(id)
    for letter in question.right:
        question = with_value(question, letter, lambda problem: np.zeros(7))
    assert question.key(seeds=(1,)) == {"E"}


def test_no_key_is_written_down():
    source = Path(quiz.__file__).with_name("questions.py").read_text(encoding="utf-8")
    assert not re.search(r"""["'][A-E]["']""", source)


# What is asked, by means that share no code with the library


@pytest.fixture(scope="module")
def ode():
    """Non-symmetric V(t), one sample, w1 about 1, in continuous time."""
    return oracles.NeuralODE(
        V=lambda t: np.array([[np.cos(3 * t), -2.0], [1.0, np.sin(2 * t)]]),
        b=lambda t: np.array([np.sin(t), -1.0]),
        x_in=np.array([[0.5], [-0.3]]),
        y_out=np.array([[2.0], [1.0]]),
        T=1.3,
        w1=1.1,
        w2=0.0,
    )


def test_B6_and_B7_in_continuous_time(ode):
    """The slide's options with integrals by quadrature give the keys that the sums on a grid give."""

    def b_tilde(t):
        return np.array([np.cos(2 * t), 1 - t])

    x_tilde = ode._solve(lambda t, z: ode.A(t, 0) @ z + b_tilde(t), np.zeros(2), (0, ode.T))
    T, phi, e, w1 = ode.T, lambda t: ode.phi(t)[:, 0], lambda t: ode.error(t)[:, 0], ode.w1

    def integral(f):
        return quad(f, 0, T, epsabs=1e-11, epsrel=1e-11)[0]

    asked = phi(T) @ x_tilde(T) - phi(0) @ x_tilde(0)
    first = integral(lambda t: (ode.A(t, 0).T @ phi(t) + w1 * e(t)) @ x_tilde(t))
    second = integral(lambda t: phi(t) @ (ode.A(t, 0) @ x_tilde(t) + b_tilde(t)))
    running = integral(lambda t: w1 * e(t) @ x_tilde(t))
    source = integral(lambda t: phi(t) @ b_tilde(t))
    miss = e(T)
    options = {
        "B6": [0.0, miss, miss @ x_tilde(T), -miss @ x_tilde(T)],
        "B7": [first + second, -first + second, running + source, -running + source],
    }
    for id, values in options.items():
        same = {
            c
            for c, v in zip("ABCD", values, strict=True)
            if np.shape(v) == () and np.isclose(v, asked, rtol=1e-8)
        }
        assert same == quiz.question(id).right


@pytest.mark.parametrize("case", [Network, OneSample])
def test_the_problems_are_what_they_say(case):
    """States, adjoint and gradient by loops and the complex step; V not symmetric; w1 about 1; few layers."""
    c = case(5)
    p, sigma = c.problem, np.tanh

    def J(V, b):
        return oracles.cost(
            V, b, oracles.states(V, b, p.x_in, p.dt, sigma), p.y_out, p.dt, p.w1, p.w2
        )

    x = oracles.states(c.V, c.b, p.x_in, p.dt, sigma)
    phi = oracles.adjoint(c.V, x, p.y_out, p.dt, p.w1, lambda x: 1 / np.cosh(x) ** 2)
    V, b = oracles.complex_step_gradient(J, c.V, c.b)
    np.testing.assert_allclose(c.x.reshape(x.shape), x, rtol=1e-12)
    np.testing.assert_allclose(c.phi.reshape(phi.shape), phi, rtol=1e-10)
    np.testing.assert_allclose(c.referee.V, V, rtol=1e-10)
    np.testing.assert_allclose(c.referee.b, b, rtol=1e-10)
    assert np.abs(c.V - c.V.transpose(0, 2, 1)).max() > 0.5
    assert 0.8 < p.w1 < 1.2 and p.w1 != 1 and p.N_T < 9 and p.dt != 1


def test_separable():
    angle = np.linspace(0, 2 * np.pi, 20)
    circle = np.array([np.cos(angle), np.sin(angle)])
    assert not separable(0.4 * circle, circle)
    assert separable(0.4 * circle, circle + np.array([[1.5], [0]]))
    half = circle[:, circle[0] > 0]  # surrounds nothing, but holds a point of the disk
    assert not separable(0.4 * circle, np.hstack([half, [[-0.2], [0]]]))
    lifted = np.vstack([circle, np.ones(20)])
    assert separable(np.vstack([circle, np.zeros(20)]), lifted)


def test_planar_flow_keeps_the_disk_in_the_ring():
    """The ring's image winds once round the image of the disk's centre: a count that knows no convex hulls."""
    angle = np.linspace(0, 2 * np.pi, 4000)
    rng = np.random.default_rng(0)
    for _ in range(10):
        points = np.hstack([[np.cos(angle), np.sin(angle)], np.zeros((2, 1))])
        for _ in range(20):
            V = rng.standard_normal((2, 2))
            points = (
                points
                + 0.6 * V / np.linalg.norm(V, 2) @ np.maximum(points, 0)
                + rng.standard_normal((2, 1))
            )
        ring = points[:, :-1] - points[:, -1:]
        winding = np.unwrap(np.arctan2(ring[1], ring[0]))
        assert round((winding[-1] - winding[0]) / (2 * np.pi)) == 1
    assert RandomFlows(1).separates(d=3) and not RandomFlows(1).separates(d=2)


def test_the_estimates_that_lack_the_factor():
    """Their mean over all pairs of samples, and J summed up sample by sample: both by loops and the complex step."""
    c = LackingFactor(5)
    p = c.problem

    def J(V, b, samples, w2):
        x = oracles.states(V, b, p.x_in[:, samples], p.dt, np.tanh)
        return oracles.cost(V, b, x, p.y_out[:, samples], p.dt, p.w1, w2)

    def gradient(samples, w2):
        V, b = oracles.complex_step_gradient(lambda V, b: J(V, b, list(samples), w2), c.V, c.b)
        return np.concatenate([V, b[:, :, None]], axis=2)

    mean = np.mean([gradient(pair, p.w2) for pair in combinations(range(p.I), 2)], axis=0)
    np.testing.assert_allclose(c.mean_estimate, mean / np.linalg.norm(mean), rtol=1e-9)
    np.testing.assert_allclose(mean, gradient(range(p.I), 4 * p.w2) / 4, rtol=1e-9, atol=1e-12)


def test_the_noise_floor_stays_what_it_is_on_average_over_all_batches():
    """The covariance after one step more, by the library's estimates from each of the C(6, 2) batches."""
    c = OneLayer(1, I=6)
    p, gamma, n = c.problem, 0.3 / np.linalg.norm(c.H, 2), 2

    def g(theta, batch):
        weights = Weights.from_theta(theta.reshape(1, 1, 2))
        return p.cost_and_gradient(weights, samples=batch)[1].theta.ravel()

    np.testing.assert_allclose(g(c.minimum, range(6)), 0, atol=1e-12)
    C, after = c.covariance(gamma, n), []
    for batch in map(list, combinations(range(6), n)):
        noise = g(c.minimum, batch)
        M = np.eye(2) - gamma * np.transpose([g(c.minimum + e, batch) - noise for e in np.eye(2)])
        after.append(M @ C @ M.T + gamma**2 * np.outer(noise, noise))
    np.testing.assert_allclose(np.mean(after, axis=0), C, rtol=1e-10)


def test_the_noise_floor_is_a_quarter_of_gamma_times_the_variance():
    """And J - min J is on average that, in many runs at once."""
    c = OneLayer(2, I=50)
    rng, gamma, n = np.random.default_rng(0), 0.02 / np.linalg.norm(c.H, 2), 5
    formula = gamma / 4 * np.mean(np.sum(c.g_of**2, axis=1)) / n * (50 - n) / 49
    assert c.floor(gamma, n) == pytest.approx(formula, rel=0.05)
    theta, floors = np.tile(c.minimum, (2000, 1)), []
    for step in range(1000):
        batches = rng.random((2000, 50)).argpartition(n, axis=1)[:, :n]
        away = theta - c.minimum
        g = c.g_of[batches].mean(axis=1) + np.einsum("rab,rb->ra", c.H_of[batches].mean(axis=1), away)
        theta = theta - gamma * g
        if step >= 500:
            floors.append(np.einsum("ra,ab,rb->r", away, c.H, away).mean() / 2)
    assert np.mean(floors) == pytest.approx(c.floor(gamma, n), rel=0.05)


def test_the_networks_in_the_plane_fold_or_do_not():
    """det(I + dt V diag(sigma')) keeps its sign all over the plane, or has both."""
    c, x = PlanarNetworks(3), np.linspace(-4, 4, 81)
    dsigma = 1 / np.cosh(np.array(np.meshgrid(x, x))) ** 2

    def least_and_largest(networks):
        dt_V = np.concatenate([theta[:, :, :2] for theta in networks])
        jacobian = np.eye(2)[:, :, None, None] + dt_V[:, :, :, None, None] * dsigma
        det = jacobian[:, 0, 0] * jacobian[:, 1, 1] - jacobian[:, 0, 1] * jacobian[:, 1, 0]
        return det.min(axis=(1, 2)), det.max(axis=(1, 2))

    for networks in (c.flows(), c.one_to_one(100), c.one_to_one(3)):
        assert np.all(least_and_largest(networks)[0] > 0)
    least, largest = np.reshape(least_and_largest(c.large_steps()), (2, -1, 3))
    assert np.all(least[:, 0] == 1) and np.all(least[:, 1:] < 0) and np.all(largest > 0)


def test_ways_to_the_gradient_are_those_they_are_said_to_be():
    """Three of them are apart from the gradient of J by an order of dt; the accurate one agrees with quadrature."""
    for way in ("euler", "accurate", "reversed"):
        errors = []
        for K in (64, 128):
            c = GradientWays(1, K)
            found = c.discrete(c.reversed()) if way == "reversed" else getattr(c, way)()
            exact = c.problem.cost_and_gradient(c.weights)[1].theta
            errors.append(np.linalg.norm(found - exact) / np.linalg.norm(exact))
        assert np.log2(errors[0] / errors[1]) == pytest.approx(1, abs=0.15), way
    c = GradientWays(1)
    p = c.problem
    ode = oracles.NeuralODE(
        lambda t: c.theta(t)[:, :2], lambda t: c.theta(t)[:, 2], p.x_in, p.y_out, p.T, p.w1, p.w2
    )
    for k, t in enumerate(p.t[:-1]):
        s = np.vstack([np.tanh(ode.x(t)), np.ones(p.I)])
        np.testing.assert_allclose(c.accurate()[k], p.dt * (ode.phi(t) @ s.T + p.w2 * c.theta(t)), rtol=1e-7)


def test_checkpoints_give_the_gradient():
    for seed in range(5):
        c = Checkpoints(seed)
        exact = c.problem.cost_and_gradient(c.weights)[1].theta
        np.testing.assert_allclose(c.gradient, exact, rtol=1e-11)
        assert c.N % c.m == 0 and c.N // c.m != c.m


# Answers in text


@pytest.mark.parametrize("answer", [("C",), ("c",), (" C ",), ({"C"},), (["C", "C"],), ("CC",)])
def test_right(answer):
    text = quiz.question("B6").check(*answer)
    assert text.startswith("**Right.**\n\n**C** uses both conditions")


@pytest.mark.parametrize("answer", [("B", "D"), ("BD",), ("b, d",), ({"D", "B"},), (("B",), "D")])
def test_all_right_letters(answer):
    text = quiz.question("B7").check(*answer)
    assert text.startswith("**Right.**") and "**B** is" in text and "**D** is" in text


def test_one_of_two_right_letters_asks_for_the_other():
    text = quiz.question("B7").check("B")
    assert (
        text.startswith("**Right, but not all:** another letter is right, too.")
        and "**B** is" in text
    )
    assert "**D**" not in text


def test_wrong_letters_get_their_feedback():
    text = quiz.question("B7").check("A", "B", "C")
    assert (
        text.startswith("**Not yet.**") and "**A** has the right pieces and the wrong sign" in text
    )
    assert (
        "**C** has lost the minus" in text
        and text.endswith("**B is right.**")
        and "**D**" not in text
    )


def test_a_vector_where_a_number_is_asked_is_told():
    question = quiz.question("B6")
    assert "**B** is a vector of 3 entries where a number is asked for. It is" in question.check(
        "B"
    )
    assert "a vector" not in question.check("D")


@pytest.mark.parametrize(
    ("answer", "came"),
    [
        ((), "empty"),
        (("F",), "'F'"),
        (("B", "X"), "'B', 'X'"),
        (("",), "''"),
        ((3,), "3"),
        ((None,), "None"),
    ],
)
def test_nonsense_is_named(answer, came):
    with pytest.raises(
        ValueError,
        match=re.escape(f"the answer is {came}, expected one or several of the letters A, B"),
    ):
        quiz.question("B7").check(*answer)


def test_letters_end_where_the_options_end():
    quiz.question("B6").check("E")
    with pytest.raises(ValueError, match=r"letters A, B, C, D$"):
        quiz.question("B7").check("E")


@every_question
def test_hints_come_one_after_the_other(id):
    question = replace(quiz.question(id))
    n = len(question.hints)
    assert 1 <= n <= 3
    given = [question.hint() for _ in range(n + 1)]
    assert given[0] == given[n] == f"**Hint 1 of {n}.** {question.hints[0]}"
    assert len(set(given)) == n


@every_question
def test_solution_shows_what_was_computed(id):
    question = quiz.question(id)
    text = question.solution()
    assert text.startswith(f"**{' and '.join(sorted(question.right))} ")
    rows = dict(re.findall(r"\*\*([A-E])\*\*: (.*?)(?: · |$)", text.splitlines()[-1]))
    assert set(rows) == {
        c for c, o in zip(question.letters, question.options, strict=True) if o.value
    }
    assert {
        letter for letter, row in rows.items() if row.endswith("← right")
    } == question.right & set(rows)


@every_question
def test_texts_are_well_formed(id):
    """Mathematics closed, feedback continues after its letter, HTML without leftovers of Markdown."""
    question = quiz.question(id)
    feedback = question._feedback(set(question.letters))
    assert len({o.feedback for o in question.options}) == len(question.options)
    for option in question.options:
        assert option.feedback[0].islower() and option.feedback[-1] in ".?"
    for text in [question.markdown(), question.solution(), question.hint(), *feedback]:
        assert text.count("$") % 2 == 0 and text.count("`") % 2 == 0 and text.count("**") % 2 == 0
        assert text.count("{") == text.count("}") and "\n " not in text
        outside = re.sub(r"\$.+?\$|<code>.*?</code>|<.*?>", "", quiz._html(text).replace("$$", "$"))
        assert not re.search(r"[*`$\\]", outside), outside


def test_text_prints_as_it_is_and_renders_in_notebooks():
    text = quiz.question("B6").check("C")
    assert repr(text) == str(text) == text._repr_markdown_() and isinstance(text, str)


def test_html_leaves_mathematics_alone():
    text = "**A** is *less*: $a < b * c * d$ and `x<y * 2`\n\n**two**"
    first, second = re.findall("<p.*?>(.*?)</p>", quiz._html(text))
    assert first == "<b>A</b> is <i>less</i>: $a &lt; b * c * d$ and <code>x&lt;y * 2</code>"
    assert second == "<b>two</b>"


# In the notebooks


def asked_in(script):
    """[(id, the Markdown above)] of each question's cell."""
    cells = jupytext.read(script).cells
    for above, cell in zip([None, *cells], cells, strict=False):
        if cell.cell_type == "code" and "quiz.question(" in cell.source:
            yield re.fullmatch(r'quiz\.question\("([\w-]+)"\)', cell.source)[1], above


def test_every_question_stands_in_one_notebook_below_its_own_text():
    asked = [pair for script in SCRIPTS for pair in asked_in(script)]
    assert [id for id, _ in asked] == quiz.ids()
    for id, above in asked:
        assert above.cell_type == "markdown" and above.source == quiz.question(id).markdown(), id


def test_the_id_says_in_which_notebook():
    for script in SCRIPTS:
        letter = script.stem[2].upper()
        assert all(id.startswith(letter) for id, _ in asked_in(script))


# The widgets


@pytest.fixture
def card():
    return quiz._Card(replace(quiz.question("B7")))


def test_card_checks_the_chosen_letters(card):
    card.buttons["Check"].click()
    assert "Choose at least one letter" in card.answer.value
    card.toggles["B"].value = True
    card.buttons["Check"].click()
    assert (
        "Right, but not all" in card.answer.value and card.toggles["B"].style.font_weight == "bold"
    )
    card.toggles["D"].value = True
    card.buttons["Check"].click()
    assert card.answer.value == quiz._html(quiz.question("B7").check("BD"))
    card.toggles["A"].value = True
    card.buttons["Check"].click()
    assert "Not yet" in card.answer.value
    card.toggles["A"].value = False
    assert card.toggles["A"].style.font_weight == ""


def test_card_hints_and_solution(card):
    for n in (1, 2, 3, 1):
        card.buttons["Hint"].click()
        assert f"Hint {n} of 3" in card.answer.value
    card.buttons["Solution"].click()
    assert "B and D are right" in card.answer.value


def test_card_shows_an_exception(card):
    def broken(problem):
        raise ZeroDivisionError("a < b")

    card.question = with_value(card.question, "A", broken)
    card.toggles["A"].value = True
    for button in ("Check", "Solution"):
        card.buttons[button].click()
        assert card.answer.value == "<b>ZeroDivisionError</b>: a &lt; b"


def test_showing_a_card_computes_nothing():
    question = replace(quiz.question("C-ring"))
    question.widget()
    assert "right" not in vars(question) and not question._evaluations


def test_poll_counts_draws_and_reveals():
    poll = quiz.question("B7").poll()
    for letter, times in {"A": 3, "B": 1}.items():
        for _ in range(times):
            poll.plus[letter].click()
    poll.votes["D"].value = 4
    assert [poll.votes[c].value for c in "ABCD"] == [3, 1, 0, 4]
    assert [re.sub("<.*?>", "", poll.bars[c].value).strip() for c in "ABCD"] == [
        "3 (38 %)",
        "1 (12 %)",
        "0 (0 %)",
        "4 (50 %)",
    ]
    widths = [float(re.search(r"width:([\d.]+)em", poll.bars[c].value)[1]) for c in "ABCD"]
    np.testing.assert_allclose(widths, np.array([3, 1, 0, 4]) * widths[3] / 4)
    assert not any("right" in poll.bars[c].value for c in "ABCD") and poll.answer.value == ""
    poll.buttons["Reveal"].click()
    assert [c for c in "ABCD" if "✓ right" in poll.bars[c].value] == ["B", "D"]
    assert all(f"<b>{c}</b>" in poll.answer.value for c in "ABCD")
    poll.buttons["Clear"].click()
    assert [poll.votes[c].value for c in "ABCD"] == [0, 0, 0, 0] and poll.answer.value == ""
    assert not any("right" in poll.bars[c].value for c in "ABCD")


def test_poll_shows_an_exception():
    poll = with_value(quiz.question("B7"), "A", lambda problem: 1 / 0).poll()
    poll.buttons["Reveal"].click()
    assert "ZeroDivisionError" in poll.answer.value


def descendants(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from descendants(child)


@pytest.mark.parametrize("make", [quiz.Question.widget, lambda q: q.poll().box])
def test_controls_are_labelled_core_widgets_of_fixed_height(make):
    controls = list(descendants(make(quiz.question("B6"))))
    for widget in controls:
        assert widget._model_module in ("@jupyter-widgets/controls", "@jupyter-widgets/base")
        if (
            hasattr(widget, "description")
            and hasattr(widget, "tooltip")
            and "HTML" not in type(widget).__name__
        ):
            assert widget.description and widget.tooltip, widget
    (answer,) = [w for w in controls if type(w).__name__ == "HTMLMath"]
    assert answer.layout.height and answer.layout.overflow == "auto"


@pytest.mark.parametrize("make", [lambda: quiz.question("B6"), lambda: quiz.question("B6").poll()])
def test_stored_text_is_one_sentence_that_never_changes(make):
    first, second = (DisplayFormatter().format(make())[0] for _ in range(2))
    assert set(first) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert first["text/plain"] == second["text/plain"] == repr(make())
    assert "\n" not in first["text/plain"] and "0x" not in first["text/plain"]


def test_import_stays_light():
    code = "import sys, neuralode_lib.quiz; print({'ipywidgets', 'neuralode_lib.questions'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
