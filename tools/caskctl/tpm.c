// SPDX-License-Identifier: GPL-2.0
/*
 * tpm.c - the machine's TPM: of which kind it is, what was measured into it. Reads
 * sysfs, and asks the TPM itself one question.
 */
#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tpm.h"

#define CLASS		"/sys/class/tpm"
#define CHIPS_MAX	16
#define TEXT_MAX	256

/* Bits of TPMA_PERMANENT. */
#define OWNER_AUTH_SET	(1 << 0)
#define IN_LOCKOUT	(1 << 9)

static bool read_line(const char *path, char ret_line[TEXT_MAX])
{
	FILE *file = fopen(path, "re");
	bool found = file && fgets(ret_line, TEXT_MAX, file);

	if (file)
		fclose(file);
	return found;
}

/* The number of the first one, which is the kernel's default too; -1. */
static int first_chip(void)
{
	char path[64];

	for (int n = 0; n < CHIPS_MAX; n++) {
		snprintf(path, sizeof(path), CLASS "/tpm%d", n);
		if (!access(path, F_OK))
			return n;
	}
	return -1;
}

/* A device without a parent: there is no hardware below it. */
static bool is_virtual(int chip)
{
	char path[64], target[TEXT_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), CLASS "/tpm%d", chip);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return false;
	target[len] = 0;
	return strstr(target, "/virtual/");
}

static enum tpm_kind kind_of(int chip)
{
	char path[64], line[TEXT_MAX];

	if (is_virtual(chip))
		return TPM_VIRTUAL;
	snprintf(path, sizeof(path), CLASS "/tpm%d/tpm_version_major", chip);
	if (!read_line(path, line) || line[0] != '2')
		return TPM_OLD;
	snprintf(path, sizeof(path), CLASS "/tpm%d/pcr-sha256", chip);
	return access(path, F_OK) ? TPM_BANKLESS : TPM_READY;
}

static uint32_t read_measured(int chip)
{
	char path[64], line[TEXT_MAX];
	uint32_t measured = 0;

	for (int pcr = 0; pcr < TPM_PCRS; pcr++) {
		snprintf(path, sizeof(path), CLASS "/tpm%d/pcr-sha256/%d", chip, pcr);
		if (read_line(path, line) && line[strspn(line, "0")] != '\n')
			measured |= 1U << pcr;
	}
	return measured;
}

/* TPM2_GetCapability of TPM_PT_PERMANENT, one property. */
static bool ask_permanent(int chip, uint32_t *ret_bits)
{
	static const uint8_t command[] = {
		0x80, 0x01, 0, 0, 0, 22, 0, 0, 0x01, 0x7a,
		0, 0, 0, 6, 0, 0, 0x02, 0x00, 0, 0, 0, 1,
	};
	uint8_t answer[27];
	uint32_t bits;
	char path[64];
	bool ok;
	int fd;

	snprintf(path, sizeof(path), "/dev/tpmrm%d", chip);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = write(fd, command, sizeof(command)) == sizeof(command) &&
	     read(fd, answer, sizeof(answer)) == sizeof(answer) &&
	     !memcmp(answer + 6, "\0\0\0", 4);
	close(fd);
	memcpy(&bits, answer + 23, sizeof(bits));
	*ret_bits = be32toh(bits);
	return ok;
}

/**
 * tpm_look() - look at the machine's TPM
 * @ret_tpm: what is found
 */
void tpm_look(struct tpm *ret_tpm)
{
	struct tpm tpm = { .kind = TPM_ABSENT };
	int chip = first_chip();
	uint32_t bits;

	if (chip >= 0) {
		tpm.kind = kind_of(chip);
		tpm.measured = read_measured(chip);
	}
	if (tpm.kind == TPM_READY && ask_permanent(chip, &bits)) {
		tpm.asked = true;
		tpm.owner_password = bits & OWNER_AUTH_SET;
		tpm.lockout = bits & IN_LOCKOUT;
	}
	*ret_tpm = tpm;
}

/**
 * tpm_fault() - why the module does not take it
 * @kind: of the TPM
 *
 * Return: a sentence without a full stop; NULL for TPM_READY.
 */
const char *tpm_fault(enum tpm_kind kind)
{
	static const char *const faults[] = {
		[TPM_ABSENT] = "this machine has no TPM, or it is switched off in the firmware",
		[TPM_OLD] = "this machine's TPM is not a TPM 2.0",
		[TPM_VIRTUAL] = "this machine's TPM is played by a program of its own",
		[TPM_BANKLESS] = "this machine's TPM keeps no PCRs of SHA-256",
	};

	return kind == TPM_READY ? NULL : faults[kind];
}

/**
 * tpm_list() - numbers of PCRs, as tpm_parse() reads them
 * @pcrs: bits
 * @ret_text: "none" for none
 *
 * Return: @ret_text.
 */
const char *tpm_list(uint32_t pcrs, char ret_text[TPM_LIST_MAX])
{
	size_t len = 0;

	strcpy(ret_text, "none");
	for (int pcr = 0; pcr < TPM_PCRS; pcr++)
		if (pcrs & 1U << pcr)
			len += snprintf(ret_text + len, TPM_LIST_MAX - len, "%s%d", len ? "," : "",
					pcr);
	return ret_text;
}

/**
 * tpm_parse() - read numbers of PCRs
 * @text: "0,2,4"
 * @ret_pcrs: bits, written on success
 *
 * Return: whether they are numbers from 0 to 15.
 */
bool tpm_parse(const char *text, uint32_t *ret_pcrs)
{
	uint32_t pcrs = 0;
	unsigned long pcr;
	char *end;

	for (;; text = end + 1) {
		if (*text < '0' || *text > '9')
			return false;
		pcr = strtoul(text, &end, 10);
		if (pcr >= TPM_PCRS || (*end && *end != ','))
			return false;
		pcrs |= 1U << pcr;
		if (!*end)
			break;
	}
	*ret_pcrs = pcrs;
	return true;
}
