# The one door: `make` lists what can be done. Needs Python 3.11 to 3.13 and make, nothing else.
# Another interpreter: make test PYTHON=python3.13

PYTHON ?= python3
VENV ?= .venv
# Arguments for pytest or the benchmarks: make test ARGS="-m slow"
ARGS ?=

BIN := $(VENV)/bin
export NO_MKDOCS_2_WARNING := 1
READY := $(VENV)/.ready
# The smallest and the largest supported Python, whichever this one is: a profile must be the same file under both.
PYTHONS := 3.11 3.13
THIS := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
# The demonstration needs the core only, so it has a small environment of its own unless the full one is there.
DEMO := $(if $(wildcard $(READY)),$(VENV),.venv-demo)
PIP := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --build-constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test check pythons bench calibrate examples docs clean

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(DEMO)/.ready  ## compare the flights of two half-years
	@$(DEMO)/bin/kullback compare examples/data/flights-2013-h1.parquet examples/data/flights-2013-h2.parquet

# One thread of linear algebra for each worker: more of them wait for each other.
test: $(READY)  ## run the tests; ARGS="-m slow" for the slow ones
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

check: $(READY)  ## format, lint, types, floors, docstrings, examples in docstrings, documentation
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@PYTHONPATH=src $(BIN)/lint-imports --no-logo
	@$(BIN)/interrogate src
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --quiet -p no:randomly --doctest-modules src
	@$(BIN)/mkdocs build --strict --quiet

pythons: $(READY) $(patsubst %,.venv-pythons/%/.ready,$(filter-out $(THIS),$(PYTHONS)))  ## set up the other Pythons that some tests ask for

bench: $(READY)  ## time and question kullback beside named peers, an hour; ARGS="speed" for a part
	@$(BIN)/python -m bench $(ARGS)

calibrate: $(READY)  ## how often it is wrong, by simulation, an hour; ARGS="--quick" or ARGS="--only flights"
	@$(BIN)/python -m bench.calibration $(ARGS)

# Each in a minute or two, with a picture beside the others.
examples: $(READY)  ## run all examples, a quarter of an hour; pictures go to examples/output
	@mkdir -p examples/output
	@for file in examples/*/*.py; do \
		echo "== $$file"; \
		$(BIN)/python $$file --output examples/output/$$(basename $$file .py).png $(ARGS) || exit 1; \
	done

docs: $(READY)  ## build the documentation into site/
	@$(BIN)/mkdocs build --strict

clean:  ## remove everything that make made
	rm -rf .venv .venv-demo .venv-pythons site dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Environments. The stamp .ready is newer than what it was made from, so setup runs once.
INTERPRETER = $(PYTHON)
define environment
@$(INTERPRETER) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null || \
	{ echo 'kullback needs Python 3.11, 3.12 or 3.13, but "$(INTERPRETER)" is something else. Name one: make PYTHON=python3.12' >&2; exit 1; }
@echo 'Setting up $(@D) (once) ...' >&2
@$(INTERPRETER) -m venv --clear $(@D)
@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip
endef

$(READY): pyproject.toml constraints.txt
	$(environment)
	@$(@D)/bin/python $(PIP) --group dev --editable '.[all]'
	@$(@D)/bin/python $(PIP) --no-deps backpack-for-pytorch curvlinops-for-pytorch
	@touch $@

.venv-demo/.ready: pyproject.toml constraints.txt
	$(environment)
	@$(@D)/bin/python $(PIP) --editable .
	@touch $@

.venv-pythons/%/.ready: INTERPRETER = $(shell $(PYTHON) tools/find_python.py $*)
.venv-pythons/%/.ready: pyproject.toml constraints.txt
	@test -n "$(INTERPRETER)"
	$(environment)
	@$(@D)/bin/python $(PIP) --editable .
	@touch $@
