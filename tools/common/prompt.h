/* SPDX-License-Identifier: GPL-2.0 */
/*
 * prompt.h - ask the user at the terminal.
 */
#ifndef CASK_PROMPT_H
#define CASK_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#define PROMPT_MAX 257	/* bytes of an answer, with its zero */

void prompt_wipe(void);
bool prompt_possible(void);
int prompt_text(const char *title, char ret_text[PROMPT_MAX]);
int prompt_secret(const char *title, char ret_text[PROMPT_MAX]);
int prompt_user(const char *title, char ret_id[PROMPT_MAX], char ret_password[PROMPT_MAX]);
int prompt_line(char ret_text[PROMPT_MAX]);

#endif /* CASK_PROMPT_H */
