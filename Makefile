# make run      set up, execute both notebooks (quick profile), say where the results lie
# make test     set up, run all fast tests, the notebooks included
# make browser  set up, walk a student's afternoon in a headless Chromium, which must be installed
# make honest   set up, grade a class of honest hand-ins; bubblewrap must be installed
# make hostile  set up, grade a class of hostile hand-ins; bubblewrap must be installed
# make faults   set up, kill processes, fill a disk (as root), take the home away: nothing is lost
# make backends set up, train on TensorFlow, JAX and PyTorch, and on two devices
# make bench    set up, compare training speeds with plain Keras and PyTorch, print the table; needs
#               ARGS="--data FOLDER" with mnist.npz and student_dataset_CIFAR10.h5 (half an hour)
# make fuzz     set up, let atheris try 100,000 damaged files on every reader, print the table
# make graders  set up, grade the same hand-ins with nbgrader and Otter, print the table (half an hour)
# make lab      set up, open the notebooks in JupyterLab
# make mutations  set up, try every check on wrong and right solutions, print the table
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# Jupyter refuses to serve root, who works in containers and in WSL, without this.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
# A fast test that takes ten minutes is ended and named, with the stacks of its threads.
NAME_WHAT_HANGS := -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true

.PHONY: run test slow browser honest hostile faults backends bench fuzz graders mutations lab pair lint clean

run: .venv/ready
	$(BIN)/python -m cnn_utils run $(ARGS)

lab: .venv/ready
	$(BIN)/jupyter lab $(AS_ROOT) notebooks $(ARGS)

test: .venv/ready-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(NAME_WHAT_HANGS) $(ARGS)

slow: .venv/ready-tests
	$(BIN)/python -m pytest -m slow $(ARGS)

browser: .venv/ready-browser
	$(BIN)/python -m pytest -m browser tests/browser $(ARGS)

honest: .venv/ready-tests
	$(BIN)/python -m pytest -m honest tests/honest $(ARGS)

hostile: .venv/ready-tests
	$(BIN)/python -m pytest -m hostile tests/hostile $(ARGS)

faults: .venv/ready-tests
	$(BIN)/python -m pytest -n 2 -m faults tests/faults $(ARGS)

backends: .venv/ready-backends
	$(BIN)/python -m pytest -n 2 -m backends tests/backends $(ARGS)

bench: .venv/ready-bench
	$(BIN)/python tests/benchmarks/training/run.py --torch-python .venv/bench/bin/python $(ARGS)

fuzz: .venv/ready-fuzz
	$(BIN)/python -m tests.fuzz.fuzz $(ARGS)

graders: .venv/ready-graders
	$(BIN)/python -m tests.benchmarks.graders.compare --graders-python .venv/graders/bin/python --out build/graders $(ARGS)

mutations: .venv/ready-tests
	$(BIN)/python -m tests.checks.mutations

pair: .venv/ready
	$(BIN)/python -m cnn_utils pair

lint: .venv/ready-tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv build

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Python 3.10 to 3.13 is needed; $$($(PYTHON) --version 2>&1) was found. Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { rm -rf .venv; echo "Could not make .venv. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

.venv/ready: requirements.txt pyproject.toml | .venv/bin/python
	@echo "Installing the requirements into .venv (once; about 700 MB, mostly TensorFlow) ..."
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/ready-tests: tests/requirements.txt .venv/ready
	$(BIN)/python -m pip install --disable-pip-version-check -r tests/requirements.txt
	@touch $@

.venv/ready-browser: tests/browser/requirements.txt .venv/ready-tests
	$(BIN)/python -m pip install --disable-pip-version-check -r tests/browser/requirements.txt
	@touch $@

.venv/ready-backends: tests/backends/requirements.txt .venv/ready-tests
	$(BIN)/python -m pip install --disable-pip-version-check -r tests/backends/requirements.txt
	@touch $@

.venv/ready-bench: tests/benchmarks/training/requirements.txt .venv/ready
	$(BIN)/python -m venv .venv/bench
	.venv/bench/bin/python -m pip install --disable-pip-version-check -r tests/benchmarks/training/requirements.txt
	@touch $@

.venv/ready-fuzz: tests/fuzz/requirements.txt .venv/ready-tests
	$(BIN)/python -m pip install --disable-pip-version-check -r tests/fuzz/requirements.txt
	@touch $@

.venv/ready-graders: tests/benchmarks/graders/requirements.txt .venv/ready-tests
	$(BIN)/python -m venv .venv/graders
	.venv/graders/bin/python -m pip install --disable-pip-version-check -r tests/benchmarks/graders/requirements.txt
	@touch $@
