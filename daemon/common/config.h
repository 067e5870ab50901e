/* SPDX-License-Identifier: GPL-2.0 */
/*
 * config.h - INI files read into a struct by a table.
 */
#ifndef CASK_CONFIG_H
#define CASK_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#define CASK_CONFIG_FILE_MAX	65536
#define CASK_CONFIG_VALUE_MAX	1024

enum cask_config_type {
	CASK_CONFIG_STRING,	/* char *, replaced and owned by the struct */
	CASK_CONFIG_U64,	/* uint64_t, decimal, within min and max */
	CASK_CONFIG_BOOL,	/* bool, "yes" or "no" */
};

/**
 * struct cask_config_item - where one setting goes
 * @section: without brackets
 * @name: of the setting
 * @type: how the value is read
 * @offset: offsetof() the field in the target struct
 * @min: least number, U64 only
 * @max: greatest number, U64 only
 */
struct cask_config_item {
	const char *section;
	const char *name;
	enum cask_config_type type;
	size_t offset;
	uint64_t min;
	uint64_t max;
};

int cask_config_read(const char *path, const struct cask_config_item *items, size_t count,
		     void *target);
void cask_config_free(const struct cask_config_item *items, size_t count, void *target);

#endif /* CASK_CONFIG_H */
