# `make report` and `make test` set up what they need on a fresh machine, then do their job.
PYTHON ?= python3
BIN := .venv/bin
STUDY ?= quick
ARGS ?=
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help report test lab docs sync clean install
help:     ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: .venv/installed ## virtual environment in .venv, locked versions, its own Jupyter kernel
.venv/installed: setup.py settings.ini constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "neuralpha needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	$(BIN)/python -m ipykernel install --sys-prefix --name python3 --display-name "neuralpha"
	touch $@

report: install ## run a study and write its report: make report STUDY=quick ARGS="--universe prices.parquet"
	$(BIN)/neuralpha run $(STUDY) $(ARGS)

test: install   ## every notebook, every test, a small study through Papermill
	bash .ci/system
	$(BIN)/python -m neuralpha.dev check
	OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 MPLBACKEND=agg $(BIN)/nbdev_test --n_workers 2 --timing
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow" tests

lab: install    ## JupyterLab on the notebooks
	$(BIN)/jupyter lab --notebook-dir nbs

docs: install   ## the documentation site in docs/_build/html
	$(BIN)/python -m neuralpha.dev docs

sync: install   ## clean the notebooks; export library and tests
	$(BIN)/python -m neuralpha.dev sync

clean:          ## remove what can be made again, except .venv and reports
	rm -rf docs/_build docs/_src .pytest_cache _proc
