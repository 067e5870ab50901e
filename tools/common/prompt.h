/* SPDX-License-Identifier: GPL-2.0 */
/*
 * prompt.h - ask the user at the terminal.
 */
#ifndef CASK_PROMPT_H
#define CASK_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "cask.h"

#define PROMPT_MAX 257	/* bytes of an answer, with its zero */

void prompt_wipe(void);
bool prompt_possible(void);
int prompt_text(const char *title, char ret_text[PROMPT_MAX]);
int prompt_secret(const char *title, char ret_text[PROMPT_MAX]);
int prompt_user(const char *title, char ret_id[PROMPT_MAX], char ret_password[PROMPT_MAX]);
int prompt_line(char ret_text[PROMPT_MAX]);

/**
 * typedef prompt_call - asks the agent for something that a user may have to ask for
 * @context: of the caller
 * @user: who asks, NULL: nobody
 * @error: on failure
 *
 * Return: 0 or -1.
 */
typedef int prompt_call(void *context, const struct cask_user *user, struct cask_error *error);
int prompt_as(const char *title, const char *user, prompt_call *call, void *context,
	      struct cask_error *error);

#endif /* CASK_PROMPT_H */
