# SPDX-License-Identifier: GPL-2.0

PACK = tools/cask-pack/pack.c tools/cask-pack/output.c tools/cask-pack/media.c \
	tools/cask-pack/progress.c tools/cask-pack/options.c
$(eval $(call program,cask-pack,tools/cask-pack/main.c $(PACK) daemon/common/jwk.c \
	daemon/common/file.c daemon/common/json.c $(FORMATS),jansson libmagic $(FORMATS_PKGS)))

LIBCASK = tools/lib/device.c tools/lib/open.c tools/lib/read.c tools/lib/header.c tools/lib/medium.c \
	tools/lib/mounted.c tools/lib/label.c tools/lib/strerror.c tools/lib/text.c tools/lib/error.c \
	tools/lib/agent.c tools/lib/agent_medium.c tools/lib/events.c tools/lib/fetch.c tools/lib/piece.c \
	tools/lib/resume.c tools/lib/record.c \
	kmod/parse/object.c kmod/parse/slot.c kmod/parse/content.c kmod/parse/medium.c
LIBCASK_PKGS = libcurl jansson
# A program that is a table of commands.
PROGRAM = tools/common/dispatch.c tools/common/arguments.c tools/common/content.c tools/common/output.c \
	tools/common/words.c
PROMPT = tools/common/prompt.c tools/common/apply.c tools/common/conditions.c
# Labels as text and as QR codes.
LABEL = tools/common/label_output.c tools/common/qr.c
LABEL_PKGS = libqrencode libpng
CASKCTL = tools/caskctl/main.c tools/caskctl/label.c tools/caskctl/license_print.c \
	tools/caskctl/status.c tools/caskctl/register.c tools/caskctl/register_user.c tools/caskctl/password.c tools/caskctl/catalogue.c \
	tools/caskctl/reanchor.c \
	tools/caskctl/fetch.c tools/caskctl/bar.c tools/caskctl/record.c tools/caskctl/license.c tools/caskctl/license_get.c \
	tools/caskctl/license_list.c tools/caskctl/license_show.c \
	tools/caskctl/license_terms.c tools/caskctl/license_renew.c \
	tools/caskctl/license_remove.c tools/caskctl/events.c tools/caskctl/root.c \
	tools/caskctl/root_tpm.c tools/caskctl/root_show.c tools/caskctl/tpm.c \
	tools/caskctl/show.c tools/caskctl/doctor.c \
	tools/caskctl/doctor_kernel.c tools/caskctl/doctor_module.c \
	tools/caskctl/doctor_device.c tools/caskctl/doctor_agent.c \
	tools/caskctl/doctor_level.c tools/caskctl/doctor_root.c \
	tools/caskctl/doctor_distributor.c \
	tools/caskctl/doctor_clock.c daemon/common/file.c daemon/common/text.c
$(eval $(call program,caskctl,$(CASKCTL) $(PROMPT) $(LABEL) $(PROGRAM) $(LIBCASK),\
	$(LIBCASK_PKGS) $(LABEL_PKGS) libsodium))
CASK_MEDIUM = tools/cask-medium/main.c tools/cask-medium/open.c tools/cask-medium/run.c \
	tools/cask-medium/create.c tools/cask-medium/show.c tools/cask-medium/label.c \
	tools/cask-medium/verify.c tools/cask-medium/content.c tools/cask-medium/get.c \
	tools/cask-medium/backup.c tools/cask-medium/restore.c tools/cask-medium/mount.c tools/cask-medium/lend.c \
	tools/cask-medium/record.c tools/cask-medium/recording.c tools/cask-medium/source_stream.c \
	tools/cask-medium/source_http.c tools/cask-medium/source_datagram.c daemon/common/text.c \
	daemon/common/file.c
$(eval $(call program,cask-medium,$(CASK_MEDIUM) $(LABEL) $(PROGRAM) $(LIBCASK),\
	$(LIBCASK_PKGS) $(LABEL_PKGS) libsodium))
# A clock that says less than this is wrong.
$(BUILD)/obj/tools/caskctl/doctor_clock.o: CASK_CFLAGS += \
	-DCASK_BUILD_TIME=$(or $(SOURCE_DATE_EPOCH),$(shell date +%s))LL
CASK_PLAY = tools/cask-play/main.c tools/cask-play/player.c tools/cask-play/acquire.c \
	tools/cask-play/renew.c tools/cask-play/terms.c tools/cask-play/policy.c tools/cask-play/medium.c
$(eval $(call program,cask-play,$(CASK_PLAY) $(PROMPT) tools/common/words.c $(LIBCASK),$(LIBCASK_PKGS)))

# The library for programs of others: cask.h and this, with libcurl and jansson.
PROGRAMS += $(BUILD)/lib/libcask.a
$(BUILD)/lib/libcask.a: $(patsubst %.c,$(BUILD)/obj/%.o,$(LIBCASK))
	@mkdir -p $(@D)
	@echo "  AR      $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^
