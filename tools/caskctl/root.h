/* SPDX-License-Identifier: GPL-2.0 */
/*
 * root.h - what the commands of caskctl root, and the doctor, share.
 */
#ifndef CASKCTL_ROOT_H
#define CASKCTL_ROOT_H

#include "command.h"

/* With what the kernel loads the module, whoever has it do so. */
#define ROOT_OPTIONS	"/etc/modprobe.d/cask-root.conf"
/* What the initial file system said when it loaded the module: "loaded", or why not. */
#define ROOT_EARLY	"/run/cask/initramfs"
#define ROOT_WORD_MAX	32

/* The module's parameters, when none are given. */
#define ROOT_PCRS	(1 << 0 | 1 << 2 | 1 << 4 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 12)
#define ROOT_CAP	14

/**
 * struct root - a root, as options ask for it or as it is loaded
 * @name: "ephemeral", "keyring", "tpm"; "" for no module
 * @pcrs: of "tpm": bits of the PCRs that it is sealed by, but @cap
 * @cap: of "tpm": the PCR that is extended once the secret was had
 */
struct root {
	char name[ROOT_WORD_MAX];
	uint32_t pcrs;
	uint32_t cap;
};

extern const struct command command_root_show;	/* root_show.c */

void root_wanted(struct root *ret_root);
void root_loaded(struct root *ret_root);

/* root.c */
int root_failed(const struct context *c, const char *path);
int root_refused(const struct context *c, const char *code, const char *text);

/* root_tpm.c */
int root_make_tpm(const struct context *c, const char *pcrs, const char *cap);

#endif /* CASKCTL_ROOT_H */
