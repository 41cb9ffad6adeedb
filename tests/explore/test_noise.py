"""explore.noise before it moves, and its descent as noise.js runs it."""

from collections import Counter
from itertools import combinations, islice

import numpy as np
import pytest
from javascript import needs_node, run, source

import neuralode_lib as node
from neuralode_lib import explore
from neuralode_lib.explore.noise import BATCHES, STEPS, drawn, near_the_minimum, random_numbers


def test_it_knows_its_minimum_and_variance():
    of = near_the_minimum()
    J, g = of.problem.cost_and_gradient(of.minimum)
    assert g.norm() < 1e-5 and of.J_min == pytest.approx(J)
    pairs = list(combinations(range(64), 2))
    off = [of.problem.cost_and_gradient(of.minimum, pair)[1] - g for pair in pairs]
    assert np.mean([e.dot(e) for e in off]) == pytest.approx(of.variance(2), rel=1e-6)
    assert 1 < of.problem.cost(of.start) - of.J_min < 10


def test_random_numbers_are_evenly_spread_and_start_where_the_seed_says():
    numbers = np.array(list(islice(random_numbers(3), 20_000)))
    assert np.all((0 <= numbers) & (numbers < 1))
    np.testing.assert_allclose(np.histogram(numbers, 20, (0, 1))[0], 1000, rtol=0.12)
    assert abs(np.corrcoef(numbers[1:], numbers[:-1])[0, 1]) < 0.02
    assert next(random_numbers(3)) != next(random_numbers(4))


def test_batches_drawn_anew_hold_each_pair_equally_often():
    batches = list(islice(drawn(6, 2, "drawn anew", random_numbers(1)), 15_000))
    pairs = Counter(tuple(sorted(batch)) for batch in batches)
    assert len(pairs) == 15 and all(abs(n - 1000) < 130 for n in pairs.values())


def test_shuffled_epochs_have_each_sample_once_and_a_rest_is_left_out():
    batches = list(islice(drawn(7, 2, "shuffled epochs", random_numbers(1)), 6000))
    for first in range(0, 6000, 3):
        assert len({i for batch in batches[first : first + 3] for i in batch}) == 6
    seen = Counter(i for batch in batches for i in batch)
    assert len(seen) == 7 and all(abs(n - 12_000 / 7) < 60 for n in seen.values())


def test_it_says_the_mean_of_a_descent_and_the_formula():
    of, J, rule, gamma = near_the_minimum(), [], node.decaying(0.002, 300), None
    weights = of.start
    for _, samples in zip(range(2000), drawn(64, 8, "drawn anew", random_numbers(1)), strict=False):
        estimate = of.problem.cost_and_gradient(weights, samples)
        weights, gamma, _ = rule(of.problem, weights, *estimate, gamma)
        J.append(of.problem.cost(weights) - of.J_min)
    np.testing.assert_allclose(of.run(8, 0.002, "decaying", "drawn anew"), np.array(J)[STEPS - 1], rtol=1e-9)
    mean = of.run(8, 0.002, "constant", "drawn anew")[STEPS >= 1000].mean()
    floor = 0.002 / 4 * of.variance(8)
    assert mean == pytest.approx(floor, rel=0.3)  # the formula holds, as far as one run tells
    shown = explore.noise(batch_size=8, gamma=0.002)
    assert shown.numbers.endswith(f"J - J_min is {mean:.2g} on average, γ/4 · variance {floor:.2g}")


@needs_node
@pytest.mark.parametrize("batches", BATCHES)
@pytest.mark.parametrize("rule", ["constant", "decaying"])
def test_the_page_descends_as_python_does(batches, rule):
    given = explore.noise().data
    call = f"return descend(given, 16, 0.004, {rule!r}, {batches!r}, 5)"
    (J,) = run([(source("resnet.js", "noise.js"), call, given)])
    expected = near_the_minimum().run(16, 0.004, rule, batches, seed=5)
    np.testing.assert_allclose(J, expected, rtol=1e-5, atol=1e-8)


def test_it_names_what_does_not_fit():
    with pytest.raises(ValueError, match="batch_size is 3, expected one of 1, 2, 4"):
        explore.noise(3)
    with pytest.raises(ValueError, match=r"gamma is 1\.0, expected one of 0\.001"):
        explore.noise(gamma=1)
    with pytest.raises(ValueError, match="rule is 'adam', expected one of 'constant', 'decaying'"):
        explore.noise(rule="adam")
    with pytest.raises(ValueError, match="batches is 'all', expected one of 'drawn anew'"):
        explore.noise(batches="all")
