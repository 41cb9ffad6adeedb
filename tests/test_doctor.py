"""The doctor finds what is broken on purpose, says what to do, and needs nothing but the standard library."""

import json
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from neuralode_lib import doctor

ROOT = Path(__file__).parents[1]


def asked(*options, **kwargs):
    """What `python -m neuralode_lib.doctor` says, and its exit code."""
    command = [sys.executable, *options, "-m", "neuralode_lib.doctor"]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", **kwargs)
    assert "Traceback" not in run.stderr
    return run.stdout, run.returncode


@pytest.fixture
def kernelspec(tmp_path, monkeypatch):
    """A function that puts a kernel python3 before the environment's; it runs this code first."""

    def kernelspec(code):
        folder = tmp_path / "kernels/python3"
        folder.mkdir(parents=True)
        argv = [sys.executable, "-c", f"import sys; {code}; from ipykernel.kernelapp import main; main()"]
        spec = {"argv": [*argv, "-f", "{connection_file}"], "display_name": "another", "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))

    return kernelspec


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of one notebook, its script and the settings, in the current directory."""
    for name in ("pyproject.toml", "notebooks/12a_resnet_as_euler.ipynb", "notebooks/scripts/12a_resnet_as_euler.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_here_all_is_well_from_whatever_folder(tmp_path):
    said, code = asked(cwd=tmp_path)
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


def test_widgets_extension_switched_off(tmp_path, monkeypatch):
    folder = tmp_path / "labconfig"
    folder.mkdir()
    (folder / "page_config.json").write_text(json.dumps({"disabledExtensions": {doctor.WIDGETS: True}}))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    with pytest.raises(doctor.Finding, match="switched off"):
        doctor.widgets()


def test_kernel_of_another_environment(kernelspec):
    kernelspec("sys.prefix = '/somewhere/else'")
    with pytest.raises(doctor.Finding, match=r"kernels.python3 runs in '/somewhere/else'") as found:
        doctor.kernel()
    assert "ipykernel install --sys-prefix" in found.value.remedy


def test_kernel_that_cannot_import_the_library(kernelspec):
    kernelspec("sys.modules['neuralode_lib'] = None")
    with pytest.raises(doctor.Finding, match=r"first cell fails with ModuleNotFoundError: .*neuralode_lib"):
        doctor.kernel()


def test_kernel_that_does_not_start(kernelspec):
    kernelspec("sys.modules['ipykernel'] = None")
    with pytest.raises(doctor.Finding, match=r"does not start: ModuleNotFoundError: .*ipykernel"):
        doctor.kernel()


def test_pairing_of_a_copy(project):
    assert doctor.pairing() == "1 notebooks say what their scripts say"


def test_notebook_saved_without_its_script(project):
    script = project / "notebooks/scripts/12a_resnet_as_euler.py"
    script.write_text(script.read_text(encoding="utf-8").replace("plotting.use_style()", "pass"), encoding="utf-8")
    with pytest.raises(doctor.Finding, match="not the same as their scripts: 12a_resnet_as_euler"):
        doctor.pairing()


def test_notebook_missing(project):
    (project / "notebooks/12a_resnet_as_euler.ipynb").unlink()
    with pytest.raises(doctor.Finding, match="not the same as their scripts: 12a_resnet_as_euler"):
        doctor.pairing()


def test_pairing_settings_missing(project):
    (project / "pyproject.toml").unlink()
    with pytest.raises(doctor.Finding, match="no settings"):
        doctor.pairing()


def test_no_notebooks_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "__file__", str(tmp_path / "site-packages/neuralode_lib/doctor.py"))
    with pytest.raises(doctor.Finding, match="no notebooks/scripts here"):
        doctor.pairing()


def test_an_unforeseen_error_is_said_and_the_other_checks_go_on(monkeypatch, capsys):
    def broken():
        raise OSError("the disk is full")

    for name in ("python", "packages", "widgets", "kernel", "pairing"):
        monkeypatch.setattr(doctor, name, broken if name == "widgets" else lambda: "fine")
    assert doctor.main() is False
    said = capsys.readouterr().out
    assert "NOT  broken: OSError: the disk is full" in said
    assert said.count("fine") == 4
