/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pairs.h - the pairwise secrets of devices that asked lately.
 */
#ifndef CASK_PAIRS_H
#define CASK_PAIRS_H

#include <stdint.h>
#include <linux/cask_format.h>

struct pairs;
struct server;

int pairs_new(struct pairs **ret_pairs);
void pairs_free(struct pairs *pairs);
int pairs_derive(const struct server *server, const uint8_t device_key[CASK_X25519_SIZE],
		 uint8_t ret_secret[32]);

#endif /* CASK_PAIRS_H */
