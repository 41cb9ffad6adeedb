"""Nobody's own settings: the tests, and the figures that are stored, do not depend on who makes them."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

_folder = TemporaryDirectory(prefix="neutral-")  # goes when the program ends


def put_aside(*first):
    """The settings of IPython, Matplotlib and Jupyter, what Python would run first, and what the maker has solved;
    kernels inherit it. first: files that each kernel runs as it starts, of which its notebook sees no names."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "MATPLOTLIBRC"):
        os.environ[name] = _folder.name
    os.environ["NEURALODE_PROGRESS"] = os.devnull
    for name in ("JUPYTER_CONFIG_PATH", "MPLBACKEND", "PYTHONSTARTUP"):
        os.environ.pop(name, None)
    Path(_folder.name, "matplotlibrc").touch()  # nothing but defaults; Matplotlib's cache of fonts stays where it is
    startup = Path(_folder.name, "profile_default", "startup")
    startup.mkdir(parents=True, exist_ok=True)
    for path in first:
        (startup / path.name).write_text(f"__import__('runpy').run_path({str(path)!r})", encoding="utf-8")
