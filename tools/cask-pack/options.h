/* SPDX-License-Identifier: GPL-2.0 */
/* options.h - cask-pack's command line. */
#ifndef CASK_PACK_OPTIONS_H
#define CASK_PACK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "suite.h"

/**
 * struct options - what was asked for
 * @input: path, or "-"
 * @output: path
 * @key_out: file for the content key, or NULL
 * @key_in: file with the content key to use, or NULL
 * @category: file with the key that wraps it for a category, or NULL
 * @title: or NULL
 * @media_type: or NULL
 * @license_url: or NULL
 * @issuer: thumbprint of the distributor's root key
 * @has_issuer: whether it was given
 * @prefix: what its scope's content ids begin with
 * @prefix_size: bytes of it, 0 when none is known
 * @content_id: of the content
 * @has_content_id: whether it was given
 * @suite: of the file
 * @block_size: plaintext bytes of a block
 * @force: replace files
 * @json: describe the result as JSON
 * @quiet: no progress, no summary
 */
struct options {
	const char *input;
	const char *output;
	const char *key_out;
	const char *key_in;
	const char *category;
	const char *title;
	const char *media_type;
	const char *license_url;
	uint8_t issuer[CASK_KID_SIZE];
	bool has_issuer;
	uint8_t prefix[CASK_ID_SIZE];
	size_t prefix_size;
	uint8_t content_id[CASK_ID_SIZE];
	bool has_content_id;
	const struct suite *suite;
	uint32_t block_size;
	bool force;
	bool json;
	bool quiet;
};

/* Exit statuses of the program. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

void options_parse(struct options *o, int argc, char **argv);

#endif /* CASK_PACK_OPTIONS_H */
