# One command for each thing: run it, test it, check it, repair it, lock it.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
PORT ?= 8000
DATA ?= data
# Two processes: the embedded database is the bottleneck beyond that; tests that share a service stay together.
PYTEST ?= -n 2 --dist loadgroup

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
# J018 would have pages import an address builder; ours are relative nouns, held by a test against the route table.
TEMPLATES = $(shell find tenants billing procurement services -type d -name templates)

.PHONY: help demo test check fix pictures lock libraries

help:
	@echo "make demo    run the product on this machine (PORT=8000 DATA=data RESET=1)"
	@echo "make test    run the tests (PYTEST='-n 2 --dist loadgroup')"
	@echo "make check   everything a change must pass; changes nothing"
	@echo "make fix     repair what can be repaired: format, imports, generated pages"
	@echo "make pictures take the manual's pictures anew, by walking the journeys"
	@echo "make lock    resolve the dependencies anew"

demo: .venv/.runtime
	@PYTHON=$(PYTHON) .ci/system-packages render
	@$(BIN)/yui demo --port $(PORT) --data $(DATA) $(if $(RESET),--reset)

test: .venv/.development libraries
	@$(BIN)/python -m pytest $(PYTEST)

check: .venv/.development libraries
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --profile=jinja --ignore=J018 --lint --quiet $(TEMPLATES)
	$(BIN)/yui reference --check
	$(BIN)/python -m pytest $(PYTEST)

fix: .venv/.development
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .
	$(BIN)/yui reference

# The journeys take them: a page that changes changes its picture. One process, so that the product starts once, and
# always a new one: where a running one is walked again, names bear a mark that is nothing for a manual.
pictures: .venv/.development libraries
	@env --unset=JOURNEY_DATA JOURNEY_PICTURES=docs/manual/pictures $(BIN)/python -m pytest tests/journeys

libraries:
	@PYTHON=$(PYTHON) .ci/system-packages render test

# Every version with the hashes of all its files; the development lock keeps to the versions of the other.
lock:
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	build/lock/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header pyproject.toml \
		--output-file requirements.lock
	build/lock/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header pyproject.toml \
		--extra dev --constraints requirements.lock --output-file requirements-dev.lock

.venv/bin/python:
	@PYTHON=$(PYTHON) .ci/system-packages python
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed.")'
	@echo "Python の環境を用意しています。/ Preparing the Python environment."
	@$(PYTHON) -m venv .venv

.venv/.runtime: requirements.lock pyproject.toml .ci/link_package.py | .venv/bin/python
	@$(PIP) --requirement requirements.lock
	@$(BIN)/python .ci/link_package.py
	@touch $@

.venv/.development: requirements-dev.lock .venv/.runtime
	@$(PIP) --requirement requirements-dev.lock
	@touch $@
