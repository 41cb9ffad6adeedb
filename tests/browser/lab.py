"""JupyterLab as a student sees it: a server of our own, and a notebook that is open in a browser."""

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
SCREENSHOTS = ROOT / "build" / "screenshots"

SECONDS = 1000  # playwright counts milliseconds

# Complaints that are JupyterLab's own: a part of each, and where it comes from.
NOT_OURS = {
    "No such comm": "it asks the kernel for its widgets before the notebook has imported ipywidgets",
}


@contextlib.contextmanager
def jupyterlab(folder):
    """Start JupyterLab as `make lab` does, on a copy of the notebooks, so that saving changes nothing; give the
    address of a notebook.

    Settings, workspaces and kernels are private to it: whose machine it is makes no difference.
    """
    course = folder / "course"
    for name in ("notebooks", "tools/lab"):
        shutil.copytree(ROOT / name, course / name, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", course)  # has settings for jupytext
    private = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "IPYTHONDIR": "ipython",
    }
    environment = os.environ | {name: str(folder / value) for name, value in private.items()}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "tools.lab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command = ["setpriv", "--bounding-set=-dac_override", *command]  # root, too, may not write what is protected
    log = folder / "server.log"
    with log.open("w") as file:
        server = subprocess.Popen(command, cwd=course, env=environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for_server(server, f"{address}/api/status?token={token}", log)
        # Each notebook has a workspace of its own: none opens with the tabs of another.
        yield lambda name: f"{address}/lab/workspaces/{name}/tree/notebooks/{name}.ipynb?token={token}"
    finally:
        server.terminate()  # its kernels go with it
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()


def uses(pattern):
    """(notebook, number of the cell, match) for what code cells show: what is new is found and tested, too."""
    return [
        (path, number, match)
        for path in NOTEBOOKS
        for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"])
        if cell["cell_type"] == "code"
        for match in re.findall(pattern, "".join(cell["source"]), re.MULTILINE)
    ]


def wait_for_server(server, url, log, timeout=60):
    end = time.monotonic() + timeout
    while time.monotonic() < end and server.poll() is None:
        try:
            return urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")


def tab_to(page, control):
    """Move the focus there as the keyboard does: with the Tab key, forwards or backwards."""
    backwards = "e => !!(document.activeElement.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_PRECEDING)"
    key = "Shift+Tab" if control.evaluate(backwards) else "Tab"
    for _ in range(60):
        if control.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"the {key} key does not lead to {control}")


class Book:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page, path):
        self.page, self.path, self.name = page, path, path.stem
        self.stored = json.loads(path.read_text(encoding="utf-8"))["cells"]
        self.complaints = []  # of the browser and the kernel, where a student would not see them
        page.on("console", lambda message: message.type == "error" and self._complain("console", message.text))
        page.on("pageerror", lambda error: self._complain("JavaScript", error.stack or str(error)))
        page.on("websocket", lambda socket: socket.on("framereceived", self._received))
        # light: not through shadow roots, for which Playwright would look in each of 30,000 elements, each time
        self.cells = page.locator("css:light=.jp-Notebook .jp-Cell")
        self.prompts = page.locator("css:light=.jp-Notebook .jp-CodeCell .jp-InputPrompt")
        self.errors = page.locator('css:light=[data-mime-type="application/vnd.jupyter.error"]')
        self.stderr = page.locator('css:light=[data-mime-type="application/vnd.jupyter.stderr"]')
        self.ready = False

    def open(self, url):
        """In a fresh kernel, and run it."""
        self.page.goto(url)
        expect(self.cells).to_have_count(len(self.stored), timeout=60 * SECONDS)
        idle = self.page.get_by_text(re.compile(r"\| Idle$"))  # in the status bar
        expect(idle).to_be_visible(timeout=60 * SECONDS)
        self.run_all()
        self.ready = True

    def _complain(self, who, text):
        if not any(part in text for part in NOT_OURS):
            self.complaints.append(f"{who}: {text}")

    def _received(self, frame):
        """The kernel's messages. What fails in a widget's callback is reported here and in no cell."""
        text = frame.decode(errors="replace") if isinstance(frame, bytes) else frame
        if re.search(r'"msg_type": ?"error"|"name": ?"stderr"', text):
            self._complain("kernel", text[-500:])

    def menu(self, title, item):
        self.page.locator("#jp-MainMenu").get_by_text(title, exact=True).click()
        self.page.locator(".lm-Menu").get_by_text(item, exact=True).click()

    def run_all(self, timeout=600):
        """As the first cell tells students to: clear the outputs, then run all cells, here with the menu."""
        self.menu("Edit", "Clear Outputs of All Cells")
        expect(self.page.locator(".jp-Notebook .jp-OutputArea-output")).to_have_count(0)
        expect(self.prompts.filter(has_text=re.compile(r"\d"))).to_have_count(0)
        self.menu("Run", "Run All Cells")
        self.wait_until_run(timeout)

    def wait_until_run(self, timeout=60):
        """No cell is running or waits for its turn; after an error JupyterLab drops those that wait."""
        expect(self.prompts.filter(has_text=re.compile(r"[\d*]"))).not_to_have_count(0)  # it has begun
        running = self.prompts.filter(has_text="[*]")
        try:
            expect(running).to_have_count(0, timeout=timeout * SECONDS)
        except AssertionError:
            stuck = self.cells.filter(has=self.page.locator(".jp-InputPrompt", has_text="[*]"))
            stuck = stuck.first.locator(".cm-content").text_content()
            raise AssertionError(f"{self.name}: still running after {timeout} s:\n{stuck}") from None

    def write(self, cell, source):
        """Type a new source into a cell, and run it."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
        for number, line in enumerate(source.splitlines()):
            if number:
                self.page.keyboard.press("Enter")
                self.page.keyboard.press("Shift+Home")  # what is typed replaces the editor's indentation
            self.page.keyboard.insert_text(line)
        self.run(cell)

    def run(self, cell):
        cell.locator(".jp-InputPrompt").click()
        self.page.keyboard.press("Control+Enter")

    def new_cell(self, source):
        """Type it into a new cell at the end, run it, and give its number."""
        number = self.cells.count()
        self.cells.last.focus()
        self.page.keyboard.press("b")
        expect(self.cells).to_have_count(number + 1)
        self.write(self.cells.nth(number), source)
        return number

    def tab_to(self, control):
        tab_to(self.page, control)

    def eventually(self, function, wanted=True, timeout=15):
        """Wait until the function returns what is wanted."""
        end = time.monotonic() + timeout
        while (value := function()) != wanted:
            assert time.monotonic() < end, f"after {timeout} s {value!r} is not {wanted!r}"
            self.page.wait_for_timeout(50)

    def screenshot(self, name, locator=None):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (locator or self.page).screenshot(path=SCREENSHOTS / f"{name}.png")
