// SPDX-License-Identifier: GPL-2.0
/*
 * show.c - caskctl show: the head of a .cask file. Asks nobody.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static json_t *hex(const uint8_t *data, size_t size)
{
	char text[CASK_KID_TEXT_SIZE];

	return json_string(cask_hex(data, size, text));
}

static const char *suite_name(uint32_t suite)
{
	return suite == CASK_SUITE_AES_128_GCM ? "AES-128-GCM" :
	       suite == CASK_SUITE_AES_128_CBC ? "AES-128-CBC" : "unknown";
}

static json_t *to_json(const struct cask_header *h)
{
	json_t *json = json_pack("{so so ss ss ss sI sI sI}",
				 "content_id", hex(h->content_id, sizeof(h->content_id)),
				 "issuer", hex(h->issuer, sizeof(h->issuer)),
				 "media_type", h->media_type, "title", h->title,
				 "suite", suite_name(h->suite),
				 "block_size", (json_int_t)h->block_size,
				 "size", (json_int_t)h->plain_size,
				 "data_offset", (json_int_t)h->data_offset);

	if (h->has_license)
		json_object_set_new(json, "link_license",
				    hex(h->license_id, sizeof(h->license_id)));
	if (h->url[0])
		json_object_set_new(json, "link_url", json_string(h->url));
	return json;
}

static void print(const struct cask_header *h)
{
	char number[64];

	output_hex("content", h->content_id, sizeof(h->content_id));
	output_hex("issuer", h->issuer, sizeof(h->issuer));
	if (h->title[0])
		output_field("title", h->title);
	output_field("media type", h->media_type);
	snprintf(number, sizeof(number), "%" PRIu64 " bytes", h->plain_size);
	output_field("plaintext", number);
	snprintf(number, sizeof(number), "%s, blocks of %u bytes", suite_name(h->suite),
		 h->block_size);
	output_field("encryption", number);
	if (h->has_license)
		output_hex("license hint", h->license_id, sizeof(h->license_id));
	if (h->url[0])
		output_field("server hint", h->url);
}

static int run(struct context *c, int argc, char **argv)
{
	struct cask_header header;
	int fd, ret;

	ret = arguments_parse(c, argc, argv, NULL, 0, 1);
	if (ret >= 0)
		return ret;
	fd = open(argv[optind], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return output_file_error(c, argv[optind], -errno, strerror(errno));
	ret = cask_header_read(fd, &header);
	close(fd);
	if (ret)
		return output_file_error(c, argv[optind], ret, cask_strerror(ret));
	if (c->json)
		return output_json(to_json(&header));
	print(&header);
	return STATUS_OK;
}

const struct command command_show = {
	.name = "show",
	.arguments = "FILE.cask",
	.summary = "the head of a file, as it says itself",
	.details = "",
	.run = run,
};
