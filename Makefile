# `make test` checks everything, `make demo` shows it, `make docs` and `make gallery` write what is made from the sources.
# The first run makes .venv and installs there what it needs; later ones find it as it is. Another interpreter: `make PYTHON=python3.12 test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARCHC := $(VENV)/.archc
TOOLS := $(VENV)/.tools
PIP := $(BIN)/python -m pip --disable-pip-version-check install --constraint constraints.txt

.PHONY: setup test lint lint-page types fast slow campaign demo docs gallery playground screenshots site gpu-kit clean

setup: $(TOOLS)

$(ARCHC): pyproject.toml setup.py constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing archc and what it runs on (PyTorch, NumPy, Graphviz: 1 GB) into $(VENV); the first time takes one to five minutes"
	@$(PIP) --editable .
	@$(BIN)/python -m compileall -q archc compiler dsl grammar
	@touch $@

# torchvision and timm without what they ask for: torch is there, and nothing else of theirs is needed.
$(TOOLS): $(ARCHC)
	@echo "installing what the tests need (pytest, mypy, ONNX Runtime, Dask, torchvision: 0.5 GB) into $(VENV); the first time takes one to five minutes"
	@$(PIP) --editable '.[weights,onnx,dask,counters,watch,lsp,mcp,test]'
	@$(PIP) --no-deps torchvision timm
	@touch $@

test: setup
	@$(BIN)/python tests/run.py

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

# Types and lint of the scripts in the pages; needs Node, as `make playground` does, and nothing else.
lint-page:
	@cd tests/draw/script && npm ci --silent --no-audit --no-fund && npm run --silent check
	@cd docs/playground && npm ci --silent --no-audit --no-fund && npm run --silent check

types: setup
	@$(BIN)/python tests/run.py mypy

fast: setup
	@$(BIN)/python -m pytest -q -m 'not slow'

slow: setup
	@$(BIN)/python -m pytest -q -m slow

# An hour and more: the tests that `make test` runs a part of (tests/sample.py), edits of each shipped file, and random programs that archc
# and PyTorch must judge alike. All three are run, also where one of them fails.
EDITS ?= 300
PROGRAMS ?= 20000
campaign: setup
	@failed=0; \
	ARCHC_CAMPAIGN=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder || failed=1; \
	$(BIN)/python -m tests.mutations $(EDITS) || failed=1; \
	$(BIN)/python -m tests.soundness $(PROGRAMS) || failed=1; \
	exit $$failed

demo: $(ARCHC)
	@$(BIN)/archc build architectures/resnext50.arch -o build/resnext50

# Pages that are made from the sources; tests hold them fresh.
docs: setup
	@$(BIN)/python -m archc.manual.pages docs
	@$(BIN)/python docs/library.py
	@$(BIN)/python docs/architecture.py
	@$(BIN)/python docs/lecture.py
	@$(BIN)/python docs/costs.py
	@$(BIN)/python editors/make.py

# Every network at every level, in parallel; what is large stays in build/gallery, with a page to look at it: build/gallery/index.html.
gallery: setup
	@$(BIN)/python -m archc.manual.gallery

# The playground as a static folder that works offline: build/playground; needs Node with npm.
playground: setup
	@$(BIN)/python docs/playground/build.py

# Screenshots of the pages; they need Chromium with its driver.
screenshots: setup
	@$(BIN)/python docs/screenshots.py

# The pages as a site with search, for a browser or a web server: build/site/index.html.
site: $(ARCHC)
	@$(PIP) --editable '.[site]'
	@$(BIN)/python -m sphinx -q -W --keep-going -b html -c docs/site -d build/site-cache . build/site
	@echo "build/site/index.html"

# A folder for a machine with a CUDA PyTorch and no network: `bash run.sh` there tests archc on its card and measures it, in eight minutes.
gpu-kit: setup
	@$(BIN)/python benchmarks/gpu/make.py build/gpu-kit

clean:
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
