/* SPDX-License-Identifier: GPL-2.0 */
/*
 * doctor.h - what the examinations of caskctl doctor share.
 */
#ifndef CASKCTL_DOCTOR_H
#define CASKCTL_DOCTOR_H

#include "command.h"

/* Longest command that mends, longest line read from the system. */
#define DOCTOR_LINE_MAX		512
/* What ends within so many days is worth a word. */
#define DOCTOR_SOON_DAYS	14

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_NOTE,	/* worth knowing, nothing to mend */
	DOCTOR_PROBLEM,
};

/**
 * struct doctor - an examination
 * @c: the command
 * @findings: so far, an array
 * @problems: how many of them
 * @loaded: the module is
 * @status: of caskd, or NULL
 * @server: name of a distributor whose server, verified, told the time, or NULL
 * @ahead: seconds that this machine's clock is ahead of it
 */
struct doctor {
	struct context *c;
	json_t *findings;
	int problems;
	bool loaded;
	json_t *status;
	const char *server;
	int64_t ahead;
};

/* doctor.c */
void doctor_add(struct doctor *d, enum doctor_state state, const char *check,
		const char *mend, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
bool doctor_read(const char *path, char ret_line[DOCTOR_LINE_MAX]);
bool doctor_ask(const char *command, char ret_line[DOCTOR_LINE_MAX]);

void doctor_kernel(struct doctor *d);		/* doctor_kernel.c */
void doctor_module(struct doctor *d);		/* doctor_module.c */
void doctor_device(struct doctor *d);		/* doctor_device.c */
void doctor_agent(struct doctor *d);		/* doctor_agent.c */
void doctor_root(struct doctor *d);		/* doctor_root.c */
void doctor_level(struct doctor *d);		/* doctor_level.c */
void doctor_distributors(struct doctor *d);	/* doctor_distributor.c */
void doctor_clock(struct doctor *d);		/* doctor_clock.c */

int64_t doctor_time(const struct doctor *d);
void doctor_claim(struct doctor *d, const char *who, int64_t ahead);
const char *doctor_load(void);
const char *doctor_day(int64_t seconds, char ret_text[32]);

#endif /* CASKCTL_DOCTOR_H */
