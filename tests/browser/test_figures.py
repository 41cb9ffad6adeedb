"""Living figures on a page that lies in a file, with the network cut: moved by mouse, finger and keys.

What they say is what Python says for the same setting.
"""

import re
from functools import cache

import numpy as np
import pytest
from axe import findings
from playwright.sync_api import expect
from served import Visit

import neuralode_lib as node
from neuralode_lib import explore
from neuralode_lib.explore.adjoint import change
from neuralode_lib.explore.space import seen

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Figures</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<style>body {{ font: 16px sans-serif; margin: 8px }}
@media (prefers-color-scheme: dark) {{ body {{ background: #111 }} }}</style></head>
<body><main><h1>Figures</h1>{}</main></body></html>"""

# How often each figure has been drawn, counted from now on.
COUNT = """() => document.querySelectorAll(".living-figure").forEach(({picture}) => {
    const paint = picture.paint.bind(picture);
    picture.drawn = 0;
    picture.paint = () => { picture.drawn++; paint(); };
})"""

PIXELS = """(f, [x, y]) => {
    const {left, top} = f.querySelector("canvas").getBoundingClientRect(), plane = f.picture.planes[0];
    return [left + plane.X(x), top + plane.Y(y)];
}"""


@pytest.fixture(scope="module")
def trained():
    data = node.disk_in_ring(16)
    problem = node.TrainingProblem(data.x_in, data.y_out, N_T=11)
    return problem, node.train(problem, iterations=200, step=node.constant(0.3), progress=False).weights


@pytest.fixture(scope="module")
def in_space():
    data = node.disk_in_ring(16)
    x_in, y_out = (np.vstack([a, np.zeros(16)]) for a in data[:2])
    problem = node.TrainingProblem(x_in, y_out, N_T=5, activation=node.tanh)
    return problem, node.Weights.random(5, 3, 1.0, np.random.default_rng(0))


@pytest.fixture(scope="module")
def make(trained, in_space, digits):
    """A function that makes the figure of a name, once for all tests."""
    calls = {
        "euler": explore.euler,
        "flow": lambda: explore.flow(*trained),
        "tangent": explore.tangent,
        "adjoint": lambda: explore.adjoint(*trained),
        "training": lambda: explore.training(*trained),
        "by_hand": explore.by_hand,
        "width": explore.width,
        "noise": explore.noise,
        "digit": lambda: explore.digit(*digits),
        "space": lambda: explore.space(*in_space),
    }
    return cache(lambda name: calls[name]())


NAMES = ["euler", "flow", "tangent", "adjoint", "training", "by_hand", "width", "noise", "digit", "space"]
every_figure = pytest.mark.parametrize("name", NAMES)


class Shown:
    """Figures on a page of their own, for somebody who wants no motion, unless `reduced_motion` says otherwise."""

    def __init__(self, chromium, folder, figures, reduced_motion="reduce", **options):
        path = folder / "figures.html"
        path.write_text(PAGE.format("\n".join(f._repr_mimebundle_()["text/html"] for f in figures)), encoding="utf-8")
        self.visit = Visit(chromium, "file://", offline=True, reduced_motion=reduced_motion, **options)
        self.page = self.visit.page
        self.page.goto(path.as_uri())
        self.figures = self.page.locator(".living-figure")
        self.figure = self.figures.first
        self.numbers = self.figure.get_by_role("status")

    def handle(self, name):
        return self.figure.locator("[role=slider]").and_(self.figure.get_by_label(name, exact=True))

    def slider(self, name):
        return self.figure.locator("input[type=range]").and_(self.figure.get_by_label(name))

    def choose(self, name):
        self.figure.get_by_role("radio", name=name, exact=True).check()

    def settle(self):
        self.visit.settle()

    def drag(self, handle, right, down, finger=False):
        """By so many pixels. A finger is one of the browser's protocol, not of JavaScript's."""
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        if finger:
            session = self.visit.context.new_cdp_session(self.page)
            for kind, at in [("touchStart", 0), ("touchMove", 0.5), ("touchMove", 1), ("touchEnd", None)]:
                points = [] if at is None else [{"x": x + at * right, "y": y + at * down}]
                session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        else:
            self.page.mouse.move(x, y)
            self.page.mouse.down()
            self.page.mouse.move(x + right, y + down, steps=4)
            self.page.mouse.up()
        self.settle()

    def at(self, plane=0, handle=0):
        """Where a handle is, in the numbers of its plane."""
        return self.figure.evaluate("(f, [p, h]) => f.picture.planes[p].handles[h].at", [plane, handle])

    def pixels(self, point):
        """Where a point of the first plane is on the page."""
        return self.figure.evaluate(PIXELS, np.asarray(point).tolist())

    def drawn(self):
        return self.figure.evaluate("({picture}) => picture.drawn")


@pytest.fixture
def show(chromium, tmp_path):
    shown = []

    def show(*figures, **options):
        shown.append(Shown(chromium, tmp_path, figures, **options))
        return shown[-1]

    yield show
    for one in shown:
        complaints, elsewhere = one.visit.complaints, one.visit.elsewhere
        one.visit.context.close()
        assert (complaints, elsewhere) == ([], [])


# ---- what all have in common


@every_figure
def test_it_starts_with_what_python_says_and_the_still_picture_goes(show, make, name):
    figure = make(name)
    shown = show(figure)
    expect(shown.numbers).to_have_text(figure.numbers)
    expect(shown.figure).to_have_attribute("data-name", name)
    expect(shown.figure.locator("img, figcaption")).to_have_count(0)
    assert shown.figure.locator("canvas").count() > 0
    for handle in shown.figure.locator("[role=slider]").all():
        assert handle.get_attribute("aria-label") and handle.get_attribute("aria-valuetext")
        low, now, high = (float(handle.get_attribute(f"aria-value{part}")) for part in ("min", "now", "max"))
        assert low <= now <= high


@every_figure
def test_without_scripts_picture_and_words_remain(show, make, name):
    figure = make(name)
    shown = show(figure, java_script_enabled=False)
    expect(shown.figure.get_by_role("img", name=figure.alt)).to_be_visible()
    expect(shown.figure.get_by_text(figure.numbers)).to_be_visible()


@every_figure
def test_light_and_dark_small_and_large_all_can_use_it(show, make, name):
    shown = show(make(name))
    for scheme in ("light", "dark"):
        shown.page.emulate_media(color_scheme=scheme)
        for width in (390, 1280):
            shown.page.set_viewport_size({"width": width, "height": 800})
            shown.settle()
            sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert shown.page.evaluate(sideways) == 0, width
            shown.visit.screenshot(f"figure-{name}-{scheme}-{width}")
        assert shown.figure.evaluate("f => f.picture.palette.paper") == {"light": "#ffffff", "dark": "#111111"}[scheme]
        assert findings(shown.page, ".living-figure") == []
    small = "f => Math.min(...[...f.querySelectorAll('*')].map((e) => parseFloat(getComputedStyle(e).fontSize)))"
    assert shown.figure.evaluate(small) >= 13


@pytest.mark.parametrize("name", [name for name in NAMES if name != "training"])  # see test_cockpit.py
def test_every_control_says_or_draws_something_else(show, make, name):
    figure = make(name)
    shown = show(figure)
    expect(shown.figure.get_by_role("img", name=figure.alt, exact=True)).to_be_visible()
    look = """f => [f.querySelector("[role=status]").textContent]
        .concat([...f.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL()))"""

    def moves(action):
        before = shown.figure.evaluate(look)
        action()
        shown.settle()
        assert shown.figure.evaluate(look) != before, action

    for slider in shown.figure.locator("input[type=range]").all():
        is_at_end = slider.evaluate("({value, max}) => value === max")
        moves(lambda slider=slider, key="ArrowLeft" if is_at_end else "ArrowRight": slider.press(key))
    for handle in shown.figure.locator("[role=slider]").all():
        moves(lambda handle=handle: handle.press("ArrowLeft"))
        moves(lambda handle=handle: handle.press("Shift+ArrowDown"))
        moves(lambda handle=handle: shown.drag(handle, 40, 15))
    for radio in shown.figure.locator("input[type=radio]:not(:checked)").all():
        moves(lambda radio=radio: radio.check())
    for box in shown.figure.locator("input[type=checkbox]").all():
        moves(lambda box=box: box.press("Space"))
    expect(shown.figure.get_by_role("img", name=f"As it opened: {figure.alt}", exact=True)).to_be_visible()


def test_it_speaks_when_the_hand_rests(show, make):
    shown = show(make("euler"))
    expect(shown.numbers).to_have_attribute("aria-live", "polite")
    shown.numbers.evaluate("""line => new MutationObserver(() => {
        line.dataset.was = `${line.dataset.was} ${line.ariaLive}`;
    }).observe(line, { attributeFilter: ["aria-live"] })""")
    shown.slider("layers").press("ArrowRight")
    expect(shown.numbers).to_have_attribute("data-was", "undefined off polite")


@every_figure
def test_keys_that_it_needs_turn_no_slide_and_others_do(show, make, name):
    shown = show(make(name))
    shown.page.evaluate("() => { window.keys = []; document.addEventListener('keydown', ({key}) => keys.push(key)); }")
    for control in shown.figure.locator("[role=slider], input, button, select").all():
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
    sliders = shown.figure.locator("input[type=range]").all()
    for handle in [*shown.figure.locator("[role=slider]").all(), *sliders[:1]]:
        for key in ("ArrowRight", "ArrowUp", "PageDown", "f"):
            handle.press(key)
    assert set(shown.page.evaluate("keys")) == {"PageDown", "f"}


def test_many_on_one_page_are_many(show, make):
    figures = [make(name) for name in NAMES] + [explore.euler(layers=n) for n in range(1, 11)]
    shown = show(*figures)
    for number, figure in enumerate(figures):
        expect(shown.figures.nth(number).get_by_role("status")).to_have_text(figure.numbers)
    first = len(NAMES)  # the one with one layer
    shown.figures.nth(first).get_by_label("constant").check()
    shown.settle()
    assert "1 layer" in shown.figures.nth(first).get_by_role("status").text_content()
    for number in (0, *range(first + 1, len(figures))):
        expect(shown.figures.nth(number).get_by_label("as in 12.A")).to_be_checked()
        expect(shown.figures.nth(number).get_by_role("status")).to_have_text(figures[number].numbers)
    for name in ("Picture", "Plane", "live", "forward", "STYLE"):
        assert shown.page.evaluate(f"typeof {name}") == "undefined"
    assert shown.page.locator(".living-figure [id]").count() == 0


def test_a_script_that_runs_twice_changes_nothing(show, make):
    shown = show(make("euler"))
    again = """f => {
        const script = document.createElement("script");
        script.textContent = [...f.querySelectorAll("script")].find(({type}) => !type).textContent;
        f.append(script);
    }"""
    shown.slider("layers").press("ArrowRight")
    shown.figure.evaluate(again)
    assert shown.figure.locator(".living").count() == 1
    expect(shown.numbers).to_contain_text("7 layers")


@every_figure
def test_nothing_moves_by_itself_and_nothing_is_drawn_while_nothing_happens(show, make, name):
    shown = show(make(name), reduced_motion="reduce" if name == "flow" else "no-preference")
    shown.settle()
    shown.page.evaluate(COUNT)
    for _ in range(4):
        shown.settle()
    assert shown.drawn() == 0


def test_the_flow_plays_once_when_it_is_seen(show, make, trained):
    at = "f => f.picture.players[0].at"
    shown = show(make("flow"), explore.flow(*trained, t=0.3), reduced_motion="no-preference")
    shown.page.wait_for_function(f"({at})(document.querySelector('.living-figure')) > 1")
    later = shown.figures.nth(1)
    later.scroll_into_view_if_needed()
    shown.settle()
    assert later.evaluate(at) == 3  # it was asked for this time
    shown.page.evaluate("scrollTo(0, 0)")
    shown.figure.get_by_role("button", name="Pause").click()
    shown.page.evaluate("scrollTo(0, 10000)")
    shown.settle()
    shown.page.evaluate("scrollTo(0, 0)")
    shown.settle()
    expect(shown.figure.get_by_role("button", name="Play")).to_be_visible()  # once


@pytest.mark.parametrize("name", ["euler", "flow", "adjoint", "space"])
def test_it_plays_only_where_it_is_seen(show, make, name):
    shown = show(make(name))
    page, button = shown.page, shown.figure.get_by_role("button").first
    page.evaluate("() => document.body.append(Object.assign(document.createElement('div'), {style: 'height: 5000px'}))")
    shown.page.evaluate(COUNT)

    def is_drawn():
        shown.settle()
        before = shown.drawn()
        shown.settle()
        return shown.drawn() > before

    button.click()
    expect(button).to_have_text("Pause")
    assert is_drawn()
    page.evaluate("scrollTo(0, 4000)")
    assert not is_drawn()
    page.evaluate("scrollTo(0, 0)")
    assert is_drawn()
    page.evaluate("""() => {
        Object.defineProperty(document, "hidden", {value: true, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }""")
    assert not is_drawn()
    page.evaluate("() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); }")
    assert is_drawn()
    page.evaluate("() => { window.gone = document.querySelector('.living-figure'); gone.remove(); }")
    counts = [page.evaluate("gone.picture.drawn") for _ in range(2) if not shown.settle()]
    assert counts[0] == counts[1]
    page.evaluate("document.querySelector('main').append(gone)")  # as JupyterLab does with what is scrolled back
    assert is_drawn()
    button.click()
    expect(button).to_have_text("Play")
    assert not is_drawn()


# ---- each against Python


def test_euler_by_mouse_finger_and_keys(show):
    shown = show(explore.euler(), has_touch=True)
    start = shown.handle("start")
    start.press("ArrowRight")
    start.press("Shift+ArrowUp")
    expect(shown.numbers).to_have_text(explore.euler(x1=-0.9, x2=1.0).numbers)
    for finger, right, down in [(False, 60, 45), (True, -30, 20)]:
        before = shown.at()
        shown.drag(start, right, down, finger)
        x1, x2 = shown.at()
        assert (x1 - before[0]) / right == pytest.approx((before[1] - x2) / down, rel=1e-6)  # equal aspect
        expect(shown.numbers).to_have_text(explore.euler(x1=x1, x2=x2).numbers)
    shown.slider("layers").fill("23")
    for weights in ("constant", "quickly changing"):
        shown.figure.get_by_label(weights).check()
        expect(shown.numbers).to_have_text(explore.euler(23, x1, x2, weights).numbers)


def test_flow_moves_points_and_their_paths(show, trained):
    problem, weights = trained
    shown = show(explore.flow(problem, weights), has_touch=True)
    shown.slider("time").fill("0.7")
    expect(shown.numbers).to_have_text(explore.flow(problem, weights, t=0.7).numbers)
    shown.figure.get_by_role("radio", name="grid").check()
    expect(shown.numbers).to_have_text(explore.flow(problem, weights, t=0.7, carry="grid").numbers)
    shown.figure.get_by_role("radio", name="circle").check()
    shown.slider("point").fill("3")
    shown.settle()
    assert shown.at() == pytest.approx(problem.states(weights)[7, :, 3], abs=1e-9)
    point = shown.handle("chosen point")
    for finger in (False, True):
        shown.drag(point, 40, 30, finger)
        dropped = shown.at()
        shown.slider("time").fill("0")
        shown.settle()
        start = shown.at()
        again = node.forward(weights, np.reshape(start, (2, 1)), problem.dt, problem.activation)
        assert again[7, :, 0] == pytest.approx(dropped, abs=1e-9)  # the path passes where the point was dropped
        shown.slider("time").fill("0.7")
        shown.settle()
        assert shown.at() == pytest.approx(dropped, abs=1e-9)
        x_in = problem.x_in.copy()
        x_in[:, 3] = start
        moved = node.TrainingProblem(x_in, problem.y_out, N_T=11)
        expect(shown.numbers).to_have_text(explore.flow(moved, weights, t=0.7).numbers)
    shown.figure.get_by_role("button", name="Reset").click()
    expect(shown.numbers).to_have_text(explore.flow(problem, weights, t=0.7).numbers)


def test_flow_takes_hold_of_any_point(show, trained):
    problem, weights = trained
    shown = show(explore.flow(problem, weights))
    x, y = shown.pixels(problem.x_in[:, 11])
    shown.page.mouse.move(x + 2, y)
    shown.page.mouse.down()
    shown.page.mouse.move(x + 32, y, steps=3)
    shown.page.mouse.up()
    shown.settle()
    expect(shown.slider("point")).to_have_value("11")
    assert shown.at()[0] > problem.x_in[0, 11] and shown.at()[1] == pytest.approx(problem.x_in[1, 11], abs=1e-9)


def test_flow_plays_to_the_end(show, trained):
    shown = show(explore.flow(*trained, t=0.9))
    shown.figure.get_by_role("button", name="Play").click()
    expect(shown.numbers).to_have_text(explore.flow(*trained, t=1.0).numbers)
    expect(shown.figure.get_by_role("button").first).to_have_text("Play")


def test_tangent_is_turned_by_its_arrow(show):
    shown = show(explore.tangent(log10_h=-2))
    arrow = shown.handle("direction of the kick")
    arrow.press("ArrowUp")
    expect(shown.numbers).to_have_text(explore.tangent(angle=50, log10_h=-2).numbers)
    shown.drag(arrow, -60, -10)
    angle = float(arrow.get_attribute("aria-valuenow"))
    assert 60 < angle < 150
    expect(shown.numbers).to_have_text(explore.tangent(angle=angle, log10_h=-2).numbers)
    shown.handle("h").press("ArrowRight")
    expect(shown.numbers).to_have_text(explore.tangent(angle=angle, log10_h=-1.5).numbers)
    shown.slider("kick at").press("End")
    said, rounding = explore.tangent(0.975, angle, -1.5).numbers.split("largest")
    expect(shown.numbers).to_contain_text(said)
    assert "e-1" in rounding  # there they agree


def test_adjoint_foretells_what_a_dragged_state_does_to_J(show, trained):
    problem, weights = trained
    shown = show(explore.adjoint(problem, weights))
    shown.slider("sample").fill("5")
    shown.slider("w₁").fill("0.3")
    expect(shown.numbers).to_have_text(explore.adjoint(problem, weights, sample=5, w1=0.3).numbers)
    shown.slider("time").fill("0.8")
    x = problem.states(weights)
    phi = node.adjoint(weights, x, problem.y_out, problem.dt, 0.3, problem.activation)
    for move in [lambda h: shown.drag(h, 25, -30), lambda h: h.press("ArrowLeft")]:
        move(shown.handle("state at time t"))
        shown.settle()
        delta = np.subtract(shown.at(), x[8, :, 5])
        changed, _ = change(problem, weights, x, 5, 8, delta, 0.3)
        said = f"J changes by {changed:.3f}, φ · δ = {phi[7, :, 5] @ delta:.3f};"
        expect(shown.numbers).to_contain_text(said)
    shown.figure.get_by_role("button", name="δ = 0").click()
    expect(shown.numbers).to_contain_text("J changes by 0.000, φ · δ = 0.000")
    shown.figure.get_by_label("V = 0, b = 0").check()
    miss = (problem.x_in - problem.y_out)[:, 5]
    shown.slider("time").press("End")
    expect(shown.numbers).to_contain_text("φ = ({:.3f}, {:.3f})".format(*miss))


def test_adjoint_chooses_the_sample_that_is_clicked(show, trained):
    problem, weights = trained
    shown = show(explore.adjoint(problem, weights))
    x, y = shown.pixels(problem.states(weights)[5, :, 12])
    shown.page.mouse.click(x, y)
    expect(shown.numbers).to_contain_text(re.compile("^sample 12 at"))


def test_width_by_slider_and_handle(show):
    shown = show(explore.width())
    shown.slider("width").fill("9")
    expect(shown.numbers).to_have_text(explore.width(32).numbers)
    shown.handle("width").press("ArrowRight")
    expect(shown.numbers).to_have_text(explore.width(48).numbers)
    shown.drag(shown.handle("width"), -80, 0)
    width = int(shown.handle("width").get_attribute("aria-valuenow"))
    assert width < 48
    for sigma in ("relu", "tanh"):
        for function in ("a jump", "sin 6x"):
            shown.choose(sigma)
            shown.choose(function)
            expect(shown.numbers).to_have_text(explore.width(width, function, sigma).numbers)
            expect(shown.figure.get_by_text("its kinks")).to_be_visible(visible=sigma == "relu")


def test_noise_descends_as_in_python(show):
    shown = show(explore.noise())
    shown.slider("batch size n").fill("3")
    shown.slider("γ").fill("0")
    shown.choose("shuffled epochs")
    expect(shown.numbers).to_have_text(explore.noise(8, 0.001, batches="shuffled epochs").numbers)
    shown.choose("decaying")
    expect(shown.numbers).to_have_text(explore.noise(8, 0.001, "decaying", "shuffled epochs").numbers)
    shown.choose("drawn anew")
    shown.choose("constant")
    said = explore.noise(8, 0.001).numbers
    expect(shown.numbers).to_have_text(said)
    shown.figure.get_by_role("button", name="Other draws").click()
    expect(shown.numbers).not_to_have_text(said)


def test_space_plays_and_is_turned(show, in_space):
    problem, weights = in_space
    shown = show(explore.space(problem, weights))
    for key, t in [("Home", 0), ("ArrowRight", 0.25)]:
        shown.slider("time").press(key)
        expect(shown.numbers).to_have_text(explore.space(problem, weights, t=t).numbers)
    view = shown.handle("view")
    view.press("ArrowRight")
    for _ in range(2):
        view.press("Shift+ArrowDown")
    expect(view).to_have_attribute("aria-valuetext", "turned by 35°, tilted by -5°")
    shown.drag(view, 60, -90)
    for box in shown.figure.get_by_role("checkbox").all():
        box.uncheck()
    shown.settle()
    turn, tilt = map(int, re.findall(r"-?\d+", view.get_attribute("aria-valuetext")))
    assert turn > 40 and tilt > 10
    data = explore.space(problem, weights).data
    middle = (np.array(data["low"]) + data["high"]) / 2
    places = seen(problem.states(weights)[1] - middle[:, None], turn, tilt)
    color = """(f, [x, y]) => {
        const plane = f.picture.planes[0], [px, py] = [plane.X(x), plane.Y(y)].map((p) => p * devicePixelRatio);
        const [r, g, b] = plane.context.getImageData(px, py, 1, 1).data;
        return b > r ? 0 : 1;
    }"""
    found = [shown.figure.evaluate(color, place.tolist()) for place in places.T]
    assert np.sum(np.array(found) == node.nearest_target(problem.y_out)) >= 14  # some may hide others


# ---- a digit that is drawn


def inked(xs, ys, side=8):
    """The image of one line from point to point: a pixel is as black as many of its 16 dots are near it."""
    dots = (np.arange(4 * side) + 0.5) / 4
    black = np.zeros((4 * side, 4 * side), bool)
    for n in range(len(xs)):
        for part in np.linspace(0, 1, 400):
            x, y = (a[max(n - 1, 0)] + part * (a[n] - a[max(n - 1, 0)]) for a in (xs, ys))
            black |= np.hypot(dots[None, :] - x, dots[:, None] - y) <= 0.4
    return black[::-1].reshape(side, 4, side, 4).mean(axis=(1, 3))


def read(problem, weights, image):
    weights = node.Weights.from_theta(weights.theta.astype(np.float32).astype(float))
    x_in = np.concatenate([image.ravel(), np.zeros(10)])[:, None]
    ten = node.forward(weights, x_in, problem.dt, problem.activation)[-1, 64:, 0]
    return ten.argmax(), ten.max()


def seen_image(shown):
    """What is black on the left plane, from 0 to 1, pixel by pixel; its rim and the pen's dot are left out."""
    alpha = """f => Array.from({length: 64}, (_, n) => {
        const plane = f.picture.planes[0], ratio = devicePixelRatio;
        const [px, py] = [plane.X(n % 8 + 0.8), plane.Y(8 - Math.floor(n / 8) - 0.8)].map((p) => p * ratio);
        return plane.context.getImageData(px, py, 1, 1).data[3] / 255;
    })"""
    return np.reshape(shown.figure.evaluate(alpha), (8, 8))


def test_a_digit_is_drawn_by_mouse(show, digits):
    problem, weights = digits[:2]
    shown = show(explore.digit(*digits))
    shown.slider("image, worst first").fill("4")
    shown.slider("time").fill("1.5")
    expect(shown.numbers).to_have_text(explore.digit(*digits, image=4, t=1.5).numbers)

    drawn = [(1.5, 7.0), (6.5, 7.0), (3.0, 1.0)]
    corners = np.round([shown.pixels(place) for place in drawn])
    at = """(f, [x, y]) => f.picture.planes[0].numbersAt(...f.picture.planes[0].placeOf({clientX: x, clientY: y}))"""
    xs, ys = np.transpose([shown.figure.evaluate(at, corner.tolist()) for corner in corners])
    shown.page.mouse.move(*corners[0])
    shown.page.mouse.down()
    for corner in corners[1:]:
        shown.page.mouse.move(*corner)
    shown.page.mouse.up()
    shown.settle()
    image = inked(xs, ys)
    np.testing.assert_allclose(seen_image(shown), image, atol=0.08)  # a dot more or less
    number, value = read(problem, weights, image)
    expect(shown.numbers).to_contain_text(f"drawn by hand, read as {number}; t = 0.00")
    shown.slider("time").press("End")
    expect(shown.numbers).to_contain_text(f"t = 3.00: the largest, that of {number}, ")
    said = float(shown.numbers.text_content().split()[-1])
    assert said == pytest.approx(value, abs=0.02)
    shown.figure.get_by_role("button", name="Clear").click()
    shown.settle()
    assert np.all(seen_image(shown) == 0)
    expect(shown.numbers).to_contain_text("nothing drawn yet; t = 0.00")
    shown.slider("image, worst first").fill("0")
    expect(shown.numbers).to_have_text(explore.digit(*digits).numbers)
    shown.figure.get_by_label("the pen draws").uncheck()
    shown.page.mouse.click(*corners[0])
    expect(shown.numbers).to_have_text(explore.digit(*digits).numbers)  # a pen that is up draws nothing


def test_a_digit_is_drawn_by_keys(show, digits):
    problem, weights = digits[:2]
    shown = show(explore.digit(*digits))
    pen, is_down = shown.handle("pen"), shown.figure.get_by_label("the pen draws")
    is_down.press("Space")
    for _ in range(2):
        pen.press("ArrowLeft")
    is_down.press("Space")
    for key in ["ArrowDown"] + 4 * ["Shift+ArrowDown"] + 2 * ["Shift+ArrowRight"]:
        pen.press(key)
    is_down.press("Space")
    pen.press("Shift+ArrowUp")
    shown.settle()
    image = inked([3.5, 3.5, 6.0], [6.75, 1.75, 1.75])
    np.testing.assert_allclose(seen_image(shown), image, atol=0.08)
    number, _ = read(problem, weights, image)
    expect(shown.numbers).to_contain_text(f"drawn by hand, read as {number}; t = 0.00")


def test_an_arrow_stays_under_the_hand(show):
    """Its plane takes a larger scale when it is let go, not before; and keys do not lead out of the plane."""
    shown = show(explore.by_hand())
    handle = shown.handle("V e₁, layer 1")
    handle.scroll_into_view_if_needed()
    box, plane = handle.bounding_box(), "f => f.picture.planes[1].shown.x[1]"
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def said():
        return [float(number) for number in handle.get_attribute("aria-valuetext").strip("()").split(", ")]

    _, start = said()
    per_pixel = 2 * shown.figure.evaluate(plane) / shown.figure.locator(".plane").nth(1).bounding_box()["width"]
    shown.page.mouse.move(x, y)
    shown.page.mouse.down()
    shown.page.mouse.move(x + 3.4 / per_pixel, y, steps=8)
    shown.settle()
    assert said()[0] < 4.5 and said()[1] == pytest.approx(start, abs=0.1)
    before = shown.figure.evaluate(plane)
    shown.page.mouse.up()
    shown.settle()
    assert shown.figure.evaluate(plane) > 1.9 * before
    for _ in range(20):
        handle.press("Shift+ArrowRight")
    assert said()[0] <= shown.figure.evaluate(plane)


# ---- long runs


def test_training_takes_no_more_memory_as_it_goes_on(show, trained):
    shown = show(explore.training(*trained, gamma=0.01, iterations=100_000))
    session = shown.visit.context.new_cdp_session(shown.page)

    def memory():
        shown.figure.get_by_role("button", name="Pause").click()
        shown.settle()
        session.send("HeapProfiler.collectGarbage")
        counters = session.send("Memory.getDOMCounters")
        return session.send("Runtime.getHeapUsage")["usedSize"], counters["nodes"], counters["jsEventListeners"]

    def train(until):
        shown.figure.get_by_role("button", name="Start").click()
        reached = "n => +document.querySelector('.numbers').textContent.match(/iteration (\\d+)/)[1] >= n"
        shown.page.wait_for_function(reached, arg=until)
        return memory()

    heap, nodes, listeners = train(3000)
    later, *dom = train(12_000)
    assert later - heap < 150_000 and dom[0] <= nodes + 5 and dom[1] == listeners
