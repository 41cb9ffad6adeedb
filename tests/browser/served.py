"""Folders of build/ as a web server gives them, and pages of which everything is written down that they ask for."""

import contextlib
import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from lab import ROOT, SCREENSHOTS, SECONDS

THREE_FRAMES = """() => new Promise((done) => {
    let frames = 3;
    const next = () => frames-- ? requestAnimationFrame(next) : done();
    next();
})"""


def made(name):
    """The folder build/`name`."""
    folder = ROOT / "build" / name
    assert (folder / "index.html").exists(), f"there is no {folder.relative_to(ROOT)}, it comes with: make {name}"
    return folder


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@contextlib.contextmanager
def served(folder):
    """The address at which a folder is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


class Visit:
    """A page in a browser of its own, and what went wrong on it."""

    def __init__(self, chromium, address, **options):
        self.address, self.elsewhere, self.complaints = address, [], []
        self.context = chromium.new_context(service_workers="block", **options)
        self.context.on("request", self._asked)
        self.context.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        self.page = self.context.new_page()
        self.page.set_default_timeout(15 * SECONDS)
        self.page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, request):
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.elsewhere.append(request.url)

    def settle(self):
        """Let figures draw what has changed."""
        self.page.evaluate(THREE_FRAMES)

    def screenshot(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
