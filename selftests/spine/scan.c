// SPDX-License-Identifier: GPL-2.0
/*
 * scan.c - look for runs of a plaintext in all files below some directories.
 *
 * usage: scan DIRECTORY... <PLAINTEXT
 *
 * Finds any RUN consecutive bytes of the plaintext, at any offset of either side,
 * by a rolling hash over both and a comparison of what it hits. Runs of few
 * different bytes (padding, zeros) stand in any file and are not looked for.
 * Stays on each directory's file system. Exit status: 0 nothing found, 1 found
 * (each file named once), 2 trouble.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN		64
#define DISTINCT	24
#define BASE		0x9e3779b97f4a7c15ULL

static const uint8_t *plain;
static size_t plain_size;
static uint64_t base_to_run = 1;	/* BASE^RUN: takes the byte that leaves out again */

/* Open addressing: offset + 1 of a run in the plaintext, 0 for none, beside its hash. */
static struct slot { uint64_t hash; uint32_t offset; } *table;
static size_t table_mask;

static unsigned long files, hits;
static uint64_t bytes;

static void *slurp(int fd, size_t *ret_size)
{
	size_t room = 1 << 16, size = 0;
	uint8_t *data = malloc(room);
	ssize_t n;

	while (data && (n = read(fd, data + size, room - size)) > 0) {
		size += n;
		if (size == room)
			data = realloc(data, room *= 2);
	}
	*ret_size = size;
	return data;
}

static uint64_t roll(uint64_t hash, uint8_t in, uint8_t out)
{
	return hash * BASE + in + 1 - base_to_run * (out + 1ULL);
}

static uint64_t first(const uint8_t *p)
{
	uint64_t hash = 0;
	int i;

	for (i = 0; i < RUN; i++)
		hash = hash * BASE + p[i] + 1;
	return hash;
}

static bool telling(const uint8_t *p)
{
	bool seen[256] = { false };
	int i, n = 0;

	for (i = 0; i < RUN; i++) {
		n += !seen[p[i]];
		seen[p[i]] = true;
	}
	return n >= DISTINCT;
}

static void remember(uint64_t hash, size_t offset)
{
	size_t i = (hash >> 20) & table_mask;

	while (table[i].offset && table[i].hash != hash)
		i = (i + 1) & table_mask;
	table[i] = (struct slot){ hash, offset + 1 };
}

static bool known(uint64_t hash, const uint8_t *p)
{
	size_t i = (hash >> 20) & table_mask;

	for (; table[i].offset; i = (i + 1) & table_mask)
		if (table[i].hash == hash)
			return !memcmp(plain + table[i].offset - 1, p, RUN);
	return false;
}

static size_t index_plain(void)
{
	size_t i, n = 0;
	uint64_t hash;

	if (plain_size < RUN || plain_size > UINT32_MAX - 1)
		return 0;
	for (table_mask = 1; table_mask < 2 * plain_size; table_mask *= 2)
		;
	table = calloc(table_mask, sizeof(*table));
	if (!table)
		return 0;
	table_mask--;
	for (i = 0, hash = first(plain); ; i++) {
		if (telling(plain + i)) {
			remember(hash, i);
			n++;
		}
		if (i + RUN == plain_size)
			return n;
		hash = roll(hash, plain[i + RUN], plain[i]);
	}
}

static void search(const char *path, const uint8_t *p, size_t size)
{
	uint64_t hash;
	size_t i;

	if (size < RUN)
		return;
	for (i = 0, hash = first(p); ; i++) {
		if (known(hash, p + i)) {
			printf("%s: byte %zu\n", path, i);
			hits++;
			return;
		}
		if (i + RUN == size)
			return;
		hash = roll(hash, p[i + RUN], p[i]);
	}
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	uint8_t *data;
	size_t size;
	int fd;

	if (type != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	fd = open(path, O_RDONLY | O_NOFOLLOW);
	if (fd < 0) {
		perror(path);
		return errno == ENOENT ? 0 : -1;
	}
	data = slurp(fd, &size);
	close(fd);
	if (!data)
		return -1;
	search(path, data, size);
	free(data);
	files++;
	bytes += size;
	return 0;
}

int main(int argc, char **argv)
{
	size_t runs;
	int i;

	for (i = 0; i < RUN; i++)
		base_to_run *= BASE;
	plain = slurp(STDIN_FILENO, &plain_size);
	runs = plain ? index_plain() : 0;
	if (!runs) {
		fprintf(stderr, "scan: no plaintext to look for\n");
		return 2;
	}
	for (i = 1; i < argc; i++) {
		if (nftw(argv[i], visit, 32, FTW_PHYS | FTW_MOUNT)) {
			perror(argv[i]);
			return 2;
		}
	}
	fprintf(stderr, "scan: %lu files, %llu bytes, for %zu runs: %lu hits\n", files,
		(unsigned long long)bytes, runs, hits);
	return hits ? 1 : 0;
}
