# chainroot: `make help` lists what there is to make.

SHELL := /bin/bash -o pipefail

ARCH ?= $(shell go env GOHOSTARCH)
OUT ?= $(ARCH)

# Small and the same from any directory; no floating-point unit on most MIPS.
export GOMIPS := softfloat
# The cryptography that Go ships frozen: the newer one has 32 MiB of zeroed memory
# in every program with a SHA-256 of Go's, for what neither program does, and a unit
# with no more RAM than that does not start such a program. STRIP= keeps the symbols.
unit = CGO_ENABLED=0 GOFIPS140=v1.0.0 GOEXPERIMENT=$(collector) GOOS=linux GOARCH=$(ARCH) \
	go build -trimpath -buildvcs=false -ldflags '$(STRIP)' $(if $(filter mips% arm,$(ARCH)),$(frugal))
# Where flash is small, functions are inlined only where that costs nothing: elsewhere
# it takes a tenth more of compressed flash, for some hundredths of the code that a
# boot runs.
frugal = -gcflags=all=-l $(addprefix -gcflags=,github.com/pierrec/lz4/v4/...= chainroot/chain/lz4hc= encoding/binary=)
STRIP ?= -s -w
# What the runtime of Go need not do in a boot: send itself signals to take turns, note
# where memory was allocated, name its memory, look for a cgroup. `go build` hands its
# own settings, fips140=off in go.mod, to the linker in the same way, which passes over
# a variable that is not there: size looks whether they have arrived.
settings = fips140=off,asyncpreemptoff=1,profstackdepth=0,decoratemappings=0,containermaxprocs=0,updatemaxprocs=0
lean = -ldflags '$(STRIP) -X=runtime.godebugDefault=$(settings)'
# The smaller of two garbage collectors, while Go has both.
collector := $(shell GOEXPERIMENT=nogreenteagc go env GOEXPERIMENT 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help build build-all probe size image images demo run bench test test-foreign test-short fuzz powercut powercut-vm powercut-convert lint clean setup

help: ## say what there is to make
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

build: ## preinit and snapshot for a unit, in build/ARCH (ARCH=mipsle: Go's name; default: this host's)
	$(unit) $(lean) -o build/$(OUT)/preinit ./preinit
	$(unit) -o build/$(OUT)/snapshot ./snapshot

build-all: ## both programs for every architecture, in build/ARCH; for arm in build/armv5 and build/armv7
	@for arch in amd64 arm64 mips mipsle mips64le riscv64; do $(MAKE) --no-print-directory build ARCH=$$arch || exit; done
	@for v in 5 7; do $(MAKE) --no-print-directory build ARCH=arm OUT=armv$$v GOARM=$$v || exit; done

# A program for the test machines; image.Build makes it.
probe:
	$(unit) -o $(PROBE) ./qemu/probe

size: setup ## what both programs take of flash, against their budgets, figures in build/size.json (WHY=1: what each package takes)
	@$(MAKE) --no-print-directory --silent build ARCH=mipsle OUT=mipsle
	@grep -q '$(settings)' build/mipsle/preinit || { echo 'make size: preinit lacks the settings of the runtime: where does this Go keep its godebugDefault?'; exit 1; }
	@go run ./initramfs -preinit build/mipsle/preinit -o build/mipsle/initramfs.cpio
	@$(if $(WHY),$(MAKE) --no-print-directory --silent build ARCH=mipsle OUT=mipsle/symbols STRIP=-w)
	@$(if $(WHY),go run ./size -why build/mipsle/symbols/preinit build/mipsle/symbols/snapshot)
	@go run ./size -o build/size.json build/mipsle/preinit build/mipsle/snapshot build/mipsle/initramfs.cpio

image: setup ## kernel, initramfs and squashfs for the test machine with an ARCH, in build/image/ARCH
	go run ./qemu/mkimage -o build/image $(ARCH)

images: setup ## the same for all of them, and a squashfs with a whole Debian
	go run ./qemu/mkimage -o build/image

demo: setup ## boot a machine a few times and tell what chainroot does
	go run ./qemu/demo

run: setup ## a machine on this terminal, its flash stays (ARCH, ATTACH=kind of flash, PARAMS='kernel parameters'); Ctrl-A X leaves
	go run ./qemu/run -arch $(ARCH) -attach '$(ATTACH)' $(PARAMS)

# A test that could not run is a failure here.
test: images size ## all tests, on virtual machines too
	@mkdir -p build
	go test -count=1 -v $$(go list ./... | grep -v /qemu/scenario) 2>&1 | tee build/test.log | $(progress)
	go run ./chain/powercut -budget $(BUDGET)s -seed $(SEED) -json build/powercut.json
	@$(MAKE) --no-print-directory test-foreign
	go test -count=1 -v -timeout 40m ./qemu/scenario 2>&1 | tee -a build/test.log | $(progress)
	go run ./qemu/powercut -n 20
	go run ./qemu/powercut -convert -n 6 -window 3s
	@if grep -A2 -e '--- SKIP' build/test.log; then echo 'make test: tests were skipped'; exit 1; fi

progress = grep --line-buffered -Ev '^=== |^ +--- PASS|^PASS$$|no test files'

# Of snapshot and mount what needs no fsopen(2), which qemu-user does not know, and
# no second run of the test binary.
test-foreign: setup ## unit tests of the format for mips and mipsle, under qemu-user
	@mkdir -p build
	@for arch in mips mipsle; do \
		echo "unit tests for $$arch"; export GOARCH=$$arch; \
		$(foreign) ./boot ./json ./rawfile ./sha256 ./chain ./chain/lz4hc ./chain/delta ./chain/fstools ./flash/... && \
		$(foreign) -skip '^Test(UnitCompact.*|Compact(Image|FullFlash|sAtRandom)|FoldWithoutRAM|UnitGoesOnAfterCompact|BootTime|HealthDies|Spawn|DryRun|LookingWithoutRoot|UnitListsWhatRuns)$$' ./snapshot && \
		$(foreign) -skip '^Test(Tmpfs|Overlay|Move|Free|Switch|Scratch)$$' ./mount || exit; \
	done 2>&1 | tee -a build/test.log | $(progress)

foreign = GOOS=linux CGO_ENABLED=0 go test -count=1 -v -short -exec $(CURDIR)/.ci/foreign

test-short: ## the tests that take seconds, no virtual machine
	go test -short ./...

T ?= 1m

fuzz: ## every fuzz target for a while (T=1m each), figures in build/fuzz.json
	@.ci/fuzz $(T)

N ?= 20
SEED ?= 1
BUDGET ?= 300

powercut: ## every power cut of every command on simulated flash, then random ones (BUDGET=300 seconds in all, SEED=1), figures in build/powercut.json
	@mkdir -p build
	go run ./chain/powercut -budget $(BUDGET)s -seed $(SEED) -json build/powercut.json

powercut-vm: setup ## N power cuts on virtual machines (N=20, SEED=1), figures in build/powercut-vm.json
	go run ./qemu/powercut -n $(N) -seed $(SEED)

powercut-convert: setup ## N power cuts in conversions from jffs2 on virtual machines, figures in build/powercut-convert.json
	go run ./qemu/powercut -convert -n $(N) -seed $(SEED) -window 3s

# Bench is built as the units' programs are: it does what preinit does.
bench: setup build ## what a replay, a commit, a long chain and a boot cost, against what people run (ONLY=parts), figures in build/bench.json
	$(unit) $(lean) -o build/$(OUT)/bench ./bench
	build/$(OUT)/bench -json build/bench.json $(if $(ONLY),-only $(ONLY))

lint: setup ## gofmt, go vet, staticcheck, mandoc
	@unformatted=$$(gofmt -l .) && if [ "$$unformatted" ]; then echo "gofmt: $$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	mandoc -T lint -W warning man/*.[0-9]

clean: ## remove what was built (the downloaded kernel stays in the user's cache)
	rm -rf build

# What the test machines need of this host, installed if it is missing.
setup:
	@qemu/setup
