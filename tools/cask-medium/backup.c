// SPDX-License-Identifier: GPL-2.0
/*
 * backup.c - cask-medium backup: what the second layer holds, sealed by the kernel, into
 * a file. It opens for the medium of its number only, and for nobody's eyes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "file.h"
#include "medium.h"
#include "text.h"

/**
 * struct name - a word of the command line and its number
 * @name: the word
 * @value: of an enum
 */
struct name {
	const char *name;
	uint32_t value;
};

static const struct name derivations[] = {
	{ "number", CASK_DERIVATION_NUMBER }, { "individual", CASK_DERIVATION_INDIVIDUAL },
	{ "enciphered", CASK_DERIVATION_ENCIPHERED }, { NULL, 0 }
};

static const struct name locks[] = {
	{ "medium", CASK_LOCKS_MEDIUM }, { "medium-apparatus", CASK_LOCKS_MEDIUM_APPARATUS },
	{ "apparatus-medium", CASK_LOCKS_APPARATUS_MEDIUM }, { NULL, 0 }
};

static int find(const struct context *c, const struct name *names, const char *word,
		uint32_t *ret)
{
	for (; names->name; names++) {
		if (strcmp(names->name, word))
			continue;
		*ret = names->value;
		return -1;
	}
	return arguments_usage(c, "\"%s\" is not understood", word);
}

/* In hex, or as it stands on a label. */
static int take_apparatus(const struct context *c, const char *text, uint8_t ret[CASK_X25519_SIZE])
{
	unsigned int group;
	int err;

	if (!text_from_hex(text, ret, CASK_X25519_SIZE))
		return -1;
	err = cask_label_parse(text, CASK_X25519_SIZE, ret, &group);
	if (err == -EBADMSG)
		return arguments_usage(c, "the apparatus number is mistyped in group %u", group);
	return err ? arguments_usage(c, "an apparatus number is 64 hex digits, or a label's text") :
		     -1;
}

/**
 * backup_path() - where a backup is
 * @m: whose
 * @path: a file, or a directory: there it is named after the medium, so that one
 *	directory can hold those of many
 *
 * Return: allocated, or NULL without memory.
 */
char *backup_path(const struct medium *m, const char *path)
{
	char number[CASK_ID_TEXT_SIZE], *out;
	struct stat st;

	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return strdup(path);
	cask_hex(m->head.number, sizeof(m->head.number), number);
	return asprintf(&out, "%s/%s" BACKUP_SUFFIX, path, number) < 0 ? NULL : out;
}

static int write_backup(const struct context *c, const struct medium *m,
			const struct cask_medium_backup *backup, const char *path)
{
	_cleanup_free_ char *file = backup_path(m, path);
	int err = file ? cask_file_write(file, (void *)(uintptr_t)backup->data, backup->size, 0644) :
			 -ENOMEM;

	return err ? output_file_error(c, file ? file : path, err, strerror(-err)) : STATUS_OK;
}

/**
 * backup_make() - make a backup of a medium's second layer
 * @c: the command
 * @m: open
 * @form: how
 * @path: file to make or replace, or a directory for it
 *
 * Return: exit status.
 */
int backup_make(const struct context *c, const struct medium *m, const struct backup_form *form,
		const char *path)
{
	_cleanup_free_ void *data = malloc(CASK_BACKUP_MAX);
	struct cask_medium_backup backup = {
		.data = (uintptr_t)data, .size = CASK_BACKUP_MAX, .derivation = form->derivation,
		.locks = form->locks,
	};
	int err;

	memcpy(backup.apparatus, form->apparatus, sizeof(backup.apparatus));
	err = data ? cask_medium_backup(m->handle, &backup) : -ENOMEM;
	return err ? medium_failed(c, m->path, err) : write_backup(c, m, &backup, path);
}

static int take_form(const struct context *c, const char *derivation, const char *lock,
		     const char *apparatus, struct backup_form *form)
{
	int ret = find(c, derivations, derivation ? derivation : "number", &form->derivation);

	/* An apparatus that is named is a lock that is wanted. */
	if (!lock)
		lock = apparatus ? "medium-apparatus" : "medium";
	if (ret < 0)
		ret = find(c, locks, lock, &form->locks);
	if (ret < 0 && apparatus)
		ret = form->locks == CASK_LOCKS_MEDIUM ?
		      arguments_usage(c, "--apparatus wants an apparatus's lock") :
		      take_apparatus(c, apparatus, form->apparatus);
	return ret;
}

static int run(struct context *c, int argc, char **argv)
{
	const char *derivation = NULL, *lock = NULL, *apparatus = NULL;
	const struct argument own[] = {
		{ "derivation", &derivation, NULL, false }, { "locks", &lock, NULL, false },
		{ "apparatus", &apparatus, NULL, false },
	};
	struct backup_form form = { 0 };
	struct medium m;
	int ret = arguments_parse(c, argc, argv, own, 3, 2);

	if (ret < 0)
		ret = take_form(c, derivation, lock, apparatus, &form);
	if (ret >= 0)
		return ret;
	if (medium_open(c, argv[optind], O_RDONLY, &m))
		return STATUS_FAILED;
	ret = backup_make(c, &m, &form, argv[optind + 1]);
	medium_close(&m);
	return ret;
}

const struct command command_backup = {
	.name = "backup",
	.arguments = "MEDIUM FILE|DIR [--derivation NAME] [--locks NAME] [--apparatus NUMBER]",
	.summary = "a backup of the second layer, sealed, into a file",
	.details = "  --derivation NAME  of its key: from the medium's number (the default), its\n"
		   "                     individual key, or the number enciphered under that:\n"
		   "                     number, individual, enciphered\n"
		   "  --locks NAME       in the order in which they are put on: medium (the default),\n"
		   "                     medium-apparatus, apparatus-medium\n"
		   "  --apparatus NUMBER that is to restore it, in hex or as on its label; else this one\n",
	.run = run,
};
