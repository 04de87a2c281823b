# Two commands to know: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: check-specimens help demo test test-quick test-true-times prove check lint bench-checking bench-hostile bench-images bench-rollout fuzz lock bench clean

help:  ## List the targets.
	@grep -hE '^[a-z.-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

.venv: .venv/.done  ## Set up everything that the other targets need.

.venv/.done: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "hitless needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

demo: .venv  ## Serve the MNIST example on port 8080.
	@$(BIN)/hitless serve examples/mnist

test: .venv  ## All tests except the slow ones.
	$(BIN)/python -m pytest -m "not slow" -n 4

test-true-times: .venv  ## The promises at their true 60, 90 and 200 s (4 minutes).
	$(BIN)/python -m pytest tests/hitless/test_true_times.py -s

prove: .venv  ## Our own image passes `hitless check`, whole, for hitless upgrades and for batch (5 minutes).
	$(BIN)/python -m pytest tests/e2e/checking/test_ours.py -n 2

check: lint test  ## What a change must pass: lint, types, tests.

lint: .venv  ## Ruff and mypy --strict.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv  ## Speed against the peers, side by side (about 20 minutes).
	$(BIN)/python -m bench.serving

bench-rollout: .venv  ## Requests lost while instances are replaced under load: ours (25 minutes), then the peers.
	$(BIN)/python -m bench.rollout

bench-images: .venv  ## Images: speed, size and sameness, with buildah and podman beside (about 10 minutes).
	$(BIN)/python -m bench.images

bench-checking: .venv  ## Real servers checked at full times, for docs/check.md (about 30 minutes; root, runc).
	$(BIN)/python -m bench.checking.real
	$(BIN)/python -m bench.checking.document

bench-hostile: .venv  ## Memory over an hour's worth of hostile requests (about 2 minutes).
	$(BIN)/python -m bench.hostile

check-specimens: .venv  ## hitless check judged: 272 subjects with a fault each, 53 without (6 minutes; root, runc).
	$(BIN)/python -m tests.specimens

fuzz: .venv  ## A million broken inputs for the connection, read by h11, too (about 4 minutes).
	$(BIN)/python -m tests.fuzz

lock:  ## Pin the newest versions that pyproject.toml allows (needs uv).
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet \
	  --upgrade --group dev pyproject.toml -o requirements/dev.txt

clean:  ## Remove what the other targets made.
	rm -rf .venv bench/.venvs bench/made
