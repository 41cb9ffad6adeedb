"""The doctor finds what is broken on purpose, says what to do, and needs nothing but the standard library."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import matplotlib
import pytest
from jupyter_client.kernelspec import KernelSpecManager

from neuralode_lib import doctor

ROOT = Path(__file__).parents[1]


def asked(*options, **kwargs):
    """What `python -m neuralode_lib.doctor` says, and its exit code."""
    command = [sys.executable, *options, "-m", "neuralode_lib.doctor"]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", **kwargs)
    assert "Traceback" not in run.stderr
    return run.stdout, run.returncode


def follow(advice):
    """Run the first command of the advice, here."""
    (command,) = re.findall(r"^python (-m .*?)(?: \(|, |;|$)", advice)
    run = subprocess.run([sys.executable, *command.split()], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.fixture
def another_home(monkeypatch):
    """A function that gives the environment of somebody whose home is this folder."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.delenv(name, raising=False)
    fonts = {"MPLCONFIGDIR": matplotlib.get_cachedir()}  # without its list of fonts Matplotlib makes one, for seconds
    return lambda home: os.environ | fonts | {"HOME": str(home)}


@pytest.fixture
def kernelspec(tmp_path, monkeypatch):
    """A function that puts a kernel python3 before the environment's; it runs this code first, or has this text."""

    def kernelspec(code, text=None):
        folder = tmp_path / "share/jupyter/kernels/python3"
        folder.mkdir(parents=True)
        argv = [sys.executable, "-c", f"import sys; {code}; from ipykernel.kernelapp import main; main()"]
        spec = {"argv": [*argv, "-f", "{connection_file}"], "display_name": "another", "language": "python"}
        (folder / "kernel.json").write_text(text or json.dumps(spec), encoding="utf-8")
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share/jupyter"))

    return kernelspec


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of one notebook and its script in a repository, the current directory."""
    for name in ("notebooks/12a_resnet_as_euler.ipynb", "notebooks/scripts/12a_resnet_as_euler.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_all_is_well_here_from_whatever_folder_and_with_another_home(tmp_path, another_home):
    said, code = asked(cwd=tmp_path, env=another_home(tmp_path / "build/home"))
    assert code == 0, said
    assert len(said.splitlines()) <= 10
    for requirement in metadata.requires("neuralode-lib"):
        assert "extra" in requirement or requirement.partition(">")[0] in said


def test_where_nothing_is_installed_it_still_answers():
    said, code = asked("-S", "-E", cwd=ROOT)  # no site-packages, as with a Python that has never seen the project
    assert code == 1
    assert said.count("is missing") == 5
    assert said.count("pip install -e .") == 1
    assert len(said.splitlines()) <= 10


def test_python_too_old(monkeypatch):
    monkeypatch.setattr("platform.python_version", lambda: "3.9.18")
    with pytest.raises(doctor.Finding, match=r"3\.9\.18 .* asked for is >=3\.11"):
        doctor.python()


def test_packages_too_old_or_missing(monkeypatch):
    def version(name):
        if name == "ipywidgets":
            raise metadata.PackageNotFoundError(name)
        return {"numpy": "1.26.4"}.get(name, "99.0")

    monkeypatch.setattr(metadata, "version", version)
    with pytest.raises(doctor.Finding) as found:
        doctor.packages()
    assert str(found.value) == "ipywidgets is missing; numpy is 1.26.4, asked for is >=2.0"


def test_project_not_installed(monkeypatch):
    monkeypatch.setattr(doctor, "PROJECT", "neuralode-lib-that-nobody-has")
    for check in (doctor.python, doctor.packages):
        with pytest.raises(ImportError, match="neuralode-lib-that-nobody-has"):
            check()


def test_ipywidgets_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(ImportError, match="ipywidgets"):
        doctor.widgets()


def test_jupyterlab_without_the_widgets_extension(monkeypatch):
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *_: [])
    with pytest.raises(doctor.Finding, match="JupyterLab has no @jupyter-widgets/jupyterlab-manager"):
        doctor.widgets()


@pytest.mark.parametrize("name", [doctor.WIDGETS, f"{doctor.WIDGETS}:plugin"])
def test_widgets_extension_switched_off(tmp_path, monkeypatch, name):
    folder = tmp_path / "labconfig"
    folder.mkdir()
    (folder / "page_config.json").write_text(json.dumps({"disabledExtensions": {name: True}}))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")  # whatever this environment has switched on or off
    with pytest.raises(doctor.Finding, match=f"{name} is switched off") as found:
        doctor.widgets()
    follow(found.value.remedy)
    assert "JupyterLab has its part" in doctor.widgets()


@pytest.mark.skipif(os.name == "nt", reason="Windows has another name for it")
def test_home_that_cannot_be_written(tmp_path, another_home):
    nowhere = tmp_path / "file"
    nowhere.touch()
    said, code = asked(env=another_home(nowhere / "home"))
    assert code == 1 and re.search(r"NOT  home: .*/file/home/.* cannot be written", said), said
    assert "HOME=$PWD/build/home make lab" in said  # where all is well, as the first test sees


@pytest.mark.parametrize(
    ("code", "text", "what"),
    [
        ("sys.prefix = '/somewhere/else'", None, "runs in '/somewhere/else', not in this environment"),
        ("sys.modules['ipykernel'] = None", None, "does not start: ModuleNotFoundError: .*ipykernel"),
        ("", '{"argv": [', "does not start: JSONDecodeError"),
        ("", '{"argv": ["no-python"], "display_name": "", "language": "python"}', "does not start: .*no-python"),
    ],
    ids=["another environment", "no ipykernel", "no JSON", "no Python"],
)
def test_kernel_found_first_that_is_not_ours(kernelspec, code, text, what):
    kernelspec(code, text)
    with pytest.raises(doctor.Finding, match=f"kernels.python3 {what}") as found:
        doctor.kernel()
    follow(found.value.remedy)
    assert sys.prefix in KernelSpecManager().find_kernel_specs()["python3"]  # which starts, as the first test sees


def test_kernel_of_this_environment_that_is_broken(kernelspec, tmp_path, monkeypatch):
    kernelspec("", "{")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "prefix", str(tmp_path))
        with pytest.raises(doctor.Finding, match="does not start: JSONDecodeError") as found:
            doctor.kernel()
    assert found.value.remedy == "python -m ipykernel install --sys-prefix"
    follow(found.value.remedy.replace("--sys-prefix", f"--prefix={tmp_path}"))
    assert doctor.kernel() == "python3 starts in this environment and imports the library"


def test_kernel_that_cannot_import_the_library(kernelspec):
    kernelspec("sys.modules['neuralode_lib'] = None")
    with pytest.raises(doctor.Finding, match=r"first cell fails with ModuleNotFoundError: .*neuralode_lib") as found:
        doctor.kernel()
    assert "pip install -e ." in found.value.remedy


def test_kernel_that_imports_the_library_of_another_folder(kernelspec):
    kernelspec("import neuralode_lib; neuralode_lib.__file__ = '/the/old/folder/__init__.py'")
    with pytest.raises(doctor.Finding, match=r"notebooks import '/the/old/folder/__init__.py', not ") as found:
        doctor.kernel()
    assert "pip install -e ." in found.value.remedy


def test_a_folder_that_was_moved(tmp_path, monkeypatch):
    program = tmp_path / "jupyter"
    program.write_text("#!/the/old/folder/.venv/bin/python\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(doctor.Finding, match="as when the folder has been moved") as found:
        doctor.python()
    assert "make env" in found.value.remedy  # tried in test_make.py


def test_notebooks_whatever_a_student_has_written_in_them(project):
    assert doctor.notebooks() == "1 notebooks can be opened"
    path = project / "notebooks/12a_resnet_as_euler.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("...", "return 2 * x"), encoding="utf-8")
    assert doctor.notebooks() == "1 notebooks can be opened"


@pytest.mark.parametrize("broken", ["", "{", "[]", "{}"])
def test_notebook_that_is_none_any_more(project, broken):
    path = project / "notebooks/12a_resnet_as_euler.ipynb"
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(doctor.Finding, match=r"12a_resnet_as_euler\.ipynb is no notebook any more") as found:
        doctor.notebooks()
    path.rename(path.with_name("my_12a_resnet_as_euler.ipynb.txt"))
    mend(found.value.remedy)


def test_notebook_missing(project):
    (project / "notebooks/12a_resnet_as_euler.ipynb").unlink()
    with pytest.raises(doctor.Finding, match=r"12a_resnet_as_euler\.ipynb is missing") as found:
        doctor.notebooks()
    mend(found.value.remedy)


def mend(advice):
    folder, command = re.search("in (.*) run `(git .*)`", advice).groups()
    subprocess.run(command.split(), cwd=folder, check=True)
    assert doctor.notebooks() == "1 notebooks can be opened"


def test_no_notebooks_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "__file__", str(tmp_path / "site-packages/neuralode_lib/doctor.py"))
    with pytest.raises(doctor.Finding, match="no notebooks/scripts here"):
        doctor.notebooks()


def test_an_unforeseen_error_is_said_and_the_other_checks_go_on(monkeypatch, capsys):
    def broken():
        raise OSError("the disk is full")

    for name in ("python", "packages", "home", "widgets", "kernel", "notebooks"):
        monkeypatch.setattr(doctor, name, broken if name == "widgets" else lambda: "fine")
    assert doctor.main() is False
    said = capsys.readouterr().out
    assert "NOT  broken: OSError: the disk is full" in said
    assert said.count("fine") == 5
