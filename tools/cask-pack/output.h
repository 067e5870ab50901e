/* SPDX-License-Identifier: GPL-2.0 */
/* output.h - a file that appears whole or not at all. */
#ifndef CASK_OUTPUT_H
#define CASK_OUTPUT_H

#include <stdbool.h>

/**
 * struct output - a file being written
 * @fd: to write to
 * @path: its name once published
 * @temporary: its name until then, NULL while it has none
 * @replace: whether an older file may be replaced
 * @published: it has its name
 */
struct output {
	int fd;
	const char *path;
	char *temporary;
	bool replace;
	bool published;
};

#define OUTPUT_INIT	((struct output){ .fd = -1 })

int output_open(struct output *o, const char *path, bool replace);
int output_sync(struct output *o);
int output_publish(struct output *o);
void output_discard(struct output *o);

#endif /* CASK_OUTPUT_H */
