"""Living figures in JupyterLab: alive once, and the keys that they take lead to no other cell."""

import re

import pytest
from lab import uses
from playwright.sync_api import expect

SHOWN = [pytest.param(path, n, name, id=f"{name}-{path.stem}") for path, n, name in uses(r"^explore\.(\w+)\(")]


@pytest.mark.parametrize("book, number, name", SHOWN, indirect=["book"])
def test_living_figure(book, number, name):
    cell = book.cells.nth(number)
    figure = cell.locator(f".living-figure[data-name={name}]")
    figure.scroll_into_view_if_needed()
    expect(figure.locator(".living")).to_have_count(1)
    status = figure.get_by_role("status")
    expect(status).not_to_be_empty()
    control = figure.locator("[role=slider], input[type=range]").last  # a handle, where there is one
    place = control.get_attribute("aria-valuetext")
    for key in ("ArrowRight", "ArrowUp"):
        control.press(key)
    expect(control).not_to_have_attribute("aria-valuetext", place)
    expect(control).to_be_focused()
    expect(cell).to_have_class(re.compile("jp-mod-active"))
    book.screenshot(f"figure-{name}-{book.name}", figure)
    book.run(cell)
    book.wait_until_run()
    expect(figure.locator(".living")).to_have_count(1)
    expect(status).not_to_be_empty()


COCKPITS = [pytest.param(*p.values[:2], id=p.id) for p in SHOWN if p.values[2] == "training"]


@pytest.mark.parametrize("book, number", COCKPITS, indirect=["book"])
def test_the_cockpit_fits_a_small_window(book, number):
    """1280 x 720 is also a projector of 1920 x 1080 where JupyterLab is shown at 150 %."""
    size = book.page.viewport_size
    book.page.set_viewport_size({"width": 1280, "height": 720})
    figure = book.cells.nth(number).locator(".living-figure .living")
    figure.scroll_into_view_if_needed()
    window = book.page.locator(".jp-WindowedPanel-outer").first
    book.eventually(lambda: figure.bounding_box()["height"] <= window.bounding_box()["height"])
    book.screenshot("cockpit-small-window")
    book.page.set_viewport_size(size)
