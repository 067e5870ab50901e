/* SPDX-License-Identifier: GPL-2.0 */
/*
 * conditions.h - print what a license that is offered costs, and what it is bound by.
 */
#ifndef CASK_CONDITIONS_H
#define CASK_CONDITIONS_H

#include <jansson.h>
#include <stdio.h>

void conditions_price(FILE *file, json_int_t price, const char *currency);
void conditions_use(FILE *file, const json_t *term, const char *before, const char *currency);
void conditions_more(FILE *file, const json_t *term, const char *before);

#endif /* CASK_CONDITIONS_H */
