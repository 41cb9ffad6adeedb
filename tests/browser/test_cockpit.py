"""The cockpit, training by hand and the playground, each opened as a file, with the network cut."""

import re
import sys
from functools import cache

import numpy as np
import pytest
from lab import ROOT, SECONDS
from playwright.sync_api import expect
from served import Visit

import neuralode_lib as node
from neuralode_lib import TrainingProblem, explore
from neuralode_lib.explore.by_hand import START

sys.path.append(str(ROOT / "tools" / "site"))
import playground

BARE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>t</title><body style="font: 14px sans-serif">{}</html>'
)
SMALL = {"layers": 20, "gamma": 0.2}
PAGES = {
    "training": lambda: BARE.format(explore.training(**SMALL).html()),
    "by_hand": lambda: BARE.format(explore.by_hand().html() + '<div style="height: 3000px"></div>'),
    "far": lambda: BARE.format(explore.training(**SMALL).html() + '<div style="height: 3000px"></div>'),
    "given": lambda: BARE.format(explore.training(*network(), gamma=0.05).html()),
    "playground": playground.page,
}
page = cache(lambda name: PAGES[name]())  # each made once
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
COUNTED = """window.pictures = 0;
const ask = requestAnimationFrame;
window.requestAnimationFrame = (draw) => ask((now) => { window.pictures++; draw(now); });"""


def network():
    data = node.moons(10)
    problem = TrainingProblem(data.x_in, data.y_out, N_T=4, w1=0.3, w2=0.001, activation=node.tanh)
    return problem, node.Weights.random(4, 2, 1.0, np.random.default_rng(0))


class Cockpit:
    def __init__(self, visit, path):
        self.visit, self.page, self.path = visit, visit.page, path
        self.box = self.page.locator(".living-figure")
        self.numbers, self.alert = self.box.locator(".numbers"), self.box.get_by_role("alert")
        self.handle = self.box.get_by_role("slider", name="chosen point")

    def open(self, address=""):
        self.page.goto(f"file://{self.path}{address}")
        return self

    def press(self, name):
        self.box.get_by_role("button", name=name, exact=True).click()

    def choose(self, name):
        self.box.get_by_role("radio", name=name, exact=True).check()

    def type(self, name, value):
        field = self.box.get_by_role("spinbutton", name=name, exact=True)
        field.fill(str(value))
        field.press("Enter")

    def says(self, text):
        expect(self.numbers).to_contain_text(text)

    @property
    def iteration(self):
        return int(re.match(r"iteration (\d+) ", self.numbers.inner_text())[1])

    def reaches(self, iteration):
        self.page.wait_for_function(
            "n => +document.querySelector('.numbers').textContent.match(/iteration (\\d+)/)[1] >= n", arg=iteration
        )

    def copied(self):
        """The problem and the weights of the copied cell."""
        self.press("Copy as Python")
        names = {}
        exec(self.box.get_by_label("Python").input_value(), names)
        return names["problem"], names["weights"]

    def place(self, fraction_x, fraction_y):
        box = self.box.locator("canvas").first.bounding_box()
        return box["x"] + fraction_x * box["width"], box["y"] + fraction_y * box["height"]


@pytest.fixture
def open_page(chromium, tmp_path):
    visits = []

    def open_page(name, address="", **options):
        path = tmp_path / f"{name}.html"
        path.write_text(page(name), encoding="utf-8")
        visit = Visit(chromium, f"file://{tmp_path}", viewport={"width": 1280, "height": 720}, offline=True, **options)
        visits.append(visit)
        visit.page.add_init_script(NO_CLIPBOARD + ";" + COUNTED)
        return Cockpit(visit, path).open(address)

    yield open_page
    for visit in visits:
        assert (visit.complaints, visit.elsewhere) == ([], [])
        visit.context.close()


def J(problem, weights):
    return f"J = {problem.cost(weights):.4g} ="


def test_it_opens_by_itself_and_says_what_python_says(open_page):
    cockpit, still = open_page("training"), explore.training(**SMALL)
    cockpit.says("iteration 300 of 10000")
    assert cockpit.numbers.inner_text() == still.numbers
    cockpit.visit.screenshot("cockpit")
    assert cockpit.page.evaluate("document.querySelector('.living').getBoundingClientRect().bottom") < 720


def test_who_wants_no_motion_sees_at_once_where_the_opening_ends(open_page):
    cockpit = open_page("training", reduced_motion="reduce")
    assert cockpit.iteration == 300


def test_it_starts_from_python_s_problem_and_weights_and_gives_them_back(open_page):
    cockpit, (problem, weights) = open_page("given"), network()
    cockpit.says(f"iteration 0 of 10000: {J(problem, weights)}")
    same, its_weights = cockpit.copied()
    assert repr(same) == repr(problem)
    np.testing.assert_allclose(its_weights.theta, weights.theta, rtol=1e-11)
    np.testing.assert_allclose(same.x_in, problem.x_in, rtol=1e-11)
    cockpit.press("Step")
    gradient = problem.cost_and_gradient(weights)[1]
    cockpit.says(f"iteration 1 of 10000: {J(problem, weights - 0.05 * gradient)}")
    cockpit.press("Reset")
    cockpit.says(f"iteration 0 of 10000: {J(problem, weights)}")


def test_it_trains_pauses_and_says_what_python_computes(open_page):
    cockpit = open_page("training", reduced_motion="reduce")
    cockpit.press("Start")
    cockpit.reaches(400)
    cockpit.press("Pause")
    stood = cockpit.iteration
    problem, weights = cockpit.copied()
    cockpit.says(f"iteration {stood} of 10000: {J(problem, weights)}")
    assert repr(problem) == repr(TrainingProblem(*node.disk_in_ring()[:2], N_T=21))


def test_settings_start_afresh_or_change_on_the_way(open_page):
    cockpit = open_page("training", reduced_motion="reduce")
    cockpit.choose("tanh")
    cockpit.says("iteration 0 of 10000")
    for name, value in {"layers": 10, "w₁": 0.3, "w₂": 0.001}.items():
        cockpit.type(name, value)
    cockpit.choose("moons")
    cockpit.choose("3")
    problem, _ = cockpit.copied()
    assert repr(problem) == "TrainingProblem(d=3, I=64, T=1, N_T=11, w1=0.3, w2=0.001, tanh)"
    np.testing.assert_array_equal(problem.x_in[:2], node.moons().x_in)
    for rule in ("Armijo", "momentum"):
        cockpit.box.get_by_label("step rule").select_option(rule)
        cockpit.type("=", 0.05)
        stood, (_, weights) = cockpit.iteration, cockpit.copied()
        cockpit.press("Step")
        gradient = problem.cost_and_gradient(weights)[1]
        cockpit.says(f"iteration {stood + 1} of 10000: {J(problem, weights - 0.05 * gradient)}")
    cockpit.type("layers", -3)
    expect(cockpit.box.get_by_role("spinbutton", name="layers")).to_have_value("10")
    cockpit.type("layers", 2.6)
    expect(cockpit.box.get_by_role("spinbutton", name="layers")).to_have_value("3")
    cockpit.type("w₁", 2e6)
    expect(cockpit.box.get_by_role("spinbutton", name="w₁")).to_have_value("0.3")


def test_reopened_it_says_where_it_was_and_goes_on_from_there(open_page):
    cockpit = open_page("training")
    cockpit.says("iteration 300 of 10000")
    cockpit.page.wait_for_timeout(1000)
    cockpit.open().says("iteration 300 of 10000")
    expect(cockpit.box.get_by_role("button", name="Go on")).to_have_count(0)  # no hand has been on it
    cockpit.type("w₁", 0.2)
    cockpit.choose("adds red")
    cockpit.page.mouse.click(*cockpit.place(0.2, 0.2))
    for _ in range(7):
        cockpit.press("Step")
    cockpit.page.wait_for_timeout(1000)
    (problem, weights), said = cockpit.copied(), cockpit.numbers.inner_text()
    cockpit.open().says("iteration 300 of 10000")
    cockpit.press(f"Go on from iteration 7, J = {problem.cost(weights):.4g}")
    expect(cockpit.numbers).to_have_text(said)
    again, same = cockpit.copied()
    assert repr(again) == repr(problem) and again.w1 == 0.2 and again.I == 65
    np.testing.assert_array_equal(same.theta, weights.theta)
    np.testing.assert_array_equal(again.x_in, problem.x_in)
    expect(cockpit.box.get_by_role("button", name="Go on")).to_have_count(0)
    cockpit.press("Step")
    cockpit.says(f"iteration 8 of 10000: {J(problem, weights - 0.2 * problem.cost_and_gradient(weights)[1])}")
    cockpit.press("Reset")
    cockpit.says("iteration 0 of 10000")
    cockpit.visit.screenshot("cockpit-again")


def test_too_large_a_step_is_said_and_the_last_finite_state_stays(open_page):
    cockpit = open_page("training", reduced_motion="reduce")
    cockpit.type("layers", 5)
    cockpit.type("=", 4)
    cockpit.press("Start")
    expect(cockpit.alert).to_contain_text("J has diverged. Press Reset and try a smaller γ, or Armijo's step rule.")
    assert "inf" not in cockpit.numbers.inner_text() and "nan" not in cockpit.numbers.inner_text()
    cockpit.type("=", 0.05)
    cockpit.says("iteration 0 of")
    expect(cockpit.alert).to_have_text("")


def test_points_are_moved_added_and_removed_while_it_trains(open_page):
    cockpit = open_page("training", reduced_motion="reduce")
    mouse = cockpit.page.mouse
    cockpit.type("=", 0.01)
    cockpit.press("Start")
    cockpit.choose("adds red")
    mouse.click(*cockpit.place(0.2, 0.2))
    cockpit.says("of 65 points")
    expect(cockpit.box.get_by_role("radio", name="own points")).to_be_checked()
    cockpit.choose("moves")
    mouse.move(*cockpit.place(0.2, 0.2))
    mouse.down()
    mouse.move(*cockpit.place(0.3, 0.4), steps=5)
    mouse.up()
    stood = cockpit.iteration
    cockpit.reaches(stood + 1)
    cockpit.press("Pause")
    problem, weights = cockpit.copied()
    assert problem.I == 65 and problem.y_out[:, -1].tolist() == [2, 1]
    moved = problem.x_in[:, -1].copy()
    cockpit.says(J(problem, weights))

    cockpit.handle.press("ArrowRight")
    problem, weights = cockpit.copied()
    np.testing.assert_allclose(problem.x_in[:, -1] - moved, [0.1, 0], atol=1e-9)
    cockpit.says(J(problem, weights))
    cockpit.choose("adds blue")
    cockpit.handle.press("Enter")
    cockpit.says("of 66 points")
    cockpit.handle.press("Delete")
    cockpit.says("of 65 points")
    cockpit.choose("removes")
    mouse.click(*cockpit.place(0.3, 0.4))
    cockpit.says("of 64 points")
    for picture, is_there in [("points at T", False), ("regions", True)]:
        cockpit.choose(picture)
        expect(cockpit.box.get_by_role("radio", name="removes")).to_be_enabled(enabled=is_there)
    cockpit.press("Clear")
    cockpit.says("of 0 points")
    expect(cockpit.alert).to_contain_text("No points")
    cockpit.choose("disk in ring")
    cockpit.says("iteration 0 of 10000: J = 111.6 =")


def test_a_finger_moves_a_point(open_page):
    cockpit = open_page("training", reduced_motion="reduce", has_touch=True)
    cockpit.choose("adds blue")
    cockpit.page.touchscreen.tap(*cockpit.place(0.3, 0.3))
    cockpit.says("of 65 points")


@pytest.mark.parametrize("name, act", [("far", "Start"), ("by_hand", "Let descent go on")])
def test_out_of_sight_nothing_runs(open_page, name, act):
    figure = open_page(name)
    figure.press(act)
    figure.page.wait_for_timeout(300)
    figure.page.evaluate("window.scrollTo(0, 2500)")
    figure.page.wait_for_timeout(500)
    before = figure.page.evaluate("window.pictures"), figure.numbers.inner_text()
    figure.page.wait_for_timeout(500)
    assert (figure.page.evaluate("window.pictures"), figure.numbers.inner_text()) == before
    figure.page.evaluate("window.scrollTo(0, 0)")
    expect(figure.numbers).not_to_have_text(before[1])


def test_by_hand_says_what_python_computes_and_descent_goes_on(open_page):
    figure = open_page("by_hand")
    assert figure.numbers.inner_text() == explore.by_hand().numbers
    figure.visit.screenshot("by hand")
    data = node.disk_in_ring(16)
    problem = TrainingProblem(data.x_in, data.y_out, N_T=4, activation=node.tanh)
    weights = START - 0.0 * START
    figure.page.get_by_role("slider", name="b, layer 2", exact=True).press("ArrowLeft")
    weights.b[1, 0] -= 0.1
    figure.page.get_by_role("slider", name="V e₂, layer 3", exact=True).press("Shift+ArrowUp")
    weights.V[2, 1, 1] += 0.5
    figure.says(J(problem, weights))
    best = figure.numbers.inner_text().split("best by hand: ")[1]
    assert best == f"{min(problem.cost(w) for w in (START, weights)):.4g}" or float(best) <= problem.cost(START)
    figure.press("Let descent go on")
    figure.says("16 of 16 points correct")
    figure.press("Pause")
    descended = re.search(f"best by hand: {re.escape(best)}; (.*) iterations of descent$", figure.numbers.inner_text())
    run = node.train(problem, weights, int(descended[1]), node.armijo(), progress=False)
    assert float(figure.numbers.inner_text().split()[2]) == pytest.approx(run.J[-1], rel=1e-3)
    figure.page.get_by_role("slider", name="b, layer 2", exact=True).press("ArrowUp")
    expect(figure.numbers).to_have_text(re.compile(f"best by hand: {re.escape(best)}$"))  # what descent found is not
    figure.press("Reset")
    figure.says(J(problem, START))
    expect(figure.numbers).not_to_contain_text("iterations")

    tip = figure.page.get_by_role("slider", name="b, layer 1", exact=True).bounding_box()
    mouse = figure.page.mouse
    mouse.move(tip["x"] + tip["width"] / 2, tip["y"] + tip["height"] / 2)
    mouse.down()
    mouse.move(tip["x"] - 20, tip["y"] + 30, steps=4)
    mouse.up()
    expect(figure.numbers).not_to_contain_text(J(problem, START))


def test_the_playground_s_address_gives_its_state_back(open_page):
    played = open_page("playground", "#data=blobs&activation=tanh&layers=20&run=40")
    played.says("iteration 40 of 10000")
    played.choose("adds red")
    played.page.mouse.click(*played.place(0.4, 0.4))
    played.says("of 65 points")
    played.type("=", 0.25)
    played.page.wait_for_function("location.hash.includes('red=')")
    played.page.wait_for_timeout(1000)
    played.press("Reset")
    for _ in range(3):
        played.press("Step")
    played.page.wait_for_function("location.hash.includes('run=3')")
    address = played.page.evaluate("location.hash")
    other = open_page("playground", address)
    other.says("iteration 3 of 10000")
    J_there, J_here = (float(page.numbers.inner_text().split()[6]) for page in (other, played))
    assert J_there == pytest.approx(J_here, rel=1e-3)  # points are rounded to four digits
    assert other.page.evaluate("location.hash") == address
    other.visit.screenshot("playground")
    longer = open_page("playground", "#data=blobs&layers=2&run=12000", reduced_motion="reduce")
    expect(longer.numbers).to_contain_text(re.compile(r"iteration \d+ of 12000"))


LINKS = re.findall(
    r"^\| `(#\S+)` \| J = (\S+), (\d+ of \d+) \|",
    (ROOT / "notebooks" / "INSTRUCTORS.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_links_for_instructors_open_with_what_is_said(open_page):
    """Some of them; all of them, with the same program, in Node (tests/explore/test_playground.py)."""
    assert len(LINKS) == 10
    for address, J_said, correct in LINKS[::4]:
        played = open_page("playground", address, reduced_motion="reduce")
        run = re.search(r"run=(\d+)", address)[1]
        expect(played.numbers).to_contain_text(f"iteration {run} of", timeout=60 * SECONDS)
        played.says(f"{correct} points correct")
        shown = float(re.search(r"J = (\S+)", played.numbers.inner_text())[1])
        assert shown == pytest.approx(float(J_said), rel=6e-3), address
