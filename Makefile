# `make help` lists the targets. To use another interpreter: PYTHON=python3.12 make test
PYTHON ?= python3

# Depends on the interpreter's version and the requirements: a change of either creates the environment again.
STAMP := .venv/made-with-$(shell $(PYTHON) -c 'import platform; print(platform.python_version())')
BIN := $(CURDIR)/.venv/bin

# ansible-lint and ansible-test find Ansible's other commands on the PATH.
WITH_PATH := PATH="$(BIN):$$PATH"

.DEFAULT_GOAL := help
.PHONY: help collect check generate test soak lint ruff mypy ansible-lint sanity unit pytest chaos bench peers lock build clean

# Processes that pytest divides the tests among: one more than there are cores. `make pytest WORKERS=0` runs them one after
# the other.
WORKERS ?= auto
# One file, one folder or one test: make pytest TESTS=tests/unit/test_plain.py
TESTS ?= tests
# Which tests by their markers: `make soak` runs all.
MARKED ?= not soak
PYTEST = $(WITH_PATH) python -m pytest -n $(WORKERS) -m "$(MARKED)"
AGAIN := $(WITH_PATH) python -m pytest -n 0 --last-failed --last-failed-no-failures none --maxfail 1

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

# The locked versions first: what the tests need besides them leaves them as they are.
$(STAMP): requirements.txt requirements.lock requirements-test.txt
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	touch $@

# One lock for every Python from 3.11 on. Versions that still satisfy requirements.txt stay; `make lock LOCK=--upgrade`
# takes the newest.
lock: ## write requirements.lock anew from requirements.txt
	$(BIN)/uv --version >/dev/null 2>&1 || $(MAKE) --no-print-directory $(STAMP)
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes $(LOCK) --output-file requirements.lock requirements.txt

collect: $(STAMP) ## start the lab, ask all its devices, write rollcall/
	@$(WITH_PATH) tests/lab/demo.sh

# Side by side: no check writes where another reads. The output of each comes in one piece, when it has ended.
TOGETHER := $(MAKE) --no-print-directory --jobs=3 --keep-going --output-sync=target

check: $(STAMP) ## format, lint, types and unit tests: under half a minute
	@$(TOGETHER) unit ruff mypy

# The tests alone, after the rest: many have time limits of their own.
test: $(STAMP) ## all checks, and the tests but for the cases that take long
	+@status=0; $(TOGETHER) ruff mypy ansible-lint sanity || status=1; $(TOGETHER) pytest || status=1; exit $$status

soak: MARKED :=
soak: pytest ## all tests with all their cases

generate: $(STAMP) ## write what follows from the specification of the role's variables
	$(BIN)/python -m tests.generate

lint: ruff mypy ansible-lint ## ruff, mypy and ansible-lint

ruff: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

mypy: $(STAMP)
	$(BIN)/mypy

ansible-lint: $(STAMP)
	$(WITH_PATH) ansible-lint

sanity: $(STAMP) ## ansible-test sanity on the built collection
	$(WITH_PATH) tests/sanity/run.sh

# With `+`, the output of the tests is shown while they run.
unit: $(STAMP) ## the unit tests alone
	+$(PYTEST) tests/unit

# Many tests talk to real servers with real time limits. On a busy machine one of them can fail for that alone, so what has
# failed is run once more, one test after the other, and its first failure ends it. Both runs are shown.
pytest: $(STAMP) ## the tests alone; those that fail are run again, one by one
	+$(PYTEST) $(TESTS) || { [ $$? -eq 1 ] && echo "The tests that failed are run again:" && $(AGAIN) $(TESTS); }

# A range of seeds, or one whose plan is shown if it fails: make chaos CHAOS=17
CHAOS ?= 1-500
chaos: $(STAMP) ## 500 runs over 50 devices under faults; CHAOS=17 or CHAOS=1-20 for some
	$(WITH_PATH) PYTHONPATH=collections python -m tests.integration.chaos $(CHAOS)

bench: $(STAMP) ## figures and those of comparable tools, from the same run
	$(WITH_PATH) PYTHONPATH=collections python -m tests.bench $(BENCH)

peers: .cache/peers/made ## install the tools to compare with, in .cache/peers

.cache/peers/made: requirements-peers.txt
	$(PYTHON) -m venv --clear .cache/peers
	.cache/peers/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-peers.txt
	touch $@

build: $(STAMP) ## build the collection's tarball
	$(BIN)/ansible-galaxy collection build --force

clean: ## remove the files that make created, except rollcall/
	rm -rf .venv .cache .ansible rollcall-network-*.tar.gz
