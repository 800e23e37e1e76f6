# Everything a checkout needs: make serve, make test.  `make` alone lists the targets.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# Twice quiet: errors only, no warnings about the machine's own pip settings.
# Every pinned file lists all that it needs, so pip has nothing to resolve, only hashes to check.
INSTALL := $(PIP) install -qq --no-deps --require-hashes
# The build backend is pinned too (it is in the same file), so nothing is fetched unpinned.
INSTALL_SELF := $(PIP) install -qq --no-deps --no-build-isolation --editable .

# The first interpreter of 3.11 or newer; another one: make PYTHON=/path/to/python3.12 serve
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)

# A checkout keeps its releases to itself.
export DUALBIO_RELEASES ?= $(CURDIR)/releases

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve test quick check lint types layers turtle data reason bench build lock wheelhouse clients clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(VENV)/serve.stamp ## install what serving needs, build the release on first use, serve on http://127.0.0.1:8080
	@exec $(BIN)/dualbio serve

# Everything runs on two processors side by side and measures which branches it reached (the floor is in pyproject.toml).
# What fails there is tried once more, alone: a fault fails twice; a test that passes alone was in another's way, and
# both runs are shown.
BESIDE = $(MAKE) --no-print-directory --jobs=2 --output-sync=target
TESTS = $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=40 --durations-min=5 --cov --cov-report= \
	--cov-fail-under=0
AGAIN = $(BIN)/pytest --last-failed --last-failed-no-failures=none
test: $(VENV)/dev.stamp ## install what testing needs, then run every check and every test (some: PYTEST_ARGS="-k NAME")
	$(BESIDE) check wheelhouse clients
ifdef PYTEST_ARGS
	$(BIN)/pytest $(PYTEST_ARGS)
else
	$(TESTS) || { echo "Trying the failed tests once more, alone"; $(AGAIN); }
	$(BIN)/coverage report --skip-covered
endif

QUICK := tests/unit --ignore=tests/unit/owl/gate --ignore=tests/unit/store/workers \
	tests/docs/test_commands.py tests/packaging/test_project_files.py
quick: lint types layers turtle ## before each commit: checks of code and sources, tests without server, browser and reasoner
	$(BIN)/dualbio check
	$(BIN)/pytest -q -n 2 -m "not slow" $(QUICK)

check: lint types layers turtle data reason ## every check that is not a test

lint: $(VENV)/dev.stamp ## style and format of the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/dev.stamp ## types, strictly
	$(BIN)/mypy

layers: $(VENV)/dev.stamp ## who may import whom
	$(BIN)/lint-imports --no-logo

turtle: $(VENV)/dev.stamp ## canonical form of the hand-edited Turtle
	$(BIN)/turtlefmt --check ontology

data: $(VENV)/dev.stamp ## evidence, vocabularies, axioms and queries; shapes and quality queries over the release
	$(BIN)/dualbio check --release

reason: $(VENV)/dev.stamp ## HermiT against the closure, over every study (minutes)
	$(BIN)/dualbio reason

# Larger releases of invented studies beside the real one: benchmarks/generate.py writes them.
GENERATED ?=
bench: $(VENV)/dev.stamp ## all benchmarks over the release (and GENERATED ones), written as benchmarks/RESULTS.md
	$(BIN)/dualbio build
	cd benchmarks && ../$(BIN)/python suite.py --release $(DUALBIO_RELEASES)/current $(GENERATED)

build: $(VENV)/dev.stamp ## sdist and wheel in dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation

lock: $(VENV)/dev.stamp ## rewrite requirements/ after a change of pyproject.toml (all newest: make lock UPGRADE=1)
	requirements/lock $(BIN)/uv $(if $(UPGRADE),--upgrade)
	$(if $(UPGRADE),tests/clients/node/lock)

wheelhouse: $(VENV)/wheelhouse.stamp ## the pinned wheels of a served installation, for the test that installs them offline

clients: $(VENV)/node.stamp ## the pinned clients for Node.js that the tests ask the service with

clean: ## remove all that was made: environment, releases, builds, caches
	rm -rf $(VENV) releases dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src server tests benchmarks maintenance -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# One environment serves both; the stamps say what is in it, so that a second run installs nothing.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "dualbio needs Python 3.11 or newer; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/serve.stamp: requirements/serve.txt pyproject.toml | $(BIN)/python
	@echo "Installing the pinned packages into $(VENV) (once)"
	@$(INSTALL) -r requirements/serve.txt
	@$(INSTALL_SELF)
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt requirements/serve.txt pyproject.toml | $(BIN)/python
	@echo "Installing the pinned packages for development into $(VENV) (once)"
	@$(INSTALL) -r requirements/dev.txt
	@$(INSTALL_SELF)
	@$(PIP) check
	@touch $@ $(VENV)/serve.stamp

$(VENV)/wheelhouse.stamp: requirements/serve.txt $(VENV)/dev.stamp
	@rm -rf $(VENV)/wheelhouse
	@$(PIP) download -qq --no-deps --require-hashes --only-binary :all: -d $(VENV)/wheelhouse -r requirements/serve.txt
	@touch $@

NODE := tests/clients/node
$(VENV)/node.stamp: $(NODE)/package.json $(NODE)/package-lock.json $(NODE)/.npmrc | $(BIN)/python
	@node --version >/dev/null && npm --version >/dev/null || { \
		echo "the tests need Node.js 18 or newer and npm; on Debian: apt-get install nodejs npm" >&2; exit 1; }
	@echo "Installing the pinned clients for Node.js into $(VENV)/node (once)"
	@rm -rf $(VENV)/node && mkdir $(VENV)/node && cp $^ $(VENV)/node
	@cd $(VENV)/node && npm ci --loglevel=error --no-progress >/dev/null
	@touch $@
