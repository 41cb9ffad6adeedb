"""The benchmark: what it compares is the same J and gradient, and its tables say what was measured. No timings here."""

import os

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from tools.bench import growth, peers, ratios, report, timing

NUMPY_PEERS = {"ours": peers.ours, "rows": peers.rows}


@pytest.fixture
def small():
    return peers.random_problem(3, 5, 4)


@pytest.mark.parametrize("name", NUMPY_PEERS)
def test_the_same_J_and_gradient_in_every_form(small, name):
    peers.check_agreement(name, NUMPY_PEERS[name](*small), peers.columns(*small), tolerance=1e-12)


@pytest.mark.parametrize("what, position", [("J", 0), ("dJ/dV", 1), ("dJ/db", 2)])
@pytest.mark.parametrize("wrong", ["by a little", "in float32"])
def test_a_peer_that_computes_something_else_is_named(small, what, position, wrong):
    right = peers.columns(*small)

    def step():
        returned = [np.array(part) for part in right()]
        if wrong == "in float32":
            returned[position] = returned[position].astype("float32")
        else:
            returned[position].flat[0] += 1e-8
        return returned

    tolerance = 1e-3 if wrong == "in float32" else 1e-10
    with pytest.raises(ValueError, match=f"A peer: {what} is float.* off by .*, expected float64"):
        peers.check_agreement("A peer", step, right, tolerance)


def test_random_problem_lets_every_term_count(small):
    problem, weights = small
    terms = problem.cost_terms(weights)
    assert min(terms) > 1e-3 * sum(terms)
    assert not np.allclose(weights.V, weights.V.transpose(0, 2, 1))


def test_samples_are_interleaved_and_the_order_is_rotated(monkeypatch):
    order = []

    def timeit(step, number):
        order.append((step, number))
        return number * {"a": 0.001, "b": 0.03}[step]

    monkeypatch.setattr(timing, "timeit", timeit)
    seconds = timing.interleaved({"A": "a", "B": "b"}, rounds=3, seconds=0.02)
    assert order[4:] == [("a", 20), ("b", 1), ("b", 1), ("a", 20), ("a", 20), ("b", 1)]
    np.testing.assert_allclose(seconds["A"], [0.001] * 3)
    np.testing.assert_allclose(seconds["B"], [0.03] * 3)


def test_one_thread_of_one_core_and_then_as_before():
    def threads():
        cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
        return [pool["num_threads"] for pool in threadpool_info()], cores

    before = threads()
    with timing.one_thread():
        counts, cores = threads()
        assert set(counts) == {1} and (cores is None or len(cores) == 1)
    assert threads() == before


def cells(table):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def samples(ours, rows, gemm, tanh):
    given = {"ours": ours, "numpy, samples as rows": rows, "gemm": gemm, "tanh": tanh}
    return {name: np.full(5, seconds) for name, seconds in given.items()}


def test_table_of_ratios_says_which_goals_are_met_and_what_multiplied():
    measured = {"S": samples(1.0, 4.99, 1.0, 0.1), "M": samples(2.0, 8.0, 1.0, 0.7)}
    measured["S"]["numpy, samples as rows"] = np.array([4.5, 4.79, 4.99, 5.09, 100.0])  # one slow round does not count
    table = ratios.table(measured, ratios.compare(measured))
    rows = {row[0]: row[1:] for row in cells(table)}
    blas = report.numpy_kernel()
    assert rows["ours, ms"] == ["1,000", "2,000", blas]
    assert rows["numpy, samples as rows"] == ["4.99 ± 0.15, goal 5 **missed**", "4.00 ± 0.00, goal 4 met", blas]
    assert rows["part of the roofline"] == ["0.10 ± 0.00", "0.35 ± 0.00, goal 0.3 met", blas]
    assert set(peers.KERNELS) <= set(peers.PEERS)


def test_roofline_counts_three_products_a_layer():
    d, I, layers = peers.SIZES["XL"]
    gemm = 2.0 * ratios.n**3  # at one flop a second
    part = ratios.roofline("XL", samples(ours=1e12, rows=0, gemm=gemm, tanh=1e11))
    np.testing.assert_allclose(part, (3 * layers * 2 * d * d * I + 1e11) / 1e12)


def test_a_peer_that_is_not_installed_is_skipped_and_named(monkeypatch):
    def not_there(problem, weights):
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setitem(peers.PEERS, "PyTorch autograd", not_there)
    monkeypatch.setattr(ratios, "interleaved", lambda steps, rounds: dict.fromkeys(steps, 1.0))
    measured, missing = ratios.measure(["S"], ["numpy, samples as rows", "PyTorch autograd"])
    assert list(measured["S"]) == ["ours", "numpy, samples as rows", "gemm", "tanh"]
    assert missing == ["PyTorch autograd: skipped, torch is not installed"]


def test_power_is_that_of_the_last_values():
    values = np.array([1, 2, 4, 8, 16])
    seconds = np.maximum(30.0, 1.0 * values**2)
    grown = growth.Growth(values, seconds, "d = 2", 2)
    assert growth.power(grown, last=2) == pytest.approx(2)
    assert cells(growth.table({"I": grown}))[-1][-2:] == ["1.55", "2"]


def test_readings_are_held_against_their_goals():
    readings = [
        report.Reading("import", 0.31, "s", 0.3),
        report.Reading("cockpit", 1500.0, "a second", 1500, more_is_better=True),
        report.Reading("redraw", 20.0, "ms"),
        "JupyterLab: skipped, no Chromium",
    ]
    assert cells(report.table(readings))[2:] == [
        ["import", "0.31 s", "at most 0.3 s", "**missed**"],
        ["cockpit", "1,500 a second", "at least 1,500 a second", "met"],
        ["redraw", "20 ms", "", ""],
        ["JupyterLab: skipped, no Chromium", "", "", ""],
    ]
