// SPDX-License-Identifier: GPL-2.0
/*
 * verify.c - read a medium again, as its class's server can: what it is, and whether the
 * licenses on it are those on record.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "../content.h"
#include "../media.h"
#include "crypto.h"
#include "file.h"
#include "json.h"
#include "verify.h"

/**
 * struct reading - a medium being read
 * @first: its first bytes
 * @view: what its first layer says; points into @first
 * @keys: of it; a secret
 * @records: of the second layer's image that holds
 * @counter: of that image, 0: there is none
 */
struct reading {
	uint8_t first[CASK_MEDIUM_HEAD_MAX];
	struct cask_medium_view view;
	struct medium_keys keys;
	struct cask_records records;
	uint64_t counter;
};

static int read_at(int fd, uint64_t offset, void *data, size_t size)
{
	ssize_t n = lseek(fd, offset, SEEK_SET) < 0 ? -errno : cask_file_fill(fd, data, size);

	if (n < 0)
		return n;
	return (size_t)n == size ? 0 : -EINVAL;
}

/* Whose it is, and that this class's key made it. */
static int check_first(struct server *server, struct reading *r)
{
	uint8_t class_key[CASK_KEY_SIZE], mac[CASK_MAC_SIZE];
	struct content class;
	int ret;

	if (memcmp(r->view.issuer.data, server->distributor.issuer, CASK_KID_SIZE))
		return -EXDEV;
	ret = content_find_class(server->db, &server->vault, r->view.class_id.data, &class, class_key);
	if (ret)
		return ret == -ESRCH ? -ENOKEY : ret;
	ret = medium_derive(class_key, r->view.number.data, &r->keys);
	crypto_wipe(class_key, sizeof(class_key));
	if (!ret)
		ret = crypto_hmac_sha256(r->keys.first, sizeof(r->keys.first), r->view.maced.data,
					 r->view.maced.len, mac);
	if (!ret && !crypto_equal(mac, r->view.mac.data, sizeof(mac)))
		ret = -EKEYREJECTED;
	return ret;
}

/* A slot, and what is in it if that is later than what was found before. */
static int read_slot(struct reading *r, int fd, unsigned int slot)
{
	size_t size = r->view.slot_size;
	_cleanup_free_ uint8_t *data = malloc(size), *room = malloc(size);
	struct cask_records records = { .data = room, .capacity = size };
	uint64_t counter;
	int ret = data && room ? 0 : -ENOMEM;

	if (!ret)
		ret = read_at(fd, CASK_MEDIUM_SECOND + slot * size, data, size);
	if (!ret)
		ret = medium_open(&r->keys, data, size, &records, &counter);
	if (ret == -EBADMSG || ret == -EINVAL || ret == -EOPNOTSUPP || ret == -ENOKEY)
		return 0;
	if (ret || (counter & 1) != slot || counter <= r->counter)
		return ret;
	free(r->records.data);
	r->records = records;
	r->counter = counter;
	room = NULL;
	return 0;
}

static int read_all(struct server *server, int fd, struct reading *r)
{
	int ret = read_at(fd, 0, r->first, sizeof(r->first));

	if (!ret)
		ret = cask_medium_parse(&r->view, r->first, sizeof(r->first));
	if (!ret)
		ret = check_first(server, r);
	for (unsigned int slot = 0; !ret && slot < 2; slot++)
		ret = read_slot(r, fd, slot);
	return ret;
}

/* A license, and whether it is, to the byte, what was made for this medium. */
static int add_license(struct cask_db *db, const struct reading *r, const struct cask_record_key *key,
		       const struct cask_bytes *value, json_t *list)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	const uint8_t *statement = NULL;
	size_t size = 0;
	int ret = cask_db_query_one(db, "SELECT statement FROM licenses WHERE id = $1 "
				    "AND medium_class = $2 AND medium_number = $3",
				    DB_ARGS(DB_BLOB(key->name, CASK_ID_SIZE),
					    DB_BLOB(r->view.class_id.data, CASK_ID_SIZE),
					    DB_BLOB(r->view.number.data, CASK_MEDIUM_NUMBER_SIZE)),
				    &rows);

	if (!ret)
		statement = cask_db_blob(rows, 0, &size);
	else if (ret != -ESRCH)
		return ret;
	return json_array_append_new(list, json_pack("{s:o, s:b}", "license_id",
						     cask_json_new_hex(key->name, CASK_ID_SIZE),
						     "on_record", statement && size == value->len &&
						     !memcmp(statement, value->data, size))) ? -ENOMEM : 0;
}

static int list_licenses(struct cask_db *db, const struct reading *r, json_t *list)
{
	struct cask_record_key key;
	struct cask_bytes value;
	size_t pos = 0;
	int ret = 0;

	while (!ret && cask_records_next(&r->records, &pos, &key, &value))
		ret = add_license(db, r, &key, &value, list);
	return ret;
}

static const char *state_of(const struct reading *r)
{
	if (r->view.apparatus.data)
		return "apparatus";
	return r->counter ? "good" : "lost";
}

static json_t *result(const struct reading *r, json_t *licenses)
{
	const struct cask_medium_view *v = &r->view;

	return json_pack("{s:o, s:o, s:o, s:I, s:I, s:I, s:s, s:I, s:O}", "number",
			 cask_json_new_hex(v->number.data, v->number.len), "class_id",
			 cask_json_new_hex(v->class_id.data, v->class_id.len), "apparatus",
			 v->apparatus.data ? cask_json_new_hex(v->apparatus.data, v->apparatus.len) :
					     json_null(),
			 "slot_size", (json_int_t)v->slot_size, "third_offset",
			 (json_int_t)v->third_offset, "third_size", (json_int_t)v->third_size,
			 "second", state_of(r), "counter", (json_int_t)r->counter, "licenses", licenses);
}

/**
 * verify_medium() - read a medium
 * @server: open
 * @path: file or block device
 * @ret_json: {"number", "class_id", "apparatus" (or null), "slot_size", "third_offset", "third_size",
 *	"second" ("good"; "lost" when no image in it can be read; "apparatus" when only that can),
 *	"counter" (of the image), "licenses"}, each {"license_id", "on_record": it is, to the byte,
 *	what was made for this medium}
 *
 * Return: 0, whatever the second layer is like; -EINVAL for what is no medium, -EOPNOTSUPP when it is
 * of a later version; -EXDEV for another distributor's; -ENOKEY when its class is not here;
 * -EKEYREJECTED when its first layer was not made with the class key; or another -errno.
 */
int verify_medium(struct server *server, const char *path, json_t **ret_json)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_json_ json_t *licenses = json_array();
	struct reading r = { 0 };
	int ret = fd < 0 ? -errno : licenses ? 0 : -ENOMEM;

	if (!ret)
		ret = read_all(server, fd, &r);
	if (!ret)
		ret = list_licenses(server->db, &r, licenses);
	if (!ret) {
		*ret_json = result(&r, licenses);
		ret = *ret_json ? 0 : -ENOMEM;
	}
	free(r.records.data);
	crypto_wipe(&r.keys, sizeof(r.keys));
	return ret;
}
