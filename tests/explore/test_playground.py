"""The playground: one file, and an address that holds its state."""

from pathlib import Path

import javascript
import pytest

from neuralode_lib import explore
from neuralode_lib.explore import figure

ROOT = Path(__file__).parents[2]
SOURCE = javascript.source("resnet.js", "rules.js", "training.js", "playground.js")

MEET = """
const state = (address) => {
  const { settings, opening, own, targets } = fromAddress(address, given.data);
  const points = settings.data === "own points" ? pointsOf(own, targets) : [];
  return { chosen: settings, iteration: opening, points };
};
return given.addresses.map((address) => {
  const { chosen, ...told } = state(address);
  return [{ ...chosen, ...told }, toAddress(state(address), given.data)];
});
"""


@pytest.fixture(scope="module")
def data():
    return explore.training(layers=100).data


@pytest.fixture(scope="module")
def read(data):
    """For each address the state that it tells, and the address of that state."""
    return lambda *addresses: javascript.run([(SOURCE, MEET, {"data": data, "addresses": addresses})])[0]


needs_node = javascript.needs_node


@needs_node
def test_an_address_tells_a_state_and_the_state_the_address(read, data):
    address = (
        "#data=moons&activation=tanh&w1=0.2&w2=0&layers=20&d=3&gamma=0.05&rule=Adam&show=paths&curvature=true&run=50"
    )
    ((state, again),) = read(address)
    wanted = {
        "data": "moons", "activation": "tanh", "w1": 0.2, "w2": 0, "layers": 20, "d": 3, "gamma": 0.05, "rule": "Adam",
        "show": "paths", "curvature": True, "iterations": 10_000,
    }  # fmt: skip
    assert {name: state[name] for name in data["settings"]} == wanted and state["iteration"] == 50
    ((same, once_more),) = read(again)
    assert (same, once_more) == (state, again)
    assert dict(part.split("=") for part in again.split("&")) == dict(
        part.split("=") for part in address[1:].split("&")
    )


@needs_node
def test_points_are_in_the_address(read):
    ((state, again),) = read("#blue=0,0.5,-1,2&red=1.25,-0.125&run=0")
    assert [(point["x"], point["label"]) for point in state["points"]] == [
        ([0, 0.5], 0),
        ([-1, 2], 0),
        ([1.25, -0.125], 1),
    ]
    assert [point["y"] for point in state["points"]] == [[0, 1], [0, 1], [2, 1]]
    assert state["data"] == "own points"
    assert again == "run=0&blue=0,0.5,-1,2&red=1.25,-0.125"
    (none,) = read("#blue=&red=")
    assert none[0]["points"] == [] and none[1] == "blue=&red="


@needs_node
def test_what_is_usual_is_not_told(read, data):
    ((state, again),) = read("")
    assert again == "" and state["iteration"] == data["opening"]
    assert {name: state[name] for name in data["settings"]} == data["settings"]


@needs_node
@pytest.mark.parametrize(
    "wrong",
    "data=spiral layers=0 layers=2.5 layers= w1=-1 w1=1000001 w2=1e7 gamma=0 gamma=x d=4 rule=Newton show=all".split(),
)  # fmt: skip
def test_what_an_address_tells_wrongly_is_left_out(read, data, wrong):
    ((state, again),) = read(f"#{wrong}")
    assert {name: state[name] for name in data["settings"]} == data["settings"] and again == ""


@needs_node
def test_nobody_waits_for_ever(read):
    assert [state["iteration"] for state, _ in read("#run=1e9", "#run=-5", "#run=nonsense")] == [20_000, 0, 0]


LINKS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "notebooks" / "INSTRUCTORS.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| `#")
]

OPENED = """
return given.addresses.map((address) => {
  const { settings, opening, own, sets, targets, T } = fromAddress(address, given.data), { d, layers: N } = settings;
  const points = pointsOf(settings.data === "own points" ? own : sets[settings.data], targets), I = points.length;
  const [x_in, y_out] = ["x", "y"].map((what) => columns(points, what, d));
  const problem = new TrainingProblem({ ...settings, x_in, y_out, N, T });
  const descent = new Descent(problem, startWeights(N, d), RULES[settings.rule](settings.gamma));
  while (descent.iteration < opening && descent.advance());
  const ends = problem.states(descent.weights).x.subarray(N * d * I);
  const right = points.filter(({ label }, i) => nearestTarget(ends[i], ends[I + i], targets) === label).length;
  return [descent.J, right, I];
});
"""


@needs_node
def test_links_for_instructors_are_understood_and_open_with_what_is_said(read, data):
    addresses = [cells[0].strip("`") for cells in LINKS]
    assert len(addresses) == 10
    for address, (_, again) in zip(addresses, read(*addresses), strict=True):
        assert sorted(again.split("&")) == sorted(address[1:].split("&"))
    (opened,) = javascript.run([(SOURCE, OPENED, {"data": data, "addresses": addresses})])
    assert [said for _, said, _ in LINKS] == [f"J = {J:.3g}, {right} of {I}" for J, right, I in opened]


def test_it_is_one_file_that_plays(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools" / "site")
    import playground

    page = playground.page()
    assert page.count('closest(".living-figure"), play);') == 1 and ", live);" not in page
    assert (figure.HERE / "playground.js").read_text(encoding="utf-8") in page
    assert "http" not in page.replace("http-equiv", "") and "<link" not in page and page.count("<h1>") == 1
    assert len(page) < 300_000
