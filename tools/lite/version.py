"""Have the JupyterLab that is in the folder load the Pyodide which the tests run on.

    python tools/lite/version.py FOLDER

(`jupyter lite build` loses this setting where it says which wheels the site has.)
"""

import json
import sys
from pathlib import Path

VERSION = "0.27.7"  # of jupyterlite-pyodide-kernel 0.6.1; it has Python 3.12, NumPy 2.0 and Matplotlib 3.8


def pin(folder):
    path = folder / "jupyter-lite.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    kernel = settings["jupyter-config-data"]["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]
    kernel["pyodideUrl"] = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/pyodide.js"
    path.write_text(json.dumps(settings), encoding="utf-8")


if __name__ == "__main__":
    pin(Path(sys.argv[1]))
