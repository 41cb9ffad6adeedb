# The Python that the environments are made with: make lab PYTHON=python3.12
PYTHON ?= python3
BIN := .venv/bin
OLDEST := .venv-oldest/bin
NOTEBOOKS := $(patsubst notebooks/scripts/%.py,notebooks/%.ipynb,$(wildcard notebooks/scripts/*.py))

# Kernels inherit it, and would then show no figures.
unexport MPLBACKEND

.PHONY: help env lab test test-browser test-oldest notebooks clean $(NOTEBOOKS)

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

env: .venv/installed  ## make .venv with the project and everything it needs

# Started in the root, where jupytext finds in pyproject.toml which script a saved notebook updates.
# Jupyter refuses to run as root, the user of many containers, unless told.
lab: env  ## open the first notebook in JupyterLab (ARGS="--no-browser" prints the address)
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/12a_resnet_as_euler.ipynb \
	  $(if $(filter 0,$(shell id -u)),--allow-root) $(ARGS)

test: env  ## run all tests and all notebooks, comparing text and figures; lint
	$(BIN)/python -m pytest
	$(BIN)/ruff check

test-browser: .venv/browser  ## use the notebooks in JupyterLab and Chromium; screenshots are in build/screenshots
	$(install_chromium)
	$(BIN)/python -m pytest tests/browser

test-oldest: .venv-oldest/installed  ## run all tests with the oldest versions that pyproject.toml admits
	$(OLDEST)/python -m pytest

notebooks: $(NOTEBOOKS)  ## make the notebooks from their scripts and run them; one: make notebooks/NAME.ipynb

# Always: after a clone, or a save in JupyterLab, file times do not tell which notebook is stale.
$(NOTEBOOKS): notebooks/%.ipynb: notebooks/scripts/%.py env
	$(BIN)/python tests/build_notebook.py $<

clean:  ## remove the environments and what the tests leave behind
	rm -rf .venv .venv-oldest *.egg-info build .hypothesis .pytest_cache .ruff_cache

define check_python
@$(PYTHON) -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
  echo "$(PYTHON) is not there, older than 3.11 or without venv: name another, as in" \
  "make lab PYTHON=python3.12, or on Debian and Ubuntu run: apt install python3-venv" >&2; exit 1; }
endef

# The file says that the install went through; it is made again when pyproject.toml is newer.
.venv/installed: pyproject.toml
	$(check_python)
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e ".[test]"
	touch $@

.venv/browser: .venv/installed
	$(BIN)/pip install --quiet -e ".[browser]"
	touch $@

# Where there is none, and no apt-get that we may use, the tests say what to install.
define install_chromium
@for browser in chromium chromium-browser google-chrome; do command -v $$browser >/dev/null && exit; done; \
command -v apt-get >/dev/null || exit 0; \
[ "$$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo=sudo; } || exit 0; \
$$sudo apt-get update && $$sudo apt-get install --yes --no-install-recommends chromium
endef

.venv-oldest/installed: pyproject.toml
	$(check_python)
	$(PYTHON) -m venv .venv-oldest
	$(OLDEST)/pip install --quiet uv
	$(OLDEST)/uv pip install --quiet --python $(OLDEST)/python --resolution lowest-direct -e ".[test]"
	touch $@
