/* SPDX-License-Identifier: GPL-2.0 */
/*
 * command.h - the commands of caskctl.
 */
#ifndef CASKCTL_COMMAND_H
#define CASKCTL_COMMAND_H

#include "program.h"

/* What the module's root "keyring" is made of, if it is there. */
#define COMMAND_ROOT_SECRET	"/etc/cask/root-secret"

extern const struct command command_register;
extern const struct command command_password;
extern const struct command command_reanchor;
extern const struct command command_catalogue;
extern const struct command command_fetch;
extern const struct command command_record;
extern const struct command command_license;
extern const struct command command_license_get;
extern const struct command command_license_list;
extern const struct command command_license_show;
extern const struct command command_license_remove;
extern const struct command command_license_terms;
extern const struct command command_license_renew;
extern const struct command command_events;
extern const struct command command_root;
extern const struct command command_show;
extern const struct command command_status;
extern const struct command command_label;
extern const struct command command_doctor;

/**
 * struct bar - a progress bar
 * @drawn: ms, CLOCK_MONOTONIC, when it was last drawn
 * @began: ms, when the first bytes came
 * @first: bytes there were then, from an earlier attempt
 * @shown: there is something to wipe
 */
struct bar {
	int64_t drawn;
	int64_t began;
	uint64_t first;
	bool shown;
};

/* bar.c */
bool bar_is_wanted(const struct context *c);
void bar_progress(void *context, uint64_t done, uint64_t size);
void bar_end(const struct bar *bar);

/* license_print.c */
void output_license(const json_t *license);
int output_applied(const struct context *c, json_t *license);

#endif /* CASKCTL_COMMAND_H */
