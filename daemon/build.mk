# SPDX-License-Identifier: GPL-2.0

# What writes and reads the formats; programs that use it add FORMATS_PKGS.
PARSE = kmod/parse/object.c kmod/parse/cose.c kmod/parse/statement.c kmod/parse/slot.c kmod/parse/content.c \
	kmod/parse/enrolment.c kmod/parse/medium.c kmod/parse/twokey.c kmod/parse/report.c \
	kmod/parse/exported.c
# Trees of devices and EKBs, as the issuer makes them and a device opens them.
EKB_PARSE = kmod/parse/cover.c kmod/parse/ekb.c
EKB = $(EKB_PARSE) kmod/secret/ekb.c kmod/secret/keywrap.c daemon/common/aes.c daemon/common/category.c
AREA = kmod/area/records.c kmod/area/loss.c kmod/area/window.c kmod/area/log.c kmod/area/slot.c kmod/area/commit.c
FORMATS = daemon/common/object.c daemon/common/crypto.c daemon/common/text.c \
	daemon/common/pairwise.c daemon/common/hpke.c daemon/common/cose.c \
	daemon/common/statement.c daemon/common/license.c daemon/common/medium.c daemon/common/suite.c \
	daemon/common/report.c daemon/common/twokey.c daemon/common/link.c $(PARSE) $(AREA) $(EKB)
FORMATS_PKGS = libcrypto libcbor libsodium

CASKD = daemon/caskd/main.c daemon/caskd/api.c daemon/caskd/api_status.c daemon/caskd/validity.c daemon/caskd/register.c \
	daemon/caskd/api_reanchor.c daemon/caskd/api_password.c daemon/caskd/api_word.c daemon/caskd/enrolling.c \
	daemon/caskd/api_license.c daemon/caskd/api_content.c daemon/caskd/api_event.c daemon/caskd/acquire.c daemon/caskd/turn.c \
	daemon/caskd/api_medium.c daemon/caskd/media.c daemon/caskd/ask.c \
	daemon/caskd/restore.c daemon/caskd/reanchor.c daemon/caskd/synchronise.c daemon/caskd/word.c \
	daemon/caskd/refresh.c daemon/caskd/delivery.c daemon/caskd/leaves.c \
	daemon/caskd/download.c daemon/caskd/block.c daemon/caskd/payer.c \
	daemon/caskd/distributor.c daemon/caskd/holding.c daemon/caskd/store.c daemon/caskd/store_distributor.c \
	daemon/caskd/store_license.c daemon/caskd/pending.c daemon/caskd/events.c \
	daemon/caskd/server.c daemon/caskd/request.c daemon/caskd/stream.c daemon/caskd/problem.c \
	daemon/caskd/netlink.c daemon/caskd/agent.c daemon/caskd/area.c daemon/caskd/family.c
CASKD_COMMON = daemon/common/http.c daemon/common/http_request.c daemon/common/deadline.c daemon/common/crowd.c \
	daemon/common/held.c \
	daemon/common/reply.c daemon/common/reply_file.c daemon/common/listen.c \
	daemon/common/service.c daemon/common/log.c daemon/common/file.c \
	daemon/common/json.c daemon/common/signature.c daemon/common/text.c daemon/common/crypto.c \
	tools/lib/piece.c tools/lib/resume.c tools/lib/error.c tools/lib/text.c $(PARSE) $(EKB_PARSE)
CASKD_PKGS = libnl-genl-3.0 libcurl libmicrohttpd jansson libcrypto libsodium
$(eval $(call program,caskd,$(CASKD) $(CASKD_COMMON),$(CASKD_PKGS)))

SERVER = $(wildcard daemon/server/*.c daemon/server/*/*.c)
SERVER_COMMON = daemon/common/http.c daemon/common/http_request.c daemon/common/deadline.c daemon/common/crowd.c \
	daemon/common/held.c \
	daemon/common/reply.c daemon/common/reply_file.c daemon/common/listen.c \
	daemon/common/service.c daemon/common/log.c daemon/common/file.c \
	daemon/common/json.c daemon/common/config.c daemon/common/signature.c daemon/common/jwk.c \
	tools/lib/label.c tools/common/prompt.c tools/common/words.c $(FORMATS)
SERVER_PKGS = libmicrohttpd sqlite3 libpq jansson inih $(FORMATS_PKGS)
$(eval $(call program,cask-server,$(SERVER) $(SERVER_COMMON),$(SERVER_PKGS)))
$(BUILD)/obj/daemon/server/db/schema.o: $(wildcard daemon/server/db/schema/*.sql)
