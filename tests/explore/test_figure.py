"""What living figures are made of: the HTML of a cell, the programs in it, and what is left where they are stripped."""

import json
import re
import subprocess
import sys
from base64 import b64decode
from io import BytesIO
from itertools import combinations
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

import neuralode_lib as node
from neuralode_lib import explore, plotting
from neuralode_lib.explore import figure

ROOT = Path(__file__).parents[2]


def living(**given):
    _, ax = plt.subplots()
    arguments = {"name": "flow", "data": {}, "ax": ax, "alt": "a < b", "numbers": 'J & "c"', **given}
    return figure.Figure(**arguments)


def html_of(figure):
    return figure._repr_mimebundle_()["text/html"]


def without_scripts(html):
    return re.sub(r"<script[^>]*>.*?</script>", "", html, flags=re.DOTALL)


def test_without_scripts_a_picture_and_words_remain():
    html = without_scripts(html_of(living()))
    assert html.startswith('<figure class="living-figure" data-name="flow">')
    assert 'alt="a &lt; b"' in html and "<figcaption>J &amp; &quot;c&quot;</figcaption>" in html
    (png,) = re.findall(r'src="data:image/png;base64,([^"]*)"', html)
    assert np.ptp(np.asarray(Image.open(BytesIO(b64decode(png))).convert("L"))) > 100
    assert not re.search(r"<(?!/?(figure|img|figcaption)\b)|http| id=", html)


def test_text_is_a_constant_sentence():
    assert living()._repr_mimebundle_()["text/plain"] == "[Figure: a < b]"


def test_data_arrives_rounded_and_cannot_end_the_script():
    data = {"x": np.array([[1 / 3, 2.0]]), "n": np.int64(3), "on": True, "say": "</script><!--", "none": None}
    html = html_of(living(data=data))
    (stored,) = re.findall(r'<script type="application/json">(.*?)</script>', html)
    assert json.loads(stored) == {"x": [0.333333333333, 2.0], "n": 3, "on": True, "say": data["say"], "none": None}
    assert html.count("</script>") == 2


def test_a_program_is_all_that_the_figure_needs_in_one_scope():
    program = figure.program("flow")
    names = program.split("\n")[0].split("// ")[1].split()
    assert names == ["resnet", "picture", "plane", "flow"]
    for name in names:
        assert (figure.HERE / f"{name}.js").read_text(encoding="utf-8") in program
    assert program.startswith("(() => {") and program.endswith("})();")
    assert "http" not in program and "</script" not in program


def test_the_same_call_gives_the_same_html(trained):
    assert html_of(explore.flow(*trained)) == html_of(explore.flow(*trained))


def test_pictures_have_a_style_of_their_own_and_none_stays_open(trained):
    before, plain = plt.get_fignums(), explore.flow(*trained).png
    with plt.style.context("dark_background"):
        assert explore.flow(*trained).png == plain
    assert plt.get_fignums() == before


def test_the_library_alone_loads_neither_figures_nor_widgets():
    code = "import sys, neuralode_lib as n; assert not {'ipywidgets', 'matplotlib'} & set(sys.modules); n.explore.flow"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'explorer'"):
        node.explorer  # noqa: B018


STORED = [
    pytest.param(output["data"], id=f"{path.stem}-{number}")
    for path in sorted(ROOT.glob("notebooks/*.ipynb"))
    for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"])
    for output in cell.get("outputs", [])
    if "living-figure" in "".join(output.get("data", {}).get("text/html", ""))
]


@pytest.mark.parametrize("data", STORED)
def test_stored_figures_have_the_present_programs(data):
    html = "".join(data["text/html"])
    (name,) = re.findall('data-name="(.*?)"', html)
    (stored,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    _, *scripts, _, _, _ = stored.split("\n")[0].split("// ")[1].split()
    assert stored == figure.program(name, *scripts), "make notebooks"


# ---- colours, in the light and in the dark


def palettes():
    text = (figure.HERE / "picture.js").read_text(encoding="utf-8").split("const PALETTES = ")[1].split("};")[0] + "}"
    return json.loads(re.sub(r",(\s*})", r"\1", re.sub(r"(\w+):", r'"\1":', text)))


def luminance(color):
    r, g, b = (int(color[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (r, g, b)]
    return np.dot([0.2126, 0.7152, 0.0722], linear)


def contrast(a, b):
    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)


def test_light_colours_are_those_of_the_other_figures():
    light = palettes()["light"]
    assert {name: light[name] for name in ("blue", "red", "green", "orange", "ink")} == {
        "blue": plotting.BLUE, "red": plotting.RED, "green": plotting.GREEN, "orange": plotting.ORANGE,
        "ink": plotting.BLACK,
    }  # fmt: skip


@pytest.mark.parametrize("theme, page", [("light", "#ffffff"), ("dark", "#111111"), ("dark", "#1e1e1e")])
def test_colours_can_be_read(theme, page):
    palette = palettes()[theme]
    for name in ("ink", "muted", "blue", "red", "green", "orange"):
        assert contrast(palette[name], page) >= 4.5, name
    for name in ("ink", "blue", "red", "green", "orange"):
        assert all(contrast(palette[name], palette[side]) >= 3 for side in ("blueSide", "redSide")), name
    assert all(a != b for a, b in combinations(palette.values(), 2))
    assert palettes()["light"].keys() == palettes()["dark"].keys()
