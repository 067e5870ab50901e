# SPDX-License-Identifier: GPL-2.0

# $(call sanitized,NAME,SOURCES,PACKAGES): a program under ASan and UBSan, objects apart.
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
define sanitized
PROGRAMS += $(BUILD)/bin/$(1)
$(BUILD)/bin/$(1): $(patsubst %.c,$(BUILD)/san/%.o,$(2))
	@mkdir -p $$(@D)
	@echo "  LD      $$@"
	$(Q)$$(CC) $$(CFLAGS) $$(SANITIZE) $$(LDFLAGS) -o $$@ $$^ $$(shell pkg-config --libs $(3))
$(patsubst %.c,$(BUILD)/san/%.o,$(2)): PKGS += $(3)
-include $(patsubst %.c,$(BUILD)/san/%.d,$(2))
endef

$(BUILD)/san/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC(san) $<"
	$(Q)$(CC) $(CASK_CFLAGS) -Iselftests/lib -Itools/cask-pack $(CFLAGS) $(SANITIZE) $(if $(PKGS),$$(pkg-config --cflags $(sort $(PKGS)))) -MMD -MP -c -o $@ $<

FORGE = selftests/lib/forge.c tools/cask-pack/pack.c $(FORMATS)
$(eval $(call sanitized,unit-object,selftests/unit/object.c $(FORMATS),cmocka $(FORMATS_PKGS)))
$(eval $(call sanitized,unit-crypto,selftests/unit/crypto.c $(FORMATS),cmocka $(FORMATS_PKGS)))
$(eval $(call sanitized,unit-cose,selftests/unit/cose.c $(FORGE),cmocka $(FORMATS_PKGS)))
$(eval $(call sanitized,unit-cask-pack,selftests/unit/cask-pack.c selftests/lib/unpack.c \
	daemon/common/jwk.c daemon/common/file.c daemon/common/json.c $(FORMATS),cmocka \
	jansson $(FORMATS_PKGS)))
$(BUILD)/bin/unit-cask-pack: | $(BUILD)/bin/cask-pack
$(eval $(call sanitized,unit-parse,selftests/unit/parse.c selftests/unit/sample.c $(FORGE),cmocka $(FORMATS_PKGS)))
$(eval $(call sanitized,unit-pack,selftests/unit/pack.c selftests/lib/unpack.c $(PACK) \
	daemon/common/jwk.c daemon/common/file.c daemon/common/json.c $(FORMATS),cmocka \
	jansson libmagic $(FORMATS_PKGS)))

# $(call kselftest,NAME): selftests/kmod/NAME.c, a test of the module on the kernel's own harness.
KSELFTEST = $(CASK_CACHE)/linux-source-6.12/tools/testing/selftests
KMOD_TEST_COMMON = selftests/kmod/world.c selftests/lib/agent.c selftests/lib/forge.c \
	tools/cask-pack/pack.c tools/cask-pack/output.c daemon/common/file.c $(FORMATS)
KMOD_TEST_PKGS = libnl-genl-3.0 $(FORMATS_PKGS)
define kselftest
$(eval $(call program,kmod-$(1),selftests/kmod/$(1).c $(KMOD_TEST_COMMON),$(KMOD_TEST_PKGS)))
endef
# The harness is not ours to mend: its warnings are not errors of ours.
$(BUILD)/obj/selftests/%.o: CASK_CFLAGS += -Iselftests/lib -Iselftests/kmod -isystem $(KSELFTEST) \
	-Wno-sign-compare -Wno-missing-prototypes -Wno-strict-prototypes -Wno-clobbered

$(foreach t,license anchor netlink content player root batch faults races,$(call kselftest,$(t)))
$(eval $(call program,kmod-keys,selftests/kmod/keys.c $(FORMATS),$(FORMATS_PKGS)))

# RSA keys for those tests; see selftests/kmod/world.c.
$(BUILD)/test-keys/.made: $(BUILD)/bin/kmod-keys
	@mkdir -p $(@D)
	@echo "  KEYS    $(@D)"
	$(Q)$(BUILD)/bin/kmod-keys $(@D) 60
	$(Q)touch $@

# A device in software, for selftests/server.
$(eval $(call program,server-device,selftests/server/device.c daemon/common/file.c \
	daemon/common/json.c $(FORMATS),jansson $(FORMATS_PKGS)))

# libFuzzer targets of the parsers (clang); not part of `all`.
FUZZERS = statement key content enrolment
.PHONY: fuzzers
fuzzers: $(addprefix $(BUILD)/fuzz/,$(FUZZERS))
$(BUILD)/fuzz/%: selftests/fuzz/%.c selftests/fuzz/fuzz.h kmod/parse/parse.h $(PARSE)
	@mkdir -p $(@D)
	@echo "  FUZZ    $@"
	$(Q)clang $(CASK_CFLAGS) -g -O1 -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $(filter %.c,$^)
$(eval $(call program,scan,selftests/spine/scan.c,))
# What must not be found in the server's files.
$(eval $(call program,server-secrets,selftests/server/secrets.c daemon/server/vault.c \
	daemon/server/content.c daemon/server/device.c $(wildcard daemon/server/db/*.c) daemon/common/file.c \
	daemon/common/json.c daemon/common/log.c $(FORMATS),sqlite3 jansson $(FORMATS_PKGS)))

# The client without the module. Sources of daemon/ and tools/ are included by their folders.
CASKD_PARTS = $(filter-out daemon/caskd/main.c daemon/caskd/api% daemon/caskd/register.c \
	daemon/caskd/acquire.c,$(CASKD)) $(CASKD_COMMON)
$(BUILD)/obj/selftests/client/%.o $(BUILD)/san/selftests/client/%.o: CASK_CFLAGS += -Idaemon -Itools
$(eval $(call sanitized,unit-client,selftests/client/unit.c tools/cask-play/player.c \
	$(CASKD_PARTS),cmocka $(CASKD_PKGS)))
$(eval $(call program,client-store,selftests/client/store.c $(CASKD_PARTS),$(CASKD_PKGS)))
$(eval $(call program,client-ask,selftests/client/ask.c $(CASKD_PARTS),$(CASKD_PKGS)))
