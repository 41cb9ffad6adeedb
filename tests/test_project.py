"""Notebooks are what their scripts say and are fit to be stored; the project's files agree."""

import subprocess
import sys
import tomllib
from base64 import b64decode
from pathlib import Path

import jupytext
import nbformat
import pytest
import yaml
from build_notebook import KERNEL, PICTURE, cells, digest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from PIL import Image

from neuralode_lib import grade

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(ROOT.glob("notebooks/scripts/*.py"))
NOTEBOOKS = [script.parents[1] / f"{script.stem}.ipynb" for script in SCRIPTS]  # there may be others, a student's own

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@every_notebook
def test_notebook_says_what_its_script_says(path):
    script = path.parent / "scripts" / f"{path.stem}.py"
    what_to_do = "edited the script? make notebooks. Edited the notebook? make scripts"
    assert cells(nbformat.read(path, as_version=4)) == cells(jupytext.read(script)), what_to_do


@every_notebook
def test_stored_notebook_is_lean(path):
    """No widget state (GitHub may then show nothing), no version of the author's Python."""
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata == {"kernelspec": KERNEL, "made_of": digest(notebook)}, "make notebooks"
    assert path.stat().st_size < 1.5e6


@every_notebook
def test_notebook_reads_well(path):
    title, *_ = cells = nbformat.read(path, as_version=4).cells
    assert title.cell_type == "markdown" and title.source.startswith("# ")
    for cell in cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 15, cell.source


@every_notebook
def test_nothing_is_needed_that_an_answer_defines(path):
    """An answer opens as it is stored: whoever has not run its cell can go on."""
    defined, hidden = set(), set()
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            statements = grade.statements(cell.source, "cell")
            bound = set().union(*(one.bound for one in statements))
            if "answer" in cell.metadata.get("tags", []):
                hidden |= bound - defined
            else:
                used = set().union(*(one.used for one in statements))
                assert not used & hidden - bound, cell.source
                defined, hidden = defined | bound, hidden - bound


@every_notebook
def test_every_figure_has_alt_text(path):
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            for mime in output.get("data", {}):
                if mime.startswith("image/"):
                    assert output.metadata.get(mime, {}).get("alt", "").strip(), cell.source


@every_notebook
def test_every_output_is_compared(path):
    """nbval's tags and comments that skip a cell or its comparison are not used."""
    for cell in nbformat.read(path, as_version=4).cells:
        assert "NBVAL_" not in cell.source
        assert not any(tag.startswith("nbval-") for tag in cell.metadata.get("tags", []))


def test_readme_shows_the_stored_figure():
    cells = [cell for path in NOTEBOOKS for cell in nbformat.read(path, as_version=4).cells]
    (shown,) = [cell for cell in cells if "readme" in cell.metadata.get("tags", [])]
    picture = ROOT / "notebooks" / "evolution.png"
    (png,) = PICTURE.findall(shown.outputs[0].data["text/html"])
    assert picture.read_bytes() == b64decode(png), "make notebooks"
    assert "notebooks/evolution.png" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_environment_yml_agrees_with_pyproject_toml():
    def bounds(requirements):
        here = [r for r in map(Requirement, requirements) if not r.marker or r.marker.evaluate()]
        return {canonicalize_name(r.name): r.specifier for r in here}

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pypi = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, *conda, pip, project_itself = environment["dependencies"]
    assert python.removeprefix("python=") in SpecifierSet(project["requires-python"])
    assert bounds(conda) == bounds(pypi)
    assert (pip, project_itself) == ("pip", {"pip": ["-e ."]})


@pytest.mark.parametrize("workflow", sorted(ROOT.glob(".github/workflows/*.yml")), ids=lambda path: path.stem)
def test_workflow_fits_its_schema(workflow):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    check = subprocess.run(
        [*command, "vendor.github-workflows", workflow], capture_output=True, text=True
    )
    assert check.returncode == 0, check.stdout


def test_the_moving_picture_is_small_and_moves():
    path = ROOT / "notebooks" / "training.gif"
    with Image.open(path) as picture:
        assert path.stat().st_size < 1e6 and picture.n_frames >= 20 and picture.info["loop"] == 0
