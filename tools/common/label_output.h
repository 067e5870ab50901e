/* SPDX-License-Identifier: GPL-2.0 */
/*
 * label_output.h - print a number as it stands on labels, and draw its code.
 */
#ifndef CASK_LABEL_OUTPUT_H
#define CASK_LABEL_OUTPUT_H

#include "program.h"

int label_output(const struct context *c, const char *name, const uint8_t *number, size_t size,
		 const char *qr);

/* qr.c */
int qr_write(const char *path, const char *text);

#endif /* CASK_LABEL_OUTPUT_H */
