# `make help` lists what there is. Another interpreter: PYTHON=python3.12 make test
PYTHON ?= python3

# Named after the interpreter's version and renewed with the requirements: a change of either makes the environment anew.
STAMP := .venv/made-with-$(shell $(PYTHON) -c 'import platform; print(platform.python_version())')
BIN := $(CURDIR)/.venv/bin

# ansible-lint and ansible-test start ansible's other commands from the PATH.
WITH_PATH := PATH="$(BIN):$$PATH"

.DEFAULT_GOAL := help
.PHONY: help collect generate test lint ruff mypy ansible-lint sanity pytest bench peers build clean
# The order of the checks is part of `make test`, with -j too.
.NOTPARALLEL:

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

$(STAMP): requirements.txt requirements-test.txt
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	touch $@

collect: $(STAMP) ## start the lab, call all its devices, write rollcall/
	@$(WITH_PATH) tests/lab/demo.sh

generate: $(STAMP) ## write what follows from the specification of the role's variables
	$(BIN)/python -m tests.generate

test: lint sanity pytest ## all checks, then all tests

lint: ruff mypy ansible-lint ## ruff, mypy and ansible-lint

ruff: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

mypy: $(STAMP)
	$(BIN)/mypy

ansible-lint: $(STAMP)
	$(WITH_PATH) ansible-lint

sanity: $(STAMP) ## ansible-test sanity, on the collection as it is packed
	$(WITH_PATH) tests/sanity/run.sh

pytest: $(STAMP) ## the tests alone
	$(WITH_PATH) python -m pytest

bench: $(STAMP) ## figures beside those of peers, from the same run
	$(WITH_PATH) PYTHONPATH=collections python -m tests.bench $(BENCH)

peers: .cache/peers/made ## the tools to compare with, in .cache/peers

.cache/peers/made: requirements-peers.txt
	$(PYTHON) -m venv --clear .cache/peers
	.cache/peers/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-peers.txt
	touch $@

build: $(STAMP) ## the package for ansible-galaxy
	$(BIN)/ansible-galaxy collection build --force

clean: ## remove what make made, except rollcall/
	rm -rf .venv .cache .ansible rollcall-network-*.tar.gz
