# Every target's line of help stands behind its `##`. Works with the make of Linux and of macOS (3.81).
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
# The first Python that is new enough and can make an environment; `make PYTHON=…` chooses another.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$python && break; done)
LOCK = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --upgrade

.PHONY: help serve test clients check format docs samples bench lock dist image clean
.DEFAULT_GOAL := help

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

serve: $(VENV)/requirements.stamp ## Install what is needed, serve on 127.0.0.1:8787 (ARGS="--port 9000" for other settings)
	@$(BIN)/workers-ai-mock serve $(ARGS)

test: $(VENV)/requirements-dev.stamp ## Install what tests need and run them (ARGS="-k name" for some)
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 $(ARGS)

clients: $(VENV)/requirements-dev.stamp ## Run real clients of every language that this machine has (installs them first)
	@CLIENTS=all $(BIN)/python -m pytest tests/clients $(ARGS)

check: $(VENV)/requirements-dev.stamp ## Format, lint, types, imports between rooms, documentation
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy mock_server
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest --quiet tests/test_docs.py

format: $(VENV)/requirements-dev.stamp ## Rewrite the code as the formatter wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/requirements-dev.stamp ## Rewrite the settings table of README.md
	$(BIN)/python scripts/document_settings.py

samples: $(VENV)/requirements.stamp ## Make the pictures and sounds of fixtures/assets/gallery anew
	$(BIN)/python scripts/samples.py

bench: $(VENV)/requirements.stamp ## Measure against a bare ASGI app, for about a minute (ARGS="--help" for more)
	$(BIN)/python scripts/bench.py $(ARGS)

lock: $(VENV)/requirements-dev.stamp ## Pin the newest versions that pyproject.toml allows
	$(PIP) uv
	$(LOCK) --extra all --group dev --output-file requirements-dev.txt
	$(LOCK) --extra markdown --extra media --extra record --extra tls --group build --constraint requirements-dev.txt --output-file requirements.txt
	$(LOCK) --extra images --extra markdown --extra mp3 --extra record --extra tls --group build --constraint requirements-dev.txt \
		--output-file requirements-image.txt

dist: $(VENV)/requirements-dev.stamp ## Build the wheel into dist/
	$(BIN)/python -m hatchling build --target wheel

image: ## Build the container image workers-ai-mock
	docker build --file docker/Dockerfile --tag workers-ai-mock .

clean: ## Remove what the other targets made
	rm -rf $(VENV) dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python of version 3.11 or newer with its venv module was found." \
		"Install one (Debian and Ubuntu: python3-venv), or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/%.stamp: %.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing $< into $(VENV) …"
	@$(PIP) --require-hashes --requirement $<
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@
