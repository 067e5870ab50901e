/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tpm.h - the machine's TPM, as caskctl root and caskctl doctor look at it.
 */
#ifndef CASKCTL_TPM_H
#define CASKCTL_TPM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* PCRs that nobody sets back before the next boot. */
#define TPM_PCRS	16
/* Longest text of tpm_list(), and its end. */
#define TPM_LIST_MAX	40

/* Who measures command line and initial file system has done it there. */
#define TPM_BOOT_PCRS	(1 << 8 | 1 << 9 | 1 << 12)

enum tpm_kind {
	TPM_READY,
	TPM_ABSENT,
	TPM_OLD,	/* 1.2 */
	TPM_VIRTUAL,	/* a program plays it */
	TPM_BANKLESS,	/* without PCRs of SHA-256 */
};

/**
 * struct tpm - a look at the TPM
 * @kind: the module takes TPM_READY only
 * @measured: bits of the PCRs that hold something
 * @asked: the rest is known: who asks must be root
 * @owner_password: the owner has one, so the module can make nothing
 * @lockout: too many wrong passwords; what Cask has there is not touched by it
 */
struct tpm {
	enum tpm_kind kind;
	uint32_t measured;
	bool asked;
	bool owner_password;
	bool lockout;
};

void tpm_look(struct tpm *ret_tpm);
const char *tpm_fault(enum tpm_kind kind);
const char *tpm_list(uint32_t pcrs, char ret_text[TPM_LIST_MAX]);
bool tpm_parse(const char *text, uint32_t *ret_pcrs);

#endif /* CASKCTL_TPM_H */
