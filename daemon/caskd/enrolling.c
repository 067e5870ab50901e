// SPDX-License-Identifier: GPL-2.0
/*
 * enrolling.c - the registration that is under way, if one is.
 *
 *	DIR/enrolling		SHA-256 of what it was begun with, a blank, its id at the server
 *
 * The user may take time to say what the server wants to know, the connection break, caskd be
 * started anew: begun with the same again, it goes on. What the user says is nowhere here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cleanup.h"
#include "crypto.h"
#include "enrolling.h"
#include "file.h"
#include "log.h"
#include "text.h"

#define CLAIM_TEXT_SIZE	TEXT_HEX_SIZE(ENROLLING_CLAIM_SIZE)
#define LINE_MAX_HERE	(CLAIM_TEXT_SIZE + SERVER_ENROLMENT_MAX + 1)

static char *path;

/**
 * enrolling_open() - know where it is kept
 * @state: caskd's own directory
 *
 * Return: 0 or -ENOMEM.
 */
int enrolling_open(const char *state)
{
	path = cask_file_path(state, "enrolling");
	return path ? 0 : -ENOMEM;
}

/**
 * enrolling_close() - forget where it is
 */
void enrolling_close(void)
{
	free(path);
	path = NULL;
}

static struct iovec text_part(const char *text)
{
	/* With the zero: no part runs into the next. */
	return (struct iovec){ (void *)(text ? text : ""), text ? strlen(text) + 1 : 0 };
}

/**
 * enrolling_claim() - what tells a registration from others
 * @url: of the server
 * @voucher: what speaks for the device
 * @device_key: of the device
 * @ret_claim: a hash, from which nothing of it can be had
 *
 * Return: 0 or -errno.
 */
int enrolling_claim(const char *url, const struct server_voucher *voucher,
		    const uint8_t device_key[CASK_X25519_SIZE],
		    uint8_t ret_claim[ENROLLING_CLAIM_SIZE])
{
	const struct iovec parts[] = {
		{ (void *)device_key, CASK_X25519_SIZE }, text_part(url),
		text_part(voucher->token), text_part(voucher->certificate),
	};

	return crypto_sha256v(parts, ARRAY_SIZE(parts), ret_claim);
}

/**
 * enrolling_find() - whether it is the one that is under way
 * @claim: of enrolling_claim()
 * @ret_id: of the enrolment at the server
 *
 * Return: whether.
 */
bool enrolling_find(const uint8_t claim[ENROLLING_CLAIM_SIZE], char ret_id[SERVER_ENROLMENT_MAX + 1])
{
	_cleanup_free_ uint8_t *line = NULL;
	char text[CLAIM_TEXT_SIZE];
	const char *id;
	size_t size;

	text_hex(claim, ENROLLING_CLAIM_SIZE, text);
	if (cask_file_read(path, LINE_MAX_HERE, &line, &size) || size < CLAIM_TEXT_SIZE ||
	    memcmp(line, text, CLAIM_TEXT_SIZE - 1) || line[CLAIM_TEXT_SIZE - 1] != ' ')
		return false;
	id = (const char *)line + CLAIM_TEXT_SIZE;
	if (!server_is_segment(id) || strlen(id) > SERVER_ENROLMENT_MAX)
		return false;
	strcpy(ret_id, id);
	return true;
}

/**
 * enrolling_put() - one is under way now
 * @claim: of enrolling_claim()
 * @id: of the enrolment at the server
 *
 * If it cannot be kept the registration goes on all the same, and begins anew if it breaks off.
 */
void enrolling_put(const uint8_t claim[ENROLLING_CLAIM_SIZE], const char *id)
{
	char line[LINE_MAX_HERE];
	int length, err;

	text_hex(claim, ENROLLING_CLAIM_SIZE, line);
	length = CLAIM_TEXT_SIZE - 1;
	length += snprintf(line + length, sizeof(line) - length, " %s", id);
	err = cask_file_write(path, line, length, 0600);
	if (err)
		cask_warn("%s: %s", path, strerror(-err));
}

/**
 * enrolling_end() - none is under way any more
 */
void enrolling_end(void)
{
	if (unlink(path) && errno != ENOENT)
		cask_warn("%s: %s", path, strerror(errno));
}
