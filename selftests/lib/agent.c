// SPDX-License-Identifier: GPL-2.0
/* agent.c - speak netlink to cask.ko, well or badly, for tests. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/socket.h>

#include "agent.h"

struct agent {
	struct nl_sock *sock;
	int family;
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

/* One datagram; returns 1 to go on, 0 at the end, or -errno of the kernel's. */
static int take(unsigned char *data, int len, struct agent_reply *reply)
{
	struct nlmsghdr *h = (struct nlmsghdr *)data;

	for (; nlmsg_ok(h, len); h = nlmsg_next(h, &len)) {
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

int agent_call(struct agent *a, int cmd, int flags, const struct agent_attr *attrs,
	       struct agent_reply *reply)
{
	struct nl_msg *msg = nlmsg_alloc_size(131072);
	struct sockaddr_nl from;
	unsigned char *data;
	int ret;

	if (reply)
		memset(reply, 0, offsetof(struct agent_reply, buf));
	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, a->family, 0,
		    NLM_F_REQUEST | (flags & NLM_F_DUMP ? 0 : NLM_F_ACK) | flags, cmd,
		    CASK_FAMILY_VERSION);
	for (; attrs && attrs->type; attrs++)
		nla_put(msg, attrs->type, attrs->len, attrs->data);
	ret = nl_send_auto(a->sock, msg);
	nlmsg_free(msg);
	if (ret < 0)
		return -EIO;
	do {
		ret = nl_recv(a->sock, &from, &data, NULL);
		if (ret <= 0)
			return -EIO;
		ret = take(data, ret, reply);
		free(data);
	} while (ret > 0);
	return ret;
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
