/* SPDX-License-Identifier: GPL-2.0 */
/*
 * store.h - the .cask files that are offered.
 */
#ifndef CASK_STORE_H
#define CASK_STORE_H

#include <stdint.h>
#include <linux/cask_format.h>

#include "../content.h"
#include "jwk.h"
#include "../server.h"

int store_add(struct server *server, const char *path, const struct jwk *jwk,
	      struct content *content);
int store_open(const struct server *server, const uint8_t id[CASK_ID_SIZE]);
int store_copy(const struct server *server, const struct content *content,
	       const uint8_t key[CASK_KEY_SIZE], const char *path, int to);
int store_remove(struct server *server, const uint8_t id[CASK_ID_SIZE]);

#endif /* CASK_STORE_H */
