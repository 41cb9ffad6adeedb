"""Making a notebook from its script, and the other way, overwrites nothing that somebody wrote."""

import subprocess
import sys
from pathlib import Path

import build_notebook
import nbformat
import pytest

SCRIPT = """\
# %% [markdown] slideshow={"slide_type": "slide"}
# # Twice two

# %%
def my_double(x):
    ...


# %%
print("made")
"""


class Pair:
    """A notebook and its script in a folder of their own, which is the current one."""

    notebook, script = Path("notebooks/twice.ipynb"), Path("notebooks/scripts/twice.py")

    def edit_notebook(self, old, new):
        text = self.notebook.read_text(encoding="utf-8")
        assert old in text
        self.notebook.write_text(text.replace(old, new), encoding="utf-8")

    def edit_script(self, old, new):
        text = self.script.read_text(encoding="utf-8")
        assert old in text
        self.script.write_text(text.replace(old, new), encoding="utf-8")

    def said(self):
        return self.notebook.read_text(encoding="utf-8"), self.script.read_text(encoding="utf-8")

    def build(self):
        build_notebook.build(self.script)

    def take_back(self):
        build_notebook.take_back(self.notebook)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    script = folder / Pair.script
    script.parent.mkdir(parents=True)
    script.write_text(SCRIPT, encoding="utf-8")
    build_notebook.build(script)
    return {path: (folder / path).read_text(encoding="utf-8") for path in (Pair.notebook, Pair.script)}


@pytest.fixture
def pair(made, tmp_path, monkeypatch):
    for path, text in made.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Pair()


def test_a_script_edited_twice_makes_the_notebook_twice_and_cells_keep_their_ids(pair):
    ids = [cell.id for cell in nbformat.read(pair.notebook, as_version=4).cells]
    pair.edit_script('"made"', '"made again"')
    pair.build()
    pair.edit_script('"made again"', '"and again"')
    pair.build()
    notebook = nbformat.read(pair.notebook, as_version=4)
    assert notebook.cells[2].outputs[0].text == "and again\n"
    assert [cell.id for cell in notebook.cells] == ids


def test_a_script_that_fails_leaves_the_notebook_as_it_is(pair):
    before, _ = pair.said()
    pair.edit_script('"made"', "1 / 0")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        pair.build()
    assert pair.said()[0] == before
    pair.edit_script("1 / 0", "1 / 1")
    pair.build()


@pytest.mark.parametrize("script_edited", [False, True])
def test_an_edited_notebook_is_not_overwritten(pair, script_edited):
    pair.edit_notebook("...", "return 2 * x")
    if script_edited:
        pair.edit_script('"made"', '"more"')
    before = pair.said()
    with pytest.raises(SystemExit, match=r"(?s)twice.ipynb has been edited .*To keep .*: make scripts"):
        pair.build()
    assert pair.said() == before


def test_the_notebooks_text_is_kept_as_the_message_says(pair):
    pair.edit_notebook("...", "return 2 * x")
    pair.take_back()
    assert pair.said()[1] == SCRIPT.replace("...", "return 2 * x")
    pair.build()


def test_the_scripts_text_is_kept_as_the_message_says(pair):
    pair.edit_notebook("...", "return 2 * x")
    pair.notebook.rename("notebooks/my_twice.ipynb")
    pair.build()
    assert "..." in pair.said()[0]


def test_where_both_were_edited_neither_is_overwritten(pair):
    pair.edit_notebook("...", "return 2 * x")
    pair.edit_script('"made"', '"more"')
    before = pair.said()
    with pytest.raises(SystemExit, match="have both been edited"):
        pair.take_back()
    assert pair.said() == before
    assert Path("build/twice.py").read_text(encoding="utf-8") == SCRIPT.replace("...", "return 2 * x")


def test_an_edited_script_is_not_overwritten_by_the_notebook_that_was_made_of_it(pair):
    pair.edit_script('"made"', '"more"')
    before = pair.said()
    pair.take_back()
    assert pair.said() == before


def test_running_and_folding_cells_is_no_edit(pair):
    notebook = nbformat.read(pair.notebook, as_version=4)
    notebook.cells[2].outputs = []
    notebook.cells[2].metadata["collapsed"] = True
    nbformat.write(notebook, pair.notebook)
    pair.take_back()
    assert pair.said()[1] == SCRIPT
    pair.build()


def test_both_ways_from_the_command_line(pair):
    command = [sys.executable, build_notebook.__file__]
    pair.edit_notebook("...", "return 2 * x")
    refused = subprocess.run([*command, pair.script], capture_output=True, text=True)
    assert refused.returncode == 1 and "make scripts" in refused.stderr and "Traceback" not in refused.stderr
    subprocess.run([*command, pair.notebook, pair.script], check=True)
    assert "return 2 * x" in pair.said()[0]
