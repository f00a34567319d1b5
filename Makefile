# Everything runs in .venv, made here. pip follows the machine's own configuration (PIP_* variables, pip.conf).
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help app test test-fast check js bench hostile browser clean lock audit

VENV := .venv
PY := $(VENV)/bin/python
# Test processes side by side; the numerical libraries stay on one thread in each.
WORKERS ?= 2
# A fixed port for `make app`; empty: 8501, or the next free one.
PORT ?=
# The first Python that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
NODE := node_modules/.installed
NPX := npx --no-install
BUNDLE := $(NPX) esbuild app/components/*/index.js --bundle --format=esm --charset=utf8 --log-level=warning \
	--outbase=app/components --entry-names=[dir]/bundle

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

app: $(VENV)/.app ## install what is missing and open the app on http://127.0.0.1:8501
	$(PY) -m streamlit run app/main.py --server.address 127.0.0.1 --server.showEmailPrompt false \
		$(if $(PORT),--server.port $(PORT))

# A file's tests share servers and studies, so that a file goes to one worker; the longest files come first.
PYTEST := OMP_NUM_THREADS=1 $(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: $(VENV)/.test browser ## all tests, those in a real browser included
	$(PYTEST)

test-fast: $(VENV)/.test ## those that need no browser and train nothing but one tiny study, in 3 minutes
	$(PYTEST) -m "not browser and not training"

check: $(VENV)/.test $(NODE) ## lint, format, types, layering and JavaScript: the quick ones
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy core models
	$(PY) -m pytest -q tests/test_layering.py
	$(NPX) biome ci .
	$(NPX) tsc
	node --test $$(find tests/app -name '*.test.js')
	@rm -rf build/components && $(BUNDLE) --outdir=build/components
	@for bundle in $$(cd build/components && echo */bundle.js); do \
		cmp build/components/$$bundle app/components/$$bundle || \
		{ echo "A bundle is out of date: run make js and commit the result." >&2; exit 1; }; done

js: $(NODE) ## join each browser component's modules into the bundle that the app serves
	$(BUNDLE) --outdir=app/components

bench: $(VENV)/.test ## every benchmark under tests/benchmarks, one table each
	@status=0; for file in $$(grep -l '^if __name__ == "__main__"' tests/benchmarks/*.py); do \
		module=$$(basename $$file .py); echo "== $$module"; \
		$(PY) -m tests.benchmarks.$$module || status=1; done; exit $$status

hostile: $(VENV)/.test ## thousands of hostile inputs, and commands killed at many moments; a table each
	@status=0; for module in tests.hostile tests.hostile.kill; do $(PY) -m $$module || status=1; done; exit $$status

# The lock has the versions of requirements.txt and the hashes of their files on PyPI, whichever machine asks.
lock: $(VENV)/.test ## write requirements.lock anew, after a change to requirements.txt; needs PyPI
	$(PY) -m uv pip compile --quiet --no-deps --generate-hashes --no-annotate --no-emit-index-url \
		--custom-compile-command "make lock" requirements.txt --output-file requirements.lock

audit: $(VENV)/.test ## ask PyPI which of the pinned versions have known faults; fails where it cannot be asked
	@$(PY) -m pip_audit --strict --disable-pip --require-hashes --progress-spinner off \
		--requirement requirements.lock || { echo "Not passed: a version above has a known fault, or the database of \
faults could not be asked (see the last lines)." >&2; exit 1; }

clean: ## remove the environment and the caches; studies are kept
	rm -rf $(VENV) node_modules build .pytest_cache .ruff_cache .mypy_cache .hypothesis .benchmarks
	find app core models tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than the list it was installed from; an environment whose Python has gone is made again.
$(VENV)/.app: requirements.txt
	@test -n "$(PYTHON)" || { echo "Uncollapse needs Python 3.11 or newer and found none: install it \
	(on Debian: apt-get install python3 python3-venv)." >&2; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) could not make a virtual environment: install its venv module \
	(on Debian: apt-get install python3-venv) and run make again." >&2; exit 1; }
	$(PY) -m pip install --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.test: $(VENV)/.app requirements-extra.txt requirements-dev.txt
	$(PY) -m pip install --disable-pip-version-check -r requirements.txt -r requirements-extra.txt -r requirements-dev.txt
	@touch $@

# Only those who change the JavaScript need node: the bundles are in the repository.
$(NODE): package.json package-lock.json .npmrc
	@command -v npm >/dev/null || { if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends nodejs npm; \
	fi; } </dev/null
	@command -v npm >/dev/null || { echo "The JavaScript tools need node 18 or newer with npm: install them \
	(on Debian: apt-get install nodejs npm)." >&2; exit 1; }
	npm ci
	@touch $@

# The tests themselves say so when there is no browser in the end, and fail for it under CI.
browser:
	@for name in chromium google-chrome google-chrome-stable chromium-browser; do \
		command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-driver; \
	fi </dev/null || echo "Chromium could not be installed." >&2
