/* SPDX-License-Identifier: GPL-2.0 */
/*
 * device.h - enrolled devices and whose they are.
 */
#ifndef CASK_DEVICE_H
#define CASK_DEVICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "db/db.h"

/* Who vouched for a device when it enrolled; kept in the database. */
enum device_enrolment {
	DEVICE_OPEN	= 0,	/* nobody */
	DEVICE_TOKEN	= 1,	/* the operator's one-time code: whose it is */
	DEVICE_FACTORY	= 2,	/* a provisioning authority: what it is */
};

/* What a device gets that lost its records and asks to go on; kept in the database. */
enum device_reanchor {
	DEVICE_REANCHOR_ALLOW	= 0,	/* the statement */
	DEVICE_REANCHOR_ASK	= 1,	/* nothing, and the operator sees that it asks */
	DEVICE_REANCHOR_ONCE	= 2,	/* the statement, and from then on ASK */
	DEVICE_REANCHOR_REFUSE	= 3,	/* nothing */
};

/**
 * struct device - an enrolled device
 * @id: thumbprint of @key
 * @key: X25519 public key
 * @level: enum cask_level, as it enrolled
 * @root: enum cask_root
 * @enrolment: who vouched for it
 * @enabled: whether it is answered
 * @reanchor: what it gets when it lost its records
 * @user_id: its owner
 * @user_enabled: whether the owner's devices are answered
 */
struct device {
	uint8_t id[CASK_KID_SIZE];
	uint8_t key[CASK_X25519_SIZE];
	uint32_t level;
	uint32_t root;
	enum device_enrolment enrolment;
	bool enabled;
	enum device_reanchor reanchor;
	int64_t user_id;
	bool user_enabled;
};

int device_find(struct cask_db *db, const uint8_t id[CASK_KID_SIZE], struct device *ret_device);
int device_enrol(struct cask_db *db, const struct device *device);
int device_enable(struct cask_db *db, const uint8_t id[CASK_KID_SIZE], bool enabled);
int device_set_reanchor(struct cask_db *db, const uint8_t id[CASK_KID_SIZE],
			enum device_reanchor policy);
int device_list(struct cask_db *db, json_t **ret_list);
int device_show(struct cask_db *db, const uint8_t id[CASK_KID_SIZE], json_t **ret_device);
const char *device_enrolment_name(enum device_enrolment enrolment);
const char *device_level_name(uint32_t level);
int device_level_read(const char *text, uint32_t *ret_level);
const char *device_reanchor_name(enum device_reanchor policy);
int device_reanchor_parse(const char *name, enum device_reanchor *ret_policy);

#endif /* CASK_DEVICE_H */
