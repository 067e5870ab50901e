// SPDX-License-Identifier: GPL-2.0
/*
 * scratch.c - files that a command makes on its way, and that are gone when it ends, also
 * by a signal.
 *
 * The table is of the process, for a signal has no other way to it. A path is in it before
 * the file is there, and is left in it when the file has another name.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "scratch.h"

#define PATHS_MAX 1024

static char *paths[PATHS_MAX];
static volatile sig_atomic_t count;
static const int fatal[] = { SIGHUP, SIGINT, SIGTERM };

/* The last first: what is in a directory before the directory. */
static void remove_all(void)
{
	for (int i = count; i-- > 0;)
		if (unlink(paths[i]) && errno == EISDIR)
			rmdir(paths[i]);
}

static void die(int signal)
{
	remove_all();
	/* SA_RESETHAND: this time it does what it does. */
	raise(signal);
}

/**
 * scratch_begin() - remove what scratch_add() will name when a signal ends the process
 */
void scratch_begin(void)
{
	const struct sigaction action = { .sa_handler = die, .sa_flags = SA_RESETHAND };

	for (size_t i = 0; i < ARRAY_SIZE(fatal); i++)
		sigaction(fatal[i], &action, NULL);
}

/**
 * scratch_add() - remove this, too
 * @path: of a file, or of a directory before what is in it
 *
 * Return: 0, -ENFILE when there are too many, -ENOMEM.
 */
int scratch_add(const char *path)
{
	if (count == PATHS_MAX)
		return -ENFILE;
	paths[count] = strdup(path);
	if (!paths[count])
		return -ENOMEM;
	count++;
	return 0;
}

/**
 * scratch_end() - remove it all now
 */
void scratch_end(void)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };

	remove_all();
	for (size_t i = 0; i < ARRAY_SIZE(fatal); i++)
		sigaction(fatal[i], &action, NULL);
	while (count) {
		count--;
		free(paths[count]);
	}
}
