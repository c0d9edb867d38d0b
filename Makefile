# Every verb that a person or CI needs. `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .build-venv
PYTHON := $(VENV)/bin/python
FORMATTED := Package.swift Sources Tests Tools

# One set of flags for everything that is measured or shipped: release and bench must be the same.
# Cross-module optimization stands in for @inlinable; exclusivity is proven by tests in debug.
RELEASE := -c release --scratch-path .build-release --static-swift-stdlib \
	-Xswiftc -cross-module-optimization -Xswiftc -enforce-exclusivity=unchecked \
	-Xlinker --no-export-dynamic
BUILT := .build-release/release

# One build for the tests under the address sanitizer, the fuzzer and the audit: it is optimized and
# counts edges for libFuzzer, which is linked into the program Fuzz alone. The other is not optimized,
# so that both kinds of build are looked at.
LIBFUZZER = $(shell swiftc -print-target-info | sed -nE 's/.*"runtimeResourcePath": "(.*)".*/\1/p')
ADDRESS = -c release --scratch-path .build-address --sanitize=address -Xswiftc -enable-testing \
	-Xswiftc -Xfrontend -Xswiftc -sanitize=fuzzer -Xlinker -L$(LIBFUZZER)/clang/lib/linux
THREAD := --scratch-path .build-thread --sanitize=thread
FUZZ := .build-address/release/Fuzz

# The modules that are built with the thread sanitizer; all, if none is named.
THREAD_MODULES ?=
THREAD_BUILD = $(if $(THREAD_MODULES),MARTLET_MODULES=$(THREAD_MODULES))

# Sizes of a run; those of CI are in .ci/run.
SECONDS ?= 600
AUDIT_SEEDS ?= 1000
FILTER ?=
TARGET ?=

COUNT ?= 60000
SEEDS ?= 3000
FROM ?= 1
TWICE ?= 10
MUTANT_SEEDS ?= 400
REWRITE ?=
CELLS ?=
SEED ?=
ROUNDS ?= 1
SHORT ?=
KILLS ?= 100

.PHONY: help setup build run test check format scenarios simulate mutants conformance demo-load \
	robustness failover slowness bench hooks clean sanitize sanitize-address sanitize-thread fuzz fuzz-build fuzz-samples audit history-check

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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
	MARTLET_MODULES=GenerateKafkaWire swift run --scratch-path .build-tools GenerateKafkaWire --check

format: ## format every Swift file in place
	swift format --in-place --parallel --recursive $(FORMATTED)

scenarios: ## the text scenarios only; REWRITE=1 accepts what they now say
	SCENARIOS_REWRITE=$(REWRITE) swift test --filter Scenario

simulate: ## whole clusters under faults: SEEDS=3000 (FROM=1), or SEED=42; CORE=1, MEMBERSHIP=1
	swift build $(RELEASE) --product Simulator
	$(BUILT)/Simulator $(if $(CORE),--core) $(if $(MEMBERSHIP),--membership) $(if $(SEED),--seed $(SEED) --verbose, \
		--seed $(FROM) --seeds $(SEEDS) --twice $(TWICE))

mutants: ## plant each known bug and show by which seed it is found: for docs/verification.md
	swift build -c release --scratch-path .build-mutants -Xswiftc -DMARTLET_MUTANTS \
		--product Simulator
	.build-mutants/release/Simulator --mutants --seeds $(MUTANT_SEEDS)

sanitize: sanitize-address sanitize-thread ## all tests under both sanitizers, in builds of their own

sanitize-address: ## all tests, optimized, under the address sanitizer; FILTER=Journal for some
	MARTLET_FUZZ=1 Tools/sanitized-test $(ADDRESS) $(if $(FILTER),--filter '$(FILTER)')

sanitize-thread: ## all tests under the thread sanitizer; FILTER=Transport for some
	$(THREAD_BUILD) Tools/sanitized-test $(THREAD) $(if $(FILTER),--filter '$(FILTER)')

fuzz: fuzz-build ## every decoder under libFuzzer: SECONDS=600 in all; TARGET=hpack for one
	Tools/fuzz $(FUZZ) $(SECONDS) $(TARGET)

fuzz-build:
	MARTLET_FUZZ=1 swift build $(ADDRESS) --product Fuzz

fuzz-samples: ## write the targets' own samples into the corpus
	CORPUS_REWRITE=1 swift test --filter theCorpusHoldsTheSamples

# Simulation that is not optimized and looks for races takes minutes a seed: this one is optimized.
audit: ## the same trace of each seed in four builds and eight processes: AUDIT_SEEDS=1000 (FROM=1)
	swift build --product Simulator
	swift build $(RELEASE) --product Simulator
	MARTLET_FUZZ=1 swift build $(ADDRESS) --product Simulator
	MARTLET_MODULES=Simulator swift build -c release $(THREAD) -Xswiftc -enable-testing \
		--product Simulator
	Tools/audit $(FROM) $(AUDIT_SEEDS) release=$(BUILT)/Simulator debug=.build/debug/Simulator \
		address=.build-address/release/Simulator \
		thread=.build-thread/release/Simulator

conformance: setup build ## other people's clients, the same script against real etcd and Martlet
	$(PYTHON) Tests/Conformance/run.py

# How long each kind of faults lasts: SECONDS, if it is given; with SHORT=1 what CI has time for.
FAULT_SECONDS = $(if $(filter file,$(origin SECONDS)),$(if $(SHORT),6,20),$(SECONDS))

history-check:
	swift build $(RELEASE) --product HistoryCheck

# As root: every node gets a network and a disk of its own.
robustness: setup build history-check ## real nodes under faults: SHORT=1 CELLS=kill,freeze:watch SECONDS=60
	$(PYTHON) Tests/Robustness/run.py --checker $(BUILT)/HistoryCheck --cells '$(CELLS)' \
		--seconds $(FAULT_SECONDS) --seed $(or $(SEED),1) --rounds $(ROUNDS) \
		$(if $(REWRITE),--rewrite)

failover: setup build ## how long clients wait once the leader is killed: KILLS=100
	$(PYTHON) Tests/Robustness/figures.py failover --kills $(KILLS)

slowness: setup build ## how long clients wait while one disk or node is 100 times as slow
	$(PYTHON) Tests/Robustness/figures.py slow

demo-load: setup build ## a package index into three nodes while the leader is killed: COUNT=60000
	$(PYTHON) Tests/Conformance/demo_load.py --count $(COUNT)

bench: setup build ## beside etcd 3.5.1, into docs/performance.md; QUICK=1 for a short run
	$(PYTHON) Tests/Performance/bench.py $(if $(QUICK),--quick)

hooks: ## lint what is staged before each commit
	git config core.hooksPath Tools/hooks

clean: ## remove what was built (not what was installed by apt)
	rm -rf .build .build-* bin
