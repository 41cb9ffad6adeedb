"""JupyterLab in the browser, as `make lite` builds it. Pyodide's CDN is played by what npm and PyPI have of it.

That is the runtime and the packages in pure Python, without NumPy: the kernel starts, installs our wheel and shows a
widget, but the notebooks' mathematics cannot run here.
"""

import json
import re
from importlib.metadata import requires, version
from zipfile import ZipFile

import pytest
from lab import NOTEBOOKS, ROOT, SECONDS
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from playwright.sync_api import expect
from served import Visit, served

LITE = ROOT / "build" / "lite"
PYODIDE = ROOT / "build" / "pyodide" / "npm" / "node_modules" / "pyodide"
CDN = re.compile(r"https://cdn\.jsdelivr\.net/pyodide/v[\d.]+/full/(.+)")


@pytest.fixture(scope="module")
def lock():
    path = PYODIDE / "pyodide-lock.json"
    assert path.exists(), "Pyodide is not there, it comes with: make build/pyodide"
    packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
    return {canonicalize_name(name): package for name, package in packages.items()}


@pytest.fixture(scope="module")
def lite(chromium):
    """JupyterLab with the first notebook; `lite.missing` is what npm and PyPI do not have and the CDN was asked for."""
    with served("lite") as address:
        lite = Visit(chromium, address, viewport={"width": 1400, "height": 1000})
        lite.missing = []

        def cdn(route):
            file = PYODIDE / CDN.fullmatch(route.request.url)[1]
            if file.exists():
                route.fulfill(path=file, headers={"Access-Control-Allow-Origin": "*"})
            else:
                lite.missing.append(file.name)
                route.abort()

        lite.context.route(CDN, cdn)
        lite.page.goto(f"{address}/lab/index.html?path={NOTEBOOKS[0].name}")
        yield lite
        lite.context.close()


def test_what_the_library_needs_is_in_pyodide_or_in_the_site(lock):
    site = json.loads((LITE / "pypi" / "all.json").read_text(encoding="utf-8"))
    for requirement in map(Requirement, requires("neuralode-lib")):
        if requirement.marker and not requirement.marker.evaluate({"sys_platform": "emscripten", "extra": ""}):
            continue
        name = canonicalize_name(requirement.name)
        versions = [lock[name]["version"]] if name in lock else list(site[name]["releases"])
        assert any(requirement.specifier.contains(version) for version in versions), f"{requirement}, not {versions}"


def test_the_wheel_has_what_the_library_loads():
    (wheel,) = (LITE / "pypi").glob("neuralode_lib-*.whl")
    names = {name for name in ZipFile(wheel).namelist() if not name.startswith("neuralode_lib-")}
    files = [path for path in (ROOT / "neuralode_lib").iterdir() if path.is_file()]
    assert names == {f"neuralode_lib/{path.name}" for path in files}


def test_site_lists_and_shows_the_notebooks(lite):
    files = lite.page.locator(".jp-DirListing-item .jp-DirListing-itemText")
    expect(files).to_have_text([path.name for path in NOTEBOOKS], timeout=60 * SECONDS)
    expect(lite.page.locator(".jp-Notebook mjx-container").first).to_be_visible()
    expect(lite.page.locator(".jp-Notebook .jp-OutputArea-output img").first).to_be_visible()
    assert all(CDN.fullmatch(url) for url in lite.elsewhere), lite.elsewhere
    lite.screenshot("lite")


def test_kernel_installs_the_library_and_shows_a_widget(lite, lock):
    first = lite.page.locator(".jp-Notebook .jp-CodeCell").first
    outputs = first.locator(".jp-OutputArea-output")
    idle = lite.page.get_by_text(re.compile(r"\| Idle$"))

    def run(source):
        expect(idle).to_be_visible(timeout=120 * SECONDS)
        before = first.locator(".jp-InputPrompt").text_content()
        first.locator(".cm-content").click()
        lite.page.keyboard.press("ControlOrMeta+A")
        lite.page.keyboard.insert_text(source)
        lite.page.keyboard.press("Control+Enter")
        expect(first.locator(".jp-InputPrompt")).not_to_have_text(before)
        expect(first.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"), timeout=120 * SECONDS)

    run("import sys\nsys.platform")
    expect(outputs).to_have_text("'emscripten'")

    run("%pip install -q ipywidgets\nimport ipywidgets\nipywidgets.IntSlider(3, description='layers')")
    expect(first.locator(".widget-slider")).to_be_visible(timeout=60 * SECONDS)
    expect(first.locator(".widget-readout")).to_have_text("3")
    lite.screenshot("lite-widget")

    stored = json.loads((LITE / "files" / NOTEBOOKS[0].name).read_text(encoding="utf-8"))
    install = next("".join(cell["source"]) for cell in stored["cells"] if cell["cell_type"] == "code")
    run(install + "\nfrom importlib.metadata import version\nversion('neuralode-lib')")
    expect(outputs).to_have_text(f"'{version('neuralode-lib')}'")
    assert {"numpy", "scipy", "matplotlib", "scikit-learn"} <= {
        canonicalize_name(wheel.split("-")[0]) for wheel in lite.missing
    }
    assert all(CDN.fullmatch(url) for url in lite.elsewhere), "nothing comes from PyPI"
