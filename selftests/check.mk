# SPDX-License-Identifier: GPL-2.0
# Targets that test, and help. Included by Makefile.

YNL_SOURCE = $(CASK_CACHE)/linux-source-6.12
GENERATED = uapi/linux/cask_netlink.h kmod/netlink_policy.h kmod/netlink_policy.c

# Modules that misbehave, for the bench's own tests, and one that is not of caskd's version.
TESTMOD_SOURCES = $(addprefix selftests/vm/testmod/,Kbuild benchmod.c othermod.c stuckmod.c)
$(BUILD)/testmod/%/benchmod.ko: $(TESTMOD_SOURCES) uapi/linux/cask_netlink.h
	@mkdir -p $(@D)
	@echo "  KBUILD  $@"
	$(Q)cp $(TESTMOD_SOURCES) $(@D)
	$(Q)$(MAKE) -C $(call kernel-build,$*) M=$(abspath $(@D)) UAPI=$(abspath uapi) modules >$(@D)/build.log 2>&1 || { cat $(@D)/build.log; exit 1; }

# The benchmark's own module: the crypto API alone.
SPEEDMOD_SOURCES = $(addprefix selftests/speed/module/,Kbuild cask-speed.c measure.h)
$(BUILD)/speedmod/%/cask-speed.ko: $(SPEEDMOD_SOURCES)
	@mkdir -p $(@D)
	@echo "  KBUILD  $@"
	$(Q)cp $(SPEEDMOD_SOURCES) $(@D)
	$(Q)$(MAKE) -C $(call kernel-build,$*) M=$(abspath $(@D)) modules >$(@D)/build.log 2>&1 || { cat $(@D)/build.log; exit 1; }

.PHONY: testmods
testmods: $(foreach v,$(KVERS),$(BUILD)/testmod/$(v)/benchmod.ko)

.PHONY: speedmods
speedmods: $(foreach v,$(KVERS),$(BUILD)/speedmod/$(v)/cask-speed.ko)

# make takes KVERS when it starts, and before setup there may be none: hence the second make.
again = +$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$$(nproc))

.PHONY: setup bench-build debug-build check check-debug bench counts fuzz rows mutants demo
setup:
	@selftests/setup

bench-build: setup
	@$(again) programs modules testmods speedmods test-keys fuzzers \
		KVERS="$$(selftests/setup --kernels | awk '$$1 != "debug" { print $$2 }' | xargs)"

debug-build: bench-build
	@selftests/debug-kernel
	@$(again) modules testmods KVERS="$$(selftests/debug-kernel --where | cut -d' ' -f2)"

check: debug-build
	@selftests/run

check-debug: debug-build
	@selftests/run --kernel debug

fuzz: fuzzers
	@selftests/fuzz/campaign $(if $(SECONDS),--seconds $(SECONDS)) $(TARGETS)

rows:
	@selftests/rows

counts:
	@selftests/counts

bench: bench-build
	@selftests/rates/run; status=$$?; selftests/speed/run && exit $$status

mutants: bench-build
	@selftests/mutate $(ROWS)

demo: bench-build
	@selftests/demo/run $(KERNEL)

.PHONY: test-keys
test-keys: $(BUILD)/test-keys/.made

.PHONY: help
help:
	@echo 'sudo make demo     a real video, from packager to server to kernel to player'
	@echo 'sudo make check    every test, on three kernels; closes with "N passed, N failed"'
	@echo
	@echo 'make               programs to $(BUILD)/bin, the module for each kernel with headers here'
	@echo 'make programs      only the programs'
	@echo 'make modules       only the module, to $(BUILD)/modules/VERSION/cask.ko'
	@echo 'make install       programs, libcask, manual pages, units [DESTDIR= prefix=/usr/local]'
	@echo 'make uninstall     take away what install wrote, by the same variables'
	@echo 'make dkms-install  the module by DKMS, for this kernel and those to come; dkms-uninstall'
	@echo 'make check-debug   build a kernel with KASAN, lockdep, kmemleak, UBSAN; KUnit and the tests of VMs there'
	@echo 'make setup         install the packages of packages.txt, unpack kernels for the bench'
	@echo 'make rows          what Documentation/requirements.rst asks, its tests, their last results'
	@echo 'make counts        kills, power cuts, exchanges said again, bad inputs, fuzz executions of the last results'
	@echo 'sudo make bench    instructions of every way to decrypt, rates of a server, to $(BUILD) and Documentation'
	@echo 'make mutants       take the behaviour of rows out and demand that tests fail [ROWS="D5 D7"]'
	@echo 'make fuzz          the parsers under libFuzzer, each until it finds nothing new for ten minutes'
	@echo '                   [SECONDS=60: for each, TARGETS="statement http"]'
	@echo 'make clean         remove $(BUILD)'
	@echo
	@echo 'Variables: KVERS, CASK_CACHE, V; see the head of Makefile. KERNEL=6.1: of the demo.'
	@echo 'selftests/run --help, selftests/vm/run --help: parts of it by themselves.'
