/* SPDX-License-Identifier: GPL-2.0 */
/*
 * first_key.h - first keys: made from what describes a content, and from a secret that
 * never leaves the vault.
 */
#ifndef CASK_FIRST_KEY_H
#define CASK_FIRST_KEY_H

#include "server.h"
#include "twokey.h"

int first_key(const struct server *server, const struct twokey_information *information,
	      uint8_t ret_key[CASK_KEY_SIZE]);

#endif /* CASK_FIRST_KEY_H */
