# `make` lists the commands. Each one sets up .venv first, unless it is already as it should be.

.DEFAULT_GOAL := help
.PHONY: help environment setup lab test notebooks book serve lint lock bench

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

# Windows reads and writes files as Linux and macOS do.
export PYTHONUTF8 := 1

# Containers often forbid Python to keep what it compiled, and each of hundreds of processes would
# compile its packages again, which more than doubles the start of a kernel.
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo "The MLOps Workbook. Commands:"
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile
	@echo "Options: PORT=8899 (lab, serve), NO_BROWSER=1 (lab), PYTHON=python3.12 (all),"
	@echo "         ONLY=style (test: one layer), UPGRADE=1 (lock), QUICK=1 (bench)"

environment:
	@python=""; \
	for name in python3 python3.13 python3.12 python3.11 python py; do \
	  if "$$name" -c "import sys; sys.exit(sys.version_info < (3, 8))" >/dev/null 2>&1; then python="$$name"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Set-up stopped: no Python was found; install Python 3.11, 3.12 or 3.13 from https://www.python.org/downloads/ and run the same command again." >&2; \
	  exit 1; \
	fi; \
	"$$python" tools/setup_environment.py $(if $(PYTHON),--python "$(PYTHON)")

setup: environment ## make the environment in .venv and nothing else
	@echo "The environment in .venv is ready."

lab: environment ## open the course in JupyterLab
	@echo "Starting JupyterLab ..."
	@$(BIN)/python -m tools.lab

test: environment ## prove everything, layer by layer
	@$(BIN)/python -m tools.verify $(ONLY)

notebooks: environment ## rebuild notebooks/ and book/solutions/ from lessons/
	@echo "Building notebooks/ and book/solutions/ from lessons/ ..."
	@$(BIN)/workbook build

book: environment ## build the book into _build/html
	@echo "Building the book into _build/html ..."
	@$(BIN)/jupyter-book build . -W -n --keep-going -q
	@echo "The book is ready: _build/html/index.html (make serve shows it)"

serve: book ## build the book and show it on this machine
	@$(BIN)/python -m tools.serve_book

lint: environment ## check style and types
	@$(BIN)/python -m tools.verify style

lock: environment ## pin requirements.txt again from the bounds in pyproject.toml
	@echo "Pinning requirements.txt from pyproject.toml ..."
	@$(BIN)/python -m tools.lock

bench: environment ## measure set-up, builds, checks and pages
	@echo "Measuring; nothing else should be running on this machine ..."
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick)
