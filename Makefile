# make demo   a software team at work on a local model, from nothing but Python 3.11 or newer
# make test   the tests, from nothing but Python 3.11 or newer
# make check  what a change must pass: format, lint, types, import direction, tests
# make bench  what Glasswork costs, beside other frameworks; see benchmarks/README.md
# make clean  remove what the others made here (not the model weights: glasswork doctor says where they are)

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
TASK ?= A function split(total, people, tip_percent) that splits a restaurant bill between friends: it adds the tip to the total and returns what each person pays, rounded to cents. split(100, 4, 10) returns 27.5.
export PYTHON
# The tests start some hundreds of processes: without bytecode each of them would compile everything it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check bench clean setup

setup:
	@scripts/bootstrap.sh $(VENV)

demo: setup
	@$(BIN)/glasswork models pull default
	@$(BIN)/glasswork run software_team "$(TASK)"

test: setup
	$(BIN)/pytest -n auto --dist loadfile $(ARGS)

check: setup
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto --dist loadfile $(ARGS)

bench: setup
	$(BIN)/python benchmarks/run.py $(ARGS)

clean:
	rm -rf $(VENV) .venv-peers dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
