"""What the README says about a newer version loses nothing; a stash that was popped is mended as the doctor says."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from neuralode_lib import doctor

ROOT = Path(__file__).parents[1]
NAME = "12a_twice"


def notebook(source, output):
    """As JupyterLab writes it; the output changes with every version."""
    outputs = [{"name": "stdout", "output_type": "stream", "text": [output]}]
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": outputs, "source": [source]}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}, indent=1) + "\n"


OLD, NEW, MINE = notebook("...", "first"), notebook("... # and think", "second"), notebook("return 2 * x", "mine")


def git(*arguments, folder=".", check=True):
    """As on a machine that nobody has set up."""
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LANG": "C"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 or not check, done.stderr
    return done


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A student's clone, in the current directory, of a repository that has a newer version meanwhile."""
    author, student = tmp_path / "author", tmp_path / "student"
    (author / "notebooks/scripts").mkdir(parents=True)
    (author / f"notebooks/scripts/{NAME}.py").touch()
    (author / ".gitignore").write_text((ROOT / ".gitignore").read_text(encoding="utf-8"), encoding="utf-8")
    git("init", "--initial-branch=main", folder=author)
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]

    def commit(text):
        (author / f"notebooks/{NAME}.ipynb").write_text(text, encoding="utf-8")
        git("add", ".", folder=author)
        git(*identity, "commit", "--message=another version", folder=author)

    commit(OLD)
    git("clone", author, student, folder=tmp_path)
    commit(NEW)
    monkeypatch.chdir(student)
    return Path("notebooks", f"{NAME}.ipynb")


def test_as_the_readme_says(clone):
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("To get a newer version")[2]
    commands = re.findall(r"^    (git .*)$", text, re.MULTILINE)[:2]
    assert "begins with `my_`" in text and commands == ["git stash", "git pull"]
    clone.write_text(MINE, encoding="utf-8")
    assert git("pull", check=False).returncode and clone.read_text(encoding="utf-8") == MINE
    mine = clone.rename(clone.with_name(f"my_{clone.name}"))
    for command in commands:
        git(*command.split()[1:])
    assert clone.read_text(encoding="utf-8") == NEW
    assert mine.read_text(encoding="utf-8") == MINE
    assert git("status", "--short").stdout == ""


def test_what_was_not_renamed_is_in_the_stash(clone):
    clone.write_text(MINE, encoding="utf-8")
    git("stash")
    git("pull")
    assert clone.read_text(encoding="utf-8") == NEW
    assert git("show", f"stash@{{0}}:{clone.as_posix()}").stdout == MINE


def test_a_stash_that_was_popped_is_mended_as_the_doctor_says(clone):
    clone.write_text(MINE, encoding="utf-8")
    git("stash")
    git("pull")
    assert git("stash", "pop", check=False).returncode
    with pytest.raises(doctor.Finding, match="two versions in one") as found:
        doctor.notebooks()
    first, second, third = re.findall("`git ([^`]*ipynb)`", found.value.remedy)
    clone.rename(clone.with_name(f"my_{NAME}.txt"))
    git(*first.split(), folder="notebooks")
    assert clone.read_text(encoding="utf-8") == NEW
    assert doctor.notebooks() == "1 notebooks can be opened"
    git(*second.split(), folder="notebooks")
    mine = clone.rename(clone.with_name(f"my_{clone.name}"))
    git(*third.split(), folder="notebooks")
    assert [path.read_text(encoding="utf-8") for path in (clone, mine)] == [NEW, MINE]
