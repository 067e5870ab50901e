// SPDX-License-Identifier: GPL-2.0
/*
 * family.c - a socket to the generic netlink family "cask": find it, ask it,
 * read its answers strictly.
 *
 * Whatever does not come from the kernel, does not belong to the question, is
 * doubled, short or long fails the exchange with -EPROTO.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <linux/cask_netlink.h>

#include "cleanup.h"
#include "family.h"
#include "log.h"

/* The kernel answers before sendmsg() returns; waiting longer means it never will. */
#define ANSWER_SECONDS	10
/* Events wait there until somebody reads them: some thousands. */
#define RECEIVE_BUFFER	(1 << 20)
#define ATTRS_MAX	(CASK_A_MAX > CTRL_ATTR_MAX ? CASK_A_MAX : CTRL_ATTR_MAX)

static int prepare(struct nl_sock *sock)
{
	struct timeval timeout = { .tv_sec = ANSWER_SECONDS };
	int fd = nl_socket_get_fd(sock), on = 1, size = RECEIVE_BUFFER;

	/* Short error messages, with the kernel's words in them. */
	if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)) ||
	    /* Events that are lost show by their numbers; answers must not be lost for them. */
	    setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)))
		return -errno;
	/* Beyond the limit for everyone with the capability that we need anyway. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		cask_debug("receive buffer: %m");
	return 0;
}

static int connect_socket(struct nl_sock **ret_sock)
{
	struct nl_sock *sock = nl_socket_alloc();
	int ret;

	if (!sock)
		return -ENOMEM;
	ret = genl_connect(sock) ? -EIO : prepare(sock);
	if (ret) {
		nl_socket_free(sock);
		return ret;
	}
	*ret_sock = sock;
	return 0;
}

/* Attributes by number; one that comes twice is not one that we can trust. */
static int index_attrs(const struct nlmsghdr *nlh, struct nlattr **attrs)
{
	struct nlattr *attr;
	int left;

	if (!genlmsg_valid_hdr((struct nlmsghdr *)nlh, 0))
		return -EPROTO;
	memset(attrs, 0, (ATTRS_MAX + 1) * sizeof(*attrs));
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, left) {
		int type = nla_type(attr);

		if (type > ATTRS_MAX)
			continue;
		/* 64-bit values may each bring a pad; nobody reads those. */
		if (attrs[type] && type != CASK_A_PAD)
			return -EPROTO;
		attrs[type] = attr;
	}
	return left ? -EPROTO : 0;
}

/* NLMSG_ERROR: 0 is the acknowledgement. The kernel's own words follow the capped message. */
static int read_error(const struct nlmsghdr *nlh, char *message)
{
	const struct nlmsgerr *error = nlmsg_data(nlh);
	struct nlattr *text;

	if ((size_t)nlmsg_datalen(nlh) < sizeof(*error) || error->error > 0)
		return -EPROTO;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return error->error;
	text = nlmsg_find_attr((struct nlmsghdr *)nlh, sizeof(*error), NLMSGERR_ATTR_MSG);
	if (text && nla_len(text) > 0)
		snprintf(message, FAMILY_MESSAGE_MAX + 1, "%.*s", nla_len(text),
			 (const char *)nla_data(text));
	return error->error;
}

/* What nobody asked for. */
static bool is_unasked(const struct family *f, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *head = nlmsg_data(nlh);

	return f->unasked && nlh->nlmsg_type == f->id && !nlh->nlmsg_seq &&
	       nlmsg_datalen(nlh) >= (int)sizeof(*head) &&
	       (head->cmd == CASK_CMD_EVENT || head->cmd == CASK_CMD_STORE);
}

static void take_unasked(const struct family *f, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *head = nlmsg_data(nlh);
	struct nlattr *attrs[ATTRS_MAX + 1];

	if (!index_attrs(nlh, attrs))
		f->unasked(head->cmd, attrs);
}

/**
 * struct exchange - a question whose answers are being read
 * @family: what it says by itself may come in between
 * @type: message type of answers
 * @cmd: command of answers
 * @seq: sequence number of the question
 * @dump: until NLMSG_DONE, else until the acknowledgement
 * @take: as in struct family_question
 * @context: for @take
 * @message: as in struct family_question
 * @answers: seen so far
 * @interrupted: the kernel's list changed during the dump
 * @refused: the kernel has refused
 */
struct exchange {
	const struct family *family;
	uint16_t type;
	uint8_t cmd;
	uint32_t seq;
	bool dump;
	int (*take)(struct nlattr **attrs, void *context);
	void *context;
	char *message;
	unsigned int answers;
	bool interrupted;
	bool refused;
};

static int take_answer(struct exchange *x, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *head = nlmsg_data(nlh);
	struct nlattr *attrs[ATTRS_MAX + 1];
	int ret;

	if (nlh->nlmsg_type != x->type)
		return -EPROTO;
	ret = index_attrs(nlh, attrs);
	if (ret)
		return ret;
	if (head->cmd != x->cmd || !x->take || (x->answers++ && !x->dump))
		return -EPROTO;
	return x->take(attrs, x->context);
}

/* Returns 1 when there is more to come, 0 at the end. */
static int take_message(struct exchange *x, const struct nlmsghdr *nlh)
{
	int ret;

	if (is_unasked(x->family, nlh)) {
		take_unasked(x->family, nlh);
		return 1;
	}
	if (nlh->nlmsg_seq != x->seq)
		return 1;	/* the rest of an exchange that was given up */
	x->interrupted |= !!(nlh->nlmsg_flags & NLM_F_DUMP_INTR);
	switch (nlh->nlmsg_type) {
	case NLMSG_NOOP:
		return 1;
	case NLMSG_OVERRUN:
		return -EPROTO;
	case NLMSG_ERROR:
		ret = read_error(nlh, x->message);
		x->refused = ret && ret != -EPROTO;
		return ret;
	case NLMSG_DONE:
		if (!x->dump || nlmsg_datalen(nlh) < (int)sizeof(int))
			return -EPROTO;
		ret = *(const int *)nlmsg_data(nlh);
		return ret > 0 ? -EPROTO : ret;
	default:
		ret = take_answer(x, nlh);
		return ret ? ret : 1;
	}
}

static int receive(struct nl_sock *sock, struct exchange *x)
{
	int ret = 1;

	while (ret > 0) {
		_cleanup_free_ unsigned char *buffer = NULL;
		struct sockaddr_nl from;
		struct nlmsghdr *nlh;
		int n = nl_recv(sock, &from, &buffer, NULL);

		if (n == -NLE_INTR)
			continue;
		if (n <= 0)
			return n == -NLE_AGAIN ? -ETIMEDOUT : -EIO;
		if (from.nl_pid)
			continue;	/* not the kernel */
		for (nlh = (struct nlmsghdr *)buffer; ret > 0 && nlmsg_ok(nlh, n);
		     nlh = nlmsg_next(nlh, &n))
			ret = take_message(x, nlh);
	}
	if (!ret && x->interrupted)
		return -EAGAIN;
	if (!ret && x->take && !x->dump && !x->answers)
		return -EPROTO;
	return ret;
}

static int exchange(struct nl_sock *sock, struct nl_msg *request, struct exchange *x)
{
	int sent = nl_send_auto(sock, request);

	/* libnl maps errno to codes of its own; a socket of the kernel hardly fails else. */
	if (sent < 0)
		return sent == -NLE_NOMEM ? -ENOMEM : sent == -NLE_PERM ? -EPERM : -EIO;
	x->seq = nlmsg_hdr(request)->nlmsg_seq;
	return receive(sock, x);
}

static bool is_named_cask(struct nlattr **attrs)
{
	struct nlattr *name = attrs[CTRL_ATTR_FAMILY_NAME];

	return name && nla_len(name) == sizeof(CASK_FAMILY_NAME) &&
	       !memcmp(nla_data(name), CASK_FAMILY_NAME, sizeof(CASK_FAMILY_NAME));
}

/* Groups are nested, an entry each; what is not understood is no group of ours. */
static uint32_t find_events(struct nlattr *groups)
{
	struct nlattr *group, *part;
	int left, parts;

	if (!groups)
		return 0;
	nla_for_each_nested(group, groups, left) {
		const char *name = NULL;
		uint32_t id = 0;

		nla_for_each_nested(part, group, parts) {
			if (nla_type(part) == CTRL_ATTR_MCAST_GRP_NAME &&
			    nla_len(part) == sizeof(CASK_MCGRP_EVENTS))
				name = nla_data(part);
			if (nla_type(part) == CTRL_ATTR_MCAST_GRP_ID &&
			    nla_len(part) == sizeof(uint32_t))
				id = nla_get_u32(part);
		}
		if (name && !memcmp(name, CASK_MCGRP_EVENTS, sizeof(CASK_MCGRP_EVENTS)))
			return id;
	}
	return 0;
}

static int take_family(struct nlattr **attrs, void *context)
{
	struct family *f = context;
	struct nlattr *id = attrs[CTRL_ATTR_FAMILY_ID], *version = attrs[CTRL_ATTR_VERSION];

	if (!id || nla_len(id) != sizeof(uint16_t) || !is_named_cask(attrs) ||
	    !version || nla_len(version) != sizeof(uint32_t))
		return -EPROTO;
	f->id = nla_get_u16(id);
	f->version = nla_get_u32(version);
	f->events = find_events(attrs[CTRL_ATTR_MCAST_GROUPS]);
	return 0;
}

/*
 * Asking by name (@id is 0) makes the kernel look for the module by its alias
 * (MODULE_ALIAS_GENL_FAMILY) when the family is not there; by number it does not.
 */
static int resolve(const struct family *f, struct nl_sock *sock, uint16_t id,
		   int (*take)(struct nlattr **attrs, void *context), void *context)
{
	char message[FAMILY_MESSAGE_MAX + 1];
	struct exchange x = {
		.family = f, .type = GENL_ID_CTRL, .cmd = CTRL_CMD_NEWFAMILY, .take = take,
		.context = context, .message = message,
	};
	struct nl_msg *request = nlmsg_alloc();
	int ret = -ENOMEM;

	if (request && genlmsg_put(request, NL_AUTO_PORT, NL_AUTO_SEQ, GENL_ID_CTRL, 0,
				   NLM_F_REQUEST | NLM_F_ACK, CTRL_CMD_GETFAMILY, 1) &&
	    !(id ? nla_put_u16(request, CTRL_ATTR_FAMILY_ID, id) :
		   nla_put_string(request, CTRL_ATTR_FAMILY_NAME, CASK_FAMILY_NAME)))
		ret = exchange(sock, request, &x);
	nlmsg_free(request);
	return ret;
}

/**
 * family_open() - connect and find the family, loading the module if need be
 * @f: with @unasked; the rest is filled in on success
 *
 * Return: 0; -ENOENT when there is no module; another negative errno.
 */
int family_open(struct family *f)
{
	struct nl_sock *sock = NULL;
	int ret;

	ret = connect_socket(&sock);
	if (ret)
		return ret;
	ret = resolve(f, sock, 0, take_family, f);
	if (ret) {
		nl_socket_free(sock);
		return ret;
	}
	/* Nothing depends on them: whoever may not hear them goes on without. */
	if (f->events && nl_socket_add_membership(sock, f->events))
		cask_warn("the module's events cannot be heard");
	f->sock = sock;
	return 0;
}

/**
 * family_close() - close the socket; the kernel forgets the agent with it
 * @f: may be closed already
 */
void family_close(struct family *f)
{
	nl_socket_free(f->sock);
	f->sock = NULL;
}

static int take_name(struct nlattr **attrs, void *context)
{
	bool *is_cask = context;

	*is_cask = is_named_cask(attrs);
	return 0;
}

/**
 * family_gone() - whether the module behind an open socket has been unloaded
 * @f: open
 *
 * An unloaded module and a missing license are both ENOENT; this tells which.
 * It does not load the module again: whoever unloaded it meant it. That the kernel
 * cannot say now is no sign of anything.
 */
bool family_gone(struct family *f)
{
	bool is_cask = true;
	int ret = resolve(f, f->sock, f->id, take_name, &is_cask);

	return ret == -ENOENT || (!ret && !is_cask);
}

/**
 * family_drain() - take what the module said by itself
 * @f: open
 */
void family_drain(struct family *f)
{
	struct pollfd readable = { .fd = nl_socket_get_fd(f->sock), .events = POLLIN };

	while (poll(&readable, 1, 0) == 1 && readable.revents & POLLIN) {
		_cleanup_free_ unsigned char *buffer = NULL;
		struct sockaddr_nl from;
		struct nlmsghdr *nlh;
		int n = nl_recv(f->sock, &from, &buffer, NULL);

		if (n <= 0)
			break;
		for (nlh = (struct nlmsghdr *)buffer; !from.nl_pid && nlmsg_ok(nlh, n);
		     nlh = nlmsg_next(nlh, &n))
			if (is_unasked(f, nlh))
				take_unasked(f, nlh);
	}
}

/**
 * family_ask() - send a question and take its answers
 * @f: open
 * @q: its request stays the caller's
 *
 * Return: 0; a negative errno of the kernel or of @q->take; -EPROTO when the
 * answer is malformed, missing or one too many; -EAGAIN when a dump was
 * interrupted; -ETIMEDOUT, -EIO, -ENOMEM.
 */
int family_ask(struct family *f, struct family_question *q)
{
	struct exchange x = {
		.family = f, .type = f->id, .cmd = q->cmd, .dump = q->dump, .take = q->take,
		.context = q->context, .message = q->message,
	};
	int flags = NLM_F_REQUEST | (q->dump ? NLM_F_DUMP : NLM_F_ACK);
	struct nlmsghdr *nlh = nlmsg_hdr(q->request);
	struct genlmsghdr *head = nlmsg_data(nlh);
	int ret;

	/* So that there is room for the answer. */
	family_drain(f);
	q->message[0] = 0;
	nlh->nlmsg_type = f->id;
	nlh->nlmsg_flags = flags;
	nlh->nlmsg_seq = NL_AUTO_SEQ;
	head->cmd = q->cmd;
	ret = exchange(f->sock, q->request, &x);
	q->refused = x.refused;
	return ret;
}

/**
 * family_tell() - say something that is not answered
 * @f: open
 * @cmd: CASK_CMD_*
 * @msg: from genlmsg, its head filled in here; stays the caller's
 *
 * Should the module refuse it, nobody hears of that. Return: 0 or a negative errno.
 */
int family_tell(struct family *f, uint8_t cmd, struct nl_msg *msg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct genlmsghdr *head = nlmsg_data(nlh);

	nlh->nlmsg_type = f->id;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = NL_AUTO_SEQ;
	head->cmd = cmd;
	return nl_send_auto(f->sock, msg) < 0 ? -EIO : 0;
}

static int store(const struct family_field *field, struct nlattr *attr, void *to)
{
	int length = nla_len(attr);
	const char *data = nla_data(attr);

	switch (field->kind) {
	case FAMILY_U32:
	case FAMILY_U64:
	case FAMILY_BYTES:
		if (length < 0 || (size_t)length != field->size)
			return -EPROTO;
		memcpy(to, data, length);
		return 0;
	case FAMILY_TEXT:
		if (length < 1 || (size_t)length > field->size || data[length - 1] ||
		    strlen(data) != (size_t)length - 1)
			return -EPROTO;
		memcpy(to, data, length);
		return 0;
	}
	return -EPROTO;
}

/**
 * family_decode() - read an answer into a struct by a table
 * @attrs: by number
 * @fields: the table
 * @count: of @fields
 * @out: zeroed by the caller; members whose attribute is absent stay
 *
 * Return: 0, or -EPROTO when one is missing or of another size.
 */
int family_decode(struct nlattr **attrs, const struct family_field *fields, size_t count,
		  void *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct family_field *field = &fields[i];
		struct nlattr *attr = attrs[field->attr];
		int ret;

		if (!attr && field->required)
			return -EPROTO;
		if (!attr)
			continue;
		ret = store(field, attr, (char *)out + field->offset);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * family_watch_open() - a socket that hears of families coming and going
 * @ret_sock: freed with nl_socket_free()
 *
 * Return: 0 or a negative errno.
 */
int family_watch_open(struct nl_sock **ret_sock)
{
	struct nl_sock *sock = nl_socket_alloc();

	if (!sock)
		return -ENOMEM;
	nl_socket_disable_seq_check(sock);
	/* nlctrl's group "notify" has had its family's number since groups exist. */
	if (genl_connect(sock) || nl_socket_add_membership(sock, GENL_ID_CTRL)) {
		nl_socket_free(sock);
		return -EIO;
	}
	*ret_sock = sock;
	return 0;
}

/* What one announcement tells. */
static enum family_news read_news(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *head = nlmsg_data(nlh);
	struct nlattr *attrs[ATTRS_MAX + 1];

	if (nlh->nlmsg_type != GENL_ID_CTRL || index_attrs(nlh, attrs) || !is_named_cask(attrs))
		return FAMILY_NO_NEWS;
	return head->cmd == CTRL_CMD_NEWFAMILY ? FAMILY_CAME :
	       head->cmd == CTRL_CMD_DELFAMILY ? FAMILY_WENT : FAMILY_NO_NEWS;
}

/**
 * family_watch_read() - take what the kernel announced
 * @sock: readable
 *
 * Return: the latest news of the module. When announcements were lost it may
 * have come.
 */
enum family_news family_watch_read(struct nl_sock *sock)
{
	_cleanup_free_ unsigned char *buffer = NULL;
	struct sockaddr_nl from;
	struct nlmsghdr *nlh;
	enum family_news latest = FAMILY_NO_NEWS, news;
	int n = nl_recv(sock, &from, &buffer, NULL);

	if (n <= 0)
		return n != -NLE_INTR && n != -NLE_AGAIN ? FAMILY_CAME : FAMILY_NO_NEWS;
	if (from.nl_pid)
		return FAMILY_NO_NEWS;
	for (nlh = (struct nlmsghdr *)buffer; nlmsg_ok(nlh, n); nlh = nlmsg_next(nlh, &n)) {
		news = read_news(nlh);
		if (news != FAMILY_NO_NEWS)
			latest = news;
	}
	return latest;
}
