"""Whatever edited a notebook or its script, in whichever order: JupyterLab loses none of it.

And what was run and saved lives on without a kernel.
"""

import os
import re
from types import SimpleNamespace

import jupytext
import nbformat
import pytest
from build_notebook import KERNEL, digest
from lab import NOTEBOOKS, SECONDS, jupyterlab
from playwright.sync_api import expect

from neuralode_lib import explore

SCRIPT = """\
# %% [markdown]
# # Twice two

# %%
def my_double(x):
    ...

# %%
my_double(2)
"""
ALIVE = """\
# %%
from neuralode_lib import explore, predict, quiz

# %%
quiz.question("B7")

# %%
explore.euler()

# %%
with predict.ask("A-width"):
    print("computed when it was run")
"""
ELSEWHERE, HERE, AUTHOR = "return 2 * x  # solved elsewhere", "# typed in JupyterLab", "# said in the script"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    with jupyterlab(folder) as address:
        yield SimpleNamespace(address=address, notebooks=folder / "course/notebooks")


@pytest.fixture
def page(chromium):
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(15 * SECONDS)
    yield page
    page.close()


@pytest.fixture
def pair(lab, request):
    """The paths of a notebook as it was made, and of its script."""
    return made_of(SCRIPT, lab, re.sub(r"\W+", "_", request.node.name))


def made_of(source, lab, name):
    notebook, script = lab.notebooks / f"{name}.ipynb", lab.notebooks / "scripts" / f"{name}.py"
    script.write_text(source, encoding="utf-8")
    made = jupytext.read(script)
    made.metadata = {"kernelspec": KERNEL, "made_of": digest(made)}
    nbformat.write(made, notebook)
    return notebook, script


def newest(*paths):
    """The last one of them, by the times of the files."""
    for seconds, path in enumerate(paths):
        os.utime(path, (1.7e9 + 3600 * seconds,) * 2)


def solve(notebook, source=ELSEWHERE):
    """Another program writes into the notebook, and nowhere else."""
    text = notebook.read_text(encoding="utf-8")
    assert "..." in text
    notebook.write_text(text.replace("...", source), encoding="utf-8")


def opened(page, lab, notebook):
    """The cells of the notebook, open in JupyterLab; nothing was asked and nothing counts as changed."""
    page.goto(lab.address(notebook.stem))
    expect(page.get_by_text(re.compile(r"\| Idle$"))).to_be_visible(timeout=60 * SECONDS)
    expect(page.locator(".jp-Notebook .jp-Cell").first).to_be_visible()
    page.wait_for_timeout(1 * SECONDS)  # for what comes late: a dialog, the mark
    expect(page.locator(".jp-Dialog, .Toastify__toast")).to_have_count(0)
    expect(changed_mark(page)).to_have_count(0)
    return page.locator(".jp-Notebook .jp-Cell")


def changed_mark(page):
    return page.locator("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-dirty")


def type_here(page, cells):
    cells.nth(1).locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.insert_text(f"\n    {HERE}")
    expect(changed_mark(page)).to_have_count(1)


def save(page):
    with page.expect_response(lambda response: response.request.method == "PUT" and "/contents/" in response.url):
        page.keyboard.press("ControlOrMeta+S")


@pytest.mark.parametrize(
    ("path", "newer"),
    [*((path, "script") for path in NOTEBOOKS), (NOTEBOOKS[0], "notebook")],
    ids=lambda value: getattr(value, "stem", value),
)
def test_an_untouched_clone_opens_without_a_word_and_saving_changes_nothing(lab, page, path, newer):
    files = [lab.notebooks / path.name, lab.notebooks / "scripts" / f"{path.stem}.py"]
    newest(*(files if newer == "script" else reversed(files)))
    stored = [file.read_bytes() for file in files]
    cells = opened(page, lab, files[0])
    cells.nth(0).click()
    save(page)
    assert [file.read_bytes() for file in files] == stored


@pytest.mark.parametrize(
    ("edited", "newer", "protected"),
    [
        ("notebook", "script", False),
        ("notebook", "notebook", False),
        ("notebook", "script", True),
        ("script", "script", False),
        ("script", "notebook", False),
        ("both", "script", False),
        ("both", "notebook", True),
    ],
)
def test_what_was_edited_elsewhere_survives_being_opened_and_saved(lab, page, pair, edited, newer, protected):
    notebook, script = pair
    if edited != "script":
        solve(notebook)
    if edited != "notebook":
        script.write_text(SCRIPT.replace("...", f"... {AUTHOR}"), encoding="utf-8")
    said = script.read_bytes()
    newest(*(pair if newer == "script" else reversed(pair)))
    script.chmod(0o444 if protected else 0o644)
    cells = opened(page, lab, notebook)
    expect(cells.nth(1)).to_contain_text("..." if edited == "script" else ELSEWHERE)
    type_here(page, cells)
    save(page)
    expect(changed_mark(page)).to_have_count(0)
    text = notebook.read_text(encoding="utf-8")
    assert HERE in text and (ELSEWHERE in text) == (edited != "script")
    assert script.read_bytes() == said


def test_edited_elsewhere_while_it_is_open_a_question_is_asked(lab, page, pair):
    notebook, _ = pair
    cells = opened(page, lab, notebook)
    type_here(page, cells)
    solve(notebook)
    page.keyboard.press("ControlOrMeta+S")
    asked = page.locator(".jp-Dialog")
    expect(asked).to_contain_text("has changed on disk")
    assert ELSEWHERE in notebook.read_text(encoding="utf-8")
    asked.get_by_text("Cancel").click()
    expect(cells.nth(1)).to_contain_text(HERE)
    assert ELSEWHERE in notebook.read_text(encoding="utf-8")


def test_a_write_protected_notebook_says_so_and_what_was_typed_can_be_saved_under_another_name(lab, page, pair):
    notebook, _ = pair
    notebook.chmod(0o444)
    stored = notebook.read_bytes()
    cells = opened(page, lab, notebook)
    type_here(page, cells)
    page.keyboard.press("ControlOrMeta+S")
    expect(page.locator(".Toastify__toast")).to_contain_text('is read-only. Use "Save as')
    expect(changed_mark(page)).to_have_count(1)
    page.locator("#jp-MainMenu").get_by_text("File", exact=True).click()
    page.locator(".lm-Menu").get_by_text("Save Notebook As…", exact=True).click()
    page.locator(".jp-Dialog input").fill("notebooks/my_double.ipynb")
    page.locator(".jp-Dialog").get_by_text("Save", exact=True).click()
    expect(page.get_by_role("tab", name="my_double.ipynb")).to_be_visible()
    assert HERE in (lab.notebooks / "my_double.ipynb").read_text(encoding="utf-8")
    assert notebook.read_bytes() == stored


def test_make_lab_opens_the_first_notebook_and_its_table_of_contents(lab, page):
    page.goto(re.sub(r"/lab/.*\?", "/?", lab.address("")))
    expect(page.get_by_role("tab", name=NOTEBOOKS[0].name)).to_be_visible(timeout=60 * SECONDS)
    contents = page.locator(".jp-TableOfContents")
    expect(contents).to_be_visible()
    expect(contents).to_contain_text("One hidden layer")
    assert (lab.notebooks.parent / "build/lab").exists()  # not among the user's own workspaces


def test_what_was_run_and_saved_lives_without_a_kernel(lab, page, chromium):
    notebook, _ = made_of(ALIVE, lab, "alive")
    cells = opened(page, lab, notebook)
    cells.nth(0).click()
    page.locator("#jp-MainMenu").get_by_text("Run", exact=True).click()
    page.locator(".lm-Menu").get_by_text("Run All Cells", exact=True).click()
    expect(page.locator(".jp-InputPrompt", has_text="[4]:")).to_be_visible(timeout=60 * SECONDS)
    save(page)

    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(15 * SECONDS)
    context.route_web_socket(re.compile("/api/kernels/"), lambda socket: socket.close())
    later = context.new_page()
    later.goto(lab.address(notebook.stem))
    card = later.locator(".jp-Notebook .quiz")
    card.scroll_into_view_if_needed(timeout=60 * SECONDS)
    for name in ("B", "D", "Check"):
        card.get_by_role("button", name=name, exact=True).click()
    expect(card.get_by_role("status")).to_contain_text("✓ Right.")
    figure = later.locator(".living-figure")
    start = figure.get_by_label("start", exact=True)
    start.press("ArrowRight")
    start.press("Shift+ArrowUp")
    expect(figure.get_by_role("status")).to_have_text(explore.euler(x1=-0.9, x2=1.0).numbers)
    answer = later.locator(".prediction")
    expect(answer.get_by_text("computed when it was run")).to_be_hidden()
    answer.locator("summary").click()
    expect(answer.get_by_text("computed when it was run")).to_be_visible()
    context.close()
