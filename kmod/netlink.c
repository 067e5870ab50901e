// SPDX-License-Identifier: GPL-2.0
/*
 * netlink.c - what the agent may ask for; Documentation/netlink/specs/cask.yaml.
 *
 * The agent is a block store and a messenger. It is root, so it is let in, and
 * not trusted, so everything it brings is checked here or below. No key passes.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "netlink_policy.h"
#include "private.h"
#include "trace.h"

static struct genl_family family;

/* --- the agent: the socket that said HELLO --- */

static DEFINE_SPINLOCK(agent_lock);
static u32 agent_portid;	/* 0: there is none */
static bool shut;		/* the machine goes down */

static int become_agent(u32 portid)
{
	int ret = -EBUSY;

	if (READ_ONCE(shut))
		return -ESHUTDOWN;
	spin_lock(&agent_lock);
	if (!agent_portid || agent_portid == portid) {
		agent_portid = portid;
		ret = 0;
	}
	spin_unlock(&agent_lock);
	return ret;
}

static int check_agent(u32 portid)
{
	if (READ_ONCE(shut))
		return -ESHUTDOWN;
	return READ_ONCE(agent_portid) == portid ? 0 : -ENOTCONN;
}

static int socket_closed(struct notifier_block *nb, unsigned long event, void *data)
{
	struct netlink_notify *n = data;
	bool was_agent;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC ||
	    !net_eq(n->net, &init_net))
		return NOTIFY_DONE;
	spin_lock(&agent_lock);
	was_agent = agent_portid == n->portid;
	if (was_agent)
		agent_portid = 0;
	spin_unlock(&agent_lock);
	if (was_agent) {
		cask_store_gone();
		cask_ekb_gone();
	}
	return NOTIFY_DONE;
}

static struct notifier_block socket_notifier = {
	.notifier_call = socket_closed,
};

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
static int reply_begin_with(struct reply *r, struct genl_info *info, u8 cmd, size_t size)
{
	r->skb = genlmsg_new(GENLMSG_DEFAULT_SIZE + size, GFP_KERNEL);
	if (!r->skb)
		return -ENOMEM;
	r->head = genlmsg_put_reply(r->skb, info, &family, 0, cmd);
	return r->head ? 0 : -EMSGSIZE;
}

static int reply_begin(struct reply *r, struct genl_info *info, u8 cmd)
{
	return reply_begin_with(r, info, cmd, 0);
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
	ret = become_agent(info->snd_portid);
	if (ret)
		return ret;
	ret = reply_begin(&r, info, CASK_CMD_HELLO) ?: put_identity(r.skb) ?: put_area(r.skb);
	return reply_end(&r, info, ret);
}

/* --- distributors --- */

/*
 * ANCHOR_ADD: install a distributor or a later scope
 * Return: 0 when answered; -ENOTCONN; -EINVAL for what is missing or too long; cask_anchor_add(); -ENOMEM.
 */
static int anchor_add(struct genl_info *info)
{
	struct cask_bytes key = {}, grant, scope;
	u8 issuer[CASK_KID_SIZE];
	struct reply r = {};
	int ret;

	ret = check_agent(info->snd_portid) ?:
	      get_bytes(info, CASK_A_GRANT, CASK_STATEMENT_MAX, &grant) ?:
	      get_bytes(info, CASK_A_SCOPE, CASK_STATEMENT_MAX, &scope);
	if (!ret && info->attrs[CASK_A_PROVISIONING_KEY])
		ret = get_bytes(info, CASK_A_PROVISIONING_KEY, CASK_COSE_KEY_MAX, &key);
	ret = ret ?: cask_anchor_add(&key, &grant, &scope, issuer);
	if (ret)
		return ret;
	ret = reply_begin(&r, info, CASK_CMD_ANCHOR_ADD) ?:
	      nla_put(r.skb, CASK_A_ISSUER, CASK_KID_SIZE, issuer);
	return reply_end(&r, info, ret);
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

/* The distributor that a request names. */
static struct cask_anchor *get_anchor(struct genl_info *info)
{
	const u8 *issuer = get_fixed(info, CASK_A_ISSUER);

	if (!issuer)
		return ERR_PTR(-EINVAL);
	return cask_anchor_find(issuer) ?: ERR_PTR(-ENOKEY);
}

/*
 * ANCHOR_GET: one distributor
 * Return: 0 when answered; -ENOTCONN; -EINVAL; -ENOKEY; -ENOMEM.
 */
static int anchor_get(struct genl_info *info)
{
	struct cask_anchor *a;
	struct reply r = {};
	int ret;

	ret = check_agent(info->snd_portid);
	if (ret)
		return ret;
	a = get_anchor(info);
	if (IS_ERR(a))
		return PTR_ERR(a);
	ret = reply_begin(&r, info, CASK_CMD_ANCHOR_GET) ?: put_anchor(r.skb, a);
	cask_anchor_put(a);
	return reply_end(&r, info, ret);
}

/* Begin one message of a dump; NULL when it does not fit any more. */
static void *dump_begin(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
			   NLM_F_MULTI, cmd);
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
 * Return: bytes in @skb, 0 at the end, or -ENOTCONN, -ESHUTDOWN.
 */
static int anchor_get_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cask_anchor *a;
	bool more = true;
	void *head;
	int ret;

	ret = check_agent(NETLINK_CB(cb->skb).portid);
	if (ret)
		return ret;
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
 * Return: 0 when answered; -ENOTCONN; -EINVAL; -ENOKEY; cask_enrol_answer(); -ENOMEM.
 */
static int enrol(struct genl_info *info)
{
	const u8 *challenge = get_fixed(info, CASK_A_CHALLENGE);
	u8 answer[CASK_ENROL_ANSWER_SIZE];
	struct cask_anchor *a;
	struct reply r = {};
	int ret;

	ret = check_agent(info->snd_portid);
	if (ret)
		return ret;
	if (!challenge)
		return -EINVAL;
	a = get_anchor(info);
	if (IS_ERR(a))
		return PTR_ERR(a);
	ret = cask_enrol_answer(a, challenge, answer);
	cask_anchor_put(a);
	if (ret)
		return ret;
	ret = reply_begin(&r, info, CASK_CMD_ENROL) ?:
	      nla_put(r.skb, CASK_A_ANSWER, sizeof(answer), answer);
	return reply_end(&r, info, ret);
}

/*
 * SIGN: authenticate a request to a distributor
 * Return: 0 when answered; -ENOTCONN; -EINVAL; -ENOKEY; cask_pairwise_mac(); -ENOMEM.
 */
static int sign(struct genl_info *info)
{
	u8 server_key[CASK_X25519_SIZE];
	u8 mac[CASK_MAC_SIZE];
	struct cask_bytes data;
	struct cask_anchor *a;
	struct reply r = {};
	int ret;

	ret = check_agent(info->snd_portid) ?:
	      get_bytes(info, CASK_A_SIGN_DATA, CASK_SIGN_DATA_MAX, &data);
	if (ret)
		return ret;
	a = get_anchor(info);
	if (IS_ERR(a))
		return PTR_ERR(a);
	cask_anchor_server_key(a, server_key);
	cask_anchor_put(a);
	ret = cask_pairwise_mac(server_key, CASK_INFO_HTTP, data.data, data.len, mac);
	if (ret)
		return ret;
	ret = reply_begin(&r, info, CASK_CMD_SIGN) ?:
	      nla_put(r.skb, CASK_A_MAC, sizeof(mac), mac);
	return reply_end(&r, info, ret);
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

static int put_license(struct sk_buff *skb, const struct cask_license *l)
{
	int ret = put_license_id(skb, l);

	if (!ret && !l->machine)
		ret = nla_put_u32(skb, CASK_A_OWNER, from_kuid(&init_user_ns, l->owner));
	return ret ?: nla_put_u64_64bit(skb, CASK_A_NOT_BEFORE, l->not_before, CASK_A_PAD) ?:
	       nla_put_u64_64bit(skb, CASK_A_NOT_AFTER, l->not_after, CASK_A_PAD) ?:
	       nla_put_u32(skb, CASK_A_OPERATIONS, l->operations) ?:
	       nla_put_u32(skb, CASK_A_SUITE, l->suite) ?:
	       nla_put_u32(skb, CASK_A_VERSION, l->version) ?:
	       nla_put_u64_64bit(skb, CASK_A_CREATED, l->created, CASK_A_PAD) ?:
	       nla_put_u64_64bit(skb, CASK_A_OPENS, atomic64_read(&l->opens), CASK_A_PAD) ?:
	       nla_put_u64_64bit(skb, CASK_A_BYTES, atomic64_read(&l->meter.bytes), CASK_A_PAD) ?:
	       nla_put_u64_64bit(skb, CASK_A_PACKETS, atomic64_read(&l->meter.packets), CASK_A_PAD) ?:
	       nla_put_u64_64bit(skb, CASK_A_SECONDS, atomic64_read(&l->meter.seconds), CASK_A_PAD) ?:
	       put_opens(skb, l);
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
 * Return: 0 when answered; -ENOTCONN; -EINVAL; cask_license_add(); -ENOMEM.
 */
static int license_add(struct genl_info *info)
{
	struct cask_bytes statement;
	struct cask_license *l;
	struct reply r = {};
	kuid_t owner;
	bool machine;
	int ret;

	ret = check_agent(info->snd_portid) ?:
	      get_bytes(info, CASK_A_LICENSE, CASK_STATEMENT_MAX, &statement) ?:
	      get_owner(info, &machine, &owner) ?:
	      cask_license_add(&statement, machine, owner, &l);
	if (ret)
		return ret;
	ret = reply_begin(&r, info, CASK_CMD_LICENSE_ADD) ?: put_license_id(r.skb, l);
	cask_license_put(l);
	return reply_end(&r, info, ret);
}

/*
 * LICENSE_GET: one license
 * Return: 0 when answered; -ENOTCONN; -EINVAL; -ENOENT; -ENOMEM.
 */
static int license_get(struct genl_info *info)
{
	const u8 *issuer = get_fixed(info, CASK_A_ISSUER);
	const u8 *id = get_fixed(info, CASK_A_LICENSE_ID);
	struct cask_license *l;
	struct reply r = {};
	int ret;

	ret = check_agent(info->snd_portid);
	if (ret)
		return ret;
	if (!issuer || !id)
		return -EINVAL;
	l = cask_license_find(issuer, id);
	if (!l)
		return -ENOENT;
	ret = reply_begin(&r, info, CASK_CMD_LICENSE_GET) ?: put_license(r.skb, l);
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
 * Return: bytes in @skb, 0 at the end, or -ENOTCONN, -ESHUTDOWN.
 */
static int license_get_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump d = { .skb = skb, .cb = cb };
	int ret;

	ret = check_agent(NETLINK_CB(cb->skb).portid);
	if (ret)
		return ret;
	cb->seq = cask_license_generation();
	cask_license_walk((unsigned long *)&cb->args[0], dump_license, &d);
	return skb->len;
}

/*
 * LICENSE_DEL: remove a license
 * Return: 0 when answered; -ENOTCONN; -EINVAL; -ENOENT; -ENOMEM.
 */
static int license_del(struct genl_info *info)
{
	const u8 *issuer = get_fixed(info, CASK_A_ISSUER);
	const u8 *id = get_fixed(info, CASK_A_LICENSE_ID);
	int ret;

	ret = check_agent(info->snd_portid);
	if (ret)
		return ret;
	return issuer && id ? cask_license_del(issuer, id) : -EINVAL;
}

/* --- requests for licenses that count --- */

/* The distributor is one that this device believes. */
static int check_issuer(struct genl_info *info)
{
	struct cask_anchor *a = get_anchor(info);

	if (IS_ERR(a))
		return PTR_ERR(a);
	cask_anchor_put(a);
	return 0;
}

/*
 * NONCE_NEW: begin a request
 * Return: 0 when answered; -ENOTCONN; -EINVAL; -ENOKEY; cask_nonce_draw(); -ENOMEM.
 */
static int nonce_new(struct genl_info *info)
{
	u8 nonce[CASK_NONCE_SIZE];
	struct reply r = {};
	int ret;

	ret = check_agent(info->snd_portid) ?: check_issuer(info) ?:
	      cask_nonce_draw(get_fixed(info, CASK_A_ISSUER), nonce);
	if (ret)
		return ret;
	ret = reply_begin(&r, info, CASK_CMD_NONCE_NEW) ?:
	      nla_put(r.skb, CASK_A_NONCE, sizeof(nonce), nonce);
	return reply_end(&r, info, ret);
}

/*
 * NONCE_DEL: give a request up
 * Return: 0 when answered; -ENOTCONN; -EINVAL; cask_nonce_drop(); -ENOMEM.
 */
static int nonce_del(struct genl_info *info)
{
	const u8 *issuer = get_fixed(info, CASK_A_ISSUER);
	const u8 *nonce = get_fixed(info, CASK_A_NONCE);
	int ret;

	ret = check_agent(info->snd_portid);
	if (ret)
		return ret;
	return issuer && nonce ? cask_nonce_drop(issuer, nonce) : -EINVAL;
}

/* --- the secure area, when it was lost --- */

/*
 * REANCHOR_NONCE: begin to ask a distributor
 * Return: 0 when answered; -ENOTCONN; -EINVAL; -ENOKEY; cask_reanchor_nonce(); -ENOMEM.
 */
static int reanchor_nonce(struct genl_info *info)
{
	u8 nonce[CASK_NONCE_SIZE];
	struct reply r = {};
	int ret;

	ret = check_agent(info->snd_portid) ?: check_issuer(info) ?:
	      cask_reanchor_nonce(get_fixed(info, CASK_A_ISSUER), nonce);
	if (ret)
		return ret;
	ret = reply_begin(&r, info, CASK_CMD_REANCHOR_NONCE) ?:
	      nla_put(r.skb, CASK_A_NONCE, sizeof(nonce), nonce);
	return reply_end(&r, info, ret);
}

/*
 * REANCHOR: bring its answer
 * Return: 0 when answered; -ENOTCONN; -EINVAL; cask_reanchor(); -ENOMEM.
 */
static int reanchor(struct genl_info *info)
{
	struct cask_bytes statement;
	u8 issuer[CASK_KID_SIZE];
	struct reply r = {};
	int ret;

	ret = check_agent(info->snd_portid) ?:
	      get_bytes(info, CASK_A_REANCHOR, CASK_STATEMENT_MAX, &statement) ?:
	      cask_reanchor(&statement, issuer);
	if (ret)
		return ret;
	ret = reply_begin(&r, info, CASK_CMD_REANCHOR) ?:
	      nla_put(r.skb, CASK_A_ISSUER, CASK_KID_SIZE, issuer);
	return reply_end(&r, info, ret);
}

/*
 * SYNCHRONISE: bring a distributor's step
 * Return: 0 when answered; -ENOTCONN; -EINVAL; cask_synchronise(); -ENOMEM.
 */
static int synchronise(struct genl_info *info)
{
	struct cask_bytes object;
	u8 issuer[CASK_KID_SIZE];
	struct reply r = {};
	int ret;

	ret = check_agent(info->snd_portid) ?:
	      get_bytes(info, CASK_A_SYNCHRONISE, CASK_STATEMENT_MAX, &object) ?:
	      cask_synchronise(&object, issuer);
	if (ret)
		return ret;
	ret = reply_begin(&r, info, CASK_CMD_SYNCHRONISE) ?:
	      nla_put(r.skb, CASK_A_ISSUER, CASK_KID_SIZE, issuer);
	return reply_end(&r, info, ret);
}

/* --- categories --- */

/*
 * LEAF_ADD: take this device's place in a category
 * Return: 0 when answered; -ENOTCONN; -EINVAL; cask_leaf_add(); -ENOMEM.
 */
static int leaf_add(struct genl_info *info)
{
	u8 issuer[CASK_KID_SIZE], category[CASK_ID_SIZE];
	struct cask_bytes statement;
	struct reply r = {};
	int ret;

	ret = check_agent(info->snd_portid) ?:
	      get_bytes(info, CASK_A_LEAF, CASK_STATEMENT_MAX, &statement) ?:
	      cask_leaf_add(&statement, issuer, category);
	if (ret)
		return ret;
	ret = reply_begin(&r, info, CASK_CMD_LEAF_ADD) ?:
	      nla_put(r.skb, CASK_A_ISSUER, sizeof(issuer), issuer) ?:
	      nla_put(r.skb, CASK_A_CATEGORY, sizeof(category), category);
	return reply_end(&r, info, ret);
}

static int reply_size(struct genl_info *info, u8 cmd, size_t size)
{
	struct reply r = {};
	int ret = reply_begin(&r, info, cmd) ?: nla_put_u32(r.skb, CASK_A_SIZE, size);

	return reply_end(&r, info, ret);
}

/*
 * EKB_ADD: begin to take an EKB
 * Return: 0 when answered; -ENOTCONN; -EINVAL; cask_ekb_begin(); -ENOMEM.
 */
static int ekb_add(struct genl_info *info)
{
	struct cask_bytes statement;
	size_t size;
	int ret;

	ret = check_agent(info->snd_portid) ?:
	      get_bytes(info, CASK_A_EKB, CASK_STATEMENT_MAX, &statement) ?:
	      cask_ekb_begin(&statement, &size);
	return ret ?: reply_size(info, CASK_CMD_EKB_ADD, size);
}

/*
 * EKB_DATA: a part of its entries; with the last it is opened
 * Return: 0 when answered; -ENOTCONN; -EINVAL; cask_ekb_data(); -ENOMEM.
 */
static int ekb_data(struct genl_info *info)
{
	struct nlattr *offset = info->attrs[CASK_A_OFFSET];
	struct cask_bytes data;
	size_t left;
	int ret;

	if (!offset)
		return -EINVAL;
	ret = check_agent(info->snd_portid) ?:
	      get_bytes(info, CASK_A_DATA, CASK_STORE_DATA_MAX, &data) ?:
	      cask_ekb_data(nla_get_u32(offset), &data, &left);
	return ret ?: reply_size(info, CASK_CMD_EKB_DATA, left);
}

/* --- logs --- */

static int reply_report(struct genl_info *info, const u8 *object, size_t size)
{
	struct reply r = {};
	int ret = reply_begin_with(&r, info, CASK_CMD_REPORT_GET, size) ?:
		  nla_put(r.skb, CASK_A_REPORT, size, object);

	return reply_end(&r, info, ret);
}

/*
 * REPORT_GET: what a distributor has not acknowledged
 * Return: 0 when answered; -ENOTCONN; -EINVAL; -ENOKEY; cask_log_report(); -ENOMEM.
 */
static int report_get(struct genl_info *info)
{
	struct cask_anchor *a;
	size_t size = 0;
	u8 *object;
	int ret;

	ret = check_agent(info->snd_portid);
	if (ret)
		return ret;
	a = get_anchor(info);
	if (IS_ERR(a))
		return PTR_ERR(a);
	object = kmalloc(CASK_REPORT_MAX, GFP_KERNEL_ACCOUNT);
	ret = object ? cask_log_report(a, object, &size) : -ENOMEM;
	cask_anchor_put(a);
	ret = ret ?: reply_report(info, object, size);
	kfree(object);
	return ret;
}

/*
 * REPORT_ACK: bring its acknowledgement
 * Return: 0 when answered; -ENOTCONN; -EINVAL; cask_log_acknowledge(); -ENOMEM.
 */
static int report_ack(struct genl_info *info)
{
	struct cask_bytes object;
	u8 issuer[CASK_KID_SIZE];
	struct reply r = {};
	int ret;

	ret = check_agent(info->snd_portid) ?:
	      get_bytes(info, CASK_A_ACKNOWLEDGEMENT, CASK_REPORT_MAX, &object) ?:
	      cask_log_acknowledge(&object, issuer);
	if (ret)
		return ret;
	ret = reply_begin(&r, info, CASK_CMD_REPORT_ACK) ?:
	      nla_put(r.skb, CASK_A_ISSUER, CASK_KID_SIZE, issuer);
	return reply_end(&r, info, ret);
}

/* --- the agent as a disk --- */

static int put_question(struct sk_buff *skb, const struct cask_question *q)
{
	int ret;

	ret = nla_put_u64_64bit(skb, CASK_A_REQUEST, q->id, CASK_A_PAD) ?:
	      nla_put(skb, CASK_A_DEVICE_ID, CASK_KID_SIZE, cask_device_id()) ?:
	      nla_put_u32(skb, CASK_A_ROOT, cask_root()) ?:
	      nla_put_u32(skb, CASK_A_SLOT, q->slot) ?:
	      nla_put_u32(skb, CASK_A_OFFSET, q->offset);
	if (ret)
		return ret;
	ret = q->write ? nla_put(skb, CASK_A_DATA, q->size, q->from) :
			 nla_put_u32(skb, CASK_A_SIZE, q->size);
	return ret ?: (q->sync ? nla_put_flag(skb, CASK_A_SYNC) : 0);
}

/**
 * cask_netlink_ask() - have the agent read or write
 * @q: what
 *
 * Return: 0 when it was sent, and cask_store_answer() will be called; -ENOTCONN
 * without an agent; -EAGAIN when its socket is full; -ENOMEM.
 */
int cask_netlink_ask(const struct cask_question *q)
{
	size_t data = q->write ? q->size : 0;
	u32 agent = READ_ONCE(agent_portid);
	struct sk_buff *skb;
	void *head;
	int ret;

	if (!agent)
		return -ENOTCONN;
	skb = genlmsg_new(nla_total_size(data) + NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	head = genlmsg_put(skb, agent, 0, &family, 0, CASK_CMD_STORE);
	if (!head || put_question(skb, q)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	ret = genlmsg_unicast(&init_net, skb, agent);
	return ret == -ECONNREFUSED ? -ENOTCONN : ret;
}

/*
 * STORE_ANSWER: the agent has read or written
 * Return: 0; -ENOTCONN; -EINVAL; cask_store_answer().
 */
static int store_answer(struct genl_info *info)
{
	struct nlattr *id = info->attrs[CASK_A_REQUEST], *error = info->attrs[CASK_A_ERROR];
	struct cask_bytes data = {};
	int ret;

	ret = check_agent(info->snd_portid);
	if (ret)
		return ret;
	if (!id)
		return -EINVAL;
	if (info->attrs[CASK_A_DATA])
		ret = get_bytes(info, CASK_A_DATA, CASK_STORE_DATA_MAX, &data);
	return ret ?: cask_store_answer(nla_get_u64(id), error ? nla_get_u32(error) : 0, &data);
}

/* --- events --- */

/* Protects the number, and keeps events in its order until they are with the listeners. */
static DEFINE_MUTEX(events);
static u64 event_sequence;

static int put_event(struct sk_buff *skb, const struct cask_happening *h, u64 sequence)
{
	int ret;

	ret = nla_put_u32(skb, CASK_A_EVENT, h->event) ?:
	      nla_put_u64_64bit(skb, CASK_A_EVENT_SEQUENCE, sequence, CASK_A_PAD) ?:
	      nla_put_u32(skb, CASK_A_ERROR, h->error);
	if (!ret && h->content_id)
		ret = nla_put(skb, CASK_A_CONTENT_ID, CASK_ID_SIZE, h->content_id);
	if (!ret && uid_valid(h->user))
		ret = nla_put_u32(skb, CASK_A_OWNER, from_kuid(&init_user_ns, h->user));
	if (!ret && h->issuer)
		ret = nla_put(skb, CASK_A_ISSUER, CASK_KID_SIZE, h->issuer);
	if (!ret && h->license_id)
		ret = nla_put(skb, CASK_A_LICENSE_ID, CASK_ID_SIZE, h->license_id);
	return ret;
}

static void send_event(const struct cask_happening *h, u64 sequence)
{
	struct sk_buff *skb;
	void *head;

	lockdep_assert_held(&events);
	if (!genl_has_listeners(&family, &init_net, CASK_NLGRP_EVENTS))
		return;
	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return;
	head = genlmsg_put(skb, 0, 0, &family, 0, CASK_CMD_EVENT);
	if (!head || put_event(skb, h, sequence)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	genlmsg_multicast(&family, skb, 0, CASK_NLGRP_EVENTS, GFP_KERNEL);
}

/**
 * cask_netlink_event() - tell those who listen what happened
 * @h: what
 *
 * Whoever opens a content is not held up by a listener that does not read. It finds
 * the gap in the numbers and reads the state anew. May sleep.
 */
void cask_netlink_event(const struct cask_happening *h)
{
	mutex_lock(&events);
	send_event(h, ++event_sequence);
	mutex_unlock(&events);
}

/* --- the family --- */

/* --- requests that wait for the agent --- */

/*
 * While one is carried out the agent has to read and write slots, by requests of its
 * own, so nothing of generic netlink may be held: it is carried out apart, and
 * acknowledged then.
 */
struct later {
	struct work_struct work;
	struct sk_buff *skb;
	struct genl_info info;
	struct nlattr *attrs[CASK_A_MAX + 1];
	int (*doit)(struct genl_info *info);
};

#define LATER_MAX	64

static struct workqueue_struct *later;
static atomic_t later_count;

static void acknowledge(const struct later *l, int ret, const struct netlink_ext_ack *extack)
{
	if (ret || l->info.nlhdr->nlmsg_flags & NLM_F_ACK)
		netlink_ack(l->skb, (struct nlmsghdr *)l->info.nlhdr, ret, extack);
}

static void do_later(struct work_struct *work)
{
	struct later *l = container_of(work, struct later, work);
	struct netlink_ext_ack extack = {};
	struct sock *sender = NETLINK_CB(l->skb).sk;
	int ret;

	l->info.extack = &extack;
	ret = l->doit(&l->info);
	trace_cask_request(l->info.genlhdr->cmd, l->info.snd_portid, ret);
	/* Which attribute, 6.1's netlink_ack() looks for in a message that was pulled off by now. */
	extack.bad_attr = NULL;
	acknowledge(l, ret, &extack);
	kfree_skb(l->skb);
	sock_put(sender);
	kfree(l);
	atomic_dec(&later_count);
}

/* Attributes beyond an operation's last have no place in what netlink gives it. */
static unsigned int maxattr_of(u8 cmd)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cask_nl_ops); i++)
		if (cask_nl_ops[i].cmd == cmd)
			return cask_nl_ops[i].maxattr;
	return 0;
}

/* Return: -EINTR, which netlink takes as that nothing is to be acknowledged now; -EBUSY; -ENOMEM. */
static int put_off(struct sk_buff *skb, struct genl_info *info,
		   int (*doit)(struct genl_info *info))
{
	struct later *l;

	if (!atomic_add_unless(&later_count, 1, LATER_MAX))
		return -EBUSY;
	l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);
	if (!l) {
		atomic_dec(&later_count);
		return -ENOMEM;
	}
	INIT_WORK(&l->work, do_later);
	l->doit = doit;
	l->info = *info;
	memcpy(l->attrs, info->attrs,
	       (maxattr_of(info->genlhdr->cmd) + 1) * sizeof(l->attrs[0]));
	l->info.attrs = l->attrs;
	/* The acknowledgement looks at the sender's socket, which may be closed by then. */
	sock_hold(NETLINK_CB(skb).sk);
	l->skb = skb_get(skb);
	queue_work(later, &l->work);
	return -EINTR;
}

/* --- what the generated table calls: each request leaves a trace, a dump one a message --- */

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
	int ret = check_agent(info->snd_portid);				\
										\
	ret = ret ?: (waits(info) ? put_off(skb, info, name) : name(info));	\
	if (ret != -EINTR)							\
		trace_cask_request(info->genlhdr->cmd, info->snd_portid, ret);	\
	return ret;								\
}

#define DOIT(name)								\
int cask_nl_##name##_doit(struct sk_buff *skb, struct genl_info *info)		\
{										\
	int ret = name(info);							\
										\
	trace_cask_request(info->genlhdr->cmd, info->snd_portid, ret);		\
	return ret;								\
}

#define DUMPIT(name, cmd)							\
int cask_nl_##name##_dumpit(struct sk_buff *skb, struct netlink_callback *cb)	\
{										\
	int ret = name##_dump(skb, cb);						\
										\
	trace_cask_request(cmd, NETLINK_CB(cb->skb).portid, min(ret, 0));	\
	return ret;								\
}

DOIT(hello)
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
DOIT(leaf_add)
DOIT(ekb_add)
DOIT_LATER(ekb_data, waits_always)
DOIT_LATER(report_get, waits_always)
DOIT_LATER(report_ack, waits_always)
DUMPIT(anchor_get, CASK_CMD_ANCHOR_GET)
DUMPIT(license_get, CASK_CMD_LICENSE_GET)

static const struct genl_multicast_group groups[] = {
	[CASK_NLGRP_EVENTS] = { .name = CASK_MCGRP_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

static struct genl_family family __ro_after_init = {
	.name		= CASK_FAMILY_NAME,
	.version	= CASK_FAMILY_VERSION,
	.module		= THIS_MODULE,
	.ops		= cask_nl_ops,
	.n_ops		= ARRAY_SIZE(cask_nl_ops),
	/* All are new: a reserved header field that is not zero is refused. */
	.resv_start_op	= CASK_CMD_HELLO,
	.mcgrps		= groups,
	.n_mcgrps	= ARRAY_SIZE(groups),
	.maxattr	= CASK_A_MAX,
};

/**
 * cask_netlink_init() - listen to the agent
 *
 * Return: 0, -ENOMEM, or an errno of genl_register_family().
 */
int cask_netlink_init(void)
{
	int ret;

	later = alloc_workqueue("cask_netlink", WQ_UNBOUND, 0);
	if (!later)
		return -ENOMEM;
	ret = netlink_register_notifier(&socket_notifier);
	if (ret)
		goto queue;
	ret = genl_register_family(&family);
	if (ret)
		goto notifier;
	return 0;
notifier:
	netlink_unregister_notifier(&socket_notifier);
queue:
	destroy_workqueue(later);
	return ret;
}

/**
 * cask_netlink_shut() - answer nothing any more, and wait for the answers under way
 *
 * The secure area is shut already: none of them waits for the agent.
 */
void cask_netlink_shut(void)
{
	WRITE_ONCE(shut, true);
	genl_lock();
	genl_unlock();
	flush_workqueue(later);
}

/** cask_netlink_exit() - stop listening; the secure area is shut */
void cask_netlink_exit(void)
{
	genl_unregister_family(&family);
	netlink_unregister_notifier(&socket_notifier);
	destroy_workqueue(later);
}
