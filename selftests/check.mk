# SPDX-License-Identifier: GPL-2.0
# Targets that test, and help. Included by Makefile.

# Versions of the bench's kernels; empty until selftests/setup has run.
BENCH_KVERS = $(shell selftests/setup --kernels 2>/dev/null | cut -d' ' -f2)
YNL_SOURCE = $(CASK_CACHE)/linux-source-6.12
GENERATED = uapi/linux/cask_netlink.h kmod/netlink_policy.h kmod/netlink_policy.c

# Modules that misbehave, for the bench's own tests.
TESTMOD_SOURCES = $(addprefix selftests/vm/testmod/,Kbuild benchmod.c stuckmod.c)
$(BUILD)/testmod/%/benchmod.ko: $(TESTMOD_SOURCES)
	@mkdir -p $(@D)
	@echo "  KBUILD  $@"
	$(Q)cp $(TESTMOD_SOURCES) $(@D)
	$(Q)$(MAKE) -C /lib/modules/$*/build M=$(abspath $(@D)) modules >$(@D)/build.log 2>&1 || { cat $(@D)/build.log; exit 1; }

.PHONY: testmods
testmods: $(foreach v,$(KVERS),$(BUILD)/testmod/$(v)/benchmod.ko)
