// SPDX-License-Identifier: GPL-2.0
/*
 * payer.c - who may agree to a price: root, and who may use the device.
 *
 * The device's user pays for all of its machine's: who may not open the device could only have it
 * pay. As a unit caskd sees no devices: then it is the group that udev's rule gives the device's file.
 */
#include <errno.h>
#include <grp.h>
#include <sys/stat.h>

#include "payer.h"

#define GROUP		"cask"
#define NO_GROUP	((gid_t)-1)

static gid_t named = NO_GROUP;

/**
 * payer_open() - look the group up
 *
 * Before there are threads. Without such a group only root pays, where the device is not seen.
 */
void payer_open(void)
{
	const struct group *group = getgrnam(GROUP);

	named = group ? group->gr_gid : NO_GROUP;
}

/**
 * payer_is() - whether who asks may agree to a price
 * @rq: a request
 * @uid: who it is from
 *
 * Return: whether it may.
 */
bool payer_is(const struct cask_http_request *rq, uint32_t uid)
{
	struct stat device;

	if (!uid)
		return true;
	if (!stat(PAYER_DEVICE, &device))
		return cask_http_peer_in(rq, device.st_gid);
	return errno == ENOENT && named != NO_GROUP && cask_http_peer_in(rq, named);
}
