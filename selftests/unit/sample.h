/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sample.h - one right sample of each format, and readers of them by the parsers
 * that the module runs, which note all that a parse gives.
 */
#ifndef CASK_SELFTESTS_SAMPLE_H
#define CASK_SELFTESTS_SAMPLE_H

#include <stdbool.h>

#include "forge.h"

#define HEAD_SIZE	sizeof(struct cask_head)
#define SECTION_SIZE	sizeof(struct cask_section)

/* Every number and byte that a parse gives, in one order, to compare parses by. */
struct digest {
	uint8_t bytes[16384];
	size_t size;
};

enum { GRANT, SCOPE, LICENSE, REANCHOR, CONTENT, LINK, ENROLMENT, RSA_STATEMENT, P256_STATEMENT,
	RSA_KEY, P256_KEY, MEDIUM, LAYER, BACKUP, TWOKEY, SYNCHRONISE, EKB, LEAF, METERED, REPORT,
	ACKNOWLEDGEMENT, EXPORTED, SAMPLES };

/**
 * struct sample - a right one
 * @name: what it is
 * @read: parse it
 * @is_object: whether it has a head and sections
 * @bytes: the sample
 */
struct sample {
	const char *name;
	int (*read)(const uint8_t *data, size_t size, struct digest *d);
	bool is_object;
	struct forge_bytes bytes;
};

extern struct sample samples[SAMPLES];

void sample_all(void);
void sample_free(void);
int sample_read(const struct sample *s, const void *data, size_t size, struct digest *d);
int sample_write(const char *dir);

#endif /* CASK_SELFTESTS_SAMPLE_H */
