# Two commands matter: `make demo` and `make test`. Each sets up what it needs and may be run at any time.
PYTHON ?= python3
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: demo test setup manifest pins verifier clean

PIP = -m pip --disable-pip-version-check -q

demo: .venv/pipeline.done .venv-model/model.done  ## the main job, on the documents in examples/
	@.venv/bin/cordon demo

test: .venv/dev.done .venv-model/model.done  ## every check
	@tests/run

manifest: .venv/pipeline.done  ## what the shipped detector is made of, after a change to it
	@.venv/bin/python -m pipeline.detect

setup: .venv/dev.done .venv-model/model.done

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Cordon needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) -m venv .venv

.venv/pipeline.done: requirements/pipeline.txt pyproject.toml | .venv/bin/python
	@echo "Installing the pipeline into .venv (once; about a minute) ..."
	@.venv/bin/python $(PIP) install --no-deps --require-hashes -r requirements/pipeline.txt 2> >(grep -v '^WARNING: Location' >&2)
	@.venv/bin/python $(PIP) install --no-deps --no-build-isolation --no-index -e . 2> >(grep -v '^WARNING: Location' >&2)
	@touch $@

.venv/dev.done: requirements/dev.txt .venv/pipeline.done
	@echo "Installing the tools of the tests into .venv (once) ..."
	@.venv/bin/python $(PIP) install --no-deps --require-hashes -r requirements/dev.txt 2> >(grep -v '^WARNING: Location' >&2)
	@touch $@

.venv-model/bin/python:
	@$(PYTHON) -m venv .venv-model

# The model server's pins clash with the pipeline's: an environment of its own, as it is a container of its own in production.
.venv-model/model.done: requirements/model.txt | .venv-model/bin/python
	@echo "Installing the model server into .venv-model (once; two to four minutes) ..."
	@.venv-model/bin/python $(PIP) install --no-deps --require-hashes -r requirements/model.txt 2> >(grep -v '^WARNING: Location' >&2)
	@touch $@

verifier: .venv/pipeline.done  ## the offline audit verifier as one file, for people who have nothing else of ours
	@.venv/bin/python -m storage.auditor.build cordon-audit-verify.pyz
	@echo "cordon-audit-verify.pyz: needs Python, cryptography and pyarrow."

pins:  ## pin all packages anew, with hashes
	@requirements/compile

clean:  ## forget the environments; CORDON_HOME stays
	rm -rf .venv .venv-model
