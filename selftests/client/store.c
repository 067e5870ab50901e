// SPDX-License-Identifier: GPL-2.0
/*
 * store.c - caskd's store, driven step by step, to be killed and to be given
 * errors of the disk by strace.
 *
 * usage: store put DIR STATEMENT OWNER	keep a license (OWNER: a uid or "machine")
 *	  store settle-license DIR STATEMENT	the module has taken it
 *	  store put-back DIR STATEMENT		it never will: what it was before stays
 *	  store remove DIR STATEMENT		keep it no longer
 *	  store register DIR BUNDLE USER	keep a distributor (BUNDLE: GET /v1/distributor)
 *	  store ask DIR STATEMENT OWNER		note a request for such a license, and print its key
 *	  store settle DIR STATEMENT OWNER	the end of that request is known
 *	  store list DIR			print what there is, a line each
 *
 * Exit status: 0, 2 for usage, else the errno.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "caskd/pending.h"
#include "caskd/store.h"
#include "crypto.h"
#include "file.h"
#include "json.h"
#include "text.h"

/* strace counts from here on: the loader's calls are none of the store's. */
static void mark(void)
{
	syscall(SYS_sched_yield);
}

static int read_statement(const char *path, uint8_t **data, size_t *size, struct holding *h)
{
	int ret = cask_file_read(path, CASK_STATEMENT_MAX, data, size);

	return ret ? ret : holding_read(*data, *size, h);
}

static int put(const char *path, const char *owner)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct holding h;
	size_t size;
	int ret = read_statement(path, &data, &size, &h);

	if (ret)
		return ret;
	h.machine = !strcmp(owner, "machine");
	h.owner = h.machine ? 0 : strtoul(owner, NULL, 10);
	mark();
	ret = store_put_license(&h, data, size);
	return ret == STORE_HAD_IT ? 0 : ret;
}

/* Of the license that the statement is of, as it is held. */
static int change(const char *path, int (*what)(const struct holding *h))
{
	_cleanup_free_ uint8_t *data = NULL;
	struct holding *list, h;
	size_t size, count;
	int ret = read_statement(path, &data, &size, &h);

	if (ret || store_list_licenses(&list, &count))
		return ret ? ret : -ENOMEM;
	ret = -ENOENT;
	for (size_t i = 0; i < count && ret == -ENOENT; i++)
		if (holding_is(&list[i], h.issuer, h.license_id)) {
			mark();
			ret = what(&list[i]);
		}
	free(list);
	return ret;
}

static int enter(const char *path, const char *user)
{
	struct server_identity identity = { .certificate = "certificate" };
	_cleanup_distributor_ struct distributor *d = NULL;
	_cleanup_free_ uint8_t *text = NULL;
	_cleanup_json_ json_t *json = NULL;
	size_t size;
	int ret = cask_file_read(path, 1 << 20, &text, &size) ?:
		  cask_json_parse(text, size, &json);

	if (ret)
		return ret;
	d = distributor_new("https://localhost", NULL, json);
	snprintf(identity.user, sizeof(identity.user), "%s", user);
	if (!d || distributor_identify(d, &identity))
		return -EINVAL;
	mark();
	return store_put_distributor(d);
}

/* Not by write(), which strace counts as the store's. */
static int print_key(const char *key)
{
	struct iovec parts[] = { { (void *)key, strlen(key) }, { "\n", 1 } };

	return writev(STDOUT_FILENO, parts, 2) < 0 ? -errno : 0;
}

static int request(const char *path, const char *owner, bool settle)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct pending p = { 0 };
	struct holding h;
	size_t size;
	int ret = read_statement(path, &data, &size, &h);

	if (ret)
		return ret;
	memcpy(p.issuer, h.issuer, sizeof(p.issuer));
	memcpy(p.content_id, h.content_id, sizeof(p.content_id));
	p.machine = !strcmp(owner, "machine");
	p.owner = p.machine ? 0 : strtoul(owner, NULL, 10);
	/* OpenSSL reads its configuration when it is first asked for anything. */
	if (crypto_random(p.key, 1))
		return -EIO;
	if (!settle)
		mark();
	ret = pending_begin(&p);
	if (ret)
		return ret;
	if (!settle)
		return print_key(p.key);
	mark();
	pending_end(&p);
	return 0;
}

static int list(void)
{
	struct distributor *distributors[STORE_DISTRIBUTORS_MAX];
	struct holding *licenses;
	size_t count;

	store_list_distributors(distributors, &count);
	for (size_t i = 0; i < count; i++) {
		printf("distributor %s %s\n", distributors[i]->bundle.name, distributors[i]->user);
		distributor_unref(distributors[i]);
	}
	if (store_list_licenses(&licenses, &count))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		char id[TEXT_HEX_SIZE(CASK_ID_SIZE)];

		text_hex(licenses[i].license_id, CASK_ID_SIZE, id);
		if (licenses[i].machine)
			printf("license %s machine", id);
		else
			printf("license %s %u", id, licenses[i].owner);
		printf(" version %u%s\n", licenses[i].version, licenses[i].beside ? " beside" : "");
	}
	free(licenses);
	return 0;
}

int main(int argc, char **argv)
{
	int ret = argc > 2 ? store_open(argv[2]) ?: pending_open(argv[2]) : 0;

	if (ret)
		return -ret;
	if (argc == 5 && !strcmp(argv[1], "put"))
		ret = put(argv[3], argv[4]);
	else if (argc == 4 && !strcmp(argv[1], "remove"))
		ret = change(argv[3], store_remove_license);
	else if (argc == 4 && !strcmp(argv[1], "settle-license"))
		ret = change(argv[3], store_settle_license);
	else if (argc == 4 && !strcmp(argv[1], "put-back"))
		ret = change(argv[3], store_put_back);
	else if (argc == 5 && !strcmp(argv[1], "register"))
		ret = enter(argv[3], argv[4]);
	else if (argc == 5 && (!strcmp(argv[1], "ask") || !strcmp(argv[1], "settle")))
		ret = request(argv[3], argv[4], argv[1][0] == 's');
	else if (argc == 3 && !strcmp(argv[1], "list"))
		ret = list();
	else
		return 2;
	pending_close();
	store_close();
	return -ret;
}
