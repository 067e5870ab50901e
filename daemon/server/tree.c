// SPDX-License-Identifier: GPL-2.0
/*
 * tree.c - categories in the database: their keys, who has which leaf, who is revoked, and the
 * EKB of now.
 *
 * Leaves are given away in turn. Whatever changes who is revoked makes the next version's EKB in
 * the same transaction, so what is on record and what devices are sent agree after any crash.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device.h"
#include "json.h"
#include "text.h"
#include "tree.h"

#define SECRET_SIZE	(2 * CASK_KEY_SIZE)	/* master, seed */
#define LABEL_MAX	(sizeof("category ") + 2 * CASK_ID_SIZE)

static void key_label(const uint8_t id[CASK_ID_SIZE], char label[LABEL_MAX])
{
	char hex[TEXT_HEX_SIZE(CASK_ID_SIZE)];

	text_hex(id, CASK_ID_SIZE, hex);
	snprintf(label, LABEL_MAX, "category %s", hex);
}

static int wrap(const struct vault *vault, const struct category *c,
		uint8_t wrapped[SECRET_SIZE + VAULT_OVERHEAD])
{
	uint8_t secret[SECRET_SIZE];
	char label[LABEL_MAX];
	int ret;

	key_label(c->id, label);
	memcpy(secret, c->master, CASK_KEY_SIZE);
	memcpy(secret + CASK_KEY_SIZE, c->seed, CASK_KEY_SIZE);
	ret = vault_wrap(vault, label, secret, sizeof(secret), wrapped);
	crypto_wipe(secret, sizeof(secret));
	return ret;
}

static int unwrap(const struct vault *vault, const uint8_t wrapped[SECRET_SIZE + VAULT_OVERHEAD],
		  struct category *c)
{
	uint8_t secret[SECRET_SIZE];
	char label[LABEL_MAX];
	int ret;

	key_label(c->id, label);
	ret = vault_unwrap(vault, label, wrapped, SECRET_SIZE + VAULT_OVERHEAD, secret);
	if (!ret) {
		memcpy(c->master, secret, CASK_KEY_SIZE);
		memcpy(c->seed, secret + CASK_KEY_SIZE, CASK_KEY_SIZE);
	}
	crypto_wipe(secret, sizeof(secret));
	return ret;
}

/**
 * tree_level() - the level that devices need for a leaf of a category
 * @db: connection
 * @id: of the category
 * @ret_level: enum cask_level
 *
 * Return: 0, -ESRCH when there is no such category, or another -errno.
 */
int tree_level(struct cask_db *db, const uint8_t id[CASK_ID_SIZE], uint32_t *ret_level)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT min_level FROM categories WHERE id = $1",
				    DB_ARGS(DB_BLOB(id, CASK_ID_SIZE)), &rows);

	if (!ret)
		*ret_level = cask_db_int(rows, 0);
	return ret;
}

/**
 * tree_find() - a category with its keys
 * @server: open
 * @db: connection
 * @id: of the category
 * @ret_tree: to be given to tree_wipe()
 *
 * Return: 0, -ESRCH, -EBADMSG under another key encryption key, or another -errno.
 */
int tree_find(const struct server *server, struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
	      struct tree *ret_tree)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	uint8_t wrapped[SECRET_SIZE + VAULT_OVERHEAD];
	int ret = cask_db_query_one(db, "SELECT scheme, height, wrapped, version, min_level "
				    "FROM categories WHERE id = $1", DB_ARGS(DB_BLOB(id, CASK_ID_SIZE)), &rows);

	if (!ret)
		ret = cask_db_id(rows, 2, wrapped, sizeof(wrapped));
	if (ret)
		return ret;
	memcpy(ret_tree->category.id, id, CASK_ID_SIZE);
	memcpy(ret_tree->category.issuer, server->distributor.issuer, CASK_KID_SIZE);
	ret_tree->category.scheme = cask_db_int(rows, 0);
	ret_tree->category.height = cask_db_int(rows, 1);
	ret_tree->version = cask_db_int(rows, 3);
	ret_tree->min_level = cask_db_int(rows, 4);
	return unwrap(&server->vault, wrapped, &ret_tree->category);
}

/**
 * tree_wrapping_key() - what wraps the keys of contents for all leaves
 * @tree: the category
 * @version: of the EKB that a device needs
 * @ret_key: K_EKB; the caller wipes it
 *
 * Return: 0, -EINVAL for a version that is none, -ENOMEM, -EIO.
 */
int tree_wrapping_key(const struct tree *tree, uint32_t version, uint8_t ret_key[CASK_KEY_SIZE])
{
	struct cask_aes *aes = aes_new();
	int ret = aes ? category_root(&tree->category, aes, version, ret_key) : -ENOMEM;

	if (!ret)
		ret = cask_ekb_derive(aes, ret_key, CASK_EKB_WRAP, 0, ret_key);
	aes_free(aes);
	return ret;
}

/* --- EKBs --- */

/**
 * struct revoked - who is
 * @leaves: ascending; allocated
 * @count: of @leaves
 */
struct revoked {
	uint32_t *leaves;
	size_t count;
};

static void cleanup_revoked(struct revoked *r)
{
	free(r->leaves);
}

static int read_revoked(struct cask_db *db, const uint8_t id[CASK_ID_SIZE], struct revoked *r)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query(db, "SELECT leaf FROM leaves WHERE category_id = $1 "
				"AND revoked IS NOT NULL ORDER BY leaf",
				DB_ARGS(DB_BLOB(id, CASK_ID_SIZE)), &rows);
	size_t room = 0;

	while (!ret && (ret = cask_db_next(rows)) > 0) {
		if (r->count == room) {
			uint32_t *more = reallocarray(r->leaves, room = 2 * room + 64,
						      sizeof(*more));

			if (!more)
				return -ENOMEM;
			r->leaves = more;
		}
		r->leaves[r->count++] = cask_db_int(rows, 0);
		ret = 0;
	}
	return ret;
}

/**
 * struct block - an EKB
 * @statement: allocated
 * @size: of @statement
 * @entries: allocated
 * @entries_size: of @entries
 */
struct block {
	uint8_t *statement, *entries;
	size_t size, entries_size;
};

static void cleanup_block(struct block *b)
{
	free(b->statement);
	free(b->entries);
}

static int make_block(const struct server *server, const struct tree *tree,
		      const struct revoked *r, struct block *b)
{
	const struct category_ekb ekb = {
		.version = tree->version, .created = time(NULL),
		.revoked = r->leaves, .n_revoked = r->count,
	};

	return category_ekb(&tree->category, &server->signer, &ekb, &b->statement, &b->size,
			    &b->entries, &b->entries_size);
}

/* --- categories --- */

static int insert(struct server *server, struct cask_db *db, const struct tree *tree,
		  const struct block *b)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	uint8_t wrapped[SECRET_SIZE + VAULT_OVERHEAD];
	const struct category *c = &tree->category;
	int ret = cask_db_query_one(db, "SELECT COUNT(*) FROM categories", DB_NO_ARGS, &rows);

	if (!ret && cask_db_int(rows, 0) >= TREES_MAX)
		ret = -ENOSPC;
	if (!ret)
		ret = wrap(&server->vault, c, wrapped);
	if (ret)
		return ret;
	return cask_db_run(db, "INSERT INTO categories (id, scheme, height, wrapped, version, leaves, "
			   "created, changed, statement, entries, min_level) "
			   "VALUES ($1, $2, $3, $4, $5, 0, $6, $6, $7, $8, $9)",
			   DB_ARGS(DB_ID(c->id), DB_INT(c->scheme), DB_INT(c->height),
				   DB_ID(wrapped), DB_INT(tree->version), DB_INT(time(NULL)),
				   DB_BLOB(b->statement, b->size),
				   DB_BLOB(b->entries, b->entries_size), DB_INT(tree->min_level)));
}

/**
 * tree_add() - make a category: its keys, and an EKB for all leaves
 * @server: with its signer loaded
 * @db: connection without an open transaction
 * @tree: scheme, height and level; the rest is made, and is to be given to tree_wipe()
 *
 * Return: 0, -EKEYREJECTED when the distributor's scope is not for EKBs, so that no device would take one,
 * -ENOSPC when there are as many as may be, or another -errno.
 */
int tree_add(struct server *server, struct cask_db *db, struct tree *tree)
{
	_cleanup_(cleanup_block) struct block b = { 0 };
	const struct revoked nobody = { 0 };
	struct category *c = &tree->category;
	int ret;

	if (!(server->distributor.purposes & CASK_PURPOSE_EKB))
		return -EKEYREJECTED;
	ret = crypto_random(c->id, sizeof(c->id));
	if (!ret)
		ret = crypto_random(c->master, sizeof(c->master));
	if (!ret)
		ret = crypto_random(c->seed, sizeof(c->seed));
	memcpy(c->issuer, server->distributor.issuer, sizeof(c->issuer));
	tree->version = 1;
	if (!ret)
		ret = make_block(server, tree, &nobody, &b);
	if (ret)
		return ret;
	DB_TRANSACTION(db, ret)
		ret = insert(server, db, tree, &b);
	return ret;
}

/**
 * tree_ids() - all categories
 * @db: connection
 * @ret_ids: the oldest first
 * @ret_count: how many
 *
 * Return: 0 or -errno.
 */
int tree_ids(struct cask_db *db, uint8_t ret_ids[TREES_MAX][CASK_ID_SIZE], size_t *ret_count)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	size_t n = 0;
	int ret = cask_db_query(db, "SELECT id FROM categories ORDER BY created, id", DB_NO_ARGS,
				&rows);

	while (!ret && n < TREES_MAX && (ret = cask_db_next(rows)) > 0)
		ret = cask_db_id(rows, 0, ret_ids[n++], CASK_ID_SIZE);
	*ret_count = n;
	return ret;
}

static json_t *row_json(struct cask_db_rows *rows)
{
	uint8_t id[CASK_ID_SIZE];
	size_t size = 0;

	if (cask_db_id(rows, 0, id, sizeof(id)))
		return NULL;
	size = cask_db_int(rows, 7);
	return json_pack("{s:o, s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "category_id", cask_json_new_hex(id, sizeof(id)),
			 "scheme", cask_db_int(rows, 1) == CASK_SCHEME_SUBTREES ? "subtrees" : "differences",
			 "height", (json_int_t)cask_db_int(rows, 2),
			 "min_level", device_level_name(cask_db_int(rows, 8)),
			 "version", (json_int_t)cask_db_int(rows, 3),
			 "leaves", (json_int_t)cask_db_int(rows, 4),
			 "revoked", (json_int_t)cask_db_int(rows, 5),
			 "changed", (json_int_t)cask_db_int(rows, 6),
			 "entries", (json_int_t)(size / CASK_EKB_ENTRY_SIZE),
			 "size", (json_int_t)size);
}

/**
 * tree_list() - all categories, the oldest first
 * @db: connection
 * @ret_list: [{"category_id", "scheme", "height", "min_level", "version", "leaves", "revoked",
 *	"changed", "entries", "size"}]; the last two, and the version, are of the EKB
 *
 * Return: 0 or -errno.
 */
int tree_list(struct cask_db *db, json_t **ret_list)
{
	return cask_db_list(db, "SELECT c.id, c.scheme, c.height, c.version, c.leaves, "
			    "(SELECT COUNT(*) FROM leaves l WHERE l.category_id = c.id "
			    "AND l.revoked IS NOT NULL), c.changed, LENGTH(c.entries), c.min_level "
			    "FROM categories c ORDER BY c.created, c.id", DB_NO_ARGS, row_json, ret_list);
}

/* --- leaves --- */

static int find_leaf(struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
		     const uint8_t device_id[CASK_KID_SIZE], struct tree_leaf *leaf)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT l.leaf, l.revoked, c.version FROM leaves l "
				    "JOIN categories c ON c.id = l.category_id "
				    "WHERE l.category_id = $1 AND l.device_id = $2",
				    DB_ARGS(DB_BLOB(id, CASK_ID_SIZE),
					    DB_BLOB(device_id, CASK_KID_SIZE)), &rows);

	if (ret)
		return ret;
	leaf->leaf = cask_db_int(rows, 0);
	leaf->revoked = cask_db_int(rows, 1);
	leaf->version = cask_db_int(rows, 2);
	return 0;
}

/* The next one that nobody ever had. */
static int give_leaf(struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
		     const uint8_t device_id[CASK_KID_SIZE])
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int64_t leaf;
	/* Written before it is read: who comes at the same time waits, and begins again. */
	int ret = cask_db_run(db, "UPDATE categories SET leaves = leaves + 1 WHERE id = $1 "
			      "AND leaves < (CAST(1 AS BIGINT) << height)",
			      DB_ARGS(DB_BLOB(id, CASK_ID_SIZE)));
	bool given = !ret && cask_db_changes(db);

	if (!ret)
		ret = cask_db_query_one(db, "SELECT leaves FROM categories WHERE id = $1",
					DB_ARGS(DB_BLOB(id, CASK_ID_SIZE)), &rows);
	if (ret)
		return ret;
	if (!given)
		return -ENOSPC;
	leaf = cask_db_int(rows, 0) - 1;
	return cask_db_run(db, "INSERT INTO leaves (category_id, leaf, device_id, created) "
			   "VALUES ($1, $2, $3, $4)",
			   DB_ARGS(DB_BLOB(id, CASK_ID_SIZE), DB_INT(leaf),
				   DB_BLOB(device_id, CASK_KID_SIZE), DB_INT(time(NULL))));
}

/* In a transaction. */
static int have_leaf(struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
		     const uint8_t device_id[CASK_KID_SIZE], struct tree_leaf *leaf)
{
	int ret = find_leaf(db, id, device_id, leaf);

	if (ret == -ESRCH)
		ret = give_leaf(db, id, device_id) ?: find_leaf(db, id, device_id, leaf);
	return ret;
}

/* Who has a leaf has what opens the key of all contents of the category, whatever their licenses say. */
static int check_level(struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
		       const uint8_t device_id[CASK_KID_SIZE])
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT 1 FROM categories c JOIN devices d "
				    "ON d.level < c.min_level WHERE c.id = $1 AND d.id = $2",
				    DB_ARGS(DB_BLOB(id, CASK_ID_SIZE),
					    DB_BLOB(device_id, CASK_KID_SIZE)), &rows);

	return ret == -ESRCH ? 0 : ret ? ret : -EACCES;
}

/**
 * tree_leaf() - a device's leaf, which it has from the first time that it is asked for
 * @db: connection without an open transaction
 * @id: of the category
 * @device_id: the device
 * @ret_leaf: its leaf
 *
 * Return: 0, -ESRCH when there is no such category, -ENOENT when the device is not enrolled,
 * -EACCES when the category wants a higher level than it has now, -ENOSPC when the tree has no leaf
 * left, or another -errno.
 */
int tree_leaf(struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
	      const uint8_t device_id[CASK_KID_SIZE], struct tree_leaf *ret_leaf)
{
	int ret = check_level(db, id, device_id);

	if (!ret)
		ret = find_leaf(db, id, device_id, ret_leaf);
	if (ret != -ESRCH)
		return ret;
	DB_TRANSACTION(db, ret)
		ret = have_leaf(db, id, device_id, ret_leaf);
	return ret;
}

/* Also one that has no leaf yet: it shall not come by one. */
static int revoke_device(struct cask_db *db, const struct tree *tree,
			 const uint8_t device_id[CASK_KID_SIZE], bool *ret_any)
{
	struct tree_leaf leaf;
	int ret = have_leaf(db, tree->category.id, device_id, &leaf);

	/* None is left for it to come by. */
	if (ret == -ENOSPC)
		return 0;
	if (ret || leaf.revoked)
		return ret;
	*ret_any = true;
	return cask_db_run(db, "UPDATE leaves SET revoked = $3 WHERE category_id = $1 AND leaf = $2",
			   DB_ARGS(DB_ID(tree->category.id), DB_INT(leaf.leaf),
				   DB_INT(tree->version)));
}

static int put_block(struct cask_db *db, const struct tree *tree, const struct block *b)
{
	return cask_db_run(db, "UPDATE categories SET version = $2, changed = $3, statement = $4, "
			   "entries = $5 WHERE id = $1",
			   DB_ARGS(DB_ID(tree->category.id), DB_INT(tree->version),
				   DB_INT(time(NULL)), DB_BLOB(b->statement, b->size),
				   DB_BLOB(b->entries, b->entries_size)));
}

static int take_out(struct server *server, struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
		  const uint8_t (*devices)[CASK_KID_SIZE], size_t count)
{
	_cleanup_(cleanup_revoked) struct revoked revoked = { 0 };
	_cleanup_(cleanup_block) struct block b = { 0 };
	_cleanup_tree_ struct tree tree = { 0 };
	bool any = false;
	int ret = tree_find(server, db, id, &tree);

	tree.version++;
	for (size_t i = 0; i < count && !ret; i++)
		ret = revoke_device(db, &tree, devices[i], &any);
	if (ret || !any)
		return ret;
	if (tree.version > CASK_EKB_VERSIONS)
		return -EOVERFLOW;
	ret = read_revoked(db, id, &revoked);
	if (!ret)
		ret = make_block(server, &tree, &revoked, &b);
	return ret ? ret : put_block(db, &tree, &b);
}

/**
 * tree_revoke() - take devices out of a category, and make the EKB that they do not open
 * @server: with its signer loaded
 * @db: connection without an open transaction
 * @id: of the category
 * @devices: whom; those that are out already change nothing
 * @count: of @devices
 *
 * Return: 0, -ESRCH when there is no such category, -ENOENT when a device is not enrolled, -EFBIG
 * when the EKB would have more entries than one may have, -EOVERFLOW when the category had its last
 * version, or another -errno; on an error nothing has changed.
 */
int tree_revoke(struct server *server, struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
		const uint8_t (*devices)[CASK_KID_SIZE], size_t count)
{
	int ret;

	DB_TRANSACTION(db, ret)
		ret = take_out(server, db, id, devices, count);
	return ret;
}

/**
 * tree_reason() - why a category could not be made or changed, for people
 * @error: of the functions above
 *
 * Return: words.
 */
const char *tree_reason(int error)
{
	switch (error) {
	case -ESRCH:
		return "there is no such category";
	case -ENOENT:
		return "a device is not enrolled";
	case -EFBIG:
		return "its EKB would be too large";
	case -EOVERFLOW:
		return "it had its last version: make another category";
	case -ENOSPC:
		return "there are as many categories as may be";
	case -EKEYREJECTED:
		return "the distributor's scope is not for EKBs: distributor --sign-scope";
	}
	return strerror(-error);
}
