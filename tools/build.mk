# SPDX-License-Identifier: GPL-2.0

PACK = tools/cask-pack/pack.c tools/cask-pack/output.c tools/cask-pack/media.c \
	tools/cask-pack/progress.c tools/cask-pack/options.c
$(eval $(call program,cask-pack,tools/cask-pack/main.c $(PACK) daemon/common/jwk.c \
	daemon/common/file.c daemon/common/json.c $(FORMATS),jansson libmagic $(FORMATS_PKGS)))
