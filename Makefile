# make run | test | check | bench: everything they need is installed by this file on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run test test-in-real-time test-others check bench lock clean
.DELETE_ON_ERROR:

run: $(VENV)/.runtime
	$(BIN)/verifier serve --demo

# Tests that hold calls in real time are given the machine first; the others take what is left of it.
IN_REAL_TIME := tests/journey tests/rig tests/media
# Journeys that judge no call: one at a time, when the others are through.
BESIDE := $(addprefix tests/journey/,test_staff_accounts.py test_private_links.py test_reaching.py)

test: $(VENV)/.dev
	scripts/install-test-tools.sh
ifdef PYTEST_ARGS
	$(BIN)/python -m pytest $(PYTEST_ARGS)
else
	$(MAKE) --jobs=2 --keep-going test-in-real-time test-others
endif
	node --test tests/js/

test-in-real-time:
	$(BIN)/python -m pytest $(IN_REAL_TIME) $(addprefix --ignore=,$(BESIDE))

test-others:
	nice -n 15 $(BIN)/python -m bench.rig.apart $(BIN)/python -m pytest -n logical --maxprocesses 4 --dist worksteal $(addprefix --ignore=,$(IN_REAL_TIME))
	$(BIN)/python -m bench.rig.apart $(BIN)/python -m pytest $(BESIDE)

check: $(VENV)/.dev node_modules/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	node_modules/.bin/tsc --project tsconfig.json

bench: $(VENV)/.dev
	scripts/install-test-tools.sh
	$(BIN)/python -m bench $(BENCH_ARGS)

lock: $(VENV)/.dev
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
		pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
		--group dev pyproject.toml -o requirements/dev.txt

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "verifier needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python requirements/runtime.txt
	$(BIN)/pip install --quiet --require-hashes -r requirements/runtime.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	touch $@

node_modules/.installed: package.json package-lock.json
	scripts/install-test-tools.sh
	touch $@

clean:
	rm -rf $(VENV) node_modules .test-tools
