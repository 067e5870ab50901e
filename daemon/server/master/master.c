// SPDX-License-Identifier: GPL-2.0
/*
 * master.c - make a medium: the licensing side's Figs. 2 and 5.
 *
 * Data and keys are there already, in the store and in the vault (S1 to S3), and so is the
 * data enciphered by them, the same for every medium (S4, S5). It goes onto the third layer
 * (S6) until all of it is there (S7); the number gives the individual key (S8), which
 * enciphers each content's key (S9) in the license that goes into the second layer (S10).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../media.h"
#include "crypto.h"
#include "file.h"
#include "image.h"
#include "master.h"
#include "scratch.h"
#include "text.h"
#include "third.h"

#define THIRD_OFFSET	(1U << 20)	/* behind the largest second layer, where partitions begin */
#define DEVICE_SCRATCH	"/var/tmp"	/* files on their way to a block device */

static void say(const struct master *m, const char *what, const char *which)
{
	if (m->order->say)
		m->order->say(what, which);
}

static void at_content(struct master *m, const struct master_content *content)
{
	text_hex(content->id, sizeof(content->id), m->text);
	m->at = content->path ? content->path : m->text;
}

/* A number that no medium has, and its keys. */
static int begin(struct server *server, struct master *m)
{
	struct medium *medium = &m->medium;
	uint8_t class_key[CASK_KEY_SIZE];
	struct content class;
	int ret;

	text_hex(m->order->class_id, sizeof(m->order->class_id), m->text);
	m->at = m->text;
	ret = content_find_class(server->db, &server->vault, m->order->class_id, &class, class_key);
	if (ret)
		return ret == -ESRCH ? -ENOKEY : ret;
	ret = crypto_random(medium->number, sizeof(medium->number));
	if (!ret)
		ret = medium_derive(class_key, medium->number, &m->keys);
	crypto_wipe(class_key, sizeof(class_key));
	memcpy(medium->class_id, m->order->class_id, sizeof(medium->class_id));
	memcpy(medium->issuer, server->distributor.issuer, sizeof(medium->issuer));
	memcpy(medium->apparatus, m->order->apparatus, sizeof(medium->apparatus));
	medium->locked = m->order->locked;
	m->class_level = class.min_level;
	medium->slot_size = m->order->slot_size;
	medium->third_offset = THIRD_OFFSET;
	return ret;
}

/* What cannot be licensed is said before anything is copied. */
static int check_contents(struct server *server, struct master *m)
{
	struct content content;

	for (size_t i = 0; i < m->order->n_contents; i++) {
		int ret;

		at_content(m, &m->order->contents[i]);
		ret = content_find(server->db, m->order->contents[i].id, &content);
		if (!ret && content.suite == CASK_SUITE_MEDIUM_CLASS)
			ret = -EMEDIUMTYPE;
		if (!ret && content.twokey)
			ret = -EPROTOTYPE;
		if (!ret && content.in_category)
			ret = -EPROTONOSUPPORT;
		if (!ret && content_counts(&content))
			ret = -ENODATA;
		if (!ret && !m->medium.locked && content.min_level > m->class_level)
			ret = -EDOM;
		if (ret)
			return ret;
	}
	return 0;
}

static int lay_out(struct master *m, const struct image *image)
{
	if (image->size < THIRD_OFFSET + CASK_BLOCK_SIZE_MAX)
		return -ENOSPC;
	m->medium.third_size = (image->size - THIRD_OFFSET) / 4096 * 4096;
	return 0;
}

static int stage_content(struct server *server, struct master *m, const char *dir,
			 const struct master_content *wanted)
{
	struct content content;
	uint8_t key[CASK_KEY_SIZE];
	int ret;

	at_content(m, wanted);
	say(m, "third layer", m->at);
	ret = content_find_key(server->db, &server->vault, wanted->id, &content, key);
	if (!ret)
		ret = third_add_content(server, dir, &content, key, wanted->path);
	crypto_wipe(key, sizeof(key));
	return ret;
}

/* Where files wait that go onto a block device: what is beside that is no room for them. */
static const char *device_scratch(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : DEVICE_SCRATCH;
}

/* S6 and S7: the enciphered contents, all of them. */
static int make_third(struct server *server, struct master *m, const struct image *image)
{
	_cleanup_free_ char *dir = NULL, *near = NULL;
	int ret;

	m->at = image->path;
	near = image->device ? cask_file_path(device_scratch(), "cask-medium") : strdup(image->path);
	ret = near ? third_stage(near, &dir) : -ENOMEM;
	for (size_t i = 0; !ret && i < m->order->n_contents; i++)
		ret = stage_content(server, m, dir, &m->order->contents[i]);
	for (size_t i = 0; !ret && i < m->order->n_files; i++) {
		m->at = m->order->files[i];
		say(m, "third layer", m->at);
		ret = third_add_file(dir, m->at);
	}
	if (ret)
		return ret;
	m->at = image->path;
	say(m, "file system", m->at);
	return third_make(dir, image->fd, m->medium.third_offset, m->medium.third_size);
}

static struct issue_order order_of(const struct master *m, const struct master_content *content)
{
	struct issue_order order = { .device_level = ISSUE_ANY_LEVEL, .on_medium = true,
				     .no_device = !m->medium.locked,
				     .layer_locked = m->medium.locked };

	memcpy(order.content_id, content->id, sizeof(order.content_id));
	memcpy(order.class_id, m->medium.class_id, sizeof(order.class_id));
	memcpy(order.number, m->medium.number, sizeof(order.number));
	memcpy(order.device_key, m->medium.apparatus, sizeof(order.device_key));
	return order;
}

/* S8 and S9: each content's key under the individual key, in a license. */
static int make_licenses(struct server *server, struct master *m)
{
	m->issues = calloc(m->order->n_contents + 1, sizeof(*m->issues));
	if (!m->issues)
		return -ENOMEM;
	for (size_t i = 0; i < m->order->n_contents; i++) {
		struct issue_order order = order_of(m, &m->order->contents[i]);
		int ret;

		at_content(m, &m->order->contents[i]);
		ret = issue_make(server, server->db, &order, &m->issues[i]);
		if (ret)
			return ret;
	}
	return 0;
}

static int put_licenses(struct master *m, struct cask_records *records)
{
	for (size_t i = 0; i < m->order->n_contents; i++) {
		const struct cask_record_key key = {
			.kind = CASK_RECORD_LICENSE, .issuer = m->medium.issuer, .name = m->issues[i].id,
		};
		int ret;

		at_content(m, &m->order->contents[i]);
		ret = cask_records_put(records, &key, m->issues[i].statement, m->issues[i].size);
		if (ret)
			return ret == -ENOSPC ? -EMSGSIZE : ret;
	}
	return 0;
}

/* S10: the licenses into the second layer, its first image. */
static int make_second(struct master *m, const struct image *image)
{
	size_t room = m->medium.slot_size - CASK_LAYER_OVERHEAD, size;
	_cleanup_free_ uint8_t *data = malloc(room), *layer = NULL;
	struct medium_image contents = { .counter = 1, .records = { .data = data, .capacity = room } };
	int ret = data ? put_licenses(m, &contents.records) : -ENOMEM;

	m->at = ret ? m->at : image->path;
	say(m, "second layer", m->at);
	if (!ret)
		ret = medium_draw(&contents);
	if (!ret)
		ret = medium_layer(&m->medium, &m->keys, &contents, &layer, &size);
	crypto_wipe(contents.ephemeral, sizeof(contents.ephemeral));
	return ret ? ret : image_write_second(image, &m->medium, contents.counter, layer, size);
}

static int record_all(struct server *server, const struct master *m)
{
	int ret = media_made(server->db, &m->medium);

	for (size_t i = 0; !ret && i < m->order->n_contents; i++) {
		struct issue_order order = order_of(m, &m->order->contents[i]);

		ret = issue_record(server->db, &order, &m->issues[i]);
	}
	return ret;
}

static int record(struct server *server, const struct master *m)
{
	int ret;

	DB_TRANSACTION(server->db, ret)
		ret = record_all(server, m);
	return ret;
}

static int write_layers(struct server *server, struct master *m, const struct image *image)
{
	_cleanup_free_ uint8_t *first = NULL;
	size_t size;
	int ret = make_third(server, m, image);

	if (!ret)
		ret = make_licenses(server, m);
	if (!ret)
		ret = make_second(m, image);
	if (!ret)
		ret = medium_first(&m->medium, &m->keys, &first, &size);
	/* What is on record may not be there, but what is there is on record. */
	if (!ret)
		ret = record(server, m);
	if (!ret)
		ret = image_write_first(image, first, size);
	return ret ? ret : image_finish(image, m->order->force);
}

/**
 * master_make() - make a medium
 * @server: with its signer loaded
 * @order: what is wanted
 * @ret_master: what came of it, also what was being done when it failed; to be given to master_free()
 *
 * When it fails nothing is left of it but, of a block device, what is no medium. Return: 0; -ENOKEY
 * when its class is none; -ESRCH for a content that is not on offer; -ENODATA for one that counts;
 * -EMEDIUMTYPE for one that is a class; -EPROTOTYPE for one that is sent as a second key;
 * -EPROTONOSUPPORT for one that is for a category;
 * -EDOM for one of a higher level than the class's, unless the
 * medium is locked to a device; -EMSGSIZE when a slot is too small for the licenses; -ENOSPC
 * for a medium that is too small; -ECHILD when mke2fs failed; what image_begin(), third_add_content(),
 * and third_add_file() say; or another -errno.
 */
int master_make(struct server *server, const struct master_order *order, struct master *ret_master)
{
	struct image image = { .fd = -1 };
	int ret;

	*ret_master = (struct master){ .order = order };
	scratch_begin();
	ret = begin(server, ret_master);
	if (!ret)
		ret = check_contents(server, ret_master);
	if (!ret) {
		ret_master->at = order->path;
		ret = image_begin(&image, order->path, order->size, order->force);
	}
	if (!ret)
		ret = lay_out(ret_master, &image);
	if (!ret)
		ret = write_layers(server, ret_master, &image);
	image_free(&image);
	scratch_end();
	return ret;
}

/**
 * master_free() - wipe and free
 * @master: of master_make()
 */
void master_free(struct master *master)
{
	for (size_t i = 0; master->issues && i < master->order->n_contents; i++)
		issue_free(&master->issues[i]);
	free(master->issues);
	crypto_wipe(master, sizeof(*master));
}
