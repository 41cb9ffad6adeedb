"""`make env` notices a folder that was moved, a PYTHON= that asks for another Python, and an install that fails.

A Python of our own stands in for the real one, makes environments without a network, and writes down what it does.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYTHON = f"""#!/bin/sh
case "$1 $2" in
  "-m venv") echo venv >>log; mkdir -p "$3/bin" && cp "$0" "$3/bin/python";;
  "-m pip") echo pip >>log; [ ! -e offline ];;
  "-m uv") echo uv >>log; [ ! -e mirror ];;
  "-m tools.lab") echo lab >>log;;
  "-c import sys; print(sys.base_prefix, sys.version)") echo NAME;;
  *) exec "{sys.executable}" "$@";;
esac
"""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


@pytest.fixture
def course(tmp_path):
    """A copy of the Makefile in a folder with a space, and two Pythons."""
    course = tmp_path / "my course"
    course.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, course)
    for name in ("python one", "python two"):
        (course / name).write_text(PYTHON.replace("NAME", name))
        (course / name).chmod(0o755)
    return course


def lab(course, *arguments):
    """What `make lab` does, and what it says."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHON", "MAKEFLAGS")}
    made = subprocess.run(
        ["make", "--silent", "lab", *arguments], cwd=course, env=environment, capture_output=True, text=True
    )
    log = course / "log"
    done = log.read_text().split() if log.exists() else []
    log.unlink(missing_ok=True)
    return done, made.stderr


ONE, TWO = "PYTHON=./python one", "PYTHON=./python two"


def newer(course):
    os.utime(course / ".venv/installed", (1e9, 1e9))


def test_it_is_made_once(course):
    assert lab(course, ONE) == (["venv", "pip", "uv", "lab"], "")
    assert lab(course, ONE) == (["lab"], "")
    assert lab(course) == (["lab"], "")


def test_another_python(course):
    lab(course, ONE)
    assert lab(course, TWO) == (["venv", "pip", "uv", "lab"], "")
    assert lab(course) == (["lab"], "")


def test_the_folder_was_moved(course):
    lab(course, ONE)
    moved = course.rename(course.with_name("moved"))
    assert lab(moved, ONE) == (["venv", "pip", "uv", "lab"], "")
    assert lab(moved, ONE) == (["lab"], "")


def test_pip_where_uv_does_not_find_the_mirror(course):
    (course / "mirror").touch()
    assert lab(course, ONE) == (["venv", "pip", "uv", "pip", "lab"], "")


def test_a_newer_pyproject(course):
    lab(course, ONE)
    newer(course)
    assert lab(course, ONE) == (["pip", "uv", "lab"], "")


def test_a_newer_pyproject_without_a_network(course):
    lab(course, ONE)
    newer(course)
    (course / "offline").touch()
    done, said = lab(course, ONE)
    assert done == ["pip", "pip", "lab"] and "going on with what is there" in said


def test_the_first_install_without_a_network(course):
    (course / "offline").touch()
    done, said = lab(course, ONE)
    assert done == ["venv", "pip", "pip"] and "Error" in said
    (course / "offline").unlink()
    assert lab(course, ONE) == (["venv", "pip", "uv", "lab"], "")


def test_a_python_that_is_not_there(course):
    done, said = lab(course, "PYTHON=./no python")
    assert not done and "./no python is not there" in said
