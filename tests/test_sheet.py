"""One page for all: what stands in its columns is true, and nothing of the lecture is missing."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neuralode_lib import Weights

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools" / "site"))
import sheet  # noqa: E402

COMPUTED = [row for row in sheet.FORMULAS if row.code]
NO_FORMULA = {"A2", "A8", "C7"}  # a theorem, an example, and that J is not convex


def array(value):
    return value.theta if isinstance(value, Weights) else np.asarray(value)


def agree(row):
    """Whether the code computes the array, for every index that the row names."""
    for k in row.counted:
        found, stated = (array(sheet.evaluated(code, k)) for code in (row.code, row.array))
        if found.shape != stated.shape or not np.allclose(found, stated, rtol=1e-12, atol=1e-14):
            return False
    return len(row.counted) > 0


@pytest.mark.parametrize("row", COMPUTED, ids=lambda row: f"{row.id}: {row.array}")
def test_the_code_computes_the_array(row):
    assert agree(row)


@pytest.mark.parametrize(
    ("array", "old", "new"),
    [
        ("phi[k - 1]", "V[k].T", "V[k]"),
        ("phi[k - 1]", "phi[k] + dt", "phi[k] - dt"),
        ("gradient.V[k]", "phi[k] @ sigma(x[k]).T", "sigma(x[k]) @ phi[k].T"),
        ("gradient.b[k]", "sum(axis=1)", "mean(axis=1)"),
        ("x[k + 1]", "dt * ", ""),
        ("problem.cost_terms(weights).running", "x[1:-1]", "x[1:]"),
    ],
)
def test_a_mistake_on_the_page_is_seen(array, old, new):
    (row,) = [row for row in COMPUTED if row.array == array]
    assert row.code.count(old) == 1 and not agree(replace(row, code=row.code.replace(old, new)))


@pytest.mark.parametrize("row", [row for row in sheet.SYMBOLS + COMPUTED if row.index], ids=lambda row: row.array)
def test_the_index_goes_from_the_first_to_the_last(row):
    """One more at the end is an entry that there is not."""
    with pytest.raises(IndexError):
        for code in (row.array, row.code):
            sheet.evaluated(code, row.counted[-1] + 1)


def test_shapes_are_computed():
    shapes = {row.array: row.shape for row in sheet.SYMBOLS + sheet.FORMULAS}
    assert shapes["phi"] == "(N_T - 1, d, I)" and shapes["problem.states(weights)"] == "(N_T, d, I)"
    assert shapes["weights.V"] == "(N_T - 1, d, d)" and shapes["gradient.b[k]"] == "(d,)"
    assert shapes["problem.dt"] == "()" and shapes["new_weights"] == "Weights"
    lengths = [sheet.names()[name] for name in ("d", "N", "I", "N_T")]
    assert len({*lengths, sheet.names()["N_T"] - 1}) == 5


@pytest.mark.parametrize("row", [row for row in sheet.SYMBOLS if row.code], ids=lambda row: row.code)
def test_a_symbol_is_a_part_of_its_array(row):
    for k in row.counted:
        part, whole = (sheet.evaluated(code, k) for code in (row.code, row.array))
        expected = whole if k is None else whole[k]
        assert np.array_equal(part, expected[:, 0] if ", i]" in row.code else expected)


def test_every_formula_of_the_lecture_is_there_and_no_other():
    ids = {id for row in sheet.SYMBOLS + sheet.FORMULAS for id in sheet.ID.findall(row.id)}
    tested = "".join((ROOT / f"tests/formulas/test_{part}.py").read_text(encoding="utf-8") for part in "ABC")
    known = {id for found in re.findall(r"def test_((?:[ABC]\d+_)+)", tested) for id in found.strip("_").split("_")}
    assert ids == known - NO_FORMULA


@pytest.mark.parametrize("text", [sheet.markdown(), sheet.page()], ids=["page", "sheet"])
def test_each_row_is_written_whole(text):
    for row in sheet.SYMBOLS + sheet.FORMULAS:
        assert row.array.replace(">", "&gt;") in text and row.code.split("'")[0] in text


def test_each_row_of_the_page_has_its_columns():
    symbols, formulas = sheet.markdown().split("## Formulas")
    for table, columns in [(symbols, 7), (formulas, 5)]:
        assert {line.count("|") for line in table.splitlines() if line.startswith("|")} == {columns + 1}
