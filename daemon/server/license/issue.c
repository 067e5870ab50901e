// SPDX-License-Identifier: GPL-2.0
/*
 * issue.c - make licenses: the one way, whether asked by HTTP or by command.
 *
 * The content key is in the clear here from the vault to the slot, and nowhere
 * else in the server.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "../content.h"
#include "crypto.h"
#include "issue.h"
#include "license.h"
#include "../media.h"
#include "medium.h"
#include "../pairs.h"
#include "pairwise.h"
#include "suite.h"
#include "synchronise.h"
#include "../tree.h"

#define LICENSE_VERSION 1	/* of a license that was never renewed */

static uint32_t quantity_of(const struct issue_order *order)
{
	return order->quantity ? order->quantity : 1;
}

/* How often it may be opened; 0: any number. */
static uint32_t count_of(const struct content *content, const struct issue_order *order)
{
	return order->term.id ? order->term.max_opens * quantity_of(order) : content->max_opens;
}

/* Seconds; 0: for ever. */
static uint64_t period_of(const struct content *content, const struct issue_order *order)
{
	return order->term.id ? order->term.period * quantity_of(order) : content->period;
}

/* What is left of the period of the license that it renews is not lost. */
static uint64_t begin_of(const struct issue_order *order, uint64_t now)
{
	return order->renews && order->renewed.not_after > now ? order->renewed.not_after : now;
}

/* The id is drawn, or stays, and then the version goes up. */
static int name_license(const struct issue_order *order, struct license_fields *fields)
{
	if (!order->renews)
		return crypto_random(fields->id, sizeof(fields->id));
	if (order->renewed.version == UINT32_MAX)
		return -EOVERFLOW;
	fields->version = order->renewed.version + 1;
	memcpy(fields->id, order->renewed.id, sizeof(fields->id));
	return 0;
}

static bool counts(const struct license_fields *fields)
{
	return fields->max_opens || fields->max_exports || fields->max_checkouts;
}

/* A license is logged and metered as it always was: the device has prepaid for it so, and takes no other. */
static void fill_meter(const struct content *content, const struct issue_order *order,
		       struct license_fields *fields)
{
	const struct content_meter *meter = order->renews ? &order->renewed.meter : &content->meter;

	if (order->renews ? order->renewed.use_log : content->use_log)
		fields->permissions |= CASK_PERMISSION_LOG;
	fields->unit = meter->unit;
	fields->quantum = meter->quantum;
	fields->max_unreported = meter->max_unreported;
}

/*
 * What is logged or counted is not copied: nobody would do either where the copy is. The content may
 * permit copies by now, or a term count.
 */
static void fill_copies(const struct content *content, struct license_fields *fields)
{
	if (fields->permissions & CASK_PERMISSION_LOG || fields->max_opens)
		return;
	fields->max_exports = content->max_exports;
	fields->max_checkouts = content->max_checkouts;
	fields->at_once = content->at_once;
}

static int fill_fields(const struct server *server, const struct content *content,
		       const struct issue_order *order, struct license_fields *fields)
{
	const struct suite *suite = suite_find(content->suite);

	if (!suite)
		return -EBADMSG;
	*fields = (struct license_fields){
		.version = LICENSE_VERSION,
		.created = time(NULL),
		.not_before = order->not_before,
		.not_after = order->not_after,
		.operations = suite->operation,
		.suite = content->suite,
		.min_level = content->min_level,
	};
	fields->max_opens = count_of(content, order);
	fields->permissions = content->permissions | (content->offers_own ? CASK_PERMISSION_OWN : 0);
	if (content->download_period)
		fields->download_until = fields->created + content->download_period;
	fill_meter(content, order, fields);
	fill_copies(content, fields);
	/*
	 * Only what counts, what a parameter brings that is good once, and what takes the place of
	 * such a license installs once: all else may be had again from what was kept. A step takes
	 * the place of the nonce.
	 */
	if (content->twokey == CASK_TWOKEY_TERMINAL ||
	    (!content->twokey && (counts(fields) || (order->renews && order->renewed.once)))) {
		if (!order->once)
			return -ENODATA;
		fields->once = true;
		memcpy(fields->nonce, order->nonce, sizeof(fields->nonce));
	}
	memcpy(fields->content_id, content->id, sizeof(fields->content_id));
	memcpy(fields->issuer, server->distributor.issuer, sizeof(fields->issuer));
	if (!fields->not_after && period_of(content, order))
		fields->not_after = begin_of(order, fields->created) + period_of(content, order);
	/* Without a period no time is kept that could be hidden. */
	if (fields->not_before || fields->not_after)
		fields->max_offline_opens = content->max_offline_opens;
	if (fields->not_after && fields->not_after < fields->not_before)
		return -ERANGE;
	return name_license(order, fields);
}

/* The content key under the medium's own, and what counts for this device alone. */
static int seal_for_medium(struct server *server, struct cask_db *db,
			   const struct issue_order *order, const struct license_fields *fields,
			   const uint8_t key[CASK_KEY_SIZE], struct issue *issue)
{
	struct license_medium medium = { .locked = order->locked || fields->once };
	uint8_t class_key[CASK_KEY_SIZE];
	struct medium_keys keys = { 0 };
	struct content class;
	int ret = content_find_class(db, &server->vault, order->class_id, &class, class_key);

	if (ret == -ESRCH)
		ret = -ENOKEY;
	if (!ret && order->device_level < class.min_level)
		ret = -EACCES;
	/* Every device of the class's level can open what the class key alone keeps shut. */
	if (!ret && !medium.locked && !order->layer_locked && fields->min_level > class.min_level)
		ret = -EDOM;
	if (!ret)
		ret = medium_derive(class_key, order->number, &keys);
	memcpy(medium.class_id, order->class_id, sizeof(medium.class_id));
	memcpy(medium.number, order->number, sizeof(medium.number));
	memcpy(medium.wrap, keys.wrap, sizeof(medium.wrap));
	memcpy(medium.device.key, order->device_key, sizeof(medium.device.key));
	if (!ret)
		ret = license_make_medium(&server->signer, fields, &medium, key,
					  &issue->statement, &issue->size);
	crypto_wipe(class_key, sizeof(class_key));
	crypto_wipe(&keys, sizeof(keys));
	crypto_wipe(&medium, sizeof(medium));
	return ret;
}

/* The parameter: what the device drew, or the next step of what was agreed on with it. */
static int choose_parameter(struct cask_db *db, const struct license_fields *fields,
			    const struct content *content, const uint8_t device_id[CASK_KID_SIZE],
			    struct cask_twokey *twokey)
{
	struct cask_step step;
	int ret;

	twokey->mode = htole32(content->twokey);
	if (content->twokey == CASK_TWOKEY_TERMINAL) {
		memcpy(twokey->parameter, fields->nonce, sizeof(twokey->parameter));
		return 0;
	}
	ret = synchronise_next(db, device_id, &step);
	if (!ret)
		memcpy(twokey->parameter, &step, sizeof(twokey->parameter));
	return ret;
}

/* The content's first key as the device's second key. */
static int send_second_key(struct server *server, struct cask_db *db,
			   const struct issue_order *order, const struct content *content,
			   const struct license_fields *fields, const uint8_t key[CASK_KEY_SIZE],
			   struct issue *issue)
{
	struct license_twokey to = { 0 };
	uint8_t secret[32];
	int ret = choose_parameter(db, fields, content, issue->device_id, &to.twokey);

	if (!ret)
		ret = pairs_derive(server, order->device_key, secret);
	if (!ret)
		ret = pairwise_key(secret, CASK_INFO_TWOKEY, to.secret);
	memcpy(to.device.key, order->device_key, sizeof(to.device.key));
	if (!ret)
		ret = license_make_twokey(&server->signer, fields, &to, key, &issue->statement,
					  &issue->size);
	crypto_wipe(secret, sizeof(secret));
	crypto_wipe(&to, sizeof(to));
	return ret;
}

/* The content key for all leaves of a category that are not revoked; none where the file has it. */
static int sign_for_leaf(struct server *server, struct cask_db *db, const struct content *content,
			 const struct license_fields *fields, struct license_root *root,
			 const uint8_t key[CASK_KEY_SIZE], struct issue *issue)
{
	_cleanup_tree_ struct tree tree = { 0 };
	int ret;

	if (content->key_in_header)
		return license_make_header(&server->signer, fields, root, &issue->statement,
					   &issue->size);
	ret = tree_find(server, db, content->category_id, &tree);
	if (!ret)
		ret = tree_wrapping_key(&tree, root->version, root->wrap);
	if (!ret)
		ret = license_make_category(&server->signer, fields, root, key, &issue->statement,
					    &issue->size);
	return ret;
}

/* The key for the category, and the right for this leaf alone. */
static int wrap_for_leaf(struct server *server, struct cask_db *db, const struct content *content,
			 struct license_fields *fields, const uint8_t key[CASK_KEY_SIZE],
			 struct issue *issue)
{
	struct license_root root = { 0 };
	struct tree_leaf leaf;
	int ret = tree_leaf(db, content->category_id, issue->device_id, &leaf);

	if (ret)
		return ret == -ENOENT ? -ENODEV : ret == -ESRCH ? -EIO : ret;
	if (leaf.revoked)
		return -EKEYREVOKED;
	fields->for_device = true;
	memcpy(fields->device_id, issue->device_id, sizeof(fields->device_id));
	memcpy(root.category, content->category_id, sizeof(root.category));
	root.version = leaf.version;
	ret = sign_for_leaf(server, db, content, fields, &root, key, issue);
	crypto_wipe(&root, sizeof(root));
	return ret;
}

static int make_statement(struct server *server, struct cask_db *db,
			  const struct issue_order *order, const struct content *content,
			  const uint8_t key[CASK_KEY_SIZE], struct issue *issue)
{
	struct license_device device;
	struct license_fields fields;
	int ret = fill_fields(server, content, order, &fields);

	if (!ret && !order->no_device)
		ret = cose_device_id(order->device_key, issue->device_id);
	if (ret)
		return ret;
	memcpy(issue->id, fields.id, sizeof(issue->id));
	issue->version = fields.version;
	issue->created = fields.created;
	issue->not_after = fields.not_after;
	if (order->on_medium)
		return seal_for_medium(server, db, order, &fields, key, issue);
	if (content->twokey)
		return send_second_key(server, db, order, content, &fields, key, issue);
	if (content->in_category)
		return wrap_for_leaf(server, db, content, &fields, key, issue);
	memcpy(device.key, order->device_key, sizeof(device.key));
	return license_make(&server->signer, &fields, &device, 1, key, &issue->statement,
			    &issue->size);
}

/**
 * issue_make() - make a license; recording it is the next step
 * @server: with its signer and its pairwise key loaded
 * @db: connection without an open transaction
 * @order: what for
 * @ret_issue: to be given to issue_free()
 *
 * Return: 0, -ESRCH when the content is not on offer, -EACCES when it, its category, or the
 * medium's class, wants a higher level than the device has, -ERANGE when the usage period ends before
 * it begins, -ENODATA when it counts, or its second key takes a nonce, and there is none,
 * -ENOLINK when its second key takes a step and none was agreed on, -EPROTOTYPE when it is sent
 * as a second key and is wanted on a medium, -EPROTONOSUPPORT when it is for a category and is, -ENOKEY when the medium's class is none of ours,
 * -EMEDIUMTYPE when the key of a class is wanted on a medium, -ENOMEDIUM when something else is
 * wanted as a class, -EDOM when the class is for devices of a lower level than the content's and
 * neither license nor medium is locked to a device, -ENODEV when it is for a category and the device is
 * not enrolled, -EKEYREVOKED when the device's leaf is revoked, -ENOSPC when it has none and there is
 * none left, -EINVAL for an impossible device key, -EOVERFLOW when it was renewed as often as can be, or
 * another -errno.
 */
int issue_make(struct server *server, struct cask_db *db, const struct issue_order *order,
	       struct issue *ret_issue)
{
	struct issue issue = { 0 };
	struct content content;
	uint8_t key[CASK_KEY_SIZE];
	/* Level, period and key are of one moment, should the content be replaced meanwhile. */
	int ret = content_find_key(db, &server->vault, order->content_id, &content, key);

	if (!ret && order->on_medium && content.suite == CASK_SUITE_MEDIUM_CLASS)
		ret = -EMEDIUMTYPE;
	if (!ret && order->on_medium && content.twokey)
		ret = -EPROTOTYPE;
	/* On a medium anybody's device could have it, one that was taken out of the category, too. */
	if (!ret && order->on_medium && content.in_category)
		ret = -EPROTONOSUPPORT;
	if (!ret && order->of_class && content.suite != CASK_SUITE_MEDIUM_CLASS)
		ret = -ENOMEDIUM;
	if (!ret && order->device_level < content.min_level)
		ret = -EACCES;
	if (!ret)
		ret = make_statement(server, db, order, &content, key, &issue);
	crypto_wipe(key, sizeof(key));
	if (!ret)
		*ret_issue = issue;
	return ret;
}

/**
 * issue_check_quota() - whether a device may have another license, or renewal, today
 * @db: connection
 * @request: of the device
 * @per_day: most of either in the last 24 hours; 0: no limit
 *
 * Requests at the same time may each see the last one free: the limit is for
 * growth, and need not be exact.
 *
 * Return: 0, -EDQUOT, or another -errno.
 */
int issue_check_quota(struct cask_db *db, const struct issue_request *request, uint64_t per_day)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret;

	if (!per_day)
		return 0;
	ret = cask_db_query_one(db, request->renews ?
				"SELECT COUNT(*) FROM renewals WHERE device_id = $1 AND created > $2" :
				"SELECT COUNT(*) FROM licenses WHERE device_id = $1 AND created > $2",
				DB_ARGS(DB_ID(request->device_id), DB_INT(time(NULL) - 86400)), &rows);
	if (ret)
		return ret;
	return (uint64_t)cask_db_int(rows, 0) < per_day ? 0 : -EDQUOT;
}

/**
 * issue_record() - keep what was issued
 * @db: connection with an open transaction
 * @order: what for
 * @issue: made from it
 *
 * Return: 0 or -errno.
 */
int issue_record(struct cask_db *db, const struct issue_order *order, const struct issue *issue)
{
	int ret = order->on_medium ? media_heard_of(db, order->class_id, order->number) : 0;

	if (ret)
		return ret;
	return cask_db_run(db, "INSERT INTO licenses (id, content_id, device_id, user_id, version, "
			   "created, not_before, not_after, statement, medium_class, medium_number, term_id) "
			   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
			   DB_ARGS(DB_ID(issue->id), DB_ID(order->content_id),
				   order->no_device ? DB_NULL : DB_ID(issue->device_id),
				   DB_INT_OR_NULL(order->user_id),
				   DB_INT(issue->version), DB_INT(issue->created),
				   DB_INT_OR_NULL(order->not_before),
				   DB_INT_OR_NULL(issue->not_after),
				   DB_BLOB(issue->statement, issue->size),
				   order->on_medium ? DB_ID(order->class_id) : DB_NULL,
				   order->on_medium ? DB_ID(order->number) : DB_NULL,
				   DB_INT_OR_NULL(order->term.id)));
}

/*
 * A key is kept as long as its license: of a request whose answer was lost nobody knows when it comes again, and
 * without the key it would be charged for again.
 */
static int record_request(struct cask_db *db, const struct issue_order *order,
			  const struct issue *issue, const struct issue_request *request,
			  struct bill *bill)
{
	int ret = issue_record(db, order, issue);

	if (!ret)
		ret = bill_charge(db, bill);
	if (ret)
		return ret;
	return cask_db_run(db, "INSERT INTO license_requests (device_id, idempotency_key, "
			   "request_hash, license_id, created) VALUES ($1, $2, $3, $4, $5)",
			   DB_ARGS(DB_ID(request->device_id), DB_TEXT(request->key),
				   DB_ID(request->hash), DB_ID(issue->id),
				   DB_INT(issue->created)));
}

/**
 * issue_record_once() - keep what was issued and charge for it, unless the request was answered before
 * @db: connection without an open transaction
 * @order: what for
 * @issue: made from it
 * @request: who asked how
 * @bill: of @issue
 *
 * Return: 0, -EEXIST when the key was used, -EACCES and the bill's verdict, or another -errno; on
 * an error nothing is recorded or charged.
 */
int issue_record_once(struct cask_db *db, const struct issue_order *order,
		      const struct issue *issue, const struct issue_request *request,
		      struct bill *bill)
{
	int ret;

	DB_TRANSACTION(db, ret)
		ret = record_request(db, order, issue, request, bill);
	return ret;
}

/* Columns: id, statement. */
static int read_row(struct cask_db_rows *rows, struct issue *ret_issue)
{
	struct issue issue = { 0 };
	const uint8_t *statement = cask_db_blob(rows, 1, &issue.size);
	int ret = cask_db_id(rows, 0, issue.id, sizeof(issue.id));

	if (ret)
		return ret;
	issue.statement = malloc(issue.size);
	if (!issue.statement)
		return -ENOMEM;
	memcpy(issue.statement, statement, issue.size);
	*ret_issue = issue;
	return 0;
}

/**
 * issue_find_request() - the license that a request got before
 * @db: connection
 * @request: the request
 * @ret_issue: id and statement; to be given to issue_free()
 *
 * Return: 0, -ESRCH when the key is new, -EEXIST when it was used for another
 * request, or another -errno.
 */
int issue_find_request(struct cask_db *db, const struct issue_request *request,
		       struct issue *ret_issue)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	uint8_t hash[32];
	int ret = cask_db_query_one(db, request->renews ?
				    "SELECT license_id, statement, request_hash FROM renewals "
				    "WHERE device_id = $1 AND idempotency_key = $2" :
				    "SELECT l.id, l.statement, r.request_hash FROM license_requests r "
				    "JOIN licenses l ON l.id = r.license_id "
				    "WHERE r.device_id = $1 AND r.idempotency_key = $2",
				    DB_ARGS(DB_ID(request->device_id), DB_TEXT(request->key)),
				    &rows);

	if (!ret)
		ret = cask_db_id(rows, 2, hash, sizeof(hash));
	if (ret)
		return ret;
	return memcmp(hash, request->hash, sizeof(hash)) ? -EEXIST : read_row(rows, ret_issue);
}

/**
 * issue_find() - a license that was made for a device
 * @db: connection
 * @id: license id
 * @device_id: the device
 * @ret_issue: id and statement; to be given to issue_free()
 *
 * Return: 0, -ESRCH when there is none or it is another device's, or another -errno.
 */
int issue_find(struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
	       const uint8_t device_id[CASK_KID_SIZE], struct issue *ret_issue)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT id, statement FROM licenses "
				    "WHERE id = $1 AND device_id = $2",
				    DB_ARGS(DB_BLOB(id, CASK_ID_SIZE),
					    DB_BLOB(device_id, CASK_KID_SIZE)), &rows);

	return ret ? ret : read_row(rows, ret_issue);
}

/**
 * issue_free() - free a license
 * @issue: may be zero
 */
void issue_free(struct issue *issue)
{
	free(issue->statement);
	*issue = (struct issue){ 0 };
}
