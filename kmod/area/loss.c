// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * loss.c - records that were lost, and the distributors that know.
 *
 * An area that begins anew after a loss says so in a record of its own. What is not
 * there may have been: a right that was used up, a floor. It belonged to some
 * distributor, and each gives up its own only.
 */
#include "area.h"

static const __u8 none[CASK_KID_SIZE];

_Static_assert(CASK_ID_SIZE <= sizeof(none), "a name of zeros");

static struct cask_record_key key_of(__u16 kind, const __u8 *issuer)
{
	return (struct cask_record_key){ .kind = kind, .issuer = issuer, .name = none };
}

/**
 * cask_loss_mark() - note that what an image held was lost
 * @r: empty
 *
 * Return: 0 or -ENOSPC.
 */
int cask_loss_mark(struct cask_records *r)
{
	const struct cask_record_key key = key_of(CASK_RECORD_LOST, none);

	return cask_records_put(r, &key, none, 0);
}

/**
 * cask_loss_concerns() - whether records of a distributor may have been lost
 * @r: an image
 * @issuer: CASK_KID_SIZE bytes; all zero: the device's own
 *
 * Return: true when something was lost, and the distributor has not said that it knows.
 */
bool cask_loss_concerns(const struct cask_records *r, const __u8 *issuer)
{
	const struct cask_record_key lost = key_of(CASK_RECORD_LOST, none);
	const struct cask_record_key known = key_of(CASK_RECORD_REANCHORED, issuer);
	struct cask_bytes value;

	return cask_records_find(r, &lost, &value) && !cask_records_find(r, &known, &value);
}

/**
 * cask_loss_known() - note that a distributor knows of the loss
 * @r: an image with a loss
 * @issuer: CASK_KID_SIZE bytes, not in @r
 *
 * Return: 0 or -ENOSPC.
 */
int cask_loss_known(struct cask_records *r, const __u8 *issuer)
{
	const struct cask_record_key key = key_of(CASK_RECORD_REANCHORED, issuer);

	return cask_records_put(r, &key, none, 0);
}
