/* SPDX-License-Identifier: GPL-2.0 */
/*
 * use.h - charge for what devices report of use.
 */
#ifndef CASK_BILLING_USE_H
#define CASK_BILLING_USE_H

#include <stdint.h>
#include <linux/cask_format.h>

#include "../server.h"

/**
 * struct use_bill - a use of a license, to be charged for
 * @device_id: that used it
 * @user_id: who pays
 * @entry: the use
 * @place: of it in the device's log: no other has it
 * @config: says when it is due
 */
struct use_bill {
	const uint8_t *device_id;
	int64_t user_id;
	const struct cask_log_entry *entry;
	const struct cask_log_place *place;
	const struct server_config *config;
};

int use_charge(struct cask_db *db, const struct use_bill *bill);

#endif /* CASK_BILLING_USE_H */
