"""Fetch of Pyodide what npm and PyPI have, so that the tests can start Python in a browser without its CDN.

    python tools/lite/pyodide.py FOLDER

npm has the runtime, PyPI the packages in pure Python that the kernel starts with. NumPy and other compiled packages
for the browser are on the CDN only.
"""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION
from packaging.utils import canonicalize_name

KERNEL = ["ipython", "jedi", "micropip", "packaging", "tqdm"]


def needed(packages, names):
    """The names and all that these packages need in turn."""
    found = {}
    while names:
        name, *names = names
        if name not in found:
            found[name] = packages[name]
            names += map(canonicalize_name, packages[name]["depends"])
    return found


def fetch(folder):
    folder.mkdir(parents=True)
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder / "npm"]
    subprocess.run([*npm, f"pyodide@{PYODIDE_VERSION}"], check=True)
    runtime = folder / "npm" / "node_modules" / "pyodide"
    lock = json.loads((runtime / "pyodide-lock.json").read_text(encoding="utf-8"))
    packages = {canonicalize_name(name): package for name, package in lock["packages"].items()}
    pinned = [f"{name}=={package['version']}" for name, package in needed(packages, KERNEL).items()]
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    python = lock["info"]["python"]
    subprocess.run([*download, f"--python-version={python}", "--dest", runtime, *pinned], check=True)
    for wheel in runtime.glob("*.whl"):  # PyPI's file is not byte for byte the CDN's
        package = packages[canonicalize_name(wheel.name.split("-")[0])]
        package |= {"file_name": wheel.name, "sha256": sha256(wheel.read_bytes()).hexdigest()}
    (runtime / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
