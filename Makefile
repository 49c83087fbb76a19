# Two commands: `make book` and `make test`. Both make the environment in .venv when needed.
PYTHON ?= python3
BIN := .venv/bin
UV := 0.13.9

# set, it would have each of a hundred processes compile again all that it imports
unexport PYTHONDONTWRITEBYTECODE

.PHONY: book test bench accept soak screenshot clean
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

.venv/ready: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv .venv
	# by uv in a third of the time; where it does not run or reach the packages, by pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV) \
	  && $(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.txt \
	  || $(BIN)/python -m pip install --disable-pip-version-check --no-compile -r requirements.txt
	touch $@
