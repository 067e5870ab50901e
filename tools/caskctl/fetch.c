// SPDX-License-Identifier: GPL-2.0
/*
 * fetch.c - caskctl fetch: download a content, with a progress bar on a
 * terminal.
 *
 * The file is written here, with the caller's own rights, never by caskd.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"

#define BAR_WIDTH	30
#define INTERVAL_MS	100

/**
 * struct bar - a progress bar
 * @drawn: ms, CLOCK_MONOTONIC, when it was last drawn
 * @began: ms, when the first bytes came
 * @first: bytes there were then, from an earlier attempt
 * @shown: there is something to wipe
 */
struct bar {
	int64_t drawn;
	int64_t began;
	uint64_t first;
	bool shown;
};

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

static void progress(void *context, uint64_t done, uint64_t size)
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

static int print(const struct context *c, const struct cask_fetch *fetch, const char *id)
{
	if (c->json)
		return output_json(json_pack("{ss ss}", "content_id", id, "file", fetch->path));
	printf("%s\n", fetch->path);
	return STATUS_OK;
}

static int run(struct context *c, int argc, char **argv)
{
	const char *output = NULL, *issuer = NULL;
	const struct argument own[] = {
		{ "output", &output, NULL, true },
		{ "issuer", &issuer, NULL, false },
	};
	struct cask_error error;
	struct cask_fetch fetch = { 0 };
	struct bar bar = { 0 };
	int ret;

	ret = arguments_parse(c, argc, argv, own, 2, 1);
	if (ret < 0)
		ret = arguments_id(c, argv[optind], fetch.content_id);
	if (ret >= 0)
		return ret;
	fetch.issuer = issuer;
	fetch.path = output;
	if (!c->json && isatty(STDERR_FILENO)) {
		fetch.progress = progress;
		fetch.context = &bar;
	}
	ret = cask_agent_fetch(output_agent(c), &fetch, &error);
	if (bar.shown)
		fputc('\n', stderr);
	return ret ? output_error(c, &error) : print(c, &fetch, argv[optind]);
}

const struct command command_fetch = {
	.name = "fetch",
	.arguments = "CONTENT -o FILE [--issuer ID]",
	.summary = "download a content; goes on where an earlier attempt stopped",
	.details = "  -o, --output FILE  where to; FILE.part grows meanwhile\n"
		   "  --issuer ID    which distributor, if there are several\n",
	.run = run,
};
