// SPDX-License-Identifier: GPL-2.0
/*
 * verify.c - cask-medium verify: whether all three layers of a medium are in order.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "medium.h"

/**
 * struct findings - what was looked at
 * @list: {"what", "good", "detail"}
 * @bad: how many were not good
 */
struct findings {
	json_t *list;
	unsigned int bad;
};

static void found(struct findings *f, const char *what, bool good, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static void found(struct findings *f, const char *what, bool good, const char *format, ...)
{
	char detail[256];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	f->bad += !good;
	json_array_append_new(f->list, json_pack("{ss sb ss}", "what", what, "good", good,
						 "detail", detail));
}

static void check_license(struct findings *f, const struct cask_medium_license *license)
{
	char id[CASK_ID_TEXT_SIZE];

	cask_hex(license->license_id, sizeof(license->license_id), id);
	if (license->error)
		found(f, "license", false, "%s: %s (%s)", id, cask_medium_strerror(license->error),
		      strerrorname_np(license->error));
	else
		found(f, "license", true, "%s: opens", id);
}

static void check_licenses(struct findings *f, const struct medium *m)
{
	struct cask_medium_license license;
	int err;

	for (uint32_t i = 0; ; i++) {
		err = cask_medium_get_license(m->handle, i, &license);
		if (err)
			break;
		check_license(f, &license);
	}
	if (err != -ENOENT)
		found(f, "licenses", false, "%s", cask_medium_strerror(err));
}

static void check_second(struct findings *f, const struct medium *m)
{
	struct cask_medium_info info;
	int err = cask_medium_get_info(m->handle, &info);

	if (!err)
		err = medium_state_error(info.state);
	if (err) {
		found(f, "second layer", false, "%s (%s)", cask_medium_strerror(err),
		      strerrorname_np(-err));
		return;
	}
	found(f, "second layer", true, "image %" PRIu64 " can be read, %" PRIu32 " licenses",
	      (uint64_t)info.counter, info.licenses);
	check_licenses(f, m);
}

/* e2fsck looks and changes nothing; 4 is that there is something to mend. */
static int check_third(struct findings *f, const struct medium *m)
{
	char where[64];
	const char *const words[] = { "e2fsck", "-n", "-f", where, NULL };
	int status, err;

	snprintf(where, sizeof(where), RUN_FILE "?offset=%" PRIu64, m->head.third_offset);
	err = run_program(words, m->fd, &status);
	if (err)
		return err;
	if (status == 127)
		found(f, "third layer", false, "e2fsck is not there (package e2fsprogs)");
	else if (status)
		found(f, "third layer", false, "e2fsck finds the file system damaged, or none "
		      "(status %d)", status);
	else
		found(f, "third layer", true, "the file system is in order");
	return 0;
}

static void print(const struct findings *f)
{
	const json_t *one;
	size_t i;

	json_array_foreach(f->list, i, one) {
		printf("%-4s", json_is_true(json_object_get(one, "good")) ? "ok" : "BAD");
		output_field(output_get(one, "what"), output_get(one, "detail"));
	}
}

static int verify(struct context *c, const struct medium *m)
{
	struct findings f = { .list = json_array() };
	int err;

	/* The kernel has opened it: so its MAC is right. */
	found(&f, "first layer", true, "authentic");
	check_second(&f, m);
	err = check_third(&f, m);
	if (err) {
		json_decref(f.list);
		return output_file_error(c, m->path, err, strerror(-err));
	}
	if (c->json) {
		output_json(json_pack("{sb so}", "good", !f.bad, "findings", f.list));
	} else {
		print(&f);
		json_decref(f.list);
	}
	return f.bad ? STATUS_FAILED : STATUS_OK;
}

static int run(struct context *c, int argc, char **argv)
{
	struct medium m;
	int ret = arguments_parse(c, argc, argv, NULL, 0, 1);

	if (ret >= 0)
		return ret;
	if (medium_open(c, argv[optind], O_RDONLY, &m))
		return STATUS_FAILED;
	ret = verify(c, &m);
	medium_close(&m);
	return ret;
}

const struct command command_verify = {
	.name = "verify",
	.arguments = "MEDIUM",
	.summary = "whether all three layers are in order; changes nothing",
	.details = "",
	.run = run,
};
