# What people do with CrashLab. `make help` lists it.

SWIFT ?= swift
FUZZ_SECONDS ?= 28800
FUZZ_JOBS ?=
FUZZ_SEED ?=
FUZZ_FINDINGS ?= .crashlab/findings
DIFFERENTIAL_CASES ?= 5000000

CRASHLAB = .build/release/crashlab

# One program under one name for each target; under its own it lists them.
FUZZ_PROGRAM = .build/fuzz/release/fuzz
corpus-targets = $$($(FUZZ_PROGRAM) | grep -vx empty)
CLUSTER_SANITIZER ?= address
# The toolchain's own, beside its compiler.
TOOLCHAIN = $(dir $(realpath $(shell command -v $(SWIFT))))
LLVM_COV ?= $(TOOLCHAIN)llvm-cov
# The command starts sooner with Swift's libraries inside, and runs where no Swift is; they come with toolchains for Linux.
STATIC ?= $(if $(wildcard $(TOOLCHAIN)../lib/swift_static/linux/libFoundation.a),--static-swift-stdlib)
FUZZ_PROGRAMS = .build/fuzz/release
# The largest input of a target, as its options for clusters say.
max-length = $$(sed -n 's/^max_len = /-max_len=/p' Corpus/$(1).options 2>/dev/null)

INTEROP_ENVIRONMENT ?= $(or $(TMPDIR),/tmp)/crashlab-interop

.PHONY: crash-states explore-programs check-changing kill-writers documentation cluster-check corpus coverage fuzz-speed fuzz-targets interop interop-environment explore explore-memvid help build test fuzz lint bench check differential test-address test-thread toolchain files-named peer-named clean

help:
	@echo "make build                      build the crashlab command, .build/release/crashlab, with Swift's libraries inside"
	@echo "                                (STATIC= for one that finds them in the toolchain)"
	@echo "make test                       run all tests"
	@echo "make fuzz FUZZ_SECONDS=60       damage sessions and judge what comes back, and let coverage guide a fuzzer beside it"
	@echo "                                (8 hours unless told otherwise; FUZZ_JOBS, FUZZ_SEED, FUZZ_FINDINGS)"
	@echo "make fuzz-TARGET                one coverage-guided target; crashlab corpus targets lists them"
	@echo "make fuzz-speed                 how fast each of them is, beside libFuzzer's empty loop"
	@echo "make corpus                     keep in Corpus what the fuzzers found that reaches something of its own"
	@echo "make coverage                   what tests and corpus reach of the format library (table and pages)"
	@echo "make cluster-check              build the targets as OSS-Fuzz and ClusterFuzzLite do, and check them"
	@echo "make check FILES='a.jsonl dir'  tell what is in session files and what can be recovered"
	@echo "make bench                      measure speed and memory (LOG_PEER, SEGMENT_PEER, PYTHON_PEER, JQ_PEER: programs to compare with)"
	@echo "make check-changing             check files while another program cuts, grows and rewrites them (Python; CHANGING_SECONDS)"
	@echo "make differential PEER=program  compare with a program that embeds the reference (DIFFERENTIAL_CASES)"
	@echo "make explore                    visit every disk that a power cut can leave of what our writers do"
	@echo "make crash-states               compare the disks of random traces with an enumeration by brute force (Python; CRASH_STATES)"
	@echo "make explore-programs           visit what a crash leaves of databases and git (strace, Python; PROGRAMS, PROGRAMS_PYTHON)"
	@echo "make kill-writers               kill two processes a hundred times that append to one log, and fill a disk (LOG_PEER)"
	@echo "make explore-memvid             trace the program that .mv2 comes from, and visit what a crash leaves (also strace)"
	@echo "make interop                    have the programs that .mv2 and Claude Code's sessions are read by open what CrashLab writes"
	@echo "                                (needs Python and a network)"
	@echo "make documentation              build the documentation of the libraries, where the toolchain has docc"
	@echo "make lint                       check the sources' form"
	@echo "make test-address, test-thread  run all tests under a sanitizer"
	@echo "make clean                      remove what was built"

# One sentence instead of a page of errors when Swift is missing or too old.
toolchain:
	@command -v $(SWIFT) >/dev/null 2>&1 || { \
	  echo "CrashLab needs Swift 6.2 or newer, and there is no \"$(SWIFT)\" here; see https://www.swift.org/install."; exit 1; }
	@$(SWIFT) --version 2>/dev/null | awk '{ for (i = 1; i < NF; i++) if ($$i == "version") { split($$(i + 1), v, "."); \
	  if (v[1] * 100 + v[2] >= 602) ok = 1; else old = $$(i + 1) } } \
	  END { if (!ok) { print "CrashLab needs Swift 6.2 or newer; \"$(SWIFT)\" is " (old ? "version " old : "of no known version") "."; exit 1 } }'

build: toolchain
	$(SWIFT) build -c release --product crashlab $(STATIC)

test: toolchain
	$(SWIFT) test

fuzz: build fuzz-targets
	$(CRASHLAB) fuzz --seconds $(FUZZ_SECONDS) --findings $(FUZZ_FINDINGS) --targets $(FUZZ_PROGRAMS) --report .crashlab \
	  $(if $(FUZZ_JOBS),--jobs $(FUZZ_JOBS)) $(if $(FUZZ_SEED),--seed $(FUZZ_SEED))

# libFuzzer comes with the toolchain; its targets have a scratch folder of their own, since all their code is instrumented.
fuzz-targets: toolchain
	CRASHLAB_FUZZ=1 $(SWIFT) build -c release --scratch-path .build/fuzz --sanitize=fuzzer --product fuzz
	@targets=$$($(FUZZ_PROGRAM)) || exit 1; for target in $$targets; do ln -f $(FUZZ_PROGRAM) $(FUZZ_PROGRAMS)/fuzz-$$target || exit 1; done

# One target alone: make fuzz-mv2.
fuzz-%: build fuzz-targets
	@mkdir -p .crashlab/corpus/$* .crashlab/crashes
	$(CRASHLAB) corpus seed $* .crashlab/corpus/$*
	$(FUZZ_PROGRAMS)/fuzz-$* -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -artifact_prefix=.crashlab/crashes/ \
	  $(patsubst %,-dict=%,$(wildcard Corpus/$*.dict)) $(call max-length,$*) .crashlab/corpus/$* $(wildcard Corpus/$*)

# How many inputs a second each target looks at when it starts from Corpus, and what share of libFuzzer's own empty loop that is.
fuzz-speed: fuzz-targets
	@run() { ./$(FUZZ_PROGRAMS)/fuzz-$$1 -max_total_time=10 -seed=1 -print_final_stats=1 -artifact_prefix=.crashlab/ \
	    $(call max-length,$$1) $$(ls -d Corpus/$$1 2>/dev/null | sed 's/^/.crashlab\/speed /') \
	    2>&1 | awk '/average_exec_per_sec/ { print $$2 }'; }; \
	for target in $(corpus-targets); do \
	  rm -rf .crashlab/speed; mkdir -p .crashlab/speed; empty=$$(run empty); own=$$(run $$target); \
	  printf '%-18s %8d inputs a second, %5.1f %% of the empty loop\n' $$target $$own $$(echo "$$own $$empty" | awk '{ print 100 * $$1 / $$2 }'); \
	done; rm -rf .crashlab/speed

# As OSS-Fuzz and ClusterFuzzLite build and check the targets, in a clean folder; CLUSTER_SANITIZER is address or none.
cluster-check: toolchain
	@rm -rf .build/cluster && mkdir -p .build/cluster/out
	OUT=$(CURDIR)/.build/cluster/out WORK=$(CURDIR)/.build SRC=$(CURDIR) SANITIZER=$(CLUSTER_SANITIZER) FUZZING_ENGINE=libfuzzer \
	  .clusterfuzzlite/build.sh
	.clusterfuzzlite/check.sh .build/cluster/out

# Keeps of the working corpus what reaches something that the kept one does not, in Corpus: at most 100 inputs a target, the
# smallest, and none of more than 6,500 bytes, so that it stays small and every test run can look at all of it.
corpus: fuzz-targets
	@for target in $(corpus-targets); do mkdir -p Corpus/$$target .crashlab/corpus/$$target; \
	  $(FUZZ_PROGRAMS)/fuzz-$$target -set_cover_merge=1 $(call max-length,$$target) -artifact_prefix=.crashlab/ \
	    Corpus/$$target .crashlab/corpus/$$target 2>&1 | tail -n 1; \
	  find Corpus/$$target -maxdepth 1 -type f -size +6500c -delete; \
	  find Corpus/$$target -maxdepth 1 -type f -printf '%s %p\n' | sort -n | tail -n +101 | cut -d ' ' -f 2 | xargs -r rm; \
	done; du -sh --apparent-size Corpus

# What the tests and the corpus, which they replay, reach of the format library: a table, and pages for a browser.
coverage: toolchain
	CRASHLAB_COVERAGE=1 $(SWIFT) test --enable-code-coverage --scratch-path .build/coverage
	@set -e; data=.build/coverage/debug/codecov/default.profdata; tests=$$(ls .build/coverage/debug/*.xctest | head -n 1); \
	$(LLVM_COV) report $$tests -instr-profile=$$data Sources/SessionFormats; \
	$(LLVM_COV) show $$tests -instr-profile=$$data -format=html -output-dir=.build/coverage/html Sources/SessionFormats; \
	echo "The pages begin at .build/coverage/html/index.html."

check: files-named build
	$(CRASHLAB) check $(FILES)

files-named:
	@$(if $(FILES),,echo "Name the files: make check FILES='a.jsonl dir'"; exit 64)

bench: build
	$(CRASHLAB) bench $(if $(LOG_PEER),--peer session-log=$(LOG_PEER)) \
	  $(if $(SEGMENT_PEER),--peer replay-segment=$(SEGMENT_PEER)) $(if $(HASH_PEER),--peer hash=$(HASH_PEER)) \
	  $(if $(PYTHON_PEER),--peer python=$(PYTHON_PEER)) $(if $(JQ_PEER),--peer jq=$(JQ_PEER)) \
	  $(if $(FORMAT),--format $(FORMAT))

# Files that change while they are read: 60 seconds, unless told otherwise.
CHANGING_SECONDS ?= 60
check-changing: build
	python3 Tests/Interop/changing_files.py $(CRASHLAB) $(CHANGING_SECONDS)

differential: peer-named build
	$(CRASHLAB) differential --peer $(PEER) --cases $(DIFFERENTIAL_CASES)

peer-named:
	@$(if $(PEER),,echo "Name the peer: make differential PEER=program"; exit 64)

# Processes that are killed beside each other and a disk that is full, on the real disk; LOG_PEER reads what they leave.
kill-writers: build
	Tests/Interop/kill_writers.py $(CRASHLAB) $(LOG_PEER)

explore: build
	$(CRASHLAB) explore

# Random traces whose disks are enumerated in Python from the description of the models: 2,000, unless told otherwise.
CRASH_STATES ?= 2000
crash-states: build
	python3 Tests/CrashStates/enumerate.py campaign $(CRASHLAB) $(CRASH_STATES)

# The interpreter that Debian's packages are for, where there is one; a program that it has not is skipped.
PROGRAMS_PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)
explore-programs: build
	@if ! command -v strace >/dev/null; then echo "Skipped: there is no strace here; on Debian: apt-get install strace."; \
	else $(PROGRAMS_PYTHON) -B Tests/Programs/explore_programs.py $(CRASHLAB) $(PROGRAMS); fi

# The real program lives outside the tree; without it there is nothing to compare with, which is said and is no failure.
interop: build interop-environment
	@if [ -x $(INTEROP_ENVIRONMENT)/bin/python ]; then \
	  $(INTEROP_ENVIRONMENT)/bin/python Tests/Interop/mv2.py $(CRASHLAB) Fixtures/mv2 && \
	  $(INTEROP_ENVIRONMENT)/bin/python Tests/Interop/recovered.py $(CRASHLAB) Fixtures/mv2 300 $(LOG_PEER) && \
	  { $(INTEROP_ENVIRONMENT)/bin/pip install -q claude-agent-sdk==0.2.187 || true; } && \
	  $(INTEROP_ENVIRONMENT)/bin/python Tests/Interop/claude_copies.py $(CRASHLAB); fi

explore-memvid: build interop-environment
	@if ! command -v strace >/dev/null; then echo "Skipped: there is no strace here; on Debian: apt-get install strace."; \
	elif [ -x $(INTEROP_ENVIRONMENT)/bin/python ]; then \
	  $(INTEROP_ENVIRONMENT)/bin/python Tests/Interop/explore_memvid.py $(CRASHLAB); fi

interop-environment:
	@if [ ! -x $(INTEROP_ENVIRONMENT)/bin/python ] || ! $(INTEROP_ENVIRONMENT)/bin/python -c 'import memvid_sdk' 2>/dev/null; then \
	  python3 -m venv $(INTEROP_ENVIRONMENT) && $(INTEROP_ENVIRONMENT)/bin/pip install --quiet memvid-sdk==2.0.160; fi \
	  || { echo "Skipped: memvid-sdk 2.0.160 cannot be installed here."; rm -rf $(INTEROP_ENVIRONMENT); }

# A static site a library in .build/documentation. DocC links what the sources' symbol graphs hold.
DOCC ?= $(dir $(realpath $(shell command -v $(SWIFT))))docc
documentation: toolchain
	@if [ ! -x "$(DOCC)" ]; then echo "Skipped: this toolchain has no docc."; exit 0; fi; \
	rm -rf .build/documentation .build/symbols .build/documented; mkdir -p .build/documentation; \
	for library in SessionFormats LiveReplay CrashHarness; do mkdir -p .build/symbols/$$library; \
	  $(SWIFT) build --target $$library --scratch-path .build/documented -Xswiftc -emit-symbol-graph \
	    -Xswiftc -emit-symbol-graph-dir -Xswiftc $(CURDIR)/.build/symbols/$$library || exit 1; \
	  find .build/symbols/$$library -name '*.symbols.json' ! -name "$$library*" -delete; \
	  $(DOCC) convert Sources/$$library/$$library.docc --additional-symbol-graph-dir .build/symbols/$$library \
	    --fallback-display-name $$library --fallback-bundle-identifier $$library \
	    --output-path .build/documentation/$$library > .build/documentation/$$library.log 2>&1 || { cat .build/documentation/$$library.log; exit 1; }; \
	  if grep -E '^warning' .build/documentation/$$library.log | grep -v 'is missing documentation'; then exit 1; fi; \
	done; echo "The pages are below .build/documentation."

lint: toolchain
	$(SWIFT) format lint -r -p --strict Package.swift Sources Tests

# Leaks are not looked for: the test runner itself leaks, and would fail every run.
test-address: toolchain
	CRASHLAB_SANITIZED=1 ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test --sanitize=address --scratch-path .build/address

test-thread: toolchain
	CRASHLAB_SANITIZED=1 $(SWIFT) test --sanitize=thread --scratch-path .build/thread

clean:
	rm -rf .build
