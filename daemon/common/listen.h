/* SPDX-License-Identifier: GPL-2.0 */
/*
 * listen.h - listening sockets, made here or handed over by systemd.
 */
#ifndef CASK_LISTEN_H
#define CASK_LISTEN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CASK_LISTEN_NAME_MAX 300

int cask_listen_tcp(const char *host, uint16_t port);
int cask_listen_unix(const char *path, mode_t mode);
int cask_listen_activated(unsigned int index);
int cask_listen_describe(int fd, char *text, size_t size);

#endif /* CASK_LISTEN_H */
