# make demo    a virtual environment, the pinned dependencies, and the bundled sample as a graph
# make help    the other targets
#
# Only the installs reach the network. VENV=DIR and PYTHON=COMMAND choose another place and interpreter.

VENV ?= .venv
PYTHON ?=
UV ?= uv
DATA ?= ../shared/data
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 $(LOCKFLAGS)

# Neither the user's own packages nor a PYTHONPATH may stand in for what is pinned here.
unexport PYTHONPATH PYTHONHOME
export PYTHONNOUSERSITE := 1

.PHONY: help demo test lint evaluate bench model docs wheel lock clean install install-dev
.DEFAULT_GOAL := help

help:  ## say what the targets do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

demo: install  ## build the bundled sample: the Mamba path, an explorer page and a report in kg-demo/
	$(BIN)/kg demo

test: install-dev lint  ## ruff, mypy and all tests
	$(BIN)/python -m pytest $(PYTESTFLAGS)

lint: install-dev  ## ruff and mypy alone
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

evaluate: install-dev  ## measure extraction and linking on the annotated corpora in DATA, for the README (then make docs)
	$(BIN)/kg evaluate $(DATA) --output docs/evaluation.md $(EVALUATEFLAGS)

bench: install-dev  ## measure extraction, linking and the explorer, on DATA/papers-10k.jsonl.gz where that is needed
	$(BIN)/python benchmarks/extraction.py $(DATA)/papers-10k.jsonl.gz
	$(BIN)/python benchmarks/linking.py
	$(BIN)/python benchmarks/rendering.py

model:  ## train the extraction model again, from DATA (needs Maven; an hour and a half to several hours)
	$(or $(PYTHON),python3) -m venv build/training
	build/training/bin/python -m pip install --quiet -r training/requirements.txt --editable .
	build/training/bin/python -m training.train --shared $(DATA)/.. --out build/model --epochs 5 --seed 0
	build/training/bin/python -m training.export build/model/model.pt --out kg/model
	build/training/bin/python -m training.tune --shared $(DATA)/.. --model kg/model

docs: install-dev  ## refresh the schema, the command output and the figures in README.md (DOCSFLAGS=--picture: the picture)
	$(BIN)/python docs/refresh.py $(DOCSFLAGS)

wheel: install-dev  ## sdist and wheel in dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist

lock:  ## pin the newest versions that pyproject.toml allows, with hashes, for Python 3.11-3.13 on all platforms
	@command -v $(firstword $(UV)) >/dev/null || { echo "make lock needs uv: pip install uv, or make lock UV='python3 -m uv'" >&2; exit 1; }
	$(LOCK) pyproject.toml --output-file requirements.lock
	printf 'hatchling>=1.27\n' | $(LOCK) - --output-file requirements-build.lock
	$(LOCK) pyproject.toml --group dev --constraint requirements.lock --constraint requirements-build.lock --output-file requirements-dev.lock

clean:  ## remove what the other targets made, the virtual environment included
	rm -rf $(VENV) build dist kg-demo .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(VENV)/.interpreter:
	@set -e; chosen=; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",python3 python3.13 python3.12 python3.11); do \
	  if "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then chosen="$$candidate"; break; fi; \
	done; \
	if [ -z "$$chosen" ]; then \
	  echo "kg needs Python 3.11, 3.12 or 3.13; found $$($(or $(PYTHON),python3) --version 2>/dev/null || echo none)." \
	    "Install one of them and name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; \
	fi; \
	if ! "$$chosen" -m venv $(VENV); then \
	  echo "$$chosen cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	"$$chosen" --version > $@

$(VENV)/.installed: requirements.lock requirements-build.lock pyproject.toml | $(VENV)/.interpreter
	$(PIP) --require-hashes -r requirements.lock -r requirements-build.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
