// SPDX-License-Identifier: GPL-2.0
/* suite.c - the table of suites. */
#include <string.h>

#include "cleanup.h"
#include "suite.h"

static const struct suite suites[] = {
	{ CASK_SUITE_AES_128_GCM, "aes-128-gcm", "A128GCM", CASK_OPERATION_FILE,
	  CASK_GCM_IV_SIZE + CASK_SEED_SIZE, 1, CASK_GCM_TAG_SIZE },
	{ CASK_SUITE_AES_128_CBC, "aes-128-cbc", "A128CBC", CASK_OPERATION_FILE,
	  CASK_CBC_IV_SIZE + CASK_SEED_SIZE, 16, 0 },
	{ CASK_SUITE_RAW_AES_128_CTR, "raw-aes-128-ctr", "A128CTR", CASK_OPERATION_DECRYPT,
	  0, 1, 0 },
	{ CASK_SUITE_RAW_AES_128_CBC, "raw-aes-128-cbc", "A128CBC", CASK_OPERATION_DECRYPT,
	  0, 1, 0 },
	{ CASK_SUITE_RAW_AES_128_GCM, "raw-aes-128-gcm", "A128GCM", CASK_OPERATION_DECRYPT,
	  0, 1, 0 },
	{ CASK_SUITE_MEDIUM_CLASS, "medium-class", "", CASK_OPERATION_MEDIUM, 0, 1, 0 },
};

/**
 * suite_find() - a suite by its number
 * @id: enum cask_suite
 *
 * Return: a constant, or NULL.
 */
const struct suite *suite_find(uint32_t id)
{
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		if (suites[i].id == id)
			return &suites[i];
	return NULL;
}

/**
 * suite_named() - a suite by its name
 * @name: as people write it
 *
 * Return: a constant, or NULL.
 */
const struct suite *suite_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		if (!strcmp(suites[i].name, name))
			return &suites[i];
	return NULL;
}
