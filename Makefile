# Two commands: `make book` and `make test`. Both make the environment in .venv when needed.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check

# set, it would have each of a hundred processes compile again all that it imports
unexport PYTHONDONTWRITEBYTECODE

.PHONY: book test bench accept soak screenshot lock clean
.DEFAULT_GOAL := book

book: .venv/ready
	$(BIN)/almanac build

test: .venv/ready
	$(BIN)/python -m pytest -q -m "not soak" -n 3 --dist loadgroup

soak: .venv/ready
	$(BIN)/python -m pytest -q -m soak -n 3 --dist loadgroup

# Show what differs from the reference and ask once whether to record it; YES=1 for scripts.
accept: .venv/ready
	$(BIN)/python tests/accept.py $(if $(YES),--yes)

# The picture of a chapter in the README, taken from the last `make book`.
screenshot: .venv/ready
	$(BIN)/python tests/site/screenshot.py

bench: book
	$(BIN)/python benchmarks/build.py
	$(BIN)/python benchmarks/pages.py
	$(BIN)/python benchmarks/explorer.py
	$(BIN)/python benchmarks/editions.py

clean:
	rm -rf _build

# The checksums of every package in requirements.txt, for every system and Python.
lock: .venv/ready
	sed '/^-e/d' requirements.txt | $(BIN)/uv pip compile - --quiet --universal --generate-hashes \
	  --python-version 3.11 --no-annotate --custom-compile-command "make lock" --output-file requirements.lock

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv .venv
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.txt
	# by uv in a third of the time; where it does not run or reach the packages, by pip
	$(PIP) --quiet --require-hashes -r .venv/uv.txt \
	  && $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock \
	  || $(PIP) --no-compile --require-hashes -r requirements.lock
	$(PIP) --quiet --no-deps --no-build-isolation -e .
	touch $@
