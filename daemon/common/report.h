/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report.h - reports of uses, at the server: whether they are the device's, and the word that
 * they are on record.
 */
#ifndef CASK_COMMON_REPORT_H
#define CASK_COMMON_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "parse.h"

/**
 * struct report_word - what an ACKNOWLEDGEMENT says
 * @issuer: thumbprint of the root key
 * @device_id: thumbprint of the device's key
 * @last: the last entry that is on record
 */
struct report_word {
	uint8_t issuer[CASK_KID_SIZE];
	uint8_t device_id[CASK_KID_SIZE];
	struct cask_log_place last;
};

int report_open(const uint8_t pairwise_secret[32], const void *object, size_t size,
		struct cask_report_view *ret_report);
int report_acknowledge(const uint8_t pairwise_secret[32], const struct report_word *word,
		       uint8_t **ret_object, size_t *ret_size);

#endif /* CASK_COMMON_REPORT_H */
