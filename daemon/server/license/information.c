// SPDX-License-Identifier: GPL-2.0
/*
 * information.c - what a user says while a device registers.
 *
 * Until the device has answered its challenge it lies with the challenge, wrapped; then it
 * becomes account, password, particulars and a way to pay, all with the device or nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../billing/account.h"
#include "../billing/product.h"
#include "../form.h"
#include "crypto.h"
#include "information.h"
#include "json.h"
#include "text.h"

#define LABEL_MAX 64

static int has_said(struct cask_db *db, int64_t user_id, bool *ret_said)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT 1 FROM particulars WHERE user_id = $1",
				    DB_ARGS(DB_INT(user_id)), &rows);

	*ret_said = !ret;
	return ret == -ESRCH ? 0 : ret;
}

/* A new account has nothing to pay from: where registering costs, no such account is of use. */
static int may_prepay(struct call *call, bool *ret_may)
{
	struct product product;
	int ret = product_find(call->db, BILL_REGISTRATION, NULL, 0, &product);

	*ret_may = ret == -ESRCH || !call->server->config.self_service;
	return ret == -ESRCH ? 0 : ret;
}

/**
 * information_wanted() - what a user has to say before a device can register
 * @call: of an enrolment
 * @e: it
 * @ret_fields: of the operator's form; NULL: nothing
 *
 * Return: 0 or -errno.
 */
int information_wanted(struct call *call, const struct enrolment *e, json_t **ret_fields)
{
	struct form_asks asks = { 0 };
	bool is_known, said = false, has_password = false;
	json_t *fields;
	int64_t user_id;
	int ret;

	*ret_fields = NULL;
	if (!call->server->form.fields)
		return 0;
	ret = enrolment_owner(call->db, e, &user_id);
	is_known = !ret;
	if (is_known)
		ret = has_said(call->db, user_id, &said) ?:
		      password_exists(call->db, user_id, &has_password);
	if ((ret && ret != -ESRCH) || said)
		return ret;
	asks.user = !is_known;
	asks.password = !has_password;
	ret = may_prepay(call, &asks.prepaid);
	if (ret)
		return ret;
	fields = form_fields(&call->server->form, &asks);
	if (json_array_size(fields))
		*ret_fields = steal_ptr(&fields);
	json_decref(fields);
	return 0;
}

/* Returns wrapped JSON, which the caller frees, or NULL. */
static uint8_t *wrap(const struct vault *vault, const char *label, const json_t *json,
		     size_t *ret_size)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	size_t size = text ? strlen(text) : 0;
	uint8_t *wrapped = text ? malloc(size + VAULT_OVERHEAD) : NULL;

	if (wrapped && vault_wrap(vault, label, text, size, wrapped)) {
		free(wrapped);
		wrapped = NULL;
	}
	if (text)
		crypto_wipe(text, size);
	free(text);
	*ret_size = size + VAULT_OVERHEAD;
	return wrapped;
}

static int unwrap(const struct vault *vault, const char *label, const uint8_t *wrapped,
		  size_t size, json_t **ret_json)
{
	uint8_t *text;
	int ret;

	if (size <= VAULT_OVERHEAD)
		return -EBADMSG;
	text = malloc(size - VAULT_OVERHEAD);
	if (!text)
		return -ENOMEM;
	ret = vault_unwrap(vault, label, wrapped, size, text);
	if (!ret)
		ret = cask_json_parse(text, size - VAULT_OVERHEAD, ret_json);
	crypto_wipe(text, size - VAULT_OVERHEAD);
	free(text);
	return ret;
}

static void label_of(const struct enrolment *e, char label[LABEL_MAX])
{
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)];

	text_hex(e->id, sizeof(e->id), id);
	snprintf(label, LABEL_MAX, "enrolment %s", id);
}

/**
 * information_put() - keep what a user said until the device has answered
 * @call: of an enrolment
 * @e: it, neither answered nor expired
 * @info: what was said; in place of what was said before
 *
 * Return: 0, -ESRCH when it was answered, or a new challenge took its place, meanwhile, or
 * another -errno.
 */
int information_put(struct call *call, const struct enrolment *e, const struct information *info)
{
	_cleanup_json_ json_t *json = json_pack("{s:I, s:s, s:s, s:O}",
						"user_id", (json_int_t)info->user_id,
						"name", info->name, "hash", info->hash,
						"particulars", info->particulars);
	_cleanup_free_ uint8_t *wrapped = NULL;
	char label[LABEL_MAX];
	size_t size;
	int ret;

	label_of(e, label);
	wrapped = wrap(&call->server->vault, label, json, &size);
	if (!wrapped)
		return -ENOMEM;
	ret = cask_db_run(call->db, "UPDATE enrolments SET information = $2 "
			  "WHERE id = $1 AND answer_hash IS NULL",
			  DB_ARGS(DB_ID(e->id), DB_BLOB(wrapped, size)));
	return !ret && !cask_db_changes(call->db) ? -ESRCH : ret;
}

static void read_json(json_t *json, struct information *info)
{
	info->given = true;
	info->user_id = json_integer_value(json_object_get(json, "user_id"));
	snprintf(info->name, sizeof(info->name), "%s",
		 json_string_value(json_object_get(json, "name")));
	snprintf(info->hash, sizeof(info->hash), "%s",
		 json_string_value(json_object_get(json, "hash")));
	info->particulars = json_incref(json_object_get(json, "particulars"));
}

/**
 * information_get() - what a user said so far
 * @call: of an enrolment
 * @e: it
 * @ret_info: to be given to information_clear(), also on failure
 *
 * Return: 0, also when nothing was said; -ESRCH without such an enrolment, or another -errno.
 */
int information_get(struct call *call, const struct enrolment *e, struct information *ret_info)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	_cleanup_json_ json_t *json = NULL;
	char label[LABEL_MAX];
	const uint8_t *wrapped;
	size_t size;
	int ret = cask_db_query_one(call->db, "SELECT information FROM enrolments WHERE id = $1",
				    DB_ARGS(DB_ID(e->id)), &rows);

	if (ret || cask_db_is_null(rows, 0))
		return ret;
	label_of(e, label);
	wrapped = cask_db_blob(rows, 0, &size);
	ret = unwrap(&call->server->vault, label, wrapped, size, &json);
	if (!ret)
		read_json(json, ret_info);
	return ret;
}

/**
 * information_owner() - the account that a device will belong to
 * @db: connection with an open transaction
 * @info: what its user said
 * @ret_user: that was there, or has been made
 *
 * Return: 0, -ENOTUNIQ when somebody else took the name meanwhile, or another -errno.
 */
int information_owner(struct cask_db *db, const struct information *info, struct user *ret_user)
{
	int ret;

	if (info->user_id)
		return user_get(db, info->user_id, ret_user);
	ret = user_find(db, info->name, ret_user);
	if (ret != -ESRCH)
		return ret ? ret : -ENOTUNIQ;
	ret = user_add(db, info->name);
	return ret ? ret : user_find(db, info->name, ret_user);
}

static void particulars_label(int64_t user_id, char label[LABEL_MAX])
{
	snprintf(label, LABEL_MAX, "particulars %lld", (long long)user_id);
}

static int put_particulars(struct call *call, const json_t *particulars, int64_t user_id)
{
	_cleanup_free_ uint8_t *wrapped = NULL;
	char label[LABEL_MAX];
	size_t size;

	particulars_label(user_id, label);
	wrapped = wrap(&call->server->vault, label, particulars, &size);
	if (!wrapped)
		return -ENOMEM;
	return cask_db_run(call->db, "INSERT INTO particulars (user_id, wrapped, created) "
			   "VALUES ($1, $2, $3) ON CONFLICT (user_id) DO UPDATE SET wrapped = $2, "
			   "created = $3", DB_ARGS(DB_INT(user_id), DB_BLOB(wrapped, size),
						   DB_INT(time(NULL))));
}

/* One that somebody has set meanwhile stays. */
static int put_password(struct cask_db *db, const char *hash, int64_t user_id)
{
	bool exists;
	int ret = password_exists(db, user_id, &exists);

	return ret || exists || !*hash ? ret : password_put(db, user_id, hash);
}

/* The way to pay, if users may choose it, and this one has none. */
static int open_account(struct call *call, const json_t *particulars, int64_t user_id)
{
	const struct server_config *config = &call->server->config;
	struct account account;
	enum bill_method method;
	const char *text;
	int ret;

	if (!config->self_service ||
	    cask_json_string(particulars, FORM_PAYMENT_METHOD, FORM_VALUE_MAX, &text) ||
	    account_method_parse(text, &method))
		return 0;
	ret = account_find(call->db, user_id, &account);
	if (ret != -ESRCH)
		return ret;
	return account_set(call->db, user_id, method,
			   method == BILL_PREPAID ? 0 : config->self_service_credit);
}

/**
 * information_record() - what a user said becomes the user's
 * @call: with an open transaction, in which the device is recorded
 * @info: what was said
 * @user_id: whose the device is
 *
 * Of an account whose password was shown nothing changes.
 *
 * Return: 0 or -errno.
 */
int information_record(struct call *call, const struct information *info, int64_t user_id)
{
	int ret;

	if (!info->given || info->user_id)
		return 0;
	ret = put_particulars(call, info->particulars, user_id);
	if (!ret)
		ret = put_password(call->db, info->hash, user_id);
	return ret ? ret : open_account(call, info->particulars, user_id);
}

/**
 * information_particulars() - what a user said when registering
 * @db: connection
 * @vault: unwraps it
 * @user_id: whose
 * @ret_particulars: the caller drops it
 *
 * Return: 0, -ESRCH when nothing was said, or another -errno.
 */
int information_particulars(struct cask_db *db, const struct vault *vault, int64_t user_id,
			    json_t **ret_particulars)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	const uint8_t *wrapped;
	char label[LABEL_MAX];
	size_t size;
	int ret = cask_db_query_one(db, "SELECT wrapped FROM particulars WHERE user_id = $1",
				    DB_ARGS(DB_INT(user_id)), &rows);

	if (ret)
		return ret;
	particulars_label(user_id, label);
	wrapped = cask_db_blob(rows, 0, &size);
	return unwrap(vault, label, wrapped, size, ret_particulars);
}

/**
 * information_clear() - free and wipe what was said
 * @info: may be zero
 */
void information_clear(struct information *info)
{
	json_decref(info->particulars);
	crypto_wipe(info, sizeof(*info));
}
