/* SPDX-License-Identifier: GPL-2.0 */
/*
 * media.h - get licenses that go onto media.
 */
#ifndef CASKD_MEDIA_H
#define CASKD_MEDIA_H

#include "distributor.h"

/**
 * struct media_wish - a license for a medium
 * @owner: uid of who asks
 * @issuer: whose content
 * @content_id: which
 * @number: of the medium
 * @class_id: of the medium
 * @class_issuer: whose class
 * @locked: for this apparatus only
 * @price: that is agreed to, in hundredths; 0: to none
 */
struct media_wish {
	uint32_t owner;
	uint8_t issuer[CASK_KID_SIZE];
	uint8_t content_id[CASK_ID_SIZE];
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	uint8_t class_id[CASK_ID_SIZE];
	uint8_t class_issuer[CASK_KID_SIZE];
	bool locked;
	uint64_t price;
};

int media_license(struct distributor *d, const struct media_wish *wish, uint8_t **ret_statement,
		  size_t *ret_size, struct problem *p);
int media_license_done(const struct media_wish *wish, struct problem *p);

#endif /* CASKD_MEDIA_H */
