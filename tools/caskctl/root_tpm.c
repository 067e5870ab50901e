// SPDX-License-Identifier: GPL-2.0
/*
 * root_tpm.c - caskctl root make --tpm: have the module draw its root secret at the
 * next boot and seal it by the TPM. Only options are written: nobody but the kernel
 * sees the secret.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "root.h"
#include "tpm.h"

static const char unmeasured[] =
	"nothing measures command line and initial file system into these PCRs (8, 9 or 12 would "
	"be): the secret is given to whatever this kernel is booted with";

static int write_options(const struct root *root)
{
	char text[256];
	int ret;

	snprintf(text, sizeof(text),
		 "# By caskctl root make: the module is nothing without the root secret in the TPM.\n"
		 "options cask root=tpm tpm_pcrs=0x%x tpm_cap=%u\n", root->pcrs, root->cap);
	mkdir("/etc/modprobe.d", 0755);	/* if that fails, the file tells */
	ret = cask_file_create(ROOT_OPTIONS, text, strlen(text), 0644);
	errno = -ret;
	return ret;
}

static int done(const struct context *c, const struct root *root, const struct tpm *tpm)
{
	const char *warning = tpm->measured & root->pcrs & TPM_BOOT_PCRS ? NULL : unmeasured;
	char list[TPM_LIST_MAX];

	tpm_list(root->pcrs, list);
	if (c->json)
		return output_json(json_pack("{ss ss ss si ss*}", "file", ROOT_OPTIONS, "root", "tpm",
					     "pcrs", list, "cap", (int)root->cap, "warning", warning));
	printf("%s\nsealed by PCRs %s, capped by %u, once the initial file system was made anew "
	       "(update-initramfs -u) and booted\n", ROOT_OPTIONS, list, root->cap);
	if (warning)
		printf("warning: %s\n", warning);
	return STATUS_OK;
}

/* A PCR is the list of one. */
static int read_options(const struct context *c, const char *pcrs, const char *cap,
			struct root *root)
{
	uint32_t bit = 1U << ROOT_CAP;

	if (pcrs && !tpm_parse(pcrs, &root->pcrs))
		return arguments_usage(c, "--pcrs is numbers from 0 to 15 with commas between, "
				       "not \"%s\"", pcrs);
	if (cap && (!tpm_parse(cap, &bit) || bit & (bit - 1)))
		return arguments_usage(c, "--cap is a number from 0 to 15, not \"%s\"", cap);
	root->cap = __builtin_ctz(bit);
	return -1;
}

/**
 * root_make_tpm() - have the module keep its root secret by the TPM
 * @c: the command
 * @pcrs: a list, or NULL for the default
 * @cap: a number, or NULL for the default
 *
 * Return: the exit status.
 */
int root_make_tpm(const struct context *c, const char *pcrs, const char *cap)
{
	struct root root = { .pcrs = ROOT_PCRS };
	int ret = read_options(c, pcrs, cap, &root);
	struct tpm tpm;

	if (ret >= 0)
		return ret;
	if (!access(COMMAND_ROOT_SECRET, F_OK))
		return root_refused(c, "root-exists", "this device's root secret is in "
				    COMMAND_ROOT_SECRET);
	tpm_look(&tpm);
	if (tpm.kind != TPM_READY)
		return root_refused(c, "tpm-unfit", tpm_fault(tpm.kind));
	if (tpm.owner_password)
		return root_refused(c, "tpm-owner", "the TPM's owner has a password, which the "
				    "module does not know: tpm2_changeauth -c owner -p OLD");
	return write_options(&root) ? root_failed(c, ROOT_OPTIONS) : done(c, &root, &tpm);
}
