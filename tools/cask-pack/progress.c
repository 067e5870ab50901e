// SPDX-License-Identifier: GPL-2.0
/* progress.c - a line on the terminal: bar, bytes, rate, time left. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "progress.h"

#define REDRAW_SECONDS	0.1
#define LINE_MAX	256
#define COLUMNS_DEFAULT	80
#define BAR_MAX		40
/* What stands beside the bar, at most. */
#define TEXT_COLUMNS	56

static double seconds(const struct timespec *from, const struct timespec *to)
{
	return (to->tv_sec - from->tv_sec) + (to->tv_nsec - from->tv_nsec) / 1e9;
}

static const char *amount(double bytes, char text[16])
{
	static const char *units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	unsigned int i = 0;

	while (bytes >= 1024 && i < 4) {
		bytes /= 1024;
		i++;
	}
	snprintf(text, 16, i ? "%.1f %s" : "%.0f %s", bytes, units[i]);
	return text;
}

static int columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col ?
		COLUMNS_DEFAULT : size.ws_col;
}

static int draw_bar(char *line, double part)
{
	int width = columns() - TEXT_COLUMNS, full, i, n = 0;

	if (width < 4)
		return 0;
	if (width > BAR_MAX)
		width = BAR_MAX;
	full = part * width;
	line[n++] = '[';
	for (i = 0; i < width; i++)
		line[n++] = i < full ? '=' : i == full ? '>' : ' ';
	line[n++] = ']';
	line[n++] = ' ';
	return n;
}

static void draw(const struct progress *p, uint64_t done, double elapsed)
{
	char line[LINE_MAX], a[16], b[16], c[16];
	double rate = elapsed > 0 ? done / elapsed : 0, part;
	unsigned long left;
	int n = 0;

	if (!p->total) {
		fprintf(stderr, "\r%s  %s/s\033[K", amount(done, a), amount(rate, b));
		return;
	}
	/* The input may have grown. */
	part = done < p->total ? (double)done / p->total : 1;
	left = rate > 0 && done < p->total ? (p->total - done) / rate + 0.5 : 0;
	n = draw_bar(line, part);
	snprintf(line + n, sizeof(line) - n, "%3d %%  %s of %s  %s/s  %lu:%02lu left",
		 (int)(part * 100), amount(done, a), amount(p->total, b), amount(rate, c),
		 left / 60, left % 60);
	fprintf(stderr, "\r%s\033[K", line);
}

/**
 * progress_begin() - start the clock
 * @p: to fill in
 * @wanted: false: show nothing; nothing is shown either when stderr is no terminal
 * @total: bytes expected, 0 if unknown
 */
void progress_begin(struct progress *p, bool wanted, uint64_t total)
{
	*p = (struct progress){ .shown = wanted && isatty(STDERR_FILENO), .total = total };
	clock_gettime(CLOCK_MONOTONIC, &p->began);
}

/**
 * progress_update() - say how far it is, not too often
 * @progress: struct progress, from progress_begin()
 * @done: bytes so far
 */
void progress_update(void *progress, uint64_t done)
{
	struct progress *p = progress;
	struct timespec now;

	if (!p->shown)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (p->drawn.tv_sec && seconds(&p->drawn, &now) < REDRAW_SECONDS)
		return;
	p->drawn = now;
	draw(p, done, seconds(&p->began, &now));
}

/**
 * progress_end() - take the line away
 * @p: from progress_begin()
 */
void progress_end(struct progress *p)
{
	if (p->shown && p->drawn.tv_sec)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
