// SPDX-License-Identifier: GPL-2.0
/*
 * search.c - look for forms of keys.
 *
 *	x2-search FINGERPRINTS PLACE...
 *
 * PLACE: "processes:NAMES", "tree:DIRECTORY", "file:PATH", or "input:NAME" for the standard input. NAMES,
 * with commas between, are of processes that there must be. Prints a line for each form in each place.
 * Exit status: 0 nothing found, 1 found, 2 trouble.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "search.h"

/**
 * die() - say what is wrong and end with status 2
 * @format: as printf()'s
 */
void die(const char *format, ...)
{
	va_list args;

	fputs("x2-search: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static void search(const char *place)
{
	if (!strncmp(place, "processes:", 10))
		search_processes(place + 10);
	else if (!strncmp(place, "tree:", 5))
		search_tree(place + 5);
	else if (!strncmp(place, "file:", 5))
		search_file(place + 5);
	else if (!strncmp(place, "input:", 6))
		search_fd(place + 6, STDIN_FILENO);
	else
		die("%s is no place", place);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		die("FINGERPRINTS and a place are wanted");
	scan_load(argv[1]);
	for (int i = 2; i < argc; i++)
		search(argv[i]);
	fprintf(stderr, "x2-search: %" PRIu64 " bytes: %lu found\n", scan_total(), scan_hits());
	return scan_hits() ? 1 : fflush(stdout) ? 2 : 0;
}
