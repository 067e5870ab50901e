// SPDX-License-Identifier: GPL-2.0
/* agent.c - speak netlink to cask.ko, well or badly, for tests. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/socket.h>

#include "agent.h"

struct agent {
	struct nl_sock *sock;
	int family;
	struct agent_disk *disk;
	unsigned char buf[1 << 18];
};

struct agent *agent_socket(void)
{
	struct agent *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->sock = nl_socket_alloc();
	/* Room for the longest attribute, and for the kernel to send it back with an error. */
	if (!a->sock || genl_connect(a->sock) < 0 ||
	    nl_socket_set_buffer_size(a->sock, 1 << 18, 1 << 18) < 0)
		goto fail;
	/* As caskd has it: the kernel says which attribute it did not like. */
	if (setsockopt(nl_socket_get_fd(a->sock), SOL_NETLINK, NETLINK_EXT_ACK, &(int){ 1 }, sizeof(int)))
		goto fail;
	a->family = genl_ctrl_resolve(a->sock, CASK_FAMILY_NAME);
	if (a->family < 0) {
		errno = ENOENT;
		goto fail;
	}
	return a;
fail:
	agent_free(a);
	return NULL;
}

struct agent *agent_new(void)
{
	struct agent *a = agent_socket();
	int ret = a ? agent_hello(a, NULL) : 0;

	if (ret) {
		agent_free(a);
		errno = -ret;
		return NULL;
	}
	return a;
}

void agent_free(struct agent *a)
{
	if (!a)
		return;
	nl_socket_free(a->sock);
	free(a);
}

/* --- being a disk --- */

static void tell(struct agent *a, int cmd, const struct agent_attr *attrs)
{
	struct nl_msg *msg = nlmsg_alloc_size(131072);

	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, a->family, 0, NLM_F_REQUEST, cmd,
		    CASK_FAMILY_VERSION);
	for (; attrs->type; attrs++)
		nla_put(msg, attrs->type, attrs->len, attrs->data);
	nl_complete_msg(a->sock, msg);
	if (send(nl_socket_get_fd(a->sock), nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len, 0) < 0)
		abort();
	nlmsg_free(msg);
}

static void answer(struct agent *a, uint64_t request, uint32_t error, const void *data, size_t len)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_REQUEST, &request, sizeof(request) }, AGENT_U32(CASK_A_ERROR, error),
		{ len ? CASK_A_DATA : 0, data, len }, { 0 },
	};

	tell(a, CASK_CMD_STORE_ANSWER, attrs);
}

static void serve_write(struct agent *a, const struct agent_reply *q, unsigned int slot, size_t at)
{
	struct nlattr *data = q->attrs[CASK_A_DATA];
	struct agent_disk *d = a->disk;

	memcpy(d->slots[slot] + at, nla_data(data), nla_len(data));
	if (d->sizes[slot] < at + nla_len(data))
		d->sizes[slot] = at + nla_len(data);
	d->writes++;
	if (q->attrs[CASK_A_SYNC])
		d->syncs++;
	answer(a, nla_get_u64(q->attrs[CASK_A_REQUEST]), 0, NULL, 0);
}

static void serve_read(struct agent *a, const struct agent_reply *q, unsigned int slot, size_t at)
{
	struct agent_disk *d = a->disk;
	size_t left = d->sizes[slot] > at ? d->sizes[slot] - at : 0;
	size_t size = nla_get_u32(q->attrs[CASK_A_SIZE]);

	d->reads++;
	answer(a, nla_get_u64(q->attrs[CASK_A_REQUEST]), 0, d->slots[slot] + at,
	       size < left ? size : left);
}

static void serve(struct agent *a, const struct nlmsghdr *h)
{
	struct agent_reply *q = calloc(1, sizeof(*q));
	int64_t fault = 0;

	memcpy(q->buf, h, h->nlmsg_len);
	genlmsg_parse((struct nlmsghdr *)q->buf, 0, q->attrs, CASK_A_MAX, NULL);
	if (!a->disk)
		fault = AGENT_SILENT;
	else if (a->disk->fault)
		fault = a->disk->fault(a, q, a->disk->context);
	if (fault && fault != AGENT_SILENT)
		answer(a, nla_get_u64(q->attrs[CASK_A_REQUEST]), fault, NULL, 0);
	else if (!fault && q->attrs[CASK_A_DATA])
		serve_write(a, q, nla_get_u32(q->attrs[CASK_A_SLOT]),
			    nla_get_u32(q->attrs[CASK_A_OFFSET]));
	else if (!fault)
		serve_read(a, q, nla_get_u32(q->attrs[CASK_A_SLOT]),
			   nla_get_u32(q->attrs[CASK_A_OFFSET]));
	free(q);
}

static bool is_question(const struct agent *a, const struct nlmsghdr *h)
{
	return h->nlmsg_type == a->family && !h->nlmsg_seq &&
	       ((struct genlmsghdr *)nlmsg_data(h))->cmd == CASK_CMD_STORE;
}

void agent_disk(struct agent *a, struct agent_disk *disk)
{
	a->disk = disk;
}

bool agent_serve(struct agent *a, int milliseconds)
{
	struct pollfd p = { .fd = nl_socket_get_fd(a->sock), .events = POLLIN };
	struct nlmsghdr *h = (struct nlmsghdr *)a->buf;
	bool served = false;
	int n;

	if (poll(&p, 1, milliseconds) < 1)
		return false;
	n = recv(p.fd, a->buf, sizeof(a->buf), 0);
	for (; n > 0 && nlmsg_ok(h, n); h = nlmsg_next(h, &n)) {
		if (!is_question(a, h))
			continue;
		serve(a, h);
		served = true;
	}
	return served;
}

int agent_answer(struct agent *a, uint64_t request, uint32_t error, const void *data, size_t len)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_REQUEST, &request, sizeof(request) }, AGENT_U32(CASK_A_ERROR, error),
		{ data ? CASK_A_DATA : 0, data, len }, { 0 },
	};

	return agent_call(a, CASK_CMD_STORE_ANSWER, 0, attrs, NULL);
}

/* --- asking --- */

/* One datagram; returns 1 to go on, 0 at the end, or -errno of the kernel's. */
static int take(struct agent *a, int len, uint32_t seq, struct agent_reply *reply)
{
	struct nlmsghdr *h = (struct nlmsghdr *)a->buf;

	for (; nlmsg_ok(h, len); h = nlmsg_next(h, &len)) {
		if (is_question(a, h)) {
			serve(a, h);
			continue;
		}
		/* What the kernel thinks of an answer that came too late. */
		if (h->nlmsg_seq != seq)
			continue;
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((struct nlmsgerr *)nlmsg_data(h))->error;
		if (h->nlmsg_type == NLMSG_DONE)
			return *(int *)nlmsg_data(h);
		if (!reply)
			continue;
		reply->messages++;
		memcpy(reply->buf, h, h->nlmsg_len);
		genlmsg_parse((struct nlmsghdr *)reply->buf, 0, reply->attrs, CASK_A_MAX, NULL);
	}
	return 1;
}

struct agent_message agent_message(struct agent *a, int cmd, int flags,
				   const struct agent_attr *attrs)
{
	struct nl_msg *msg = nlmsg_alloc_size(131072);
	struct agent_message m;

	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, a->family, 0,
		    NLM_F_REQUEST | (flags & NLM_F_DUMP ? 0 : NLM_F_ACK) | flags, cmd,
		    CASK_FAMILY_VERSION);
	for (; attrs && attrs->type; attrs++)
		nla_put(msg, attrs->type, attrs->len, attrs->data);
	nl_complete_msg(a->sock, msg);
	m.len = nlmsg_hdr(msg)->nlmsg_len;
	m.data = malloc(m.len);
	memcpy(m.data, nlmsg_hdr(msg), m.len);
	nlmsg_free(msg);
	return m;
}

int agent_send(struct agent *a, const struct agent_message *m)
{
	return send(nl_socket_get_fd(a->sock), m->data, m->len, 0) < 0 ? -errno : 0;
}

int agent_await(struct agent *a, const struct agent_message *m, struct agent_reply *reply)
{
	ssize_t n;
	int ret;

	if (reply)
		memset(reply, 0, offsetof(struct agent_reply, buf));
	do {
		n = recv(nl_socket_get_fd(a->sock), a->buf, sizeof(a->buf), 0);
		ret = n < 0 ? -errno : take(a, n, ((struct nlmsghdr *)m->data)->nlmsg_seq, reply);
	} while (ret > 0);
	return ret;
}

int agent_exchange(struct agent *a, const struct agent_message *m, struct agent_reply *reply)
{
	int ret = agent_send(a, m);

	return ret ? ret : agent_await(a, m, reply);
}

/* Whose acknowledgement it is; @n: nobody's. */
static unsigned int whose(const struct nlmsghdr *h, const struct agent_message *m, unsigned int n)
{
	unsigned int i = 0;

	while (i < n && (h->nlmsg_type != NLMSG_ERROR ||
			 h->nlmsg_seq != ((struct nlmsghdr *)m[i].data)->nlmsg_seq))
		i++;
	return i;
}

void agent_exchange_all(struct agent *a, const struct agent_message *m, int *ret, unsigned int n)
{
	unsigned int i, left = n;
	struct nlmsghdr *h;
	int len;

	for (i = 0; i < n; i++)
		if (agent_send(a, &m[i]))
			abort();
	while (left) {
		h = (struct nlmsghdr *)a->buf;
		len = recv(nl_socket_get_fd(a->sock), a->buf, sizeof(a->buf), 0);
		if (len < 0)
			abort();
		for (; nlmsg_ok(h, len); h = nlmsg_next(h, &len)) {
			i = whose(h, m, n);
			if (i < n) {
				ret[i] = ((struct nlmsgerr *)nlmsg_data(h))->error;
				left--;
			} else if (is_question(a, h)) {
				serve(a, h);
			}
		}
	}
}

void agent_drain(struct agent *a)
{
	/* An error that is pending comes first. */
	while (recv(nl_socket_get_fd(a->sock), a->buf, sizeof(a->buf), MSG_DONTWAIT) >= 0 ||
	       errno != EAGAIN)
		;
}

int agent_call(struct agent *a, int cmd, int flags, const struct agent_attr *attrs,
	       struct agent_reply *reply)
{
	struct agent_message m = agent_message(a, cmd, flags, attrs);
	int ret = agent_exchange(a, &m, reply);

	free(m.data);
	return ret;
}

struct nl_sock *agent_listen(void)
{
	struct nl_sock *s = nl_socket_alloc();
	int group, ret;

	genl_connect(s);
	nl_socket_disable_seq_check(s);
	group = genl_ctrl_resolve_grp(s, CASK_FAMILY_NAME, CASK_MCGRP_EVENTS);
	ret = group < 0 ? group : nl_socket_add_membership(s, group);
	if (ret < 0) {
		nl_socket_free(s);
		errno = ret == -NLE_PERM ? EPERM : EIO;
		return NULL;
	}
	return s;
}

bool agent_next_event(struct nl_sock *s, struct agent_reply *r)
{
	struct sockaddr_nl from;
	unsigned char *data;
	int len = nl_recv(s, &from, &data, NULL);

	if (!len || len == -NLE_AGAIN)
		return false;
	if (len < 0)
		abort();
	memset(r->attrs, 0, sizeof(r->attrs));
	memcpy(r->buf, data, len);
	free(data);
	genlmsg_parse((struct nlmsghdr *)r->buf, 0, r->attrs, CASK_A_MAX, NULL);
	return true;
}

int agent_hello(struct agent *a, struct agent_reply *reply)
{
	const struct agent_attr attrs[] = {
		AGENT_U32(CASK_A_PROTOCOL, CASK_FAMILY_VERSION), { 0 },
	};

	return agent_call(a, CASK_CMD_HELLO, 0, attrs, reply);
}

int agent_anchor_add(struct agent *a, const struct agent_attr *attrs, uint8_t *ret_issuer)
{
	struct agent_reply *reply = malloc(sizeof(*reply));
	int ret = agent_call(a, CASK_CMD_ANCHOR_ADD, 0, attrs, reply);

	if (!ret && ret_issuer)
		memcpy(ret_issuer, nla_data(reply->attrs[CASK_A_ISSUER]), CASK_KID_SIZE);
	free(reply);
	return ret;
}

int agent_license_add(struct agent *a, const void *statement, size_t len, long owner)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_LICENSE, statement, len },
		AGENT_U32(owner < 0 ? 0 : CASK_A_OWNER, owner), { 0 },
	};

	return agent_call(a, CASK_CMD_LICENSE_ADD, 0, attrs, NULL);
}

int agent_license_del(struct agent *a, const uint8_t *issuer, const uint8_t *id)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, issuer, CASK_KID_SIZE },
		{ CASK_A_LICENSE_ID, id, CASK_ID_SIZE }, { 0 },
	};

	return agent_call(a, CASK_CMD_LICENSE_DEL, 0, attrs, NULL);
}
