"""Functions with one mechanical change are rejected, and so are the bugs planted in the library."""

import ast
import textwrap
from itertools import count

import pytest
from test_planted_bugs import BUGS, planted
from test_right import STYLES, every_exercise, written

from neuralode_lib import exercises

# Mutants that are right, and why.
EQUIVALENT = {
    ("observed_order", "dt -> errors"): "both are of the same length",
    ("forward", "weights.V -> weights.b"): "there are as many V as b",
    ("forward", "weights.b -> weights.V"): "there are as many V as b",
    ("step_rule", "1 -> 2"): "zero divided by 2 is zero, too",
    ("step_rule", "problem.cost(weights - gamma * direction) > J -> problem.cost(weights - gamma * direction) >= J"): (
        "J is nowhere exactly as large as before"
    ),
}


class Mutant(ast.NodeTransformer):
    """Changes the n-th place that can be changed: an operator, a comparison, a constant, a name, an attribute."""

    def __init__(self, n, names):
        self.left, self.names, self.what = n, names, None

    def place(self, choices, node, field):
        for choice in choices:
            if self.left == 0:
                before = ast.unparse(node)
                setattr(node, field, choice)
                self.what = f"{before} -> {ast.unparse(node)}"
            self.left -= 1

    def visit_BinOp(self, node):
        self.generic_visit(node)
        self.place([op() for op in (ast.Add, ast.Sub, ast.Mult, ast.Div) if not isinstance(node.op, op)], node, "op")
        return node

    def visit_Compare(self, node):
        self.generic_visit(node)
        self.place([[op()] for op in (ast.Lt, ast.GtE, ast.LtE) if not isinstance(node.ops[0], op)], node, "ops")
        return node

    def visit_Constant(self, node):
        if isinstance(node.value, int | float):
            self.place([node.value + 1, node.value - 1], node, "value")
        return node

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Load) and node.id in self.names:
            self.place([name for name in self.names if name != node.id], node, "id")
        return node

    def visit_Attribute(self, node):
        self.generic_visit(node)
        others = {"V": ["b"], "b": ["V"], "sigma": ["dsigma"], "dsigma": ["sigma"], "sum": ["mean"]}
        self.place(others.get(node.attr, []), node, "attr")
        return node

    def visit_keyword(self, node):
        return node


def mutants(source):
    """(what is changed, the new source) for each single change of the source."""
    tree = ast.parse(textwrap.dedent(source))
    names = [argument.arg for argument in tree.body[0].args.args]
    for n in count():
        mutant = Mutant(n, names)
        changed = mutant.visit(ast.parse(textwrap.dedent(source)))
        if mutant.what is None:
            return
        yield mutant.what, ast.unparse(changed)


@every_exercise
def test_mutants_are_rejected(name):
    some = [mutant for source in STYLES[name][:2] for mutant in mutants(source)][:100]
    passed = [what for what, source in some if getattr(exercises, name).check(written(source)).passed]
    assert [what for what in passed if (name, what) not in EQUIVALENT] == []
    assert len(some) - len(passed) >= 30


@pytest.mark.parametrize("function", ["forward", "cost_terms", "cost", "tangent", "adjoint", "gradient"])
def test_planted_bugs_are_rejected(function):
    name = function.removesuffix("_terms")
    for old, new, what in BUGS[function]:
        if "not analytic" not in what:  # which real numbers do not show
            broken = getattr(planted(function, old, new), name)
            assert not getattr(exercises, name).check(broken).passed, what
