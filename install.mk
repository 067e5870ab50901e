# SPDX-License-Identifier: GPL-2.0
# make install, uninstall, dkms-install, dkms-uninstall. Included by Makefile.
#
# Variables, as the GNU conventions name them: DESTDIR, prefix, bindir, libdir, includedir, mandir.
# Where systemd and udev look is theirs to say (pkg-config); without them their files are left out, as those
# of initramfs-tools are with INITRAMFS_DIR= .
# Nothing is started or enabled: README.md says what comes next.

prefix     ?= /usr/local
bindir     ?= $(prefix)/bin
libdir     ?= $(prefix)/lib
includedir ?= $(prefix)/include
mandir     ?= $(prefix)/share/man
dkmsdir    ?= /usr/src

# $(call unit_dir,PACKAGE,VARIABLE)
unit_dir = $(shell pkg-config --variable=$(2) $(1) 2>/dev/null)

# Everything that `make install` writes is in these two lists, MODE:SOURCE:TARGET; what is in the
# second is text in which @WORDS@, and the programs' folder, are replaced.
INSTALL_FILES = \
	$(foreach p,caskd caskctl cask-play cask-medium cask-pack cask-server,755:$(BUILD)/bin/$(p):$(bindir)/$(p)) \
	644:$(BUILD)/lib/libcask.a:$(libdir)/libcask.a \
	644:tools/lib/cask.h:$(includedir)/cask/cask.h \
	$(foreach h,cask.h cask_format.h,644:uapi/linux/$(h):$(includedir)/cask/linux/$(h)) \
	$(foreach m,$(wildcard Documentation/man/*.[1-8]),644:$(m):$(mandir)/man$(subst .,,$(suffix $(m)))/$(notdir $(m))) \
	$(if $(SYSTEMD_DIR),644:daemon/caskd/systemd/sysusers.conf:$(SYSUSERS_DIR)/cask.conf \
		644:daemon/server/systemd/sysusers.conf:$(SYSUSERS_DIR)/cask-server.conf \
		644:daemon/caskd/systemd/modules-load.conf:$(MODULES_LOAD_DIR)/cask.conf) \
	$(if $(UDEV_DIR),644:daemon/caskd/systemd/70-cask.rules:$(UDEV_DIR)/rules.d/70-cask.rules) \
	$(if $(INITRAMFS_DIR),755:tools/initramfs/hook:$(INITRAMFS_DIR)/hooks/cask \
		755:tools/initramfs/premount:$(INITRAMFS_DIR)/scripts/init-premount/cask)
INSTALL_TEXTS = \
	644:tools/lib/libcask.pc.in:$(libdir)/pkgconfig/libcask.pc \
	$(if $(SYSTEMD_DIR),$(foreach u,$(wildcard daemon/*/systemd/*.service daemon/*/systemd/*.socket),644:$(u):$(SYSTEMD_DIR)/$(notdir $(u))))
SYSTEMD_DIR      = $(call unit_dir,systemd,systemdsystemunitdir)
SYSUSERS_DIR     = $(call unit_dir,systemd,sysusersdir)
MODULES_LOAD_DIR = $(call unit_dir,systemd,modulesloaddir)
UDEV_DIR         = $(call unit_dir,udev,udevdir)
# initramfs-tools looks here and below /etc, wherever else programs are installed.
INITRAMFS_DIR    = /usr/share/initramfs-tools
# Folders that are nobody else's.
INSTALL_DIRS = $(includedir)/cask/linux $(includedir)/cask

SUBSTITUTE = sed -e 's,@VERSION@,$(VERSION),g' -e 's,@libdir@,$(libdir),g' \
	-e 's,@includedir@,$(includedir),g' -e 's,/usr/bin/cask,$(bindir)/cask,g'

# $(call put_files,LIST), $(call put_texts,LIST): the commands of a recipe
put_files = for entry in $(1); do IFS=:; set -- $$entry; unset IFS; \
	install -D -m "$$1" "$$2" "$(DESTDIR)$$3" || exit; done
put_texts = for entry in $(1); do IFS=:; set -- $$entry; unset IFS; \
	install -D -m "$$1" /dev/null "$(DESTDIR)$$3" && $(SUBSTITUTE) "$$2" >"$(DESTDIR)$$3" || exit; done
# $(call take_away,LIST)
take_away = for entry in $(1); do rm -f "$(DESTDIR)$${entry\#\#*:}" || exit; done

.PHONY: install uninstall
install: $(foreach p,caskd caskctl cask-play cask-medium cask-pack cask-server,$(BUILD)/bin/$(p)) $(BUILD)/lib/libcask.a
	@echo "  INSTALL $(DESTDIR)$(prefix)"
	$(Q)$(call put_files,$(INSTALL_FILES))
	$(Q)$(call put_texts,$(INSTALL_TEXTS))

uninstall:
	@echo "  REMOVE  $(DESTDIR)$(prefix)"
	$(Q)$(call take_away,$(INSTALL_FILES) $(INSTALL_TEXTS))
	$(Q)for dir in $(INSTALL_DIRS); do [ ! -d "$(DESTDIR)$$dir" ] || rmdir --ignore-fail-on-non-empty "$(DESTDIR)$$dir"; done

# What a package would hold, for the clients of bench and demo.
STAGED = $(BUILD)/root
$(BUILD)/root.made: $(foreach f,$(INSTALL_FILES) $(INSTALL_TEXTS),$(word 2,$(subst :, ,$(f)))) install.mk
	@rm -rf $(STAGED)
	$(Q)$(MAKE) --no-print-directory install DESTDIR=$(STAGED) prefix=/usr
	@touch $@

# The module's sources for DKMS, which builds it anew for each kernel that the machine gets. With
# DESTDIR (a package) that is all; else they are added, built and installed for the running kernel, in
# place of what DKMS has of this version: it may be of other sources.
DKMS_SOURCE = $(DESTDIR)$(dkmsdir)/cask-$(VERSION)
DKMS ?= dkms
.PHONY: dkms-install dkms-uninstall
dkms-install:
	@echo "  INSTALL $(DKMS_SOURCE)"
	$(Q)$(call put_files,$(foreach f,$(MODULE_SOURCES),644:$(f):$(dkmsdir)/cask-$(VERSION)/$(f)))
	$(Q)$(call put_texts,644:kmod/dkms.conf.in:$(dkmsdir)/cask-$(VERSION)/dkms.conf)
	$(Q)$(if $(DESTDIR),true,$(DKMS) build --force cask/$(VERSION) && $(DKMS) install --force cask/$(VERSION))

dkms-uninstall:
	@echo "  REMOVE  $(DKMS_SOURCE)"
	$(Q)$(if $(DESTDIR),true,[ -z "$$($(DKMS) status cask/$(VERSION))" ] || $(DKMS) remove cask/$(VERSION) --all)
	$(Q)rm -rf "$(DKMS_SOURCE)"
