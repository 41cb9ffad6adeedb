"""Every slide of every deck, opened from its file in Chromium, fits, is typeset and can be read from the back row."""

import inspect
import io
import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from urllib.request import urlopen

import matplotlib
import pytest
from axe import WITHOUT_MATHEMATICS, findings
from lab import NOTEBOOKS, ROOT, SECONDS
from PIL import Image
from playwright.sync_api import expect

from neuralode_lib import explore

SIZES = [(1280, 720), (1920, 1080)]
NODE_MODULES = ROOT / "tools" / "node_modules"
DPI = matplotlib.rc_params_from_file(ROOT / "neuralode_lib" / "neuralode.mplstyle")["figure.dpi"]
STYLE = [
    size
    for name, size in matplotlib.rc_params_from_file(
        ROOT / "neuralode_lib" / "neuralode.mplstyle", use_default_template=False
    ).items()
    if name.endswith(("labelsize", "titlesize", "fontsize", "font.size"))
]

# Show every slide with all its fragments, and measure it. All numbers are pixels of the screen.
MEASURE = """async () => {
  await document.fonts.ready;
  return Reveal.getSlides().map((slide) => {
    const { h, v } = Reveal.getIndices(slide);
    Reveal.slide(h, v, 99);
    const [page, scale] = [slide.getBoundingClientRect(), Reveal.getScale()];
    const notes = [...slide.querySelectorAll("aside.notes")];
    const inNotes = (node) => notes.some((note) => note.contains(node));
    const shown = [...slide.querySelectorAll("*:not(mjx-container *)")]
      .filter((e) => !inNotes(e) && e.getClientRects().length);
    const texts = [], marks = [];
    const walker = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
      const isHidden = !parent.getClientRects().length && !inNotes(parent);
      if (text && !isHidden && !parent.closest("mjx-container, script, button")) {
        const kind = parent.closest("pre, code, small, h1, h2, aside, figure")?.localName ?? "body";
        texts.push({ text, kind, size: parseFloat(getComputedStyle(parent).fontSize) * scale });
        const block = parent.closest("p, li");
        if (block && !inNotes(block) && /^[.,;:?!)]/.test(walker.currentNode.textContent)) {
          const range = document.createRange();
          range.setStart(walker.currentNode, 0);
          range.setEnd(walker.currentNode, 1);
          marks.push([range, block]);
        }
      }
    }
    return {
      texts,
      page: [page.left, page.top, page.right, page.bottom].map(Math.round),
      notes: notes.map((note) => note.textContent).join(" ").trim(),
      outside: shown.filter((e) => {
        const box = e.getBoundingClientRect();
        return box.left < page.left - 1 || box.right > page.right + 1 || box.bottom > page.bottom + 1
          || box.top < page.top - 1 || (e.localName === "pre" && e.scrollWidth > e.clientWidth + 1);
      }).map((e) => e.outerHTML.slice(0, 120)),
      covered: shown.filter((e) => e.matches("p, li, h1, h2, pre") && e.textContent.trim()).filter((e) => {
        const box = e.getBoundingClientRect();
        return [...slide.querySelectorAll("img")].some((img) => {
          const other = img.getBoundingClientRect(), slack = 2;
          return box.left < other.right - slack && other.left < box.right - slack
            && box.top < other.bottom - slack && other.top < box.bottom - slack;
        });
      }).map((e) => e.textContent.slice(0, 60)),
      formulas: [...slide.querySelectorAll("mjx-container")].filter((e) => e.getClientRects().length).map((e) => {
        const svg = e.querySelector("svg");
        return {
          wrong: !!e.querySelector("[data-mjx-error]"),
          tex: e.textContent.slice(0, 60),
          em: svg.getBoundingClientRect().width * 1000 / svg.viewBox.baseVal.width,
        };
      }),
      images: [...slide.querySelectorAll("img")].filter((img) => img.getClientRects().length).map((img) => {
        const box = img.getBoundingClientRect(), { naturalWidth, naturalHeight } = img;
        const scale = Math.min(box.width / naturalWidth, box.height / naturalHeight);
        const [dx, dy] = [box.width - naturalWidth * scale, box.height - naturalHeight * scale];
        const [across, down] = [Math.min(box.left, page.right - box.right) + dx / 2, page.bottom - box.bottom + dy / 2];
        return {
          loaded: naturalWidth > 0, alt: img.alt, src: img.src, scale,
          isAnswer: !!img.closest(".prediction"), edge: Math.min(across / page.width, down / page.height),
        };
      }),
      lowest: Math.max(...shown.filter((e) => e.matches("p, li, pre, img, canvas, td, mjx-container, h1, summary"))
        .map((e) => e.getBoundingClientRect().bottom)) / page.height,
      isAnswered: !!slide.querySelector(".prediction [open]"),
      isQuestion: !!slide.querySelector(".quiz, .prediction"),
      wrapped: shown.filter((e) => e.matches("pre")).filter((e) => {
        const rows = e.offsetHeight / parseFloat(getComputedStyle(e).lineHeight);
        return rows > e.textContent.trimEnd().split("\\n").length + 0.5;
      }).map((e) => e.textContent.slice(0, 60)),
      tornOff: marks.filter(([mark, block]) => {
        return mark.getBoundingClientRect().left < block.getBoundingClientRect().left + 2;
      }).map(([, block]) => block.textContent.slice(0, 60)),
      figures: shown.filter((e) => e.matches(".living-figure")).map((e) => e.offsetHeight / slide.offsetHeight),
      lines: shown.filter((e) => e.matches("pre")).flatMap((e) => e.textContent.trim().split("\\n")).length,
      answers: [...slide.querySelectorAll("li")].filter((e) => e.matches(".quiz-right, .quiz-wrong"))
        .map((e) => e.textContent.trim()[0] + (e.matches(".quiz-right") ? "" : "-")).join(""),
    };
  });
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The offline decks and their handouts, made as `make slides OFFLINE=1 PDF=1` makes them."""
    folder = tmp_path_factory.mktemp("slides")
    command = [sys.executable, "-m", "tools.slides", folder, "--npm", NODE_MODULES, "--pdf"]
    subprocess.run(command, cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="module")
def visits(chromium, folder):
    """(where, slides, asked for, complaints) for every deck and size of the screen."""
    visits = []
    for deck in sorted(folder.glob("*.html")):
        for width, height in SIZES:
            page = chromium.new_page(viewport={"width": width, "height": height})
            asked, complaints = [], []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.on("requestfailed", lambda request, said=complaints: said.append(f"not loaded: {request.url}"))
            page.on("pageerror", lambda error, said=complaints: said.append(str(error)))
            page.on("console", lambda message, said=complaints: message.type == "error" and said.append(message.text))
            page.goto(deck.as_uri())
            page.wait_for_function("window.Reveal?.isReady()")
            visits.append((f"{deck.stem} at {width} x {height}", page.evaluate(MEASURE), asked, complaints))
            page.close()
    return visits


@pytest.fixture(scope="module")
def slides(visits):
    """(where, slide) for every slide at every size."""
    return [(f"{where}, slide {n}", slide) for where, deck, *_ in visits for n, slide in enumerate(deck, 1)]


def test_there_are_decks(visits):
    names = [where.split()[0] for where, *_ in visits[:: len(SIZES)]]
    assert names == sorted([*(path.stem for path in NOTEBOOKS), "lecture"])
    for where, deck, *_ in visits:
        assert 20 <= len(deck) <= 60, f"{where}: {len(deck)} slides"
        assert len(deck) >= 45 or not where.startswith("lecture")


def test_nothing_is_loaded_from_elsewhere(visits, folder):
    for where, _, asked, complaints in visits:
        assert len(asked) > 3, where
        elsewhere = [url for url in asked if not url.startswith((folder.as_uri(), "data:"))]
        assert not elsewhere and not complaints, (where, elsewhere, complaints)


def test_every_slide_is_the_screen_and_holds_what_is_on_it(slides):
    for where, slide in slides:
        width, height = map(int, re.search(r"(\d+) x (\d+)", where).groups())
        assert slide["page"] == [0, 0, width, height], where
        assert not slide["outside"], (where, slide["outside"])
        assert not slide["covered"], (where, slide["covered"])


def test_no_slide_is_empty(slides):
    for where, slide in slides:
        said = [text for text in slide["texts"] if text["kind"] not in ("h1", "h2", "small", "aside")]
        assert slide["images"] or len(said) > 1 or slide["formulas"], where
        assert any(text["kind"] in ("h1", "h2") for text in slide["texts"]), f"{where}: no heading"


def test_formulas_are_typeset_and_large(slides):
    assert sum(len(slide["formulas"]) for _, slide in slides) > 500
    for where, slide in slides:
        prose = [text["text"] for text in slide["texts"] if text["kind"] not in ("pre", "code")]
        raw = [text for text in prose if re.search(r"[$]|\\[a-z(\[]", text)]
        assert not raw, (where, raw)
        assert not [formula["tex"] for formula in slide["formulas"] if formula["wrong"]], where
        assert min([formula["em"] for formula in slide["formulas"]], default=99) >= 26, where


def test_text_is_large(slides):
    for where, slide in slides:
        for text in slide["texts"]:
            least = 26 if text["kind"] == "body" else 20
            assert text["kind"] == "aside" or text["size"] >= least, (where, text)


def test_pictures_are_there_and_say_what_they_show(slides):
    assert any(slide["images"] for _, slide in slides)
    for where, slide in slides:
        for image in slide["images"]:
            assert image["loaded"] and image["alt"].strip(), where
            assert "No description" not in image["alt"], where  # nbconvert's, where there is none


def test_text_in_pictures_is_at_least_20_pixels_high(slides):
    for where, slide in slides:
        for image in slide["images"]:
            with urlopen(image["src"]) as stored:
                Image.open(io.BytesIO(stored.read())).load()  # complains where a browser shows half a picture
            height = smallest_type(image["src"].split(",")[-1]) / 72 * DPI * image["scale"]
            least = 16 if image["isAnswer"] else 20  # the question has to stay above it
            assert height >= least, f"{where}: {height:.1f} px: {image['alt']}"


@cache
def code_of_pictures():
    """{PNG: the source of the notebook cell that shows it}"""
    cells = [cell for path in NOTEBOOKS for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    outputs = [(output, cell) for cell in cells for output in cell.get("outputs", [])]
    return {output.get("data", {}).get("image/png", "").strip(): "".join(cell["source"]) for output, cell in outputs}


def smallest_type(png):
    """In points: of the style, of the cell that shows the picture, and of the explorer that it shows."""
    source = code_of_pictures().get(png, "")
    for name in re.findall(r"explore\.(\w+)", source):
        source += inspect.getsource(getattr(explore, name))
    return min([*STYLE, *map(float, re.findall(r"\bfontsize=([\d.]+)", source))])


def test_a_step_marks_the_right_options_of_a_question(visits):
    questions = {path.stem: path.read_text(encoding="utf-8").count('"quiz.question(') for path in NOTEBOOKS}
    for where, deck, *_ in visits:
        asked = 0
        for slide in deck:
            said = " ".join(text["text"] for text in slide["texts"])
            if "Quiz." not in said:
                continue
            asked += 1
            right = "".join(re.findall(r"(\w)(?!-)", slide["answers"]))
            letters = slide["answers"].replace("-", "")
            assert letters == "ABCDE"[: len(letters)] and right, (where, said)
            assert re.search(rf"{' and '.join(right)} (is|are) right\.", said), (where, said)
        assert asked == questions.get(where.split()[0], 7), where  # in the lecture seven


def test_a_step_opens_an_answer_below_its_question(visits):
    opened = 0
    for where, deck, *_ in visits:
        for slide in deck:
            said = " ".join(text["text"] for text in slide["texts"])
            if slide["isAnswered"]:
                assert "Predict" in said, (where, said)
                opened += 1
    assert opened > 20


def test_slides_are_worth_projecting(slides):
    for where, slide in slides:
        assert slide["isQuestion"] or slide["lowest"] >= 0.4, f"{where}: full to {slide['lowest']:.0%}"
        assert all(image["edge"] >= 0.02 for image in slide["images"]), where
        bodies = [text for text in slide["texts"] if text["kind"] not in ("h1", "h2", "small", "aside", "pre", "code")]
        assert bodies or slide["images"] or slide["formulas"] or slide["lines"] >= 3, f"{where}: a line of code"


def test_code_and_sentences_are_not_torn_apart(slides):
    for where, slide in slides:
        assert not slide["wrapped"], (where, slide["wrapped"])
        assert not slide["tornOff"], (where, slide["tornOff"])  # a line begins with a comma


def test_living_figures_are_large(slides):
    assert sum(len(slide["figures"]) for _, slide in slides) > 20
    for where, slide in slides:
        assert min(slide["figures"], default=1) > 0.6, where


def test_a_section_s_slides_say_that_they_go_on(visits):
    for where, deck, *_ in visits:
        headings = [" ".join(t["text"] for t in slide["texts"] if t["kind"] in ("h1", "h2", "small")) for slide in deck]
        assert all(n == 1 or "(continued)" in heading for heading, n in Counter(headings).items()), where
        assert "(continued)" not in headings[0] and "(continued)" in " ".join(headings), where


def test_a_handout_has_a_page_for_each_slide(visits, folder):
    for where, deck, *_ in visits:
        printed = (folder / f"{where.split()[0]}.pdf").read_bytes()
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == len(deck), where


def test_a_handout_can_be_read(chromium, folder):
    page = chromium.new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page.goto(f"{(folder / 'lecture.html').as_uri()}?print-pdf")
    page.wait_for_selector("html[data-ready]", state="attached")
    pages = page.evaluate("""Reveal.getSlides().map((slide) => ({
        size: parseFloat(getComputedStyle(slide).fontSize), left: slide.clientHeight - slide.scrollHeight,
        covered: [...slide.querySelectorAll(".living-figure")].some((figure) =>
            figure.offsetHeight && figure.scrollHeight > figure.clientHeight + 1),
    }))""")
    page.close()
    for n, one in enumerate(pages, 1):
        assert one["size"] >= 16 and one["left"] >= 0 and not one["covered"], (n, one)


def test_there_are_speaker_notes(visits):
    for where, deck, *_ in visits:
        assert sum(bool(slide["notes"]) for slide in deck) > len(deck) / 3, where


def test_everyone_can_read_them(chromium, folder):
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    for path in NOTEBOOKS:
        page.goto(f"{(folder / path.name).with_suffix('.html').as_uri()}?view=print")  # all slides, one below the other
        page.wait_for_function("document.querySelectorAll('.pdf-page').length > 10", timeout=15 * SECONDS)
        page.evaluate("MathJax.startup.promise.then(() => null)")
        page.locator("mjx-container").evaluate_all(WITHOUT_MATHEMATICS)
        assert findings(page) == [], path.stem
    page.close()


def test_living_figures_live_on_slides_and_leave_the_deck_its_keys(chromium, folder):
    page = chromium.new_page(viewport={"width": 1920, "height": 1080})  # the deck is magnified
    page.goto((folder / f"{NOTEBOOKS[0].stem}.html").as_uri())
    page.wait_for_function("window.Reveal?.isReady()")
    figure = page.locator(".living-figure[data-name=euler]").first
    at = figure.evaluate("""figure => {
        const { h, v } = Reveal.getIndices(figure.closest("section"));
        Reveal.slide(h, v);
        return h;
    }""")
    handle = figure.get_by_label("start", exact=True)
    before, box = figure.get_by_role("status").text_content(), handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y - 60, steps=3)
    page.mouse.up()
    expect(figure.get_by_role("status")).not_to_have_text(before)
    moved = handle.bounding_box()
    assert (moved["x"] - box["x"], moved["y"] - box["y"]) == pytest.approx((90, -60), abs=1)
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert page.evaluate("Reveal.getIndices().h") == at
    figure.get_by_role("button", name="Play").click()
    expect(figure.get_by_role("button", name="Pause")).to_be_visible()
    index = page.evaluate("Reveal.getSlidePastCount()")
    page.keyboard.press("PageDown")
    assert page.evaluate("Reveal.getSlidePastCount()") == index + 1
    page.close()
