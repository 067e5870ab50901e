// SPDX-License-Identifier: GPL-2.0
/*
 * netlink.c - the agent, what it is asked, and what happens; netlink_ops.c has what it may ask for.
 *
 * The agent is a block store and a messenger. It is root, so it is let in, and
 * not trusted.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "netlink.h"
#include "private.h"
#include "trace.h"

/* --- the agent: the socket that said HELLO --- */

static DEFINE_SPINLOCK(agent_lock);
static u32 agent_portid;	/* 0: there is none */
static bool shut;		/* the machine goes down */

/**
 * cask_netlink_become_agent() - say HELLO
 * @portid: of the socket
 *
 * Return: 0; -EBUSY while another socket is the agent; -ESHUTDOWN.
 */
int cask_netlink_become_agent(u32 portid)
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

/**
 * cask_netlink_check_agent() - whether a request is the agent's
 * @portid: of the socket that it came from
 *
 * Return: 0; -ENOTCONN; -ESHUTDOWN.
 */
int cask_netlink_check_agent(u32 portid)
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
	head = genlmsg_put(skb, agent, 0, &cask_netlink_family, 0, CASK_CMD_STORE);
	if (!head || put_question(skb, q)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	ret = genlmsg_unicast(&init_net, skb, agent);
	return ret == -ECONNREFUSED ? -ENOTCONN : ret;
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
	if (!genl_has_listeners(&cask_netlink_family, &init_net, CASK_NLGRP_EVENTS))
		return;
	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return;
	head = genlmsg_put(skb, 0, 0, &cask_netlink_family, 0, CASK_CMD_EVENT);
	if (!head || put_event(skb, h, sequence)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	genlmsg_multicast(&cask_netlink_family, skb, 0, CASK_NLGRP_EVENTS, GFP_KERNEL);
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
	ret = cask_netlink_check_agent(l->info.snd_portid) ?: l->doit(&l->info);
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

/**
 * cask_netlink_put_off() - carry a request out apart, and acknowledge it then
 * @skb: that it came in
 * @info: of the request
 * @doit: does it, if the sender is the agent still
 *
 * Return: -EINTR, which netlink takes as that nothing is to be acknowledged now; -EBUSY; -ENOMEM.
 */
int cask_netlink_put_off(struct sk_buff *skb, struct genl_info *info,
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

/* --- the family --- */

static const struct genl_multicast_group groups[] = {
	[CASK_NLGRP_EVENTS] = { .name = CASK_MCGRP_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

struct genl_family cask_netlink_family __ro_after_init = {
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
	ret = genl_register_family(&cask_netlink_family);
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
	genl_unregister_family(&cask_netlink_family);
	netlink_unregister_notifier(&socket_notifier);
	destroy_workqueue(later);
}
