// SPDX-License-Identifier: GPL-2.0
/*
 * netlink_ops.c - what the agent may ask for; Documentation/netlink/specs/cask.yaml.
 *
 * Everything that it brings is checked here or below. No key passes. All but HELLO are for
 * the agent alone: another socket gets -ENOTCONN, and after cask_netlink_shut() it is
 * -ESHUTDOWN. What waits for the agent as a disk is put off (netlink.c).
 */
#include <linux/err.h>
#include <net/genetlink.h>

#include "netlink.h"
#include "private.h"
#include "trace.h"

/* --- attributes and replies --- */

/* What an attribute holds, if it is there and not longer than @max. */
static int get_bytes(struct genl_info *info, int attr, size_t max, struct cask_bytes *b)
{
	struct nlattr *a = info->attrs[attr];

	if (!a || !nla_len(a) || nla_len(a) > max) {
		NL_SET_ERR_MSG_ATTR(info->extack, a, "missing, empty or too long");
		return -EINVAL;
	}
	b->data = nla_data(a);
	b->len = nla_len(a);
	return 0;
}

/* The policy has checked the length. */
static const u8 *get_fixed(struct genl_info *info, int attr)
{
	return info->attrs[attr] ? nla_data(info->attrs[attr]) : NULL;
}

struct reply {
	struct sk_buff *skb;
	void *head;
};

/* @size: bytes of an attribute that may be large, besides what any reply has */
static int reply_begin_with(struct reply *r, struct genl_info *info, size_t size)
{
	r->skb = genlmsg_new(GENLMSG_DEFAULT_SIZE + size, GFP_KERNEL);
	if (!r->skb)
		return -ENOMEM;
	r->head = genlmsg_put_reply(r->skb, info, &cask_netlink_family, 0, info->genlhdr->cmd);
	return r->head ? 0 : -EMSGSIZE;
}

static int reply_begin(struct reply *r, struct genl_info *info)
{
	return reply_begin_with(r, info, 0);
}

/* @ret is what building the reply gave; the reply is sent or freed. */
static int reply_end(struct reply *r, struct genl_info *info, int ret)
{
	if (ret) {
		nlmsg_free(r->skb);
		return ret;
	}
	genlmsg_end(r->skb, r->head);
	return genlmsg_reply(r->skb, info);
}

static int reply_bytes(struct genl_info *info, int attr, const void *data, size_t size)
{
	struct reply r = {};
	int ret = reply_begin_with(&r, info, size) ?: nla_put(r.skb, attr, size, data);

	return reply_end(&r, info, ret);
}

/* The distributor that a request names. */
static struct cask_anchor *get_anchor(struct genl_info *info)
{
	const u8 *issuer = get_fixed(info, CASK_A_ISSUER);

	if (!issuer)
		return ERR_PTR(-EINVAL);
	return cask_anchor_find(issuer) ?: ERR_PTR(-ENOKEY);
}

/* The distributor is one that this device believes. */
static int check_issuer(struct genl_info *info)
{
	struct cask_anchor *a = get_anchor(info);

	if (IS_ERR(a))
		return PTR_ERR(a);
	cask_anchor_put(a);
	return 0;
}

/* Have @draw_for make a nonce for a distributor that this device believes. */
static int draw(struct genl_info *info, int (*draw_for)(const u8 *issuer, u8 *nonce))
{
	u8 nonce[CASK_NONCE_SIZE];
	int ret;

	ret = check_issuer(info) ?: draw_for(get_fixed(info, CASK_A_ISSUER), nonce);
	return ret ?: reply_bytes(info, CASK_A_NONCE, nonce, sizeof(nonce));
}

/* Have @take believe a distributor's object or not; answered with whose it was. */
static int bring(struct genl_info *info, int attr, size_t max,
		 int (*take)(const struct cask_bytes *object, u8 *issuer))
{
	u8 issuer[CASK_KID_SIZE];
	struct cask_bytes object;
	int ret;

	ret = get_bytes(info, attr, max, &object) ?: take(&object, issuer);
	return ret ?: reply_bytes(info, CASK_A_ISSUER, issuer, sizeof(issuer));
}

/* --- HELLO --- */

static int put_identity(struct sk_buff *skb)
{
	return nla_put_u32(skb, CASK_A_PROTOCOL, CASK_FAMILY_VERSION) ?:
	       nla_put_string(skb, CASK_A_MODULE_VERSION, CASK_VERSION) ?:
	       nla_put(skb, CASK_A_DEVICE_ID, CASK_KID_SIZE, cask_device_id()) ?:
	       nla_put(skb, CASK_A_DEVICE_KEY, CASK_X25519_SIZE, cask_device_key()) ?:
	       nla_put_u32(skb, CASK_A_ROOT, cask_root()) ?:
	       nla_put_u32(skb, CASK_A_BOOT, cask_boot()) ?:
	       nla_put_u32(skb, CASK_A_LEVEL, cask_level()) ?:
	       nla_put_u32(skb, CASK_A_SIGNATURES, cask_signer_algorithms());
}

static int put_area(struct sk_buff *skb)
{
	struct cask_area_status area;

	cask_area_status(&area);
	return nla_put_u32(skb, CASK_A_AREA_STATE, area.state) ?:
	       nla_put_u64_64bit(skb, CASK_A_COUNTER, area.counter, CASK_A_PAD) ?:
	       nla_put_u32(skb, CASK_A_RECORDS, area.records) ?:
	       nla_put_u32(skb, CASK_A_SIZE, area.size);
}

/*
 * HELLO: become the agent and learn who the device is
 * Return: 0 when answered; -EINVAL without PROTOCOL; -EPROTONOSUPPORT for another version; -EBUSY while
 * another socket is the agent; -ESHUTDOWN; -ENOMEM.
 */
static int hello(struct genl_info *info)
{
	struct nlattr *protocol = info->attrs[CASK_A_PROTOCOL];
	struct reply r = {};
	int ret;

	if (!protocol)
		return -EINVAL;
	if (nla_get_u32(protocol) != CASK_FAMILY_VERSION) {
		NL_SET_ERR_MSG(info->extack, "agent and module speak different versions");
		return -EPROTONOSUPPORT;
	}
	ret = cask_netlink_become_agent(info->snd_portid);
	if (ret)
		return ret;
	ret = reply_begin(&r, info) ?: put_identity(r.skb) ?: put_area(r.skb);
	return reply_end(&r, info, ret);
}

/* --- distributors --- */

/*
 * ANCHOR_ADD: install a distributor or a later scope
 * Return: 0 when answered; -EINVAL for what is missing or too long; cask_anchor_add(); -ENOMEM.
 */
static int anchor_add(struct genl_info *info)
{
	struct cask_bytes key = {}, grant, scope;
	u8 issuer[CASK_KID_SIZE];
	int ret;

	ret = get_bytes(info, CASK_A_GRANT, CASK_STATEMENT_MAX, &grant) ?:
	      get_bytes(info, CASK_A_SCOPE, CASK_STATEMENT_MAX, &scope);
	if (!ret && info->attrs[CASK_A_PROVISIONING_KEY])
		ret = get_bytes(info, CASK_A_PROVISIONING_KEY, CASK_COSE_KEY_MAX, &key);
	ret = ret ?: cask_anchor_add(&key, &grant, &scope, issuer);
	return ret ?: reply_bytes(info, CASK_A_ISSUER, issuer, sizeof(issuer));
}

static int put_anchor(struct sk_buff *skb, struct cask_anchor *a)
{
	int ret;

	mutex_lock(&a->lock);
	ret = nla_put(skb, CASK_A_ISSUER, CASK_KID_SIZE, a->issuer) ?:
	      nla_put_string(skb, CASK_A_NAME, a->name) ?:
	      nla_put_u64_64bit(skb, CASK_A_SEQUENCE, a->sequence, CASK_A_PAD) ?:
	      nla_put_u64_64bit(skb, CASK_A_NOT_BEFORE, a->not_before, CASK_A_PAD) ?:
	      nla_put_u64_64bit(skb, CASK_A_NOT_AFTER, a->not_after, CASK_A_PAD);
	mutex_unlock(&a->lock);
	return ret ?: (READ_ONCE(a->lost) ? nla_put_flag(skb, CASK_A_LOST) : 0);
}

/*
 * ANCHOR_GET: one distributor
 * Return: 0 when answered; -EINVAL; -ENOKEY; -ENOMEM.
 */
static int anchor_get(struct genl_info *info)
{
	struct cask_anchor *a;
	struct reply r = {};
	int ret;

	a = get_anchor(info);
	if (IS_ERR(a))
		return PTR_ERR(a);
	ret = reply_begin(&r, info) ?: put_anchor(r.skb, a);
	cask_anchor_put(a);
	return reply_end(&r, info, ret);
}

/* Begin one message of a dump; NULL when it does not fit any more. */
static void *dump_begin(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &cask_netlink_family, NLM_F_MULTI, cmd);
}

/* Returns true when the entry is in the message, false when it goes in the next one. */
static bool dump_end(struct sk_buff *skb, void *head, int ret)
{
	if (ret) {
		genlmsg_cancel(skb, head);
		return false;
	}
	genlmsg_end(skb, head);
	return true;
}

/*
 * ANCHOR_GET: all distributors
 * Return: bytes in @skb, 0 at the end.
 */
static int anchor_get_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cask_anchor *a;
	bool more = true;
	void *head;

	while (more && (a = cask_anchor_nth(cb->args[0]))) {
		head = dump_begin(skb, cb, CASK_CMD_ANCHOR_GET);
		more = head && dump_end(skb, head, put_anchor(skb, a));
		cask_anchor_put(a);
		cb->args[0] += more;
	}
	return skb->len;
}

/* --- proving who this device is --- */

/*
 * ENROL: answer a distributor's challenge
 * Return: 0 when answered; -EINVAL; -ENOKEY; cask_enrol_answer(); -ENOMEM.
 */
static int enrol(struct genl_info *info)
{
	const u8 *challenge = get_fixed(info, CASK_A_CHALLENGE);
	u8 answer[CASK_ENROL_ANSWER_SIZE];
	struct cask_anchor *a;
	int ret;

	if (!challenge)
		return -EINVAL;
	a = get_anchor(info);
	if (IS_ERR(a))
		return PTR_ERR(a);
	ret = cask_enrol_answer(a, challenge, answer);
	cask_anchor_put(a);
	return ret ?: reply_bytes(info, CASK_A_ANSWER, answer, sizeof(answer));
}

/*
 * SIGN: authenticate a request to a distributor
 * Return: 0 when answered; -EINVAL; -ENOKEY; cask_pairwise_mac(); -ENOMEM.
 */
static int sign(struct genl_info *info)
{
	u8 server_key[CASK_X25519_SIZE];
	u8 mac[CASK_MAC_SIZE];
	struct cask_bytes data;
	struct cask_anchor *a;
	int ret;

	ret = get_bytes(info, CASK_A_SIGN_DATA, CASK_SIGN_DATA_MAX, &data);
	if (ret)
		return ret;
	a = get_anchor(info);
	if (IS_ERR(a))
		return PTR_ERR(a);
	cask_anchor_server_key(a, server_key);
	cask_anchor_put(a);
	ret = cask_pairwise_mac(server_key, CASK_INFO_HTTP, data.data, data.len, mac);
	return ret ?: reply_bytes(info, CASK_A_MAC, mac, sizeof(mac));
}

/* --- licenses --- */

static int put_license_id(struct sk_buff *skb, const struct cask_license *l)
{
	return nla_put(skb, CASK_A_ISSUER, CASK_KID_SIZE, l->anchor->issuer) ?:
	       nla_put(skb, CASK_A_LICENSE_ID, CASK_ID_SIZE, l->id) ?:
	       nla_put(skb, CASK_A_CONTENT_ID, CASK_ID_SIZE, l->content_id);
}

static int put_opens(struct sk_buff *skb, const struct cask_license *l)
{
	if (l->opens_max == CASK_OPENS_ANY)
		return 0;
	return nla_put_u32(skb, CASK_A_OPENS_MAX, l->opens_max) ?:
	       nla_put_u32(skb, CASK_A_OPENS_LEFT, READ_ONCE(l->opens_left));
}

static int put_copies(struct sk_buff *skb, const struct cask_license *l)
{
	int ret = 0;

	if (l->exports_max)
		ret = nla_put_u32(skb, CASK_A_EXPORTS_MAX, l->exports_max) ?:
		      nla_put_u32(skb, CASK_A_EXPORTS_LEFT, READ_ONCE(l->exports_left));
	if (!ret && l->checkouts_max)
		ret = nla_put_u32(skb, CASK_A_CHECKOUTS_MAX, l->checkouts_max) ?:
		      nla_put_u32(skb, CASK_A_CHECKOUTS_LEFT, READ_ONCE(l->checkouts_left)) ?:
		      nla_put_u32(skb, CASK_A_AT_ONCE, l->at_once) ?:
		      nla_put_u32(skb, CASK_A_LENT, READ_ONCE(l->lent));
	return ret;
}

static int put_license(struct sk_buff *skb, const struct cask_license *l)
{
	const struct cask_period p = cask_license_period(l);
	int ret = put_license_id(skb, l);

	if (!ret && !l->machine)
		ret = nla_put_u32(skb, CASK_A_OWNER, from_kuid(&init_user_ns, l->owner));
	return ret ?: nla_put_u64_64bit(skb, CASK_A_NOT_BEFORE, p.not_before, CASK_A_PAD) ?:
	       nla_put_u64_64bit(skb, CASK_A_NOT_AFTER, p.not_after, CASK_A_PAD) ?:
	       nla_put_u32(skb, CASK_A_OPERATIONS, l->operations) ?:
	       nla_put_u32(skb, CASK_A_SUITE, l->suite) ?:
	       nla_put_u32(skb, CASK_A_VERSION, l->version) ?:
	       nla_put_u64_64bit(skb, CASK_A_CREATED, l->created, CASK_A_PAD) ?:
	       nla_put_u64_64bit(skb, CASK_A_OPENS, atomic64_read(&l->opens), CASK_A_PAD) ?:
	       nla_put_u64_64bit(skb, CASK_A_BYTES, atomic64_read(&l->meter.bytes), CASK_A_PAD) ?:
	       nla_put_u64_64bit(skb, CASK_A_PACKETS, atomic64_read(&l->meter.packets), CASK_A_PAD) ?:
	       nla_put_u64_64bit(skb, CASK_A_SECONDS, atomic64_read(&l->meter.seconds), CASK_A_PAD) ?:
	       put_opens(skb, l) ?: put_copies(skb, l);
}

/* No OWNER: the machine's. */
static int get_owner(struct genl_info *info, bool *machine, kuid_t *owner)
{
	struct nlattr *a = info->attrs[CASK_A_OWNER];

	*machine = !a;
	*owner = a ? make_kuid(&init_user_ns, nla_get_u32(a)) : GLOBAL_ROOT_UID;
	return uid_valid(*owner) ? 0 : -EINVAL;
}

/*
 * LICENSE_ADD: check a license and keep it
 * Return: 0 when answered; -EINVAL; cask_license_add(); -ENOMEM.
 */
static int license_add(struct genl_info *info)
{
	struct cask_bytes statement;
	struct cask_license *l;
	struct reply r = {};
	kuid_t owner;
	bool machine;
	int ret;

	ret = get_bytes(info, CASK_A_LICENSE, CASK_STATEMENT_MAX, &statement) ?:
	      get_owner(info, &machine, &owner) ?:
	      cask_license_add(&statement, machine, owner, &l);
	if (ret)
		return ret;
	ret = reply_begin(&r, info) ?: put_license_id(r.skb, l);
	cask_license_put(l);
	return reply_end(&r, info, ret);
}

/*
 * LICENSE_GET: one license
 * Return: 0 when answered; -EINVAL; -ENOENT; -ENOMEM.
 */
static int license_get(struct genl_info *info)
{
	const u8 *issuer = get_fixed(info, CASK_A_ISSUER);
	const u8 *id = get_fixed(info, CASK_A_LICENSE_ID);
	struct cask_license *l;
	struct reply r = {};
	int ret;

	if (!issuer || !id)
		return -EINVAL;
	l = cask_license_find(issuer, id);
	if (!l)
		return -ENOENT;
	ret = reply_begin(&r, info) ?: put_license(r.skb, l);
	cask_license_put(l);
	return reply_end(&r, info, ret);
}

struct dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
};

/* -EMSGSIZE when the message is full: the license comes first in the next one. */
static int dump_license(const struct cask_license *l, void *arg)
{
	struct dump *d = arg;
	void *head = dump_begin(d->skb, d->cb, CASK_CMD_LICENSE_GET);

	if (!head)
		return -EMSGSIZE;
	genl_dump_check_consistent(d->cb, head);
	return dump_end(d->skb, head, put_license(d->skb, l)) ? 0 : -EMSGSIZE;
}

/*
 * LICENSE_GET: all licenses; says when they changed meanwhile
 * Return: bytes in @skb, 0 at the end.
 */
static int license_get_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump d = { .skb = skb, .cb = cb };

	cb->seq = cask_license_generation();
	cask_license_walk((unsigned long *)&cb->args[0], dump_license, &d);
	return skb->len;
}

/*
 * LICENSE_DEL: remove a license
 * Return: 0 when answered; -EINVAL; -ENOENT; -ENOMEM.
 */
static int license_del(struct genl_info *info)
{
	const u8 *issuer = get_fixed(info, CASK_A_ISSUER);
	const u8 *id = get_fixed(info, CASK_A_LICENSE_ID);

	return issuer && id ? cask_license_del(issuer, id) : -EINVAL;
}

/* --- requests for licenses that count --- */

/*
 * NONCE_NEW: begin a request
 * Return: 0 when answered; -EINVAL; -ENOKEY; cask_nonce_draw(); -ENOMEM.
 */
static int nonce_new(struct genl_info *info)
{
	return draw(info, cask_nonce_draw);
}

/*
 * NONCE_DEL: give a request up
 * Return: 0 when answered; -EINVAL; cask_nonce_drop(); -ENOMEM.
 */
static int nonce_del(struct genl_info *info)
{
	const u8 *issuer = get_fixed(info, CASK_A_ISSUER);
	const u8 *nonce = get_fixed(info, CASK_A_NONCE);

	return issuer && nonce ? cask_nonce_drop(issuer, nonce) : -EINVAL;
}

/* --- the secure area, when it was lost --- */

/*
 * REANCHOR_NONCE: begin to ask a distributor
 * Return: 0 when answered; -EINVAL; -ENOKEY; cask_reanchor_nonce(); -ENOMEM.
 */
static int reanchor_nonce(struct genl_info *info)
{
	return draw(info, cask_reanchor_nonce);
}

/*
 * REANCHOR: bring its answer
 * Return: 0 when answered; -EINVAL; cask_reanchor(); -ENOMEM.
 */
static int reanchor(struct genl_info *info)
{
	return bring(info, CASK_A_REANCHOR, CASK_STATEMENT_MAX, cask_reanchor);
}

/*
 * SYNCHRONISE: bring a distributor's step
 * Return: 0 when answered; -EINVAL; cask_synchronise(); -ENOMEM.
 */
static int synchronise(struct genl_info *info)
{
	return bring(info, CASK_A_SYNCHRONISE, CASK_STATEMENT_MAX, cask_synchronise);
}

/*
 * TIME: bring a distributor's word that it is so late
 * Return: 0 when answered; -EINVAL; cask_time_hear(); -ENOMEM.
 */
static int time(struct genl_info *info)
{
	return bring(info, CASK_A_TIME, CASK_STATEMENT_MAX, cask_time_hear);
}

/* --- categories --- */

/*
 * LEAF_ADD: take this device's place in a category
 * Return: 0 when answered; -EINVAL; cask_leaf_add(); -ENOMEM.
 */
static int leaf_add(struct genl_info *info)
{
	u8 issuer[CASK_KID_SIZE], category[CASK_ID_SIZE];
	struct cask_bytes statement;
	struct reply r = {};
	int ret;

	ret = get_bytes(info, CASK_A_LEAF, CASK_STATEMENT_MAX, &statement) ?:
	      cask_leaf_add(&statement, issuer, category);
	if (ret)
		return ret;
	ret = reply_begin(&r, info) ?:
	      nla_put(r.skb, CASK_A_ISSUER, sizeof(issuer), issuer) ?:
	      nla_put(r.skb, CASK_A_CATEGORY, sizeof(category), category);
	return reply_end(&r, info, ret);
}

static int reply_size(struct genl_info *info, size_t size)
{
	struct reply r = {};
	int ret = reply_begin(&r, info) ?: nla_put_u32(r.skb, CASK_A_SIZE, size);

	return reply_end(&r, info, ret);
}

/*
 * EKB_ADD: begin to take an EKB
 * Return: 0 when answered; -EINVAL; cask_ekb_begin(); -ENOMEM.
 */
static int ekb_add(struct genl_info *info)
{
	struct cask_bytes statement;
	size_t size;
	int ret;

	ret = get_bytes(info, CASK_A_EKB, CASK_STATEMENT_MAX, &statement) ?:
	      cask_ekb_begin(&statement, &size);
	return ret ?: reply_size(info, size);
}

/*
 * EKB_DATA: a part of its entries; with the last it is opened
 * Return: 0 when answered; -EINVAL; cask_ekb_data(); -ENOMEM.
 */
static int ekb_data(struct genl_info *info)
{
	struct nlattr *offset = info->attrs[CASK_A_OFFSET];
	struct cask_bytes data;
	size_t left;
	int ret;

	if (!offset)
		return -EINVAL;
	ret = get_bytes(info, CASK_A_DATA, CASK_STORE_DATA_MAX, &data) ?:
	      cask_ekb_data(nla_get_u32(offset), &data, &left);
	return ret ?: reply_size(info, left);
}

/* --- logs --- */

/*
 * REPORT_GET: what a distributor has not acknowledged
 * Return: 0 when answered; -EINVAL; -ENOKEY; cask_log_report(); -ENOMEM.
 */
static int report_get(struct genl_info *info)
{
	struct cask_anchor *a;
	size_t size = 0;
	u8 *object;
	int ret;

	a = get_anchor(info);
	if (IS_ERR(a))
		return PTR_ERR(a);
	object = kmalloc(CASK_REPORT_MAX, GFP_KERNEL_ACCOUNT);
	ret = object ? cask_log_report(a, object, &size) : -ENOMEM;
	cask_anchor_put(a);
	ret = ret ?: reply_bytes(info, CASK_A_REPORT, object, size);
	kfree(object);
	return ret;
}

/*
 * REPORT_ACK: bring its acknowledgement
 * Return: 0 when answered; -EINVAL; cask_log_acknowledge(); -ENOMEM.
 */
static int report_ack(struct genl_info *info)
{
	return bring(info, CASK_A_ACKNOWLEDGEMENT, CASK_REPORT_MAX, cask_log_acknowledge);
}

/* --- the agent as a disk --- */

/*
 * STORE_ANSWER: the agent has read or written
 * Return: 0; -EINVAL; cask_store_answer().
 */
static int store_answer(struct genl_info *info)
{
	struct nlattr *id = info->attrs[CASK_A_REQUEST], *error = info->attrs[CASK_A_ERROR];
	struct cask_bytes data = {};
	int ret = 0;

	if (!id)
		return -EINVAL;
	if (info->attrs[CASK_A_DATA])
		ret = get_bytes(info, CASK_A_DATA, CASK_STORE_DATA_MAX, &data);
	return ret ?: cask_store_answer(nla_get_u64(id), error ? nla_get_u32(error) : 0, &data);
}

/* --- what the generated table calls: each request leaves a trace, a dump one a message --- */

static bool waits_never(struct genl_info *info)
{
	return false;
}

static bool waits_always(struct genl_info *info)
{
	return true;
}

static bool license_add_waits(struct genl_info *info)
{
	struct cask_bytes statement;

	return !get_bytes(info, CASK_A_LICENSE, CASK_STATEMENT_MAX, &statement) &&
	       cask_license_says_once(&statement);
}

/* @waits: whether this one may wait for the agent */
#define DOIT_LATER(name, waits)							\
int cask_nl_##name##_doit(struct sk_buff *skb, struct genl_info *info)		\
{										\
	int ret = cask_netlink_check_agent(info->snd_portid);			\
										\
	if (!ret)								\
		ret = waits(info) ? cask_netlink_put_off(skb, info, name) :	\
				    name(info);					\
	if (ret != -EINTR)							\
		trace_cask_request(info->genlhdr->cmd, info->snd_portid, ret);	\
	return ret;								\
}

#define DOIT(name)	DOIT_LATER(name, waits_never)

#define DUMPIT(name, cmd)							\
int cask_nl_##name##_dumpit(struct sk_buff *skb, struct netlink_callback *cb)	\
{										\
	u32 portid = NETLINK_CB(cb->skb).portid;				\
	int ret = cask_netlink_check_agent(portid) ?: name##_dump(skb, cb);	\
										\
	trace_cask_request(cmd, portid, min(ret, 0));				\
	return ret;								\
}

int cask_nl_hello_doit(struct sk_buff *skb, struct genl_info *info)
{
	int ret = hello(info);

	trace_cask_request(info->genlhdr->cmd, info->snd_portid, ret);
	return ret;
}

DOIT(anchor_add)
DOIT(anchor_get)
DOIT(enrol)
DOIT(sign)
DOIT_LATER(license_add, license_add_waits)
DOIT(license_get)
DOIT_LATER(license_del, waits_always)
DOIT_LATER(nonce_new, waits_always)
DOIT_LATER(nonce_del, waits_always)
DOIT(store_answer)
DOIT_LATER(reanchor_nonce, waits_always)
DOIT_LATER(reanchor, waits_always)
DOIT_LATER(synchronise, waits_always)
DOIT(time)
DOIT(leaf_add)
DOIT(ekb_add)
DOIT_LATER(ekb_data, waits_always)
DOIT_LATER(report_get, waits_always)
DOIT_LATER(report_ack, waits_always)
DUMPIT(anchor_get, CASK_CMD_ANCHOR_GET)
DUMPIT(license_get, CASK_CMD_LICENSE_GET)
