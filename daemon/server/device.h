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

/**
 * struct device - an enrolled device
 * @id: thumbprint of @key
 * @key: X25519 public key
 * @level: enum cask_level, as it enrolled
 * @root: enum cask_root
 * @enrolment: who vouched for it
 * @enabled: whether it is answered
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
	int64_t user_id;
	bool user_enabled;
};

int device_find(struct cask_db *db, const uint8_t id[CASK_KID_SIZE], struct device *ret_device);
int device_enrol(struct cask_db *db, const struct device *device);
int device_enable(struct cask_db *db, const uint8_t id[CASK_KID_SIZE], bool enabled);
int device_list(struct cask_db *db, json_t **ret_list);
const char *device_enrolment_name(enum device_enrolment enrolment);
const char *device_level_name(uint32_t level);
int device_level_read(const char *text, uint32_t *ret_level);

#endif /* CASK_DEVICE_H */
