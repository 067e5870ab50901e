// SPDX-License-Identifier: GPL-2.0
/*
 * bar.c - a progress bar of bytes, on a terminal.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"

#define BAR_WIDTH	30
#define INTERVAL_MS	100

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void draw(const struct bar *bar, uint64_t done, uint64_t size, int64_t now)
{
	char there[32], all[32], rate[32], line[BAR_WIDTH + 1];
	int filled = size ? done * BAR_WIDTH / size : 0;
	int64_t ms = now - bar->began;

	memset(line, ' ', BAR_WIDTH);
	memset(line, '#', filled);
	line[BAR_WIDTH] = 0;
	output_size(there, sizeof(there), done);
	output_size(all, sizeof(all), size);
	output_size(rate, sizeof(rate), ms > 0 ? (done - bar->first) * 1000 / ms : 0);
	fprintf(stderr, "\r[%s] %3d %%  %s of %s, %s/s\033[K", line,
		size ? (int)(done * 100 / size) : 0, there, all, rate);
}

/**
 * bar_progress() - show how far something is
 * @context: struct bar
 * @done: bytes there are
 * @size: bytes there will be
 */
void bar_progress(void *context, uint64_t done, uint64_t size)
{
	int64_t now = now_ms();
	struct bar *bar = context;

	if (!bar->began) {
		bar->began = now;
		bar->first = done;
	}
	if (now - bar->drawn < INTERVAL_MS && done != size)
		return;
	bar->drawn = now;
	bar->shown = true;
	draw(bar, done, size, now);
}

/**
 * bar_is_wanted() - whether somebody would see it
 * @c: the command
 *
 * Return: true when answers are for people, and errors go to a terminal.
 */
bool bar_is_wanted(const struct context *c)
{
	return !c->json && isatty(STDERR_FILENO);
}

/**
 * bar_end() - go on below it
 * @bar: shown or not
 */
void bar_end(const struct bar *bar)
{
	if (bar->shown)
		fputc('\n', stderr);
}
