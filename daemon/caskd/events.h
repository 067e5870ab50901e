/* SPDX-License-Identifier: GPL-2.0 */
/*
 * events.h - what happened to licenses: logged, kept for a while, handed out.
 *
 * Thread-safe: one mutex, taken inside agent.c's, never around it; the store's
 * may be taken before it.
 */
#ifndef CASKD_EVENTS_H
#define CASKD_EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent.h"

#define EVENTS_KEPT	1024	/* whoever reads more slowly is told how many were lost */

struct events_reader;

void events_happened(const struct agent_event *happened);
struct events_reader *events_open(uint32_t uid, bool follow);
ssize_t events_read(struct events_reader *reader, char *buffer, size_t max);
void events_close(struct events_reader *reader);
void events_stop(void);

#endif /* CASKD_EVENTS_H */
