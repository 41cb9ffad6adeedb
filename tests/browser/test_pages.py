"""The pages of `make html`: complete without a network, readable in light and dark, on a phone and on paper."""

import re

import pytest
from axe import PALE, findings
from lab import NOTEBOOKS, ROOT, SECONDS
from playwright.sync_api import expect
from served import Visit, made, served
from test_all_cells import UNTYPESET

HTML = ROOT / "build" / "html"
PAGES = sorted(path.relative_to(HTML).as_posix() for path in HTML.rglob("*.html"))

UNTYPESET = UNTYPESET.replace(".jp-RenderedHTMLCommon, .jp-Notebook .jupyter-widgets", "article")

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

IMAGES = """[...document.images].filter(({alt, naturalWidth, src}) => !naturalWidth || !alt || src.endsWith(alt))
    .map(({src}) => src)"""


@pytest.fixture(scope="module")
def visit(chromium):
    with served(made("html")) as address:
        visit = Visit(chromium, address, viewport={"width": 1400, "height": 900})
        visit.context.route("**/favicon.ico", lambda route: route.fulfill(status=204))  # browsers ask every site for it
        yield visit
        visit.context.close()


@pytest.fixture
def open_page(visit):
    def open_page(name):
        visit.page.emulate_media(color_scheme="light", media="screen", reduced_motion="reduce")
        visit.page.set_viewport_size({"width": 1400, "height": 900})
        visit.page.goto(f"{visit.address}/{name}")
        visit.page.evaluate("window.MathJax?.startup.promise.then(() => null)")
        return visit.page

    yield open_page
    complaints, elsewhere = visit.complaints[:], visit.elsewhere[:]
    visit.complaints.clear()
    visit.elsewhere.clear()
    assert (complaints, elsewhere) == ([], [])


def test_there_is_a_page_for_each_notebook():
    assert {"index.html", "formulas.html", *(f"{path.stem}.html" for path in NOTEBOOKS)} <= set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_page_is_complete_and_everyone_can_read_it(open_page, visit, name):
    page = open_page(name)
    assert page.evaluate(IMAGES) == []
    assert page.evaluate(UNTYPESET) == []
    assert page.locator("[data-mjx-error], [data-mml-node=merror]").count() == 0
    page.locator("details").evaluate_all("all => all.forEach((details) => { details.open = true; })")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        visit.settle()
        assert page.locator("body").evaluate(PALE) == []
    visit.screenshot(f"html-{page.title()}-dark".replace("/", " "))
    for width in (390, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(SIDEWAYS) == 0, f"the page moves sideways at {width} pixels"

    # MathJax's markup is MathJax's own, and takes axe-core most of its time. So does source code, all in the same
    # colours: one such page is enough.
    left_out = "mjx-container, pre" if "_modules" in name and "resnet" not in name else "mjx-container"
    page.locator(left_out).evaluate_all("parts => parts.forEach(part => part.remove())")
    page.emulate_media(color_scheme="light")
    visit.settle()
    assert findings(page) == []


def test_questions_answer_by_keyboard(open_page):
    card = open_page("12b_sensitivity_and_adjoint.html").locator(".quiz[data-name=B7]")
    expect(card.get_by_role("status")).not_to_contain_text("Right.")
    for name, key in {"B": "Space", "D": "Space", "Check": "Enter"}.items():
        card.get_by_role("button", name=name, exact=True).press(key)
    expect(card.get_by_role("status")).to_contain_text("✓ Right.")


def test_the_flow_plays(open_page):
    page = open_page("12a_resnet_as_euler.html")
    figure = page.locator(".living-figure[data-name=flow]").first
    figure.get_by_role("button", name="Play").click()
    expect(figure.get_by_role("status")).to_contain_text("t = 1.00: 64 of 64", timeout=20 * SECONDS)
    expect(figure.get_by_role("button", name="Play")).to_be_visible()


def test_formula_index_leads_to_section_code_and_test(open_page, visit):
    page = open_page("formulas.html")
    links = page.locator("section section a.internal").evaluate_all("links => links.map(link => link.href)")
    assert len(links) > 75
    ids = {}
    for page_address, _, fragment in sorted({link.partition("#") for link in links}):
        if page_address not in ids:
            text = (HTML / page_address.removeprefix(f"{visit.address}/")).read_text(encoding="utf-8")
            ids[page_address] = re.findall(r'\bid="([^"]*)"', text)
        assert fragment in ids[page_address]


def test_formula_index_on_paper(open_page, visit):
    page = open_page("formulas.html")
    page.emulate_media(media="print")
    margin = dict.fromkeys(("top", "right", "bottom", "left"), "12mm")
    assert page.pdf(format="A4", margin=margin).count(b"/Type /Page\n") <= 12
    page.set_viewport_size({"width": 703, "height": 1000})  # A4 with these margins
    wide = "formulas => formulas.filter(f => f.scrollWidth > f.clientWidth + 1).map(f => f.textContent)"
    assert page.locator("mjx-container[display]").evaluate_all(wide) == []
    visit.screenshot("html-formulas-paper")
