"""`python -m neuralode_lib.doctor` says whether all that the notebooks need is in order, and if not, what to do.

What is not in the standard library is imported where it is used: it may be what is missing.
"""

import platform
import sys
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryFile

PROJECT = "neuralode-lib"
INSTALL = (
    "in the project's folder run `python -m pip install -e .`, with conda `conda env update -f environment.yml`; "
    "what make installs is in .venv, so start its Python, .venv/bin/python"
)
WIDGETS = "@jupyter-widgets/jupyterlab-manager"  # the part of ipywidgets that runs in the browser


class Finding(Exception):
    """What is not as it should be, and what to do."""

    def __init__(self, what, remedy):
        super().__init__(what)
        self.remedy = remedy


def python():
    from packaging.specifiers import SpecifierSet

    asked = metadata.metadata(PROJECT)["Requires-Python"]
    here = f"{platform.python_version()} in {sys.prefix}"
    if platform.python_version() not in SpecifierSet(asked, prereleases=True):
        raise Finding(f"{here}, asked for is {asked}", "install a newer Python and make the environment with it")
    return here


def packages():
    from packaging.requirements import Requirement

    found, wrong = [], []
    for r in map(Requirement, metadata.requires(PROJECT)):
        if r.marker and not r.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(r.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{r.name} is missing")
            continue
        found.append(f"{r.name} {version}")
        if not r.specifier.contains(version, prereleases=True):
            wrong.append(f"{r.name} is {version}, asked for is {r.specifier}")
    if wrong:
        raise Finding("; ".join(wrong), INSTALL)
    return ", ".join(found)


def widgets():
    import ipywidgets
    from jupyter_core.paths import jupyter_path
    from jupyterlab_server.config import get_page_config

    lab = get_page_config(jupyter_path("labextensions"))
    if WIDGETS not in [extension["name"] for extension in lab["federated_extensions"]]:
        raise Finding(
            f"JupyterLab has no {WIDGETS}: buttons and sliders stay empty",
            "python -m pip install --force-reinstall jupyterlab_widgets, then start JupyterLab again",
        )
    if WIDGETS in lab["disabledExtensions"]:
        raise Finding(f"{WIDGETS} is switched off in JupyterLab", f"python -m jupyter labextension enable {WIDGETS}")
    return f"ipywidgets {ipywidgets.__version__}, and JupyterLab has its part of them"


def kernel():
    """Start it as a notebook does, and import what the notebooks' first cells import."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import start_new_kernel

    folder = KernelSpecManager().get_kernel_spec("python3").resource_dir
    make_again = "python -m ipykernel install --sys-prefix"
    with TemporaryFile("w+") as said:
        try:
            manager, client = start_new_kernel(kernel_name="python3", cwd=Path.home(), stderr=said)
        except RuntimeError:
            said.seek(0)
            last = said.read().strip().rpartition("\n")[-1]
            raise Finding(f"python3 in {folder} does not start: {last}", make_again) from None
        try:
            code, where = "import sys; from neuralode_lib import exercises, explore, plotting, quiz", {"": "sys.prefix"}
            reply = client.execute_interactive(code, user_expressions=where, timeout=120, output_hook=lambda _: None)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    answer = reply["content"]
    if answer["status"] != "ok":
        raise Finding(f"the notebooks' first cell fails with {answer['ename']}: {answer['evalue']}", INSTALL)
    prefix = answer["user_expressions"][""]["data"]["text/plain"]
    if prefix != repr(sys.prefix):
        raise Finding(
            f"python3 in {folder} runs in {prefix}, not in this environment",
            f"{make_again}; if it is still found first, remove that folder",
        )
    return "python3 starts in this environment and imports the library"


def pairing():
    import jupytext
    from jupytext.config import load_jupytext_config

    beside = [Path.cwd(), *Path.cwd().parents, Path(__file__).resolve().parents[1]]
    folder = next((path / "notebooks" for path in beside if (path / "notebooks/scripts").is_dir()), None)
    if folder is None:
        raise Finding("there is no notebooks/scripts here", "change to the project's folder and ask again")
    scripts = sorted(folder.glob("scripts/*.py"))
    config = load_jupytext_config(str(scripts[0]))
    if not config or not config.default_formats(str(scripts[0])):
        raise Finding(
            f"jupytext finds no settings for {folder}: a saved notebook does not update its script",
            "take pyproject.toml from the repository again: git checkout pyproject.toml",
        )

    def cells(path):
        return [(cell.cell_type, cell.source) for cell in jupytext.read(path).cells]

    notebooks = {script: folder / f"{script.stem}.ipynb" for script in scripts}
    differ = [script.stem for script, book in notebooks.items() if not book.exists() or cells(book) != cells(script)]
    if differ:
        raise Finding(
            f"not the same as their scripts: {', '.join(differ)}",
            "to keep what is in the notebook save it in JupyterLab; to go back to its script: make notebooks",
        )
    return f"{len(scripts)} notebooks say what their scripts say"


def main():
    """Print a line for each check, and then what to do; True where there is nothing to do."""
    remedies = []
    for check in (python, packages, widgets, kernel, pairing):
        try:
            print(f"ok   {check.__name__}: {check()}")
            continue
        except Finding as found:
            what, remedy = found, found.remedy
        except ImportError as error:
            what, remedy = f"{error.name} is missing", INSTALL
        except Exception as error:  # said like any other finding, so that the next checks are made
            what, remedy = f"{type(error).__name__}: {error}", INSTALL
        print(f"NOT  {check.__name__}: {what}")
        remedies.append(remedy)
    if remedies:
        print("What to do, and then ask again:", *dict.fromkeys(remedies), sep="\n  - ")
    else:
        print("All is as it should be.")
    return not remedies


if __name__ == "__main__":
    sys.exit(not main())
