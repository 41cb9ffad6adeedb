"""Tests in a real browser, run by `make test-browser` alone: plain pytest leaves this folder out (pyproject.toml)."""

import re
import shutil
from pathlib import Path

import pytest
from lab import NOTEBOOKS, SCREENSHOTS, SECONDS, Book, jupyterlab
from playwright.sync_api import expect, sync_playwright
from xdist.scheduler import LoadScopeScheduling

from tools.chromium import find_chromium

FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]

expect.set_options(timeout=15 * SECONDS)


NO_CHROMIUM = (
    "These tests need Chromium or Chrome on the path (Debian: apt install chromium), "
    "or playwright's own: .venv/bin/python -m playwright install chromium"
)


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with jupyterlab(tmp_path_factory.mktemp("lab")) as address:
        yield address


def pytest_sessionstart(session):
    if not hasattr(session.config, "workerinput"):  # once, where several processes share the tests
        shutil.rmtree(SCREENSHOTS, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium():
    program = find_chromium()
    with sync_playwright() as playwright:
        program = program or playwright.chromium.executable_path
        if not Path(program).exists():
            pytest.exit(NO_CHROMIUM, returncode=1)
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def open_book(chromium, lab):
    """A function that opens a notebook and runs it; asked for the same one again, it gives what it has."""
    opened = {}

    def open_book(path):
        if path not in opened:
            for other in opened.values():
                other.page.close()
            page = chromium.new_page(viewport={"width": 1400, "height": 1000})
            page.set_default_timeout(15 * SECONDS)
            opened[path] = book = Book(page, path)
            try:
                book.open(lab(path.stem))
            except Exception:
                book.screenshot(f"failed-{book.name}")
                raise
        return opened[path]

    return open_book


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def book(request, open_book):
    """A notebook, open in JupyterLab, all cells of which have run."""
    book = open_book(request.param)
    assert book.ready, f"{book.name} could not be opened and run, see the first failure"
    return book


LONG = ["test_lite", "test_pyodide", "test_slides"]  # a minute each: first, so that no process waits for one at the end


def together(nodeid):
    """What is opened once for all its tests: a notebook that has run, or what a file needs."""
    book = re.search(rf"({'|'.join(path.stem for path in NOTEBOOKS)})\d*\]$", nodeid)
    return book[1] if book else nodeid.partition("::")[0]


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: (item.path.stem not in LONG, together(item.nodeid)))


class Together(LoadScopeScheduling):
    def _split_scope(self, nodeid):  # made to be overridden
        return together(nodeid)


def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False
    return Together(config, log)


@pytest.fixture(autouse=True)
def no_complaints(request):
    """Whatever a test does, nobody complains."""
    yield
    book = request.node.funcargs.get("book")
    if book:
        complaints, book.complaints[:] = "\n".join(book.complaints), []
        assert not complaints


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed and call.when != "teardown" and "book" in item.funcargs:
        item.funcargs["book"].screenshot(f"failed-{item.name}")
    return report
