// SPDX-License-Identifier: GPL-2.0
/* tree.c - what a program finds in a directory: names, modes, sizes and bytes of files, no times. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cuts.h"

static void mix(struct sum *to, struct sum of)
{
	to->a ^= of.a;
	to->b ^= of.b;
}

static struct sum sum_of_file(int dir, const char *name, uint64_t seed)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct sum s = { 0, 0 };
	uint8_t buffer[65536];
	ssize_t n;

	if (fd < 0)
		fail("%s: %s", name, strerror(errno));
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		mix(&s, sum_of(seed++, buffer, n));
	if (n < 0)
		fail("%s: %s", name, strerror(errno));
	close(fd);
	return s;
}

static struct sum walk(int dir, uint64_t seed);

static struct sum sum_of_entry(int dir, const char *name, uint64_t seed)
{
	struct sum s = sum_of(seed, name, strlen(name));
	struct stat st;
	int fd;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		fail("%s: %s", name, strerror(errno));
	seed = s.a ^ st.st_mode;
	if (S_ISREG(st.st_mode)) {
		mix(&s, sum_of(seed, &st.st_size, sizeof(st.st_size)));
		mix(&s, sum_of_file(dir, name, seed));
	} else if (S_ISDIR(st.st_mode)) {
		fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		mix(&s, walk(fd, seed));
	}
	s.a ^= st.st_mode;
	return sum_of(seed, &s, sizeof(s));
}

/* Closes @dir. */
static struct sum walk(int dir, uint64_t seed)
{
	DIR *d = dir < 0 ? NULL : fdopendir(dir);
	struct sum s = { seed, 0 };
	struct dirent *entry;

	if (!d)
		fail("a directory: %s", strerror(errno));
	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			mix(&s, sum_of_entry(dir, entry->d_name, seed));
	closedir(d);
	return s;
}

/**
 * tree_sum() - what a directory holds
 * @directory: path
 *
 * Return: a sum, equal for equal files.
 */
struct sum tree_sum(const char *directory)
{
	return walk(open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 1);
}
