# SPDX-License-Identifier: GPL-2.0
#
# Cask's build. `make help` lists the targets; the two that matter set up
# everything they need on a bare Debian 12, as root:
#
#   sudo make demo    a real video, from packager to server to kernel to player
#   sudo make check   every test, on three kernels; closes with "N passed, N failed"
#
# Variables:
#   KVERS=...     kernel versions to build the module for (default: every one with headers here)
#   CASK_CACHE=   where kernels, headers of kselftest and such are kept between
#                 runs (default /var/cache/cask); only ever a speed-up
#   V=1           show commands
#
# Userspace programs are listed in */build.mk, one line a program:
#   $(eval $(call program,NAME,SOURCES,PKG-CONFIG-PACKAGES))   -> build/bin/NAME
# The module is kbuild's: Kbuild, kmod/Kbuild. What is installed where: install.mk.

BUILD      ?= build
CASK_CACHE ?= /var/cache/cask
KVERS      ?= $(notdir $(patsubst %/build,%,$(wildcard /lib/modules/*/build)))
VERSION    := 0.1.0

CC         ?= cc
CFLAGS     ?= -O2 -g
CASK_CFLAGS = -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wformat=2 -Wno-unused-parameter -Werror -fstack-protector-strong -D_GNU_SOURCE \
	-D_FORTIFY_SOURCE=2 -D_FILE_OFFSET_BITS=64 -DCASK_VERSION='"$(VERSION)"' \
	-Iuapi -Idaemon/common -Itools/lib -Itools/common -Ikmod/parse -Ikmod/area
Q          := $(if $(V),,@)

.PHONY: all
all: programs modules

# $(call program,NAME,SOURCES,PACKAGES)
define program
PROGRAMS += $(BUILD)/bin/$(1)
$(BUILD)/bin/$(1): $(patsubst %.c,$(BUILD)/obj/%.o,$(2))
	@mkdir -p $$(@D)
	@echo "  LD      $$@"
	$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $(if $(3),$$(shell pkg-config --libs $(3)))
$(patsubst %.c,$(BUILD)/obj/%.o,$(2)): PKGS += $(3)
-include $(patsubst %.c,$(BUILD)/obj/%.d,$(2))
endef

include daemon/build.mk
include tools/build.mk
include install.mk
include selftests/build.mk
include selftests/check.mk

.PHONY: programs
programs: $(PROGRAMS) $(BUILD)/root.made

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CASK_CFLAGS) $(CFLAGS) $(if $(PKGS),$$(pkg-config --cflags $(sort $(PKGS)))) -MMD -MP -c -o $@ $<

# What a module is built with; the debug kernel's is where selftests/debug-kernel leaves it.
kernel-build = $(firstword $(wildcard /lib/modules/$(1)/build $(CASK_CACHE)/kernel-$(1)/build) /lib/modules/$(1)/build)

# One out-of-tree copy of the module's sources for each kernel: kbuild writes beside them.
.PHONY: modules
modules: $(foreach v,$(KVERS),$(BUILD)/modules/$(v)/cask.ko)

MODULE_SOURCES = Kbuild $(wildcard kmod/Kbuild kmod/*.[ch] kmod/*/*.[ch] uapi/linux/*.h)
$(BUILD)/modules/%/cask.ko: $(MODULE_SOURCES)
	@mkdir -p $(@D)
	@echo "  KBUILD  $@"
	$(Q)cp -r --parents $(MODULE_SOURCES) $(@D)
	$(Q)$(MAKE) -C $(call kernel-build,$*) M=$(abspath $(@D)) VERSION_STRING=$(VERSION) W=1 modules >$(@D)/build.log 2>&1 || { cat $(@D)/build.log; exit 1; }
	@! grep -E '\.[ch]:[0-9]+:.* warning:' $(@D)/build.log
	$(Q)cp $(@D)/kmod/cask.ko $@

.PHONY: clean
clean:
	rm -rf $(BUILD)
