# Likeness: `make run` starts it, `make test` tests it; `make` lists the rest.

PYTHON ?= python3
BIN := .venv/bin
PROGRAMS := chromium pgbouncer prometheus
chromium := chromium chromium-browser google-chrome
pgbouncer := pgbouncer
prometheus := promtool
MAXIMUM_LINES := 300
MAXIMUM_FILES := 14
SIZE ?= soak
WORKERS ?= 3  # most tests wait for processes, not for a core

.DEFAULT_GOAL := help
.PHONY: help run test soak chaos check bench bench-turns bench-photos bench-pictures bench-web bench-dashboard bench-backup bench-due bench-idle bench-scale bench-telegram diagram $(PROGRAMS) .venv
MAKEFLAGS += --no-print-directory
export PIP_DISABLE_PIP_VERSION_CHECK = 1
unexport PYTHONDONTWRITEBYTECODE  # each of the hundreds of processes would compile everything

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: .venv ## start everything on this machine; Ctrl-C stops it
	@exec $(BIN)/likeness run

test: .venv $(PROGRAMS) ## run the tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

soak: .venv $(PROGRAMS) ## run what takes longer: every channel, storms, kills; SIZE=full runs all
	@SIZE=$(SIZE) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
	  -m "soak or sized" $(ARGS)

chaos: .venv pgbouncer ## let people chat while processes and servers are killed; FULL=1 takes forty minutes
	@$(BIN)/python -m tests.chaos $(if $(FULL),--people 500 --pages 20 --minutes 33 --every 10,) $(ARGS)

check: .venv ## look for mistakes without running anything
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/ruff format --check --quiet . || { echo "Run '$(BIN)/ruff format .'"; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo > .venv/imports.txt || { cat .venv/imports.txt; exit 1; }
	@$(BIN)/python -m core.base.texts.check
	@find core channels dashboard likeness_bot -name '*.py' | sort | while read -r file; do \
	  lines=$$(wc -l < "$$file"); \
	  if [ "$$lines" -gt $(MAXIMUM_LINES) ] && \
	    ! grep -q 'Longer than $(MAXIMUM_LINES) lines because' "$$file"; \
	  then echo "$$file has $$lines lines: split it, or write 'Longer than $(MAXIMUM_LINES) lines because …' in it."; fi; \
	done | { ! grep .; }
	@find core channels dashboard likeness_bot -name '*.py' ! -path '*/migrations/*' \
	  | sed 's|/[^/]*$$||' | sort | uniq -c | while read -r files folder; do \
	  if [ "$$files" -gt $(MAXIMUM_FILES) ]; \
	  then echo "$$folder has $$files files: move what belongs together into a folder of its own, so that at most $(MAXIMUM_FILES) are left."; fi; \
	done | { ! grep .; }
	@echo "check: all is well"

bench: .venv ## measure durable turns against the floor and two frameworks
	@$(BIN)/python -m benchmarks $(ARGS)

bench-turns: .venv ## count the statements of the avatar dialogue's turns
	@$(BIN)/python -m benchmarks.turns $(ARGS)

bench-photos: .venv ## measure the check of a photo against the bare decode of it
	@$(BIN)/python -m benchmarks.photos $(ARGS)

bench-pictures: .venv ## measure how soon pictures are there, and who waits meanwhile
	@$(BIN)/python -m benchmarks.pictures $(ARGS)

bench-web: .venv chromium ## measure how soon the chat page is there on a slow line
	@$(BIN)/python -m benchmarks.web $(ARGS)

bench-scale: .venv ## measure the avatar dialogue on 1, 2 and 4 processes over one PostgreSQL
	@$(BIN)/python -m benchmarks.scale $(ARGS)

bench-telegram: .venv ## measure presses on Telegram beside a limited chat, and a hundred at once
	@$(BIN)/python -m benchmarks.telegram $(ARGS)

bench-idle: .venv ## measure what each process costs while nobody does anything
	@$(BIN)/python -m benchmarks.idle $(ARGS)

bench-dashboard: .venv ## measure how long the dashboard's pages take on a large history
	@$(BIN)/python -m benchmarks.pages $(ARGS)

bench-backup: .venv ## measure a backup and its restoration against a plain copy
	@$(BIN)/python -m benchmarks.drill $(ARGS)

bench-due: .venv ## measure the question for due screens beside chats that blocked the bot
	@$(BIN)/python -m benchmarks.due $(ARGS)

diagram: .venv ## draw the flow's table into docs/flow.md
	@$(BIN)/likeness diagram --into docs/flow.md

# The virtual environment: made once, brought up to date when what it is made from has changed.
.venv: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Likeness wants Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	@echo "Installing into .venv (a minute or two, once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq -c constraints.txt -e '.[dev]'
	@touch $@

# What tests need of the system's packages: a program under any of its names, else the package.
$(PROGRAMS):
	@export PATH="$$PATH:/usr/sbin"; \
	for name in $($@); do command -v $$name > /dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ]; then as_root=env; else as_root="sudo -n env"; fi; \
	if command -v apt-get > /dev/null && $$as_root true 2> /dev/null; then \
	  echo "Installing $@ for tests …"; \
	  $$as_root apt-get -qq update && $$as_root DEBIAN_FRONTEND=noninteractive \
	    apt-get -qq install -y --no-install-recommends $@ > /dev/null && exit 0; \
	fi; \
	if [ "$$CI" = true ]; then echo "No $@: it can't be installed here, and CI wants it."; exit 1; fi; \
	echo "No $@, so the tests that need it are skipped: install '$@' for them."
