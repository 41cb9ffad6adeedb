"""The house: imports go downwards only, each room does one thing, and opening the door loads nothing."""

import ast
import re
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import neuralode_lib

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "neuralode_lib"
FILES = {path.relative_to(LIBRARY).with_suffix("").as_posix(): path for path in LIBRARY.rglob("*.py")}
MATHEMATICS = "activations resnet datasets verify tape checks problem fused descent rules training".split()
TEACHING = ("quiz", "exercises", "explore", "predict", "plotting")


def imported(name, tree):
    """The library's files that the file `name` imports, also inside of functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (file_of(alias.name.split(".")[1:]) for alias in node.names if in_library(alias.name))
        elif isinstance(node, ast.ImportFrom) and (node.level or in_library(node.module)):
            module = node.module.split(".") if node.module else []
            folder = [*name.split("/")[: -node.level], *module] if node.level else module[1:]
            yield from (file_of(folder, alias.name) for alias in node.names)


def in_library(module):
    return module.split(".")[0] == "neuralode_lib"


def file_of(folder, name=""):
    """The file that is read: a module, one of a package's modules, or the package's __init__."""
    for parts in ([*folder, name], folder, [*folder, "__init__"]):
        if "/".join(parts) in FILES:
            return "/".join(parts)
    raise AssertionError(f"no file of the library: {folder}, {name}")


IMPORTS = {name: set(imported(name, ast.parse(path.read_text(encoding="utf-8")))) for name, path in FILES.items()}


def is_content(name):
    """Whether the file belongs to a notebook or is one of the figures."""
    folder, _, file = name.rpartition("/")
    if folder == "explore":
        return file not in ("figure", "__init__")
    return bool(folder) and (re.fullmatch(r"[a-e](_\w+)?", file) is not None or name == "exercises/network")


ENGINES = sorted(name for name in FILES if "/" in name and not is_content(name) and not name.endswith("__init__"))


def test_imports_are_read():
    assert IMPORTS["resnet"] == {"checks", "activations"}
    assert {"problem", "resnet"} <= IMPORTS["verify"]
    assert {"quiz/a", "quiz/question"} <= IMPORTS["quiz/__init__"]  # one of them inside a function
    assert "quiz/markup" in IMPORTS["predict/prediction"]
    assert {"quiz/question", "quiz/card", "exercises/exercise", "explore/figure", "predict/prediction"} <= {*ENGINES}


def test_no_two_files_import_each_other_nor_any_in_a_circle():
    TopologicalSorter(IMPORTS).prepare()  # CycleError names the circle


@pytest.mark.parametrize("name", MATHEMATICS)
def test_the_mathematics_imports_no_teaching(name):
    assert not [other for other in IMPORTS[name] if other.startswith(TEACHING)]


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_knows_no_notebook(name):
    assert not [other for other in IMPORTS[name] if is_content(other)]


@pytest.mark.parametrize("path", sorted([*LIBRARY.rglob("*.py"), *LIBRARY.rglob("*.js")]), ids=lambda path: path.name)
def test_a_file_can_be_read_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450


def test_import_neuralode_lib_loads_nothing_else():
    """Counted, not timed."""
    program = (
        "import sys, matplotlib, numpy; before = {*sys.modules}; import neuralode_lib; print(*{*sys.modules} - before)"
    )
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert loaded.split() == ["neuralode_lib"]


def test_every_name_is_there_with_a_star_too():
    names = {}
    exec("from neuralode_lib import *", names)
    assert {"train", "forward", "Weights", "TrainingProblem", "momentum"} <= names.keys()
    assert {*neuralode_lib.__all__} <= {*dir(neuralode_lib)}
    for name in dir(neuralode_lib):
        assert getattr(neuralode_lib, name) is not None or name.startswith("__")
    with pytest.raises(AttributeError, match="'neuralode_lib' has no attribute 'sigmoid'"):
        _ = neuralode_lib.sigmoid


def test_no_two_test_files_have_one_name():
    """They would not be collected together."""
    names = Counter(path.name for path in ROOT.glob("tests/**/test_*.py") if path.parent.name != "browser")
    assert names.most_common(1)[0][1] == 1, names.most_common(3)
