"""JupyterLab in the browser, as `make lite` builds it. Pyodide comes from build/pyodide, not from its CDN."""

import json
import re
from importlib.metadata import requires
from zipfile import ZipFile

import pytest
from lab import NOTEBOOKS, ROOT, SECONDS
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from playwright.sync_api import expect
from served import Visit, made, served

LITE = ROOT / "build" / "lite"
PYODIDE = ROOT / "build" / "pyodide"
CDN = "https://cdn.jsdelivr.net/pyodide/v0.27.7/full/"
FONTS = "Matplotlib is building the font cache; this may take a moment."
PROGRESS = re.compile(r"\d+ done, J = [\d.]+$")  # without ipywidgets it is text


@pytest.fixture(scope="module")
def lock():
    path = PYODIDE / "pyodide-lock.json"
    assert path.exists(), "Pyodide is not there, it comes with: make build/pyodide"
    packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
    return {canonicalize_name(name): package for name, package in packages.items()}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, with build/pyodide beside it and in the place of Pyodide's CDN."""
    folder = tmp_path_factory.mktemp("lite")
    for path in made("lite").iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "pyodide").symlink_to(PYODIDE)
    settings = (LITE / "jupyter-lite.json").read_text(encoding="utf-8")
    assert settings.count(CDN) == 1
    (folder / "jupyter-lite.json").unlink()
    (folder / "jupyter-lite.json").write_text(settings.replace(CDN, "/pyodide/"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def lite(chromium, site):
    """JupyterLab with the first notebook."""
    with served(site) as address:
        lite = Visit(chromium, address, viewport={"width": 1400, "height": 1000})
        lite.looked_up = []  # what Python asks the page for, a file each
        lite.context.on("request", lambda request: "/api/drive" in request.url and lite.looked_up.append(request))
        lite.page.goto(f"{address}/lab/index.html?path={NOTEBOOKS[0].name}")
        yield lite
        lite.context.close()


def test_what_the_library_needs_is_in_pyodide_or_in_the_site(lock):
    site = json.loads((LITE / "pypi" / "all.json").read_text(encoding="utf-8"))
    for requirement in map(Requirement, requires("neuralode-lib")):
        if requirement.marker and not requirement.marker.evaluate({"sys_platform": "emscripten", "extra": ""}):
            continue
        name = canonicalize_name(requirement.name)
        versions = list(site[name]["releases"]) if name in site else [lock[name]["version"]]
        assert any(requirement.specifier.contains(version) for version in versions), f"{requirement}, not {versions}"


def test_the_wheel_has_what_the_library_loads():
    (wheel,) = (LITE / "pypi").glob("neuralode_lib-*.whl")
    names = {name for name in ZipFile(wheel).namelist() if not name.startswith("neuralode_lib-")}
    files = [path for path in (ROOT / "neuralode_lib").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert names == {path.relative_to(ROOT).as_posix() for path in files}


def test_site_lists_and_shows_the_notebooks(lite):
    files = lite.page.locator(".jp-DirListing-item .jp-DirListing-itemText")
    expect(files.filter(has_text=".ipynb")).to_have_text([path.name for path in NOTEBOOKS], timeout=60 * SECONDS)
    expect(lite.page.locator(".jp-Notebook mjx-container").first).to_be_visible()
    expect(lite.page.locator(".jp-Notebook .jp-OutputArea-output img").first).to_be_visible()
    lite.screenshot("lite")


def test_the_first_notebook_runs_from_top_to_bottom(lite):
    """NumPy and all, with nothing from elsewhere."""
    page = lite.page
    cells = json.loads((LITE / "files" / NOTEBOOKS[0].name).read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    # Where the code is folded, there is no number.
    shown = sum(not cell["metadata"].get("jupyter", {}).get("source_hidden") for cell in code)
    prompts = page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt")
    expect(page.get_by_text(re.compile(r"\| Idle$"))).to_be_visible(timeout=300 * SECONDS)
    for menu, item in [("Edit", "Clear Outputs of All Cells"), ("Run", "Run All Cells")]:
        page.locator("#jp-MainMenu").get_by_text(menu, exact=True).click()
        page.locator(".lm-Menu").get_by_text(item, exact=True).click()
    expect(prompts.filter(has_text=re.compile(r"\[\*\]"))).not_to_have_count(0)
    expect(prompts.filter(has_text=re.compile(r"\[\*\]"))).to_have_count(0, timeout=900 * SECONDS)
    lite.screenshot("lite-run")
    said = [page.locator(f'[data-mime-type="application/vnd.jupyter.{kind}"]') for kind in ("error", "stderr")]
    texts = {text.strip() for locator in said for text in locator.all_text_contents()}
    assert all(text == FONTS or PROGRESS.search(text) for text in texts), texts
    expect(prompts.filter(has_text=re.compile(r"\[\d+\]:"))).to_have_count(shown)
    expect(page.locator(".jp-Notebook .widget-slider, .jp-Notebook .jp-RenderedHTML img").first).to_be_attached()
    assert lite.elsewhere == [] and len(lite.looked_up) < 1000  # each holds up the kernel for milliseconds
    assert not [complaint for complaint in lite.complaints if complaint.startswith("failed")], lite.complaints
