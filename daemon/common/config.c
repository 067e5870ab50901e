// SPDX-License-Identifier: GPL-2.0
/*
 * config.c - INI files read into a struct by a table, with inih.
 */
#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "config.h"
#include "file.h"
#include "log.h"

struct reading {
	const char *path;
	const struct cask_config_item *items;
	size_t count;
	void *target;
	bool failed;
};

static int set_string(char **field, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

static int set_u64(uint64_t *field, const char *value, uint64_t min, uint64_t max)
{
	unsigned long long number;
	char *end;

	if (!*value || strspn(value, "0123456789") != strlen(value))
		return -EINVAL;
	errno = 0;
	number = strtoull(value, &end, 10);
	if (errno || number < min || number > max)
		return -ERANGE;
	*field = number;
	return 0;
}

static int set_bool(bool *field, const char *value)
{
	if (strcmp(value, "yes") && strcmp(value, "no"))
		return -EINVAL;
	*field = !strcmp(value, "yes");
	return 0;
}

static int set(const struct cask_config_item *item, void *target, const char *value)
{
	void *field = (char *)target + item->offset;

	if (strlen(value) > CASK_CONFIG_VALUE_MAX)
		return -EINVAL;
	switch (item->type) {
	case CASK_CONFIG_STRING:
		return set_string(field, value);
	case CASK_CONFIG_U64:
		return set_u64(field, value, item->min, item->max);
	case CASK_CONFIG_BOOL:
		return set_bool(field, value);
	}
	return -EINVAL;
}

/* inih's handler: nonzero is success. */
static int take(void *context, const char *section, const char *name, const char *value)
{
	struct reading *r = context;

	for (size_t i = 0; i < r->count; i++) {
		const struct cask_config_item *item = &r->items[i];

		if (strcmp(item->section, section) || strcmp(item->name, name))
			continue;
		if (!set(item, r->target, value))
			return 1;
		cask_err("%s: [%s] %s: \"%s\" is not allowed", r->path, section, name, value);
		r->failed = true;
		return 0;
	}
	cask_err("%s: [%s] %s: unknown setting", r->path, section, name);
	r->failed = true;
	return 0;
}

/**
 * cask_config_read() - read an INI file into a struct
 * @path: the file
 * @items: the settings there are; any other is an error
 * @count: of @items
 * @target: the struct, holding the defaults; its strings are malloc'ed or NULL
 *
 * What is wrong is logged with the file's name.
 *
 * Return: 0, -EINVAL for a malformed file, or -errno of reading it; @target may be partly changed
 * and is to be given to cask_config_free() in any case.
 */
int cask_config_read(const char *path, const struct cask_config_item *items, size_t count,
		     void *target)
{
	struct reading r = { .path = path, .items = items, .count = count, .target = target };
	_cleanup_free_ uint8_t *text = NULL;
	size_t size;
	int ret;

	ret = cask_file_read(path, CASK_CONFIG_FILE_MAX, &text, &size);
	if (ret) {
		cask_err("%s: %s", path, strerror(-ret));
		return ret;
	}
	ret = ini_parse_string((const char *)text, take, &r);
	if (!ret && !r.failed)
		return 0;
	cask_err("%s: line %d: not understood", path, ret);
	return -EINVAL;
}

/**
 * cask_config_free() - free the strings of a struct
 * @items: as given to cask_config_read()
 * @count: of @items
 * @target: its strings are freed and set to NULL
 */
void cask_config_free(const struct cask_config_item *items, size_t count, void *target)
{
	for (size_t i = 0; i < count; i++) {
		char **field = (char **)((char *)target + items[i].offset);

		if (items[i].type != CASK_CONFIG_STRING)
			continue;
		free(*field);
		*field = NULL;
	}
}
