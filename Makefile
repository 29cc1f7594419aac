# make run    start Guichet (prepares everything the first time)
# make test   lint, types and import contracts, then the tests
# make help   the other targets

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help

PYTHON ?= python3
export PYTHON
VENV := .venv
BIN := $(VENV)/bin
# One stamp a finished step: a second `make run` finds them all and starts at once.
DONE := $(VENV)/.done
PIP := $(BIN)/pip --disable-pip-version-check --quiet install --require-hashes --no-build-isolation --use-pep517

ROOMS := guichet agent_api channels notify feeds router ocr cases citizens ingest core
VENDOR := core/web/static/vendor
CATALOGUES := $(wildcard core/locale/*/LC_MESSAGES/guichet.po)

.PHONY: help run test lint format bench lighthouse docs lock clean setup setup-dev

help:
	@echo 'make run      start Guichet: portal, desk, mail server and all workers in one process'
	@echo 'make test     what must pass before a change lands: lint, types, import contracts, tests'
	@echo 'make lint     the first three of these'
	@echo 'make format   let ruff put code and imports in order'
	@echo 'make bench    measure, each time beside a baseline'
	@echo 'make lighthouse  measure the citizens’ pages with Lighthouse; fails below 95'
	@echo 'make docs     write the API descriptions under docs/ anew'
	@echo 'make lock     choose the newest versions that pyproject.toml allows'
	@echo 'make clean    remove what setup made; keeps var/, the data'

run: setup
	@exec $(BIN)/guichet run

test: lint
	@echo '• tests'
	@$(BIN)/pytest --numprocesses 2 --dist worksteal --ignore tests/e2e --ignore tests/faults
	@echo '• tests of whole towns, two at a time'
	@$(BIN)/pytest --numprocesses 2 --dist worksteal tests/faults tests/e2e

lint: setup-dev
	@echo '• style'
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . \
	  || { echo '  run "make format" to mend the layout of these files'; $(BIN)/ruff format --check .; }
	@echo '• types'
	@$(BIN)/mypy --no-error-summary
	@echo '• import directions'
	@$(BIN)/lint-imports --no-cache >$(DONE)/imports.log || { cat $(DONE)/imports.log; exit 1; }
	@echo '• container files'
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml

format: setup-dev
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

bench: setup-dev
	@$(BIN)/python -m bench

# Not in CI: performance depends on how busy the machine is, and it brings 200 packages along.
lighthouse: setup-dev
	@cd tests/lighthouse && npm ci --silent --ignore-scripts
	@$(BIN)/python -m tests.lighthouse

docs: setup-dev
	@$(BIN)/python -m docs

# Locks carry hashes and no index address: they install from whatever index pip is set to use.
lock: setup-dev
	@$(BIN)/uv pip compile $(LOCK) requirements/build.in --output-file requirements/build.txt
	@$(BIN)/uv pip compile $(LOCK) pyproject.toml --output-file requirements/run.txt
	@$(BIN)/uv pip compile $(LOCK) pyproject.toml --extra dev --constraints requirements/run.txt \
	  --output-file requirements/dev.txt
	@npm update --package-lock-only
LOCK := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

clean:
	@rm -rf $(VENV) node_modules $(VENDOR) .mypy_cache .ruff_cache .pytest_cache .hypothesis build
	@rm -rf *.egg-info $(CATALOGUES:.po=.mo)

# ---- setup: each step once, again when what it is made from changes ----

setup: $(DONE)/run $(DONE)/project $(DONE)/assets $(DONE)/catalogues $(DONE)/system-run
setup-dev: $(DONE)/dev $(DONE)/project $(DONE)/assets $(DONE)/catalogues $(DONE)/system-run \
  $(DONE)/system-test $(DONE)/kafka

$(DONE)/venv: requirements/build.txt
	@setup/packages python
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Guichet needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@echo '• Python environment in $(VENV)'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements/build.txt
	@mkdir -p $(DONE) && touch $@

$(DONE)/run: requirements/run.txt $(DONE)/venv
	@echo '• Python libraries (about a minute the first time)'
	@$(PIP) -r requirements/run.txt
	@touch $@

$(DONE)/dev: requirements/dev.txt $(DONE)/venv
	@echo '• Python libraries and developer tools (about a minute the first time)'
	@$(PIP) -r requirements/dev.txt
	@touch $@ $(DONE)/run

# Editable by a plain path entry, which a start pays nothing for and mypy can follow.
$(DONE)/project: pyproject.toml $(DONE)/venv
	@echo '• the command $(BIN)/guichet'
	@$(BIN)/pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation \
	  --config-settings editable_mode=compat --editable .
	@touch $@

# Without npm the pages work, only not by themselves: the step is then tried again next time.
$(DONE)/assets: package.json package-lock.json setup/assets.mjs $(DONE)/venv
	@setup/packages node
	@echo '• front-end libraries'
	@if ! command -v npm >/dev/null; then :; \
	elif npm ci --silent; then node setup/assets.mjs $(VENDOR); touch $@; \
	else echo '  off: live pages (npm could not install them)' >&2; fi

$(DONE)/catalogues: $(CATALOGUES) | $(DONE)/run
	@echo '• translations'
	@for po in $(CATALOGUES); do \
	  $(BIN)/pybabel --quiet compile --input-file $$po --output-file $${po%.po}.mo; \
	done
	@touch $@

$(DONE)/system-%: setup/packages $(DONE)/venv
	@echo '• system packages to $*'
	@setup/packages $*
	@touch $@

# Without it tests use a smaller broker, and the step is tried again next time; CI insists on it.
KAFKA := build/kafka
$(DONE)/kafka: tests/kafka/pom.xml $(DONE)/venv
	@setup/packages kafka
	@echo '• Apache Kafka for the tests'
	@rm -rf $(KAFKA)
	@if command -v mvn >/dev/null && mvn --quiet --batch-mode --file $< \
	    dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(KAFKA)/jars \
	  && $(BIN)/python -m tests.kafka.broker; then touch $@; \
	else \
	  rm -rf $(KAFKA); \
	  echo '  OFF: APACHE KAFKA (see above); tests use the broker Tansu instead' >&2; \
	  [[ -z $${CI:-} ]]; \
	fi
