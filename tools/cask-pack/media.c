// SPDX-License-Identifier: GPL-2.0
/* media.c - guess a media type from the first bytes, by libmagic. */
#include <stdio.h>
#include <string.h>
#include <magic.h>

#include "media.h"

/* RFC 6838's restricted-name, with a first character that any may be. */
#define NAME_CHARACTERS	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+"
#define NAME_MAX_SIZE	127

static size_t name_size(const char *text)
{
	size_t n = strspn(text, NAME_CHARACTERS);

	return n <= NAME_MAX_SIZE ? n : 0;
}

/**
 * media_valid() - whether a text looks like a media type
 * @type: e.g. video/mp4; codecs="avc1.640028"
 *
 * Return: whether it is type/subtype, alone or with parameters behind a semicolon.
 */
bool media_valid(const char *type)
{
	size_t n = name_size(type), m;

	if (!n || type[n] != '/')
		return false;
	m = name_size(type + n + 1);
	if (!m || strlen(type) > CASK_TEXT_MAX)
		return false;
	type += n + 1 + m;
	type += strspn(type, " ");
	return !*type || *type == ';';
}

static const char *ask(magic_t magic, const void *head, size_t size)
{
	if (!magic || magic_load(magic, NULL))
		return NULL;
	return magic_buffer(magic, head, size);
}

/**
 * media_guess() - guess a media type
 * @head: first bytes of the content
 * @size: how many
 * @ret_type: the type; MEDIA_DEFAULT when there is no telling
 */
void media_guess(const void *head, size_t size, char ret_type[CASK_TEXT_MAX + 1])
{
	magic_t magic = size ? magic_open(MAGIC_MIME_TYPE) : NULL;
	const char *type = ask(magic, head, size);

	if (!type || !media_valid(type))
		type = MEDIA_DEFAULT;
	snprintf(ret_type, CASK_TEXT_MAX + 1, "%s", type);
	if (magic)
		magic_close(magic);
}
