# SPDX-License-Identifier: GPL-2.0

# What writes and reads the formats; programs that use it add FORMATS_PKGS.
PARSE = kmod/parse/object.c kmod/parse/cose.c kmod/parse/statement.c kmod/parse/content.c \
	kmod/parse/enrolment.c
FORMATS = daemon/common/object.c daemon/common/crypto.c daemon/common/text.c \
	daemon/common/pairwise.c daemon/common/hpke.c daemon/common/cose.c \
	daemon/common/statement.c daemon/common/license.c $(PARSE)
FORMATS_PKGS = libcrypto libcbor libsodium
