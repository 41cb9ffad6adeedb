"""The living figures in Chromium, from a file: pictures a second while they play, train, or are moved by keys."""

import re
import tempfile
from pathlib import Path

import neuralode_lib as node
from neuralode_lib import explore

from ..chromium import find_chromium
from .report import Reading, table

SECONDS = 3
PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title><body>{html}</body></html>'

# Press the first button, Play or Start, or where there is none move the first handle before every picture.
PICTURES = """seconds => new Promise((done) => {
    const figure = document.querySelector(".living-figure"), { picture } = figure;
    const button = figure.querySelector("button.first"), handle = figure.querySelector("[role=slider]");
    const paint = picture.paint.bind(picture), start = performance.now();
    let pictures = 0, busy = 0;
    picture.paint = () => {
        const before = performance.now();
        paint();
        pictures++;
        busy += performance.now() - before;
    };
    button?.click();
    const next = (now) => {
        if (now - start > 1000 * seconds) return done([(1000 * pictures) / (now - start), busy / pictures]);
        const key = Math.floor((now - start) / 500) % 2 ? "ArrowLeft" : "ArrowRight";
        if (!button) handle.dispatchEvent(new KeyboardEvent("keydown", { key }));
        else if (/Play|Start/.test(button.textContent)) button.click();
        requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
})"""


def section():
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError as error:
        return f"Skipped: {error.name} is not installed"
    program = find_chromium()
    if program is None:
        return "Skipped: no Chromium or Chrome on the path"
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=program, args=["--disable-gpu"])
        return table([line for name, figure in figures() for line in measured(browser, Path(folder), name, figure)])


def figures():
    """The lecture's experiment, 64 points and 100 layers, where a figure takes one."""
    data = node.disk_in_ring()
    problem = node.TrainingProblem(data.x_in, data.y_out)
    trained = node.train(problem, iterations=1000, progress=False).weights
    yield "euler", explore.euler()
    yield "flow, circle", explore.flow(problem, trained)
    yield "flow, grid", explore.flow(problem, trained, carry="grid")
    yield "tangent", explore.tangent()
    yield "adjoint", explore.adjoint()
    for activation in ("relu", "tanh"):
        yield f"training, regions, {activation}", explore.training(activation=activation)


def measured(browser, folder, name, figure):
    path = folder / "figure.html"
    html = figure._repr_mimebundle_()["text/html"]
    path.write_text(PAGE.format(name=name, html=html), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(path.as_uri())
    before = page.get_by_role("status").text_content()
    pictures, busy = page.evaluate(PICTURES, SECONDS)
    after = page.get_by_role("status").text_content()
    page.close()
    yield Reading(f"{name}: pictures", pictures, "a second", 50, True)
    yield Reading(f"{name}: computing and drawing one", busy, "ms")
    if after.startswith("iteration"):
        first, last = (int(re.match(r"iteration (\d+)", text)[1]) for text in (before, after))
        yield Reading(f"{name}: iterations meanwhile", (last - first) / SECONDS, "a second", 1500, True)
