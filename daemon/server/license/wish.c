// SPDX-License-Identifier: GPL-2.0
/*
 * wish.c - what a license and a renewal are both asked for with: who, which term and how often, at what price.
 */
#include <errno.h>
#include <string.h>

#include "json.h"
#include "wish.h"

/**
 * wish_begin() - who asks, and by which key it is known again
 * @wish: gets it
 * @rq: the request
 * @device: who signed it
 *
 * Return: 0, or -EINVAL without an Idempotency-Key.
 */
int wish_begin(struct wish *wish, const struct cask_http_request *rq, const struct device *device)
{
	wish->request.key = call_idempotency_key(rq);
	if (!wish->request.key)
		return -EINVAL;
	memcpy(wish->request.device_id, device->id, sizeof(wish->request.device_id));
	memcpy(wish->order.device_key, device->key, sizeof(wish->order.device_key));
	wish->order.device_level = device->level;
	return 0;
}

static int read_term(struct wish *wish, const json_t *json)
{
	const char *name = "";
	uint64_t quantity = 1;
	int ret = 0;

	if (json_object_get(json, "term"))
		ret = cask_json_string(json, "term", TERM_NAME_MAX, &name);
	if (!ret && json_object_get(json, "quantity"))
		ret = *name ? cask_json_u64(json, "quantity", &quantity) : -EINVAL;
	if (ret || !quantity || quantity > TERM_QUANTITY_MAX)
		return -EINVAL;
	strcpy(wish->term, name);
	wish->order.quantity = quantity;
	return 0;
}

/**
 * wish_read() - the members of a request that may be in either
 * @wish: gets them: a term and how many times, 1 if not said; a nonce; a price, 0 if not said
 * @json: the request
 *
 * Return: 0; -EINVAL, -ENOENT or -ERANGE when one is not as the protocol has it.
 */
int wish_read(struct wish *wish, const json_t *json)
{
	int ret = read_term(wish, json);

	if (!ret && json_object_get(json, "nonce")) {
		wish->order.once = true;
		ret = cask_json_hex(json, "nonce", wish->order.nonce, sizeof(wish->order.nonce));
	}
	if (!ret && json_object_get(json, "price"))
		ret = cask_json_u64(json, "price", &wish->price);
	return !ret && wish->price > LEDGER_AMOUNT_MAX ? -ERANGE : ret;
}

/**
 * wish_choose_term() - have the term that a request names, if it may be had
 * @wish: content, quantity and what is renewed; its order gets the term
 * @db: connection
 * @ret_refusal: the reply when it may not
 *
 * Return: whether it may.
 */
bool wish_choose_term(struct wish *wish, struct cask_db *db, struct cask_reply **ret_refusal)
{
	struct issue_order *order = &wish->order;
	int ret = term_find(db, order->content_id, wish->term, &order->term);

	if (ret == -ESRCH)
		*ret_refusal = cask_reply_problem(404, "term-unknown", "There is no such term.");
	else if (ret)
		*ret_refusal = call_failed(ret);
	else if (order->quantity > order->term.max_quantity)
		*ret_refusal = cask_reply_problem(409, "quantity-exceeded",
						  "The term is not to be had so many times at once.");
	else if (order->renews && !order->renewed.may_own && term_is_ownership(&order->term))
		*ret_refusal = cask_reply_problem(403, "term-not-permitted",
						  "The license may not become ownership.");
	else
		return true;
	return false;
}

/**
 * wish_bill() - what it would cost
 * @wish: content, term and user are known
 * @config: of the server
 * @subject: what is charged for once; borrowed
 * @subject_size: bytes of it
 *
 * Return: a bill, not judged yet.
 */
struct bill wish_bill(const struct wish *wish, const struct server_config *config,
		      const void *subject, size_t subject_size)
{
	return (struct bill){ .event = BILL_LICENSE, .content_id = wish->order.content_id,
			      .term_id = wish->order.term.id, .quantity = wish->order.quantity,
			      .subject = subject, .subject_size = subject_size,
			      .user_id = wish->order.user_id, .agreed = wish->price,
			      .config = config };
}
