// SPDX-License-Identifier: GPL-2.0
/*
 * leaves.c - GET /v1/leaves: a device's places in the distributor's categories.
 *
 * A device has a leaf in each category from the first time that it asks. The statement is made
 * anew each time, sealed to the device; what stays on record is whose the leaf is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../call.h"
#include "crypto.h"
#include "json.h"
#include "leaves.h"
#include "../tree.h"

static int make(const struct call *call, const struct tree *tree, const struct tree_leaf *leaf,
		json_t *list)
{
	struct category_leaf fields = { .created = time(NULL), .leaf = leaf->leaf };
	_cleanup_free_ uint8_t *statement = NULL;
	size_t size;
	json_t *json;
	int ret;

	memcpy(fields.device_key, call->device.key, sizeof(fields.device_key));
	ret = category_leaf(&tree->category, &call->server->signer, &fields, &statement, &size);
	if (ret)
		return ret;
	json = json_pack("{s:o, s:I, s:I, s:o}",
			 "category_id", cask_json_new_hex(tree->category.id, CASK_ID_SIZE),
			 "leaf", (json_int_t)leaf->leaf, "version", (json_int_t)leaf->version,
			 "statement", cask_json_new_base64url(statement, size));
	return json_array_append_new(list, json) ? -ENOMEM : 0;
}

/*
 * Of one category. A device that was taken out of it has no leaf there, nor has one that came too
 * late, or whose level is too low.
 */
static int add(const struct call *call, const uint8_t id[CASK_ID_SIZE], json_t *list)
{
	_cleanup_tree_ struct tree tree = { 0 };
	struct tree_leaf leaf;
	int ret = tree_leaf(call->db, id, call->device.id, &leaf);

	if (ret == -ENOSPC || ret == -EACCES || (!ret && leaf.revoked))
		return 0;
	if (!ret)
		ret = tree_find(call->server, call->db, id, &tree);
	return ret ? ret : make(call, &tree, &leaf, list);
}

/**
 * leaves_get() - GET /v1/leaves
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *leaves_get(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	_cleanup_json_ json_t *list = json_array();
	uint8_t ids[TREES_MAX][CASK_ID_SIZE];
	struct cask_reply *refusal;
	size_t count;
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	ret = tree_ids(call.db, ids, &count);
	for (size_t i = 0; i < count && !ret; i++)
		ret = add(&call, ids[i], list);
	return ret ? call_failed(ret) : cask_reply_json(200, json_pack("{s:O}", "leaves", list));
}
