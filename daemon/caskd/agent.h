/* SPDX-License-Identifier: GPL-2.0 */
/*
 * agent.h - being the module's agent: the one socket, its coming and going, and
 * what the module says unasked.
 *
 * Thread-safe: one mutex around the socket.
 */
#ifndef CASKD_AGENT_H
#define CASKD_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <linux/cask_format.h>

#include "problem.h"

#define AGENT_VERSION_MAX	63

struct nlattr;

/**
 * struct agent_area - the secure area
 * @state: enum cask_area_state
 * @counter: of its image
 * @records: how many
 * @size: bytes of them
 */
struct agent_area {
	uint32_t state;
	uint64_t counter;
	uint32_t records;
	uint32_t size;
};

/**
 * struct agent_device - who the device is (HELLO)
 * @protocol: version of the family that the module speaks
 * @module_version: of the module
 * @id: thumbprint of @key
 * @key: X25519 public key
 * @root: enum cask_root
 * @boot: enum cask_boot
 * @level: enum cask_level
 * @signatures: bit 0 RS256, bit 1 ES256
 * @area: as of the last HELLO
 */
struct agent_device {
	uint32_t protocol;
	char module_version[AGENT_VERSION_MAX + 1];
	uint8_t id[CASK_KID_SIZE];
	uint8_t key[CASK_X25519_SIZE];
	uint32_t root;
	uint32_t boot;
	uint32_t level;
	uint32_t signatures;
	struct agent_area area;
};

/**
 * struct agent_event - what happened to a license, or to records
 * @event: enum cask_event
 * @sequence: numbers the module's events; a gap is as many that were lost
 * @issuer: of the license, or of the records
 * @license_id: all zero if there is none
 * @content_id: of the content, likewise
 * @has_owner: false for the machine's
 * @owner: uid of who opened, or of whose the license was
 * @error: errno, or 0
 */
struct agent_event {
	uint32_t event;
	uint64_t sequence;
	uint8_t issuer[CASK_KID_SIZE];
	uint8_t license_id[CASK_ID_SIZE];
	uint8_t content_id[CASK_ID_SIZE];
	bool has_owner;
	uint32_t owner;
	uint32_t error;
};

/* Called for each event of the module, with the mutex of this file held: it must not ask the module. */
typedef void agent_happened(const struct agent_event *e);

/*
 * Called after each successful HELLO, when the module knows nothing of us, with
 * the (recursive) mutex of this file held: nobody else asks the module anything
 * before it returns.
 */
typedef void agent_ready(void);

/**
 * struct agent_question - an operation before it is a message
 * @what: for people: "installing a license"
 * @cmd: CASK_CMD_*
 * @dump: all of them
 * @attrs: of the request; ends with a zero type
 * @take: as in struct family_question
 * @context: for @take
 */
struct agent_question {
	const char *what;
	uint8_t cmd;
	bool dump;
	struct agent_attr {
		int type;
		const void *data;
		size_t size;
	} attrs[4];
	int (*take)(struct nlattr **attrs, void *context);
	void *context;
};

int agent_init(agent_ready *ready, agent_happened *happened);
void agent_exit(void);
bool agent_responds(const struct timespec *until);

int agent_device(struct agent_device *ret_device, struct problem *p);
int agent_ask(const struct agent_question *q, struct problem *p);

#endif /* CASKD_AGENT_H */
