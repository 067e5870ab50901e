/* SPDX-License-Identifier: GPL-2.0 */
/*
 * agent.h - speak netlink to cask.ko, well or badly, for tests.
 */
#ifndef CASK_SELFTESTS_AGENT_H
#define CASK_SELFTESTS_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netlink/attr.h>
#include <linux/cask_format.h>
#include <linux/cask_netlink.h>

struct agent;
struct nl_sock;

/* An attribute to send; an array ends with type 0. */
struct agent_attr {
	int type;
	const void *data;
	size_t len;
};

#define AGENT_U32(type, value)	{ type, &(uint32_t){ value }, 4 }

/* What came back: attributes of the (last) message. */
struct agent_reply {
	unsigned int messages;
	struct nlattr *attrs[CASK_A_MAX + 1];
	uint8_t buf[65536];
};

/* A socket that has not said HELLO; NULL with errno when there is no family. */
struct agent *agent_socket(void);
/* One that has; NULL with errno. */
struct agent *agent_new(void);
void agent_free(struct agent *a);

/* 0 or the errno, negative, that the kernel answered with. reply may be NULL. */
int agent_call(struct agent *a, int cmd, int flags, const struct agent_attr *attrs,
	       struct agent_reply *reply);

/*
 * The same in two steps, of which the second makes no system calls but one send()
 * and recv() after recv(), and returns what errno these end with.
 */
struct agent_message {
	void *data;	/* malloc()ed */
	size_t len;
};

struct agent_message agent_message(struct agent *a, int cmd, int flags,
				   const struct agent_attr *attrs);
int agent_exchange(struct agent *a, const struct agent_message *m, struct agent_reply *reply);
/* Its halves: the one asks; the other waits for what it comes to, and is the disk meanwhile. */
int agent_send(struct agent *a, const struct agent_message *m);
int agent_await(struct agent *a, const struct agent_message *m, struct agent_reply *reply);
/* Several at once, and what the kernel answers each of them with. */
void agent_exchange_all(struct agent *a, const struct agent_message *m, int *ret, unsigned int n);
/* Forget what the kernel has sent and nobody has read. */
void agent_drain(struct agent *a);

/* A socket in the group of events; NULL with errno. */
struct nl_sock *agent_listen(void);
/* The next event; false when there is none and the socket does not wait. */
bool agent_next_event(struct nl_sock *s, struct agent_reply *r);

/*
 * The slots of the secure area, in memory. agent_call() serves them while it waits; while others
 * wait for the module, agent_serve() does.
 */
struct agent_disk {
	uint8_t slots[2][CASK_AREA_MAX];
	size_t sizes[2];
	unsigned int reads, writes, syncs;
	/* Called first, if set: 0 to go on, else what to answer with, or AGENT_SILENT. */
	int64_t (*fault)(struct agent *a, const struct agent_reply *question, void *context);
	void *context;
};
#define AGENT_SILENT	INT64_MIN

/* From then on this agent is a disk. NULL: it is none, and answers nothing. */
void agent_disk(struct agent *a, struct agent_disk *disk);
/* What the module asked, if it does within so many milliseconds; whether it did. */
bool agent_serve(struct agent *a, int milliseconds);
/* Answer a question of the module's; returns what the kernel thinks of it. */
int agent_answer(struct agent *a, uint64_t request, uint32_t error, const void *data, size_t len);

int agent_hello(struct agent *a, struct agent_reply *reply);
int agent_anchor_add(struct agent *a, const struct agent_attr *attrs, uint8_t *ret_issuer);
/* owner -1: the machine's */
int agent_license_add(struct agent *a, const void *statement, size_t len, long owner);
int agent_license_del(struct agent *a, const uint8_t *issuer, const uint8_t *id);

#endif /* CASK_SELFTESTS_AGENT_H */
