"""The detective lab: each fault can be told from the others, none of them is right, and the answers are fair."""

from itertools import combinations

import numpy as np
import oracles
import pytest
from checks import CASE, assert_close

from neuralode_lib import TrainingProblem, Weights, relu, tanh
from neuralode_lib.exercises import detective
from neuralode_lib.exercises.detective import CASES, FAULTS, gradient

PROBLEM = TrainingProblem(CASE.x_in, CASE.y_out, 1.7, len(CASE.V) + 1, CASE.w1, CASE.w2, tanh)
WEIGHTS = Weights(CASE.V, CASE.b)


def difference(one, other, problem=PROBLEM, weights=WEIGHTS):
    a, b = (gradient(problem, weights, fault).theta for fault in (one, other))
    return np.linalg.norm(a - b) / np.linalg.norm(b)


def fault_of(case):
    """By experiment: which of the gradients is it?"""
    found = detective.case(case.number).gradient(PROBLEM, WEIGHTS).theta
    (name,) = [f for f in FAULTS if np.allclose(gradient(PROBLEM, WEIGHTS, f).theta, found, rtol=1e-12)]
    return name


def test_without_a_fault_it_is_the_gradient():
    V, b = oracles.complex_step_gradient(CASE.cost, CASE.V, CASE.b)
    assert_close(gradient(PROBLEM, WEIGHTS, "nothing").V, V)
    assert_close(gradient(PROBLEM, WEIGHTS, "nothing").b, b)


@pytest.mark.parametrize(("one", "other"), list(combinations(FAULTS, 2)))
def test_at_random_weights_any_two_faults_differ(one, other):
    assert difference(one, other) > 0.01


def problem(d=3, N_T=5, w1=1.0, w2=1.0):
    return TrainingProblem(CASE.x_in[:d], CASE.y_out[:d], N_T=N_T, w1=w1, w2=w2, activation=tanh)


BLIND = {
    "d = 1": (problem(d=1), {"transpose", "outer"}),
    "w1 = 0": (problem(w1=0.0), {"w1"}),
    "w2 = 0": (problem(w2=0.0), {"w2", "dt"}),
    "one layer": (problem(N_T=2), {"transpose", "sigma", "w1", "dt"}),  # of length dt = 1
}


@pytest.mark.parametrize("where", BLIND)
def test_an_experiment_does_not_see_what_it_leaves_out(where):
    chosen, unseen = BLIND[where]
    weights = Weights.random(chosen.N_T, chosen.d, 1.0, np.random.default_rng(0))
    same = {fault for fault in FAULTS if difference(fault, "nothing", chosen, weights) < 1e-12}
    assert same == unseen | {"nothing"}


def test_the_cases_are_different_and_one_may_be_right():
    found = [fault_of(detective.case(n)) for n in range(1, CASES + 1)]
    assert len(set(found)) == CASES < len(FAULTS)
    assert "nothing" in found


@pytest.mark.parametrize("number", range(1, CASES + 1))
def test_the_right_accusation_after_a_good_experiment(number):
    case = detective.case(number)
    case.gradient(PROBLEM, WEIGHTS)
    answer = case.accuse(fault_of(case))
    assert answer.passed and "after 1 experiment:" in answer.text and answer.text.endswith("Nothing else fits.")


def test_wrong_accusations_are_counted():
    case = case_with("w1")
    case.gradient(PROBLEM, WEIGHTS)
    for wrong in ("dt", "w2", "dt"):
        assert not case.accuse(wrong).passed
    assert "after 1 experiment and 2 wrong accusations: " in case.accuse("w1").text


def case_with(fault):
    return next(case for case in map(detective.case, range(1, CASES + 1)) if fault_of(case) == fault)


def test_a_guess_is_called_one():
    case = case_with("nothing")
    for _ in range(2):
        case.gradient(problem(w2=0.0), Weights.random(5, 3, 1.0, np.random.default_rng(0)))
    answer = case.accuse("nothing")
    assert answer.passed and "after 2 experiments" in answer.text and '"w2" or "dt"' in answer.text
    assert "your experiments cannot tell" in case.accuse("dt").text
    case.gradient(PROBLEM, WEIGHTS)
    assert case.experiments == 3
    answer = case.accuse("dt")
    assert not answer.passed and "experiment 3 would have given another" in answer.text


def test_weights_that_are_changed_later_do_not_change_what_was_seen():
    case, weights = case_with("nothing"), WEIGHTS + 0 * WEIGHTS
    case.gradient(PROBLEM, weights)
    weights.theta[...] = 0
    assert case.accuse("nothing").text.endswith("Nothing else fits.")


def test_what_overflows_is_an_experiment_like_any_other():
    case = case_with("w1")
    deep = TrainingProblem(CASE.x_in, CASE.y_out, N_T=400, activation=relu)
    case.gradient(deep, Weights.random(400, 3, 1e4, np.random.default_rng(0)))
    assert case.accuse("w1").passed


def test_whoever_names_no_fault_is_told_all_of_them():
    case = detective.case(1)
    assert case.accuse(...).text.startswith("Accuse one of these")
    assert "'transpos' is no fault that we know" in case.accuse("transpos").text
    assert all(f'"{fault}"' in case.accuse(None).text for fault in FAULTS)
    assert case.accuse(["w1"]).text.startswith("['w1'] is no fault")
    assert case.accuse("w1").text.startswith("No experiment yet") and not case.accuse("w1").passed


@pytest.mark.parametrize(("number", "error"), [(0, ValueError), (7, ValueError), ("one", TypeError), (1.0, TypeError)])
def test_a_case_that_there_is_not(number, error):
    with pytest.raises(error, match=r"^number is .*expected an integer"):
        detective.case(number)


def test_errors_name_the_argument():
    with pytest.raises(TypeError, match=r"^problem is 1, expected a TrainingProblem"):
        detective.case(1).gradient(1, WEIGHTS)
    with pytest.raises(ValueError, match=r"weights are of another problem"):
        detective.case(1).gradient(PROBLEM, Weights.zeros(9, 3))


def test_the_answer_is_not_in_sight():
    case = detective.case(1)
    case.gradient(PROBLEM, WEIGHTS)
    assert fault_of(case) not in repr(case) + repr(vars(case))
