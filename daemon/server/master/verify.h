/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verify.h - read a medium again, as its class's server can.
 */
#ifndef CASK_VERIFY_H
#define CASK_VERIFY_H

#include <jansson.h>

#include "../server.h"

int verify_medium(struct server *server, const char *path, json_t **ret_json);

#endif /* CASK_VERIFY_H */
