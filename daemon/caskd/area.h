/* SPDX-License-Identifier: GPL-2.0 */
/*
 * area.h - the slots of the device's secure area on disk. What is in them only the
 * module can read.
 */
#ifndef CASKD_AREA_H
#define CASKD_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>
#include <linux/cask_netlink.h>

/**
 * struct area_place - a part of a slot
 * @device_id: of whose area
 * @root: enum cask_root: an ephemeral device does not come back
 * @slot: 0 or 1
 * @offset: bytes from its start
 * @size: bytes, at most CASK_STORE_DATA_MAX
 */
struct area_place {
	uint8_t device_id[CASK_KID_SIZE];
	uint32_t root;
	uint32_t slot;
	uint32_t offset;
	uint32_t size;
};

int area_open(const char *state);
void area_close(void);
int area_read(const struct area_place *p, void *data, size_t *ret_size);
int area_write(const struct area_place *p, const void *data, bool sync);

#endif /* CASKD_AREA_H */
