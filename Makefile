SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# pip warns root about shared site-packages; a virtual environment has none.
export PIP_ROOT_USER_ACTION := ignore
INSTALL = $(PIP) install --constraint constraints.txt --no-build-isolation --config-settings editable_mode=compat

# Tests wait for servers, engines and a browser more than they compute. A file's tests stay together and in order, since
# they share its server; those of the browser come last.
WORKERS ?= 2

.PHONY: help setup run test lint format bench bench-native stress site clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/.installed-test  ## create .venv with everything, tests included
	@:

run: $(VENV)/.installed-run  ## start the dashboard; ARGS="--port 8000" passes options on
	@exec $(BIN)/lockfree-lab serve $(ARGS)

test: setup chromium lint  ## lint, type-check and test
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup  ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: setup  ## let ruff sort imports and format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup  ## measure on this machine
	@$(BIN)/python -m tests.bench $(ARGS)

bench-native: setup  ## measure the native core against the standard library and its peers
	@$(BIN)/python -m tests.bench native maps backoff kernels $(ARGS)

stress: setup  ## the native core under hundreds of millions of operations
	@LOCKFREE_STRESS=1 $(BIN)/python -m pytest tests/native -m stress $(ARGS)

site: $(VENV)/.installed-run  ## write all scenarios as a static site; SITE=folder says where (default: site)
	@exec $(BIN)/lockfree-lab site $(or $(SITE),site)

clean:  ## remove .venv, caches and build outputs
	@rm -rf $(VENV) build dist site *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Lockfree Lab needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1 || true)." >&2; \
	  echo "Name another one: make $(or $(MAKECMDGOALS),setup) PYTHON=python3.12" >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing python3-venv with apt-get"; \
	    $(APT_INSTALL) python3-venv; \
	  else \
	    echo "$(PYTHON) cannot create virtual environments. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2; \
	    exit 1; \
	  fi; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --constraint constraints.txt setuptools
	@touch $@

# The extension is optional: without a compiler the same command installs the package with emulated cells.
NATIVE := setup.py $(wildcard lockfree_core/native/*.[ch])

$(VENV)/.installed-run: $(VENV)/.created pyproject.toml constraints.txt $(NATIVE)
	@echo "Installing Lockfree Lab into $(VENV)"
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.created pyproject.toml constraints.txt $(NATIVE)
	@echo "Installing Lockfree Lab and its test tools into $(VENV)"
	@$(INSTALL) --editable '.[test]'
	@touch $@ $(VENV)/.installed-run

# Prints what apt-get said only where it failed.
APT_INSTALL = apt_install() { \
	  local log; log=$$(mktemp); \
	  export DEBIAN_FRONTEND=noninteractive; \
	  if { apt-get update && apt-get install --yes --no-install-recommends "$$@"; } >"$$log" 2>&1 </dev/null; \
	  then rm -f "$$log"; else cat "$$log" >&2; rm -f "$$log"; return 1; fi; }; apt_install

.PHONY: chromium
chromium:
	@command -v chromium chromium-browser google-chrome >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing chromium with apt-get"; \
	    $(APT_INSTALL) chromium || echo "Chromium could not be installed; browser tests say so below." >&2; \
	  else \
	    echo "No Chromium found, and no right to install one; browser tests are skipped (in CI they fail)." >&2; \
	  fi; }
