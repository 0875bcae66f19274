# `make test` checks everything, `make demo` shows it, `make docs` and `make gallery` write what is made from the sources.
# The first run makes .venv and installs archc there; later ones find it as it is. Another interpreter: `make PYTHON=python3.12 test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet install --constraint constraints.txt

.PHONY: setup test lint types fast slow demo docs gallery clean

setup: $(STAMP)

# torchvision and timm without what they ask for: torch is there, and nothing else of theirs is needed.
$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (the first time takes some minutes)"
	@$(PIP) --editable '.[weights,onnx,dask,counters,test]'
	@$(PIP) --no-deps torchvision timm
	@$(BIN)/python -m compileall -q archc dsl grammar compiler
	@touch $@

test: setup
	@$(BIN)/python tests/run.py

lint: setup
	@$(BIN)/ruff check .

types: setup
	@$(BIN)/mypy

fast: setup
	@$(BIN)/python -m pytest -q -m 'not slow'

slow: setup
	@$(BIN)/python -m pytest -q -m slow

demo: setup
	@$(BIN)/archc build architectures/resnext50.arch -o build/resnext50

# Pages that are made from the sources; tests hold them fresh.
docs: setup
	@$(BIN)/python -m archc.compiler.manual docs
	@$(BIN)/python docs/library.py
	@$(BIN)/python docs/lecture.py
	@$(BIN)/python docs/costs.py

gallery: setup
	@$(BIN)/python -m archc.compiler.draw.gallery

clean:
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
