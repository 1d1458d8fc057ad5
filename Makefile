# `make report` and `make test` set up what they need on a fresh machine, then do their job.
PYTHON ?= python3
BIN := .venv/bin
STUDY ?= quick
ARGS ?=
PROJECT ?= mine
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help report test lab docs sync clean install
help:     ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

# Three steps of installation, each on top of the one before: what a report needs, JupyterLab, what tests and
# documentation need.
PACKAGING := setup.py settings.ini constraints.txt
PIP := $(BIN)/pip install --quiet --constraint constraints.txt --editable

.venv/report: $(PACKAGING)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "neuralpha needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(PIP) .
	$(BIN)/python -m ipykernel install --sys-prefix --name python3 --display-name "neuralpha"
	touch $@

.venv/lab: .venv/report
	$(PIP) ".[lab]"
	touch $@

.venv/installed: .venv/report
	$(PIP) ".[dev]"
	touch $@

install: .venv/installed ## virtual environment in .venv with everything, locked versions, its own Jupyter kernel

report: .venv/report ## run a study and write its report: make report STUDY=quick ARGS="--universe prices.parquet"
	$(BIN)/neuralpha run $(STUDY) $(ARGS)

test: .venv/installed ## every notebook, every test, a small study through Papermill
	bash .ci/system
	bash .ci/test

lab: .venv/lab  ## JupyterLab on a project of your own, made on first use: make lab PROJECT=mine
	[ -e $(PROJECT)/study.toml ] || $(BIN)/neuralpha new $(PROJECT)
	$(BIN)/neuralpha lab $(PROJECT)

docs: .venv/installed ## the documentation site in docs/_build/html
	$(BIN)/python -m neuralpha.dev docs

sync: .venv/installed ## clean the notebooks; export library and tests; CLEAR=1 takes outputs out without asking
	$(BIN)/python -m neuralpha.dev sync $(if $(CLEAR),--clear)

clean:          ## remove what can be made again, except .venv and reports
	rm -rf docs/_build docs/_src .pytest_cache _proc
