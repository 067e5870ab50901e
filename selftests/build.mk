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
	$(Q)$(CC) $(CASK_CFLAGS) -Iselftests/lib $(CFLAGS) $(SANITIZE) $(if $(PKGS),$$(pkg-config --cflags $(sort $(PKGS)))) -MMD -MP -c -o $@ $<

$(eval $(call sanitized,unit-crypto,selftests/unit/crypto.c $(FORMATS),cmocka $(FORMATS_PKGS)))
