// SPDX-License-Identifier: GPL-2.0
/*
 * show.c - cask-medium show: what a medium is, its state, and the licenses on it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "medium.h"

static const char *state_name(uint32_t state)
{
	static const char *const names[] = {
		[CASK_MEDIUM_GOOD] = "good", [CASK_MEDIUM_LOST] = "lost",
		[CASK_MEDIUM_STALE] = "stale", [CASK_MEDIUM_FOREIGN] = "foreign",
		[CASK_MEDIUM_GONE] = "gone",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

static const char *state_words(uint32_t state)
{
	switch (state) {
	case CASK_MEDIUM_GOOD:
		return "good";
	case CASK_MEDIUM_LOST:
		return "its second layer is lost; cask-medium restore";
	case CASK_MEDIUM_STALE:
		return "an older copy of a medium that went on elsewhere";
	case CASK_MEDIUM_FOREIGN:
		return "its second layer is another apparatus's";
	case CASK_MEDIUM_GONE:
		return "not there any more";
	default:
		return "unknown to this program";
	}
}

static json_t *hex(const uint8_t *data, size_t size)
{
	char text[CASK_KID_TEXT_SIZE];

	return json_string(cask_hex(data, size, text));
}

static json_t *seconds(uint64_t time)
{
	return time ? json_integer(time) : json_null();
}

static const char *copy_name(uint32_t copy)
{
	static const char *const names[] = {
		[CASK_COPY_EXPORTED] = "exported", [CASK_COPY_LENT] = "checked-out",
		[CASK_COPY_LENT_ELSEWHERE] = "checked-out-elsewhere",
	};

	return copy < sizeof(names) / sizeof(names[0]) ? names[copy] : "unknown";
}

static json_t *license_json(const struct cask_medium_license *l)
{
	json_t *json = json_pack("{so so so so so}",
				 "license_id", hex(l->license_id, sizeof(l->license_id)),
				 "content_id", hex(l->content_id, sizeof(l->content_id)),
				 "issuer", hex(l->issuer, sizeof(l->issuer)),
				 "not_before", seconds(l->not_before),
				 "not_after", seconds(l->not_after));

	if (l->opens_max != CASK_OPENS_ANY) {
		json_object_set_new(json, "max_opens", json_integer(l->opens_max));
		json_object_set_new(json, "opens_left", json_integer(l->opens_left));
	}
	if (l->copy)
		json_object_set_new(json, "copy", json_string(copy_name(l->copy)));
	if (l->error)
		json_object_set_new(json, "errno", json_string(strerrorname_np(l->error)));
	return json;
}

static int list(const struct medium *m, json_t *array)
{
	struct cask_medium_license license;
	int err;

	for (uint32_t i = 0; ; i++) {
		err = cask_medium_get_license(m->handle, i, &license);
		if (err)
			return err == -ENOENT ? 0 : err;
		json_array_append_new(array, license_json(&license));
	}
}

static json_t *medium_json(const struct cask_medium_info *info, bool locked, json_t *licenses)
{
	char label[CASK_LABEL_MAX];
	json_t *json = json_pack("{so ss so so ss sI so sI sI sI sI}",
		"number", hex(info->number, sizeof(info->number)),
		"label", cask_label_text(info->number, sizeof(info->number), label),
		"class_id", hex(info->class_id, sizeof(info->class_id)),
		"issuer", hex(info->issuer, sizeof(info->issuer)),
		"state", state_name(info->state), "counter", (json_int_t)info->counter,
		"licenses", licenses, "slot_size", (json_int_t)info->slot_size,
		"used", (json_int_t)info->used, "third_offset", (json_int_t)info->third_offset,
		"third_size", (json_int_t)info->third_size);

	if (locked)
		json_object_set_new(json, "apparatus",
				    hex(info->apparatus, sizeof(info->apparatus)));
	return json;
}

static void print_license(const json_t *l)
{
	const json_t *left = json_object_get(l, "opens_left");
	const char *name = output_get(l, "errno");

	putchar('\n');
	output_field("license", output_get(l, "license_id"));
	output_field("content", output_get(l, "content_id"));
	output_field("issuer", output_get(l, "issuer"));
	if (*output_get(l, "copy"))
		output_field("copy", output_get(l, "copy"));
	output_time("valid from", json_object_get(l, "not_before"), "always");
	output_time("valid until", json_object_get(l, "not_after"), "for ever");
	if (left)
		printf("%-14s %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT "\n", "openings left",
		       json_integer_value(left),
		       json_integer_value(json_object_get(l, "max_opens")));
	printf("%-14s %s%s%s%s\n", "opens", *name ? "no: " : "yes",
	       *name ? cask_medium_strerror(cask_errno_by_name(name)) : "", *name ? ", " : "", name);
}

static void print(const json_t *json, const struct cask_medium_info *info)
{
	const json_t *license;
	char size[32];
	size_t i;

	output_field("number", output_get(json, "label"));
	output_field("in hex", output_get(json, "number"));
	output_field("class", output_get(json, "class_id"));
	output_field("issuer", output_get(json, "issuer"));
	if (*output_get(json, "apparatus"))
		output_field("apparatus", output_get(json, "apparatus"));
	output_field("state", state_words(info->state));
	printf("%-14s image %" PRIu64 ", %" PRIu32 " of %" PRIu32 " bytes\n", "second layer",
	       (uint64_t)info->counter, info->used, info->slot_size);
	output_size(size, sizeof(size), info->third_size);
	printf("%-14s %s at %" PRIu64 "\n", "third layer", size, (uint64_t)info->third_offset);
	json_array_foreach(json_object_get(json, "licenses"), i, license)
		print_license(license);
}

static int show(struct context *c, const struct medium *m)
{
	json_t *licenses = json_array(), *json;
	struct cask_medium_info info;
	int err = cask_medium_get_info(m->handle, &info);

	if (!err && info.state == CASK_MEDIUM_GOOD)
		err = list(m, licenses);
	if (err) {
		json_decref(licenses);
		return medium_failed(c, m->path, err);
	}
	json = medium_json(&info, m->head.locked, licenses);
	if (c->json)
		return output_json(json);
	print(json, &info);
	json_decref(json);
	return STATUS_OK;
}

static int run(struct context *c, int argc, char **argv)
{
	struct medium m;
	int ret = arguments_parse(c, argc, argv, NULL, 0, 1);

	if (ret >= 0)
		return ret;
	if (medium_open(c, argv[optind], O_RDONLY, &m))
		return STATUS_FAILED;
	ret = show(c, &m);
	medium_close(&m);
	return ret;
}

const struct command command_show = {
	.name = "show",
	.arguments = "MEDIUM",
	.summary = "number, class and state of a medium, and the licenses on it",
	.details = "",
	.run = run,
};
