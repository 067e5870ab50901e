/* SPDX-License-Identifier: GPL-2.0 */
/*
 * names.h - the names that clients may call the server by in Host.
 */
#ifndef CASK_NAMES_H
#define CASK_NAMES_H

#include <stdbool.h>

#include "server.h"

bool names_include(const struct server *server, const char *authority);

#endif /* CASK_NAMES_H */
