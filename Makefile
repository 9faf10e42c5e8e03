# What a person types. Needs make and Python 3.11 or newer, nothing else.
#   make run [PORT=8000] [HOST=127.0.0.1] [OPSDESK_VAR=DIRECTORY]
#            [OPSDESK_DEMO=none] without the demo company
#   make reset-demo            the demo company as new
#   make test [ARGS="tests/snags -k clock"] [WORKERS=2]
#   make check                 format, lint, types, imports, templates, migrations
#   make fix                   mends what a machine can mend of those
#   make bench [BENCH=small]
#   make install               only the packages; PYTHON=python3.12 picks another
#   make lock                  the lock files anew, from pyproject.toml
#   make clean                 away with .venv and caches; var/ stays

PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
WORKERS ?= 2
ARGS ?=
BIN := .venv/bin
PY := $(BIN)/python
UV := $(BIN)/uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header

# Without compiled modules kept, each of our many processes starts two seconds later.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install install-dev run test check fix bench reset-demo lock clean

help:
	@sed -n 's/^# \{0,1\}//;2,11p' Makefile

$(UV): requirements-boot.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "opsdesk needs Python 3.11 or newer; $(PYTHON) is older or missing." \
	    "Try: make install PYTHON=python3.12"; exit 1; } >&2
	@echo "Installing packages into .venv."
	@test -x $(PY) || $(PYTHON) -m venv .venv || { \
	  echo "$(PYTHON) cannot make a virtual environment." \
	    "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; } >&2
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null
	@$(PY) -m pip install --quiet --disable-pip-version-check \
	  --require-hashes -r requirements-boot.lock
	@touch $(UV)

.venv/.runtime: requirements.lock $(UV)
	@$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	@$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements-dev.lock
	@touch $@

install: .venv/.runtime

install-dev: .venv/.dev

run: .venv/.runtime
	@exec $(PY) -m opsdesk.local run --host $(HOST) --port $(PORT)

test: .venv/.dev
	$(PY) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(PY) -m mypy .
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py check
	$(PY) manage.py spectacular --validate --fail-on-warn --file /dev/null
	OPSDESK_ENV=production OPSDESK_ALLOWED_HOSTS=opsdesk.example \
	  OPSDESK_SITE_URL=https://opsdesk.example \
	  OPSDESK_SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_hex(40))') \
	  DATABASE_URL=postgresql://check@127.0.0.1:1/check REDIS_URL=redis://127.0.0.1:1/0 \
	  $(PY) manage.py check --deploy --fail-level WARNING

fix: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.dev
	BENCH=$(BENCH) $(PY) -m benchmarks $(ARGS)

reset-demo: .venv/.runtime
	@$(PY) -m opsdesk.local reset

lock: $(UV)
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --group boot -o requirements-boot.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
