# Every verb that a person or CI needs. `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .build-venv
PYTHON := $(VENV)/bin/python
FORMATTED := Package.swift Sources Tests Tools

# One set of flags for everything that is measured or shipped: release and bench must be the same.
# Cross-module optimization stands in for @inlinable; exclusivity is proven by tests in debug.
RELEASE := -c release --scratch-path .build-release --static-swift-stdlib \
	-Xswiftc -cross-module-optimization -Xswiftc -enforce-exclusivity=unchecked
BUILT := .build-release/release

COUNT ?= 60000
SEEDS ?= 3000
FROM ?= 1
TWICE ?= 10
MUTANT_SEEDS ?= 400
REWRITE ?=

.PHONY: help setup build run test check format scenarios simulate mutants conformance demo-load \
	bench hooks clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what tests and benches need: other people's clients and servers
	@Tools/setup $(VENV)

build: ## the release binary, stripped, at bin/martlet
	swift build $(RELEASE) --product Martlet
	@Tools/check-binary $(BUILT)/Martlet
	@mkdir -p bin
	@strip -o bin/martlet.new $(BUILT)/Martlet && mv bin/martlet.new bin/martlet
	@ls -l bin/martlet

run: build ## one node on loopback, no configuration: etcd API on 2379
	bin/martlet start --dev

test: check ## the one command before every push: format, generated code, Tidy, every test
	swift test --parallel

check: ## the formatter in strict mode, and generated code against its generator
	swift format lint --strict --parallel --recursive $(FORMATTED)
	MARTLET_MODULES=GenerateEtcdWire swift run --scratch-path .build-tools GenerateEtcdWire --check

format: ## format every Swift file in place
	swift format --in-place --parallel --recursive $(FORMATTED)

scenarios: ## the text scenarios only; REWRITE=1 accepts what they now say
	SCENARIOS_REWRITE=$(REWRITE) swift test --filter Scenario

simulate: ## whole clusters under faults: SEEDS=3000 (FROM=1), or SEED=42 to replay one; CORE=1
	swift build $(RELEASE) --product Simulator
	$(BUILT)/Simulator $(if $(CORE),--core) $(if $(SEED),--seed $(SEED) --verbose, \
		--seed $(FROM) --seeds $(SEEDS) --twice $(TWICE))

mutants: ## plant each known bug and show by which seed it is found: for docs/verification.md
	swift build -c release --scratch-path .build-mutants -Xswiftc -DMARTLET_MUTANTS \
		--product Simulator
	.build-mutants/release/Simulator --mutants --seeds $(MUTANT_SEEDS)

conformance: setup build ## other people's clients, the same script against real etcd and Martlet
	$(PYTHON) Tests/Conformance/run.py

demo-load: setup build ## a package index into three nodes while the leader is killed: COUNT=60000
	$(PYTHON) Tests/Conformance/demo_load.py --count $(COUNT)

bench: setup build ## beside etcd 3.5.1, into docs/performance.md; QUICK=1 for a short run
	$(PYTHON) Tests/Performance/bench.py $(if $(QUICK),--quick)

hooks: ## lint what is staged before each commit
	git config core.hooksPath Tools/hooks

clean: ## remove what was built (not what was installed by apt)
	rm -rf .build .build-* bin
