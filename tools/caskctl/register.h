/* SPDX-License-Identifier: GPL-2.0 */
/*
 * register.h - what a user says when the device registers.
 */
#ifndef CASKCTL_REGISTER_H
#define CASKCTL_REGISTER_H

#include <jansson.h>

int register_ask(const json_t *wanted, const char *only, json_t *said);

#endif /* CASKCTL_REGISTER_H */
