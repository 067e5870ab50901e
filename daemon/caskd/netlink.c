// SPDX-License-Identifier: GPL-2.0
/*
 * netlink.c - the module's operations, one function each.
 */
#include <errno.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <linux/cask_netlink.h>

#include "agent.h"
#include "cleanup.h"
#include "family.h"
#include "netlink.h"

/* A dump that changes under us is asked for again so often. */
#define DUMP_TRIES	5

static int take_issuer(struct nlattr **attrs, void *context)
{
	static const struct family_field field = {
		CASK_A_ISSUER, FAMILY_BYTES, true, 0, CASK_KID_SIZE
	};

	return family_decode(attrs, &field, 1, context);
}

/**
 * netlink_anchor_add() - install a distributor, or its newer scope
 * @provisioning_key: COSE_Key
 * @grant: GRANT statement
 * @scope: SCOPE statement
 * @ret_issuer: who it is
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_anchor_add(const struct netlink_blob *provisioning_key,
		       const struct netlink_blob *grant, const struct netlink_blob *scope,
		       uint8_t ret_issuer[CASK_KID_SIZE], struct problem *p)
{
	struct agent_question q = {
		.what = "installing the distributor", .cmd = CASK_CMD_ANCHOR_ADD,
		.take = take_issuer, .context = ret_issuer,
		.attrs = {
			{ CASK_A_PROVISIONING_KEY, provisioning_key->data, provisioning_key->size },
			{ CASK_A_GRANT, grant->data, grant->size },
			{ CASK_A_SCOPE, scope->data, scope->size },
		},
	};

	return agent_ask(&q, p);
}

static int take_anchor(struct nlattr **attrs, void *context)
{
	static const struct family_field fields[] = {
		FAMILY_FIELD(ISSUER, BYTES, true, netlink_anchor, issuer),
		FAMILY_FIELD(NAME, TEXT, true, netlink_anchor, name),
		FAMILY_FIELD(SEQUENCE, U64, true, netlink_anchor, sequence),
		FAMILY_FIELD(NOT_BEFORE, U64, true, netlink_anchor, not_before),
		FAMILY_FIELD(NOT_AFTER, U64, true, netlink_anchor, not_after),
	};
	struct netlink_anchor *anchor = context;

	anchor->lost = attrs[CASK_A_LOST];
	return family_decode(attrs, fields, ARRAY_SIZE(fields), context);
}

/**
 * netlink_anchor_get() - what the module knows of a distributor
 * @issuer: which
 * @ret_anchor: filled in
 * @p: ENOKEY when it is not installed
 *
 * Return: 0 or -1.
 */
int netlink_anchor_get(const uint8_t issuer[CASK_KID_SIZE],
		       struct netlink_anchor *ret_anchor, struct problem *p)
{
	struct netlink_anchor anchor = { 0 };
	struct agent_question q = {
		.what = "looking up the distributor", .cmd = CASK_CMD_ANCHOR_GET,
		.take = take_anchor, .context = &anchor,
		.attrs = { { CASK_A_ISSUER, issuer, CASK_KID_SIZE } },
	};

	if (agent_ask(&q, p))
		return -1;
	*ret_anchor = anchor;
	return 0;
}

/**
 * struct answer - an object being received
 * @type: of the attribute that it is in
 * @max: bytes of @data
 * @data: of the caller
 * @size: how many came
 */
struct answer {
	int type;
	size_t max;
	uint8_t *data;
	size_t size;
};

static int take_answer(struct nlattr **attrs, void *context)
{
	struct answer *answer = context;
	struct nlattr *attr = attrs[answer->type];

	if (!attr || nla_len(attr) < 1 || (size_t)nla_len(attr) > answer->max)
		return -EPROTO;
	answer->size = nla_len(attr);
	memcpy(answer->data, nla_data(attr), answer->size);
	return 0;
}

/**
 * netlink_enrol() - open a distributor's challenge and answer it
 * @issuer: the distributor
 * @challenge: as its server sealed it
 * @ret_answer: ENROLMENT object
 * @ret_size: its bytes
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_enrol(const uint8_t issuer[CASK_KID_SIZE],
		  const uint8_t challenge[CASK_SEALED_CHALLENGE_SIZE],
		  uint8_t ret_answer[NETLINK_ANSWER_MAX], size_t *ret_size, struct problem *p)
{
	struct answer answer = {
		.type = CASK_A_ANSWER, .max = NETLINK_ANSWER_MAX, .data = ret_answer,
	};
	struct agent_question q = {
		.what = "answering the challenge", .cmd = CASK_CMD_ENROL,
		.take = take_answer, .context = &answer,
		.attrs = {
			{ CASK_A_ISSUER, issuer, CASK_KID_SIZE },
			{ CASK_A_CHALLENGE, challenge, CASK_SEALED_CHALLENGE_SIZE },
		},
	};

	if (agent_ask(&q, p))
		return -1;
	*ret_size = answer.size;
	return 0;
}

static int take_mac(struct nlattr **attrs, void *context)
{
	static const struct family_field field = {
		CASK_A_MAC, FAMILY_BYTES, true, 0, CASK_MAC_SIZE
	};

	return family_decode(attrs, &field, 1, context);
}

/**
 * netlink_sign() - authenticate a request under the pairwise key
 * @issuer: the distributor
 * @base: RFC 9421 signature base
 * @size: its bytes, at most CASK_SIGN_DATA_MAX
 * @ret_mac: hmac-sha256
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_sign(const uint8_t issuer[CASK_KID_SIZE], const void *base, size_t size,
		 uint8_t ret_mac[CASK_MAC_SIZE], struct problem *p)
{
	struct agent_question q = {
		.what = "signing the request", .cmd = CASK_CMD_SIGN,
		.take = take_mac, .context = ret_mac,
		.attrs = {
			{ CASK_A_ISSUER, issuer, CASK_KID_SIZE },
			{ CASK_A_SIGN_DATA, base, size },
		},
	};

	return agent_ask(&q, p);
}

static int take_license_ids(struct nlattr **attrs, void *context)
{
	static const struct family_field fields[] = {
		FAMILY_FIELD(ISSUER, BYTES, true, netlink_license, issuer),
		FAMILY_FIELD(LICENSE_ID, BYTES, true, netlink_license, license_id),
		FAMILY_FIELD(CONTENT_ID, BYTES, true, netlink_license, content_id),
	};

	return family_decode(attrs, fields, ARRAY_SIZE(fields), context);
}

/**
 * netlink_license_add() - have a license checked and kept
 * @license: LICENSE statement
 * @owner: uid, or NULL for the machine
 * @ret_license: issuer, license and content id; the rest is zero
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_license_add(const struct netlink_blob *license, const uint32_t *owner,
			struct netlink_license *ret_license, struct problem *p)
{
	struct netlink_license added = { 0 };
	struct agent_question q = {
		.what = "installing the license", .cmd = CASK_CMD_LICENSE_ADD,
		.take = take_license_ids, .context = &added,
		.attrs = {
			{ CASK_A_LICENSE, license->data, license->size },
			{ owner ? CASK_A_OWNER : 0, owner, sizeof(*owner) },
		},
	};

	if (agent_ask(&q, p))
		return -1;
	*ret_license = added;
	return 0;
}

static int decode_license(struct nlattr **attrs, struct netlink_license *license)
{
	static const struct family_field fields[] = {
		FAMILY_FIELD(ISSUER, BYTES, true, netlink_license, issuer),
		FAMILY_FIELD(LICENSE_ID, BYTES, true, netlink_license, license_id),
		FAMILY_FIELD(CONTENT_ID, BYTES, true, netlink_license, content_id),
		FAMILY_FIELD(OWNER, U32, false, netlink_license, owner),
		FAMILY_FIELD(VERSION, U32, true, netlink_license, version),
		FAMILY_FIELD(CREATED, U64, true, netlink_license, created),
		FAMILY_FIELD(NOT_BEFORE, U64, false, netlink_license, not_before),
		FAMILY_FIELD(NOT_AFTER, U64, false, netlink_license, not_after),
		FAMILY_FIELD(OPERATIONS, U32, true, netlink_license, operations),
		FAMILY_FIELD(SUITE, U32, true, netlink_license, suite),
		FAMILY_FIELD(OPENS, U64, true, netlink_license, opens),
		FAMILY_FIELD(BYTES, U64, true, netlink_license, bytes),
		FAMILY_FIELD(PACKETS, U64, true, netlink_license, packets),
		FAMILY_FIELD(SECONDS, U64, true, netlink_license, seconds),
		FAMILY_FIELD(OPENS_MAX, U32, false, netlink_license, opens_max),
		FAMILY_FIELD(OPENS_LEFT, U32, false, netlink_license, opens_left),
		FAMILY_FIELD(EXPORTS_MAX, U32, false, netlink_license, exports_max),
		FAMILY_FIELD(EXPORTS_LEFT, U32, false, netlink_license, exports_left),
		FAMILY_FIELD(CHECKOUTS_MAX, U32, false, netlink_license, checkouts_max),
		FAMILY_FIELD(CHECKOUTS_LEFT, U32, false, netlink_license, checkouts_left),
		FAMILY_FIELD(AT_ONCE, U32, false, netlink_license, at_once),
		FAMILY_FIELD(LENT, U32, false, netlink_license, lent),
	};

	license->machine = !attrs[CASK_A_OWNER];
	license->counts = attrs[CASK_A_OPENS_MAX];
	return family_decode(attrs, fields, ARRAY_SIZE(fields), license);
}

static int take_license(struct nlattr **attrs, void *context)
{
	return decode_license(attrs, context);
}

/**
 * netlink_license_get() - what the module knows of a license
 * @issuer: whose
 * @id: which
 * @ret_license: filled in
 * @p: ENOENT when it is not installed
 *
 * Return: 0 or -1.
 */
int netlink_license_get(const uint8_t issuer[CASK_KID_SIZE], const uint8_t id[CASK_ID_SIZE],
			struct netlink_license *ret_license, struct problem *p)
{
	struct netlink_license license = { 0 };
	struct agent_question q = {
		.what = "looking up the license", .cmd = CASK_CMD_LICENSE_GET,
		.take = take_license, .context = &license,
		.attrs = {
			{ CASK_A_ISSUER, issuer, CASK_KID_SIZE },
			{ CASK_A_LICENSE_ID, id, CASK_ID_SIZE },
		},
	};

	if (agent_ask(&q, p))
		return -1;
	*ret_license = license;
	return 0;
}

/**
 * netlink_license_del() - have a license removed; what plays with it stops
 * @issuer: whose
 * @id: which
 * @p: ENOENT when it is not installed
 *
 * Return: 0 or -1.
 */
int netlink_license_del(const uint8_t issuer[CASK_KID_SIZE], const uint8_t id[CASK_ID_SIZE],
			struct problem *p)
{
	struct agent_question q = {
		.what = "removing the license", .cmd = CASK_CMD_LICENSE_DEL,
		.attrs = {
			{ CASK_A_ISSUER, issuer, CASK_KID_SIZE },
			{ CASK_A_LICENSE_ID, id, CASK_ID_SIZE },
		},
	};

	return agent_ask(&q, p);
}

static int take_nonce(struct nlattr **attrs, void *context)
{
	static const struct family_field field = {
		CASK_A_NONCE, FAMILY_BYTES, true, 0, CASK_NONCE_SIZE
	};

	return family_decode(attrs, &field, 1, context);
}

/**
 * netlink_nonce_new() - begin a request for a license that counts
 * @issuer: whom it goes to
 * @ret_nonce: that the answer has to bring
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_nonce_new(const uint8_t issuer[CASK_KID_SIZE],
		      uint8_t ret_nonce[CASK_NONCE_SIZE], struct problem *p)
{
	struct agent_question q = {
		.what = "preparing the secure area", .cmd = CASK_CMD_NONCE_NEW,
		.take = take_nonce, .context = ret_nonce,
		.attrs = { { CASK_A_ISSUER, issuer, CASK_KID_SIZE } },
	};

	return agent_ask(&q, p);
}

/**
 * netlink_nonce_del() - give such a request up
 * @issuer: whom it went to
 * @nonce: of it
 * @p: ENOENT when it was answered, or given up before
 *
 * Return: 0 or -1.
 */
int netlink_nonce_del(const uint8_t issuer[CASK_KID_SIZE],
		      const uint8_t nonce[CASK_NONCE_SIZE], struct problem *p)
{
	struct agent_question q = {
		.what = "giving the request up", .cmd = CASK_CMD_NONCE_DEL,
		.attrs = {
			{ CASK_A_ISSUER, issuer, CASK_KID_SIZE },
			{ CASK_A_NONCE, nonce, CASK_NONCE_SIZE },
		},
	};

	return agent_ask(&q, p);
}

/**
 * netlink_reanchor_nonce() - begin to ask a distributor about records that were lost
 * @issuer: whom
 * @ret_nonce: that its answer has to bear
 * @p: EALREADY when none of its were, or it has answered
 *
 * Return: 0 or -1.
 */
int netlink_reanchor_nonce(const uint8_t issuer[CASK_KID_SIZE],
			   uint8_t ret_nonce[CASK_NONCE_SIZE], struct problem *p)
{
	struct agent_question q = {
		.what = "re-anchoring the secure area", .cmd = CASK_CMD_REANCHOR_NONCE,
		.take = take_nonce, .context = ret_nonce,
		.attrs = { { CASK_A_ISSUER, issuer, CASK_KID_SIZE } },
	};

	return agent_ask(&q, p);
}

/**
 * netlink_reanchor() - bring its answer
 * @statement: REANCHOR statement
 * @ret_issuer: whose it is
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_reanchor(const struct netlink_blob *statement, uint8_t ret_issuer[CASK_KID_SIZE],
		     struct problem *p)
{
	struct agent_question q = {
		.what = "re-anchoring the secure area", .cmd = CASK_CMD_REANCHOR,
		.take = take_issuer, .context = ret_issuer,
		.attrs = { { CASK_A_REANCHOR, statement->data, statement->size } },
	};

	return agent_ask(&q, p);
}

/**
 * netlink_report_get() - what of a distributor's log is not acknowledged
 * @issuer: the distributor
 * @ret_report: REPORT object
 * @ret_size: its bytes
 * @p: on failure; of the module ENODATA when there is nothing
 *
 * Return: 0 or -1.
 */
int netlink_report_get(const uint8_t issuer[CASK_KID_SIZE], uint8_t ret_report[CASK_REPORT_MAX],
		       size_t *ret_size, struct problem *p)
{
	struct answer answer = {
		.type = CASK_A_REPORT, .max = CASK_REPORT_MAX, .data = ret_report,
	};
	struct agent_question q = {
		.what = "reporting what was used", .cmd = CASK_CMD_REPORT_GET,
		.take = take_answer, .context = &answer,
		.attrs = { { CASK_A_ISSUER, issuer, CASK_KID_SIZE } },
	};

	if (agent_ask(&q, p))
		return -1;
	*ret_size = answer.size;
	return 0;
}

/**
 * netlink_report_ack() - bring a distributor's answer to a report
 * @object: ACKNOWLEDGEMENT object
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_report_ack(const struct netlink_blob *object, struct problem *p)
{
	uint8_t issuer[CASK_KID_SIZE];
	struct agent_question q = {
		.what = "forgetting what was reported", .cmd = CASK_CMD_REPORT_ACK,
		.take = take_issuer, .context = issuer,
		.attrs = { { CASK_A_ACKNOWLEDGEMENT, object->data, object->size } },
	};

	return agent_ask(&q, p);
}

/**
 * netlink_synchronise() - agree on steps: bring a distributor's answer to a nonce
 * @object: SYNCHRONISE object
 * @ret_issuer: whose it is
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_synchronise(const struct netlink_blob *object, uint8_t ret_issuer[CASK_KID_SIZE],
			struct problem *p)
{
	struct agent_question q = {
		.what = "agreeing on steps", .cmd = CASK_CMD_SYNCHRONISE,
		.take = take_issuer, .context = ret_issuer,
		.attrs = { { CASK_A_SYNCHRONISE, object->data, object->size } },
	};

	return agent_ask(&q, p);
}

/**
 * netlink_leaf_add() - bring this device's place in a category
 * @statement: LEAF statement
 * @p: on failure; ESTALE when one as late is there
 *
 * Return: 0 or -1.
 */
int netlink_leaf_add(const struct netlink_blob *statement, struct problem *p)
{
	uint8_t issuer[CASK_KID_SIZE];
	struct agent_question q = {
		.what = "taking a place in a category", .cmd = CASK_CMD_LEAF_ADD,
		.take = take_issuer, .context = issuer,
		.attrs = { { CASK_A_LEAF, statement->data, statement->size } },
	};

	return agent_ask(&q, p);
}

/* What is left to bring is for the caller to know. */
static int take_left(struct nlattr **attrs, void *context)
{
	static const struct family_field field = { CASK_A_SIZE, FAMILY_U32, true, 0, sizeof(uint32_t) };

	return family_decode(attrs, &field, 1, context);
}

/**
 * netlink_ekb_add() - begin to bring an EKB
 * @statement: EKB statement
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_ekb_add(const struct netlink_blob *statement, struct problem *p)
{
	uint32_t left;
	struct agent_question q = {
		.what = "bringing an EKB", .cmd = CASK_CMD_EKB_ADD,
		.take = take_left, .context = &left,
		.attrs = { { CASK_A_EKB, statement->data, statement->size } },
	};

	return agent_ask(&q, p);
}

/**
 * netlink_ekb_data() - bring a part of its entries; with the last one it is opened
 * @offset: bytes before it
 * @part: at most CASK_STORE_DATA_MAX bytes
 * @p: on failure; ENOENT or EINVAL when another EKB was begun meanwhile
 *
 * Return: 0 or -1.
 */
int netlink_ekb_data(uint32_t offset, const struct netlink_blob *part, struct problem *p)
{
	uint32_t left;
	struct agent_question q = {
		.what = "bringing an EKB", .cmd = CASK_CMD_EKB_DATA,
		.take = take_left, .context = &left,
		.attrs = {
			{ CASK_A_OFFSET, &offset, sizeof(offset) },
			{ CASK_A_DATA, part->data, part->size },
		},
	};

	return agent_ask(&q, p);
}

/**
 * netlink_time() - bring a distributor's word that it is so late
 * @statement: TIME statement
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_time(const struct netlink_blob *statement, struct problem *p)
{
	uint8_t issuer[CASK_KID_SIZE];
	struct agent_question q = {
		.what = "telling how late it is", .cmd = CASK_CMD_TIME,
		.take = take_issuer, .context = issuer,
		.attrs = { { CASK_A_TIME, statement->data, statement->size } },
	};

	return agent_ask(&q, p);
}

/**
 * struct listing - a dump being received
 * @licenses: so far
 * @count: how many
 */
struct listing {
	struct netlink_license *licenses;
	size_t count;
};

static int take_listed(struct nlattr **attrs, void *context)
{
	struct listing *list = context;
	struct netlink_license *grown;

	/* More than the module can hold is not an answer of the module. */
	if (list->count >= NETLINK_LICENSES_MAX)
		return -EPROTO;
	grown = reallocarray(list->licenses, list->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->licenses = grown;
	memset(&grown[list->count], 0, sizeof(*grown));
	return decode_license(attrs, &grown[list->count++]);
}

/**
 * netlink_licenses() - all licenses that the module holds
 * @ret_licenses: allocated array, which the caller frees
 * @ret_count: of it
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int netlink_licenses(struct netlink_license **ret_licenses, size_t *ret_count,
		     struct problem *p)
{
	struct listing list = { 0 };
	struct agent_question q = {
		.what = "listing the licenses", .cmd = CASK_CMD_LICENSE_GET, .dump = true,
		.take = take_listed, .context = &list,
	};
	int tries = 0, ret;

	do {
		list.count = 0;
		ret = agent_ask(&q, p);
	} while (ret && p->error == EAGAIN && ++tries < DUMP_TRIES);
	if (ret) {
		free(list.licenses);
		return ret;
	}
	*ret_licenses = list.licenses;
	*ret_count = list.count;
	return 0;
}
