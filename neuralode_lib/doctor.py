"""`python -m neuralode_lib.doctor` says whether all that the notebooks need is in order, and if not, what to do.

What is not in the standard library is imported where it is used: it may be what is missing.
"""

import json
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryFile, gettempdir

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
    try:  # programs have the folder of their environment written into them
        subprocess.run([Path(sys.executable).with_name("jupyter"), "--runtime-dir"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise Finding(
            f"{here}, but its program jupyter is not there or does not start, as when the folder has been moved",
            "make .venv again: make env. Without make: remove .venv or the conda environment, and install once more",
        ) from None
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


def home():
    """JupyterLab and its kernels write there: where they cannot, they do not start."""
    from jupyter_core.paths import jupyter_config_dir, jupyter_data_dir, jupyter_runtime_dir

    for folder in map(Path, (jupyter_config_dir(), jupyter_data_dir(), jupyter_runtime_dir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            TemporaryFile(dir=folder).close()
        except OSError as error:
            raise Finding(
                f"{folder} cannot be written: {error.strerror}",
                "give JupyterLab another home: HOME=$PWD/build/home make lab, without make "
                "HOME=$PWD/build/home python -m tools.lab",
            ) from None
    return f"JupyterLab can write its files in {Path.home()}"


def widgets():
    import ipywidgets
    from jupyter_core.paths import jupyter_path
    from jupyterlab_server.config import get_page_config

    lab = get_page_config(jupyter_path("labextensions"))
    if WIDGETS not in [extension["name"] for extension in lab["federated_extensions"]]:
        raise Finding(
            f"JupyterLab has no {WIDGETS}: progress bars stay empty",
            "python -m pip install --force-reinstall jupyterlab_widgets, then start JupyterLab again",
        )
    for name in lab["disabledExtensions"]:
        if name.partition(":")[0] == WIDGETS:  # all of it, or one of its plugins
            enable = "python -m jupyter labextension enable --level"
            raise Finding(
                f"{name} is switched off in JupyterLab",
                f"{enable}=user {name}, and if that is not enough {enable}=sys_prefix {name}",
            )
    return f"ipywidgets {ipywidgets.__version__}, and JupyterLab has its part of them"


def kernel():
    """Start it as a notebook does, and import what the notebooks' first cells import."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import start_new_kernel

    folder = Path(KernelSpecManager().find_kernel_specs()["python3"])
    make_again = "python -m ipykernel install --sys-prefix"
    if Path(sys.prefix).resolve() not in folder.resolve().parents:  # it is found first, whatever stands here
        make_again = "python -m jupyter kernelspec remove -y python3 (another Python put it where it is found first)"
    with TemporaryFile("w+") as said:
        try:
            manager, client = start_new_kernel(kernel_name="python3", cwd=gettempdir(), stderr=said)
        except Exception as error:  # whatever a kernel.json and what it starts can do wrong
            said.seek(0)
            last = said.read().strip().rpartition("\n")[-1] or f"{type(error).__name__}: {error}"
            raise Finding(f"python3 in {folder} does not start: {last}", make_again) from None
        try:
            code = "import sys, neuralode_lib; from neuralode_lib import exercises, explore, plotting, quiz"
            where = {"prefix": "sys.prefix", "library": "neuralode_lib.__file__"}
            reply = client.execute_interactive(code, user_expressions=where, timeout=120, output_hook=lambda _: None)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    answer = reply["content"]
    there = {name: value["data"]["text/plain"] for name, value in answer.get("user_expressions", {}).items()}
    if there.get("prefix", repr(sys.prefix)) != repr(sys.prefix):
        raise Finding(f"python3 in {folder} runs in {there['prefix']}, not in this environment", make_again)
    if answer["status"] != "ok":
        raise Finding(f"the notebooks' first cell fails with {answer['ename']}: {answer['evalue']}", INSTALL)
    library = str(Path(__file__).with_name("__init__.py"))
    if there["library"] != repr(library):
        raise Finding(f"notebooks import {there['library']}, not {library}", INSTALL)
    return "python3 starts in this environment and imports the library"


def notebooks():
    """Whether they can be opened. What they say is the student's business."""
    beside = [Path.cwd(), *Path.cwd().parents, Path(__file__).resolve().parents[1]]
    folder = next((path / "notebooks" for path in beside if (path / "notebooks/scripts").is_dir()), None)
    if folder is None:
        raise Finding("there is no notebooks/scripts here", "change to the project's folder and ask again")
    names = [f"{script.stem}.ipynb" for script in sorted(folder.glob("scripts/*.py"))]
    for name in names:
        path = folder / name
        again = f"in {folder} run `git checkout HEAD -- {name}`"
        if not path.exists():
            raise Finding(f"{name} is missing", f"{again}, or take it from the repository")
        text = path.read_text(encoding="utf-8")
        try:
            json.loads(text)["cells"]
        except (ValueError, KeyError, TypeError):
            aside = f"rename {name} to my_{name}.txt, so that nothing is lost, then {again}"
            if "\n<<<<<<< " in text:
                raise Finding(
                    f"{name} has two versions in one: git could not merge them",
                    f"{aside}. If you had run `git stash pop`, what you wrote is still in the stash: "
                    f"`git checkout stash@{{0}} -- {name}`, rename it to my_{name}, and {again}",
                ) from None
            raise Finding(f"{name} is no notebook any more", aside) from None
    return f"{len(names)} notebooks can be opened"


def main():
    """Print a line for each check, and then what to do; True where there is nothing to do."""
    remedies = []
    for check in (python, packages, home, widgets, kernel, notebooks):
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
