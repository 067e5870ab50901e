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
$(eval $(call sanitized,unit-cask-pack,selftests/unit/cask-pack.c selftests/lib/unpack.c selftests/lib/scratch.c \
	daemon/common/jwk.c daemon/common/file.c daemon/common/json.c $(FORMATS),cmocka \
	jansson $(FORMATS_PKGS)))
$(BUILD)/bin/unit-cask-pack: | $(BUILD)/bin/cask-pack
$(foreach t,area slots,$(eval $(call sanitized,unit-$(t),selftests/unit/$(t).c selftests/unit/power.c $(AREA) $(FORMATS),\
	cmocka $(FORMATS_PKGS))))
$(eval $(call sanitized,unit-records,selftests/unit/records.c $(AREA) $(FORMATS),cmocka $(FORMATS_PKGS)))
$(eval $(call sanitized,unit-medium,selftests/unit/medium.c $(AREA) $(FORMATS),cmocka $(FORMATS_PKGS)))
$(eval $(call sanitized,unit-twokey,selftests/unit/twokey.c daemon/common/json.c $(FORGE),cmocka jansson \
	$(FORMATS_PKGS)))
$(eval $(call sanitized,unit-log,selftests/unit/log.c $(FORGE),cmocka $(FORMATS_PKGS)))
$(foreach t,covers ekb entries leaf,$(eval $(call sanitized,unit-$(t),selftests/unit/$(t).c selftests/unit/trees.c $(FORMATS),\
	cmocka $(FORMATS_PKGS))))
$(foreach t,parse licenses layouts,$(eval $(call sanitized,unit-$(t),selftests/unit/$(t).c selftests/unit/sample.c $(FORGE),\
	cmocka $(FORMATS_PKGS))))
$(eval $(call sanitized,unit-pack,selftests/unit/pack.c selftests/lib/unpack.c selftests/lib/scratch.c $(PACK) \
	daemon/common/jwk.c daemon/common/file.c daemon/common/json.c $(FORMATS),cmocka \
	jansson libmagic $(FORMATS_PKGS)))

# $(call kselftest,NAME,SOURCES): selftests/kmod/NAME.c, a test of the module on the kernel's own harness.
KSELFTEST = $(CASK_CACHE)/linux-source-6.12/tools/testing/selftests
KMOD_TEST_COMMON = selftests/kmod/world.c selftests/lib/agent.c selftests/lib/forge.c selftests/lib/scratch.c \
	tools/cask-pack/pack.c tools/cask-pack/output.c daemon/common/file.c $(FORMATS)
KMOD_TEST_PKGS = libnl-genl-3.0 $(FORMATS_PKGS)
define kselftest
$(eval $(call program,kmod-$(1),selftests/kmod/$(1).c $(2) $(KMOD_TEST_COMMON),$(KMOD_TEST_PKGS)))
endef
# The harness is not ours to mend: its warnings are not errors of ours.
$(BUILD)/obj/selftests/%.o: CASK_CFLAGS += -Iselftests/lib -Iselftests/kmod -isystem $(KSELFTEST) \
	-Wno-sign-compare -Wno-missing-prototypes -Wno-strict-prototypes -Wno-clobbered

$(foreach t,license anchor netlink content player root,$(call kselftest,$(t)))
$(foreach t,area races twokey ekb,$(call kselftest,$(t),selftests/kmod/counted.c))
BOOTS = selftests/kmod/boots.c selftests/kmod/counted.c
$(foreach t,reanchor time renew,$(call kselftest,$(t),$(BOOTS)))
$(foreach t,conditions download offline,$(call kselftest,$(t),selftests/kmod/asking.c $(BOOTS)))
$(eval $(call kselftest,faults,selftests/kmod/fail.c))
$(eval $(call kselftest,faults_area,selftests/kmod/fail.c selftests/kmod/counted.c))
$(eval $(call kselftest,faults_words,selftests/kmod/fail.c selftests/kmod/counted.c selftests/kmod/leaves.c))
MEDIA = selftests/kmod/media.c selftests/kmod/counted.c daemon/common/medium.c $(AREA)
$(foreach t,medium swapped backup,$(call kselftest,$(t),$(MEDIA)))
$(foreach t,export checkout forged,$(call kselftest,$(t),selftests/kmod/copies.c $(MEDIA)))
$(eval $(call kselftest,lent,selftests/kmod/boots.c selftests/kmod/copies.c $(MEDIA)))
$(foreach t,rival races_words,$(call kselftest,$(t),selftests/kmod/leaves.c $(MEDIA)))
$(eval $(call kselftest,faults_medium,selftests/kmod/fail.c $(MEDIA)))
$(foreach t,bare batch stalls,$(call kselftest,$(t),selftests/kmod/jobs.c))
$(eval $(call kselftest,log,selftests/kmod/reports.c selftests/kmod/counted.c))
$(eval $(call kselftest,meter,selftests/kmod/reports.c selftests/kmod/counted.c selftests/kmod/jobs.c))
$(eval $(call kselftest,logged,selftests/kmod/reports.c $(BOOTS)))
$(eval $(call program,kmod-keys,selftests/kmod/keys.c $(FORMATS),$(FORMATS_PKGS)))

# The benchmark: selftests/speed/run. AES-NI by intrinsics, so for machines that have it.
$(eval $(call program,cask-speed,$(wildcard selftests/speed/*.c) $(KMOD_TEST_COMMON),\
	libkcapi $(KMOD_TEST_PKGS)))
$(BUILD)/obj/selftests/speed/aesni.o: CASK_CFLAGS += -maes -mpclmul -mavx

# EKBs: sizes and times.
$(eval $(call program,ekb-measure,selftests/ekb/measure.c $(FORMATS),$(FORMATS_PKGS)))

# RSA keys for those tests; see selftests/kmod/world.c.
$(BUILD)/test-keys/.made: $(BUILD)/bin/kmod-keys
	@mkdir -p $(@D)
	@echo "  KEYS    $(@D)"
	$(Q)$(BUILD)/bin/kmod-keys $(@D) 60
	$(Q)touch $@

# A device in software, for selftests/server.
$(eval $(call program,server-device,selftests/server/device.c daemon/common/file.c \
	daemon/common/json.c $(FORMATS),jansson $(FORMATS_PKGS)))

# What licenses cost a server: selftests/rates/run.
$(eval $(call program,server-rates,$(wildcard selftests/rates/*.c) daemon/common/file.c daemon/common/json.c \
	daemon/common/signature.c $(FORMATS),jansson libssl $(FORMATS_PKGS)))

# caskd without its main and what answers its API.
CASKD_PARTS = $(filter-out daemon/caskd/main.c daemon/caskd/api% daemon/caskd/register.c \
	daemon/caskd/acquire.c,$(CASKD)) $(CASKD_COMMON)

# $(call fuzzer,NAME,SOURCES,PACKAGES): selftests/fuzz/NAME.c, a target of libFuzzer (clang).
FUZZ_MUTATE = selftests/fuzz/mutate.c $(PARSE)
define fuzzer
FUZZERS += $(BUILD)/fuzz/$(1)
$(BUILD)/fuzz/$(1): $(sort selftests/fuzz/$(1).c $(2)) selftests/fuzz/fuzz.h $(wildcard kmod/parse/*.h daemon/common/*.h)
	@mkdir -p $$(@D)
	@echo "  FUZZ    $$@"
	$(Q)clang $$(CASK_CFLAGS) -Wno-missing-field-initializers -Idaemon -Itools -g -O1 -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all $(if $(3),$$(shell pkg-config --cflags $(3))) -o $$@ \
		$$(filter %.c,$$^) $(if $(3),$$(shell pkg-config --libs $(3)))
endef
$(eval $(call fuzzer,statement,$(EKB_PARSE) $(FUZZ_MUTATE)))
$(eval $(call fuzzer,key,$(PARSE)))
$(eval $(call fuzzer,content,$(FUZZ_MUTATE)))
$(eval $(call fuzzer,enrolment,$(FUZZ_MUTATE)))
$(eval $(call fuzzer,synchronise,$(FUZZ_MUTATE)))
$(eval $(call fuzzer,report,$(FUZZ_MUTATE)))
$(eval $(call fuzzer,area,$(AREA) $(FUZZ_MUTATE)))
$(eval $(call fuzzer,medium,$(FUZZ_MUTATE)))
$(eval $(call fuzzer,ekb,$(EKB_PARSE) $(FUZZ_MUTATE)))
$(eval $(call fuzzer,header,tools/lib/header.c tools/lib/read.c $(FUZZ_MUTATE)))
$(eval $(call fuzzer,device,$(FORMATS) $(FUZZ_MUTATE),$(FORMATS_PKGS)))
$(eval $(call fuzzer,jwk,daemon/common/jwk.c daemon/common/json.c daemon/common/file.c $(FORMATS),\
	jansson $(FORMATS_PKGS)))
$(eval $(call fuzzer,signature,daemon/common/signature.c daemon/common/text.c \
	daemon/common/crypto.c,$(FORMATS_PKGS)))
$(eval $(call fuzzer,range,$(filter-out %/reply_file.c,$(CASKD_COMMON)),$(CASKD_PKGS)))
$(eval $(call fuzzer,http,$(CASKD_COMMON),$(CASKD_PKGS)))
$(eval $(call fuzzer,answer,$(CASKD_PARTS),$(CASKD_PKGS)))

.PHONY: fuzzers
fuzzers: $(FUZZERS)

# What a disk may hold when the power goes.
$(eval $(call program,cut-power,$(wildcard selftests/cuts/*.c),))
$(eval $(call program,scan,selftests/spine/scan.c,))
# What must not be found in the server's files.
$(eval $(call program,server-secrets,selftests/server/secrets.c daemon/server/vault.c \
	daemon/server/content.c daemon/server/device.c daemon/server/tree.c $(wildcard daemon/server/db/*.c) \
	daemon/common/file.c daemon/common/json.c daemon/common/log.c $(FORMATS),sqlite3 libpq jansson $(FORMATS_PKGS)))
# A scope that withdraws contents.
$(eval $(call program,server-withdraw,selftests/replay/withdraw.c daemon/server/distributor.c daemon/server/vault.c \
	$(wildcard daemon/server/db/*.c) daemon/common/file.c daemon/common/json.c daemon/common/log.c $(FORMATS),sqlite3 libpq \
	jansson $(FORMATS_PKGS)))

# Reads and writes cut short, in other programs.
PROGRAMS += $(BUILD)/lib/short.so
$(BUILD)/lib/short.so: selftests/lib/short.c
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CASK_CFLAGS) $(CFLAGS) -fPIC -shared -o $@ $<

# The client without the module. Sources of daemon/ and tools/ are included by their folders.
$(BUILD)/obj/selftests/client/%.o $(BUILD)/san/selftests/client/%.o: CASK_CFLAGS += -Idaemon -Itools
$(eval $(call sanitized,unit-client,selftests/client/unit.c selftests/lib/scratch.c tools/cask-play/player.c tools/lib/strerror.c \
	$(CASKD_PARTS),cmocka $(CASKD_PKGS)))
# Media without the module: libcask's part, with a device of the test's own; what records; labels.
MEDIA_COMMON = selftests/lib/scratch.c daemon/common/file.c daemon/common/text.c daemon/common/log.c daemon/common/crypto.c
UNIT_MEDIA = selftests/client/unit_media.c $(filter-out %/device.c,$(LIBCASK)) daemon/caskd/pending.c $(MEDIA_COMMON)
UNIT_RECORDING = selftests/client/unit_recording.c $(LIBCASK) tools/cask-medium/recording.c \
	tools/cask-medium/source_stream.c tools/cask-medium/source_http.c tools/cask-medium/source_datagram.c $(MEDIA_COMMON)
$(BUILD)/san/tools/cask-medium/source_datagram.o: CASK_CFLAGS += -DRANGES_MAX=64
$(eval $(call sanitized,unit-media,$(UNIT_MEDIA),cmocka $(LIBCASK_PKGS) libcrypto libsodium))
$(eval $(call sanitized,unit-label,selftests/client/unit_label.c $(LIBCASK),cmocka $(LIBCASK_PKGS)))
$(eval $(call sanitized,unit-recording,$(UNIT_RECORDING),cmocka $(LIBCASK_PKGS) libcrypto libsodium))
$(BUILD)/bin/unit-recording: | $(BUILD)/bin/cask-pack
# How a license is got and paid for, without server, module and store.
ASKED = selftests/client/standins.c selftests/lib/scratch.c daemon/caskd/acquire.c daemon/caskd/turn.c daemon/caskd/media.c \
	daemon/caskd/ask.c daemon/caskd/pending.c daemon/caskd/problem.c daemon/common/file.c daemon/common/text.c daemon/common/log.c daemon/common/crypto.c
$(foreach t,ask pay,$(eval $(call sanitized,unit-$(t),selftests/client/unit_$(t).c $(ASKED),\
	cmocka jansson libcurl libmicrohttpd libcrypto libsodium)))
# What is kept of categories, without server and module.
UNIT_LEAVES = selftests/client/unit_leaves.c selftests/lib/scratch.c daemon/caskd/leaves.c daemon/caskd/block.c daemon/caskd/problem.c \
	daemon/common/file.c daemon/common/log.c $(FORMATS)
$(eval $(call sanitized,unit-leaves,$(UNIT_LEAVES),cmocka jansson libcurl libmicrohttpd $(FORMATS_PKGS)))
# When distributors are asked for what the module lacks, without server, module and store.
UNIT_REFRESH = selftests/client/unit_refresh.c daemon/caskd/refresh.c daemon/caskd/problem.c daemon/common/log.c
$(eval $(call sanitized,unit-refresh,$(UNIT_REFRESH),cmocka jansson libcurl libmicrohttpd))
# What a module that starts is told.
UNIT_RESTORE = selftests/client/unit_restore.c daemon/caskd/restore.c daemon/caskd/problem.c daemon/common/log.c
$(eval $(call sanitized,unit-restore,$(UNIT_RESTORE),cmocka jansson libcurl libmicrohttpd))
# What cask-play renews, without agent and module.
UNIT_PLAY = selftests/client/unit_play.c tools/cask-play/acquire.c tools/cask-play/renew.c tools/cask-play/terms.c \
	tools/cask-play/policy.c $(PROMPT) tools/common/words.c selftests/lib/scratch.c daemon/common/file.c \
	tools/lib/strerror.c tools/lib/text.c tools/lib/error.c
$(eval $(call sanitized,unit-play,$(UNIT_PLAY),cmocka $(LIBCASK_PKGS)))
$(eval $(call program,client-store,selftests/client/store.c $(CASKD_PARTS),$(CASKD_PKGS)))
$(eval $(call program,client-ask,selftests/client/ask.c $(CASKD_PARTS),$(CASKD_PKGS)))

# The search for keys: who knows them, who looks for them, what must be found.
X2 = selftests/x2
$(eval $(call program,x2-keys,$(X2)/keys.c $(X2)/wrap.c selftests/lib/unpack.c daemon/common/jwk.c \
	daemon/common/file.c daemon/common/json.c $(FORMATS),jansson $(FORMATS_PKGS)))
$(eval $(call program,x2-fingerprint,$(X2)/fingerprint.c $(X2)/forms.c daemon/common/text.c,libcrypto libsodium))
$(eval $(call program,x2-search,$(X2)/search.c $(X2)/scan.c $(X2)/files.c $(X2)/processes.c \
	daemon/common/text.c,libcrypto libsodium))
$(eval $(call program,x2-decoy,$(X2)/decoy.c daemon/common/text.c,libsodium))
$(eval $(call program,x2-lanes,$(X2)/lanes.c daemon/common/file.c daemon/common/text.c,libsodium))
$(eval $(call program,x2-pageout,$(X2)/pageout.c,))
$(eval $(call program,x2-root,$(X2)/root.c daemon/common/crypto.c daemon/common/file.c,libcrypto libsodium))
