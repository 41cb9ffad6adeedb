"""Every control of every explorer is moved, and the picture changes; the cockpit trains while other things go on."""

import re

import pytest
from lab import uses
from playwright.sync_api import expect

SHOWN = [
    pytest.param(path, number, name, id=f"{name}-{path.stem}")
    for path, number, name in uses(r"^explore\.(\w+)\(")
]
MOVIES, COCKPITS = ([p for p in SHOWN if p.values[2] == name] for name in ("movie", "training"))
EXPLORERS = [p for p in SHOWN if p not in MOVIES + COCKPITS]

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


@each(MOVIES)
def test_movie(book, number, name):
    """Plain HTML that needs no kernel; its picture is a strip, of which a part is shown."""
    movie = book.cells.nth(number).locator("figure")
    movie.scroll_into_view_if_needed()
    position, slider = movie.locator("img").get_attribute, movie.get_by_role("slider")
    before = position("style")
    movie.get_by_role("button", name="Play").click()
    book.eventually(lambda: position("style") != before)
    movie.get_by_role("button", name="Pause").click()
    before = position("style")
    slider.press("ArrowRight")
    book.eventually(lambda: position("style") != before)
    book.screenshot(f"movie-{book.name}", movie)


class Cockpit(Explorer):
    def iteration(self):
        return int(re.search(r"iteration (\d+)", self.box.inner_text())[1])

    def J(self):
        return float(re.search(r"J = ([-+.\de]+)", self.box.inner_text())[1])

    def click(self, name):
        self.button(name).click()

    def reset(self):
        self.click("Reset")
        self.book.eventually(lambda: self.iteration() == 0)

    def after_three_steps(self):
        self.reset()
        for n in (1, 2, 3):
            self.click("Step")
            self.book.eventually(lambda n=n: self.iteration() == n)
        return self.J(), self.picture()


@each(COCKPITS)
def test_every_control_of_the_cockpit_matters(book, number, name):
    cockpit = Cockpit(book, number)
    book.screenshot(f"explorer-{name}", cockpit.box)
    before = cockpit.after_three_steps()
    for slider in cockpit.sliders:
        cockpit.drag(slider, 0.5)
        cockpit.press(slider, "ArrowRight")
        before, old = cockpit.after_three_steps(), before
        assert before != old, slider.inner_text()
    keys = {"Space ArrowDown Enter": cockpit.dropdowns, "Space": cockpit.choices + cockpit.checkboxes}
    for press, controls in keys.items():
        for control in controls:
            cockpit.press(control, *press.split())
            before, old = cockpit.after_three_steps(), before
            assert before != old, control.inner_text()
    expect(cockpit.error).to_have_count(0)
    book.screenshot(f"explorer-{name}-moved", cockpit.box)


@each(COCKPITS)
def test_cockpit_trains_while_other_things_go_on(book, number, name):
    aside = book.cells.nth(book.new_cell("6 * 7"))
    cockpit = Cockpit(book, book.new_cell("explore.training(iterations=1_000_000)"))  # does not end by itself
    before, J = cockpit.picture(), cockpit.J()

    def rises():
        n = cockpit.iteration()
        book.eventually(lambda: cockpit.iteration() > n)

    def stands_still():
        n, picture = cockpit.iteration(), cockpit.picture()
        another_cell_runs()
        assert (cockpit.iteration(), cockpit.picture()) == (n, picture)

    def another_cell_runs():
        prompt = aside.locator(".jp-InputPrompt").text_content()
        book.run(aside)
        book.eventually(lambda: aside.locator(".jp-InputPrompt").text_content() not in (prompt, "[*]:"))
        expect(aside.locator(".jp-OutputArea-output")).to_have_text("42")

    cockpit.click("Start")
    rises()
    book.eventually(lambda: cockpit.J() < J)
    assert cockpit.picture() != before
    another_cell_runs()
    gamma = cockpit.box.locator(".widget-slider", has_text="γ")
    cockpit.press(gamma, "ArrowLeft")
    expect(gamma.locator(".widget-readout")).to_have_text("0.794")
    rises()
    book.screenshot(f"explorer-{name}-trains", cockpit.box)
    cockpit.click("Pause")
    expect(cockpit.button("Start")).to_be_visible()
    stands_still()
    cockpit.click("Start")
    rises()
    cockpit.click("Reset")
    expect(cockpit.button("Start")).to_be_visible()
    assert cockpit.iteration() == 0
    stands_still()
    expect(cockpit.error).to_have_count(0)


@each(COCKPITS)
def test_cockpit_survives_divergence(book, number, name):
    cockpit = Cockpit(book, book.new_cell("explore.training(iterations=200)"))
    gamma = cockpit.box.locator(".widget-slider", has_text="γ")
    cockpit.press(gamma, *["ArrowRight"] * 6)
    expect(gamma.locator(".widget-readout")).to_have_text("3.98")
    cockpit.click("Start")
    expect(cockpit.error).to_contain_text("J has diverged")
    book.screenshot(f"explorer-{name}-diverged", cockpit.box)
    cockpit.press(gamma, *["ArrowLeft"] * 6)
    cockpit.reset()
    cockpit.click("Start")
    expect(cockpit.box).to_contain_text("iteration 200 of 200")
    expect(cockpit.error).to_have_count(0)
