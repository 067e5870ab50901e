/* SPDX-License-Identifier: GPL-2.0 */
/*
 * family.h - a socket to the generic netlink family "cask": find it, ask it,
 * read its answers strictly.
 */
#ifndef CASKD_FAMILY_H
#define CASKD_FAMILY_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAMILY_MESSAGE_MAX	127

struct nl_sock;

/**
 * struct family - a socket that found the family
 * @sock: NULL while closed
 * @id: message type of the family
 * @version: protocol that the module speaks
 * @events: multicast group of its events, 0 if it has none
 * @unasked: called for what the module says by itself (CASK_CMD_EVENT, CASK_CMD_STORE),
 *	in between answers too
 */
struct family {
	struct nl_sock *sock;
	uint16_t id;
	uint32_t version;
	uint32_t events;
	void (*unasked)(uint8_t cmd, struct nlattr **attrs);
};

enum family_kind {
	FAMILY_U32,	/* uint32_t */
	FAMILY_U64,	/* uint64_t */
	FAMILY_BYTES,	/* exactly @size bytes */
	FAMILY_TEXT,	/* char[@size], zero-terminated */
};

/**
 * struct family_field - where an attribute of an answer goes
 * @attr: CASK_A_*
 * @kind: enum family_kind
 * @required: an answer without it is malformed
 * @offset: of the member in the decoded struct
 * @size: of the member
 */
struct family_field {
	uint16_t attr;
	uint8_t kind;
	bool required;
	size_t offset;
	size_t size;
};

#define FAMILY_FIELD(_attr, _kind, _required, _struct, _member) \
	{ CASK_A_##_attr, FAMILY_##_kind, _required, offsetof(struct _struct, _member), \
	  sizeof(((struct _struct *)0)->_member) }

/**
 * struct family_question - one exchange
 * @cmd: CASK_CMD_*
 * @dump: ask for all, with one answer for each
 * @request: from genlmsg, its head filled in by family_ask(); the caller frees it
 * @take: called for each answer with its attributes by number, NULL where
 *	absent; returns 0 or a negative errno. NULL: no answer is expected
 * @context: for @take
 * @message: what the kernel said besides its errno, or ""
 * @refused: the errno is the kernel's, and not of the way to it
 */
struct family_question {
	uint8_t cmd;
	bool dump;
	struct nl_msg *request;
	int (*take)(struct nlattr **attrs, void *context);
	void *context;
	char message[FAMILY_MESSAGE_MAX + 1];
	bool refused;
};

int family_open(struct family *f);
void family_close(struct family *f);
bool family_gone(struct family *f);
void family_drain(struct family *f);
int family_ask(struct family *f, struct family_question *q);
int family_tell(struct family *f, uint8_t cmd, struct nl_msg *msg);
int family_decode(struct nlattr **attrs, const struct family_field *fields, size_t count,
		  void *out);

enum family_news {
	FAMILY_NO_NEWS,
	FAMILY_CAME,
	FAMILY_WENT,
};

int family_watch_open(struct nl_sock **ret_sock);
enum family_news family_watch_read(struct nl_sock *sock);

#endif /* CASKD_FAMILY_H */
