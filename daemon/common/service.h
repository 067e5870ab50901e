/* SPDX-License-Identifier: GPL-2.0 */
/*
 * service.h - being a service: say when ready, wait for the order to stop,
 * feed the watchdog.
 */
#ifndef CASK_SERVICE_H
#define CASK_SERVICE_H

#include <stdbool.h>

void cask_service_block_signals(void);
int cask_service_wait(void);
int cask_service_watch(bool (*alive)(void));
void cask_service_notify(const char *state);

#endif /* CASK_SERVICE_H */
