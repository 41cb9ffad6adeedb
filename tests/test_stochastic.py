"""Stochastic gradient descent: which samples each step sees, how it ends; the rules that remember."""

from itertools import islice

import numpy as np
import pytest

from neuralode_lib import (
    Diverged,
    TrainingProblem,
    Weights,
    adam,
    armijo,
    backtracking,
    constant,
    decaying,
    disk_in_ring,
    gradient_descent,
    momentum,
    stochastic_gradient_descent,
    tanh,
    train,
)

RULES = {
    "constant": constant(0.01),
    "decaying": decaying(0.01, 20),
    "momentum": momentum(0.01),
    "adam": adam(0.01),
}
every_rule = pytest.mark.parametrize("step", RULES.values(), ids=RULES)


class Recorded(TrainingProblem):
    """Which samples J and its gradient have been estimated from."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.batches = []

    def cost_and_gradient(self, weights, samples=None):
        self.batches.append(list(samples))
        return super().cost_and_gradient(weights, samples)


@pytest.fixture
def problem():
    data = disk_in_ring(I=11, seed=3)
    return Recorded(data.x_in, data.y_out, N_T=6, w1=0.5, w2=0.3, activation=tanh)


@pytest.fixture
def start():
    return Weights.random(6, 2, 0.5, np.random.default_rng(4))


def iterates(problem, start, step, batch_size, number, seed=0):
    run = stochastic_gradient_descent(problem, start, step, batch_size, np.random.default_rng(seed))
    return list(islice(run, number))


@pytest.mark.parametrize("batch_size", [1, 4, 5, 11])
def test_every_epoch_is_a_new_partition_and_what_is_left_over_waits(problem, start, batch_size):
    per_epoch = 11 // batch_size
    iterates(problem, start, constant(0.01), batch_size, 6 * per_epoch)
    assert {len(batch) for batch in problem.batches} == {batch_size}
    epochs = np.array(problem.batches).reshape(6, -1).tolist()
    assert all(len(set(epoch)) == per_epoch * batch_size for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 6
    assert set().union(*epochs) == set(range(11))


def test_each_sample_comes_equally_often(problem, start):
    iterates(problem, start, constant(1e-6), 4, 2 * 1500)
    count = np.bincount(np.ravel(problem.batches), minlength=11)
    expected = 1500 * 8 / 11
    assert abs(count - expected).max() < 5 * np.sqrt(expected * 3 / 11)


@every_rule
def test_each_step_is_the_rule_s_along_the_estimate(problem, start, step):
    found = iterates(problem, start, step, 3, 8)
    rule, weights, gamma = step.anew() if hasattr(step, "anew") else step, start, None
    for n, now in enumerate(found):
        J, gradient = TrainingProblem.cost_and_gradient(problem, now.weights, problem.batches[n])
        assert (now.iteration, now.evaluations, now.J) == (n, n + 1, J)
        assert now.gradient_norm == pytest.approx(gradient.norm(), rel=1e-14)
        assert np.array_equal(now.weights.theta, weights.theta)
        weights, gamma, evaluations = rule(problem, weights, J, gradient, gamma)
        assert evaluations == 0


@every_rule
def test_a_seed_gives_the_same_run_again_and_another_seed_another(problem, start, step):
    first, again, other = (iterates(problem, start, step, 4, 30, seed)[-1] for seed in (1, 1, 2))
    assert np.array_equal(first.weights.theta, again.weights.theta)
    assert not np.array_equal(first.weights.theta, other.weights.theta)


@every_rule
def test_a_rule_starts_afresh_after_a_run_that_was_left(problem, start, step):
    first = iterates(problem, start, step, 4, 6)
    iterates(problem, -3 * start, step, 2, 5)
    again = iterates(problem, start, step, 4, 6)
    assert np.array_equal(first[-1].weights.theta, again[-1].weights.theta)
    assert [now.gamma for now in first] == [now.gamma for now in again]


@every_rule
def test_two_runs_of_one_rule_can_take_turns(problem, start, step):
    alone = [iterates(problem, point, step, 4, 6)[-1] for point in (start, -3 * start)]
    runs = [
        stochastic_gradient_descent(problem, point, step, 4, np.random.default_rng(0)) for point in (start, -3 * start)
    ]
    for _ in range(6):
        together = [next(run) for run in runs]
    for now, expected in zip(together, alone, strict=True):
        assert np.array_equal(now.weights.theta, expected.weights.theta)


@pytest.mark.parametrize("step", [armijo(), backtracking()])
def test_rules_that_compare_J_of_all_samples_are_refused(problem, start, step):
    with pytest.raises(ValueError, match=r"^step is (armijo|backtracking)\(\.\.\.\), .*gradient alone: constant"):
        stochastic_gradient_descent(problem, start, step, 4, np.random.default_rng(0))


def test_all_samples_in_one_batch_are_gradient_descent(problem, start):
    whole = TrainingProblem(problem.x_in, problem.y_out, N_T=6, w1=0.5, w2=0.3, activation=tanh)
    plain = list(islice(gradient_descent(whole, start, constant(0.02)), 10))
    for now, expected in zip(iterates(problem, start, constant(0.02), 11, 10), plain, strict=True):
        assert pytest.approx(expected.J, rel=1e-12) == now.J
        np.testing.assert_allclose(now.weights.theta, expected.weights.theta, rtol=1e-10)


@every_rule
def test_every_rule_reduces_J(problem, start, step):
    end = iterates(problem, start, step, 4, 300)[-1]
    assert problem.cost(end.weights) < 0.7 * problem.cost(start)


@pytest.mark.parametrize("step", [momentum(0.05), adam(0.05), decaying(0.05, 50)])
def test_train_takes_these_rules_with_all_samples(step):
    data = disk_in_ring(I=12, seed=3)
    problem = TrainingProblem(data.x_in, data.y_out, N_T=6, w1=0.5, w2=0.3, activation=tanh)
    history = train(problem, iterations=200, step=step, progress=False)
    assert history.J[-1] < 0.5 * history.J[0]
    assert history.evaluations.tolist() == list(range(1, 202))


def test_divergence_is_said_after_the_last_finite_iterate(start):
    data = disk_in_ring(I=11, seed=3)
    problem = TrainingProblem(data.x_in, data.y_out, N_T=6, w2=0.3, activation=tanh)
    seen = []
    with pytest.raises(Diverged, match=r"J = .* at iteration \d+, after a step with gamma = 1e\+06"):
        for now in stochastic_gradient_descent(problem, start, constant(1e6), 4, np.random.default_rng(0)):
            seen.append(now.J)
    assert seen and np.isfinite(seen).all()


@pytest.mark.parametrize(
    ("batch_size", "error", "message"),
    [
        (0, ValueError, "batch_size is 0, expected an integer >= 1"),
        (12, ValueError, "batch_size is 12, expected at most the number of samples, 11"),
        (2.0, TypeError, r"batch_size is 2\.0, expected an integer"),
    ],
)
def test_a_batch_size_that_makes_no_batches(problem, start, batch_size, error, message):
    with pytest.raises(error, match=message):
        stochastic_gradient_descent(problem, start, constant(0.1), batch_size, np.random.default_rng(0))


def test_rng_must_be_a_generator_and_step_a_rule(problem, start):
    with pytest.raises(TypeError, match=r"rng is 7, expected a Generator: np\.random\.default_rng\(seed\)"):
        stochastic_gradient_descent(problem, start, constant(0.1), 4, 7)
    with pytest.raises(TypeError, match=r"step is 0\.1, expected a step rule such as constant\(0\.1\)"):
        stochastic_gradient_descent(problem, start, 0.1, 4, np.random.default_rng(0))


def test_float32_stays_float32():
    data = disk_in_ring(I=12, seed=3)
    problem = TrainingProblem(*(a.astype(np.float32) for a in (data.x_in, data.y_out)), N_T=6, activation=tanh)
    start = Weights.zeros(6, 2, np.float32)
    for rule in RULES.values():
        now = iterates(problem, start, rule, 4, 10)[-1]
        assert now.weights.theta.dtype == np.float32
