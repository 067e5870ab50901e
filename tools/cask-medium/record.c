// SPDX-License-Identifier: GPL-2.0
/*
 * record.c - cask-medium record: record an enciphered broadcast to the third layer, get
 * the license for it by the medium's number, and make a backup.
 *
 * What is recorded stays when the license cannot be had: cask-medium get goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "medium.h"
#include "recording.h"

/**
 * struct wishes - the command line
 * @source: where it comes from
 * @target: the .cask file that it shall become
 * @medium: path of the medium, or NULL for the one that @target lies on
 * @backup: file or directory for the backup, or NULL for where @target lies
 * @issuer: hex, or NULL
 * @lock: the license is for this apparatus only
 * @price: that is agreed to for it, in hundredths
 */
struct wishes {
	const char *source;
	const char *target;
	const char *medium;
	const char *backup;
	const char *issuer;
	bool lock;
	uint64_t price;
};

static int receive(const char *source, struct recording *r)
{
	if (!strncmp(source, "http://", 7) || !strncmp(source, "https://", 8))
		return source_http(r, source);
	if (!strncmp(source, "udp://", 6))
		return source_datagram(r, source);
	return source_stream(r, source);
}

static int record(const struct context *c, const struct wishes *w)
{
	struct cask_error error;
	struct recording r;
	int ret = recording_open(&r, w->target, &error);

	ret = ret ? ret : receive(w->source, &r);
	ret = ret ? ret : recording_publish(&r);
	recording_close(&r);
	return ret ? output_error(c, &error) : STATUS_OK;
}

static int make_backup(const struct context *c, const struct medium *m, const struct wishes *w,
		       const char *dir)
{
	const struct backup_form form = {
		.derivation = CASK_DERIVATION_NUMBER, .locks = CASK_LOCKS_MEDIUM,
	};

	return backup_make(c, m, &form, w->backup ? w->backup : dir);
}

static int all(struct context *c, const struct wishes *w, const char *dir)
{
	struct cask_medium_wish wish = {
		.issuer = w->issuer, .locked = w->lock, .price = w->price,
	};
	char issuer[CASK_KID_TEXT_SIZE], content[CASK_ID_TEXT_SIZE];
	struct medium m;
	int ret;

	if (medium_open(c, w->medium ? w->medium : dir, O_RDWR, &m))
		return STATUS_FAILED;
	ret = record(c, w);
	ret = ret ? ret : content_find(c, w->target, wish.content_id, &wish.issuer, issuer);
	ret = ret ? ret : content_install(c, &m, &wish);
	ret = ret ? ret : make_backup(c, &m, w, dir);
	medium_close(&m);
	if (ret || !c->json)
		return ret;
	return output_json(json_pack("{ss ss}", "content_id",
				     cask_hex(wish.content_id, CASK_ID_SIZE, content), "file",
				     w->target));
}

static int run(struct context *c, int argc, char **argv)
{
	struct wishes w = { 0 };
	const char *price = NULL;
	const struct argument own[] = {
		{ "medium", &w.medium, NULL, false }, { "backup", &w.backup, NULL, false },
		{ "lock", NULL, &w.lock, false }, { "issuer", &w.issuer, NULL, false },
		{ "price", &price, NULL, false },
	};
	char *copy;
	int ret = arguments_parse(c, argc, argv, own, 5, 2);

	if (ret >= 0)
		return ret;
	if (price && cask_amount_parse(price, &w.price))
		return arguments_usage(c, "\"%s\" is no amount: 4.99 is one", price);
	w.source = argv[optind];
	w.target = argv[optind + 1];
	copy = strdup(w.target);
	if (!copy)
		return output_file_error(c, w.target, -ENOMEM, strerror(ENOMEM));
	ret = all(c, &w, dirname(copy));
	free(copy);
	return ret;
}

const struct command command_record = {
	.name = "record",
	.arguments = "-|FILE|URL TARGET.cask [--medium MEDIUM] [--backup FILE|DIR] [--lock] "
		     "[--price AMOUNT] [--issuer ID]",
	.summary = "record an enciphered broadcast, get its license, make a backup",
	.details = "  --medium MEDIUM  for which the license is, if TARGET is not on its third layer\n"
		   "  --backup FILE    or directory, of the backup; by default where TARGET is\n"
		   "  --lock           the license opens in this apparatus only\n"
		   "  --price AMOUNT   pay this for it, as 4.99; what costs something else is not got\n"
		   "  --issuer ID      which distributor, if there are several\n",
	.run = run,
};
