/* SPDX-License-Identifier: GPL-2.0 */
/*
 * words.h - print what others wrote.
 */
#ifndef CASK_WORDS_H
#define CASK_WORDS_H

#include <stdio.h>

void words_print(FILE *file, const char *text);

#endif /* CASK_WORDS_H */
