"""Open the first notebook in JupyterLab, the table of contents beside it. Nobody's own settings are touched.

Arguments are JupyterLab's: --no-browser prints the address.
"""

import contextlib
import os
import sys
from pathlib import Path

from jupyterlab.labapp import main
from jupyterlab_server.workspaces_handler import WorkspacesManager

HERE = Path(__file__).resolve().parent
COURSE = HERE.parents[1]
WORKSPACES = COURSE / "build/lab"  # which panels and notebooks are open, as they were left

if __name__ == "__main__":
    os.chdir(COURSE)
    own = os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join([str(HERE), *([own] if own else [])])  # for labconfig
    if not WORKSPACES.exists():
        with contextlib.suppress(OSError):  # a folder that may not be written: JupyterLab opens as it always does
            WorkspacesManager(str(WORKSPACES)).save("default", (HERE / "workspace.json").read_text(encoding="utf-8"))
    options = [
        "--LabApp.default_url=/lab/tree/notebooks/12a_resnet_as_euler.ipynb",
        f"--LabApp.workspaces_dir={WORKSPACES}",
        "--ServerApp.contents_manager_class=tools.lab.contents.Contents",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # the user of many containers
    sys.exit(main([*options, *sys.argv[1:]]))
