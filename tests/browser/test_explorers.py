"""Explorers and living figures in JupyterLab: what is moved changes the picture, and nothing else."""

import re

import pytest
from lab import ROOT, uses
from playwright.sync_api import expect

SHOWN = [
    pytest.param(path, number, name, id=f"{name}-{path.stem}")
    for path, number, name in uses(r"^explore\.(\w+)\(")
]
PROGRAMS = ROOT / "neuralode_lib" / "explore"
LIVING = [p for p in SHOWN if (PROGRAMS / f"{p.values[2]}.js").exists()]
EXPLORERS = [p for p in SHOWN if p not in LIVING]

# The picture as it is drawn: its address changes even when the picture does not.
PIXELS = """image => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL();
}"""


def each(shown):
    return pytest.mark.parametrize("book, number, name", shown, indirect=["book"])


class Explorer:
    def __init__(self, book, number):
        self.book, self.page, self.cell = book, book.page, book.cells.nth(number)
        self.box = self.cell.locator(".jp-OutputArea-output .widget-vbox").first
        self.box.scroll_into_view_if_needed()
        self.image = self.box.locator("img")
        self.sliders = self.box.locator(".widget-slider").all()
        self.dropdowns = self.box.locator(".widget-dropdown").all()
        self.choices = self.box.locator(".widget-toggle-buttons").all()
        self.checkboxes = self.box.locator(".widget-checkbox").all()
        self.players = self.box.locator(".widget-play").all()
        self.error = self.box.locator(".widget-html b")

    def button(self, name):
        return self.box.get_by_role("button", name=name, exact=True)

    def picture(self):
        return self.image.evaluate(PIXELS)

    def changes(self, control, act, *args):
        """The picture is another one after the act, and no error is shown."""
        before = self.picture()
        act(control, *args)
        try:
            self.book.eventually(lambda: self.picture() != before)
        except AssertionError:
            raise AssertionError(f"{act.__name__} {control.inner_text()!r}: the picture does not change") from None
        expect(self.error).to_have_count(0)

    def drag(self, slider, to):
        track, handle = (slider.locator(part).bounding_box() for part in (".noUi-target", ".noUi-handle"))
        y = handle["y"] + handle["height"] / 2
        self.page.mouse.move(handle["x"] + handle["width"] / 2, y)
        self.page.mouse.down()
        self.page.mouse.move(track["x"] + to * track["width"], y, steps=4)
        self.page.mouse.up()

    def press(self, control, *keys):
        self.book.tab_to(control.locator("select, input, button:not(.mod-active), [role=slider]").first)
        for key in keys:
            self.page.keyboard.press(key)


@each(EXPLORERS)
def test_explorer(book, number, name):
    explorer = Explorer(book, number)
    book.screenshot(f"explorer-{name}-{book.name}", explorer.box)
    for slider in explorer.sliders:
        explorer.changes(slider, explorer.drag, 0.7)
    explorer.cell.focus()
    for slider in explorer.sliders:
        explorer.changes(slider, explorer.press, "ArrowRight")
    for dropdown in explorer.dropdowns:  # arrows alone would lead JupyterLab to the next cell
        explorer.changes(dropdown, explorer.press, "Space", "ArrowDown", "Enter")
    for choice in explorer.choices + explorer.checkboxes:
        explorer.changes(choice, explorer.press, "Space")
    for play in explorer.players:
        explorer.changes(play, explorer.press, "Enter")
        explorer.press(play, "Enter")  # and it pauses
    book.screenshot(f"explorer-{name}-{book.name}-moved", explorer.box)


@each(LIVING)
def test_living_figure(book, number, name):
    """It is alive once; the keys that its handle takes do not lead to another cell, and JupyterLab's own still do."""
    cell = book.cells.nth(number)
    figure = cell.locator(f".living-figure[data-name={name}]")
    figure.scroll_into_view_if_needed()
    expect(figure.locator(".living")).to_have_count(1)
    status = figure.get_by_role("status")
    expect(status).not_to_be_empty()
    handle = figure.locator("[role=slider]").first
    place = handle.get_attribute("aria-valuetext")
    for key in ("ArrowRight", "ArrowUp"):
        handle.press(key)
    expect(handle).not_to_have_attribute("aria-valuetext", place)
    expect(handle).to_be_focused()
    expect(cell).to_have_class(re.compile("jp-mod-active"))
    book.screenshot(f"figure-{name}-{book.name}", figure)
    book.run(cell)
    book.wait_until_run()
    expect(figure.locator(".living")).to_have_count(1)
    expect(status).not_to_be_empty()
