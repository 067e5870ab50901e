// SPDX-License-Identifier: GPL-2.0
/*
 * files.c - lanes "cask-read" and "clear-read": read() of a .cask file through a
 * session that a license opened, and of the same bytes in the clear. Both files
 * lie in memory; each sample reads on where the last one stopped, so that no
 * block is there already.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world.h"
#include "speed.h"

static struct world *world;
static int file = -1;
static size_t position;

static uint64_t read_run(const struct task *t)
{
	size_t from = position;
	uint64_t begin, end;
	unsigned int n;

	begin = ticks();
	for (n = 0; n < t->count; n++)
		if (pread(file, t->out + n * t->bytes, t->bytes, from + n * t->bytes) !=
		    (ssize_t)t->bytes)
			fail("read");
	end = ticks();
	for (n = 0; n < t->count * t->bytes; n++) {
		if (t->out[n] != world_plain(from + n)) {
			errno = 0;
			fail("byte %zu of the file is wrong", from + n);
		}
	}
	position = (from + t->count * t->bytes) % FILE_SIZE;
	return end - begin;
}

/* --- the clear file --- */

static void clear_begin(const struct task *t)
{
	uint8_t *plain = malloc(FILE_SIZE);
	char path[] = "/tmp/cask-speed-XXXXXX";
	size_t i;

	file = mkstemp(path);
	if (file < 0 || !plain)
		fail("clear-read: %s", path);
	for (i = 0; i < FILE_SIZE; i++)
		plain[i] = world_plain(i);
	if (write(file, plain, FILE_SIZE) != FILE_SIZE || unlink(path))
		fail("clear-read: %s", path);
	free(plain);
	position = 0;
}

static void clear_end(const struct task *t)
{
	close(file);
}

const struct lane lane_clear_read = {
	.name = "clear-read", .ops = OP_BIT(SPEED_READ), .begin = clear_begin, .run = read_run,
	.end = clear_end,
};

/* --- the .cask file --- */

static void cask_begin(const struct task *t)
{
	errno = 0;
	world = world_new();
	if (!world)
		fail("cask-read: no module");
	world->block_size = 64 << 10;
	world_content(world, FILE_SIZE);
	file = world_open(world);
	if (file < 0) {
		errno = -file;
		fail("cask-read: cannot open");
	}
	position = 0;
}

/* What reads without its license was never measured with its policy. */
static void cask_end(const struct task *t)
{
	uint8_t byte;
	int ret = agent_license_del(world->agent, world->a->root.pub.kid,
				    world->license.fields.id);

	errno = -ret;
	if (ret || pread(file, &byte, 1, position) != -1 || errno != EKEYREVOKED)
		fail("cask-read: reads on without its license");
	close(file);
	world_free(world);
}

const struct lane lane_cask_read = {
	.name = "cask-read", .ops = OP_BIT(SPEED_READ), .begin = cask_begin, .run = read_run,
	.end = cask_end,
};
